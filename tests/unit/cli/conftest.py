from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

N_BARS = 60

HOLD = '''
import quantlab as ql


class Hold(ql.Strategy):
    """Put everything into the first symbol once."""

    share: float = ql.param(default=1.0, low=0.0, high=1.0)
    wait: int = ql.param(default=0, low=0, high=50)
    loud: bool = ql.param(default=False)
    word: str = ql.param(default="a", choices=("a", "b"))

    def on_bar(self, now):
        if self.loud:
            print("a print of the strategy")
        if now.bar == self.wait:
            now.target_weight(0, self.share)
'''


@dataclass(frozen=True)
class Answer:
    """What a command line printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its stdout as JSON that holds no NaN or Infinity."""
        return json.loads(self.out, parse_constant=refuse_constant)


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory with two.csv and hold.py; what was imported from it is forgotten."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUANTLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = set(sys.modules)
    two_symbols().to_csv("two.csv", index=False)
    Path("hold.py").write_text(HOLD, encoding="utf-8")
    yield tmp_path
    for name in set(sys.modules) - known:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def two_symbols() -> pd.DataFrame:
    """A opens at the last close and climbs by 0.1 a bar from 10; B goes up and down around 20."""
    parts = []
    for symbol in ("AAA", "BBB"):
        close = [10.0 + 0.1 * k if symbol == "AAA" else 20.0 + (k % 3) for k in range(N_BARS)]
        opens = [close[0], *close[:-1]]
        pairs = list(zip(opens, close, strict=True))
        parts.append(
            pd.DataFrame(
                {
                    "date": pd.bdate_range("2024-01-01", periods=N_BARS).date,
                    "symbol": symbol,
                    "open": opens,
                    "high": [max(pair) for pair in pairs],
                    "low": [min(pair) for pair in pairs],
                    "close": close,
                    "volume": 1000.0,
                }
            )
        )
    return pd.concat(parts)


@pytest.fixture
def quantlab() -> Callable[..., Answer]:
    """Run a command line in this process."""
    from quantlab.cli.app import app

    def run(*words: str) -> Answer:
        result = CliRunner().invoke(app, list(words), prog_name="quantlab")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    return run
