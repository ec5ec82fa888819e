"""What may not take the place of an order, and that nothing is lost when it tries."""

import numpy as np
import pytest

import quantlab as ql
from quantlab.errors import OrderError

ENGINES = ("python", "compiled")


class Replacing(ql.Strategy):
    """One resting order of some kind, replaced at the second close."""

    kind: int = ql.param(default=0, low=0, high=9)
    again: float = ql.param(default=-5.0, low=-1e6, high=1e6)

    def on_bar(self, now):
        if now.bar == 0:
            if self.kind == 0:
                now.order(0, 10.0, limit=90.0)
            elif self.kind == 1:
                now.order_value(0, -1_000.0, limit=110.0)
            elif self.kind == 2:
                now.bracket(0, 10.0, limit=90.0, take_profit=110.0, stop_loss=80.0)
            elif self.kind == 3:
                now.target_quantity(0, 10.0, tif="close")
        if now.bar == 1:
            if self.kind == 2:
                now.replace(2, self.again, stop=70.0)
            else:
                now.replace(0, self.again, limit=95.0)


def run(engine, latency=0, **params):
    bars = ql.Bars.from_arrays(
        time=np.datetime64("2024-01-01") + np.arange(4),
        symbols=["A"],
        **dict.fromkeys(("open", "high", "low", "close"), np.full((4, 1), 100.0)),
    )
    return ql.backtest(Replacing(**params), bars, engine=engine, execution=ql.Execution(latency=latency))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("kind", "again", "told"),
    [
        (0, -5.0, r"replace\(0, -5.0\) at bar 1: the order buys A; give a quantity above zero"),
        (1, 500.0, r"replace\(0, 500.0\) at bar 1: the order sells A; give a quantity below zero"),
        (2, 10.0, r"replace\(2, 10.0\) at bar 1: the order sells A"),
        (0, 0.0, r"replace\(0, 0\): withdraw it with now.cancel\(0\)"),
    ],
)
def test_another_side_is_refused(engine, kind, again, told):
    with pytest.raises(OrderError, match=told):
        run(engine, kind=kind, again=again)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_target_takes_no_price(engine):
    with pytest.raises(OrderError, match="a target takes no prices"):
        run(engine, latency=2, kind=3, again=5.0)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_side_may_take_its_place(engine):
    orders = run(engine, kind=2, again=-10.0).orders
    assert orders["status"].tolist() == ["unfilled_at_end", "unfilled_at_end", "replaced", "unfilled_at_end"]
    assert orders["stop"].tolist()[3] == 70.0
