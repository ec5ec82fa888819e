"""What was traded: vwap, obv, dollar volume, illiquidity, unusual volume. NaN where volume is missing."""

from __future__ import annotations

import numpy as np

from quantlab.features.own_bars import OwnBars, change, earlier, ratio
from quantlab.kernels.moments import rolling_zscore
from quantlab.kernels.rolling import rolling_mean, rolling_sum
from quantlab.kernels.smoothing import running_total
from quantlab.typing import FloatArray


def vwap(own: OwnBars, lookback: int) -> FloatArray:
    """Mean of the typical price (high + low + close)/3 weighted by volume."""
    typical = (own.high + own.low + own.close) / 3.0
    return ratio(rolling_sum(typical * own.volume, lookback), rolling_sum(own.volume, lookback))


def obv(own: OwnBars) -> FloatArray:
    """Total up volume, plus when the close rose, minus when it fell; it starts at the first volume."""
    sign = np.sign(change(own.close))
    sign[:1] = 1.0
    return running_total(sign * own.volume)


def dollar_volume(own: OwnBars, lookback: int) -> FloatArray:
    """Mean of close × volume over the last `lookback` bars."""
    return rolling_mean(own.close * own.volume, lookback)


def illiquidity(own: OwnBars, lookback: int) -> FloatArray:
    """Mean of |return|/(close × volume) over the last `lookback` bars."""
    moves = np.abs(ratio(own.close, earlier(own.close, 1)) - 1.0)
    return rolling_mean(ratio(moves, own.close * own.volume), lookback)


def volume_zscore(own: OwnBars, lookback: int) -> FloatArray:
    """Z-score of ln(1 + volume): volumes are skewed, their logarithms much less."""
    return rolling_zscore(np.log1p(own.volume), lookback)
