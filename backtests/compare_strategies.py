"""Compare the simple strategies on one market, with the same costs, against doing nothing."""

from __future__ import annotations

from pathlib import Path

import quantlab as ql
from strategies.buy_and_hold import BuyAndHold
from strategies.mean_reversion import MeanReversion
from strategies.momentum_rank import MomentumRank
from strategies.pairs import Pairs
from strategies.sma_cross import SmaCross

PAGE = Path("runs") / "compare_strategies.html"


def main() -> None:
    # Google is listed in 2004 and Facebook in 2012: three symbols were there throughout.
    bars = ql.read_bars("sample:us5").select(["AAPL", "MSFT", "IBM"])
    strategies = [
        BuyAndHold(),
        SmaCross(fast=20, slow=100),
        MomentumRank(lookback=120, keep=1),
        MeanReversion(),
        Pairs(),
    ]
    costs = ql.Costs(commission=0.0005, slippage=0.0005)
    # The longest warm-up is 120 bars; before `start` nobody trades, so that all have the same days.
    results = [ql.backtest(s, bars, costs=costs, start="2000-09-01") for s in strategies]
    comparison = ql.compare(results, benchmark=results[0].name)
    print(comparison, end="\n\n")
    print(f"Page: {ql.report(comparison, PAGE).resolve()}")


if __name__ == "__main__":
    main()
