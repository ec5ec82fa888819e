"""Pages about results, comparisons and sweeps.

Importing a part of this room makes Python call the room itself ``quantlab.report``, in the place of the function of
that name; so the room can be called like the function.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quantlab.engine.result import Result
    from quantlab.research.comparison import Comparison
    from quantlab.research.stress import Stress
    from quantlab.research.sweep import Sweep


class _Callable(ModuleType):
    def __call__(
        self,
        subject: Result | Comparison | Sweep,
        path: str | Path | None = None,
        *,
        stress: Stress | None = None,
    ) -> Path:
        from quantlab.report.page import report

        return report(subject, path, stress=stress)


sys.modules[__name__].__class__ = _Callable
