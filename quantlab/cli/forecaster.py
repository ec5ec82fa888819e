"""A forecaster as the command line names it: a built-in by its name, or an object in a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, replace
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
        _refuse_fixed(spec, type(found), changed)
        return replace(found, **changed)
    if isinstance(found, type) and issubclass(found, Forecaster):
        _refuse_fixed(spec, found, changed)
        _refuse_incomplete(spec, found, changed)
        return found(**changed)
    raise ForecastError(f"{spec} is no forecaster: it is {found!r}.")


def _refuse_fixed(spec: str, kind: type[Forecaster], changed: Mapping[str, Any]) -> None:
    """Refuse options for fields that a recipe works out by itself, such as the lookback of an ensemble."""
    for each in fields(kind):
        if each.name in changed and not each.init:
            raise ForecastError(
                f"--{each.name} {changed[each.name]}: {spec} is of {kind.__name__}, which takes no {each.name}= but "
                f"works it out from its other fields; leave --{each.name} out and change those where {spec} is made."
            )


def _refuse_incomplete(spec: str, kind: type[Forecaster], changed: Mapping[str, Any]) -> None:
    """Refuse a class that cannot be made from options alone."""
    missing = [
        each.name
        for each in fields(kind)
        if each.init
        and each.default is MISSING
        and each.default_factory is MISSING
        and each.name not in changed
    ]
    if missing:
        raise ForecastError(
            f"{spec} needs {', '.join(f'{name}=' for name in missing)}, which no option gives: make one in the file, "
            f"recipe = {kind.__name__}({missing[0]}=…), and name that."
        )


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
