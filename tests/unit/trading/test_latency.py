"""A strategy that asks until it sees its position, with orders that take bars to reach the market."""

import numpy as np
import pytest

import quantlab as ql

CLOSES = [10, 10, 10, 11, 12, 13, 14, 13, 12, 11, 10, 9, 8, 7]
OPENS = [10.25, 10.25, 10.25, 10.5, 11.25, 12.5, 13.25, 13.75, 12.25, 11.75, 10.75, 9.5, 8.75, 7.5]


class Crossing(ql.Strategy):
    """Hold while the average of two closes is above that of three: so it is at the closes 3 to 7."""

    fast_ma = ql.feature("sma", lookback=2)
    slow_ma = ql.feature("sma", lookback=3)

    def on_bar(self, now):
        for i in range(now.n_symbols):
            if now[self.fast_ma, i] > now[self.slow_ma, i]:
                if now.position[i] == 0.0:
                    now.target_weight(i, 1.0 / now.n_symbols)
            elif now.position[i] > 0.0:
                now.target_weight(i, 0.0)


@pytest.mark.parametrize("engine", ["python", "compiled"])
@pytest.mark.parametrize("latency", [0, 1, 2, 3])
def test_what_is_asked_anew_is_filled_when_its_signal_arrives(engine, latency):
    close, opens = (np.array(prices, float)[:, None] for prices in (CLOSES, OPENS))
    bars = ql.Bars.from_arrays(
        time=np.datetime64("2024-01-01") + np.arange(len(CLOSES)),
        symbols=["A"],
        open=opens,
        high=np.maximum(opens, close),
        low=np.minimum(opens, close),
        close=close,
    )
    result = ql.backtest(
        Crossing(), bars, cash=1_000.0, engine=engine, execution=ql.Execution(latency=latency)
    )
    bought, sold = 4 + latency, 9 + latency  # without latency: the opens after the closes 3 and 8
    units = 1_000.0 / OPENS[bought]
    fills = result.fills[["bar", "quantity", "price"]].to_numpy()
    assert fills == pytest.approx(np.array([[bought, units, OPENS[bought]], [sold, -units, OPENS[sold]]]))
    # What was asked on the way finds its aim reached, or has not arrived when the bars end.
    orders = result.orders
    assert orders["bar"].tolist() == [*range(3, 4 + latency), *range(8, 9 + latency)]
    assert set(orders["status"]) <= {"filled", "unfilled_at_end"}
