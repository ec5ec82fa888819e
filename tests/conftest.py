"""Every test session keeps its forecasts in a folder of its own; under CI, hypothesis draws the same cases."""

import os

import hypothesis
import pytest

hypothesis.settings.register_profile("quantlab", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("quantlab")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUANTLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("COLUMNS", "100")  # tables follow the terminal's width
        yield
