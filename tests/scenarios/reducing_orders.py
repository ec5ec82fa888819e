"""Reduce-only: never more than what closes the position."""

from tests.scenarios.scenario import FILLED, NOTHING_TO_REDUCE, START, WAITING, Scenario

CALM = (100, 104, 98, 102)
LONG = [("order", 0, 10)]
SHORT = [("order", 0, -10)]


def only(quantity, **keywords):
    return ("order", 0, quantity, {"reduce_only": True, **keywords})


ROWS = [
    Scenario(
        "a part of a long",
        [START, START, CALM],
        {0: LONG, 1: [only(-4)]},
        [(1, 10, 100), (2, -4, 100)],
        [FILLED, FILLED],
    ),
    Scenario(
        "more than the long is clipped to it",
        [START, START, CALM],
        {0: LONG, 1: [only(-25)]},
        [(1, 10, 100), (2, -10, 100)],
        [FILLED, FILLED],
    ),
    Scenario(
        "more than the short is clipped to it",
        [START, START, CALM],
        {0: SHORT, 1: [only(25)]},
        [(1, -10, 100), (2, 10, 100)],
        [FILLED, FILLED],
    ),
    Scenario("nothing is held", [START, CALM], [only(-10)], [], [NOTHING_TO_REDUCE]),
    Scenario(
        "it would add to the position",
        [START, START, CALM],
        {0: LONG, 1: [only(5)]},
        [(1, 10, 100)],
        [FILLED, NOTHING_TO_REDUCE],
    ),
    Scenario(
        "it is judged when it meets a price, not when it is placed",
        [START, CALM, (105, 111, 104, 108)],
        {0: [only(-10, limit=110), *LONG]},
        [(1, 10, 100), (2, -10, 110)],
        [FILLED, FILLED],
    ),
    Scenario(
        "what opens in the same auction comes after it",
        [START, CALM],
        [*LONG, only(-10)],
        [(1, 10, 100)],
        [FILLED, NOTHING_TO_REDUCE],
    ),
    Scenario(
        "untouched, it rests without a position",
        [START, CALM, CALM],
        [only(-10, limit=110)],
        [],
        [WAITING],
    ),
    Scenario(
        "two in one auction share the position in the sequence of placing",
        [START, START, CALM],
        {0: LONG, 1: [only(-6), only(-6)]},
        [(1, 10, 100), (2, -6, 100), (2, -4, 100)],
        [FILLED, FILLED, FILLED],
    ),
    Scenario(
        "the second of two finds nothing",
        [START, START, CALM],
        {0: LONG, 1: [only(-10), only(-10)]},
        [(1, 10, 100), (2, -10, 100)],
        [FILLED, FILLED, NOTHING_TO_REDUCE],
    ),
    Scenario(  # 1,500 / 104 is more than the 10 held
        "a value is clipped too",
        [START, START, (104, 105, 103, 104)],
        {0: LONG, 1: [("order_value", 0, -1_500, {"reduce_only": True})]},
        [(1, 10, 100), (2, -10, 104)],
        [FILLED, FILLED],
    ),
    Scenario(
        "in same-close mode it belongs to the next bar",
        [START, CALM],
        {0: [*LONG, only(-10)]},
        [(0, 10, 100), (1, -10, 100)],
        [FILLED, FILLED],
        same_close=True,
    ),
]
