"""A page's source is shown with its segments marked, and nothing of it runs."""

import re

import pandas as pd
import pytest

from helpers.corpus.filters import Filters
from helpers.corpus.funnel import build
from helpers.figures import pages


def segments(*rows: tuple[str, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["text", "rule"])


def marks(shown: str) -> list[tuple[bool, str, str]]:
    """(dropped, label, text without tags) of every mark."""
    found = re.findall(r"<mark( class=\"dropped\")?>(?:<b>(.*?)</b>)?(.*?)</mark>", shown, re.DOTALL)
    plain = [
        (bool(kind), name, re.sub(r'<span class="tag">.*?</span>', "", text, flags=re.DOTALL)) for kind, name, text in found
    ]
    return [(kind, name, " ".join(text.split())) for kind, name, text in plain]


def test_segments_are_marked_as_kept_or_dropped_by_their_rule():
    source = "<html><body><nav>Home</nav><h1>Tea</h1><p>Tea is a drink.</p><h2>Ads</h2><p>Buy now!</p></body></html>"
    shown = pages.page(source, segments(("Tea\nTea is a drink.", None), ("Ads\nBuy now!", "navigation_header")))
    assert marks(shown) == [(False, "kept", "TeaTea is a drink."), (True, "navigation_header", "AdsBuy now!")]
    assert "1 kept; 1 navigation_header" in shown and "Home" in shown


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>Fish &amp; chips &#x2014; caf&eacute; &lt;b&gt;</p>", "Fish & chips — café <b>"),
        ("<p>un<b>believ</b>able,\n\n   <i>really</i>&nbsp;so</p>", "unbelievable, really so"),
        ("<p>soft\u00adhyphen and zero\u200bwidth</p>", "softhyphen and zerowidth"),
        ("<script>var x = 'Tea is a drink';</script><!-- Tea is a drink --><p>Tea is a drink</p>", "Tea is a drink"),
        ("Plain text, a < b & c;\nno tags", "Plain text, a < b & c;\nno tags"),
    ],
)
def test_a_segment_is_found_by_what_a_reader_sees(source, text):
    shown = pages.page(source, segments((text, None)))
    assert "not found" not in shown
    assert "".join(text.split()) == "".join(found_text(shown).split())


def found_text(shown: str) -> str:
    import html

    decoded = html.unescape(html.unescape(" ".join(text for *_, text in marks(shown))))
    return re.sub("U\\+00AD|U\\+200B|\u00ad|\u200b", "", decoded)


def test_a_segment_from_which_furniture_was_left_out_is_marked_around_it():
    source = "<h1>Soup recipes</h1><p>Cut the onions.</p><div class=share>Share</div><p>Boil the water.</p>"
    shown = pages.page(source, segments(("Soup recipes\nCut the onions.\n\nBoil the water.", "")))
    assert [text for *_, text in marks(shown)] == ["Soup recipes", "Cut the onions.", "Boil the water."]
    assert [name for _, name, _ in marks(shown)] == ["kept", "", ""]


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script><p>Hello reader of pages</p>",
        '<img src=x onerror="alert(1)"><p>Hello reader of pages</p>',
        "</pre></div><script>alert(1)</script><p>Hello reader of pages</p>",
        "<p>Hello reader of pages</p><style>body{display:none}",
        "<p>\u202eHello\x1b[31m reader of pages</p>\ud800",
    ],
)
def test_nothing_of_a_page_or_a_rule_runs(source):
    shown = pages.page(source, segments(("Hello reader of pages", "<img src=x onerror=alert(1)>")))
    inside = shown.removeprefix(pages.LOOK)
    tags = set(re.findall(r"<\s*/?\s*(\w+)", inside))
    assert tags <= {"div", "p", "pre", "mark", "b", "span"}
    assert "\u202e" not in shown and "\x1b" not in shown and "\ud800" not in shown


def test_lists_and_tables_are_found_without_the_marks_that_the_corpus_gave_them():
    source = "<ol><li>Boil water.</li><li>Add tea.</li></ol><table><tr><td>Leaf</td><td>Time</td></tr></table>"
    shown = pages.page(source, segments(("1. Boil water.\n2. Add tea.\n\nLeaf | Time", None)))
    assert [text for *_, text in marks(shown)] == ["Boil water.", "Add tea.", "Leaf", "Time"]


def test_segments_out_of_order_are_found():
    shown = pages.page("<h2>One</h2><h2>Two</h2>", segments(("Two", None), ("One", "too_short")))
    assert marks(shown) == [(True, "too_short", "One"), (False, "kept", "Two")]


def test_what_is_not_there_is_said():
    shown = pages.page("<p>Tea</p>", segments(("Coffee is another drink", None), ("Tea", "too_short")))
    assert "1 of them not found" in shown and marks(shown) == [(True, "too_short", "Tea")]
    assert "no segments" in pages.page("<p>Tea</p>", segments())
    long = pages.page("x" * (pages.SHOWN + 7), segments())
    assert "7 more characters are not shown" in long


def test_overlapping_segments_are_marked_once_each_and_in_order():
    shown = pages.page(
        "<h1>Head line of all</h1><p>One.</p>", segments(("Head line of all\nOne.", None), ("Head line of all", "too_short"))
    )
    assert marks(shown) == [(False, "kept", "Head line of allOne.")]


def test_the_segments_of_the_corpus_are_found_on_their_page(tmp_path):
    step = "<h2>Step {i}</h2><p>{text}</p>"
    words = [f"{chr(97 + n)}{chr(101 + n * 7 % 20)}stuff" for n in range(16)]
    texts = [
        " ".join(f"Take the <em>{w}</em> at {n} past {v}." for n, (w, v) in enumerate(zip(words, words[i:], strict=False)))
        for i in range(4)
    ]
    steps = "".join(step.format(i=i, text=text if i % 2 else text[:80]) for i, text in enumerate(texts))
    page = f"<html><body><nav><a href=/>Home</a></nav><article><h1>Of bread &amp; salt</h1>{steps}</article></body></html>"
    (tmp_path / "page.html").write_text(page, "utf-8")
    found = build([tmp_path / "page.html"], Filters(min_chars=300, max_chars=900, languages=()))
    both = pd.concat([found.segments, found.rejected])
    shown = pages.page(page, both)
    assert len(both) > 2 and "not found" not in shown
    assert {kind for kind, *_ in marks(shown)} == {False, True}


def test_segments_of_real_pages_are_found_on_them(local_data):
    folders = sorted((local_data / "web" / "readability").iterdir())
    total = missing = 0
    for path in [folder / "source.html" for folder in folders if (folder / "source.html").is_file()][:20]:
        source = path.read_text("utf-8", "replace")[: pages.SHOWN]
        found = build([path], Filters(languages=()))
        both = pd.concat([found.segments, found.rejected])
        total += len(both)
        missing += pages._marks(source, list(both.text))[1]
    assert total > 100 and missing <= 0.01 * total
