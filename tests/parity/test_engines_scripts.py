"""Hundreds of drawn behaviours, every order call and every sight of `now`: two engines, the same bits."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import quantlab as ql
from tests.identities.cases import random_bars
from tests.parity import scripted
from tests.parity.drawn import cases, dense_case, with_script
from tests.parity.engines import COMPILED, assert_same, assert_same_bits, both, run
from tests.parity.scripted import DEEDS, SLOTS, ByFeature, ByPast

FEW, MANY = 150, 500
MADE = ("orders", "fills")
"""Positions and trades are made from these two by the same code in both engines; the other tests look at them."""


def ends():
    """What the last two runs saw in `on_end`: python first."""
    expected, ours = scripted.FINAL[-2:]
    return repr(expected), repr(ours)


@pytest.fixture(scope="module")
def compiled():
    """Refusing the scripted strategies is one failure, not five hundred to shrink."""
    for kind in (ByPast, ByFeature):
        bars = random_bars(1, 6, 1, absent=0.0)
        run(kind(), with_script(bars, *np.zeros((2, SLOTS, 6, 1)), np.zeros((6, 1))), COMPILED)


def drawn(n_cases):
    """Run drawn cases by both engines; count what they ran into."""
    met = Counter()

    @settings(max_examples=n_cases, deadline=None, suppress_health_check=list(HealthCheck))
    @given(cases())
    def run_all(case):
        bars = case.bars
        result = both(case.strategy, bars, tables=MADE, **case.terms)
        expected, ours = ends()
        assert ours == expected
        orders = result.orders
        met[type(case.strategy).__name__] += 1
        met.update(orders["kind"].unique())
        met.update(orders["status"].unique())
        met.update(orders["reason"].unique())
        met["ruined"] += result.ruined
        met["short"] += bool((result.fills["position"] < 0.0).any())
        met["no volume"] += bool(np.isnan(bars.volume).all())
        met["same close"] += result.fill == "same_close"
        met["intraday"] += bars.intraday
        met["cases"] += 1

    run_all()
    return met


def test_drawn_behaviours(compiled):
    assert drawn(FEW)["cases"] >= FEW


@pytest.mark.slow
def test_many_drawn_behaviours_meet_everything(compiled):
    met = drawn(MANY)
    wanted = {
        "ByPast", "ByFeature", "units", "value", "target_quantity", "target_value", "target_weight", "liquidation",
        "delisting", "filled", "rejected", "replaced", "unfilled_at_end", "scaled_to_cash", "no_cash",
        "no_volume", "no_price", "below_one_unit", "delisted", "at_target", "ruined", "short", "same close",
        "intraday", "no volume",
    }  # fmt: skip
    assert wanted - {what for what, times in met.items() if times} == set()


def test_ruin_with_orders_resting():
    """What rests when the account is ruined is cancelled: too rare to wait for among drawn cases."""
    nan = float("nan")
    prices = np.array([[10.0, 5.0], [10.0, nan], [25.0, nan], [30.0, 5.0]])
    bars = ql.Bars.from_arrays(
        time=np.datetime64("2020-01-01") + np.arange(4),
        symbols=["A", "B"],
        **dict.fromkeys(("open", "high", "low", "close"), prices),
    )
    deeds, sizes = np.zeros((2, SLOTS, 4, 2))
    deeds[0, 0, 0], sizes[0, 0, 0] = DEEDS.index("target_weight"), -40.0
    deeds[0, 1, 1], sizes[0, 1, 1] = DEEDS.index("order"), 1.0  # B has no bar until after the ruin
    for fill in ("next_open", "same_close"):
        script = with_script(bars, deeds, sizes, np.zeros((4, 2)))
        result = both(ByPast(), script, cash=100.0, execution=ql.Execution(fill=fill))
        assert result.ruined
        assert "cancelled" in set(result.orders["status"])


@pytest.mark.parametrize("seed", range(6))
def test_dense_scripts(seed):
    case = dense_case(seed, 120, 6)
    result = both(case.strategy, case.bars, **case.terms)
    assert len(result.orders) > 300  # the logs had to grow
    expected, ours = ends()
    assert ours == expected


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_many_dense_scripts(seed):
    case = dense_case(seed, 400, 12)
    both(case.strategy, case.bars, **case.terms)


@pytest.mark.slow
@settings(max_examples=5_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases(most_bars=60, most_symbols=8))
def test_many_more_drawn_behaviours(case):
    both(case.strategy, case.bars, **case.terms)


@pytest.mark.parametrize("deed", range(1, len(DEEDS)), ids=DEEDS[1:])
def test_every_deed_alone(deed):
    """The smallest script of each deed: what fails here is easiest to read."""
    bars = random_bars(17, 30, 3, absent=0.15)
    deeds, sizes = np.zeros((2, 3, 30, 3))
    deeds[0, 2::4] = deed
    sizes[0] = np.linspace(-30.0, 40.0, 90).reshape(30, 3)
    both(ByPast(), with_script(bars, deeds, sizes, np.zeros((30, 3))))


def test_a_difference_would_be_noticed():
    """The comparison itself: one altered term must fail, each table on its own."""
    case = dense_case(1, 60, 3)
    expected, _ = run(case.strategy, case.bars, "python", **case.terms)
    altered, _ = run(case.strategy, case.bars, "python", **case.terms, cash=100_000.000001)
    with pytest.raises(AssertionError, match="equity differs at"):
        assert_same(expected, altered)
    with pytest.raises(AssertionError, match="first at \\(1,\\)"):
        assert_same_bits(
            expected.equity.to_numpy()[:2] * 0.0,
            -0.0 * expected.equity.to_numpy()[:2].cumprod() * [-1, 1],
            "x",
        )
