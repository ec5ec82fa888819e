"""``quantlab compare``: saved results side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from quantlab.cli import options
from quantlab.cli.compare_runs import compare_runs
from quantlab.cli.output import strict_json


def compare(
    runs: options.Runs,
    benchmark: options.BenchmarkRun = None,
    by: Annotated[str, typer.Option(metavar="METRIC", help="Rank by this metric, best first.")] = "sharpe",
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
        typer.echo(comparison.frame.to_csv(lineterminator="\n"), nl=False)
    elif json:
        frame = comparison.frame
        record = {
            "benchmark": comparison.benchmark,
            "by": comparison.by,
            "n_bars": len(comparison.growth),
            "periods_per_year": comparison.periods_per_year,
            "notes": comparison.notes,
            "runs": [{"run": run, **frame.loc[run].to_dict()} for run in frame.index],
        }
        typer.echo(strict_json(record))
    else:
        typer.echo(str(comparison))
