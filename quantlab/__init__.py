"""Backtest event-driven strategies that query neural price forecasters.

Everything a first strategy needs is a name of this module: subclass `Strategy`, read `Bars`, call `backtest`, print
the `Result`. Names are imported when they are first touched, so that importing quantlab stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "Account": "quantlab.trading.account",
    "ArimaForecaster": "quantlab.forecasting.arima",
    "Averaging": "quantlab.forecasting.averaging",
    "Bars": "quantlab.market.bars",
    "CNN1D": "quantlab.forecasting.networks.cnn1d",
    "CausalityReport": "quantlab.engine.causality",
    "Choice": "quantlab.forecasting.forecaster",
    "CombinatorialPurged": "quantlab.forecasting.cross_folds",
    "Comparison": "quantlab.research.compare",
    "Costs": "quantlab.trading.costs",
    "DLinear": "quantlab.forecasting.networks.dlinear",
    "DriftForecaster": "quantlab.forecasting.drift",
    "EnsembleForecaster": "quantlab.forecasting.ensemble",
    "EwmaForecaster": "quantlab.forecasting.ewma",
    "Execution": "quantlab.trading.account",
    "Fill": "quantlab.engine.now",
    "FollowWeights": "quantlab.engine.follow_weights",
    "Forecaster": "quantlab.forecasting.forecaster",
    "Forecasts": "quantlab.forecasting.forecast",
    "FunctionForecaster": "quantlab.forecasting.function",
    "GRU": "quantlab.forecasting.networks.gru",
    "GarchForecaster": "quantlab.forecasting.garch",
    "HindsightForecasts": "quantlab.forecasting.hindsight",
    "HistoricalVolatilityForecaster": "quantlab.forecasting.historical_volatility",
    "Instrument": "quantlab.trading.account",
    "KerasForecaster": "quantlab.forecasting.keras_forecaster",
    "LSTM": "quantlab.forecasting.networks.lstm",
    "LiveForecast": "quantlab.forecasting.live_forecast",
    "LiveForecaster": "quantlab.forecasting.live",
    "MLP": "quantlab.forecasting.networks.mlp",
    "NHITS": "quantlab.forecasting.networks.nhits",
    "NLinear": "quantlab.forecasting.networks.nlinear",
    "NaiveForecaster": "quantlab.forecasting.baselines",
    "Now": "quantlab.engine.now",
    "Optimised": "quantlab.engine.optimised",
    "Optimiser": "quantlab.forecasting.optimisers",
    "PatchTST": "quantlab.forecasting.networks.patchtst",
    "PerSymbolForecaster": "quantlab.forecasting.per_symbol",
    "Portfolio": "quantlab.engine.portfolio",
    "Pretrained": "quantlab.forecasting.transfer",
    "PurgedKFold": "quantlab.forecasting.cross_folds",
    "REASONS": "quantlab.records",
    "Reject": "quantlab.engine.now",
    "Result": "quantlab.engine.result",
    "RidgeForecaster": "quantlab.forecasting.baselines",
    "Schedule": "quantlab.forecasting.schedules",
    "SklearnForecaster": "quantlab.forecasting.estimator",
    "Span": "quantlab.forecasting.search_space",
    "Strategy": "quantlab.engine.strategy",
    "Sweep": "quantlab.research.sweep",
    "TCN": "quantlab.forecasting.networks.tcn",
    "TSMixer": "quantlab.forecasting.networks.tsmixer",
    "TrainedForecaster": "quantlab.forecasting.forecaster",
    "Transformer": "quantlab.forecasting.networks.transformer",
    "TreesForecaster": "quantlab.forecasting.trees",
    "Tuning": "quantlab.forecasting.tuned",
    "WalkForward": "quantlab.forecasting.folds",
    "attribute": "quantlab.research.attribution",
    "audit": "quantlab.forecasting.fold_audit",
    "backtest": "quantlab.engine.backtest",
    "check": "quantlab.engine.causality",
    "compare": "quantlab.research.compare",
    "exceedances": "quantlab.research.exceedances",
    "feature": "quantlab.features.features",
    "forecast": "quantlab.forecasting.declaration",
    "intervals": "quantlab.engine.intervals",
    "live": "quantlab.forecasting.live",
    "overfitting": "quantlab.research.overfitting",
    "param": "quantlab.engine.param",
    "pretrain": "quantlab.forecasting.transfer",
    "read_bars": "quantlab.market.read",
    "redraw_trades": "quantlab.research.redrawn_trades",
    "report": "quantlab.report.page",
    "rerun": "quantlab.research.rerun",
    "runs": "quantlab.research.runs",
    "samples": "quantlab.market.samples",
    "state": "quantlab.engine.state",
    "static": "quantlab.features.static",
    "stress": "quantlab.research.stress",
    "sweep": "quantlab.research.sweep",
    "tune": "quantlab.forecasting.tuning",
    "walk_forward": "quantlab.forecasting.walk_forward",
}

_MODULES = {
    "losses": "quantlab.forecasting.losses",
    "sizing": "quantlab.trading.sizing",
    "targets": "quantlab.forecasting.targets",
}

__all__ = sorted([*_HOME, *_MODULES])


def __getattr__(name: str) -> Any:
    if name not in __all__:
        from quantlab.errors import did_you_mean

        raise AttributeError(f"quantlab has no {name!r}. {did_you_mean(name, __all__)}")
    home = import_module(_MODULES.get(name) or _HOME[name])
    value = globals()[name] = home if name in _MODULES else getattr(home, name)
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


if TYPE_CHECKING:
    from quantlab.engine.backtest import backtest as backtest
    from quantlab.engine.causality import CausalityReport as CausalityReport
    from quantlab.engine.causality import check as check
    from quantlab.engine.follow_weights import FollowWeights as FollowWeights
    from quantlab.engine.intervals import intervals as intervals
    from quantlab.engine.now import Fill as Fill
    from quantlab.engine.now import Now as Now
    from quantlab.engine.now import Reject as Reject
    from quantlab.engine.optimised import Optimised as Optimised
    from quantlab.engine.param import param as param
    from quantlab.engine.portfolio import Portfolio as Portfolio
    from quantlab.engine.result import Result as Result
    from quantlab.engine.state import state as state
    from quantlab.engine.strategy import Strategy as Strategy
    from quantlab.features.features import feature as feature
    from quantlab.features.static import static as static
    from quantlab.forecasting import losses as losses
    from quantlab.forecasting import targets as targets
    from quantlab.forecasting.arima import ArimaForecaster as ArimaForecaster
    from quantlab.forecasting.averaging import Averaging as Averaging
    from quantlab.forecasting.baselines import NaiveForecaster as NaiveForecaster
    from quantlab.forecasting.baselines import RidgeForecaster as RidgeForecaster
    from quantlab.forecasting.cross_folds import CombinatorialPurged as CombinatorialPurged
    from quantlab.forecasting.cross_folds import PurgedKFold as PurgedKFold
    from quantlab.forecasting.declaration import forecast as forecast
    from quantlab.forecasting.drift import DriftForecaster as DriftForecaster
    from quantlab.forecasting.ensemble import EnsembleForecaster as EnsembleForecaster
    from quantlab.forecasting.estimator import SklearnForecaster as SklearnForecaster
    from quantlab.forecasting.ewma import EwmaForecaster as EwmaForecaster
    from quantlab.forecasting.fold_audit import audit as audit
    from quantlab.forecasting.folds import WalkForward as WalkForward
    from quantlab.forecasting.forecast import Forecasts as Forecasts
    from quantlab.forecasting.forecaster import Choice as Choice
    from quantlab.forecasting.forecaster import Forecaster as Forecaster
    from quantlab.forecasting.forecaster import TrainedForecaster as TrainedForecaster
    from quantlab.forecasting.function import FunctionForecaster as FunctionForecaster
    from quantlab.forecasting.garch import GarchForecaster as GarchForecaster
    from quantlab.forecasting.hindsight import HindsightForecasts as HindsightForecasts
    from quantlab.forecasting.historical_volatility import (
        HistoricalVolatilityForecaster as HistoricalVolatilityForecaster,
    )
    from quantlab.forecasting.keras_forecaster import KerasForecaster as KerasForecaster
    from quantlab.forecasting.live import LiveForecaster as LiveForecaster
    from quantlab.forecasting.live import live as live
    from quantlab.forecasting.live_forecast import LiveForecast as LiveForecast
    from quantlab.forecasting.networks.cnn1d import CNN1D as CNN1D
    from quantlab.forecasting.networks.dlinear import DLinear as DLinear
    from quantlab.forecasting.networks.gru import GRU as GRU
    from quantlab.forecasting.networks.lstm import LSTM as LSTM
    from quantlab.forecasting.networks.mlp import MLP as MLP
    from quantlab.forecasting.networks.nhits import NHITS as NHITS
    from quantlab.forecasting.networks.nlinear import NLinear as NLinear
    from quantlab.forecasting.networks.patchtst import PatchTST as PatchTST
    from quantlab.forecasting.networks.tcn import TCN as TCN
    from quantlab.forecasting.networks.transformer import Transformer as Transformer
    from quantlab.forecasting.networks.tsmixer import TSMixer as TSMixer
    from quantlab.forecasting.optimisers import Optimiser as Optimiser
    from quantlab.forecasting.per_symbol import PerSymbolForecaster as PerSymbolForecaster
    from quantlab.forecasting.schedules import Schedule as Schedule
    from quantlab.forecasting.search_space import Span as Span
    from quantlab.forecasting.transfer import Pretrained as Pretrained
    from quantlab.forecasting.transfer import pretrain as pretrain
    from quantlab.forecasting.trees import TreesForecaster as TreesForecaster
    from quantlab.forecasting.tuned import Tuning as Tuning
    from quantlab.forecasting.tuning import tune as tune
    from quantlab.forecasting.walk_forward import walk_forward as walk_forward
    from quantlab.market.bars import Bars as Bars
    from quantlab.market.read import read_bars as read_bars
    from quantlab.market.samples import samples as samples
    from quantlab.report.page import report as report
    from quantlab.research.attribution import attribute as attribute
    from quantlab.research.compare import Comparison as Comparison
    from quantlab.research.compare import compare as compare
    from quantlab.research.exceedances import exceedances as exceedances
    from quantlab.research.overfitting import overfitting as overfitting
    from quantlab.research.redrawn_trades import redraw_trades as redraw_trades
    from quantlab.research.rerun import rerun as rerun
    from quantlab.research.runs import runs as runs
    from quantlab.research.stress import stress as stress
    from quantlab.research.sweep import Sweep as Sweep
    from quantlab.research.sweep import sweep as sweep
    from quantlab.trading import sizing as sizing
    from quantlab.trading.account import Account as Account
    from quantlab.trading.account import Execution as Execution
    from quantlab.trading.account import Instrument as Instrument
    from quantlab.trading.costs import Costs as Costs
