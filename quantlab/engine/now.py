"""Everything that may be known at the close of the current bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast, overload

import numpy as np

from quantlab.engine.now_orders import NowOrders
from quantlab.engine.periods import period_starts
from quantlab.engine.source import Source, must_be_source
from quantlab.engine.strategy import Input
from quantlab.errors import StrategyError
from quantlab.kernels.places import FIELDS
from quantlab.typing import BoolArray, FloatArray

if TYPE_CHECKING:
    from quantlab.engine.inputs import Inputs
    from quantlab.market.bars import Bars
    from quantlab.trading.broker import Broker

Period = Literal["day", "week", "month", "quarter", "year"]

# Cells of an input that are turned into Python numbers at a time: scalar reads are then list reads, which cost
# a fraction of reading a NumPy cell, and a block stays in the processor's cache.
BLOCK_CELLS = 1 << 13


class Fill(NamedTuple):
    """One order met, wholly or partly, as `on_fill` sees it.

    Parameters
    ----------
    symbol
        Number of the symbol.
    quantity
        Signed units.
    price, commission
        Fill price (slippage included), and money charged.
    order
        Id of the order.
    """

    symbol: int
    quantity: float
    price: float
    commission: float
    order: int


class Reject(NamedTuple):
    """One order rejected, as `on_reject` sees it.

    Parameters
    ----------
    order
        Id of the order.
    symbol
        Number of the symbol.
    reason
        Why, as a number: ``ql.REASONS[reject.reason]`` is its name in ``result.orders``.
    """

    order: int
    symbol: int
    reason: int


class Now(NowOrders):
    """The present of a strategy: what is known at this close, and the orders it may give.

    All of it is read-only, and nothing later than this close can be reached. Arrays have one entry a symbol; a
    value that is not known yet, and every price of a symbol without a bar now, is NaN. Orders decided here meet
    the next open (or this very close, if ``Execution(fill="same_close")`` was asked for).

    Read a declared input as ``now[self.name]`` (``(n_symbols,)``) or ``now[self.name, i]`` (a number), a field as
    ``now.close``, the rows before as ``now.past("close", 20)``. Symbols go by number: ``now.index("AAPL")``.

    Examples
    --------
    >>> import quantlab as ql
    >>> class Dip(ql.Strategy):
    ...     rsi = ql.feature("rsi", lookback=14)
    ...
    ...     def on_bar(self, now: ql.Now) -> None:
    ...         for i in range(now.n_symbols):
    ...             if now[self.rsi, i] < 30.0 and now.position[i] == 0.0:
    ...                 now.target_weight(i, 1.0 / now.n_symbols)
    ...             elif now[self.rsi, i] > 60.0:
    ...                 now.close_position(i)
    """

    __slots__ = {
        "_bars": "",
        "_broker": "",
        "_fields": "",
        "_first": "",
        "_flags": "",
        "_inputs": "",
        "_is_new": "",
        "_offset": "",
        "_refusal": "",
        "_sources": "",
        "n_symbols": "Number of symbols.",
        "position": "Signed units held, ``(n_symbols,)``; a live view, it changes when orders are filled.",
        "symbols": "Names of the symbols; the place in this tuple is the number that orders and arrays use.",
    }

    _bars: Bars
    _broker: Broker
    _fields: dict[str, Source]
    _first: int
    _flags: dict[str, Source]
    _inputs: Inputs
    _is_new: dict[str, BoolArray]
    _offset: int
    _refusal: str
    _sources: list[Source]

    n_symbols: int
    position: FloatArray
    symbols: tuple[str, ...]

    def __init__(self, bars: Bars, broker: Broker, inputs: Inputs) -> None:
        put = object.__setattr__
        held = broker.position.view()
        held.flags.writeable = False
        put(self, "_bars", bars)
        put(self, "_broker", broker)
        put(self, "_inputs", inputs)
        put(self, "_sources", [each for s in inputs.sources.values() for each in (s, *s._levels.values())])
        fields = {name: Source(name, getattr(bars, name)) for name in FIELDS}
        put(self, "_fields", fields)
        put(self, "_flags", {})
        put(self, "_first", -1)
        put(self, "_is_new", {})
        put(self, "_offset", 0)
        put(self, "_refusal", "on_start sees no bar")
        put(self, "n_symbols", bars.n_symbols)
        put(self, "symbols", bars.symbols)
        put(self, "position", held)

    def __setattr__(self, name: str, value: Any) -> None:
        raise StrategyError(f"now.{name} is read-only: give an order, or keep your own value in ql.state().")

    # What is known ------------------------------------------------------------------------------------------

    @overload
    def __getitem__(self, key: Input) -> FloatArray: ...
    @overload
    def __getitem__(self, key: tuple[Input, int]) -> float: ...
    def __getitem__(self, key: Any) -> Any:
        """Return a declared input now: ``(n_symbols,)``, or the number of symbol i for ``now[self.name, i]``."""
        if type(key) is tuple:
            source, i = key
            try:
                if 0 <= i < self.n_symbols:
                    return source._block[self._offset + i]
            except (IndexError, AttributeError, TypeError):
                pass
            return self._load(source)[self._offset + self._checked(i)]
        return self._row_of(key)

    def quantile(self, forecast: Any, level: float, i: int | None = None) -> Any:
        """Return a quantile level of a declared forecast: ``(n_symbols,)``, or a number for symbol `i`.

        Raises
        ------
        StrategyError
            If the forecaster does not declare `level`.
        """
        must_be_source(forecast)
        if not forecast._levels:
            raise StrategyError(
                f"{forecast.name} is a feature and has no quantile levels: only forecasts have them."
            )
        source = forecast._levels.get(level)
        if source is None:
            raise StrategyError(
                f"{forecast.name} has no quantile level {level!r}: its forecaster declares "
                f"{tuple(forecast._levels)}."
            )
        return self._row_of(source) if i is None else self[source, i]

    def past(self, source: Input | str, n: int) -> FloatArray:
        """Return the last `n` rows of an input or a field, ending now: ``(n, n_symbols)``, oldest first.

        `source` is a declared input, or the name of a field or extra field of the bars.

        Raises
        ------
        StrategyError
            If `n` is not positive, or reaches before the first bar.
        """
        values = self._field(source)._values if isinstance(source, str) else self._values_of(source)
        self._must_see_a_bar()
        if not isinstance(n, int | np.integer) or not 0 < n <= self.bar + 1:
            wait = f"; `if now.bar + 1 < {n}: return` waits for enough" if n > 0 else ""
            raise StrategyError(
                f"now.past({source!r}, {n!r}) at bar {self.bar}: ask for a whole number of rows, "
                f"1 to {self.bar + 1}{wait}."
            )
        return _frozen(values[self.bar + 1 - n : self.bar + 1].copy())

    @property
    def bar(self) -> int:
        """Number of the current bar: its row in the bars."""
        return self._first + self._offset // self.n_symbols

    @property
    def open(self) -> FloatArray:
        """Opening prices of this bar."""
        return self._row_of(self._fields["open"])

    @property
    def high(self) -> FloatArray:
        """Highest prices of this bar."""
        return self._row_of(self._fields["high"])

    @property
    def low(self) -> FloatArray:
        """Lowest prices of this bar."""
        return self._row_of(self._fields["low"])

    @property
    def close(self) -> FloatArray:
        """Closing prices of this bar."""
        return self._row_of(self._fields["close"])

    @property
    def volume(self) -> FloatArray:
        """Units traded in this bar."""
        return self._row_of(self._fields["volume"])

    @property
    def mark(self) -> FloatArray:
        """Last closing price of each symbol, also where it has no bar now."""
        return self._row_of(self._fields["mark"])

    @property
    def time(self) -> int:
        """Close of this bar, nanoseconds UTC; a session without a calendar closes at 24:00 UTC, the next midnight."""
        self._must_see_a_bar()
        return int(self._bars.time_ns[self.bar])

    @property
    def cash(self) -> float:
        """Uninvested money."""
        return float(self._broker.money[0])

    @property
    def equity(self) -> float:
        """Cash plus positions at the mark."""
        self._must_see_a_bar()
        return float(self._broker.ledger.equity[self.bar])

    @property
    def weight(self) -> FloatArray:
        """Position value ÷ equity, ``(n_symbols,)``; 0 where nothing is held."""
        held = self.position != 0.0
        value = np.where(held, self.position * np.where(held, self.mark, 0.0) * self._broker.multiplier, 0.0)
        return _frozen(value / self.equity)

    @property
    def ready(self) -> BoolArray:
        """Whether each symbol has a bar now and all its declared inputs."""
        if "ready" not in self._flags:
            self._flags["ready"] = _flags("ready", self._inputs.ready(self._bars))
        return cast("BoolArray", self._row_of(self._flags["ready"]))

    @property
    def tradable(self) -> BoolArray:
        """Whether each symbol has a bar now and is not delisted."""
        if "tradable" not in self._flags:
            self._flags["tradable"] = _flags("tradable", tradable(self._bars))
        return cast("BoolArray", self._row_of(self._flags["tradable"]))

    def index(self, symbol: str) -> int:
        """Return the number of a symbol."""
        return self._bars.index(symbol)

    def is_new(self, period: Period) -> bool:
        """Whether this is the first bar of a new day, week, month, quarter or year of the bars' sessions."""
        self._must_see_a_bar()
        starts = self._is_new.get(period)
        if starts is None:
            starts = self._is_new[period] = period_starts(self._bars.sessions, period)
        return bool(starts[self.bar])

    # Inside -------------------------------------------------------------------------------------------------

    def _must_see_a_bar(self) -> None:
        if self._first < 0:
            raise StrategyError("on_start sees no bar: read prices, inputs, time and equity in on_bar.")

    def _field(self, name: str) -> Source:
        if name not in self._fields:
            self._fields[name] = Source(name, self._bars[name])
        return self._fields[name]

    def _values_of(self, source: Any) -> FloatArray:
        must_be_source(source)
        return cast("Source", source)._values

    def _row_of(self, source: Any) -> FloatArray:
        must_be_source(source)
        served = cast("Source", source)
        if served._row_bar != self.bar:
            self._must_see_a_bar()
            served._row = _frozen(served._values[self.bar].copy())
            served._row_bar = self.bar
        return served._row

    def _load(self, source: Any) -> list[float]:
        """Return the block of rows around now as Python numbers, loading it once."""
        must_be_source(source)
        self._must_see_a_bar()
        if not source._block:
            rows = slice(self._first, self._first + rows_in_block(self.n_symbols))
            source._block = source._values[rows].ravel().tolist()
        block: list[float] = source._block
        return block


def tradable(bars: Bars) -> BoolArray:
    """Where a symbol has a bar and is not delisted, ``(n_bars, n_symbols)``."""
    if not bars.ends:
        return bars.present
    return bars.present & (np.arange(bars.n_bars)[:, None] <= bars.end_rows)


def rows_in_block(n_symbols: int) -> int:
    """Bars that are turned into Python numbers at a time."""
    return max(16, BLOCK_CELLS // n_symbols)


def open_block(now: Now, first: int) -> None:
    """Begin a block of bars at row `first`: what was loaded of the last block is dropped."""
    object.__setattr__(now, "_first", first)
    object.__setattr__(now, "_offset", 0)
    for source in now._sources:
        source._block = []


def _flags(name: str, values: BoolArray) -> Source:
    """Make flags a source: they are served like any matrix."""
    return Source(name, cast("FloatArray", values))


def _frozen(array: FloatArray) -> FloatArray:
    array.flags.writeable = False
    return array
