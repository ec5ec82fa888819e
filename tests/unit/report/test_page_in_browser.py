"""The page in a real browser: it opens offline, moves, sorts, prints, and a hostile name stays text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quantlab.report.page import report
from quantlab.research.compare import compare
from tests.browser import CHROMIUM, Browser
from tests.made_results import made_orders, made_result, made_trades

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

N_BARS = 1500
DAYS = pd.bdate_range("2015-01-01", periods=N_BARS)
HOSTILE = (
    "</script><script>document.title='PWNED'</script><img src=x onerror=\"document.title='PWNED'\">\u2028"
)


def _result(**settings):
    random = np.random.default_rng(3)
    trades = made_trades(DAYS, 120)
    trades.loc[::3, "side"] = "short"
    trades["entry_price"] = np.linspace(90.0, 120.0, 120)
    keys = pd.MultiIndex.from_tuples([("CNN1D", 5), ("naive", 5)], names=["forecaster", "horizon"])
    below = ["below_0.05", "below_0.5", "below_0.95"]
    facts = {
        "name": "SmaCross(fast=20, slow=50)",
        "time": DAYS,
        "trades": trades,
        "orders": made_orders(DAYS, 3),
        "benchmark": pd.Series(random.normal(0.0, 0.01, N_BARS), DAYS),
        "benchmark_name": "SPY",
        "forecast_scores": pd.DataFrame([[0.02, 0.06, 0.5, 0.94]] * 2, index=keys, columns=["ic", *below]),
    }
    return made_result(random.normal(0.0004, 0.01, N_BARS), **{**facts, **settings})


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return report(_result(), tmp_path_factory.mktemp("page") / "page.html")


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Path:
    random = np.random.default_rng(5)
    runs = {
        f"run {k}": made_result(random.normal(0.0005, 0.01, 600), name=f"Made(fast={k})") for k in range(3)
    }
    for name, run in runs.items():
        run.provenance["strategy"] = {"code": f"Made(fast={name[-1]})"}
    return report(compare(runs, n_resamples=20), tmp_path_factory.mktemp("page") / "comparison.html")


def _now(browser: Browser) -> str:
    return browser.js("document.querySelector('.now').textContent")


def _path(browser: Browser, panel: str) -> str:
    return browser.js(f"document.querySelector('[data-panel=\"{panel}\"] path[data-name]').getAttribute('d')")


def _middle(browser: Browser, panel: str) -> tuple[float, float, float]:
    """Left edge, right edge and middle height of a panel's plot, scrolled into sight."""
    box = browser.js(
        f"(() => {{ const svg = document.querySelector('[data-panel=\"{panel}\"] > svg');"
        "svg.scrollIntoView({block: 'center'}); const box = svg.getBoundingClientRect();"
        "return [box.left, box.right, (box.top + box.bottom) / 2]; })()"
    )
    return box[0] + 64, box[1] - 10, box[2]  # the margins of a panel


def test_the_page_stands_alone(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.errors == []
    assert browser.requests == [page.as_uri()]
    headings = browser.js("[...document.querySelectorAll('h2')].map(one => one.textContent)")
    assert headings == [
        "Charts", "Metrics", "Returns and drawdowns", "Risk", "Forecasts", "Where it came from",
        "Orders", "Trades", "Data", "Parameters",
    ]  # fmt: skip
    panels = browser.js("[...document.querySelectorAll('[data-panel]')].map(one => one.dataset.panel)")
    assert panels == [
        "Price", "Equity", "Drawdown", "Exposure", "Sharpe of the last 252 bars",
        "Volatility of the last 252 bars", "Beta of the last 252 bars",
    ]  # fmt: skip
    anchors = "[...document.querySelectorAll('nav a')].every(one => document.querySelector(one.hash))"
    assert browser.js(anchors)


@pytest.mark.parametrize("width", [400, 1200, 2000])
@pytest.mark.parametrize("script", [True, False])
def test_no_page_is_wider_than_its_window(
    width: int, script: bool, browser: Browser, page: Path, comparison: Path
) -> None:
    for path in (page, comparison):
        browser.open(path, width=width, script=script)
        assert browser.js("document.documentElement.scrollWidth <= innerWidth")
        assert browser.errors == []


@pytest.mark.parametrize(("n_bars", "n_fills"), [(1, 0), (1, 1), (2, 1), (300, 0)])
def test_a_run_of_a_bar_and_an_idle_one_are_drawn(
    n_bars: int, n_fills: int, browser: Browser, tmp_path: Path
) -> None:
    path = report(made_result(np.zeros(n_bars), n_fills=n_fills), tmp_path / "page.html")
    browser.open(path)
    assert browser.errors == []
    drawn = browser.js("[...document.querySelectorAll('path[data-name]')].map(one => one.getAttribute('d'))")
    assert drawn
    assert not [path for path in drawn if "NaN" in path or "Infinity" in path]


def test_without_its_script_the_page_has_its_charts_and_tables(browser: Browser, page: Path) -> None:
    browser.open(page, script=False)
    drawn = "[...document.querySelectorAll('figure svg')].filter(one => one.clientHeight > 50).length"
    assert browser.js(drawn) == 7 + 6  # panels; two distributions, value at risk, calibration and two seasons
    assert browser.js("document.querySelectorAll('.panels, button').length") == 0
    assert "Closed trades" in browser.js("document.body.innerText")


@pytest.mark.parametrize("place", ["name", "symbol", "benchmark_name", "notes", "reason"])
def test_a_hostile_name_is_inert(place: str, browser: Browser, tmp_path: Path) -> None:
    settings = {place: (HOSTILE,)} if place == "notes" else {place: HOSTILE}
    if place == "symbol":
        settings["trades"] = made_trades(DAYS, 12, HOSTILE)
    if place == "reason":
        settings = {"orders": made_orders(DAYS, 3, HOSTILE)}
    result = _result(**settings)
    named = {HOSTILE: result, "other": replace(result)}
    pages = [
        report(result, tmp_path / "page.html"),
        report(compare(named, n_resamples=10), tmp_path / "comparison.html"),
    ]
    for path in pages:
        browser.open(path)
        assert browser.errors == []
        assert "PWNED" in browser.js("document.body.textContent")
        assert browser.js("document.querySelectorAll('img').length") == 0
        assert browser.js("document.title") != "PWNED"


def test_a_script_that_is_not_the_pages_own_does_not_run(
    browser: Browser, page: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.html"
    other.write_text(
        page.read_text().replace("</header>", "<script>document.title = 'PWNED'</script></header>")
    )
    browser.open(other)
    assert browser.js("document.title") == "SmaCross(fast=20, slow=50)"
    assert any("Content Security Policy" in error for error in browser.errors)


def test_dragging_zooms_all_panels_and_a_double_click_shows_all(browser: Browser, page: Path) -> None:
    browser.open(page)
    whole, before = _now(browser), {name: _path(browser, name) for name in ("Equity", "Drawdown")}
    left, right, y = _middle(browser, "Equity")
    start, stop = left + 0.25 * (right - left), left + 0.5 * (right - left)
    browser.mouse("mousePressed", start, y, button="left", clickCount=1)
    browser.mouse("mouseMoved", stop, y, button="left", buttons=1)
    browser.mouse("mouseReleased", stop, y, button="left", clickCount=1)
    browser.mouse("mouseMoved", 5, 5)
    first, last = (pd.Timestamp(day) for day in _now(browser).split(" to "))
    assert abs(DAYS.get_loc(first) - 0.25 * N_BARS) < 5
    assert abs(DAYS.get_loc(last) - 0.5 * N_BARS) < 5
    assert all(_path(browser, name) != path for name, path in before.items())
    for count in (1, 2):
        browser.mouse("mousePressed", start, y, button="left", clickCount=count)
        browser.mouse("mouseReleased", start, y, button="left", clickCount=count)
    browser.mouse("mouseMoved", 5, 5)
    assert _now(browser) == whole


def test_buttons_keys_and_wheel_move_the_view(browser: Browser, page: Path) -> None:
    browser.open(page)
    whole = _now(browser)
    browser.js("document.querySelector('[data-span=\"1Y\"]').click()")
    first, last = _now(browser).split(" to ")
    assert last == str(DAYS[-1].date())
    assert abs(pd.Timestamp(first) - (DAYS[-1] - pd.DateOffset(years=1))) < pd.Timedelta(days=4)
    browser.js("document.querySelector('.panels').focus()")
    browser.key("ArrowLeft")
    assert _now(browser) < f"{first} to {last}"
    browser.key("Home")
    assert _now(browser) == whole
    browser.key("+")
    assert _now(browser) != whole
    assert _now(browser).split(" to ")[0] in browser.js("document.querySelector('[aria-live]').textContent")
    browser.key("Home")
    left, right, y = _middle(browser, "Equity")
    browser.mouse("mouseWheel", (left + right) / 2, y, deltaX=0, deltaY=-300)
    browser.js("new Promise(done => setTimeout(done, 300))")
    browser.mouse("mouseMoved", 5, 5)
    assert _now(browser) != whole


@pytest.fixture
def touched(browser: Browser) -> Iterator[Browser]:
    browser.call("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=2)
    yield browser
    browser.call("Emulation.setTouchEmulationEnabled", enabled=False)


def _bars_in_sight(browser: Browser) -> list[int]:
    return [int(DAYS.get_loc(pd.Timestamp(day))) for day in _now(browser).split(" to ")]


def test_two_fingers_zoom_and_keep_the_bars_they_were_put_on(touched: Browser, page: Path) -> None:
    touched.open(page)
    left, right, y = _middle(touched, "Equity")
    places = [(0.4, 0.6), (0.35, 0.65), (0.3, 0.7), (0.2, 0.8)]
    for k, (a, b) in enumerate(places):
        fingers = [(left + part * (right - left), y) for part in (a, b)]
        touched.touch("touchMove" if k else "touchStart", *fingers)
    touched.touch("touchEnd")
    assert touched.errors == []
    assert touched.js("visualViewport.scale") == 1  # the charts zoom, not the page
    # Bars at 0.4 and 0.6 of the run lie at 0.2 and 0.8 of the width, so that a third of it is in sight.
    assert _bars_in_sight(touched) == pytest.approx([N_BARS / 3, 2 * N_BARS / 3], abs=8)
    touched.touch("touchStart", *((left + part * (right - left), y) for part in (0.2, 0.8)))
    touched.touch("touchMove", *((left + part * (right - left), y) for part in (0.45, 0.55)))
    touched.touch("touchEnd")
    assert _bars_in_sight(touched) == [0, N_BARS - 1]


def test_one_finger_points_and_scrolls_the_page(touched: Browser, page: Path) -> None:
    touched.open(page, width=400)
    whole = _now(touched)
    left, right, y = _middle(touched, "Equity")
    touched.touch("touchStart", (left + 0.4 * (right - left), y))
    touched.touch("touchMove", (left + 0.5 * (right - left), y))
    assert abs(DAYS.get_loc(pd.Timestamp(_now(touched))) - 0.5 * N_BARS) < 8
    touched.touch("touchEnd")
    assert _now(touched) == whole
    before = touched.js("scrollY")
    touched.call("Input.synthesizeScrollGesture", x=(left + right) / 2, y=y, yDistance=-200, speed=2000)
    assert touched.js("scrollY") > before + 100
    assert _now(touched) == whole


def test_the_pointer_tells_the_values_of_all_panels(browser: Browser, page: Path) -> None:
    result = _result()
    browser.open(page)
    left, right, y = _middle(browser, "Drawdown")
    browser.mouse("mouseMoved", left + 0.4 * (right - left), y)
    row = DAYS.get_loc(pd.Timestamp(_now(browser)))
    assert abs(row - 0.4 * (N_BARS - 1)) <= 1
    told = browser.js(
        "[...document.querySelectorAll('[data-panel=\"Equity\"] .key b')].map(one => one.textContent)"
    )
    theirs = result.initial_cash * (1.0 + result.benchmark).cumprod()
    expected = [result.equity.iloc[row], theirs.iloc[row]]
    assert [float(text) for text in told] == pytest.approx(expected, abs=0.01)
    fall = browser.js("document.querySelector('[data-panel=\"Drawdown\"] .key b').textContent")
    peak = max(result.initial_cash, result.equity.iloc[: row + 1].max())
    assert float(fall.rstrip("%")) / 100 == pytest.approx(result.equity.iloc[row] / peak - 1.0, abs=6e-4)


def test_a_logarithmic_scale_and_hidden_curves(browser: Browser, page: Path) -> None:
    browser.open(page)
    before = _path(browser, "Equity")
    browser.js("document.querySelector('[data-tool=log]').click()")
    assert _path(browser, "Equity") != before
    assert browser.js("document.querySelector('[data-tool=log]').getAttribute('aria-pressed')") == "true"
    browser.js("[...document.querySelectorAll('[data-panel=\"Equity\"] button.key')][1].click()")
    assert browser.js("document.querySelectorAll('[data-panel=\"Equity\"] path[data-name]').length") == 1


def test_a_logarithmic_scale_from_the_start(browser: Browser, tmp_path: Path) -> None:
    soared = pd.Series(0.002, DAYS)
    browser.open(report(_result(benchmark=soared), tmp_path / "page.html"))
    assert browser.js("document.querySelector('[data-tool=log]').getAttribute('aria-pressed')") == "true"
    before = _path(browser, "Equity")
    browser.js("document.querySelector('[data-tool=log]').click()")
    assert _path(browser, "Equity") != before
    assert browser.js("document.querySelector('[data-tool=log]').getAttribute('aria-pressed')") == "false"
    assert browser.errors == []


def _trades(browser: Browser) -> list[list[str]]:
    rows = "[...document.querySelectorAll('.trades tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    return browser.js(rows)


def test_trades_sort_filter_and_turn_pages(browser: Browser, page: Path) -> None:
    browser.open(page)
    heading = "[...document.querySelectorAll('.trades th')].find(one => one.textContent === 'profit')"
    assert len(_trades(browser)) == 50
    browser.js(f"{heading}.querySelector('button').click()")
    assert {row[8] for row in _trades(browser)} == {"20.00"}
    assert browser.js(f"{heading}.getAttribute('aria-sort')") == "descending"
    browser.js(f"{heading}.querySelector('button').focus()")
    browser.key("Enter")
    assert browser.js(f"{heading}.getAttribute('aria-sort')") == "ascending"
    assert {row[8] for row in _trades(browser)} == {"-10.00"}
    said = "document.querySelector('.trades .tool [aria-live]').textContent"
    assert browser.js(said).startswith("1 to 50 of 120 trades")
    browser.js(
        "[...document.querySelectorAll('.trades button')].find(one => one.textContent === 'Next').click()"
    )
    assert browser.js(said).startswith("51 to 100 of 120")
    for label, value in (("Side", "short"), ("Outcome", "won")):
        browser.js(
            f"(() => {{ const list = document.querySelector('[aria-label={label}]'); list.value = '{value}';"
            "list.dispatchEvent(new Event('change')); })()"
        )
    assert browser.js(said) == "1 to 20 of 20 trades, profit together 400.00"
    browser.js(
        "(() => { const text = document.querySelector('.trades input'); text.value = '2015-01-01';"
        "text.dispatchEvent(new Event('input')); })()"
    )
    assert [row[2] for row in _trades(browser)] == ["2015-01-01"]


def test_a_trade_is_shown_where_it_happened(browser: Browser, page: Path) -> None:
    browser.open(page)
    markers = browser.js(
        "[...document.querySelectorAll('path.marker')].map(one => one.getAttribute('d').length > 0)"
    )
    assert markers.count(True) >= 3  # bought, sold short, ended
    browser.js("document.querySelectorAll('.trades tbody button')[40].click()")
    assert _now(browser) == str(DAYS[40].date())
    assert browser.js("document.activeElement.className") == "panels"


def test_the_theme_can_be_switched(browser: Browser, page: Path) -> None:
    grounds = []
    for dark in (False, True):
        browser.open(page, dark=dark)
        ground = "getComputedStyle(document.body).backgroundColor"
        grounds.append(browser.js(ground))
        browser.js("document.querySelector('.theme').click()")
        grounds.append(browser.js(ground))
    assert grounds[0] == grounds[3] != grounds[1] == grounds[2]


def test_a_comparison_hides_runs_and_sorts_metrics(browser: Browser, comparison: Path) -> None:
    browser.open(comparison)
    assert browser.errors == []
    lines = "document.querySelectorAll('.panels path[data-name]').length"
    assert browser.js(lines) == 6
    browser.js("document.querySelector('button.key').click()")
    assert browser.js(lines) == 4  # one run less in both panels
    table = "[...document.querySelectorAll('h3')].find(one => one.textContent.startsWith('Runs')).closest('section')"
    column = f"[...{table}.querySelectorAll('tbody tr')].map(row => Number(row.cells[3].dataset.value))"
    assert browser.js(f"{table}.querySelectorAll('th')[3].textContent") == "CAGR [low, high]"
    browser.js(f"{table}.querySelectorAll('th button')[3].click()")
    assert browser.js(column) == sorted(browser.js(column), reverse=True)
    browser.js(f"{table}.querySelectorAll('th button')[3].click()")
    assert browser.js(column) == sorted(browser.js(column))
    best = browser.js(f"{table}.querySelector('tbody tr:last-child td:nth-child(4)').className")
    assert "best" in best.split()
    differing = browser.js("document.querySelector('#what-differs').innerText")
    assert "fast" in differing
    assert "slow" not in differing


def test_a_page_prints_its_still_charts(browser: Browser, page: Path, tmp_path: Path) -> None:
    browser.open(page, dark=True)
    printed = browser.pdf(tmp_path / "page.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    browser.call("Emulation.setEmulatedMedia", media="print")
    visible = (
        "[...document.querySelectorAll('.linked > figure svg')].filter(one => one.clientHeight > 50).length"
    )
    assert browser.js(visible) == 7
    assert browser.js("getComputedStyle(document.querySelector('.panels')).display") == "none"
    assert browser.js("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    browser.call("Emulation.setEmulatedMedia", media="")


def test_a_thinned_page_says_so_and_moves(browser: Browser, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    minutes = pd.date_range("2020-01-01 09:31", periods=60_000, freq="min")
    result = made_result(random.normal(0.0, 0.001, 60_000), time=minutes, periods_per_year=98_280.0)
    path = report(result, tmp_path / "page.html")
    assert path.stat().st_size < 1_000_000
    browser.open(path)
    assert browser.errors == []
    assert "of its 60,000 bars" in browser.js("document.querySelector('.linked .note').textContent")
    _left, right, y = _middle(browser, "Equity")
    browser.mouse("mouseMoved", right - 1, y)
    pointed = pd.Timestamp(_now(browser))
    assert pointed in minutes
    assert minutes[-1] - pointed < pd.Timedelta(hours=3)  # two pixels
    data = json.loads(browser.js("document.querySelector('.linked script').textContent"))
    assert data["axis"]["n"] == 60_000
