"""Saved runs: which there are in a folder, what they did, and how they are tagged and removed."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from quantlab.display.facts import some
from quantlab.display.sheets import Sheet, Shown
from quantlab.engine.manifest import MANIFEST, Manifest, write_manifest
from quantlab.engine.result import JUDGED, TABLES
from quantlab.engine.storage import PARTS, PATHS, RUNS, verified
from quantlab.errors import ResultError, did_you_mean
from quantlab.metrics.catalogue import METRICS

HEADLINE = ("cagr", "sharpe", "max_drawdown", "n_trades")
FACTS = ("id", "created", "name", "bars", "first", "last", "n_bars", "tags", "rerunnable", "damage")

_FOLDER = re.compile(rf"{PARTS}(/\d+)?")
_FILE = re.compile(
    rf"({PARTS}/\d+/)?({re.escape(MANIFEST)}|({'|'.join((PATHS, *JUDGED, *TABLES))})\.parquet)"
)
_TAG = re.compile(r"\w[\w.:+/-]*")


@dataclass(frozen=True)
class SavedRun:
    """One saved run, as its manifest tells of it.

    Parameters
    ----------
    folder
        Where it lies.
    facts
        Its manifest; empty where that, or a file of the run, is damaged.
    damage
        What is wrong with it; empty for a run that is whole.
    """

    folder: Path
    facts: Manifest
    damage: str = ""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the strategies' classes: one, or those of a portfolio; none where they are not known."""
        told = self._recipe.get("strategy", {})
        return tuple(each["class"] for each in told.get("portfolio", {"": told}).values() if each)

    @property
    def bars(self) -> str:
        """What the bars were read from, or their symbols."""
        reading = self._recipe.get("bars")
        symbols = self.facts.get("provenance", {}).get("bars", {}).get("symbols", ())
        return reading["source"] if reading else ", ".join(symbols[:3]) + (", …" if len(symbols) > 3 else "")

    @property
    def metrics(self) -> dict[str, float]:
        """Every metric of the catalogue by name; NaN where undefined."""
        known = self.facts.get("metrics", {})
        return {name: np.nan if known.get(name) is None else float(known[name]) for name in METRICS}

    @property
    def row(self) -> dict[str, Any]:
        """What a table of runs has of it, by column."""
        created = self.facts.get("created")
        return {
            **{name: self.facts.get(name) for name in FACTS},
            "created": pd.Timestamp(created) if created else pd.NaT,
            "bars": self.bars,
            "tags": tuple(self.facts.get("tags", ())),
            "rerunnable": self._recipe.get("rerunnable", False),
            "damage": self.damage,
            **self.metrics,
        }

    @property
    def _recipe(self) -> Mapping[str, Any]:
        return self.facts.get("recipe") or {}


@dataclass(frozen=True, eq=False, repr=False)
class Runs(Shown):
    """The runs saved in one folder, newest first, damaged ones last.

    Parameters
    ----------
    folder
        Where they lie.
    saved
        The runs.
    """

    folder: Path
    saved: tuple[SavedRun, ...]

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row a run, by the name of its folder.

        Columns ``id, created, name, bars, first, last, n_bars, tags, rerunnable, damage`` and every metric; `damage`
        is empty for a run that is whole, metrics are NaN where undefined.
        """
        names = pd.Index([run.folder.name for run in self.saved], name="run", dtype=object)
        return pd.DataFrame([run.row for run in self.saved], names, columns=[*FACTS, *METRICS])

    def only(self, fits: Callable[[SavedRun], bool]) -> Runs:
        """Keep the runs that fit."""
        return replace(self, saved=tuple(run for run in self.saved if fits(run)))

    def __len__(self) -> int:
        return len(self.saved)

    def __iter__(self) -> Iterator[SavedRun]:
        return iter(self.saved)

    def sheets(self) -> list[Sheet]:
        """One row a run."""
        title = f"{len(self)} run{'' if len(self) == 1 else 's'} in {self.folder}"
        columns = ["run", "saved", "strategy", "bars", "period", *_UNITS, "tags"]
        notes = [f"{run.folder.name} is damaged: {run.damage}" for run in self.saved if run.damage]
        return [Sheet(title, columns, [_cells(run) for run in self.saved], _UNITS, notes)]


_UNITS = {METRICS[name].label: METRICS[name].unit for name in HEADLINE}


def _cells(run: SavedRun) -> list[Any]:
    metrics = [run.metrics[name] for name in HEADLINE]
    if run.damage:
        return [run.folder.name, "", "damaged", "", "", *metrics, ""]
    facts, row = run.facts, run.row
    saved = f"{row['created']:%Y-%m-%d %H:%M}"
    period = f"{facts['first']} to {facts['last']}"
    return [run.folder.name, saved, facts["name"], run.bars, period, *metrics, ", ".join(facts["tags"])]


def runs(folder: str | Path = RUNS) -> Runs:
    """Return the runs that were saved in a folder: one folder each, directly in it.

    Every file is held against its checksum; a run with a damaged one is listed as damaged.

    Raises
    ------
    ResultError
        If there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ResultError(f"there is no folder {folder}: quantlab backtest … --keep makes runs, in {RUNS}.")
    found = [_saved(each) for each in _folders(folder)]
    return Runs(folder, tuple(sorted(found, key=lambda run: run.facts.get("created", ""), reverse=True)))


def tag(run: Path, add: Iterable[str] = (), remove: Iterable[str] = ()) -> tuple[str, ...]:
    """Add tags to a saved run and take some away; return those that it has now.

    Raises
    ------
    ResultError
        No run, a damaged one, or a tag that is not one word.
    """
    facts = verified(run)
    for word in (*add, *remove):
        if not _TAG.fullmatch(word):
            raise ResultError(f"{word!r} is no tag: give one word of letters, digits and . : + / _ -")
    tags = sorted((set(facts["tags"]) | set(add)) - set(remove))
    write_manifest(run, {**facts, "tags": tags})
    return tuple(tags)


def must_be_removable(run: Path) -> None:
    """Refuse a folder that is no run, or that holds something else as well; a damaged run passes."""
    if run.is_symlink() or not run.is_dir() or not _looks_like_a_run(run):
        raise ResultError(f"{run} is no saved run: nothing was removed.")
    for entry in sorted(run.rglob("*")):
        pattern = _FOLDER if entry.is_dir() and not entry.is_symlink() else _FILE
        if not pattern.fullmatch(entry.relative_to(run).as_posix()):
            raise ResultError(f"{entry} is no part of a run: move it elsewhere first. Nothing was removed.")


def remove(run: Path) -> None:
    """Remove a saved run, its whole folder in one step and nothing else.

    Raises
    ------
    ResultError
        If it is no run, or holds something else as well.
    """
    must_be_removable(run)
    aside = Path(tempfile.mkdtemp(prefix=f".{run.name}-removed-", dir=run.parent))
    os.replace(run, aside / run.name)
    shutil.rmtree(aside)


def find(name: str, folder: Path = RUNS) -> Path:
    """Return the folder of a run: `name` itself, or the one in `folder` whose name or id it is.

    Raises
    ------
    ResultError
        If there is none, or more than one.
    """
    if Path(name).is_dir():
        return Path(name)
    there = _folders(folder) if folder.is_dir() else []
    found = [each for each in there if each.name == name or each.name.endswith(f"-{name}")]
    if len(found) == 1:
        return found[0]
    if found:
        raise ResultError(
            f"{name!r} names {len(found)} runs: {', '.join(map(str, found))}. Give one of them."
        )
    like = [each.name for each in there if _letters(name) and _letters(each.name).startswith(_letters(name))]
    if len(like) > 1:
        raise ResultError(
            f"{name!r} begins the names of {len(like)} runs in {folder}: {some(like, 10)}. Give one of them."
        )
    advice = (
        did_you_mean(name, [each.name for each in there])
        if there
        else "Give the folder that it was saved to."
    )
    raise ResultError(f"there is no run {name!r}, here or in {folder}. {advice}")


def _letters(name: str) -> str:
    """Write a name without what people write differently: SmaCross, sma_cross, sma-cross."""
    return re.sub(r"[\W_]+", "", name).lower()


def saved_folders(folder: Path) -> list[Path]:
    """Return the runs, by name, in a folder that is none itself; none where there is no such folder."""
    return _folders(folder) if folder.is_dir() and not _looks_like_a_run(folder) else []


def _folders(folder: Path) -> list[Path]:
    """Return what looks like a run in a folder, by name."""
    return [each for each in sorted(folder.iterdir()) if _looks_like_a_run(each)]


def _looks_like_a_run(folder: Path) -> bool:
    """Whether a folder holds a run, be it damaged; what is half-written or half-removed is hidden."""
    return not folder.name.startswith(".") and any(
        (folder / name).is_file() for name in (MANIFEST, f"{PATHS}.parquet")
    )


def _saved(folder: Path) -> SavedRun:
    try:
        return SavedRun(folder, verified(folder))
    except (ResultError, OSError) as error:
        return SavedRun(folder, {}, str(error))
