"""Where a run's profit came from, what it cost, and what was held for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from quantlab.display.sheets import Sheet, Shown, frame_sheet
from quantlab.engine.result import Result
from quantlab.errors import DataError
from quantlab.forecasting.forecast import Forecasts
from quantlab.metrics.returns import cagr, per_bar_rate
from quantlab.research.crises import crisis_frame
from quantlab.research.exposures import calendar_returns, exposure_frame, period_frame
from quantlab.research.factor_model import FactorModel, factor_model, read_factors
from quantlab.research.profits import COSTS, KINDS, profits

HOLDING = (-1.0, 1.0, 5.0, 20.0, 60.0, np.inf)  # bars; each is the last of its group
HOLDING_NAMES = ("up to 1 bar", "2 to 5", "6 to 20", "21 to 60", "over 60")
UNITS = {
    **dict.fromkeys((*KINDS, "net", "money", "profit"), "money"),
    **dict.fromkeys(("of_initial_cash", "mean_return", "win_rate", "return"), "fraction"),
    "of_traded_value": "basis points",
    **dict.fromkeys(("max_drawdown", "benchmark", "best", "worst", "mean", "positive"), "fraction"),
    **dict.fromkeys(("n", "bars"), "count"),
}


@dataclass(frozen=True, eq=False, repr=False)
class Attribution(Shown):
    """A result taken apart; every table is computed when asked for.

    Parameters
    ----------
    result
        The run.
    forecasts
        The forecasts behind it, for `forecast_chain`; None where not given.
    """

    result: Result
    forecasts: Forecasts | None = None

    @cached_property
    def profits(self) -> pd.DataFrame:
        """Every amount that changed equity: ``time, symbol, side, kind, amount``; their sum is the equity change."""
        return profits(self.result)

    @cached_property
    def by_symbol(self) -> pd.DataFrame:
        """Money by symbol and kind, and ``net``; the best first. What concerns no symbol is in ``(account)``."""
        return self._by(self.profits["symbol"]).sort_values("net", ascending=False, kind="stable")

    @cached_property
    def by_side(self) -> pd.DataFrame:
        """Money by side (``long``, ``short``, ``(account)``) and kind, and ``net``."""
        return self._by(self.profits["side"])

    @cached_property
    def by_month(self) -> pd.DataFrame:
        """Money by calendar month and kind, ``net``, and the month's ``return``."""
        time = pd.DatetimeIndex(self.profits["time"]).tz_localize(None)
        frame = self._by(pd.Series(time.to_period("M").astype(str), name="month"))
        returns = calendar_returns(self.result.equity, self.result.initial_cash, "M").fillna(0.0)
        return frame.reindex(returns.index, fill_value=0.0).assign(**{"return": returns}).rename_axis("month")

    @cached_property
    def by_hour(self) -> pd.DataFrame:
        """Money by hour of the bar's close, in the bars' time zone, and ``net``; one row for daily bars."""
        return self._by(pd.Series(pd.DatetimeIndex(self.profits["time"]).hour, name="hour"))

    @cached_property
    def by_holding(self) -> pd.DataFrame:
        """Closed trades by how many bars they were held: ``n, profit, mean_return, win_rate``."""
        trades = self.result.trades[~self.result.trades["open"]]
        bins = pd.cut(trades["bars_held"], list(HOLDING), labels=list(HOLDING_NAMES))
        grouped = trades.groupby(bins, observed=True)
        return pd.DataFrame(
            {
                "n": grouped.size(),
                "profit": grouped["profit"].sum(),
                "mean_return": grouped["return"].mean(),
                "win_rate": (trades["profit"] > 0.0).groupby(bins, observed=True).mean(),
            }
        ).rename_axis("held")

    @cached_property
    def costs(self) -> pd.DataFrame:
        """What was paid by kind: ``money``, ``of_initial_cash`` and ``of_traded_value``; earnings are negative."""
        paid = -self.profits.groupby("kind", observed=True)["amount"].sum().reindex(COSTS).dropna()
        paid.loc["total"] = paid.sum()
        traded = self.result.figures.traded_value
        share = paid / traded if traded > 0.0 else paid * np.nan
        columns = {
            "money": paid,
            "of_initial_cash": paid / self.result.initial_cash,
            "of_traded_value": share,
        }
        return pd.DataFrame(columns).rename_axis("cost")

    @cached_property
    def exposure(self) -> pd.DataFrame:
        """Exposure and concentration at every close: ``gross, net, long, short, n_held, herfindahl, top_5``."""
        return exposure_frame(self.result)

    @cached_property
    def periods(self) -> pd.DataFrame:
        """Best and worst months, quarters and years."""
        return period_frame(self.result.equity, self.result.initial_cash)

    @cached_property
    def crises(self) -> pd.DataFrame:
        """Return, drawdown and benchmark in well-known crises that the run saw a part of; empty without one."""
        return crisis_frame(self.result.returns, self.result.benchmark)

    def factors(self, factors: pd.DataFrame | pd.Series | str | Path | None = None) -> FactorModel:
        """Regress the run's excess return on factors; see `FactorModel`.

        Parameters
        ----------
        factors
            Excess returns by time, as fractions, one column a factor (a column ``RF`` is the riskless return); or the
            path of a file of Kenneth French's data library. By default the run's benchmark above the riskless rate.

        Raises
        ------
        DataError
            Without factors or a benchmark, or with too few common bars.
        """
        own = self.result
        rate = per_bar_rate(own.risk_free_annual, own.periods_per_year)
        if factors is None:
            if own.benchmark is None:
                raise DataError("Give factors, or run the backtest with a benchmark: benchmark='SPY'.")
            factors = (own.benchmark - rate).rename(own.benchmark_name)
        table = read_factors(factors) if isinstance(factors, str | Path) else pd.DataFrame(factors)
        return factor_model(own.returns, table, rate_per_bar=rate, periods_per_year=own.periods_per_year)

    @cached_property
    def forecast_chain(self) -> pd.Series:
        """From the forecast to the money, by name.

        ``ic`` and ``rank_ic`` of the forecasts behind the run (NaN without), ``signal_turnover`` (share of the
        signal, Σ|Δ(f/Σ|f|)|/2, that changes a bar; only where forecasts were given), ``turnover`` (of the positions, a
        year), ``gross`` (CAGR had trading and holding cost nothing, money at each bar as it was), ``costs`` (what they
        took of it) and ``net`` (the run's CAGR).
        """
        own = self.result
        scores = pd.DataFrame() if own.forecast_scores is None else own.forecast_scores
        known = {name: float(scores[name].iloc[0]) for name in ("ic", "rank_ic") if name in scores}
        gross, net = self._gross_cagr(), own.metrics["cagr"]
        values = {
            "ic": np.nan,
            "rank_ic": np.nan,
            **known,
            **({} if self.forecasts is None else {"signal_turnover": signal_turnover(self.forecasts)}),
            "turnover": own.metrics["turnover"],
            "gross": gross,
            "costs": gross - net,
            "net": net,
        }
        return pd.Series(values, name="value")

    def _gross_cagr(self) -> float:
        """CAGR of the returns of ``price`` alone: each bar's amount over the equity before it."""
        own = self.result
        earned = self.profits[self.profits["kind"] == "price"].groupby("time")["amount"].sum()
        before = np.concatenate([[own.initial_cash], own.equity.to_numpy()[:-1]])
        returns = earned.reindex(own.equity.index, fill_value=0.0).to_numpy() / before
        growth = float(np.prod(1.0 + returns)) if np.isfinite(returns).all() else np.nan
        return cagr(growth, len(returns), own.periods_per_year)

    @property
    def _intraday(self) -> bool:
        return pd.DatetimeIndex(self.result.equity.index).tz is not None

    def _by(self, key: pd.Series) -> pd.DataFrame:
        sums = self.profits.groupby([key, "kind"], observed=True)["amount"].sum().unstack().fillna(0.0)
        frame = pd.DataFrame({kind: sums[kind] for kind in KINDS if kind in sums})
        names = pd.Index(sums.index.to_list(), name=sums.index.name)  # categories no more
        return frame.set_axis(names).assign(net=frame.sum(axis=1))

    def sheets(self) -> list[Sheet]:
        """Symbols, sides with their total, costs, hours, holding times, periods and crises.

        Symbols at most ten of each end; hours of intraday runs. Months stay in `by_month`.
        """
        symbols = self.by_symbol
        shown = symbols if len(symbols) <= 20 else pd.concat([symbols.head(10), symbols.tail(10)])
        left = len(symbols) - len(shown)
        notes = [f"{left} symbols in between are not shown."] if left else []
        blocks = [
            ("Profit by symbol", shown, notes),
            ("Profit by side", _with_total(self.by_side), []),
            ("Costs", self.costs, []),
            ("Profit by hour of the close", self.by_hour if self._intraday else self.by_hour[:0], []),
            ("Trades by bars held", self.by_holding, []),
            ("Periods", self.periods, []),
            ("Crises", self.crises.dropna(axis=1, how="all"), []),
        ]
        return [
            frame_sheet(title, frame, units={c: u for c, u in UNITS.items() if c in frame}, notes=lines)
            for title, frame, lines in blocks
            if len(frame)
        ]


def attribute(result: Result, *, forecasts: Forecasts | None = None) -> Attribution:
    """Take a result apart: by symbol, side, month, hour and holding time; costs, exposure, crises, factors.

    The profits of every table by symbol, side, month and hour, costs included, add up to the change of equity.

    Parameters
    ----------
    result
        The run.
    forecasts
        The forecasts behind it, for the turnover of the signal.

    Examples
    --------
    >>> import quantlab as ql
    >>> bars = ql.read_bars("sample:us5", start="2012-06-01")
    >>> run = ql.backtest(ql.FollowWeights(pd.DataFrame(0.2, bars.time, list(bars.symbols))), bars)
    >>> net = ql.attribute(run).by_symbol["net"].sum()
    >>> bool(abs(net - (run.equity.iloc[-1] - run.initial_cash)) < 1e-6)
    True
    """
    if not isinstance(result, Result):
        raise DataError(f"attribute() takes what ql.backtest returned, not {result!r}.")
    return Attribution(result, forecasts)


def _with_total(frame: pd.DataFrame) -> pd.DataFrame:
    """Add a row ``total``: money by kind, of all together."""
    total = frame.copy()
    total.loc["total"] = frame.sum()
    return total


def signal_turnover(forecasts: Forecasts) -> float:
    """Share of a signal that changes from bar to bar: mean of Σ|wₜ − wₜ₋₁|/2 with w = f/Σ|f|, f the median forecast.

    Of the first horizon; NaN counts as no signal, and bars without any are left out. NaN with fewer than two bars.
    """
    median = forecasts.values[:, :, 0, forecasts.levels.index(0.5)]
    signal = np.where(np.isnan(median), 0.0, median)
    size = np.abs(signal).sum(axis=1, keepdims=True)
    known = size[:, 0] > 0.0
    weights = signal[known] / size[known]
    return float(np.abs(np.diff(weights, axis=0)).sum(axis=1).mean() / 2.0) if len(weights) > 1 else np.nan
