"""Where quantlab keeps what can be made again: forecasts, compiled code."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder(part: str) -> Path:
    """Folder for one kind of thing: ``$QUANTLAB_CACHE/part``, else in the user's cache folder.

    The environment is read at each call; nothing is made.
    """
    root = os.environ.get("QUANTLAB_CACHE")
    if root:
        return Path(root) / part
    cache = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    return Path(cache) / "quantlab" / part
