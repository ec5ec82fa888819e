"""The page in a real browser: it opens offline, shows its figures, and a hostile name stays text."""

import shutil
import subprocess
from dataclasses import replace

import pytest

from quantlab.report.page import report
from tests.made_results import made_result

BROWSER = shutil.which("chromium")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--virtual-time-budget=3000")  # fmt: skip


@pytest.mark.skipif(BROWSER is None, reason="chromium is not installed")
def test_a_hostile_name_is_inert_and_the_page_stands_alone(tmp_path):
    name = "<script>document.title='PWNED'</script><img src=x onerror=\"document.title='PWNED'\">"
    result = replace(made_result([0.01, -0.02, 0.03] * 40), name=name)
    page = report(result, tmp_path / "page.html")
    done = subprocess.run(
        [BROWSER, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    title = done.stdout.split("<title>")[1].split("</title>")[0]
    assert "PWNED" in title  # the name is shown …
    assert title.startswith("&lt;script&gt;")  # … as text
    assert "<svg" in done.stdout
    assert "Total return" in done.stdout
    assert "http://" not in done.stdout.replace("http://www.w3.org/", "")
    assert "https://" not in done.stdout
