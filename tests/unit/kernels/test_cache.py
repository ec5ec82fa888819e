"""Compiled code on disk: found again by content, rebuilt when damaged, never an error."""

from __future__ import annotations

import ctypes
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core import event

from quantlab.kernels import _cache, _jit
from quantlab.kernels._cache import ContentCache

pytestmark = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("QUANTLAB_CACHE", str(tmp_path))
    return tmp_path / "compiled"


def double(x):
    return x + x


def triple(x):
    return 3 * x


def compiled(function=double, key="one"):
    """A dispatcher that has seen nothing yet, as in a new process."""
    dispatcher = numba.njit(function)
    dispatcher._cache = ContentCache("double", key)
    return dispatcher


def compilations(call):
    """How many functions Numba compiles during `call`."""
    with event.install_recorder("numba:compile") as recorder:
        call()
    return sum(each.is_start for _, each in recorder.buffer)


def entries(folder):
    return sorted(folder.iterdir())


def test_the_second_dispatcher_compiles_nothing(folder):
    assert compilations(lambda: compiled()(2)) == 1
    again = compiled()
    assert compilations(lambda: again(2)) == 0
    assert again(2) == 4
    assert sum(again.stats.cache_hits.values()) == 1
    assert Path(again.stats.cache_path) == folder


def test_each_signature_has_an_entry(folder):
    dispatcher = compiled()
    dispatcher(2)
    dispatcher(2.5)
    assert len(entries(folder)) == 2
    again = compiled()
    assert compilations(lambda: again(2.5)) == 0
    assert again(2.5) == 5.0


def test_other_content_is_compiled_anew(folder):
    compiled()(2)
    assert compiled(triple, "two")(2) == 6
    assert len(entries(folder)) == 2


def test_other_versions_are_other_content(folder, monkeypatch):
    compiled()(2)
    monkeypatch.setattr(_cache, "_versions", lambda: ("of another Numba",))
    assert compilations(lambda: compiled()(2)) == 1
    assert len(entries(folder)) == 2


def test_settings_of_numba_are_content(folder, monkeypatch):
    compiled()(2)
    monkeypatch.setattr(numba.config, "BOUNDSCHECK", 1)
    assert compilations(lambda: compiled()(2)) == 1


def damaged(raw):
    yield b""
    yield raw[:20]
    yield raw[: len(raw) // 2]
    yield raw[:-1]
    yield raw[:-1] + bytes([raw[-1] ^ 1])
    yield b"\x00" * len(raw)
    yield np.random.default_rng(0).bytes(len(raw))


def test_a_damaged_entry_is_rebuilt(folder):
    compiled()(2)
    (entry,) = entries(folder)
    for bad in damaged(entry.read_bytes()):
        entry.write_bytes(bad)
        again = compiled()
        assert compilations(lambda again=again: again(2)) == 1
        assert again(2) == 4
        assert compilations(lambda: compiled()(2)) == 0
        assert entries(folder) == [entry]


def test_an_entry_of_something_else_is_rebuilt(folder):
    """The checksum holds, but it is no compiled code of this Numba."""
    compiled()(2)
    (entry,) = entries(folder)
    for content in (b"no pickle", pickle.dumps((1, 2)), b"cno_such_module\nname\n."):
        _cache._write(entry, content)
        again = compiled()
        assert compilations(lambda again=again: again(2)) == 1
        assert again(2) == 4


def test_a_folder_that_cannot_be_is_no_error(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("QUANTLAB_CACHE", str(blocked))
    assert compiled()(2) == 4
    compiled()._cache.flush()


def test_a_user_without_a_home_is_no_error(monkeypatch):
    for name in ("QUANTLAB_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)

    def nowhere():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nowhere)
    assert compiled()(2) == 4


def test_disabled_and_flushed(folder):
    dispatcher = compiled()
    dispatcher._cache.disable()
    dispatcher(2)
    assert not folder.exists()
    dispatcher._cache.enable()
    dispatcher(2.0)
    assert len(entries(folder)) == 1
    dispatcher._cache.flush()
    assert entries(folder) == []


def test_the_oldest_make_room(folder, monkeypatch):
    monkeypatch.setattr(_cache, "MOST_ENTRIES", 8)
    folder.mkdir()
    for k in range(8):
        old = folder / f"old-{k}"
        old.write_bytes(b"x")
        os.utime(old, (1000.0 + k, 1000.0 + k))
    compiled()(2)
    names = [path.name for path in entries(folder)]
    assert len(names) == 6  # three quarters
    assert sorted(name for name in names if name.startswith("old")) == [f"old-{k}" for k in range(3, 8)]
    monkeypatch.setattr(_cache, "MOST_BYTES", 100)
    compiled(triple, "two")(2)
    assert entries(folder) == []


def test_an_entry_in_use_stays_young(folder):
    compiled()(2)
    (entry,) = entries(folder)
    os.utime(entry, (1000.0, 1000.0))
    compiled()(2)
    assert entry.stat().st_mtime > time.time() - 60.0


def test_kernels_are_kept_by_the_content_of_their_floor(folder, monkeypatch):
    def kernel(x):
        return x - 1.0

    first = _jit.jit(kernel)
    assert compilations(lambda: first(3.0)) == 1
    assert compilations(lambda: _jit.jit(kernel)(3.0)) == 0
    monkeypatch.setattr(_jit, "kernels_digest", lambda: "edited")
    assert compilations(lambda: _jit.jit(kernel)(3.0)) == 1


def test_the_digest_sees_every_source(tmp_path, monkeypatch):
    kernels = tmp_path / "quantlab" / "kernels"
    kernels.mkdir(parents=True)
    (kernels / "one.py").write_text("ONE = 1")
    records = tmp_path / "quantlab" / "records.py"
    records.write_text("TWO = 2")
    monkeypatch.setattr(_jit, "HERE", kernels)
    digest = _jit.kernels_digest.__wrapped__
    seen = [digest()]
    for path, text in ((records, "TWO = 3"), (kernels / "one.py", "ONE = 2"), (kernels / "two.py", "")):
        path.write_text(text)
        seen.append(digest())
    assert len(set(seen)) == 4


def test_a_native_function_is_compiled_when_its_address_is_read(folder):
    def add(a, b):
        return a + b

    def made():
        return _jit.native("float64(float64, float64)")(add)

    call = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_double)
    first = made()
    assert not folder.exists()
    assert call(first.address)(2.0, 3.0) == first(2.0, 3.0) == 5.0
    again = made()
    assert call(again.address)(2.0, 3.0) == 5.0
    assert (first.compiled.cache_hits, again.compiled.cache_hits) == (0, 1)
    assert again.__name__ == "add"


FROM_STDIN = """
import numba, sys
from numba.core import event
from quantlab.kernels._cache import ContentCache

def helper(x):
    return x * 2.0
helper = numba.njit(helper)
helper._cache = ContentCache("helper", "content of helper")

def f(x):
    return helper(x) + 1.0
f = numba.njit(f)
f._cache = ContentCache("f", "content of f")

with event.install_recorder("numba:compile") as recorder:
    assert f(20.5) == 42.0
print(len(recorder.buffer) // 2)
"""


def test_functions_from_stdin_and_processes_at_once(folder, tmp_path):
    """Two processes start on an empty folder; a third compiles nothing."""
    script = tmp_path / "script.py"
    script.write_text(FROM_STDIN)

    def start(out):
        with script.open() as code:
            return subprocess.Popen([sys.executable, "-"], stdin=code, stdout=out, stderr=subprocess.STDOUT)

    with (tmp_path / "said").open("w") as out:
        assert [process.wait() for process in [start(out), start(out)]] == [0, 0]
    assert len(entries(folder)) == 2
    with (tmp_path / "said").open("w") as out:
        assert start(out).wait() == 0
    assert (tmp_path / "said").read_text() == "0\n"


FIRST_RESULTS = """
import sys
import numpy as np
from quantlab.kernels._jit import jit

@jit
def total(x):
    return x.sum()

@jit
def product(x, y):
    return np.dot(x, y)

assert total(np.ones(3)) == 3.0
print("scipy.linalg" in sys.modules)
assert (product(np.eye(3), np.ones(3)) == 1.0).all()
import scipy.linalg
assert scipy.linalg.norm(np.ones(4)) == 2.0
"""


def test_linear_algebra_is_imported_by_those_who_use_it(folder):
    for _ in ("compiled", "from disk"):
        done = subprocess.run([sys.executable, "-c", FIRST_RESULTS], capture_output=True, text=True)
        assert (done.stdout, done.stderr) == ("False\n", "")


def test_a_step_is_called_by_kernels_alone():
    @_jit.step
    def increased(x):
        return x + 1.0

    @numba.njit
    def twice(x):
        return increased(increased(x))

    assert twice(1.0) == 3.0
    with pytest.raises(TypeError, match="increased is a part of kernels"):
        increased(1.0)
