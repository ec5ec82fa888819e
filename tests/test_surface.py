"""The public face: every name that is a promise exists, is documented, and nothing else is public."""

import inspect

import pytest

import quantlab as ql

PROMISED = {
    "Account", "ArimaForecaster", "Averaging", "Bars", "CNN1D", "CausalityReport", "Choice",
    "CombinatorialPurged", "Comparison", "Costs", "DLinear", "DriftForecaster", "EnsembleForecaster",
    "EwmaForecaster", "Execution", "Fill", "FollowWeights", "Forecaster", "Forecasts", "FunctionForecaster",
    "GRU", "GarchForecaster", "HindsightForecasts", "HistoricalVolatilityForecaster", "Instrument",
    "KerasForecaster", "LSTM", "LiveForecast", "LiveForecaster", "MLP", "NHITS", "NLinear",
    "NaiveForecaster", "Now", "Optimised", "Optimiser", "PatchTST", "PerSymbolForecaster", "Portfolio",
    "Pretrained", "PurgedKFold", "REASONS", "Reject", "Result", "RidgeForecaster", "Schedule",
    "SklearnForecaster", "Span", "Strategy", "Sweep", "TCN", "TSMixer", "TrainedForecaster", "Transformer",
    "TreesForecaster", "Tuning", "WalkForward", "attribute", "audit", "backtest", "check", "compare",
    "exceedances", "feature", "forecast", "intervals", "live", "losses", "overfitting", "param", "pretrain",
    "read_bars", "redraw_trades", "report", "rerun", "runs", "samples", "sizing", "state", "static",
    "stress", "sweep", "targets", "tune", "walk_forward",
}  # fmt: skip

NOW = {
    "bar", "bracket", "cancel", "cash", "close", "close_position", "equity", "high", "index", "is_new", "low", "mark",
    "n_symbols", "one_cancels_other", "open", "order", "order_value", "past", "position", "quantile", "ready",
    "replace", "symbols", "target_quantity", "target_value", "target_weight", "target_weights", "time", "tradable",
    "volume", "weight",
}  # fmt: skip

BACKTEST = [
    "strategy",
    "bars",
    "cash",
    "costs",
    "account",
    "execution",
    "forecasts",
    "folds",
    "start",
    "end",
    "engine",
    "benchmark",
    "risk_free_annual",
    "seed",
    "progress",
]


SWEEP = [
    "strategy",
    "bars",
    "over",
    "where",
    "trials",
    "metrics",
    "rank_by",
    "workers",
    "path",
    *BACKTEST[2:],
]


def test_the_module_offers_what_is_promised():
    assert list(ql.__all__) == sorted(PROMISED)


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_every_public_name_says_what_it_is(name):
    value = getattr(ql, name)
    assert inspect.getdoc(value), f"{name} has no docstring"


@pytest.mark.parametrize("name", sorted(n for n in PROMISED if isinstance(getattr(ql, n), type)))
def test_every_public_method_says_what_it_does(name):
    kind = getattr(ql, name)
    for attribute, value in vars(kind).items():
        if attribute.startswith("_") or not (callable(value) or isinstance(value, property)):
            continue
        assert inspect.getdoc(getattr(kind, attribute)), f"{name}.{attribute} has no docstring"


def test_now_offers_what_is_promised():
    assert {n for n in dir(ql.Now) if not n.startswith("_")} == NOW


def test_backtest_takes_what_is_promised():
    assert list(inspect.signature(ql.backtest).parameters) == BACKTEST


def test_sweep_takes_what_backtest_takes_and_its_own():
    assert list(inspect.signature(ql.sweep).parameters) == SWEEP


def test_a_misspelt_name_is_answered_with_advice():
    with pytest.raises(AttributeError, match="Did you mean 'backtest'"):
        _ = ql.backtst
