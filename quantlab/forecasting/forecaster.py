"""The recipe of a forecaster, and what it becomes after learning."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import Field, dataclass, fields
from typing import Any, ClassVar, Protocol, cast

import numpy as np
import numpy.typing as npt

from quantlab.errors import ForecastError
from quantlab.features.features import Feature, feature
from quantlab.forecasting.checks import one_of, whole
from quantlab.forecasting.folds import EXECUTION_LAG
from quantlab.forecasting.forecast import NEVER
from quantlab.forecasting.known_inputs import checked_known, checked_static, known_over
from quantlab.forecasting.printed import as_call, is_changed
from quantlab.forecasting.table_checks import check_horizons, check_levels
from quantlab.forecasting.targets import BY_NAME, Return, Target, target_of
from quantlab.forecasting.windows import TrainingWindow, Windows
from quantlab.typing import FloatArray

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
MEAN = (0.5,)  # the one place of a forecast that is an expected value
SCALE_FREE = (
    feature("log_return", lookback=1),
    feature("log_return", lookback=5),
    feature("log_return", lookback=20),
    feature("overnight_return"),
    feature("volatility", lookback=20),
    feature("zscore", lookback=20, of="volume"),
)

_RETURN = Return()

State = Mapping[str, npt.NDArray[Any]]


class TrainedForecaster(Protocol):
    """A recipe after learning: the only thing that forecasts."""

    def predict(self, windows: Windows) -> FloatArray:
        """Quantiles of the target ``(n_windows, n_horizons, n_levels)``, never crossing; a mean where it is one.

        What is said about a window depends on that window alone, however many are asked at once. A forecaster
        that reads symbols together (``symbols="together"``) speaks of a window by all windows of its bar:
        give it whole bars, as `Panel` cuts them; how many bars are asked changes nothing.
        """

    def state(self) -> State:
        """Give what was learnt, as named arrays; `Forecaster.restore` makes the same forecaster of it."""


@dataclass(frozen=True)
class Choice:
    """How a recipe was chosen among others.

    Parameters
    ----------
    trials
        How many recipes were tried.
    through_ns
        Close of the last bar that they were judged on, in nanoseconds UTC.
    """

    trials: int
    through_ns: int


@dataclass(frozen=True, kw_only=True, repr=False)
class Forecaster(ABC):
    """A frozen recipe: what to read, how far to look, which quantiles to state, how to learn.

    It has no `predict`: `train` gives a `TrainedForecaster`, which does. Subclass it to bring your own.

    Parameters
    ----------
    horizon
        Bars ahead that it speaks, from 1; a tuple for several. The span that is forecast runs from the next open
        to the open `horizon` bars later.
    target
        What it speaks of, a name or a value of `quantlab.forecasting.targets`: ``"return"``, ``"volatility"``,
        ``"direction"``, ``"drawdown"``, ``"triple_barrier"``.
    levels
        Quantile levels, rising inside (0, 1), with 0.5 among them; 0.5 alone for a target that is a probability or
        an expected value, where the forecast is that number.
    lookback
        Bars of features that it reads, ending now.
    features
        What it reads: features, names, or (name, lookback) pairs. Scale-free ones, because symbols are
        pooled.
    ranked
        Whether each of `features` (the calendar and events apart) is replaced by its rank among the symbols of the
        same bar, from -0.5 (the lowest) to 0.5 (the highest); see `ranks_across`. Ranks know no outliers and mean
        the same in calm and wild times, but tell nothing of what all symbols do together.
    known
        Inputs whose future is known, never prices: names from the calendar (``"weekday"``, ``"month"``,
        ``"month_end"``, ``"quarter_end"``, ``"turn_of_month"``, ``"gap"``, ``"early_close"``, ``"hour"``), and
        ``("event", name)`` of `Bars.with_events`. Each is read for every bar that the longest label covers, 1 to
        horizon + 1 ahead; a feature with its own ``ahead=`` for that one. They are read at the newest bar only.
    static
        Inputs that stand still, read at the newest bar only: those of `quantlab.static`, or ``("value", name)`` of an
        extra field.
    choice
        How it was found, where `tune` found it: it then forecasts only from the last bar it was judged on.

    Raises
    ------
    ForecastError
        A value outside its range, with the range.
    """

    horizon: int | tuple[int, ...] = 1
    target: Target | str = _RETURN
    levels: tuple[float, ...] = LEVELS
    lookback: int = 1
    features: tuple[Feature | str | tuple[str, int], ...] = SCALE_FREE
    known: tuple[Feature | str | tuple[str, str], ...] = ()
    static: tuple[Feature | tuple[str, str], ...] = ()
    choice: Choice | None = None
    ranked: bool = False

    speaks_of: ClassVar[tuple[str, ...]] = tuple(BY_NAME)  # names of the targets that it can learn
    taught_by: ClassVar[tuple[str, ...]] = ()  # modules beside its own whose code shapes what is learnt

    def __post_init__(self) -> None:
        owner = type(self).__name__
        put = object.__setattr__
        one_of(owner, "ranked", self.ranked, (False, True))
        put(self, "horizon", self.horizon if isinstance(self.horizon, int) else tuple(self.horizon))
        put(self, "target", target_of(self.target))
        put(self, "levels", self._levels())
        put(self, "features", tuple(_declared(each) for each in self.features))
        put(self, "known", checked_known(owner, self.known))
        put(self, "static", checked_static(owner, self.static))
        check_horizons(owner, self.horizons)
        check_levels(owner, self.levels)
        whole(owner, "lookback", self.lookback, 1)
        if self.ranked and not self.features:
            raise ForecastError(f"{owner}(ranked=True): it reads no features that could be ranked.")
        for each in self.inputs:
            if not each.is_resolved:
                raise ForecastError(
                    f"{owner}: {each!r} depends on a strategy's parameter, but a recipe stands alone; "
                    "give a number."
                )

    @property
    def horizons(self) -> tuple[int, ...]:
        """The horizons in bars, as a tuple even when there is one."""
        return (self.horizon,) if isinstance(self.horizon, int) else self.horizon

    @property
    def label(self) -> str:
        """A short name for tables: ``naive`` for `NaiveForecaster`."""
        return type(self).__name__.removesuffix("Forecaster").lower()

    @property
    def inputs(self) -> tuple[Feature, ...]:
        """All that it reads, as declarations: the features, then the `newest_inputs`."""
        return (*cast("tuple[Feature, ...]", self.features), *self.newest_inputs)

    @property
    def newest_inputs(self) -> tuple[Feature, ...]:
        """What `known` comes to over the bars that its labels cover, and what stands still."""
        ahead = range(1, max(self.horizons) + EXECUTION_LAG + 1)
        return (*known_over(self.known, ahead), *cast("tuple[Feature, ...]", self.static))

    @property
    def spoken(self) -> Target:
        """The target, as a value."""
        return cast("Target", self.target)

    @abstractmethod
    def train(self, window: TrainingWindow, *, seed: int = 0) -> TrainedForecaster:
        """Learn from `window` and nothing else; equal windows and seeds give equal forecasters."""

    @abstractmethod
    def restore(self, state: State) -> TrainedForecaster:
        """Make the trained forecaster whose `state` this is."""

    def train_after(
        self, before: TrainedForecaster, window: TrainingWindow, *, seed: int = 0
    ) -> TrainedForecaster:
        """Learn from `window`, starting from what an earlier fold learnt where the recipe `starts_warm`."""
        return self.train(window, seed=seed)

    @property
    def looks_across(self) -> bool:
        """Whether what is said of a symbol depends on other symbols of the row."""
        return self.ranked or any(each.looks_across for each in self.inputs)

    def ranks(self, each: Feature) -> bool:
        """Whether it reads the ranks of this input: of one of `features`, but the calendar, which all symbols share."""
        return self.ranked and each in self.features and each.reads_bars

    @property
    def starts_warm(self) -> bool:
        """Whether a fold starts from what the fold before it learnt."""
        return False

    @property
    def known_through(self) -> int:
        """Close of the last bar that it has seen before any training, in nanoseconds UTC; `NEVER` if none."""
        return NEVER

    def baselines(self) -> tuple[Forecaster, ...]:
        """Name the simpler recipes that its forecasts are shown beside."""
        return ()

    def environment(self) -> dict[str, str]:
        """Versions and hardware that can change its numbers, part of the key its results are stored under."""
        return {"numpy": np.__version__}

    def _levels(self) -> tuple[float, ...]:
        """Levels as numbers; the one of a mean, where the target is one and nothing else was asked for."""
        given, target = tuple(map(float, self.levels)), self.spoken
        if target.name not in self.speaks_of:
            raise ForecastError(
                f"{type(self).__name__}(target={target!r}): it speaks of {' and '.join(self.speaks_of)} only."
            )
        if not target.is_mean or given == MEAN:
            return given
        if given != LEVELS:
            raise ForecastError(
                f"{type(self).__name__}(target={target!r}, levels={given!r}): its forecast is one expected value, "
                "without quantiles; leave levels out."
            )
        return MEAN

    def __repr__(self) -> str:
        return as_call(self, filter(self._is_told, fields(self)))

    def _is_told(self, each: Field[Any]) -> bool:
        """Whether a field is worth printing: the horizon always, the rest where it is not the default."""
        if each.name == "levels" and self.spoken.is_mean:
            return False
        return each.name == "horizon" or is_changed(self, each)


def must_be_forecaster(verb: str, given: object) -> None:
    """Refuse what is no forecaster, in the name of the function it was given to."""
    if not isinstance(given, Forecaster):
        raise ForecastError(
            f"{verb}({given!r}, …): give a forecaster made by a call, such as CNN1D(horizon=5)."
        )


def _declared(given: Feature | str | tuple[str, int]) -> Feature:
    if isinstance(given, Feature):
        return given
    name, lookback = (given, None) if isinstance(given, str) else given
    return feature(name, lookback=lookback)
