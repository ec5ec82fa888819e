"""What a strategy's code is described by: everything that compiled code would freeze, and nothing else."""

import types

import numpy as np
import pytest

from quantlab.engine.compiled.clone import Clones

SOURCE = """
import helpers
LIMIT = 3.0
TABLE = np.array([1.0, 2.0])

def inner(x):
    return x * {factor}

def outer(x, by=2.0):
    # {comment}
    return inner(x) + LIMIT + TABLE[0] + helpers.away(x) + by
"""


def described(*names, function="outer", **changes):
    """Content of the clones of `outer`, defined with changes."""
    text = {"factor": 2, "comment": "nothing", **changes.pop("text", {})}
    helpers = types.ModuleType("helpers")
    exec(changes.pop("helpers", "def away(x):\n    return x + 1.0\n"), vars(helpers))
    space = {"np": np, "__name__": "made_here"}
    exec(SOURCE.format(**text).replace("import helpers", ""), space)
    space.update(helpers=helpers, **changes)
    clones = Clones(lambda resolve: None)
    clones.dispatcher_of(space[function])
    return clones


def test_equal_code_is_described_equally():
    assert described().content == described().content


def test_comments_and_line_numbers_do_not_matter():
    assert described(text={"comment": "x\n    # y"}).content == described().content


@pytest.mark.parametrize(
    "change",
    [
        {"text": {"factor": 3}},
        {"LIMIT": 4.0},
        {"LIMIT": 3},
        {"TABLE": np.array([1.0, 2.5])},
        {"TABLE": np.array([1, 2])},
        {"helpers": "def away(x):\n    return x + 2.0\n"},
        {"helpers": "BY = 1.0\ndef away(x):\n    return x + BY\n"},
    ],
    ids=repr,
)
def test_whatever_the_code_reads_matters(change):
    assert described(**change).content != described().content


def test_a_default_and_a_closure_matter():
    def made(number, by):
        def function(x, step=by):
            return x + number + step

        clones = Clones(lambda resolve: None)
        clones.dispatcher_of(function)
        return clones.content

    assert made(1.0, 1.0) == made(1.0, 1.0)
    assert len({made(1.0, 1.0), made(2.0, 1.0), made(1.0, 2.0)}) == 3


def test_what_the_code_does_not_read_does_not_matter():
    assert described(UNUSED=5.0).content == described().content


def test_functions_that_call_themselves_are_described_once():
    def countdown(n):
        return 0 if n == 0 else countdown(n - 1)

    clones = Clones(lambda resolve: None)
    assert clones.dispatcher_of(countdown) is clones.dispatcher_of(countdown)
    assert clones.storable


def test_an_object_that_cannot_be_described_is_not_kept_on_disk():
    assert described().storable
    assert not described(LIMIT={"a": 1.0}).storable


def test_names_and_texts_tell_what_a_run_must_serve():
    space = {}
    exec("def f(now):\n    return now.is_new('week') and now.ready[0]\n", space)
    clones = Clones(lambda resolve: None)
    clones.dispatcher_of(space["f"])
    assert {"is_new", "ready"} <= clones.names
    assert "week" in clones.texts


def test_machine_code_of_different_content_has_different_names():
    one, other = described(), described(LIMIT=4.0)
    for clones in (one, other):
        clones.sign(clones.content)
    names = [{d.py_func.__qualname__ for d in clones._dispatchers.values()} for clones in (one, other)]
    assert not names[0] & names[1]
