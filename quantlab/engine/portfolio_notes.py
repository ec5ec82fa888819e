"""What a reader must know of a portfolio's numbers: its parts' notes, ruin, and what netting saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from quantlab.display.moments import moment

if TYPE_CHECKING:
    from quantlab.engine.portfolio_tables import Whole
    from quantlab.engine.result import Result
    from quantlab.typing import FloatArray, RecordArray


def engines_of(parts: Mapping[str, Result]) -> str:
    """Say which engine ran, by strategy where they differ."""
    engines = {name: part.engine for name, part in parts.items()}
    if len(set(engines.values())) == 1:
        return next(iter(engines.values()))
    return "; ".join(f"{name}: {engine}" for name, engine in engines.items())


def portfolio_notes(
    parts: Mapping[str, Result], whole: Whole, last: pd.Timestamp, multiplier: FloatArray
) -> tuple[str, ...]:
    """Return the notes of a portfolio as sentences, the gravest first; what all parts say is said once."""
    return (*_ruin(whole, last), *_of_parts(parts), *_saved(whole, multiplier))


def _ruin(whole: Whole, last: pd.Timestamp) -> Iterator[str]:
    if whole.ruined:
        yield f"RUINED at {moment(last)}: equity of the portfolio fell to zero and the run stopped there."


def _of_parts(parts: Mapping[str, Result]) -> Iterator[str]:
    for line in dict.fromkeys(note for part in parts.values() for note in part.notes):
        said_by = [name for name, part in parts.items() if line in part.notes]
        yield line if len(said_by) == len(parts) > 1 else f"{', '.join(said_by)}: {line}"


def _saved(whole: Whole, multiplier: FloatArray) -> Iterator[str]:
    if whole.netted:
        before, after = (_costs(fills, multiplier) for fills in (whole.pool.fills, whole.record.fills))
        commission, slippage = (one - other for one, other in zip(before, after, strict=True))
        yield (
            f"NETTED: {_counted(len(whole.pool.fills))} of the strategies went to the market as "
            f"{len(whole.record.fills):,}, which saved {commission:,.2f} of {before[0]:,.2f} commission and "
            f"{slippage:,.2f} of {before[1]:,.2f} slippage."
        )


def _counted(n: int) -> str:
    return "1 fill" if n == 1 else f"{n:,} fills"


def _costs(fills: RecordArray, multiplier: FloatArray) -> tuple[float, float]:
    """Return commission and slippage of fills, in money."""
    worse = fills["quantity"] * (fills["price"] - fills["reference_price"]) * multiplier[fills["symbol"]]
    return float(fills["commission"].sum()), float(worse.sum())
