"""``python -m quantlab`` is the command line."""

from __future__ import annotations

from quantlab.cli import main

if __name__ == "__main__":
    main()
