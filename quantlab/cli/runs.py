"""``quantlab runs``: the runs that were saved; to list, tag and remove them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from quantlab.cli import options
from quantlab.cli.names import snake_case
from quantlab.cli.output import say, strict_json
from quantlab.errors import ResultError

if TYPE_CHECKING:
    from quantlab.research.runs import Runs, SavedRun

Tags = Annotated[list[str], typer.Argument(metavar="TAG…", help="Words.", show_default=False)]


class Listing(TyperGroup):
    """A group of commands that lists where none of them is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``list`` before anything that is no command and no question for help."""
        named = args[:1] and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named else ["list", *args])


app = typer.Typer(cls=Listing, help="List saved runs (quantlab runs [FOLDER]), tag and remove them.")


@app.command("list")
def list_runs(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Where they are.")] = Path("runs"),
    strategy: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only of this strategy, by its class.")
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Only with this tag.")] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Only saved since then (UTC).")] = None,
    where: Annotated[
        str | None, typer.Option(metavar="CONDITION", help="Only with these metrics: 'sharpe > 1'.")
    ] = None,
    json: options.Json = False,
) -> None:
    """List saved runs, newest first; this is what quantlab runs [FOLDER] does."""
    from quantlab.research.runs import runs  # pandas: `--help` does not wait for it

    every = runs(folder)
    tests = [_of(strategy), _tagged(tag), _since(since), _where(where)]
    found = every.only(lambda run: all(test is None or test(run) for test in tests))
    typer.echo(strict_json(_record(found)) if json else str(found) if found or not every else _none_of(every))


@app.command()
def tag(run: options.Run, tags: Tags) -> None:
    """Add tags to a saved run."""
    from quantlab.research.runs import find, tag

    typer.echo(" ".join(tag(find(run), add=tags)))


@app.command()
def untag(run: options.Run, tags: Tags) -> None:
    """Take tags away from a saved run."""
    from quantlab.research.runs import find, tag

    typer.echo(" ".join(tag(find(run), remove=tags)))


@app.command()
def remove(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN…", help="As in tag; several at once.", show_default=False)
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove saved runs, whole folders, for good."""
    from quantlab.research.runs import find, must_be_removable, remove

    folders = list(dict.fromkeys(find(run) for run in runs))
    for folder in folders:  # all of them, before the first is removed
        must_be_removable(folder)
    if not yes:
        _ask(folders)
    for folder in folders:
        remove(folder)
        say(f"removed: {folder}")


def _ask(folders: list[Path]) -> None:
    names = ", ".join(map(str, folders))
    if not _on_a_terminal():
        raise ResultError(f"nobody is there to ask whether to remove {names}: give --yes.")
    typer.confirm(f"Remove {names} for good?", abort=True, err=True)


def _on_a_terminal() -> bool:
    return sys.stdin.isatty()


def _none_of(every: Runs) -> str:
    """Say that nothing matches, and what could."""
    from quantlab.display.facts import some

    strategies = sorted({name for run in every for name in run.classes})
    tags = sorted({tag for run in every for tag in run.facts.get("tags", ())})
    known = [
        f"{what}: {some(names, 20)}" for what, names in (("strategies", strategies), ("tags", tags)) if names
    ]
    there = f" There are {'; '.join(known)}." if known else ""
    return f"None of the {len(every)} runs in {every.folder} matches.{there}"


def _of(strategy: str | None) -> Callable[[SavedRun], bool] | None:
    wanted = None if strategy is None else snake_case(strategy)
    return None if wanted is None else lambda run: wanted in map(snake_case, run.classes)


def _tagged(tag: str | None) -> Callable[[SavedRun], bool] | None:
    return None if tag is None else lambda run: tag in run.facts.get("tags", ())


def _since(text: str | None) -> Callable[[SavedRun], bool] | None:
    import pandas as pd

    if text is None:
        return None
    try:
        date = pd.Timestamp(text)
    except ValueError as error:
        raise typer.BadParameter(f"--since {text!r} is no date: write YYYY-MM-DD.") from error
    first = date.tz_localize("UTC") if date.tz is None else date
    return lambda run: not run.damage and run.row["created"] >= first


def _where(text: str | None) -> Callable[[SavedRun], bool] | None:
    from quantlab.cli.condition import condition
    from quantlab.metrics.catalogue import METRICS

    if text is None:
        return None
    allowed = condition(text, METRICS, noun="metric", example="sharpe > 1")

    def fits(run: SavedRun) -> bool:
        try:
            return allowed(_Defined(run.metrics))
        except _UndefinedError:
            return False

    return fits


class _UndefinedError(Exception):
    """A condition asked for a metric that a run does not have."""


class _Defined:
    """Metrics as attributes; an undefined one fits no condition, not even that it differs from a number."""

    def __init__(self, metrics: dict[str, float]) -> None:
        self._metrics = metrics

    def __getattr__(self, name: str) -> float:
        value = self._metrics[name]
        if value != value:
            raise _UndefinedError(name)
        return value


def _record(found: Runs) -> list[dict[str, Any]]:
    """Return what a program wants to know of each run: its facts, and every metric."""
    return [
        {
            "run": str(run.folder),
            **{name: value for name, value in run.row.items() if name not in run.metrics},
            "created": run.facts.get("created"),
            "damage": run.damage or None,
            "metrics": run.metrics,
        }
        for run in found
    ]
