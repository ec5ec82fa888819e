"""What a recipe reads beside its features: inputs whose future is known, and inputs that stand still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from quantlab.errors import ForecastError, did_you_mean
from quantlab.features.catalogue import BUILT_INS, BuiltIn
from quantlab.features.features import Feature, feature

Known = Feature | str | tuple[str, str]
_AHEAD = {name: row for name, row in BUILT_INS.items() if row.is_ahead}


def checked_known(owner: str, given: Iterable[Known]) -> tuple[Known, ...]:
    """Refuse what is no input whose future is known."""
    told = _entries(owner, "known", given)
    for each in told:
        if isinstance(each, Feature) and each.source in _AHEAD:
            continue
        name = each if isinstance(each, str) else each[0] if isinstance(each, tuple) else repr(each)
        if name not in _AHEAD:
            raise ForecastError(
                f"{owner}(known=…): {name!r} is not known beforehand. {did_you_mean(name, _AHEAD)} What is computed "
                "from prices belongs into features=, what stands still into static=."
            )
        _row_of(each, 1)
    return told


def checked_static(owner: str, given: Iterable[Feature | tuple[str, str]]) -> tuple[Feature, ...]:
    """Refuse what does not stand still: whatever reads prices or volume, or speaks of a coming bar."""
    return tuple(_still(owner, each) for each in _entries(owner, "static", given))


def _still(owner: str, given: Known) -> Feature:
    each = feature(given[0], of=given[1]) if isinstance(given, tuple) and len(given) == 2 else given
    if not isinstance(each, Feature) or each.reads_trades or each.source in _AHEAD:
        raise ForecastError(
            f"{owner}(static=…): {each!r} does not stand still. Give ql.static({{'AAPL': 'tech', …}}), or "
            "('value', name) of an extra field."
        )
    return each


def known_over(known: Iterable[Known], ahead: range) -> Iterator[Feature]:
    """Declare `known` for every bar of `ahead`; a feature that names its own bar for that one."""
    for each in known:
        if isinstance(each, Feature) and "ahead" in dict(each.params):
            yield each
            continue
        for count in ahead:
            yield from _row_of(each, count)


def _row_of(each: Known, ahead: int) -> list[Feature]:
    """All that `each` says of one bar."""
    if isinstance(each, Feature):
        return [feature(each.name, of=each.of, output=each.output, ahead=ahead, **dict(each.params))]
    name, of = (each, "close") if isinstance(each, str) else each
    return [feature(name, of=of, output=output, ahead=ahead) for output in _outputs(_AHEAD[name])]


def _outputs(row: BuiltIn) -> tuple[str | None, ...]:
    return row.known or row.outputs or (None,)


def _entries(owner: str, name: str, given: object) -> tuple[Known, ...]:
    if not isinstance(given, tuple | list):
        raise ForecastError(f"{owner}({name}={given!r}): give a tuple, even of one: ({given!r},).")
    return tuple(tuple(each) if isinstance(each, list) else each for each in given)
