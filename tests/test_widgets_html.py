"""HTML of the panels: every foreign text is harmless and readable, and the drawings say what they show."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from widget_pairs import HOSTILE, hostile_pairs

from helpers.widgets import html

OURS = {"div", "span", "b", "br", "button", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "a"}


class Reader(HTMLParser):
    """Tags, attributes and visible text of an HTML fragment."""

    def __init__(self, markup: str):
        super().__init__()
        self.tags, self.attributes, self.words, self.open = [], [], [], []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def fragments(row: int) -> list[str]:
    page = hostile_pairs().iloc[[row]]
    entry = page.iloc[0].to_dict()
    said = [{"judge": entry["output"], "iteration": 1, "score": 1.0, "better_than": 0.5, "mass": 1, "raw": entry["output"]}]
    table = html.pairs_table(page, scores=[np.nan], rows=[0], current=0)
    return [
        html.pair(entry),
        html.pair(entry, blind=True),
        table,
        html.cards("Title", page, [1.0]),
        html.ratings_table(said),
    ]


@pytest.mark.parametrize("row", range(len(HOSTILE)), ids=list(HOSTILE))
def test_no_hostile_text_becomes_a_tag_a_handler_or_a_link(row):
    for markup in fragments(row):
        reader = Reader(markup)
        assert not reader.open
        assert set(reader.tags) <= OURS
        assert not [name for name, _ in reader.attributes if name.startswith("on")]
        assert all(value.startswith("https://") for name, value in reader.attributes if name == "href")
        assert len(markup) < 20 * html.READ


@pytest.mark.parametrize("name", ["script", "handler", "breakout", "style", "entity"])
def test_markup_is_read_as_it_was_written(name):
    assert "".join(Reader(html.text(HOSTILE[name])).words) == HOSTILE[name]


@pytest.mark.parametrize(("name", "code"), [("ansi", "U+001B"), ("bidi", "U+202E"), ("hidden", "U+200B")])
def test_invisible_characters_are_shown_by_their_code_point(name, code):
    shown = html.text(HOSTILE[name])
    assert code in shown
    assert not re.search("[\x00-\x08\x1b\x9b\u200b\u2028\u202e\u2066\ufeff]", shown)


def test_a_lone_surrogate_can_be_sent_to_the_browser():
    assert html.text("a\ud800b").encode() == b'a<span class="kit-odd">U+D800</span>b'


def test_what_is_cut_off_is_counted():
    assert html.text("x" * 25, limit=10) == 'xxxxxxxxxx<span class="kit-soft"> … and 15 more characters</span>'


def test_missing_texts_are_empty():
    assert [html.text(value) for value in (None, pd.NA, float("nan"), "")] == [""] * 4


@pytest.mark.parametrize("url", ["http://a.org/x?y=1&z=2", "https://a.org"])
def test_web_addresses_are_links_that_tell_the_page_nothing(url):
    attributes = dict(Reader(html.link(url)).attributes)
    assert attributes["href"] == url
    assert attributes["rel"] == "noopener noreferrer"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "//a.org", "https://[", "https://a\u202e.org"])
def test_other_addresses_are_text(url):
    assert "a" not in Reader(html.link(url)).tags


@pytest.mark.parametrize("flags", [["copy", "echo"], np.array(["copy", "echo"]), "copy, echo", "copy echo"])
def test_flags_are_read_from_lists_and_strings(flags):
    assert html.flags_of(flags) == ["copy", "echo"]


def test_a_blind_pair_shows_nothing_that_was_said_about_it():
    row = {"instruction": "Ask", "output": "Answer", "source": "web", "hygiene": "copy", "finish": "eos", "tokens": 9}
    shown = " ".join(Reader(html.pair(row, blind=True)).words)
    assert "Ask" in shown
    assert not [word for word in ("web", "copy", "eos", "9") if word in shown]
    assert all(word in html.pair(row) for word in ("web", "copy", "eos", "9 tokens"))


def test_bin_shares_add_up_and_the_tail_is_in_the_first_bin():
    scores = np.append(np.random.default_rng(0).normal(size=5_000), [-100.0, np.nan])
    edges = html.edges(scores)
    assert edges[0] > -4
    assert html.shares(scores, edges).sum() == pytest.approx(1)
    assert html.edges(np.array([np.nan]))[-1] == 1
    assert html.edges(np.array([2.0, 2.0]))[0] < 2 < html.edges(np.array([2.0, 2.0]))[-1]


def test_the_histogram_colours_from_the_threshold_and_has_alternative_text():
    edges = np.linspace(0, 10, 11)
    series = {"candidates": np.full(10, 0.1), "seed": np.eye(10)[9]}
    drawn = html.histogram(edges, series, threshold=5.0, label='a "b" <c>', width=100)
    assert 'role="img" aria-label="a &quot;b&quot; &lt;c&gt;"' in drawn
    assert '<svg x="50.0" width="50.0"' in drawn
    assert html.COLOURS["kept"] in drawn
    assert html.COLOURS["seed"] in drawn
    assert html.COLOURS["kept"] not in html.histogram(edges, series, label="no threshold")


@pytest.mark.parametrize(("least", "step"), [(0.013, 0.02), (0.02, 0.02), (3, 5), (7, 10), (100, 100)])
def test_steps_are_one_two_or_five(least, step):
    assert html.nice(least) == pytest.approx(step)
