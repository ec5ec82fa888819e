"""``quantlab report``: saved results as one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantlab.cli import options
from quantlab.cli.compare_runs import compare_runs, each_run
from quantlab.cli.output import write_page


def report(
    runs: options.Runs,
    to: Annotated[
        Path,
        typer.Option(metavar="FILE", help="Page to write; missing folders are made.", show_default=False),
    ],
    benchmark: options.BenchmarkRun = None,
) -> None:
    """Write a page about one saved result, or about several side by side; it opens offline."""
    from quantlab.engine.result import Result  # pandas: `--help` does not wait for it

    runs = each_run(runs)
    alone = len(runs) == 1 and benchmark is None
    write_page(Result.load(runs[0]) if alone else compare_runs(runs, benchmark), to)
