"""Finished trials in a file: a sweep that was killed goes on where it stopped."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

from quantlab.errors import ResultError
from quantlab.typing import FloatArray

APPLICATION = 0x514C5357  # "QLSW", in the header of the file
FORMAT = 1
HASHED = " (fingerprint)"  # ends the name of what is known by its hash alone
FLUSH_S = 0.5  # how much work a kill may lose


class Known(NamedTuple):
    """A finished trial: its metrics, and what went wrong ("" when nothing did)."""

    row: list[float]
    error: str


class TrialStore:
    """Trials of one sweep in an sqlite file, appended in transactions; a half-written one does not exist.

    Parameters
    ----------
    path
        The file; made, with its folder, when it is not there.
    origin
        Everything that could change a number, as text by name. A file with another origin is refused.

    Raises
    ------
    ResultError
        If `path` holds something else or is damaged, or belongs to a sweep with another origin.
    """

    def __init__(self, path: str | Path, origin: Mapping[str, str]) -> None:
        self.path = Path(path)
        self._waiting: list[tuple[str, str, str]] = []
        self._flushed = time.monotonic()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(self.path, timeout=60.0)
        except (OSError, sqlite3.Error) as error:
            raise ResultError(f"{path} cannot be opened for a sweep ({error}): give another path.") from error
        try:
            self._open(dict(origin))
        except sqlite3.DatabaseError as error:
            self._file.close()
            raise ResultError(
                f"{path} is damaged, or no file of a sweep ({error}). {self._remedy}"
            ) from error
        except ResultError:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.flush()
        finally:
            self._file.close()

    def known(self) -> dict[str, Known]:
        """Every finished trial, by `key_of` its parameters."""
        try:
            rows = self._file.execute("SELECT params, metrics, error FROM trials").fetchall()
            return {params: Known(json.loads(metrics), error) for params, metrics, error in rows}
        except (sqlite3.DatabaseError, ValueError, TypeError) as error:
            raise ResultError(f"{self.path} is damaged ({error}). {self._remedy}") from error

    def add(self, key: str, row: FloatArray, error: str) -> None:
        """Keep a finished trial; it is written with others, twice a second."""
        self._waiting.append((key, json.dumps(row.tolist()), error))
        if time.monotonic() - self._flushed > FLUSH_S:
            self.flush()

    def flush(self) -> None:
        """Write what waits, in one transaction."""
        try:
            with self._file:
                self._file.executemany("INSERT OR REPLACE INTO trials VALUES (?, ?, ?)", self._waiting)
        except sqlite3.Error as error:
            raise ResultError(f"{self.path} cannot be written to: {error}.") from error
        self._waiting.clear()
        self._flushed = time.monotonic()

    @property
    def _remedy(self) -> str:
        return "Give another path, or delete the file to begin anew."

    def _open(self, origin: dict[str, str]) -> None:
        ((application,),) = self._file.execute("PRAGMA application_id")
        ((n_tables,),) = self._file.execute("SELECT count(*) FROM sqlite_master")
        if not application and not n_tables:
            self._begin(origin)
        elif application != APPLICATION:
            raise ResultError(f"{self.path} is a database of something else, not of a sweep. {self._remedy}")
        self._check(origin)

    def _begin(self, origin: dict[str, str]) -> None:
        with self._file:
            self._file.execute("BEGIN IMMEDIATE")
            self._file.execute(f"PRAGMA application_id = {APPLICATION}")
            self._file.execute(f"PRAGMA user_version = {FORMAT}")
            self._file.execute(
                "CREATE TABLE IF NOT EXISTS origin (name TEXT PRIMARY KEY, value TEXT NOT NULL)"
            )
            self._file.execute(
                "CREATE TABLE IF NOT EXISTS trials "
                "(params TEXT PRIMARY KEY, metrics TEXT NOT NULL, error TEXT NOT NULL) WITHOUT ROWID"
            )
            self._file.executemany("INSERT OR IGNORE INTO origin VALUES (?, ?)", origin.items())

    def _check(self, origin: dict[str, str]) -> None:
        ((version,),) = self._file.execute("PRAGMA user_version")
        if version != FORMAT:
            raise ResultError(
                f"{self.path} has format {version}, this version reads {FORMAT}. {self._remedy}"
            )
        ((verdict,),) = self._file.execute("PRAGMA quick_check(1)").fetchall()
        if verdict != "ok":
            raise ResultError(f"{self.path} is damaged ({verdict}). {self._remedy}")
        stored = dict(self._file.execute("SELECT name, value FROM origin").fetchall())
        if stored != origin:
            raise ResultError(
                f"{self.path} belongs to a sweep that differs in {_differences(stored, origin)}. {self._remedy}"
            )


def key_of(params: Mapping[str, Any]) -> str:
    """All parameters of a trial as text, equal only for equal values."""
    return json.dumps(dict(params))


def _differences(stored: Mapping[str, str], origin: Mapping[str, str]) -> str:
    """Name what differs; short values are shown, fingerprints are not."""
    parts = []
    for name in dict.fromkeys((*stored, *origin)):
        before, now = stored.get(name, "none"), origin.get(name, "none")
        if before != now:
            hidden = name.endswith(HASHED)
            parts.append(name.removesuffix(HASHED) if hidden else f"{name} ({before} there, {now} here)")
    return ", ".join(parts)
