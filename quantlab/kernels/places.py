"""Where compiled code finds a run: the places of a table of 64-bit numbers that every run shares.

A place holds an address or a whole number. What one strategy adds comes behind them.
"""

from __future__ import annotations

from typing import Final

FIXED_PLACES: Final = (
    "n_bars", "n_symbols", "first", "stop", "same_close", "bar", "ruined",
    "open", "high", "low", "close", "volume", "mark",
    "price", "time", "last_row", "present", "ready", "tradable",
    "day", "week", "month", "quarter", "year",
    "names", "name_places",
    "position", "money", "equity", "terms", "counts", "target", "resting",
    "orders", "n_orders", "fills", "n_fills", "queue", "n_queue", "met", "n_met",
    "delistings", "n_delistings", "delisting_returns",
    "place", "place_all", "meet", "delist", "liquidate", "grow",
)  # fmt: skip
(
    N_BARS, N_SYMBOLS, FIRST, STOP, SAME_CLOSE, BAR, RUINED,
    OPEN, HIGH, LOW, CLOSE, VOLUME, MARK,
    PRICE, TIME, LAST_ROW, PRESENT, READY, TRADABLE,
    DAY, WEEK, MONTH, QUARTER, YEAR,
    NAMES, NAME_PLACES,
    POSITION, MONEY, EQUITY, TERMS, COUNTS, TARGET, RESTING,
    ORDERS, ORDER_ROOM, FILLS, FILL_ROOM, QUEUE, QUEUE_ROOM, MET, MET_ROOM,
    DELISTINGS, N_DELISTINGS, DELISTING_RETURNS,
    PLACE, PLACE_ALL, MEET, DELIST, LIQUIDATE, GROW,
) = range(len(FIXED_PLACES))  # fmt: skip
AT: Final = {name: place for place, name in enumerate(FIXED_PLACES)}
FIELDS: Final = ("open", "high", "low", "close", "volume", "mark")
PERIODS: Final = ("day", "week", "month", "quarter", "year")
