"""What lies beside the tables of a saved result: everything about it, as JSON that knows its own checksum."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quantlab.errors import ResultError
from quantlab.whole_files import write_whole

FORMAT = 2
MANIFEST = "manifest.json"

Manifest = dict[str, Any]


def write_manifest(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write `facts` into a folder, in place of what may be there, the whole file or nothing."""
    write_whole(folder / MANIFEST, lambda file: file.write(_text(facts).encode()), mode=0o644)


def read_manifest(folder: Path, needed: frozenset[str]) -> Manifest:
    """Return the facts that `write_manifest` wrote into a folder.

    Raises
    ------
    ResultError
        If there are none, if they lack one of `needed`, or if a byte of them was changed.
    """
    file = folder / MANIFEST
    if not file.is_file():
        raise ResultError(
            f"{folder} holds no result: {MANIFEST} is missing. Give the folder that save() wrote."
        )
    try:
        text = file.read_bytes().decode("utf-8")
        facts: Manifest = json.loads(text)
        missing = (needed | {"format", "files"}) - set(facts)
    except (ValueError, TypeError) as error:
        raise ResultError(f"{file} is damaged ({error}): run the backtest again.") from error
    if missing:
        raise ResultError(f"{file} is damaged: it lacks {sorted(missing)}. Run the backtest again.")
    if facts["format"] != FORMAT:
        raise ResultError(f"{file} has format {facts['format']}, this version reads {FORMAT}: run it again.")
    facts.pop("checksum", None)
    if _text(facts) != text:
        raise ResultError(f"{file} is not what was saved (its checksum differs): run the backtest again.")
    return facts


def check_files(folder: Path, facts: Mapping[str, Any]) -> None:
    """Hold every file of a saved result against its checksum; a ResultError names the first that differs."""
    for name, digest in facts["files"].items():
        checked(folder / name, digest)


def checked(file: Path, digest: str) -> bytes:
    """Return what is in a file, if it is what was saved."""
    if not file.is_file():
        raise ResultError(f"{file} is missing: run the backtest again.")
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise ResultError(f"{file} is not what was saved (its checksum differs): run the backtest again.")
    return content


def _text(facts: Mapping[str, Any]) -> str:
    """Lay out facts with the checksum of their text; the text of what is read from it again is the same."""
    plain = json.dumps(facts, indent=2, allow_nan=False, default=_plain)
    checksum = hashlib.sha256(plain.encode()).hexdigest()
    return f'{plain.removesuffix("}").rstrip()},\n  "checksum": "{checksum}"\n}}\n'


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        return value.item()
    return dict(value) if hasattr(value, "keys") else str(value)
