"""Cancel and replace: what still rests can be withdrawn or changed at a close."""

from tests.scenarios.scenario import (
    CANCELLED,
    FILLED,
    NOTHING_TO_REDUCE,
    ONE_FILLED,
    REPLACED,
    START,
    WAITING,
    Scenario,
)

BUY_95 = ("order", 0, 10, {"limit": 95})
QUIET = (98, 99, 96, 97)
DIP = (96, 97, 94, 95)

ROWS = [
    Scenario("cancelled in time", [START, QUIET, DIP], {0: [BUY_95], 1: [("cancel", 0)]}, [], [CANCELLED]),
    Scenario("cancelled at once", [START, DIP], [BUY_95, ("cancel", 0)], [], [CANCELLED]),
    Scenario(
        "cancelled too late",
        [START, DIP, DIP],
        {0: [BUY_95], 1: [("cancel", 0)]},
        [(1, 10, 95)],
        [FILLED],
    ),
    Scenario(
        "cancelled twice",
        [START, QUIET, DIP],
        {0: [BUY_95], 1: [("cancel", 0), ("cancel", 0)]},
        [],
        [CANCELLED],
    ),
    Scenario(
        "a market order waiting for its symbol can be cancelled",
        [START, None, QUIET],
        {0: [("order", 0, 10)], 1: [("cancel", 0)]},
        [],
        [CANCELLED],
    ),
    Scenario(
        "a new limit, met in the next bar",
        [START, QUIET, QUIET],
        {0: [BUY_95], 1: [("replace", 0, 10, {"limit": 96.5})]},
        [(2, 10, 96.5)],
        [REPLACED, FILLED],
    ),
    Scenario(
        "the old limit no longer counts",
        [START, QUIET, DIP],
        {0: [BUY_95], 1: [("replace", 0, 10, {"limit": 93})]},
        [],
        [REPLACED, WAITING],
    ),
    Scenario(
        "another quantity and another type",
        [START, QUIET, (102, 106, 101, 104)],
        {0: [BUY_95], 1: [("replace", 0, 4, {"stop": 105})]},
        [(2, 4, 105)],
        [REPLACED, FILLED],
    ),
    Scenario(
        "a market order instead",
        [START, QUIET, (102, 106, 101, 104)],
        {0: [BUY_95], 1: [("replace", 0, 10)]},
        [(2, 10, 102)],
        [REPLACED, FILLED],
    ),
    Scenario(
        "replaced too late: nothing is placed",
        [START, DIP, DIP],
        {0: [BUY_95], 1: [("replace", 0, 10, {"limit": 94.5})]},
        [(1, 10, 95)],
        [FILLED],
    ),
    Scenario(  # the trailing level begins anew at the close of 97: 92
        "a trailing stop instead",
        [START, QUIET, (96, 97, 92, 93)],
        {0: [("order", 0, -10, {"limit": 105})], 1: [("replace", 0, -10, {"trail": 5})]},
        [(2, -10, 92)],
        [REPLACED, FILLED],
    ),
    Scenario(
        "reduce-only stays so",
        [START, QUIET, (102, 106, 101, 104)],
        {
            0: [("order", 0, -10, {"limit": 120, "reduce_only": True})],
            1: [("replace", 0, -10, {"limit": 105})],
        },
        [],
        [REPLACED, NOTHING_TO_REDUCE],
    ),
    Scenario(
        "a link stays so",
        [START, QUIET, DIP],
        {
            0: [BUY_95, ("order", 0, -10, {"limit": 105}), ("one_cancels_other", 0, 1)],
            1: [("replace", 1, -10, {"limit": 110})],
        },
        [(2, 10, 95)],
        [FILLED, REPLACED, ONE_FILLED],
    ),
]
