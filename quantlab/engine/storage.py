"""Results on disk: a folder of Parquet and JSON with checksums, never pickle."""

from __future__ import annotations

import hashlib
import io
import math
import os
import re
import shutil
import tempfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd

from quantlab.display.moments import moment
from quantlab.engine.manifest import (
    FORMAT,
    MANIFEST,
    Manifest,
    check_files,
    checked,
    read_manifest,
    write_manifest,
)
from quantlab.engine.outputs import fingerprint_of, outputs
from quantlab.engine.result import JUDGED, TABLES, Result
from quantlab.errors import ResultError

RUNS = Path("runs")
PATHS = "paths"
PARTS = "parts"
FIELDS = (
    "name", "initial_cash", "periods_per_year", "risk_free_annual", "fill", "engine", "notes", "ruined",
    "benchmark_name", "provenance", "recipe",
)  # fmt: skip
_NEEDED = frozenset(FIELDS)


def save(result: Result, path: Path | None, overwrite: bool) -> Path:
    """Write `result` into the folder `path`; a half-written one is never seen under that name."""
    run = uuid4().hex[:8]
    path = RUNS / f"{_slug(result.name)}-{run}" if path is None else path
    if path.exists() and not (overwrite and (path / MANIFEST).is_file()):
        remedy = (
            "give another path, or overwrite=True" if (path / MANIFEST).is_file() else "give another path"
        )
        raise ResultError(f"{path} exists already: {remedy}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        _write(result, fresh, {"id": run, "created": datetime.now(UTC).isoformat(), "tags": []})
        fresh.chmod(0o755)
        _put_in_place(fresh, path)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return path


def load(path: Path) -> Result:
    """Read the result in the folder `path`; its tables are read when asked for."""
    facts = read_manifest(path, _NEEDED)
    files = {
        name.removesuffix(".parquet"): digest for name, digest in facts["files"].items() if "/" not in name
    }
    missing = {PATHS, *TABLES} - set(files)
    if missing:
        raise ResultError(
            f"{path / MANIFEST} is damaged: it lacks {sorted(missing)}. Run the backtest again."
        )
    check_files(path, facts)
    tables = {name: partial(_table, path / f"{name}.parquet", digest) for name, digest in files.items()}
    paths = tables[PATHS]()
    values = {name: facts[name] for name in FIELDS}
    return Result(
        **{**values, "notes": tuple(values["notes"])},
        equity=paths["equity"],
        benchmark=paths["benchmark"].rename(facts["benchmark_name"]) if "benchmark" in paths else None,
        parts={name: load(path / folder) for name, folder in facts.get(PARTS, {}).items()},
        folder=path,
        _tables={**tables, "cash": lambda: paths["cash"]},
    )


def verified(path: Path) -> Manifest:
    """Return the manifest of the run in the folder `path`, if every file of it is what was saved.

    Raises
    ------
    ResultError
        If there is no run, or a file of it is missing or damaged.
    """
    facts = read_manifest(path, _NEEDED | {"id", "created", "tags"})
    check_files(path, facts)
    for folder in facts.get(PARTS, {}).values():
        check_files(path / folder, read_manifest(path / folder, _NEEDED))
    return facts


def _write(result: Result, folder: Path, about: dict[str, Any]) -> None:
    """Write tables, parts and manifest; `about` is what the manifest says beside the result."""
    paths = {"equity": result.equity, "cash": result.cash}
    if result.benchmark is not None:
        paths["benchmark"] = result.benchmark
    frames = {PATHS: pd.DataFrame(paths), **{name: getattr(result, name) for name in TABLES}}
    frames |= {name: getattr(result, name) for name in JUDGED if getattr(result, name) is not None}
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", write_page_checksum=True)
    parts = {name: f"{PARTS}/{number}" for number, name in enumerate(result.parts)}
    for name, own in parts.items():
        (folder / own).mkdir(parents=True)
        _write(result.parts[name], folder / own, {})
    files = [*(f"{name}.parquet" for name in frames), *(f"{own}/{MANIFEST}" for own in parts.values())]
    write_manifest(
        folder,
        {
            "format": FORMAT,
            **about,
            **_told(result),
            **{name: getattr(result, name) for name in FIELDS},
            "metrics": {name: _finite(value) for name, value in result.metrics.items()},
            "files": {name: _digest(folder / name) for name in files},
            **({PARTS: parts} if parts else {}),
        },
    )


def _told(result: Result) -> dict[str, Any]:
    """Tell what came out, in short."""
    time, hashes = result.equity.index, outputs(result)
    return {
        "fingerprint": fingerprint_of(hashes),
        "outputs": hashes,
        "first": moment(time[0]),
        "last": moment(time[-1]),
        "n_bars": len(time),
    }


def _put_in_place(fresh: Path, path: Path) -> None:
    """Rename `fresh` to `path`; a result that stands there leaves in one step, not file by file."""
    if not path.exists():
        os.replace(fresh, path)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{path.name}-old-", dir=path.parent))
    os.replace(path, old / path.name)
    os.replace(fresh, path)
    shutil.rmtree(old)


def _slug(name: str) -> str:
    """Name a folder for what `name` is the code of: ``SmaCross(fast=20)`` lies in ``sma_cross-…``."""
    word = re.match(r"\w+", name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word[0]).lower() if word else "run"


def _table(file: Path, digest: str) -> pd.DataFrame:
    """Read a table whose content is what was saved; a table is read late, so the check must be too."""
    return pd.read_parquet(io.BytesIO(checked(file, digest)))


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
