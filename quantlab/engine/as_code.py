"""Values read back from the code that they print as: calls of known names with literals, never executed."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from typing import Any

_NUMBERS: Mapping[str, float] = {"inf": math.inf, "nan": math.nan}


def read_code(text: str, known: Mapping[str, Callable[..., Any]]) -> Any:
    """Return the value that `text` is the code of.

    Parameters
    ----------
    text
        Literals, and calls of names in `known` with such arguments.
    known
        What may be called, by name.

    Raises
    ------
    ValueError
        If it is something else.

    Examples
    --------
    >>> read_code("Pair(complex(1, y=-2.0), {'a': [inf]})", {"Pair": lambda *a: a, "complex": lambda x, y: (x, y)})
    ((1, -2.0), {'a': [inf]})
    """
    try:
        return _value(ast.parse(text, mode="eval").body, known)
    except SyntaxError as error:
        raise ValueError(f"{text} is no code") from error


def _value(node: ast.expr, known: Mapping[str, Callable[..., Any]]) -> Any:
    match node:
        case ast.Constant(value):
            return value
        case ast.UnaryOp(ast.USub(), operand):
            return -_value(operand, known)
        case ast.Name(name) if name in _NUMBERS:
            return _NUMBERS[name]
        case ast.List(items):
            return [_value(item, known) for item in items]
        case ast.Tuple(items):
            return tuple(_value(item, known) for item in items)
        case ast.Dict(names, values) if None not in names:
            pairs = zip(names, values, strict=True)
            return {_value(name, known): _value(value, known) for name, value in pairs if name is not None}
        case ast.Call(function, arguments, named) if ast.unparse(function) in known:
            given = {word.arg: _value(word.value, known) for word in named if word.arg is not None}
            return known[ast.unparse(function)](*(_value(each, known) for each in arguments), **given)
    raise ValueError(f"{ast.unparse(node)} is not understood")
