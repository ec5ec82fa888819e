"""A network after learning, and its service in batches of one shape. Imports torch at the top."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from quantlab.forecasting.forecaster import State
from quantlab.forecasting.networks.parts import OwnScale, RisingQuantiles
from quantlab.forecasting.scaling import Scaler, usable_spread
from quantlab.forecasting.training import Examples, fit
from quantlab.forecasting.windows import TrainingWindow, Windows
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.forecasting.neural import NeuralForecaster

BATCH = 256  # the one shape that forecasts are made in: larger ones leave the processor's cache


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A trained network with the scales it was trained on.

    Parameters
    ----------
    network
        From scaled windows to rising quantiles of the scaled label.
    scaler
        Of the features.
    label_spread
        Standard deviation of the training labels ``(n_horizons,)``.
    history
        Losses ``(n_epochs, 2)``: learning and validation, per epoch.
    device
        Where it computes.
    """

    network: nn.Module
    scaler: Scaler
    label_spread: FloatArray
    history: FloatArray
    device: str

    @torch.inference_mode()
    def predict(self, windows: Windows) -> FloatArray:
        """Quantiles ``(n_windows, n_horizons, n_levels)``.

        Every batch has the same shape, the last one filled up with repetitions: the bits of a forecast do not
        depend on how many windows are asked.
        """
        self.network.eval()
        outputs = []
        with steady():
            view = stretches(self.scaler, windows, self.device)
            starts = torch.from_numpy(windows.starts).to(self.device)
            for part in windows.batches(BATCH):
                size = part.stop - part.start
                filled = starts[part][torch.arange(BATCH, device=self.device).clamp(max=size - 1)]
                outputs.append(self.network(view.index_select(0, filled))[:size].cpu().numpy())
        scaled = np.concatenate(outputs).astype(np.float64)
        return scaled * self.label_spread[:, None]

    def state(self) -> State:
        """Weights, scales and losses, as named arrays."""
        weights = {
            f"weights/{name}": value.cpu().numpy() for name, value in self.network.state_dict().items()
        }
        scales = {
            "centre": self.scaler.centre,
            "spread": self.scaler.spread,
            "label_spread": self.label_spread,
        }
        return {**weights, **scales, "history": self.history}


def train_network(recipe: NeuralForecaster, window: TrainingWindow, seed: int) -> TrainedNetwork:
    """Scale, build and fit the network of `recipe`; torch's global random state is left as it was."""
    device = recipe.resolved_device()
    scaler, label_spread = Scaler.fit(window.learn), usable_spread(window.learn_labels)
    learn = _examples(window.learn, window.learn_labels / label_spread, scaler, device)
    validation = _examples(window.validation, window.validation_labels / label_spread, scaler, device)
    with steady(), torch.random.fork_rng():
        torch.manual_seed(seed)
        network = _build(recipe, window.learn.features.shape[2]).to(device)
        history = fit(network, recipe, learn, validation, seed)
    return TrainedNetwork(network, scaler, label_spread, history.numpy(), device)


def restore_network(recipe: NeuralForecaster, state: State) -> TrainedNetwork:
    """Make the trained network whose `state` this is."""
    device = recipe.resolved_device()
    weights = {
        name[8:]: torch.from_numpy(value.copy())
        for name, value in state.items()
        if name.startswith("weights/")
    }
    with torch.random.fork_rng():  # building draws weights, which are replaced at once
        network = _build(recipe, len(state["centre"]))
    network.load_state_dict(weights)
    scaler = Scaler(state["centre"], state["spread"])
    return TrainedNetwork(network.to(device), scaler, state["label_spread"], state["history"], device)


def stretches(scaler: Scaler, windows: Windows, device: str) -> Tensor:
    """View every stretch of `lookback` scaled rows of one block ``(n_stretches, lookback, n_features)``.

    Stretches that straddle two symbols are in it too; no window points at them.
    """
    scaled = scaler.apply(windows.features)
    np.nan_to_num(scaled, copy=False)  # rows that no window reads
    rows = torch.from_numpy(scaled.astype(np.float32)).flatten(0, 1).to(device)
    return rows.unfold(0, windows.lookback, 1).transpose(1, 2)


def _examples(windows: Windows, labels: FloatArray, scaler: Scaler, device: str) -> Examples:
    return Examples(
        view=stretches(scaler, windows, device),
        starts=torch.from_numpy(windows.starts).to(device),
        labels=torch.from_numpy(labels.astype(np.float32)).to(device),
    )


def _build(recipe: NeuralForecaster, n_features: int) -> nn.Module:
    before = [OwnScale()] if recipe.normalise == "window" else []
    return nn.Sequential(
        *before, recipe.network(n_features), RisingQuantiles(len(recipe.horizons), recipe.levels)
    )


def has_cuda() -> bool:
    """Whether torch sees a CUDA device."""
    return torch.cuda.is_available()


@contextmanager
def steady() -> Iterator[None]:
    """Let torch compute the same bits every time: one thread (as fast for small networks), exact kernels."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
            yield
    finally:
        torch.set_num_threads(before)
