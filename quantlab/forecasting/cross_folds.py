"""Folds that also train on what follows a test block: more judgement from the same bars, nothing to trade on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import comb

import numpy as np

from quantlab.errors import ForecastError
from quantlab.forecasting.checks import between, whole
from quantlab.forecasting.folds import EXECUTION_LAG, Fold, Folds
from quantlab.typing import IntArray


@dataclass(frozen=True)
class CrossFold(Fold):
    """A fold whose training surrounds its test block.

    Parameters
    ----------
    number, train, validation, test, trained_through
        As in `Fold`; `train` is the first block of training rows, and `trained_through` may lie behind `test`.
    beyond
        The other blocks of training rows, behind a test block of the same training.
    reach
        Rows that a label touches after its own: horizon + execution lag.
    """

    beyond: tuple[range, ...]
    reach: int

    @property
    def train_parts(self) -> tuple[range, ...]:
        """All blocks of rows that weights are learnt from, in time order."""
        return (self.train, *self.beyond)

    def limit(self, part: range) -> int:
        """Last row that a label of `part` may touch."""
        return part.stop - 1 + self.reach


@dataclass(frozen=True, kw_only=True)
class PurgedKFold(Folds):
    """Each of `blocks` equal stretches of the bars is tested once, by training on all others.

    Training rows whose label overlaps a label of the test block are purged on both sides (horizon + execution
    lag), and `embargo` more rows after it (López de Prado 2018, ch. 7). Most forecasts made so are by forecasters
    that learnt from later bars: `walk_forward` gives a `HindsightForecasts`, which can be scored and not traded.

    Parameters
    ----------
    blocks
        Stretches, from 2; the last takes what is left over.
    validation
        Share of the training rows that early stopping watches, cut from the end of the longest block of training
        (at most half of it) and purged: from 0 (none) to 0.5.
    embargo
        Further rows dropped after each test block, so that slow features forget it.

    Examples
    --------
    >>> for fold in PurgedKFold(blocks=3, validation=0.0).split(18, horizon=1):
    ...     print(fold.test, fold.train_parts)
    range(0, 6) (range(8, 18),)
    range(6, 12) (range(0, 4), range(14, 18))
    range(12, 18) (range(0, 10),)
    """

    blocks: int = 5
    validation: float = 0.2
    embargo: int = 0

    def __post_init__(self) -> None:
        whole("PurgedKFold", "blocks", self.blocks, 2)
        whole("PurgedKFold", "embargo", self.embargo, 0)
        between("PurgedKFold", "validation", self.validation, 0.0, 0.5)

    def split(self, n_bars: int, horizon: int) -> Iterator[Fold]:
        """Folds of `n_bars` bars for labels of at most `horizon` bars, in the sequence of their test blocks.

        Raises
        ------
        ForecastError
            When there are too few bars for the purge.
        """
        reach = _checked_reach(self, n_bars, self.blocks, horizon, self.embargo)
        size = n_bars // self.blocks
        edges = [*range(0, size * self.blocks, size), n_bars]
        for number, test in enumerate(range(*pair) for pair in pairwise(edges)):
            before = range(0, max(0, test.start - reach))
            after = range(min(n_bars, test.stop + reach + self.embargo), n_bars)
            yield _cross_fold(number, [before, after], test, n_bars, reach, self.validation)


@dataclass(frozen=True, kw_only=True)
class CombinatorialPurged(Folds):
    """Every choice of `tested` among `blocks` stretches is tested by training on the rest, joined into paths.

    Each stretch is tested by several trainings; taking one for each stretch gives a path over all bars, and
    C(blocks, tested)·tested/blocks paths share no forecast. Their spread shows how much of a score is luck (López
    de Prado 2018, ch. 12). The splits, and which forecast belongs to which path, are skfolio's
    ``CombinatorialPurgedCV``. Like `PurgedKFold`, this gives `HindsightForecasts`.

    Parameters
    ----------
    blocks, tested
        Stretches, from 3, and how many of them each training leaves out, from 2 and fewer than `blocks`.
    path
        Which path `split` walks, from 0; `paths` gives all of them. Trainings are shared through the store.
    validation, embargo
        As `PurgedKFold` takes them.

    Examples
    --------
    >>> folds = CombinatorialPurged(blocks=4, tested=2, validation=0.0)
    >>> folds.n_paths, folds.n_trainings
    (3, 6)
    >>> for fold in folds.split(40, horizon=1):
    ...     print(fold.number, fold.test, fold.train_parts)
    0 range(0, 10) (range(22, 40),)
    0 range(10, 20) (range(22, 40),)
    1 range(20, 30) (range(12, 18), range(32, 40))
    2 range(30, 40) (range(12, 28),)
    """

    blocks: int = 6
    tested: int = 2
    path: int = 0
    validation: float = 0.2
    embargo: int = 0

    def __post_init__(self) -> None:
        owner = "CombinatorialPurged"
        whole(owner, "blocks", self.blocks, 3)
        whole(owner, "tested", self.tested, 2)
        whole(owner, "path", self.path, 0)
        whole(owner, "embargo", self.embargo, 0)
        between(owner, "validation", self.validation, 0.0, 0.5)
        if self.tested >= self.blocks:
            raise ForecastError(f"{self!r}: tested is less than blocks, or nothing is left to train on.")
        if self.path >= self.n_paths:
            raise ForecastError(f"{self!r}: there are {self.n_paths} paths, numbered from 0.")

    @property
    def n_trainings(self) -> int:
        """How many trainings all paths need together: C(blocks, tested)."""
        return comb(self.blocks, self.tested)

    @property
    def n_paths(self) -> int:
        """How many paths there are: n_trainings·tested/blocks."""
        return self.n_trainings * self.tested // self.blocks

    def paths(self) -> Iterator[CombinatorialPurged]:
        """Give each path as folds of its own, to be walked like any."""
        for path in range(self.n_paths):
            yield CombinatorialPurged(
                blocks=self.blocks,
                tested=self.tested,
                path=path,
                validation=self.validation,
                embargo=self.embargo,
            )

    def split(self, n_bars: int, horizon: int) -> Iterator[Fold]:
        """Folds of this path over `n_bars` bars for labels of at most `horizon` bars, in time order.

        Raises
        ------
        ForecastError
            When there are too few bars for the purge.
        """
        from skfolio.model_selection import CombinatorialPurgedCV  # slow to import: only where folds are cut

        reach = _checked_reach(self, n_bars, self.blocks, horizon, self.embargo)
        splitter = CombinatorialPurgedCV(
            n_folds=self.blocks, n_test_folds=self.tested, purged_size=reach, embargo_size=self.embargo
        )
        found = []
        splits = zip(splitter.split(np.zeros((n_bars, 1))), splitter.get_path_ids(), strict=True)
        for number, ((train, tests), path_ids) in enumerate(splits):
            for test, path in zip(tests, path_ids, strict=True):
                if path == self.path:
                    block = range(int(test[0]), int(test[-1]) + 1)
                    found.append(_cross_fold(number, _runs(train), block, n_bars, reach, self.validation))
        yield from sorted(found, key=lambda fold: fold.test.start)


def _checked_reach(folds: Folds, n_bars: int, blocks: int, horizon: int, embargo: int) -> int:
    whole(f"{type(folds).__name__}.split", "horizon", horizon, 1)
    reach = horizon + EXECUTION_LAG
    if n_bars // blocks <= reach + embargo + 1:
        raise ForecastError(
            f"{folds!r} needs at least {blocks * (reach + embargo + 2):,} bars at horizon {horizon}, these are "
            f"{n_bars:,}: a block must be longer than purge and embargo. Give more bars or fewer blocks."
        )
    return reach


def _cross_fold(
    number: int, parts: Sequence[range], test: range, n_bars: int, reach: int, validation: float
) -> CrossFold:
    """Cut the validation block from the end of the longest part, purged, and say what was touched last."""
    kept = [part for part in parts if part]
    longest = max(kept, key=len)
    size = min(round(validation * sum(map(len, kept))), len(longest) // 2)
    judged = range(longest.stop - size, longest.stop) if size else range(0)
    learnt = range(longest.start, max(longest.start, judged.start - reach)) if size else longest
    first, *beyond = [part for part in (learnt if each == longest else each for each in kept) if part] or [
        learnt
    ]
    last = max(part.stop for part in kept) - 1 + reach
    return CrossFold(number, first, judged, test, min(last, n_bars - 1), tuple(beyond), reach)


def _runs(rows: IntArray) -> list[range]:
    """Stretches of consecutive row numbers."""
    cuts = np.flatnonzero(np.diff(rows) > 1) + 1
    return [range(int(each[0]), int(each[-1]) + 1) for each in np.split(rows, cuts) if len(each)]
