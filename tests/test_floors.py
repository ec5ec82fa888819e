"""The house stands as drawn: imports only point down, and importing quantlab stays light."""

import ast
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "quantlab"


def floors():
    """Room -> floor number, from the contract that the import linter keeps."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    layers = config["tool"]["importlinter"]["contracts"][0]["layers"][::-1]
    return {
        room.strip().removeprefix("quantlab."): height
        for height, layer in enumerate(layers)
        for room in layer.split("|")
    }


def room_of(module):
    return module.removeprefix("quantlab.").split(".")[0]


def imports(path):
    """Modules of quantlab that a file imports anywhere, also inside functions, except for type checkers only."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("quantlab."):
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("quantlab."))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_only_point_down(path):
    heights = floors()
    here = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if here == "__init__":
        return
    assert here in heights, f"{here} is on no floor: add it to the contract in pyproject.toml"
    for module in imports(path):
        room = room_of(module)
        assert room == here or heights[room] < heights[here], (
            f"{path.name} imports {module} from above or beside"
        )


def test_the_contract_names_every_room():
    rooms = {
        p.name.removesuffix(".py")
        for p in PACKAGE.iterdir()
        if p.suffix == ".py" or (p / "__init__.py").is_file()
    }
    assert rooms - {"__init__"} == set(floors())


def test_only_one_file_imports_vectorbt():
    importers = [
        path.name
        for path in PACKAGE.rglob("*.py")
        if any(
            (isinstance(n, ast.Import) and any(a.name.split(".")[0] == "vectorbt" for a in n.names))
            or (isinstance(n, ast.ImportFrom) and (n.module or "").split(".")[0] == "vectorbt")
            for n in ast.walk(ast.parse(path.read_text()))
        )
    ]
    assert importers == ["vectorbt.py"]


HEAVY = (
    "numba",
    "torch",
    "vectorbt",
    "plotly",
    "skfolio",
    "sklearn",
    "scipy",
    "rich",
    "jinja2",
    "exchange_calendars",
    "optuna",
    "statsmodels",
    "arch",
)
TOUCH = """
import sys, json
import pandas
already = set(sys.modules)
import quantlab as ql
for name in ("Strategy", "param", "state", "feature", "forecast", "read_bars", "backtest", "Costs", "CNN1D", "Bars"):
    getattr(ql, name)
print(json.dumps(sorted({m.split(".")[0] for m in set(sys.modules) - already})))
"""


def test_a_first_strategy_imports_nothing_heavy():
    done = subprocess.run([sys.executable, "-c", TOUCH], capture_output=True, text=True, check=True, cwd=ROOT)
    assert set(json.loads(done.stdout)).isdisjoint(HEAVY)
