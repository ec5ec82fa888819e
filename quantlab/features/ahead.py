"""The bars that are coming, as the calendar has them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from quantlab.market.outline import Outline, Plan
from quantlab.typing import IntArray


class Ahead(NamedTuple):
    """The session and the close (ns UTC) of the bar that each row speaks of, each ``(n_bars,)``, and the plan."""

    days: IntArray
    closes: IntArray
    plan: Plan


def bars_ahead(outline: Outline, ahead: int) -> Ahead:
    """Find the bar `ahead` bars after each row: a session of the plan, or a stretch of one on intraday bars.

    Nothing is read of rows after it. Intraday bars are taken to be as long as the median of those so far, and to
    fill sessions from open to close (a break at midday counts as trading).
    """
    plan = outline.plan(ahead)
    if ahead == 0:
        return Ahead(outline.sessions, outline.time_ns, plan)
    place = plan.place(outline.sessions)
    if outline.intraday:
        return _intraday(outline, plan, place, ahead)
    return Ahead(plan.days[place + ahead], plan.closes[place + ahead], plan)


def _intraday(outline: Outline, plan: Plan, place: IntArray, ahead: int) -> Ahead:
    length = _lengths(outline, plan, place)
    left = _parts(plan.closes[place] - outline.time_ns, length)
    closes = np.minimum(outline.time_ns + ahead * length, plan.closes[place])
    still = ahead - left  # bars to go beyond the session of each row
    beyond, place = still > 0, place.copy()
    going = np.flatnonzero(beyond)
    while len(going):
        place[going] += 1
        fits = _parts(plan.closes[place[going]] - plan.opens[place[going]], length[going])
        too_few = fits < still[going]
        going = going[too_few]
        still[going] -= fits[too_few]
    coming = np.minimum(plan.opens[place] + still * length, plan.closes[place])
    return Ahead(plan.days[place], np.where(beyond, coming, closes), plan)


def _parts(span: IntArray, length: IntArray) -> IntArray:
    """How many bars it takes to fill a span, the last one cut short; none for a span that is over."""
    parts: IntArray = np.maximum(-(-span // length), 0)
    return parts


def _lengths(outline: Outline, plan: Plan, place: IntArray) -> IntArray:
    """Length of a bar (ns) as known at each row ``(n_bars,)``: the median of all so far.

    The first bar of a session began at its open. The very first row may lie anywhere in its session and is taken
    to be as long as that.
    """
    opened = np.append(True, np.diff(outline.sessions) != 0)
    before = np.where(opened, plan.opens[place], np.append(0, outline.time_ns[:-1]))
    lengths = (outline.time_ns - before).astype(np.float64)
    lengths[0] = np.nan
    so_far = pd.Series(np.where(lengths > 0.0, lengths, np.nan)).expanding().median()
    whole = float(plan.closes[place[0]] - plan.opens[place[0]])
    return so_far.fillna(whole).round().to_numpy(dtype=np.int64)
