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
        (lambda f: (f / "result.json").unlink(), "holds no result"),
        (lambda f: (f / "result.json").write_text("{"), "is damaged"),
        (lambda f: (f / "result.json").write_text("{}"), "it lacks"),
    ],
)
def test_a_damaged_result_is_refused(result, tmp_path, harm, advice):
    folder = result.save(tmp_path / "one")
    harm(folder)
    with pytest.raises(ResultError, match=advice):
        ql.Result.load(folder)


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
    text = (result.save(tmp_path / "one") / "result.json").read_text()

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
