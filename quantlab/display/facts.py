"""Nested facts as lines of a name and a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def flat(facts: Mapping[str, Any], above: str = "") -> Iterable[tuple[str, str]]:
    """Nested facts, one after the other, as a dotted name and a text; long lists are cut.

    >>> list(flat({"bars": {"rows": 9, "calendar": None}, "symbols": ["A", "B"]}))
    [('bars.rows', '9'), ('bars.calendar', 'none'), ('symbols', 'A, B')]
    """
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{above}{name}.")
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield f"{above}{name}", some([str(one) for one in value], 30)
        else:
            yield f"{above}{name}", "none" if value is None else str(value)


def some(names: Sequence[str], most: int) -> str:
    """Name the first of many.

    >>> some(["a", "b", "c"], 2)
    'a, b … and 1 more'
    """
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} … and {len(names) - most:,} more"


def cut(name: str, most: int = 60) -> str:
    """Put an ellipsis for the middle of a long name: both its ends tell it from others.

    >>> cut("SmaCross(fast=20, slow=50)", 16)
    'SmaCross…low=50)'
    """
    if len(name) <= most:
        return name
    tail = (most - 1) // 2
    return f"{name[: most - 1 - tail]}…{name[-tail:]}"
