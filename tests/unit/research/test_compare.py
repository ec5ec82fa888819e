from __future__ import annotations

import math
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from quantlab.errors import DataError
from quantlab.metrics.inference import bootstrap_interval
from quantlab.metrics.risk import sharpe
from quantlab.research.compare import compare
from tests.made_results import made_result, made_trades


def _daily(seed: int, n_bars: int = 300, drift: float = 0.0005) -> np.ndarray:
    return np.random.default_rng(seed).normal(drift, 0.01, n_bars)


def test_metrics_are_computed_anew_on_the_common_bars() -> None:
    long = made_result([0.5, 0.1, -0.1, 0.2], name="long", first="2020-01-01")  # Wednesday
    short = made_result([0.3, 0.3], name="short", first="2020-01-02")
    comparison = compare([long, short], n_resamples=10)
    assert comparison.growth.index.tolist() == list(pd.bdate_range("2020-01-02", periods=2))
    assert comparison.frame.loc["long", "total_return"] == pytest.approx(1.1 * 0.9 - 1.0)
    assert comparison.frame.loc["short", "total_return"] == pytest.approx(1.3 * 1.3 - 1.0)
    assert comparison.growth["long"].tolist() == pytest.approx([1.1, 0.99])
    assert "long: 2 of its 4 bars are outside the common period." in comparison.notes
    assert "common period 2020-01-02 to 2020-01-03" in str(comparison)


def test_a_bar_that_only_one_run_has_is_compounded_not_lost() -> None:
    days = pd.bdate_range("2020-01-01", periods=4)
    full = made_result([0.1, 0.1, 0.1, 0.1], name="full", time=days)
    holes = made_result([0.2, 0.2, 0.2], name="holes", time=days.delete(1))
    comparison = compare([full, holes], n_resamples=10)
    assert comparison.frame.loc["full", "total_return"] == pytest.approx(1.1**4 - 1.0)
    assert comparison.growth["full"].tolist() == pytest.approx([1.1, 1.1**3, 1.1**4])


def test_trades_and_costs_are_those_of_the_common_bars() -> None:
    days = pd.bdate_range("2020-01-01", periods=40)
    # trades enter at bars 0 … 9, the last is open; five fills at bars 0 … 4
    busy = made_result(_daily(1, 40), name="busy", time=days, n_fills=5, trades=made_trades(days, 10))
    late = made_result(_daily(2, 37), name="late", time=days[3:])
    frame = compare([busy, late], n_resamples=10).frame
    assert frame.loc["busy", "n_trades"] == 6  # entered at bars 3 … 8
    assert frame.loc["busy", "win_rate"] == 0.5
    cash = float(busy.equity.iloc[2])
    assert frame.loc["busy", "costs_fraction"] == pytest.approx(
        2 * (0.5 + 0.1) / cash
    )  # fills at bars 3 and 4
    early = made_result(_daily(3, 8), name="early", time=days[:8])
    frame = compare([busy, early], n_resamples=10).frame
    assert frame.loc["busy", "n_trades"] == 7  # those that had ended by bar 7


def test_a_position_bought_before_the_common_bars_is_still_judged() -> None:
    days = pd.bdate_range("2020-01-01", periods=60)
    held = made_result(_daily(1, 60), name="held", time=days, n_fills=1)
    late = made_result(_daily(2, 30), name="late", time=days[30:], n_fills=0)
    frame = compare([held, late], n_resamples=10).frame
    assert math.isfinite(frame.loc["held", "sharpe"])
    assert math.isnan(frame.loc["late", "sharpe"])
    assert frame.index[0] == "held"


def test_the_undefined_never_ranks_first_and_ranking_can_be_chosen() -> None:
    idle = made_result(np.zeros(50), name="idle", n_fills=0)
    loser = made_result(_daily(1, 50, -0.01), name="loser")
    wild = made_result(_daily(2, 50, 0.005) * 5, name="wild")
    assert list(compare([idle, loser, wild], n_resamples=10).frame.index) == ["wild", "loser", "idle"]
    ranked = compare([idle, loser, wild], by="volatility", n_resamples=10).frame.index
    assert list(ranked) == ["loser", "wild", "idle"]


def test_names_that_come_twice_get_a_number() -> None:
    runs = [made_result(_daily(k), name="Same()") for k in range(3)]
    assert sorted(compare(runs, n_resamples=10).frame.index) == ["Same()", "Same() (2)", "Same() (3)"]
    named = compare({"a": runs[0], "b": runs[1]}, n_resamples=10)
    assert sorted(named.frame.index) == ["a", "b"]


def test_the_benchmark_may_be_a_name_a_place_or_a_result() -> None:
    a, b = made_result(_daily(1), name="a"), made_result(_daily(2), name="b")
    for benchmark in ("a", 0, -2, a):
        comparison = compare([a, b], benchmark, n_resamples=10)
        assert comparison.benchmark == "a"
        assert comparison.frame.loc["a", "sharpe_difference"] == 0.0
        assert comparison.frame.loc["a", "beta"] == pytest.approx(1.0)
    further = compare([a], b, n_resamples=10)
    assert (further.benchmark, set(further.frame.index)) == ("b", {"a", "b"})
    assert compare([a, b], made_result(_daily(3), name="a"), n_resamples=10).benchmark == "a (2)"


def test_intervals_are_those_of_the_bootstrap_and_differences_are_paired() -> None:
    market, noise = _daily(1, 1000), np.random.default_rng(9).normal(0.0005, 0.001, 1000)
    runs = [made_result(market + noise, name="better"), made_result(market, name="market")]
    frame = compare(runs, "market").frame
    alone = bootstrap_interval(lambda r: sharpe(r, 252), runs[0].returns.to_numpy(), block_bars=1.0)
    row = frame.loc["better"]
    assert row["sharpe_low"] == pytest.approx(alone.low, abs=0.3)
    assert row["sharpe_high"] == pytest.approx(alone.high, abs=0.3)
    assert row["sharpe_difference"] == pytest.approx(row["sharpe"] - frame.loc["market", "sharpe"])
    assert 0.0 < row["sharpe_difference_low"] < row["sharpe_difference_high"]
    assert row["cagr_difference_low"] < row["cagr_difference"] < row["cagr_difference_high"]
    assert row["sharpe_difference_high"] - row["sharpe_difference_low"] < 0.7 * (alone.high - alone.low)


def test_same_seed_same_comparison() -> None:
    runs = [made_result(_daily(1), name="a"), made_result(_daily(2), name="b")]
    pd.testing.assert_frame_equal(
        compare(runs, 0, n_resamples=50).frame, compare(runs, 0, n_resamples=50).frame
    )


def test_a_ruined_run_neither_wins_nor_shortens_the_others() -> None:
    ruined = made_result([0.1, -1.0], name="ruined", ruined=True, notes=("RUINED",))
    steady = made_result(_daily(1, 60), name="steady")
    comparison = compare([ruined, steady], "steady", n_resamples=20)
    assert len(comparison.growth) == 60
    assert comparison.growth["ruined"].iloc[-1] == 0.0
    row = comparison.frame.loc["ruined"]
    assert (row["cagr"], row["total_return"]) == (-1.0, -1.0)
    assert all(math.isnan(row[name]) for name in ("sharpe", "sharpe_low", "cagr_difference_low"))
    assert comparison.frame.index[0] == "steady"
    assert comparison.run_notes == {"ruined": ("RUINED",)}
    assert "Ruined: ruined." in comparison.notes
    assert "! ruined: RUINED" in str(comparison)


def test_a_run_ruined_before_the_common_bars_is_refused() -> None:
    ruined = made_result([0.1, -1.0], name="poor", ruined=True)
    with pytest.raises(DataError, match="poor was ruined before the common period, which begins 2020-02-03"):
        compare([ruined, made_result(_daily(1), name="late", first="2020-02-03")])


def test_ten_common_bars_have_metrics_but_no_interval() -> None:
    frame = compare([made_result(_daily(1, 10), name="a"), made_result(_daily(2, 10), name="b")], 0).frame
    assert math.isfinite(frame.loc["a", "sharpe"])
    assert math.isnan(frame.loc["a", "sharpe_low"])


@pytest.mark.parametrize(
    ("other", "against", "message"),
    [
        ({"periods_per_year": 365.0}, None, "periods_per_year differs: {'a': 252.0, 'b': 365.0}"),
        ({"risk_free_annual": 0.1}, None, "risk_free_annual differs"),
        ({}, "bb", "There is no run 'bb' to compare to. Did you mean 'b'"),
        ({}, 2, "There is no run 2 to compare to; there are 2"),
    ],
)
def test_what_cannot_be_compared_is_refused(other: dict[str, object], against: object, message: str) -> None:
    runs = [made_result(_daily(1), name="a"), made_result(_daily(2), name="b", **other)]
    with pytest.raises(DataError, match=message):
        compare(runs, against)


def test_runs_without_a_common_bar_are_refused_with_both_spans() -> None:
    early, late = (
        made_result([0.1] * 3, name="early"),
        made_result([0.1] * 3, name="late", first="2021-01-01"),
    )
    with pytest.raises(DataError) as caught:
        compare([early, late])
    assert "0 bars are common" in str(caught.value)
    assert "early spans 2020-01-01 00:00:00 to 2020-01-03 00:00:00" in str(caught.value)
    assert "late spans 2021-01-01 00:00:00 to 2021-01-05 00:00:00" in str(caught.value)


def test_naive_and_aware_times_are_refused() -> None:
    aware = pd.bdate_range("2020-01-01", periods=300, tz="America/New_York")
    with pytest.raises(DataError, match="Time zones differ"):
        compare([made_result(_daily(1), name="a"), made_result(_daily(1), name="b", time=aware)])


def test_nothing_and_one_run() -> None:
    with pytest.raises(DataError, match="nothing to compare"):
        compare([])
    assert len(compare(made_result(_daily(1)), n_resamples=10).frame) == 1


def test_text_and_notebook_say_the_same_and_escape_names() -> None:
    runs = [
        made_result(_daily(1), name="<script>x()"),
        made_result(_daily(2), name="[red]b", fill="same_close"),
    ]
    comparison = compare(runs, 1, n_resamples=20)
    text, page = str(comparison), comparison._repr_html_()
    for expected in ("<script>x()", "[red]b", "against [red]b, paired", "Fill rules differ", "N = 252"):
        assert expected in text

    class Seen(HTMLParser):
        tags: set[str] = set()

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.tags.add(tag)

    seen = Seen()
    seen.feed(page)
    assert "script" not in seen.tags
    assert "&lt;script&gt;" in page


def test_plot_has_a_line_a_run() -> None:
    comparison = compare([made_result(_daily(1), name="a"), made_result(_daily(2), name="b")], n_resamples=10)
    assert {trace.name for trace in comparison.plot().data} == {"a", "b"}


def test_an_undefined_ratio_is_said_once() -> None:
    idle = made_result(np.zeros(50), name="idle", n_fills=0)
    text = str(compare([idle, made_result(_daily(1, 50), name="busy")], n_resamples=10))
    assert "n/a n/a" not in text
    assert "n/a" in next(line for line in text.splitlines() if line.startswith(" idle"))


def test_cagr_has_an_interval_too() -> None:
    row = compare(made_result(_daily(1))).frame.iloc[0]
    assert row["cagr_low"] < row["cagr"] < row["cagr_high"]


def test_notes_are_wrapped() -> None:
    noted = made_result(_daily(1), notes=("words " * 40,))
    lines = str(compare(noted, n_resamples=10)).splitlines()
    assert max(map(len, lines)) <= 100


def test_what_is_no_result_is_refused() -> None:
    with pytest.raises(DataError, match=r"takes what ql\.backtest returned, not 1"):
        compare([1, 2])  # type: ignore[list-item]


@pytest.mark.parametrize("by", ["max_drawdown", "volatility", "expected_shortfall_5", "costs_fraction"])
def test_a_run_without_trades_or_one_that_was_ruined_never_ranks_first(by: str) -> None:
    idle = made_result(np.zeros(60), name="idle", n_fills=0)
    ruined = made_result([*np.zeros(30), -1.0], name="ruined", ruined=True)
    busy = made_result(_daily(1, 60), name="busy")
    comparison = compare([idle, ruined, busy], by=by, n_resamples=10)
    assert comparison.frame.index[0] == "busy"
    assert comparison.runs["judged"].to_dict() == {"busy": True, "idle": False, "ruined": False}


def test_a_value_without_bounds_prints_alone() -> None:
    runs = [made_result(_daily(k, 15), name=f"r{k}") for k in range(2)]
    text = str(compare(runs, 0))
    sharpe = compare(runs, 0).frame["sharpe"].iloc[0]
    line = next(line for line in text.splitlines() if line.startswith((" r0", " r1")))
    assert f" {sharpe:.2f} " in line
    assert "n/a" not in line
    assert "15 common bars are too few" in " ".join(text.split())


def test_notes_of_the_runs_stand_last_and_are_grouped() -> None:
    runs = [
        made_result(_daily(k), name=f"r{k}", notes=(f"{k + 2} orders rejected, of 9.",)) for k in range(9)
    ]
    comparison = compare(runs, n_resamples=10)
    assert not any("rejected" in note for note in comparison.notes)
    last = " ".join(str(comparison).splitlines()[-1:])
    assert last.endswith("… and 4 more: N orders rejected, of N.")
    assert str(comparison).count("rejected") == 1


def test_there_is_one_sharpe_difference_and_it_is_the_tested_one() -> None:
    runs = [made_result(_daily(k), name=f"r{k}") for k in range(3)]
    comparison = compare(runs, 0, n_resamples=200)
    row = comparison.superiority.frame.loc["r1"]
    bounds = f"{row['sharpe_difference']:.2f} [{row['sharpe_low']:.2f}, {row['sharpe_high']:.2f}]"
    text = str(comparison)
    table = text.split("against r0, paired")[1].split("!")[0]
    line = next(line for line in table.splitlines() if line.startswith(" r1"))
    assert bounds in line
    assert f"{row['sharpe_p']:.3f}" in line
    assert f"r1: not distinguishable from r0: p = {row['sharpe_p']:.2g} (Sharpe difference {bounds})" in text
    assert "SPA p = " in text


def test_what_would_take_long_is_tested_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantlab.research.comparison.MOST_DRAWN", 1000)
    comparison = compare([made_result(_daily(k), name=f"r{k}") for k in range(3)], 0, n_resamples=50)
    assert comparison.tests is None
    assert "ask comparison.superiority first" in " ".join(str(comparison).split())
    assert comparison.superiority is comparison.tests
    assert comparison.untested == ""


def test_correlation_is_numpys_and_stands_in_the_text_with_overlap() -> None:
    runs = [made_result(_daily(k), name=f"r{k}") for k in range(3)]
    comparison = compare(runs, n_resamples=10)
    names = list(comparison.frame.index)
    expected = np.corrcoef([runs[int(name[1])].returns for name in names])
    np.testing.assert_allclose(comparison.correlation.to_numpy(), expected, rtol=1e-9)
    lines = str(comparison).split("overlap of positions (above)")[1].splitlines()
    row = next(line for line in lines if line.startswith(f" B: {names[1]}"))
    assert row.split()[2:] == [f"{expected[1, 0]:.2f}", "1.00"]


def test_of_many_runs_the_most_alike_are_told() -> None:
    twin = made_result(_daily(3), name="twin")
    runs = [*(made_result(_daily(k), name=f"r{k}") for k in range(10)), twin]
    text = str(compare(runs, n_resamples=10)).split("most alike")[1]
    first = text.splitlines()[2].split()
    assert (set(first[:2]), first[2]) == ({"r3", "twin"}, "1.00")
    assert "Correlation of all 55 pairs" in text


def test_long_names_are_cut_in_their_middle() -> None:
    text = str(compare([made_result(_daily(1), name="n" * 300 + "END"), made_result(_daily(2), name="b")]))
    assert "END" in text
    assert max(map(len, text.splitlines())) < 300
