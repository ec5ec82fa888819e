"""Declared inputs of many strategies of one class: each distinct matrix once, and who reads which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from quantlab.engine.inputs import Inputs
from quantlab.engine.source import Source
from quantlab.typing import FloatArray, IntArray


class Matrix(NamedTuple):
    """What one declared input reads: `values` ``(n_bars, n_symbols)``, and a matrix per level for forecasts."""

    values: FloatArray
    levels: Mapping[float, FloatArray] = {}


@dataclass(frozen=True, eq=False)
class SharedInputs:
    """Every declared input of several strategies of one class over one set of bars.

    Parameters
    ----------
    names
        Attribute names, in the sequence of declaration.
    matrices
        What is read, each distinct one once.
    which
        ``(n_strategies, n_inputs)``: the place in `matrices` of each strategy's inputs.
    unchecked
        What could not be tested for looking ahead, as sentences.
    """

    names: tuple[str, ...]
    matrices: tuple[Matrix, ...]
    which: IntArray
    unchecked: tuple[str, ...] = field(default=())

    def of(self, number: int) -> Inputs:
        """Return the inputs of one strategy, for one run."""
        read = [self.matrices[place] for place in self.which[number]]
        sources = {
            name: Source(name, matrix.values, dict(matrix.levels))
            for name, matrix in zip(self.names, read, strict=True)
        }
        return Inputs(sources, {}, self.unchecked)
