"""From pages to segments: where a page is cut, which parts are left out, and how damaged files are read."""

import gzip
import io
import json
from collections import Counter

import pandas as pd
import pyarrow.parquet as pq
import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from helpers import corpus
from helpers.corpus import Document, Filters
from helpers.corpus.encoding import decode

PROSE = "The river carries cold water past the old town. Farmers draw from it in summer. Nobody swims there in March."


def page(html: str) -> Document:
    return Document("http://a.example/", "a.html", 0, "html", html)


def texts(html: str, *, min_chars: int = 0, max_chars: int = 3000) -> list[str]:
    return [found.text for found in corpus.segment(page(html), min_chars=min_chars, max_chars=max_chars)]


def warc(*bodies: bytes, zipped: bool = True, headers: tuple = (("Content-Type", "text/html"),)) -> bytes:
    stream = io.BytesIO()
    writer = WARCWriter(stream, gzip=zipped)
    for number, body in enumerate(bodies):
        http = StatusAndHeaders("200 OK", list(headers), protocol="HTTP/1.1")
        record = writer.create_warc_record(f"http://{number}.example/", "response", io.BytesIO(body), http_headers=http)
        writer.write_record(record)
    return stream.getvalue()


def test_a_tree_within_the_limit_is_one_segment_with_its_lower_headers():
    html = f"<h1>Rivers</h1><p>Intro.</p><h2>Nile</h2><p>{PROSE}</p><h2>Po</h2><p>Short.</p>"
    assert texts(html) == [f"Rivers\nIntro.\n\nNile\n{PROSE}\n\nPo\nShort."]


def test_a_longer_tree_falls_apart_into_exactly_its_sub_headers():
    html = f"<h1>Rivers</h1><p>Intro.</p><h2>Nile</h2><p>{PROSE}</p><h2>Po</h2><p>{PROSE}</p><h3>Delta</h3><p>Wide.</p>"
    found = corpus.segment(page(html), min_chars=60, max_chars=200)
    assert [(s.header_path, s.text) for s in found] == [
        (("Rivers",), "Rivers\nIntro."),
        (("Rivers", "Nile"), f"Nile\n{PROSE}"),
        (("Rivers", "Po"), f"Po\n{PROSE}\n\nDelta\nWide."),
    ]


def test_lists_tables_definitions_and_code_stay_readable():
    html = (
        "<h2>All</h2><p>One<br>two</p><ul><li>a<ul><li>b</li></ul></li><li>c</li></ul><ol><li>x<li>y</ol>"
        "<table><tr><th>k<th>v<tr><td>1<td>2</table><dl><dt>term<dd>meaning</dl><pre>def f():\n    return 1</pre>"
    )
    assert texts(html) == [
        "All\nOne\ntwo\n\n- a\n  - b\n- c\n\n1. x\n2. y\n\nk | v\n1 | 2\n\nterm: meaning\n\ndef f():\n    return 1"
    ]


def test_a_layout_table_is_read_as_paragraphs():
    html = f"<table><tr><td><h2>News</h2><p>{PROSE}</p></td><td><p>{PROSE * 5}</p></td></tr></table>"
    assert texts(html) == [f"News\n{PROSE}\n\n{PROSE * 5}"]


@pytest.mark.parametrize(
    "furniture",
    [
        "<nav>out</nav>",
        "<form>out</form>",
        "<script>out</script>",
        "<p hidden>out</p>",
        "<p style='display: none'>out</p>",
        "<div class='cookie-notice'>out</div>",
        "<div id=comments><p>out</p></div>",
        "<div role=navigation>out</div>",
        "<ul><li><a href=x>out of</a></li><li><a href=y>the way</a></li></ul>",
        "<!-- out -->",
        "<p>Advertisement</p>",
    ],
)
def test_furniture_is_left_out(furniture):
    assert texts(f"<h1>Head</h1>{furniture}<p>{PROSE}</p>") == [f"Head\n{PROSE}"]


@pytest.mark.parametrize("wrapper", ["<form>", "<div class='widget Blog'>", "<div class='with-sidebar'>"])
def test_what_wraps_the_content_is_no_furniture(wrapper):
    assert texts(f"{wrapper}<h1>Head</h1><p>{PROSE}</p>") == [f"Head\n{PROSE}"]


def test_a_navigation_header_is_a_segment_of_its_own_and_never_inside_another():
    html = f"<h1>Head</h1><p>{PROSE}</p><h2>Related articles</h2><p>Ten tricks</p>"
    assert texts(html) == [f"Head\n{PROSE}", "Related articles\nTen tricks"]


def test_an_unclosed_header_keeps_its_own_line_only():
    assert texts(f"<h2>Head<p>{PROSE}</p><h2>{'long ' * 60}</h2>")[0] == f"Head\n{PROSE}\n\n{('long ' * 60).strip()}"


def test_a_page_without_headers_is_cut_at_paragraphs_then_sentences_and_loses_nothing():
    sentences = [f"Sentence number {i} about the river of Dr. Who is here." for i in range(60)]
    html = "".join(f"<p>{' '.join(sentences[i : i + 20])}</p>" for i in range(0, 60, 20))
    pieces = texts(html, max_chars=700)
    assert all(len(piece) <= 700 and piece.endswith("here.") for piece in pieces)
    assert " ".join(" ".join(pieces).split()) == " ".join(sentences)


def test_a_sentence_is_never_cut():
    long = "word " * 300 + "end."
    assert texts(f"<p>{long} Short one.</p>", max_chars=200) == [long, "Short one."]


def test_later_pieces_repeat_the_header():
    pieces = texts(f"<h2>Head</h2>{f'<p>{PROSE}</p>' * 6}", max_chars=300)
    assert len(pieces) > 1
    assert all(piece.startswith("Head\n") for piece in pieces)


def test_nesting_ten_thousand_deep_is_read_to_the_bottom():
    for tag in ("div", "ul><li", "table><tr><td", "div class=sidebar", "dl><dd"):
        assert any(PROSE in text for text in texts(f"<{tag}>" * 10_000 + f"<h1>Deep</h1><p>{PROSE}"))


def test_a_row_of_a_million_dots_takes_one_pass():
    assert texts("." * 1_000_000, max_chars=100) == ["." * 1_000_000]


@pytest.mark.parametrize(
    ("raw", "charset", "text"),
    [
        ("café".encode("latin-1"), "iso-8859-1", "café"),
        ("café".encode(), None, "café"),
        (b"<meta charset=windows-1251>" + "мир".encode("cp1251"), None, "<meta charset=windows-1251>мир"),
        ("мир".encode("utf-16"), "utf-8", "мир"),
        (b"\xef\xbb\xbfa", "iso-8859-1", "a"),
        ("日本語のテキスト".encode("shift_jis"), "shift_jis", "日本語のテキスト"),
        (("Привет, мир. Это русский текст о реке и городе. " * 5).encode("cp1251"), None, None),
        (b"plain", "punycode", "plain"),
        ("naïve café".encode(), "ascii-but-not", "naïve café"),
    ],
)
def test_decoding_follows_mark_header_meta_then_detection(raw, charset, text):
    expected = "Привет, мир. Это русский текст о реке и городе. " * 5 if text is None else text
    assert decode(raw, charset) == expected


def test_a_mixed_folder_is_read_by_content(tmp_path):
    (tmp_path / "a.bin").write_bytes(warc(b"<h1>A</h1>"))
    (tmp_path / "b.dat").write_text("<!doctype html><h1>B</h1>")
    (tmp_path / "c").write_text("Plain text.\n\nMore.")
    (tmp_path / "d.x").write_bytes(gzip.compress(b'{"text": "D", "url": "http://d/"}\n{"text": ""}\nnot json\n'))
    pd.DataFrame({"content": ["E"], "n": [1]}).to_parquet(tmp_path / "e.y")
    (tmp_path / "f.png").write_bytes(b"\x89PNG\x00\x01\x02" * 50)
    damage = Counter()
    found = [(d.url, d.media, d.body) for d in corpus.read([tmp_path], damage=damage)]
    assert found == [
        ("http://0.example/", "html", "<h1>A</h1>"),
        ("", "html", "<!doctype html><h1>B</h1>"),
        ("", "text", "Plain text.\n\nMore."),
        ("http://d/", "text", "D"),
        ("", "text", "E"),
    ]
    assert damage == {"row without text": 1, "jsonl: line is not JSON": 1, "not readable (.png)": 1}


def test_a_record_offset_leads_back_to_the_record(tmp_path):
    raw = warc(b"<p>one</p>", b"<p>two</p>")
    (tmp_path / "a.warc.gz").write_bytes(raw)
    second = list(corpus.read([tmp_path]))[1]
    (tmp_path / "b.warc.gz").write_bytes(raw[second.offset :])
    assert next(corpus.read([tmp_path / "b.warc.gz"])).body == "<p>two</p>"


@pytest.mark.parametrize("zipped", [True, False])
def test_whole_records_before_the_damage_are_used_and_the_damage_is_counted(tmp_path, zipped):
    whole, last = b"<p>one</p>", b"<p>" + bytes(range(65, 91)) * 400
    raw = warc(whole, last, zipped=zipped)
    (tmp_path / "a.warc").write_bytes(raw[: len(raw) - (40 if zipped else 4000)])
    damage = Counter()
    assert [d.body for d in corpus.read([tmp_path / "a.warc"], damage=damage)] == ["<p>one</p>"]
    assert sum(damage.values()) == 1


def test_a_line_of_fifty_megabytes_is_left_out_and_counted(tmp_path):
    with open(tmp_path / "a.jsonl", "w") as out:
        out.write('{"text": "one"}\n{"text": "' + "x" * (50 << 20) + '"}\n{"text": "two"}\n')
    damage = Counter()
    assert [d.body for d in corpus.read([tmp_path], damage=damage)] == ["one", "two"]
    assert damage == {"jsonl: line over 2 MB": 1}


def test_lone_surrogates_can_be_written(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "a\ud800b"}) + "\n")
    counts, _ = corpus.write([tmp_path], Filters(min_chars=1, languages=()), tmp_path / "out")
    assert pq.read_table(tmp_path / "out/segments.parquet").to_pylist()[0]["text"] == "a?b"
    assert counts.rows_out.iloc[-1] == 1


def test_errors_say_what_was_looked_for_and_found(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere is not there"):
        list(corpus.read([tmp_path / "nowhere"]))
    (tmp_path / "a.png").write_bytes(bytes(100))
    with pytest.raises(ValueError, match=r"looked for WARC, HTML, text.*not readable \(.png\)"):
        list(corpus.read([tmp_path]))
    pd.DataFrame({"n": [1], "m": [2]}).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(ValueError, match="no text column: looked for text, content.*found n, m"):
        list(corpus.read([tmp_path / "b.parquet"]))
    with pytest.raises(ValueError, match="looked for body, found n, m"):
        list(corpus.read([tmp_path / "b.parquet"], text_column="body"))
