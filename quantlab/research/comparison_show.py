"""A comparison as people see it: text and notebook."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import count, islice
from string import ascii_uppercase
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from quantlab.display.facts import cut, some
from quantlab.display.html import table_html
from quantlab.display.moments import moment
from quantlab.display.numbers import NOT_AVAILABLE, interval, number
from quantlab.display.sheets import Sheet
from quantlab.display.text import table
from quantlab.metrics.catalogue import METRICS
from quantlab.research.differing import ABSENT, parameters
from quantlab.research.doubt import DOUBTED
from quantlab.research.superiority import COLUMNS
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.research.comparison import Comparison
    from quantlab.research.superiority import Superiority

SHOWN = ("cagr", "volatility", "sharpe", "sortino", "max_drawdown", "n_trades")
TESTED = (1, 2, 5)  # of the columns of the tests: Sharpe and the confidence set
BOUNDS = " [low, high]"
LONGEST = 120  # characters of a name
MOST_PAIRED = 8  # runs of which every pair is printed
MOST_ALIKE = 5  # pairs printed of more runs
MOST_NAMED = 5  # runs that one note names


def comparison_text(comparison: Comparison) -> str:
    """Return the runs, their tests, what differs and what they have in common, for a terminal."""
    tables = [
        table(one.title, one.columns, one.rows, units=one.units, notes=one.notes)
        for one in sheets(comparison)
    ]
    return "\n".join(subtitle(comparison)) + "\n\n" + "\n\n".join(tables)


def comparison_html(comparison: Comparison) -> str:
    """Return the same as HTML for a notebook, everything escaped."""
    first, *others = sheets(comparison)
    title = " · ".join(subtitle(comparison))
    return "".join(
        table_html(one.title, one.columns, one.rows, units=one.units, notes=one.notes)
        for one in (first._replace(title=title), *others)
    )


def subtitle(comparison: Comparison) -> tuple[str, ...]:
    """Say what is compared: the common span, bars a year, how intervals were made."""
    time = comparison.growth.index
    return (
        f"common period {moment(time[0])} to {moment(time[-1])} · {len(time):,} bars · "
        f"N = {comparison.periods_per_year:g} bars a year · best first by {METRICS[comparison.by].label}",
        f"[low, high]: {comparison.level:.0%} stationary bootstrap, {comparison.n_resamples:,} resamples"
        " of the same bars for all runs",
    )


def sheets(comparison: Comparison) -> list[Sheet]:
    """All tables, those without rows left out; notes stand below the last one."""
    shown = (_runs(comparison), against(comparison), _origins(comparison), _alike(comparison))
    *others, last = [_short(sheet) for sheet in shown if sheet.rows]
    notes = (*last.notes, *comparison.notes, *grouped(comparison.run_notes))
    return [*others, last._replace(notes=notes)]


def with_bounds(values: Mapping[str, float], name: str, unit: str) -> str:
    """Write a value with its bounds, or alone where they are undefined."""
    bounds = interval(values[f"{name}_low"], values[f"{name}_high"], unit)
    told = "" if bounds == NOT_AVAILABLE else f" {bounds}"
    return number(values[name], unit) + ("" if np.isnan(values[name]) else told)


def against(comparison: Comparison, *, means: bool = False) -> Sheet:
    """Lay out differences from the benchmark: with their p-values where the runs are tested; no row without one.

    There is one Sharpe difference with one interval: that of the tests where there are tests. `means` adds the
    differences of mean returns that they test as well.
    """
    if comparison.benchmark is None:
        return Sheet("", [], [])
    title, tests = f"against {comparison.benchmark}, paired", comparison.tests
    others = [str(run) for run in comparison.frame.index if run != comparison.benchmark]
    gaps = {run: _gaps(comparison, run) for run in others}
    labels = [f"{METRICS[name].label} difference{BOUNDS}" for name in DOUBTED]
    if tests is None:
        return _texts(
            Sheet(title, ["run", *labels], [[run, *gaps[run]] for run in others], notes=[comparison.untested])
        )
    kept = range(1, len(COLUMNS)) if means else TESTED
    cells = {run: _tests_of(tests, run, gaps[run][0]) for run in others}
    rows = [[run, *(cells[run][k] for k in kept), gaps[run][1]] for run in others]
    return _texts(Sheet(title, ["run", *(COLUMNS[k] for k in kept), labels[1]], rows, notes=tests.told))


def _gaps(comparison: Comparison, run: str) -> list[str]:
    row = values_of(comparison.frame, run)
    return [with_bounds(row, f"{name}_difference", METRICS[name].unit) for name in DOUBTED]


def _tests_of(tests: Superiority, run: str, gap: str) -> list[str]:
    """Cells of a run by the places of `COLUMNS`; of one that was not tested, its difference as it is."""
    untested = [gap, *[NOT_AVAILABLE] * (len(COLUMNS) - 2)]
    return [run, *(tests.cells(run) if run in tests.frame.index else untested)]


def _runs(comparison: Comparison) -> Sheet:
    labels = [METRICS[name].label + (BOUNDS if name == "sharpe" else "") for name in SHOWN]
    rows = [_row(comparison, str(run)) for run in comparison.frame.index]
    return _texts(Sheet("", ["run", *labels], rows))


def _row(comparison: Comparison, run: str) -> list[str]:
    row = values_of(comparison.frame, run)
    cells = {name: number(row[name], METRICS[name].unit) for name in SHOWN}
    cells["sharpe"] = with_bounds(row, "sharpe", "ratio")
    return [run, *cells.values()]


def values_of(frame: pd.DataFrame, run: str) -> dict[str, float]:
    """One row of numbers by column."""
    values = frame.loc[run].to_numpy(dtype=np.float64).tolist()
    return dict(zip(frame.columns, values, strict=True))


def _origins(comparison: Comparison) -> Sheet:
    """Lay out what was chosen differently, the trials known behind each run, and the folder it was read from.

    Columns that say nothing are left out, and what a run's name says already.
    """
    told = {str(run): _told(str(run), facts) for run, facts in comparison.differing.T.items()}
    trials = {str(run): int(n) for run, n in comparison.runs["trials"].items()}
    folders = {str(run): str(folder) for run, folder in comparison.runs["folder"].items()}
    columns: dict[str, Mapping[str, object]] = {
        **({"what differs": told} if any(told.values()) else {}),
        **({"trials known": trials} if any(folders.values()) or max(trials.values()) > 1 else {}),
        **({"folder": folders} if any(folders.values()) else {}),
    }
    rows = [[run, *(values.get(run, "") for values in columns.values())] for run in trials]
    return Sheet("", ["run", *columns], rows if columns else [])


def _told(run: str, facts: pd.Series) -> str:
    known = {"strategy": run.split("(")[0], **parameters(run)}
    kept = {name: value for name, value in facts.items() if value not in ("", ABSENT, known.get(str(name)))}
    return ", ".join(f"{name}={value}" for name, value in kept.items())


def _alike(comparison: Comparison) -> Sheet:
    """Lay out how alike the runs are: every pair of a few, the most alike of many."""
    names = [str(name) for name in comparison.frame.index]
    if len(names) < 2:
        return Sheet("", [], [])
    same, held = (each.to_numpy(np.float64) for each in (comparison.correlation, comparison.overlap))
    return (_matrix if len(names) <= MOST_PAIRED else _pairs)(names, same, held)


def _matrix(names: list[str], same: FloatArray, held: FloatArray) -> Sheet:
    cells = np.where(np.tri(len(names), k=-1, dtype=bool), same, held)
    keys = list(islice(letters(), len(names)))
    texts = [[number(float(one)) for one in row] for row in cells]
    for k, row in enumerate(texts):
        row[k] = ""  # of a run with itself
    rows = [[f"{key}: {name}", *row] for key, name, row in zip(keys, names, texts, strict=True)]
    title = "correlation of returns (below the diagonal), overlap of positions (above)"
    return _texts(Sheet(title, ["", *keys], rows))


def _pairs(names: list[str], same: FloatArray, held: FloatArray) -> Sheet:
    first, second = np.tril_indices(len(names), -1)
    found = np.nan_to_num(same[first, second], nan=-np.inf)
    best = np.argsort(-found, kind="stable")[:MOST_ALIKE]
    rows = [
        [names[j], cut(names[i], LONGEST), number(float(same[i, j])), number(float(held[i, j]))]
        for i, j in zip(first[best].tolist(), second[best].tolist(), strict=True)
    ]
    known = found[np.isfinite(found)]
    note = f"Correlation of all {len(found):,} pairs: from {number(known.min())} to {number(known.max())}, "
    notes = [note + f"median {number(float(np.median(known)))}."] if known.size else []
    columns = ["most alike", "and", "correlation of returns", "overlap of positions"]
    return Sheet("", columns, rows, dict.fromkeys(columns[2:], "text"), notes)


def letters() -> Iterator[str]:
    """Give A, B … Z, AA, BB …: short names of runs."""
    return (k * letter for k in count(1) for letter in ascii_uppercase)


def grouped(run_notes: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Say what several runs say once, also where only its numbers differ.

    >>> grouped({"a": ("3 orders rejected.",), "b": ("14 orders rejected.",), "c": ("Ruined.",)})
    ['a, b: N orders rejected.', 'c: Ruined.']
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    for run, notes in run_notes.items():
        for note in notes:
            groups.setdefault(re.sub(r"\d+(?:[,.]\d+)*", "N", note), []).append((cut(run, LONGEST), note))
    return [_group(pattern, told) for pattern, told in groups.items()]


def _group(pattern: str, told: list[tuple[str, str]]) -> str:
    same = len({note for _, note in told}) == 1
    return f"{some([run for run, _ in told], MOST_NAMED)}: {told[0][1] if same else pattern}"


def _texts(sheet: Sheet) -> Sheet:
    """Let every column but the first stand to the right."""
    return sheet._replace(units=dict.fromkeys(sheet.columns[1:], "text"))


def _short(sheet: Sheet) -> Sheet:
    rows = [[cut(row[0], LONGEST), *row[1:]] for row in sheet.rows]
    return sheet._replace(title=cut(sheet.title, LONGEST), rows=rows)
