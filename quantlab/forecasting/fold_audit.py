"""Proof that no label learnt from overlaps one that it is judged on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from quantlab.errors import ForecastError
from quantlab.features.labels import label_end
from quantlab.forecasting.folds import Fold, Folds, learnable
from quantlab.forecasting.forecaster import Forecaster
from quantlab.typing import BoolArray, IntArray

if TYPE_CHECKING:
    from quantlab.market.bars import Bars

Rows = Iterable[int]


def audit(folds: Folds | Iterable[Fold | tuple[Rows, Rows]], bars: Bars, horizon: int) -> int:
    """Check that no training label touches a test block, and none overlaps a test label; count what was checked.

    `walk_forward` does this with what each fold really learns from. Here any splitter can be tried: scikit-learn's
    shuffled folds fail as soon as labels span more than a bar.

    Parameters
    ----------
    folds
        `WalkForward`, `PurgedKFold` or `CombinatorialPurged`, folds that they gave, or pairs of row numbers (train,
        test) as scikit-learn's splitters give.
    bars
        What they cut.
    horizon
        Bars that a label spans: that of row s runs from open[s+1] to open[s+1+horizon].

    Returns
    -------
    How many training labels were checked, over all folds.

    Raises
    ------
    ForecastError
        The first training label that reaches what it is judged on, with symbol, times and fold.

    Examples
    --------
    >>> import pandas as pd, quantlab as ql
    >>> price = np.linspace(10.0, 20.0, 12)
    >>> bars = ql.Bars.from_arrays(time=pd.bdate_range("2024-01-01", periods=12), symbols=["A"], open=price,
    ...     high=price, low=price, close=price)
    >>> audit([(range(0, 4), range(6, 10))], bars, horizon=1)
    4
    >>> audit([(range(0, 5), range(6, 10))], bars, horizon=1)
    Traceback (most recent call last):
        ...
    quantlab.errors.ForecastError: fold 0 leaks: the label of A at 2024-01-05 (row 4), learnt from, ends at ...
    """
    ends = label_end(bars, horizon)
    given = folds.split(bars.n_bars, horizon) if isinstance(folds, Folds) else folds
    checked = 0
    for place, fold in enumerate(given):
        pairs = _pairs(fold, ends) if isinstance(fold, Fold) else [_masks(fold, ends)]
        for train, test in pairs:
            refuse_overlap(train, test, ends, bars, place)
        checked += int(pairs[0][0].sum())
    return checked


def refuse_overlap(train: BoolArray, test: BoolArray, ends: IntArray, bars: Bars, place: int) -> None:
    """Refuse training cells ``(n_bars, n_symbols)`` whose label touches the test rows or overlaps a test label.

    Parameters
    ----------
    train
        Cells whose label is learnt from.
    test
        Rows that are forecast ``(n_bars,)``.
    ends
        Last row that each label touches ``(n_bars, n_symbols)``, n_bars where there is none.
    bars, place
        To say where.

    Raises
    ------
    ForecastError
        The first overlap.
    """
    labelled = ends < len(ends)
    touching = train & labelled & _any_in_label(np.broadcast_to(test[:, None], ends.shape), ends, 0)
    meeting = (test[:, None] & labelled) & _any_in_label(train, ends, -1)
    for bad, leak in ((touching, "learnt from"), (meeting, "judged on")):
        if bad.any():
            row, symbol = map(int, np.argwhere(bad)[0])
            other = "the rows it tests" if bad is touching else "rows whose labels are learnt from"
            raise ForecastError(
                f"fold {place} leaks: the label of {bars.symbols[symbol]} at {bars.time[row]:%Y-%m-%d} (row {row}), "
                f"{leak}, ends at row {ends[row, symbol]} and so reaches {other}. Drop horizon + 1 rows on both "
                "sides of a test block and shuffle nothing: WalkForward and PurgedKFold do."
            )


def refuse_hindsight(forecaster: Forecaster, bars: Bars, first: Fold) -> None:
    """Refuse a recipe that starts from weights which have already seen what the `first` fold is tested on."""
    known, tested = forecaster.known_through, int(bars.time_ns[first.test.start])
    if known >= tested:
        raise ForecastError(
            f"{forecaster!r} starts from weights that know the market through {pd.Timestamp(known)} UTC, but is "
            f"first tested at {pd.Timestamp(tested)} UTC: pretrain on bars that end before that, with "
            "bars.window(end=…), or walk over later bars."
        )


def _any_in_label(marked: BoolArray, ends: IntArray, short: int) -> BoolArray:
    """Whether any marked row of a symbol lies in its label, rows s + 1 … end + `short` ``(n_bars, n_symbols)``."""
    n_bars = len(ends)
    so_far = np.vstack([np.zeros((1, ends.shape[1]), dtype=np.int64), np.cumsum(marked, axis=0)])
    last = np.clip(ends + short + 1, 0, n_bars)
    first = np.minimum(np.arange(n_bars) + 1, n_bars)[:, None]
    inside = np.take_along_axis(so_far, last, axis=0) - np.take_along_axis(
        so_far, np.broadcast_to(first, ends.shape), axis=0
    )
    found: BoolArray = inside > 0
    return found


def _pairs(fold: Fold, ends: IntArray) -> list[tuple[BoolArray, BoolArray]]:
    """Pair what may not meet in a fold: training and test, training and validation, validation and test."""
    train = learnable(fold, fold.train_parts, ends)
    validation = learnable(fold, (fold.validation,), ends)
    judged, tested = (_rows(part, len(ends)) for part in (fold.validation, fold.test))
    return [(train, tested), (train, judged), (validation, tested)]


def _masks(pair: tuple[Rows, Rows], ends: IntArray) -> tuple[BoolArray, BoolArray]:
    train, test = (_rows(rows, len(ends)) for rows in pair)
    return np.repeat(train[:, None], ends.shape[1], axis=1) & (ends < len(ends)), test


def _rows(rows: Rows, n_bars: int) -> BoolArray:
    mask = np.zeros(n_bars, dtype=bool)
    mask[np.asarray(list(rows), dtype=np.int64)] = True
    return mask
