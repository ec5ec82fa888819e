from __future__ import annotations

from html.parser import HTMLParser

from quantlab.display.html import headline_html, table_html

EVIL = '<script>alert("1")</script><img src=x onerror=y>'


class _Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_whatever_text_is_given_stays_text() -> None:
    table = table_html(EVIL, [EVIL], [[EVIL]], notes=[EVIL])
    head = headline_html(EVIL, [EVIL], {EVIL: [(EVIL, 1.0, "ratio")]}, [EVIL], beside={EVIL: EVIL})
    for page, times in ((table, 4), (head, 6)):
        seen = _Tags(page)
        assert not {"script", "img"} & seen.tags
        assert "".join(seen.words).count(EVIL) == times


def test_values_print_as_in_the_terminal() -> None:
    page = table_html(
        "t", ["cagr", "name"], [[0.125, None], [float("nan"), True]], units={"cagr": "fraction"}
    )
    assert _Tags(page).words == ["t", "cagr", "name", "12.5%", "n/a", "True"]


def test_sections_without_a_defined_value_are_left_out() -> None:
    sections = {"Benchmark": [("Beta", float("nan"), "ratio")], "Ratios": [("Sharpe", 1.0, "ratio")]}
    assert "Beta" not in headline_html("x", [], sections)
