"""One row of a scenario table: some bars, what was called, and what must come of it."""

from quantlab.trading.costs import Costs

START = (100, 100, 100, 100)
"""The bar on which most rows decide: everything at 100."""
SLIPPERY = Costs(slippage=0.01)


class Scenario:
    """`calls` in `bars` lead to `fills` and `outcomes`; `why` says what the row is about.

    Parameters
    ----------
    bars
        (open, high, low, close) or (open, high, low, close, volume) of symbol 0, None where the bar is absent.
    calls
        A list of calls at the close of bar 0, or a dict from bar to such lists; a call is a name of `now`'s with its
        arguments and a dict of its keywords. `until` is a bar.
    fills
        (bar, quantity, price), in their sequence.
    outcomes
        (status, reason) of every order, in the sequence of placing.
    beside
        Bars of symbol 1.
    terms
        cash, costs, leverage, whole, same_close, participation, latency, session, ends.
    """

    def __init__(self, why, bars, calls, fills, outcomes, *, beside=None, **terms):
        self.why = why
        self.columns = [bars] if beside is None else [bars, beside]
        self.calls = calls if isinstance(calls, dict) else {0: calls}
        self.fills, self.outcomes = fills, outcomes
        self.terms = {"cash": 10_000.0, "costs": Costs(), **terms}

    def __repr__(self):
        return self.why

    def panel(self, place, absent=None):
        """Lists (bars x symbols) of one field: 0 open … 4 volume (1,000 where the row does not say)."""
        return [
            [absent if bar is None else (*bar, 1_000)[place] for bar in row]
            for row in zip(*self.columns, strict=True)
        ]


FILLED = ("filled", "")
WAITING = ("unfilled_at_end", "")
EXPIRED = ("expired", "expired")
NOT_FULL = ("expired", "not_full")
CANCELLED = ("cancelled", "cancelled")
ONE_FILLED = ("cancelled", "one_filled")
ENTRY_ENDED = ("cancelled", "entry_ended")
NOTHING_TO_REDUCE = ("cancelled", "nothing_to_reduce")
REPLACED = ("replaced", "")
SCALED = ("filled", "scaled_to_cash")
NO_CASH = ("rejected", "no_cash")
