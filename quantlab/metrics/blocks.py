"""How long a bootstrap's blocks must be to keep the dependence of a series."""

from __future__ import annotations

import math

import numpy as np

from quantlab.metrics.returns import NO_DEVIATION
from quantlab.typing import FloatArray


def block_length(series: FloatArray) -> float:
    """Mean block length, in bars, that the stationary bootstrap should use for `series` (n_bars,).

    The automatic choice of Politis and White (2004), *Econometric Reviews* 23, with the correction of Patton,
    Politis and White (2009): b = (G²/g²)^(1/3)·n^(1/3), with G = Σ λ(k/M)·|k|·γ(k) and g = Σ λ(k/M)·γ(k)
    over lags −M … M, a flat-top window λ, and M twice the first lag from which autocorrelations are noise.
    At least 1 and at most min(3√n, n/3); 1 when the series does not move. The number is that of
    ``arch.bootstrap.optimal_block_length``; importing arch takes seconds, and every printed result asks for this.
    """
    n = series.size
    centred = series - series.mean()
    if n < 2 or series.std() < NO_DEVIATION:
        return 1.0
    reach = _reach(centred)
    lags = np.arange(1, reach + 1)
    weighted = _flat_top(lags / reach) * np.array([_covariance(centred, int(lag)) for lag in lags])
    slope = 2.0 * float(np.sum(lags * weighted))
    spectrum = _covariance(centred, 0) + 2.0 * float(np.sum(weighted))
    longest = math.ceil(min(3.0 * math.sqrt(n), n / 3.0))
    best = float(np.cbrt(n * (slope / spectrum) ** 2)) if spectrum != 0.0 else longest
    return max(1.0, min(best, longest))


def _reach(centred: FloatArray) -> int:
    """M: twice the first lag of `quiet` insignificant autocorrelations in a row."""
    n = centred.size
    quiet = max(5, int(math.log10(n)))
    most = min(math.ceil(math.sqrt(n)) + quiet, n - 1)
    noise = 2.0 * math.sqrt(math.log10(n) / n)
    run = 0
    for lag in range(1, most + 1):
        run = run + 1 if abs(_autocorrelation(centred, lag)) < noise else 0
        if run == quiet:
            return min(2 * (lag - quiet + 1), most)
    return most


def _covariance(centred: FloatArray, lag: int) -> float:
    return float(centred[lag:] @ centred[: centred.size - lag]) / centred.size


def _autocorrelation(centred: FloatArray, lag: int) -> float:
    late, early = centred[lag:], centred[: centred.size - lag]
    scale = math.sqrt(float(late @ late) * float(early @ early))
    return float(late @ early) / scale if scale > 0.0 else 0.0


def _flat_top(fraction: FloatArray) -> FloatArray:
    """1 up to one half, then down to 0 at one (Politis and Romano 1995)."""
    window: FloatArray = np.clip(2.0 * (1.0 - fraction), 0.0, 1.0)
    return window
