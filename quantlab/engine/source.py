"""A matrix that `now` serves row by row, and that nobody can look into."""

from __future__ import annotations

from typing import Any

from quantlab.errors import StrategyError
from quantlab.typing import FloatArray


class Source:
    """A matrix that `now` serves row by row; strategies hold it as a handle and cannot look inside.

    Parameters
    ----------
    name
        Attribute or field name, for messages.
    values
        ``(n_bars, n_symbols)``.
    levels
        Quantile level → matrix, for forecasts.
    """

    __slots__ = ("_block", "_levels", "_row", "_row_bar", "_values", "name")
    __hash__ = object.__hash__

    def __init__(self, name: str, values: FloatArray, levels: dict[float, FloatArray] | None = None) -> None:
        self.name = name
        self._values = values
        self._levels = {level: Source(name, matrix) for level, matrix in (levels or {}).items()}
        self._block: list[float] = []
        self._row: FloatArray = values[:0]
        self._row_bar = -2  # no bar: before the first one, now stands at -1

    def __repr__(self) -> str:
        return f"<input {self.name}>"

    def _misread(self, *_: object, **__: object) -> Any:
        raise StrategyError(
            f"self.{self.name} is a declared input: read it as now[self.{self.name}], or now[self.{self.name}, i] "
            "for symbol i."
        )

    # Whatever would treat the input as its value gets the same answer, also what Python would silently accept.
    __bool__ = __float__ = __int__ = __len__ = __iter__ = __getitem__ = __array__ = _misread
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _misread
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _misread
    __neg__ = __abs__ = _misread


def must_be_source(source: Any) -> None:
    """Refuse what is no declared input, with how to read what was meant."""
    if isinstance(source, Source):
        return
    if isinstance(source, str):
        raise StrategyError(
            f"now[{source!r}]: inputs are attributes, as in now[self.fast_ma]; fields are now.close, now.volume, …"
        )
    raise StrategyError(
        f"now[{source!r}] is not an input of this strategy: declare it in the class with ql.feature(…) "
        "and read it as now[self.name]."
    )
