from __future__ import annotations

import functools
import http.server
import re
import threading
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from quantlab.errors import DataError
from quantlab.market.read import read_bars
from tests.naive import market as naive
from tests.unit.market.made import long_of, one_symbol

A = one_symbol()
B = one_symbol(["2024-01-03", "2024-01-04"], first=50.0)
BOTH = {"A": A, "B": B}
EXPECTED = read_bars(BOTH)


def wide(swap: bool = False) -> pd.DataFrame:
    frame = pd.concat(BOTH, axis=1).sort_index()
    return frame if swap else frame.swaplevel(axis=1)


def upper(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.rename(columns=str.title).rename_axis(index="Date")


ONE_SYMBOL = {
    "indexed by date": A,
    "any letter case": upper(A),
    "index without a name": A.rename_axis(index=None),
    "dates as text": A.set_axis(A.index.strftime("%Y-%m-%d")).rename_axis("Date"),
    "dates as text without a name": A.set_axis(A.index.strftime("%Y-%m-%d")),
    "dates as text of another name": A.set_axis(A.index.strftime("%Y-%m-%d")).rename_axis("Day"),
    "dates as date objects without a name": A.set_axis(pd.Index(A.index.date)),
    "dates as numbers without a name": A.set_axis(A.index.strftime("%Y%m%d").astype(int)),
    "dates as date objects": A.set_axis(pd.Index(A.index.date, name="day")).rename_axis("date"),
    "dates as numbers": A.set_axis(A.index.strftime("%Y%m%d").astype(int)).rename_axis("date"),
    "american dates": A.set_axis(["1/2/2024", "1/3/2024", "1/31/2024"]).rename_axis("date"),
    "periods": A.set_axis(A.index.to_period("D")).rename_axis("date"),
    "date column": A.reset_index(),
    "timestamp column": A.reset_index(names="Timestamp"),
    "time column": A.reset_index(names="TIME"),
    "row numbers saved": A.reset_index().reset_index(names="Unnamed: 0"),
    "index saved without a name": A.reset_index(names="Unnamed: 0"),
    "short names": A.rename(columns={"open": "O", "high": "H", "low": "L", "close": "C", "volume": "Vol"}),
    "other order of columns": A[["volume", "close", "low", "high", "open"]],
    "numbers as text": A.astype(str),
    "float32": A.astype({"volume": "float32"}),
    "nullable numbers": A.convert_dtypes(),
    "arrow": pa.Table.from_pandas(A.reset_index()),
    "other index": A.reset_index().set_index("volume"),
}


@pytest.mark.parametrize("frame", ONE_SYMBOL.values(), ids=ONE_SYMBOL)
def test_one_symbol(frame):
    bars = read_bars(frame, symbols="A")
    np.testing.assert_array_equal(bars.close[:, 0], A["close"])
    np.testing.assert_array_equal(bars.volume[:, 0], A["volume"])
    assert bars.symbols == ("A",)
    assert bars.time[0] == pd.Timestamp("2024-01-02")


MANY = {
    "dict": BOTH,
    "long, by symbol": long_of(BOTH),
    "long, by date": long_of(BOTH).sort_values(["date", "symbol"]),
    "long, Ticker": long_of(BOTH).rename(columns={"symbol": "Ticker"}),
    "long, categories": long_of(BOTH).astype({"symbol": "category"}),
    "index of symbol and date": long_of(BOTH).set_index(["symbol", "date"]),
    "index of date and symbol": long_of(BOTH).set_index(["date", "symbol"]),
    "index without names": long_of(BOTH).set_index(["date", "symbol"]).rename_axis([None, None]),
    "columns by field and symbol": wide(),
    "columns by symbol and field": wide(swap=True),
    "columns of Yahoo": upper(wide()).rename_axis(columns=["Price", "Ticker"]),
    "wide with a date column": wide().reset_index(),
}


@pytest.mark.parametrize("frame", MANY.values(), ids=MANY)
def test_many_symbols(frame):
    bars = read_bars(frame)
    assert bars == EXPECTED
    assert bars.symbols == ("A", "B")


def test_times_are_the_union_and_gaps_stay_absent():
    frames = {"A": one_symbol(["2024-01-02", "2024-01-05"]), "B": B}
    rows = [(t, s, c) for s, f in frames.items() for t, c in f["close"].items()]
    times, close = naive.panel(rows, ["A", "B"])
    bars = read_bars(frames)
    assert list(bars.time) == times
    np.testing.assert_array_equal(bars.close, close)
    assert not bars.present[0, 1]


def test_further_columns_become_fields_and_can_be_left_out():
    frame = long_of(BOTH).assign(Mood=1.5, Funding=[0.1, 0.2, np.nan, 0.4, 0.5])
    assert read_bars(frame).fields == ("mood", "funding")
    np.testing.assert_array_equal(read_bars(frame)["funding"], [[0.1, np.nan], [0.2, 0.4], [np.nan, 0.5]])
    assert read_bars(frame, fields=["Mood"]).fields == ("mood",)
    assert read_bars(frame, fields="mood").fields == ("mood",)
    assert read_bars(frame.assign(venue="XNYS"), fields=[]).fields == ()
    with pytest.raises(DataError, match="Did you mean 'mood'"):
        read_bars(frame, fields=["moods"])


def test_a_field_without_a_symbol_is_given_to_all():
    frame = wide()
    frame[("vix", "")] = [15.0, 16.0, 17.0]
    np.testing.assert_array_equal(read_bars(frame)["vix"], np.repeat([[15.0], [16.0], [17.0]], 2, axis=1))


def test_symbols_choose_and_order():
    assert read_bars(long_of(BOTH), symbols=["B", "A"]).symbols == ("B", "A")
    only = read_bars(long_of(BOTH), symbols="B")
    assert only == EXPECTED.rows(1, 3).select("B")
    assert read_bars(A).symbols == ("X",)
    for source in (long_of(BOTH), BOTH):
        with pytest.raises(DataError, match=r"'BB'.*Did you mean 'B'"):
            read_bars(source, symbols=["A", "BB"])
    with pytest.raises(DataError, match="each once"):
        read_bars(A, symbols=["A", "A"])


def test_only_what_is_asked_for_is_checked():
    frame = one_symbol(pd.bdate_range("2024-01-01", periods=10))
    frame.iloc[0, 3] = -1.0
    assert read_bars(frame, start="2024-01-02", end="2024-01-05").n_bars == 4
    with pytest.raises(DataError, match="2024-01-01"):
        read_bars(frame)
    with pytest.raises(DataError, match="the source runs from 2024-01-01 to 2024-01-12"):
        read_bars(frame, start="2025")


def test_a_close_adjusted_by_the_source_adjusts_the_bar():
    frame = A.assign(**{"Adj Close": [5.0, 11.0, 12.0]})
    bars = read_bars(frame)
    assert bars.close[:, 0].tolist() == [5.0, 11.0, 12.0]
    assert bars.open[:, 0].tolist() == [4.75, 10.5, 11.5]
    assert bars.high[0, 0] == 5.5
    assert bars.volume[:, 0].tolist() == [2000.0, 1100.0, 1200.0]
    np.testing.assert_allclose(bars.close * bars.volume, read_bars(A).close * read_bars(A).volume, rtol=1e-15)
    assert bars.fields == ()
    raw = read_bars(frame, adjusted=False)
    assert raw.close[0, 0] == 10.0
    assert raw["adj_close"][:, 0].tolist() == [5.0, 11.0, 12.0]


@pytest.mark.parametrize("bad", [np.nan, 0.0, -5.0])
def test_an_adjusted_close_without_sense_is_refused(bad):
    with pytest.raises(DataError, match=r"(?s)X 2024-01-03 adj_close = .*adjusted=False"):
        read_bars(A.assign(adj_close=[5.0, bad, 12.0]))


@pytest.mark.parametrize("ending", [".csv", ".CSV", ".csv.gz", ".parquet", ".pq"])
def test_files(tmp_path, ending):
    path = tmp_path / f"BRK.B{ending}"
    (A.to_csv if "csv" in ending.lower() else A.to_parquet)(path)
    bars = read_bars(path)
    assert bars.symbols == ("BRK.B",)
    assert bars == read_bars(str(path)) == read_bars(A, symbols="BRK.B") == read_bars(path.as_uri())


def test_a_wide_frame_saved_to_csv(tmp_path):
    path = tmp_path / "both.csv"
    upper(wide()).rename_axis(columns=["Price", "Ticker"]).to_csv(path)
    assert path.read_text().splitlines()[1].startswith("Ticker")
    assert read_bars(path) == EXPECTED


def test_wide_parquet(tmp_path):
    wide().to_parquet(tmp_path / "both.parquet")
    assert read_bars(tmp_path / "both.parquet") == EXPECTED


def test_a_folder_holds_one_file_a_symbol(tmp_path):
    A.to_csv(tmp_path / "A.csv")
    B.to_parquet(tmp_path / "B.parquet")
    (tmp_path / "notes.txt").write_text("not bars")
    assert read_bars(tmp_path) == EXPECTED
    assert read_bars(tmp_path, symbols=["B"]).symbols == ("B",)
    with pytest.raises(DataError, match="no file for symbol 'C'"):
        read_bars(tmp_path, symbols=["C"])


@pytest.mark.parametrize(
    ("name", "content"),
    [("EMPTY.csv", b""), ("HEADER.csv", b"date,open,high,low,close\n"), ("BROKEN.parquet", b"PAR1 nothing")],
)
def test_a_damaged_member_of_a_folder_is_named(tmp_path, name, content):
    A.to_csv(tmp_path / "A.csv")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=name):
        read_bars(tmp_path)


def test_a_folder_without_tables_or_with_two_of_a_name(tmp_path):
    with pytest.raises(DataError, match="holds no CSV or Parquet"):
        read_bars(tmp_path)
    A.to_csv(tmp_path / "A.csv")
    A.to_parquet(tmp_path / "A.parquet")
    with pytest.raises(DataError, match=r"two files for one symbol: A.csv, A.parquet"):
        read_bars(tmp_path)


def test_labels_and_instants_do_not_mix(tmp_path):
    frames = {"A": A, "B": one_symbol(pd.date_range("2024-01-02 10:00", periods=3, freq="1h", tz="UTC"))}
    with pytest.raises(DataError, match="A has session labels, but B has instants in UTC"):
        read_bars(frames)


def test_an_address(tmp_path):
    A.to_csv(tmp_path / "A.csv")
    serve = functools.partial(_Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            here = f"http://127.0.0.1:{server.server_port}"
            assert read_bars(f"{here}/A.csv?token=1") == read_bars(A, symbols="A")
            with pytest.raises(DataError, match=r"B\.csv cannot be read: HTTP Error 404"):
                read_bars(f"{here}/B.csv")
        finally:
            server.shutdown()
            thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("store:mine", r"unknown source.*sample:.*https:"),
        ("sample:us6", "Did you mean 'us5'"),
        ("prices.xlsx", "does not exist"),
        (42, "cannot read bars from int"),
        ({}, "no rows"),
        (A.iloc[:0], "no rows"),
        (A.rename(columns={"close": "clos"}), "no column close.*Did you mean 'clos'"),
        (A[["close"]], r"no column open, high, low.*frame.assign"),
        (A.reset_index(drop=True), "no timestamps"),
        (A.assign(Close=1.0), "more than one column 'close'"),
        (A.reset_index().assign(timestamp=1), "several columns that may be its time: timestamp, date"),
        (long_of(BOTH).assign(symbol=["A", None, "A", "B", "B"]), "row 1 has no symbol"),
        (pd.concat({"z": wide()}, axis=1), "3 levels of columns"),
        (wide().drop(columns=[("close", "B")]), r"the frame \(B\) has no column close"),
        (wide().rename(columns={"close": "clse"}), "no column close.*Did you mean 'clse'"),
    ],
)
def test_what_cannot_be_read_says_why(source, message):
    with pytest.raises(DataError, match=message):
        read_bars(source)


CLOSES = pd.DataFrame({"A": [1.0, 2.0], "Bb": [3.0, 4.0]}, index=A.index[:2])
REMEDIES = {
    "closes": (CLOSES, "frame"),
    "closes with a date column": (CLOSES.reset_index(), "frame"),
    "closes saved without a name": (
        CLOSES.set_axis(CLOSES.index.strftime("%Y-%m-%d")).reset_index(),
        "frame",
    ),
    "series": (CLOSES["A"], "s"),
    "dict of series": ({"A": CLOSES["A"], "Bb": CLOSES["Bb"]}, "series"),
    "numbered headers": (A.set_axis([f"{i}. {name}" for i, name in enumerate(A, start=1)], axis=1), "frame"),
    "header of two words": (A.rename(columns={"close": "Close/Last"}), "frame"),
    "misspelt": (A.rename(columns={"close": "Clos", "open": "opn"}), "frame"),
    "one price": (A[["close"]].rename(columns=str.title), "frame"),
}


@pytest.mark.parametrize(("source", "name"), REMEDIES.values(), ids=REMEDIES)
def test_the_remedy_for_missing_prices_works(source, name):
    with pytest.raises(DataError) as refused:
        read_bars(source)
    names = {"ql": SimpleNamespace(read_bars=read_bars), name: source}
    text = str(refused.value)
    if "set_index" in text:
        exec(re.search(r"frame = frame\.set_index\([^)]*\)", text)[0], names)
    code = re.search(r"ql\.read_bars\(.*\)|frame\.(rename|assign)\(.*\)", text)[0]
    bars = eval(code, names)
    bars = read_bars(bars) if isinstance(bars, pd.DataFrame) else bars
    assert bars.fields == ()
    expected = A[["close"]] if bars.n_bars == 3 else CLOSES.iloc[:, : bars.n_symbols]
    np.testing.assert_array_equal(bars.close, expected)


def test_a_column_of_text_is_left_out_by_name():
    frame = A.assign(venue="XNYS", mood=1.0)
    with pytest.raises(DataError, match=r"^read with fields=\['mood'\]: column 'venue' .* such as 'XNYS'"):
        read_bars(frame)
    assert read_bars(frame, fields=["mood"]).fields == ("mood",)


def test_a_file_of_another_kind_and_a_misspelt_file(tmp_path):
    (tmp_path / "bars.json").write_text("{}")
    with pytest.raises(DataError, match="neither CSV nor Parquet"):
        read_bars(tmp_path / "bars.json")
    with pytest.raises(DataError, match=r"Did you mean 'bars.json'"):
        read_bars(tmp_path / "bar.json")
