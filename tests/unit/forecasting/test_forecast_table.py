"""The forecast table: its date of birth, its axes, and its file."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from quantlab.errors import ForecastError
from quantlab.forecasting.forecast import NEVER, Forecasts
from quantlab.market.bars import Bars

DAY = 86_400_000_000_000
TIME = pd.date_range("2024-01-01", periods=6)
CLOSES = TIME.as_unit("ns").asi8 + DAY


def build(**changes):
    """Six bars, two symbols, two horizons, three levels; nothing on the first two bars."""
    values = np.random.default_rng(0).normal(size=(6, 2, 2, 1)) + np.array([-0.1, 0.0, 0.1])
    values[:2] = np.nan
    told = {
        "values": values,
        "time": TIME,
        "time_ns": CLOSES,
        "symbols": ("A", "B"),
        "horizons": (1, 5),
        "levels": (0.1, 0.5, 0.9),
        "trained_through": np.r_[[NEVER] * 2, [CLOSES[1]] * 4],
        "as_of": CLOSES,
    }
    return Forecasts(**{**told, **changes})


def bars_of(time, symbols, **options):
    """Bars whose prices do not matter."""
    prices = np.full((len(time), len(symbols)), 10.0)
    return Bars.from_arrays(
        time=time, symbols=symbols, open=prices, high=prices, low=prices, close=prices, **options
    )


def test_a_forecast_trained_on_what_came_after_it_cannot_be_built():
    late = np.r_[[NEVER] * 2, CLOSES[1], CLOSES[1], CLOSES[5], CLOSES[1]]
    with pytest.raises(
        ForecastError, match=r"2024-01-05 .*\(row 4\) was trained through 2024-01-07 00:00:00 UTC"
    ):
        build(trained_through=late)


def test_a_forecast_that_became_known_after_its_own_close_cannot_be_built():
    with pytest.raises(ForecastError, match=r"\(row 2\) became known"):
        build(as_of=CLOSES + 1)


def test_rows_without_a_forecast_have_no_birth_to_check():
    build(trained_through=np.r_[[CLOSES[5]] * 2, [CLOSES[1]] * 4])


def test_trained_through_the_very_close_it_was_made_at_is_allowed():
    build(trained_through=CLOSES)


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({"symbols": ("A",)}, "their axes say"),
        ({"symbols": ("A", "A")}, "name one twice"),
        ({"levels": (0.1, 0.4, 0.9)}, "add 0.5"),
        ({"levels": (0.5, 0.1, 0.9)}, "levels rise"),
        ({"horizons": (5, 1)}, "several rise"),
        ({"trained_through": CLOSES[:3]}, "one number a row"),
        ({"time_ns": CLOSES[::-1]}, "time does not rise"),
    ],
)
def test_axes_that_do_not_fit_are_refused(changes, advice):
    with pytest.raises(ForecastError, match=advice):
        build(**changes)


@pytest.mark.parametrize(
    ("cell", "value"), [((3, 1, 0, 1), np.inf), ((3, 1, 0, 1), np.nan), ((3, 1, 0, 1), 99.0)]
)
def test_infinite_partial_and_crossing_forecasts_are_refused(cell, value):
    values = build().values.copy()
    values[cell] = value
    with pytest.raises(ForecastError, match=r"forecast of B at 2024-01-04 .*\(row 3\)"):
        build(values=values)


def test_median_and_quantiles_are_slices():
    table = build()
    np.testing.assert_array_equal(table.median(5), table.values[:, :, 1, 1])
    np.testing.assert_array_equal(table.quantile(0.9, horizon=1), table.values[:, :, 0, 2])
    assert not table.median(1).flags.writeable


def test_an_undeclared_level_or_horizon_names_the_declared_ones():
    with pytest.raises(ForecastError, match=r"no quantile level 0\.2\. Declared: 0\.1, 0\.5, 0\.9"):
        build().quantile(0.2, 1)
    with pytest.raises(ForecastError, match=r"no horizon of 3 bars\. Declared: 1, 5"):
        build().median(3)
    with pytest.raises(ForecastError, match="say which, horizon= one of 1, 5"):
        build().median()


def test_align_lays_rows_and_symbols_and_leaves_the_rest_empty():
    table = build()
    there = table.align(bars_of(pd.date_range("2024-01-03", periods=5), ("B", "C")))
    np.testing.assert_array_equal(there.values[:4, 0], table.values[2:, 1])
    assert np.isnan(there.values[4:]).all()
    assert np.isnan(there.values[:, 1]).all()
    assert there.trained_through.tolist() == [CLOSES[1]] * 4 + [NEVER]
    assert there.symbols == ("B", "C")


def test_align_meets_sessions_by_label_and_restamps_them():
    frame = pd.DataFrame({"SPY": [0.01, 0.02]}, index=pd.to_datetime(["2024-01-03", "2024-01-04"]))
    table = Forecasts.from_frame(frame, trained_through="2024-01-02")
    bars = bars_of(frame.index, ("SPY",), calendar="XNYS")
    there = table.align(bars)
    np.testing.assert_array_equal(there.median()[:, 0], [0.01, 0.02])
    np.testing.assert_array_equal(there.time_ns, bars.time_ns)
    assert (there.as_of <= bars.time_ns).all()
    assert (there.trained_through < there.as_of).all()


def test_aligning_on_its_own_rows_changes_nothing():
    table = build(beside={"naive": build(name="naive")})
    there = table.align(bars_of(TIME, ("A", "B")))
    assert there.fingerprint == table.fingerprint
    assert there.beside["naive"].fingerprint == table.fingerprint


def test_from_frame_wants_to_know_what_it_was_trained_through():
    frame = pd.DataFrame({"A": [0.1, np.nan]}, index=pd.to_datetime(["2024-01-03", "2024-01-04"]))
    with pytest.raises(TypeError, match="trained_through"):
        Forecasts.from_frame(frame)
    with pytest.raises(ForecastError, match="was trained through"):
        Forecasts.from_frame(frame, trained_through="2024-01-04")
    with pytest.raises(ForecastError, match="became known"):
        Forecasts.from_frame(frame, trained_through="2023-12-31", as_of=["2024-01-05", "2024-01-05"])
    rows = Forecasts.from_frame(frame, trained_through=["2024-01-02", "2024-01-03"])
    assert rows.trained_through.tolist() == (frame.index.as_unit("ns").asi8).tolist()


def test_from_frame_of_clock_times_wants_their_zone():
    frame = pd.DataFrame({"A": [0.1]}, index=pd.to_datetime(["2024-01-03 10:30"]))
    with pytest.raises(ForecastError, match="tz_localize"):
        Forecasts.from_frame(frame, trained_through="2024-01-01")
    table = Forecasts.from_frame(frame.tz_localize("America/New_York"), trained_through="2024-01-01")
    assert table.time_ns[0] == pd.Timestamp("2024-01-03 15:30", tz="UTC").value


@pytest.mark.parametrize("tz", [None, "America/New_York"])
def test_save_and_load_give_the_same_table(tmp_path, tz):
    time = TIME if tz is None else TIME.tz_localize(tz)
    table = build(
        time=time, name="CNN1D(horizon=5)", beside={"naive": build(time=time)}, provenance={"seed": 3}
    )
    path = tmp_path / "outlook.npz"
    table.save(path)
    back = Forecasts.load(path)
    assert back.fingerprint == table.fingerprint
    assert back.time.equals(table.time)
    assert (back.name, back.provenance) == (table.name, {"seed": 3})
    assert back.beside["naive"].fingerprint == table.beside["naive"].fingerprint
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "damage", [lambda raw: raw[: len(raw) // 2], lambda raw: b"", lambda raw: b"PK" + raw[40:]]
)
def test_a_damaged_file_is_refused(tmp_path, damage):
    path = tmp_path / "outlook.npz"
    build().save(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ForecastError, match="damaged"):
        Forecasts.load(path)


def test_a_file_whose_content_was_changed_is_refused(tmp_path):
    path = tmp_path / "outlook.npz"
    build().save(path)
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays["/values"] = arrays["/values"] + 1e-9
    np.savez(path, **arrays)
    with pytest.raises(ForecastError, match="does not match its fingerprint"):
        Forecasts.load(path)


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(ForecastError, match="there is no forecast table"):
        Forecasts.load(tmp_path / "none.npz")


def test_the_fingerprint_is_the_content():
    table = build()
    assert build(name="another").fingerprint == table.fingerprint
    assert build(values=table.values + 1e-12).fingerprint != table.fingerprint
    assert build(symbols=("A", "Z")).fingerprint != table.fingerprint


def test_the_table_is_frozen_and_tells_what_it_is():
    table = build(name="CNN1D(horizon=(1, 5))")
    with pytest.raises(ValueError, match="read-only"):
        table.values[0] = 0.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        table.symbols = ()
    assert repr(table).startswith("<Forecasts CNN1D(horizon=(1, 5)): 6 bars × 2 symbols")
    assert "2024-01-03" in str(table)
