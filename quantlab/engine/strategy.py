"""Strategies: rules from `now` to orders."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, dataclass_transform

from quantlab.engine.param import Param, param
from quantlab.engine.state import State
from quantlab.errors import StrategyError, did_you_mean
from quantlab.features.features import Feature
from quantlab.forecasting.declaration import ForecastInput

if TYPE_CHECKING:
    from quantlab.engine.now import Fill, Now, Reject

HOOKS = ("on_start", "on_bar", "on_fill", "on_reject", "on_end")
Input = Feature | ForecastInput


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(param,))
class Strategy:
    """A rule from `now` to orders; subclass it and write `on_bar`.

    Class attributes declare everything the rule uses: ``param`` its numbers, ``feature`` and ``forecast`` its
    inputs, ``state`` what a run remembers. A strategy is a value: its parameters are frozen, a run works on a
    fresh copy, and it prints as the code that makes it.

    Examples
    --------
    >>> import quantlab as ql
    >>> class Dip(ql.Strategy):
    ...     depth: float = ql.param(default=0.02, low=0.0, high=0.5)
    ...     fall = ql.feature("momentum", lookback=5)
    ...
    ...     def on_bar(self, now: ql.Now) -> None:
    ...         for i in range(now.n_symbols):
    ...             if now[self.fall, i] < -self.depth:
    ...                 now.target_weight(i, 1.0 / now.n_symbols)
    >>> Dip(depth=0.05)
    Dip(depth=0.05)

    Raises
    ------
    StrategyError
        On an unknown parameter, a value of the wrong type or outside its range, a misspelt hook, or an
        attribute that is declared in a way that would not do what it says.
    """

    _params: ClassVar[dict[str, Param]] = {}
    _states: ClassVar[dict[str, State]] = {}
    _inputs: ClassVar[dict[str, Input]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _check_declarations(cls)
        own = vars(cls)
        cls._params = {**cls._params, **{k: v for k, v in own.items() if isinstance(v, Param)}}
        cls._states = {**cls._states, **{k: v for k, v in own.items() if isinstance(v, State)}}
        cls._inputs = {**cls._inputs, **{k: v for k, v in own.items() if isinstance(v, Input)}}

    def __init__(self, **params: Any) -> None:
        cls = type(self)
        for name in params:
            if name not in cls._params:
                known = did_you_mean(name, cls._params) if cls._params else "It has no parameters."
                raise StrategyError(f"{cls.__name__} has no parameter {name!r}. {known}")
        for name, declared in cls._params.items():
            value = declared.check(params.get(name, declared.default), cls.__name__)
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_live", False)

    @property
    def params(self) -> dict[str, Any]:
        """Parameter values by name, in the sequence of declaration."""
        return {name: getattr(self, name) for name in type(self)._params}

    def declared_inputs(self) -> Mapping[str, Input]:
        """Return the declared features and forecasts by attribute name, with this strategy's parameters in place."""
        return {
            name: declared.resolve(self.params) if isinstance(declared, Feature) else declared
            for name, declared in type(self)._inputs.items()
        }

    def started(self, n_symbols: int, handles: Mapping[str, object]) -> Self:
        """Return a fresh copy for one run: state at its beginning, inputs bound to what `now` can read."""
        live = type(self).__new__(type(self))
        live.__dict__.update(self.__dict__)
        live.__dict__.update(handles)
        for name, declared in type(self)._states.items():
            live.__dict__[name] = declared.fresh(n_symbols)
        live.__dict__["_live"] = True
        return live

    def __setattr__(self, name: str, value: Any) -> None:
        cls = type(self)
        declared = cls._states.get(name)
        if declared is None:
            raise StrategyError(_refused_assignment(cls, name))
        if not self.__dict__["_live"]:
            raise StrategyError(
                f"{cls.__name__}.{name} is a state: it exists during a run, in the hooks only."
            )
        self.__dict__[name] = declared.check(value, self.__dict__[name])

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{type(self).__name__}({values})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.params == getattr(other, "params", None)

    def __hash__(self) -> int:
        return hash((type(self), tuple(self.params.items())))

    def on_start(self, now: Now) -> None:
        """Run once before the first bar; it sees the symbols and no bar, and places no orders."""

    def on_bar(self, now: Now) -> None:
        """Run at the close of every bar; read `now`, place orders."""
        raise NotImplementedError

    def on_fill(self, now: Now, fill: Fill) -> None:
        """Run for each fill at the close of its bar: just before `on_bar`, or after it when fills are at that close.

        Orders given here meet the next bar in either case.
        """

    def on_reject(self, now: Now, reject: Reject) -> None:
        """Run for each order rejected, after the fills of the same instant."""

    def on_end(self, now: Now) -> None:
        """Run once after the last bar; orders here are errors."""


def _check_declarations(cls: type[Strategy]) -> None:
    """Refuse what would run differently from how it reads (and from how type checkers read it)."""
    annotated = inspect.get_annotations(cls)
    for name, value in vars(cls).items():
        if isinstance(value, Param | State | Input) and hasattr(Strategy, name):
            raise StrategyError(
                f"{cls.__name__}.{name}: every strategy has a {name!r} already; take another name."
            )
        if name.startswith("on_") and callable(value) and name not in HOOKS:
            raise StrategyError(f"{cls.__name__}.{name} is not a hook. {did_you_mean(name, HOOKS)}")
        if isinstance(value, Param) and name not in annotated:
            kind = type(value.default).__name__
            raise StrategyError(
                f"Write `{name}: {kind} = ql.param(…)` in {cls.__name__}: a parameter has a type."
            )
        if isinstance(value, State | Input) and name in annotated:
            raise StrategyError(
                f"Write `{name} = …` without an annotation in {cls.__name__}: only parameters have one."
            )
        inherited = next((d for d in (cls._params, cls._states, cls._inputs) if name in d), None)
        if inherited is not None and type(value) is not type(inherited[name]):
            raise StrategyError(
                f"{cls.__name__}.{name} replaces what a base class declares by {value!r}, and that would have no "
                f"effect: declare it again, as `{name}: … = ql.param(default=…)` for a parameter."
            )
    for name, annotation in annotated.items():
        declared = vars(cls).get(name)
        if isinstance(declared, Param):
            declared.typed(annotation, cls.__name__)
        elif "ClassVar" not in str(annotation):
            raise StrategyError(
                f"{cls.__name__}.{name} is annotated but no parameter: write `{name}: … = ql.param(default=…)`, "
                f"or `{name} = …` for a constant."
            )


def _refused_assignment(cls: type[Strategy], name: str) -> str:
    if name in cls._params:
        return f"{cls.__name__}.{name} is a parameter and frozen: make another {cls.__name__}({name}=…)."
    if name in cls._inputs:
        return f"{cls.__name__}.{name} is a declared input and cannot be assigned."
    return f"{cls.__name__}.{name} is not declared: add `{name} = ql.state(…)` to the class to remember it."
