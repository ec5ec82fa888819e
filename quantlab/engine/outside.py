"""What a strategy's code reaches without asking `now`: data in its module, its classes, closures and defaults."""

from __future__ import annotations

import dis
import sys
import sysconfig
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from types import BuiltinMethodType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import pandas as pd

from quantlab.engine.futures import Change, has_time, with_other_future
from quantlab.engine.result import Result
from quantlab.engine.strategy import Strategy
from quantlab.features.features import Feature
from quantlab.forecasting.forecast import Forecasts
from quantlab.market.bars import Bars

FEWEST = 20  # values, counted through nested containers, that are data; fewer are configuration
LIBRARIES = ("<frozen", sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))


@dataclass(frozen=True, eq=False)
class Outside:
    """Data that a hook or a feature's function can read beside `now`.

    Parameters
    ----------
    name
        Where it lies, as the code reads it.
    value
        Bars, a frame or series, an array, or a container.
    put
        Puts another value in its place.
    """

    name: str
    value: Any
    put: Callable[[Any], None]

    @property
    def kind(self) -> str:
        """Its type and, for a container, its length: ``dict, length 400``."""
        length = f", length {len(self.value)}" if isinstance(self.value, Collection) else ""
        return type(self.value).__name__ + length


def outside_of(strategy: Strategy, bars: Bars) -> tuple[Outside, ...]:
    """Find the data that the code of `strategy`, its features and its forecasters names outside themselves.

    Global names, attributes of named modules, closures, defaults of arguments, literals, and what objects and
    classes of the same kind hold are followed, and functions among them are read in turn; libraries are not.
    Data are series, frames, arrays and containers with a value for each bar or time, and any others from
    `FEWEST` values on. What lies in a file or behind a network is not found.
    """
    found = {(each.name, id(each.value)): each for each in _reached(strategy) if _is_data(each.value, bars)}
    return tuple(found.values())


@contextmanager
def other_futures(places: tuple[Outside, ...], change: Change, rng: np.random.Generator) -> Iterator[None]:
    """Give every place with a time axis the future that `change` makes, and what it held when this ends."""
    timed = [place for place in places if has_time(place.value, change.bars)]
    try:
        for place in timed:
            place.put(with_other_future(place.value, change, rng))
        yield
    finally:
        for place in timed:
            place.put(place.value)


def _reached(strategy: Strategy) -> Iterator[Outside]:
    """Walk from what a run calls to all that it names; functions, classes and plain objects are opened."""
    waiting, seen = list(_roots(strategy)), set[int]()
    while waiting:
        place = waiting.pop()
        waiting += _bound(place)
        opened = _function(place.value) or place.value
        if id(opened) in seen:
            continue
        if isinstance(opened, FunctionType):
            waiting += _named(opened)
        elif isinstance(opened, type):
            waiting += _members(opened)
        elif _is_library(type(opened).__module__):
            yield place
            continue
        else:
            yield place
            waiting += _held(place.name, opened)
        seen.add(id(opened))


def _roots(strategy: Strategy) -> Iterator[Outside]:
    """Give what a run calls: the strategy, its forecasters, and the functions of the features of both."""
    yield from _held("self", strategy)
    for name, declared in strategy.declared_inputs().items():
        features = (declared,) if isinstance(declared, Feature) else declared.forecaster.inputs
        if not isinstance(declared, Feature):
            yield from _held(name, declared.forecaster)
        for each in features:
            yield _fixed(each.name, each.source)
            yield from (_fixed(f"{each.name}({key}=…)", value) for key, value in each.params)


def _held(name: str, holder: object) -> Iterator[Outside]:
    """Give what an object and its classes hold."""
    if _is_library(type(holder).__module__):
        return
    for base in type(holder).__mro__:
        yield from _members(base)
    for key, value in getattr(holder, "__dict__", {}).items():
        yield Outside(f"{name}.{key}", value, partial(object.__setattr__, holder, key))


def _members(owner: type) -> Iterator[Outside]:
    if _is_library(owner.__module__):
        return
    for name, value in vars(owner).items():
        if _function(value) is not None or not (name.startswith("_") and name.endswith("_")):
            yield Outside(f"{owner.__name__}.{name}", value, partial(setattr, owner, name))


def _bound(place: Outside) -> Iterator[Outside]:
    """Give what a method is bound to, and the arguments that `functools.partial` keeps."""
    value = place.value
    if isinstance(value, partial):
        yield from (_fixed(f"{place.name}(…)", each) for each in (*value.args, *value.keywords.values()))
    elif isinstance(value, MethodType | BuiltinMethodType):
        yield _fixed(f"{place.name}.__self__", value.__self__)


def _function(value: Any) -> FunctionType | None:
    """Find the function in a method, a property, a partial, or in what a decorator made of it."""
    if isinstance(value, FunctionType):
        return value
    if isinstance(value, property | cached_property | partial):
        return _function(value.fget if isinstance(value, property) else value.func)
    if isinstance(value, type) or not (callable(value) or isinstance(value, classmethod)):
        return None
    names = ("__func__", "__wrapped__", "py_func")  # methods, functools, Numba
    inner = next((getattr(value, name) for name in names if hasattr(value, name)), None)
    return (
        None if type(inner) is type(value) else _function(inner)
    )  # an object may answer every name by itself


def _named(function: FunctionType) -> Iterator[Outside]:
    """Give what a function can read beside what it is called with: globals, cells, defaults and literals."""
    code, around, name = function.__code__, function.__globals__, function.__name__
    if _is_library(str(around.get("__name__")), code.co_filename):
        return
    codes = list(_codes(code))
    read, imported = _loaded(codes)
    for each in read & around.keys():
        yield Outside(each, around[each], partial(around.__setitem__, each))
    modules = {each: value for each in read if isinstance(value := around.get(each), ModuleType)}
    modules |= {each: sys.modules[each] for each in imported & sys.modules.keys()}
    yield from _in_modules(modules, {each for one in codes for each in one.co_names}, set())
    for each, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # a cell that is still empty
            yield Outside(each, cell.cell_contents, partial(setattr, cell, "cell_contents"))
    defaults = function.__defaults__ or ()
    places = range(code.co_argcount - len(defaults), code.co_argcount)
    for place, value in zip(places, defaults, strict=True):
        put = partial(_put_default, function, place - code.co_argcount)
        yield Outside(f"{name}({code.co_varnames[place]}=…)", value, put)
    for each, value in (keywords := function.__kwdefaults__ or {}).items():
        yield Outside(f"{name}({each}=…)", value, partial(keywords.__setitem__, each))
    literals = (each for one in codes for each in one.co_consts if isinstance(each, tuple | frozenset))
    yield from (_fixed(f"a literal in {name}", each) for each in literals)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Give the code of a function and of the functions written inside it."""
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _codes(each)


def _loaded(codes: list[CodeType]) -> tuple[set[str], set[str]]:
    """Names that are looked up as globals (an attribute of the same name is none), and imported modules."""
    steps = [step for code in codes for step in dis.get_instructions(code)]
    read = {step.argval for step in steps if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return read, {step.argval for step in steps if step.opname == "IMPORT_NAME"}


def _in_modules(modules: dict[str, ModuleType], wanted: set[str], seen: set[int]) -> Iterator[Outside]:
    for name, module in modules.items():
        if id(module) in seen or _is_library(module.__name__):
            continue
        seen.add(id(module))
        inner = {each: vars(module)[each] for each in wanted & vars(module).keys()}
        for each, value in inner.items():
            yield Outside(f"{name}.{each}", value, partial(setattr, module, each))
        further = {f"{name}.{n}": each for n, each in inner.items() if isinstance(each, ModuleType)}
        yield from _in_modules(further, wanted, seen)


def _put_default(function: FunctionType, place: int, value: object) -> None:
    defaults = list(function.__defaults__ or ())
    defaults[place] = value
    function.__defaults__ = tuple(defaults)


def _fixed(name: str, value: Any) -> Outside:
    """Name a value that cannot be replaced where it lies."""
    return Outside(name, value, lambda other: None)


def _is_library(module: str, file: str | None = None) -> bool:
    """Tell whether code is quantlab's own, Python's, or installed beside it: none of them knows these bars."""
    file = file or getattr(sys.modules.get(module), "__file__", None) or ""
    installed = "site-packages" in file or "dist-packages" in file or file.startswith(LIBRARIES)
    return installed or module in sys.builtin_module_names or module.split(".")[0] == "quantlab"


def _is_data(value: Any, bars: Bars) -> bool:
    if isinstance(value, Forecasts | Result) or has_time(value, bars):
        return True
    if not isinstance(value, Collection) or isinstance(value, str | range | type):
        return False
    return _n_values(value, FEWEST) >= FEWEST or 0 < _n_values(value, FEWEST) == bars.n_bars


def _n_values(value: Any, enough: int) -> int:
    """Count the values in nested containers, until there are `enough`; functions and declarations are none."""
    waiting, seen, count = [value], set[int](), 0
    while waiting and count < enough:
        each = waiting.pop()
        if isinstance(each, Mapping | list | tuple | Set | deque):
            if id(each) not in seen:
                seen.add(id(each))
                waiting += each.values() if isinstance(each, Mapping) else each
        elif isinstance(each, np.ndarray | pd.DataFrame | pd.Series | pd.Index):
            count += each.size
        elif isinstance(each, Collection) and not isinstance(each, str | range | type):
            count += len(each)
        elif not callable(each) and not type(each).__module__.startswith("quantlab."):
            count += 1
    return count
