"""The table of a sweep while it fills: what each trial left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from quantlab.errors import StrategyError
from quantlab.research.trial_store import Known, TrialStore, key_of
from quantlab.research.trials import Trials
from quantlab.typing import FloatArray, IntArray


class Rows:
    """A row of metrics for each trial, and an error where it failed.

    Parameters
    ----------
    trials
        All trials of the search.
    metrics
        Names of the columns.

    Attributes
    ----------
    values
        ``(n_trials, n_metrics)``; NaN until a trial is done.
    errors
        Number of each failed trial → what went wrong.
    open
        Numbers of the trials that are still to be run when the sweep begins.
    """

    def __init__(self, trials: Trials, metrics: tuple[str, ...]) -> None:
        self.trials = trials
        self.metrics = metrics
        self.values: FloatArray = np.full((len(trials), len(metrics)), np.nan)
        self.errors: dict[int, str] = {}
        self.open: Sequence[int] = range(len(trials))
        self._done = np.zeros(len(trials), np.bool_)
        self._store: TrialStore | None = None
        self._keys: list[str] = []
        self._elsewhere: list[Known] = []

    def keep_in(self, store: TrialStore) -> None:
        """Take over what `store` knows, and write to it whatever follows. Failed trials stay open."""
        known = store.known()
        self._store = store
        self._keys = [key_of(self.trials.params(number)) for number in range(len(self.trials))]
        still_open = []
        for number, key in enumerate(self._keys):
            trial = known.pop(key, None)
            if trial is None or trial.error:
                still_open.append(number)
            else:
                self.values[number] = trial.row
                self._done[number] = True
        self._elsewhere = list(known.values())
        self.open = still_open

    def put(self, numbers: IntArray, values: FloatArray, errors: Mapping[int, str]) -> None:
        """Take the rows of finished trials; those told twice count as they were told last."""
        self.values[numbers] = values
        self._done[numbers] = True
        if self.errors:
            for number in numbers.tolist():
                self.errors.pop(number, None)
        self.errors.update(errors)
        if self._store is not None:
            for number in numbers.tolist():
                self._store.add(self._keys[number], self.values[number], self.errors.get(number, ""))

    def fail(self, errors: Mapping[int, str]) -> None:
        """Take trials that could not be run."""
        numbers = np.array(list(errors), np.int64)
        self.put(numbers, np.full((len(numbers), len(self.metrics)), np.nan), errors)

    @property
    def n_done(self) -> int:
        """How many trials are done."""
        return int(self._done.sum())

    @property
    def n_ever(self) -> int:
        """How many different trials were run: these, and those of other searches in the same file."""
        return len(self.trials) + len(self._elsewhere)

    def ever(self, metric: str) -> FloatArray:
        """One metric of every trial that was ever run, (n_ever,)."""
        place = self.metrics.index(metric)
        return np.array([*self.values[:, place].tolist(), *(known.row[place] for known in self._elsewhere)])

    def demand_some(self) -> None:
        """Refuse a sweep of which nothing succeeded, with the first trial's error.

        Raises
        ------
        StrategyError
            If all trials failed.
        """
        if len(self.errors) == len(self.trials):
            number, error = min(self.errors.items())
            raise StrategyError(
                f"All {len(self.trials)} trials failed. The first: {error}. "
                f"ql.backtest({self.trials.code(number)}, bars) shows the line."
            )

    def frame(self) -> pd.DataFrame:
        """Lay out searched parameters, metrics and errors, one row a trial."""
        columns: dict[str, Any] = {name: self.trials.column(k) for k, name in enumerate(self.trials.names)}
        columns.update({name: self.values[:, k] for k, name in enumerate(self.metrics)})
        told = np.full(len(self.trials), "", dtype=object)
        told[list(self.errors)] = list(self.errors.values())
        columns["error"] = told
        return pd.DataFrame(columns, index=pd.RangeIndex(len(self.trials), name="trial"))
