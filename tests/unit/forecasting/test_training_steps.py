"""Optimisers, schedules, averages and the soft threshold, against hand arithmetic, plain NumPy and torch."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from quantlab.errors import ForecastError
from quantlab.forecasting.averaging import Average, Averaging
from quantlab.forecasting.networks.cnn1d import CNN1D
from quantlab.forecasting.optimisers import Optimiser
from quantlab.forecasting.schedules import Schedule
from quantlab.forecasting.shrinkage import matrices, soft_threshold
from tests.naive import training as naive

CURVATURE = np.array([1.0, 4.0])
NAMES = {"Optimiser": Optimiser, "Schedule": Schedule, "Averaging": Averaging}


def torch_steps(optimiser, rate, decay, n=3):
    """The weights after each step down ½ Σ c·w² from (1, −2)."""
    weight = nn.Parameter(torch.tensor([1.0, -2.0], dtype=torch.float64))
    built = optimiser.build([weight], rate, decay)
    passed = []
    for _ in range(n):
        built.zero_grad()
        (0.5 * (torch.tensor(CURVATURE) * weight.square()).sum()).backward()
        built.step()
        passed.append(weight.detach().numpy().copy())
    return passed


@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("name", list(Optimiser.options))
def test_three_steps_down_a_parabola(name, decay):
    epsilon = 1e-10 if name == "adagrad" else 1e-8
    expected = naive.steps(name, [1.0, -2.0], lambda w: CURVATURE * w, 0.1, 3, decay=decay, epsilon=epsilon)
    np.testing.assert_allclose(torch_steps(Optimiser(name), 0.1, decay), expected, rtol=1e-12, atol=1e-14)


def test_coefficients_are_passed_on():
    down = [[1.0, -2.0], lambda w: CURVATURE * w, 0.1, 3]
    for made, told in (
        (Optimiser("nesterov", momentum=0.5), {"momentum": 0.5}),
        (Optimiser("rmsprop", decay=0.5, epsilon=1e-3), {"rho": 0.5, "epsilon": 1e-3}),
        (Optimiser("adam", beta1=0.5, beta2=0.6, epsilon=0.1), {"betas": (0.5, 0.6), "epsilon": 0.1}),
        (Optimiser("adagrad", epsilon=0.5), {"epsilon": 0.5}),
    ):
        np.testing.assert_allclose(
            torch_steps(made, 0.1, 0.0), naive.steps(made.name, *down, **told), rtol=1e-12
        )


def test_first_steps_by_hand():
    # gd: 1 − 0.1·1 = 0.9, −2 + 0.1·8 = −1.2; the first step of adam is the rate, whatever the gradient.
    np.testing.assert_allclose(torch_steps(Optimiser("gd"), 0.1, 0.0, 1)[0], [0.9, -1.2], rtol=1e-12)
    np.testing.assert_allclose(torch_steps(Optimiser("adam"), 0.1, 0.0, 1)[0], [0.9, -1.9], rtol=1e-7)
    # momentum: v = 1, then 0.9·1 + 0.9 = 1.8: 0.9 − 0.18 = 0.72.
    assert torch_steps(Optimiser("momentum"), 0.1, 0.0, 2)[1][0] == pytest.approx(0.72, rel=1e-12)


@pytest.mark.parametrize(
    "value",
    [
        Optimiser("sgd"),
        Optimiser("adam", beta1=0.8),
        Schedule("one_cycle", rise=0.2, warm_up=0.5),
        Schedule("step", every=3),
        Averaging("ema", decay=0.9),
    ],
)
def test_choices_print_as_the_code_that_makes_them(value):
    assert eval(repr(value), NAMES) == value
    assert hash(eval(repr(value), NAMES)) == hash(value)


@pytest.mark.parametrize(
    ("make", "advice"),
    [
        (lambda: Optimiser("adm"), "Did you mean 'adam'"),
        (lambda: Optimiser("sgd", momentum=0.5), "sgd has no numbers"),
        (lambda: Optimiser("adam", momentum=0.5), "adam has beta1, beta2, epsilon"),
        (lambda: Optimiser("momentum", momentum=1.0), "from 0 to 0.9999"),
        (lambda: Schedule("cosine", every=3), "cosine has warm_up, floor"),
        (lambda: Schedule("cosine", floor=2.0), "from 0 to 1"),
        (lambda: Averaging("mean"), "Known: ema, none, swa"),
        (lambda: CNN1D(optimiser="adams"), "Did you mean 'adam'"),
        (lambda: CNN1D(loss="pinbal"), "Did you mean 'pinball'"),
        (lambda: CNN1D(precision="half"), "one of 'auto', 'float32', 'bfloat16'"),
        (lambda: CNN1D(l1=-1.0), "from 0 to 10"),
        (lambda: CNN1D(l1=0.1, averaging="ema"), 'choose averaging="none" or l1=0.0'),
        (lambda: CNN1D(frozen=("1",)), "need weights, pretrained="),
        (lambda: CNN1D(warm_start=3), "one of False, True"),
    ],
)
def test_wrong_choices_are_refused_with_advice(make, advice):
    with pytest.raises(ForecastError, match=advice):
        make()


def test_a_recipe_with_choices_prints_as_the_code_that_makes_it():
    from quantlab.forecasting.losses import Huber

    recipe = CNN1D(loss=Huber(threshold=0.5), optimiser="nesterov", schedule="cosine", averaging="swa")
    assert eval(repr(recipe), {**NAMES, "CNN1D": CNN1D, "Huber": Huber}) == recipe
    assert CNN1D(optimiser="adamw", loss="pinball") == CNN1D()


def factors(schedule, steps, per_epoch=1, watched=()):
    """The factor at every step."""
    return [schedule.factor_at(step, steps, per_epoch, watched) for step in range(steps)]


def torch_rates(make, n):
    """The learning rates that a scheduler of torch gives, from 1.0."""
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, rates = make(optimiser), []
    for _ in range(n):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return rates


def test_schedules_are_those_of_torch():
    schedulers = torch.optim.lr_scheduler
    np.testing.assert_allclose(
        factors(Schedule("cosine", floor=0.1), 20),
        torch_rates(lambda each: schedulers.CosineAnnealingLR(each, 20, eta_min=0.1), 20),
    )
    np.testing.assert_allclose(
        factors(Schedule("one_cycle"), 40),
        torch_rates(lambda each: schedulers.OneCycleLR(each, 1.0, total_steps=40, cycle_momentum=False), 40),
        rtol=1e-9,
    )
    np.testing.assert_allclose(
        factors(Schedule("step", every=3, factor=0.5), 10),
        torch_rates(lambda each: schedulers.StepLR(each, 3, 0.5), 10),
    )


def test_schedules_by_hand():
    assert factors(Schedule("constant"), 3) == [1.0, 1.0, 1.0]
    assert factors(Schedule("constant", warm_up=2), 6, per_epoch=2) == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    # two steps an epoch, a block of two epochs: four steps at 1, then 0.1.
    np.testing.assert_allclose(factors(Schedule("step", every=2), 6, per_epoch=2), [1, 1, 1, 1, 0.1, 0.1])
    np.testing.assert_allclose(
        factors(Schedule("cosine"), 4), [1.0, 0.5 + 0.5 * math.sqrt(0.5), 0.5, 0.5 - 0.5 * math.sqrt(0.5)]
    )
    assert factors(Schedule("one_cycle"), 1) == [1.0]
    plateau = Schedule("plateau")
    assert [plateau.factor_at(9, 99, 1, [3.0, 2.0, 2.0][:n]) for n in range(4)] == [1.0, 1.0, 1.0, 1.0]
    assert plateau.factor_at(9, 99, 1, [3.0, 2.0, 2.0, 2.5]) == 0.5
    assert plateau.factor_at(9, 99, 1, [3.0, 2.0, 2.0, 2.5, 2.1, 2.1]) == 0.25


@given(losses=st.lists(st.integers(0, 5), max_size=30), wait=st.integers(1, 4))
def test_a_plateau_halves_the_rate_as_often_as_counted(losses, wait):
    told = Schedule("plateau", wait=wait).factor_at(0, 1, 1, losses)
    assert told == 0.5 ** naive.plateaus(losses, wait)


class Weight(nn.Module):
    """One weight and a counter."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))


@torch.no_grad()
def averaged(averaging, values):
    """The weight to be kept after each epoch of one step."""
    network = Weight()
    average, kept = Average(network, averaging, len(values)), []
    for epoch, value in enumerate(values):
        network.weight.fill_(value)
        network.seen.fill_(epoch)
        average.after_step()
        average.after_epoch(epoch)
        kept.append(float(average.network.weight))
        assert int(average.network.seen) == epoch
    return kept


def test_averages_by_hand():
    assert averaged(Averaging("none"), [1.0, 2.0, 4.0]) == [1.0, 2.0, 4.0]
    assert averaged(Averaging("ema", decay=0.5), [1.0, 2.0, 4.0]) == [1.0, 1.5, 2.75]
    # half of six epochs pass by; then the mean of all since.
    assert averaged(Averaging("swa"), [9.0, 8.0, 7.0, 1.0, 2.0, 6.0]) == [9.0, 8.0, 7.0, 1.0, 1.5, 3.0]


@given(amount=st.floats(0.0, 3.0, width=32), seed=st.integers(0, 99))
def test_the_soft_threshold_is_its_formula(amount, seed):
    weight = torch.randn(20, generator=torch.Generator().manual_seed(seed))
    expected = np.sign(weight.numpy()) * np.maximum(np.abs(weight.numpy()) - np.float32(amount), 0.0)
    soft_threshold([weight], amount)
    np.testing.assert_allclose(weight.numpy(), expected, rtol=1e-6, atol=1e-7)
    assert ((weight.numpy() == 0.0) == (expected == 0.0)).all()


def test_offsets_are_not_penalised():
    layer = nn.Linear(3, 2)
    assert matrices(layer.parameters())[0] is layer.weight
    assert len(matrices(layer.parameters())) == 1
