from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from quantlab.errors import ResultError
from quantlab.report.page import report
from quantlab.research.compare import compare
from tests.made_results import made_orders, made_result, made_trades

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """What a browser would see: tags, attributes, text; unbalanced tags are an error."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.scripts: list[str] = []
        self._open: list[str] = []
        self.feed(self.source)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "script":
            self.scripts.append(data)
        else:
            self.text += data

    @property
    def data(self) -> dict[str, Any]:
        """What is embedded for the charts and the trades."""
        found: dict[str, Any] = json.loads(self.scripts[0])
        return found


def _big(**settings: object) -> object:
    random = np.random.default_rng(0)
    days = pd.bdate_range("2003-01-01", periods=5000)
    benchmark = pd.Series(random.normal(0.0003, 0.012, 5000), days)
    facts = {
        "name": "SmaCross(fast=20, slow=50)",
        "time": days,
        "n_fills": 300,
        "trades": made_trades(days, 2000),
        "orders": made_orders(days, 7),
        "benchmark": benchmark,
        "benchmark_name": "SPY",
        "notes": ("SAME CLOSE: orders fill at the very close they were decided on.",),
        "initial_cash": 100_000.0,
    }
    return made_result(random.normal(0.0005, 0.01, 5000), **{**facts, **settings})


def test_a_large_result_is_one_small_offline_file(tmp_path: Path) -> None:
    path = report(_big(), tmp_path / "page.html")
    assert path == tmp_path / "page.html"
    assert path.stat().st_size < 1_000_000
    page = Page(path)
    assert not {"link", "img", "iframe", "object", "form", "base"} & set(page.tags)
    assert not re.search(r"https?:|//[a-z]|@import|url\(", page.source)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert all(value.startswith("#") for name, value in page.attributes if name in ("href", "src"))


def test_the_policy_allows_the_pages_own_script_and_nothing_else(tmp_path: Path) -> None:
    page = Page(report(_big(), tmp_path / "page.html"))
    policy = next(value for name, value in page.attributes if name == "content")
    digest = base64.b64encode(hashlib.sha256(page.scripts[1].encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; base-uri 'none'; "
        "form-action 'none'"
    )
    assert 'http-equiv="Content-Security-Policy"' in page.source
    assert (
        page.tags.count("script") == len(page.scripts) == 2
    )  # the data, which no browser runs, and the script
    assert [value for name, value in page.attributes if name == "type"] == ["application/json"]
    assert len(page.scripts[1].encode()) < 32_000


def test_a_result_page_says_what_was_promised(tmp_path: Path) -> None:
    page = Page(report(_big(), tmp_path / "page.html"))
    for expected in (
        "SmaCross(fast=20, slow=50)", "N = 252 bars a year", "SAME CLOSE", "95%: [", "SPY", "fingerprint",
        "decided at a close, filled at the next open", "Monthly returns", "Years", "Drawdowns", "Definitions",
        "Profit by symbol", "Costs", "Orders by outcome", "no_cash", "Open trades", "Closed trades by symbol",
        "The first 100 of 1,999: 1,899 not shown", "f15000", "versions.quantlab",
    ):  # fmt: skip
        assert expected in page.text, expected
    hints = [value for name, value in page.attributes if name == "title"]
    assert "mean(r − rf)/std(r − rf, ddof=1)·√N (Sharpe 1994); N = 252" in hints
    assert "prefers-color-scheme: dark" in page.source
    assert "@media print" in page.source
    assert "width=device-width" in page.source


@pytest.mark.parametrize(
    "place", ["name", "symbol", "benchmark_name", "notes", "provenance", "engine", "reason"]
)
def test_whatever_a_name_says_is_inert(place: str, tmp_path: Path) -> None:
    days = pd.bdate_range("2020-01-01", periods=60)
    settings: dict[str, object] = {place: EVIL}
    if place == "symbol":
        settings["trades"] = made_trades(days, 12, EVIL)
    if place == "notes":
        settings = {"notes": (EVIL,)}
    if place == "benchmark_name":
        settings["benchmark"] = pd.Series(0.001, days)
    if place == "provenance":
        settings = {"provenance": {EVIL: {EVIL: EVIL}, "settings": {"costs": EVIL}}}
    if place == "reason":
        settings = {"orders": made_orders(days, 3, EVIL)}
    result = made_result(np.random.default_rng(0).normal(0, 0.01, 60), **settings)
    pages = [Page(report(result, tmp_path / "result.html"))]
    if place in ("name", "notes", "provenance"):
        pages.append(Page(report(compare([result], 0, n_resamples=10), tmp_path / "comparison.html")))
    for page in pages:
        assert EVIL in page.text
        assert "img" not in page.tags
        assert page.tags.count("script") == len(page.scripts) == 2
        assert not [name for name, _ in page.attributes if name.startswith("on")]


@pytest.mark.parametrize(
    ("returns", "settings"),
    [
        ([0.0, 0.0, 0.0], {"n_fills": 0}),
        ([0.01], {}),
        ([0.1, -1.2], {"ruined": True}),
        ([0.1, -1.0], {"ruined": True, "benchmark": None}),
        (np.zeros(100), {}),
    ],
)
def test_odd_runs_have_a_page_and_the_undefined_prints_as_not_available(
    returns: list[float], settings: dict[str, object], tmp_path: Path
) -> None:
    page = Page(report(made_result(returns, **settings), tmp_path / "page.html"))
    assert "n/a" in page.text
    assert not re.search(r"\b(nan|inf|None|NaN)\b", page.text)
    assert "nan" not in "".join(value for name, value in page.attributes if name == "d")


def test_forecast_scores_are_shown_when_there_are_any(tmp_path: Path) -> None:
    keys = pd.MultiIndex.from_tuples([("CNN1D", 5), ("naive", 5)], names=["forecaster", "horizon"])
    scores = pd.DataFrame({"ic": [0.02, 0.0], "ic_t": [1.0, 0.0]}, index=keys)
    assert "Forecast scores" in Page(report(_big(forecast_scores=scores), tmp_path / "a.html")).text
    assert "Forecast scores" not in Page(report(_big(), tmp_path / "b.html")).text


def test_intraday_bars_have_a_page(tmp_path: Path) -> None:
    minutes = pd.date_range("2020-06-01 09:31", periods=500, freq="min", tz="America/New_York")
    result = made_result(
        np.random.default_rng(0).normal(0, 0.001, 500), time=minutes, periods_per_year=98_280.0
    )
    assert "2020-06-01 09:31 to 2020-06-01 17:50" in Page(report(result, tmp_path / "page.html")).text


class Hold(ql.Strategy):
    """Buy everything once."""

    def on_bar(self, now: ql.Now) -> None:
        for i in range(now.n_symbols):
            if now.tradable[i] and now.position[i] == 0.0:
                now.target_weight(i, 1.0 / now.n_symbols)


def test_a_real_run_and_its_comparison_have_pages(tmp_path: Path) -> None:
    bars = ql.read_bars("sample:us5")
    costs = ql.Costs(commission=0.001, slippage=0.0005)
    runs = [
        ql.backtest(Hold(), bars, costs=costs, start=start, benchmark="AAPL") for start in ("2005", "2008")
    ]
    page = Page(report(runs[0], tmp_path / "result.html"))
    for expected in (
        "Hold()",
        "AAPL",
        "Costs(commission=0.001, slippage=0.0005)",
        runs[0].provenance["fingerprint"],
    ):
        assert expected in page.text, expected
    assert "Hold() (2)" in Page(report(compare(runs, 0, n_resamples=20), tmp_path / "comparison.html")).text


def test_a_comparison_has_a_page(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    runs = {f"run {k}": made_result(random.normal(0.0005, 0.01, 3000)) for k in range(10)}
    path = report(compare(runs, "run 3", n_resamples=20), tmp_path / "page.html")
    page = Page(path)
    assert path.stat().st_size < 1_000_000
    for expected in (
        "Comparison of 10 runs",
        "common period",
        "against run 3, paired",
        "Years",
        "Correlation",
    ):
        assert expected in page.text, expected
    assert page.source.count('class="line c1"') == 2  # the benchmark is grey in both charts


def test_a_comparison_of_fifty_runs_stays_small(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    runs = {f"run {k}": made_result(random.normal(0.0005, 0.01, 3000)) for k in range(50)}
    path = report(compare(runs, 0, n_resamples=5), tmp_path / "page.html")
    assert path.stat().st_size < 3_000_000
    assert len(Page(path).data["panels"][0]["series"]) == 50


def test_same_result_same_bytes(tmp_path: Path) -> None:
    first, second = (report(_big(), tmp_path / name).read_bytes() for name in ("a.html", "b.html"))
    assert first == second


def test_a_page_is_replaced_in_one_step_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "page.html"
    target.write_text("old")
    result = made_result(np.full(30, 0.01))
    monkeypatch.setattr("os.replace", _full_disk)
    with pytest.raises(ResultError, match="No space left on device; choose another path"):
        report(result, target)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert target.read_text() == "old"
    monkeypatch.undo()
    report(result, target)
    assert "Made()" in target.read_text(encoding="utf-8")


def _full_disk(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_bad_path_or_subject_is_answered_with_a_remedy(tmp_path: Path) -> None:
    result = made_result([0.01, 0.02])
    with pytest.raises(ResultError, match=r"is a folder; give a file in it, such as .*report.html"):
        report(result, tmp_path)
    assert report(result, tmp_path / "made" / "page.html").is_file()
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultError, match="cannot be written"):
        report(result, tmp_path / "file" / "page.html")
    with pytest.raises(ResultError, match=r"not a list; .* ql.compare\(results\)"):
        report([result], tmp_path / "page.html")  # type: ignore[arg-type]


def test_without_a_path_the_strategy_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert report(_big()).name == "smacross-fast-20-slow-50.html"
    assert report(made_result([0.1, 0.1], name="(/../)")).name == "report.html"
    assert len(list(tmp_path.iterdir())) == 2


def _texts_of(page: Page, title: str) -> str:
    return page.source.split(f"<h3>{title}</h3>")[1].split("</section>")[0]


def test_long_names_head_columns_as_letters(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    names = [f"MomentumRank(lookback={k}, keep=1)" for k in (20, 60, 120)]
    runs = [made_result(random.normal(0.0, 0.01, 300), name=name) for name in names]
    page = Page(report(compare(runs, 0, n_resamples=10), tmp_path / "page.html"))
    for title in ("Years", "Correlation of returns"):
        head = re.findall(r"<th[^>]*>([^<]*)</th>", _texts_of(page, title))
        assert head == ["", "A", "B", "C"]
    for name in names:
        assert re.search(rf"[ABC]: {re.escape(name)}", _texts_of(page, "Runs, best first"))
    short = compare({"one": runs[0], "two": runs[1]}, n_resamples=10)
    page = Page(report(short, tmp_path / "short.html"))
    assert sorted(re.findall(r"<th[^>]*>([a-z]+)</th>", _texts_of(page, "Years"))) == ["one", "two"]


def test_the_benchmark_column_has_a_short_name(tmp_path: Path) -> None:
    days = pd.bdate_range("2020-01-01", periods=100)
    random = np.random.default_rng(0)
    against = pd.Series(random.normal(0.0, 0.01, 100), days)
    name = "a benchmark of a very long name"
    run = made_result(random.normal(0.0, 0.01, 100), time=days, benchmark=against, benchmark_name=name)
    page = Page(report(run, tmp_path / "page.html"))
    assert re.findall(r"<th[^>]*>(\w+)</th>", _texts_of(page, "Risk")) == ["run", "benchmark"]
    assert name in page.text  # in the legend
    assert page.source.count("95%: [") == 4  # total return, CAGR, Sharpe, volatility


def test_forecast_scores_are_readable(tmp_path: Path) -> None:
    keys = pd.MultiIndex.from_tuples([("CNN1D", 5), ("naive", 5)], names=["forecaster", "horizon"])
    columns = ("ic", "ic_error", "ic_t", "icir", "rank_ic", "hit_rate", "pinball", "skill", "n")
    scores = pd.DataFrame([[0.01] * 8 + [2000.0]] * 2, index=keys, columns=list(columns))
    page = Page(report(made_result([0.1, 0.2], forecast_scores=scores), tmp_path / "page.html"))
    text = _texts_of(page, "Forecast scores")
    assert "ic error" in text
    assert "rank ic" in text
    assert "1.0%" in text
    assert "2,000" in text
    assert "_" not in text
    assert '<section class="table wide">\n<h3>Forecast scores' in page.source
