"""HTML of the panels: every foreign text is harmless and readable, and the drawings say what they show."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from widget_pairs import HOSTILE, hostile_pairs

from helpers.figures import COLOURS
from helpers.widgets import compare, drawing, html, reading, votes
from helpers.widgets.scores import Scores

OURS = {"div", "span", "b", "br", "i", "p", "button", "input", "mark", "table", "thead", "tbody", "tr", "th", "td", "a"}
OURS |= {"details", "summary"}


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
        if tag not in ("br", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def fragments(row: int) -> list[str]:
    page = hostile_pairs().iloc[[row]]
    entry = page.iloc[0].to_dict()
    words, hostile = entry["output"], {"pair_id": ["a"], "output": [entry["output"]], "instruction": [entry["output"]]}
    ratings = pd.DataFrame({"pair_id": ["a"], "judge": words[:50], "score": 1.0, "raw": words})
    found = html.Search(words[:8])
    return [
        html.pair(entry),
        html.pair(entry, blind=True, found=found),
        html.pair(entry | {"other": words}, sides=(words, words), found=html.Search(".", regex=True)),
        reading.listing(page, {"score": ["–"], "kept": ["kept"]}, rows=[0], current=0, found=found),
        html.cards("Title", page, [1.0]),
        reading.ratings(Scores(pd.DataFrame(hostile), ratings), 0),
        reading.bar({"g": "good"}, ("good", words), undo=True, noted=True),
        reading.label(("bad", words)),
        reading.left_out({"unknown pair": 1}, words),
        votes.ballot(words, words, words),
        compare.page((words, words + "2"), page, page.iloc[:0], settings=({words: words}, {words: 1})),
    ]


@pytest.mark.parametrize("row", range(len(HOSTILE)), ids=list(HOSTILE))
def test_no_hostile_text_becomes_a_tag_a_handler_or_a_link(row):
    for markup in fragments(row):
        reader = Reader(markup)
        assert not reader.open
        assert set(reader.tags) <= OURS
        assert not [name for name, _ in reader.attributes if name.startswith("on")]
        assert all(value.startswith("https://") for name, value in reader.attributes if name == "href")
        assert len(markup) < 60 * html.READ


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


def test_characters_that_are_not_shown_are_counted():
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


@pytest.mark.parametrize(
    ("search", "marked"),
    [
        (html.Search("<B>"), ["<b>"]),
        (html.Search("<B>", case=True), []),
        (html.Search("a.c"), ["a.c"]),
        (html.Search("a.c", regex=True), ["a.c", "abc"]),
        (html.Search("x*", regex=True), ["xx"]),
        (html.Search("(unclosed", regex=True), []),
        (html.Search("&"), ["&"]),
        (html.Search(""), []),
    ],
)
def test_matches_of_a_search_are_marked_and_the_text_stays_as_it_was(search, marked):
    raw = "1 <b> a.c abc xx & end"
    shown = html.text(raw, found=search)
    assert "".join(Reader(shown).words) == raw
    assert re.findall("<mark>(.*?)</mark>", shown) == [html.html.escape(word) for word in marked]


def test_a_pattern_that_makes_python_hang_marks_in_no_time_and_a_text_cannot_forge_a_mark():
    assert "<mark>" not in html.text("a" * 5_000 + "!", found=html.Search("(a+)+$", regex=True))
    assert "<mark>" not in html.text("a\ufdd0b\ufdd1c")


def test_words_stand_left_and_numbers_right_with_and_without_the_style_sheet():
    made = html.table(("what", "n"), [("a", "1")], right=1)
    assert re.findall(r'<t[hd] class="kit-(\w+)" style="text-align:(\w+)"', made) == [("left",) * 2, ("right",) * 2] * 2


def test_bin_shares_add_up_and_what_is_far_out_is_in_the_outermost_bins():
    scores = np.append(np.random.default_rng(0).normal(size=500), [-100.0, 90.0, np.nan])
    edges = drawing.edges(scores)
    assert -6 < edges[0] < -2 and 2 < edges[-1] < 6
    assert drawing.shares(scores, edges).sum() == pytest.approx(1)
    assert drawing.counts(scores, edges).sum() == 502
    assert drawing.counts(scores, edges)[0] >= 1 and drawing.counts(scores, edges)[-1] >= 1
    assert drawing.edges(np.array([np.nan]))[-1] == 1
    assert drawing.edges(np.array([2.0, 2.0]))[0] < 2 < drawing.edges(np.array([2.0, 2.0]))[-1]
    ties = np.array([1.0] * 90 + [5.0] * 10)
    assert drawing.edges(ties)[0] <= 1 < 5 <= drawing.edges(ties)[-1], "quartiles that coincide say nothing"


def test_the_histogram_colours_from_the_threshold_and_has_alternative_text():
    edges = np.linspace(0, 10, 11)
    series = {"candidates": np.full(10, 0.1), "seed": np.eye(10)[9]}
    drawn = drawing.histogram(edges, series, threshold=5.0, label='a "b" <c>', counted=np.arange(10))
    assert 'role="img"' in drawn and 'aria-label="a &quot;b&quot; &lt;c&gt;"' in drawn
    assert re.findall(r'd="M([0-9.]+) [^"]*" fill="' + COLOURS["kept"], drawn) == ["50.00"]
    assert COLOURS["kept"] in drawn and COLOURS["seed"] in drawn
    assert COLOURS["kept"] not in drawing.histogram(edges, series, label="no threshold")
    assert 'title="3 to 4: 3 pairs"' in drawn
    colours = re.findall(r"<i [^>]*background-color:(#\w+)", drawn)
    assert colours == [COLOURS["candidates"]] * 5 + [COLOURS["kept"]] * 5


def test_a_tall_outline_does_not_flatten_the_bars():
    flat, spike = np.full(4, 0.25), np.array([0.0, 1.0, 0.0, 0.0])
    series = {"candidates": flat, "shuffled": flat, "seed": spike}
    drawn = drawing.histogram(np.linspace(0, 4, 5), series, label="x")
    assert f"v-{100 / drawing.TALLEST:.1f}" in drawn
    assert drawing.cut_off(series) == {"seed"}, "so that the legend can say it"


def test_a_front_end_that_strips_drawings_leaves_outlines_and_the_threshold_as_borders():
    series = {"candidates": np.full(4, 0.25), "seed": np.array([0, 0, 0.5, 0.25]), "shuffled": np.array([0.5, 0, 0, 0])}
    drawn = drawing.histogram(np.linspace(0, 4, 5), series, threshold=2.0, label="x")
    left = re.sub("<svg.*?</svg>", "", drawn, flags=re.DOTALL)
    risen = "left:50.00%;width:25.00%;bottom:0.0%;height:100.0%;border-left:2px solid {0};border-top:2px solid {0}"
    fallen = "left:75.00%;width:25.00%;bottom:50.0%;height:50.0%;border-left:2px solid {0};border-bottom:2px solid {0}"
    assert risen.format(COLOURS["seed"]) in left and fallen.format(COLOURS["seed"]) in left
    assert left.count(f"2px dashed {COLOURS['shuffled']}") == 2 * 2
    assert "left:50.00%;width:0.00%;bottom:0.0%;height:100.0%;border-left:2px solid" in left


def test_a_front_end_that_strips_drawings_leaves_bars_and_a_scale_and_no_stray_words():
    drawn = drawing.histogram(np.linspace(0, 4, 5), {"candidates": np.full(4, 0.25)}, label="x", counted=np.arange(4))
    stripped = re.sub(r"<svg.*?</svg>", "", drawn, flags=re.DOTALL)
    assert "".join(Reader(re.search(r"<svg.*?</svg>", drawn, re.DOTALL)[0]).words) == ""
    assert stripped.count("height:100.0%;background-color") == 4
    assert [float(word) for word in Reader(stripped).words] == [0.5, 1, 1.5, 2, 2.5, 3, 3.5]


@pytest.mark.parametrize(("least", "step"), [(0.013, 0.02), (0.02, 0.02), (3, 5), (7, 10), (100, 100)])
def test_steps_are_one_two_or_five(least, step):
    assert drawing.nice(least) == pytest.approx(step)
