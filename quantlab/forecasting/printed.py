"""Frozen values that print as the code that makes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, Field, fields
from typing import Any


def as_call(value: Any, told: Iterable[Field[Any]]) -> str:
    """Print a dataclass as a call that gives the fields `told`."""
    given = (f"{each.name}={getattr(value, each.name)!r}" for each in told)
    return f"{type(value).__name__}({', '.join(given)})"


def changed(value: Any) -> list[Field[Any]]:
    """List the fields of a dataclass that are not at their default."""
    return [each for each in fields(value) if is_changed(value, each)]


def is_changed(value: Any, each: Field[Any]) -> bool:
    """Whether a field of a dataclass is not at its default."""
    default = each.default if each.default_factory is MISSING else each.default_factory()
    return bool(getattr(value, each.name) != default)
