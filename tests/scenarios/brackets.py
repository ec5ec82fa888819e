"""Brackets: an entry with a take-profit and a stop-loss that begin where it is filled."""

from tests.scenarios.scenario import (
    CANCELLED,
    ENTRY_ENDED,
    EXPIRED,
    FILLED,
    NO_CASH,
    NOTHING_TO_REDUCE,
    ONE_FILLED,
    REPLACED,
    SCALED,
    SLIPPERY,
    START,
    WAITING,
    Scenario,
)


def long(**entry):
    return [("bracket", 0, 10, {"take_profit": 110, "stop_loss": 95, **entry})]


def short(**entry):
    return [("bracket", 0, -10, {"take_profit": 90, "stop_loss": 105, **entry})]


CALM = (100, 104, 98, 102)
WON = [FILLED, FILLED, ONE_FILLED]
LOST = [FILLED, ONE_FILLED, FILLED]
OPEN = [FILLED, WAITING, WAITING]

ROWS = [
    Scenario(
        "the take-profit is touched later",
        [START, CALM, (105, 111, 104, 108)],
        long(),
        [(1, 10, 100), (2, -10, 110)],
        WON,
    ),
    Scenario(
        "the stop-loss is touched later",
        [START, CALM, (98, 99, 95, 97)],
        long(),
        [(1, 10, 100), (2, -10, 95)],
        LOST,
    ),
    Scenario(
        "a gap beyond the take-profit: the open",
        [START, CALM, (113, 114, 112, 113)],
        long(),
        [(1, 10, 100), (2, -10, 113)],
        WON,
    ),
    Scenario(
        "a gap beyond the stop-loss: the open",
        [START, CALM, (91, 97, 90, 96)],
        long(),
        [(1, 10, 100), (2, -10, 91)],
        LOST,
    ),
    Scenario(
        "both touched in one bar: the stop-loss is what happened",
        [START, CALM, (100, 111, 94, 108)],
        long(),
        [(1, 10, 100), (2, -10, 95)],
        LOST,
    ),
    Scenario("neither touched", [START, CALM, CALM], long(), [(1, 10, 100)], OPEN),
    # Exits in the bar of an entry at the open.
    Scenario(
        "entry at the open, stop-loss in the same bar",
        [START, (100, 103, 94, 97)],
        long(),
        [(1, 10, 100), (1, -10, 95)],
        LOST,
    ),
    Scenario(
        "entry at the open, take-profit in the same bar",
        [START, (100, 110, 97, 104)],
        long(),
        [(1, 10, 100), (1, -10, 110)],
        WON,
    ),
    Scenario(
        "entry at the open, both in the same bar: the stop-loss",
        [START, (100, 112, 93, 111)],
        long(),
        [(1, 10, 100), (1, -10, 95)],
        LOST,
    ),
    Scenario(
        "the open is beyond the stop-loss already: out where it came in",
        [START, (94, 94.5, 92, 93)],
        long(),
        [(1, 10, 94), (1, -10, 94)],
        LOST,
    ),
    Scenario(
        "the open is beyond the take-profit already: out where it came in",
        [START, (112, 114, 111, 113)],
        long(),
        [(1, 10, 112), (1, -10, 112)],
        WON,
    ),
    Scenario(
        "a limit entry with a better open is an entry at the open",
        [START, (97, 111, 96, 105)],
        long(limit=98),
        [(1, 10, 97), (1, -10, 110)],
        WON,
    ),
    Scenario(
        "a stop entry gapped through is an entry at the open",
        [START, (105, 111, 104, 108)],
        long(stop=103),
        [(1, 10, 105), (1, -10, 110)],
        WON,
    ),
    # Exits in the bar of an entry by stop.
    Scenario(
        "entry by stop, the price runs on to the take-profit",
        [START, (100, 112, 99, 105)],
        long(stop=103),
        [(1, 10, 103), (1, -10, 110)],
        WON,
    ),
    Scenario(
        "entry by stop, the low may have come before: against us",
        [START, (100, 104, 95, 104)],
        long(stop=103),
        [(1, 10, 103), (1, -10, 95)],
        LOST,
    ),
    Scenario(
        "entry by stop, both touched: the stop-loss",
        [START, (100, 112, 94, 108)],
        long(stop=103),
        [(1, 10, 103), (1, -10, 95)],
        LOST,
    ),
    Scenario(
        "entry by stop, neither touched",
        [START, (100, 104, 98, 103)],
        long(stop=103),
        [(1, 10, 103)],
        OPEN,
    ),
    Scenario(
        "entry by stop, below its stop-loss: out where it came in",
        [START, (100, 104, 99, 103)],
        [("bracket", 0, 10, {"stop": 103, "take_profit": 110, "stop_loss": 103.5})],
        [(1, 10, 103), (1, -10, 103)],
        LOST,
    ),
    Scenario(
        "entry by stop, above its take-profit: out where it came in",
        [START, (100, 104, 99, 103)],
        [("bracket", 0, 10, {"stop": 103, "take_profit": 102, "stop_loss": 95})],
        [(1, 10, 103), (1, -10, 103)],
        WON,
    ),
    # Exits in the bar of an entry by limit.
    Scenario(
        "entry by limit, neither touched",
        [START, (100, 101, 97, 99)],
        long(limit=98),
        [(1, 10, 98)],
        OPEN,
    ),
    Scenario(
        "entry by limit, the fall goes on to the stop-loss",
        [START, (100, 101, 94, 97)],
        long(limit=98),
        [(1, 10, 98), (1, -10, 95)],
        LOST,
    ),
    Scenario(
        "entry by limit, the high may have come before the entry",
        [START, (100, 111, 97, 105)],
        long(limit=98),
        [(1, 10, 98)],
        OPEN,
    ),
    Scenario(
        "entry by limit, the take-profit waits for the next bar",
        [START, (100, 111, 97, 105), (106, 110, 104, 107)],
        long(limit=98),
        [(1, 10, 98), (2, -10, 110)],
        WON,
    ),
    Scenario(
        "entry by limit, the close is beyond the take-profit",
        [START, (100, 113, 97, 112)],
        long(limit=98),
        [(1, 10, 98), (1, -10, 110)],
        WON,
    ),
    Scenario(
        "entry by limit, the close is the take-profit",
        [START, (100, 113, 97, 110)],
        long(limit=98),
        [(1, 10, 98), (1, -10, 110)],
        WON,
    ),
    Scenario(
        "entry by limit, stop-loss and a close beyond the take-profit: the stop-loss",
        [START, (100, 113, 95, 112)],
        long(limit=98),
        [(1, 10, 98), (1, -10, 95)],
        LOST,
    ),
    Scenario(
        "entry by limit, below its stop-loss: out where it came in",
        [START, (100, 101, 93, 99)],
        long(limit=94),
        [(1, 10, 94), (1, -10, 94)],
        LOST,
    ),
    Scenario(
        "entry by limit, above its take-profit: out where it came in",
        [START, (100, 101, 97, 97)],
        [("bracket", 0, 10, {"limit": 98, "take_profit": 97.5, "stop_loss": 95})],
        [(1, 10, 98), (1, -10, 98)],
        WON,
    ),
    Scenario(
        "entry by stop-limit that gapped past its limit is an entry by limit",
        [START, (106, 111, 104, 105)],
        long(stop=103, limit=104),
        [(1, 10, 104)],
        OPEN,
    ),
    # Entry at the close.
    Scenario(
        "entry at the close: exits begin with the next bar",
        [START, (100, 112, 94, 102), (102, 110, 101, 105)],
        long(tif="close"),
        [(1, 10, 102), (2, -10, 110)],
        WON,
    ),
    # Short.
    Scenario(
        "short: the take-profit",
        [START, CALM, (95, 96, 89, 92)],
        short(),
        [(1, -10, 100), (2, 10, 90)],
        WON,
    ),
    Scenario(
        "short: the stop-loss in the bar of the entry",
        [START, (100, 106, 89, 92)],
        short(),
        [(1, -10, 100), (1, 10, 105)],
        LOST,
    ),
    Scenario(
        "short: entry by limit, the close is the take-profit",
        [START, (100, 103, 88, 90)],
        short(limit=102),
        [(1, -10, 102), (1, 10, 90)],
        WON,
    ),
    Scenario(
        "short: entry by limit, the low may have come before the entry",
        [START, (100, 103, 88, 95)],
        short(limit=102),
        [(1, -10, 102)],
        OPEN,
    ),
    Scenario(
        "short: entry by stop, the price runs on to the take-profit",
        [START, (100, 101, 90, 95)],
        short(stop=97),
        [(1, -10, 97), (1, 10, 90)],
        WON,
    ),
    # How exits end.
    Scenario(
        "an entry that is never filled",
        [START, CALM],
        long(limit=96),
        [],
        [WAITING, WAITING, WAITING],
    ),
    Scenario(
        "a cancelled entry takes its exits along",
        [START, CALM, (95, 96, 94, 95)],
        {0: long(limit=96), 1: [("cancel", 0)]},
        [],
        [CANCELLED, ENTRY_ENDED, ENTRY_ENDED],
    ),
    Scenario(
        "an expired entry takes its exits along",
        [START, CALM, (95, 96, 94, 95)],
        long(limit=96, tif="day"),
        [],
        [EXPIRED, ENTRY_ENDED, ENTRY_ENDED],
    ),
    Scenario(
        "the time of the entry is not that of its exits",
        [START, CALM, CALM, (105, 110, 104, 108)],
        long(tif="day"),
        [(1, 10, 100), (3, -10, 110)],
        WON,
    ),
    Scenario(
        "a rejected entry takes its exits along",
        [START, START, CALM],
        {0: [("target_weight", 0, 1)], 1: long()},
        [(1, 100, 100)],
        [FILLED, NO_CASH, ENTRY_ENDED, ENTRY_ENDED],
    ),
    Scenario(  # 500 buy 5
        "exits are for what was filled",
        [START, CALM, (96, 97, 94, 95)],
        long(),
        [(1, 5, 100), (2, -5, 95)],
        [SCALED, ONE_FILLED, FILLED],
        cash=500.0,
    ),
    Scenario(
        "a position closed otherwise leaves nothing to reduce",
        [START, CALM, (102, 103, 101, 102), (105, 111, 104, 108)],
        {0: long(), 1: [("close_position", 0)]},
        [(1, 10, 100), (2, -10, 102)],
        [FILLED, NOTHING_TO_REDUCE, WAITING, FILLED],
    ),
    Scenario(
        "without its stop-loss the take-profit stands alone",
        [START, CALM, (98, 99, 94, 96), (105, 110, 104, 108)],
        {0: long(), 1: [("cancel", 2)]},
        [(1, 10, 100), (3, -10, 110)],
        [FILLED, FILLED, CANCELLED],
    ),
    Scenario(
        "a stop-loss replaced keeps its place: its fill cancels the take-profit",
        [START, CALM, (102, 103, 99, 100)],
        {0: long(), 1: [("replace", 2, -10, {"stop": 99})]},
        [(1, 10, 100), (2, -10, 99)],
        [FILLED, ONE_FILLED, REPLACED, FILLED],
    ),
    Scenario(
        "an entry replaced keeps its exits",
        [START, CALM, (99, 100, 97, 98), (96, 97, 95, 96)],
        {0: long(limit=96), 1: [("replace", 0, 5, {"limit": 98})]},
        [(2, 5, 98), (3, -5, 95)],
        [REPLACED, ONE_FILLED, FILLED, FILLED],
    ),
    Scenario(  # bought at 100 x 1.01; 110 is the limit; 95 x 0.99 in the second row
        "slippage stops at the take-profit",
        [START, CALM, (105, 111, 104, 108)],
        long(),
        [(1, 10, 101), (2, -10, 110)],
        WON,
        costs=SLIPPERY,
    ),
    Scenario(
        "slippage is paid on top of the stop-loss",
        [START, CALM, (98, 99, 95, 97)],
        long(),
        [(1, 10, 101), (2, -10, 94.05)],
        LOST,
        costs=SLIPPERY,
    ),
    Scenario(
        "same-close mode: a bracket belongs to the next bar",
        [START, CALM, (105, 111, 104, 108)],
        long(),
        [(1, 10, 100), (2, -10, 110)],
        WON,
        same_close=True,
    ),
]
