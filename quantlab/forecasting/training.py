"""One loop that trains every network. Imports torch at the top."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from quantlab.errors import ForecastError
from quantlab.forecasting.networks.parts import PinballLoss

if TYPE_CHECKING:
    from quantlab.forecasting.neural import NeuralForecaster


@dataclass(frozen=True, eq=False)
class Examples:
    """Windows as a strided view with the labels of some of them.

    Parameters
    ----------
    view
        Every stretch of `lookback` rows ``(n_stretches, lookback, n_features)``, float32, sharing memory.
    starts
        Which stretches are examples ``(n_examples,)``.
    labels
        ``(n_examples, n_horizons)``, scaled.
    """

    view: Tensor
    starts: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.starts)

    def batch(self, which: Tensor) -> tuple[Tensor, Tensor]:
        """Copy some windows and their labels."""
        return self.view.index_select(0, self.starts[which]), self.labels[which]


def fit(
    network: nn.Module, recipe: NeuralForecaster, learn: Examples, validation: Examples, seed: int
) -> Tensor:
    """Train `network` in place and give its losses ``(n_epochs, 2)``: learning and validation, per epoch.

    AdamW on the pinball loss; after each epoch the validation loss decides whether these weights are the best
    yet, and the best are what `network` holds in the end. The validation column is NaN where there is no
    validation.

    Raises
    ------
    ForecastError
        A loss that is not a number.
    """
    loss = PinballLoss(recipe.levels).to(learn.view.device)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )
    order = torch.Generator().manual_seed(seed)
    history: list[tuple[float, float]] = []
    best, best_weights, waited = float("inf"), copy.deepcopy(network.state_dict()), 0
    for epoch in range(recipe.epochs):
        learnt = _one_epoch(network, loss, optimiser, recipe, learn, order)
        judged = evaluate(network, loss, validation, recipe.batch) if len(validation) else float("nan")
        _refuse_nan(recipe, epoch, learnt, judged if len(validation) else 0.0)
        history.append((learnt, judged))
        if judged < best:
            best, best_weights, waited = judged, copy.deepcopy(network.state_dict()), 0
            continue
        waited += 1
        if len(validation) and waited >= recipe.patience:
            break
    if len(validation):
        network.load_state_dict(best_weights)
    return torch.tensor(history, dtype=torch.float64)


def _one_epoch(
    network: nn.Module,
    loss: PinballLoss,
    optimiser: torch.optim.Optimizer,
    recipe: NeuralForecaster,
    learn: Examples,
    order: torch.Generator,
) -> float:
    """One pass over the examples in a new order; the mean loss."""
    network.train()
    total = torch.zeros((), dtype=torch.float64, device=learn.view.device)
    for which in torch.split(torch.randperm(len(learn), generator=order), recipe.batch):
        windows, labels = learn.batch(which.to(learn.view.device))
        optimiser.zero_grad()
        value = loss(network(windows), labels)
        value.backward()
        nn.utils.clip_grad_norm_(network.parameters(), recipe.clip_norm)
        optimiser.step()
        total += value.detach() * len(which)
    return float(total) / len(learn)


@torch.inference_mode()
def evaluate(network: nn.Module, loss: PinballLoss, examples: Examples, batch: int) -> float:
    """Mean loss of `network` over `examples`, with dropout off."""
    network.eval()
    total = 0.0
    for which in torch.split(torch.arange(len(examples), device=examples.view.device), batch):
        windows, labels = examples.batch(which)
        total += float(loss(network(windows), labels)) * len(which)
    return total / len(examples)


def _refuse_nan(recipe: NeuralForecaster, epoch: int, *losses: float) -> None:
    if not all(value == value and abs(value) != float("inf") for value in losses):
        raise ForecastError(
            f"{recipe!r} lost its way in epoch {epoch}: the loss is {losses[0]} in learning, {losses[1]} in "
            f"validation. Give a smaller learning_rate (now {recipe.learning_rate:g}) or clip_norm "
            f"(now {recipe.clip_norm:g})."
        )
