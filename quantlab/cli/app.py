"""The verbs, put together."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated

import typer

import quantlab
from quantlab.cli.backtest import backtest
from quantlab.cli.check import check
from quantlab.cli.compare import compare
from quantlab.cli.forecast import forecast
from quantlab.cli.mistakes import Verbs
from quantlab.cli.new import new
from quantlab.cli.report import report
from quantlab.cli.rerun import rerun
from quantlab.cli.runs import app as runs
from quantlab.cli.samples import samples
from quantlab.cli.stress import stress
from quantlab.cli.sweep import sweep
from quantlab.cli.tune import tune

EPILOG = (
    "Results go to stdout, progress and errors to stderr. "
    "Exit code 0: done; 1: the strategy's own code failed, check found a leak, or rerun a difference; "
    "2: a mistake in what was asked; 130: interrupted."
)

app = typer.Typer(
    name="quantlab",
    cls=Verbs,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    epilog=EPILOG,
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"quantlab {quantlab.__version__}")
        raise typer.Exit


@app.callback()
def quantlab_command(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and leave."
        ),
    ] = False,
) -> None:
    """Backtest event-driven strategies that query neural price forecasters."""


for verb in (backtest, sweep, check, stress, forecast, tune, compare, report, rerun, samples, new):
    app.command()(verb)
app.add_typer(runs, name="runs")


def main() -> None:
    """Run the command line on ``sys.argv`` and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without "─" gets "?", not a traceback
    app(prog_name="quantlab")
