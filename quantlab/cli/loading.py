"""Objects of the caller's own: ``path/to/file.py``, ``path/to/file.py:Name`` or ``package.module:Name``."""

from __future__ import annotations

import difflib
import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from quantlab.cli.mistakes import told
from quantlab.cli.names import snake_case
from quantlab.engine.own_files import import_file, make_importable
from quantlab.errors import StrategyError, did_you_mean

FORMS = "path/to/file.py, path/to/file.py:Name or package.module:Name"

_FILE = re.compile(r"(?P<path>.+\.py)(?::(?P<name>.*))?")
_MODULE = re.compile(r"(?P<path>[\w.]+):(?P<name>\w+)")


@dataclass(frozen=True)
class Loaded:
    """A module of the caller's, and the name in it that was asked for.

    Parameters
    ----------
    module
        What was imported.
    name
        The name after the colon; None where only a file was given.
    place
        The file or module as it was given, for messages.
    stem
        Name of the file without its ending.
    """

    module: ModuleType
    name: str | None
    place: str
    stem: str

    def named(self, name: str) -> object:
        """Return the object called `name`; a StrategyError with the nearest names when there is none."""
        known = [each for each in vars(self.module) if not each.startswith("_")]
        if name not in known:
            raise StrategyError(f"{self.place} has no {name!r}. {did_you_mean(name, known)}")
        return getattr(self.module, name)

    def own(self, fits: Callable[[object], bool]) -> dict[str, object]:
        """Objects made in this file, not imported into it, that fit; by name."""
        public = {name: value for name, value in vars(self.module).items() if not name.startswith("_")}
        return {name: value for name, value in public.items() if fits(value) and self._is_home_of(value)}

    def _is_home_of(self, value: object) -> bool:
        return not isinstance(value, type) or value.__module__ == self.module.__name__


def load(spec: str) -> Loaded:
    """Import what `spec` names.

    Raises
    ------
    StrategyError
        No such file or module, or one that cannot be imported; then with the lines where it fails.
    """
    if file := _FILE.fullmatch(spec):
        path = Path(file["path"])
        return Loaded(_import_file(path), file["name"] or None, str(path), path.stem)
    if module := _MODULE.fullmatch(spec):
        place = module["path"]
        return Loaded(_import_module(place), module["name"], place, place.rpartition(".")[2])
    raise StrategyError(f"{spec!r} names no Python file: give {FORMS}.{_file_called(spec)}")


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        siblings = {each.stem: each for each in path.parent.glob("*.py")}
        raise StrategyError(f"{path} does not exist.{_nearest(path.stem, siblings)}")
    try:
        return import_file(path)
    except (Exception, SystemExit) as error:
        raise StrategyError(f"{path.resolve()} cannot be imported:\n{told(error)}") from error


def _import_module(name: str) -> ModuleType:
    make_importable(Path.cwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            advice = _module_beside(error.name)
            raise StrategyError(f"there is no module {error.name!r} here or installed.{advice}") from error
        raise StrategyError(f"{name} cannot be imported:\n{told(error)}") from error
    except (Exception, SystemExit) as error:
        raise StrategyError(f"{name} cannot be imported:\n{told(error)}") from error


def _file_called(name: str) -> str:
    """Advice for a strategy called by its bare name: the file here that is called so."""
    files = {path.stem: path for folder in (".", "strategies") for path in Path(folder).glob("*.py")}
    return _nearest(snake_case(name), files)


def _module_beside(name: str) -> str:
    """Advice for a misspelt module: one of its package, or of the working directory."""
    package, _, _ = name.rpartition(".")
    folders = getattr(importlib.import_module(package), "__path__", ()) if package else ["."]
    entries = [entry for folder in folders for entry in Path(folder).iterdir()]
    modules = [entry.stem for entry in entries if entry.suffix == ".py" or entry.is_dir()]
    prefix = f"{package}." if package else ""
    return _nearest(name, {prefix + module: prefix + module for module in modules})


def _nearest(name: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean '{known[near[0]]}'?" if near else ""
