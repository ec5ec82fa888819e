"""What the page of a comparison shows, in the order it shows it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count, cycle
from string import ascii_uppercase
from typing import Any

import numpy as np
import pandas as pd

from quantlab.display.figures import Line, Panel
from quantlab.display.numbers import number
from quantlab.errors import DataError
from quantlab.metrics.catalogue import METRICS
from quantlab.metrics.drawdown import drawdown_path
from quantlab.metrics.metric import Metric
from quantlab.report.calendar_tables import period_returns
from quantlab.report.difference_table import difference_table
from quantlab.report.linked import Linked, LinkedPanel
from quantlab.report.section import Section, filled
from quantlab.report.sheet_tables import sheet_tables
from quantlab.report.tables import Cell, Table, definition, numeric, origin_table, shaded_table
from quantlab.research.comparison import Comparison
from quantlab.research.superiority import Superiority
from quantlab.typing import FloatArray

MOST_DRAWN = 300_000_000  # returns that the tests of a page may draw by themselves: a few seconds
MOST_SAID = 10  # runs that the summary for screen readers names
ROOM_OF_CURVES = 240_000  # numbers embedded
ROOM = 70  # characters that the names of all runs may take as the headings of one table


def comparison_page(comparison: Comparison) -> dict[str, Any]:
    """Everything the template of a comparison needs, as plain texts and geometry."""
    n_runs = len(comparison.frame)
    keys = _keys([str(name) for name in comparison.frame.index])
    shown = [METRICS[name] for name in comparison.frame.columns if name in METRICS]
    return {
        "title": f"Comparison of {n_runs} run{'s' if n_runs > 1 else ''}",
        "subtitle": list(comparison.subtitle),
        "notes": [*comparison.notes, *_untested(comparison)],
        "verdict": _verdict(comparison),
        "headlines": [],
        "sections": filled(_sections(comparison, keys)),
        "definitions": shown,
        "origin": origin_table(comparison.provenance),
    }


def _sections(comparison: Comparison, keys: Mapping[str, str]) -> tuple[Section, ...]:
    """All that may stand on the page, in the order it stands there; further tables join here."""
    return (
        Section("Runs", (_text_table("Runs, best first", *comparison.table, keys),)),
        Section("Charts", linked=_linked(comparison, keys)),
        Section("Metrics", (_metric_table(comparison, keys), *_differences(comparison, keys))),
        Section("What differs", (difference_table(comparison.provenance, keys),)),
        Section("Against the benchmark", _superiority(comparison)),
        Section(
            "Years, correlation and overlap",
            (
                _year_table(comparison, keys),
                _correlation_table(comparison, keys),
                _overlap_table(comparison, keys),
            ),
        ),
    )


def _keys(names: list[str]) -> dict[str, str]:
    """Choose what heads the column of each run: its name, or a letter where the names together are too long."""
    letters = (k * letter for k in count(1) for letter in ascii_uppercase)
    fits = sum(map(len, names)) <= ROOM
    return {name: name if fits else letter for name, letter in zip(names, letters, strict=False)}


def _full(name: str, keys: Mapping[str, str]) -> str:
    """Put the letter of a run before its name, where it has one."""
    return name if keys[name] == name else f"{keys[name]}: {name}"


def _linked(comparison: Comparison, keys: Mapping[str, str]) -> Linked:
    time = pd.DatetimeIndex(comparison.growth.index)
    others = cycle((0, 2, 3, 4, 5, 6, 7))  # grey is the benchmark's
    colours = [1 if name == comparison.benchmark else next(others) for name in comparison.growth]
    curves = {
        _full(str(name), keys): comparison.growth[name].to_numpy(dtype=np.float64)
        for name in comparison.growth
    }
    growth = tuple(Line(name, time, curve) for name, curve in curves.items())
    falls = tuple(Line(name, time, drawdown_path(curve, 1.0)) for name, curve in curves.items())
    panels = (
        LinkedPanel(Panel("Growth of 1", growth), None, 340, colours, can_log=True),
        LinkedPanel(Panel("Drawdown", falls, "fraction"), None, 200, colours),
    )
    return Linked(time, panels, _summary(curves), room=ROOM_OF_CURVES)


def _summary(curves: Mapping[str, FloatArray]) -> str:
    """Say in a sentence what the charts show, for those who cannot see them."""
    ends = ", ".join(f"{name} {number(float(curve[-1]))}" for name, curve in list(curves.items())[:MOST_SAID])
    return f"Growth of 1 of {len(curves):,} runs, best first: {ends}."


def _differences(comparison: Comparison, keys: Mapping[str, str]) -> tuple[Table, ...]:
    if comparison.benchmark is None:
        return ()
    return (_text_table(f"Difference from {comparison.benchmark}, paired", *comparison.differences, keys),)


def _text_table(title: str, columns: list[str], rows: list[list[str]], keys: Mapping[str, str]) -> Table:
    cells = tuple((Cell(_full(name, keys)), *(Cell(text, True) for text in rest)) for name, *rest in rows)
    return Table(title, tuple(columns), cells, wide=True)


def _metric_table(comparison: Comparison, keys: Mapping[str, str]) -> Table:
    """Every metric of the comparison, a row a run, the best of each column marked."""
    metrics = [METRICS[name] for name in comparison.frame.columns if name in METRICS]
    best = {metric.name: _best(metric, comparison.frame[metric.name]) for metric in metrics}
    rows = tuple(
        (
            Cell(_full(str(run), keys)),
            *(
                numeric(float(row[metric.name]), metric.unit)._replace(
                    is_best=best[metric.name] == row[metric.name]
                )
                for metric in metrics
            ),
        )
        for run, row in comparison.frame.iterrows()
    )
    hints = ("", *(definition(metric, comparison.periods_per_year) for metric in metrics))
    columns = ("run", *(metric.label for metric in metrics))
    return Table("All metrics", columns, rows, wide=True, sortable=True, hints=hints)


def _best(metric: Metric, values: pd.Series) -> float:
    """Best value of a metric; NaN, which equals nothing, where no direction is better or all runs agree."""
    if metric.better is None or values.nunique() < 2:
        return np.nan
    return float(values.max() if metric.better == "higher" else values.min())


def _year_table(comparison: Comparison, keys: Mapping[str, str]) -> Table:
    growth = comparison.growth
    years = pd.DataFrame({keys[str(name)]: period_returns(growth[name], 1.0, "Y") for name in growth})
    full = max(float(years.abs().max().max()), 1e-9)
    return shaded_table("Years", years, "fraction", full)


def _correlation_table(comparison: Comparison, keys: Mapping[str, str]) -> Table:
    """Correlation of the runs' returns on the common bars; the first bar, measured from 1, included."""
    growth = comparison.growth
    before = growth.shift(fill_value=1.0)
    returns = (growth / before.where(before != 0.0) - 1.0).fillna(0.0)
    names = [str(name) for name in growth]
    table = returns.corr().set_axis([_full(name, keys) for name in names], axis="index")
    return shaded_table(
        "Correlation of returns", table.set_axis([keys[n] for n in names], axis="columns"), "ratio", 1.0
    )


def _overlap_table(comparison: Comparison, keys: Mapping[str, str]) -> Table:
    """Cosine of what the runs held; 1 is the same."""
    names = [str(name) for name in comparison.overlap]
    table = comparison.overlap.set_axis([_full(name, keys) for name in names], axis="index")
    return shaded_table(
        "Overlap of positions", table.set_axis([keys[n] for n in names], axis="columns"), "ratio", 1.0
    )


def _superiority(comparison: Comparison) -> tuple[Table, ...]:
    """Lay out the tests of all runs against the benchmark; nothing where they cannot be made."""
    tested = _tested(comparison)
    return () if tested is None else sheet_tables(tested)


def _verdict(comparison: Comparison) -> str | None:
    """Say what may be said of all runs in one line."""
    tested = _tested(comparison)
    return None if tested is None else tested.verdicts[-1]


def _untested(comparison: Comparison) -> list[str]:
    if comparison.benchmark is None or _tested(comparison) is not None:
        return []
    return [
        f"Not tested against {comparison.benchmark}: ask comparison.superiority first, which takes its time."
    ]


def _tested(comparison: Comparison) -> Superiority | None:
    """Test against the benchmark: where much must be drawn, only if somebody has already waited for it."""
    known = "superiority" in comparison.__dict__  # where the property keeps what it computed
    drawn = comparison.growth.size * comparison.n_resamples
    if comparison.benchmark is None or not (known or drawn <= MOST_DRAWN):
        return None
    try:
        return comparison.superiority
    except DataError:
        return None
