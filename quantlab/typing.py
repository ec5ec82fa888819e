"""Array aliases and what each axis means.

Axes come in one order everywhere: time (``n_bars``), then symbol (``n_symbols``), then whatever is left
(horizon, level, channel). Prices, quantities, money and returns are float64; row and symbol numbers int64.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
WordArray = npt.NDArray[np.uint64]
BoolArray = npt.NDArray[np.bool_]
RecordArray = npt.NDArray[np.void]
"""A structured array: one of the layouts in ``quantlab.records``, a row a record."""
