"""What a forecaster speaks of: the label it learns, and what its numbers mean.

A target is a frozen value, given by name (``target="volatility"``) or made with its own numbers
(``target=ql.targets.Drawdown(depth=0.1)``).

================  ==========================================================  ==================
target            the label of a span                                         a forecast states
================  ==========================================================  ==================
`Return`          simple return                                               quantiles
`Volatility`      realised volatility, per bar                                quantiles
`Direction`       1 for a rise, 0 for a fall, 0.5 for neither                 a probability
`Drawdown`        1 if it falls by `depth` or more from a peak, else 0        a probability
`TripleBarrier`   1 or -1 for the barrier met first, 0 if none is             an expected value
================  ==========================================================  ==================

A forecast of a probability or an expected value is one number for each horizon: it stands in the table at level 0.5,
where strategies read the median of the others.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from quantlab.errors import ForecastError, did_you_mean
from quantlab.features.labels import first_barrier, forward_drawdown, forward_return, forward_volatility
from quantlab.forecasting.checks import between, whole
from quantlab.forecasting.printed import as_call, changed
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.market.bars import Bars

__all__ = [
    "BY_NAME",
    "Direction",
    "Drawdown",
    "Return",
    "Target",
    "TripleBarrier",
    "Volatility",
    "target_of",
]


@dataclass(frozen=True, repr=False)
class Target(ABC):
    """The label of a span, from the next open to the open `horizon` own bars later.

    Attributes
    ----------
    name
        Its name in recipes and tables.
    what
        What it is called in sentences.
    is_mean
        Whether a forecast is one expected value (of which a probability is a kind) instead of quantiles.
    low, high
        Between what labels lie; forecasts are cut off there.
    middle
        What parts labels of one sign from those of the other, for the hit rate; NaN where nothing does.
    is_centred
        Whether networks learn how far labels lie from their training mean, not how far from zero.
    losses
        Names of the losses that a network may learn it by, the usual one first.
    """

    name: ClassVar[str]
    what: ClassVar[str]
    is_mean: ClassVar[bool] = False
    low: ClassVar[float] = -math.inf
    high: ClassVar[float] = math.inf
    middle: ClassVar[float] = math.nan
    is_centred: ClassVar[bool] = False
    losses: ClassVar[tuple[str, ...]]

    @abstractmethod
    def label(self, bars: Bars, horizon: int) -> FloatArray:
        """Labels ``(n_bars, n_symbols)``, NaN where a span has no end; they look forward, for learning and judging."""

    def summary(self, labels: FloatArray, levels: tuple[float, ...]) -> FloatArray:
        """Say of labels ``(n, n_horizons)`` what a forecast states: ``(n_horizons, n_levels)``, quantiles or a mean."""
        if self.is_mean:
            means: FloatArray = labels.mean(axis=0)[:, None]
            return means
        quantiles: FloatArray = np.quantile(labels, levels, axis=0).T
        return quantiles

    def bounded(self, told: FloatArray) -> FloatArray:
        """Cut forecasts off where no label lies; NaN stays."""
        return np.clip(told, self.low, self.high)

    def __repr__(self) -> str:
        return as_call(self, changed(self))

    def words(self) -> dict[str, Any]:
        """Give what `target_from` reads: the name and the numbers."""
        return {"name": self.name, **{each.name: getattr(self, each.name) for each in fields(self)}}


@dataclass(frozen=True, repr=False)
class Return(Target):
    """The simple return.

    Examples
    --------
    >>> Return()
    Return()
    """

    name: ClassVar[str] = "return"
    what: ClassVar[str] = "returns"
    middle: ClassVar[float] = 0.0
    losses: ClassVar[tuple[str, ...]] = (
        "pinball", "mse", "huber", "gaussian", "student", "direction", "ic", "rank", "decision",
    )  # fmt: skip

    def label(self, bars: Bars, horizon: int) -> FloatArray:
        """Give returns; see `quantlab.features.labels.forward_return`."""
        return forward_return(bars, horizon)


@dataclass(frozen=True, repr=False)
class Volatility(Target):
    """The realised volatility, per bar: times √(bars a year) it is annual.

    Examples
    --------
    >>> Volatility()
    Volatility()
    """

    name: ClassVar[str] = "volatility"
    what: ClassVar[str] = "volatility"
    low: ClassVar[float] = 0.0
    is_centred: ClassVar[bool] = True
    losses: ClassVar[tuple[str, ...]] = ("pinball", "mse", "huber", "gaussian", "student", "ic", "rank")

    def label(self, bars: Bars, horizon: int) -> FloatArray:
        """Give volatilities; see `quantlab.features.labels.forward_volatility`."""
        return forward_volatility(bars, horizon)


@dataclass(frozen=True, repr=False)
class Direction(Target):
    """Whether the price rises: the forecast is the probability of it.

    Examples
    --------
    >>> Direction()
    Direction()
    """

    name: ClassVar[str] = "direction"
    what: ClassVar[str] = "rises"
    is_mean: ClassVar[bool] = True
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0
    middle: ClassVar[float] = 0.5
    losses: ClassVar[tuple[str, ...]] = ("cross_entropy", "mse", "ic", "rank")

    def label(self, bars: Bars, horizon: int) -> FloatArray:
        """Give 1.0 for a rise, 0.0 for a fall, 0.5 for neither."""
        return 0.5 + 0.5 * np.sign(forward_return(bars, horizon))


@dataclass(frozen=True, repr=False)
class Drawdown(Target):
    """Whether the price falls by `depth` or more from a peak within the span: the forecast is the probability of it.

    Parameters
    ----------
    depth
        A fraction, from 0.001 to 0.99; see `quantlab.features.labels.forward_drawdown` for what counts as the path.

    Examples
    --------
    >>> Drawdown(depth=0.1)
    Drawdown(depth=0.1)
    """

    depth: float = 0.05

    name: ClassVar[str] = "drawdown"
    what: ClassVar[str] = "drawdowns"
    is_mean: ClassVar[bool] = True
    low: ClassVar[float] = 0.0
    high: ClassVar[float] = 1.0
    losses: ClassVar[tuple[str, ...]] = Direction.losses

    def __post_init__(self) -> None:
        between("Drawdown", "depth", self.depth, 1e-3, 0.99)

    def label(self, bars: Bars, horizon: int) -> FloatArray:
        """Give 1.0 where it happens, else 0.0."""
        deepest = forward_drawdown(bars, horizon)
        return np.where(np.isfinite(deepest), deepest <= -self.depth, np.nan)


@dataclass(frozen=True, repr=False)
class TripleBarrier(Target):
    """Which barrier the price meets first, or that time runs out: the forecast is P(upper) − P(lower).

    Parameters
    ----------
    up, down
        How far the barriers lie, in σ·√horizon, from 0.01 to 100.
    lookback
        Bars of past returns that σ is the standard deviation of, from 2.

    Examples
    --------
    >>> TripleBarrier(up=2.0, down=1.0)
    TripleBarrier(up=2.0)

    References
    ----------
    M. López de Prado (2018), "Advances in financial machine learning", section 3.4.
    """

    up: float = 1.0
    down: float = 1.0
    lookback: int = 20

    name: ClassVar[str] = "triple_barrier"
    what: ClassVar[str] = "barriers"
    is_mean: ClassVar[bool] = True
    low: ClassVar[float] = -1.0
    high: ClassVar[float] = 1.0
    middle: ClassVar[float] = 0.0
    losses: ClassVar[tuple[str, ...]] = ("mse", "ic", "rank")

    def __post_init__(self) -> None:
        between("TripleBarrier", "up", self.up, 0.01, 100.0)
        between("TripleBarrier", "down", self.down, 0.01, 100.0)
        whole("TripleBarrier", "lookback", self.lookback, 2)

    def label(self, bars: Bars, horizon: int) -> FloatArray:
        """Give 1.0, -1.0 or 0.0; see `quantlab.features.labels.first_barrier`."""
        return first_barrier(bars, horizon, self.up, self.down, self.lookback)


BY_NAME: Mapping[str, type[Target]] = {
    each.name: each for each in (Return, Volatility, Direction, Drawdown, TripleBarrier)
}


def target_of(given: Target | str) -> Target:
    """Make the target that `given` names, or is.

    Raises
    ------
    ForecastError
        Neither a target nor the name of one.

    Examples
    --------
    >>> target_of("drawdown")
    Drawdown()
    """
    if isinstance(given, Target):
        return given
    if not isinstance(given, str) or given not in BY_NAME:
        raise ForecastError(f"target={given!r}: {did_you_mean(str(given), BY_NAME)}")
    return BY_NAME[given]()


def target_from(words: Mapping[str, Any]) -> Target:
    """Make the target whose `Target.words` these are; a ValueError where they are none's."""
    numbers = {name: value for name, value in words.items() if name != "name"}
    try:
        return BY_NAME[words["name"]](**numbers)
    except (KeyError, TypeError) as error:
        raise ValueError(f"no target is {dict(words)}") from error
