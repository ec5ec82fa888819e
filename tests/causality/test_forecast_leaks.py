"""The leaks of this field, written out: each is refused, or caught."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from quantlab.errors import CausalityError, ForecastError
from quantlab.features.labels import forward_return
from quantlab.forecasting.baselines import TrainedRidge
from quantlab.forecasting.fold_audit import audit
from quantlab.forecasting.folds import Fold, Folds
from quantlab.forecasting.panel import Panel
from quantlab.forecasting.scaling import Scaler
from quantlab.forecasting.walk_forward import walk_forward
from tests.naive import forecasting as naive

FOLDS = ql.WalkForward(train=90, test=40)
READ = (ql.feature("log_return", lookback=1), ql.feature("volatility", lookback=5))


@pytest.fixture(scope="module")
def arrays():
    """Two random walks of 260 bars."""
    return naive.random_walk(260, 2, seed=8)


@pytest.fixture(scope="module")
def bars(arrays):
    """Those, as bars."""
    return naive.as_bars(arrays)


def standardised_over_the_file(bars, lookback):
    """The fault of the textbooks: mean and deviation of all bars, before any split."""
    return (bars.close - bars.close.mean(axis=0)) / bars.close.std(axis=0)


def test_scaling_over_the_whole_file_is_refused(bars):
    recipe = ql.RidgeForecaster(features=(ql.feature(standardised_over_the_file, lookback=1),))
    with pytest.raises(CausalityError, match="standardised_over_the_file"):
        walk_forward(recipe, bars, FOLDS, store=False, progress=False)


def test_a_forecaster_is_handed_no_row_behind_its_training_block(bars):
    panel = Panel.read(ql.RidgeForecaster(features=READ, lookback=4), bars)
    for fold in FOLDS.split(bars.n_bars, 1):
        window = panel.training_window(fold)
        last = max(fold.train.start - 4 + 1, 0) + window.learn.features.shape[1]
        assert last <= fold.validation.stop < fold.test.start


@dataclass(frozen=True)
class ScaledBeyond(TrainedRidge):
    """Scales by the windows it is asked about, so the end of a test block speaks at its beginning."""

    def predict(self, windows):
        scaler = Scaler.fit(windows)
        return TrainedRidge(scaler, self.slopes, self.intercept, self.residuals).predict(windows)


@dataclass(frozen=True, kw_only=True, repr=False)
class ScalesBeyondTheFold(ql.RidgeForecaster):
    """A ridge that fits its scaler again on what it should forecast."""

    def train(self, window, *, seed=0):
        ready = super().train(window, seed=seed)
        return ScaledBeyond(ready.scaler, ready.slopes, ready.intercept, ready.residuals)

    def restore(self, state):
        ready = super().restore(state)
        return ScaledBeyond(ready.scaler, ready.slopes, ready.intercept, ready.residuals)


class FollowScaled(ql.Strategy):
    """Hold what that forecaster likes."""

    outlook = ql.forecast(ScalesBeyondTheFold(features=READ))

    def on_bar(self, now: ql.Now) -> None:
        for i in range(now.n_symbols):
            now.target_weight(i, 0.5 if now[self.outlook, i] > 0.0 else 0.0)


def test_a_scaler_fitted_beyond_the_fold_is_caught(bars):
    report = ql.check(FollowScaled(), bars, folds=FOLDS)
    assert not report
    assert "outlook" in str(report)


class Shuffled(Folds):
    """Every tenth row is tested by training on all others, which share most of its label."""

    def split(self, n_bars, horizon):
        """Ten folds that overlap."""
        for number in range(10):
            test = range(100 + number, 101 + number)
            yield Fold(number, range(0, 100 + number), range(0), test, n_bars - 1)


def test_folds_whose_labels_overlap_are_refused_by_the_walk_itself(bars):
    with pytest.raises(ForecastError, match="fold 0 leaks: the label of S0"):
        walk_forward(
            ql.RidgeForecaster(horizon=5, features=READ), bars, Shuffled(), store=False, progress=False
        )
    with pytest.raises(ForecastError, match="fold 0 leaks"):
        audit(Shuffled(), bars, 5)


def test_a_return_from_this_close_is_no_forecast_of_this_close(bars):
    close = pd.DataFrame(bars.close, bars.time, list(bars.symbols))
    told = close.shift(-1) / close - 1.0
    known = bars.time[1:].append(pd.DatetimeIndex([bars.time[-1] + pd.Timedelta(days=1)]))
    with pytest.raises(ForecastError, match=r"became known \(as_of\) .* after its own close"):
        ql.Forecasts.from_frame(told, as_of=known, trained_through=bars.time[0])
    with pytest.raises(ForecastError, match=r"was trained through .* would know the future"):
        ql.Forecasts.from_frame(told, trained_through=known)


def test_what_happens_between_close_and_open_is_in_no_label():
    """A forecaster that sees the close cannot trade at it, so the gap to the next open may not be learnt."""
    gaps = np.random.default_rng(0).normal(0.0, 0.01, (80, 1))
    opens = 100.0 * np.exp(np.cumsum(gaps, axis=0))
    flat = {"open": opens, "high": opens, "low": opens, "close": opens, "volume": np.ones((80, 1))}
    bars = naive.as_bars(flat)  # all that moves is the gap before an open: from close t to open t + 1
    label = forward_return(bars, 1)[:-2, 0]
    np.testing.assert_allclose(label, opens[2:, 0] / opens[1:-1, 0] - 1.0)
    this_gap = np.diff(np.log(opens[:, 0]))[: len(label)]
    assert abs(np.corrcoef(label, this_gap)[0, 1]) < 0.3


@pytest.mark.parametrize(
    ("recipe", "learnt"),
    [
        (ql.ArimaForecaster(lookback=10, trend="c"), ("offsets", "weights")),
        (ql.GarchForecaster(lookback=10, mean="constant"), ("parameters",)),
    ],
)
def test_returns_of_a_test_block_fit_no_series_where_training_bars_follow_it(recipe, learnt, arrays):
    """Windows behind the test block look back into it: what they look at is not to be learnt."""
    fold = list(ql.PurgedKFold(blocks=3).split(260, 1))[1]
    assert fold.train_parts[-1].start > fold.test.stop
    shaken = {name: values.copy() for name, values in arrays.items()}
    tested = slice(fold.test.start, fold.test.stop)
    jumps = np.random.default_rng(1).uniform(0.7, 1.4, (len(fold.test), 2))
    for values in shaken.values():
        values[tested] *= jumps
    window, other = (
        Panel.read(recipe, naive.as_bars(each)).training_window(fold) for each in (arrays, shaken)
    )
    assert window.digest() != other.digest()
    told, again = (recipe.train(each).state() for each in (window, other))
    for name in learnt:
        np.testing.assert_array_equal(told[name], again[name])
