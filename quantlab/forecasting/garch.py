"""Quantiles from a model of how volatility clusters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from quantlab.forecasting.checks import one_of, whole
from quantlab.forecasting.forecaster import State
from quantlab.forecasting.garch_fit import fitted, standard_quantiles
from quantlab.forecasting.one_return import ReturnsForecaster
from quantlab.forecasting.residuals import all_labels, summary_by_symbol
from quantlab.forecasting.targets import Volatility
from quantlab.forecasting.training_returns import training_returns
from quantlab.forecasting.versions import version_of
from quantlab.forecasting.windows import TrainingWindow, Windows
from quantlab.typing import FloatArray, IntArray

_STEPS = 75  # of squared returns that the recursion is started from, weighing 0.94^k: as arch starts it


@dataclass(frozen=True, kw_only=True, repr=False)
class GarchForecaster(ReturnsForecaster):
    """A GARCH(p, o, q) model of each symbol's one-bar log returns, fitted inside the fold.

    With e the return less its mean, the variance of a bar is
    σ²ₜ = ω + Σαᵢe²ₜ₋ᵢ + Σγⱼe²ₜ₋ⱼ[eₜ₋ⱼ < 0] + Σβₖσ²ₜ₋ₖ. Parameters are those of highest likelihood (the arch package) on
    the returns of the training block, learning and validation part, laid end to end where rows are purged or
    absent. A symbol with fewer than 100 of them, whose price stood still, or whose fit does not converge, gets the
    best parameters found for the returns of all symbols, each in units of its deviation, put end to end; they are
    scaled to its own deviation (to that of all returns, where it has fewer than 30 or stood still).

    A window is told its forecast by running that recursion through its own `lookback` returns, nothing else. It is
    started, as arch starts it, at the mean of the window's first 75 squared e, the k-th weighing 0.94^k; with a
    persistence of 0.98 that start still weighs 9% after 120 bars. The variances of the next `horizon` bars are
    summed (returns are uncorrelated in the model). They are those of returns from this close to the close `horizon`
    bars later, and stand for the label's, from the next open to the open `horizon` bars later. The median is the
    mean, carried over the horizon; level q is e^(horizon·mean + √sum·z(q)) − 1, z the quantile of the model's own
    standardised distribution of one bar, also where several are summed (their sum is in truth nearer to normal).
    Of volatility, level q is the root of the mean forecast variance times the empirical quantile q of realised over
    forecast volatility in the training block.

    Parameters
    ----------
    p, o, q
        Lags of the squared return, of the squared negative return (1 is the asymmetric model of Glosten,
        Jagannathan and Runkle), and of the variance: p from 1, the others from 0.
    distribution
        ``"normal"``, or ``"t"``: Student's, whose degrees of freedom are fitted too.
    mean
        ``"zero"`` or ``"constant"``, fitted too.

    Raises
    ------
    ForecastError
        A value outside its range; a training block in which no symbol has 100 returns, or none of the fits gives
        numbers.

    Examples
    --------
    >>> GarchForecaster(horizon=5, o=1, distribution="t")
    GarchForecaster(horizon=5, o=1, distribution='t')

    References
    ----------
    T. Bollerslev (1986), "Generalized autoregressive conditional heteroskedasticity", Journal of Econometrics
    31(3); L. R. Glosten, R. Jagannathan and D. E. Runkle (1993), Journal of Finance 48(5).
    """

    lookback: int = 120
    p: int = 1
    o: int = 0
    q: int = 1
    distribution: str = "normal"
    mean: str = "zero"

    taught_by: ClassVar[tuple[str, ...]] = (
        "quantlab.forecasting.garch_fit",
        "quantlab.forecasting.one_return",
        "quantlab.forecasting.residuals",
        "quantlab.forecasting.training_returns",
        "quantlab.forecasting.windows",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        owner = type(self).__name__
        for name, low in (("p", 1), ("o", 0), ("q", 0)):
            whole(owner, name, getattr(self, name), low)
        one_of(owner, "distribution", self.distribution, ("normal", "t"))
        one_of(owner, "mean", self.mean, ("zero", "constant"))

    def train(self, window: TrainingWindow, *, seed: int = 0) -> TrainedGarch:
        """Fit each symbol; nothing is drawn, so `seed` changes nothing."""
        parameters, degrees = fitted(self, training_returns(window))
        trained = TrainedGarch(self, parameters, standard_quantiles(self.levels, degrees))
        return (
            replace(trained, realised=_realised(trained, window)) if self.spoken == Volatility() else trained
        )

    def restore(self, state: State) -> TrainedGarch:
        """Make the trained forecaster whose `state` this is."""
        return TrainedGarch(self, state["parameters"], state["z"], state.get("realised"))

    def environment(self) -> dict[str, str]:
        """Versions that can change its numbers."""
        own = {name: version_of(name) for name in ("arch", "scipy")}
        return {**super().environment(), **own}


@dataclass(frozen=True, eq=False)
class TrainedGarch:
    """The parameters of each symbol.

    Parameters
    ----------
    recipe
        Says how many lags there are.
    parameters
        Mean, ω, α₁ …, γ₁ …, β₁ … ``(n_symbols, 2 + p + o + q)``, of log returns.
    z
        Quantiles of the standardised innovation ``(n_symbols, n_levels)``.
    realised
        Quantiles of realised over forecast volatility ``(n_symbols, n_horizons, n_levels)``, where that is the target.
    """

    recipe: GarchForecaster
    parameters: FloatArray
    z: FloatArray
    realised: FloatArray | None = None

    def predict(self, windows: Windows) -> FloatArray:
        """Quantiles ``(n_windows, n_horizons, n_levels)``."""
        if self.realised is not None:
            return self.volatility(windows)[:, :, None] * self.realised[windows.symbols]
        horizons = np.array(self.recipe.horizons)
        centre = self.parameters[windows.symbols, :1] * horizons
        spread = self.volatility(windows) * np.sqrt(horizons)
        quantiles: FloatArray = np.expm1(
            centre[:, :, None] + spread[:, :, None] * self.z[windows.symbols][:, None]
        )
        return quantiles

    def volatility(self, windows: Windows) -> FloatArray:
        """Conditional volatility a bar over each horizon ``(n_windows, n_horizons)``.

        The square root of the mean of the variances forecast for the next 1 … horizon bars, of log returns.
        """
        variances = self._variances(windows)
        sums = np.cumsum(variances, axis=0)[np.array(self.recipe.horizons) - 1].T
        volatility: FloatArray = np.sqrt(sums / np.array(self.recipe.horizons))
        return volatility

    def state(self) -> State:
        """Give what was learnt, as named arrays."""
        realised = {} if self.realised is None else {"realised": self.realised}
        return {"parameters": self.parameters, "z": self.z, **realised}

    def _variances(self, windows: Windows) -> FloatArray:
        """Forecast the variance of each of the next bars ``(max(horizons), n_windows)``."""
        recursion = _Recursion.started(self, windows)
        for back in reversed(range(windows.lookback)):
            recursion.see(_surprises(self, windows, back))
        return np.array([recursion.look_ahead() for _ in range(max(self.recipe.horizons))])


def _realised(trained: TrainedGarch, window: TrainingWindow) -> FloatArray:
    """Take the quantiles of realised over forecast volatility in the training block."""
    symbols, labels = all_labels(window)
    told = np.concatenate([trained.volatility(each) for each in (window.learn, window.validation)])
    return summary_by_symbol(trained.recipe, symbols, labels / told, window.learn.features.shape[0])


class _Recursion:
    """The newest squares and variances of many windows, and how the next variance follows from them."""

    def __init__(self, trained: TrainedGarch, symbols: IntArray, start: FloatArray) -> None:
        recipe = trained.recipe
        own = trained.parameters[symbols].T
        cuts = np.cumsum([2, recipe.p, recipe.o])
        self._omega = own[1]
        self._weights = np.split(own[cuts[0] :], cuts[1:] - cuts[0])
        self._past = [[start] * recipe.p, [0.5 * start] * recipe.o, [start] * recipe.q]

    @classmethod
    def started(cls, trained: TrainedGarch, windows: Windows) -> _Recursion:
        """Start from the first squares of each window."""
        n_first = min(_STEPS, windows.lookback)
        weights = 0.94 ** np.arange(n_first)
        weights /= weights.sum()
        start = np.zeros(len(windows))
        for place, weight in enumerate(weights):
            start += weight * _surprises(trained, windows, windows.lookback - 1 - place) ** 2
        return cls(trained, windows.symbols, start)

    def variance(self) -> FloatArray:
        """Give the variance of the next bar ``(n_windows,)``."""
        told: FloatArray = self._omega.copy()
        for weights, past in zip(self._weights, self._past, strict=True):
            for weight, value in zip(weights, past, strict=True):
                told += weight * value
        return told

    def see(self, surprise: FloatArray) -> None:
        """Take in the bar that came."""
        square = surprise**2
        self._take(square, np.where(surprise < 0.0, square, 0.0), self.variance())

    def look_ahead(self) -> FloatArray:
        """Take in what is expected of the next bar, half of it below zero, and give its variance."""
        told = self.variance()
        self._take(told, 0.5 * told, told)
        return told

    def _take(self, *newest: FloatArray) -> None:
        self._past = [[new, *past][: len(past)] for new, past in zip(newest, self._past, strict=True)]


def _surprises(trained: TrainedGarch, windows: Windows, back: int) -> FloatArray:
    """Give the return less its mean, `back` bars ago ``(n_windows,)``."""
    returns = windows.features[windows.symbols, windows.rows - back, 0]
    surprises: FloatArray = returns - trained.parameters[windows.symbols, 0]
    return surprises
