"""``quantlab compare``: saved results side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from quantlab.cli import options
from quantlab.cli.compare_record import record, rows
from quantlab.cli.compare_runs import compare_runs
from quantlab.cli.output import strict_json, write_page


def compare(
    runs: options.Runs,
    benchmark: options.BenchmarkRun = None,
    by: Annotated[str, typer.Option(metavar="METRIC", help="Rank by this metric, best first.")] = "sharpe",
    report: options.Report = None,
    json: options.Json = False,
    csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV instead of text.", rich_help_panel=options.OUTPUT)
    ] = False,
) -> None:
    """Compare saved results on the bars that all of them have."""
    if json and csv:
        raise typer.BadParameter("--json and --csv exclude each other: give one of them.")
    comparison = compare_runs(runs, benchmark, by)
    if csv:
        typer.echo(rows(comparison).to_csv(lineterminator="\n"), nl=False)
    else:
        typer.echo(strict_json(record(comparison)) if json else str(comparison))
    write_page(comparison, report)
