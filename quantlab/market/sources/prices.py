"""What to do about a table without all four prices."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

import pandas as pd

from quantlab.errors import DataError
from quantlab.market.sources.columns import NEEDED, SYMBOL, TIME, canonical
from quantlab.market.texts import looks_like_times

_ONE_PRICE = "open={0}, high={0}, low={0}"


def require_prices(frame: pd.DataFrame, origin: str) -> None:
    """Refuse a table without open, high, low and close, with a remedy in its own column names.

    Raises
    ------
    DataError
        Names the columns that are missing, and says how to rename those that are meant, how to read one price
        only, or how to read a table of closes with a column a symbol.
    """
    written: dict[str, object] = {canonical(name): name for name in frame.columns}
    missing = [name for name in NEEDED if name not in written]
    if missing:
        names = ", ".join(str(name) for name in written.values())
        raise DataError(
            f"{origin} has no column {', '.join(missing)}; its columns are {names or 'none'}. "
            f"{_remedy(frame, written, missing)}".strip()
        )


def _remedy(frame: pd.DataFrame, written: Mapping[str, object], missing: list[str]) -> str:
    meant = _meant(written, missing)
    if meant:
        renamed = ", ".join(f"{written[name]!r}: {needed!r}" for name, needed in meant.items())
        return f"Did you mean {written[next(iter(meant))]!r}? Then frame.rename(columns={{{renamed}}})."
    if "close" in written:
        price = f"frame[{written['close']!r}]"
        return f"Where only one price is known, say so: frame.assign({_ONE_PRICE.format(price)})."
    return _closes_remedy(frame) if len(missing) == len(NEEDED) else ""


def _meant(written: Mapping[str, object], missing: list[str]) -> dict[str, str]:
    """Find columns that may be the missing ones: alone in holding the word, or else alike in spelling."""
    unknown = [name for name in written if name not in (*NEEDED, *TIME, *SYMBOL, "volume")]
    found: dict[str, str] = {}
    wanted = missing if "volume" in written else [*missing, "volume"]
    for needed in wanted:
        holding = [name for name in unknown if needed in name.split("_")]
        alike = holding if len(holding) == 1 else difflib.get_close_matches(needed, unknown, n=1)
        found |= {name: needed for name in alike if name not in found}
    return found if {*found.values()} & {*missing} else {}


def _closes_remedy(frame: pd.DataFrame) -> str:
    """Say how to read a table with one price a symbol, a column each."""
    times = [name for name, column in frame.items() if canonical(name) in TIME or _is_time(column)]
    values = frame.drop(columns=times)
    if values.empty or not all(pd.api.types.is_numeric_dtype(dtype) for dtype in values.dtypes):
        return ""
    indexed = f"frame = frame.set_index({times[0]!r}); " if times else ""
    one = _ONE_PRICE.format("frame[s]")
    return (
        "It looks like one price a symbol; give a frame of each: "
        f"{indexed}ql.read_bars({{s: frame[[s]].set_axis(['close'], axis=1).assign({one}) for s in frame}})"
    )


def _is_time(column: pd.Series) -> bool:
    return not pd.api.types.is_numeric_dtype(column) and looks_like_times(pd.Index(column))
