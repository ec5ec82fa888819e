"""The forecasts that a network has to beat: no change, and a straight line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from quantlab.errors import ForecastError
from quantlab.forecasting.checks import between
from quantlab.forecasting.forecaster import Forecaster, State
from quantlab.forecasting.residuals import all_labels, summary_by_symbol
from quantlab.forecasting.scaling import Scaler, scaled_flat, usable_spread
from quantlab.forecasting.targets import Return
from quantlab.forecasting.versions import version_of
from quantlab.forecasting.windows import TrainingWindow, Windows
from quantlab.typing import FloatArray


@dataclass(frozen=True, kw_only=True, repr=False)
class NaiveForecaster(Forecaster):
    """No change: what the training block said, at every bar.

    Level q of a symbol and horizon is Q(q) − Q(0.5) of that symbol's returns in the training block (learning
    and validation part), Q the empirical quantile with linear interpolation, so the median is 0.0. Of other
    targets it is Q(q), or the mean where a mean is asked for: of an event, how often it happened. A symbol with
    fewer than 30 labels gets those of all symbols pooled. It reads no features, and has no correlation, for it
    never varies.

    Examples
    --------
    >>> NaiveForecaster(horizon=5)
    NaiveForecaster(horizon=5)
    """

    features: tuple[()] = ()
    known: tuple[()] = field(init=False, default=())
    static: tuple[()] = field(init=False, default=())

    taught_by: ClassVar[tuple[str, ...]] = ("quantlab.forecasting.residuals",)

    def train(self, window: TrainingWindow, *, seed: int = 0) -> TrainedNaive:
        """Measure the spread of the labels; nothing is drawn, so `seed` changes nothing."""
        symbols, labels = all_labels(window)
        stated = summary_by_symbol(self, symbols, labels, window.learn.features.shape[0])
        if self.spoken == Return():
            stated = stated - stated[:, :, [self.levels.index(0.5)]]
        return TrainedNaive(stated)

    def restore(self, state: State) -> TrainedNaive:
        """Make the trained forecaster whose `state` this is."""
        return TrainedNaive(state["quantiles"])


@dataclass(frozen=True, eq=False)
class TrainedNaive:
    """Quantiles of each symbol ``(n_symbols, n_horizons, n_levels)``, the same at every bar."""

    quantiles: FloatArray

    def predict(self, windows: Windows) -> FloatArray:
        """Give the quantiles of each window's symbol ``(n_windows, n_horizons, n_levels)``."""
        return self.quantiles[windows.symbols]

    def state(self) -> State:
        """Give what was learnt, as named arrays."""
        return {"quantiles": self.quantiles}


@dataclass(frozen=True, kw_only=True, repr=False)
class RidgeForecaster(Forecaster):
    """A straight line through the features, shrunk (scikit-learn's Ridge), pooled over symbols.

    Features are standardised inside the fold; with ``lookback=1`` it reads their newest values, with more all
    values of the window side by side. Level q is the line's value plus the empirical quantile q of the
    symbol's residuals over the training block (of all symbols' where it has fewer than 30), so the median is
    corrected for their median (a mean for their mean). There is nothing to stop early: it learns from the
    validation part too.

    Parameters
    ----------
    penalty
        Shrinkage per training label, in variances of a standardised feature: 0.1 weighs as much as one tenth
        of the data (scikit-learn's `alpha` is penalty × labels).

    Examples
    --------
    >>> RidgeForecaster(horizon=5, penalty=0.5)
    RidgeForecaster(horizon=5, penalty=0.5)
    """

    penalty: float = 0.1

    taught_by: ClassVar[tuple[str, ...]] = (
        "quantlab.forecasting.residuals",
        "quantlab.forecasting.scaling",
        "quantlab.forecasting.windows",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        between("RidgeForecaster", "penalty", self.penalty, 0.0)
        if not self.inputs:
            raise ForecastError("RidgeForecaster(features=()): a line needs at least one feature.")

    def train(self, window: TrainingWindow, *, seed: int = 0) -> TrainedRidge:
        """Solve for the line; nothing is drawn, so `seed` changes nothing."""
        from sklearn.linear_model import Ridge  # slow to import: only where a line is fitted
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        scaler = Scaler.fit(window.learn)
        inputs = np.concatenate([scaled_flat(scaler, each) for each in (window.learn, window.validation)])
        symbols, labels = all_labels(window)
        spread = usable_spread(labels)
        with threadpool_limits(1):  # the same bits on any number of cores
            line = Ridge(alpha=self.penalty * len(labels), solver="cholesky").fit(inputs, labels / spread)
        slopes = np.atleast_2d(line.coef_) * spread[:, None]
        intercept = np.atleast_1d(line.intercept_) * spread
        left = labels - _line(inputs, slopes, intercept)
        residuals = summary_by_symbol(self, symbols, left, window.learn.features.shape[0])
        return TrainedRidge(scaler, slopes, intercept, residuals)

    def restore(self, state: State) -> TrainedRidge:
        """Make the trained forecaster whose `state` this is."""
        scaler = Scaler(state["centre"], state["spread"])
        return TrainedRidge(scaler, state["slopes"], state["intercept"], state["residuals"])

    def baselines(self) -> tuple[Forecaster, ...]:
        """Compare with the naive forecaster."""
        return (naive_beside(self),)

    def environment(self) -> dict[str, str]:
        """Versions that can change its numbers."""
        return {**super().environment(), "scikit-learn": version_of("scikit-learn")}


@dataclass(frozen=True, eq=False)
class TrainedRidge:
    """A line for every horizon, and how far returns fell from it.

    Parameters
    ----------
    scaler
        Of the features.
    slopes, intercept
        ``(n_horizons, lookback * n_features)`` and ``(n_horizons,)``, in returns.
    residuals
        Their quantiles ``(n_symbols, n_horizons, n_levels)``.
    """

    scaler: Scaler
    slopes: FloatArray
    intercept: FloatArray
    residuals: FloatArray

    def predict(self, windows: Windows) -> FloatArray:
        """Add the residual quantiles to the line ``(n_windows, n_horizons, n_levels)``."""
        line = _line(scaled_flat(self.scaler, windows), self.slopes, self.intercept)
        return line[:, :, None] + self.residuals[windows.symbols]

    def state(self) -> State:
        """Give what was learnt, as named arrays."""
        scaler = {"centre": self.scaler.centre, "spread": self.scaler.spread}
        return {**scaler, "slopes": self.slopes, "intercept": self.intercept, "residuals": self.residuals}


def _line(inputs: FloatArray, slopes: FloatArray, intercept: FloatArray) -> FloatArray:
    """Evaluate the line ``(n_windows, n_horizons)``; not by BLAS, whose bits depend on the number of rows."""
    line: FloatArray = np.einsum("wi,hi->wh", inputs, slopes, optimize=False) + intercept
    return line


def naive_beside(recipe: Forecaster) -> NaiveForecaster:
    """Make the naive forecaster that `recipe` has to beat."""
    return NaiveForecaster(horizon=recipe.horizon, target=recipe.target, levels=recipe.levels)


def line_beside(recipe: Forecaster) -> RidgeForecaster:
    """Make the line through the newest values of what `recipe` reads."""
    return RidgeForecaster(
        horizon=recipe.horizon,
        target=recipe.target,
        levels=recipe.levels,
        features=recipe.features,
        known=recipe.known,
        static=recipe.static,
        ranked=recipe.ranked,
    )
