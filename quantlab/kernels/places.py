"""Where compiled code finds a run: the places of a table of 64-bit numbers that every run shares.

A place holds an address or a whole number. What one strategy adds comes behind them.
"""

from __future__ import annotations

from typing import Final

FIXED_PLACES: Final = (
    "n_bars", "n_symbols", "first", "stop", "same_close", "bar", "ruined",
    "open", "high", "low", "close", "volume", "mark",
    "unit_value", "price", "time", "last_row", "present", "ready", "tradable",
    "day", "week", "month", "quarter", "year",
    "names", "name_places",
    "position", "money", "equity", "terms", "counts", "target", "arrived", "resting",
    "orders", "n_orders", "fills", "n_fills", "queue", "n_queue", "met", "n_met",
    "tickets", "n_tickets", "refused", "n_refused", "room", "short_room", "flows", "n_flows",
    "years", "borrow", "n_borrow", "shortable", "n_shortable", "payout", "n_payout",
    "funding", "n_funding",
    "open_of_row", "close_of_row", "ask_open", "ask_high", "ask_low", "ask_close",
    "bid_open", "bid_high", "bid_low", "bid_close", "open_value", "close_value",
    "n_tape_rows", "first_row", "day_end",
    "delistings", "n_delistings", "delisting_returns", "multiplier", "tick", "lot",
    "slippage", "n_slippage", "half_spread", "n_half_spread", "impact", "n_impact",
    "place", "place_all", "meet", "delist", "liquidate", "grow",
    "place_ticket", "describe", "succeed", "bind", "tie", "cancel", "trade", "prepare", "accrue", "call_margin",
    "value",
)  # fmt: skip
(
    N_BARS, N_SYMBOLS, FIRST, STOP, SAME_CLOSE, BAR, RUINED,
    OPEN, HIGH, LOW, CLOSE, VOLUME, MARK,
    UNIT_VALUE, PRICE, TIME, LAST_ROW, PRESENT, READY, TRADABLE,
    DAY, WEEK, MONTH, QUARTER, YEAR,
    NAMES, NAME_PLACES,
    POSITION, MONEY, EQUITY, TERMS, COUNTS, TARGET, ARRIVED, RESTING,
    ORDERS, ORDER_ROOM, FILLS, FILL_ROOM, QUEUE, QUEUE_ROOM, MET, MET_ROOM,
    TICKETS, TICKET_ROOM, REFUSED, REFUSED_ROOM, ROOM, SHORT_ROOM, FLOWS, FLOW_ROOM,
    YEARS, BORROW, N_BORROW, SHORTABLE, N_SHORTABLE, PAYOUT, N_PAYOUT,
    FUNDING, N_FUNDING,
    OPEN_OF_ROW, CLOSE_OF_ROW, ASK_OPEN, ASK_HIGH, ASK_LOW, ASK_CLOSE,
    BID_OPEN, BID_HIGH, BID_LOW, BID_CLOSE, OPEN_VALUE, CLOSE_VALUE,
    N_TAPE_ROWS, FIRST_ROW, DAY_END,
    DELISTINGS, N_DELISTINGS, DELISTING_RETURNS, MULTIPLIER, TICK, LOT,
    SLIPPAGE, N_SLIPPAGE, HALF_SPREAD, N_HALF_SPREAD, IMPACT, N_IMPACT,
    PLACE, PLACE_ALL, MEET, DELIST, LIQUIDATE, GROW,
    PLACE_TICKET, DESCRIBE, SUCCEED, BIND, TIE, CANCEL, TRADE, PREPARE, ACCRUE, CALL_MARGIN,
    VALUE,
) = range(len(FIXED_PLACES))  # fmt: skip
AT: Final = {name: place for place, name in enumerate(FIXED_PLACES)}
FIELDS: Final = ("open", "high", "low", "close", "volume", "mark")
PERIODS: Final = ("day", "week", "month", "quarter", "year")
