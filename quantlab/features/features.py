"""Declared features: what a strategy or forecaster reads, named once, computed once, known only up to now."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

from quantlab.errors import StrategyError, did_you_mean
from quantlab.features.catalogue import BUILT_INS, BuiltIn, is_whole
from quantlab.market.bars import FIELDS
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.market.bars import Bars

FeatureFunction = Callable[..., Any]


class Deferred(Protocol):
    """A number that is known once a strategy has its parameters."""

    def resolve(self, values: Mapping[str, object]) -> object:
        """Return the number for given parameter values."""


class Computed(NamedTuple):
    """A feature over some bars.

    Attributes
    ----------
    values
        Read-only, (n_bars, n_symbols); NaN on absent rows and where there is no value.
    unchecked
        Why a function could not be tested for looking ahead; None when it was, and for built-ins.
    """

    values: FloatArray
    unchecked: str | None


@dataclass(frozen=True, repr=False)
class Feature:
    """A declared feature; made by `feature`, which tells what each part means.

    A declaration holds no data. It compares and hashes by what it declares, prints as the code that makes it,
    and may contain parameters of a strategy that are not known yet; `resolve` puts them in.

    Examples
    --------
    >>> feature("momentum", lookback=20, skip=5)
    feature("momentum", lookback=20, skip=5)
    >>> feature("momentum", lookback=20, skip=5).warm_up
    20
    """

    source: str | FeatureFunction
    lookback: int | None
    of: str
    output: str | None
    params: tuple[tuple[str, Any], ...]

    def __post_init__(self) -> None:
        try:
            hash(self.params)
        except TypeError:
            raise StrategyError(
                f"{self!r}: a parameter cannot be hashed; give numbers, text or tuples of them."
            ) from None
        if not callable(self.source):
            _check_built_in(self, _row(self.source))
        elif self.of != "close" or self.output is not None:
            raise StrategyError(
                f"{self!r}: of= and output= belong to built-in features; a function picks its own fields."
            )
        elif not _is_deferred(self.lookback) and self.lookback is not None:
            _check_lookback(self, 1)

    @property
    def name(self) -> str:
        """Name of the built-in or of the function."""
        if isinstance(self.source, str):
            return self.source
        return str(getattr(self.source, "__name__", type(self.source).__name__))

    @property
    def key(self) -> Hashable:
        """Identity: features with equal keys have equal values on the same bars."""
        return (self.source, self.lookback, self.of, self.output, self.params)

    @property
    def is_resolved(self) -> bool:
        """Whether no parameter of a strategy is open any more."""
        return not any(_is_deferred(value) for value in (self.lookback, *dict(self.params).values()))

    @property
    def reads_trades(self) -> bool:
        """Whether prices or volume come in, and not only the calendar, symbols or an extra field."""
        if callable(self.source):
            return True
        row = _row(self.source)
        return row.reads == "bars" and (self.of in FIELDS or bool(row.fields))

    @property
    def warm_up(self) -> int | None:
        """Own bars of a symbol before its first value; None for a function, of which it is not known."""
        self._demand_resolved()
        if callable(self.source):
            return None
        return _row(self.source).warm_up(self.lookback or 0, self._settings(), self.output)

    @property
    def memory(self) -> int | None:
        """Own bars before now that its value depends on; None where it may be all of them.

        A recursion forgets where it started by and by: bars that matter less than 1e-10 are not counted. A running
        total never forgets, and of a function it is not known.

        Examples
        --------
        >>> feature("sma", lookback=20).memory, feature("ema", lookback=20).memory, feature("obv").memory
        (19, 250, None)
        """
        self._demand_resolved()
        row = None if callable(self.source) else _row(self.source)
        if row is None or row.settles is None or self.warm_up is None:
            return None
        return self.warm_up + row.settles(self.lookback or 0, self._settings(), self.output)

    @property
    def reads_bars(self) -> bool:
        """Whether it reads fields of bars, of one's own too, and not only the calendar, events or symbols."""
        return callable(self.source) or _row(self.source).reads == "bars"

    @property
    def counts_ahead(self) -> bool:
        """Whether it counts bars to come by the calendar; on intraday bars, by the length of all earlier ones."""
        if callable(self.source):
            return False
        return _row(self.source).reads == "outline" and bool(self._settings().get("ahead"))

    @property
    def looks_across(self) -> bool:
        """Whether its value at a symbol depends on other symbols; True for a function, of which it is not known."""
        return callable(self.source) or _row(self.source).cross_sectional

    def resolve(self, values: Mapping[str, object]) -> Feature:
        """Put the strategy's parameter `values` in place of open parameters.

        Raises
        ------
        StrategyError
            If what comes out is no lookback or parameter for this feature.
        """
        if self.is_resolved:
            return self
        params = tuple((name, _resolved(value, values)) for name, value in self.params)
        return replace(self, lookback=cast("int | None", _resolved(self.lookback, values)), params=params)

    def compute(self, bars: Bars) -> FloatArray:
        """Values over `bars`, read-only, (n_bars, n_symbols).

        A window counts a symbol's own bars. NaN on absent rows, during warm-up (throughout, when there are
        fewer bars than the lookback) and where the feature is not defined.

        Raises
        ------
        StrategyError
            If a parameter is still open, the bars lack a field or symbol, or a function returns no panel.
        CausalityError
            If a function's values change when later bars are taken away.
        """
        return compute_input(self, bars).values

    def _settings(self) -> dict[str, Any]:
        defaults = {name: each.default for name, each in _row(cast("str", self.source)).settings.items()}
        return {**defaults, **dict(self.params)}

    def _demand_resolved(self) -> None:
        if not self.is_resolved:
            raise StrategyError(
                f"{self!r} depends on open parameters; make the strategy first, or call resolve(values)."
            )

    def __repr__(self) -> str:
        name = _shown(self.source) if isinstance(self.source, str) else self.name
        parts = {"lookback": self.lookback, "of": self.of, "output": self.output}
        usual = {"lookback": None, "of": "close", "output": None}
        told = [(part, value) for part, value in parts.items() if value != usual[part]]
        words = [name, *(f"{part}={_shown(value)}" for part, value in (*told, *self.params))]
        return f"feature({', '.join(words)})"


def feature(
    name_or_function: str | FeatureFunction,
    *,
    lookback: int | None = None,
    of: str = "close",
    output: str | None = None,
    **params: Any,
) -> Feature:
    """Declare an input: a built-in by name, or a function of yours.

    Parameters
    ----------
    name_or_function
        Name of a row of `quantlab.features.catalogue.BUILT_INS`, or a function ``(bars, lookback, **params)
        -> (n_bars, n_symbols)``. A function is run again on bars that end earlier, at three places: its
        values up to there must not change.
    lookback
        Bars that it reads, ending now; a whole number or a strategy's parameter.
    of
        Field or extra field that a built-in reads, where it reads one.
    output
        Which of several values a built-in gives; its first when left out.
    **params
        Further parameters; a strategy's parameters may stand here too.

    Raises
    ------
    StrategyError
        Unknown name, parameter or output; a lookback that is missing, not whole or too small.

    Examples
    --------
    >>> feature("sma", lookback=20)
    feature("sma", lookback=20)
    >>> feature("macd", fast=12, slow=26, signal=9, output="histogram")
    feature("macd", output="histogram", fast=12, slow=26, signal=9)
    >>> feature("smma", lookback=20)
    Traceback (most recent call last):
    quantlab.errors.StrategyError: there is no feature 'smma'. Did you mean 'sma'? ...
    """
    if isinstance(name_or_function, str):
        output = output if output is not None else next(iter(_row(name_or_function).outputs), None)
    elif not callable(name_or_function):
        raise StrategyError(
            f"feature({name_or_function!r}): give the name of a built-in or a function (bars, lookback)."
        )
    lookback = int(cast("int", lookback)) if is_whole(lookback) else lookback
    return Feature(name_or_function, lookback, of, output, tuple(params.items()))


def compute_input(feature: Feature, bars: Bars, *, tested: bool = True) -> Computed:
    """Compute a resolved feature, and say whether a function could be tested for looking ahead.

    ``tested=False`` leaves that test out; `quantlab.check` does, because it tests more.

    Raises
    ------
    StrategyError, CausalityError
        As `Feature.compute` does.
    """
    feature._demand_resolved()
    if callable(feature.source):
        from quantlab.features.user_functions import compute_function

        computed = Computed(*compute_function(feature, bars, tested=tested))
    else:
        from quantlab.features.compute import compute_built_in  # brings Numba

        row = _row(feature.source)
        settings = feature._settings()
        _check_fields(feature, row, settings, bars)
        values = compute_built_in(row, bars, feature.of, feature.lookback, feature.output, settings)
        computed = Computed(values, None)
    computed.values.flags.writeable = False
    return computed


def _row(name: str) -> BuiltIn:
    if name not in BUILT_INS:
        raise StrategyError(
            f"there is no feature {name!r}. {did_you_mean(name, BUILT_INS)} "
            "A function (bars, lookback) will do too."
        )
    return BUILT_INS[name]


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _is_deferred(value: object) -> bool:
    return hasattr(type(value), "resolve")  # asking the protocol takes microseconds


def _resolved(value: object, values: Mapping[str, object]) -> object:
    return cast("Deferred", value).resolve(values) if _is_deferred(value) else value


def _check_built_in(feature: Feature, row: BuiltIn) -> None:
    if feature.output is not None and feature.output not in row.outputs:
        advice = (
            did_you_mean(feature.output, row.outputs) if row.outputs else "It has only one; leave it out."
        )
        raise StrategyError(f"{feature!r}: there is no output {feature.output!r}. {advice}")
    if row.reads == "events" and feature.of in FIELDS:
        raise StrategyError(f"{feature!r}: say which events, of= the name that bars.with_events() gave them.")
    if row.reads == "outline" and feature.of != "close":
        raise StrategyError(f"{feature!r}: {row.name} reads no field; leave of= out.")
    if row.fields and feature.of != "close":
        raise StrategyError(f"{feature!r}: {row.name} reads {', '.join(row.fields)}; leave of= out.")
    if row.lookback == "none" and feature.lookback is not None:
        known = ", ".join(row.settings) or "no parameter"
        raise StrategyError(f"{feature!r}: {row.name} takes no lookback; it takes {known}.")
    if row.lookback == "required" and feature.lookback is None:
        raise StrategyError(f"{feature!r}: say how many bars it reads, for example lookback=20.")
    if feature.lookback is not None and not _is_deferred(feature.lookback):
        _check_lookback(feature, row.least)
    _check_settings(feature, row)


def _check_lookback(feature: Feature, least: int) -> None:
    if not is_whole(feature.lookback) or cast("int", feature.lookback) < least:
        raise StrategyError(f"{feature!r}: lookback must be a whole number of bars, {least} or more.")


def _check_settings(feature: Feature, row: BuiltIn) -> None:
    for name, value in feature.params:
        if name not in row.settings:
            known = did_you_mean(name, row.settings) if row.settings else "It takes none."
            raise StrategyError(f"{feature!r}: {row.name} has no parameter {name!r}. {known}")
        if not _is_deferred(value) and not row.settings[name].accepts(value):
            raise StrategyError(f"{feature!r}: {name}={value!r} must be {row.settings[name].wants}.")


def _check_fields(feature: Feature, row: BuiltIn, settings: Mapping[str, Any], bars: Bars) -> None:
    """Tell a misspelt field together with the feature that names it."""
    known = (*FIELDS, *bars.fields)
    for name in (feature.of, settings.get("field", feature.of)):
        if name not in known:
            raise StrategyError(f"{feature!r}: the bars have no field {name!r}. {did_you_mean(name, known)}")
