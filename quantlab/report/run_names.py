"""What the runs of a comparison are called where there is little room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from quantlab.display.facts import cut
from quantlab.report.tables import Cell
from quantlab.research.comparison_show import letters

ROOM = 70  # characters that the names of all runs may take as the headings of one table
LONGEST = 44  # characters of a name; the whole one shows on hover


def keys_of(names: Iterable[str]) -> dict[str, str]:
    """Choose what heads the column of each run: its name, or a letter where the names together are too long."""
    names = list(names)
    fits = sum(map(len, names)) <= ROOM
    return {name: name if fits else letter for name, letter in zip(names, letters(), strict=False)}


def called(name: str, keys: Mapping[str, str]) -> str:
    """Put the letter of a run before its name, where it has one; a long name loses its middle."""
    return name if keys[name] == name else f"{keys[name]}: {cut(name, LONGEST)}"


def name_cell(name: str, keys: Mapping[str, str]) -> Cell:
    """Name a run in a table; what was cut off a long name shows on hover."""
    return Cell(called(name, keys), hint=name if len(name) > LONGEST and keys[name] != name else "")
