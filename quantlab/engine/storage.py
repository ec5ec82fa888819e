"""Results on disk: a folder of Parquet and JSON with checksums, never pickle."""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from quantlab.engine.result import TABLES, Result
from quantlab.errors import ResultError

FORMAT = 1
HEADER = "result.json"
PATHS = "paths"
SCORES = "forecast_scores"
PARTS = "parts"
_FIELDS = (
    "name", "initial_cash", "periods_per_year", "risk_free_annual", "fill", "engine", "notes", "ruined",
    "benchmark_name", "provenance",
)  # fmt: skip


def save(result: Result, path: Path, overwrite: bool) -> Path:
    """Write `result` into the folder `path`; a half-written one is never seen under that name."""
    if path.exists() and not (overwrite and (path / HEADER).is_file()):
        remedy = "give another path, or overwrite=True" if (path / HEADER).is_file() else "give another path"
        raise ResultError(f"{path} exists already: {remedy}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        _write(result, fresh)
        fresh.chmod(0o755)
        _put_in_place(fresh, path)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return path


def load(path: Path) -> Result:
    """Read the result in the folder `path`; its tables are read when asked for."""
    header = _header(path)
    files = header["files"]
    missing = {PATHS, *TABLES} - set(files)
    if missing:
        raise ResultError(f"{path / HEADER} is damaged: it lacks {sorted(missing)}. Run the backtest again.")
    for name in files:
        _checked(path / f"{name}.parquet", files[name])
    tables = {name: partial(_table, path / f"{name}.parquet", digest) for name, digest in files.items()}
    paths = tables[PATHS]()
    values = {name: header[name] for name in _FIELDS}
    return Result(
        **{**values, "notes": tuple(values["notes"])},
        equity=paths["equity"],
        benchmark=paths["benchmark"].rename(header["benchmark_name"]) if "benchmark" in paths else None,
        parts={name: _part(path / folder, digest) for name, folder, digest in header.get(PARTS, [])},
        _tables={**tables, "cash": lambda: paths["cash"]},
    )


def _write(result: Result, folder: Path) -> None:
    paths = {"equity": result.equity, "cash": result.cash}
    if result.benchmark is not None:
        paths["benchmark"] = result.benchmark
    frames = {PATHS: pd.DataFrame(paths), **{name: getattr(result, name) for name in TABLES}}
    if result.forecast_scores is not None:
        frames[SCORES] = result.forecast_scores
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", write_page_checksum=True)
    parts = []
    for number, (name, part) in enumerate(result.parts.items()):
        own = folder / PARTS / str(number)
        own.mkdir(parents=True)
        _write(part, own)
        parts.append((name, f"{PARTS}/{number}", _digest(own / HEADER)))
    header = {
        "format": FORMAT,
        **{name: getattr(result, name) for name in _FIELDS},
        "metrics": {name: _finite(value) for name, value in result.metrics.items()},
        "files": {name: _digest(folder / f"{name}.parquet") for name in frames},
        **({PARTS: parts} if parts else {}),
    }
    text = json.dumps(header, indent=2, allow_nan=False, default=_plain)
    (folder / HEADER).write_text(text, encoding="utf-8")


def _part(folder: Path, digest: str) -> Result:
    """Read the result of one strategy of a portfolio, if it is what was saved."""
    _checked(folder / HEADER, digest)
    return load(folder)


def _put_in_place(fresh: Path, path: Path) -> None:
    """Rename `fresh` to `path`; a result that stands there leaves in one step, not file by file."""
    if not path.exists():
        os.replace(fresh, path)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{path.name}-old-", dir=path.parent))
    os.replace(path, old / path.name)
    os.replace(fresh, path)
    shutil.rmtree(old)


def _header(path: Path) -> dict[str, Any]:
    file = path / HEADER
    if not file.is_file():
        raise ResultError(f"{path} holds no result: {HEADER} is missing. Give the folder that save() wrote.")
    try:
        header: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        missing = {"format", "files", *_FIELDS} - set(header)
    except (ValueError, TypeError) as error:
        raise ResultError(f"{file} is damaged ({error}): run the backtest again.") from error
    if missing:
        raise ResultError(f"{file} is damaged: it lacks {sorted(missing)}. Run the backtest again.")
    if header["format"] != FORMAT:
        raise ResultError(f"{file} has format {header['format']}, this version reads {FORMAT}: run it again.")
    return header


def _table(file: Path, digest: str) -> pd.DataFrame:
    """Read a table whose content is what was saved; a table is read late, so the check must be too."""
    return pd.read_parquet(io.BytesIO(_checked(file, digest)))


def _checked(file: Path, digest: str) -> bytes:
    if not file.is_file():
        raise ResultError(f"{file} is missing: run the backtest again.")
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise ResultError(f"{file} is not what was saved (its checksum differs): run the backtest again.")
    return content


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        return value.item()
    return dict(value) if hasattr(value, "keys") else str(value)
