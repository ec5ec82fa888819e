"""How the learning rate moves while a network trains."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from quantlab.forecasting.choices import Choice

_ALWAYS = {"warm_up": 0.0}


@dataclass(frozen=True, repr=False)
class Schedule(Choice):
    """What the learning rate is multiplied by at step s of S, from 0.

    - ``"constant"``: 1.
    - ``"cosine"``: f + (1 − f)·(1 + cos(πs/S))/2 with f = `floor` (Loshchilov and Hutter 2017, without restarts).
    - ``"step"``: `factor` to the power of the full blocks of `every` epochs done.
    - ``"one_cycle"``: by half a cosine from 1/25 up to 1 over the share `rise` of the steps, then by another down to
      1/250,000 (Smith and Topin 2019).
    - ``"plateau"``: times `factor` whenever `wait` epochs in a row brought no better validation loss (learning
      loss where nothing validates).

    Each is further multiplied by min(1, (s + 1)/w), w the steps of `warm_up` epochs.

    Parameters
    ----------
    name
        One of the five.
    warm_up
        Epochs of linear rise, 0 unless given; a part of an epoch is allowed.
    floor
        Of cosine, 0 unless given, from 0 to 1.
    every, factor
        Of step, 10 epochs and 0.1 unless given; of plateau, `factor` 0.5.
    wait
        Of plateau, 2 epochs unless given.
    rise
        Of one_cycle, 0.3 unless given, from 0.01 to 0.99.

    Examples
    --------
    >>> Schedule("cosine", warm_up=1)
    Schedule('cosine', warm_up=1)
    >>> [round(Schedule("cosine").factor_at(step, 4, 1), 3) for step in range(4)]
    [1.0, 0.854, 0.5, 0.146]
    """

    warm_up: float | None = None
    floor: float | None = None
    every: float | None = None
    factor: float | None = None
    wait: float | None = None
    rise: float | None = None

    options: ClassVar[Mapping[str, Mapping[str, float]]] = {
        "constant": _ALWAYS,
        "cosine": {**_ALWAYS, "floor": 0.0},
        "step": {**_ALWAYS, "every": 10, "factor": 0.1},
        "one_cycle": {**_ALWAYS, "rise": 0.3},
        "plateau": {**_ALWAYS, "wait": 2, "factor": 0.5},
    }
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {
        "warm_up": (0.0, 1000.0),
        "floor": (0.0, 1.0),
        "every": (1, 10_000),
        "factor": (1e-6, 1.0),
        "wait": (1, 10_000),
        "rise": (0.01, 0.99),
    }

    def factor_at(self, step: int, steps: int, steps_per_epoch: int, watched: Sequence[float] = ()) -> float:
        """Return the factor at `step` of `steps`; `watched` are the losses of the epochs done, for plateau."""
        if self.name == "cosine":
            factor = _half_cosine(1.0, self.number("floor"), step / steps)
        elif self.name == "step":
            factor = self.number("factor") ** (step // steps_per_epoch // int(self.number("every")))
        elif self.name == "one_cycle":
            factor = _one_cycle(step, steps, self.number("rise"))
        elif self.name == "plateau":
            factor = self.number("factor") ** _plateaus(watched, int(self.number("wait")))
        else:
            factor = 1.0
        return factor * self._warmth(step, steps_per_epoch)

    def _warmth(self, step: int, steps_per_epoch: int) -> float:
        rising = self.number("warm_up") * steps_per_epoch
        return min(1.0, (step + 1) / rising) if rising else 1.0


def _half_cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1.0 + math.cos(math.pi * share)) / 2.0


def _one_cycle(step: int, steps: int, rise: float) -> float:
    low, peak, last = 1.0 / 25.0, max(0.0, rise * steps - 1.0), steps - 1.0
    if step < peak:
        return _half_cosine(low, 1.0, step / peak)
    return _half_cosine(1.0, low / 10_000.0, (step - peak) / (last - peak)) if last > peak else 1.0


def _plateaus(losses: Sequence[float], wait: int) -> int:
    """Count how often `wait` losses in a row were no better than the best before them."""
    best, waited, found = math.inf, 0, 0
    for loss in losses:
        best, waited = (loss, 0) if loss < best else (best, waited + 1)
        if waited == wait:
            found, waited = found + 1, 0
    return found
