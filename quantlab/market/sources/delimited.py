"""Text tables, whatever parts their columns: comma, semicolon, tab or bar."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from quantlab.errors import DataError

_SEPARATORS = (";", "\t", "|")
_WHOLE_OR_COMMA = r"\s*[+-]?\d+(?:,\d+)?\s*"
_THOUSANDS = r"\s*[+-]?[1-9]\d{0,2},\d{3}\s*"


def read_delimited(address: str) -> pd.DataFrame:
    """Read a CSV or TSV file; the line of names tells the separator, the numbers tell a decimal comma.

    Raises
    ------
    DataError
        Numbers such as 1,234 when no other value tells whether the comma is that of decimals or of thousands.
    """
    frame, separator = _parted(address)
    if separator != "," and _has_decimal_comma(frame, address, separator):
        frame = pd.read_csv(address, sep=separator, decimal=",", low_memory=False)
    if len(frame) > 2 and str(frame.columns[0]) == "Price" and str(frame.iloc[0, 0]) == "Ticker":
        return _three_header_lines(frame)
    return frame


def _parted(address: str) -> tuple[pd.DataFrame, str]:
    try:
        frame = pd.read_csv(address, low_memory=False)
        separator = _separator(frame.columns)
    except pd.errors.ParserError:  # of decimal commas between semicolons, perhaps
        separator = _separator(pd.read_csv(address, nrows=0).columns)
        if separator == ",":
            raise
    if separator != ",":
        frame = pd.read_csv(address, sep=separator, low_memory=False)
    return frame, separator


def _separator(names: pd.Index[Any]) -> str:
    """Find what parts the names in the first line: a comma, unless it left them all in one."""
    counts = {separator: str(names[0]).count(separator) for separator in _SEPARATORS}
    best = max(counts, key=lambda separator: counts[separator])
    return best if len(names) == 1 and counts[best] else ","


def _has_decimal_comma(frame: pd.DataFrame, address: str, separator: str) -> bool:
    """Whether commas in numbers are decimal: some number has other than three digits after its comma.

    Decimal points do not stand beside them. Numbers that all look like 1,234 do not tell, and are refused.
    """
    texts = [c.dropna().astype(str) for _, c in frame.items() if not pd.api.types.is_numeric_dtype(c)]
    numbers = [t[t.str.contains(",")] for t in texts if t.str.fullmatch(_WHOLE_OR_COMMA).all()]
    with_comma = [t for t in numbers if len(t)]
    if not with_comma:
        return False
    grouped = all(t.str.fullmatch(_THOUSANDS).all() for t in with_comma)
    floats = frame.select_dtypes("float")
    if not grouped and not (floats.notna() & (floats % 1 != 0)).to_numpy().any():
        return True
    first = with_comma[0]
    raise DataError(
        f"{address} column {first.name!r} holds {first.iloc[0]!r}, whose comma may be that of decimals or of "
        f"thousands. Say which, and hand the frame over: "
        f"ql.read_bars(pd.read_csv({address!r}, sep={separator!r}, decimal=',')), or thousands=','."
    )


def _three_header_lines(frame: pd.DataFrame) -> pd.DataFrame:
    """Read a wide frame saved to CSV: a line of fields, a line of symbols, a line for the index's name."""
    fields = [re.sub(r"\.\d+$", "", str(name)) for name in frame.columns[1:]]
    wide = frame.iloc[2:, 1:].set_axis(pd.MultiIndex.from_arrays([fields, list(frame.iloc[0, 1:])]), axis=1)
    return wide.set_index(pd.Index(frame.iloc[2:, 0], name="date"))
