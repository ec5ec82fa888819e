"""``quantlab check``: whether a strategy looks ahead."""

from __future__ import annotations

from typing import Annotated

import typer

from quantlab.cli import options
from quantlab.cli.mistakes import FAILED
from quantlab.cli.output import prints_kept_away, strict_json


def check(
    strategy: options.StrategySpec,
    bars: options.Source,
    param: options.Params = [],  # noqa: B006 (typer copies it)
    cuts: Annotated[int, typer.Option(help="Places at which the future is changed.")] = 20,
    seed: options.Seed = 0,
    symbols: options.Symbols = None,
    start: options.Start = None,
    end: options.End = None,
    tz: options.Zone = None,
    calendar: options.Calendar = None,
    stamp: options.Stamp = "close",
    compiled: Annotated[
        bool, typer.Option("--compiled", help="Tell as well whether it can be compiled, and what hinders.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Change the future and demand the same decisions before it; exit code 1 when they differ."""
    from quantlab.cli.strategy import load_strategy  # pandas: `--help` does not wait for it
    from quantlab.engine.causality import check

    with prints_kept_away(True):  # a strategy runs dozens of times here: its prints are not the answer
        report = check(
            load_strategy(strategy, param),
            options.bars_of(bars, symbols, tz, calendar, stamp),
            cuts=cuts,
            seed=seed,
            start=start,
            end=end,
            compiled=compiled,
        )
    typer.echo(strict_json(report.to_dict()) if json else str(report))
    if not report:
        raise typer.Exit(FAILED)
