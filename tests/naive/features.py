"""Every built-in feature in plain Python, slow and obvious: what the compiled ones must equal.

A series is a list of floats, oldest first; NaN is "no value". `panel` puts a symbol's own bars
together, computes, and puts the values back in their rows.
"""

from __future__ import annotations

import math
import statistics

NAN = math.nan


def windowed(series, lookback, measure):
    """`measure` of each full window; NaN where it is not full or holds a NaN."""
    out = []
    for t in range(len(series)):
        window = series[t - lookback + 1 : t + 1] if t >= lookback - 1 else []
        full = len(window) == lookback and not any(math.isnan(value) for value in window)
        out.append(measure(window) if full else NAN)
    return out


def over(numerator, denominator):
    return numerator / denominator if denominator != 0.0 else NAN


def each(function, *series):
    return [function(*values) for values in zip(*series, strict=True)]


def before(series, count):
    return [series[t - count] if t >= count else NAN for t in range(len(series))]


def mean(window):
    return math.fsum(window) / len(window)


def deviations(window):
    """Distances from the mean, taken from the first value on so that a high price loses no digits."""
    moves = [value - window[0] for value in window]
    middle = mean(moves)
    return [move - middle for move in moves]


def squares(window):
    return math.fsum(d * d for d in deviations(window))


def deviation(window):
    return math.sqrt(squares(window) / (len(window) - 1))


def pearson(xs, ys):
    return over(products(xs, ys), math.sqrt(squares(xs)) * math.sqrt(squares(ys)))


def products(xs, ys):
    return math.fsum(a * b for a, b in zip(deviations(xs), deviations(ys), strict=True))


def skewness(window):
    n = len(window)
    second = squares(window) / n
    third = math.fsum(d**3 for d in deviations(window)) / n
    return math.sqrt(n * (n - 1)) / (n - 2) * over(third, second**1.5)


def share_below(window, count=None):
    """Rank of the last value among the first `count` (all, unless told), ties sharing the mean rank."""
    among = window[:count]
    below = sum(value < window[-1] for value in among)
    equal = sum(value == window[-1] for value in among)
    return (below + (equal + 1) / 2) / len(among)


def line_slope(window):
    numbers = [float(k) for k in range(len(window))]
    return products(numbers, window) / squares(numbers)


def smoothed(series, lookback, share):
    """Mean of the first `lookback` values, then a share of each gap; a NaN starts it afresh."""
    out, start = [], []
    level = None
    for value in series:
        if math.isnan(value):
            level, start = None, []
        elif level is not None:
            level = level + share * (value - level)
        else:
            start.append(value)
            if len(start) == lookback:
                level = mean(start)
        out.append(NAN if level is None else level)
    return out


def wilder_total(series, lookback):
    """Plain sum of the first lookback − 1 values, then 1/lookback is lost and the value gained."""
    out, start = [], []
    total = None
    for value in series:
        if math.isnan(value):
            total, start = None, []
            out.append(NAN)
            continue
        if total is None and len(start) < lookback - 1:
            start.append(value)
            out.append(NAN)
            continue
        total = (math.fsum(start) if total is None else total) * (1 - 1 / lookback) + value
        out.append(total)
    return out


def running(series):
    out, seen = [], []
    for value in series:
        seen = [] if math.isnan(value) else [*seen, value]
        out.append(math.fsum(seen) if seen else NAN)
    return out


def true_ranges(b):
    closes = before(b["close"], 1)
    return [
        NAN if math.isnan(c) else max(h - low, abs(h - c), abs(low - c))
        for h, low, c in zip(b["high"], b["low"], closes, strict=True)
    ]


def movements(b):
    """Directional movement up and down: only the larger of the two counts, and only if it is above zero."""
    up, down = [NAN], [NAN]
    for t in range(1, len(b["high"])):
        rise, fall = b["high"][t] - b["high"][t - 1], b["low"][t - 1] - b["low"][t]
        up.append(rise if rise > fall and rise > 0 else 0.0)
        down.append(fall if fall > rise and fall > 0 else 0.0)
    return up, down


def sign(value):
    return NAN if math.isnan(value) else float((value > 0) - (value < 0))


def typical(b):
    return each(lambda h, low, c: (h + low + c) / 3, b["high"], b["low"], b["close"])


def place(b, n):
    highest, lowest = windowed(b["high"], n, max), windowed(b["low"], n, min)
    return highest, lowest


def sma(b, x, n):
    return windowed(x, n, mean)


def ema(b, x, n):
    return smoothed(x, n, 2 / (n + 1))


def wma(b, x, n):
    return windowed(x, n, lambda w: math.fsum((k + 1) * v for k, v in enumerate(w)) / (n * (n + 1) / 2))


def median(b, x, n):
    return windowed(x, n, statistics.median)


def minimum(b, x, n):
    return windowed(x, n, min)


def maximum(b, x, n):
    return windowed(x, n, max)


def macd(b, x, output, fast=12, slow=26, signal=9):
    line = each(lambda a, c: a - c, ema(b, x, fast), ema(b, x, slow))
    average = ema(b, line, signal)
    return {"line": line, "signal": average, "histogram": each(lambda a, c: a - c, line, average)}[output]


def bollinger(b, x, n, output, deviations=2.0):
    middle = windowed(x, n, mean)
    reach = windowed(x, n, lambda w: deviations * statistics.pstdev(w) if len(set(w)) > 1 else 0.0)
    upper, lower = each(lambda m, r: m + r, middle, reach), each(lambda m, r: m - r, middle, reach)
    return {
        "middle": middle,
        "upper": upper,
        "lower": lower,
        "width": each(lambda u, low, m: over(u - low, m), upper, lower, middle),
        "percent": each(lambda v, u, low: over(v - low, u - low), x, upper, lower),
    }[output]


def donchian(b, x, n, output, skip=0):
    highest, lowest = (before(series, skip) for series in place(b, n))
    middle = each(lambda h, low: (h + low) / 2, highest, lowest)
    return {"upper": highest, "lower": lowest, "middle": middle}[output]


def rsi(b, x, n):
    moves = each(lambda now, then: now - then, x, before(x, 1))
    gain = smoothed([m if math.isnan(m) else max(m, 0.0) for m in moves], n, 1 / n)
    loss = smoothed([m if math.isnan(m) else max(-m, 0.0) for m in moves], n, 1 / n)
    return each(lambda g, less: 100 * over(g, g + less), gain, loss)


def stochastic(b, x, n, output, smooth=3, signal=3):
    highest, lowest = place(b, n)
    raw = each(lambda c, h, low: 100 * over(c - low, h - low), b["close"], highest, lowest)
    k = windowed(raw, smooth, mean)
    return {"k": k, "d": windowed(k, signal, mean)}[output]


def williams_r(b, x, n):
    highest, lowest = place(b, n)
    return each(lambda c, h, low: -100 * over(h - c, h - low), b["close"], highest, lowest)


def cci(b, x, n):
    def measure(w):
        return over(deviations(w)[-1], 0.015 * mean([abs(d) for d in deviations(w)]))

    return windowed(typical(b), n, measure)


def mfi(b, x, n):
    price = typical(b)
    signs = [sign(now - then) for now, then in zip(price, before(price, 1), strict=True)]
    flow = each(lambda p, v, s: p * v * s, price, b["volume"], signs)

    def measure(w):
        rising = math.fsum(v for v in w if v > 0)
        return 100 * over(rising, rising - math.fsum(v for v in w if v < 0))

    return windowed(flow, n, measure)


def atr(b, x, n):
    return smoothed(true_ranges(b), n, 1 / n)


def adx(b, x, n, output):
    spread = wilder_total(true_ranges(b), n)
    plus, minus = ([100 * over(m, s) for m, s in zip(wilder_total(side, n), spread, strict=True)]
                   for side in movements(b))  # fmt: skip
    direction = each(lambda p, m: 0.0 if p + m == 0 else 100 * abs(p - m) / (p + m), plus, minus)
    return {"plus_di": plus, "minus_di": minus, "adx": smoothed(direction, n, 1 / n)}[output]


def momentum(b, x, n, skip=0):
    return each(lambda now, then: over(now, then) - 1, before(x, skip), before(x, n))


def value(b, x):
    return list(x)


def rate_of_change(b, x, n):
    return each(lambda now, then: over(now - then, abs(then)), x, before(x, n))


def difference(b, x, n):
    return each(lambda now, then: now - then, x, before(x, n))


def lag(b, x, n):
    return before(x, n)


def simple_return(b, x):
    return momentum(b, x, 1)


def log_return(b, x, n):
    return each(lambda now, then: math.log(now / then), x, before(x, n))


def overnight_return(b, x):
    return each(lambda now, then: now / then - 1, b["open"], before(b["close"], 1))


def intraday_return(b, x):
    return each(lambda last, first: last / first - 1, b["close"], b["open"])


def std(b, x, n):
    return windowed(x, n, deviation)


def zscore(b, x, n):
    return windowed(x, n, lambda w: over(deviations(w)[-1], deviation(w)))


def skew(b, x, n):
    return windowed(x, n, skewness)


def rank(b, x, n):
    return windowed(x, n, share_below)


def slope(b, x, n):
    return windowed(x, n, line_slope)


def drawdown(b, x, n):
    return windowed(x, n, lambda w: over(w[-1], max(w)) - 1)


def pairs(xs, ys, n, measure):
    out = []
    for t in range(len(xs)):
        left, right = xs[max(t - n + 1, 0) : t + 1], ys[max(t - n + 1, 0) : t + 1]
        full = len(left) == n and not any(math.isnan(value) for value in left + right)
        out.append(measure(left, right) if full else NAN)
    return out


def field_correlation(b, x, n, field="volume"):
    return pairs(x, b[field], n, pearson)


def volatility(b, x, n, annualise=False):
    return [v * math.sqrt(b["periods_per_year"]) if annualise else v for v in std(b, log_return(b, x, 1), n)]


def parkinson(b, x, n, annualise=False):
    spread = each(lambda h, low: math.log(h / low) ** 2, b["high"], b["low"])
    scale = b["periods_per_year"] if annualise else 1.0
    return windowed(spread, n, lambda w: math.sqrt(mean(w) / (4 * math.log(2)) * scale))


def garman_klass(b, x, n, annualise=False):
    def one(o, h, low, c):
        return 0.5 * math.log(h / low) ** 2 - (2 * math.log(2) - 1) * math.log(c / o) ** 2

    scale = b["periods_per_year"] if annualise else 1.0
    variance = each(one, b["open"], b["high"], b["low"], b["close"])
    return windowed(variance, n, lambda w: math.sqrt(mean(w) * scale))


def vwap(b, x, n):
    money = windowed(each(lambda p, v: p * v, typical(b), b["volume"]), n, math.fsum)
    return each(over, money, windowed(b["volume"], n, math.fsum))


def obv(b, x):
    signs = [1.0] + [sign(now - then) for then, now in zip(b["close"], b["close"][1:], strict=False)]
    return running(each(lambda s, v: s * v, signs[: len(b["volume"])], b["volume"]))


def dollar_volume(b, x, n):
    return windowed(each(lambda c, v: c * v, b["close"], b["volume"]), n, mean)


def illiquidity(b, x, n):
    moves = momentum(b, b["close"], 1)
    return windowed(each(lambda m, c, v: over(abs(m), c * v), moves, b["close"], b["volume"]), n, mean)


def volume_zscore(b, x, n):
    return zscore(b, [math.log1p(v) for v in b["volume"]], n)


def cs_rank(rows):
    return [rank_among(row) for row in rows]


def rank_among(row):
    there = [value for value in row if not math.isnan(value)]
    return [NAN if math.isnan(value) else share_below([*there, value], len(there)) for value in row]


def cs_zscore(rows):
    return [zscore_among(row) for row in rows]


def zscore_among(row):
    there = [value for value in row if not math.isnan(value)]
    if len(set(there)) < 2:
        return [NAN] * len(row)
    return [(value - mean(there)) / deviation(there) for value in row]


def mean_among(row):
    there = [value for value in row if not math.isnan(value)]
    return mean(there) if there else NAN


def against(rows, other, n, measure):
    """`measure` of each column against `other`, over the rows where both have a value."""
    out = [[NAN] * len(rows[0]) for _ in rows]
    for column in range(len(rows[0])):
        both = [t for t in range(len(rows)) if not math.isnan(rows[t][column]) and not math.isnan(other[t])]
        values = pairs([rows[t][column] for t in both], [other[t] for t in both], n, measure)
        for t, value in zip(both, values, strict=True):
            out[t][column] = value
    return out


def beta(xs, ys):
    return over(products(xs, ys), squares(ys))


NAMES = {"min": minimum, "max": maximum, "return": simple_return}
FIELDS = ("open", "high", "low", "close", "volume")


def own_bars(bars, column, of):
    """A symbol's present rows, its fields as lists, and the field that is asked for."""
    rows = [t for t in range(bars.n_bars) if not math.isnan(bars.close[t, column])]
    fields = {name: [float(bars[name][t, column]) for t in rows] for name in (*FIELDS, *bars.fields)}
    return rows, {**fields, "periods_per_year": bars.periods_per_year}, fields[of]


def panel(bars, of, function, *arguments, **params):
    out = [[NAN] * bars.n_symbols for _ in range(bars.n_bars)]
    for column in range(bars.n_symbols):
        rows, b, x = own_bars(bars, column, of)
        for t, value in zip(rows, function(b, x, *arguments, **params), strict=True):
            out[t][column] = value
    return out


def compute(name, bars, lookback=None, of="close", **params):
    """A built-in over a panel of bars: list of rows of values."""
    if name in ("cs_rank", "cs_zscore"):
        rows = panel(bars, of, lambda b, x: x if lookback is None else momentum(b, x, lookback))
        return cs_rank(rows) if name == "cs_rank" else cs_zscore(rows)
    if name in ("beta", "correlation"):
        rows = panel(bars, of, simple_return)
        symbol = params.get("against")
        other = (
            [mean_among(r) for r in rows] if symbol is None else [r[bars.symbols.index(symbol)] for r in rows]
        )
        return against(rows, other, lookback, beta if name == "beta" else pearson)
    function = NAMES.get(name) or globals()[name]
    return panel(bars, of, function, *([] if lookback is None else [lookback]), **params)
