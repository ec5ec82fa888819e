"""What a strategy's code reaches without asking `now`: series in its module, its class or a closure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np
import pandas as pd

from quantlab.engine.futures import Change, other_values
from quantlab.engine.strategy import Strategy
from quantlab.features.features import Feature
from quantlab.market.bars import Bars

LARGEST = 10_000  # entries of a list or dict that are looked into


@dataclass(frozen=True, eq=False)
class Outside:
    """A value with a time axis that a hook or a feature's function names.

    Parameters
    ----------
    name
        Where it lies, as the code reads it.
    value
        Bars, a frame or series, an array with a row a bar, or a dict or list of those.
    put
        Puts another value in its place.
    """

    name: str
    value: Any
    put: Callable[[Any], None]


def outside_of(strategy: Strategy, bars: Bars) -> tuple[Outside, ...]:
    """Find what the code of `strategy`, its features and its forecasters names outside themselves.

    Global names, attributes of named modules, closures and class attributes are followed, and functions among
    them are read in turn. What lies in a file, behind a network, or in an object of another kind is not
    found.
    """
    waiting, places = _roots(strategy)
    seen: set[int] = set()
    while waiting:
        function = waiting.pop()
        if id(function) in seen or "site-packages" in function.__code__.co_filename:
            continue
        seen.add(id(function))
        for place in _named(function):
            if isinstance(place.value, FunctionType):
                waiting.append(place.value)
            else:
                places.append(place)
    found = {(place.name, id(place.value)): place for place in places if _has_time(place.value, bars)}
    return tuple(found.values())


@contextmanager
def other_futures(places: tuple[Outside, ...], change: Change, rng: np.random.Generator) -> Iterator[None]:
    """Give every place the future that `change` makes, and what it held when this ends."""
    try:
        for place in places:
            place.put(_changed(place.value, change, rng))
        yield
    finally:
        for place in places:
            place.put(place.value)


def _roots(strategy: Strategy) -> tuple[list[FunctionType], list[Outside]]:
    """Functions that a run calls, and what their classes hold."""
    functions, places = [], []
    owners: list[type] = [type(strategy)]
    for declared in strategy.declared_inputs().values():
        features = (declared,) if isinstance(declared, Feature) else declared.forecaster.inputs
        functions += [
            getattr(each.source, "__func__", each.source) for each in features if callable(each.source)
        ]
        owners += [] if isinstance(declared, Feature) else [type(declared.forecaster)]
    for owner in (
        base for each in owners for base in each.__mro__ if not base.__module__.startswith("quantlab.")
    ):
        for name, value in vars(owner).items():
            code = getattr(value, "fget", None) or getattr(value, "__func__", value)
            functions += [code]
            places += [Outside(f"{owner.__name__}.{name}", value, partial(setattr, owner, name))]
    return [each for each in functions if isinstance(each, FunctionType)], places


def _named(function: FunctionType) -> Iterator[Outside]:
    names, around = _names(function.__code__), function.__globals__
    for name in names & around.keys():
        value = around[name]
        yield Outside(name, value, partial(around.__setitem__, name))
        if isinstance(value, ModuleType) and not value.__name__.startswith("quantlab"):
            for inner in names & vars(value).keys():
                yield Outside(f"{name}.{inner}", vars(value)[inner], partial(setattr, value, inner))
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # a cell that is still empty
            yield Outside(name, cell.cell_contents, partial(setattr, cell, "cell_contents"))


def _names(code: CodeType) -> set[str]:
    """Names that a function, and the functions written inside it, look up outside or as attributes."""
    inner = (_names(each) for each in code.co_consts if isinstance(each, CodeType))
    return set(code.co_names).union(*inner)


def _has_time(value: Any, bars: Bars) -> bool:
    if isinstance(value, pd.DataFrame | pd.Series):
        return isinstance(value.index, pd.DatetimeIndex) or len(value) == bars.n_bars
    if isinstance(value, np.ndarray):
        return value.ndim > 0 and len(value) == bars.n_bars
    if isinstance(value, dict | list | tuple) and len(value) <= LARGEST:
        parts = value.values() if isinstance(value, dict) else value
        return any(_has_time(each, bars) for each in parts)
    return isinstance(value, Bars)


def _changed(value: Any, change: Change, rng: np.random.Generator) -> Any:
    if not _has_time(value, change.bars):
        return value
    if isinstance(value, dict):
        return {key: _changed(each, change, rng) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([_changed(each, change, rng) for each in value])
    row, stop = _rows(value, change)
    if isinstance(value, Bars):
        return Change(value, row, stop).apply(rng)
    if isinstance(value, np.ndarray):
        return _other_array(value[:stop], row, rng)
    if isinstance(value, pd.Series):
        changed = _changed_frame(value.to_frame(), row, stop, rng).iloc[:, 0]
        changed.name = value.name
        return changed
    return _changed_frame(value, row, stop, rng)


def _changed_frame(frame: pd.DataFrame, row: int, stop: int, rng: np.random.Generator) -> pd.DataFrame:
    changed = frame.iloc[:stop].copy()
    for column in range(changed.shape[1]):
        changed.isetitem(column, _other_array(changed.iloc[:, column].to_numpy(), row, rng))
    return changed


def _rows(value: Any, change: Change) -> tuple[int, int]:
    """Last row of `value` that is known at the cut (−1: none), and the row after the last one that stays."""
    if isinstance(value, Bars):
        known, stop = np.searchsorted(
            value.time_ns, change.bars.time_ns[[change.cut, change.stop - 1]], "right"
        )
    elif isinstance(value, np.ndarray) or not isinstance(value.index, pd.DatetimeIndex):
        known, stop = change.cut + 1, change.stop
    else:
        times = value.index if value.index.tz is None else value.index.tz_convert("UTC").tz_localize(None)
        label = change.bars.time if value.index.tz is None else pd.DatetimeIndex(change.bars.time_ns)
        ends = label.tz_localize(None)[[change.cut, change.stop - 1]]
        known, stop = (int((times <= end).sum()) for end in ends)
    return max(int(known) - 1, 0), max(int(stop), 1)


def _other_array(values: Any, row: int, rng: np.random.Generator) -> Any:
    later = values[row + 1 :]
    if not len(later) or values.dtype.kind not in "fiub":
        return np.concatenate([values[: row + 1], later[::-1]])
    if values.dtype.kind == "b":
        return np.concatenate([values[: row + 1], ~later])
    matrix = np.asarray(values, np.float64).reshape(len(values), -1)
    other = other_values(matrix, row, rng).reshape(values.shape)
    return np.concatenate([values[: row + 1], other[row + 1 :].astype(values.dtype)])
