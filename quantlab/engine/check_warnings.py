"""What a reader of a causality report must know beside its findings: what was not tested, and what was odd."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from quantlab.engine.causality_report import Finding, Unproven
from quantlab.engine.differences import ORDER_FIELDS, decisions, differences
from quantlab.engine.follow_weights import FollowWeights
from quantlab.engine.listener import Listener
from quantlab.engine.observation import Observation, Setting, Watched, observe
from quantlab.engine.outside import Outside
from quantlab.forecasting.declaration import ForecastInput
from quantlab.market.bars import Bars
from quantlab.typing import FloatArray, RecordArray

SETTLED = 1e-6  # a distance from the same value, over its size, that no reader will notice
DROPPED = 4  # the first quarter of the bars is taken away to see what still depends on it


REMEDY = (
    "To have it tested, compute it in ql.feature(function) from the bars that the function is given; data known "
    "at the close of each bar can be an extra field of the bars."
)


def unproven_of(setting: Setting, places: tuple[Outside, ...]) -> Iterator[Unproven]:
    """Name what decisions may rest on and what was computed elsewhere: row i of it may know bar i + 1."""
    if setting.features_only:
        detail = "A forecaster reads a feature that looks ahead: forecasts and orders were not compared."
        yield Unproven("forecasts", "its forecasts and orders were not compared", detail)
    if isinstance(setting.strategy, FollowWeights):
        detail = "Its weights were made elsewhere: what they were computed from cannot be checked."
        yield Unproven("weights", "its weights were made elsewhere", detail)
    given = setting.origin.given
    for name, each in setting.strategy.declared_inputs().items():
        is_table = given is not None and (not isinstance(given, dict) or name in given)
        if isinstance(each, ForecastInput) and is_table:
            detail = f"{name} was given as a table: what its forecasts were computed from cannot be checked."
            yield Unproven(name, f"{name} was given as a table", detail)
    for place in places:
        detail = (
            f"Its code reads {place.name} ({place.kind}) beside its inputs: what that was computed from cannot "
            f"be checked, and any row of it may know what came later. {REMEDY}"
        )
        yield Unproven(place.name, f"it reads {place.name}, which was computed elsewhere", detail)


def warnings_of(
    setting: Setting,
    bars: Bars,
    base: Observation,
    places: tuple[Outside, ...],
    findings: tuple[Finding, ...],
) -> Iterator[str]:
    """Say what the check ran into, and what depends on where the bars begin."""
    if findings:
        yield from _not_repeatable(setting, bars, base)
    quiet = base.record is not None and not len(base.record.orders)
    if quiet and not isinstance(setting.strategy, Listener):
        yield "It gave no order on these bars, so that only its inputs could be compared."
    if not findings and not places:  # series beside the bars would keep their beginning
        yield from _beginnings(setting, bars, base)


def _not_repeatable(setting: Setting, bars: Bars, base: Observation) -> Iterator[str]:
    again = observe(setting, bars, bars.n_bars)
    for each in differences(bars, base, again, bars.n_bars - 1):
        yield (
            f"{each.name} already differs between two runs on the same bars (bar {each.bar}): random "
            "numbers, or memory outside ql.state(). Mend that first, then check again."
        )


def _beginnings(setting: Setting, bars: Bars, base: Observation) -> Iterator[str]:
    """Run without the first quarter of the bars; without forecasts, because folds begin with the bars."""
    first = bars.n_bars // DROPPED
    if any(isinstance(each, ForecastInput) for each in setting.strategy.declared_inputs().values()):
        setting = replace(setting, features_only=True)
    if not first:
        return
    shorter = bars.rows(first, bars.n_bars)
    later = observe(replace(setting, start=max(setting.start - first, 0)), shorter, shorter.n_bars)
    if later.failure is not None:
        yield f"Without the first {first} bars it raises {later.failure.error!r}."
        return
    before = {each.name: each for each in base.watched}
    for each in later.watched:
        yield from _remembering(each, _distance(before[each.name], each, first), first)
    if base.record is not None and later.record is not None:
        yield from _remembering_orders(decisions(base.record), decisions(later.record), first, bars.n_bars)


def _distance(before: Watched, after: Watched, first: int) -> FloatArray:
    """Largest distance of each row from the same row with all bars, over the largest value of the symbol."""
    one, other = np.nan_to_num(before.values[first:]), after.values
    size = np.abs(one).max(axis=0)
    distance = np.abs(one - other) / np.where(size > 0.0, size, 1.0)
    rows: FloatArray = np.where(np.isnan(distance), 0.0, distance).max(axis=1)
    return rows


def _remembering(watched: Watched, distance: FloatArray, first: int) -> Iterator[str]:
    far = np.flatnonzero(distance > SETTLED)
    if len(far):
        last = int(far[-1]) + 1
        settles = "does not settle" if last == len(distance) else f"settles after {last} bars"
        yield (
            f"{watched.name} = {watched.declaration} remembers more than its warm-up: without the first "
            f"{first} bars it is off by up to {distance.max():.1g} of its largest value, and {settles}. Let "
            "the run begin later with start=."
        )


def _remembering_orders(one: RecordArray, other: RecordArray, first: int, n_bars: int) -> Iterator[str]:
    middle = (first + n_bars) // 2
    kept = _keys(one, 0, middle)
    differing = kept ^ _keys(other, first, middle)
    if differing:
        yield (
            f"{len(differing)} orders after bar {middle} are others without the first {first} bars: state, "
            "equity or the number of a bar carries them along, so results depend on where the bars begin."
        )


def _keys(orders: RecordArray, first: int, middle: int) -> set[tuple[float, ...]]:
    late = orders[orders["bar"] + first >= middle]
    columns = [late[name] + (first if name == "bar" else 0) for name in ORDER_FIELDS]
    return set(zip(*(column.tolist() for column in columns), strict=True))
