"""Autoregressive moving averages of one-bar log returns."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from quantlab.errors import ForecastError
from quantlab.forecasting.checks import one_of, whole
from quantlab.forecasting.forecaster import State
from quantlab.forecasting.one_return import ReturnsForecaster, returns_of
from quantlab.forecasting.residuals import TrainedPoint, around
from quantlab.forecasting.training_returns import is_enough, must_have_moved, training_returns
from quantlab.forecasting.versions import version_of
from quantlab.forecasting.windows import TrainingWindow, Windows
from quantlab.typing import FloatArray


@dataclass(frozen=True, kw_only=True, repr=False)
class ArimaForecaster(ReturnsForecaster):
    """An ARIMA(p, d, q) model of each symbol's one-bar log returns, fitted inside the fold.

    Parameters are those of highest Gaussian likelihood (statsmodels' state space filter) on the returns of the
    training block, learning and validation part; purged rows and absent bars count as missing. A window is then
    told the best linear forecast from its own `lookback` returns, which the parameters make a fixed weighted sum
    of them: with γ the autocovariances of the d times differenced returns, step k ahead has the weights
    Γ⁻¹(γ(k), …, γ(k + n − 1)), and this is what the Kalman filter started in its stationary distribution says.

    The steps 1 … horizon, summed, are the log return from this close to the close `horizon` bars later; it stands
    for the label's, from the next open to the open `horizon` bars later, as e^sum − 1. Level q is that plus the
    empirical quantile q of the symbol's residuals over the training block (of all symbols' where it has fewer than
    30 labels): they measure what that substitution misses, and fat tails, which the model's own Gaussian variance
    would not. A symbol with fewer than 100 training returns, whose price stood still, or whose fit gives no finite
    numbers, is told no change.

    Parameters
    ----------
    order
        p autoregressive terms, d differences of the *returns* (0 is ARIMA(p, 1, q) of log prices), q moving average
        terms; p + q at least 1.
    trend
        ``"n"``, returns lean around zero; ``"c"``, around their fitted mean (with d = 0).

    Raises
    ------
    ForecastError
        A value outside its range; a training block in which no symbol has 100 returns.

    Examples
    --------
    >>> ArimaForecaster(horizon=5, order=(2, 0, 1))
    ArimaForecaster(horizon=5, order=(2, 0, 1))

    References
    ----------
    P. J. Brockwell and R. A. Davis (1991), "Time series: theory and methods", 2nd edition, section 5.1.
    """

    order: tuple[int, int, int] = (1, 0, 1)
    trend: str = "n"

    speaks_of: ClassVar[tuple[str, ...]] = ("return",)
    taught_by: ClassVar[tuple[str, ...]] = (
        "quantlab.forecasting.one_return",
        "quantlab.forecasting.residuals",
        "quantlab.forecasting.training_returns",
        "quantlab.forecasting.windows",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        owner = type(self).__name__
        object.__setattr__(self, "order", tuple(self.order))
        if len(self.order) != 3:
            raise ForecastError(f"{owner}(order={self.order!r}): give three numbers, (p, d, q).")
        for name, value in zip("pdq", self.order, strict=True):
            whole(owner, name, value, 0)
        p, d, q = self.order
        if p + q == 0:
            raise ForecastError(
                f"{owner}(order={self.order!r}): give p or q above 0; DriftForecaster knows only a mean."
            )
        one_of(owner, "trend", self.trend, ("n", "c"))
        if d and self.trend == "c":
            raise ForecastError(
                f'{owner}(order={self.order!r}, trend="c"): differences have no mean to find; give trend="n".'
            )
        if self.lookback <= d + max(p, q):
            raise ForecastError(
                f"{owner}(order={self.order!r}, lookback={self.lookback}): give a lookback above d + max(p, q) "
                f"= {d + max(p, q)}."
            )

    def train(self, window: TrainingWindow, *, seed: int = 0) -> TrainedPoint:
        """Fit each symbol, then measure the residuals; nothing is drawn, so `seed` changes nothing."""
        changes = [np.diff(each, n=self.order[1]) for each in training_returns(window)]
        must_have_moved(self, changes)
        offsets = np.zeros((len(changes), len(self.horizons)))
        weights = np.zeros((*offsets.shape, self.lookback))
        for symbol, own in enumerate(changes):
            told = self._told(own) if is_enough(own) else None
            if told is not None and all(np.isfinite(each).all() for each in told):
                offsets[symbol], weights[symbol] = told
        kept = {"offsets": offsets, "weights": weights}
        return around(Weighted(**kept), window, self, kept)

    def restore(self, state: State) -> TrainedPoint:
        """Make the trained forecaster whose `state` this is."""
        kept = {name: state[name] for name in ("offsets", "weights")}
        return TrainedPoint(Weighted(**kept), state["residuals"], kept)

    def environment(self) -> dict[str, str]:
        """Versions that can change its numbers."""
        own = {name: version_of(name) for name in ("scipy", "statsmodels")}
        return {**super().environment(), **own}

    def _told(self, changes: FloatArray) -> tuple[FloatArray, FloatArray] | None:
        """Give offset and weights of every horizon; None where the filter finds no way through."""
        try:
            parameters = fitted(changes, self.order, self.trend)
            offsets, weights = forecast_weights(parameters, self.order, self.lookback, max(self.horizons))
        except np.linalg.LinAlgError:
            return None
        places = np.array(self.horizons) - 1
        return offsets[places], weights[places]


@dataclass(frozen=True, eq=False)
class Weighted:
    """A weighted sum of each window's returns, carried from logarithms to simple returns.

    Parameters
    ----------
    offsets, weights
        ``(n_symbols, n_horizons)`` and ``(n_symbols, n_horizons, lookback)``, oldest return first.
    """

    offsets: FloatArray
    weights: FloatArray

    def __call__(self, windows: Windows) -> FloatArray:
        """Point forecasts ``(n_windows, n_horizons)``."""
        told = self.offsets[windows.symbols]
        returns = returns_of(windows)
        for place in range(told.shape[1]):  # not by BLAS, whose bits depend on the number of rows
            own = self.weights[windows.symbols, place]
            told[:, place] += np.einsum("wl,wl->w", returns, own, optimize=False)
        return np.expm1(told)


def fitted(changes: FloatArray, order: tuple[int, int, int], trend: str) -> FloatArray:
    """Find the parameters of highest likelihood: the mean (0 without `trend`), then φ₁ … φ_p, then θ₁ … θ_q.

    `changes` are the d times differenced returns, NaN where one is missing. The search runs in units of their
    deviation.
    """
    from statsmodels.tsa.arima.model import ARIMA  # slow to import
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    p, _, q = order
    scale = float(np.nanstd(changes))
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of poor starts and slow searches: the best found is taken
        model = ARIMA(changes / scale, order=(p, 0, q), trend=trend, concentrate_scale=True)
        found = np.asarray(model.fit(cov_type="none", low_memory=True).params, dtype=np.float64)
    mean = found[:1] * scale if trend == "c" else np.zeros(1)
    return np.concatenate([mean, found[len(found) - p - q :]])


def forecast_weights(
    parameters: FloatArray, order: tuple[int, int, int], lookback: int, horizon: int
) -> tuple[FloatArray, FloatArray]:
    """Write the best linear forecast as offsets ``(horizon,)`` and weights ``(horizon, lookback)``, oldest first.

    Row h − 1 belongs to the sum of the next h returns.
    """
    from scipy.linalg import solve_toeplitz  # slow to import
    from statsmodels.tsa.arima_process import arma_acovf

    p, d, _ = order
    n_changes = lookback - d
    autoregressive = np.concatenate([[1.0], -parameters[1 : 1 + p]])
    moving = np.concatenate([[1.0], parameters[1 + p :]])
    covariance = np.asarray(arma_acovf(autoregressive, moving, n_changes + horizon))
    ahead = np.array([covariance[step : step + n_changes] for step in range(1, horizon + 1)])
    steps = solve_toeplitz(covariance[:n_changes], ahead.T).T[:, ::-1]
    offsets = parameters[0] * np.cumsum(1.0 - steps.sum(axis=1))  # zero where d > 0
    steps = steps @ np.diff(np.eye(lookback), n=d, axis=0)
    for times in reversed(range(d)):  # a level is the last one and all changes since
        steps = np.diff(np.eye(lookback), n=times, axis=0)[-1] + np.cumsum(steps, axis=0)
    return offsets, np.cumsum(steps, axis=0)
