"""Stop orders: at the stop where the bar reaches it, at the open where that is beyond it already."""

from tests.scenarios.scenario import FILLED, SLIPPERY, START, WAITING, Scenario

BUY_105 = [("order", 0, 10, {"stop": 105})]
SELL_95 = [("order", 0, -10, {"stop": 95})]

ROWS = [
    Scenario(
        "the high passes it: the stop", [START, (102, 106, 101, 104)], BUY_105, [(1, 10, 105)], [FILLED]
    ),
    Scenario("the high just touches it", [START, (102, 105, 101, 104)], BUY_105, [(1, 10, 105)], [FILLED]),
    Scenario("the high stops short of it", [START, (102, 104.5, 101, 104)], BUY_105, [], [WAITING]),
    Scenario("a gap through it: the open", [START, (107, 109, 106, 108)], BUY_105, [(1, 10, 107)], [FILLED]),
    Scenario("the open is the stop", [START, (105, 109, 104, 108)], BUY_105, [(1, 10, 105)], [FILLED]),
    Scenario("sale: the low passes it", [START, (98, 99, 94, 96)], SELL_95, [(1, -10, 95)], [FILLED]),
    Scenario("sale: the low touches it", [START, (98, 99, 95, 96)], SELL_95, [(1, -10, 95)], [FILLED]),
    Scenario("sale: the low stops short", [START, (98, 99, 95.5, 96)], SELL_95, [], [WAITING]),
    Scenario("sale: a gap through it", [START, (92, 96, 91, 95)], SELL_95, [(1, -10, 92)], [FILLED]),
    Scenario("sale: the open is the stop", [START, (95, 96, 91, 95)], SELL_95, [(1, -10, 95)], [FILLED]),
    Scenario(
        "it rests until reached",
        [START, (102, 103, 101, 102), (103, 104, 102, 104), (104, 106, 103, 104)],
        BUY_105,
        [(3, 10, 105)],
        [FILLED],
    ),
    Scenario(
        "an absent bar hides a gap",
        [START, None, (111, 112, 109, 110)],
        BUY_105,
        [(2, 10, 111)],
        [FILLED],
    ),
    Scenario(  # 105 x 1.01
        "slippage is paid on top of the stop",
        [START, (102, 106, 101, 104)],
        BUY_105,
        [(1, 10, 106.05)],
        [FILLED],
        costs=SLIPPERY,
    ),
    Scenario(  # 92 x 0.99
        "slippage is paid on top of a gap",
        [START, (92, 96, 91, 95)],
        SELL_95,
        [(1, -10, 91.08)],
        [FILLED],
        costs=SLIPPERY,
    ),
    Scenario(  # 2,100 / 105
        "a value is turned into units at the stop",
        [START, (102, 106, 101, 104)],
        [("order_value", 0, 2_100, {"stop": 105})],
        [(1, 20, 105)],
        [FILLED],
    ),
    Scenario(
        "bought at the open, stopped out in the same bar",
        [START, (100, 101, 94, 97)],
        [("order", 0, 10), ("order", 0, -10, {"stop": 95})],
        [(1, 10, 100), (1, -10, 95)],
        [FILLED, FILLED],
    ),
    Scenario(
        "a stop comes before a limit: what cannot be known is resolved against the position",
        [START, START, (100, 111, 94, 105)],
        {
            0: [("order", 0, 10)],
            1: [
                ("order", 0, -10, {"limit": 110, "reduce_only": True}),
                ("order", 0, -10, {"stop": 95, "reduce_only": True}),
            ],
        },
        [(1, 10, 100), (2, -10, 95)],
        [FILLED, ("cancelled", "nothing_to_reduce"), FILLED],
    ),
    Scenario(
        "two stops of one bar fill at their own prices",
        [START, (102, 108, 101, 104)],
        [("order", 0, 10, {"stop": 107}), ("order", 0, 10, {"stop": 105})],
        [(1, 10, 107), (1, 10, 105)],
        [FILLED, FILLED],
    ),
    Scenario(  # 95 x 12 = 1,140 and the short of 2 at 95 that remains of a long of 10
        "a stop larger than the position turns it round",
        [START, START, (98, 99, 94, 96)],
        {0: [("order", 0, 10)], 1: [("order", 0, -12, {"stop": 95})]},
        [(1, 10, 100), (2, -10, 95), (2, -2, 95)],
        [FILLED, FILLED],
    ),
]
