"""Quantiles of a target per bar, symbol and horizon: the axes, reading and judging that every such table has."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from quantlab.forecasting.axes import horizon_index, level_index
from quantlab.forecasting.table_checks import check_shapes, check_values
from quantlab.forecasting.targets import Return, Target
from quantlab.market.arrays import frozen_floats, frozen_ints
from quantlab.market.bars import Bars
from quantlab.typing import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from quantlab.forecasting.scores import Scores

NEVER = int(np.iinfo(np.int64).min)  # `trained_through` of a row without a forecast


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ForecastTable:
    """Quantiles of a target over each horizon, one row a bar; `Forecasts` is the kind that may be traded.

    Parameters
    ----------
    values, time, time_ns, symbols, horizons, levels, trained_through, as_of, target, name, beside, provenance
        As `Forecasts` describes them.

    Raises
    ------
    ForecastError
        Shapes that do not fit, infinite or crossing quantiles.
    """

    values: FloatArray
    time: pd.DatetimeIndex
    time_ns: IntArray
    symbols: tuple[str, ...]
    horizons: tuple[int, ...]
    levels: tuple[float, ...]
    trained_through: IntArray
    as_of: IntArray
    target: Target = Return()  # noqa: RUF009 (frozen)
    name: str = "Forecasts"
    beside: Mapping[str, ForecastTable] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("time_ns", "trained_through", "as_of"):
            object.__setattr__(self, name, frozen_ints(getattr(self, name)))
        object.__setattr__(self, "values", frozen_floats(self.values))
        check_shapes(self)
        check_values(self)

    @cached_property
    def known(self) -> BoolArray:
        """Where a forecast stands ``(n_bars, n_symbols)``."""
        known: BoolArray = np.all(np.isfinite(self.values), axis=(2, 3))
        return known

    def median(self, horizon: int | None = None) -> FloatArray:
        """Read the median forecast ``(n_bars, n_symbols)``; a table of one horizon needs no `horizon`."""
        return self.quantile(0.5, horizon)

    def quantile(self, level: float, horizon: int | None = None) -> FloatArray:
        """Read the forecast at a declared `level` ``(n_bars, n_symbols)``; another level is an error."""
        return self.values[:, :, self.horizon_index(horizon), self.level_index(level)]

    def level_index(self, level: float) -> int:
        """Position of a declared quantile level.

        Raises
        ------
        ForecastError
            A level that was not declared; levels are never interpolated.
        """
        return level_index(self.name, self.levels, level)

    def horizon_index(self, horizon: int | None) -> int:
        """Position of a horizon; None is the only one.

        Raises
        ------
        ForecastError
            A horizon that was not declared, or none named where there are several.
        """
        return horizon_index(self.name, self.horizons, horizon)

    def align(self, bars: Bars) -> Self:
        """Lay the same forecasts on the rows and symbols of `bars`; NaN where this table has none.

        Rows meet by their close. Session labels meet by label, and the row is restamped to the close that
        `bars` gives that session (its `trained_through` moves along).
        """
        from quantlab.forecasting.alignment import align

        return align(self, bars)

    def scores(self, bars: Bars) -> Scores:
        """How well these forecasts, and those beside them, met what `bars` did next."""
        from quantlab.forecasting.scores import score

        return score(self, bars)

    def save(self, path: str | Path) -> None:
        """Write the table and those beside it to one ``.npz`` file, whole or not at all; no pickle."""
        from quantlab.forecasting.table_files import save

        save(self, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a table of this kind that `save` wrote; a damaged or foreign file is a ForecastError."""
        from quantlab.forecasting.table_files import load

        return load(Path(path), cls)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the content: equal fingerprints, equal forecasts. Names and provenance do not count."""
        axes = json.dumps([self.symbols, self.horizons, [repr(level) for level in self.levels]])
        other = "" if self.target == Return() else repr(self.target)
        digest = hashlib.blake2b(axes.encode() + other.encode(), digest_size=16)
        for array in (self.values, self.time_ns, self.as_of, self.trained_through):
            digest.update(array.tobytes())
        return digest.hexdigest()

    def __repr__(self) -> str:
        shape = f"{len(self.time)} bars × {len(self.symbols)} symbols"
        return f"<{type(self).__name__} {self.name}: {shape}, horizons {self.horizons}, levels {self.levels}>"

    def __str__(self) -> str:
        facts = (f"  {name:<13} {value}" for name, value in self._facts)
        return "\n".join([f"{type(self).__name__} by {self.name}", *facts])

    def _repr_html_(self) -> str:
        from quantlab.display.html import table_html

        return table_html(f"{type(self).__name__} by {self.name}", ["", ""], self._facts)

    @property
    def _facts(self) -> list[tuple[str, str]]:
        rows = np.flatnonzero(self.known.any(axis=1))
        first, last = (str(self.time[rows[i]]) for i in (0, -1)) if len(rows) else ("never", "never")
        return [
            ("speaks", f"{first} to {last}"),
            ("forecasts", f"{int(self.known.sum()):,} of {len(self.symbols)} symbols"),
            ("horizons", f"{', '.join(map(str, self.horizons))} bars"),
            ("target", repr(self.target)),
            ("levels", ", ".join(f"{level:g}" for level in self.levels)),
            ("beside", ", ".join(self.beside) or "nothing"),
            ("fingerprint", self.fingerprint),
        ]
