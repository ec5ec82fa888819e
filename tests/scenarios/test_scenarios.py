"""Every row of every table, by the plain-Python specification and by both engines."""

import numpy as np
import pytest

import quantlab as ql
from tests.naive import orders as naive
from tests.scenarios import (
    brackets,
    changed_orders,
    latency,
    limit_orders,
    linked_orders,
    market_orders,
    participation,
    reducing_orders,
    stop_limit_orders,
    stop_orders,
    times_in_force,
    trailing_orders,
)
from tests.scenarios.tabled import Tabled, bars_of

TABLES = (
    market_orders,
    limit_orders,
    stop_orders,
    stop_limit_orders,
    trailing_orders,
    times_in_force,
    brackets,
    linked_orders,
    changed_orders,
    reducing_orders,
    participation,
    latency,
)
CASES = [
    pytest.param(row, id=f"{table.__name__.rpartition('.')[2]}: {row.why}")
    for table in TABLES
    for row in table.ROWS
]


def assert_fills(fills, expected):
    assert [(bar, quantity) for bar, quantity, _ in fills] == [
        (bar, pytest.approx(quantity, rel=1e-12)) for bar, quantity, _ in expected
    ]
    assert [price for *_, price in fills] == pytest.approx([price for *_, price in expected], rel=1e-12)


@pytest.mark.parametrize("row", CASES)
def test_the_specification_does_what_the_table_says(row):
    columns = [row.panel(place) for place in range(4)]
    _, fills, orders = naive.run(*columns, row.panel(4), row.calls, **row.terms)
    assert_fills([(f["bar"], f["quantity"], f["price"]) for f in fills], row.fills)
    assert [(o["status"], o["reason"]) for o in orders] == row.outcomes


@pytest.mark.parametrize("engine", ["python", "compiled"])
@pytest.mark.parametrize("row", CASES)
def test_the_engines_do_what_the_table_says(row, engine):
    terms = dict(row.terms)
    given = {name: terms[name] for name in ("participation", "latency") if name in terms}
    result = ql.backtest(
        Tabled(),
        bars_of(row),
        engine=engine,
        cash=terms["cash"],
        costs=terms["costs"],
        account=ql.Account(leverage=terms.get("leverage", 1.0), whole_units=terms.get("whole", False)),
        execution=ql.Execution(fill="same_close" if terms.get("same_close") else "next_open", **given),
    )
    fills = result.fills[["bar", "quantity", "price"]].itertuples(index=False, name=None)
    assert_fills(list(fills), row.fills)
    orders = result.orders[["status", "reason"]].itertuples(index=False, name=None)
    assert list(orders) == row.outcomes
    for order in result.orders.itertuples():
        moved = result.fills.loc[result.fills["order_id"] == order.id, "quantity"].sum()
        assert order.filled_quantity == pytest.approx(np.float64(moved), rel=1e-12)
