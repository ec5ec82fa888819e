"""What the page of a sweep shows: its best trials, where they lie among the others, and the best of them."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from quantlab.metrics.catalogue import METRICS
from quantlab.metrics.metric import Metric
from quantlab.report.run_panels import run_panels
from quantlab.report.section import Section, filled
from quantlab.report.tables import Cell, Table, definition, numeric, origin_table, shaded_table
from quantlab.research.sweep import Sweep
from quantlab.research.sweep_show import sweep_cells, sweep_notes, sweep_subtitle, sweep_table, sweep_title

MOST_MAPS = 6  # pairs of parameters


def sweep_page(sweep: Sweep) -> dict[str, Any]:
    """Everything the template of a sweep needs; the best trial is run again for its charts."""
    return {
        "title": sweep_title(sweep),
        "subtitle": [sweep_subtitle(sweep)],
        "notes": sweep_notes(sweep),
        "verdict": None,
        "headlines": [],
        "sections": filled((_trials(sweep), Section("Heat maps", _maps(sweep)), _best(sweep))),
        "definitions": [METRICS[name] for name in sweep.metrics],
        "origin": origin_table(sweep.best.result.provenance if _has_best(sweep) else {}),
    }


def _has_best(sweep: Sweep) -> bool:
    return bool(np.isfinite(sweep.frame[sweep.rank_by].to_numpy(np.float64)).any())


def _best(sweep: Sweep) -> Section:
    if not _has_best(sweep):
        return Section("The best trial")
    return Section(f"Trial {sweep.best.number}, the best", linked=run_panels(sweep.best.result))


def _trials(sweep: Sweep) -> Section:
    columns, rows, units = sweep_table(sweep)
    cells = tuple(
        tuple(
            numeric(float(value), units[name]) if name in units else Cell(str(value))  # type: ignore[arg-type]
            for name, value in zip(columns, row, strict=True)
        )
        for row in rows
    )
    n = sweep._bars.periods_per_year
    hints = tuple(_hint(name, n) for name in columns)
    return Section("Best trials", (Table("", tuple(columns), cells, wide=True, sortable=True, hints=hints),))


def _hint(label: str, periods_per_year: float) -> str:
    metric = next((each for each in METRICS.values() if each.label == label), None)
    return "" if metric is None else definition(metric, periods_per_year)


def _maps(sweep: Sweep) -> tuple[Table, ...]:
    """Lay out the ranking metric over each pair of parameters, or over the only one."""
    pairs: list[tuple[str, str | None]] = [*combinations(sweep.params, 2)] or [(sweep.params[0], None)]
    return tuple(_map(*sweep_cells(sweep, x, y, None)) for x, y in pairs[:MOST_MAPS])


def _map(title: str, metric: Metric, cells: pd.Series) -> Table:
    pair = cells.index.nlevels == 2
    frame = cells.unstack(0) if pair else cells.to_frame(metric.label)
    known = np.abs(frame.to_numpy(dtype=np.float64))
    full = float(np.nanmax(known)) if np.isfinite(known).any() else 0.0
    corner = f"{frame.index.name} ↓ {frame.columns.name} →" if pair else str(frame.index.name)
    return shaded_table(title, frame, metric.unit, full, corner)
