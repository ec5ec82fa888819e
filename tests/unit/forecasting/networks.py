"""Every network in a small size, for tests that ask all of them the same."""

from __future__ import annotations

from quantlab.forecasting.networks.cnn1d import CNN1D
from quantlab.forecasting.networks.dlinear import DLinear
from quantlab.forecasting.networks.gru import GRU
from quantlab.forecasting.networks.lstm import LSTM
from quantlab.forecasting.networks.mlp import MLP
from quantlab.forecasting.networks.nhits import NHITS
from quantlab.forecasting.networks.nlinear import NLinear
from quantlab.forecasting.networks.patchtst import PatchTST
from quantlab.forecasting.networks.tcn import TCN
from quantlab.forecasting.networks.transformer import Transformer
from quantlab.forecasting.networks.tsmixer import TSMixer

NETWORKS = (CNN1D, MLP, LSTM, GRU, TCN, DLinear, NLinear, NHITS, PatchTST, TSMixer, Transformer)
SMALL = {
    CNN1D: {"channels": (4,), "dense": 8, "kernel": 3},
    MLP: {"hidden": (8,)},
    LSTM: {"hidden": 6},
    GRU: {"hidden": 6, "layers": 2},
    TCN: {"channels": (4, 4), "kernel": 2},
    DLinear: {"span": 3},
    NLinear: {},
    NHITS: {"pools": (4, 1), "every": (4, 1), "width": 8},
    PatchTST: {"patch": 4, "stride": 2, "width": 4, "layers": 1, "dense": 8},
    TSMixer: {"blocks": 1, "dense": 4},
    Transformer: {"width": 4, "layers": 1, "dense": 8},
}


def small(kind, **changed):
    """A network of the `kind` that trains in a blink."""
    return kind(**{"lookback": 8, "epochs": 2, **SMALL[kind], **changed})
