"""Trailing stops: a stop that follows the best price since it was placed, and never turns back."""

from tests.scenarios.scenario import FILLED, SLIPPERY, START, WAITING, Scenario

SELL_5 = [("order", 0, -10, {"trail": 5})]
BUY_5 = [("order", 0, 10, {"trail": 5})]
SELL_EIGHTH = [("order", 0, -10, {"trail_fraction": 0.125})]
BUY_EIGHTH = [("order", 0, 10, {"trail_fraction": 0.125})]
RISE = (101, 103, 96, 102)  # best 103: the level moves from 95 to 98
FALL = (99, 104, 97, 98)  # best 97: the level moves from 105 to 102

ROWS = [
    Scenario(
        "the first level is 5 below the close of the decision",
        [START, (98, 99, 94, 96)],
        SELL_5,
        [(1, -10, 95)],
        [FILLED],
    ),
    Scenario("the low just touches it", [START, (98, 99, 95, 99)], SELL_5, [(1, -10, 95)], [FILLED]),
    Scenario("a gap through it: the open", [START, (93, 96, 92, 95)], SELL_5, [(1, -10, 93)], [FILLED]),
    Scenario(
        "the close counts, not the high of the decision's bar",
        [(100, 110, 100, 100), (100, 101, 97, 100)],
        SELL_5,
        [],
        [WAITING],
    ),
    Scenario(
        "it follows the high",
        [START, RISE, (101, 102, 97, 99)],
        SELL_5,
        [(2, -10, 98)],
        [FILLED],
    ),
    Scenario(
        "the open gaps through the level of the bars before",
        [START, RISE, (97, 102, 96, 99)],
        SELL_5,
        [(2, -10, 97)],
        [FILLED],
    ),
    Scenario(
        "the open is the level of the bars before",
        [START, RISE, (98, 102, 97, 99)],
        SELL_5,
        [(2, -10, 98)],
        [FILLED],
    ),
    Scenario(
        "it does not turn back",
        [START, RISE, (100, 101, 99, 100), (99, 100, 98, 99)],
        SELL_5,
        [(3, -10, 98)],
        [FILLED],
    ),
    Scenario(  # the low of 95 is taken to come before the high of 110
        "within a bar the old level is asked first",
        [START, (100, 110, 95, 109)],
        SELL_5,
        [(1, -10, 95)],
        [FILLED],
    ),
    Scenario(  # best 110, level 105; the low of 96 may have come before the high, the close of 104 did not
        "the close is beyond the new level: the new level",
        [START, (100, 110, 96, 104)],
        SELL_5,
        [(1, -10, 105)],
        [FILLED],
    ),
    Scenario(
        "the close is the new level",
        [START, (100, 110, 96, 105)],
        SELL_5,
        [(1, -10, 105)],
        [FILLED],
    ),
    Scenario("the close is above the new level", [START, (100, 110, 96, 105.5)], SELL_5, [], [WAITING]),
    Scenario(
        "purchase: the first level is 5 above the close of the decision",
        [START, (102, 106, 101, 104)],
        BUY_5,
        [(1, 10, 105)],
        [FILLED],
    ),
    Scenario(
        "purchase: it follows the low",
        [START, FALL, (99, 103, 98, 102)],
        BUY_5,
        [(2, 10, 102)],
        [FILLED],
    ),
    Scenario(
        "purchase: a gap through it",
        [START, FALL, (104, 105, 101, 102)],
        BUY_5,
        [(2, 10, 104)],
        [FILLED],
    ),
    Scenario(  # best 90, level 95
        "purchase: the close is beyond the new level",
        [START, (100, 104, 90, 96)],
        BUY_5,
        [(1, 10, 95)],
        [FILLED],
    ),
    Scenario(  # 100 x 7/8
        "by fraction: the first level is an eighth below",
        [START, (90, 91, 87, 90)],
        SELL_EIGHTH,
        [(1, -10, 87.5)],
        [FILLED],
    ),
    Scenario(  # 120 x 7/8
        "by fraction: it follows the high",
        [START, (100, 120, 100, 118), (110, 112, 104, 106)],
        SELL_EIGHTH,
        [(2, -10, 105)],
        [FILLED],
    ),
    Scenario(  # 80 x 9/8
        "by fraction: a purchase follows the low",
        [START, (100, 101, 80, 85), (85, 91, 84, 90)],
        BUY_EIGHTH,
        [(2, 10, 90)],
        [FILLED],
    ),
    Scenario(
        "an absent bar moves nothing",
        [START, RISE, None, (101, 102, 97, 99)],
        SELL_5,
        [(3, -10, 98)],
        [FILLED],
    ),
    Scenario(  # 98 x 0.99
        "slippage is paid on top of the level",
        [START, RISE, (101, 102, 97, 99)],
        SELL_5,
        [(2, -10, 97.02)],
        [FILLED],
        costs=SLIPPERY,
    ),
    Scenario(  # decided at the close of 104: level 99 at first
        "an exit that only reduces",
        [START, (100, 104, 100, 104), (103, 106, 102, 105), (104, 105, 100, 102)],
        {0: [("order", 0, 10)], 1: [("order", 0, -10, {"trail": 5, "reduce_only": True})]},
        [(1, 10, 100), (3, -10, 101)],
        [FILLED, FILLED],
    ),
    Scenario(  # best 100 at first, then 101: level 96
        "placed before its symbol's first bar, it begins at the first open",
        [None, (100, 101, 96, 97), (96, 97, 94, 95)],
        SELL_5,
        [(2, -10, 96)],
        [FILLED],
        beside=[START, START, START],
    ),
]
