"""The orders that a strategy may give, as methods of `now`."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from quantlab.errors import OrderError
from quantlab.records import (
    RESTING,
    TARGET_QUANTITY,
    TARGET_VALUE,
    TARGET_WEIGHT,
    UNITS,
    VALUE,
)
from quantlab.trading.orders import PLAIN, OrderTerms, TimeInForce, has_price, order_terms
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.trading.broker import Broker


class NowOrders:
    """The part of `now` that takes orders.

    A plain order meets the market at the next open. With `limit`, `stop`, `trail` or `trail_fraction` it waits for a
    price from the next bar on; `tif` says how long it lives:

    =========  =========================================================================
    ``gtc``    good till cancelled
    ``day``    to the end of the session of the first bar it can meet
    ``ioc``    what the open of its first bar does not fill is cancelled
    ``fok``    all of it at the open of its first bar, or nothing
    ``open``   only in the open of its first bar
    ``close``  only in the close of its first bar
    =========  =========================================================================

    ``until=`` is good till date: nanoseconds UTC as `now.time` is, or a timestamp.
    """

    __slots__ = ()

    _broker: Broker
    _refusal: str
    n_symbols: int
    symbols: tuple[str, ...]

    if TYPE_CHECKING:

        @property
        def bar(self) -> int:
            """Number of the current bar."""

    def order(
        self,
        i: int,
        quantity: float,
        *,
        limit: float | None = None,
        stop: float | None = None,
        trail: float | None = None,
        trail_fraction: float | None = None,
        tif: TimeInForce = "gtc",
        until: Any = None,
        reduce_only: bool = False,
    ) -> int:
        """Buy (`quantity` > 0) or sell units of symbol `i`; return the order's id (−1: nothing to do).

        Parameters
        ----------
        limit
            Worst price. A purchase is filled at the open where that is at or below it, else at it when touched.
        stop
            Price that wakes the order: a purchase once the market trades at it or above. With `limit`, a limit order
            from then on.
        trail, trail_fraction
            A stop that follows the best price since the order was given, at a distance of price or a fraction of it.
        reduce_only
            Only bring the position nearer to zero.
        """
        terms = _terms(limit, stop, trail, trail_fraction, tif, until, reduce_only)
        return self._place(i, UNITS, quantity, terms)

    def order_value(
        self,
        i: int,
        value: float,
        *,
        limit: float | None = None,
        stop: float | None = None,
        trail: float | None = None,
        trail_fraction: float | None = None,
        tif: TimeInForce = "gtc",
        until: Any = None,
        reduce_only: bool = False,
    ) -> int:
        """Buy or sell `value` of money's worth, at the price at which it is filled; terms as in `order`."""
        terms = _terms(limit, stop, trail, trail_fraction, tif, until, reduce_only)
        return self._place(i, VALUE, value, terms)

    def target_quantity(self, i: int, quantity: float, *, tif: TimeInForce = "gtc", until: Any = None) -> int:
        """Trade to hold `quantity` units."""
        return self._place(i, TARGET_QUANTITY, quantity, _terms(tif=tif, until=until))

    def target_value(self, i: int, value: float, *, tif: TimeInForce = "gtc", until: Any = None) -> int:
        """Trade to hold `value` of money's worth."""
        return self._place(i, TARGET_VALUE, value, _terms(tif=tif, until=until))

    def target_weight(self, i: int, weight: float, *, tif: TimeInForce = "gtc", until: Any = None) -> int:
        """Trade to hold the fraction `weight` of equity (negative: short)."""
        return self._place(i, TARGET_WEIGHT, weight, _terms(tif=tif, until=until))

    def target_weights(self, weights: FloatArray) -> None:
        """Trade every symbol to its weight, ``(n_symbols,)``."""
        self._must_take_orders()
        aims = np.array(weights, np.float64)
        if aims.shape != (self.n_symbols,):
            raise OrderError(f"target_weights takes ({self.n_symbols},) weights, got shape {aims.shape}.")
        for i in np.flatnonzero(~np.isfinite(aims)):
            self._checked_amount(int(i), float(aims[i]))
        self._broker.place_all(self.bar, TARGET_WEIGHT, aims)

    def close_position(self, i: int) -> int:
        """Trade to hold nothing of symbol `i`; plain orders given beside it still add."""
        return self._place(i, TARGET_QUANTITY, 0.0, PLAIN)

    def bracket(
        self,
        i: int,
        quantity: float,
        *,
        take_profit: float,
        stop_loss: float,
        limit: float | None = None,
        stop: float | None = None,
        tif: TimeInForce = "gtc",
        until: Any = None,
    ) -> int:
        """Enter, and leave at a profit or at a loss; return the id of the entry (−1: nothing to do).

        The entry takes its terms as in `order`. What it fills is closed by a limit order at `take_profit` (id + 1) or a
        stop order at `stop_loss` (id + 2), whichever is filled first; they begin with the fill and are good till
        cancelled. Where one bar touches both, the stop is what happened.
        """
        entry_terms = order_terms(limit=limit, stop=stop, tif=tif, until=until)
        profit = order_terms(limit=take_profit, reduce_only=True)
        loss = order_terms(stop=stop_loss, reduce_only=True)
        i, quantity = self._checked(i), self._checked_amount(i, quantity)
        if quantity * (profit.limit - loss.stop) < 0.0:
            raise OrderError(
                f"bracket of {quantity!r} {self.symbols[i]} with take_profit={take_profit!r} and "
                f"stop_loss={stop_loss!r}: a purchase takes its profit above its stop, a sale below."
            )
        self._must_take_orders()
        entry = self._broker.place_ticket(self.bar, i, UNITS, quantity, entry_terms)
        if entry < 0:
            return -1
        exits = [self._broker.place_ticket(self.bar, i, UNITS, -quantity, terms) for terms in (profit, loss)]
        self._broker.bind(entry, *exits)
        return entry

    def cancel(self, order: int) -> bool:
        """Withdraw an order, and exits that wait for it; return whether it was resting."""
        self._must_take_orders()
        return self._broker.cancel(self._checked_order(order))

    def replace(
        self,
        order: int,
        quantity: float,
        *,
        limit: float | None = None,
        stop: float | None = None,
        trail: float | None = None,
        trail_fraction: float | None = None,
        tif: TimeInForce = "gtc",
        until: Any = None,
    ) -> int:
        """Put another amount and other terms in the place of a resting order; return the new id.

        `quantity` is in what the order counts: units, money, or weight, and on the same side. Ties to other orders go
        on, as does `reduce_only`. Returns −1 and does nothing where the order no longer rests.
        """
        self._must_take_orders()
        terms = order_terms(
            limit=limit, stop=stop, trail=trail, trail_fraction=trail_fraction, tif=tif, until=until
        )
        order = self._checked_order(order)
        old = self._broker.order(order)
        if old["status"] != RESTING:
            return -1
        i, kind = int(old["symbol"]), int(old["kind"])
        amount = self._checked_amount(i, quantity)
        if amount == 0.0:
            raise OrderError(f"replace({order}, 0): withdraw it with now.cancel({order}).")
        if kind >= TARGET_QUANTITY and has_price(terms):
            raise OrderError(
                f"replace({order}, …) at bar {self.bar}: a target takes no prices, tif= and until= only."
            )
        if amount * self._broker.side_of(order) < 0.0:
            buys, its_side = ("buys", "above") if amount < 0.0 else ("sells", "below")
            raise OrderError(
                f"replace({order}, {amount!r}) at bar {self.bar}: the order {buys} {self.symbols[i]}; give a quantity "
                f"{its_side} zero, or cancel it and place another."
            )
        successor = self._broker.place_ticket(self.bar, i, kind, amount, terms)
        self._broker.succeed(order, successor)
        return successor

    def one_cancels_other(self, order: int, other: int) -> None:
        """Let the fill of either of two orders cancel the other.

        Raises
        ------
        OrderError
            If one of them is a plain market order, which does not rest, or is tied already.
        """
        self._must_take_orders()
        pair = self._checked_order(order), self._checked_order(other)
        if not self._broker.tie(*pair):
            raise OrderError(
                f"one_cancels_other{pair} at bar {self.bar}: give two orders that are not tied to another yet, each "
                f"with a limit, a stop or a tif."
            )

    # Inside -------------------------------------------------------------------------------------------------

    def _place(self, i: int, kind: int, amount: float, terms: OrderTerms) -> int:
        self._must_take_orders()
        asked = self.bar, self._checked(i), kind, self._checked_amount(i, amount)
        if terms is PLAIN:
            return max(self._broker.place(*asked), -1)
        return max(self._broker.place_ticket(*asked, terms), -1)

    def _must_take_orders(self) -> None:
        if self._refusal:
            raise OrderError(f"An order here has no meaning: {self._refusal}.")

    def _checked(self, i: Any) -> int:
        if isinstance(i, str):
            raise OrderError(f"symbol {i!r} at bar {self.bar}: symbols go by number, now.index({i!r}).")
        try:
            i = operator.index(i)
        except TypeError:
            raise OrderError(f"symbol {i!r} at bar {self.bar}: symbols go by whole number, from 0.") from None
        if not -self.n_symbols <= i < self.n_symbols:
            raise IndexError(f"symbol {i} at bar {self.bar}: there are {self.n_symbols}, numbered from 0.")
        return int(i % self.n_symbols)

    def _checked_amount(self, i: int, amount: Any) -> float:
        try:
            number = float(amount)
        except (TypeError, ValueError):
            number = math.inf
        if not math.isfinite(number):
            not_ready = "an input that is not ready reads NaN; ask now.ready[i] first"
            remedy = not_ready if math.isnan(number) else "give a finite number"
            raise OrderError(
                f"An order of {amount!r} for {self.symbols[i]} at bar {self.bar} has no meaning: {remedy}."
            )
        return number

    def _checked_order(self, order: Any) -> int:
        try:
            number = operator.index(order)
        except TypeError:
            number = -1
        if not 0 <= number < self._broker.n_orders:
            raise OrderError(
                f"order {order!r} at bar {self.bar}: there are {self._broker.n_orders}, numbered from 0; "
                f"keep what now.order(…) returns."
            )
        return int(number)


def _terms(
    limit: float | None = None,
    stop: float | None = None,
    trail: float | None = None,
    trail_fraction: float | None = None,
    tif: str = "gtc",
    until: Any = None,
    reduce_only: bool = False,
) -> OrderTerms:
    """Return checked terms, `PLAIN` itself for those of a plain order: most orders are."""
    if limit is stop is trail is trail_fraction is until is None and tif == "gtc" and not reduce_only:
        return PLAIN
    return order_terms(
        limit=limit,
        stop=stop,
        trail=trail,
        trail_fraction=trail_fraction,
        tif=tif,
        until=until,
        reduce_only=reduce_only,
    )
