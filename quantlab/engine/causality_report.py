"""What `check` found, in words, in HTML and as plain values."""

from __future__ import annotations

import math
import textwrap
from dataclasses import asdict, dataclass
from typing import Any

from quantlab.display.text import WIDTH

MOST_NAMED = 3  # of the things that could not be proven, in the verdict
Value = float | str


@dataclass(frozen=True)
class Finding:
    """Something up to a cut that changed when only bars after the cut were changed.

    Parameters
    ----------
    name
        Attribute name of the input (``outlook.shifted`` for a feature that the forecaster of `outlook`
        reads), or ``"decisions"`` or ``"fills"`` when every input stood still and orders, or fills, did not.
    declaration
        The input as the code that declares it, with the quantile level for a forecast; empty otherwise.
    bar, time, symbol
        The first place that changed: number of the bar, its label, and the symbol ("" for all).
    value, changed_value
        What stood there with the bars as they are, and after the change; text for orders and errors.
    cut, change
        Number of the last bar left alone, and whether later bars were ``"removed"`` or ``"replaced"``.
    n_changed
        At how many changes of the future it moved.
    """

    name: str
    declaration: str
    bar: int
    time: str
    symbol: str
    value: Value
    changed_value: Value
    cut: int
    change: str
    n_changed: int

    def __str__(self) -> str:
        what = f"{self.name} = {self.declaration}" if self.declaration else self.name
        where = f"bar {self.bar} ({self.time})" + (f", symbol {self.symbol!r}" if self.symbol else "")
        return (
            f"{what}: at {where} it is {_shown(self.value)} on these bars, but {_shown(self.changed_value)} "
            f"when the bars after bar {self.cut} are {self.change}; so at {self.n_changed} of the changes."
        )


@dataclass(frozen=True)
class Unproven:
    """Something that decisions may rest on and that no change of the future can test.

    Parameters
    ----------
    name
        As the code reads it, or the name of the input.
    because
        Why it could not be tested, in a few words.
    detail
        What it is, and how to have it tested, in sentences.
    """

    name: str
    because: str
    detail: str

    def __str__(self) -> str:
        return self.detail


@dataclass(frozen=True, repr=False)
class CausalityReport:
    """The verdict on one strategy over one set of bars; falsy when something depended on the future.

    A truthy report has found nothing. Whether there was anything that it could not test, so that a leak may
    hide there, is told by `proven`.

    Parameters
    ----------
    name
        The strategy as the code that makes it.
    findings
        What depends on later bars, one entry an input, the first in the sequence of declaration first.
    warnings
        What a reader must know beside the verdict; warnings never make a report falsy.
    unproven
        What could not be tested, one entry each.
    cuts
        Numbers of the bars after which the future was changed, ascending.
    n_removed, n_replaced
        How often later bars were removed, and replaced by others.
    inputs
        Names of what was compared beside the orders.
    n_orders
        Orders that the strategy gave on the bars as they are.
    compiled
        What the compiled engine makes of the strategy, as a sentence; None if that was not asked.
    """

    name: str
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]
    unproven: tuple[Unproven, ...]
    cuts: tuple[int, ...]
    n_removed: int
    n_replaced: int
    inputs: tuple[str, ...]
    n_orders: int
    compiled: str | None = None

    def __bool__(self) -> bool:
        return not self.findings

    @property
    def proven(self) -> bool:
        """Whether nothing was found, and there was nothing that could not be tested."""
        return not self.findings and not self.unproven

    @property
    def verdict(self) -> str:
        """One line: what it is about, and how it ended."""
        if self.proven:
            return (
                f"{self.name} is causal: no input and no order up to a cut moved when the bars after it did."
            )
        if not self.findings:
            reasons = [each.because for each in self.unproven]
            more = [f"and {len(reasons) - MOST_NAMED} more"] if len(reasons) > MOST_NAMED else []
            return f"{self.name}: no leak found; NOT PROVEN: {'; '.join(reasons[:MOST_NAMED] + more)}."
        first = self.findings[0].name
        by = "its decisions depend" if first in ("decisions", "fills") else f"{first} depends"
        return f"{self.name} LOOKS AHEAD: {by} on later bars."

    @property
    def extent(self) -> str:
        """One line: how much was tried."""
        compared = ", ".join(self.inputs) or "no inputs"
        return (
            f"{len(self.cuts)} cuts, later bars {self.n_removed} times removed and {self.n_replaced} times "
            f"replaced. Compared: {compared}, {self.n_orders:,} orders and their fills."
        )

    def __str__(self) -> str:
        fill = textwrap.TextWrapper(WIDTH, subsequent_indent="  ", break_long_words=False)
        beside = (f"! {line}" for line in self._beside)
        engine = [] if self.compiled is None else [self.compiled]
        told = [self.verdict, self.extent, *map(str, self.findings), *beside, *engine]
        return "\n".join(fill.fill(line) for line in told)

    def __repr__(self) -> str:
        return str(self)

    @property
    def _beside(self) -> tuple[str, ...]:
        return (*map(str, self.unproven), *self.warnings)

    def _repr_html_(self) -> str:
        from quantlab.display.html import table_html

        columns = ("input", "bar", "time", "symbol", "these bars", "changed", "cut", "later bars")
        rows = [
            (
                f"{each.name} {each.declaration}".strip(),
                each.bar,
                each.time,
                each.symbol,
                _shown(each.value),
                _shown(each.changed_value),
                each.cut,
                each.change,
            )
            for each in self.findings
        ]
        engine = () if self.compiled is None else (self.compiled,)
        notes = (self.extent, *self._beside, *engine)
        return table_html(self.verdict, columns if rows else (), rows, notes=notes)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold; a value that is NaN is None.

        ``"causal"`` is False with findings, True when `proven`, and None when neither is so.
        """
        plain = asdict(self)
        for each in plain["findings"]:
            for key in ("value", "changed_value"):
                if isinstance(each[key], float) and not math.isfinite(each[key]):
                    each[key] = None if math.isnan(each[key]) else str(each[key])
        listed = {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}
        causal = self.proven if self.proven or self.findings else None
        return {"causal": causal, "proven": self.proven, "verdict": self.verdict, **listed}


def _shown(value: Value) -> str:
    return value if isinstance(value, str) else repr(float(value))
