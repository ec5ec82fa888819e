"""Gradient-boosted trees, one set for every level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from quantlab.errors import ForecastError
from quantlab.forecasting.baselines import line_beside, naive_beside
from quantlab.forecasting.checks import between, whole
from quantlab.forecasting.forecaster import Forecaster, State
from quantlab.forecasting.forest import Forest
from quantlab.forecasting.residuals import all_labels
from quantlab.forecasting.versions import version_of
from quantlab.forecasting.windows import TrainingWindow, Windows
from quantlab.typing import FloatArray


@dataclass(frozen=True, kw_only=True, repr=False)
class TreesForecaster(Forecaster):
    """Boosted trees (scikit-learn's HistGradientBoostingRegressor), pooled over symbols.

    Every horizon and level has trees of its own, grown on the quantile loss (a mean's on the squared error). Where
    quantiles cross they are sorted, which brings them nearer the truth (Chernozhukov and others 2010). With
    ``lookback=1`` they read the newest values of the features, with more all values of the window side by side.
    Trees do not mind the scale of a feature. There is nothing to stop early: they learn from the validation part
    too.

    Parameters
    ----------
    trees
        Trees of each horizon and level.
    depth
        Most questions from the root of a tree to a leaf.
    learning_rate
        Share of each tree that is added.
    leaf
        Least windows of a leaf.
    penalty
        Shrinkage of the leaves (scikit-learn's `l2_regularization`).

    Examples
    --------
    >>> TreesForecaster(horizon=5, trees=50)
    TreesForecaster(horizon=5, trees=50)

    References
    ----------
    J. H. Friedman (2001), "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29(5).
    V. Chernozhukov, I. Fernández-Val and A. Galichon (2010), "Quantile and probability curves without crossing",
    Econometrica 78(3).
    """

    trees: int = 60
    depth: int = 3
    learning_rate: float = 0.05
    leaf: int = 50
    penalty: float = 0.0

    taught_by: ClassVar[tuple[str, ...]] = (
        "quantlab.forecasting.forest",
        "quantlab.forecasting.residuals",
        "quantlab.forecasting.windows",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        owner = type(self).__name__
        for name in ("trees", "depth", "leaf"):
            whole(owner, name, getattr(self, name), 1)
        between(owner, "learning_rate", self.learning_rate, 1e-6, 1.0)
        between(owner, "penalty", self.penalty, 0.0)
        if not self.inputs:
            raise ForecastError(f"{owner}(features=()): trees need at least one feature.")

    def train(self, window: TrainingWindow, *, seed: int = 0) -> TrainedTrees:
        """Grow the trees; the same seed gives the same ones."""
        from sklearn.ensemble import HistGradientBoostingRegressor  # slow to import: only where trees grow
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        inputs = np.concatenate([window.learn.flat(), window.validation.flat()])
        _, labels = all_labels(window)
        with threadpool_limits(1):  # the same bits on any number of cores
            grown = [
                HistGradientBoostingRegressor(
                    **(
                        {"loss": "squared_error"}
                        if self.spoken.is_mean
                        else {"loss": "quantile", "quantile": level}
                    ),
                    max_iter=self.trees,
                    max_depth=self.depth,
                    max_leaf_nodes=None,
                    learning_rate=self.learning_rate,
                    min_samples_leaf=self.leaf,
                    l2_regularization=self.penalty,
                    early_stopping=False,
                    random_state=seed % 2**32,
                ).fit(inputs, label)
                for label in labels.T
                for level in self.levels
            ]
        return TrainedTrees(Forest.of(grown), len(self.levels))

    def restore(self, state: State) -> TrainedTrees:
        """Make the trained forecaster whose `state` this is."""
        return TrainedTrees(Forest(**state), len(self.levels))

    def baselines(self) -> tuple[Forecaster, ...]:
        """Compare with the naive forecaster, and a line through the newest values of the same features."""
        return (naive_beside(self), line_beside(self))

    def environment(self) -> dict[str, str]:
        """Versions that can change its numbers."""
        return {**super().environment(), "scikit-learn": version_of("scikit-learn")}


@dataclass(frozen=True, eq=False)
class TrainedTrees:
    """Trees for every horizon and level, and the number of levels."""

    forest: Forest
    n_levels: int

    def predict(self, windows: Windows) -> FloatArray:
        """Quantiles, sorted ``(n_windows, n_horizons, n_levels)``."""
        told = self.forest.predict(windows.flat())
        return np.sort(told.reshape(len(windows), -1, self.n_levels), axis=2)

    def state(self) -> State:
        """Give what was learnt, as named arrays."""
        return self.forest.state()
