"""``quantlab tune``: a search for a good forecaster, every trial counted."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantlab.cli import options
from quantlab.cli.output import prints_kept_away, strict_json

if TYPE_CHECKING:
    from quantlab.forecasting.tuned import Tuning

SEARCH = "Search"


def tune(
    forecaster: options.ForecasterSpec,
    bars: options.Source,
    over: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=VALUES",
            help="Values to try: lookback=16,32 or penalty=0.01:10 or learning_rate=1e-4:1e-2:log; several times.",
            rich_help_panel=SEARCH,
        ),
    ],
    sampler: Annotated[
        str, typer.Option(metavar="NAME", help="tpe, random, grid or gp.", rich_help_panel=SEARCH)
    ] = "tpe",
    trials: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="How many in all; 20 unless given, all for a grid.", rich_help_panel=SEARCH
        ),
    ] = None,
    by: Annotated[
        str, typer.Option(metavar="SCORE", help="pinball, ic or rank_ic.", rich_help_panel=SEARCH)
    ] = "pinball",
    path: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.db", help="Keep finished trials there, and go on from it.", rich_help_panel=SEARCH
        ),
    ] = None,
    horizon: Annotated[
        int | None, typer.Option(metavar="N", help="Bars ahead.", rich_help_panel=options.FOLDS)
    ] = None,
    target: options.Target = None,
    train: options.TrainBars = None,
    test: options.TestBars = None,
    seed: options.Seed = 0,
    symbols: options.Symbols = None,
    start: options.First = None,
    end: options.End = None,
    tz: options.Zone = None,
    calendar: options.Calendar = None,
    stamp: options.Stamp = "close",
    json: options.Json = False,
) -> None:
    """Try many settings of a forecaster on these bars and print the best; judge that one on later bars."""
    from quantlab.cli.forecaster import load_forecaster  # pandas: `--help` does not wait for it
    from quantlab.forecasting.folds import WalkForward
    from quantlab.forecasting.tuning import tune

    with prints_kept_away(json):
        recipe = load_forecaster(forecaster, options.given(horizon=horizon, target=target))
        tuning = tune(
            recipe,
            options.bars_of(bars, symbols, tz, calendar, stamp, start, end),
            over=_space(over),
            sampler=sampler,
            trials=trials,
            folds=WalkForward(**options.given(train=train, test=test)),
            by=by,
            path=path,
            seed=seed,
        )
    typer.echo(strict_json(_record(tuning)) if json else str(tuning))


def _space(given: Sequence[str]) -> dict[str, Any]:
    """Read ``NAME=VALUES`` texts: values with commas between them, or LOW:HIGH, or LOW:HIGH:log."""
    from quantlab.errors import ForecastError
    from quantlab.forecasting.search_space import Span

    space: dict[str, Any] = {}
    for text in given:
        name, sign, values = (part.strip() for part in text.partition("="))
        ends = values.removesuffix(":log").split(":")
        try:
            if len(ends) == 2:
                low, high = map(ast.literal_eval, ends)
                space[name] = Span(low, high, log=values.endswith(":log"))
            else:
                space[name] = list(ast.literal_eval(f"[{values}]"))
        except (ValueError, SyntaxError, TypeError) as error:
            if isinstance(error, ForecastError):
                raise
            raise ForecastError(
                f"--over {text!r} is not NAME=VALUES, such as lookback=16,32, penalty=0.01:10 or "
                "learning_rate=1e-4:1e-2:log; a word needs quotes, normalise=\"'fold'\"."
            ) from error
        if not (sign and name and space[name]):
            raise ForecastError(
                f"--over {text!r} names no values: write NAME=VALUES, such as lookback=16,32."
            )
    return space


def _record(tuning: Tuning) -> dict[str, Any]:
    """Return what a program wants to know, all trials included."""
    rows = tuning.frame.reset_index().to_dict("records")
    return {
        "forecaster": repr(tuning.forecaster),
        "best": repr(tuning.best),
        "by": tuning.by,
        "n_trials": tuning.n_trials,
        "trials": rows,
    }
