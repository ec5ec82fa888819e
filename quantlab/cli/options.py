"""Arguments and options that several verbs share, each declared once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from quantlab.market.bars import Bars

BARS = "Bars"
MONEY = "Money and execution"
FOLDS = "Forecaster and folds"
OUTPUT = "Output"

StrategySpec = Annotated[
    str,
    typer.Argument(
        metavar="STRATEGY", help="file.py, file.py:Class or package.module:Class.", show_default=False
    ),
]
Source = Annotated[
    str,
    typer.Argument(
        metavar="BARS",
        help="sample:NAME, a CSV or Parquet file, a folder of them, or a URL.",
        show_default=False,
    ),
]
ForecasterSpec = Annotated[
    str,
    typer.Argument(
        metavar="FORECASTER",
        help="naive, drift, ewma, volatility, arima, garch, ridge, trees, cnn1d, mlp, lstm, gru, tcn, dlinear, "
        "nlinear, nhits, patchtst, tsmixer, transformer, or file.py:name of a forecaster.",
        show_default=False,
    ),
]
Target = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="What it forecasts: return, volatility, direction, drawdown or triple_barrier.",
        rich_help_panel=FOLDS,
    ),
]
TrainBars = Annotated[
    int | None, typer.Option("--train", metavar="N", help="Bars of a training block.", rich_help_panel=FOLDS)
]
TestBars = Annotated[
    int | None, typer.Option("--test", metavar="N", help="Bars of a test block.", rich_help_panel=FOLDS)
]
Params = Annotated[
    list[str],
    typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter; may be given several times."),
]
Symbols = Annotated[
    str | None,
    typer.Option(metavar="A,B,…", help="Only these symbols, in this sequence.", rich_help_panel=BARS),
]
Start = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="First bar; earlier ones serve as warm-up.", rich_help_panel=BARS),
]
First = Annotated[
    str | None, typer.Option("--start", metavar="DATE", help="First bar.", rich_help_panel=BARS)
]
End = Annotated[str | None, typer.Option(metavar="DATE", help="Last bar.", rich_help_panel=BARS)]
Zone = Annotated[
    str | None,
    typer.Option("--tz", metavar="ZONE", help="Time zone of naive intraday times.", rich_help_panel=BARS),
]
Calendar = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Exchange calendar, such as XNYS or 24/7.", rich_help_panel=BARS),
]
Stamp = Annotated[
    str,
    typer.Option(
        metavar="close|open", help="Whether times name a bar's close or open.", rich_help_panel=BARS
    ),
]
Cash = Annotated[float, typer.Option(help="Initial cash.", rich_help_panel=MONEY)]
Commission = Annotated[
    float, typer.Option(help="Fraction of the value traded: 0.001 is 0.1%.", rich_help_panel=MONEY)
]
Slippage = Annotated[float, typer.Option(help="Fraction of the price.", rich_help_panel=MONEY)]
Spread = Annotated[float, typer.Option(help="Whole bid-ask spread, in price units.", rich_help_panel=MONEY)]
WholeUnits = Annotated[
    bool, typer.Option("--whole-units", help="Trade whole units only.", rich_help_panel=MONEY)
]
Leverage = Annotated[float, typer.Option(help="Largest gross exposure, times equity.", rich_help_panel=MONEY)]
SameClose = Annotated[
    bool,
    typer.Option(
        "--same-close",
        help="Fill at the very close decided on, which no real order can.",
        rich_help_panel=MONEY,
    ),
]
BenchmarkSymbol = Annotated[
    str | None, typer.Option(metavar="SYMBOL", help="Symbol to measure against.", rich_help_panel=MONEY)
]
RiskFreeAnnual = Annotated[
    float, typer.Option(help="Riskless return a year, a fraction.", rich_help_panel=MONEY)
]
Run = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="Folder of a saved run, or name or id of one in runs/.", show_default=False
    ),
]
Save = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Write the result there, for compare.", rich_help_panel=OUTPUT),
]
Keep = Annotated[
    bool, typer.Option("--keep", help="Write the result to runs/NAME-ID, for runs.", rich_help_panel=OUTPUT)
]
Report = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write a page there.", rich_help_panel=OUTPUT)
]
Runs = Annotated[
    list[Path],
    typer.Argument(
        metavar="RUN…",
        help="Folders that backtest --save or --keep wrote, or a folder of them.",
        show_default=False,
    ),
]
BenchmarkRun = Annotated[
    str | None, typer.Option(metavar="RUN", help="The run that the others are measured against.")
]
Engine = Annotated[
    str, typer.Option(metavar="NAME", help="python, compiled, or auto to let quantlab choose.")
]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
Json = Annotated[
    bool,
    typer.Option("--json", help="Print JSON instead of text; undefined is null.", rich_help_panel=OUTPUT),
]


def given(**values: Any) -> dict[str, Any]:
    """Return the options that were given; the others keep the default that the library has for them."""
    return {name: value for name, value in values.items() if value is not None}


def refuse_both(save: Path | None, keep: bool) -> None:
    """Refuse two places for one result."""
    if save is not None and keep:
        raise typer.BadParameter("--save and --keep exclude each other: give one of them.")


def bars_of(
    source: str,
    symbols: str | None,
    tz: str | None,
    calendar: str | None,
    stamp: str,
    start: str | None = None,
    end: str | None = None,
) -> Bars:
    """Read the bars that the shared options describe."""
    from quantlab.market.read import read_bars  # pandas: `--help` does not wait for it

    names = None if symbols is None else [name.strip() for name in symbols.split(",") if name.strip()]
    return read_bars(source, symbols=names, start=start, end=end, tz=tz, calendar=calendar, stamp=stamp)
