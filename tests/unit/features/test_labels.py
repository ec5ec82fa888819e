"""Labels by hand, with gaps; and what each of them touches."""

from __future__ import annotations

import numpy as np
import pytest

from quantlab.errors import ForecastError
from quantlab.features.labels import forward_return, label_end
from quantlab.market.bars import Bars

NAN = np.nan


def bars_of(opens):
    opens = np.array(opens, dtype=float)
    days = np.arange("2020-01-01", "2021-01-01", dtype="datetime64[D]")[: len(opens)]
    return Bars.from_arrays(
        time=days,
        symbols=[f"S{i}" for i in range(opens.shape[1])],
        open=opens,
        high=opens + 1,
        low=opens - 1,
        close=opens,
        allow_negative=True,
    )


def test_by_hand():
    # The second symbol has no bar in row 2: its third bar is row 3.
    bars = bars_of([[10, 100], [20, 110], [30, NAN], [36, 121], [18, 242]])
    assert forward_return(bars, 1) == pytest.approx(
        np.array([[0.5, 0.1], [0.2, 1.0], [-0.5, NAN], [NAN, NAN], [NAN, NAN]]), nan_ok=True
    )
    assert label_end(bars, 1).tolist() == [[2, 3], [3, 4], [4, 5], [5, 5], [5, 5]]
    assert forward_return(bars, 2)[:, 0] == pytest.approx([0.8, -0.4, NAN, NAN, NAN], nan_ok=True)
    assert label_end(bars, 2)[:, 1].tolist() == [4, 5, 5, 5, 5]


@pytest.mark.parametrize("horizon", [1, 3, 10])
def test_a_label_is_known_exactly_when_its_end_is(gappy, horizon):
    labels, ends = forward_return(gappy, horizon), label_end(gappy, horizon)
    assert np.array_equal(np.isnan(labels), ends == gappy.n_bars)
    for stop in (30, 77, 159):
        known = ends < stop
        cut = forward_return(gappy.rows(0, stop), horizon)
        assert np.array_equal(~np.isnan(cut), known[:stop])
        assert np.array_equal(cut[known[:stop]], labels[:stop][known[:stop]])


@pytest.mark.parametrize("horizon", [3, 5, 60])
def test_fewer_bars_than_the_label_needs(horizon):
    bars = bars_of([[10.0], [11.0], [12.0]])
    assert np.isnan(forward_return(bars, horizon)).all()
    assert (label_end(bars, horizon) == 3).all()


@pytest.mark.parametrize("horizon", [0, -1, 1.5, True, None])
def test_a_horizon_is_a_whole_number_of_bars(gappy, horizon):
    for function in (forward_return, label_end):
        with pytest.raises(ForecastError, match="must be a whole number of bars, 1 or more"):
            function(gappy, horizon)


def test_labels_are_read_only(gappy):
    assert not forward_return(gappy, 2).flags.writeable
    assert not label_end(gappy, 2).flags.writeable
