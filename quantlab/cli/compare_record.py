"""What programs read of a comparison: rows for CSV, and everything for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from quantlab.research.comparison import Comparison
    from quantlab.research.superiority import Superiority

P_VALUES = ("sharpe_p", "mean_p")


def rows(comparison: Comparison) -> pd.DataFrame:
    """Return one row a run: the frame with the trials known behind each run, p-values and the run's folder.

    Where the runs are tested the bounds of Sharpe differences are those of the tests, so that there is one interval.
    """
    frame = comparison.frame.assign(trials=comparison.runs["trials"])
    tests = comparison.tests
    if tests is not None:
        for bound in ("low", "high"):
            frame[f"sharpe_difference_{bound}"] = tests.frame[f"sharpe_{bound}"].reindex(frame.index)
        p_values = tests.frame[list(P_VALUES)].reindex(frame.index)
        frame = frame.join(p_values).assign(confidence_set_p=tests.confidence_set.reindex(frame.index))
    return frame.assign(folder=comparison.runs["folder"])


def record(comparison: Comparison) -> dict[str, Any]:
    """Return what a program wants to know, as plain values."""
    frame = rows(comparison)
    return {
        "benchmark": comparison.benchmark,
        "by": comparison.by,
        "n_bars": len(comparison.growth),
        "periods_per_year": comparison.periods_per_year,
        "level": comparison.level,
        "n_resamples": comparison.n_resamples,
        "notes": comparison.notes,
        "run_notes": comparison.run_notes,
        "runs": [
            {"run": name, **row} for name, row in zip(frame.index, frame.to_dict("records"), strict=True)
        ],
        "differing": comparison.differing.to_dict("index"),
        "tests": None if comparison.tests is None else _tests(comparison.tests),
        "untested": comparison.untested or None,
        "correlation": comparison.correlation.to_dict(),
        "overlap": comparison.overlap.to_dict(),
    }


def _tests(tests: Superiority) -> dict[str, Any]:
    return {
        "spa_p": tests.spa_p,
        "spa_p_lower": tests.spa_p_lower,
        "spa_p_upper": tests.spa_p_upper,
        "reality_check_p": tests.reality_check_p,
        "block_bars": tests.block_bars,
        "runs": tests.frame.to_dict("index"),
        "confidence_set": tests.confidence_set.to_dict(),
        "left_out": tests.left_out,
        "verdicts": tests.verdicts,
    }
