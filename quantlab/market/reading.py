"""How bars were read and cut: enough to read the same bars again."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quantlab.errors import DataError
from quantlab.market.endings import Ending

if TYPE_CHECKING:
    from quantlab.market.bars import Bars

CUTS = ("rows", "select", "resample")

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+:")


@dataclass(frozen=True)
class Reading:
    """The call of `read_bars` that bars come from, and what was cut out of them since.

    Parameters
    ----------
    source
        The source as it was given.
    place
        Where that is from any folder: an absolute path, or the source itself where it is no path.
    options
        Arguments of `read_bars` that were given, as plain values.
    steps
        Methods of `Bars` called since, with their arguments.
    """

    source: str
    place: str
    options: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[tuple[Any, ...], ...] = ()

    def then(self, method: str, *arguments: Any) -> Reading:
        """Return the reading of what `method` makes of these bars."""
        return replace(self, steps=(*self.steps, (method, *arguments)))

    def again(self) -> Bars:
        """Read the bars, from where they lay or else from where they were said to be.

        Raises
        ------
        DataError
            If there are none any more, or not such.
        """
        from quantlab.market.read import read_bars  # builds on this file

        options = dict(self.options)
        for symbol, end in options.get("ends", {}).items():
            options["ends"] = {**options["ends"], symbol: tuple(end) if isinstance(end, list) else end}
        bars = read_bars(still_at(self.source, self.place), **options)
        for method, *arguments in self.steps:
            if method not in CUTS:
                raise DataError(f"the bars were cut by {method!r}, which is none of {', '.join(CUTS)}.")
            bars = getattr(bars, method)(*arguments)
        return bars


def reading_of(source: object, options: Mapping[str, Any]) -> Reading | None:
    """Describe a call of `read_bars`; None where a name does not say it all.

    That is a frame, or an address that asks or logs in: what it says besides the place may be a secret.
    """
    if not isinstance(source, str | os.PathLike):
        return None
    text = str(source)
    given = {name: _plain(value) for name, value in options.items() if value is not None}
    if not _SCHEME.match(text):
        return Reading(text, str(Path(text).expanduser().absolute()), given)
    return None if "?" in text or "@" in text else Reading(text, text, given)


def still_at(given: str, place: str) -> str:
    """Return `place` where something is there, else what was `given`: a project may have moved as a whole."""
    return place if Path(place).exists() else given


def _plain(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Ending):
        return [str(value.time), value.delisting_return]
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, Iterable) else str(value)
