"""Every metric of a run, in the order tables print them: name, unit, direction, formula, source, function.

Text, reports and comparisons read this table; a new metric is a new row. T is the number of bars, N the bars
a year, E_0 initial cash, rf the risk-free rate per bar, b the benchmark's return. NaN means undefined: it
prints as n/a, is null in JSON and never ranks first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from quantlab.errors import DataError, did_you_mean
from quantlab.metrics import benchmark, deflation, drawdown, inference, returns, risk, trades
from quantlab.metrics.metric import Metric, beside, judged
from quantlab.metrics.returns import NAN
from quantlab.metrics.run_figures import RunFigures
from quantlab.typing import FloatArray


def _rate(figures: RunFigures) -> float:
    return returns.per_bar_rate(figures.risk_free_annual, figures.periods_per_year)


def _cagr(figures: RunFigures) -> float:
    if figures.ruined:
        return -1.0
    growth = 1.0 + returns.total_return(figures.equity, figures.initial_cash)
    return returns.cagr(growth, figures.n_bars, figures.periods_per_year)


def _path(figures: RunFigures) -> FloatArray:
    return drawdown.drawdown_path(figures.equity, figures.initial_cash)


def _costs(figures: RunFigures) -> float:
    return figures.commission + figures.slippage


_ROWS = (
    Metric("total_return", "Total return", "fraction", "higher", "Returns",
           "E_T/E_0 − 1", "Bacon 2008, ch. 2",
           lambda f: returns.total_return(f.equity, f.initial_cash)),
    Metric("cagr", "CAGR", "fraction", "higher", "Returns",
           "(E_T/E_0)^(N/T) − 1; −1 after ruin", "Bacon 2008, ch. 2",
           _cagr),
    Metric("volatility", "Volatility", "fraction", "lower", "Returns",
           "std(r, ddof=1)·√N", "Bacon 2008, ch. 4",
           lambda f: returns.volatility(f.returns, f.periods_per_year)),
    Metric("best_bar", "Best bar", "fraction", "higher", "Returns",
           "max(r)", "definition",
           lambda f: returns.best_bar(f.returns)),
    Metric("worst_bar", "Worst bar", "fraction", "higher", "Returns",
           "min(r)", "definition",
           lambda f: returns.worst_bar(f.returns)),
    Metric("positive_bars", "Positive bars", "fraction", "higher", "Returns",
           "bars with r > 0 ÷ T", "definition",
           lambda f: returns.positive_bars(f.returns)),
    Metric("stability", "Stability", "ratio", "higher", "Returns",
           "R² of a line through Σ log(1 + r)", "Gardner, Gardner and Winterton 1996",
           lambda f: returns.stability(f.returns)),
    Metric("sharpe", "Sharpe", "ratio", "higher", "Ratios",
           "mean(r − rf)/std(r − rf, ddof=1)·√N", "Sharpe 1994",
           judged(lambda f: risk.sharpe(f.returns, f.periods_per_year, f.risk_free_annual))),
    Metric("probabilistic_sharpe", "P(Sharpe > 0)", "fraction", "higher", "Ratios",
           "Φ(S·√(T − 1)/√(1 − skew·S + (kurtosis − 1)/4·S²)), S per bar", "Bailey and López de Prado 2012",
           judged(lambda f: inference.probabilistic_sharpe(f.returns, rate_per_bar=_rate(f)))),
    Metric("deflated_sharpe", "Deflated Sharpe", "fraction", "higher", "Ratios",
           "P(Sharpe > the best that as many worthless trials would show); without trials P(Sharpe > 0)",
           "Bailey and López de Prado 2014",
           judged(deflation.deflated_sharpe)),
    Metric("minimum_track_record", "Minimum track record", "bars", "lower", "Ratios",
           "1 + (1 − skew·S + (kurtosis − 1)/4·S²)·(Φ⁻¹(0.95)/S)², S per bar; n/a unless S > 0",
           "Bailey and López de Prado 2012",
           judged(lambda f: inference.minimum_track_record(f.returns, rate_per_bar=_rate(f)))),
    Metric("sortino", "Sortino", "ratio", "higher", "Ratios",
           "mean(r − rf)·√N/√mean(min(r − rf, 0)²)", "Sortino and Price 1994",
           judged(lambda f: risk.sortino(f.returns, f.periods_per_year, _rate(f)))),
    Metric("calmar", "Calmar", "ratio", "higher", "Ratios",
           "CAGR/|maximum drawdown|", "Young 1991",
           judged(lambda f: drawdown.calmar(_cagr(f), drawdown.max_drawdown(_path(f))))),
    Metric("omega", "Omega", "ratio", "higher", "Ratios",
           "Σmax(r − rf, 0)/Σmax(rf − r, 0)", "Keating and Shadwick 2002",
           judged(lambda f: risk.omega(f.returns, _rate(f)))),
    Metric("tail_ratio", "Tail ratio", "ratio", "higher", "Ratios",
           "|95% quantile of r|/|5% quantile of r|", "Konstantinov and Chincarini 2020",
           judged(lambda f: risk.tail_ratio(f.returns))),
    Metric("max_drawdown", "Maximum drawdown", "fraction", "higher", "Risk",
           "min of E_t/max(E_0 … E_t) − 1", "Magdon-Ismail and Atiya 2004",
           lambda f: drawdown.max_drawdown(_path(f))),
    Metric("average_drawdown", "Average drawdown", "fraction", "higher", "Risk",
           "mean depth of the separate drawdowns", "Bacon 2008, ch. 4",
           lambda f: drawdown.average_drawdown(_path(f))),
    Metric("max_drawdown_bars", "Longest drawdown", "bars", "lower", "Risk",
           "most bars in a row below a peak", "Bacon 2008, ch. 4",
           lambda f: drawdown.max_drawdown_bars(_path(f))),
    Metric("ulcer_index", "Ulcer index", "fraction", "lower", "Risk",
           "√mean(drawdown²)", "Martin and McCann 1989",
           lambda f: drawdown.ulcer_index(_path(f))),
    Metric("downside_deviation", "Downside deviation", "fraction", "lower", "Risk",
           "√mean(min(r − rf, 0)²)·√N", "Sortino and Price 1994",
           lambda f: risk.downside_deviation(f.returns, f.periods_per_year, _rate(f))),
    Metric("var_5", "Value at risk (5%)", "fraction", "higher", "Risk",
           "5% quantile of r, historical", "Jorion 2006",
           lambda f: risk.value_at_risk(f.returns)),
    Metric("expected_shortfall_5", "Expected shortfall (5%)", "fraction", "higher", "Risk",
           "mean of r at or below the value at risk", "Acerbi and Tasche 2002",
           lambda f: risk.expected_shortfall(f.returns)),
    Metric("skew", "Skew", "ratio", "higher", "Risk",
           "mean((r − mean)³)/std³, biased", "definition",
           lambda f: risk.skew(f.returns)),
    Metric("kurtosis", "Excess kurtosis", "ratio", "lower", "Risk",
           "mean((r − mean)⁴)/std⁴ − 3, biased", "definition",
           lambda f: risk.excess_kurtosis(f.returns)),
    Metric("beta", "Beta", "ratio", None, "Benchmark",
           "cov(r, b)/var(b)", "Sharpe 1964",
           beside(lambda f, b: benchmark.beta(f.returns, b))),
    Metric("alpha", "Alpha", "fraction", "higher", "Benchmark",
           "(1 + mean(r − rf − β(b − rf)))^N − 1", "Jensen 1968, compounded",
           judged(beside(lambda f, b: benchmark.alpha(f.returns, b, f.periods_per_year, _rate(f))))),
    Metric("correlation", "Correlation", "ratio", None, "Benchmark",
           "cov(r, b)/(std(r)·std(b))", "definition",
           beside(lambda f, b: returns.correlation(f.returns, b))),
    Metric("tracking_error", "Tracking error", "fraction", None, "Benchmark",
           "std(r − b, ddof=1)·√N", "Grinold and Kahn 2000",
           beside(lambda f, b: benchmark.tracking_error(f.returns, b, f.periods_per_year))),
    Metric("information_ratio", "Information ratio", "ratio", "higher", "Benchmark",
           "mean(r − b)/std(r − b, ddof=1)·√N", "Grinold and Kahn 2000",
           judged(beside(lambda f, b: benchmark.information_ratio(f.returns, b, f.periods_per_year)))),
    Metric("up_capture", "Up capture", "ratio", "higher", "Benchmark",
           "geometric mean of r ÷ that of b, over the bars with b > 0", "Morningstar 2011",
           beside(lambda f, b: benchmark.up_capture(f.returns, b))),
    Metric("down_capture", "Down capture", "ratio", "lower", "Benchmark",
           "geometric mean of r ÷ that of b, over the bars with b < 0", "Morningstar 2011",
           beside(lambda f, b: benchmark.down_capture(f.returns, b))),
    Metric("n_trades", "Closed trades", "count", None, "Trades",
           "round trips from flat to flat", "definition",
           lambda f: f.trade_profit.size),
    Metric("n_open_trades", "Open trades", "count", None, "Trades",
           "positions still held at the last bar; in no other trade metric", "definition",
           lambda f: f.n_open_trades),
    Metric("win_rate", "Win rate", "fraction", "higher", "Trades",
           "closed trades with profit > 0 ÷ closed trades, net of costs", "definition",
           lambda f: trades.win_rate(f.trade_profit)),
    Metric("profit_factor", "Profit factor", "ratio", "higher", "Trades",
           "money won ÷ money lost, net of costs; n/a without a losing trade", "definition",
           lambda f: trades.profit_factor(f.trade_profit)),
    Metric("payoff", "Payoff", "ratio", "higher", "Trades",
           "average winner ÷ average loser, in money; n/a unless there are both", "definition",
           lambda f: trades.payoff(f.trade_profit)),
    Metric("expectancy", "Expectancy", "money", "higher", "Trades",
           "mean profit of a closed trade, net of costs", "Tharp 1998",
           lambda f: returns.mean(f.trade_profit)),
    Metric("average_trade", "Average trade", "fraction", "higher", "Trades",
           "mean return of a closed trade, net of costs", "definition",
           lambda f: returns.mean(f.trade_return)),
    Metric("best_trade", "Best trade", "fraction", "higher", "Trades",
           "highest return of a closed trade", "definition",
           lambda f: trades.highest(f.trade_return)),
    Metric("worst_trade", "Worst trade", "fraction", "higher", "Trades",
           "lowest return of a closed trade", "definition",
           lambda f: trades.lowest(f.trade_return)),
    Metric("average_bars_held", "Average bars held", "bars", None, "Trades",
           "mean bars from entry to exit", "definition",
           lambda f: returns.mean(f.trade_bars)),
    Metric("average_worst_excursion", "Mean worst excursion", "fraction", "higher", "Trades",
           "mean over trades of the lowest return while open", "Sweeney 1997",
           lambda f: returns.mean(f.trade_worst)),
    Metric("average_best_excursion", "Mean best excursion", "fraction", "higher", "Trades",
           "mean over trades of the highest return while open", "Sweeney 1997",
           lambda f: returns.mean(f.trade_best)),
    Metric("exposure_gross", "Gross exposure", "fraction", None, "Exposure",
           "mean over bars of Σ|weight|", "definition",
           lambda f: returns.mean(f.gross_exposure)),
    Metric("exposure_net", "Net exposure", "fraction", None, "Exposure",
           "mean over bars of Σ weight", "definition",
           lambda f: returns.mean(f.net_exposure)),
    Metric("time_in_market", "Time in market", "fraction", None, "Exposure",
           "bars with any position at the close ÷ T", "definition",
           lambda f: returns.positive_bars(f.gross_exposure)),
    Metric("turnover", "Turnover a year", "ratio", None, "Exposure",
           "Σ|quantity·price| ÷ mean equity · N/T, buys and sales both counted", "definition",
           lambda f: trades.turnover(f.traded_value, f.equity, f.periods_per_year)),
    Metric("commission_paid", "Commission", "money", "lower", "Costs",
           "Σ commission over fills", "definition",
           lambda f: f.commission),
    Metric("slippage_paid", "Slippage", "money", "lower", "Costs",
           "Σ |quantity| · adverse price difference; already inside the fill prices", "definition",
           lambda f: f.slippage),
    Metric("costs_fraction", "Costs of initial cash", "fraction", "lower", "Costs",
           "(commission + slippage)/E_0", "definition",
           lambda f: _costs(f) / f.initial_cash),
    Metric("costs_of_traded_value", "Costs of value traded", "basis points", "lower", "Costs",
           "(commission + slippage)/Σ|quantity·price|", "definition",
           lambda f: _costs(f) / f.traded_value if f.traded_value > 0.0 else NAN),
    Metric("n_orders", "Orders", "count", None, "Costs",
           "orders decided", "definition",
           lambda f: f.n_orders),
    Metric("n_fills", "Fills", "count", None, "Costs",
           "fills, whole or partial", "definition",
           lambda f: f.n_fills),
    Metric("n_rejected", "Rejected orders", "count", None, "Costs",
           "orders refused, each with its reason", "definition",
           lambda f: f.n_rejected),
)  # fmt: skip

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _ROWS})


def find_metric(name: str) -> Metric:
    """Find the metric called `name`; a `DataError` with advice when there is none."""
    if name not in METRICS:
        raise DataError(f"There is no metric {name!r}. {did_you_mean(name, METRICS)}")
    return METRICS[name]


def evaluate(figures: RunFigures, names: Iterable[str] | None = None) -> dict[str, float]:
    """Compute every metric of a run (or those in `names`), in catalogue order; NaN where undefined.

    >>> evaluate(RunFigures.of_returns([0.1, -0.1], periods_per_year=252), ["total_return"])
    {'total_return': -0.009999999999999898}
    """
    chosen = METRICS.values() if names is None else [find_metric(name) for name in names]
    return {metric.name: metric(figures) for metric in chosen}


def sections(values: Mapping[str, float]) -> dict[str, list[tuple[str, float, str]]]:
    """Arrange metric values as tables print them: group → rows of (label, value, unit)."""
    groups: dict[str, list[tuple[str, float, str]]] = {}
    for metric in METRICS.values():
        if metric.name in values:
            groups.setdefault(metric.group, []).append((metric.label, values[metric.name], metric.unit))
    return groups
