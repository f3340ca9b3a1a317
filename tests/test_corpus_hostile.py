"""Broken and hostile input never causes a crash, and its work grows as its size. `KIT_FUZZ=20000` tries that many inputs."""

import gzip
import io
import json
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_corpus import warc

from helpers import corpus
from helpers.corpus import Document, Filters
from helpers.corpus.filters import rejected_by
from helpers.corpus.overlap import NearDuplicates, fingerprint

INPUTS = int(os.environ.get("KIT_FUZZ", "400"))
TAGS = re.findall(
    r"\w+",
    "div p h1 h2 h3 ul ol li table tr td th dl dt dd pre a br span form nav aside header footer main article b i script"
    " style textarea iframe svg math template select option plaintext xmp noscript body html head title table caption",
)
ATTRIBUTES = ("", " class='comments sidebar'", " hidden", " style='display:none'", " role=menu", " class=\x00 ", " id='a\"b")
SCRAPS = ("a", "Word.", "\x00", "\ud800", "&#xD800;", "&#0;", "&amp", "é", "中文。", "\u202e", "1.", "Mr.", "<!--", "-->")
SCRAPS += ("]]>", "<![CDATA[", "\n\n", "\t", "|", "- ", "A" * 5000, ". " * 500, "." * 500, "<!doctype html>")
CHARSETS = ("punycode", "utf-7", "hex", "shift_jis", "utf-16", "nope", "undefined", "iso-2022-jp")


def soup(rng: random.Random) -> str:
    """Tags opened and closed at random around scraps of text."""
    kinds = [
        lambda: f"<{rng.choice(TAGS)}{rng.choice(ATTRIBUTES)}>",
        lambda: f"</{rng.choice(TAGS)}>",
        lambda: rng.choice(SCRAPS),
    ]
    return "".join(rng.choice(kinds)() for _ in range(rng.randrange(1, 80)))


def mutated(rng: random.Random, raw: bytes) -> bytes:
    """Bytes with a few changed, cut out or put in, or the end cut off."""
    data = bytearray(raw)
    for _ in range(rng.randrange(1, 12)):
        at, kind = rng.randrange(len(data) + 1), rng.randrange(4)
        if kind == 0:
            data[at : at + 1] = rng.randbytes(1)
        elif kind == 1:
            del data[at : at + rng.randrange(1, 200)]
        elif kind == 2:
            data[at:at] = rng.randbytes(20)
        elif rng.random() < 0.3:
            del data[at:]
    return bytes(data)


def parquet() -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table({"text": ["a b c. " * 50] * 5, "url": ["x"] * 5}), stream)
    return stream.getvalue()


def files(rng: random.Random):
    """One file after another, each broken in its own way."""
    whole = [warc(b"<h1>A</h1><p>b</p>" * 20, zipped=zipped) for zipped in (True, False)] + [parquet()]
    bad_lines = b'\n{"text": 1}\n[1, 2]\nnull\n{"text": "' + b"[" * 1000
    kinds = [
        lambda: mutated(rng, rng.choice(whole)),
        lambda: mutated(rng, gzip.compress(soup(rng).encode("utf-8", "replace"))),
        lambda: json.dumps({"text": soup(rng), "url": rng.choice([1, None, "u"])}).encode() + bad_lines,
        lambda: b'{"text":' + b"[" * 100_000,
        lambda: rng.randbytes(rng.randrange(3000)),
        lambda: soup(rng).encode(rng.choice(["utf-16", "utf-32", "utf-8", "cp1252"]), "replace"),
        lambda: f"<meta charset={rng.choice(CHARSETS)}>".encode() + mutated(rng, soup(rng).encode("utf-8", "replace")),
    ]
    while True:
        yield rng.choice(kinds)()


def pass_through(documents) -> None:
    """Everything the kit does with a document."""
    near = NearDuplicates(0.7)
    for document in documents:
        for max_chars in (1, 50, 3000):
            for segment in corpus.segment(document, min_chars=0, max_chars=max_chars):
                rejected_by(segment, Filters(min_chars=0, max_chars=3000))
                near.find_or_add(segment.segment_id, segment.text)
                fingerprint(segment.text)


def test_no_page_or_text_crashes():
    rng = random.Random(0)
    for number in range(INPUTS // 2):
        pass_through([Document("", "f", 0, "text" if number % 4 == 0 else "html", soup(rng))])


def test_no_file_crashes(tmp_path):
    rng, damage, read = random.Random(1), Counter(), 0
    path = tmp_path / "input"
    for _, raw in zip(range(INPUTS // 2), files(rng), strict=False):
        path.write_bytes(raw)
        try:
            documents = list(corpus.read([path], damage=damage))
        except ValueError as error:
            assert "nothing to read" in str(error) or "no text column" in str(error)
            continue
        read += len(documents)
        pass_through(documents)
    assert read > INPUTS // 20
    assert damage


def calls(work: Callable[[], None]) -> int:
    """How many functions ``work`` calls: its effort, on every machine the same. Effort inside one call of C is not seen."""
    count = 0

    def step(frame, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(step)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def segmented(html: str) -> None:
    """A page, and the same characters as plain text, to segments that every rule has seen."""
    for media in ("html", "text"):
        for segment in corpus.segment(Document("", "f", 0, media, html), min_chars=600, max_chars=3000):
            rejected_by(segment, Filters())


@pytest.mark.parametrize(
    ("before", "unit", "times", "after"),
    [
        ("", "<h1>x</h1>", 50_000, ""),
        ("<h1>a</h1>", "<h2>x</h2>", 50_000, ""),
        ("", "<br>", 300_000, ""),
        ("<ul>", "<li>ab", 100_000, ""),
        ("<table><tr>", "<td>ab", 100_000, ""),
        ("<div class='", "sidebar- ", 100_000, "'>x"),
        ("", "<div class=sidebar>", 10_000, "<h1>x</h1>"),
        ("", "Hi!? ", 100_000, ""),
        ("", '."', 300_000, ""),
        ("", ".\n", 300_000, ""),
        ("", "The very same sentence again. ", 30_000, ""),
    ],
)
def test_two_megabytes_of_one_thing_cost_no_more_than_their_share(before, unit, times, after):
    def page(share: int) -> str:
        return f"{before}{unit * (times // share)}{after}"

    segmented(page(100))
    small = calls(lambda: segmented(page(20)))
    assert calls(lambda: segmented(page(10))) < 2.5 * small
    segmented(page(1))
