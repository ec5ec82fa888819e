"""Averages of the weights that training passes through: smoother than the last ones."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from quantlab.forecasting.choices import Choice

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, repr=False)
class Averaging(Choice):
    """Which average of the weights is judged, kept and forecasts.

    - ``"none"``: the weights themselves.
    - ``"ema"``: after every step a = d·a + (1 − d)·w, d = `decay`, from the weights after the first step
      (Polyak and Juditsky 1992).
    - ``"swa"``: the mean of the weights after each epoch, from the epoch on that follows the share `start` of
      all epochs; until then the weights themselves (Izmailov et al. 2018).

    Parameters
    ----------
    name
        One of the three.
    decay
        Of ema, 0.99 unless given, from 0 to 0.99999.
    start
        Of swa, 0.5 unless given, from 0 to 0.99.

    Examples
    --------
    >>> Averaging("ema", decay=0.95)
    Averaging('ema', decay=0.95)
    """

    decay: float | None = None
    start: float | None = None

    options: ClassVar[Mapping[str, Mapping[str, float]]] = {
        "none": {},
        "ema": {"decay": 0.99},
        "swa": {"start": 0.5},
    }
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"decay": (0.0, 0.99999), "start": (0.0, 0.99)}


class Average:
    """The running average of the weights of a network; call its methods without gradients.

    Parameters
    ----------
    network
        Whose weights are averaged; buffers of floating numbers are averaged with them.
    averaging
        Which average.
    epochs
        Of the training, which swa counts.
    """

    def __init__(self, network: nn.Module, averaging: Averaging, epochs: int) -> None:
        self._network, self._averaging = network, averaging
        self._first = int(averaging.number("start") * epochs) if averaging.name == "swa" else 0
        self._copy: nn.Module | None = None
        self._seen = 0

    @property
    def network(self) -> nn.Module:
        """The network to judge and to keep."""
        return self._network if self._copy is None else self._copy

    def after_step(self) -> None:
        """Take the newest weights in, where every step counts."""
        if self._averaging.name == "ema":
            self._take(1.0 - self._averaging.number("decay"))

    def after_epoch(self, epoch: int) -> None:
        """Take the newest weights in, where every epoch counts."""
        if self._averaging.name == "swa" and epoch >= self._first:
            self._take(1.0 / (self._seen + 1))

    def _take(self, share: float) -> None:
        """Move the average by `share` of the way to the newest weights."""
        self._seen += 1
        if self._copy is None:
            self._copy = copy.deepcopy(self._network)
            return
        newest = self._network.state_dict()
        for name, mean in self._copy.state_dict().items():
            if mean.is_floating_point():
                mean.lerp_(newest[name], share)  # leaves equal numbers alone to the last bit
            else:
                mean.copy_(newest[name])
