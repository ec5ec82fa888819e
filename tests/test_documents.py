"""What the documents show is what happens."""

import contextlib
import io
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_prints_what_it_says():
    names = {"__name__": "readme"}
    for code, output in re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", README, re.DOTALL):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "README.md", "exec"), names)
        assert printed.getvalue() == output


def test_the_first_screen_has_exactly_two_commands():
    screen = README.split("\n## ")[0]
    assert re.findall(r"```\n(.*?)\n```", screen, re.DOTALL) == [
        "pip install -e . && python backtests/first_backtest.py",
        'pip install -e ".[test]" && python -m pytest',
    ]


def test_continuous_integration_runs_the_readmes_test_command():
    assert 'pip install -e ".[test]" && python -m pytest\n' in (ROOT / ".ci" / "run").read_text()


def test_the_documents_name_files_that_exist():
    for name in re.findall(r"`((?:strategies|backtests|tests|quantlab)/[\w/.]+)`", README):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("folder", ["strategies", "backtests"])
def test_files_are_named_after_what_they_hold(folder):
    for path in (ROOT / folder).glob("*.py"):
        text = path.read_text(encoding="utf-8")
        if folder == "strategies":
            camel = "".join(word.title() for word in path.stem.split("_"))
            assert f"class {camel}(ql.Strategy)" in text, path.name
        else:
            assert "def main() -> None:" in text, path.name


def test_nothing_large_or_foreign_is_at_the_top():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout
    if not tracked:
        pytest.skip("not a git checkout")
    tops = {line.split("/")[0] for line in tracked.splitlines()}
    known = {"quantlab", "strategies", "backtests", "tests", "docs", "pyproject.toml", "README.md", "LICENSE"}
    assert {t for t in tops if not t.startswith(".")} <= known | {"CHANGELOG.md"}
