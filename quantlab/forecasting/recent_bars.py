"""How far back a forecast of the newest bar reads, and the cut of bars that holds all of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantlab.errors import ForecastError
from quantlab.forecasting.forecaster import Forecaster
from quantlab.forecasting.table_checks import utc
from quantlab.market.bars import Bars
from quantlab.typing import BoolArray, IntArray


@dataclass(frozen=True, eq=False)
class KnownBars:
    """What is remembered of the bars that something was trained with, to know later ones by.

    Parameters
    ----------
    symbols
        Their symbols.
    time_ns
        Their closes ``(n_bars,)``.
    listed_ns
        Close of the first bar of each symbol ``(n_symbols,)``; right after all closes where it has none yet.
    periods_per_year
        Their periods per year, which annualised features read.
    """

    symbols: tuple[str, ...]
    time_ns: IntArray
    listed_ns: IntArray
    periods_per_year: float

    @classmethod
    def of(cls, bars: Bars) -> KnownBars:
        """Remember `bars`."""
        first = np.where(bars.present.any(axis=0), bars.present.argmax(axis=0), bars.n_bars)
        closes = np.append(bars.time_ns, bars.time_ns[-1] + 1)
        return cls(bars.symbols, bars.time_ns, closes[first], bars.periods_per_year)

    def newest_row(self, bars: Bars) -> int:
        """Row of the newest of `bars`, counted from the first known one.

        Raises
        ------
        ForecastError
            Other symbols, another frequency, a close that is none of theirs, or bars that do not reach back to the
            last known one.
        """
        if bars.periods_per_year != self.periods_per_year:
            raise ForecastError(
                f"these bars come {bars.periods_per_year:g} times a year, those it was trained with "
                f"{self.periods_per_year:g} times: read both alike, with periods_per_year= if need be."
            )
        if bars.symbols != self.symbols:
            raise ForecastError(
                f"these bars are of {', '.join(bars.symbols)}; it was trained for {', '.join(self.symbols)}, in this "
                "sequence: bars.select(live.symbols), or make another with ql.live."
            )
        last, newest = int(self.time_ns[-1]), int(bars.time_ns[-1])
        stamps, sought = (self.time_ns, newest) if newest <= last else (bars.time_ns, last)
        place = int(np.searchsorted(stamps, sought))
        if stamps[place] == sought:
            return place if newest <= last else len(self.time_ns) + bars.n_bars - 2 - place
        if place == 0 and newest > last:
            raise ForecastError(
                f"these bars begin at {bars.time[0]}, after the last one it knows ({utc(last)}): how many lie between "
                "is not known. Give bars that reach back to that, or make another with ql.live."
            )
        raise ForecastError(
            f"these bars and those it was trained with are stamped differently: only one of them has a bar that closes "
            f"at {utc(sought)}. Read both alike."
        )


@dataclass(frozen=True)
class Reach:
    """What a forecast of the newest bar depends on.

    Parameters
    ----------
    lookback
        Bars of the window.
    own_bars
        Bars of each symbol that the values in the window are made of; None where that may be all of them.
    across
        Whether what is said of a symbol depends on others of the row.
    against
        Symbols that features hold the others against: bars count where these have one too.
    """

    lookback: int
    own_bars: int | None
    across: bool
    against: tuple[str, ...]

    @classmethod
    def of(cls, recipe: Forecaster, *, intraday: bool) -> Reach:
        """Add the longest memory of the features to the lookback of `recipe`."""
        memories = [None if intraday and each.counts_ahead else each.memory for each in recipe.inputs]
        known = [each for each in memories if each is not None]
        own = recipe.lookback + max(known, default=0) if len(known) == len(memories) else None
        against = (dict(each.params).get("against") for each in recipe.inputs)
        return cls(
            lookback=recipe.lookback,
            own_bars=own,
            across=recipe.looks_across,
            against=tuple(each for each in against if isinstance(each, str)),
        )

    def cut(self, bars: Bars, known: KnownBars) -> Bars:
        """Cut the newest of `bars` that decide the forecast; none from before the first known one.

        Raises
        ------
        ForecastError
            Bars that begin too late.
        """
        start = int(np.searchsorted(bars.time_ns, known.time_ns[0]))
        if self.own_bars is None:
            if bars.time_ns[start] != known.time_ns[0]:
                raise ForecastError(
                    "a feature of this forecaster (a function, a running total, what intraday bars are coming) may "
                    "depend on all earlier bars: give bars that begin at "
                    f"{utc(int(known.time_ns[0]))} as those it was trained with did."
                )
            return bars.rows(start, bars.n_bars)
        first = max(start, bars.n_bars - self.own_bars)
        recent = bars.rows(first, bars.n_bars)
        if recent.n_bars == self.own_bars and recent.gapless:
            return recent
        first = self._first_with_gaps(bars.rows(start, bars.n_bars), known, self.own_bars)
        return bars.rows(start + first, bars.n_bars)

    def _first_with_gaps(self, bars: Bars, known: KnownBars, needed: int) -> int:
        """Return the row that the cut begins at: every symbol that speaks has enough bars, or all it ever had."""
        counted = bars.present & self._all_against(bars)
        window = counted[-self.lookback :]
        speaks = window.any(axis=0) if self.across else window.all(axis=0)
        so_far = np.cumsum(counted[::-1], axis=0)[::-1]  # own bars from a row to the newest
        lacking = speaks & (so_far[0] < needed) & (bars.time_ns[0] > known.listed_ns)
        if lacking.any():
            symbol = int(lacking.argmax())
            raise ForecastError(
                f"these {bars.n_bars:,} bars hold {so_far[0, symbol]:,} of {bars.symbols[symbol]}; a forecast reads "
                f"{needed:,}, lookback and warm-up of its features together: give at least as many."
            )
        begins = np.maximum((so_far >= needed).sum(axis=0) - 1, 0)
        return int(begins[speaks].min(initial=max(0, bars.n_bars - needed)))

    def _all_against(self, bars: Bars) -> BoolArray:
        """Where all symbols that others are held against have a bar ``(n_bars, 1)``."""
        columns = [bars.index(each) for each in self.against]
        there: BoolArray = np.all(bars.present[:, columns], axis=1)[:, None]
        return there
