"""The index whose crises a strategy is taken through."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pandas as pd

from quantlab.display.moments import moment
from quantlab.engine.benchmark import benchmark_returns
from quantlab.errors import DataError
from quantlab.market.bars import Bars

SP500 = "datasets/data/sp500_index.csv.gz"  # inside the package skfolio
INSTEAD = "give index= a symbol of the bars or a Series of returns by time"


def index_returns(index: str | pd.Series | None, bars: Bars) -> pd.Series:
    """Return simple returns of an index by time, named after it: the S&P 500's, a symbol's, or those that are given.

    A symbol counts from its first bar on.

    Raises
    ------
    DataError
        An unknown symbol, or one with prices of zero or less; a Series without times, with NaN, or of prices; the
        closes of the S&P 500 not there.
    """
    if index is None:
        return sp500_returns()
    if isinstance(index, str):
        first = int(bars.present[:, bars.index(index)].argmax())
        return benchmark_returns(index, bars, first, bars.n_bars)
    if not isinstance(index, pd.Series) or not isinstance(index.index, pd.DatetimeIndex) or index.empty:
        raise DataError(f"index={index!r:.80} is nothing with returns by time: {INSTEAD}.")
    if index.isna().any():
        raise DataError(f"The index has no return at {moment(index.index[index.isna()][0])}: cut or fill it.")
    if index.abs().median() > 1.0:
        raise DataError("The index looks like prices, not returns: give prices.pct_change().dropna().")
    return index.sort_index().astype(float).rename(str(index.name or "the index"))


def sp500_returns() -> pd.Series:
    """Read daily simple returns of the S&P 500, 1990-01-03 to 2022-12-28, named ``S&P 500``.

    Of the price index, without dividends: closes that lie inside the installed package skfolio (BSD-3-Clause) as the
    file ``datasets/data/sp500_index.csv.gz``, its data set of ``load_sp500_index``. skfolio itself is not imported.

    Raises
    ------
    DataError
        No such file.

    Examples
    --------
    >>> returns = sp500_returns()
    >>> len(returns), round(float(returns["2020-03-16"]), 4)
    (8312, -0.1198)
    """
    closes = pd.read_csv(_sp500_file(), index_col="Date", parse_dates=["Date"])["SP500"]
    return closes.pct_change(fill_method=None).iloc[1:].rename("S&P 500")


def _sp500_file() -> Path:
    # importlib.resources would import the package, which takes seconds: only its place is asked for.
    spec = importlib.util.find_spec("skfolio")
    folders = [] if spec is None else list(spec.submodule_search_locations or [])
    for folder in folders:
        if (Path(folder) / SP500).is_file():
            return Path(folder) / SP500
    where = f"{folders[0]} has no {SP500}" if folders else "skfolio is not installed"
    raise DataError(
        f"{where}, which holds the closes of the S&P 500: pip install 'skfolio>=0.9', or {INSTEAD}."
    )
