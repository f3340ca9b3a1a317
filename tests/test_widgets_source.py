"""The panel that shows pages as they were stored, driven as a reader drives it."""

import pandas as pd
import pytest
from panels import press
from test_widgets_html import Reader

from helpers.widgets import PagePanel
from helpers.widgets.rows import ANY

SEGMENTS = pd.DataFrame(
    [
        ("Tea\nTea is a drink.", "http://a.example/tea", "crawl", 0, "Tea", None),
        ("Bread\nBread is baked.", "http://a.example/bread", "crawl", 90, "Bread", None),
        ("Ads\nBuy now!", "http://a.example/tea", "crawl", 0, "Ads", "navigation_header"),
        ("Hm", "", "other", 0, "", "too_short"),
    ],
    columns=["text", "url", "file", "offset", "header_path", "rule"],
)
SOURCES = {
    ("crawl", 0): "<h1>Tea</h1><p>Tea is a drink.</p><h2>Ads</h2><p>Buy now!</p><script>alert(1)</script>",
    ("crawl", 90): "<h1>Bread</h1><p>Bread is baked.</p>",
}


class Pages:
    """Sources by place; remembers what was asked for."""

    def __init__(self):
        self.asked = []

    def __call__(self, file: str, offset: int) -> str:
        self.asked.append((file, offset))
        if (file, offset) not in SOURCES:
            raise FileNotFoundError(f"{file}<b> is gone")
        return SOURCES[file, offset]


@pytest.fixture
def panel():
    return PagePanel(SEGMENTS, Pages())


def test_only_the_page_on_the_screen_is_read_and_its_segments_are_given_back(panel):
    assert panel._source.asked == [("crawl", 0)]
    pd.testing.assert_frame_equal(panel.segments.fillna(""), SEGMENTS.iloc[[0, 2]].fillna(""))
    assert "<mark><b>kept</b>Tea" in panel._page.value
    assert '<mark class="dropped"><b>navigation_header</b>Ads' in panel._page.value


def test_keys_and_buttons_leaf_through_the_pages_and_stop_at_the_ends(panel):
    press(panel, "k")
    assert panel.place == 0 and panel.back.disabled
    press(panel, "j", "j", "j")
    assert panel.place == 2 and panel.forward.disabled
    panel.back.click()
    assert "http://a.example/bread" in panel._head.value and "Bread is baked." in panel._page.value


@pytest.mark.parametrize(
    ("rule", "search", "files"),
    [
        ("navigation_header", "", [("crawl", 0)]),
        ("kept", "", [("crawl", 0), ("crawl", 90)]),
        (ANY, "BREAD", [("crawl", 90)]),
        ("kept", "tea.", []),
        ("too_short", "", [("other", 0)]),
    ],
)
def test_rules_and_words_choose_pages(panel, rule, search, files):
    panel.rule.value = rule
    panel.search.value = search
    found = []
    for _ in files:
        found.append((panel.segments.file.iloc[0], int(panel.segments.offset.iloc[0])))
        panel.step(1)
    assert found == files and len(panel._found) == len(files)
    assert ("pages fit" in panel._head.value) == (not files)


def test_a_page_that_cannot_be_read_is_told_in_its_place(panel):
    panel.step(2)
    assert "other&lt;b&gt; is gone" in panel._page.value and "other" in panel._head.value


def test_nothing_of_a_page_runs(panel):
    assert "script" not in Reader(panel._page.value).tags
    hostile = SEGMENTS.assign(url="javascript:alert(1)", file="<img src=x>", rule="<i>")
    shown = PagePanel(hostile, lambda file, offset: "<img src=x onerror=1>")
    read = Reader(shown._head.value + shown._page.value)
    assert not {"img", "a", "script"} & set(read.tags)


def test_a_corpus_without_segments_shows_that_there_is_nothing():
    assert "pages fit" in PagePanel(SEGMENTS.head(0), Pages())._head.value


def test_segments_that_have_no_rule_are_kept():
    assert "<b>kept</b>Ads" in PagePanel(SEGMENTS.drop(columns="rule"), Pages())._page.value
