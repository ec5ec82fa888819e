"""Every network against the naive and the linear forecast, walk-forward on real bars. Takes its time: run by hand.

    python backtests/forecasters_on_real_data.py [FOLDER]

Without a folder the samples that travel with the package are used. A folder may add a survivorship-free market of
daily bars: `daily_us_pit.parquet` (symbol, date, prices as traded, volume), `actions_us_pit.parquet` (symbol, ex_date,
kind, adj_factor) and `universe_us_pit.csv` (symbol, last). Nothing is left out of the table because it looks bad.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

import quantlab as ql
from strategies.forecast_top_k import ForecastTopK

COSTS = ql.Costs(commission=0.0005, slippage=0.0005)
HORIZON = 5  # bars
EVERY = 12  # of the symbols of the large market
DELISTED = -0.3  # return on leaving the market, where none is known (Shumway 1997)
NETWORKS = (
    ql.MLP, ql.CNN1D, ql.LSTM, ql.GRU, ql.TCN, ql.DLinear, ql.NLinear, ql.NHITS, ql.PatchTST, ql.TSMixer,
    ql.Transformer,
)  # fmt: skip


def main() -> None:
    markets = {
        "us5": (ql.read_bars("sample:us5"), ql.WalkForward(train=1008, test=504)),
        "indices": (ql.read_bars("sample:indices"), ql.WalkForward(train=1008, test=1008)),
    }
    if len(sys.argv) > 1:
        markets["us, survivorship-free"] = (
            survivorship_free(Path(sys.argv[1])),
            ql.WalkForward(train=250, test=130),
        )
    for name, (bars, folds) in markets.items():
        print(f"{name}: {bars.n_bars:,} bars of {bars.n_symbols} symbols, {folds}\n")
        table = judged(bars, folds)
        print(table.to_string(index=False), end="\n\n")
        print(verdict(table), end="\n\n")


def judged(bars: ql.Bars, folds: ql.WalkForward) -> pd.DataFrame:
    """One row a forecaster, the naive and the linear one first."""
    rows: list[dict[str, object]] = []
    recipes = {each.__name__: each(horizon=HORIZON, epochs=8) for each in NETWORKS}
    recipes["MLP, symbols together"] = ql.MLP(
        horizon=HORIZON, epochs=8, loss="ic", symbols="together", ranked=True
    )
    for name, recipe in recipes.items():
        forecasts = ql.walk_forward(recipe, bars, folds)
        frame = forecasts.scores(bars).frame
        if not rows:
            rows += [
                row_of(simple, forecasts.beside[simple], frame.loc[(simple, HORIZON)], bars)
                for simple in forecasts.beside
            ]
        rows.append(row_of(name, forecasts, frame.iloc[0], bars))
    return pd.DataFrame(rows)


def row_of(name: str, forecasts: ql.Forecasts, score: pd.Series, bars: ql.Bars) -> dict[str, object]:
    """Tell what a forecaster knew, whether that beats the simple ones, and what the same strategy earned with it."""
    varies = bool(np.nanstd(forecasts.median()) > 1e-12)  # else it ranks nothing, and holds what stands first
    keep = max(1, bars.n_symbols // 10)
    first = bars.time[np.flatnonzero(forecasts.known.any(axis=1))[0]]
    strategy = ForecastTopK(keep=keep, slack=keep // 2)
    forecasts = replace(forecasts, beside={})
    result = ql.backtest(strategy, bars, forecasts=forecasts, costs=COSTS, start=first, progress=False)
    half = 1.96 * score["rank_ic_error"]
    return {
        "forecaster": name,
        "rank ic": text(score["rank_ic"], "{:+.4f}"),
        "95% low": text(score["rank_ic"] - half, "{:+.4f}"),
        "95% high": text(score["rank_ic"] + half, "{:+.4f}"),
        "DM naive": text(score["dm_naive"], "{:+.2f}"),
        "DM ridge": text(score["dm_ridge"], "{:+.2f}"),
        "skill": text(score["skill"], "{:+.2%}"),
        "net Sharpe": text(result.sharpe if varies else np.nan, "{:+.2f}"),
        "beats naive": bool(score["dm_naive"] > 0.0 and score["dm_naive_p"] < 0.05),
        "beats ridge": bool(score["dm_ridge"] > 0.0 and score["dm_ridge_p"] < 0.05),
        "knows": bool(abs(score["rank_ic"]) > half),
    }


def text(value: float, form: str) -> str:
    """Print a number, and what is undefined as n/a."""
    return "n/a" if np.isnan(value) else form.format(value)


def verdict(table: pd.DataFrame) -> str:
    """Say in words what the table shows, nothing included."""
    said = []
    for column, words in (
        ("knows", "a rank IC whose 95% interval leaves out zero"),
        ("beats naive", "smaller quantile losses than naive (Diebold–Mariano, 5%)"),
        ("beats ridge", "smaller quantile losses than ridge (Diebold–Mariano, 5%)"),
    ):
        names = ", ".join(table.loc[table[column], "forecaster"]) or "none"
        said.append(f"{words}: {names}")
    said.append("Smaller losses without a rank IC: it foresees how far returns scatter, not where they go.")
    tried = len(table)
    return "\n".join(
        [*said, f"{tried} forecasters were tried: about {tried / 20:.1f} would pass each test by luck."]
    )


def survivorship_free(folder: Path) -> ql.Bars:
    """Bars of one symbol in `EVERY`, splits taken out of prices, with the day that symbols left the market."""
    universe = pd.read_csv(folder / "universe_us_pit.csv", keep_default_na=False)[::EVERY]
    left = universe[universe["last"] < universe["last"].max()]
    ends = {symbol: (last, DELISTED) for symbol, last in zip(left["symbol"], left["last"], strict=True)}
    every = pd.read_parquet(folder / "daily_us_pit.parquet")
    frame = every[every["symbol"].isin(set(universe["symbol"]))].astype({"volume": "float64"})
    actions = pd.read_parquet(folder / "actions_us_pit.parquet")
    for split in actions[actions["kind"] == "split"].itertuples():
        before = (frame["symbol"] == split.symbol) & (frame["date"] < split.ex_date)
        frame.loc[before, ["open", "high", "low", "close"]] *= split.adj_factor
        frame.loc[before, "volume"] /= split.adj_factor
    priced = (frame[["open", "high", "low", "close"]] > 0.0).all(axis=1)
    return ql.read_bars(frame[priced], calendar="XNYS", ends=ends)


if __name__ == "__main__":
    main()
