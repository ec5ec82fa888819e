"""What the page of a sweep shows: its trials, where the best lie among the others, and what the best is worth."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from quantlab.metrics.catalogue import METRICS
from quantlab.report.heat_table import heat_table
from quantlab.report.run_panels import run_panels
from quantlab.report.section import Section, filled
from quantlab.report.sheet_tables import sheet_tables
from quantlab.report.tables import Cell, Table, definition, numeric, origin_table
from quantlab.research.sweep import Sweep
from quantlab.research.sweep_show import sweep_cells, sweep_notes, sweep_subtitle, sweep_table, sweep_title
from quantlab.research.verdict import held_against

MOST_MAPS = 6  # pairs of parameters
MOST_ROWS = 300  # trials
UNASKED = (
    "The probability of overfitting takes its time here: ask sweep.overfitting() or sweep.returns first."
)


def sweep_page(sweep: Sweep) -> dict[str, Any]:
    """Everything the template of a sweep needs; the best trial is run again for its charts."""
    return {
        "title": sweep_title(sweep),
        "subtitle": [sweep_subtitle(sweep)],
        "notes": [*sweep_notes(sweep), *_unasked(sweep)],
        "verdict": " ".join([sweep.verdict(), *(held_against(sweep.best.result) if sweep.has_best else ())]),
        "headlines": [],
        "sections": filled(
            (_trials(sweep), Section("Heat maps", _maps(sweep)), _overfitting(sweep), _best(sweep))
        ),
        "definitions": [METRICS[name] for name in sweep.metrics],
        "origin": origin_table(sweep.best.result.provenance if sweep.has_best else {}),
    }


def _best(sweep: Sweep) -> Section:
    if not sweep.has_best:
        return Section("The best trial")
    return Section(f"Trial {sweep.best.number}, the best", linked=run_panels(sweep.best.result))


def _overfitting(sweep: Sweep) -> Section:
    found = sweep.known_overfitting
    return Section("Overfitting", () if found is None else sheet_tables(found))


def _unasked(sweep: Sweep) -> list[str]:
    return [UNASKED] if sweep.has_best and len(sweep) > 1 and sweep.known_overfitting is None else []


def _trials(sweep: Sweep) -> Section:
    columns, rows, units = sweep_table(sweep, MOST_ROWS)
    cells = tuple(
        tuple(
            numeric(float(value), units[name]) if name in units else Cell(str(value))  # type: ignore[arg-type]
            for name, value in zip(columns, row, strict=True)
        )
        for row in rows
    )
    n = sweep._bars.periods_per_year
    hints = tuple(_hint(name, n) for name in columns)
    note = (
        f"The best {MOST_ROWS} of {len(sweep):,} trials; sweep.frame has all."
        if len(sweep) > MOST_ROWS
        else ""
    )
    return Section(
        "Trials, best first", (Table("", tuple(columns), cells, note, wide=True, sortable=True, hints=hints),)
    )


def _hint(label: str, periods_per_year: float) -> str:
    metric = next((each for each in METRICS.values() if each.label == label), None)
    return "" if metric is None else definition(metric, periods_per_year)


def _maps(sweep: Sweep) -> tuple[Table, ...]:
    """Lay out the ranking metric over each pair of parameters, or over the only one."""
    pairs: list[tuple[str, str | None]] = [*combinations(sweep.params, 2)] or [(sweep.params[0], None)]
    return tuple(heat_table(*sweep_cells(sweep, x, y, None)) for x, y in pairs[:MOST_MAPS])
