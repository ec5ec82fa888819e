"""Strategies and features that look ahead, each in a way that people write by accident."""

from __future__ import annotations

import numpy as np
import pandas as pd

import quantlab as ql

FUTURE: pd.DataFrame | None = None  # closes of all bars, as a notebook would keep them
CLOSES: np.ndarray | None = None
PANEL: ql.Bars | None = None
LOOKUP: dict[str, pd.Series] = {}


def walk(n_bars=400, n_symbols=3, seed=0, holes=0.1):
    """Random walks with a late symbol, some absent bars and holes in the volume."""
    rng = np.random.default_rng(seed)
    shape = (n_bars, n_symbols)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, shape), axis=0))
    open_ = close * np.exp(rng.normal(0.0, 0.004, shape))
    fields = {
        "open": open_,
        "high": np.maximum(open_, close) * 1.002,
        "low": np.minimum(open_, close) * 0.998,
    }
    fields["close"] = close
    absent = rng.uniform(size=shape) < 0.03
    absent[: n_bars // 5, -1] = True
    absent[:, 0] = False
    for panel in fields.values():
        panel[absent] = np.nan
    volume = rng.integers(1, 1000, shape).astype(float)
    volume[rng.uniform(size=shape) < holes] = np.nan
    return ql.Bars.from_arrays(
        time=pd.bdate_range("2020-01-01", periods=n_bars),
        symbols=["A", "B", "C"][:n_symbols],
        volume=volume,
        extra={"mood": rng.normal(size=shape)},
        **fields,
    )


def shifted(bars, lookback):
    """Tomorrow's close."""
    return pd.DataFrame(bars.close).shift(-1)


def scaled(bars, lookback):
    """Distance from the mean of the whole sample, in its deviations."""
    return (bars.close - np.nanmean(bars.close, axis=0)) / np.nanstd(bars.close, axis=0)


def centred(bars, lookback):
    """Average around a bar instead of before it."""
    return pd.DataFrame(bars.close).rolling(lookback, center=True, min_periods=1).mean()


def backfilled(bars, lookback):
    """Holes filled with what came next."""
    return pd.DataFrame(bars.volume).bfill()


def sly(bars, lookback):
    """Tomorrow's close, on a few bars only, none of them where the test of functions looks."""
    values = bars.close.copy()
    rows = np.flatnonzero(np.arange(bars.n_bars - 1) % 5 == 2)
    values[rows] = bars.close[rows + 1]
    return values


def remembered(bars, lookback):
    """A function that answers from a global frame and is blind to the bars it is given."""
    return FUTURE.shift(-1).to_numpy()[: bars.n_bars]


def late(bars, lookback):
    """Needs bars that are not there yet."""
    return bars.close + bars.close[250, 0] * 0.0


class Follow(ql.Strategy):
    """Trade the sign of a change of the input; subclasses declare which."""

    def act(self, now, values):
        for i in range(now.n_symbols):
            if values[i] > now.close[i]:
                now.target_weight(i, 1.0 / now.n_symbols)
            elif now.position[i] != 0.0:
                now.close_position(i)


def following(function, lookback=5):
    """A strategy that declares a harmless feature, then `function`, and trades on it."""

    class Leaky(Follow):
        average = ql.feature("sma", lookback=5)
        peek = ql.feature(function, lookback=lookback)

        def on_bar(self, now):
            self.act(now, now[self.peek])

    return Leaky()


class ReadsGlobalFrame(Follow):
    """Looks tomorrow up in a frame of the module."""

    def on_bar(self, now):
        if now.bar + 1 < len(FUTURE):
            self.act(now, FUTURE.iloc[now.bar + 1].to_numpy())


class ReadsGlobalArray(Follow):
    """Looks tomorrow up in an array, through a helper."""

    def on_bar(self, now):
        self.act(now, tomorrow(now.bar))


def tomorrow(bar):
    return CLOSES[min(bar + 1, len(CLOSES) - 1)]


class ReadsGlobalBars(Follow):
    """Reads the bars it was given, by their global name."""

    def on_bar(self, now):
        self.act(now, PANEL.close[min(now.bar + 1, PANEL.n_bars - 1)])


class ReadsGlobalSeries(Follow):
    """A series a symbol, in a dict, looked up by time."""

    def on_bar(self, now):
        day = pd.Timestamp(now.time)
        nexts = [LOOKUP[s][LOOKUP[s].index > day] for s in now.symbols]
        self.act(now, [each.iloc[0] if len(each) else np.nan for each in nexts])


class ReadsPrivateBars(Follow):
    """Reaches into now."""

    def on_bar(self, now):
        later = now._bars.close[now.bar + 1 :]
        self.act(now, later[0] if len(later) else now.close)


class ReadsGlobalPast(Follow):
    """Looks today up in the frame of the module: legal."""

    def on_bar(self, now):
        self.act(now, np.where(FUTURE.iloc[now.bar] > now.open, np.inf, -np.inf))


class Dice(ql.Strategy):
    """Trades at random, from a generator that runs do not share."""

    def on_bar(self, now):
        now.order(0, float(np.random.default_rng().normal()))
