"""Text files as programs of different countries write them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from quantlab.errors import DataError
from quantlab.market.read import read_bars
from tests.unit.market.made import one_symbol

A = one_symbol()
EXPECTED = read_bars(A, symbols="A")


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("ending", ["csv", "tsv", "tsv.gz"])
def test_the_first_line_tells_the_separator(tmp_path, separator, decimal, ending):
    path = tmp_path / f"A.{ending}"
    A.to_csv(path, sep=separator, decimal=decimal)
    assert read_bars(path) == EXPECTED
    assert read_bars(tmp_path, symbols=["A"]) == EXPECTED


def test_lines_of_unequal_commas_between_semicolons(tmp_path):
    path = tmp_path / "A.csv"
    path.write_text("date;open;high;low;close\n2024-01-02;1;2;1;2\n2024-01-03;1,5;2,5;1,25;2,0\n")
    np.testing.assert_array_equal(read_bars(path).low[:, 0], [1.0, 1.25])


def write_closes(path, *closes):
    lines = [f"2024-01-0{day};{c};{c};{c};{c};7" for day, c in enumerate(closes, start=2)]
    path.write_text("\n".join(["date;open;high;low;close;volume", *lines]))


def test_a_comma_that_may_be_of_thousands_is_refused(tmp_path):
    path = tmp_path / "A.csv"
    write_closes(path, "1,234", "1,250")
    with pytest.raises(DataError, match=r"column 'open' holds '1,234'.*sep=';', decimal=','.*thousands=','"):
        read_bars(path)
    with pytest.raises(DataError, match="column 'open' holds"):
        read_bars(tmp_path)
    write_closes(path, "1,234", "1,25")
    assert read_bars(path).close[:, 0].tolist() == [1.234, 1.25]
    write_closes(path, "1,234", "0,250")
    assert read_bars(path).close[:, 0].tolist() == [1.234, 0.25]


def test_decimal_points_beside_commas_are_refused(tmp_path):
    path = tmp_path / "A.csv"
    path.write_text("date;open;high;low;close\n2024-01-02;1,5;2.5;1;2\n")
    with pytest.raises(DataError, match=r"column 'open' holds '1,5'"):
        read_bars(path)
    path.write_text("date;open;high;low;close\n2024-01-02;1.234,5;1.234,5;1.234,5;1.234,5\n")
    with pytest.raises(DataError, match=r"(?s)X?.*open: '1\.234,5'.*decimal=\",\""):
        read_bars(path)


def test_an_index_read_without_a_name(tmp_path):
    A.rename_axis(None).to_csv(tmp_path / "A.csv")
    frame = pd.read_csv(tmp_path / "A.csv", index_col=0)
    assert read_bars(frame, symbols="A") == EXPECTED
    assert read_bars({"A": frame}) == EXPECTED
    frame.index = pd.Index(["2024-01-02", "Total", "2024-01-04"])
    with pytest.raises(DataError, match="'Total' in row 1 is no time"):
        read_bars(frame)


def test_an_index_of_other_text_is_no_time():
    with pytest.raises(DataError, match=r"no timestamps.*its columns are open, high"):
        read_bars(A.set_axis(["a", "b", "c"]))
    with pytest.raises(DataError, match="no timestamps"):
        read_bars(A.set_axis([5, 6, 7]))
    labelled = A.reset_index().set_axis(["2020-01-01", "2020-01-02", "2020-01-03"])
    assert read_bars(labelled, symbols="A") == EXPECTED


def test_rows_of_more_values_than_names(tmp_path):
    path = tmp_path / "A.csv"
    path.write_text("date,open,high,low,close\n2024-01-02,1,5,2,5,1,5,2,5\n2024-01-03,1,5,2,5,1,5,2,5\n")
    with pytest.raises(DataError, match=r"two columns 'symbol'.*decimal commas between commas"):
        read_bars(path)
    with pytest.raises(DataError, match="two columns 'date'"):
        read_bars(A.assign(date=A.index))
