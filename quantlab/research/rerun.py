"""A saved run made again from its manifest, and what has changed since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantlab.engine.manifest import Manifest
from quantlab.engine.outputs import outputs
from quantlab.engine.recipe import remade, source_files
from quantlab.engine.storage import verified
from quantlab.errors import ResultError

if TYPE_CHECKING:
    from quantlab.engine.result import Result

ABSENT = "none"
SHOWN = 12  # characters of a hash


@dataclass(frozen=True)
class Change:
    """An input that was different then.

    Parameters
    ----------
    what
        The input, in words.
    then, now
        Its value, or its hash, in the saved run and in this one.
    """

    what: str
    then: str
    now: str

    def __str__(self) -> str:
        return f"{self.what}: {self.then} then, {self.now} now"


@dataclass(frozen=True, eq=False, repr=False)
class Rerun:
    """A saved run beside the same run of today; true where both gave the same.

    Parameters
    ----------
    run
        Folder of the saved run.
    fingerprint
        Of what came out then; ``result.fingerprint`` is that of now.
    result
        What came out now.
    differing
        Names of the tables that came out different.
    changes
        Inputs that are different now, whether they mattered or not.
    """

    run: Path
    fingerprint: str
    result: Result
    differing: tuple[str, ...]
    changes: tuple[Change, ...]

    def __bool__(self) -> bool:
        return not self.differing

    def __str__(self) -> str:
        name = f"{self.run}: {self.result.name}"
        if self:
            lines = [f"{name} gives the same again, to the last bit (fingerprint {self.fingerprint})."]
            lines += ["Changed, without effect:"] if self.changes else []
        else:
            lines = [
                f"{name} gives something else: {', '.join(self.differing)}.",
                f"Fingerprint {self.fingerprint} then, {self.result.fingerprint} now.",
                "Changed:" if self.changes else _UNEXPLAINED,
            ]
        return "\n".join([*lines, *(f"  {change}" for change in self.changes)])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from quantlab.display.html import table_html

        title, *notes = str(self).splitlines()[: 1 if self else 3]
        rows = [[change.what, change.then, change.now] for change in self.changes]
        return table_html(title, ["changed", "then", "now"], rows, notes=notes)


_UNEXPLAINED = (
    "Every known input is equal: what differs is outside of them, such as a module that the strategy imports, "
    "a file that it reads, the clock, or other hardware."
)


def rerun(
    path: str | Path, *, seed: int | None = None, engine: str | None = None, progress: bool | None = None
) -> Rerun:
    """Make a saved run again from its manifest, and compare: strategy, bars, forecasts and settings of today.

    Parameters
    ----------
    path
        The folder that `Result.save` wrote.
    seed, engine
        Another seed or engine than then, to see whether it matters.
    progress
        As in `backtest`.

    Raises
    ------
    ResultError
        No run, a damaged one, or one that cannot be made again, with the reason.
    StrategyError, DataError
        Files that are gone, or no longer have what was run.
    """
    from quantlab.engine.backtest import backtest

    then = verified(Path(path))
    recipe = then["recipe"]
    if recipe is None:
        raise ResultError(f"{path} cannot be made again: it does not come from one ql.backtest(…).")
    strategy, bars, settings = remade(recipe)
    other = {"seed": seed, "engine": engine}
    settings |= {name: value for name, value in other.items() if value is not None}
    result = backtest(strategy, bars, **settings, progress=progress)
    hashes = outputs(result)
    return Rerun(
        run=Path(path),
        fingerprint=then["fingerprint"],
        result=result,
        differing=tuple(name for name, digest in then["outputs"].items() if hashes.get(name) != digest),
        changes=tuple(_changes(then, result)),
    )


def _changes(then: Manifest, now: Result) -> Iterator[Change]:
    """Compare the inputs of two runs, one by one."""
    before, after = (
        _inputs(then["recipe"], then["provenance"]),
        _inputs(now.recipe or then["recipe"], now.provenance),
    )
    before["the engine"], after["the engine"] = _kind(then["engine"]), _kind(now.engine)
    for what in {**before, **after}:
        values = before.get(what, ABSENT), after.get(what, ABSENT)
        if values[0] != values[1]:
            yield Change(what, *values)


def _inputs(recipe: Mapping[str, Any], origin: Mapping[str, Any]) -> dict[str, str]:
    """Name everything that goes into a run, with its value or the beginning of its hash."""
    hashed = {f"the file {file}{_of(name)}": digest for name, (file, digest) in source_files(recipe).items()}
    for name, part in origin.get("parts", {"": origin}).items():
        hashed[f"the code of the strategy{_of(name)}"] = part["strategy"]["source"]
        hashed |= {f"the forecasts {each}{_of(name)}": digest for each, digest in part["forecasts"].items()}
    hashed["the bars"] = origin["bars"]["fingerprint"]
    hashed["the benchmark"] = origin["benchmark"] or ABSENT
    return {
        **{what: digest[:SHOWN] for what, digest in hashed.items()},
        **{f"the bars' {fact}": str(origin["bars"][fact]) for fact in ("rows", "first", "last")},
        **{f"the {name}": str(value) for name, value in origin["settings"].items()},
        "the folds": recipe["settings"]["folds"],
        **{f"the version of {name}": version for name, version in origin["versions"].items()},
    }


def _of(name: str) -> str:
    return f" of {name}" if name else ""


def _kind(engine: str) -> str:
    return engine.partition(" ")[0]
