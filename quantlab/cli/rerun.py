"""``quantlab rerun``: a saved run made again, and what has changed since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantlab.cli import options
from quantlab.cli.mistakes import FAILED
from quantlab.cli.output import prints_kept_away, say, strict_json

if TYPE_CHECKING:
    from quantlab.research.rerun import Rerun


def rerun(
    run: options.Run,
    seed: Annotated[int | None, typer.Option(help="Another seed than then.", show_default=False)] = None,
    engine: Annotated[
        str | None, typer.Option(metavar="NAME", help="Another engine than then.", show_default=False)
    ] = None,
    save: options.Save = None,
    keep: options.Keep = False,
    json: options.Json = False,
) -> None:
    """Make a saved run again from its manifest; exit code 1 when something else comes out, and say what changed."""
    from quantlab.research.rerun import rerun  # pandas: `--help` does not wait for it
    from quantlab.research.runs import find

    options.refuse_both(save, keep)
    with prints_kept_away(True):  # what the strategy prints was printed then
        again = rerun(find(run), seed=seed, engine=engine)
    typer.echo(strict_json(_record(again)) if json else str(again))
    if save is not None or keep:
        say(f"saved: {again.result.save(save)}")
    if not again:
        raise typer.Exit(FAILED)


def _record(again: Rerun) -> dict[str, Any]:
    return {
        "run": str(again.run),
        "name": again.result.name,
        "equal": bool(again),
        "fingerprint_then": again.fingerprint,
        "fingerprint_now": again.result.fingerprint,
        "differing": again.differing,
        "changes": [vars(change) for change in again.changes],
    }
