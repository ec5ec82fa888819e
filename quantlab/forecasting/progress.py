"""How far a walk-forward has come, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def folds_done(total: int, shown: bool | None) -> Iterator[Callable[[str], None]]:
    """Yield a function to call when a fold is done; draws a bar when `shown`, or None and a terminal."""
    if not (sys.stderr.isatty() if shown is None else shown):
        yield lambda _: None
        return
    from rich.console import Console  # drawn only on request or on a terminal
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("walk-forward", total=total)
        yield lambda name: bar.update(task, advance=1, description=name)
