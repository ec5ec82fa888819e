"""The keys that forecasts are stored under: a hash of everything that can change them."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import json
from dataclasses import fields, is_dataclass
from pathlib import Path

from quantlab.forecasting.forecaster import Forecaster


def key_of(*parts: object) -> str:
    """Hash of parts whose `repr` says all there is to know about them."""
    return hashlib.blake2b("\n".join(map(repr, parts)).encode(), digest_size=20).hexdigest()


def recipe_key(forecaster: Forecaster, seed: int) -> str | None:
    """Hash of recipe, seed, code and versions; None when the code of its class cannot be read.

    The code is the modules that define the class and its bases, those it names in `taught_by`, and those that
    define the classes of its values, such as its loss. What a module of your own imports from another of your
    own is not seen: pass ``store=False`` while you edit that.
    """
    values = (getattr(forecaster, each.name) for each in fields(forecaster))
    code = _code(type(forecaster), *(type(value) for value in values if is_dataclass(value)))
    if code is None:
        return None
    shaping = [each.name for each in fields(forecaster) if each.name != "choice"]  # nothing is learnt from it
    told = {name: repr(getattr(forecaster, name)) for name in shaping}
    name = f"{type(forecaster).__module__}.{type(forecaster).__qualname__}"
    return key_of(
        name, json.dumps(told, sort_keys=True), seed, code, sorted(forecaster.environment().items())
    )


def _code(recipe: type[Forecaster], *parts: type) -> str | None:
    files: set[Path] = set()
    for name in recipe.taught_by:
        spec = importlib.util.find_spec(name)
        files.add(Path(spec.origin if spec and spec.origin else name))
    bases: list[type] = [base for base in recipe.__mro__ if issubclass(base, Forecaster)]
    for part in parts:
        bases += [base for base in part.__mro__ if is_dataclass(base)]
    try:
        files.update(Path(inspect.getfile(base)) for base in bases)
    except (OSError, TypeError):
        return None
    try:
        return hashlib.blake2b(
            b"".join(sorted(path.read_bytes() for path in files)), digest_size=16
        ).hexdigest()
    except OSError:
        return None
