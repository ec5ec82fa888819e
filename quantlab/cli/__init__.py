"""The command line: one verb, one function, one file."""

from __future__ import annotations

from quantlab.cli.app import main

__all__ = ["main"]
