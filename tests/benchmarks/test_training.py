"""Training and forecasting beside a bare loop of torch, in one process, in turn, on one thread."""

import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from quantlab.forecasting.networks.cnn1d import CNN1D
from quantlab.forecasting.networks.parts import RisingQuantiles
from quantlab.forecasting.trained_network import stretches, train_network
from quantlab.forecasting.windows import TrainingWindow, Windows
from tests.benchmarks.timing import medians

pytestmark = pytest.mark.benchmark

N_SYMBOLS, N_ROWS, N_FEATURES, LOOKBACK = 5, 2_000, 6, 32
RECIPE = CNN1D(lookback=LOOKBACK, epochs=3)


def windows_of(n_rows=N_ROWS, n_symbols=N_SYMBOLS, seed=0):
    features = np.random.default_rng(seed).normal(size=(n_symbols, n_rows, N_FEATURES))
    rows, symbols = np.meshgrid(np.arange(LOOKBACK - 1, n_rows), np.arange(n_symbols), indexing="ij")
    return Windows(features, LOOKBACK, symbols.ravel(), rows.ravel())


def training_window(n_symbols=N_SYMBOLS, n_rows=N_ROWS):
    learn = windows_of(n_rows, n_symbols)
    nothing = Windows(learn.features, LOOKBACK, np.empty(0, np.int64), np.empty(0, np.int64))
    labels = 0.01 * np.random.default_rng(1).normal(size=(len(learn), 1))
    return TrainingWindow(learn, labels, nothing, labels[:0])


def bare_training(view, starts, labels, levels):
    """The least that trains the same network on the same windows."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(RECIPE.network(N_FEATURES), RisingQuantiles(1, RECIPE.levels))
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)
    for _ in range(RECIPE.epochs):
        for which in torch.randperm(len(starts)).split(RECIPE.batch):
            error = labels[which].unsqueeze(-1) - network(view[starts[which]])
            loss = torch.maximum(levels * error, (levels - 1.0) * error).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()


@torch.inference_mode()
def bare_forecasts(network, view, starts):
    return torch.cat([network(view[starts[i : i + 256]]) for i in range(0, len(starts), 256)]).numpy()


def test_training_beside_a_bare_loop():
    torch.set_num_threads(1)
    window = training_window()
    scaler = train_network(RECIPE, window, 0).scaler
    view, starts = stretches(scaler, window.learn, "cpu"), torch.from_numpy(window.learn.starts)
    labels, levels = torch.from_numpy(100 * window.learn_labels).float(), torch.tensor(RECIPE.levels)
    seconds = medians(
        5,
        clock=time.process_time,
        ours=lambda: train_network(RECIPE, window, 0),
        bare=lambda: bare_training(view, starts, labels, levels),
    )
    rate = RECIPE.epochs * len(starts) / seconds["ours"]
    print(f"\ntraining CNN1D: {rate:,.0f} windows/s,"
          f" {seconds['bare'] / seconds['ours']:.2f} of a bare loop (to reach: 0.8)")  # fmt: skip


@pytest.mark.parametrize("loss", ["ic", "decision", "student", "mse"])
def test_losses_beside_the_quantile_loss(loss):
    window, recipe = training_window(), CNN1D(lookback=LOOKBACK, epochs=3, loss=loss)
    seconds = medians(
        3,
        clock=time.process_time,
        ours=lambda: train_network(recipe, window, 0),
        pinball=lambda: train_network(RECIPE, window, 0),
    )
    print(f"\ntraining on {loss}: {seconds['ours'] / seconds['pinball']:.2f} of the time of pinball")


@pytest.mark.parametrize("n_symbols", [5, 100])
def test_symbols_together_beside_pooled(n_symbols):
    window = training_window(n_symbols, 10_000 // n_symbols)
    both = {name: CNN1D(lookback=LOOKBACK, epochs=3, symbols=name) for name in ("pooled", "together")}
    trained = {name: train_network(recipe, window, 0) for name, recipe in both.items()}
    for verb, per_window, do in (
        ("training", RECIPE.epochs, lambda name: train_network(both[name], window, 0)),
        ("forecasts", 1, lambda name: trained[name].predict(window.learn)),
    ):
        seconds = medians(
            3,
            clock=time.process_time,
            together=lambda do=do: do("together"),
            pooled=lambda do=do: do("pooled"),
        )
        print(f"\n{verb} of {n_symbols} symbols together: {per_window * len(window.learn) / seconds['together']:,.0f}"
              f" windows/s, {seconds['together'] / seconds['pooled']:.2f} of the time of pooled")  # fmt: skip


def test_bfloat16_beside_float32():
    window, recipe = training_window(), CNN1D(lookback=LOOKBACK, epochs=3, precision="bfloat16")
    seconds = medians(
        3,
        clock=time.process_time,
        half=lambda: train_network(recipe, window, 0),
        full=lambda: train_network(RECIPE, window, 0),
    )
    print(
        f"\ntraining CNN1D in bfloat16: {seconds['full'] / seconds['half']:.2f} times as fast as in float32"
    )


def test_forecasts_beside_a_bare_loop():
    torch.set_num_threads(1)
    trained, asked = train_network(RECIPE, training_window(), 0), windows_of(8_000)
    view, starts = stretches(trained.scaler, asked, "cpu"), torch.from_numpy(asked.starts)
    seconds = medians(
        5,
        clock=time.process_time,
        ours=lambda: trained.predict(asked),
        bare=lambda: bare_forecasts(trained.network, view, starts),
    )
    print(f"\nforecasts of CNN1D: {len(starts) / seconds['ours']:,.0f} windows/s,"
          f" {seconds['bare'] / seconds['ours']:.2f} of a bare batched loop (to reach: 0.8)")  # fmt: skip


MEMORY = """
import resource, sys
from tests.benchmarks import test_training as here
here.torch.set_num_threads(1)
small = here.windows_of(400)
trained = here.train_network(here.RECIPE, here.training_window(), 0)
trained.predict(small)
asked = here.windows_of(100_000, 10)
with open("/proc/self/statm") as told:
    before = int(told.read().split()[1]) * resource.getpagesize() / 1024
trained.predict(asked)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) * 1024 / asked.features.nbytes)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_peak_memory_of_forecasting():
    """The forecasts themselves are seven levels of eight bytes for six features of eight bytes."""
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    print(f"\nforecasting 1,000,000 windows: {float(done.stdout):.2f} times the raw series on top of it,"
          " the forecasts included (to stay below: 3)")  # fmt: skip
