"""Finding a level or a horizon among those that a forecast declares."""

from __future__ import annotations

from quantlab.errors import ForecastError


def is_level(declared: float, level: float) -> bool:
    """Whether `level` means the `declared` one; the way both were computed may part their last digits."""
    return abs(declared - level) <= 1e-12


def level_index(name: str, levels: tuple[float, ...], level: float) -> int:
    """Position of a declared quantile level of the forecast `name`.

    Raises
    ------
    ForecastError
        A level that was not declared; levels are never interpolated.
    """
    for position, declared in enumerate(levels):
        if is_level(declared, level):
            return position
    told = ", ".join(f"{each:g}" for each in levels)
    raise ForecastError(f"{name} has no quantile level {level!r}. Declared: {told}; add it to levels=.")


def horizon_index(name: str, horizons: tuple[int, ...], horizon: int | None) -> int:
    """Position of a horizon of the forecast `name`; None is the only one.

    Raises
    ------
    ForecastError
        A horizon that was not declared, or none named where there are several.
    """
    told = ", ".join(map(str, horizons))
    if horizon is None:
        if len(horizons) > 1:
            raise ForecastError(f"{name} speaks at several horizons: say which, horizon= one of {told}.")
        return 0
    if horizon not in horizons:
        raise ForecastError(f"{name} has no horizon of {horizon!r} bars. Declared: {told}.")
    return horizons.index(horizon)
