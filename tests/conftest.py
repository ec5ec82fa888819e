"""Every test session keeps its forecasts in a folder of its own; under CI, hypothesis draws the same cases."""

import os

import hypothesis
import numba
import pytest

from quantlab.cache_folder import cache_folder

hypothesis.settings.register_profile("quantlab", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("quantlab")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Let two processes share the whole suite, file by file; chosen tests, and those that print, run here."""
    whole = config.args_source == config.ArgsSource.TESTPATHS
    asked = config.getoption("numprocesses", 0) is not None or config.option.usepdb
    if whole and not asked and config.option.capture != "no" and "PYTEST_XDIST_WORKER" not in os.environ:
        config.option.numprocesses, config.option.dist = 2, "loadfile"


def pytest_collection_modifyitems(items):
    """Where Numba compiles nothing, the compiled engine has nothing to show."""
    if numba.config.DISABLE_JIT:
        for item in items:
            if "compiled" in getattr(item, "callspec", item).__dict__.get("params", {}).values():
                item.add_marker(pytest.mark.skip(reason="nothing is compiled"))


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        # Compiled code is found by its content, so that sessions may share it, and it takes minutes to make.
        compiled = cache_folder("compiled")
        compiled.mkdir(parents=True, exist_ok=True)
        own = tmp_path_factory.mktemp("cache")
        (own / "compiled").symlink_to(compiled, target_is_directory=True)
        patch.setenv("QUANTLAB_CACHE", str(own))
        patch.setenv("COLUMNS", "100")  # tables follow the terminal's width
        yield
