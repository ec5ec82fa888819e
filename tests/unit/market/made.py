"""Bars and frames made for the tests of this folder."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from quantlab.market.bars import Bars


def one_symbol(days: Any = ("2024-01-02", "2024-01-03", "2024-01-04"), first: float = 10.0) -> pd.DataFrame:
    """One rising symbol, indexed by date."""
    close = first + np.arange(len(days), dtype=float)
    prices = {"open": close - 0.5, "high": close + 1.0, "low": close - 1.0, "close": close}
    return pd.DataFrame({**prices, "volume": 100.0 * close}, index=pd.DatetimeIndex(days, name="date"))


def long_of(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Symbols under each other, with a symbol column."""
    return pd.concat([f.reset_index().assign(symbol=s) for s, f in frames.items()], ignore_index=True)


@st.composite
def panels(draw: st.DrawFn, max_bars: int = 40, max_symbols: int = 4) -> Bars:
    """Bars that can be true, with gaps and an extra field; no row and no symbol is without a bar."""
    n, k = draw(st.integers(2, max_bars)), draw(st.integers(1, max_symbols))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    low = rng.uniform(1.0, 100.0, (n, k))
    high = low * rng.uniform(1.0, 1.5, (n, k))
    open_, close = (low + (high - low) * rng.uniform(0.0, 1.0, (n, k)) for _ in range(2))
    open_, close = np.clip(open_, low, high), np.clip(close, low, high)
    absent = rng.random((n, k)) < draw(st.sampled_from([0.0, 0.3]))
    absent[np.arange(n), rng.integers(0, k, n)] = False
    absent[0] = False
    days = np.cumsum(rng.integers(1, draw(st.sampled_from([2, 5])), n)) + 15_000
    fields = [np.where(absent, np.nan, x) for x in (open_, high, low, close)]
    return Bars.from_arrays(
        time=days.astype("datetime64[D]"),
        symbols=[f"S{i}" for i in range(k)],
        **dict(zip(("open", "high", "low", "close"), fields, strict=True)),
        volume=np.where(absent, np.nan, rng.integers(0, 10**6, (n, k)).astype(float)),
        extra={"mood": rng.normal(size=(n, k))},
    )
