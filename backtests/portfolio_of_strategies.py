"""Run a trend and a reversal rule on one account, and see what each adds and what netting saves."""

from __future__ import annotations

from pathlib import Path

import quantlab as ql
from strategies.mean_reversion import MeanReversion
from strategies.momentum_rank import MomentumRank
from strategies.sma_cross import SmaCross

PAGE = Path("runs") / "portfolio_of_strategies.html"


def main() -> None:
    bars = ql.read_bars("sample:us5")
    portfolio = ql.Portfolio(
        {"trend": SmaCross(fast=20, slow=100), "winners": MomentumRank(keep=2), "reversal": MeanReversion()},
        shares={"trend": 0.4, "winners": 0.4, "reversal": 0.2},
        books="netted",
    )
    # The longest warm-up is 120 bars; before `start` nobody trades, so that all have the same days.
    result = ql.backtest(
        portfolio, bars, costs=ql.Costs(commission=0.0005, slippage=0.0005), start="2000-09-01"
    )
    print(result, end="\n\n")
    print(ql.compare({"together": result, **result.parts}), end="\n\n")
    print(f"Page: {ql.report(result, PAGE).resolve()}")


if __name__ == "__main__":
    main()
