"""Sizing in plain Python, from the formulas: lists in, lists out, NaN where a number is not available."""

import math


def equal_weight(chosen, gross=1.0):
    return [gross / sum(chosen) if c else 0.0 for c in chosen]


def top_k(scores, k):
    ranked = sorted((-s, i) for i, s in enumerate(scores) if not math.isnan(s))
    return [i in {i for _, i in ranked[:k]} for i in range(len(scores))]


def usable(value):
    return value > 0.0 and math.isfinite(value)


def inverse_volatility(volatility, gross=1.0):
    total = sum(1.0 / v for v in volatility if usable(v))
    return [gross * (1.0 / v) / total if usable(v) else 0.0 for v in volatility]


def kelly_fraction(mean, variance, fraction=0.5, max_gross=1.0):
    bets = [
        fraction * m / v if usable(v) and math.isfinite(m) else 0.0
        for m, v in zip(mean, variance, strict=True)
    ]
    gross = sum(map(abs, bets))
    return [b * min(1.0, max_gross / gross) if gross else 0.0 for b in bets]


def sample_covariance(returns):
    columns = list(zip(*returns, strict=True))
    if len(returns) < 2:
        return [[math.nan] * len(columns) for _ in columns]
    means = [math.fsum(c) / len(c) for c in columns]
    return [
        [
            math.fsum((x - m) * (y - n) for x, y in zip(a, b, strict=True)) / (len(a) - 1)
            for b, n in zip(columns, means, strict=True)
        ]
        for a, m in zip(columns, means, strict=True)
    ]


def variance(weights, covariance):
    held = [i for i, w in enumerate(weights) if w != 0.0]
    return sum(weights[i] * covariance[i][j] * weights[j] for i in held for j in held)


def volatility_target(weights, covariance, target, max_gross=1.0):
    held = [0.0 if math.isnan(w) or math.isnan(covariance[i][i]) else w for i, w in enumerate(weights)]
    gross = sum(map(abs, held))
    if gross == 0.0:
        return held
    volatility = math.sqrt(max(variance(held, covariance), 0.0))
    factor = min(target / volatility if volatility else math.inf, max_gross / gross)
    return [w * factor for w in held]


def risk_parity(covariance, gross=1.0, rounds=100_000):
    """Another way than coordinate descent: multiplicative updates of all weights at once (Sha, Lin, Saul and Lee 2007).

    With the covariance split into its positive and negative parts, Σ = P − N, each round lowers ½·yᵀ·Σ·y − Σ ln yᵢ / n.
    """
    there = [i for i in range(len(covariance)) if usable(covariance[i][i])]
    y = {i: 1.0 / math.sqrt(covariance[i][i] * len(there)) for i in there}
    for _ in range(rounds):
        plus = {i: y[i] * sum(max(covariance[i][j], 0.0) * y[j] for j in there) for i in there}
        minus = {i: y[i] * sum(max(-covariance[i][j], 0.0) * y[j] for j in there) for i in there}
        if all(abs((plus[i] - minus[i]) * len(there) - 1.0) < 1e-11 for i in there):
            break
        y = {i: y[i] * math.sqrt((1.0 / len(there) + minus[i]) / plus[i]) for i in there}
    total = sum(y.values())
    return [gross * y[i] / total if i in y else 0.0 for i in range(len(covariance))]


def minimum_trade(weights, current, least):
    out = []
    for w, c in zip(weights, current, strict=True):
        aim = 0.0 if math.isnan(w) else w
        out.append(c if aim != 0.0 and abs(aim - c) < least else aim)
    return out


def no_trade_band(weights, current, band):
    out = []
    for w, c in zip(weights, current, strict=True):
        if math.isnan(w) or w == 0.0:
            out.append(0.0)
        elif c > w + band:
            out.append(w + band)
        elif c < w - band:
            out.append(w - band)
        else:
            out.append(c)
    return out
