"""What recipes that are made of other recipes have in common."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import Field, dataclass, field
from typing import Any, ClassVar

from quantlab.features.features import Feature
from quantlab.forecasting.forecaster import LEVELS, MEAN, Forecaster, State, TrainedForecaster
from quantlab.forecasting.keys import recipe_key
from quantlab.forecasting.printed import is_changed
from quantlab.forecasting.targets import Target


@dataclass(frozen=True, kw_only=True, repr=False)
class Composed(Forecaster):
    """A recipe whose members do the learning.

    Parameters
    ----------
    horizon, target, levels
        Put in place of the members' own; theirs unless given.
    lookback, features, known, static, ranked
        What comes of the members'; they cannot be given.
    """

    horizon: int | tuple[int, ...] = ()
    target: Target | str = ""
    levels: tuple[float, ...] = ()
    lookback: int = field(init=False, default=1)
    features: tuple[Feature | str | tuple[str, int], ...] = field(init=False, default=())
    known: tuple[Feature | str | tuple[str, str], ...] = field(init=False, default=())
    static: tuple[Feature | tuple[str, str], ...] = field(init=False, default=())
    ranked: bool = field(init=False, default=False)

    taught_by: ClassVar[tuple[str, ...]] = ("quantlab.forecasting.windows",)

    def _is_told(self, each: Field[Any]) -> bool:
        """Whether a field is worth printing: not what the members tell, and what they were given only if unusual."""
        if each.name == "target":
            return self.target != Forecaster.target
        if each.name == "levels":
            return self.levels not in (LEVELS, MEAN)
        return each.name == "horizon" or (each.init and each.name != "choice" and is_changed(self, each))


def member_key(member: Forecaster) -> str:
    """Hash the recipe and code of a member; a new number each time where code cannot be read: never kept."""
    return recipe_key(member, 0) or uuid.uuid4().hex


def joined_state(trained: Mapping[int, TrainedForecaster]) -> State:
    """Give what several learnt, its names led by the number of each."""
    return {
        f"{number}/{name}": value for number, each in trained.items() for name, value in each.state().items()
    }


def parted_state(state: State) -> dict[int, dict[str, Any]]:
    """Take apart what `joined_state` gave, by number; one that learnt nothing is not among them."""
    parts: dict[int, dict[str, Any]] = {}
    for name, value in state.items():
        number, _, own = name.partition("/")
        parts.setdefault(int(number), {})[own] = value
    return parts
