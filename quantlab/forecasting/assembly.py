"""A recipe's network with what comes before and after it, and its weights. Imports torch at the top."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import torch
from torch import nn

from quantlab.errors import ForecastError
from quantlab.forecasting.forecaster import State
from quantlab.forecasting.losses import loss_of
from quantlab.forecasting.networks.parts import OwnScale

if TYPE_CHECKING:
    from quantlab.forecasting.neural import NeuralForecaster

WEIGHTS = "weights/"  # what names of weights begin with in a state


def build(recipe: NeuralForecaster, n_features: int) -> nn.Module:
    """From windows to what the loss wants: each window's own scale (if asked), the network, the head."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    if recipe.normalise == "window":
        layers["scale"] = OwnScale()
    layers["network"] = recipe.network(n_features)
    layers["head"] = loss_of(recipe.loss).head(len(recipe.horizons), recipe.levels)
    return nn.Sequential(layers)


def load(network: nn.Module, state: State, recipe: NeuralForecaster) -> None:
    """Put the weights of `state` into `network`; those of another network are refused."""
    weights = {
        name.removeprefix(WEIGHTS): torch.from_numpy(value.copy())
        for name, value in state.items()
        if name.startswith(WEIGHTS)
    }
    try:
        network.load_state_dict(weights)
    except (RuntimeError, TypeError) as error:
        told = " ".join(str(error).split())
        raise ForecastError(
            f"these weights are not those of {recipe!r}: {told} Give a recipe with the same architecture, "
            "features, horizons, levels and loss."
        ) from error


def freeze(network: nn.Module, layers: tuple[str, ...]) -> None:
    """Let the named layers of the recipe's network stand still."""
    for name, weight in network.named_parameters():
        weight.requires_grad = not any(name.startswith(f"network.{layer}.") for layer in layers)
