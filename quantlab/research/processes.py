"""Trials in processes beside this one: code travels once, arrays are mapped from a file that all of them read."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from quantlab.research.job import Done, Job, attempt
from quantlab.research.trials import Trials


def run_in_processes(job: Job, numbers: Sequence[int], workers: int) -> Iterator[Done]:
    """Run trials in processes that read one copy of the bars and inputs, mapped from a file."""
    from joblib import Parallel, delayed  # joblib and cloudpickle are deferred: only this file needs them

    with tempfile.TemporaryDirectory(prefix="quantlab-sweep-", ignore_cleanup_errors=True) as folder:
        path = write_job(job, Path(folder))
        pool = Parallel(n_jobs=workers, prefer="processes", return_as="generator_unordered")
        yield from pool(delayed(_attempt_from)(path, number) for number in numbers)


def write_job(job: Job, folder: Path) -> str:
    """Write a job so that `read_job` of another process gets it with its arrays mapped, not copied."""
    import cloudpickle
    import joblib

    _carry_code(cloudpickle, type(job.strategies[0]))
    path = str(folder / "job")
    # The class travels as code where it cannot be imported, the arrays as plain files.
    code = cloudpickle.dumps(job.strategies)
    joblib.dump((code, replace(job, strategies=())), path)
    return path


@lru_cache(maxsize=1)
def read_job(path: str) -> Job:
    """Read a job that `write_job` wrote; the last one is kept."""
    import cloudpickle
    import joblib

    code, job = joblib.load(path, mmap_mode="r")
    return replace(cast("Job", job), strategies=cast("Trials", cloudpickle.loads(code)))


def _attempt_from(path: str, number: int) -> Done:
    # Several processes print to one stdout; what a strategy prints is not the answer of a sweep.
    with contextlib.redirect_stdout(sys.stderr):
        return attempt(read_job(path), number)


def _carry_code(cloudpickle: Any, kind: type) -> None:
    """Let classes of a file that was loaded from its path travel as code: no other process can import them."""
    module = sys.modules.get(kind.__module__)
    if module is not None and kind.__module__ != "__main__" and not _is_importable(module):
        cloudpickle.register_pickle_by_value(module)


def _is_importable(module: ModuleType) -> bool:
    """Whether an import by name, in a process with the same search path, finds this very module."""
    package, _, _ = module.__name__.rpartition(".")
    path = getattr(sys.modules.get(package), "__path__", None) if package else sys.path
    found = None if path is None else PathFinder.find_spec(module.__name__, list(path))
    return found is not None and found.origin == getattr(module, "__file__", None)
