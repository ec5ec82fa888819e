"""The numbers that were chosen: a strategy's parameters, read from the code that makes it."""

from __future__ import annotations

from quantlab.report.tables import Cell, Table
from quantlab.research.differing import parameters


def parameter_table(code: str) -> Table:
    """Lay out the parameters of a strategy."""
    rows = tuple((Cell(name), Cell(value, True)) for name, value in parameters(code).items())
    return Table("Parameters", ("parameter", "value"), rows)
