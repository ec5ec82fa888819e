"""Latency: an order decided at a close meets the bars after the next one, or later still."""

from tests.scenarios.scenario import CANCELLED, EXPIRED, FILLED, START, WAITING, Scenario

QUIET = (98, 99, 96, 97)
DIP = (96, 97, 94, 95)

ROWS = [
    Scenario(
        "one bar later", [START, QUIET, DIP, QUIET], [("order", 0, 10)], [(2, 10, 96)], [FILLED], latency=1
    ),
    Scenario(
        "two bars later", [START, QUIET, DIP, QUIET], [("order", 0, 10)], [(3, 10, 98)], [FILLED], latency=2
    ),
    Scenario("too late for the bars", [START, QUIET], [("order", 0, 10)], [], [WAITING], latency=1),
    Scenario(
        "the first bar absent: the next one",
        [START, QUIET, None, DIP],
        [("order", 0, 10)],
        [(3, 10, 96)],
        [FILLED],
        latency=1,
    ),
    Scenario(
        "a touch on the way does not count",
        [START, DIP, QUIET],
        [("order", 0, 10, {"limit": 95})],
        [],
        [WAITING],
        latency=1,
    ),
    Scenario(
        "a touch after it does",
        [START, DIP, DIP],
        [("order", 0, 10, {"limit": 95})],
        [(2, 10, 95)],
        [FILLED],
        latency=1,
    ),
    Scenario(
        "its first bar is the one it arrives for",
        [START, QUIET, (94, 95, 93, 94), DIP],
        [("order", 0, 10, {"tif": "open"})],
        [(2, 10, 94)],
        [FILLED],
        latency=1,
    ),
    Scenario(
        "its session is the one it arrives in",
        [START, QUIET, QUIET, DIP],
        [("order", 0, 10, {"limit": 95, "tif": "day"})],
        [(3, 10, 95)],
        [FILLED],
        latency=1,
        session=[0, 0, 1, 1],
    ),
    Scenario(  # best stays at 100: level 95, although the high was 110 on the way
        "a trailing stop follows from its first bar on",
        [START, (100, 110, 99, 105), (100, 101, 96, 98), (97, 98, 95, 97)],
        [("order", 0, -10, {"trail": 5})],
        [(3, -10, 96)],
        [FILLED],
        latency=1,
    ),
    Scenario(
        "cancelled on the way",
        [START, QUIET, DIP],
        {0: [("order", 0, 10)], 1: [("cancel", 0)]},
        [],
        [CANCELLED],
        latency=1,
    ),
    Scenario(
        "expired on the way",
        [START, DIP, DIP],
        [("order", 0, 10, {"limit": 95, "until": 1})],
        [],
        [EXPIRED],
        latency=1,
    ),
    Scenario(
        "the exits of a bracket are there when the entry is filled",
        [START, QUIET, (98, 99, 94, 96)],
        [("bracket", 0, 10, {"take_profit": 110, "stop_loss": 95})],
        [(2, 10, 98), (2, -10, 95)],
        [FILLED, ("cancelled", "one_filled"), FILLED],
        latency=1,
    ),
]
