"""The one script of a page, and the policy under which nothing else may run."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "templates"
# In the order they stand in: each uses what those before it define.
FILES = (
    "elements.js",
    "numbers.js",
    "scales.js",
    "panel.js",
    "linked.js",
    "tables.js",
    "trades.js",
    "start.js",
)


@cache
def script() -> str:
    """Join the files to one script that leaves no name behind."""
    parts = [(FOLDER / name).read_text(encoding="utf-8") for name in FILES]
    return '\n(() => {\n"use strict";\n' + "\n".join(parts) + "})();\n"


def policy() -> str:
    """Content-Security-Policy: no network, and no script but `script`, known by its SHA-256."""
    digest = base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; base-uri 'none'; "
        "form-action 'none'"
    )
