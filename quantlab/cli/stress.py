"""``quantlab stress``: what a strategy does under worse terms, on worse bars and through crises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantlab.cli import options
from quantlab.cli.output import prints_kept_away, strict_json

if TYPE_CHECKING:
    import pandas as pd

    from quantlab.research.redrawn_trades import RedrawnTrades
    from quantlab.research.stress import Stress


def stress(
    strategy: options.StrategySpec,
    bars: options.Source,
    param: options.Params = [],  # noqa: B006 (typer copies it)
    index: Annotated[
        str | None,
        typer.Option(
            metavar="SYMBOL",
            help="Symbol whose crises it goes through, instead of the S&P 500's from 1990 to 2022.",
        ),
    ] = None,
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
    risk_free_annual: options.RiskFreeAnnual = 0.0,
    seed: options.Seed = 0,
    engine: options.Engine = "auto",
    json: options.Json = False,
) -> None:
    """Run a strategy again with dearer and later fills, on shocked bars and through crises."""
    from quantlab.cli.strategy import load_backtestable  # pandas: `--help` does not wait for it
    from quantlab.research.stress import stress
    from quantlab.trading.account import Account, Execution
    from quantlab.trading.costs import Costs

    with prints_kept_away(True):  # a strategy runs several times here: its prints are not the answer
        found = stress(
            load_backtestable(strategy, param),
            options.bars_of(bars, symbols, tz, calendar, stamp),
            index=index,
            cash=cash,
            costs=Costs(commission=commission, slippage=slippage, spread=spread),
            account=Account(leverage=leverage, whole_units=whole_units),
            execution=Execution(fill="same_close" if same_close else "next_open"),
            start=start,
            end=end,
            risk_free_annual=risk_free_annual,
            seed=seed,
            engine=engine,
        )
    typer.echo(strict_json(stress_record(found)) if json else str(found))


def stress_record(found: Stress) -> dict[str, Any]:
    """Return every table; trades drawn again by their quantiles, null below two closed ones."""
    return {
        "name": found.name,
        "notes": found.notes,
        "scenarios": _rows(found.frame),
        "index": found.index_name,
        "net_exposure": found.net_exposure,
        "crises": _rows(found.crises),
        "trades": None if found.trades is None else _redrawn(found.trades),
    }


def _redrawn(trades: RedrawnTrades) -> dict[str, Any]:
    return {
        "method": trades.method,
        "n_trades": trades.n_trades,
        "n_resamples": len(trades.draws),
        "final_equity": trades.final_equity,
        "max_drawdown": trades.max_drawdown,
        "loss_probability": trades.loss_probability,
        "quantiles": _rows(trades.frame),
    }


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return frame.reset_index().to_dict("records")  # type: ignore[return-value]
