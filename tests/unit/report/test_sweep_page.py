"""The page of a sweep: trials, heat maps, the best of them; and one in which nothing traded."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from quantlab.display.numbers import number
from quantlab.report.sweep_page import sweep_page
from quantlab.research.verdict import held_against


class Trend(ql.Strategy):
    """Hold what rose."""

    fast: int = ql.param(default=3, low=1, high=50)
    slow: int = ql.param(default=9, low=1, high=50)
    floor: float = ql.param(default=0.0, low=-1.0, high=1e9)
    fast_ma = ql.feature("sma", lookback=fast)
    slow_ma = ql.feature("sma", lookback=slow)

    def on_bar(self, now):
        for i in range(now.n_symbols):
            if now[self.fast_ma, i] > now[self.slow_ma, i] + self.floor:
                now.target_weight(i, 1.0 / now.n_symbols)
            else:
                now.target_weight(i, 0.0)


@pytest.fixture(scope="module")
def bars():
    rng = np.random.default_rng(2)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, (300, 2)), axis=0))
    time = pd.bdate_range("2019-01-01", periods=300)
    return ql.Bars.from_arrays(time=time, symbols=["A", "B"], open=close, high=close, low=close, close=close)


def swept(bars, over, **options):
    return ql.sweep(Trend, bars, over=over, workers=1, progress=False, **options)


def maps(page):
    return next(section for section in page["sections"] if section.title == "Heat maps").tables


def test_every_pair_of_parameters_has_a_map_of_the_trials(bars, tmp_path):
    sweep = swept(bars, {"fast": [2, 3], "slow": [8, 12, 20]})
    (table,) = maps(sweep_page(sweep))
    assert table.columns == ("slow ↓ fast →", "2", "3")
    frame = sweep.frame.set_index(["slow", "fast"])["sharpe"]
    for row in table.rows:
        for fast, cell in zip((2, 3), row[1:], strict=True):
            assert cell.value == pytest.approx(frame[int(row[0].text), fast])
    text = ql.report(sweep, tmp_path / "sweep.html").read_text(encoding="utf-8")
    assert f"Trial {sweep.best.number}, the best" in text
    assert "partly the luckiest" in text


def test_three_parameters_have_three_maps_and_one_a_column(bars):
    three = swept(bars, {"fast": [2, 3], "slow": [8, 12], "floor": [0.0, 0.1]})
    assert len(maps(sweep_page(three))) == 3
    (alone,) = maps(sweep_page(swept(bars, {"fast": [2, 3]})))
    assert [row[0].text for row in alone.rows] == ["2", "3"]


def test_a_sweep_in_which_nothing_traded_has_a_page_without_a_best(bars, tmp_path):
    sweep = swept(bars, {"fast": [2, 3]}, where=None)
    idle = swept(bars, {"floor": [1e6, 1e7]})
    text = ql.report(idle, tmp_path / "idle.html").read_text(encoding="utf-8")
    assert "n/a" in text
    assert "the best" not in [section.title for section in sweep_page(idle)["sections"]]
    told = [section.title for section in sweep_page(sweep)["sections"]]
    assert told == ["Trials, best first", "Heat maps", "Overfitting", f"Trial {sweep.best.number}, the best"]
    assert [section.title for section in sweep_page(idle)["sections"]] == told[:2]


def test_a_sweep_ranked_by_what_idleness_wins_puts_those_that_traded_first(bars, tmp_path):
    sweep = swept(bars, {"floor": [1e6, 0.0, 0.1]}, rank_by="max_drawdown")
    assert sweep.frame["max_drawdown"].max() == sweep.frame["max_drawdown"][0] == 0.0
    assert sweep.top().index[-1] == 0
    assert sweep.best.number in (1, 2)
    assert not swept(bars, {"floor": [1e6]}, rank_by="max_drawdown").has_best


def test_the_page_judges_the_best_and_shows_every_trial(bars, tmp_path):
    sweep = swept(bars, {"fast": [2, 3, 4], "slow": [8, 12, 20, 30]})
    page = sweep_page(sweep)
    assert len(page["sections"][0].tables[0].rows) == 12
    found = sweep.overfitting()
    assert f"in {number(found.probability, 'fraction')} of 12,870 halves" in page["verdict"]
    assert page["verdict"].startswith(
        f"Trial {sweep.best.number}, Sharpe {sweep.best.metrics['sharpe']:.2f}: not "
    )
    sure = number(sweep.deflated_sharpe, "fraction")
    assert f"above it with probability {sure}, all 12 trials counted" in page["verdict"]
    text = " ".join(str(sweep).split())
    assert " ".join(sweep.verdict().split()) in text
    assert page["verdict"] == " ".join([sweep.verdict(), *held_against(sweep.best.result)])
    assert "holding its 2 symbols in equal parts" in page["verdict"]
    (table,) = next(one for one in page["sections"] if one.title == "Overfitting").tables
    assert table.rows[0][1].text == number(found.probability, "fraction")


def test_overfitting_that_takes_long_waits_to_be_asked_for(bars, monkeypatch):
    sweep = swept(bars, {"fast": [2, 3], "slow": [8, 12]})
    monkeypatch.setattr("quantlab.research.swept.MOST_RERUN", (1000, 1000))
    assert sweep.known_overfitting is None
    assert any("ask sweep.overfitting() or sweep.returns" in note for note in sweep_page(sweep)["notes"])
    assert "halves" not in sweep.verdict()
    assert len(sweep.returns) == 300
    assert "halves" in sweep.verdict()
    assert not any("ask sweep" in note for note in sweep_page(sweep)["notes"])


def test_of_many_trials_the_best_are_shown_and_it_is_said(bars, monkeypatch):
    # By the name of the module: `quantlab.report` is a function too.
    monkeypatch.setattr(sys.modules["quantlab.report.sweep_page"], "MOST_ROWS", 3)
    sweep = swept(bars, {"fast": [2, 3, 4, 5]})
    (table,) = sweep_page(sweep)["sections"][0].tables
    assert [int(row[0].text) for row in table.rows] == sweep.top(3).index.tolist()
    assert table.note == "The best 3 of 4 trials; sweep.frame has all."


def test_a_script_in_a_name_is_inert(bars, tmp_path):
    evil = type("<script>alert(1)</script>", (Trend,), {})
    sweep = ql.sweep(evil, bars, over={"fast": [2, 3]}, workers=1, progress=False)
    text = ql.report(sweep, tmp_path / "evil.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in text
