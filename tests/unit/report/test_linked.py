from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from quantlab.display.figures import Line, Panel
from quantlab.report.linked import MOST_VALUES, ROOM, Linked, LinkedPanel
from quantlab.report.page import report
from quantlab.report.price_panel import MOST_SYMBOLS, price_panel, shown_symbols
from quantlab.report.run_panels import MOST_WINDOWS, run_panels
from quantlab.report.trade_data import MOST_EMBEDDED, trade_data
from tests.made_results import made_fills, made_result, made_trades


def _unpacked(data: dict) -> np.ndarray:
    return np.cumsum(data["d"]) * 10.0 ** data["e"]


def _linked(time: pd.DatetimeIndex, *curves: np.ndarray) -> Linked:
    lines = tuple(Line(f"curve {k}", time, curve) for k, curve in enumerate(curves))
    return Linked(time, (LinkedPanel(Panel("Curves", lines, "money"), can_log=True),), "Curves.")


def test_short_curves_are_embedded_whole() -> None:
    days = pd.bdate_range("2020-01-01", periods=300)
    curve = 100.0 + np.arange(300) / 100.0
    data = _linked(days, curve).data
    series = data["panels"][0]["series"][0]
    assert data["axis"]["rows"] is series["rows"] is None
    assert data["axis"]["unit"] == 86_400
    epoch = pd.Timestamp("1970-01-01")
    assert _unpacked(data["axis"]["time"]).tolist() == [(day - epoch).days for day in days]
    np.testing.assert_allclose(_unpacked(series["values"]), curve, atol=0.006)


def test_long_curves_keep_their_extremes_and_say_what_is_left_out() -> None:
    minutes = pd.date_range("2020-06-01 09:31", periods=100_000, freq="min", tz="America/New_York")
    curve = np.full(100_000, 100.0)
    curve[[12_345, 67_890]] = 90.0, 110.0
    linked = _linked(minutes, curve)
    series, axis = linked.data["panels"][0]["series"][0], linked.data["axis"]
    rows = _unpacked(series["rows"]).astype(int)
    assert {0, 12_345, 67_890, 99_999} <= set(rows.tolist())
    assert rows.size <= MOST_VALUES
    assert "100,000 bars" in linked.note
    assert axis["unit"] == 60
    assert _unpacked(axis["time"])[0] * 60 == pd.Timestamp("2020-06-01 09:31").timestamp()  # the wall clock


def test_many_curves_share_what_a_page_may_hold() -> None:
    days = pd.bdate_range("2000-01-03", periods=5000)
    series = _linked(days, *np.random.default_rng(0).normal(1.0, 0.1, (50, 5000))).data["panels"][0]["series"]
    numbers = [len(one[part]["d"]) for one in series for part in ("rows", "values")]
    assert sum(numbers) <= ROOM


def test_a_run_has_the_panels_it_has_data_for() -> None:
    random = np.random.default_rng(0)
    long = run_panels(made_result(random.normal(0.0, 0.01, 1000)))
    assert [one.panel.title for one in long.panels] == [
        "Equity", "Drawdown", "Exposure", "Sharpe of the last 252 bars", "Volatility of the last 252 bars",
    ]  # fmt: skip
    assert len(long.panels[3].panel.marks[0].y) == MOST_WINDOWS
    assert [one.panel.title for one in run_panels(made_result([0.1, 0.2])).panels] == [
        "Equity",
        "Drawdown",
        "Exposure",
    ]


def test_a_price_is_a_mark_without_its_multiplier_and_trades_stand_on_their_bars() -> None:
    days = pd.bdate_range("2020-01-01", periods=30)
    result = made_result(np.full(30, 0.01), time=days, trades=made_trades(days[10:], 5))
    result.__dict__["fills"] = made_fills(days, 1).assign(multiplier=50.0)
    panel = price_panel(result)
    assert panel is not None
    np.testing.assert_allclose(panel.panel.marks[0].y, result.equity.to_numpy() / 50.0)
    assert _unpacked(trade_data(result)["entry_bar"]).tolist() == [
        10,
        11,
        12,
        13,
        14,
    ]  # not 0 … 4, rows of all bars
    assert panel.drawn is not None
    assert {marker.kind for marker in panel.drawn.markers} == {"long", "exit"}


def test_the_most_traded_symbols_are_shown() -> None:
    days = pd.bdate_range("2020-01-01", periods=30)
    names = [f"S{k:02}" for k in range(20)]
    trades = pd.concat([made_trades(days, k + 1, name) for k, name in enumerate(names)])
    result = made_result(np.full(30, 0.01), time=days, trades=trades)
    result.__dict__["marks"] = pd.DataFrame(1.0, days, columns=names)
    assert shown_symbols(result) == names[::-1][:MOST_SYMBOLS]
    panel = price_panel(result)
    assert panel is not None
    assert panel.panel.title == "Price: the 12 most traded of 20 symbols"
    assert price_panel(made_result([0.1, 0.2])) is None


def test_of_very_many_trades_the_largest_are_embedded_in_their_sequence() -> None:
    days = pd.date_range("2020-01-01", periods=MOST_EMBEDDED + 11, freq="h")
    trades = made_trades(days, MOST_EMBEDDED + 10)
    trades["profit"] = np.arange(len(trades)) % 777 - 300.0
    trades.loc[7, "profit"] = 1e6
    data = trade_data(made_result(np.full(len(days), 1e-5), time=days, trades=trades))
    assert data["left_out"] == 10
    assert data["profit"].index(1e6) <= 7
    bars = _unpacked(data["entry_bar"])
    assert (np.diff(bars) > 0).all()
    smallest = np.sort(trades["profit"].abs())[:10].sum()
    assert np.abs(data["profit"]).sum() + smallest == trades["profit"].abs().sum()


def test_a_long_run_of_many_symbols_stays_below_a_megabyte(tmp_path: Path) -> None:
    n_bars, names = 20_000, [f"S{k:02}" for k in range(40)]
    minutes = pd.date_range("2020-01-01 09:31", periods=n_bars, freq="min")
    random = np.random.default_rng(0)
    trades = pd.concat([made_trades(minutes, 200, name) for name in names], ignore_index=True)
    trades[["entry_price", "exit_price", "profit", "return"]] = random.normal(1.0, 0.1, (len(trades), 4))
    settings = {"time": minutes, "trades": trades, "periods_per_year": 98_280.0}
    benchmark = pd.Series(random.normal(0.0, 1e-3, n_bars), minutes)
    returns = random.normal(0.0, 1e-3, n_bars)
    result = made_result(returns, **settings, benchmark=benchmark, benchmark_name="index")
    prices = 50.0 * np.exp(np.cumsum(random.normal(0.0, 1e-3, (n_bars, len(names))), axis=0))
    result.__dict__["marks"] = pd.DataFrame(prices, minutes, columns=names)
    result.__dict__["positions"] = pd.DataFrame(random.integers(-1, 2, prices.shape), minutes, columns=names)
    assert report(result, tmp_path / "page.html").stat().st_size < 1_000_000
