"""Covariances, and the weights that spread or scale their risk: loops under `quantlab.trading.sizing`.

All sums run one after the other in the sequence of the symbols, so that both engines add the same way.
"""

from __future__ import annotations

import math

import numpy as np

from quantlab.kernels._jit import jit
from quantlab.typing import FloatArray

# Risk contributions are even when each is this near to its share, relative to it; and the sweeps it may take.
EVEN = 1e-10
MOST_SWEEPS = 10_000


@jit
def sample_covariance(returns: FloatArray) -> FloatArray:
    """Covariance with divisor n − 1 of the columns of `returns` (n, n_symbols); NaN for a column that holds NaN.

    With fewer than two rows all of it is NaN.
    """
    n, n_symbols = returns.shape
    out = np.full((n_symbols, n_symbols), np.nan)
    if n < 2:
        return out
    apart = np.empty((n_symbols, n))  # a row a symbol: return less mean
    for i in range(n_symbols):
        total = 0.0
        for t in range(n):
            total += returns[t, i]
        for t in range(n):
            apart[i, t] = returns[t, i] - total / n
    for i in range(n_symbols):
        for j in range(i + 1):
            total = 0.0
            for t in range(n):
                total += apart[i, t] * apart[j, t]
            out[i, j] = out[j, i] = total / (n - 1)
    return out


@jit
def portfolio_variance(weights: FloatArray, covariance: FloatArray) -> float:
    """Σᵢⱼ wᵢ·Σᵢⱼ·wⱼ; what has no weight is not looked at, so that its covariance may be NaN."""
    total = 0.0
    for i in range(len(weights)):
        if weights[i] == 0.0:
            continue
        inner = 0.0
        for j in range(len(weights)):
            if weights[j] != 0.0:
                inner += covariance[i, j] * weights[j]
        total += weights[i] * inner
    return total


@jit
def volatility_target(
    weights: FloatArray, covariance: FloatArray, target: float, max_gross: float, out: FloatArray
) -> bool:
    """Write ``weights`` scaled to a volatility into `out`, 0 where a weight or its variance is NaN.

    Tell whether the variance of the whole is a number.
    """
    gross = 0.0
    for i in range(len(weights)):
        out[i] = 0.0 if math.isnan(weights[i]) or math.isnan(covariance[i, i]) else weights[i]
        gross += abs(out[i])
    if gross == 0.0:
        return True
    variance = portfolio_variance(out, covariance)
    factor = max_gross / gross
    risk = math.sqrt(max(variance, 0.0))  # rounding can leave a perfect hedge below zero
    if risk * factor > target:
        factor = target / risk
    for i in range(len(weights)):
        out[i] *= factor
    return not math.isnan(variance)


@jit
def even_risk(correlation: FloatArray, share: float, out: FloatArray) -> bool:
    """Write y > 0 with yᵢ·(R·y)ᵢ = `share` for each i into `out`; tell whether it was found.

    y is where ½·yᵀ·R·y − share·Σ ln yᵢ is smallest (Spinu 2013), which cyclical coordinate descent finds for any
    positive definite R (Griveau-Billion, Richard and Roncalli 2013): with Rᵢᵢ = 1 and c = Σ_{j≠i} Rᵢⱼ·yⱼ, the
    derivative along i is yᵢ + c − share/yᵢ, and it is zero at yᵢ = (√(c² + 4·share) − c)/2.
    """
    n = len(out)
    out[:] = math.sqrt(share)
    for _ in range(MOST_SWEEPS):
        even = True
        for i in range(n):
            others = 0.0
            for j in range(n):
                if j != i:
                    others += correlation[i, j] * out[j]
            even &= abs(out[i] * (out[i] + others) - share) <= EVEN * share
            out[i] = (math.sqrt(others * others + 4.0 * share) - others) / 2.0
        if even:
            return True
    return False


@jit
def risk_parity(covariance: FloatArray, out: FloatArray) -> bool:
    """Write weights that sum to one and contribute alike to variance into `out`, 0 without a variance above 0.

    Tell whether they were found.
    """
    n_symbols = len(out)
    chosen = np.empty(n_symbols, np.int64)
    count = 0
    for i in range(n_symbols):
        out[i] = 0.0
        if covariance[i, i] > 0.0 and math.isfinite(covariance[i, i]):
            chosen[count] = i
            count += 1
    if count == 0:
        return True
    correlation = np.empty((count, count))
    deviation = np.empty(count)
    for a in range(count):
        deviation[a] = math.sqrt(covariance[chosen[a], chosen[a]])
        for b in range(a + 1):
            shared = covariance[chosen[a], chosen[b]] / (deviation[a] * deviation[b])
            correlation[a, b] = correlation[b, a] = shared
    scaled = np.empty(count)
    found = even_risk(correlation, 1.0 / count, scaled)
    total = 0.0
    for a in range(count):
        scaled[a] /= deviation[a]
        total += scaled[a]
    for a in range(count):
        out[chosen[a]] = scaled[a] / total
    return found
