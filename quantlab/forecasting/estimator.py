"""Any regressor of scikit-learn as a forecaster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from quantlab.errors import ForecastError
from quantlab.forecasting.baselines import line_beside, naive_beside
from quantlab.forecasting.forecaster import Forecaster, State
from quantlab.forecasting.residuals import TrainedPoint, all_labels, around, in_equal_parts
from quantlab.forecasting.scaling import Scaler, scaled_flat, usable_spread
from quantlab.forecasting.versions import version_of
from quantlab.forecasting.windows import TrainingWindow, Windows
from quantlab.typing import FloatArray


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class SklearnForecaster(Forecaster):
    """A regressor of scikit-learn's kind, pooled over symbols, with the quantiles of its residuals around it.

    It is cloned for every fold and horizon, so the one given is never fitted. Features are standardised inside
    the fold and laid side by side, ``lookback * n_features`` numbers a window; labels are divided by their
    training standard deviation. Level q is the regressor's value plus the empirical quantile q of the symbol's
    residuals over the training block; those of a regressor that follows its training labels closely (deep
    trees, few neighbours) are too narrow. Random states that are None are set from the fold's seed.

    Nothing is pickled: its state is what it was taught, and to restore it is to teach it again. A regressor of your
    own is known to the store by its parameters, not its code: pass ``store=False`` while you edit that.

    Parameters
    ----------
    estimator
        A regressor with `fit`, `predict` and `get_params`.

    Examples
    --------
    >>> from sklearn.linear_model import Lasso
    >>> SklearnForecaster(horizon=5, estimator=Lasso(alpha=0.01))
    SklearnForecaster(horizon=5, estimator=Lasso(alpha=0.01))
    """

    estimator: Any

    taught_by: ClassVar[tuple[str, ...]] = (
        "quantlab.forecasting.residuals",
        "quantlab.forecasting.scaling",
        "quantlab.forecasting.windows",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.estimator, type) or not all(
            hasattr(self.estimator, name) for name in ("fit", "predict", "get_params")
        ):
            raise ForecastError(
                f"SklearnForecaster(estimator={self.estimator!r}): give a regressor made by a call, "
                "such as Lasso(alpha=0.01)."
            )
        if not self.inputs:
            raise ForecastError("SklearnForecaster(features=()): a regressor needs at least one feature.")

    def train(self, window: TrainingWindow, *, seed: int = 0) -> TrainedPoint:
        """Fit a clone for every horizon."""
        scaler = Scaler.fit(window.learn)
        inputs = np.concatenate([scaled_flat(scaler, each) for each in (window.learn, window.validation)])
        _, labels = all_labels(window)
        taught = {
            "centre": scaler.centre,
            "spread": scaler.spread,
            "inputs": inputs,
            "labels": labels,
            "seed": np.array(seed % 2**32, dtype=np.int64),
        }
        return around(self._taught(taught), window, self, taught)

    def restore(self, state: State) -> TrainedPoint:
        """Teach it again what it was taught."""
        taught = {name: value for name, value in state.items() if name != "residuals"}
        return TrainedPoint(self._taught(taught), state["residuals"], taught)

    def baselines(self) -> tuple[Forecaster, ...]:
        """Compare with the naive forecaster, and a line through the newest values of the same features."""
        return (naive_beside(self), line_beside(self))

    def environment(self) -> dict[str, str]:
        """Versions that can change its numbers, and the hash of the regressor's parameters."""
        versions = {"scikit-learn": version_of("scikit-learn"), "estimator": self._digest()}
        return {**super().environment(), **versions}

    def __repr__(self) -> str:
        return " ".join(super().__repr__().split())  # scikit-learn breaks long lines

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SklearnForecaster) and self._told() == other._told()

    def __hash__(self) -> int:
        return hash(self._told())

    def _told(self) -> tuple[type, str, str]:
        return type(self), repr(self), self._digest()

    def _digest(self) -> str:
        import joblib  # slow to import

        return str(joblib.hash((type(self.estimator).__qualname__, self.estimator.get_params(deep=True))))

    def _taught(self, taught: State) -> Regressors:
        """Fit a clone for every horizon to what is to be taught."""
        from sklearn.base import clone
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        spread, seed = usable_spread(taught["labels"]), int(taught["seed"])
        fitted = []
        with threadpool_limits(1):  # the same bits on any number of cores
            for label in (taught["labels"] / spread).T:
                own = clone(self.estimator)
                own.set_params(**_seeds(own, seed))
                fitted.append(own.fit(taught["inputs"], label))
        return Regressors(tuple(fitted), Scaler(taught["centre"], taught["spread"]), spread)


@dataclass(frozen=True, eq=False)
class Regressors:
    """A fitted regressor for every horizon, with the scales of features and labels."""

    fitted: tuple[Any, ...]
    scaler: Scaler
    spread: FloatArray

    def __call__(self, windows: Windows) -> FloatArray:
        """Point forecasts ``(n_windows, n_horizons)``."""
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):
            return in_equal_parts(self._ask, scaled_flat(self.scaler, windows)) * self.spread

    def _ask(self, rows: FloatArray) -> FloatArray:
        told = [np.asarray(each.predict(rows), dtype=np.float64).reshape(len(rows)) for each in self.fitted]
        return np.column_stack(told)


def _seeds(estimator: Any, seed: int) -> dict[str, int]:
    """Give the random states that nobody has set, here and in regressors inside."""
    given = estimator.get_params(deep=True)
    return {
        name: seed % 2**31
        for name, value in given.items()
        if name.split("__")[-1] == "random_state" and value is None
    }
