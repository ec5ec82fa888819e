"""Frames in the shapes that people have, turned into rows.

One symbol (columns are fields); long (a symbol column, or a (time, symbol) index); wide (two levels of
columns, field and symbol in either order).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from quantlab.errors import DataError, did_you_mean
from quantlab.market.rows import Rows, merge
from quantlab.market.sources.columns import NEEDED, TIME, canonical, find_symbol, find_time, rename
from quantlab.market.sources.numbers import numbers, require_numbers
from quantlab.market.sources.prices import require_prices
from quantlab.market.texts import looks_like_times
from quantlab.market.timestamps import Stamps, parse_stamps
from quantlab.typing import IntArray

_UNNAMED = r"^unnamed_\d+(_level_\d+)?$"


def rows_of(
    frame: pd.DataFrame, *, name: str, origin: str, tz: str | None, fields: Iterable[str] | None = None
) -> Rows:
    """Turn a frame of any known shape into rows.

    Parameters
    ----------
    frame
        One symbol, long or wide; time is the index or a column.
    name
        Symbol of a frame that names none.
    origin
        What the frame is called in messages.
    tz
        Zone of naive intraday times.
    fields
        Extra fields to keep; None keeps all columns.

    Raises
    ------
    DataError
        Columns missing or named twice, text among numbers, timestamps that cannot be read.
    """
    if isinstance(frame.columns, pd.MultiIndex):
        return _wide_rows(frame, origin, tz, fields)
    table = _named_table(frame, origin)
    times = find_time(table.columns, origin)
    symbol = find_symbol(table.columns)
    stamps = parse_stamps(_time(table, times), tz)
    codes, symbols = _codes(table, symbol, name, origin)
    values = table.drop(columns=[*times, *([symbol] if symbol else [])])
    if not {*NEEDED} <= {*values.columns}:
        require_prices(frame, origin)
    return _rows(values, codes, symbols, stamps, origin, fields)


def _rows(
    values: pd.DataFrame,
    codes: IntArray,
    symbols: tuple[str, ...],
    stamps: Stamps,
    origin: str,
    fields: Iterable[str] | None,
) -> Rows:
    extra = [n for n in values.columns if n not in (*NEEDED, "volume")]
    asked = (fields,) if isinstance(fields, str) else fields
    wanted = extra if asked is None else [canonical(n) for n in asked]
    for n in {*wanted} - {*extra}:
        raise DataError(f"{origin} has no extra field {n!r}. {did_you_mean(n, extra)}")
    kept = [*NEEDED, *(n for n in ("volume", "adj_close") if n in values and n not in wanted), *wanted]
    require_numbers(values, [n for n in wanted if n != "adj_close"], origin)
    rows = Rows(symbols, codes, stamps, {})
    found = {n: numbers(values[n], n, rows.place) for n in kept}
    found.setdefault("volume", np.full(len(codes), np.nan))
    return Rows(symbols, codes, stamps, found)


def _named_table(frame: pd.DataFrame, origin: str) -> pd.DataFrame:
    """Time and symbol as columns, canonical names, no left-over row numbers."""
    levels = [frame.index.get_level_values(i) for i in range(frame.index.nlevels)]
    timed = any(canonical(name) in TIME for name in (*frame.columns, *frame.index.names))
    names = [_level_name(level, timed) for level in levels]
    if len(levels) > 1 or names[0] is not None:
        frame = _with_levels(frame, ["symbol" if name is None else name for name in names], origin)
    table = rename(frame, origin)
    unnamed = table.columns.str.match(_UNNAMED) | (table.columns == "")
    if unnamed.any() and not {*TIME} & {*table.columns}:
        return table.rename(columns={table.columns[unnamed][0]: "date"})
    return table.loc[:, ~unnamed]


def _with_levels(frame: pd.DataFrame, names: list[Any], origin: str) -> pd.DataFrame:
    """Turn the levels of the index into columns of `names`."""
    twice = [name for name in names if name in frame.columns or names.count(name) > 1]
    if twice:
        raise DataError(
            f"{origin} would have two columns {twice[0]!r} with its index ({len(names)} levels, the first row "
            f"{frame.index[0]!r}). Name the levels, or drop them: frame.reset_index(drop=True). "
            "In a text file, rows then hold more values than there are names: decimal commas between commas?"
        )
    return frame.reset_index(names=names)


def _level_name(level: pd.Index[Any], timed: bool) -> Any:
    """Name a level of the index: "date" where it holds times, unless text of a table `timed` elsewhere."""
    is_time = isinstance(level, (pd.DatetimeIndex, pd.PeriodIndex)) or (
        not timed and not isinstance(level, pd.RangeIndex) and looks_like_times(level)
    )
    return "date" if is_time and canonical(level.name) not in TIME else level.name


def _time(table: pd.DataFrame, names: tuple[str, ...]) -> Any:
    if len(names) == 1:
        return pd.Index(table[names[0]])
    date, time = (table[name].astype(str) for name in names)
    return pd.Index(date + " " + time)


def _codes(
    table: pd.DataFrame, column: str | None, name: str, origin: str
) -> tuple[IntArray, tuple[str, ...]]:
    if column is None:
        return np.zeros(len(table), dtype=np.int64), (name,)
    codes, found = pd.factorize(table[column])
    if (codes < 0).any():
        raise DataError(
            f"{origin} row {int(np.flatnonzero(codes < 0)[0])} has no {column}; name it or drop the row"
        )
    return codes.astype(np.int64), tuple(str(symbol) for symbol in found)


def _wide_rows(frame: pd.DataFrame, origin: str, tz: str | None, fields: Iterable[str] | None) -> Rows:
    """One block of rows a symbol; a field without a symbol (macro) is given to all."""
    if frame.columns.nlevels != 2:
        raise DataError(f"{origin} has {frame.columns.nlevels} levels of columns; give two, field and symbol")
    by_field = frame if _is_field_level(frame, 0) else frame.swaplevel(axis=1)
    if not _is_field_level(by_field, 0):
        require_prices(frame.set_axis(frame.columns.get_level_values(0), axis=1), origin)
    table, stamps = _wide_stamps(by_field, origin, tz)
    owners = [str(symbol) for symbol in table.columns.get_level_values(1)]
    symbols = tuple(dict.fromkeys(symbol for symbol in owners if symbol))
    shared = [i for i, symbol in enumerate(owners) if not symbol]
    codes = np.zeros(len(table), dtype=np.int64)
    blocks = []
    for symbol in symbols:
        own = [i for i, owner in enumerate(owners) if owner == symbol]
        block = table.iloc[:, own + shared]
        block = block.set_axis(block.columns.get_level_values(0), axis=1)
        require_prices(block, f"{origin} ({symbol})")
        flat = rename(block, f"{origin} ({symbol})")
        blocks.append(_rows(flat, codes, (symbol,), stamps, f"{origin} ({symbol})", fields))
    return merge(blocks)


def _is_field_level(frame: pd.DataFrame, level: int) -> bool:
    return "close" in {canonical(name) for name in frame.columns.get_level_values(level)}


def _wide_stamps(frame: pd.DataFrame, origin: str, tz: str | None) -> tuple[pd.DataFrame, Stamps]:
    """Part the value columns from the stamps, which are the index or a time column."""
    if not isinstance(frame.index, pd.RangeIndex):
        return frame, parse_stamps(frame.index, tz)
    fields = [canonical(name) for name in frame.columns.get_level_values(0)]
    (column, *_) = find_time(fields, origin)
    at = fields.index(column)
    return frame.iloc[:, [i for i in range(len(fields)) if i != at]], parse_stamps(
        pd.Index(frame.iloc[:, at]), tz
    )
