"""The recipe of a neural forecaster: what every network shares. A network is one file in `networks/`."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from quantlab.errors import ForecastError
from quantlab.forecasting.baselines import NaiveForecaster, RidgeForecaster
from quantlab.forecasting.checks import between, one_of, whole
from quantlab.forecasting.forecaster import Forecaster, State
from quantlab.forecasting.versions import version_of
from quantlab.forecasting.windows import TrainingWindow

if TYPE_CHECKING:
    from torch import nn

    from quantlab.forecasting.trained_network import TrainedNetwork


@dataclass(frozen=True, kw_only=True, repr=False)
class NeuralForecaster(Forecaster):
    """A network pooled over symbols, trained on the pinball loss with early stopping.

    A new architecture is a subclass with one method, `network`; scaling, training, quantiles and serving are
    common to all. Features are standardised inside the fold, labels divided by their training standard
    deviation.

    Parameters
    ----------
    epochs, patience
        At most so many passes over the training block; stop after `patience` passes without a better loss on
        the validation part, and keep the best weights. Without a validation part all epochs run.
    batch
        Windows of one step.
    learning_rate, weight_decay
        Of AdamW (Loshchilov and Hutter 2019).
    clip_norm
        Largest norm of a gradient.
    normalise
        ``"fold"`` leaves windows as the fold's scaler makes them; ``"window"`` also subtracts each window's
        own mean and divides by its own deviation, per feature.
    device
        ``"auto"`` (a CUDA device where there is one), ``"cpu"`` or ``"cuda"``.
    """

    lookback: int = 32
    epochs: int = 30
    patience: int = 4
    batch: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    clip_norm: float = 1.0
    normalise: str = "fold"
    device: str = "auto"

    taught_by: ClassVar[tuple[str, ...]] = (
        "quantlab.forecasting.training",
        "quantlab.forecasting.trained_network",
        "quantlab.forecasting.networks.parts",
        "quantlab.forecasting.scaling",
        "quantlab.forecasting.windows",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        owner = type(self).__name__
        for name, low in (("epochs", 1), ("patience", 1), ("batch", 2)):
            whole(owner, name, getattr(self, name), low)
        between(owner, "learning_rate", self.learning_rate, 1e-8, 1.0)
        between(owner, "weight_decay", self.weight_decay, 0.0, 10.0)
        between(owner, "clip_norm", self.clip_norm, 1e-6)
        one_of(owner, "normalise", self.normalise, ("fold", "window"))
        one_of(owner, "device", self.device, ("auto", "cpu", "cuda"))
        if not self.features:
            raise ForecastError(f"{owner}(features=()): a network needs at least one feature.")

    @property
    def n_outputs(self) -> int:
        """Numbers that the network gives for a window: one for every horizon and level."""
        return len(self.horizons) * len(self.levels)

    @abstractmethod
    def network(self, n_features: int) -> nn.Module:
        """Build an untrained network: ``(n_windows, lookback, n_features)`` to ``(n_windows, n_outputs)``."""

    def train(self, window: TrainingWindow, *, seed: int = 0) -> TrainedNetwork:
        """Learn from `window`; the same seed gives the same weights on the same machine."""
        from quantlab.forecasting.trained_network import train_network  # torch is slow to import

        return train_network(self, window, seed)

    def restore(self, state: State) -> TrainedNetwork:
        """Make the trained network whose `state` this is."""
        from quantlab.forecasting.trained_network import restore_network

        return restore_network(self, state)

    def baselines(self) -> tuple[Forecaster, ...]:
        """Compare with the naive forecaster, and a line through the newest values of the same features."""
        line = RidgeForecaster(horizon=self.horizon, levels=self.levels, features=self.features)
        return (NaiveForecaster(horizon=self.horizon, levels=self.levels), line)

    def environment(self) -> dict[str, str]:
        """Versions and hardware that can change its numbers."""
        return {**super().environment(), "torch": version_of("torch"), "device": self.resolved_device()}

    def resolved_device(self) -> str:
        """Name the device that `device` comes to on this machine."""
        if self.device != "auto":
            return self.device
        if version_of("torch").endswith("+cpu"):
            return "cpu"  # known without importing torch
        from quantlab.forecasting.trained_network import has_cuda

        return "cuda" if has_cuda() else "cpu"
