"""The recipe of a neural forecaster: what every network shares. A network is one file in `networks/`."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from quantlab.errors import ForecastError
from quantlab.forecasting.averaging import Averaging
from quantlab.forecasting.baselines import line_beside, naive_beside
from quantlab.forecasting.checks import between, one_of, whole
from quantlab.forecasting.forecast import NEVER
from quantlab.forecasting.forecaster import Forecaster, State, TrainedForecaster
from quantlab.forecasting.losses import BY_NAME, Loss, Pinball, loss_of
from quantlab.forecasting.optimisers import Optimiser
from quantlab.forecasting.schedules import Schedule
from quantlab.forecasting.transfer import Pretrained
from quantlab.forecasting.versions import version_of
from quantlab.forecasting.windows import TrainingWindow

if TYPE_CHECKING:
    from torch import nn

    from quantlab.forecasting.trained_network import TrainedNetwork

TOLD = 16  # numbers that a window comes to for each horizon before symbols hear each other
_PINBALL, _ADAMW = Pinball(), Optimiser("adamw")
_CONSTANT, _NO_AVERAGE = Schedule("constant"), Averaging("none")


@dataclass(frozen=True, kw_only=True, repr=False)
class NeuralForecaster(Forecaster):
    """A network for all symbols, trained by one loop with early stopping.

    A new architecture is a subclass with one method, `network`; scaling, losses, training, quantiles and
    serving are common to all. Features are standardised inside the fold, labels divided by their training
    standard deviation (volatilities after their mean was taken off; those of a probability stay as they are).

    Parameters
    ----------
    loss
        What it is taught to be good at, a name or a value of `quantlab.forecasting.losses`: ``"pinball"``,
        ``"mse"``, ``"huber"``, ``"gaussian"``, ``"student"``, ``"direction"``, ``"ic"``, ``"rank"``,
        ``"decision"``. Quantiles come out of all of them. A target that is a probability or an expected value has
        losses of its own, ``"cross_entropy"`` or ``"mse"`` in place of the default.
    optimiser
        How weights follow the gradient, a name or an `Optimiser`: ``"gd"``, ``"sgd"``, ``"momentum"``,
        ``"nesterov"``, ``"adagrad"``, ``"rmsprop"``, ``"adam"``, ``"adamw"``.
    learning_rate
        Of the optimiser, from 1e-8 to 1.
    schedule
        How the learning rate moves, a name or a `Schedule`: ``"constant"``, ``"cosine"``, ``"step"``,
        ``"one_cycle"``, ``"plateau"``.
    epochs, patience
        At most so many passes over the training block; stop after `patience` passes without a better loss on
        the validation part, and keep the best weights. Without a validation part all epochs run.
    batch
        Windows of one step.
    weight_decay
        The L2 penalty, from 0 to 10.
    l1
        The L1 penalty of weights (not of offsets), from 0 to 10: after each step every weight moves towards
        zero by the learning rate times `l1`, and becomes exactly 0.0 where it is nearer.
    clip_norm
        Largest norm of a gradient.
    averaging
        Which average of the weights is kept, a name or an `Averaging`: ``"none"``, ``"ema"``, ``"swa"``.
    normalise
        ``"fold"`` leaves windows as the fold's scaler makes them; ``"window"`` also subtracts each window's
        own mean and divides by its own deviation, per feature of prices or volume (the calendar, events, what
        stands still and extra fields keep the fold's scale).
    warm_start
        Whether each fold of a walk-forward starts from the weights of the fold before it.
    pretrained, frozen
        Weights to start from, and which of their layers stand still; see `fine_tuned`.
    precision
        What training computes in: ``"float32"``; ``"bfloat16"`` for products of matrices; ``"auto"``:
        bfloat16 where a CUDA device has it, float32 on a processor, where bfloat16 is mostly slower (measure:
        ``tests/benchmarks/test_training.py``). Weights, losses and forecasts are always float32.
    device
        ``"auto"`` (a CUDA device where there is one), ``"cpu"`` or ``"cuda"``.
    symbols
        What one sample is. ``"pooled"``: the window of one symbol, and no other symbol is seen.
        ``"together"``: a bar, all symbols that have a complete window at it (in training: and a label). The
        network makes a vector of each window, one attention layer lets the symbols of the bar listen to each
        other, and every symbol has a learnt embedding that says whom it listens to and how loudly, so that
        "B follows A" can be learnt; see `AcrossSymbols`. Columns count by their embeddings alone, not by
        their number or sequence. A symbol without a window in the training block has an embedding of zeros:
        it listens, and is listened to, by what its window looks like. `pretrain` leaves embeddings out.
    """

    lookback: int = 32
    loss: Loss | str = _PINBALL
    optimiser: Optimiser | str = _ADAMW
    learning_rate: float = 1e-3
    schedule: Schedule | str = _CONSTANT
    epochs: int = 30
    patience: int = 4
    batch: int = 256
    weight_decay: float = 1e-2
    l1: float = 0.0
    clip_norm: float = 1.0
    averaging: Averaging | str = _NO_AVERAGE
    normalise: str = "fold"
    warm_start: bool = False
    pretrained: Pretrained | None = None
    frozen: tuple[str, ...] = ()
    precision: str = "float32"
    device: str = "auto"
    symbols: str = "pooled"

    taught_by: ClassVar[tuple[str, ...]] = tuple(
        f"quantlab.forecasting.{module}"
        for module in (
            "assembly",
            "examples",
            "networks.blocks.across",
            "networks.parts",
            "residuals",
            "scaling",
            "served_quantiles",
            "shrinkage",
            "trained_network",
            "training",
            "whole_bars",
            "windows",
        )
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        owner = type(self).__name__
        for name, low in (("epochs", 1), ("patience", 1), ("batch", 2)):
            whole(owner, name, getattr(self, name), low)
        between(owner, "learning_rate", self.learning_rate, 1e-8, 1.0)
        between(owner, "weight_decay", self.weight_decay, 0.0, 10.0)
        between(owner, "l1", self.l1, 0.0, 10.0)
        between(owner, "clip_norm", self.clip_norm, 1e-6)
        one_of(owner, "normalise", self.normalise, ("fold", "window"))
        one_of(owner, "warm_start", self.warm_start, (False, True))
        one_of(owner, "precision", self.precision, ("auto", "float32", "bfloat16"))
        one_of(owner, "device", self.device, ("auto", "cpu", "cuda"))
        one_of(owner, "symbols", self.symbols, ("pooled", "together"))
        if not self.inputs:
            raise ForecastError(f"{owner}(features=()): a network needs at least one feature.")
        put = object.__setattr__
        put(self, "loss", self._loss())
        put(self, "optimiser", Optimiser.of(self.optimiser))
        put(self, "schedule", Schedule.of(self.schedule))
        put(self, "averaging", averaging := Averaging.of(self.averaging))
        if self.l1 and averaging.name != "none":
            raise ForecastError(
                f"{owner}(l1={self.l1:g}, averaging={averaging.name!r}): an average of weights that are "
                'exactly 0.0 now and then is not; choose averaging="none" or l1=0.0.'
            )
        self._check_start()

    def _loss(self) -> Loss:
        """Give the loss, the target's usual one where none was asked for; another's is refused."""
        chosen, target = loss_of(self.loss), self.spoken
        if chosen == _PINBALL:
            chosen = loss_of(target.losses[0])
        named = next((name for name, kind in BY_NAME.items() if type(chosen) is kind), None)
        if named is not None and named not in target.losses:
            raise ForecastError(
                f"{type(self).__name__}(target={target!r}, loss={chosen!r}): that loss cannot teach {target.what}; "
                f"choose one of {', '.join(target.losses)}."
            )
        return chosen

    def _check_start(self) -> None:
        owner, given = type(self).__name__, self.pretrained
        layers: object = self.frozen
        if isinstance(layers, str):
            raise ForecastError(f"{owner}(frozen={layers!r}): give a tuple, ({layers!r},).")
        object.__setattr__(self, "frozen", tuple(self.frozen))
        if given is not None and not isinstance(given, Pretrained):
            raise ForecastError(
                f"{owner}(pretrained={given!r}): give what pretrain() or Pretrained.load() made."
            )
        if given is not None:
            given.check_layers(self.frozen)
        elif self.frozen:
            raise ForecastError(
                f"{owner}(frozen={self.frozen!r}): layers that stand still need weights, pretrained= those of "
                "pretrain()."
            )

    def fine_tuned(self, pretrained: Pretrained, *, frozen: tuple[str, ...] = (), **changes: Any) -> Self:
        """Give this recipe with another start: the weights that `pretrain` made instead of drawn ones.

        Parameters
        ----------
        pretrained
            Made by a recipe with the same architecture, features, horizons, levels and loss; its target may be
            another one.
        frozen
            Layers that stand still, by the names in ``pretrained.layers`` or what these begin with.
        changes
            Other fields, such as a smaller ``learning_rate``.
        """
        return replace(self, pretrained=pretrained, frozen=frozen, **changes)

    @property
    def known_through(self) -> int:
        """Close of the last bar that its weights have seen before any training, in nanoseconds UTC."""
        return NEVER if self.pretrained is None else self.pretrained.trained_through

    @property
    def looks_across(self) -> bool:
        """Whether what is said of a symbol depends on others: also where they are read together."""
        return super().looks_across or self.symbols == "together"

    @property
    def starts_warm(self) -> bool:
        """Whether a fold starts from what the fold before it learnt."""
        return self.warm_start

    @property
    def n_outputs(self) -> int:
        """Numbers that the network gives for a window: as many as its loss wants, for every horizon.

        Where symbols are read together it is the length of the vector that other symbols hear of.
        """
        pooled = self.symbols == "pooled"
        return len(self.horizons) * (loss_of(self.loss).numbers(len(self.levels)) if pooled else TOLD)

    @abstractmethod
    def network(self, n_features: int) -> nn.Module:
        """Build an untrained network: ``(n_windows, lookback, n_features)`` to ``(n_windows, n_outputs)``."""

    def train(self, window: TrainingWindow, *, seed: int = 0) -> TrainedNetwork:
        """Learn from `window`; the same seed gives the same weights on the same machine."""
        from quantlab.forecasting.trained_network import train_network  # torch is slow to import

        return train_network(self, window, seed, None if self.pretrained is None else self.pretrained.state)

    def train_after(
        self, before: TrainedForecaster, window: TrainingWindow, *, seed: int = 0
    ) -> TrainedNetwork:
        """Learn from `window`, starting from the weights of `before`; scales are those of `window`."""
        from quantlab.forecasting.trained_network import train_network

        return train_network(self, window, seed, before.state())

    def restore(self, state: State) -> TrainedNetwork:
        """Make the trained network whose `state` this is."""
        from quantlab.forecasting.trained_network import restore_network

        return restore_network(self, state)

    def baselines(self) -> tuple[Forecaster, ...]:
        """Compare with the naive forecaster, and a line through the newest values of the same features."""
        return (naive_beside(self), line_beside(self))

    def environment(self) -> dict[str, str]:
        """Versions and hardware that can change its numbers."""
        own = {
            "torch": version_of("torch"),
            "device": self.resolved_device(),
            "precision": self.resolved_precision(),
        }
        return {**super().environment(), **own}

    def resolved_device(self) -> str:
        """Name the device that `device` comes to on this machine."""
        if self.device != "auto":
            return self.device
        if version_of("torch").endswith("+cpu"):
            return "cpu"  # known without importing torch
        from quantlab.forecasting.trained_network import has_cuda

        return "cuda" if has_cuda() else "cpu"

    def resolved_precision(self) -> str:
        """Name the precision that `precision` comes to on this machine."""
        if self.precision != "auto":
            return self.precision
        if self.resolved_device() == "cpu":
            return "float32"
        from quantlab.forecasting.trained_network import has_bfloat16

        return "bfloat16" if has_bfloat16() else "float32"
