"""Versions of installed packages, part of the key that forecasts are stored under."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version


@cache
def version_of(package: str) -> str:
    """Read the version of a package without importing it; once, for that takes 20 ms."""
    return version(package)
