"""Deterministic markets for benchmarks."""

import numpy as np

import quantlab as ql


def minutes(n_bars, seed=7, volatility=0.0008):
    """One symbol of minute bars on a geometric random walk, four steps a bar and a gap before it."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(-0.125 * volatility**2, volatility / 2, (n_bars, 5))
    steps[:, 0] *= 0.25
    prices = 100.0 * np.exp(np.cumsum(steps.ravel())).reshape(n_bars, 5)
    return ql.Bars.from_arrays(
        time=np.datetime64("2000-01-03", "ns") + np.arange(n_bars) * np.timedelta64(60, "s"),
        tz="UTC",
        symbols=["A"],
        open=prices[:, 0],
        high=prices.max(axis=1),
        low=prices.min(axis=1),
        close=prices[:, 4],
        volume=np.floor(rng.lognormal(8.0, 0.5, n_bars)) + 1.0,
    )


def daily_panel(n_bars, n_symbols, seed=11):
    """Bars of working days, of many symbols with one common factor."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0.0, 0.01, (n_bars, 1))
    close = 50.0 * np.exp(np.cumsum(common + rng.normal(0.0003, 0.015, (n_bars, n_symbols)), axis=0))
    open_ = close * np.exp(rng.normal(0.0, 0.003, close.shape))
    return ql.Bars.from_arrays(
        time=np.busday_offset("2010-01-01", np.arange(n_bars), roll="forward"),
        symbols=[f"S{i:03d}" for i in range(n_symbols)],
        open=open_,
        high=np.maximum(open_, close),
        low=np.minimum(open_, close),
        close=close,
        volume=np.full(close.shape, 1e6),
    )


def minute_panel(n_bars, n_symbols, seed=13):
    """Minute bars of many symbols, each on its own random walk."""
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.0008, (n_bars, n_symbols)), axis=0))
    open_ = close * np.exp(rng.normal(0.0, 0.0002, close.shape))
    return ql.Bars.from_arrays(
        time=np.datetime64("2000-01-03", "ns") + np.arange(n_bars) * np.timedelta64(60, "s"),
        tz="UTC",
        symbols=[f"S{i:04d}" for i in range(n_symbols)],
        open=open_,
        high=np.maximum(open_, close),
        low=np.minimum(open_, close),
        close=close,
        volume=np.full(close.shape, 1e6),
    )
