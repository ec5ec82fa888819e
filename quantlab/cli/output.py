"""What goes where: results on stdout, everything else on stderr."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    import pandas as pd

    from quantlab.engine.result import Result
    from quantlab.research.comparison import Comparison
    from quantlab.research.stress import Stress
    from quantlab.research.swept import Sweep


def say(line: str) -> None:
    """Tell the person something that is not the result: on stderr, so that pipes stay clean."""
    typer.echo(line, err=True)


def write_page(subject: Result | Comparison | Sweep, path: Path | None, stress: Stress | None = None) -> None:
    """Write the page that was asked for, if one was, and tell where it is."""
    if path is not None:
        from quantlab.report.page import report  # pandas: `--help` does not wait for it

        say(f"report: {report(subject, path, stress=stress)}")


def strict_json(value: Any) -> str:
    """`value` as JSON that any reader accepts: undefined and infinite numbers are null.

    >>> print(strict_json({"sharpe": float("nan")}))
    {
      "sharpe": null
    }
    """
    return json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False)


def prints_kept_away(machine: bool) -> AbstractContextManager[object]:
    """While a `machine` reads stdout, what a strategy prints goes to stderr."""
    return contextlib.redirect_stdout(sys.stderr) if machine else contextlib.nullcontext()


def moment(time: pd.Timestamp) -> str:
    """ISO text of a row's time: a date for a session label, date and offset for an intraday close."""
    return str(time.date()) if time.tz is None else time.isoformat()


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (str, int)) else str(value)
