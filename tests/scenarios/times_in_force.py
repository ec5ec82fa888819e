"""How long an order lives: a bar's open or close, a session, a date, all or nothing."""

from tests.scenarios.scenario import EXPIRED, FILLED, NOT_FULL, SCALED, START, WAITING, Scenario

QUIET = (98, 99, 96, 97)
DIP = (96, 97, 94, 95)
HOURS = [0, 1, 1, 2]


def buy(limit=None, **keywords):
    return [("order", 0, 10, keywords if limit is None else {"limit": limit, **keywords})]


ROWS = [
    # The open.
    Scenario("open: the open", [START, QUIET], buy(tif="open"), [(1, 10, 98)], [FILLED]),
    Scenario("open: good enough a price", [START, QUIET], buy(98, tif="open"), [(1, 10, 98)], [FILLED]),
    Scenario("open: a touch comes too late", [START, DIP], buy(95, tif="open"), [], [EXPIRED]),
    Scenario(
        "open: only the first",
        [START, QUIET, (94, 96, 93, 95)],
        buy(95, tif="open"),
        [],
        [EXPIRED],
    ),
    Scenario("open: no bar, no open", [START, None, QUIET], buy(tif="open"), [], [EXPIRED]),
    Scenario(
        "open: a stop that is reached",
        [START, (106, 107, 103, 104)],
        [("order", 0, 10, {"stop": 105, "tif": "open"})],
        [(1, 10, 106)],
        [FILLED],
    ),
    Scenario(
        "open: a stop that is reached later",
        [START, (104, 107, 103, 104)],
        [("order", 0, 10, {"stop": 105, "tif": "open"})],
        [],
        [EXPIRED],
    ),
    # The close.
    Scenario("close: the close", [START, QUIET], buy(tif="close"), [(1, 10, 97)], [FILLED]),
    Scenario("close: good enough a price", [START, DIP], buy(96, tif="close"), [(1, 10, 95)], [FILLED]),
    Scenario("close: the limit exactly", [START, DIP], buy(95, tif="close"), [(1, 10, 95)], [FILLED]),
    Scenario("close: a touch before it is not it", [START, QUIET], buy(96.5, tif="close"), [], [EXPIRED]),
    Scenario(
        "close: an open before it is not it", [START, (94, 98, 93, 97)], buy(95, tif="close"), [], [EXPIRED]
    ),
    Scenario("close: no bar, no close", [START, None, DIP], buy(tif="close"), [], [EXPIRED]),
    Scenario(
        "close: a stop that the close is beyond",
        [START, (101, 107, 100, 106)],
        [("order", 0, 10, {"stop": 105, "tif": "close"})],
        [(1, 10, 106)],
        [FILLED],
    ),
    Scenario(
        "close: a stop that only the high reached",
        [START, (101, 107, 100, 104)],
        [("order", 0, 10, {"stop": 105, "tif": "close"})],
        [],
        [EXPIRED],
    ),
    Scenario(  # at the close of 125 half of 10,000 is 40 units
        "close: a weight is of equity at the close",
        [START, (110, 126, 109, 125)],
        [("target_weight", 0, 0.5, {"tif": "close"})],
        [(1, 40, 125)],
        [FILLED],
    ),
    Scenario(
        "close: a sale",
        [START, QUIET],
        [("order", 0, -10, {"limit": 97, "tif": "close"})],
        [(1, -10, 97)],
        [FILLED],
    ),
    Scenario(
        "same-close mode: the close of the next bar",
        [START, QUIET],
        buy(tif="close"),
        [(1, 10, 97)],
        [FILLED],
        same_close=True,
    ),
    Scenario(
        "same-close mode: the open of the next bar",
        [START, QUIET],
        buy(tif="open"),
        [(1, 10, 98)],
        [FILLED],
        same_close=True,
    ),
    # The session of the first bar that can be met.
    Scenario("day: one bar where bars are days", [START, QUIET, DIP], buy(95, tif="day"), [], [EXPIRED]),
    Scenario(
        "day: every bar of the session",
        [START, QUIET, DIP, DIP],
        buy(95, tif="day"),
        [(2, 10, 95)],
        [FILLED],
        session=HOURS,
    ),
    Scenario(
        "day: not the bars of the next session",
        [START, QUIET, QUIET, DIP],
        buy(95, tif="day"),
        [],
        [EXPIRED],
        session=HOURS,
    ),
    Scenario(
        "day: placed within a session, to its end",
        [START, QUIET, QUIET, DIP],
        {1: buy(95, tif="day")},
        [],
        [EXPIRED],
        session=HOURS,
    ),
    Scenario(
        "day: placed at the close of a session, for the next one",
        [START, QUIET, QUIET, DIP],
        {2: buy(95, tif="day")},
        [(3, 10, 95)],
        [FILLED],
        session=HOURS,
    ),
    Scenario(
        "day: an absent bar is part of the session",
        [START, None, QUIET],
        buy(tif="day"),
        [],
        [EXPIRED],
    ),
    Scenario(
        "day: a market order meets the first bar",
        [START, QUIET, DIP],
        buy(tif="day"),
        [(1, 10, 98)],
        [FILLED],
    ),
    # A date.
    Scenario(
        "until: its last bar counts", [START, QUIET, DIP, DIP], buy(95, until=2), [(2, 10, 95)], [FILLED]
    ),
    Scenario("until: no bar after it", [START, QUIET, QUIET, DIP], buy(95, until=2), [], [EXPIRED]),
    Scenario(
        "until: an absent last bar ends it too", [START, QUIET, None, DIP], buy(95, until=2), [], [EXPIRED]
    ),
    Scenario("until: it has already passed", [START, DIP, DIP], {1: buy(95, until=1)}, [], [EXPIRED]),
    Scenario("until: beyond the last bar", [START, QUIET, QUIET], buy(95, until=2, tif="gtc"), [], [EXPIRED]),
    Scenario(
        "until: a target waits for its symbol so long",
        [START, None, None, QUIET],
        [("target_quantity", 0, 10, {"until": 2})],
        [],
        [EXPIRED],
    ),
    Scenario("gtc: to the end", [START, QUIET, QUIET], buy(95), [], [WAITING]),
    # At once, wholly or partly.
    Scenario("ioc: the open", [START, QUIET], buy(tif="ioc"), [(1, 10, 98)], [FILLED]),
    Scenario("ioc: a touch comes too late", [START, DIP], buy(95, tif="ioc"), [], [EXPIRED]),
    Scenario("ioc: what cash allows", [START, QUIET], buy(tif="ioc"), [(1, 5, 98)], [SCALED], cash=490.0),
    Scenario("ioc: no bar, nothing", [START, None, QUIET], buy(tif="ioc"), [], [EXPIRED]),
    # At once, wholly or not at all.
    Scenario("fok: the open", [START, QUIET], buy(tif="fok"), [(1, 10, 98)], [FILLED]),
    Scenario("fok: good enough a price", [START, QUIET], buy(98, tif="fok"), [(1, 10, 98)], [FILLED]),
    Scenario("fok: a touch comes too late", [START, DIP], buy(95, tif="fok"), [], [NOT_FULL]),
    Scenario("fok: no bar, nothing", [START, None, QUIET], buy(tif="fok"), [], [NOT_FULL]),
    Scenario("fok: cash for a part only", [START, QUIET], buy(tif="fok"), [], [NOT_FULL], cash=490.0),
    Scenario(  # 15 units at 100 cost 1,500 of 1,000: it leaves, and the other gets its 8 whole
        "fok: it takes nothing from the others when it leaves",
        [START, START],
        [("order", 0, 15, {"tif": "fok"}), ("order", 0, 8)],
        [(1, 8, 100)],
        [NOT_FULL, FILLED],
        cash=1_000.0,
    ),
    Scenario(  # the first would be whole alone, together they ask for 1,600 of 1,000
        "fok: neither of two that cash allows only one of",
        [START, START],
        [("order", 0, 8, {"tif": "fok"}), ("order", 0, 8, {"tif": "fok"})],
        [],
        [NOT_FULL, NOT_FULL],
        cash=1_000.0,
    ),
    Scenario(
        "fok: a sale that closes is always whole",
        [START, START, QUIET],
        {0: [("order", 0, 10)], 1: [("order", 0, -10, {"tif": "fok"})]},
        [(1, 10, 100), (2, -10, 98)],
        [FILLED, FILLED],
        cash=1_000.0,
    ),
    Scenario(  # 5 close, 9 open a short of 882 in an account of 990
        "fok: across zero, whole",
        [START, START, QUIET],
        {0: [("order", 0, 5)], 1: [("order", 0, -14, {"tif": "fok"})]},
        [(1, 5, 100), (2, -5, 98), (2, -9, 98)],
        [FILLED, FILLED],
        cash=1_000.0,
    ),
    Scenario(  # 5 would close, but 25 would open a short of 2,450 in an account of 990
        "fok: across zero, not even what closes",
        [START, START, QUIET],
        {0: [("order", 0, 5)], 1: [("order", 0, -30, {"tif": "fok"})]},
        [(1, 5, 100)],
        [FILLED, NOT_FULL],
        cash=1_000.0,
    ),
    Scenario(  # without it the other has all the volume to itself: 10% of 1,000
        "fok: the volume it leaves is there for others",
        [START, START],
        [("order", 0, 120, {"tif": "fok"}), ("order", 0, 90)],
        [(1, 90, 100)],
        [NOT_FULL, FILLED],
        cash=100_000.0,
        participation=0.1,
    ),
]
