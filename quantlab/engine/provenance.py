"""Where a result comes from: fingerprints of everything that could change it."""

from __future__ import annotations

import hashlib
import inspect
import platform
from importlib import metadata
from typing import TYPE_CHECKING, Any

from quantlab.engine.strategy import Strategy
from quantlab.market.bars import Bars

if TYPE_CHECKING:
    from quantlab.engine.inputs import Inputs

PACKAGES = ("quantlab", "numpy", "pandas", "numba", "torch")


def provenance(strategy: Strategy, bars: Bars, inputs: Inputs, settings: dict[str, Any]) -> dict[str, Any]:
    """Describe the origin of a run as plain values that JSON can hold; no clock time is in it.

    Equal fingerprints give equal results.
    """
    origin: dict[str, Any] = {
        "strategy": {"code": repr(strategy), "source": source_fingerprint(type(strategy))},
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
        "settings": settings,
        "versions": versions(),
    }
    origin["fingerprint"] = _digest(repr(sorted((k, v) for k, v in origin.items() if k != "versions")))
    return origin


def source_fingerprint(kind: type) -> str:
    """Hash the source of a class; of its bytecode where there is no source (a console)."""
    try:
        return _digest(inspect.getsource(kind))
    except (OSError, TypeError):
        methods = (getattr(v, "__code__", None) for v in vars(kind).values())
        return _digest(repr([(c.co_code, c.co_consts) for c in methods if c is not None]))


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that compute."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
