"""``quantlab new``: a strategy and a script that run as they are."""

from __future__ import annotations

import keyword
import sys
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from quantlab.cli.names import camel_case, snake_case
from quantlab.errors import StrategyError
from quantlab.whole_files import write_whole

SAMPLE = "sample:us5"


def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the strategy, in any style.", show_default=False)
    ],
    folder: Annotated[
        Path, typer.Option(metavar="DIR", help="Where strategies/ and backtests/ are or will be.")
    ] = Path("."),
) -> None:
    """Write a strategy to begin with, and a script that backtests it on a sample."""
    stem, kind = _checked_names(name)
    pages = {
        folder / "strategies" / f"{stem}.py": "strategy",
        folder / "backtests" / f"{stem}_backtest.py": "backtest",
    }
    for path in pages:
        if path.exists():
            raise StrategyError(f"{path} exists already: give another name, or remove it first.")
    for path, template in pages.items():
        _write(path, _filled(template, stem, kind))
    strategy, script = pages
    typer.echo(f"{strategy}\n{script}\n")
    typer.echo(f"Run it:  python {script}")
    typer.echo(f"or:      quantlab backtest {strategy} {SAMPLE}")


def _checked_names(name: str) -> tuple[str, str]:
    """File stem and class name; a StrategyError when Python could not import or would confuse them."""
    stem, kind = snake_case(name), camel_case(name)
    if not (stem.isidentifier() and kind.isidentifier()):
        raise StrategyError(f"{name!r} cannot name a class: use letters, digits and _, a letter first.")
    if keyword.iskeyword(stem) or keyword.iskeyword(kind):
        raise StrategyError(f"{name!r} is a word of Python itself: give another name.")
    if stem in sys.stdlib_module_names or stem == "quantlab":
        raise StrategyError(
            f"{stem}.py would hide the module {stem!r} from its neighbours: give another name."
        )
    return stem, kind


def _filled(template: str, stem: str, kind: str) -> str:
    text = (files("quantlab.cli") / "templates" / f"{template}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(stem=stem, kind=kind, sample=SAMPLE)


def _write(path: Path, text: str) -> None:
    """Write the whole file or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda file: file.write(text.encode()), mode=0o644)
