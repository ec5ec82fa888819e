"""A recipe's network with what comes before and after it, and its weights. Imports torch at the top."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import torch
from torch import nn

from quantlab.errors import ForecastError
from quantlab.forecasting.forecaster import State
from quantlab.forecasting.losses import loss_of
from quantlab.forecasting.networks.blocks.across import AcrossSymbols, Together
from quantlab.forecasting.networks.parts import NewestOnly, OwnScale

if TYPE_CHECKING:
    from quantlab.forecasting.neural import NeuralForecaster

WEIGHTS = "weights/"  # what names of weights begin with in a state
EMBEDDING = "across.embedding"  # what is known of each symbol by itself, where symbols are read together


def build(recipe: NeuralForecaster, n_features: int, n_symbols: int) -> nn.Module:
    """From windows to what the loss wants: each window's own scale (if asked), the network, the head.

    A window's own scale is for what trading moves: the calendar, events, what stands still and extra fields would
    vanish where they do not change inside a window, and keep the fold's. Where symbols are read together, attention
    across them comes before the head.
    """
    if recipe.symbols == "together":
        return _together(recipe, n_features, n_symbols)
    layers = _first_layers(recipe)
    layers["network"] = recipe.network(n_features)
    layers["head"] = loss_of(recipe.loss).head(len(recipe.horizons), recipe.levels)
    return nn.Sequential(layers)


def _first_layers(recipe: NeuralForecaster) -> OrderedDict[str, nn.Module]:
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    if recipe.normalise == "window":
        layers["scale"] = OwnScale([each.reads_trades for each in recipe.inputs])
    if recipe.newest_inputs:
        layers["newest"] = NewestOnly(len(recipe.newest_inputs))
    return layers


def _together(recipe: NeuralForecaster, n_features: int, n_symbols: int) -> Together:
    loss, n_horizons = loss_of(recipe.loss), len(recipe.horizons)
    return Together(
        scale=nn.Sequential(_first_layers(recipe)),
        network=recipe.network(n_features),
        across=AcrossSymbols(n_symbols, recipe.n_outputs, n_horizons * loss.numbers(len(recipe.levels))),
        head=loss.head(n_horizons, recipe.levels),
    )


def n_symbols_of(state: State) -> int:
    """Count the symbols that the weights of `state` know by an embedding; 0 where they know none."""
    return len(state.get(WEIGHTS + EMBEDDING, ()))


def without_symbols(state: State) -> State:
    """Leave out what was learnt about single symbols: it means nothing to others."""
    return {name: value for name, value in state.items() if name != WEIGHTS + EMBEDDING}


def load(network: nn.Module, state: State, recipe: NeuralForecaster) -> None:
    """Put the weights of `state` into `network`; those of another network are refused.

    Embeddings that `state` does not have stay as they were drawn.
    """
    drawn = {name: value for name, value in network.state_dict().items() if name == EMBEDDING}
    weights = drawn | {
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
