from __future__ import annotations

import numpy as np
import pytest

from quantlab.errors import DataError
from quantlab.metrics.run_figures import RunFigures


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["returns", "equity", "benchmark"])
def test_a_number_that_is_not_finite_is_refused_with_its_bar(name: str, value: float) -> None:
    arrays = {"returns": np.zeros(5), "equity": np.ones(5), "benchmark": np.zeros(5)}
    arrays[name][3] = value
    with pytest.raises(DataError, match=f"{name} of bar 3 is {value}"):
        RunFigures(**arrays, initial_cash=1.0, periods_per_year=252)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"initial_cash": 0.0}, "initial_cash is 0.0"),
        ({"periods_per_year": np.nan}, "periods_per_year is nan"),
        ({"risk_free_annual": -1.0}, "risk_free_annual is -1.0"),
        ({"equity": np.ones(3)}, "equity has 3 bars, returns 2"),
        ({"benchmark": np.ones(3)}, "benchmark has 3 bars, returns 2"),
        ({"gross_exposure": np.ones(3)}, "gross_exposure has 3 bars, returns 2"),
        ({"returns": np.zeros((2, 1))}, r"returns has shape \(2, 1\)"),
        ({"trade_profit": np.ones(2), "trade_bars": np.ones(3)}, "differ in length"),
    ],
)
def test_figures_that_cannot_be_true_are_refused(settings: dict[str, object], message: str) -> None:
    given = {"returns": np.zeros(2), "equity": np.ones(2), "initial_cash": 1.0, "periods_per_year": 252.0}
    with pytest.raises(DataError, match=message):
        RunFigures(**{**given, **settings})


def test_arrays_leave_the_room_read_only() -> None:
    mine = np.array([0.1, 0.2])
    figures = RunFigures.of_returns(mine, periods_per_year=252)
    with pytest.raises(ValueError, match="read-only"):
        figures.returns[0] = 0.0
    mine[0] = 0.3  # the caller's own array stays theirs


def test_returns_compound_from_the_initial_cash() -> None:
    figures = RunFigures.of_returns([0.5, -0.5], periods_per_year=252, initial_cash=100.0)
    assert figures.equity.tolist() == [150.0, 75.0]


def test_a_run_is_judged_only_when_it_traded_and_survived() -> None:
    def judged(**settings: object) -> bool:
        return RunFigures.of_returns([0.1, 0.1], periods_per_year=252, **settings).judged

    assert judged()
    assert not judged(n_fills=0)
    assert not judged(ruined=True)
    assert not RunFigures.of_returns([0.1], periods_per_year=252).judged
