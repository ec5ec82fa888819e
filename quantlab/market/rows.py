"""Bars as a long list of rows: what every source is turned into before it becomes a panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from quantlab.errors import DataError
from quantlab.market.timestamps import Stamps
from quantlab.typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Rows:
    """Rows of some symbols, in the order of their source.

    Parameters
    ----------
    symbols
        Names that `codes` (n,) counts into.
    stamps
        Timestamp of each row (n,).
    fields
        Numbers by field name, each (n,).
    calendar, closes
        Calendar of session labels whose closes (ns UTC, (n,)) the source itself brings; else None.
    """

    symbols: tuple[str, ...]
    codes: IntArray
    stamps: Stamps
    fields: dict[str, FloatArray]
    calendar: str | None = None
    closes: IntArray | None = None

    def place(self, row: int) -> tuple[str, str]:
        """Give symbol and timestamp of a row, for a message."""
        return self.symbols[self.codes[row]], self.stamps.text(row)

    def keep(self, mask: BoolArray) -> Rows:
        """Keep some rows; symbols that lose all of theirs stay named."""
        return replace(
            self,
            codes=self.codes[mask],
            stamps=Stamps(self.stamps.values[mask], self.stamps.tz),
            fields={name: values[mask] for name, values in self.fields.items()},
            closes=None if self.closes is None else self.closes[mask],
        )

    def panels(self, times: IntArray) -> dict[str, FloatArray]:
        """Lay every field out over `times` (ascending, with all stamps): (n_times, n_symbols), else NaN."""
        cells = np.searchsorted(times, self.stamps.values) * len(self.symbols) + self.codes
        return {
            name: _scatter(values, cells, len(times), len(self.symbols))
            for name, values in self.fields.items()
        }


def _scatter(values: FloatArray, cells: IntArray, n_times: int, n_symbols: int) -> FloatArray:
    panel = np.full(n_times * n_symbols, np.nan)
    panel[cells] = values
    return panel.reshape(n_times, n_symbols)


def merge(parts: Sequence[Rows]) -> Rows:
    """Join rows of several tables; a field that one of them lacks is NaN there.

    Raises
    ------
    DataError
        Session labels in one table and instants in another, or instants of different zones.
    """
    if len(parts) == 1:
        return parts[0]
    for part in parts[1:]:
        if part.stamps.tz != parts[0].stamps.tz:
            raise DataError(
                f"time stamps differ in kind: {_kind(parts[0])}, but {_kind(part)}. "
                "Read them apart, or with one tz="
            )
    symbols = tuple(dict.fromkeys(symbol for part in parts for symbol in part.symbols))
    number = {symbol: i for i, symbol in enumerate(symbols)}
    codes = [np.array([number[s] for s in part.symbols], dtype=np.int64)[part.codes] for part in parts]
    names = dict.fromkeys(name for part in parts for name in part.fields)
    fields = {name: np.concatenate([_field(part, name) for part in parts]) for name in names}
    stamps = Stamps(np.concatenate([part.stamps.values for part in parts]), parts[0].stamps.tz)
    return Rows(symbols, np.concatenate(codes), stamps, fields)


def _field(part: Rows, name: str) -> FloatArray:
    return part.fields.get(name, np.full(len(part.codes), np.nan))


def _kind(part: Rows) -> str:
    kind = "session labels" if part.stamps.tz is None else f"instants in {part.stamps.tz}"
    return f"{part.symbols[0]} has {kind}"
