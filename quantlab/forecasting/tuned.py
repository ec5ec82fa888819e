"""What a tuning is: a table of trials, and the best of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from quantlab.forecasting.forecaster import Choice, Forecaster

SHOWN = 10


@dataclass(frozen=True, eq=False, repr=False)
class Tuning:
    """Many recipes judged on the same folds.

    Parameters
    ----------
    forecaster
        The recipe that was varied.
    frame
        One row a trial, in the sequence of the search: searched fields, ``value`` (the score; NaN for a trial that did
        not finish), ``state`` (``done``, ``pruned`` or ``failed``), ``seconds``, ``error``.
    params
        Names of the searched fields.
    by
        The score: ``pinball``, ``ic`` or ``rank_ic``.
    greatest
        Whether the greatest value is the best.
    choice
        What the best remembers: how many were tried, and until when.
    """

    forecaster: Forecaster
    frame: pd.DataFrame
    params: tuple[str, ...]
    by: str
    greatest: bool
    choice: Choice

    @property
    def n_trials(self) -> int:
        """Trials ever judged, pruned and failed ones and those of earlier runs with the same file included."""
        return self.choice.trials

    def top(self, n: int = SHOWN) -> pd.DataFrame:
        """Return the best `n` finished trials, best first; of equals the earlier one first."""
        done = self.frame[self.frame["state"] == "done"]
        return done.sort_values("value", ascending=not self.greatest, kind="stable").head(n)

    @cached_property
    def best(self) -> Forecaster:
        """The best recipe; its ``choice`` says how it was found."""
        winner = self.top(1).iloc[0]
        found: dict[str, Any] = {name: _plain(winner[name]) for name in self.params}
        return replace(self.forecaster, **found, choice=self.choice)

    def __str__(self) -> str:
        from quantlab.display.text import table

        return table(self._title, *self._cells, notes=self._notes)

    def _repr_html_(self) -> str:
        from quantlab.display.html import table_html

        return table_html(self._title, *self._cells, notes=self._notes)

    @property
    def _title(self) -> str:
        return f"Tuning of {self.forecaster!r} by {self.by}"

    @property
    def _cells(self) -> tuple[list[str], list[list[Any]]]:
        rows = [
            [
                number,
                *(_short(row[name]) for name in self.params),
                _short(row["value"]),
                f"{row['seconds']:.1f}",
            ]
            for number, row in self.top().iterrows()
        ]
        return ["trial", *self.params, self.by, "seconds"], rows

    @property
    def _notes(self) -> tuple[str, ...]:
        states = self.frame["state"].value_counts()
        counted = ", ".join(
            f"{states[name]} {name}" for name in ("done", "pruned", "failed") if name in states
        )
        return (
            f"{self.n_trials} trials ({counted}); the more there were, the less the best of them means",
            f"best: {self.best!r}; it forecasts only from the last bar it was tuned on",
        )

    def __repr__(self) -> str:
        return str(self)


def _short(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _plain(value: object) -> object:
    """Give pandas' numbers back as Python's."""
    return value.item() if isinstance(value, np.generic) else value
