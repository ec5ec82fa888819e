"""Saved results as the command line names them: folders, and a benchmark among them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from quantlab.errors import ResultError, did_you_mean

if TYPE_CHECKING:
    from quantlab.research.comparison import Comparison


def compare_runs(runs: Sequence[Path], benchmark: str | None, by: str = "sharpe") -> Comparison:
    """Compare the results saved in the folders `runs`, or in folders of runs.

    `benchmark` names one of them by its folder, or by its strategy as it prints; or it is a further folder.

    Raises
    ------
    ResultError, DataError
        A folder without a result, a benchmark that is none of them, runs that cannot be compared.
    """
    from quantlab.engine.result import Result  # pandas: `--help` does not wait for it
    from quantlab.research.compare import compare

    runs = each_run(runs)
    results = [Result.load(run) for run in runs]
    if benchmark is None:
        return compare(results, by=by)
    names: dict[str, set[int]] = {}
    for place, (run, result) in enumerate(zip(runs, results, strict=True)):
        for name in (str(run), run.name, result.name):
            names.setdefault(name, set()).add(place)
    if benchmark in names:
        return compare(results, _only(names[benchmark], benchmark), by=by)
    if not Path(benchmark).is_dir():
        raise ResultError(f"there is no run {benchmark!r} to compare to. {did_you_mean(benchmark, names)}")
    return compare(results, Result.load(benchmark), by=by)


def each_run(runs: Sequence[Path]) -> list[Path]:
    """Put what lies in a folder of runs in its place, by name; a run stays, and so does what holds none."""
    from quantlab.research.runs import saved_folders

    found = [(run, saved_folders(run)) for run in runs]
    return [one for run, inside in found for one in (inside or [run])]


def _only(places: set[int], benchmark: str) -> int:
    if len(places) > 1:
        raise ResultError(
            f"{benchmark!r} names {len(places)} of the runs: give the folder of one as it stands."
        )
    return next(iter(places))
