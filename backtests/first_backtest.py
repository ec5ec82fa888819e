"""Train a neural forecaster, trade on what it says, and compare it with two simple strategies.

Everything runs offline on real daily bars of five US stocks that travel with quantlab. The network is trained
walk-forward: each of its forecasts comes from a network that has seen earlier bars only. The first run takes a
minute or two; the forecasts are kept, so the next takes seconds.
"""

from __future__ import annotations

from pathlib import Path

import quantlab as ql
from strategies.buy_and_hold import BuyAndHold
from strategies.forecast_rank import ForecastRank
from strategies.sma_cross import SmaCross

RUNS = Path("runs")


def main() -> None:
    bars = ql.read_bars("sample:us5")
    print(bars, end="\n\n")

    print("Training the network walk-forward, with a naive and a ridge forecast beside it …")
    forecasts = ql.walk_forward(ql.CNN1D(horizon=5), bars)
    print(forecasts.scores(bars), end="\n\n")

    # All runs begin where the first forecast speaks; the bars before it serve as warm-up.
    start = bars.time[forecasts.known.any(axis=1).argmax()]
    costs = ql.Costs(commission=0.0005, slippage=0.0005)
    settings = {"costs": costs, "start": start}
    hold = ql.backtest(BuyAndHold(), bars, **settings)
    cross = ql.backtest(SmaCross(fast=20, slow=100), bars, benchmark=hold, **settings)
    neural = ql.backtest(ForecastRank(), bars, forecasts=forecasts, benchmark=hold, **settings)
    print(neural, end="\n\n")

    comparison = ql.compare([neural, cross, hold], benchmark=hold.name)
    print(comparison, end="\n\n")

    for folder, result in (("forecast_rank", neural), ("sma_cross", cross), ("buy_and_hold", hold)):
        result.save(RUNS / folder, overwrite=True)
    page = ql.report(neural, RUNS / "forecast_rank.html")
    print(f"Runs:   {RUNS.resolve()}/forecast_rank, sma_cross, buy_and_hold")
    print(f"Report: {page.resolve()}  (open it in a browser; it works offline)")


if __name__ == "__main__":
    main()
