"""What the headings of tables mean, on hover."""

from __future__ import annotations

from dataclasses import replace

from quantlab.report.tables import Table

P = "two-sided p-value: how often chance alone gives a statistic as far from 0"
MEANINGS = {
    # profits
    "price": "money that positions gained from mark to mark, fills taken at the price before slippage",
    "commission": "money that the broker charged for fills",
    "slippage": "money lost because fills were worse than the reference price",
    "borrow": "money paid for borrowed symbols",
    "interest": "money earned on cash, or paid for what was borrowed",
    "funding": "money that funding of perpetual contracts paid or took",
    "payout": "money of dividends and other payouts",
    "net": "sum of the row: what it added to equity",
    "side": "long, short, or the account where no position was behind it",
    # costs
    "cost": "kind of cost; what was earned is negative",
    "of initial cash": "the money as a fraction of the initial cash",
    "of traded value": "the money as a fraction of the value of all fills",
    # holding and periods
    "held": "bars from entry to exit",
    "n": "how many",
    "mean return": "mean of the trades' returns, net of costs",
    "win rate": "closed trades with a profit, net of costs",
    "best": "highest return of one",
    "best period": "when that was",
    "worst": "lowest return of one",
    "worst period": "when that was",
    "mean": "mean return",
    "positive": "those with a return above 0",
    "return": "of all of its bars together",
    # crises
    "crisis": "from a peak of the S&P 500 to its trough, or the days of an event",
    "first": "first bar of the run inside; the first session of a crisis is left out, it ended at the peak",
    "last": "last bar of the run inside",
    "max drawdown": "deepest fall below the highest equity on the way",
    # years
    "volatility": "deviation of the returns of the year's bars, times √(bars a year)",
    "maximum drawdown": "deepest fall within the year, its start counted as a peak",
    "difference": "return less that of the benchmark",
    # regression and tests
    "coefficient": "alpha is the excess return of a bar that the factors do not explain; beside a factor its beta",
    "t": "coefficient over its error after Newey and West (1987)",
    "p": P,
    "statistic": "likelihood ratio: Kupiec (1995), Christoffersen (1998); 0 where the forecast fits",
    # forecasts
    "horizon": "bars that a forecast reaches ahead",
    "ic": "information coefficient: correlation of the median forecast with what came",
    "ic error": "standard error of ic, Newey and West, spans that overlap counted",
    "icir": "mean of the bars' coefficients over their deviation",
    "rank ic": "information coefficient of ranks",
    "hits": "forecasts with the sign of what came",
    "spread": "return of the top fifth of the forecasts less that of the bottom fifth, over the horizon",
    "rank autocorr.": "correlation of a bar's ranks with those of the bar before; 1: a signal that never turns over",
    "pinball": "mean quantile loss, in returns; lower is better (Koenker and Bassett 1978)",
    "sq. error": "mean squared error; of a probability the Brier score",
    "skill": "1 − loss ÷ loss of the naive forecast; above 0 it is better",
    "crps": "continuous ranked probability score, in returns; lower is better",
    "DM naive": f"Diebold–Mariano against the naive forecast, above 0 this one is better; p: {P}",
    "DM ridge": f"Diebold–Mariano against the linear forecast, above 0 this one is better; p: {P}",
    "Clark–West": "against the naive forecast nested in it, above 0 this one is better; p is one-sided",
    "coverage": "what came between the outermost quantiles",
    "cal. error": "mean distance between what quantiles claim and what came of them",
}


def with_hints(table: Table) -> Table:
    """Give every heading that has a meaning here its hint."""
    return replace(table, hints=tuple(MEANINGS.get(name, "") for name in table.columns))
