"""Several forecasters as one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from quantlab.errors import ForecastError
from quantlab.features.features import Feature
from quantlab.forecasting.baselines import line_beside, naive_beside
from quantlab.forecasting.composed import Composed, joined_state, member_key, parted_state
from quantlab.forecasting.forecaster import Choice, Forecaster, State, TrainedForecaster
from quantlab.forecasting.light import light
from quantlab.forecasting.windows import TrainingWindow, Windows
from quantlab.typing import FloatArray


@dataclass(frozen=True, kw_only=True, repr=False)
class EnsembleForecaster(Composed):
    """The mean of its members' quantiles, level by level.

    Members may read different features over different lookbacks; a forecast is made where the windows of all
    are complete. Averaging quantiles rather than probabilities keeps the shape of agreeing members and never
    crosses. Each member draws from a random stream of its own, so equal networks make an ensemble too.

    Parameters
    ----------
    members
        Two recipes or more.
    horizon, target, levels
        Put in place of the members' own; theirs unless given, in which case all must have the same.
    lookback, features, ranked
        The longest, all, and what those members that read features agree on; they cannot be given, nor `known` and
        `static`, which members have.

    Examples
    --------
    >>> from quantlab.forecasting.baselines import NaiveForecaster, RidgeForecaster
    >>> EnsembleForecaster(members=(RidgeForecaster(horizon=5), NaiveForecaster(horizon=5)))
    EnsembleForecaster(horizon=5, members=(RidgeForecaster(horizon=5), NaiveForecaster(horizon=5)))

    References
    ----------
    K. C. Lichtendahl, Y. Grushka-Cockayne and R. L. Winkler (2013), "Is it better to average probabilities or
    quantiles?", Management Science 59(7).
    """

    members: tuple[Forecaster, ...]

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "members", self._checked())
        told: dict[str, Any] = {
            name: getattr(self, name) or self._agreed(name) for name in ("horizon", "target", "levels")
        }
        put(self, "members", tuple(replace(each, **told) for each in self.members))
        for name, value in told.items():
            put(self, name, value)
        read = dict.fromkeys(each for member in self.members for each in member.inputs)
        put(self, "features", tuple(read))
        put(self, "lookback", max(each.lookback for each in self.members))
        put(self, "ranked", self._all_ranked())
        put(self, "choice", self.choice or self._choice_of_members())
        super().__post_init__()

    @property
    def known_through(self) -> int:
        """Close of the last bar that any member has seen before training, in nanoseconds UTC; `NEVER` if none."""
        return max(each.known_through for each in self.members)

    @property
    def starts_warm(self) -> bool:
        """Whether a fold starts from what the fold before it learnt: where any member does."""
        return any(each.starts_warm for each in self.members)

    def train(self, window: TrainingWindow, *, seed: int = 0) -> TrainedEnsemble:
        """Train every member on its part of `window`."""
        trained = (member.train(own, seed=drawn) for member, own, drawn in self._parts(window, seed))
        return TrainedEnsemble(self, tuple(trained))

    def train_after(
        self, before: TrainedForecaster, window: TrainingWindow, *, seed: int = 0
    ) -> TrainedEnsemble:
        """Train as `train` does, members that start warm from what they learnt in the earlier fold."""
        earlier = cast("TrainedEnsemble", before).trained
        trained = (
            member.train_after(learnt, own, seed=drawn)
            if member.starts_warm
            else member.train(own, seed=drawn)
            for learnt, (member, own, drawn) in zip(earlier, self._parts(window, seed), strict=True)
        )
        return TrainedEnsemble(self, tuple(trained))

    def restore(self, state: State) -> TrainedEnsemble:
        """Make the trained forecaster whose `state` this is."""
        parts = parted_state(state)
        trained = (member.restore(parts.get(number, {})) for number, member in enumerate(self.members))
        return TrainedEnsemble(self, tuple(trained))

    @property
    def looks_across(self) -> bool:
        """Whether what is said of a symbol depends on others: where it does for a member."""
        return super().looks_across or any(each.looks_across for each in self.members)

    def ranks(self, each: Feature) -> bool:
        """Whether members read the ranks of this input."""
        return any(member.ranks(each) for member in self.members)

    def baselines(self) -> tuple[Forecaster, ...]:
        """Compare with the naive forecaster, and a line through the newest values of all features read."""
        return (naive_beside(self), line_beside(self)) if self.features else (naive_beside(self),)

    def environment(self) -> dict[str, str]:
        """Versions and hardware of all members, and their code."""
        told = super().environment()
        for number, each in enumerate(self.members):
            told |= each.environment()
            told[f"member {number}"] = member_key(each)
        return told

    def _checked(self) -> tuple[Forecaster, ...]:
        given = self.members
        good = isinstance(given, tuple | list) and len(given) > 1
        if not good or not all(isinstance(each, Forecaster) for each in given):
            raise ForecastError(
                f"EnsembleForecaster(members={given!r}): give two forecasters or more, made by a call, such as "
                "(CNN1D(horizon=5), RidgeForecaster(horizon=5))."
            )
        return tuple(given)

    def _choice_of_members(self) -> Choice | None:
        """Count the trials behind all members, and remember the last bar that one was chosen by."""
        found = [each.choice for each in self.members if each.choice is not None]
        if not found:
            return None
        return Choice(sum(each.trials for each in found), max(each.through_ns for each in found))

    def _agreed(self, name: str) -> object:
        """Return what all members have."""
        found = {getattr(each, name) for each in self.members}
        if len(found) > 1:
            raise ForecastError(
                f"EnsembleForecaster: members have {name} {', '.join(map(repr, sorted(found, key=repr)))}; "
                f"give them the same, or {name}= to put one in place of theirs."
            )
        return found.pop()

    def _all_ranked(self) -> bool:
        found = {each.ranked for each in self.members if each.features}
        if len(found) > 1:
            raise ForecastError(
                "EnsembleForecaster: some members read features as they are, others their ranks; give all of "
                "them the same ranked=."
            )
        return found == {True}

    def _parts(self, window: TrainingWindow, seed: int) -> Iterator[tuple[Forecaster, TrainingWindow, int]]:
        """Give every member, what it may learn from, and a seed of its own."""
        streams = np.random.SeedSequence(seed).generate_state(len(self.members))
        for member, own in zip(self.members, streams, strict=True):
            learn, validation = (self._read(member, each) for each in (window.learn, window.validation))
            yield member, replace(window, learn=learn, validation=validation), int(own)

    def _read(self, member: Forecaster, windows: Windows) -> Windows:
        """Cut the features and bars that `member` reads; the windows stay the same ones."""
        columns = [self.inputs.index(each) for each in member.inputs]
        features = np.ascontiguousarray(windows.features[:, :, columns])
        n_newest = len(member.newest_inputs)
        return replace(windows, features=features, lookback=member.lookback, n_newest=n_newest)


@dataclass(frozen=True, eq=False)
class TrainedEnsemble:
    """The trained members."""

    recipe: EnsembleForecaster
    trained: tuple[TrainedForecaster, ...]

    def predict(self, windows: Windows) -> FloatArray:
        """Average the members' quantiles ``(n_windows, n_horizons, n_levels)``."""
        told = [
            self.recipe.spoken.bounded(each.predict(self.recipe._read(member, windows)))
            for member, each in zip(self.recipe.members, self.trained, strict=True)
        ]
        mean: FloatArray = np.mean(told, axis=0)
        return mean

    def light(self) -> TrainedEnsemble:
        """Serve few windows at a time."""
        return replace(self, trained=tuple(map(light, self.trained)))

    def state(self) -> State:
        """Give what every member learnt, its names led by its number."""
        return joined_state(dict(enumerate(self.trained)))
