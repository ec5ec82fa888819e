"""Where a result comes from: fingerprints of everything that could change it."""

from __future__ import annotations

import hashlib
import math
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pandas as pd

from quantlab.engine.code import class_code, function_code
from quantlab.engine.strategy import Strategy
from quantlab.features.features import Feature
from quantlab.market.bars import Bars

if TYPE_CHECKING:
    from quantlab.engine.inputs import Inputs
    from quantlab.engine.portfolio import Portfolio
    from quantlab.engine.result import Result
    from quantlab.forecasting.forecast import Forecasts

MADE_BY = ("forecaster", "folds", "seed", "trials", "environment")
PACKAGES = ("quantlab", "numpy", "pandas", "numba", "torch")


def provenance(
    strategy: Strategy, bars: Bars, inputs: Inputs, settings: dict[str, Any], benchmark: pd.Series | None
) -> dict[str, Any]:
    """Describe the origin of a run as plain values that JSON can hold; no clock time is in it.

    Equal fingerprints with equal versions give equal results, as far as a strategy reads only its declared inputs, its
    own code with the functions and constants of its module, and nothing that changes (files, a network, the clock).
    """
    origin: dict[str, Any] = {
        "strategy": {"code": repr(strategy), "source": _digest(repr(class_code(type(strategy))))},
        "inputs": _declared(strategy),
        "bars": {
            "fingerprint": bars.fingerprint,
            "symbols": list(bars.symbols),
            "rows": bars.n_bars,
            "first": str(bars.time[0]),
            "last": str(bars.time[-1]),
            "calendar": bars.calendar,
            "periods_per_year": bars.periods_per_year,
        },
        "forecasts": {name: table.fingerprint for name, table in inputs.forecasts.items()},
        "forecasters": {name: _about(table) for name, table in inputs.forecasts.items()},
        "trials": recipes_tried(inputs.forecasts.values()),
        "benchmark": None if benchmark is None else _digest(repr(benchmark.tolist())),
        "settings": settings,
        "versions": versions(),
    }
    return _with_fingerprint(origin)


def portfolio_provenance(
    portfolio: Portfolio, parts: Mapping[str, Result], settings: dict[str, Any]
) -> dict[str, Any]:
    """Describe the origin of a portfolio: of each part what is its own, and once what all of them share."""
    origins = {name: part.provenance for name, part in parts.items()}
    shared = next(iter(origins.values()))
    own = ("strategy", "inputs", "forecasts", "trials", "fingerprint")
    return _with_fingerprint(
        {
            "strategy": {"code": repr(portfolio), "books": portfolio.books},
            "parts": {
                name: {"share": portfolio.share(name), **{fact: origin[fact] for fact in own}}
                for name, origin in origins.items()
            },
            "forecasters": {name: origin["forecasters"] for name, origin in origins.items()},
            **{fact: shared[fact] for fact in ("bars", "benchmark")},
            "settings": settings,
            "versions": shared["versions"],
        }
    )


def recipes_tried(tables: Iterable[Forecasts]) -> int:
    """Return how many forecasters were tried before the ones used: the more there were, the less the result means."""
    return max((table.provenance.get("trials", 1) for table in tables), default=1)


def picked_from(origin: Mapping[str, Any], trials: int, sharpe_variance: float) -> dict[str, Any]:
    """Say in an origin that the run was picked from a sweep of `trials` runs.

    `sharpe_variance` is that of their Sharpe ratios per bar, NaN when unknown. ``trials`` of the origin becomes the
    number of all trials: those of the sweep times the recipes tried for its forecasts, ``sweep.tuned``.
    """
    known = None if math.isnan(sharpe_variance) else sharpe_variance
    tuned = trials_behind(origin)["tuned_trials"]
    sweep = {"trials": trials, "tuned": tuned, "sharpe_variance": known}
    return {**origin, "trials": trials * tuned, "sweep": sweep}


def trials_behind(origin: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many trials stand behind a run, as keyword arguments of `RunFigures`.

    The parts of a portfolio were each chosen: their counts multiply.
    """
    parts = origin.get("parts", {}).values()
    sweep = origin.get("sweep", {})
    variance = sweep.get("sharpe_variance")
    tuned = math.prod(part["trials"] for part in parts) * origin.get("trials", 1)
    return {
        "tuned_trials": sweep.get("tuned", tuned),
        "swept_trials": sweep.get("trials", 1),
        "swept_variance": math.nan if variance is None else variance,
    }


def _about(table: Forecasts) -> dict[str, Any]:
    """Tell how forecasts were made; nothing of how the training went."""
    return {fact: table.provenance[fact] for fact in MADE_BY if fact in table.provenance}


def _with_fingerprint(origin: dict[str, Any]) -> dict[str, Any]:
    # Forecasts count by their content, however they were made.
    facts = sorted((name, fact) for name, fact in origin.items() if name not in ("versions", "forecasters"))
    return {**origin, "fingerprint": _digest(repr(facts))}


def _declared(strategy: Strategy) -> dict[str, str]:
    """Describe every declared input with its parameters in place, and the code of users' functions."""
    return {
        name: f"{declared!r} {_digest(repr(function_code(declared.source)))}"
        if isinstance(declared, Feature) and callable(declared.source)
        else repr(declared)
        for name, declared in strategy.declared_inputs().items()
    }


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that compute."""
    return {"python": platform.python_version(), **{package: _version(package) for package in PACKAGES}}


@cache
def _version(package: str) -> str:
    # Kept: reading a package's metadata takes longer than many a run.
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
