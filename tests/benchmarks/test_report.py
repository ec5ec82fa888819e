"""Seconds to write a report, beside QuantStats on the same returns; bytes of the page; seconds to open it."""

import os
import resource
import statistics
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from strategies.sma_cross import SmaCross
from tests.benchmarks.market import minutes
from tests.benchmarks.timing import medians
from tests.browser import CHROMIUM, Browser
from tests.made_results import made_orders, made_result, made_trades

pytestmark = pytest.mark.benchmark

N_BARS, N_TRADES = 5_000, 2_000


def large_result():
    """Make a run of twenty years of days beside a benchmark, with a trade every other bar."""
    random = np.random.default_rng(0)
    days = pd.bdate_range("2003-01-01", periods=N_BARS)
    return made_result(
        random.normal(0.0005, 0.01, N_BARS),
        time=days,
        n_fills=300,
        trades=made_trades(days, N_TRADES),
        orders=made_orders(days, 7),
        benchmark=pd.Series(random.normal(0.0003, 0.012, N_BARS), days),
        benchmark_name="SPY",
        initial_cash=100_000.0,
    )


@pytest.mark.filterwarnings("ignore")  # the peer's
def test_report(tmp_path):
    quantstats = pytest.importorskip("quantstats")
    os.environ["MPLBACKEND"] = "Agg"
    result = large_result()
    page = tmp_path / "ours.html"

    def theirs():
        quantstats.reports.html(
            result.returns, benchmark=result.benchmark.rename("SPY"), output=str(tmp_path / "theirs.html")
        )

    seconds = medians(3, time.process_time, ours=lambda: ql.report(large_result(), page), theirs=theirs)
    print(
        f"\nreport of {N_BARS:,} bars and {N_TRADES:,} trades {seconds['ours']:.2f} s (at most 1), "
        f"{page.stat().st_size:,} bytes; QuantStats {seconds['theirs']:.2f} s, "
        f"{(tmp_path / 'theirs.html').stat().st_size:,} bytes: "
        f"{seconds['theirs'] / seconds['ours']:.1f} times faster (at least 3)"
    )
    assert page.stat().st_size < 1_000_000


def test_a_comparison_of_many_runs(tmp_path):
    random = np.random.default_rng(1)
    runs = {f"run {k}": made_result(random.normal(0.0005, 0.01, N_BARS)) for k in range(50)}
    ql.report(ql.compare(list(runs.values())[:3], 0, n_resamples=20), tmp_path / "page.html")  # imports
    comparison = ql.compare(runs, 0)
    seconds = medians(3, tested=lambda: ql.report(replace(comparison), tmp_path / "page.html"))
    seconds |= medians(3, read=lambda: ql.report(comparison, tmp_path / "page.html"))
    size = (tmp_path / "page.html").stat().st_size
    print(
        f"\nreport of 50 runs of {N_BARS:,} bars {seconds['tested']:.2f} s (at most 5), {seconds['read']:.2f} s "
        f"once they are tested; {size:,} bytes"
    )
    assert size < 3_000_000


def test_a_million_minutes(tmp_path):
    run = ql.backtest(
        SmaCross(fast=100, slow=400), minutes(1_000_000), benchmark="A", costs=ql.Costs(commission=1e-5)
    )
    n_trades, before = len(run.trades), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    page = ql.report(run, tmp_path / "page.html")
    seconds = time.process_time() - start
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"\nreport of 1,000,000 minutes and {n_trades:,} trades {seconds:.1f} s (at most 20), "
        f"{page.stat().st_size:,} bytes, {more:.0f} MB of memory more than the run"
    )
    assert page.stat().st_size < 2_000_000


# When the page was painted first and when all of it stood, in milliseconds from the click.
OPENED = """(() => {
    const [page] = performance.getEntriesByType("navigation");
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    return [paint.startTime, page.loadEventEnd];
})()"""


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_opening(tmp_path):
    page, browser = ql.report(large_result(), tmp_path / "page.html"), Browser(tmp_path / "profile")
    browser.call("Performance.enable")
    taken = []
    for _ in range(6):
        browser.call("Page.navigate", url="about:blank")
        before = _busy(browser)
        browser.open(page)
        taken.append([*browser.js(OPENED), (_busy(browser) - before) * 1000.0])
    browser.close()
    paint, load, busy = map(statistics.median, zip(*taken[1:], strict=True))
    print(
        f"\nopened in Chromium: painted after {paint:.0f} ms, whole after {load:.0f} ms (at most 1,000), "
        f"its thread busy for {busy:.0f} ms"
    )


def _busy(browser):
    """Seconds that the page's thread has worked."""
    told = browser.call("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in told if one["name"] == "TaskDuration")
