"""``quantlab sweep``: one strategy with many sets of parameters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantlab.cli import options
from quantlab.cli.output import prints_kept_away, strict_json, write_page

if TYPE_CHECKING:
    from quantlab.research.swept import Sweep

SEARCH = "Search"


def sweep(
    strategy: options.StrategySpec,
    bars: options.Source,
    over: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=VALUES",
            help="Values to try: fast=5,10 or fast=5:50:5 (both ends included); may be given several times.",
            rich_help_panel=SEARCH,
        ),
    ] = [],  # noqa: B006 (typer copies it)
    where: Annotated[
        str | None,
        typer.Option(metavar="CONDITION", help="Run only these: 'fast < slow'.", rich_help_panel=SEARCH),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Run N random draws instead of all combinations; without --over, of the declared ranges.",
            rich_help_panel=SEARCH,
        ),
    ] = None,
    rank_by: Annotated[
        str, typer.Option(metavar="METRIC", help="Metric that says which is best.", rich_help_panel=SEARCH)
    ] = "sharpe",
    metrics: Annotated[
        str | None, typer.Option(metavar="A,B,…", help="Metrics to compute.", rich_help_panel=SEARCH)
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Processes or threads; by default what pays.", rich_help_panel=SEARCH),
    ] = None,
    path: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Keep finished trials there, and go on from it.", rich_help_panel=SEARCH
        ),
    ] = None,
    param: options.Params = [],  # noqa: B006
    symbols: options.Symbols = None,
    start: options.Start = None,
    end: options.End = None,
    tz: options.Zone = None,
    calendar: options.Calendar = None,
    stamp: options.Stamp = "close",
    cash: options.Cash = 100_000.0,
    commission: options.Commission = 0.0,
    slippage: options.Slippage = 0.0,
    spread: options.Spread = 0.0,
    whole_units: options.WholeUnits = False,
    leverage: options.Leverage = 1.0,
    same_close: options.SameClose = False,
    benchmark: options.BenchmarkSymbol = None,
    risk_free_annual: options.RiskFreeAnnual = 0.0,
    seed: options.Seed = 0,
    engine: options.Engine = "auto",
    report: options.Report = None,
    json: options.Json = False,
    csv: Annotated[
        bool, typer.Option("--csv", help="Print all trials as CSV.", rich_help_panel=options.OUTPUT)
    ] = False,
) -> None:
    """Run a strategy with many sets of parameters and print the best of them."""
    from quantlab.cli.condition import condition  # what these bring, `--help` does not wait for
    from quantlab.cli.space import read_space
    from quantlab.cli.strategy import load_strategy
    from quantlab.records import SUMMARY
    from quantlab.research.sweep import sweep
    from quantlab.trading.account import Account, Execution
    from quantlab.trading.costs import Costs

    if json and csv:
        raise typer.BadParameter("--json and --csv exclude each other: give one of them.")
    with prints_kept_away(True):  # a strategy runs many times here: its prints are not the answer
        base = load_strategy(strategy, param)
        swept = sweep(
            base,
            options.bars_of(bars, symbols, tz, calendar, stamp),
            over=read_space(base, over),
            where=None if where is None else condition(where, base.params),
            trials=trials,
            rank_by=rank_by,
            metrics=SUMMARY if metrics is None else [name.strip() for name in metrics.split(",")],
            workers=workers,
            path=path,
            cash=cash,
            costs=Costs(commission=commission, slippage=slippage, spread=spread),
            account=Account(leverage=leverage, whole_units=whole_units),
            execution=Execution(fill="same_close" if same_close else "next_open"),
            start=start,
            end=end,
            benchmark=benchmark,
            risk_free_annual=risk_free_annual,
            seed=seed,
            engine=engine,
        )
        text = strict_json(_record(swept)) if json else _csv(swept) if csv else f"{swept}\n"
    typer.echo(text, nl=json)
    with prints_kept_away(True):  # for its page the best trial runs again
        write_page(swept, report)


def _csv(swept: Sweep) -> str:
    return swept.frame.to_csv(lineterminator="\n")


def _record(swept: Sweep) -> dict[str, Any]:
    """Return what a program wants to know, all trials included; the best is null where none is defined."""
    return {
        "strategy": type(swept.trial(0).strategy).__name__,
        "params": swept.params,
        "rank_by": swept.rank_by,
        "n_trials": swept.n_trials,
        "n_failed": swept.n_failed,
        "engine": swept.engine,
        "notes": swept.notes,
        "best": repr(swept.best.strategy) if swept.has_best else None,
        "best_trial": swept.best.number if swept.has_best else None,
        "verdict": swept.verdict(),
        "deflated_sharpe": swept.deflated_sharpe,
        "lucky_sharpe": swept.lucky_sharpe,
        "overfitting": _overfitting(swept),
        "trials": [
            {"trial": number, **row} for number, row in zip(swept.frame.index, _rows(swept), strict=True)
        ],
    }


def _overfitting(swept: Sweep) -> dict[str, Any] | None:
    """Return how likely the best is no better than the median on other bars; null where that takes long."""
    found = swept.known_overfitting
    if found is None:
        return None
    return {
        name: getattr(found, name)
        for name in ("probability", "loss_probability", "n_configurations", "parts")
    }


def _rows(swept: Sweep) -> list[dict[str, Any]]:
    return swept.frame.to_dict("records")  # type: ignore[return-value]
