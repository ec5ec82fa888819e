"""Results survive the disk, or say what is wrong with it."""

import json

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from quantlab.errors import ResultError
from strategies.sma_cross import SmaCross
from tests.identities.cases import random_bars


@pytest.fixture(scope="module")
def result():
    bars = random_bars(5, 120, 3)
    return ql.backtest(SmaCross(fast=3, slow=8), bars, costs=ql.Costs(commission=0.001), benchmark="S0")


def test_what_is_saved_is_what_is_loaded(result, tmp_path):
    folder = result.save(tmp_path / "runs" / "one")
    loaded = ql.Result.load(folder)
    for name in ("equity", "cash", "returns", "benchmark"):
        pd.testing.assert_series_equal(getattr(loaded, name), getattr(result, name), check_freq=False)
    for name in ("positions", "weights", "marks", "orders", "fills", "trades"):
        pd.testing.assert_frame_equal(
            getattr(loaded, name),
            getattr(result, name),
            check_freq=False,
            check_dtype=False,
            check_column_type=False,
        )
    assert str(loaded) == str(result)
    assert loaded.provenance == result.provenance
    assert np.array_equal(list(loaded.metrics.values()), list(result.metrics.values()), equal_nan=True)


def test_nothing_is_overwritten_unasked(result, tmp_path):
    folder = result.save(tmp_path / "one")
    with pytest.raises(ResultError, match="overwrite=True"):
        result.save(folder)
    result.save(folder, overwrite=True)
    assert ql.Result.load(folder).name == result.name
    (tmp_path / "mine").mkdir()
    with pytest.raises(ResultError, match="give another path"):
        result.save(tmp_path / "mine", overwrite=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine", "one"]


def flip_a_byte(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "advice"),
    [
        (lambda f: flip_a_byte(f / "fills.parquet"), "checksum differs"),
        (lambda f: (f / "fills.parquet").unlink(), "is missing"),
        (lambda f: (f / "manifest.json").unlink(), "holds no result"),
        (lambda f: (f / "manifest.json").write_text("{"), "is damaged"),
        (lambda f: (f / "manifest.json").write_text("{}"), "it lacks"),
    ],
)
def test_a_damaged_result_is_refused(result, tmp_path, harm, advice):
    folder = result.save(tmp_path / "one")
    harm(folder)
    with pytest.raises(ResultError, match=advice):
        ql.Result.load(folder)


def test_a_table_read_late_is_still_the_one_saved(result, tmp_path):
    folder = result.save(tmp_path / "one")
    loaded = ql.Result.load(folder)
    other = ql.backtest(SmaCross(fast=2, slow=6), random_bars(6, 120, 3))
    other.save(folder, overwrite=True)
    with pytest.raises(ResultError, match="checksum differs"):
        _ = loaded.fills


def first_rule(bars, lookback):
    return bars.close


def second_rule(bars, lookback):
    return -bars.close


def follows(rule, threshold):
    class Follows(ql.Strategy):
        signal = ql.feature(rule)

        def on_bar(self, now):
            for i in range(now.n_symbols):
                now.target_weight(i, 0.1 if now[self.signal, i] > threshold else 0.0)

    return Follows()


def test_the_fingerprint_knows_the_code_and_the_data_behind_a_run():
    bars = random_bars(7, 80, 2, absent=0.0)
    frame = pd.DataFrame({"S0": [0.5], "S1": [0.0]}, index=bars.time[5:6])
    prints = [
        ql.backtest(strategy, bars, **settings).provenance["fingerprint"]
        for strategy, settings in [
            (follows(first_rule, 50.0), {}),
            (follows(second_rule, 50.0), {}),
            (follows(first_rule, 51.0), {}),
            (follows(first_rule, 50.0), {"benchmark": "S0"}),
            (ql.FollowWeights(frame), {}),
            (ql.FollowWeights(frame.rename(columns={"S0": "S1", "S1": "S0"})), {}),
        ]
    ]
    assert len(set(prints)) == len(prints)
    again = ql.backtest(follows(first_rule, 50.0), bars).provenance["fingerprint"]
    assert again == prints[0]


def test_a_failed_save_leaves_nothing_behind(result, tmp_path, monkeypatch):
    folder = result.save(tmp_path / "one")
    before = ql.Result.load(folder).provenance
    monkeypatch.setattr("quantlab.engine.storage._digest", lambda file: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        result.save(folder, overwrite=True)
    monkeypatch.undo()
    assert [p.name for p in tmp_path.iterdir()] == ["one"]
    assert ql.Result.load(folder).provenance == before


def test_the_header_is_strict_json(result, tmp_path):
    text = (result.save(tmp_path / "one") / "manifest.json").read_text()

    def refuse(word):
        raise AssertionError(word)

    assert json.loads(text, parse_constant=refuse)["name"] == result.name


def test_equal_inputs_have_equal_fingerprints(result):
    bars = random_bars(5, 120, 3)
    again = ql.backtest(SmaCross(fast=3, slow=8), bars, costs=ql.Costs(commission=0.001), benchmark="S0")
    other = ql.backtest(SmaCross(fast=3, slow=9), bars, costs=ql.Costs(commission=0.001))
    assert again.provenance["fingerprint"] == result.provenance["fingerprint"]
    assert other.provenance["fingerprint"] != result.provenance["fingerprint"]
    assert again.equity.tolist() == result.equity.tolist()


def test_a_misspelt_attribute_is_answered_with_advice(result):
    with pytest.raises(AttributeError, match="Did you mean 'sharpe'"):
        _ = result.sharp
