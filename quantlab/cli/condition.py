"""Conditions on named numbers as text, ``"fast < slow and slow % 10 == 0"``: read, never executed as Python."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from quantlab.errors import StrategyError, did_you_mean

Condition = Callable[[Any], bool]

_JOINS: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
_SIGNS: Mapping[type[ast.AST], Callable[[Any], Any]] = {
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_,
}  # fmt: skip


def condition(
    text: str, names: Iterable[str], *, noun: str = "parameter", example: str = "fast < slow"
) -> Condition:
    """Read a condition on the parameters `names`; what it returns takes an object that has them as attributes.

    A message calls them `noun` and gives the `example`.

    It may compare (also in chains), add, subtract, multiply, divide, and join by ``and``, ``or``, ``not``.

    Raises
    ------
    StrategyError
        If `text` is no such condition, or names something else.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> allowed = condition("2 * fast <= slow < 100", ["fast", "slow"])
    >>> allowed(SimpleNamespace(fast=10, slow=50)), allowed(SimpleNamespace(fast=10, slow=15))
    (True, False)
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise StrategyError(f"--where {text!r} cannot be read: write it as {example!r}.") from error
    _check(tree, text, sorted(names), noun)

    def allowed(params: Any) -> bool:
        try:
            return bool(_value(tree, params))
        except (TypeError, ZeroDivisionError) as error:
            raise StrategyError(f"--where {text!r} has no answer for {vars(params)}: {error}.") from error

    return allowed


def _check(tree: ast.AST, text: str, names: list[str], noun: str) -> None:
    """Refuse everything that `_value` does not know, before anything runs."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if node.id not in names:
                raise StrategyError(
                    f"--where {text!r}: there is no {noun} {node.id!r}. {did_you_mean(node.id, names)}"
                )
        elif isinstance(node, ast.Constant):
            if not isinstance(node.value, bool | int | float | str):
                raise StrategyError(f"--where {text!r}: {node.value!r} is no number or text.")
        elif not isinstance(node, _KNOWN):
            raise StrategyError(
                f"--where {text!r}: {ast.unparse(node) or type(node).__name__} is not understood. Compare {noun}s "
                "and numbers, with + - * / // % and and, or, not."
            )


_KNOWN = (
    ast.Compare, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.And, ast.Or, ast.Load, *_JOINS, *_SIGNS,
)  # fmt: skip


def _value(node: ast.AST, params: Any) -> Any:
    match node:
        case ast.Constant(value):
            return value
        case ast.Name(name):
            return getattr(params, name)
        case ast.UnaryOp(sign, operand):
            return _SIGNS[type(sign)](_value(operand, params))
        case ast.BinOp(left, join, right):
            return _JOINS[type(join)](_value(left, params), _value(right, params))
        case ast.BoolOp(ast.And(), values):
            return all(_value(value, params) for value in values)
        case ast.BoolOp(_, values):
            return any(_value(value, params) for value in values)
        case ast.Compare(left, joins, rights):
            sides = [_value(side, params) for side in (left, *rights)]
            return all(_JOINS[type(j)](a, b) for j, a, b in zip(joins, sides, sides[1:], strict=False))
    raise AssertionError(f"{ast.dump(node)} was not refused")  # _check lets nothing else through
