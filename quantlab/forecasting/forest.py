"""Boosted trees as plain arrays, so that they can be kept without pickle and answer row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from quantlab.forecasting.forecaster import State
from quantlab.typing import FloatArray, IntArray

ROWS = 1024  # rows that walk down all trees at once: more leave the processor's cache


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees of several boosted regressors, all nodes in one list; a leaf points at itself.

    Parameters
    ----------
    feature, threshold
        What an inner node asks ``(n_nodes,)``: left where the value is at most the threshold.
    left, right
        Nodes below ``(n_nodes,)``.
    value
        What a leaf adds ``(n_nodes,)``.
    roots
        First node of each tree ``(n_regressors, n_trees)``.
    start
        What each regressor says before its first tree ``(n_regressors,)``.
    depth
        Most steps from a root to a leaf ``()``.
    """

    feature: IntArray
    threshold: FloatArray
    left: IntArray
    right: IntArray
    value: FloatArray
    roots: IntArray
    start: FloatArray
    depth: IntArray

    @classmethod
    def of(cls, regressors: Sequence[Any]) -> Forest:
        """Read scikit-learn's `HistGradientBoostingRegressor`s, fitted with equal numbers of trees."""
        trees = [[each[0].nodes for each in regressor._predictors] for regressor in regressors]
        sizes = np.array([[len(nodes) for nodes in each] for each in trees])
        roots = np.concatenate([[0], sizes.ravel().cumsum()[:-1]]).reshape(sizes.shape)
        nodes = np.concatenate([nodes for each in trees for nodes in each])
        own, offset = np.arange(len(nodes)), np.repeat(roots.ravel(), sizes.ravel())
        leaf = nodes["is_leaf"].astype(bool)
        return cls(
            feature=np.where(leaf, 0, nodes["feature_idx"]).astype(np.int64),
            threshold=np.where(leaf, 0.0, nodes["num_threshold"]),
            left=np.where(leaf, own, nodes["left"] + offset),
            right=np.where(leaf, own, nodes["right"] + offset),
            value=nodes["value"].astype(np.float64),
            roots=roots,
            start=np.array([float(each._baseline_prediction.item()) for each in regressors]),
            depth=np.array(nodes["depth"].max(), dtype=np.int64),
        )

    def predict(self, inputs: FloatArray) -> FloatArray:
        """Ask every regressor: rows ``(n, n_inputs)`` to ``(n, n_regressors)``."""
        told = np.empty((len(inputs), len(self.start)))
        for first in range(0, len(inputs), ROWS):
            rows = inputs[first : first + ROWS]
            for number, roots in enumerate(self.roots):
                told[first : first + ROWS, number] = self.start[number] + self._leaves(rows, roots).sum(
                    axis=1
                )
        return told

    def _leaves(self, rows: FloatArray, roots: IntArray) -> FloatArray:
        """Values of the leaves that each row comes to ``(n, n_trees)``."""
        at = np.tile(roots, (len(rows), 1))
        which = np.arange(len(rows))[:, None]
        for _ in range(int(self.depth)):
            below = rows[which, self.feature[at]] <= self.threshold[at]
            at = np.where(below, self.left[at], self.right[at])
        return self.value[at]

    def state(self) -> State:
        """Give all arrays by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}
