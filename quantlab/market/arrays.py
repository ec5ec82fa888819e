"""Arrays that leave the market room: float64 (or int64), C-contiguous and never writeable."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from quantlab.typing import FloatArray, IntArray


def frozen_floats(values: npt.ArrayLike) -> FloatArray:
    """`values` as a read-only C-contiguous float64 array; copied unless nobody can write to it already."""
    return _frozen(np.ascontiguousarray(values, dtype=np.float64))


def frozen_ints(values: npt.ArrayLike) -> IntArray:
    """`values` as a read-only C-contiguous int64 array; copied unless nobody can write to it already."""
    return _frozen(np.ascontiguousarray(values, dtype=np.int64))


def frozen_panel(values: npt.ArrayLike, shape: tuple[int, int]) -> FloatArray:
    """`values` as a read-only panel of `shape`; one value a row (n_bars,) is given to every symbol."""
    array = np.asarray(values, dtype=np.float64)
    if array.shape == shape[:1]:
        array = np.broadcast_to(array[:, None], shape)
    return frozen_floats(array)


def _frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if not _sealed(array):
        array = array.copy()
        array.flags.writeable = False
    return array


def _sealed(array: object) -> bool:
    """Whether neither the array nor any array that it is a view of can be written to."""
    while isinstance(array, np.ndarray):
        if array.flags.writeable:
            return False
        array = array.base
    return True
