"""What was computed elsewhere cannot be proven: it is named, and the verdict says so."""

from __future__ import annotations

import json
from collections import defaultdict, namedtuple

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from quantlab.engine.futures import Change, with_other_future
from quantlab.engine.outside import FEWEST, outside_of
from tests.causality import leaks, precomputed


def check(strategy, bars=precomputed.BARS, **settings):
    return ql.check(strategy, bars, progress=False, **{"cuts": 4, **settings})


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (precomputed.ReadsDict, ["AS_DICT"]),
        (precomputed.ReadsList, ["AS_LIST"]),
        (precomputed.ReadsTuple, ["AS_TUPLE"]),
        (precomputed.ReadsSet, ["AS_SET"]),
        (precomputed.ReadsDeque, ["AS_DEQUE"]),
        (precomputed.ReadsArray, ["AS_ARRAY"]),
        (precomputed.ReadsBytes, ["AS_BYTES"]),
        (precomputed.ReadsSeries, ["AS_SERIES"]),
        (precomputed.ReadsFrame, ["AS_FRAME"]),
        (precomputed.ReadsNested, ["NESTED"]),
        (precomputed.ReadsMethod, ["ANSWERS.__self__"]),
        (precomputed.ReadsHolder, ["AS_DICT", "HOLDER.answers"]),
        (precomputed.ReadsModule, ["itself.AS_LIST"]),
        (precomputed.ReadsImported, ["tests.causality.precomputed.AS_LIST"]),
        (precomputed.ReadsDefault, ["wants(answers=…)", "wants(more=…)"]),
        (precomputed.ReadsClass, ["ReadsClass.answers"]),
        (precomputed.ReadsLiteral, ["a literal in wants"]),
        (precomputed.ReadsThroughCache, ["AS_LIST"]),
        (precomputed.ReadsPartial, ["partial(…)"]),
    ],
)
def test_an_answer_computed_elsewhere_is_named(kind, names):
    report = check(kind())
    assert report  # rows up to a cut stood still, though each of them holds tomorrow's answer
    assert not report.proven
    assert sorted(each.name for each in report.unproven) == names
    assert "is causal" not in str(report)
    assert f"no leak found; NOT PROVEN: it reads {report.unproven[0].name}" in report.verdict
    for each in report.unproven:
        assert "computed from cannot be checked" in each.detail
        assert "ql.feature(function)" in each.detail
        assert "extra field of the bars" in each.detail


def test_configuration_does_not_alarm():
    report = check(precomputed.ReadsConfiguration())
    assert report.proven, str(report)
    assert "is causal" in report.verdict


def test_the_rule_is_twenty_values_or_one_for_each_bar():
    bars, few = precomputed.BARS, precomputed.BARS.rows(0, 19)
    assert FEWEST == len(precomputed.TWENTY) == few.n_bars + 1
    assert [each.name for each in outside_of(precomputed.ReadsTwenty(), bars)] == ["TWENTY"]
    assert outside_of(precomputed.ReadsConfiguration(), bars) == ()
    assert [each.name for each in outside_of(precomputed.ReadsConfiguration(), few)] == ["NINETEEN"]


def test_dated_values_are_data_however_few():
    table = pd.Series([1.0, 2.0], precomputed.BARS.time[[10, 90]])

    class Reads(precomputed.Rule):
        def wants(self, now):
            return table.loc[: pd.Timestamp(now.time)].sum() > 1.0

    assert [each.name for each in check(Reads()).unproven] == ["table"]


def test_tables_of_an_earlier_run_are_data():
    result = ql.backtest(precomputed.ReadsConfiguration(), precomputed.BARS)

    class Reads(precomputed.Rule):
        def wants(self, now):
            return result.equity.iloc[now.bar] > 0.0

    report = check(Reads())
    assert [each.name for each in report.unproven] == ["result"]


def test_what_a_run_wrote_beside_its_state_is_named(monkeypatch):
    monkeypatch.setattr(precomputed, "MEMORY", {})
    report = check(precomputed.Remembers())
    assert [each.name for each in report.unproven] == ["MEMORY"]


@pytest.mark.parametrize("kind", [precomputed.LooksUpTomorrow, precomputed.LooksUpTomorrowByTime])
def test_lists_and_dicts_of_a_number_a_bar_get_other_futures(kind):
    report = check(kind(), cuts=20)
    assert [each.name for each in report.findings] == ["decisions"]
    assert len(report.unproven) == 1
    assert "LOOKS AHEAD" in report.verdict


def test_an_unproven_report_says_so_everywhere():
    report = check(precomputed.ReadsDict())
    plain = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert (plain["causal"], plain["proven"]) == (None, False)
    assert plain["verdict"] == report.verdict
    assert plain["unproven"][0]["name"] == "AS_DICT"
    for text in (str(report), report._repr_html_()):
        assert "NOT PROVEN" in text
        assert "AS_DICT (dict, length 150)" in text
    proven = check(precomputed.ReadsConfiguration()).to_dict()
    assert (proven["causal"], proven["proven"], proven["unproven"]) == (True, True, [])


def test_a_long_list_of_readings_is_shortened_in_the_verdict():
    class Many(precomputed.Rule):
        a, b, c, d, e = ([*precomputed.RISES] for _ in range(5))

        def wants(self, now):
            return self.a[now.bar]

    report = check(Many())
    assert len(report.unproven) == 5
    assert report.verdict.endswith("; and 2 more.")
    assert sum("! Its code reads Many." in line for line in str(report).splitlines()) == 5


def test_intraday_findings_carry_their_time():
    daily = leaks.walk(150, holes=0.0)
    times = pd.date_range("2024-01-02 10:00", periods=150, freq="h", tz="America/New_York")
    panels = {n: daily[n] for n in ("open", "high", "low", "close", "volume")}
    bars = ql.Bars.from_arrays(time=times, symbols=daily.symbols, **panels)
    first = check(leaks.following(leaks.shifted), bars).findings[0]
    assert first.time == str(bars.time[first.bar])


def changed(value, cut=40, stop=80):
    return with_other_future(value, Change(precomputed.BARS, cut, stop), np.random.default_rng(0))


def test_containers_keep_their_kind_and_their_past():
    pair = namedtuple("pair", "prices note")
    held = defaultdict(list, {time: i for i, time in enumerate(precomputed.BARS.time.to_numpy())})
    other = changed(held)
    assert isinstance(other, defaultdict)
    assert list(other) == list(held)[:80]  # the same keys, so that a look-up still finds them
    assert [other[key] for key in list(held)[:41]] == list(range(41))
    assert all(other[key] != held[key] for key in list(held)[41:80])
    both = changed(pair(precomputed.AS_LIST, "text"))
    assert isinstance(both, pair)
    assert both.prices[:41] == precomputed.AS_LIST[:41]
    assert both.prices[41:] == [not rises for rises in precomputed.AS_LIST[41:80]]
    assert len(changed(precomputed.AS_DICT, 40, 41)) == 41


def test_a_dict_by_symbol_as_long_as_the_bars_is_left_alone():
    names = {f"S{i}": float(i) for i in range(precomputed.BARS.n_bars)}
    assert changed(names) is names
