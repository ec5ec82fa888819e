"""A ready strategy for signals made elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quantlab.engine.strategy import Input, Strategy
from quantlab.errors import DataError, did_you_mean
from quantlab.features.features import feature
from quantlab.market.bars import Bars
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.engine.now import Now


class FollowWeights(Strategy):
    """Hold the weights of a frame: rows by time, columns by symbol.

    A row is acted on at the close of the bar that carries its time, and filled like any order. NaN leaves a symbol
    alone, and so do bars without a row: to rebalance monthly, give monthly rows. Rows before the first and after
    the last bar are ignored.

    Parameters
    ----------
    frame
        Weights as fractions of equity (negative: short), known at the close of their row.

    Raises
    ------
    DataError
        If a column is no symbol of the bars, a time inside the bars' span is no bar, or a weight is infinite.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        super().__init__()
        if not isinstance(frame, pd.DataFrame) or not isinstance(frame.index, pd.DatetimeIndex):
            raise DataError("FollowWeights needs a DataFrame with times as index and symbols as columns.")
        if np.isinf(frame.to_numpy(np.float64)).any():
            raise DataError("FollowWeights: a weight is infinite; a weight is a fraction of equity.")
        object.__setattr__(self, "frame", frame.copy())

    def declared_inputs(self) -> Mapping[str, Input]:
        """Return the weights as a feature, aligned to the bars."""
        return {"weights": feature(self._aligned)}

    def on_bar(self, now: Now) -> None:
        """Give each weight of this bar as a target."""
        weights = now[self.weights]  # type: ignore[attr-defined]
        for i in np.flatnonzero(~np.isnan(weights)):
            now.target_weight(int(i), float(weights[i]))

    def _aligned(self, bars: Bars, lookback: int | None) -> FloatArray:
        frame: pd.DataFrame = self.frame  # type: ignore[attr-defined]
        times = pd.DatetimeIndex(frame.index)
        if bars.time.tz is not None:
            times = times.tz_convert(bars.time.tz)
        inside = (times >= bars.time[0]) & (times <= bars.time[-1])
        rows = bars.time.get_indexer(times[inside])
        if (rows < 0).any():
            raise DataError(
                f"FollowWeights: there is no bar at {times[inside][rows < 0][0]}; use times of bars."
            )
        weights = np.full((bars.n_bars, bars.n_symbols), np.nan)
        for name in frame.columns:
            if name not in bars.symbols:
                raise DataError(
                    f"FollowWeights: column {name!r} is no symbol of the bars. {did_you_mean(str(name), bars.symbols)}"
                )
            weights[rows, bars.index(name)] = frame[name].to_numpy(np.float64)[inside]
        return weights

    def __repr__(self) -> str:
        frame: Any = self.frame  # type: ignore[attr-defined]
        content = int(pd.util.hash_pandas_object(frame).to_numpy(np.uint64).sum())
        return f"FollowWeights(<{len(frame)} rows × {len(frame.columns)} symbols, {content:016x}>)"

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)
