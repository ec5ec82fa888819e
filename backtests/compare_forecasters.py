"""Train five forecasters on the same real bars, judge their forecasts, and trade on each by the same rule."""

from __future__ import annotations

import pandas as pd

import quantlab as ql
from strategies.buy_and_hold import BuyAndHold
from strategies.forecast_top_k import ForecastTopK

COSTS = ql.Costs(commission=0.0005, slippage=0.0005)
HORIZON = 5  # bars
SHOWN = ["ic", "ic_error", "rank_ic", "hit_rate", "skill", "dm_naive", "dm_naive_p", "coverage"]


def main() -> None:
    bars = ql.read_bars("sample:us5")
    folds = ql.WalkForward(train=1008, test=504)
    forecasters = {
        "ridge": ql.RidgeForecaster(horizon=HORIZON),
        "trees": ql.TreesForecaster(horizon=HORIZON),
        "mlp": ql.MLP(horizon=HORIZON, loss="ic", lookback=1),
        "cnn1d": ql.CNN1D(horizon=HORIZON),
        "gru": ql.GRU(horizon=HORIZON, hidden=16),
    }
    scores, results = [], [ql.backtest(BuyAndHold(), bars, costs=COSTS, start="2004-04-01")]
    for name, forecaster in forecasters.items():
        forecasts = ql.walk_forward(forecaster, bars, folds)
        scores.append(forecasts.scores(bars).frame.iloc[[0]].assign(forecaster=name))
        strategy = ForecastTopK(keep=2, slack=1)
        result = ql.backtest(strategy, bars, forecasts=forecasts, costs=COSTS, start="2004-04-01")
        results.append(result)
    table = pd.concat(scores).set_index("forecaster")[SHOWN]
    print(table.to_string(float_format="{:+.4f}".format), end="\n\n")
    names = ["buy and hold", *forecasters]
    print(ql.compare(dict(zip(names, results, strict=True)), benchmark="buy and hold"), end="\n\n")
    best = table["ic"].abs() / table["ic_error"]
    if (best < 2.0).all():
        print(
            "No forecaster's information coefficient is two standard errors from zero: nothing was found here."
        )
    else:
        print(
            f"Beyond two standard errors: {', '.join(best.index[best >= 2.0])}. Five were tried; one in 20 is luck."
        )


if __name__ == "__main__":
    main()
