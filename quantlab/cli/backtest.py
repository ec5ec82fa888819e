"""``quantlab backtest``: a strategy or a portfolio over one set of bars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantlab.cli import options
from quantlab.cli.output import moment, prints_kept_away, say, strict_json, write_page
from quantlab.cli.stress import stress_record
from quantlab.errors import ResultError

if TYPE_CHECKING:
    from quantlab.engine.portfolio import Portfolio
    from quantlab.engine.result import Result
    from quantlab.engine.strategy import Strategy
    from quantlab.market.bars import Bars
    from quantlab.research.stress import Stress


def backtest(
    strategy: options.StrategySpec,
    bars: options.Source,
    param: options.Params = [],  # noqa: B006 (typer copies it)
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
    save: options.Save = None,
    keep: options.Keep = False,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replace a result saved there.", rich_help_panel=options.OUTPUT),
    ] = False,
    stress: Annotated[
        bool,
        typer.Option(
            "--stress",
            help="Also run it under dearer and later fills and on shocked bars.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = False,
    report: options.Report = None,
    json: options.Json = False,
) -> None:
    """Run a strategy, or a portfolio of them, over bars and print what came of it."""
    from quantlab.cli.strategy import load_backtestable  # pandas: `--help` does not wait for it
    from quantlab.engine.backtest import backtest
    from quantlab.trading.account import Account, Execution
    from quantlab.trading.costs import Costs

    options.refuse_both(save, keep)
    if save is not None and save.exists() and not overwrite:
        raise ResultError(
            f"{save} exists already: give another folder, or --overwrite."
        )  # before the run, not after
    settings: dict[str, Any] = {
        "cash": cash,
        "costs": Costs(commission=commission, slippage=slippage, spread=spread),
        "account": Account(leverage=leverage, whole_units=whole_units),
        "execution": Execution(fill="same_close" if same_close else "next_open"),
        "start": start,
        "end": end,
        "benchmark": benchmark,
        "risk_free_annual": risk_free_annual,
        "seed": seed,
        "engine": engine,
    }
    with prints_kept_away(json):
        tried, over = load_backtestable(strategy, param), options.bars_of(bars, symbols, tz, calendar, stamp)
        result = backtest(tried, over, **settings)
        stressed = _stressed(tried, over, settings) if stress else None
    typer.echo(strict_json(_record(result, stressed)) if json else str(result))
    if stressed is not None and not json:
        typer.echo(f"\n{stressed}")
    if save is not None or keep:
        say(f"saved: {result.save(save, overwrite=overwrite)}")
    write_page(result, report, stressed)


def _stressed(strategy: Strategy | Portfolio, bars: Bars, settings: Mapping[str, Any]) -> Stress:
    from quantlab.research.stress import stress  # pandas: `--help` does not wait for it

    return stress(strategy, bars, **settings)


def _record(result: Result, stressed: Stress | None) -> dict[str, Any]:
    """Return what a program wants to know; paths and tables are in what `save` writes."""
    more = {} if stressed is None else {"stress": stress_record(stressed)}
    return {
        "name": result.name,
        "first": moment(result.equity.index[0]),
        "last": moment(result.equity.index[-1]),
        "n_bars": len(result.equity),
        "initial_cash": result.initial_cash,
        "final_equity": result.equity.iloc[-1],
        "periods_per_year": result.periods_per_year,
        "fill": result.fill,
        "engine": result.engine,
        "ruined": result.ruined,
        "benchmark": result.benchmark_name,
        "notes": result.notes,
        "metrics": result.metrics,
        "provenance": result.provenance,
        **more,
    }
