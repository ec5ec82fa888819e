"""Data inside a page: numbers in few characters, as JSON that no HTML parser can leave."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from quantlab.typing import FloatArray

DIGITS = 5  # that a screen of some thousand pixels can show
# An HTML parser looks for "</script" and "<!--" even inside JSON; these never occur.
_OUTSIDE = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


def as_json(data: Any) -> str:
    r"""Write `data` as JSON that may stand inside a ``<script>`` element: ASCII, without <, > and &.

    Raises
    ------
    ValueError
        If a number in it is NaN or infinite; `packed` writes null.

    >>> as_json({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.translate(_OUTSIDE)


def packed(values: ArrayLike, exponent: int) -> dict[str, Any]:
    """Pack numbers (n,) as differences of whole multiples of 10^exponent; what is not finite is null.

    >>> packed([100.0, 100.25, float("nan"), 99.5], -2)
    {'e': -2, 'd': [10000, 25, None, -75]}
    """
    array = np.asarray(values, dtype=np.float64)
    known = np.isfinite(array)
    steps = np.rint(array[known] * 10.0**-exponent)
    differences = np.full(array.size, None, dtype=object)
    differences[known] = np.diff(steps, prepend=0.0).astype(np.int64)
    return {"e": exponent, "d": differences.tolist()}


def exponent_of(values: FloatArray) -> int:
    """Choose the power of ten that keeps `DIGITS` digits of nearly all values, and never over ten of any.

    >>> exponent_of(np.array([123.456, 9876.5])), exponent_of(np.array([0.0]))
    (-2, -5)
    """
    sizes = np.abs(values[np.isfinite(values) & (values != 0.0)])
    if not sizes.size:
        return -DIGITS
    return max(_magnitude(np.quantile(sizes, 0.05)) - DIGITS + 1, _magnitude(sizes.max()) - 9)


def significant(values: ArrayLike, digits: int = 7) -> list[float | None]:
    """Round numbers (n,) to `digits` digits; what is not finite is None, and whole numbers lose their ".0".

    >>> significant([1234.56789, 3.0, float("inf")])
    [1234.568, 3, None]
    """
    array = np.asarray(values, dtype=np.float64)
    known = np.isfinite(array) & (array != 0.0)
    places = digits - 1.0 - np.floor(np.log10(np.abs(array, where=known, out=np.ones_like(array))))
    # A division by a power of ten, not a product with its inverse, gives the number that prints shortest.
    up, down = 10.0 ** np.maximum(places, 0.0), 10.0 ** np.maximum(-places, 0.0)
    rounded = np.rint(array * up / down) / up * down
    return [_short(value) for value in rounded.tolist()]


def _short(value: float) -> float | None:
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() else value


def _magnitude(size: float) -> int:
    return math.floor(math.log10(size))
