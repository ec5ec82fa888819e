"""The numbers that were chosen: a strategy's parameters, read from the code that makes it."""

from __future__ import annotations

import ast

from quantlab.report.tables import Cell, Table


def parameters(code: str) -> dict[str, str]:
    """Parameters by name of a strategy printed as code; none where `code` is no call.

    >>> parameters("SmaCross(fast=20, slow=50)")
    {'fast': '20', 'slow': '50'}
    >>> parameters("my best run")
    {}
    """
    try:
        call = ast.parse(code, mode="eval").body
    except (SyntaxError, ValueError):
        return {}
    if not isinstance(call, ast.Call):
        return {}
    return {one.arg: ast.unparse(one.value) for one in call.keywords if one.arg is not None}


def parameter_table(code: str) -> Table:
    """Lay out the parameters of a strategy."""
    rows = tuple((Cell(name), Cell(value, True)) for name, value in parameters(code).items())
    return Table("Parameters", ("parameter", "value"), rows)
