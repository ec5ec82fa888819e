"""Files that are written whole or not at all: who reads them finds the old one or the new one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO


def write_whole(path: Path, write: Callable[[IO[bytes]], object], *, mode: int | None = None) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in place in one step.

    Parameters
    ----------
    path
        The file; one that exists is replaced. Its folder must exist.
    write
        Is given the temporary file; if it raises, that is removed and `path` stays as it was.
    mode
        Permissions of the file, such as 0o644; only its owner can read and write it (0o600) unless given.

    Raises
    ------
    OSError
        A folder that is missing or cannot be written to, a full disk, a `path` that is a folder.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
        if mode is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
