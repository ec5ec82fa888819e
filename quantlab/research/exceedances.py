"""A forecast of risk beside what came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from quantlab.display.numbers import NOT_AVAILABLE, number
from quantlab.display.sheets import Sheet, Shown
from quantlab.errors import DataError
from quantlab.metrics.exceedances import (
    LikelihoodTest,
    conditional_coverage_test,
    independence_test,
    proportion_test,
)


@dataclass(frozen=True, eq=False, repr=False)
class Exceedances(Shown):
    """How often returns fell below a value at risk, and whether that was as promised.

    Parameters
    ----------
    exceeded
        Whether each bar's return fell below its forecast, by time.
    level
        Share of bars that were to fall below.
    frame
        One row a test, ``proportion`` (Kupiec 1995), ``independence`` and ``conditional_coverage`` (Christoffersen
        1998): ``statistic`` and ``p_value``; NaN where nothing can be tested. A small p-value speaks against the
        forecast.
    mean_excess
        Mean of the return less its forecast over the exceedances; NaN without one.
    """

    exceeded: pd.Series
    level: float
    frame: pd.DataFrame
    mean_excess: float

    @property
    def n_bars(self) -> int:
        """Bars with a forecast."""
        return len(self.exceeded)

    @property
    def n_exceeded(self) -> int:
        """Bars that fell below theirs."""
        return int(self.exceeded.sum())

    def sheets(self) -> list[Sheet]:
        """One row a test."""
        rows = [
            [str(name).replace("_", " "), statistic, NOT_AVAILABLE if np.isnan(p) else f"{p:.4f}"]
            for name, statistic, p in self.frame.itertuples(name=None)
        ]
        share = number(self.n_exceeded / self.n_bars, "fraction")
        notes = [
            f"{self.n_exceeded} of {self.n_bars:,} bars fell below ({share}, "
            f"{number(self.level, 'fraction')} promised), "
            f"by {number(-self.mean_excess, 'fraction')} on average."
        ]
        return [
            Sheet(
                "Value at risk", ["test", "statistic", "p"], rows, {"statistic": "ratio", "p": "text"}, notes
            )
        ]


def exceedances(returns: pd.Series, value_at_risk: pd.Series | float, *, level: float = 0.05) -> Exceedances:
    """Test forecasts of the value at risk against the returns that came.

    Parameters
    ----------
    returns
        Simple returns by time.
    value_at_risk
        The `level` quantile of the return that was forecast for each bar, negative for a loss; a series by time, or one
        number for all. Bars without a forecast (NaN, or not in it) are left out.
    level
        Share of bars that are to fall below the forecast, as 0.05.

    Raises
    ------
    DataError
        Returns that are no Series, a level outside (0, 1), a NaN return, no bar with a forecast, or forecasts of a
        lower tail (a level below a half) that are above zero for most bars and would lie nearer to the returns with the
        other sign: losses without their sign.

    Examples
    --------
    >>> returns = pd.Series([0.01, -0.03, 0.0, -0.01])
    >>> exceedances(returns, -0.02, level=0.05).n_exceeded
    1
    """
    if not isinstance(returns, pd.Series):
        raise DataError(
            f"returns={returns!r:.80} is no Series: give simple returns by time, as result.returns."
        )
    if not 0.0 < level < 1.0:
        raise DataError(f"level={level}: give the share of bars that are to fall below, as 0.05.")
    forecast = (
        value_at_risk if isinstance(value_at_risk, pd.Series) else pd.Series(value_at_risk, returns.index)
    )
    forecast = forecast.reindex(returns.index).dropna()
    met = returns.loc[forecast.index]
    if not len(met):
        raise DataError("There is no bar with a forecast; both series are matched by time.")
    usual, low = float(np.median(forecast.to_numpy(dtype=np.float64))), float(met.quantile(level))
    if (
        level < 0.5 and usual > 0.0 and abs(-usual - low) < abs(usual - low)
    ):  # not of a run that hardly ever loses
        raise DataError(
            f"value_at_risk is {usual:g} (the median), above zero: give the return that is fallen below, negative "
            f"for a loss, as {-usual:g}."
        )
    if met.isna().any():
        raise DataError(f"The return at {met.index[met.isna()][0]} is NaN: fill or cut the series first.")
    exceeded = met < forecast
    beyond = exceeded.to_numpy(dtype=np.bool_)
    tests = {
        "proportion": proportion_test(beyond, level),
        "independence": independence_test(beyond),
        "conditional_coverage": conditional_coverage_test(beyond, level),
    }
    frame = pd.DataFrame.from_dict(tests, orient="index", columns=list(LikelihoodTest._fields))
    excess = float((met - forecast)[exceeded].mean())
    return Exceedances(exceeded.rename("exceeded"), level, frame.rename_axis("test"), excess)


def historical_value_at_risk(returns: pd.Series, *, n_bars: int = 250, level: float = 0.05) -> pd.Series:
    """Forecast each bar's value at risk by the `level` quantile of the `n_bars` returns before it.

    A bar's own return is not among them, so each value could be known before it. The historical simulation of Jorion
    (2006), *Value at Risk*, ch. 10.

    Parameters
    ----------
    returns
        Simple returns by time.
    n_bars
        Returns that a forecast is made from; the first `n_bars` bars have none (NaN).
    level
        Share of bars that are to fall below.

    Examples
    --------
    >>> historical_value_at_risk(pd.Series([0.02, -0.04, 0.01]), n_bars=2, level=0.5).round(9).tolist()
    [nan, nan, -0.01]
    """
    return returns.rolling(n_bars).quantile(level).shift(1).rename("value_at_risk")
