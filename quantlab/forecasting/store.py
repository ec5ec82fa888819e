"""What walk-forwards made, kept by content: equal content is never computed twice."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quantlab.cache_folder import cache_folder
from quantlab.errors import ForecastError
from quantlab.forecasting.forecaster import State
from quantlab.whole_files import write_whole


def default_folder() -> Path:
    """Where forecasts are kept: ``$QUANTLAB_CACHE/forecasts``, else the user's cache folder."""
    return cache_folder("forecasts")


@dataclass(frozen=True)
class Entry:
    """Named arrays and the words about them."""

    arrays: State
    words: dict[str, Any]


@dataclass(frozen=True)
class ForecastStore:
    """A folder of arrays named by the hash of all that they depend on.

    An entry is a ``.npz`` of plain arrays and a ``.json`` with words and a SHA-256 of both; the ``.json`` is
    written last, so an entry that a killed process left half-way does not exist. An entry that does not match
    its hash is thrown away.

    Parameters
    ----------
    folder
        Where entries lie; made when first written to.
    """

    folder: Path

    def get(self, kind: str, key: str) -> Entry | None:
        """Read the entry, or None; a damaged one is removed and None."""
        content, about = self._paths(kind, key)
        try:
            words = json.loads(about.read_text(encoding="utf-8"))
            raw = content.read_bytes()
            if _checksum(raw, words["words"]) != words["sha256"]:
                raise ValueError("the content does not match its hash")
            with np.load(io.BytesIO(raw), allow_pickle=False) as stored:
                return Entry({name: stored[name] for name in stored.files}, words["words"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            self.discard(kind, key)
            return None

    def put(self, kind: str, key: str, entry: Entry) -> None:
        """Keep an entry; a folder that cannot be written to is a ForecastError."""
        content, about = self._paths(kind, key)
        memory = io.BytesIO()
        np.savez(memory, **entry.arrays)  # type: ignore[arg-type]
        raw = memory.getvalue()
        text = json.dumps({"sha256": _checksum(raw, entry.words), "words": entry.words}, indent=1)
        try:
            content.parent.mkdir(parents=True, exist_ok=True)
            write_whole(content, lambda file: file.write(raw))
            write_whole(about, lambda file: file.write(text.encode()))
        except OSError as error:
            raise ForecastError(
                f"forecasts cannot be kept in {self.folder}: {error}. "
                "Set QUANTLAB_CACHE to a folder that can be written to, or pass store=False."
            ) from error

    def discard(self, kind: str, key: str) -> None:
        """Forget an entry, if it is there."""
        for path in self._paths(kind, key):
            with contextlib.suppress(OSError):
                path.unlink()

    def _paths(self, kind: str, key: str) -> tuple[Path, Path]:
        return self.folder / kind / f"{key}.npz", self.folder / kind / f"{key}.json"


def _checksum(raw: bytes, words: dict[str, Any]) -> str:
    return hashlib.sha256(raw + json.dumps(words, sort_keys=True).encode()).hexdigest()


class Forgetful:
    """A store that keeps nothing."""

    def get(self, kind: str, key: str) -> None:
        """Nothing."""

    def put(self, kind: str, key: str, entry: Entry) -> None:
        """Nothing happens."""


class LastWeights:
    """A store that also holds the newest weights in memory, for folds that share one training.

    Parameters
    ----------
    store
        Where everything else is kept.
    """

    def __init__(self, store: ForecastStore | Forgetful) -> None:
        self.store = store
        self._held: tuple[str, Entry] | None = None

    def get(self, kind: str, key: str) -> Entry | None:
        """Read the entry, or None."""
        if kind == "weights" and self._held is not None and self._held[0] == key:
            return self._held[1]
        return self.store.get(kind, key)

    def put(self, kind: str, key: str, entry: Entry) -> None:
        """Keep an entry."""
        if kind == "weights":
            self._held = (key, entry)
        self.store.put(kind, key, entry)


def open_store(given: ForecastStore | str | Path | bool | None) -> ForecastStore | Forgetful:
    """Open the store that `given` means: None or True the default folder, False none, a path that folder."""
    if isinstance(given, ForecastStore):
        return given
    if given is None or given is True:
        return ForecastStore(default_folder())
    return Forgetful() if given is False else ForecastStore(Path(given))


Store = ForecastStore | Forgetful | LastWeights
