"""The study of a tuning: optuna's, in memory or in a file that survives a kill. Imports optuna at the top."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from sqlalchemy.exc import SQLAlchemyError

from quantlab.errors import ForecastError
from quantlab.forecasting.search_space import Axis, Choices

NAME, ORIGIN, ERROR = "quantlab", "origin", "error"


def open_study(path: Path | None, origin: Mapping[str, str], *, maximise: bool, prune: bool) -> optuna.Study:
    """Open the study at `path`, or a new one; trials that a kill left half-way are closed.

    Raises
    ------
    ForecastError
        A file that is no study, or one of another tuning.
    """
    try:
        study = optuna.create_study(
            storage=None if path is None else f"sqlite:///{path}",
            study_name=NAME,
            direction="maximize" if maximise else "minimize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=5) if prune else optuna.pruners.NopPruner(),
            load_if_exists=True,
        )
        known = study.user_attrs.get(ORIGIN)
        if known is None:
            study.set_user_attr(ORIGIN, dict(origin))
        else:
            _refuse_another(path, known, origin)
        for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error))
        raise ForecastError(
            f"{path} cannot be used as a study: {reason}. Give another path=, or delete it."
        ) from error
    return study


def _refuse_another(path: Path | None, known: Mapping[str, str], origin: Mapping[str, str]) -> None:
    for name, value in origin.items():
        if known.get(name) != value:
            raise ForecastError(
                f"{path} holds another tuning: its {name} was {known.get(name)}, now it is {value}. "
                "Give another path=."
            )


def judged(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    """Trials that were seen to end: done, pruned, or failed by an error of their own; not those a kill cut off."""
    states = optuna.trial.TrialState
    return [
        trial
        for trial in study.get_trials(deepcopy=False)
        if trial.state in (states.COMPLETE, states.PRUNED)
        or (trial.state == states.FAIL and ERROR in trial.user_attrs)
    ]


def sampler_of(name: str, space: Mapping[str, Axis], seed: int, number: int) -> optuna.samplers.BaseSampler:
    """Make the sampler of one trial: its seed depends on how many came before, so a resumed study goes on alike."""
    drawn = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
    if name == "grid":
        values = {
            key: list(range(len(axis.values))) for key, axis in space.items() if isinstance(axis, Choices)
        }
        return optuna.samplers.GridSampler(values, seed=seed)
    if name == "gp":
        return optuna.samplers.GPSampler(seed=drawn)
    if name == "random":
        return optuna.samplers.RandomSampler(seed=drawn)
    return optuna.samplers.TPESampler(seed=drawn)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep optuna's log and its remarks on experimental parts off the user's screen."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)


def row_of(trial: optuna.trial.FrozenTrial, space: Mapping[str, Axis]) -> dict[str, Any]:
    """One row of the table: what was tried, what came of it, and how long it took."""
    tried = {
        name: axis.values[trial.params[name]] if isinstance(axis, Choices) else trial.params[name]
        for name, axis in space.items()
        if name in trial.params
    }
    state = {"COMPLETE": "done", "PRUNED": "pruned"}.get(trial.state.name, "failed")
    seconds = trial.duration.total_seconds() if trial.duration else np.nan
    value = trial.value if state == "done" and trial.value is not None else np.nan
    return {
        **tried,
        "value": value,
        "state": state,
        "seconds": seconds,
        "error": trial.user_attrs.get(ERROR, ""),
    }
