"""``quantlab forecast``: a forecaster walked forward over bars, and its scores."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantlab.cli import options
from quantlab.cli.output import prints_kept_away, say, strict_json


def forecast(
    forecaster: options.ForecasterSpec,
    bars: options.Source,
    horizon: Annotated[
        list[int],
        typer.Option(
            metavar="N",
            help="Bars ahead; several times for several horizons.",
            rich_help_panel=options.FOLDS,
            show_default=False,
        ),
    ] = [],  # noqa: B006 (typer copies it)
    lookback: Annotated[
        int | None,
        typer.Option(metavar="N", help="Bars that it reads, ending now.", rich_help_panel=options.FOLDS),
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
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.npz", help="Write the forecast table there.", rich_help_panel=options.OUTPUT
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Walk a forecaster forward and print its scores, the naive and the linear forecast beside it."""
    from quantlab.cli.forecaster import load_forecaster  # pandas: `--help` does not wait for it
    from quantlab.forecasting.folds import WalkForward
    from quantlab.forecasting.walk_forward import walk_forward

    with prints_kept_away(json):
        recipe = load_forecaster(
            forecaster,
            options.given(horizon=_one_or_several(horizon), lookback=lookback, target=target),
        )
        panel = options.bars_of(bars, symbols, tz, calendar, stamp, start, end)
        table = walk_forward(recipe, panel, WalkForward(**options.given(train=train, test=test)), seed=seed)
        scores = table.scores(panel)
    if json:
        rows = scores.frame.reset_index().to_dict("records")
        record = {"name": table.name, "scores": rows, "notes": scores.notes, "provenance": table.provenance}
        typer.echo(strict_json(record))
    else:
        typer.echo(str(scores))
    if save is not None:
        table.save(save)
        say(f"saved: {save}")


def _one_or_several(horizons: list[int]) -> int | tuple[int, ...] | None:
    if not horizons:
        return None
    return horizons[0] if len(horizons) == 1 else tuple(sorted(horizons))
