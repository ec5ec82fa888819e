"""A Python file of the user's, imported by its path."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from importlib.abc import SourceLoader
from pathlib import Path
from types import ModuleType

PREFIX = "_quantlab_"


def import_file(path: Path, package: str = "") -> ModuleType:
    """Run the file afresh as a module of its own, also where it was imported before; return it.

    What it raises comes out as it is, and nothing of it stays imported then.

    Parameters
    ----------
    path
        A file that exists.
    package
        The package that it is a module of, which its relative imports start from.

    Raises
    ------
    ImportError
        If it is no Python file.
    """
    path = path.resolve()
    name = f"{PREFIX}{path.stem}_{hashlib.blake2b(bytes(path), digest_size=4).hexdigest()}"
    name = f"{package}.{name}" if package else name
    make_importable(
        *([path.parents[package.count(".") + 1]] if package else [path.parent.parent, path.parent])
    )
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or not isinstance(spec.loader, SourceLoader):
        raise ImportError(f"{path} is no Python file.")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        # Not from bytecode on disk, which an edit within one second can outlive.
        exec(spec.loader.source_to_code(path.read_bytes(), str(path)), vars(module))
    except BaseException:
        del sys.modules[name]
        raise
    return module


def make_importable(*folders: Path) -> None:
    """Let a file import its neighbours, as Python does for a script; the last folder is searched first."""
    for folder in map(str, folders):
        if folder not in sys.path:
            sys.path.insert(0, folder)
