from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import quantlab.market

MODULES = [
    found.name
    for found in pkgutil.walk_packages(quantlab.market.__path__, "quantlab.market.")
    if not found.name.endswith(".build")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
