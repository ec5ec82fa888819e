"""One live forecast beside a bare call of the network: what cutting bars, features and scales cost on top."""

import time

import pytest
import torch

import quantlab as ql
from tests.benchmarks.timing import medians
from tests.naive import forecasting as naive

pytestmark = pytest.mark.benchmark

FOLDS = ql.WalkForward(train=300, test=200)
CALLS = 20


def times(work):
    return lambda: [work() for _ in range(CALLS)]


@pytest.mark.parametrize("n_symbols", [1, 5])
@pytest.mark.parametrize("kind", [ql.CNN1D, ql.LSTM, ql.PatchTST])
def test_one_forecast(kind, n_symbols):
    torch.set_num_threads(1)
    bars = naive.as_bars(naive.random_walk(450, n_symbols, seed=4))
    serving = ql.live(kind(epochs=1, device="cpu"), bars, FOLDS, store=False)
    network = serving.trained.trained.network
    window = torch.randn(n_symbols, serving.recipe.lookback, len(serving.recipe.inputs))
    recent = serving.reach.cut(bars, serving.known_bars)
    windows = serving._windows(recent)
    with torch.inference_mode():
        seconds = medians(
            15,
            clock=time.process_time,
            live=times(lambda: serving.forecast(bars)),
            bare=times(lambda: network(window)),
            features=times(lambda: serving._windows(recent)),
            network=times(lambda: serving.trained.predict(windows)),
        )
    live, bare, features, asked = (
        1e6 * seconds[name] / CALLS for name in ("live", "bare", "features", "network")
    )
    print(f"\nlive {kind.__name__}, {n_symbols} symbols: {live:,.0f} µs ({features:,.0f} for features,"
          f" {asked:,.0f} for the network), {live / bare:.1f} times a bare call of {bare:,.0f} µs")  # fmt: skip
