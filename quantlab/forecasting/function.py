"""Any function of windows as a forecaster."""

from __future__ import annotations

import hashlib
import marshal
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from quantlab.errors import ForecastError
from quantlab.forecasting.baselines import naive_beside
from quantlab.forecasting.forecaster import Forecaster, State
from quantlab.forecasting.residuals import TrainedPoint, around, in_equal_parts
from quantlab.forecasting.windows import TrainingWindow, Windows
from quantlab.typing import FloatArray


@dataclass(frozen=True, kw_only=True, repr=False)
class FunctionForecaster(Forecaster):
    """What a function says about each window, with the quantiles of its residuals around it.

    The function sees a window's features as they are (first `features`, then what `known` and `static` come to), up
    to now and no further, and learns nothing; level q is its value plus the empirical quantile q of the symbol's
    residuals over the training block (a mean, its value plus theirs). What it says about a window may depend on that
    window alone: it is asked the training windows backwards too, and refused where the answers differ.

    Parameters
    ----------
    function
        From windows ``(n_windows, lookback, n_features)``, oldest bar first, to the target over each horizon:
        ``(n_windows, n_horizons)``, or ``(n_windows,)`` where there is one.

    Raises
    ------
    ForecastError
        Something that cannot be called; an answer of another shape, that is not finite, or that depends on
        other windows.

    Examples
    --------
    >>> def reversal(windows):
    ...     return -0.1 * windows[:, -1, 0]
    >>> FunctionForecaster(horizon=1, features=(("log_return", 1),), function=reversal)
    FunctionForecaster(horizon=1, features=(feature("log_return", lookback=1),), function=reversal)
    """

    function: Callable[[FloatArray], Any]

    taught_by: ClassVar[tuple[str, ...]] = ("quantlab.forecasting.residuals", "quantlab.forecasting.windows")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not callable(self.function):
            raise ForecastError(
                f"FunctionForecaster(function={self.function!r}): give a function of windows."
            )

    def train(self, window: TrainingWindow, *, seed: int = 0) -> TrainedPoint:
        """Measure the residuals; nothing is drawn, so `seed` changes nothing."""
        asked = window.learn.cut()
        if not np.allclose(self._ask(asked), self._ask(asked[::-1])[::-1], rtol=1e-6, atol=1e-12):
            raise ForecastError(
                f"{self!r} says something else about a window when others are asked in another sequence; "
                "compute each row from its own window (axis 0 numbers the windows)."
            )
        return around(self._point, window, self, {})

    def restore(self, state: State) -> TrainedPoint:
        """Make the trained forecaster whose `state` this is."""
        return TrainedPoint(self._point, state["residuals"], {})

    def baselines(self) -> tuple[Forecaster, ...]:
        """Compare with the naive forecaster."""
        return (naive_beside(self),)

    def environment(self) -> dict[str, str]:
        """Versions, and the hash of the function's code; a new one each time where code does not say it all."""
        return {**super().environment(), "function": digest(self.function)}

    def __repr__(self) -> str:
        return named(super().__repr__(), self.function)

    def _point(self, windows: Windows) -> FloatArray:
        return in_equal_parts(self._ask, windows.cut())

    def _ask(self, windows: FloatArray) -> FloatArray:
        """Call the function, and refuse an answer that is none."""
        given = windows.copy()
        given.flags.writeable = False
        told = np.asarray(self.function(given), dtype=np.float64)
        told = told[:, None] if told.ndim == 1 else told
        shape = (len(windows), len(self.horizons))
        if told.shape != shape:
            raise ForecastError(
                f"{self!r} gave shape {told.shape} for windows of {windows.shape}; give (n_windows, n_horizons) "
                f"= {shape}."
            )
        if not np.isfinite(told).all():
            raise ForecastError(
                f"{self!r} gave {told[~np.isfinite(told)][0]}; give a finite number, such as 0.0."
            )
        return told


def named(told: str, function: object) -> str:
    """Put the name of a function where `told` has its `repr`."""
    name = getattr(function, "__name__", None)
    return told.replace(repr(function), name) if name else told


def digest(function: Callable[..., Any]) -> str:
    """Hash the code of a function; a new number each time where code does not say it all."""
    code = getattr(function, "__code__", None)
    if code is None or code.co_freevars or getattr(function, "__self__", None) is not None:
        return uuid.uuid4().hex  # what it closes over or holds may change
    told = marshal.dumps(code) + repr((function.__defaults__, function.__kwdefaults__)).encode()
    return hashlib.blake2b(told, digest_size=16).hexdigest()
