"""Training, the first forecast and every later one beside NeuralForecast: the same LSTM, in turn, on one thread.

NeuralForecast brings ray and Lightning, so it wants an environment of its own: ``pip install neuralforecast`` beside
quantlab there, then ``python -m pytest -m benchmark -s tests/benchmarks/test_neuralforecast.py``.
"""

import importlib.util
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

import quantlab as ql
from quantlab.forecasting.trained_network import train_network
from quantlab.forecasting.windows import TrainingWindow, Windows
from tests.benchmarks import neuralforecast_peer as peer
from tests.benchmarks.timing import medians
from tests.naive import forecasting as naive

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.skipif(
        importlib.util.find_spec("neuralforecast") is None, reason="NeuralForecast is missing"
    ),
    pytest.mark.filterwarnings("ignore"),
]

N_ROWS, EPOCHS = 2_000, 3


def training_window():
    """Every window of as many rows and inputs as NeuralForecast sees."""
    features = np.random.default_rng(0).normal(size=(peer.N_SYMBOLS, N_ROWS, 6))
    rows, symbols = np.meshgrid(
        np.arange(peer.LOOKBACK - 1, N_ROWS), np.arange(peer.N_SYMBOLS), indexing="ij"
    )
    learn = Windows(features, peer.LOOKBACK, symbols.ravel(), rows.ravel())
    nothing = Windows(features, peer.LOOKBACK, np.empty(0, np.int64), np.empty(0, np.int64))
    labels = 0.01 * np.random.default_rng(1).normal(size=(len(learn), 1))
    return TrainingWindow(learn, labels, nothing, labels[:0])


def test_training():
    torch.set_num_threads(1)
    window, ours = training_window(), peer.recipe(EPOCHS)
    frame = peer.frame_of(naive.random_walk(N_ROWS + 1, peer.N_SYMBOLS, seed=4)["close"])
    steps = EPOCHS * -(-len(window.learn) // peer.BATCH)
    seconds = medians(
        3,
        clock=time.process_time,
        ours=lambda: train_network(ours, window, 0),
        theirs=lambda: peer.peer(steps).fit(frame),
        one_step=lambda: peer.peer(1).fit(frame),
    )
    mine = EPOCHS * len(window.learn) / seconds["ours"]
    whole = peer.BATCH * steps / seconds["theirs"]
    bare = peer.BATCH * (steps - 1) / (seconds["theirs"] - seconds["one_step"])
    print(f"\ntraining an LSTM of {peer.HIDDEN}: {mine:,.0f} windows/s, NeuralForecast {bare:,.0f} without and"
          f" {whole:,.0f} with its set-up:"
          f" {mine / bare:.2f} and {mine / whole:.2f} times as fast (to reach: 2)")  # fmt: skip


def test_every_later_forecast():
    torch.set_num_threads(1)
    arrays = naive.random_walk(801, peer.N_SYMBOLS, seed=4)
    bars = naive.as_bars(arrays)
    serving = ql.live(peer.recipe(1), bars, ql.WalkForward(train=600, test=400), store=False)
    theirs = peer.peer(2)
    theirs.fit(peer.frame_of(arrays["close"]))
    seconds = medians(
        15,
        clock=time.process_time,
        ours=lambda: [serving.forecast(bars) for _ in range(20)],
        theirs=theirs.predict,
    )
    ours = seconds["ours"] / 20
    print(f"\none forecast of {peer.N_SYMBOLS} symbols, features included: {1e6 * ours:,.0f} µs,"
          f" NeuralForecast's predict() {1e6 * seconds['theirs']:,.0f} µs:"
          f" {seconds['theirs'] / ours:,.0f} times as fast")  # fmt: skip


OURS = """
import sys
import torch
torch.set_num_threads(1)
import quantlab as ql
from tests.benchmarks import neuralforecast_peer as peer
from tests.naive import forecasting as naive
bars = naive.as_bars(naive.random_walk(801, peer.N_SYMBOLS, seed=4))
serving = ql.live(peer.recipe(1), bars, ql.WalkForward(train=600, test=400), store=sys.argv[1])
assert serving.forecast(bars).known.all()
"""

THEIRS = """
import sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from tests.benchmarks import neuralforecast_peer as peer
from tests.naive import forecasting as naive
if Path(sys.argv[1]).exists():
    from neuralforecast import NeuralForecast
    ready = NeuralForecast.load(sys.argv[1])
else:
    ready = peer.peer(8)
    ready.fit(peer.frame_of(naive.random_walk(801, peer.N_SYMBOLS, seed=4)["close"]))
    if sys.argv[2] == "keep":
        ready.save(sys.argv[1])
assert len(ready.predict()) == peer.N_SYMBOLS
"""


def run(code, *words):
    return lambda: subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True)


def test_the_first_forecast_of_a_process(tmp_path):
    """Eight steps of training for both, or weights that lie on the disk; import and everything else included."""
    kept = tmp_path / "weights"
    kept.mkdir()
    run(OURS, str(kept / "ours"))()
    run(THEIRS, str(kept / "theirs"), "keep")()
    fresh = iter(range(1_000))
    seconds = medians(
        2,
        ours=lambda: run(OURS, str(tmp_path / f"fresh{next(fresh)}"))(),
        theirs=run(THEIRS, str(tmp_path / "none"), "forget"),
        ours_kept=run(OURS, str(kept / "ours")),
        theirs_kept=run(THEIRS, str(kept / "theirs"), "keep"),
    )
    for name, word in (("", "trained"), ("_kept", "weights read")):
        ours, theirs = seconds[f"ours{name}"], seconds[f"theirs{name}"]
        print(f"\nfirst forecast of a process, {word}: {ours:.2f} s, NeuralForecast {theirs:.2f} s:"
              f" {theirs / ours:.1f} times as soon (to reach: 5)")  # fmt: skip
