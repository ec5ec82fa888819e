"""Fitting the parameters of GARCH models with the arch package."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from quantlab.errors import ForecastError
from quantlab.forecasting.residuals import ENOUGH
from quantlab.forecasting.training_returns import is_enough, known, must_have_moved
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.forecasting.garch import GarchForecaster

_MEANS = {"zero": "Zero", "constant": "Constant"}


def fitted(recipe: GarchForecaster, series: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Fit every symbol: parameters ``(n_symbols, 2 + p + o + q)`` and degrees of freedom ``(n_symbols,)``.

    Parameters are mean, ω, α, γ and β, of returns as they are; degrees of freedom are infinite where the
    distribution is normal. Symbols without parameters of their own share those of all returns, each symbol's in
    units of its deviation.
    """
    must_have_moved(recipe, series)
    scale = _deviations(series)
    in_units = [known(each) / unit for each, unit in zip(series, scale, strict=True)]
    own = [_converged(recipe, each) if is_enough(each) else None for each in in_units]
    if any(each is None for each in own):
        pooled = _of_all(recipe, np.concatenate(in_units))
        own = [pooled if each is None else each for each in own]
    found = np.array(own)
    found[:, 0] *= scale
    found[:, 1] *= scale**2
    return found[:, :-1], found[:, -1]


def standard_quantiles(levels: tuple[float, ...], degrees: FloatArray) -> FloatArray:
    """Give the quantiles of innovations of variance 1 ``(n_symbols, n_levels)``: Student's t, or normal ones."""
    from arch.univariate import Normal, StudentsT  # slow to import

    told = np.empty((len(degrees), len(levels)))
    for symbol, each in enumerate(degrees):
        told[symbol] = (
            StudentsT().ppf(np.array(levels), np.array([each]))
            if np.isfinite(each)
            else Normal().ppf(np.array(levels))
        )
    return told


def _deviations(series: list[FloatArray]) -> FloatArray:
    """Deviation of each symbol's returns ``(n_symbols,)``; of all where it has few, or they stood still."""
    told = np.full(len(series), known(np.concatenate(series)).std())
    for symbol, own in enumerate(map(known, series)):
        if len(own) >= ENOUGH and own.std() > 0.0:
            told[symbol] = own.std()
    return told


def _converged(recipe: GarchForecaster, returns: FloatArray) -> FloatArray | None:
    found, has_converged = _fit(recipe, returns)
    return found if has_converged and not np.isnan(found).any() else None


def _of_all(recipe: GarchForecaster, returns: FloatArray) -> FloatArray:
    """Fit the returns of all symbols; there is nothing to fall back on, so the best found is taken."""
    found, _ = _fit(recipe, returns)
    if np.isnan(found).any():
        raise ForecastError(
            f"{recipe!r}: no likelihood could be found for {len(returns):,} training returns; give fewer lags, or "
            'distribution="normal".'
        )
    return found


def _fit(recipe: GarchForecaster, returns: FloatArray) -> tuple[FloatArray, bool]:
    """Find mean, ω, α, γ, β and degrees of freedom of highest likelihood; tell whether the search converged."""
    from arch import arch_model

    model = arch_model(
        returns,
        mean=_MEANS[recipe.mean],
        vol="GARCH",
        p=recipe.p,
        o=recipe.o,
        q=recipe.q,
        dist=recipe.distribution,
        rescale=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of searches that end at a limit of the parameters
        result = model.fit(disp="off", show_warning=False)
    mean = [] if recipe.mean == "constant" else [0.0]
    degrees = [] if recipe.distribution == "t" else [np.inf]
    found = np.concatenate([mean, np.asarray(result.params, dtype=np.float64), degrees])
    return found, bool(result.convergence_flag == 0)
