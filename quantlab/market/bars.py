"""The aligned panel of bars, time × symbol: what everything else reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantlab.errors import DataError, did_you_mean
from quantlab.market.arrays import frozen_floats, frozen_ints
from quantlab.market.calendar import DAY_NS
from quantlab.market.endings import Ending
from quantlab.market.reading import Reading
from quantlab.market.spans import span_rows, span_text
from quantlab.typing import BoolArray, FloatArray, IntArray

FIELDS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, eq=False, repr=False)
class Bars:
    """Open, high, low, close and volume of some symbols on one common clock.

    Made by `read_bars` or `Bars.from_arrays`, never changed afterwards: all arrays are read-only, float64 and
    C-contiguous, with shape (n_bars, n_symbols). A cell whose four prices are NaN is an *absent bar* (not
    listed yet, delisted, not traded); its volume is NaN too. Volume may be NaN on its own. Two `Bars` are
    equal when their fingerprints are.

    Parameters
    ----------
    time_ns
        Close of each row, int64 nanoseconds UTC, strictly ascending (n_bars,).
    sessions
        Session that each row belongs to, as days since 1970-01-01 (n_bars,).
    symbols
        Names of the columns.
    open, high, low, close, volume
        Panels (n_bars, n_symbols).
    extra
        Further panels by name: macro, sentiment, bid, ask, funding … as known at the row's close.
    ends
        `Ending` of the symbols that ceased; no entry means alive to the end.
    calendar
        Exchange calendar that the sessions come from (``"XNYS"``, ``"24/7"``), or None.
    tz
        Time zone that intraday rows are shown in; None for rows labelled by session.
    periods_per_year
        Bars per year, N in every annualised metric.
    reading
        How `read_bars` read them, and what was cut since; None for bars made of arrays or frames.

    Examples
    --------
    >>> bars = Bars.from_arrays(
    ...     time=["2024-01-02", "2024-01-03"],
    ...     symbols=["SPY"],
    ...     open=[[470.0], [469.0]],
    ...     high=[[472.0], [471.0]],
    ...     low=[[469.0], [467.0]],
    ...     close=[[471.0], [468.0]],
    ... )
    >>> bars.close[:, bars.index("SPY")]
    array([471., 468.])
    >>> bars.periods_per_year
    252.0
    """

    time_ns: IntArray
    sessions: IntArray
    symbols: tuple[str, ...]
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    extra: Mapping[str, FloatArray]
    ends: Mapping[str, Ending]
    calendar: str | None
    tz: str | None
    periods_per_year: float
    reading: Reading | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "time_ns", frozen_ints(self.time_ns))
        put(self, "sessions", frozen_ints(self.sessions))
        for name in FIELDS:
            put(self, name, frozen_floats(getattr(self, name)))
        put(self, "extra", MappingProxyType({k: frozen_floats(v) for k, v in self.extra.items()}))
        put(self, "ends", MappingProxyType(dict(self.ends)))

    @classmethod
    def from_arrays(
        cls,
        *,
        time: Any,
        symbols: Iterable[str],
        open: npt.ArrayLike,
        high: npt.ArrayLike,
        low: npt.ArrayLike,
        close: npt.ArrayLike,
        volume: npt.ArrayLike | None = None,
        extra: Mapping[str, npt.ArrayLike] | None = None,
        ends: Mapping[str, Any] | None = None,
        tz: str | None = None,
        calendar: str | None = None,
        periods_per_year: float | None = None,
        allow_negative: bool = False,
    ) -> Bars:
        """Bars from arrays that lie on one clock already.

        Parameters
        ----------
        time
            Session labels (naive dates) or close stamps (aware, or naive with `tz`), ascending, (n_bars,).
        symbols
            Names, each once.
        open, high, low, close, volume
            (n_bars, n_symbols), NaN where absent; (n_bars,) will do for one symbol. Volume may be left out.
        extra
            Further fields; a field of shape (n_bars,) is given to every symbol.
        ends, tz, calendar, periods_per_year, allow_negative
            As in `read_bars`.

        Raises
        ------
        DataError
            Shapes that do not fit, timestamps or rows that cannot be true.
        """
        from quantlab.market.assemble import bars_from_panels  # builds on this file

        panels = {"open": open, "high": high, "low": low, "close": close}
        return bars_from_panels(
            time,
            tuple(symbols),
            panels if volume is None else {**panels, "volume": volume},
            extra or {},
            ends=ends,
            tz=tz,
            calendar=calendar,
            periods_per_year=periods_per_year,
            allow_negative=allow_negative,
        )

    @classmethod
    def from_quotes(cls, bid: Bars, ask: Bars, *, volume: npt.ArrayLike | None = None) -> Bars:
        """Bars of the mean of bid and ask, which keep both: for ``Execution(quotes=True)``.

        Parameters
        ----------
        bid, ask
            Bars of either side, on one clock and of the same symbols. Coarser ones are made of coarser sides:
            ``from_quotes(bid.resample("day"), ask.resample("day"))``.
        volume
            Units traded, (n_bars, n_symbols); unknown by default, for the volume of quotes is not that of trades.

        Returns
        -------
        Bars
            With the extra fields ``bid_open`` … ``bid_close`` and ``ask_open`` … ``ask_close``.

        Raises
        ------
        DataError
            If the sides differ in clock or symbols, or one has a bar that the other lacks.
        """
        from quantlab.market.quotes import from_quotes  # builds on this file

        return from_quotes(bid, ask, volume)

    @property
    def n_bars(self) -> int:
        """Number of rows."""
        return len(self.time_ns)

    @property
    def n_symbols(self) -> int:
        """Number of symbols."""
        return len(self.symbols)

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the extra fields."""
        return tuple(self.extra)

    @property
    def intraday(self) -> bool:
        """Whether rows are instants (aware stamps) rather than sessions (naive labels)."""
        return self.tz is not None

    @cached_property
    def time(self) -> pd.DatetimeIndex:
        """Session labels (naive midnights) or close stamps in `tz`, (n_bars,)."""
        if self.tz is None:
            return pd.DatetimeIndex(self.sessions * DAY_NS, name="time")
        return pd.DatetimeIndex(self.time_ns, tz="UTC", name="time").tz_convert(self.tz)

    @cached_property
    def present(self) -> BoolArray:
        """Where there is a bar, (n_bars, n_symbols)."""
        there = ~np.isnan(self.close)
        there.flags.writeable = False
        return there

    @cached_property
    def gapless(self) -> bool:
        """Whether every symbol has a bar in every row."""
        return bool(self.present.all())

    @cached_property
    def mark(self) -> FloatArray:
        """Last known close of each symbol; NaN before its first bar, (n_bars, n_symbols)."""
        if self.gapless:
            return self.close
        symbols, rows = np.nonzero(~self.present.T)
        begins = np.append(True, (np.diff(rows) != 1) | (np.diff(symbols) != 0))
        # Row before the gap that each absent cell lies in; −1 before the first bar.
        last = rows[np.maximum.accumulate(np.where(begins, np.arange(len(rows)), 0))] - 1
        mark = self.close.copy()
        mark[rows, symbols] = np.where(last < 0, np.nan, self.close[last, symbols])
        mark.flags.writeable = False
        return mark

    @cached_property
    def end_rows(self) -> IntArray:
        """Last row at which each symbol is alive; n_bars for a symbol without an ending, (n_symbols,).

        −1 when the ending lies before the first row.
        """
        rows = [self._end_row(self.ends[s]) if s in self.ends else self.n_bars for s in self.symbols]
        return frozen_ints(rows)

    def _end_row(self, ending: Ending) -> int:
        instants = self.time_ns if self.intraday else None
        return span_rows(self.sessions, instants, self.tz, None, ending.time)[1] - 1

    def __getitem__(self, name: str) -> FloatArray:
        """Return a field or extra field by name, (n_bars, n_symbols)."""
        if name in FIELDS:
            return getattr(self, name)  # type: ignore[no-any-return]
        if name in self.extra:
            return self.extra[name]
        raise DataError(f"the bars have no field {name!r}. {did_you_mean(name, (*FIELDS, *self.extra))}")

    def index(self, symbol: str) -> int:
        """Column number of a symbol."""
        if symbol not in self.symbols:
            raise DataError(f"the bars have no symbol {symbol!r}. {did_you_mean(symbol, self.symbols)}")
        return self.symbols.index(symbol)

    def rows(self, first: int, stop: int) -> Bars:
        """Cut the rows from `first` up to but without `stop`, by position; no array is copied."""
        if not 0 <= first < stop <= self.n_bars:
            raise DataError(
                f"rows({first}, {stop}) holds no bar, or reaches beyond the {self.n_bars} bars there are"
            )
        cut = {name: self[name][first:stop] for name in FIELDS}
        extra = {name: panel[first:stop] for name, panel in self.extra.items()}
        return self._with(
            time_ns=self.time_ns[first:stop],
            sessions=self.sessions[first:stop],
            extra=extra,
            reading=self.reading and self.reading.then("rows", first, stop),
            **cut,
        )

    def window(self, start: Any = None, end: Any = None) -> Bars:
        """Cut the rows from `start` to `end`, by label, both inclusive.

        A date chooses whole sessions, ``"2008"`` and ``"2008-09"`` a year and a month; for intraday bars a
        time of day chooses close stamps, read in `tz` unless it names its own zone. A bound beyond the bars
        is no error.
        """
        first, stop = span_rows(self.sessions, self.time_ns if self.intraday else None, self.tz, start, end)
        if first >= stop:
            raise DataError(
                f"no bar {span_text(start, end)}; the bars run {span_text(self.time[0], self.time[-1])}"
            )
        return self.rows(first, stop)

    def select(self, symbols: str | Iterable[str]) -> Bars:
        """Only these symbols, in this order; rows stay."""
        names = (symbols,) if isinstance(symbols, str) else tuple(symbols)
        columns = [self.index(name) for name in names]
        if not names or len(set(names)) < len(names):
            raise DataError(f"select({list(names)}) must name at least one symbol, and each once")
        picked = {name: self[name][:, columns] for name in FIELDS}
        extra = {name: panel[:, columns] for name, panel in self.extra.items()}
        return self._with(
            symbols=names,
            extra=extra,
            ends={s: e for s, e in self.ends.items() if s in names},
            reading=self.reading and self.reading.then("select", list(names)),
            **picked,
        )

    def resample(self, rule: str) -> Bars:
        """Coarser bars; see `quantlab.market.resample.resample`."""
        from quantlab.market.resample import resample  # builds on this file

        return resample(self, rule).read_as(self.reading and self.reading.then("resample", rule))

    def with_arrays(self, **panels: npt.ArrayLike) -> Bars:
        """Keep clock and symbols, replace some fields or add extra ones.

        Parameters
        ----------
        **panels
            By field name, (n_bars, n_symbols) or (n_bars,); other names become extra fields.

        Raises
        ------
        DataError
            Shapes that do not fit, rows that cannot be true. Prices of zero and below pass if these bars hold
            some.
        """
        from quantlab.market.assemble import replace_panels  # builds on this file

        return replace_panels(self, panels)

    def join(
        self,
        frame: pd.DataFrame,
        *,
        known: str = "known",
        period: str | None = None,
        symbol: str = "symbol",
        tz: str | None = None,
    ) -> Bars:
        """Add what was published elsewhere (macro, rates, sentiment …): each bar gets the latest known by its close.

        Nothing is seen before it was published, and a revision only once it was made; what was known stays until
        the next value. NaN before the first.

        Parameters
        ----------
        frame
            A row for each publication. Every column that is not named below becomes an extra field; a missing
            number says nothing new.
        known
            Column of the times at which rows became known: instants, or dates, which are known at the close of
            their session, or of the next one (intraday bars know a date from the next session on). The time that
            a number is about is not the time it became known: give the date of publication.
        period
            Column of the time a row is about (a month, a quarter), where rows revise each other: the latest
            period counts, in its latest revision; a revision of an earlier one does not.
        symbol
            Column of the symbol; without it rows are about all symbols.
        tz
            Zone of naive clock times.

        Raises
        ------
        DataError
            A column that is missing or not made of numbers, a symbol that the bars do not have, clock times
            without a zone, two rows that are known at one time and about the same.

        Examples
        --------
        >>> bars = Bars.from_arrays(
        ...     time=["2024-02-12", "2024-02-13", "2024-02-14"],
        ...     symbols=["SPY"],
        ...     **dict.fromkeys(("open", "high", "low", "close"), [500.0, 494.0, 499.0]),
        ... )
        >>> january = pd.DataFrame({"known": ["2024-02-13 08:30"], "cpi": [3.1]})
        >>> bars.join(january, tz="America/New_York")["cpi"][:, 0]
        array([nan, 3.1, 3.1])
        """
        from quantlab.market.joined import join  # builds on this file

        return join(self, frame, known, period, symbol, tz)

    def with_events(self, name: str, frame: pd.DataFrame, *, cap: int = 63, tz: str | None = None) -> Bars:
        """Add events that are announced beforehand (earnings, elections, meetings of central banks).

        The extra field `name` is the number of planned sessions until the next event that was announced by the
        bar's close (1: in the next session; 0, on intraday bars: later in this one), ``{name}_value`` what is said
        of it, NaN where there is none. ``ql.feature("event", of=name, ahead=1)`` reads both.

        Parameters
        ----------
        name
            Of the extra field.
        frame
            A row for each announcement, with columns ``announced`` and ``at``: the times at which it was made,
            and at which the event takes place; instants or dates, as in `join`. Optional: ``symbol`` (without it
            events are of all symbols), ``value`` (a number known beforehand, 1.0 without it), ``event``, a name:
            of the rows of a symbol with one name the last announced counts, so that an event can be moved, or
            called off by a row without ``at``.
        cap
            Sessions from which on an event is too far to count: what the field says there, and where none is known.
        tz
            Zone of naive clock times.

        Raises
        ------
        DataError
            As `join`; an event announced after it took place; intraday bars without a calendar.
        """
        from quantlab.market.events import with_events  # builds on this file

        return with_events(self, name, frame, cap, tz)

    def read_as(self, reading: Reading | None) -> Bars:
        """Return the same bars, remembering how they were read."""
        return self._with(reading=reading)

    def _with(self, **changes: Any) -> Bars:
        """Return bars with some attributes changed; unless said, how they were read is then no longer known."""
        same = {f.name: getattr(self, f.name) for f in fields(self)}
        return Bars(**{**same, "reading": None, **changes})

    @cached_property
    def fingerprint(self) -> str:
        """Hash of everything in these bars that can change a result (hex)."""
        from quantlab.market.fingerprint import fingerprint  # hashes only when asked

        return fingerprint(self)

    @property
    def frame(self) -> pd.DataFrame:
        """Long frame: time, symbol, the five fields, extra fields; a row for each cell with a value."""
        from quantlab.market.frames import long_frame  # builds on this file

        return long_frame(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bars) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor: unpickled arrays would be writeable.
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return _rebuild, ({**plain, "extra": dict(self.extra), "ends": dict(self.ends)},)

    def __repr__(self) -> str:
        from quantlab.market.describe import describe

        return describe(self)

    def _repr_html_(self) -> str:
        from quantlab.market.describe import describe_html

        return describe_html(self)


def _rebuild(values: dict[str, Any]) -> Bars:
    return Bars(**values)
