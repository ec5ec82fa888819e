"""Every network: shapes, seeds, states, windows that stand alone, and its formulas against plain Python."""

from __future__ import annotations

import dataclasses
import math
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from torch import nn

from quantlab.errors import ForecastError
from quantlab.forecasting.networks.blocks.attention import SelfAttention, Waves
from quantlab.forecasting.networks.blocks.causal import CausalConv
from quantlab.forecasting.networks.blocks.hierarchy import interpolation
from quantlab.forecasting.networks.blocks.lines import DecomposedLine, LastValueLine, MovingAverage
from quantlab.forecasting.networks.blocks.mixing import MixFeatures, MixTime
from quantlab.forecasting.networks.blocks.patches import Patches
from quantlab.forecasting.networks.dlinear import DLinear
from quantlab.forecasting.networks.gru import GRU
from quantlab.forecasting.networks.lstm import LSTM
from quantlab.forecasting.networks.mlp import MLP
from quantlab.forecasting.networks.nhits import NHITS
from quantlab.forecasting.networks.patchtst import PatchTST
from quantlab.forecasting.networks.tcn import TCN
from quantlab.forecasting.networks.transformer import Transformer
from quantlab.forecasting.networks.tsmixer import TSMixer
from quantlab.forecasting.trained_network import BATCH
from quantlab.forecasting.windows import TrainingWindow, Windows
from tests.naive import networks as naive
from tests.unit.forecasting.networks import NETWORKS, small

NEW = NETWORKS[1:]
NAMES = {kind.__name__: kind for kind in NETWORKS}


@pytest.fixture(autouse=True)
def _drawn_alike():
    """The same weights and windows every time."""
    torch.manual_seed(0)


def windows_of(n_symbols=3, n_rows=120, n_features=2, lookback=8, seed=0):
    """Every complete window of random features."""
    features = np.random.default_rng(seed).normal(size=(n_symbols, n_rows, n_features))
    rows, symbols = np.meshgrid(np.arange(lookback - 1, n_rows), np.arange(n_symbols), indexing="ij")
    return Windows(features, lookback, symbols.ravel(), rows.ravel())


def training_window(n_horizons=1, lookback=8, n_features=2):
    """Windows whose label is a little of their newest feature."""
    parts = [windows_of(n_features=n_features, lookback=lookback, seed=seed) for seed in (1, 2)]
    rng = np.random.default_rng(3)
    labels = [
        0.01 * np.column_stack([each.now()[:, 0] + rng.normal(size=len(each))] * n_horizons) for each in parts
    ]
    return TrainingWindow(parts[0], labels[0], parts[1], labels[1])


def some_of(windows, which):
    """Those windows and no others."""
    return dataclasses.replace(windows, symbols=windows.symbols[which], rows=windows.rows[which])


def weights_of(layer):
    """Weight and bias of a layer as lists."""
    return layer.weight.detach().tolist(), layer.bias.detach().tolist()


@pytest.fixture(scope="module")
def trained():
    """Each network, trained once."""
    window = training_window()
    return {kind: small(kind).train(window, seed=1) for kind in NETWORKS}


@pytest.mark.parametrize("kind", NEW)
@pytest.mark.parametrize(
    ("horizon", "levels", "n_features", "lookback"),
    [(1, (0.5,), 1, 8), ((1, 5, 20), (0.1, 0.5, 0.9), 6, 32), (5, (0.25, 0.5, 0.75), 3, 37)],
)
def test_a_network_gives_a_number_for_every_horizon_and_level(kind, horizon, levels, n_features, lookback):
    recipe = small(kind, horizon=horizon, levels=levels, lookback=lookback)
    network = recipe.network(n_features)
    assert network(torch.randn(7, lookback, n_features)).shape == (7, len(recipe.horizons) * len(levels))


def test_networks_are_declared_without_torch():
    code = (
        "import sys\nfrom tests.unit.forecasting.networks import NETWORKS, small\n"
        "[repr(small(kind)) for kind in NETWORKS]\nsys.exit('torch' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("kind", NEW)
@pytest.mark.parametrize("loss", ["mse", "gaussian", "student", "ic"])
def test_every_network_gives_what_its_loss_wants(kind, loss):
    told = small(kind, loss=loss, horizon=(1, 5), epochs=1).train(training_window(n_horizons=2))
    assert np.isfinite(told.predict(windows_of())).all()


@pytest.mark.parametrize("kind", NEW)
def test_every_weight_is_learnt_from(kind):
    recipe = small(kind, horizon=(1, 5))
    network = recipe.network(2)
    network(torch.randn(64, 8, 2)).square().sum().backward()
    assert all(weight.grad is not None for weight in network.parameters())


@pytest.mark.parametrize("kind", NEW)
def test_defaults_are_small(kind):
    recipe = kind()
    n_weights = sum(weight.numel() for weight in recipe.network(len(recipe.inputs)).parameters())
    assert 1_000 <= n_weights <= 20_000


@pytest.mark.parametrize("kind", NEW)
def test_nothing_in_a_network_remembers_a_batch(kind):
    network = kind().network(6)
    assert not any(isinstance(each, nn.modules.batchnorm._NormBase) for each in network.modules())


@pytest.mark.parametrize("kind", NEW)
def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not(kind, trained):
    asked, window = windows_of(seed=7), training_window()
    told = trained[kind].predict(asked)
    np.testing.assert_array_equal(small(kind).train(window, seed=1).predict(asked), told)
    assert not np.array_equal(small(kind).train(window, seed=2).predict(asked), told)


@pytest.mark.parametrize("kind", NEW)
def test_a_trained_network_comes_back_from_its_state(kind, trained):
    asked, state = windows_of(seed=9), trained[kind].state()
    kept = {name: np.array(value) for name, value in state.items()}
    np.testing.assert_array_equal(small(kind).restore(kept).predict(asked), trained[kind].predict(asked))


@pytest.mark.parametrize("kind", NEW)
def test_a_forecast_depends_on_its_window_alone(kind, trained):
    asked = windows_of(seed=7)
    whole = trained[kind].predict(asked)
    turned = np.random.default_rng(0).permutation(len(asked))
    np.testing.assert_array_equal(trained[kind].predict(some_of(asked, turned)), whole[turned])
    for which in (np.array([5]), np.array([5, 5, 200]), np.arange(BATCH + 1)):
        np.testing.assert_array_equal(trained[kind].predict(some_of(asked, which)), whole[which])
    other = dataclasses.replace(asked, features=asked.features.copy())
    other.features[1:] = 99.0  # all other symbols
    mine = asked.symbols == 0
    np.testing.assert_array_equal(trained[kind].predict(other)[mine], whole[mine])


@pytest.mark.parametrize("kind", [each for each in NEW if hasattr(each, "dropout")])
def test_dropout_is_off_when_forecasting(kind):
    given, asked = small(kind, dropout=0.9).train(training_window()), windows_of(seed=9)
    np.testing.assert_array_equal(given.predict(asked), given.predict(asked))


@pytest.mark.parametrize("kind", NEW)
def test_networks_print_as_the_code_that_makes_them(kind):
    for recipe in (kind(), small(kind, horizon=(1, 5), levels=(0.1, 0.5, 0.9))):
        assert eval(repr(recipe), NAMES) == recipe
        assert hash(eval(repr(recipe), NAMES)) == hash(recipe)


@pytest.mark.parametrize("kind", NEW)
def test_code_that_shapes_a_network_is_part_of_its_key(kind):
    for module in kind.taught_by:
        assert find_spec(module) is not None, module
    recipe = small(kind)
    used = {type(each).__module__ for each in recipe.network(2).modules()}
    assert {each for each in used if each.startswith("quantlab.")} <= {*kind.taught_by, kind.__module__}


@pytest.mark.parametrize(
    ("kind", "wrong", "advice"),
    [
        (MLP, {"hidden": ()}, r"hidden=\(\).*one a layer"),
        (MLP, {"hidden": 32}, r"hidden=32.*tuple of whole numbers"),
        (MLP, {"hidden": (8, 0)}, r"hidden=0.*at least 1"),
        (LSTM, {"hidden": 0}, r"LSTM\(hidden=0\).*at least 1"),
        (GRU, {"layers": 1.5}, r"GRU\(layers=1.5\).*at least 1"),
        (TCN, {"channels": (True,)}, r"channels=True.*at least 1"),
        (TCN, {"kernel": 0}, r"kernel=0.*at least 1"),
        (DLinear, {"span": 4}, r"span=4.*odd number of bars; give 5"),
        (DLinear, {"span": 0}, r"span=0.*at least 1"),
        (NHITS, {"pools": (2, 1)}, r"pools=\(2, 1\), every=\(8, 4, 1\).*as many"),
        (NHITS, {"lookback": 4}, r"lookback=4.*pools up to 4"),
        (PatchTST, {"lookback": 4}, r"patch=8, lookback=4.*patch up to 4"),
        (PatchTST, {"stride": 9}, r"stride=9, patch=8.*stride up to 8"),
        (PatchTST, {"heads": 3}, r"width=16, heads=3.*such as 15"),
        (TSMixer, {"blocks": 0}, r"blocks=0.*at least 1"),
        (Transformer, {"width": 18, "heads": 4}, r"multiple of 4, such as 16"),
        (Transformer, {"width": 9, "heads": 3}, r"width=9.*even width"),
        *((kind, {"dropout": 1.0}, r"dropout=1.0.*from 0 to 0.9") for kind in NEW if hasattr(kind, "dropout")),
    ],
)  # fmt: skip
def test_wrong_sizes_are_refused_with_the_value_and_the_range(kind, wrong, advice):
    with pytest.raises(ForecastError, match=advice):
        kind(**wrong)


@pytest.mark.parametrize(("span", "lookback"), [(3, 6), (5, 4), (25, 32), (1, 5)])
def test_a_trend_is_the_moving_average_with_its_ends_repeated(span, lookback):
    window = torch.randn(2, lookback, 2, dtype=torch.float64)
    told = MovingAverage(span)(window)
    for which in range(2):
        for feature in range(2):
            expected = naive.moving_average(window[which, :, feature].tolist(), span)
            np.testing.assert_allclose(told[which, :, feature], expected, rtol=1e-12, atol=1e-12)


def test_dlinear_adds_a_line_through_the_trend_and_one_through_the_rest():
    network = DecomposedLine(3, 5, 2).double()
    window = torch.randn(1, 5, 1, dtype=torch.float64)
    series = window[0, :, 0].tolist()
    trend = naive.moving_average(series, 3)
    rest = [x - t for x, t in zip(series, trend, strict=True)]
    expected = np.add(
        naive.dense(trend, *weights_of(network.of_trend)), naive.dense(rest, *weights_of(network.of_rest))
    )
    np.testing.assert_allclose(network(window)[0].detach(), expected, rtol=1e-12)


def test_nlinear_subtracts_the_newest_bar_and_adds_it_back():
    network = LastValueLine(3, 1, 1).double()
    with torch.no_grad():
        network.of_window.weight[:] = torch.tensor([[1.0, 10.0, 100.0]])
        network.of_window.bias[:] = 0.5
        network.of_newest.weight[:] = 7.0
    window = torch.tensor([[[2.0], [3.0], [5.0]]], dtype=torch.float64)
    assert network(window).item() == (2 - 5) * 1 + (3 - 5) * 10 + 0 + 0.5 + 7 * 5
    assert network(window + 1.0).item() == network(window).item() + 7.0


@pytest.mark.parametrize(("kernel", "dilation"), [(3, 1), (2, 4), (1, 3)])
def test_a_causal_convolution_reads_back_only(kernel, dilation):
    layer = CausalConv(2, 3, kernel, dilation).double()
    channels = torch.randn(1, 2, 9, dtype=torch.float64)
    expected = naive.causal_convolution(channels[0].tolist(), *weights_of(layer.filters), dilation)
    np.testing.assert_allclose(layer(channels)[0].detach(), expected, rtol=1e-12)


@pytest.mark.parametrize(("channels", "kernel"), [((1,), 2), ((1, 1), 3), ((2, 2, 2), 2)])
def test_tcn_sees_as_many_bars_as_it_says(channels, kernel):
    recipe = TCN(channels=channels, kernel=kernel, lookback=40)
    network = recipe.network(1)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            weight.fill_(0.0 if name.endswith("bias") else 1.0)
    network.eval()
    window = torch.ones(1, 40, 1, requires_grad=True)
    network(window).sum().backward()
    seen = (window.grad[0, :, 0] != 0.0).nonzero()
    assert 40 - int(seen.min()) == recipe.receptive_field
    assert len(seen) == recipe.receptive_field


def test_the_receptive_field_by_hand():
    assert TCN(channels=(1,), kernel=2).receptive_field == 3  # two filters of two bars
    assert TCN(channels=(1, 1), kernel=3).receptive_field == 13  # 1 + 2·2·1 + 2·2·2


@pytest.mark.parametrize(("kind", "expected"), [(LSTM, naive.lstm_state), (GRU, naive.gru_state)])
def test_a_state_is_carried_from_bar_to_bar(kind, expected):
    cell = kind(hidden=3).cell(2).double()
    window = torch.randn(1, 5, 2, dtype=torch.float64)
    given = [weight.detach().tolist() for weight in cell.parameters()]
    told = cell(window)[0][0, -1].detach()
    np.testing.assert_allclose(
        told, expected(window[0].tolist(), given[0], given[1], given[2:], 3), rtol=1e-10
    )


def test_a_recurrent_network_speaks_from_its_newest_state():
    network = GRU(hidden=3, levels=(0.5,), lookback=5).network(2).double().eval()
    window = torch.randn(1, 5, 2, dtype=torch.float64)
    state = network[0].cell(window)[0][0, -1].detach().tolist()
    np.testing.assert_allclose(network(window)[0].detach(), naive.dense(state, *weights_of(network[2])))


@pytest.mark.parametrize("heads", [1, 2])
def test_attention_is_the_papers(heads):
    layer = SelfAttention(4, heads).double()
    tokens = torch.randn(1, 3, 4, dtype=torch.float64)
    asked = [naive.dense(token, *weights_of(layer.ask)) for token in tokens[0].tolist()]
    size = 4 // heads
    joined = [[] for _ in asked]
    for head in range(heads):
        query, key, value = (
            [row[4 * part + size * head : 4 * part + size * (head + 1)] for row in asked] for part in range(3)
        )
        for row, told in zip(joined, naive.attention(query, key, value), strict=True):
            row.extend(told)
    expected = [naive.dense(row, *weights_of(layer.join)) for row in joined]
    np.testing.assert_allclose(layer(tokens)[0].detach(), expected, rtol=1e-10)


def test_waves_say_where_a_token_stands():
    told = Waves(5, 6)(torch.zeros(1, 5, 6))[0]
    for place in range(5):
        for pair in range(3):
            angle = place / 10_000 ** (2 * pair / 6)
            assert told[place, 2 * pair].item() == pytest.approx(math.sin(angle), abs=1e-6)
            assert told[place, 2 * pair + 1].item() == pytest.approx(math.cos(angle), abs=1e-6)


def test_a_transformer_knows_the_sequence_of_bars():
    network = small(Transformer).network(1).eval()
    window = torch.randn(1, 8, 1)
    swapped = window[:, [1, 0, 2, 3, 4, 5, 6, 7]]
    assert not torch.allclose(network(window), network(swapped))


@pytest.mark.parametrize(
    ("lookback", "patch", "stride"), [(8, 4, 2), (9, 4, 3), (32, 8, 4), (5, 5, 5), (7, 3, 3)]
)
def test_patches_are_stretches_and_lose_no_bar(lookback, patch, stride):
    window = torch.randn(1, lookback, 2)
    told = Patches(patch, stride)(window)
    for feature in range(2):
        expected = naive.patches(window[0, :, feature].tolist(), patch, stride)
        np.testing.assert_array_equal(told[0, feature], expected)
    assert told.shape[2] == PatchTST(lookback=lookback, patch=patch, stride=stride).n_patches
    assert set(window[0, :, 0].tolist()) == set(told[0, 0].flatten().tolist())


def test_patchtst_encodes_each_feature_by_itself():
    network = small(PatchTST).network(2).eval()
    before = network[:2](torch.zeros(1, 8, 2))
    changed = torch.zeros(1, 8, 2)
    changed[:, :, 1] = torch.randn(8)
    after = network[:2](changed)
    assert torch.equal(before[:, 0], after[:, 0])
    assert not torch.allclose(before[:, 1], after[:, 1])


@pytest.mark.parametrize(("n_knots", "n_places"), [(1, 4), (2, 5), (3, 7), (4, 4), (2, 2), (1, 1)])
def test_knots_are_joined_by_straight_lines(n_knots, n_places):
    knots = np.random.default_rng(n_places).normal(size=n_knots)
    told = interpolation(n_knots, n_places).double() @ torch.tensor(knots)
    np.testing.assert_allclose(told, naive.between_knots(list(knots), n_places), atol=1e-6)
    np.testing.assert_allclose(
        told, np.interp(np.arange(n_places), np.linspace(0, n_places - 1, n_knots), knots), atol=1e-6
    )


def test_a_block_of_nhits_pools_reads_and_draws_lines_between_knots():
    recipe = NHITS(horizon=(1, 3), lookback=5, levels=(0.5,), pools=(2, 1), every=(2, 2), width=3, layers=1)
    network = recipe.network(1).double().eval()
    window = torch.randn(1, 5, 1, dtype=torch.float64)
    rest, total = window[0, :, 0].tolist(), np.zeros(3)
    for block, pool in zip(network.blocks, (2, 1), strict=True):
        read = [max(x, 0.0) for x in naive.dense(naive.greatest(rest, pool), *weights_of(block.dense[0]))]
        total += naive.between_knots(naive.dense(read, *weights_of(block.ahead)), 3)
        if block.behind is not None:
            explained = naive.between_knots(naive.dense(read, *weights_of(block.behind)), 5)
            rest = [x - e for x, e in zip(rest, explained, strict=True)]
    np.testing.assert_allclose(network(window)[0].detach(), total[[0, 2]], rtol=1e-6)
    assert [block.behind is None for block in network.blocks] == [False, True]


def test_mixing_time_treats_features_alike_and_mixing_features_treats_bars_alike():
    window = torch.randn(2, 6, 3)
    along_time, along_features = MixTime(6, 3, 0.0), MixFeatures(6, 3, 4, 0.0)
    torch.testing.assert_close(along_time(window[:, :, [2, 0, 1]]), along_time(window)[:, :, [2, 0, 1]])
    torch.testing.assert_close(along_features(window.flip(1)), along_features(window).flip(1))
    assert not torch.allclose(along_time(window.flip(1)), along_time(window).flip(1))
