"""Where the future of a run is changed, and how often that can be afforded."""

from __future__ import annotations

import numpy as np

from quantlab.engine.futures import Change
from quantlab.engine.observation import Observation
from quantlab.errors import DataError
from quantlab.market.bars import Bars

ENOUGH_BARS = 50  # rows of another future, or the longest warm-up of a feature if that is more
BUDGET = 20  # all runs on changed bars together, in runs over all bars; every cut has one run in any case


def chosen_cuts(base: Observation, n_cuts: int, rng: np.random.Generator) -> list[int]:
    """Choose rows to change the future after: half at or just before orders, the rest beyond the warm-up."""
    every = np.arange(base.first_decision, base.stop - 1)
    if not len(every):
        raise DataError(
            "There is nothing to check: no bar beyond the warm-up has another after it. Give more bars, or a "
            "strategy with shorter lookbacks."
        )
    acted = np.zeros(0, np.int64) if base.record is None else base.record.orders["bar"]
    near = np.intersect1d(np.concatenate([acted, acted - 1]), every)
    chosen = rng.permutation(near)[: n_cuts // 2]
    rest = rng.permutation(np.setdiff1d(every, chosen))[: n_cuts - len(chosen)]
    return sorted([*chosen.tolist(), *rest.tolist()])


def planned_changes(cuts: list[int], bars: Bars, base: Observation) -> list[Change]:
    """Remove and replace the future at every other cut in turn, then the other way round while time lasts."""
    # Windows that end in another future are filled once by as many rows as the longest warm-up of a feature.
    values = (np.isfinite(each.values).any(axis=1) for each in base.watched if not each.is_forecast)
    reach = max([ENOUGH_BARS, *(int(each.argmax()) + 1 for each in values)])
    both = [
        (Change(bars, cut, cut + 1), Change(bars, cut, min(cut + 1 + reach, bars.n_bars))) for cut in cuts
    ]
    once = [pair[position % 2] for position, pair in enumerate(both)]
    again = [pair[(position + 1) % 2] for position, pair in enumerate(both)]
    rows = np.cumsum([change.stop for change in (*once, *again)])
    return [*once, *again[: np.count_nonzero(rows[len(once) :] <= BUDGET * bars.n_bars)]]
