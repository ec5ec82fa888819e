"""How far long work has come, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tick = Callable[[int, str], None]


@contextmanager
def progress_bar(title: str, total: int, shown: bool | None) -> Iterator[Tick]:
    """Give a function to call with the number of steps done and a word on the current one.

    Parameters
    ----------
    title
        What is being done.
    total
        Steps in all.
    shown
        True draws, False does not, None draws at a terminal.
    """
    if not (sys.stderr.isatty() if shown is None else shown):
        yield lambda done, word: None
        return
    from rich.console import Console  # imported only where a bar is drawn
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=console.is_terminal) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done, word: bar.update(task, completed=done, description=word or title)
