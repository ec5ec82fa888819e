"""Prices adjusted for splits and dividends by the source's adjusted close."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from quantlab.typing import FloatArray


def adjust(fields: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Scale prices by f = adj_close / close and volume by 1/f; ``adj_close`` itself is consumed.

    One factor for all four prices keeps every bar's shape (and the rules between them, since rounding is
    monotone); the inverse for volume keeps price × volume, the money traded. Arrays are (n,); NaN stays NaN.
    """
    factor = np.divide(fields["adj_close"], fields["close"])
    scaled = {name: fields[name] * factor for name in ("open", "high", "low", "close")}
    others = {name: values for name, values in fields.items() if name not in ("adj_close", *scaled)}
    return {**others, **scaled, "volume": fields["volume"] / factor}
