"""A forecast table as one file: arrays in ``.npz``, the words about them as JSON inside; never pickle."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantlab.errors import ForecastError
from quantlab.forecasting.forecast_table import ForecastTable
from quantlab.forecasting.targets import target_from
from quantlab.whole_files import write_whole

FORMAT = 1
_ARRAYS = ("values", "time_ns", "trained_through", "as_of")

Table = TypeVar("Table", bound=ForecastTable)


def save(table: ForecastTable, path: Path) -> None:
    """Write `table` and those beside it to `path`, whole or not at all."""
    tables = {"": table, **table.beside}
    told = {name: _words(each) for name, each in tables.items()}
    header = {"format": FORMAT, "kind": type(table).__name__, "tables": told}
    arrays = {f"{name}/{key}": getattr(each, key) for name, each in tables.items() for key in _ARRAYS}
    write_npz(path, {"header": np.frombuffer(json.dumps(header).encode(), dtype=np.uint8), **arrays})


def load(path: Path, kind: type[Table]) -> Table:
    """Read what `save` wrote of a table of that `kind`.

    Raises
    ------
    ForecastError
        A file that is missing, foreign, of a table of another kind, or whose content does not match its fingerprint.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            words = json.loads(stored["header"].tobytes())
            _refuse_other_kind(str(words.get("kind", "Forecasts")), kind, path)
            tables = {name: _table(kind, said, stored, name) for name, said in words["tables"].items()}
    except FileNotFoundError as error:
        raise ForecastError(f"there is no forecast table at {path}; save() writes one.") from error
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ForecastError(
            f"{path} is no forecast table, or a damaged one: {error}. Make it again."
        ) from error
    for name, said in words["tables"].items():
        if tables[name].fingerprint != said["fingerprint"]:
            raise ForecastError(
                f"{path} is damaged: its content does not match its fingerprint. Make it again."
            )
    return _with_beside(tables)


def _words(table: ForecastTable) -> dict[str, Any]:
    return {
        "name": table.name,
        "time": table.time.as_unit("ns").asi8.tolist(),
        "tz": None if table.time.tz is None else str(table.time.tz),
        "symbols": table.symbols,
        "horizons": table.horizons,
        "levels": table.levels,
        "target": table.target.words(),
        "provenance": dict(table.provenance),
        "fingerprint": table.fingerprint,
    }


def _refuse_other_kind(found: str, kind: type[ForecastTable], path: Path) -> None:
    if found != kind.__name__:
        hindsight = "they learnt from bars after those they speak of, so they can be judged, and not traded"
        causal = "they know nothing of what comes later"
        raise ForecastError(
            f"{path} holds {found}, no {kind.__name__}: {hindsight if found.startswith('Hindsight') else causal}. "
            f"Read it with {found}.load."
        )


def _table(kind: type[Table], words: Mapping[str, Any], stored: Mapping[str, Any], name: str) -> Table:
    time = pd.DatetimeIndex(np.array(words["time"], dtype="datetime64[ns]"))
    return kind(
        **{key: stored[f"{name}/{key}"] for key in _ARRAYS},
        time=time if words["tz"] is None else time.tz_localize("UTC").tz_convert(words["tz"]),
        symbols=tuple(words["symbols"]),
        horizons=tuple(words["horizons"]),
        levels=tuple(words["levels"]),
        target=target_from(words.get("target", {"name": "return"})),
        name=words["name"],
        provenance=words["provenance"],
    )


def _with_beside(tables: dict[str, Table]) -> Table:
    table = tables.pop("")
    return replace(table, beside=tables)


def write_npz(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write `arrays` to `path` as one ``.npz``, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]
