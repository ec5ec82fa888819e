"""What an order may ask for beyond its amount: at which price, how long, and whether it may open a position."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from quantlab.errors import OrderError, did_you_mean
from quantlab.records import DAY, GTC, TIF_NAMES

TimeInForce = Literal["gtc", "day", "ioc", "fok", "open", "close"]
FOREVER = int(np.iinfo(np.int64).max)


class OrderTerms(NamedTuple):
    """The terms of one order, as kernels read them; made by `order_terms`.

    Parameters
    ----------
    limit, stop, trail
        Prices, and a distance of price (or a fraction of it); NaN where there is none.
    trails_by_fraction
        Whether `trail` is a fraction.
    tif, until
        Code of the time in force, and the last nanosecond UTC.
    reduce_only
        Whether it may only bring a position nearer to zero.
    """

    limit: float = math.nan
    stop: float = math.nan
    trail: float = math.nan
    trails_by_fraction: bool = False
    tif: int = GTC
    until: int = FOREVER
    reduce_only: bool = False


PLAIN = OrderTerms()


def order_terms(
    *,
    limit: float | None = None,
    stop: float | None = None,
    trail: float | None = None,
    trail_fraction: float | None = None,
    tif: str = "gtc",
    until: Any = None,
    reduce_only: bool = False,
) -> OrderTerms:
    """Check and encode the terms of an order.

    Raises
    ------
    OrderError
        If a price is not finite, terms exclude each other, or `tif` is not known.
    """
    given = {"stop": stop, "trail": trail, "trail_fraction": trail_fraction}
    named = [f"{name}={value!r}" for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise OrderError(f"{' and '.join(named)} exclude each other: an order has one stop.")
    if limit is not None and stop is None and named:
        raise OrderError(
            f"limit={limit!r} and {named[0]} exclude each other: a limit goes with stop= or alone."
        )
    distance = trail if trail_fraction is None else trail_fraction
    if distance is not None and not distance > 0.0:
        raise OrderError(f"{named[0]}: a trailing stop needs a distance above zero.")
    if trail_fraction is not None and not trail_fraction < 1.0:
        raise OrderError(f"trail_fraction={trail_fraction!r}: give a fraction below 1, 5% is 0.05.")
    if tif not in TIF_NAMES:
        raise OrderError(f"tif={tif!r} is not known. {did_you_mean(str(tif), TIF_NAMES)}")
    if until is not None and tif != "gtc":
        raise OrderError(
            f"tif={tif!r} and until={until!r} exclude each other: until= alone is good till date."
        )
    return OrderTerms(
        _price("limit", limit),
        _price("stop", stop),
        _price("trail" if trail_fraction is None else "trail_fraction", distance),
        trail_fraction is not None,
        TIF_NAMES.index(tif),
        FOREVER if until is None else _nanoseconds(until),
        bool(reduce_only),
    )


def has_price(terms: OrderTerms) -> bool:
    """Whether an order waits for a price."""
    return not (math.isnan(terms.limit) and math.isnan(terms.stop) and math.isnan(terms.trail))


def lasts(terms: OrderTerms) -> bool:
    """Whether an order may rest for more than one instant."""
    return terms.tif in (GTC, DAY)


def _price(name: str, value: Any) -> float:
    if value is None:
        return math.nan
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        remedy = "; an input that is not ready reads NaN, ask now.ready[i] first" if number != number else ""
        raise OrderError(f"{name}={value!r} is no price: give a finite number{remedy}.")
    return number


def _nanoseconds(until: Any) -> int:
    """Return an instant as nanoseconds UTC; a time without a zone is UTC, as session labels are."""
    if isinstance(until, int | np.integer):
        return int(until)
    stamp = pd.to_datetime(until, errors="coerce", utc=True)
    if stamp is pd.NaT or not isinstance(stamp, pd.Timestamp):
        raise OrderError(
            f"until={until!r} is no instant: give a timestamp, or nanoseconds UTC as now.time is."
        )
    return int(stamp.as_unit("ns").value)
