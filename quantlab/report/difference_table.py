"""What was chosen differently in the runs of a comparison, and where they were read from."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from quantlab.report.run_names import name_cell
from quantlab.report.tables import Cell, Table
from quantlab.research.differing import ABSENT


def difference_table(differing: pd.DataFrame, folders: Mapping[str, str], keys: Mapping[str, str]) -> Table:
    """Lay out the parameters, settings and bars that not all runs share, a row a run; none where all agree.

    `folders` of runs that were read from one come first; `keys` are the short names of runs.
    """
    read = {"folder": [folders[str(run)] for run in differing.index]} if any(folders.values()) else {}
    facts = {**read, **{str(name): [str(value) for value in differing[name]] for name in differing}}
    columns = [_cells(texts) for texts in facts.values()]
    rows = tuple(zip((name_cell(str(run), keys) for run in differing.index), *columns, strict=True))
    title = "Parameters and settings that differ" if len(differing.columns) else "Folders"
    return Table(title, ("run", *facts), rows if facts else (), wide=True, sortable=True)


def _cells(texts: list[str]) -> list[Cell]:
    """Let a column of numbers stand to the right, also where a run has none."""
    numbers = [_number(text) for text in texts]
    are_numbers = all(value is not None or text == ABSENT for value, text in zip(numbers, texts, strict=True))
    return [Cell(text, are_numbers, value=value) for value, text in zip(numbers, texts, strict=True)]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
