"""What one strategy adds to the table of a run: extra fields, inputs, parameters, states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from quantlab.kernels.places import AT, FIELDS, FIXED_PLACES

Kind = Literal["int", "float", "bool", "str"]


@dataclass(frozen=True)
class Layout:
    """What one strategy adds to the table, in this sequence; equal layouts share compiled code.

    Parameters
    ----------
    fields
        Extra fields of the bars that the strategy names.
    inputs
        Attribute name → quantile levels (empty for a feature).
    params
        Name → kind of each parameter.
    scalars
        Name → kind of each scalar state.
    arrays
        Names of the states with a number per symbol.
    """

    fields: tuple[str, ...]
    inputs: tuple[tuple[str, tuple[float, ...]], ...]
    params: tuple[tuple[str, Kind], ...]
    scalars: tuple[tuple[str, Kind], ...]
    arrays: tuple[str, ...]

    @cached_property
    def places(self) -> Mapping[tuple[str, str], int]:
        """(Group, name) → place; an input's levels follow its own place."""
        names = [("field", name) for name in self.fields]
        for name, levels in self.inputs:
            names += [("input", name), *(("level", f"{name}@{level!r}") for level in levels)]
        names += [("param", name) for name, _ in self.params]
        names += [("scalar", name) for name, _ in self.scalars]
        names += [("array", name) for name in self.arrays]
        return {name: len(FIXED_PLACES) + place for place, name in enumerate(names)}

    @property
    def n_places(self) -> int:
        """Length of the table."""
        return len(FIXED_PLACES) + len(self.places)

    def field_place(self, name: str) -> int | None:
        """Place of a field's address, or None if the bars have no such field."""
        return AT[name] if name in FIELDS else self.places.get(("field", name))
