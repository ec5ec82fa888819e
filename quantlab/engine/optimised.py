"""A ready strategy on the portfolio optimisers of skfolio, fitted point in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quantlab.engine.param import param
from quantlab.engine.strategy import Strategy
from quantlab.errors import StrategyError
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.engine.now import Now


class Optimised(Strategy):
    """Hold the weights of a portfolio optimiser, fitted anew on past returns at the first bar of each period.

    On each of these bars a clone of the estimator is fitted on the simple returns of the last `lookback` bars, ending
    now; nothing is decided before there are as many. A symbol that lacks a close in this window is left out and gets
    weight 0. Runs in the interpreted engine only: an estimator is an object of Python.

    Parameters
    ----------
    estimator
        A portfolio optimiser of skfolio, or another estimator of scikit-learn's kind that has `weights_`,
        ``(n_assets,)``, after ``fit(X)``, where X is a frame of returns with a column a symbol. It is cloned.
    lookback
        How many returns a fit reads.
    every
        "day", "week", "month", "quarter" or "year".

    Raises
    ------
    StrategyError
        If `estimator` is no such estimator; in a run, if a fit fails or gives no finite weight for each
        symbol.

    Examples
    --------
    >>> import quantlab as ql
    >>> from skfolio.optimization import InverseVolatility
    >>> ql.Optimised(InverseVolatility(), lookback=120)
    Optimised(InverseVolatility(), lookback=120, every='month')
    """

    lookback: int = param(default=252, low=2, high=10_000)
    every: str = param(default="month", choices=("day", "week", "month", "quarter", "year"))

    def __init__(self, estimator: Any, **params: Any) -> None:
        # scikit-learn takes a second to import.
        from sklearn.base import BaseEstimator, clone

        super().__init__(**params)
        if not (isinstance(estimator, BaseEstimator) and hasattr(estimator, "fit")):
            raise StrategyError(
                f"Optimised({estimator!r}): give an estimator with a `fit`, such as skfolio's InverseVolatility()."
            )
        object.__setattr__(self, "estimator", clone(estimator))

    def on_bar(self, now: Now) -> None:
        """Fit on the first bar of each period, and trade to the weights."""
        if now.bar < self.lookback or not now.is_new(self.every):  # type: ignore[arg-type]
            return
        closes = now.past("close", self.lookback + 1)
        known = np.flatnonzero(~np.isnan(closes).any(axis=0))
        weights = np.zeros(now.n_symbols)
        if len(known):
            returns = closes[1:, known] / closes[:-1, known] - 1.0
            weights[known] = self._fitted(pd.DataFrame(returns, columns=[now.symbols[i] for i in known]))
        now.target_weights(weights)

    def _fitted(self, returns: pd.DataFrame) -> FloatArray:
        """Return the weights of a fresh clone fitted on `returns`."""
        from sklearn.base import clone

        try:
            model = clone(self.estimator).fit(returns)  # type: ignore[attr-defined]
        except Exception as error:
            raise StrategyError(
                f"{self!r}: the fit on {len(returns)} returns of {', '.join(map(str, returns))} failed: {error}"
            ) from error
        weights = np.asarray(getattr(model, "weights_", np.nan), np.float64)
        if weights.shape != (returns.shape[1],) or not np.isfinite(weights).all():
            raise StrategyError(
                f"{self!r}: fitted on {returns.shape[1]} symbols, the estimator has no `weights_` with a finite "
                f"number for each: {weights!r}."
            )
        return weights

    def __repr__(self) -> str:
        # In full, because a result's origin is known by it.
        estimator = self.estimator.__repr__(N_CHAR_MAX=10**6)  # type: ignore[attr-defined]
        given = "".join(f", {name}={value!r}" for name, value in self.params.items())
        return f"{type(self).__name__}({' '.join(estimator.split())}{given})"

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)
