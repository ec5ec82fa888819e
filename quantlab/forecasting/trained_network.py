"""A network after learning, and its service in batches of one shape. Imports torch at the top."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from quantlab.forecasting.assembly import WEIGHTS, build, freeze, load, n_symbols_of
from quantlab.forecasting.examples import Batches, Examples, grid_of
from quantlab.forecasting.forecaster import State, TrainedForecaster
from quantlab.forecasting.losses import loss_of
from quantlab.forecasting.losses.loss import Loss
from quantlab.forecasting.networks.blocks.across import Together
from quantlab.forecasting.residuals import all_labels
from quantlab.forecasting.scaling import Scaler, usable_spread
from quantlab.forecasting.served_quantiles import Calibration
from quantlab.forecasting.training import fit
from quantlab.forecasting.whole_bars import said_of_bars
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
        From scaled windows to what its loss wants of it, in label spreads.
    loss, levels
        The loss that says what its numbers mean, and the quantile levels that are served.
    scaler
        Of the features.
    label_centre, label_spread
        Mean and standard deviation of the training labels ``(n_horizons,)``; 0 where labels are not centred, and 1
        where a mean is asked for.
    history
        Losses ``(n_epochs, 2)``: learning and validation, per epoch.
    device
        Where it computes.
    calibration
        How a point or a score becomes quantiles; None where the network's numbers say them.
    """

    network: nn.Module
    loss: Loss
    levels: tuple[float, ...]
    scaler: Scaler
    label_centre: FloatArray
    label_spread: FloatArray
    history: FloatArray
    device: str
    calibration: Calibration | None = None

    def predict(self, windows: Windows) -> FloatArray:
        """Quantiles ``(n_windows, n_horizons, n_levels)``; of a network that reads symbols together, of whole bars."""
        return self.quantiles(self.numbers(windows), windows)

    def quantiles(self, numbers: FloatArray, windows: Windows) -> FloatArray:
        """Make labels' quantiles ``(n_windows, n_horizons, n_levels)`` of what the network itself says."""
        if self.calibration is None:
            quantiles = self.loss.quantiles(numbers, self.levels)
        else:
            quantiles = self.calibration.quantiles(numbers[..., 0], windows.symbols)
        quantiles *= self.label_spread[:, None]
        quantiles += self.label_centre[:, None]
        return quantiles

    @torch.inference_mode()
    def numbers(self, windows: Windows) -> FloatArray:
        """Give what the network itself says ``(n_windows, n_horizons, numbers)``, in label spreads.

        Every batch has the same shape, the last one filled up with repetitions: the bits of a forecast do not
        depend on how many windows, or bars, are asked.
        """
        self.network.eval()
        shape = (len(self.label_spread), self.loss.numbers(len(self.levels)))
        outputs = np.empty((len(windows), *shape))
        with steady():
            view = stretches(self.scaler, windows, self.device)
            if isinstance(self.network, Together):
                return said_of_bars(self.network, view, windows, shape, BATCH)
            starts = torch.from_numpy(windows.starts).to(self.device)
            for part in windows.batches(BATCH):
                size = part.stop - part.start
                filled = starts[part] if size == BATCH else _filled(starts[part])
                outputs[part] = self.network(view.index_select(0, filled))[:size].cpu().numpy()
        return outputs

    def light(self) -> TrainedForecaster:
        """Serve few windows at a time, without filling up a batch; a network of whole bars serves as it is."""
        self.network.eval()
        return self if isinstance(self.network, Together) else LightNetwork(self)

    def state(self) -> State:
        """Weights, scales and losses, as named arrays."""
        weights = {WEIGHTS + name: value.cpu().numpy() for name, value in self.network.state_dict().items()}
        scales = {
            "centre": self.scaler.centre,
            "spread": self.scaler.spread,
            "label_centre": self.label_centre,
            "label_spread": self.label_spread,
        }
        calibration = {} if self.calibration is None else self.calibration.state()
        return {**weights, **scales, **calibration, "history": self.history}


@dataclass(frozen=True, eq=False)
class LightNetwork:
    """The same network asked about few windows: a batch as large as they are many.

    Its answers differ from those of whole batches in the last bits of float32 (5e-8 of a label spread).
    """

    trained: TrainedNetwork

    @torch.inference_mode()
    def predict(self, windows: Windows) -> FloatArray:
        """Quantiles ``(n_windows, n_horizons, n_levels)``."""
        trained = self.trained
        scaled = trained.scaler.apply(windows.cut()).astype(np.float32)
        with one_thread() if trained.device == "cpu" else steady():
            numbers = trained.network(torch.from_numpy(scaled).to(trained.device)).cpu().numpy()
        return trained.quantiles(numbers.astype(np.float64), windows)

    def state(self) -> State:
        """Weights, scales and losses, as named arrays."""
        return self.trained.state()


def train_network(
    recipe: NeuralForecaster, window: TrainingWindow, seed: int, start: State | None = None
) -> TrainedNetwork:
    """Scale, build and fit the network of `recipe`, from the weights in `start` if given.

    Torch's global random state is left as it was.

    Raises
    ------
    ForecastError
        Weights of another network, or a loss that is not a number.
    """
    device, loss = recipe.resolved_device(), loss_of(recipe.loss)
    by_bar = recipe.symbols == "together" or loss.cut != "windows"
    scaler, (centre, label_spread) = Scaler.fit(window.learn), _label_scale(recipe, window)
    spread = torch.from_numpy(label_spread.astype(np.float32)).to(device)
    learn, validation = (
        Batches.of(
            _examples(windows, (labels - centre) / label_spread, scaler, by_bar, device), recipe, loss, spread
        )
        for windows, labels in (
            (window.learn, window.learn_labels),
            (window.validation, window.validation_labels),
        )
    )
    with steady(), torch.random.fork_rng():
        torch.manual_seed(seed)
        n_symbols, _, n_features = window.learn.features.shape
        network = build(recipe, n_features, n_symbols)
        if start is not None:
            load(network, start, recipe)
        if isinstance(network, Together):
            network.forget_all_but(torch.from_numpy(np.unique(window.learn.symbols)))
        freeze(network, recipe.frozen)
        history = fit(network.to(device), recipe, learn, validation, seed)
    trained = TrainedNetwork(
        network, loss, recipe.levels, scaler, centre, label_spread, history.numpy(), device
    )
    return replace(trained, calibration=_calibrated(recipe, trained, window))


def restore_network(recipe: NeuralForecaster, state: State) -> TrainedNetwork:
    """Make the trained network whose `state` this is."""
    device = recipe.resolved_device()
    with torch.random.fork_rng():  # building draws weights, which are replaced at once
        network = build(recipe, len(state["centre"]), n_symbols_of(state))
    load(network, state, recipe)
    return TrainedNetwork(
        network=network.to(device),
        loss=loss_of(recipe.loss),
        levels=recipe.levels,
        scaler=Scaler(state["centre"], state["spread"]),
        label_centre=state["label_centre"],
        label_spread=state["label_spread"],
        history=state["history"],
        device=device,
        calibration=Calibration.restore(state),
    )


def stretches(scaler: Scaler, windows: Windows, device: str) -> Tensor:
    """View every stretch of `lookback` scaled rows of one block ``(n_stretches, lookback, n_features)``.

    Stretches that straddle two symbols are in it too; no window points at them.
    """
    scaled = scaler.apply(windows.features)
    np.nan_to_num(scaled, copy=False)  # rows that no window reads
    rows = torch.from_numpy(scaled.astype(np.float32)).flatten(0, 1).to(device)
    return rows.unfold(0, windows.lookback, 1).transpose(1, 2)


def _label_scale(recipe: NeuralForecaster, window: TrainingWindow) -> tuple[FloatArray, FloatArray]:
    """Give the zero and the unit ``(n_horizons,)`` that labels are learnt in.

    The unit is their spread, and 1 for a mean, whose labels have a scale of their own. Returns keep their zero, which
    means something.
    """
    labels, target = window.learn_labels, recipe.spoken
    centre = labels.mean(axis=0) if target.is_centred else np.zeros(labels.shape[1])
    return centre, np.ones(labels.shape[1]) if target.is_mean else usable_spread(labels)


def _filled(starts: Tensor) -> Tensor:
    """Repeat the last of fewer than `BATCH` numbers until there are as many."""
    return starts[torch.arange(BATCH, device=starts.device).clamp(max=len(starts) - 1)]


def _examples(windows: Windows, labels: FloatArray, scaler: Scaler, by_bar: bool, device: str) -> Examples:
    grid = grid_of(windows) if by_bar else torch.empty(0, 1, dtype=torch.int64)
    return Examples(
        view=stretches(scaler, windows, device),
        starts=torch.from_numpy(windows.starts).to(device),
        labels=torch.from_numpy(labels.astype(np.float32)).to(device),
        grid=grid.to(device),
    )


def _calibrated(
    recipe: NeuralForecaster, trained: TrainedNetwork, window: TrainingWindow
) -> Calibration | None:
    """Hold points or scores against the labels of the whole training block, as its loss wants it."""
    if trained.loss.calibrated == "no":
        return None
    make = Calibration.of_points if trained.loss.calibrated == "residuals" else Calibration.of_scores
    parts = [trained.numbers(each)[..., 0] for each in (window.learn, window.validation) if len(each)]
    symbols, labels = all_labels(window)
    n_symbols = window.learn.features.shape[0]
    scaled = (labels - trained.label_centre) / trained.label_spread
    return make(recipe, np.concatenate(parts), scaled, symbols, n_symbols)


def has_cuda() -> bool:
    """Whether torch sees a CUDA device."""
    return torch.cuda.is_available()


def has_bfloat16() -> bool:
    """Whether the CUDA device computes in bfloat16."""
    return bool(torch.cuda.is_bf16_supported())


@contextmanager
def steady() -> Iterator[None]:
    """Let torch compute the same bits every time: one thread, exact kernels."""
    exact = {"enabled": True, "benchmark": False, "deterministic": True, "allow_tf32": False}
    with one_thread(), torch.backends.cudnn.flags(**exact):
        yield


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute in one thread, which is as fast for small networks."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
