"""A ready strategy for signals made elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quantlab.display.moments import moment
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
        if frame.empty or not frame.index.is_unique or not frame.columns.is_unique:
            raise DataError("FollowWeights needs at least one row, and each time and each symbol once.")
        try:
            weights = frame.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(f"FollowWeights: a weight is no number ({error}).") from error
        if np.isinf(weights.to_numpy()).any():
            raise DataError("FollowWeights: a weight is infinite; a weight is a fraction of equity.")
        object.__setattr__(self, "frame", weights)

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
        times = _in_zone_of(pd.DatetimeIndex(frame.index), bars.time)
        inside = (times >= bars.time[0]) & (times <= bars.time[-1])
        rows = bars.time.get_indexer(times[inside])
        if (rows < 0).any():
            missing = times[inside][rows < 0][0]
            before = bars.time[bars.time < missing][-1]
            raise DataError(
                f"FollowWeights: no bar is at {moment(missing)}; the one before is at {moment(before)}."
            )
        weights = np.full((bars.n_bars, bars.n_symbols), np.nan)
        for name in frame.columns:
            if name not in bars.symbols:
                raise DataError(
                    f"FollowWeights: column {name!r} is no symbol of the bars. {did_you_mean(str(name), bars.symbols)}"
                )
            weights[rows, bars.index(name)] = frame[name].to_numpy(np.float64)[inside]
        lost = np.argwhere(~np.isnan(weights) & ~bars.present)
        if len(lost):
            row, column = lost[0]
            raise DataError(
                f"FollowWeights: {bars.symbols[column]} has no bar at {moment(bars.time[row])}, so its weight there "
                f"cannot be acted on ({len(lost)} such weights): leave it NaN."
            )
        return weights

    def __repr__(self) -> str:
        frame: Any = self.frame  # type: ignore[attr-defined]
        rows = pd.util.hash_pandas_object(frame).to_numpy(np.uint64).tobytes()
        content = hashlib.blake2b(rows + repr(list(frame.columns)).encode(), digest_size=8).hexdigest()
        return f"FollowWeights(<{len(frame)} rows × {len(frame.columns)} symbols, {content}>)"

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


def _in_zone_of(times: pd.DatetimeIndex, clock: pd.DatetimeIndex) -> pd.DatetimeIndex:
    if (times.tz is None) != (clock.tz is None):
        wanted = "session dates without a time zone" if clock.tz is None else "times with a time zone"
        raise DataError(f"FollowWeights: the bars are stamped by {wanted}; index the weights likewise.")
    return times if clock.tz is None else times.tz_convert(clock.tz)
