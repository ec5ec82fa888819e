"""Stop-limit orders: the stop wakes them, from then on they are limit orders."""

from tests.scenarios.scenario import FILLED, SLIPPERY, START, WAITING, Scenario

BUY = [("order", 0, 10, {"stop": 105, "limit": 107})]
SELL = [("order", 0, -10, {"stop": 95, "limit": 93})]
BUY_PULLBACK = [("order", 0, 10, {"stop": 105, "limit": 103})]
SELL_PULLBACK = [("order", 0, -10, {"stop": 95, "limit": 97})]

ROWS = [
    Scenario(
        "the high reaches the stop: the stop", [START, (102, 108, 101, 106)], BUY, [(1, 10, 105)], [FILLED]
    ),
    Scenario("the high just touches it", [START, (102, 105, 101, 104)], BUY, [(1, 10, 105)], [FILLED]),
    Scenario("not reached, the limit does not count", [START, (102, 104, 101, 103)], BUY, [], [WAITING]),
    Scenario(
        "a gap to below the limit: the open", [START, (106, 109, 104, 108)], BUY, [(1, 10, 106)], [FILLED]
    ),
    Scenario("a gap to the limit: the open", [START, (107, 109, 104, 108)], BUY, [(1, 10, 107)], [FILLED]),
    Scenario(
        "a gap past the limit, and back to it: the limit",
        [START, (109, 110, 106.5, 108)],
        BUY,
        [(1, 10, 107)],
        [FILLED],
    ),
    Scenario(
        "a gap past the limit, back to it in the next bar",
        [START, (109, 110, 108, 109), (109, 110, 107, 108)],
        BUY,
        [(2, 10, 107)],
        [FILLED],
    ),
    Scenario(
        "once awake it stays awake: a later open below the stop is good",
        [START, (109, 110, 108, 109), (104, 106, 103, 105)],
        BUY,
        [(2, 10, 104)],
        [FILLED],
    ),
    Scenario(
        "a gap past the limit, never back",
        [START, (109, 110, 108, 109), (109, 112, 107.5, 111)],
        BUY,
        [],
        [WAITING],
    ),
    Scenario(
        "stop and limit are the same price",
        [START, (102, 106, 101, 104)],
        [("order", 0, 10, {"stop": 105, "limit": 105})],
        [(1, 10, 105)],
        [FILLED],
    ),
    Scenario(  # 105 x 1.01 = 106.05, less than the limit
        "slippage is paid up to the limit",
        [START, (102, 108, 101, 106)],
        BUY,
        [(1, 10, 106.05)],
        [FILLED],
        costs=SLIPPERY,
    ),
    Scenario(  # 106.05 would be worse than 105.5
        "slippage stops at the limit",
        [START, (102, 108, 101, 106)],
        [("order", 0, 10, {"stop": 105, "limit": 105.5})],
        [(1, 10, 105.5)],
        [FILLED],
        costs=SLIPPERY,
    ),
    Scenario("sale: the stop", [START, (98, 99, 92, 94)], SELL, [(1, -10, 95)], [FILLED]),
    Scenario("sale: a gap to above the limit", [START, (94, 96, 91, 92)], SELL, [(1, -10, 94)], [FILLED]),
    Scenario(
        "sale: a gap past the limit, and back", [START, (91, 93, 90, 92)], SELL, [(1, -10, 93)], [FILLED]
    ),
    Scenario(
        "sale: a gap past the limit, never back",
        [START, (91, 92.5, 90, 92), (90, 91, 88, 89)],
        SELL,
        [],
        [WAITING],
    ),
    Scenario(
        "limit below the stop: the close shows that the price came back",
        [START, (102, 106, 101, 102)],
        BUY_PULLBACK,
        [(1, 10, 103)],
        [FILLED],
    ),
    Scenario(
        "limit below the stop: the close is the limit",
        [START, (102, 106, 101, 103)],
        BUY_PULLBACK,
        [(1, 10, 103)],
        [FILLED],
    ),
    Scenario(
        "limit below the stop: the low may have come first",
        [START, (102, 106, 101, 104)],
        BUY_PULLBACK,
        [],
        [WAITING],
    ),
    Scenario(
        "limit below the stop: awake, it fills in the next bar",
        [START, (102, 106, 101, 104), (104, 105, 102, 104)],
        BUY_PULLBACK,
        [(2, 10, 103)],
        [FILLED],
    ),
    Scenario(
        "limit below the stop: awake at the open, every later touch counts",
        [START, (106, 107, 102, 106)],
        BUY_PULLBACK,
        [(1, 10, 103)],
        [FILLED],
    ),
    Scenario(
        "sale: limit above the stop, the close is back",
        [START, (98, 99, 94, 98)],
        SELL_PULLBACK,
        [(1, -10, 97)],
        [FILLED],
    ),
    Scenario(
        "sale: limit above the stop, the high may have come first",
        [START, (98, 99, 94, 96)],
        SELL_PULLBACK,
        [],
        [WAITING],
    ),
    Scenario(
        "an absent bar wakes nothing",
        [START, None, (104, 106, 103, 105)],
        BUY,
        [(2, 10, 105)],
        [FILLED],
    ),
]
