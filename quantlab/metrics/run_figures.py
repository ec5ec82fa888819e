"""What a metric may look at: the numbers of one run, and nothing about how they came to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from quantlab.errors import DataError
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd

_TRADE_FIELDS = ("trade_profit", "trade_return", "trade_bars", "trade_worst", "trade_best")
_EXPOSURE_FIELDS = ("gross_exposure", "net_exposure")


def _none() -> FloatArray:
    return np.zeros(0)


@dataclass(frozen=True, eq=False, kw_only=True)
class RunFigures:
    """The figures of one run that every metric of the catalogue is computed from.

    Arrays are kept as read-only float64. One bar is one entry of `returns`; initial cash is not a bar.

    Parameters
    ----------
    returns : (n_bars,) array
        Simple net returns, the first measured from `initial_cash`. NaN and infinity raise.
    equity : (n_bars,) array
        Money at every close.
    initial_cash : float
        Money before the first bar; the first peak of the drawdown.
    periods_per_year : float
        Bars a year, N in every annualised formula.
    risk_free_annual : float
        Riskless return a year, as a fraction.
    benchmark : (n_bars,) array, optional
        Simple returns of the benchmark on the same bars.
    trade_profit, trade_return, trade_bars, trade_worst, trade_best : (n_closed_trades,) arrays
        Net profit in money, return on the entry value, bars held, and the worst and best return
        seen while the trade was open. Open trades are not in them.
    gross_exposure, net_exposure : (n_bars,) arrays, optional
        Σ|weight| and Σ weight at every close; empty when unknown.
    traded_value : float
        Σ |quantity × price| over all fills, in money; buys and sales both count.
    commission, slippage : float
        Costs paid, in money.
    n_orders, n_fills, n_rejected, n_open_trades : int
        Counts over the run.
    ruined : bool
        Whether equity fell to zero or below.
    tuned_trials, swept_trials : int
        How many recipes were tried for the forecasts behind the run, and how many runs it was picked from.
    swept_variance : float
        Variance of the Sharpe ratios, per bar, of the runs it was picked from; NaN when unknown.

    Raises
    ------
    DataError
        When a return, equity or benchmark return is NaN or infinite (the bar is named), lengths differ, or
        `initial_cash` or `periods_per_year` is not positive.

    Examples
    --------
    >>> figures = RunFigures.of_returns([0.10, -0.05], periods_per_year=252)
    >>> figures.equity.round(3).tolist()
    [1.1, 1.045]
    """

    returns: FloatArray
    equity: FloatArray
    initial_cash: float
    periods_per_year: float
    risk_free_annual: float = 0.0
    benchmark: FloatArray | None = None
    trade_profit: FloatArray = field(default_factory=_none)
    trade_return: FloatArray = field(default_factory=_none)
    trade_bars: FloatArray = field(default_factory=_none)
    trade_worst: FloatArray = field(default_factory=_none)
    trade_best: FloatArray = field(default_factory=_none)
    gross_exposure: FloatArray = field(default_factory=_none)
    net_exposure: FloatArray = field(default_factory=_none)
    traded_value: float = 0.0
    commission: float = 0.0
    slippage: float = 0.0
    n_orders: int = 0
    n_fills: int = 0
    n_rejected: int = 0
    n_open_trades: int = 0
    ruined: bool = False
    tuned_trials: int = 1
    swept_trials: int = 1
    swept_variance: float = float("nan")

    def __post_init__(self) -> None:
        for name in ("returns", "equity", "benchmark", *_TRADE_FIELDS, *_EXPOSURE_FIELDS):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _read_only(name, getattr(self, name)))
        for name in ("initial_cash", "periods_per_year"):
            _require_positive(name, getattr(self, name))
        if not (np.isfinite(self.risk_free_annual) and self.risk_free_annual > -1.0):
            raise DataError(
                f"risk_free_annual is {self.risk_free_annual}; give a fraction above -1, as 0.02."
            )
        for name in ("returns", "equity", "benchmark"):
            if getattr(self, name) is not None:
                _require_finite(name, getattr(self, name))
        _require_lengths(self)

    @classmethod
    def of_returns(cls, returns: Any, *, periods_per_year: float, **figures: Any) -> RunFigures:
        """Figures of a bare return series (n_bars,) that starts with one unit of money.

        The series counts as traded (`n_fills` is 1) unless `n_fills` says otherwise.
        """
        array = np.asarray(returns, dtype=np.float64)
        settings = {"initial_cash": 1.0, "n_fills": 1, **figures}
        equity = _compounded(array, settings["initial_cash"])
        return cls(returns=array, equity=equity, periods_per_year=periods_per_year, **settings)

    @property
    def n_bars(self) -> int:
        """How many bars the run has."""
        return self.returns.size

    @property
    def judged(self) -> bool:
        """Whether risk-adjusted ratios mean anything: two bars, at least one fill, and not ruined.

        A run that never traded has a flat equity; a ruined one has stopped. Neither may win a ranking.
        """
        return self.n_bars >= 2 and self.n_fills > 0 and not self.ruined


def trading_figures(
    closed: pd.DataFrame, fills: pd.DataFrame, orders: pd.DataFrame, weights: FloatArray
) -> dict[str, Any]:
    """Compute the fields of `RunFigures` that say how a run traded, as its keyword arguments.

    Parameters
    ----------
    closed : DataFrame
        Closed trades: columns ``profit, return, bars_held, worst, best``.
    fills : DataFrame
        Columns ``quantity, price, reference_price, commission, multiplier``.
    orders : DataFrame
        Column ``status``.
    weights : (n_bars, n_symbols) array
        Position values as fractions of equity.
    """
    columns = ("profit", "return", "bars_held", "worst", "best")
    adverse = fills["quantity"] * (fills["price"] - fills["reference_price"]) * fills["multiplier"]
    return {
        **{name: closed[column].to_numpy() for name, column in zip(_TRADE_FIELDS, columns, strict=True)},
        "gross_exposure": np.abs(weights).sum(axis=1),
        "net_exposure": weights.sum(axis=1),
        "traded_value": float((fills["quantity"] * fills["price"] * fills["multiplier"]).abs().sum()),
        "commission": float(fills["commission"].sum()),
        "slippage": float(adverse.sum()),
        "n_orders": len(orders),
        "n_rejected": int((orders["status"] == "rejected").sum()),
    }


def _compounded(returns: FloatArray, initial_cash: float) -> FloatArray:
    return np.asarray(initial_cash * np.cumprod(1.0 + returns), dtype=np.float64)


def _read_only(name: str, values: Any) -> FloatArray:
    array = np.asarray(values, dtype=np.float64).view()
    if array.ndim != 1:
        raise DataError(f"{name} has shape {array.shape}; give one number a bar or trade, in one dimension.")
    array.flags.writeable = False
    return array


def _require_positive(name: str, value: float) -> None:
    if not (np.isfinite(value) and value > 0.0):
        raise DataError(f"{name} is {value}; give a finite number above 0.")


def _require_finite(name: str, values: FloatArray) -> None:
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise DataError(
            f"{name} of bar {bad[0]} is {values[bad[0]]} ({bad.size} of {values.size} are not finite); "
            "metrics never skip a bar: fill or cut the series first."
        )


def _require_lengths(figures: RunFigures) -> None:
    for name in ("equity", "benchmark"):
        array = getattr(figures, name)
        if array is not None and array.size != figures.n_bars:
            raise DataError(f"{name} has {array.size} bars, returns {figures.n_bars}; give one number a bar.")
    for name in _EXPOSURE_FIELDS:
        if getattr(figures, name).size not in (0, figures.n_bars):
            raise DataError(f"{name} has {getattr(figures, name).size} bars, returns {figures.n_bars}.")
    if len({getattr(figures, name).size for name in _TRADE_FIELDS} - {0}) > 1:
        raise DataError(f"{', '.join(_TRADE_FIELDS)} differ in length; give one number a closed trade.")
