"""One cancels the other: linked orders, of which a fill of one ends the other."""

from tests.scenarios.scenario import CANCELLED, FILLED, ONE_FILLED, SCALED, START, WAITING, Scenario

BREAKOUT = [
    ("order", 0, 10, {"stop": 105}),
    ("order", 0, -10, {"stop": 95}),
    ("one_cancels_other", 0, 1),
]
FADE = [
    ("order", 0, 10, {"limit": 95}),
    ("order", 0, -10, {"limit": 105}),
    ("one_cancels_other", 0, 1),
]

ROWS = [
    Scenario(
        "the first is filled, the other ends",
        [START, (101, 106, 100, 104), (98, 99, 94, 95)],
        BREAKOUT,
        [(1, 10, 105)],
        [FILLED, ONE_FILLED],
    ),
    Scenario(
        "the second is filled, the other ends",
        [START, (99, 100, 94, 96), (101, 106, 100, 104)],
        BREAKOUT,
        [(1, -10, 95)],
        [ONE_FILLED, FILLED],
    ),
    Scenario(
        "not linked, both are filled",
        [START, (101, 106, 100, 104), (98, 99, 94, 95)],
        BREAKOUT[:2],
        [(1, 10, 105), (2, -10, 95)],
        [FILLED, FILLED],
    ),
    Scenario(  # at the close the purchase stands at 10 x (103 - 105) = -20, the sale at -10 x (103 - 95) = -80
        "both stops in one bar: the worse at the close, here the sale",
        [START, (100, 106, 94, 103)],
        BREAKOUT,
        [(1, -10, 95)],
        [ONE_FILLED, FILLED],
    ),
    Scenario(  # 10 x (97 - 105) = -80 against -10 x (97 - 95) = -20
        "both stops in one bar: the worse at the close, here the purchase",
        [START, (100, 106, 94, 97)],
        BREAKOUT,
        [(1, 10, 105)],
        [FILLED, ONE_FILLED],
    ),
    Scenario(  # -50 against -50
        "both stops in one bar, equally bad: the one placed first",
        [START, (100, 106, 94, 100)],
        BREAKOUT,
        [(1, 10, 105)],
        [FILLED, ONE_FILLED],
    ),
    Scenario(
        "equally bad: placed first, not linked first",
        [START, (100, 106, 94, 100)],
        [*BREAKOUT[:2], ("one_cancels_other", 1, 0)],
        [(1, 10, 105)],
        [FILLED, ONE_FILLED],
    ),
    Scenario(  # 10 x (103 - 95) = 80 against -10 x (103 - 105) = 20
        "both limits in one bar: the worse at the close, here the sale",
        [START, (100, 106, 94, 103)],
        FADE,
        [(1, -10, 105)],
        [ONE_FILLED, FILLED],
    ),
    Scenario(  # 10 x (96 - 95) = 10 against -10 x (96 - 105) = 90
        "both limits in one bar: the worse at the close, here the purchase",
        [START, (100, 106, 94, 96)],
        FADE,
        [(1, 10, 95)],
        [FILLED, ONE_FILLED],
    ),
    Scenario(
        "a stop comes before a limit, although the limit was placed first",
        [START, (100, 106, 94, 106)],
        [
            ("order", 0, 10, {"limit": 95}),
            ("order", 0, 10, {"stop": 105}),
            ("one_cancels_other", 0, 1),
        ],
        [(1, 10, 105)],
        [ONE_FILLED, FILLED],
    ),
    Scenario(
        "the open comes before a stop",
        [START, (94, 106, 93, 104)],
        [
            ("order", 0, 10, {"stop": 105}),
            ("order", 0, 10, {"limit": 95}),
            ("one_cancels_other", 0, 1),
        ],
        [(1, 10, 94)],
        [ONE_FILLED, FILLED],
    ),
    Scenario(  # symbol 1 stands at 10 x (52 - 48) = 40, symbol 0 at 10 x (96 - 95) = 10
        "orders of two symbols: the worse at the close",
        [START, (100, 101, 94, 96)],
        [
            ("order", 1, 10, {"limit": 48}),
            ("order", 0, 10, {"limit": 95}),
            ("one_cancels_other", 0, 1),
        ],
        [(1, 10, 95)],
        [ONE_FILLED, FILLED],
        beside=[(50, 50, 50, 50), (50, 53, 47, 52)],
    ),
    Scenario(
        "a cancelled order leaves the other alone",
        [START, (101, 102, 100, 101), (98, 99, 94, 95)],
        {0: BREAKOUT, 1: [("cancel", 0)]},
        [(2, -10, 95)],
        [CANCELLED, FILLED],
    ),
    Scenario(
        "linking what no longer rests does nothing",
        [START, (101, 106, 100, 104), (101, 102, 94, 96)],
        {0: BREAKOUT[:2], 1: [("one_cancels_other", 0, 1)]},
        [(1, 10, 105), (2, -10, 95)],
        [FILLED, FILLED],
    ),
    Scenario(  # 525 buy 5 at 105
        "a scaled fill is a fill",
        [START, (101, 106, 100, 104)],
        BREAKOUT,
        [(1, 5, 105)],
        [SCALED, ONE_FILLED],
        cash=525.0,
    ),
    Scenario("neither", [START, (101, 104, 96, 100)], BREAKOUT, [], [WAITING, WAITING]),
]
