"""Columns as float64, with text shown and refused."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.errors import DataError
from quantlab.market.quality import Place
from quantlab.typing import FloatArray


def numbers(column: pd.Series, name: str, place: Place) -> FloatArray:
    """Values of a column as float64 (n,); empty text and missing values are NaN.

    Raises
    ------
    DataError
        Text that is no number, with the first few places where it stands.
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        raise DataError(f"column {name!r} holds times, not numbers; drop it: frame.drop(columns={name!r})")
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    values = pd.to_numeric(column.astype(object), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    blank = column.isna() | (column.astype(str).str.strip() == "")
    bad = np.flatnonzero(np.isnan(values) & ~blank.to_numpy())
    if len(bad):
        lines = [f"{' '.join(place(int(row)))} {name}: {column.iloc[row]!r}" for row in bad[:5]]
        raise DataError(
            f"{len(bad)} values of {name!r} are text, not numbers:\n  " + "\n  ".join(lines) + "\n"
            "Repair them at the source; a column that is not about prices can be left out with fields=[...]."
        )
    return values
