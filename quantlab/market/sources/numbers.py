"""Columns as float64, with text shown and refused."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from quantlab.errors import DataError
from quantlab.market.quality import Place
from quantlab.typing import BoolArray, FloatArray


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
    values = _coerced(column)
    bad = np.flatnonzero(np.isnan(values) & ~_blank(column))
    if len(bad):
        lines = [f"{' '.join(place(int(row)))} {name}: {column.iloc[row]!r}" for row in bad[:5]]
        raise DataError(
            f"{len(bad)} values of {name!r} are text, not numbers:\n  " + "\n  ".join(lines) + "\n"
            f"{_comma_advice(column.iloc[bad[0]])}Repair them at the source; "
            "a column that is not about prices can be left out with fields=[...]."
        )
    return values


def require_numbers(values: pd.DataFrame, names: Iterable[str], origin: str) -> None:
    """Refuse a further column that is text throughout (a venue, a currency), and say how to leave it out."""
    texts = [name for name in names if _is_text(values[name])]
    if texts:
        rest = [name for name in names if name not in texts]
        shown = values[texts[0]][~_blank(values[texts[0]])].iloc[0]
        others = f" ({', '.join(texts[1:])} too)" if len(texts) > 1 else ""
        raise DataError(
            f"read with fields={rest}: column {texts[0]!r} of {origin} holds text{others}, such as {shown!r}, "
            "and bars hold numbers."
        )


def _is_text(column: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return False
    return not _blank(column).all() and bool(np.isnan(_coerced(column)).all())


def _coerced(column: pd.Series) -> FloatArray:
    numbers = pd.to_numeric(column.astype(object), errors="coerce")
    return numbers.to_numpy(dtype=np.float64, na_value=np.nan)


def _blank(column: pd.Series) -> BoolArray:
    return np.asarray(column.isna() | (column.astype(str).str.strip() == ""), dtype=np.bool_)


def _comma_advice(value: object) -> str:
    if not re.fullmatch(r"\s*[+-]?[\d.]+,\d+\s*", str(value)):
        return ""
    return 'Where the comma is decimal: pd.read_csv(..., sep=";", decimal=","), and hand the frame over. '
