"""Hashes of what a run put out: the same numbers, the same hash, whatever pandas makes of their columns."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from quantlab.engine.result import Result

HASHED = ("equity", "cash", "orders", "fills", "flows")


def outputs(result: Result) -> dict[str, str]:
    """Hash (blake2b, 128 bits, hex) of each table that the others follow from, by name."""
    return {name: _digest(getattr(result, name)) for name in HASHED}


def fingerprint_of(hashes: Mapping[str, str]) -> str:
    """Return one hash of those of several tables."""
    return hashlib.blake2b(repr(sorted(hashes.items())).encode(), digest_size=16).hexdigest()


def _digest(values: pd.Series | pd.DataFrame) -> str:
    """Hash rows and columns; every NaN counts as the same NaN and −0.0 as 0.0."""
    frame = values.to_frame() if isinstance(values, pd.Series) else values
    digest = hashlib.blake2b(repr([len(frame), *map(str, frame.columns)]).encode(), digest_size=16)
    for column in [frame.index.to_series(), *(frame[name] for name in frame.columns)]:
        digest.update(_content(column))
    return digest.hexdigest()


def _content(column: pd.Series) -> bytes:
    if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M":
        return pd.DatetimeIndex(column).as_unit("ns").asi8.tobytes()
    if column.dtype.kind in "biuf":
        numbers = column.to_numpy(np.float64) + 0.0
        return np.where(np.isnan(numbers), np.nan, numbers).tobytes()
    places, words = pd.factorize(column)
    return places.astype(np.int64).tobytes() + (
        repr([str(word) for word in words]).encode() if len(words) else b""
    )
