"""What several parity tests share."""

import pytest


@pytest.fixture
def auto_compiles(monkeypatch):
    """Let engine="auto" compile also for the short runs of a test, and wait for it."""
    from quantlab.engine import engines

    monkeypatch.setattr(engines, "TOO_SHORT_S", 0.0)
    monkeypatch.setattr(engines, "WORTH_COMPILING_S", 0.0)
