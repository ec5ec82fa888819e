"""What a run would have had from holding its symbols: the plainest thing to measure a strategy by."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from quantlab.engine.result import Result
from quantlab.typing import FloatArray


class Holding(NamedTuple):
    """Returns (n_bars,) of holding symbols, and what that is called."""

    name: str
    returns: FloatArray


def holding(result: Result) -> Holding | None:
    """Put equal money into each symbol that `result` traded, at the first bar of the run, and leave it there.

    Marks are last closes, without dividends or costs; money waits in cash until a symbol has its first close. None
    where nothing was traded, and where a price is not above 0: there money cannot be held in it.
    """
    traded = [name for name in result.marks.columns if (result.fills["symbol"] == name).any()]
    marks = result.marks[traded].ffill().bfill().to_numpy(dtype=np.float64)
    if not traded or not (marks > 0.0).all():
        return None
    growth = (marks / marks[0]).mean(axis=1)
    returns = np.diff(growth, prepend=1.0) / np.append(1.0, growth[:-1])
    name = str(traded[0]) if len(traded) == 1 else f"its {len(traded):,} symbols in equal parts"
    return Holding(f"holding {name}", returns)
