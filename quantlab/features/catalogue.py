"""The built-in features, one row each. A new feature is a new row here and a function of its family.

The rows know nothing of Numba, so declaring a feature is quick; the family is imported when the first value is
asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from quantlab.features.built_in import BuiltIn as BuiltIn
from quantlab.features.built_in import Setting, at_once, count, flag, positive
from quantlab.features.built_in import is_whole as is_whole
from quantlab.features.known_rows import KNOWN_ROWS

_AGAINST = Setting(None, lambda v: v is None or isinstance(v, str), "a symbol, or None for the mean of all")
_FIELD = Setting("volume", lambda v: isinstance(v, str), "the name of a field")


def _window(lookback: int, settings: Mapping[str, Any], output: str | None) -> int:
    """Complete with the `lookback`-th bar."""
    return lookback - 1


def _changes(lookback: int, settings: Mapping[str, Any], output: str | None) -> int:
    """Complete with the `lookback`-th change, which needs one bar more."""
    return lookback


def _second(lookback: int, settings: Mapping[str, Any], output: str | None) -> int:
    return 1


def _macd(lookback: int, settings: Mapping[str, Any], output: str | None) -> int:
    line = int(max(settings["fast"], settings["slow"])) - 1
    return line if output == "line" else line + int(settings["signal"]) - 1


def _stochastic(lookback: int, settings: Mapping[str, Any], output: str | None) -> int:
    k = lookback - 1 + int(settings["smooth"]) - 1
    return k if output == "k" else k + int(settings["signal"]) - 1


def _adx(lookback: int, settings: Mapping[str, Any], output: str | None) -> int:
    return 2 * lookback - 1 if output == "adx" else lookback


def _channel(lookback: int, settings: Mapping[str, Any], output: str | None) -> int:
    return lookback - 1 + int(settings["skip"])


def _faded(share: float) -> int:
    """Bars after which a mean that closes `share` of the gap a bar keeps 1e-10 of where it started."""
    return 0 if share >= 1.0 else math.ceil(math.log(1e-10) / math.log1p(-share))


def _ema(lookback: int, settings: Mapping[str, Any], output: str | None) -> int:
    return _faded(2.0 / (lookback + 1.0))


def _wilder(lookback: int, settings: Mapping[str, Any], output: str | None) -> int:
    return _faded(1.0 / lookback)


def _adx_settles(lookback: int, settings: Mapping[str, Any], output: str | None) -> int:
    """Count twice for the mean of what is itself smoothed."""
    return (2 if output == "adx" else 1) * _wilder(lookback, settings, output)


def _macd_settles(lookback: int, settings: Mapping[str, Any], output: str | None) -> int:
    line = _ema(int(max(settings["fast"], settings["slow"])), settings, output)
    return line if output == "line" else line + _ema(int(settings["signal"]), settings, output)


_OHLC = ("open", "high", "low", "close")
_HLC = ("high", "low", "close")
_HLCV = ("high", "low", "close", "volume")
_WILDER = "Wilder, New Concepts in Technical Trading Systems, 1978"
_ANNUALISE = {"annualise": flag(False)}

_ROWS = (
    BuiltIn("sma", "averages", "arithmetic mean", _window),
    BuiltIn(
        "ema",
        "averages",
        "exponential mean, share 2/(lookback + 1), started at the sma",
        _window,
        settles=_ema,
    ),
    BuiltIn("wma", "averages", "mean with weights 1, 2, … lookback", _window),
    BuiltIn("median", "averages", "median", _window),
    BuiltIn("min", "averages", "smallest value", _window, function="minimum"),
    BuiltIn("max", "averages", "largest value", _window, function="maximum"),
    BuiltIn(
        "macd",
        "averages",
        "fast less slow ema (line), its ema (signal), their difference (histogram)",
        _macd,
        lookback="none",
        outputs=("line", "signal", "histogram"),
        settings={"fast": count(12), "slow": count(26), "signal": count(9)},
        settles=_macd_settles,
        reference="Appel, Technical Analysis: Power Tools for Active Investors, 2005",
    ),
    BuiltIn(
        "bollinger",
        "averages",
        "sma ± deviations × population standard deviation; width over middle; place in the band (0 to 1)",
        _window,
        outputs=("middle", "upper", "lower", "width", "percent"),
        settings={"deviations": positive(2.0)},
        reference="Bollinger on Bollinger Bands, 2001",
    ),
    BuiltIn(
        "donchian",
        "averages",
        "highest high, lowest low and their middle, the last `skip` bars left out",
        _channel,
        fields=("high", "low"),
        outputs=("middle", "upper", "lower"),
        settings={"skip": count(0, least=0)},
    ),
    BuiltIn(
        "rsi",
        "oscillators",
        "share of gains in gains and losses, 0 to 100",
        _changes,
        settles=_wilder,
        reference=_WILDER,
    ),
    BuiltIn(
        "stochastic",
        "oscillators",
        "place of the close in its range, 0 to 100, averaged over `smooth` (k) and again over `signal` (d)",
        _stochastic,
        fields=_HLC,
        outputs=("k", "d"),
        settings={"smooth": count(3), "signal": count(3)},
        reference="Lane, Stocks & Commodities 2, 1984",
    ),
    BuiltIn("williams_r", "oscillators", "place of the close in its range, −100 to 0", _window, fields=_HLC),
    BuiltIn(
        "cci",
        "oscillators",
        "typical price from its mean, in 0.015 mean absolute deviations",
        _window,
        fields=_HLC,
        reference="Lambert, Commodities, October 1980",
    ),
    BuiltIn("mfi", "oscillators", "rsi of money flow, 0 to 100", _changes, fields=_HLCV),
    BuiltIn(
        "atr",
        "oscillators",
        "Wilder's mean of the true range",
        _changes,
        fields=_HLC,
        settles=_wilder,
        reference=_WILDER,
    ),
    BuiltIn(
        "adx",
        "oscillators",
        "strength of the trend (adx) and its two directions (plus_di, minus_di), 0 to 100",
        _adx,
        fields=_HLC,
        outputs=("adx", "plus_di", "minus_di"),
        settles=_adx_settles,
        reference=_WILDER,
    ),
    BuiltIn(
        "momentum",
        "statistics",
        "value `skip` bars ago over the value `lookback` bars ago, less 1",
        _changes,
        settings={"skip": count(0, least=0)},
        reference="Jegadeesh and Titman, Journal of Finance 48, 1993",
        by_row=True,
    ),
    BuiltIn(
        "rate_of_change",
        "statistics",
        "change as a fraction of the size of the earlier value, for fields of either sign",
        _changes,
        by_row=True,
    ),
    BuiltIn("difference", "statistics", "value less the value `lookback` bars ago", _changes, by_row=True),
    BuiltIn("value", "statistics", "the field as it is", at_once, lookback="none", by_row=True),
    BuiltIn("lag", "statistics", "value `lookback` bars ago", _changes, by_row=True),
    BuiltIn(
        "return",
        "statistics",
        "simple return of one bar",
        _second,
        function="simple_return",
        lookback="none",
        by_row=True,
    ),
    BuiltIn(
        "log_return",
        "statistics",
        "logarithm of value over the value `lookback` bars ago",
        _changes,
        by_row=True,
    ),
    BuiltIn(
        "overnight_return",
        "statistics",
        "open over the close before, less 1",
        _second,
        lookback="none",
        fields=("open", "close"),
        by_row=True,
    ),
    BuiltIn(
        "intraday_return",
        "statistics",
        "close over open, less 1",
        at_once,
        lookback="none",
        fields=("open", "close"),
        by_row=True,
    ),
    BuiltIn("std", "statistics", "standard deviation (ddof = 1)", _window, least=2),
    BuiltIn("zscore", "statistics", "distance from the mean in standard deviations", _window, least=2),
    BuiltIn("skew", "statistics", "sample-adjusted skewness", _window, least=3),
    BuiltIn("rank", "statistics", "rank among the last values over their number, 1 the largest", _window),
    BuiltIn("slope", "statistics", "slope of the least-squares line, a bar", _window, least=2),
    BuiltIn("drawdown", "statistics", "value over the highest value, less 1", _window),
    BuiltIn(
        "field_correlation",
        "statistics",
        "Pearson correlation with another field of the same symbol",
        _window,
        least=2,
        settings={"field": _FIELD},
    ),
    BuiltIn(
        "volatility",
        "volatility",
        "standard deviation of one-bar log returns (ddof = 1)",
        _changes,
        least=2,
        settings=_ANNUALISE,
    ),
    BuiltIn(
        "parkinson",
        "volatility",
        "volatility from high and low",
        _window,
        fields=("high", "low"),
        settings=_ANNUALISE,
        reference="Parkinson, Journal of Business 53, 1980",
    ),
    BuiltIn(
        "garman_klass",
        "volatility",
        "volatility from open, high, low and close",
        _window,
        fields=_OHLC,
        settings=_ANNUALISE,
        reference="Garman and Klass, Journal of Business 53, 1980",
    ),
    BuiltIn("vwap", "volume", "typical price weighted by volume", _window, fields=_HLCV),
    BuiltIn(
        "obv",
        "volume",
        "running total of volume, signed by the change of the close",
        at_once,
        lookback="none",
        fields=("close", "volume"),
        settles=None,
        reference="Granville, New Key to Stock Market Profits, 1963",
    ),
    BuiltIn("dollar_volume", "volume", "mean of close × volume", _window, fields=("close", "volume")),
    BuiltIn(
        "illiquidity",
        "volume",
        "mean of |return| over close × volume",
        _changes,
        fields=("close", "volume"),
        reference="Amihud, Journal of Financial Markets 5, 2002",
    ),
    BuiltIn("volume_zscore", "volume", "z-score of ln(1 + volume)", _window, least=2, fields=("volume",)),
    BuiltIn(
        "cs_rank",
        "panel",
        "rank among the row's symbols over their number, of the field or its change over `lookback`",
        lambda lookback, settings, output: lookback,
        lookback="optional",
        cross_sectional=True,
    ),
    BuiltIn(
        "cs_zscore",
        "panel",
        "z-score among the row's symbols, of the field or its change over `lookback`",
        lambda lookback, settings, output: lookback,
        lookback="optional",
        cross_sectional=True,
    ),
    BuiltIn(
        "beta",
        "panel",
        "slope of one-bar returns on those of a symbol or of the mean of all",
        _changes,
        least=2,
        settings={"against": _AGAINST},
        cross_sectional=True,
    ),
    BuiltIn(
        "correlation",
        "panel",
        "Pearson correlation of one-bar returns with those of a symbol or of the mean of all",
        _changes,
        least=2,
        settings={"against": _AGAINST},
        cross_sectional=True,
    ),
)

BUILT_INS: Mapping[str, BuiltIn] = {row.name: row for row in (*_ROWS, *KNOWN_ROWS)}
