"""The record layouts that kernels write and tables read, and their status codes.

Codes are plain integers because compiled code carries them; the tuples of names beside them are what people
read in ``result.orders`` and ``result.fills``.
"""

from __future__ import annotations

from typing import Final

import numpy as np

# What an order asks for. `amount` is in units, in money, in units, in money, as a fraction of equity.
UNITS: Final = 0
VALUE: Final = 1
TARGET_QUANTITY: Final = 2
TARGET_VALUE: Final = 3
TARGET_WEIGHT: Final = 4
LIQUIDATION: Final = 5
DELISTING: Final = 6
MARGIN_CALL: Final = 7
KIND_NAMES: Final = (
    "units",
    "value",
    "target_quantity",
    "target_value",
    "target_weight",
    "liquidation",
    "delisting",
    "margin_call",
)

# What became of it.
RESTING: Final = 0
FILLED: Final = 1
REJECTED: Final = 2
REPLACED: Final = 3
CANCELLED: Final = 4
EXPIRED: Final = 5
PARTLY_FILLED: Final = 6
STATUS_NAMES: Final = (
    "unfilled_at_end",
    "filled",
    "rejected",
    "replaced",
    "cancelled",
    "expired",
    "partly_filled",
)

# Why, where the status alone does not say it.
NO_REASON: Final = 0
SCALED: Final = 1
NO_CASH: Final = 2
NO_VOLUME: Final = 3
NO_PRICE: Final = 4
BELOW_ONE_UNIT: Final = 5
DELISTED: Final = 6
AT_TARGET: Final = 7
RUINED: Final = 8
OUT_OF_TIME: Final = 9
NOT_FULL: Final = 10
BY_STRATEGY: Final = 11
ONE_FILLED: Final = 12
ENTRY_ENDED: Final = 13
NOTHING_TO_REDUCE: Final = 14
BELOW_MARGIN: Final = 15
NOT_SHORTABLE: Final = 16
REASONS: Final = (
    "",
    "scaled_to_cash",
    "no_cash",
    "no_volume",
    "no_price",
    "below_one_unit",
    "delisted",
    "at_target",
    "ruined",
    "expired",
    "not_full",
    "cancelled",
    "one_filled",
    "entry_ended",
    "nothing_to_reduce",
    "below_margin",
    "not_shortable",
)

# How long an order lives, and when it may be filled.
GTC: Final = 0
DAY: Final = 1
IOC: Final = 2
FOK: Final = 3
AT_OPEN: Final = 4
AT_CLOSE: Final = 5
TIF_NAMES: Final = ("gtc", "day", "ioc", "fok", "open", "close")

ORDER: Final = np.dtype(
    [
        ("amount", np.float64),
        ("filled_quantity", np.float64),
        ("bar", np.int32),
        ("symbol", np.int32),
        ("ticket", np.int32),
        ("kind", np.int8),
        ("status", np.int8),
        ("reason", np.int8),
    ],
    align=True,
)
"""One order, in the sequence of placing; its row number is its id. `ticket` is −1 for a plain market order."""

TICKET: Final = np.dtype(
    [
        # Prices, NaN where there is none; `best` is the best price since a trailing stop began.
        ("limit", np.float64),
        ("stop", np.float64),
        ("trail", np.float64),
        ("best", np.float64),
        # Signed units still to be filled, NaN until the order first meets a price; and where a bracket's exit begins.
        ("left", np.float64),
        ("entered", np.float64),
        # First and last bar on which it may be filled.
        ("active", np.int64),
        ("expires", np.int64),
        # Ids of orders it is tied to, −1 for none: the entry it closes, its exits, and the one that cancels it.
        ("entry", np.int64),
        ("take_profit", np.int64),
        ("stop_loss", np.int64),
        ("sibling", np.int64),
        ("tif", np.int8),
        ("trails_by_fraction", np.bool_),
        ("reduce_only", np.bool_),
        ("waits", np.bool_),
        # Within one bar: whether a stop was touched, and the phase in which the order began to work.
        ("triggered", np.int8),
        ("since", np.int8),
    ],
    align=True,
)
"""What an order that is not a plain market order asks for beyond its amount."""

FILL: Final = np.dtype(
    [
        ("quantity", np.float64),
        ("price", np.float64),
        ("reference_price", np.float64),
        ("commission", np.float64),
        ("position", np.float64),
        ("cash", np.float64),
        ("order", np.int64),
        ("bar", np.int32),
        ("symbol", np.int32),
    ],
    align=True,
)
"""One fill; `reference_price` is the price before slippage, `position` and `cash` are those after the fill."""

MET: Final = np.dtype(
    [
        ("order", np.int64),
        ("symbol", np.int64),
        ("price", np.float64),
        ("volume", np.float64),
        # What a unit is worth per point of price, and the steps of price and units.
        ("multiplier", np.float64),
        ("tick", np.float64),
        ("lot", np.float64),
        # How much worse than its price a fill is: a fraction, half the spread, and a fraction at the whole volume.
        ("slippage", np.float64),
        ("half_spread", np.float64),
        ("impact", np.float64),
        ("opening", np.float64),
        ("fill_price", np.float64),
        ("limit", np.float64),
        # What had been filled of the order, and what was held of its symbol and might still be traded of it.
        ("before", np.float64),
        ("held", np.float64),
        ("room", np.float64),
        ("cut", np.int64),
    ]
)
"""An order at the instant it meets a price.

`opening` is its wish at first, and after the reducing fills what of it opens a position; `limit` (or NaN) caps its fill
price, `before` is what was filled of it earlier, `cut` whether
the bar's volume keeps something out of it.
"""

FLOW: Final = np.dtype(
    [
        ("amount", np.float64),
        ("cash", np.float64),
        ("bar", np.int32),
        ("symbol", np.int32),
        ("kind", np.int8),
    ],
    align=True,
)
"""Money that came or went without a fill; `cash` is that after it, `symbol` −1 for the whole account."""

INTEREST: Final = 0
BORROW: Final = 1
PAYOUT: Final = 2
FUNDING: Final = 3
FLOW_NAMES: Final = ("interest", "borrow", "payout", "funding")

TRADE: Final = np.dtype(
    [
        ("symbol", np.int64),
        ("side", np.int64),
        ("entry_bar", np.int64),
        ("exit_bar", np.int64),
        ("quantity", np.float64),
        ("entry_price", np.float64),
        ("exit_price", np.float64),
        ("profit", np.float64),
        ("entry_value", np.float64),
        ("commission", np.float64),
        ("worst", np.float64),
        ("best", np.float64),
        ("open", np.bool_),
    ]
)
"""One round trip, from flat to flat."""

SUMMARY: Final = (
    "total_return",
    "cagr",
    "volatility",
    "sharpe",
    "sortino",
    "max_drawdown",
    "calmar",
    "n_fills",
)
"""Metrics that a kernel finds from an equity curve alone, in the sequence it writes them."""

# Places in the array of an account's and a broker's terms, as kernels read them.
RATE: Final = 0
PER_UNIT: Final = 1
FIXED: Final = 2
MINIMUM: Final = 3
VOLUME_SLIPPAGE: Final = 4
IMPACT: Final = 5
LEVERAGE: Final = 6
PARTICIPATION: Final = 7
LATENCY: Final = 8
MAINTENANCE: Final = 9
INTEREST_RATE: Final = 10
LOAN_RATE: Final = 11
QUOTED: Final = 12
N_TERMS: Final = 13

# Places in the array of running counts.
N_ORDERS: Final = 0
N_QUEUED: Final = 1
N_FILLS: Final = 2
N_TICKETS: Final = 3
N_REFUSED: Final = 4
N_FLOWS: Final = 5
N_COUNTS: Final = 6

FULL: Final = -1
"""A kernel's answer when a log has no room left: nothing was changed, grow it and call again."""
NOTHING: Final = -2
"""`place`'s answer to an order for nothing (a target of zero for a flat symbol, zero units)."""
