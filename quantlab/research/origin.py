"""What a sweep's numbers depend on: equal origins, equal numbers for equal parameters."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from quantlab.engine.code import class_code, function_code
from quantlab.engine.provenance import versions
from quantlab.engine.strategy import Strategy
from quantlab.features.features import Feature
from quantlab.forecasting.forecast import Forecasts
from quantlab.research.job import Common
from quantlab.research.trial_store import HASHED


def origin_of(
    strategy: Strategy, own: Common, forecasts: Mapping[str, Forecasts], settings: Mapping[str, Any]
) -> dict[str, str]:
    """Everything that could change a number, as text by name.

    The searched values and the number of workers are not in it, nor the engine: both engines give the same bits.
    """
    hashed = {
        f"the code of {type(strategy).__name__}": _digest([class_code(type(strategy)), _inputs(strategy)]),
        "the bars": own.bars.fingerprint,
        "the forecasts": _digest({name: table.fingerprint for name, table in forecasts.items()}),
        "the benchmark": "none" if own.benchmark is None else _digest(own.benchmark.tolist()),
    }
    return {
        **{name + HASHED: digest for name, digest in hashed.items()},
        "rows": f"{own.rows.start} to {own.rows.stop - 1}",
        "metrics": ", ".join(own.metrics),
        **{name: repr(value) for name, value in settings.items()},
        **{f"the version of {name}": version for name, version in versions().items()},
    }


def _inputs(strategy: Strategy) -> list[str]:
    """Describe the declared inputs, parameters still open, with the code of users' functions."""
    lines = []
    for name, declared in type(strategy)._inputs.items():
        lines.append(f"{name}={declared!r}")
        if isinstance(declared, Feature) and callable(declared.source):
            lines += function_code(declared.source)
    return lines


def _digest(value: object) -> str:
    return hashlib.blake2b(repr(value).encode(), digest_size=16).hexdigest()
