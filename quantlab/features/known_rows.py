"""Rows of the catalogue whose future is known: the calendar, announced events, what stands still.

``ahead=k`` speaks of the k-th session after now (of the k-th bar, on intraday bars), ``ahead=0`` of now. Which
sessions are coming is read from the exchange calendar of the bars; without one they are Monday to Friday, or every
date where there are 365 bars a year. A cycle is told twice: as a number, for trees and strategies, and as what a line
can read, weekdays as one 0/1 column each, months and hours as sine and cosine.
"""

from __future__ import annotations

from typing import Any

from quantlab.features.built_in import BuiltIn, Setting, at_once, count

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WAVE = ("sine", "cosine")
_AHEAD = {"ahead": count(1, least=0)}
_TO_COME = {"ahead": count(1)}


def _pairs(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(each, tuple) and len(each) == 2 for each in value)


def _row(name: str, summary: str, **rest: Any) -> BuiltIn:
    told = {"lookback": "none", "reads": "outline", "settings": _AHEAD, **rest}
    return BuiltIn(name, "known", summary, at_once, **told)


KNOWN_ROWS = (
    _row(
        "weekday",
        "day of the week, Monday 0 to Sunday 6 (number), or 1.0 on one of them and else 0.0",
        outputs=("number", *WEEKDAYS),
        known=WEEKDAYS,
    ),
    _row(
        "month",
        "month, 1 to 12 (number), or the sine and cosine of its place in the year",
        outputs=("number", *_WAVE),
        known=_WAVE,
    ),
    _row("month_end", "sessions left in its month, 0 in the last"),
    _row("quarter_end", "sessions left in its quarter, 0 in the last"),
    _row(
        "turn_of_month",
        "1.0 in the last session of a month and the first three, else 0.0",
        reference="Lakonishok and Smidt, Review of Financial Studies 1(4), 1988",
    ),
    _row(
        "gap",
        "calendar days to it from the session (intraday: the bar) before it, 1 but over weekends and holidays",
        settings=_TO_COME,
        reference="French, Journal of Financial Economics 8, 1980",
    ),
    _row("early_close", "1.0 in a session that its calendar closes early, else 0.0"),
    _row(
        "hour",
        "hours from the open of its session to the close of an intraday bar (number), or the sine and cosine of that "
        "share of the session",
        outputs=("number", *_WAVE),
        known=_WAVE,
    ),
    _row(
        "event",
        "1.0 where the next announced event takes place in that session (flag), and what it says (value), else 0.0",
        outputs=("flag", "value"),
        reads="events",
    ),
    _row(
        "static",
        "what stands still, by symbol: a number, or 1.0 where it is of the category; made by quantlab.static",
        settings={
            "category": Setting(None, lambda v: v is None or isinstance(v, str), "text, or None for numbers"),
            "values": Setting((), _pairs, "pairs of a symbol and its value; quantlab.static makes them"),
        },
    ),
)
