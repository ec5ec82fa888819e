"""A hash of the content of bars: equal fingerprints, equal output."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from quantlab.market.bars import FIELDS, Bars
from quantlab.typing import FloatArray


def fingerprint(bars: Bars) -> str:
    """Hash (blake2b, 128 bits, hex) of arrays, clock, symbols, endings, calendar and N.

    Every NaN counts as the same NaN and −0.0 as 0.0; the order of extra fields does not matter.
    """
    ends = {s: [e.time.isoformat(), e.delisting_return] for s, e in bars.ends.items()}
    about = [
        bars.symbols,
        bars.n_bars,
        sorted(bars.extra),
        ends,
        bars.calendar,
        bars.tz,
        bars.periods_per_year,
    ]
    digest = hashlib.blake2b(json.dumps(about, sort_keys=True).encode(), digest_size=16)
    digest.update(bars.time_ns.data)
    digest.update(bars.sessions.data)
    for name in (*FIELDS, *sorted(bars.extra)):
        digest.update(_canonical(bars[name]).data)
    return digest.hexdigest()


def _canonical(panel: FloatArray) -> FloatArray:
    return np.where(np.isnan(panel), np.nan, panel + 0.0)
