"""One training for every symbol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from quantlab.errors import ForecastError
from quantlab.features.features import Feature
from quantlab.forecasting.checks import whole
from quantlab.forecasting.composed import Composed, joined_state, member_key, parted_state
from quantlab.forecasting.forecaster import Forecaster, State, TrainedForecaster
from quantlab.forecasting.windows import TrainingWindow, Windows
from quantlab.typing import BoolArray, FloatArray


@dataclass(frozen=True, kw_only=True, repr=False)
class PerSymbolForecaster(Composed):
    """A forecaster of its own for every symbol: `member` is trained on the windows of one symbol at a time.

    Nothing of another symbol reaches a forecast (unless `member` is `ranked`: ranks are taken across symbols
    before), so it is what training on bars of that symbol alone would give, with the same seed. A symbol with
    fewer than `at_least` training windows, or without any in a validation part that others have, gets no
    forecast in that fold: NaN, rather than what was learnt from others.

    Parameters
    ----------
    member
        Any recipe.
    at_least
        Training windows (learning part) that a symbol needs, from 1.
    horizon, target, levels
        Put in place of the member's own; its own unless given.
    lookback, features, known, static, ranked
        The member's; they cannot be given.
    choice
        How it was found, or else the member was.

    Raises
    ------
    ForecastError
        A member that is no recipe.

    Examples
    --------
    >>> from quantlab.forecasting.baselines import RidgeForecaster
    >>> PerSymbolForecaster(member=RidgeForecaster(horizon=5), at_least=250)
    PerSymbolForecaster(horizon=5, member=RidgeForecaster(horizon=5), at_least=250)
    """

    member: Forecaster
    at_least: int = 100

    def __post_init__(self) -> None:
        given: object = self.member
        if not isinstance(given, Forecaster):
            raise ForecastError(
                f"PerSymbolForecaster(member={given!r}): give a forecaster made by a call, such as "
                "RidgeForecaster(horizon=5)."
            )
        whole("PerSymbolForecaster", "at_least", self.at_least, 1)
        put = object.__setattr__
        told: dict[str, Any] = {
            name: getattr(self, name) or getattr(given, name) for name in ("horizon", "target", "levels")
        }
        put(self, "member", member := replace(given, **told))
        for name, value in told.items():
            put(self, name, value)
        for name in ("lookback", "features", "known", "static", "ranked"):
            put(self, name, getattr(member, name))
        put(self, "choice", self.choice or member.choice)
        super().__post_init__()

    def train(self, window: TrainingWindow, *, seed: int = 0) -> TrainedPerSymbol:
        """Train the member on every symbol that has windows enough, each with the same `seed`."""
        parts = self._parts(window)
        trained = {symbol: self.member.train(own, seed=seed) for symbol, own in parts.items()}
        return TrainedPerSymbol(self, trained)

    def train_after(
        self, before: TrainedForecaster, window: TrainingWindow, *, seed: int = 0
    ) -> TrainedPerSymbol:
        """Train as `train` does, each symbol starting from what the earlier fold learnt about it, if anything."""
        earlier, trained = cast("TrainedPerSymbol", before).trained, {}
        for symbol, own in self._parts(window).items():
            if symbol in earlier:
                trained[symbol] = self.member.train_after(earlier[symbol], own, seed=seed)
            else:
                trained[symbol] = self.member.train(own, seed=seed)
        return TrainedPerSymbol(self, trained)

    def restore(self, state: State) -> TrainedPerSymbol:
        """Make the trained forecaster whose `state` this is."""
        parts = sorted(parted_state(state).items())
        return TrainedPerSymbol(self, {symbol: self.member.restore(own) for symbol, own in parts})

    @property
    def starts_warm(self) -> bool:
        """Whether a fold starts from what the fold before it learnt: as the member does."""
        return self.member.starts_warm

    @property
    def known_through(self) -> int:
        """Close of the last bar that the member has seen before any training, in nanoseconds UTC."""
        return self.member.known_through

    def ranks(self, each: Feature) -> bool:
        """Whether the member reads the ranks of this input."""
        return self.member.ranks(each)

    def baselines(self) -> tuple[Forecaster, ...]:
        """Compare with what the member is compared with, pooled over symbols."""
        return self.member.baselines()

    def environment(self) -> dict[str, str]:
        """Versions and hardware of the member, and its code."""
        return {**super().environment(), **self.member.environment(), "member": member_key(self.member)}

    def _parts(self, window: TrainingWindow) -> Mapping[int, TrainingWindow]:
        """Cut what each symbol with windows enough may learn from."""
        parts = {}
        for symbol in np.unique(window.learn.symbols).tolist():
            learnt, judged = (each.symbols == symbol for each in (window.learn, window.validation))
            if learnt.sum() >= self.at_least and (judged.any() or not len(window.validation)):
                parts[symbol] = TrainingWindow(
                    _of(window.learn, symbol, learnt),
                    window.learn_labels[learnt],
                    _of(window.validation, symbol, judged),
                    window.validation_labels[judged],
                )
        return parts


@dataclass(frozen=True, eq=False)
class TrainedPerSymbol:
    """The trained member of each symbol that had windows enough, by the number of its column."""

    recipe: PerSymbolForecaster
    trained: Mapping[int, TrainedForecaster]

    def predict(self, windows: Windows) -> FloatArray:
        """Ask each symbol's own ``(n_windows, n_horizons, n_levels)``; NaN for a symbol that has none."""
        shape = (len(windows), len(self.recipe.horizons), len(self.recipe.levels))
        told = np.full(shape, np.nan)
        for symbol, each in self.trained.items():
            own = windows.symbols == symbol
            if own.any():
                told[own] = each.predict(_of(windows, symbol, own))
        return told

    def state(self) -> State:
        """Give what was learnt of every symbol, its names led by the symbol's number."""
        return joined_state(self.trained)


def _of(windows: Windows, symbol: int, which: BoolArray) -> Windows:
    """Cut those windows of one symbol, as if there were no other."""
    rows = windows.rows[which]
    return replace(
        windows, features=windows.features[symbol : symbol + 1], symbols=np.zeros_like(rows), rows=rows
    )
