"""Folds in time order: each is tested only beyond its training, with the purge taken from the horizon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from quantlab.errors import ForecastError
from quantlab.forecasting.checks import between, whole
from quantlab.typing import BoolArray, IntArray

if TYPE_CHECKING:
    import plotly.graph_objects as go

EXECUTION_LAG = 1  # bars from a decision at a close to the open it trades at


@dataclass(frozen=True)
class Fold:
    """One training block and the test block it is judged on, as row numbers of the bars.

    Parameters
    ----------
    number
        Which training it belongs to, from 0: folds of one number share a trained forecaster.
    train
        Rows that weights are learnt from.
    validation
        Rows that stop the training early; purged from `train` and from `test`. May be empty.
    test
        Rows that are forecast.
    trained_through
        The last row touched by any label of `train` or `validation`; in a walk-forward always before
        ``test.start``.
    """

    number: int
    train: range
    validation: range
    test: range
    trained_through: int

    @property
    def train_parts(self) -> tuple[range, ...]:
        """All blocks of rows that weights are learnt from, in time order."""
        return (self.train,)

    def limit(self, part: range) -> int:
        """Last row that a label of `part`, a block of training or the validation block, may touch."""
        learns_before_validation = bool(self.validation) and part != self.validation
        return self.validation.start - 1 if learns_before_validation else self.trained_through


def learnable(fold: Fold, parts: tuple[range, ...], ends: IntArray) -> BoolArray:
    """Where rows of `parts` of `fold` have a label that may be learnt ``(n_bars, n_symbols)``.

    A label ends before the block that judges it; behind a test block it starts after the symbol's last label there
    has ended, which may be late where bars are absent. `ends` is the last row that each label touches, n_bars where
    there is none.
    """
    learnt = np.zeros(ends.shape, dtype=bool)
    rows = np.arange(len(ends))[:, None]
    tested = ends[fold.test.start : fold.test.stop]
    tested_through = np.where(tested < len(ends), tested, -1).max(axis=0, initial=-1)
    for part in parts:
        here = slice(part.start, part.stop)
        learnt[here] = ends[here] <= fold.limit(part)
        if part.start > fold.test.start:
            learnt[here] &= rows[here] > tested_through
    return learnt & (ends < len(ends))


class Folds:
    """How bars are cut into folds; the kinds are `WalkForward`, `PurgedKFold` and `CombinatorialPurged`."""

    def split(self, n_bars: int, horizon: int) -> Iterator[Fold]:
        """Folds of `n_bars` bars for labels of at most `horizon` bars."""
        raise NotImplementedError

    def plot(self, n_bars: int, horizon: int = 1) -> go.Figure:
        """Return an interactive figure: a line for each fold, coloured by what its rows are for."""
        from quantlab.display.draw import draw  # plotly
        from quantlab.forecasting.fold_figure import fold_figure

        return draw(fold_figure(repr(self), list(self.split(n_bars, horizon))))


@dataclass(frozen=True, kw_only=True)
class WalkForward(Folds):
    """How bars are cut into folds; anchored at the first bar, so later bars never move a fold.

    The default trains on 1,008 bars (four years of sessions) and tests the next 252 (one year): thirteen
    years of daily bars give nine folds, and 1,011 bars are the fewest that give one at a horizon of 1. Give
    smaller blocks for shorter samples. The last test block may be short.

    The purge is horizon + execution lag and is never asked for: the label of row s is the return from
    open[s+1] to open[s+1+horizon], so the last ``horizon + 1`` rows before a judged block would reach into
    it.

    Parameters
    ----------
    train
        Bars of a training block (its validation part included), at least 2.
    test
        Bars of a test block, at least 1.
    expanding
        True keeps every earlier bar in training instead of the last `train`.
    validation
        Share of the training block, at its end, that early stopping watches: from 0 (none) to 0.5.
    embargo
        Bars dropped on top of the purge, before a validation and a test block. No training bar ever follows
        its own test block here, so the embargo of López de Prado (2018, ch. 7) only widens this gap.
    refit_every
        Test blocks that one training serves: 1 trains for each, 4 for every fourth, which is four times as fast.

    Examples
    --------
    >>> for fold in WalkForward(train=10, test=4, validation=0.3).split(18, horizon=1):
    ...     print(fold)
    Fold(number=0, train=range(0, 5), validation=range(7, 10), test=range(12, 16), trained_through=11)
    Fold(number=1, train=range(4, 9), validation=range(11, 14), test=range(16, 18), trained_through=15)
    """

    train: int = 1008
    test: int = 252
    expanding: bool = False
    validation: float = 0.2
    embargo: int = 0
    refit_every: int = 1

    def __post_init__(self) -> None:
        whole("WalkForward", "train", self.train, 2)
        whole("WalkForward", "refit_every", self.refit_every, 1)
        whole("WalkForward", "test", self.test, 1)
        whole("WalkForward", "embargo", self.embargo, 0)
        between("WalkForward", "validation", self.validation, 0.0, 0.5)

    def gap(self, horizon: int) -> int:
        """Bars dropped before a judged block: horizon + execution lag + embargo."""
        return horizon + EXECUTION_LAG + self.embargo

    def bars_needed(self, horizon: int) -> int:
        """Count the fewest bars that give one fold with one tested bar."""
        return self.train + self.gap(horizon) + 1

    def served(self, number: int, horizon: int) -> range:
        """Rows that training `number` serves, those of bars that are yet to come included."""
        rows = self.test * self.refit_every
        first = self.train + self.gap(horizon) + number * rows
        return range(first, first + rows)

    def split(self, n_bars: int, horizon: int) -> Iterator[Fold]:
        """Folds of `n_bars` bars for labels of at most `horizon` bars, in time order.

        Raises
        ------
        ForecastError
            When there are too few bars for one fold, or the purge leaves a training block empty.
        """
        whole("WalkForward.split", "horizon", horizon, 1)
        self._refuse_too_few(n_bars, horizon)
        gap = self.gap(horizon)
        for place, start in enumerate(range(0, n_bars - self.train - gap, self.test)):
            first = start + self.train + gap
            block = range(first, min(first + self.test, n_bars))
            number, served = divmod(place, self.refit_every)
            if not served:
                trained = self._fold(number, 0 if self.expanding else start, block, horizon)
            yield replace(trained, test=block)

    def _fold(self, number: int, start: int, test: range, horizon: int) -> Fold:
        stop = test.start - self.gap(horizon)
        cut = stop - round(self.validation * (stop - start))
        learn_stop = cut - self.gap(horizon) if cut < stop else stop
        return Fold(
            number=number,
            train=range(start, learn_stop),
            validation=range(cut, stop),
            test=test,
            trained_through=stop - 1 + EXECUTION_LAG + horizon,
        )

    def _refuse_too_few(self, n_bars: int, horizon: int) -> None:
        needed = self.bars_needed(horizon)
        if n_bars < needed:
            raise ForecastError(
                f"{self} needs at least {needed:,} bars at horizon {horizon}, these are {n_bars:,}: "
                f"give more bars or a smaller train= (now {self.train:,})."
            )
        judged = round(self.validation * self.train)
        if judged and self.train - judged - self.gap(horizon) < 1:
            raise ForecastError(
                f"{self}: {self.train} training bars less {judged} for validation and a purge of "
                f"{self.gap(horizon)} leave none to learn from; give a larger train= or smaller validation=."
            )


def must_be_folds(given: object) -> None:
    """Refuse what says nothing of how bars are cut; None passes."""
    if given is not None and not isinstance(given, Folds):
        raise ForecastError(
            f"folds={given!r}: give folds made by a call, such as WalkForward(train=1008, test=252)."
        )
