"""The table of scores: common cells, the right kind of correlation, and the warning."""

from __future__ import annotations

import numpy as np
import pytest

from quantlab.features.labels import forward_return
from quantlab.forecasting.forecast import NEVER, Forecasts
from tests.naive import forecasting as naive

LEVELS = (0.25, 0.5, 0.75)


def table_of(bars, median, name="Mine(horizon=2)", beside=None):
    """A table around given medians, trained before the first bar."""
    values = median[:, :, None, None] + np.array([-0.01, 0.0, 0.01])
    return Forecasts(
        values=values,
        time=bars.time,
        time_ns=bars.time_ns,
        symbols=bars.symbols,
        horizons=(2,),
        levels=LEVELS,
        trained_through=np.full(bars.n_bars, NEVER),
        as_of=bars.time_ns,
        name=name,
        beside=beside or {},
    )


def scored(n_symbols, share, with_naive=True):
    """Scores of a forecast that knows a `share` of what comes, beside one that knows nothing."""
    bars = naive.as_bars(naive.random_walk(400, n_symbols, seed=2))
    label = forward_return(bars, 2)
    noise = np.random.default_rng(0).normal(0.0, 0.014, label.shape)
    median = share * np.nan_to_num(label) + noise
    median[:50] = np.nan
    nothing = table_of(bars, np.zeros_like(label), "NaiveForecaster(horizon=2)")
    table = table_of(bars, median, beside={"naive": nothing} if with_naive else {})
    return table, bars, median, np.where(np.isnan(median), np.nan, label)


def test_few_symbols_are_pooled_and_the_table_says_so():
    table, bars, median, label = scored(3, share=0.05)
    scores = table.scores(bars)
    row = scores.frame.loc[("Mine", 2)]
    assert row["ic"] == pytest.approx(naive.pooled_ic(median, label), abs=1e-14)
    assert row["rank_ic"] == pytest.approx(naive.pooled_ic(median, label, ranked=True), abs=1e-14)
    assert row["hit_rate"] == pytest.approx(naive.hit_rate(median, label), abs=1e-14)
    assert row["pinball"] == pytest.approx(naive.pinball(table.values[:, :, 0], label, LEVELS), rel=1e-12)
    assert row["ic_t"] == pytest.approx(row["ic"] / row["ic_error"])
    assert row["n"] == np.isfinite(label).sum() == (400 - 50 - 3) * 3
    assert "one correlation over all bars and 3 symbols" in str(scores)


def test_ten_symbols_are_compared_across():
    table, bars, median, label = scored(10, share=0.05)
    scores = table.scores(bars)
    ics = naive.cross_section_ics(median, label, at_least=10)
    assert scores.frame.loc[("Mine", 2), "ic"] == pytest.approx(naive.mean(ics), abs=1e-14)
    assert scores.frame.loc[("Mine", 2), "icir"] == pytest.approx(np.mean(ics) / np.std(ics, ddof=1))
    assert "mean over bars of the correlation across 10 symbols" in str(scores)


def test_all_are_judged_on_the_cells_where_all_speak():
    table, bars, _, label = scored(3, share=0.05)
    frame = table.scores(bars).frame
    assert frame["n"].nunique() == 1
    quiet = np.broadcast_to([-0.01, 0.0, 0.01], (*label.shape, 3))
    expected = naive.pinball(quiet, label, LEVELS)
    assert frame.loc[("naive", 2), "pinball"] == pytest.approx(expected, rel=1e-12)
    assert frame.loc[("Mine", 2), "skill"] == pytest.approx(1 - frame.loc[("Mine", 2), "pinball"] / expected)
    assert np.isnan(frame.loc[("naive", 2), "ic"])


@pytest.mark.parametrize(("share", "warned"), [(0.0, False), (0.5, True)])
def test_an_information_coefficient_above_a_tenth_carries_a_warning(share, warned):
    table, bars, _, _ = scored(3, share=share)
    assert ("treat as a leak until proved otherwise" in str(table.scores(bars))) is warned


def test_without_a_naive_table_there_is_no_skill():
    table, bars, _, _ = scored(3, share=0.1, with_naive=False)
    scores = table.scores(bars)
    assert np.isnan(scores.frame["skill"]).all()
    assert "skill" not in str(scores)


def test_the_printed_table_fits_a_page():
    table, bars, _, _ = scored(3, share=0.05)
    lines = str(table.scores(bars)).splitlines()
    assert lines[0] == "Mine(horizon=2)"
    assert max(map(len, lines)) <= 100
    assert any("naive" in line and "n/a" in line for line in lines)


def test_bars_that_no_forecast_is_for_leave_nothing_to_judge():
    table, _, _, _ = scored(3, share=0.1)
    scores = table.scores(naive.as_bars(naive.random_walk(50, 3), start="1990-01-01"))
    assert (scores.frame["n"] == 0).all()
    assert "nothing could be judged" in str(scores)
