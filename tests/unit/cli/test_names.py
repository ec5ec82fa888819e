from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlab.cli.names import camel_case, snake_case

STYLES = ["SmaCross", "sma_cross", "sma-cross", "Sma Cross", "SMA Cross", "SMACross", " sma  cross "]


@pytest.mark.parametrize("name", STYLES)
def test_every_style_is_one_name(name):
    assert (snake_case(name), camel_case(name)) == ("sma_cross", "SmaCross")


@given(st.lists(st.from_regex(r"[a-z][a-z0-9]+", fullmatch=True), min_size=1, max_size=4))
def test_the_file_is_found_again_from_the_class(words):
    name = "_".join(words)
    assert snake_case(name) == name
    assert snake_case(camel_case(name)) == name
