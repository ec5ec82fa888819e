"""Runs side by side on their common period, each with its doubt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from quantlab.display.facts import some
from quantlab.engine.result import Result
from quantlab.errors import DataError, did_you_mean
from quantlab.metrics.catalogue import evaluate
from quantlab.metrics.ranking import best_first
from quantlab.metrics.run_figures import RunFigures
from quantlab.research.common_period import Stretch, common_stretches
from quantlab.research.comparison import Comparison
from quantlab.research.counted import counted, known_trials
from quantlab.research.doubt import intervals, resampled
from quantlab.research.overlap import overlap

__all__ = ["Comparison", "compare"]

MAIN = (
    "total_return", "cagr", "volatility", "sharpe", "deflated_sharpe", "sortino", "calmar", "max_drawdown",
    "max_drawdown_bars", "expected_shortfall_5", "time_in_market", "turnover", "n_trades", "win_rate", "costs_fraction",
)  # fmt: skip
MOST_NAMED = 5  # ruined runs that a note names
AGAINST = ("correlation", "beta", "alpha", "information_ratio")


def compare(
    results: Mapping[str, Result] | Iterable[Result],
    benchmark: str | int | Result | None = None,
    *,
    by: str = "sharpe",
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
) -> Comparison:
    """Compare runs on the bars that all of them have.

    Every metric is computed anew on the common period. Sharpe and CAGR, and with a benchmark their differences
    from it, carry intervals of a stationary bootstrap that draws the same bars for all runs, so that
    differences are paired (`quantlab.metrics.inference`).

    Parameters
    ----------
    results
        Runs, or runs by name. A run's own name is used otherwise; a name that comes twice gets a number.
    benchmark
        The run that the others are compared to: its name, its place in `results`, or a further result.
    by
        Metric that ranks the rows, best first. The undefined never ranks first; runs without fills and ruined ones
        come last, whatever the metric.
    level, n_resamples, seed
        Of the intervals.

    Raises
    ------
    DataError
        No run, an unknown benchmark or metric, a level outside (0, 1), no resample,
        runs with different bars a year or riskless rate, or without
        two common bars.
    """
    if not 0.0 < level < 1.0 or n_resamples < 1:
        raise DataError(
            f"level={level}, n_resamples={n_resamples}: give a share between 0 and 1, as 0.95, and at least 1 resample."
        )
    named, benchmark_name = _with_benchmark(_named(results), benchmark)
    stretches = common_stretches(named)
    market = None if benchmark_name is None else stretches[benchmark_name].returns
    provenance = {name: one.provenance for name, one in named.items()}
    own = {name: stretch.figures(market) for name, stretch in stretches.items()}
    figures, counts = counted(own, provenance)
    metrics = dict.fromkeys((*MAIN, by, *(AGAINST if benchmark_name else ())))
    frame = pd.DataFrame({name: evaluate(one, metrics) for name, one in figures.items()}).T
    draws = resampled(figures, n_resamples, seed)
    order = best_first(by, frame[by], [one.judged for one in figures.values()])
    frame = frame.join(intervals(frame, draws, benchmark_name, level)).iloc[order].rename_axis("run")
    return Comparison(
        frame=frame,
        growth=_growth(stretches)[list(frame.index)],
        benchmark=benchmark_name,
        by=by,
        periods_per_year=next(iter(named.values())).periods_per_year,
        level=level,
        n_resamples=n_resamples,
        notes=(*_notes(stretches), *counts, *_trial_notes(own, benchmark_name)),
        provenance={name: provenance[name] for name in frame.index},
        overlap=overlap(stretches).loc[list(frame.index), list(frame.index)],
        runs=_runs(named, own).loc[list(frame.index)],
        run_notes={name: named[name].notes for name in frame.index if named[name].notes},
        risk_free_annual=next(iter(named.values())).risk_free_annual,
        seed=seed,
    )


def _named(results: Mapping[str, Result] | Iterable[Result]) -> dict[str, Result]:
    pairs = results.items() if isinstance(results, Mapping) else [(one.name, one) for one in _each(results)]
    named: dict[str, Result] = {}
    for name, result in pairs:
        named[_free(str(name), named)] = result
    if not named:
        raise DataError("There is nothing to compare; give at least one result.")
    return named


def _each(results: Any) -> Iterable[Result]:
    """One result is a list of one."""
    for one in [results] if isinstance(results, Result) else results:
        if not isinstance(one, Result):
            raise DataError(
                f"compare() takes what ql.backtest returned, not {one!r}: ql.compare([first, second])."
            )
        yield one


def _free(name: str, taken: Iterable[str]) -> str:
    """`name`, or `name (2)`, `name (3)` … when it is taken."""
    used = set(taken)
    candidates = (name if k == 1 else f"{name} ({k})" for k in range(1, len(used) + 2))
    return next(candidate for candidate in candidates if candidate not in used)


def _with_benchmark(
    named: dict[str, Result], benchmark: str | int | Result | None
) -> tuple[dict[str, Result], str | None]:
    """Add the benchmark to the runs where it is a further one; return them and its name."""
    if benchmark is None:
        return named, None
    if isinstance(benchmark, Result):
        for name, result in named.items():
            if result is benchmark:
                return named, name
        name = _free(benchmark.name, named)
        return {**named, name: benchmark}, name
    if isinstance(benchmark, int):
        if not -len(named) <= benchmark < len(named):
            raise DataError(
                f"There is no run {benchmark} to compare to; there are {len(named)}, counted from 0."
            )
        return named, list(named)[benchmark]
    if benchmark not in named:
        raise DataError(f"There is no run {benchmark!r} to compare to. {did_you_mean(benchmark, named)}")
    return named, benchmark


def _growth(stretches: Mapping[str, Stretch]) -> pd.DataFrame:
    """Growth of 1 of every run on the common bars."""
    return pd.DataFrame({n: pd.Series(s.equity / s.initial_cash, s.time) for n, s in stretches.items()})


def _notes(stretches: Mapping[str, Stretch]) -> tuple[str, ...]:
    n_common = len(next(iter(stretches.values())).time)
    own_bars = {name: len(stretch.result.equity) for name, stretch in stretches.items()}
    lines = [
        f"{name}: {own - n_common} of its {own} bars are outside the common period."
        for name, own in own_bars.items()
        if own > n_common
    ]
    fills = {name: stretch.result.fill for name, stretch in stretches.items()}
    if len(set(fills.values())) > 1:
        lines.append(f"Fill rules differ: {', '.join(f'{name} {rule}' for name, rule in fills.items())}.")
    if len(stretches) > 2:
        lines.append(
            f"The best of {len(stretches)} runs is partly the luckiest; "
            "its interval does not know that it was chosen."
        )
    ruined = [name for name, stretch in stretches.items() if stretch.ruined]
    if ruined:
        lines.append(f"Ruined: {some(ruined, MOST_NAMED)}.")
    return tuple(lines)


def _trial_notes(figures: Mapping[str, RunFigures], benchmark: str | None) -> tuple[str, ...]:
    """Say how many runs the tests consider, and that more were tried than are shown."""
    n_others, known = len(figures) - 1, max(map(known_trials, figures.values()))
    tested = f"The SPA test considers the {n_others} runs that are shown beside {benchmark}"
    lines = [f"{tested}, no others."] if benchmark is not None and n_others > 1 else []
    if known > 1:
        lines.append(f"Behind a run stand up to {known:,} trials; only Deflated Sharpe counts them.")
    return tuple(lines)


def _runs(named: Mapping[str, Result], figures: Mapping[str, RunFigures]) -> pd.DataFrame:
    """Say what else is known of each run; see `Comparison`."""
    return pd.DataFrame(
        {
            "judged": [one.judged for one in figures.values()],
            "trials": [known_trials(one) for one in figures.values()],
            "folder": [str(one.folder or "") for one in named.values()],
        },
        index=pd.Index(list(named), dtype=object),
    )
