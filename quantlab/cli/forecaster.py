"""A forecaster as the command line names it: a built-in by its name, or an object in a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from quantlab.cli.loading import FORMS, Loaded, load
from quantlab.errors import ForecastError, did_you_mean
from quantlab.forecasting.arima import ArimaForecaster
from quantlab.forecasting.baselines import NaiveForecaster, RidgeForecaster
from quantlab.forecasting.drift import DriftForecaster
from quantlab.forecasting.ewma import EwmaForecaster
from quantlab.forecasting.forecaster import Forecaster
from quantlab.forecasting.garch import GarchForecaster
from quantlab.forecasting.historical_volatility import HistoricalVolatilityForecaster
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
from quantlab.forecasting.trees import TreesForecaster

BUILT_IN: Mapping[str, Callable[..., Forecaster]] = {
    "naive": NaiveForecaster,
    "ridge": RidgeForecaster,
    "drift": DriftForecaster,
    "ewma": EwmaForecaster,
    "volatility": HistoricalVolatilityForecaster,
    "arima": ArimaForecaster,
    "garch": GarchForecaster,
    "trees": TreesForecaster,
    "cnn1d": CNN1D,
    "mlp": MLP,
    "lstm": LSTM,
    "gru": GRU,
    "tcn": TCN,
    "dlinear": DLinear,
    "nlinear": NLinear,
    "nhits": NHITS,
    "patchtst": PatchTST,
    "tsmixer": TSMixer,
    "transformer": Transformer,
}


def load_forecaster(spec: str, changed: Mapping[str, Any]) -> Forecaster:
    """Return the recipe that `spec` names, with the fields in `changed` put in place.

    Raises
    ------
    ForecastError, StrategyError
        A name, file, object or value that does not exist or does not fit.
    """
    if spec in BUILT_IN:
        return BUILT_IN[spec](**changed)
    if ":" not in spec and not spec.endswith(".py"):
        raise ForecastError(
            f"there is no forecaster {spec!r}. {did_you_mean(spec, BUILT_IN)} Or give {FORMS}."
        )
    loaded = load(spec)
    found = _only(loaded) if loaded.name is None else loaded.named(loaded.name)
    if isinstance(found, Forecaster):
        return replace(found, **changed)
    if isinstance(found, type) and issubclass(found, Forecaster):
        return found(**changed)
    raise ForecastError(f"{spec} is no forecaster: it is {found!r}.")


def _only(loaded: Loaded) -> object:
    """Return the one recipe, or class of recipes, that a file holds."""
    own = loaded.own(_is_recipe)
    if len(own) != 1:
        raise ForecastError(
            f"{loaded.place} holds {len(own)} forecasters ({', '.join(own) or 'none'}): "
            f"name one, {loaded.place}:NAME."
        )
    return next(iter(own.values()))


def _is_recipe(value: object) -> bool:
    return isinstance(value, Forecaster) or (isinstance(value, type) and issubclass(value, Forecaster))
