"""``quantlab forecast``: a forecaster walked forward over bars, and its scores."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from quantlab.cli import options
from quantlab.cli.output import prints_kept_away, say, strict_json

RECIPE = "Forecaster and folds"


def forecast(
    forecaster: Annotated[
        str,
        typer.Argument(
            metavar="FORECASTER",
            help="naive, drift, ewma, volatility, ridge, trees, cnn1d, mlp, lstm, gru, tcn, dlinear, nlinear, "
            "nhits, patchtst, tsmixer, transformer, or file.py:name of a forecaster.",
            show_default=False,
        ),
    ],
    bars: options.Source,
    horizon: Annotated[
        list[int],
        typer.Option(
            metavar="N",
            help="Bars ahead; several times for several horizons.",
            rich_help_panel=RECIPE,
            show_default=False,
        ),
    ] = [],  # noqa: B006 (typer copies it)
    lookback: Annotated[
        int | None, typer.Option(metavar="N", help="Bars that it reads, ending now.", rich_help_panel=RECIPE)
    ] = None,
    train: Annotated[
        int | None, typer.Option(metavar="N", help="Bars of a training block.", rich_help_panel=RECIPE)
    ] = None,
    test: Annotated[
        int | None, typer.Option(metavar="N", help="Bars of a test block.", rich_help_panel=RECIPE)
    ] = None,
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
        recipe = load_forecaster(forecaster, _given(horizon=_one_or_several(horizon), lookback=lookback))
        panel = options.bars_of(bars, symbols, tz, calendar, stamp, start, end)
        table = walk_forward(recipe, panel, WalkForward(**_given(train=train, test=test)), seed=seed)
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


def _given(**values: Any) -> dict[str, Any]:
    """Return the options that were given; the others keep the default that the library has for them."""
    return {name: value for name, value in values.items() if value is not None}


def _one_or_several(horizons: list[int]) -> int | tuple[int, ...] | None:
    if not horizons:
        return None
    return horizons[0] if len(horizons) == 1 else tuple(sorted(horizons))
