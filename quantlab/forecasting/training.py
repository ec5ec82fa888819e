"""One loop that trains every network. Imports torch at the top."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from quantlab.errors import ForecastError
from quantlab.forecasting.averaging import Average, Averaging
from quantlab.forecasting.examples import Batch, Batches, laid_out
from quantlab.forecasting.optimisers import Optimiser
from quantlab.forecasting.schedules import Schedule
from quantlab.forecasting.shrinkage import matrices, soft_threshold

if TYPE_CHECKING:
    from quantlab.forecasting.neural import NeuralForecaster


def fit(
    network: nn.Module, recipe: NeuralForecaster, learn: Batches, validation: Batches, seed: int
) -> Tensor:
    """Train `network` in place and give its losses ``(n_epochs, 2)``: learning and validation, per epoch.

    After each epoch the validation loss decides whether these weights (or their average) are the best yet, and
    the best are what `network` holds in the end; without validation, the last. The validation column is NaN
    where there is none. Weights that need no gradient stand still.

    Raises
    ------
    ForecastError
        A loss that is not a number.
    """
    teacher, best = _Teacher.of(network, recipe, learn, seed), _Best(recipe.patience)
    history: list[tuple[float, float]] = []
    judges = validation.total > 0
    for epoch in range(recipe.epochs):
        learnt = teacher.teach(epoch, [pair[1 if judges else 0] for pair in history])
        judged = evaluate(teacher.average.network, validation) if judges else math.nan
        _refuse_nan(recipe, epoch, learnt, judged if judges else 0.0)
        history.append((learnt, judged))
        if judges and best.is_enough(judged, teacher.average.network):
            break
    network.load_state_dict(best.weights or teacher.average.network.state_dict())
    return torch.tensor(history, dtype=torch.float64)


@torch.inference_mode()
def evaluate(network: nn.Module, batches: Batches) -> float:
    """Mean loss of `network` over all examples, with dropout off."""
    network.eval()
    total = sum(float(_loss(network, batches, batch)) * batch.size for batch in batches.in_order())
    return total / batches.total


def _loss(network: nn.Module, batches: Batches, batch: Batch) -> Tensor:
    output = laid_out(network(*batch.inputs), batch.labels.present)
    return batches.loss.value(output, batch.labels)


@dataclass(eq=False)
class _Teacher:
    """What moves the weights, batch by batch."""

    network: nn.Module
    recipe: NeuralForecaster
    batches: Batches
    weights: list[nn.Parameter]
    optimiser: torch.optim.Optimizer
    full_batch: bool
    schedule: Schedule
    average: Average
    order: torch.Generator
    precision: Callable[[], AbstractContextManager[Any]]

    @classmethod
    def of(cls, network: nn.Module, recipe: NeuralForecaster, batches: Batches, seed: int) -> _Teacher:
        """Make what `recipe` says."""
        weights = [each for each in network.parameters() if each.requires_grad]
        optimiser = Optimiser.of(recipe.optimiser)
        return cls(
            network=network,
            recipe=recipe,
            batches=batches,
            weights=weights,
            optimiser=optimiser.build(weights, recipe.learning_rate, recipe.weight_decay),
            full_batch=optimiser.is_full_batch,
            schedule=Schedule.of(recipe.schedule),
            average=Average(network, Averaging.of(recipe.averaging), recipe.epochs),
            order=torch.Generator().manual_seed(seed),
            precision=_precision(recipe, batches.examples.view.device.type),
        )

    def teach(self, epoch: int, watched: Sequence[float]) -> float:
        """Make one pass over the examples in a new order; the mean loss."""
        set_learning(self.network)
        pass_ = self._one_step if self.full_batch else self._many_steps
        total = pass_(epoch, watched)
        with torch.no_grad():
            self.average.after_epoch(epoch)
        return float(total) / self.batches.total

    def _many_steps(self, epoch: int, watched: Sequence[float]) -> Tensor:
        """Take a step after every batch; the sum of losses."""
        total, per_epoch = self._nothing(), len(self.batches)
        for step, batch in enumerate(self.batches.shuffled(self.order), start=epoch * per_epoch):
            self.optimiser.zero_grad()
            value = self._loss(batch)
            value.backward()  # type: ignore[no-untyped-call]
            self._step(step, per_epoch, watched)
            total += value.detach() * batch.size
        return total

    def _one_step(self, epoch: int, watched: Sequence[float]) -> Tensor:
        """Take one step along the mean gradient of all batches, of which one at a time is in memory."""
        total = self._nothing()
        self.optimiser.zero_grad()
        for batch in self.batches.in_order():
            value = self._loss(batch) * batch.size
            (value / self.batches.total).backward()  # type: ignore[no-untyped-call]
            total += value.detach()
        self._step(epoch, 1, watched)
        return total

    def _loss(self, batch: Batch) -> Tensor:
        with self.precision():
            raw = self.network(*batch.inputs)
        return self.batches.loss.value(laid_out(raw.float(), batch.labels.present), batch.labels)

    def _step(self, step: int, per_epoch: int, watched: Sequence[float]) -> None:
        """Move the weights along the gradient that has come together."""
        recipe = self.recipe
        factor = self.schedule.factor_at(step, recipe.epochs * per_epoch, per_epoch, watched)
        rate = recipe.learning_rate * factor
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        nn.utils.clip_grad_norm_(self.weights, recipe.clip_norm)
        self.optimiser.step()
        with torch.no_grad():
            if recipe.l1:
                soft_threshold(matrices(self.weights), rate * recipe.l1)
            self.average.after_step()

    def _nothing(self) -> Tensor:
        return torch.zeros((), dtype=torch.float64, device=self.batches.examples.view.device)


def _precision(recipe: NeuralForecaster, device: str) -> Callable[[], AbstractContextManager[Any]]:
    """Compute in bfloat16 what suffers it, where the recipe comes to that."""
    if recipe.resolved_precision() == "float32":
        return nullcontext
    return partial(torch.autocast, device, dtype=torch.bfloat16)


def set_learning(network: nn.Module) -> None:
    """Switch dropout and running statistics on, except in layers that stand still."""
    network.train()
    for layer in network.modules():
        own = list(layer.parameters())
        if own and not any(each.requires_grad for each in own):
            layer.eval()


class _Best:
    """The best weights yet, and how many epochs in a row were no better."""

    def __init__(self, patience: int) -> None:
        self.weights: dict[str, Tensor] | None = None
        self._loss, self._patience, self._waited = math.inf, patience, 0

    def is_enough(self, loss: float, network: nn.Module) -> bool:
        """Keep the weights of `network` if `loss` is the best yet; tell whether to stop."""
        if loss < self._loss:
            self._loss, self.weights, self._waited = loss, copy.deepcopy(network.state_dict()), 0
            return False
        self._waited += 1
        return self._waited >= self._patience


def _refuse_nan(recipe: NeuralForecaster, epoch: int, *losses: float) -> None:
    if not all(math.isfinite(value) for value in losses):
        raise ForecastError(
            f"{recipe!r} lost its way in epoch {epoch}: the loss is {losses[0]} in learning, {losses[1]} in "
            f"validation. Give a smaller learning_rate (now {recipe.learning_rate:g}) or clip_norm "
            f"(now {recipe.clip_norm:g})."
        )
