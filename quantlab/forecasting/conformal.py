"""Quantiles shifted by how far past returns fell from them: conformal recalibration, causal by construction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from quantlab.errors import ForecastError
from quantlab.features.labels import label_end
from quantlab.forecasting.checks import between, one_of, whole
from quantlab.forecasting.forecast_table import ForecastTable
from quantlab.market.bars import Bars
from quantlab.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from quantlab.forecasting.forecast import Forecasts

METHODS = ("adaptive", "split")
ENOUGH = 30  # past errors below which a forecast stays as it is


def recalibrate(table: Forecasts, bars: Bars, method: str, lookback: int, rate: float) -> Forecasts:
    """Recalibrate as `Forecasts.recalibrated` describes."""
    one_of("recalibrated", "method", method, METHODS)
    whole("recalibrated", "lookback", lookback, 1)
    between("recalibrated", "rate", rate, 1e-6, 0.5)
    raw = table.align(bars)
    if len(raw.levels) < 2:
        raise ForecastError(f"{raw.name} states one number: there are no quantiles to recalibrate.")
    values, through = raw.values.copy(), raw.trained_through.copy()
    for position, horizon in enumerate(raw.horizons):
        ended = _Ended(raw, bars, horizon)
        moved, last = ended.recalibrated(lookback, rate if method == "adaptive" else 0.0)
        values[:, :, position] = moved
        through = np.where(last >= 0, np.maximum(through, bars.time_ns[last]), through)
    told = {"adaptive": f", rate={rate:g}", "split": ""}[method]
    return replace(
        raw,
        values=values,
        trained_through=through,
        name=f"{raw.name}.recalibrated(method={method!r}, lookback={lookback}{told})",
        beside={**raw.beside, "raw": replace(raw, beside={})},
        provenance={**raw.provenance, "recalibrated": [method, lookback, rate]},
    )


@dataclass(frozen=True, eq=False)
class _Ended:
    """Forecasts of one horizon with what they are known to have met, ordered by when that was known."""

    table: ForecastTable
    bars: Bars
    horizon: int

    @cached_property
    def raw(self) -> FloatArray:
        """Quantiles before ``(n_bars, n_symbols, n_levels)``."""
        return self.table.values[:, :, self.table.horizon_index(self.horizon)]

    @cached_property
    def width(self) -> FloatArray:
        """Distance of the outermost quantiles ``(n_bars, n_symbols)``: the unit of errors, so symbols can be pooled."""
        return np.maximum(self.raw[..., -1] - self.raw[..., 0], 1e-12)

    @cached_property
    def label(self) -> FloatArray:
        """What came ``(n_bars, n_symbols)``; NaN where there is no forecast."""
        return np.where(self.table.known, self.table.target.label(self.bars, self.horizon), np.nan)

    @cached_property
    def by_end(self) -> tuple[IntArray, IntArray, IntArray]:
        """Rows and symbols of met forecasts, and the row their label ends at, sorted by that."""
        rows, symbols = np.nonzero(np.isfinite(self.label))
        ends = label_end(self.bars, self.horizon)[rows, symbols]
        order = np.argsort(ends, kind="stable")
        return rows[order], symbols[order], ends[order]

    def recalibrated(self, lookback: int, rate: float) -> tuple[FloatArray, IntArray]:
        """Quantiles after ``(n_bars, n_symbols, n_levels)``, and the last row of a label read for each (-1: none).

        Conformalised quantile regression (Romano, Patterson and Candès 2019), one level at a time: with errors
        e = (label − quantile)/width of forecasts whose labels ended in the last `lookback` bars, quantile q becomes
        quantile + width·Q(e, q), Q(e, q) the ⌈(n + 1)·q⌉-th smallest. Adaptive (Gibbs and Candès 2021, eq. 2): the
        level asked of Q moves by rate·(q − share of labels below) whenever labels of recalibrated forecasts end.
        """
        levels = np.asarray(self.table.levels)
        rows, symbols, ends = self.by_end
        errors = (self.label[rows, symbols, None] - self.raw[rows, symbols]) / self.width[rows, symbols, None]
        after, last = self.raw.copy(), np.full(self.bars.n_bars, -1, dtype=np.int64)
        starts = np.searchsorted(ends, np.arange(self.bars.n_bars + 1) - lookback, side="right")
        stops = np.searchsorted(ends, np.arange(self.bars.n_bars + 1), side="right")
        asked, moved = levels.copy(), np.zeros(self.bars.n_bars, dtype=bool)
        for t in range(self.bars.n_bars):
            fresh = slice(stops[t - 1] if t else 0, stops[t])
            met = moved[rows[fresh]]  # feedback is on forecasts that were recalibrated, as in the paper
            if rate and met.any():
                r, s = rows[fresh][met], symbols[fresh][met]
                below = (self.label[r, s, None] <= after[r, s]).mean(axis=0)
                asked = asked + rate * (levels - below)
            n = stops[t] - starts[t]
            if n >= ENOUGH:
                shift = _order_statistics(errors[starts[t] : stops[t]], asked)
                ordered = _in_order(self.raw[t] + self.width[t, :, None] * shift, levels, self.raw[t])
                after[t] = self.table.target.bounded(ordered)
                moved[t], last[t] = True, ends[stops[t] - 1]
        return after, last


def _order_statistics(errors: FloatArray, asked: FloatArray) -> FloatArray:
    """Take the ⌈(n + 1)·q⌉-th smallest of each column of `errors` ``(n, n_levels)``, q its level, within 1 … n."""
    n = len(errors)
    places = np.clip(np.ceil((n + 1) * asked).astype(np.int64), 1, n) - 1
    columns = [np.partition(errors[:, k], place)[place] for k, place in enumerate(places)]
    return np.array(columns, dtype=np.float64)


def _in_order(moved: FloatArray, levels: FloatArray, raw: FloatArray) -> FloatArray:
    """Keep the median where it was and let nothing cross: the rest is sorted (Chernozhukov et al. 2010)."""
    middle = int(np.flatnonzero(levels == 0.5)[0])
    median = raw[:, [middle]]
    low = np.sort(np.minimum(moved[:, :middle], median), axis=1)
    high = np.sort(np.maximum(moved[:, middle + 1 :], median), axis=1)
    return np.concatenate([low, median, high], axis=1)
