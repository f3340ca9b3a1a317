"""Files of all kinds are read correctly, or left out with a count and a reason. A partial result says that it is one."""

import argparse
import bz2
import gzip
import io
import json
import lzma
import os
import random
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import brotli
import pandas as pd
import pyarrow.parquet as pq
import pytest
import zstandard
from test_corpus import warc
from texts import sentences
from warcio.warcwriter import WARCWriter

from helpers import corpus
from helpers.corpus import Filters, archives, judging
from helpers.corpus.encoding import decode
from helpers.corpus.judging import Pages
from helpers.corpus.overlap import Contamination, NearDuplicates, copied
from helpers.corpus.prompts import prompt_rows, read_prompts
from helpers.corpus.words import words
from helpers.tables import write_table

PROSE = "The potter lets the bowl dry in the shade for three days before it goes into the kiln, or the clay will crack."
PAGE = f"<!doctype html><h1>Pots</h1><p>{PROSE}</p>"
ANY = Filters(min_chars=1, languages=())


def bodies(path, damage: Counter | None = None) -> list[str]:
    return [document.body for document in corpus.read([path], damage=damage)]


# --- Encodings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "charset", "text"),
    [
        (b"caf\xe9 \x80 9", "iso8859-1", "café € 9"),
        (b"caf\xe9 \x80 9", "ascii", "café € 9"),
        (b"\xf9\xd6", "big5", "碁"),
        (b"<meta charset=utf-16>caf\xc3\xa9", None, "<meta charset=utf-16>café"),
        ("Töpfe trocknen im Schatten. ".encode() * 9 + b"\xff", None, "Töpfe trocknen im Schatten. " * 9 + "\ufffd"),
        (
            "Töpfe trocknen im Schatten. ".encode() * 9 + "ö".encode()[:1],
            "utf-8",
            "Töpfe trocknen im Schatten. " * 9 + "\ufffd",
        ),
        (b"Pots dry in the shade. " * 9 + "ö ".encode() + b"\xff", "utf-8", "Pots dry in the shade. " * 9 + "ö \ufffd"),
        (b"<meta charset=utf-8>caf\xe9", None, "<meta charset=utf-8>café"),
        ("pots and more pots".encode("utf-16-le"), None, "pots and more pots"),
    ],
)
def test_pages_are_decoded_as_a_browser_does(raw, charset, text):
    assert decode(raw, charset) == text


def test_a_late_first_accent_is_seen_by_the_detection():
    text = "Горшки сохнут в тени три дня, а потом идут в печь. " * 4
    assert decode(b"a" * 20_000 + text.encode("cp1251")).endswith(text)


def packed_as(kind: str) -> bytes:
    """A file of files that holds a long text as it is."""
    stream, text = io.BytesIO(), (PROSE + "\n\n").encode() * 2000
    if kind == "zip":
        with zipfile.ZipFile(stream, "w") as file:
            file.writestr("pots.txt", text)
    else:
        with tarfile.open(fileobj=stream, mode="w") as file:
            named = tarfile.TarInfo("pots.txt")
            named.size = len(text)
            file.addfile(named, io.BytesIO(text))
    return stream.getvalue()


# --- Files and folders ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "raw", "reason"),
    [
        ("a.pdf", b"%PDF-1.5\n1 0 obj\n(Some text that is long enough to be read as a text.)\n", "PDF or PostScript"),
        ("a.txt", b"{\\rtf1\\ansi Some text}", "RTF"),
        ("a.mht", b"From: <Saved>\nSubject: Pots\nMIME-Version: 1.0\n\n<!doctype html><p>x", "e-mail or MHTML"),
        ("a", b"<?xml version='1.0'?><!-- x --><rss version='2.0'><channel><title>News</title></channel></rss>", "feed"),
        ("a.ipynb", json.dumps({"cells": [], "nbformat": 4}, indent=1).encode(), ".ipynb"),
        ("a.csv", b"name,text\nx,y\n", ".csv"),
        ("a.txt", b"id,name,price\n1,pot,3\n2,bowl,4\n3,cup,5\n", ".txt"),
        ("a.ics", b"BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n", ".ics"),
        ("a.py", b"import os\nprint(os.name)\n", ".py"),
        ("a.json", b'{\n "a": 1\n}', ".json"),
        ("a.html", packed_as("zip"), "archive"),
        ("a.txt", packed_as("zip"), "archive"),
        ("a.tar.bz2", bz2.compress(packed_as("tar")), "archive"),
        ("a", packed_as("tar"), "archive"),
        ("a.html.gz", gzip.compress(gzip.compress(PAGE.encode())), ".html"),
    ],
)
def test_what_is_no_page_is_left_out_with_its_kind(tmp_path, name, raw, reason):
    (tmp_path / name).write_bytes(raw)
    (tmp_path / "page.html").write_text(PAGE)
    damage = Counter()
    assert bodies(tmp_path, damage) == [PAGE]
    assert damage == {f"not readable ({reason})": 1}


def test_odd_files_are_counted_and_never_opened(tmp_path):
    (tmp_path / "page.html").write_text(PAGE)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/config").write_text(PROSE)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    damage = Counter()
    assert bodies(tmp_path, damage) == [PAGE]
    assert damage == {
        "hidden file or folder": 1,
        "not a file (a pipe, socket or device)": 1,
        "not readable (FileNotFoundError)": 1,
    }


def test_a_linked_folder_is_read_once(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "else").mkdir()
    (tmp_path / "else/page.html").write_text(PAGE)
    (tmp_path / "corpus/link").symlink_to(tmp_path / "else")
    (tmp_path / "corpus/again").symlink_to(tmp_path / "else")
    (tmp_path / "else/loop").symlink_to(tmp_path / "corpus")
    assert bodies(tmp_path / "corpus") == [PAGE]


def test_one_path_stands_for_a_list_of_it_and_is_not_read_letter_by_letter(tmp_path):
    (tmp_path / "a.html").write_text(PAGE)
    assert len(list(corpus.read(str(tmp_path)))) == len(list(corpus.read(tmp_path))) == 1


def test_a_name_that_is_no_utf8_is_read_and_written(tmp_path):
    folder = os.fsencode(tmp_path) + b"/in"
    os.mkdir(folder)
    try:
        with open(folder + b"/caf\xe9.html", "w") as out:
            out.write(PAGE)
    except OSError:
        pytest.skip("this file system allows names in UTF-8 only")
    corpus.write([tmp_path / "in"], ANY, tmp_path / "out")
    assert pq.read_table(tmp_path / "out/segments.parquet").to_pylist()[0]["file"].endswith("caf\\xe9.html")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_compressed_lines_are_read(tmp_path, pack):
    (tmp_path / "a.jsonl.x").write_bytes(pack(b'{"text": "one"}\n{"text": "two"}\n'))
    assert bodies(tmp_path) == ["one", "two"]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_lines_keep_their_number_in_any_encoding(tmp_path, codec):
    (tmp_path / "a.jsonl").write_bytes('{"text": "eins\u2028ä"}\n{"text": "zwei"}\n'.encode(codec))
    assert [(d.offset, d.body) for d in corpus.read([tmp_path])] == [(0, "eins\u2028ä"), (1, "zwei")]


@pytest.mark.parametrize(
    "front",
    [
        "---\ntitle: Pots\n---\n",
        "--- \r\ntitle: Pots\r\n\r\ntags:\r\n- clay\r\n--- \r\n",
        "---\ntitle: Pots\n...\n",
        "---\n---\n",
        '+++\ntitle = "Pots"\n+++\n',
        '---json\n{"title": "Pots"}\n---\n',
    ],
)
def test_the_settings_of_a_markdown_page_are_no_text(tmp_path, front):
    (tmp_path / "a.md").write_text(f"{front}# Pots\n\n{PROSE}\n", newline="")
    (page,) = corpus.read([tmp_path])
    assert [segment.text for segment in corpus.segment(page, min_chars=1, max_chars=900)] == [f"Pots\n{PROSE}"]


def test_prose_between_two_rules_is_no_setting(tmp_path):
    (tmp_path / "a.md").write_text(f"---\n\n{PROSE}\n\n---\n\nThe end.\n")
    (page,) = corpus.read([tmp_path])
    assert PROSE in corpus.segment(page, min_chars=1, max_chars=900)[0].text


def test_a_bare_tab_in_a_line_of_json_costs_no_line(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "Pots\tdry."}\n')
    assert bodies(tmp_path) == ["Pots\tdry."]


def test_a_bad_first_line_costs_one_line(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "cut\n{"text": "one"}\n{"text": "two"}\n')
    damage = Counter()
    assert bodies(tmp_path, damage) == ["one", "two"]
    assert damage == {"jsonl: line is not JSON": 1}


def test_a_damaged_letter_costs_no_line(tmp_path):
    (tmp_path / "a.jsonl").write_bytes('{"text": "Töpfe trocknen, '.encode() + b'\xff wie wir h\xc3\xb6ren"}\n')
    assert bodies(tmp_path) == ["Töpfe trocknen, \ufffd wie wir hören"]


def test_metadata_beside_the_data_ends_no_run(tmp_path):
    (tmp_path / "dataset_info.json").write_text('{"rows": 1}')
    (tmp_path / "page.html").write_text(PAGE)
    found = corpus.build([tmp_path], ANY)
    assert found.damage == {"table without a text column": 1}
    assert str(found.pages) == "pages: 2 in = 1 with segments + 0 without + 1 left out"


def test_reading_ends_when_there_are_as_many_segments_as_are_wanted(tmp_path, monkeypatch):
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": " ".join(sentences(9, n))}) + "\n" for n in range(50)))
    whole, seen = corpus.build([tmp_path], ANY), []
    monkeypatch.setattr(
        judging, "segment", lambda document, **limits: seen.append(document) or corpus.segment(document, **limits)
    )
    found = corpus.build([tmp_path], ANY, most=7)
    pd.testing.assert_frame_equal(found.segments, whole.segments.head(7))
    assert len(seen) == 7, "no page is cut that is not needed"
    assert found.counts.rows_in.iloc[0] == len(found.segments) + len(found.rejected)
    assert len(corpus.build([tmp_path], ANY, most=1000).segments) == len(whole.segments) > 40


# --- Archives -------------------------------------------------------------------------------------------------------

ARC = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{PAGE}"


def arc() -> bytes:
    head = "1 0 Kit\nURL IP-address Archive-date Content-type Archive-length\n\n"
    start = f"filedesc://kit.arc 0.0.0.0 20100101000000 text/plain {len(head)}\n{head}\n"
    records = [f"http://{i}.example/ 10.0.0.1 20100101000000 text/html {len(ARC)}\n{ARC}\n" for i in range(3)]
    return (start + "".join(records)).encode()


def wet() -> bytes:
    stream = io.BytesIO()
    writer = WARCWriter(stream)
    headers = {"Content-Type": "text/plain"}
    writer.write_record(
        writer.create_warc_record("http://a.example/", "conversion", io.BytesIO(PROSE.encode()), warc_headers_dict=headers)
    )
    return stream.getvalue()


def coded(coding: str, body: bytes) -> bytes:
    return warc(body, headers=(("Content-Type", "text/html"), ("Content-Encoding", coding)))


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (arc(), [PAGE] * 3),
        (wet(), [PROSE]),
        (gzip.compress(warc(b"<p>one", b"<p>two", zipped=False)), ["<p>one", "<p>two"]),
        (coded("br", brotli.compress(PAGE.encode())), [PAGE]),
        (coded("zstd", zstandard.compress(PAGE.encode())), [PAGE]),
        (coded("gzip", gzip.compress(PAGE.encode())), [PAGE]),
        (coded("x-gzip", gzip.compress(PAGE.encode())), [PAGE]),
        (zstandard.compress(warc(b"<p>one", b"<p>two", zipped=False)), ["<p>one", "<p>two"]),
        (b"".join(zstandard.compress(warc(body, zipped=False)) for body in (b"<p>one", b"<p>two")), ["<p>one", "<p>two"]),
    ],
)
def test_every_kind_of_archive_is_read(tmp_path, raw, found):
    (tmp_path / "archive").write_bytes(raw)
    damage = Counter()
    assert bodies(tmp_path, damage) == found
    assert not damage


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html", b'{"pot": "' + PROSE.encode() + b'"}'),
        ("text/html", b"<?xml version='1.0'?><rss><channel><title>Pots</title></channel></rss>"),
        ("text/html", b"%PDF-1.4\n" + PROSE.encode()),
        ("text/plain", b"[1, 2]"),
    ],
)
def test_a_body_of_another_kind_than_its_head_says_is_counted(tmp_path, kind, body):
    (tmp_path / "a.warc").write_bytes(warc(body, PAGE.encode(), zipped=False, headers=(("Content-Type", kind),)))
    damage = Counter()
    assert bodies(tmp_path, damage) == [PAGE]
    assert damage == {"warc: neither HTML nor text": 1}


def test_a_page_that_is_called_plain_text_is_read_as_a_page(tmp_path):
    (tmp_path / "a.warc").write_bytes(warc(PAGE.encode(), headers=(("Content-Type", "text/plain"),)))
    assert [document.media for document in corpus.read([tmp_path])] == ["html"]


def test_chunks_are_joined_however_their_coding_is_written(tmp_path):
    body = b"%X;part=1\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE.encode())
    heads = (("Content-Type", "text/html"), ("Transfer-Encoding", "Chunked"))
    (tmp_path / "a.warc").write_bytes(warc(body, headers=heads))
    assert bodies(tmp_path) == [PAGE]


@pytest.mark.parametrize("before", [b"\r\n\r\n", b"\xef\xbb\xbf"])
def test_marks_before_the_first_record_cost_no_record(tmp_path, before):
    (tmp_path / "a.warc").write_bytes(before + warc(PAGE.encode(), zipped=False))
    damage = Counter()
    assert bodies(tmp_path, damage) == [PAGE]
    assert not damage


def test_a_response_whose_address_nobody_can_read_is_counted(tmp_path):
    (tmp_path / "a.warc").write_bytes(warc(PAGE.encode(), PAGE.encode(), zipped=False).replace(b"http://0.", b"HTTP://0."))
    damage = Counter()
    assert bodies(tmp_path, damage) == [PAGE]
    assert damage == {"warc: response without an http address": 1}


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip", "compress"])
def test_a_body_that_cannot_be_decoded_is_counted_and_the_next_is_read(tmp_path, coding):
    (tmp_path / "a.warc").write_bytes(coded(coding, random.Random(0).randbytes(500)) + warc(PAGE.encode()))
    damage = Counter()
    assert bodies(tmp_path, damage) == [PAGE]
    assert damage.total() == 1


def test_records_after_the_damage_are_read_in_a_zstd_stream_too(tmp_path):
    first, last = warc(b"<p>one" * 50, zipped=False), warc(b"<p>two", zipped=False)
    (tmp_path / "a.warc.zst").write_bytes(zstandard.compress(first[: len(first) // 2] + b"?" * 40 + b"\r\n\r\n" + last))
    damage = Counter()
    assert bodies(tmp_path, damage) == ["<p>two"]
    assert damage.total() == 1


@pytest.mark.parametrize("zipped", [True, False])
def test_records_after_the_damage_are_read(tmp_path, zipped):
    first, last = warc(b"<p>one" * 50, zipped=zipped), warc(b"<p>two", zipped=zipped)
    (tmp_path / "a.warc").write_bytes(first[: len(first) // 2] + b"?" * 40 + b"\r\n\r\n" + last)
    damage = Counter()
    assert bodies(tmp_path, damage)[-1:] == ["<p>two"]
    assert damage


@pytest.mark.parametrize("zipped", [True, False])
def test_a_divided_archive_gives_the_same_rows(tmp_path, monkeypatch, zipped):
    pages = [f"<h1>Pots {i}</h1><p>{PROSE} {i}".encode() for i in range(60)]
    (tmp_path / "a.warc").write_bytes(warc(*pages, zipped=zipped))
    whole = corpus.build([tmp_path], ANY)
    monkeypatch.setattr(archives, "PART_BYTES", 3000)
    assert len(judging.divided(corpus.readers.sources([tmp_path], Counter())[0])) > 3
    parts = corpus.build([tmp_path], ANY)
    pd.testing.assert_frame_equal(whole.segments, parts.segments)
    assert whole.pages == parts.pages


def test_truncated_archives_leave_no_page_uncounted(tmp_path):
    rng = random.Random(0)
    whole = [warc(*[PAGE.encode()] * 4), warc(*[PAGE.encode()] * 4, zipped=False), arc(), wet()]
    for raw in whole * 10:
        (tmp_path / "a.warc").write_bytes(raw[: rng.randrange(40, len(raw))])
        pages = Pages()
        list(corpus.funnel.stream([tmp_path], ANY, pages))  # checks the account
        assert pages.met


# --- The account and the result -------------------------------------------------------------------------------------


def test_a_page_that_breaks_the_code_is_damage_with_its_name(tmp_path, monkeypatch):
    (tmp_path / "a.jsonl").write_text('{"text": "one"}\n{"text": "two"}\n')
    cut = judging.segment
    monkeypatch.setattr(judging, "segment", lambda page, **how: [][1] if page.body == "one" else cut(page, **how))
    found = corpus.build([tmp_path], ANY)
    assert list(found.segments.text) == ["two"]
    assert found.damage == {f"page cannot be segmented (IndexError: {tmp_path}/a.jsonl at 0)": 1}


def test_an_account_with_a_page_missing_is_an_error():
    with pytest.raises(AssertionError, match="do not add up"):
        Pages(met=3, with_segments=1, without_segments=1).check()


def test_what_is_left_out_is_written_beside_the_result(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.html").write_text("<h1>Rivers</h1><p>Water that flows to the sea.</p>")
    (tmp_path / "in/b.pdf").write_bytes(b"%PDF-1.4 page")
    _, damage = corpus.write([tmp_path / "in"], Filters(min_chars=1), tmp_path / "out")
    pages = json.loads((tmp_path / "out/pages.json").read_text())
    assert pages == {"met": 2, "with_segments": 1, "without_segments": 0, "damage": damage}
    assert damage == {"not readable (PDF or PostScript)": 1}


def test_a_failed_run_leaves_the_earlier_result_and_calls_its_own_partial(tmp_path, monkeypatch):
    (tmp_path / "a.jsonl").write_text('{"text": "one"}\n')
    out = tmp_path / "out"
    corpus.write([tmp_path / "a.jsonl"], ANY, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert set(before) == {"segments.parquet", "rejected.jsonl", "funnel.csv", "pages.json"}
    with pytest.raises(FileNotFoundError):
        corpus.write([tmp_path / "b.jsonl"], ANY, out)
    with pytest.raises(ValueError, match="no rule"):
        corpus.write([tmp_path / "a.jsonl"], Filters(disabled=("speling",)), out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    monkeypatch.setattr(judging, "segment", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        corpus.write([tmp_path / "a.jsonl"], ANY, out)
    assert {name: (out / name).read_bytes() for name in before} == before
    assert {path.name for path in out.iterdir()} - set(before) == {"partial.segments.parquet", "partial.rejected.jsonl"}


def test_the_command_replaces_an_earlier_result_only_when_told_to(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text(f"The river {name} flows to the sea.")
    parser = argparse.ArgumentParser()
    corpus.add_arguments(parser)
    again = [*("--out", str(tmp_path / "out")), "--min-chars", "1"]
    corpus.main(parser.parse_args([str(tmp_path / "a.txt"), *again]))
    with pytest.raises(ValueError, match=r"out holds the result of an earlier run: name another folder, or say --replace$"):
        corpus.main(parser.parse_args([str(tmp_path / "b.txt"), *again]))
    assert pq.read_table(tmp_path / "out/segments.parquet")["text"].to_pylist() == ["The river a flows to the sea."]
    corpus.main(parser.parse_args([str(tmp_path / "b.txt"), *again, "--replace"]))
    assert pq.read_table(tmp_path / "out/segments.parquet")["text"].to_pylist() == ["The river b flows to the sea."]


def test_a_result_that_is_half_replaced_does_not_look_done(tmp_path, monkeypatch):
    (tmp_path / "a.jsonl").write_text('{"text": "one"}\n')
    corpus.write([tmp_path / "a.jsonl"], ANY, tmp_path / "out")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        corpus.write([tmp_path / "a.jsonl"], ANY, tmp_path / "out")
    assert not (tmp_path / "out/funnel.csv").exists()


# --- Words, copies, prompts -----------------------------------------------------------------------------------------


def test_marks_emphasis_and_writing_make_no_other_word():
    plain = words("The fine cafe\u0301 of Zoe dries pots")
    assert words("The _ﬁne_ *caf\u00e9* of [12]Zoe dr\u00adies pots") == plain
    assert words("The fine [café](http://a.example/b) of Zoe dries pots") == plain
    assert words("陶器は日陰") == list("陶器は日陰")
    assert words("ดิน") == list("ดิน")


def varied(rng: random.Random, count: int) -> list[str]:
    return [f"w{rng.randrange(10**6)}" for _ in range(count)]


def test_a_piece_of_a_longer_text_is_contained_and_not_a_duplicate():
    rng = random.Random(0)
    near, whole = NearDuplicates(0.7, contained=0.9), varied(rng, 500)
    assert near.find_or_add("whole", " ".join(whole)) is None
    assert near.find_or_add("piece", " ".join(whole[200:300])).rule == "contained"
    assert near.find_or_add("copy", " ".join(whole[:480])).rule == "near_duplicate"
    assert near.find_or_add("other", " ".join(whole[:50] + varied(rng, 100))) is None
    assert NearDuplicates(0.7).find_or_add("alone", "a b c d e f") is None


def test_answers_are_copied_where_they_are_a_segment_or_stand_in_one_or_a_segment_is_a_piece_of_them():
    rng = random.Random(1)
    whole, inside, long, other, edited = (" ".join(varied(rng, size)) for size in (30, 20, 300, 30, 60))
    answers = [whole, inside, long, other, edited, "Paris.", "The Beatles"]
    segments = [
        whole.upper(),
        f"{PROSE} {inside} {PROSE}",
        " ".join(long.split()[100:200]),
        " ".join(other.split()[:10] + varied(rng, 20)),
        f"Now {edited} indeed",
        "Paris",
        f"I like the Beatles. {PROSE}",
    ]
    assert copied(answers, segments) == {0, 1, 2, 4, 5}
    assert copied([], segments) == copied(answers, []) == set()


def test_pages_of_one_template_cost_no_more_the_more_there_are():
    rng = random.Random(3)
    frame, near = varied(rng, 150), NearDuplicates(0.7, contained=0.9)
    pages = [" ".join(frame[:75] + varied(rng, 50) + frame[75:]) for _ in range(400)]
    assert not any(near.find_or_add(str(number), text) for number, text in enumerate(pages))
    assert max(len(held) for held in near._filed.values() if isinstance(held, tuple)) <= 4
    twins = [near.find_or_add("twin", text.rsplit(" ", 9)[0] + " new end here") for text in pages]
    assert sum(twin is not None and twin.name == str(number) for number, twin in enumerate(twins)) >= 396


def test_a_prompt_is_found_with_a_word_changed_and_not_in_an_answer_that_repeats_half_of_it():
    prompt = "Describe how a water clock tells the time to people at night"
    prompts = Contamination((prompt, "Help", "Prune roses?"))
    assert prompts.find(f"{PROSE} Describe how a _water_ clock [2] tells the time to sailors at night. {PROSE}") == prompt
    assert prompts.find("A water clock tells the time to people by a hole in a bowl.") is None
    assert prompts.find("The river can help the farmers.") is None
    assert prompts.find("How to prune roses in May") == "Prune roses?"
    assert Contamination(("如何修剪玫瑰花",)).find("请问如何修剪玫瑰花呢")


# --- Files of prompts -----------------------------------------------------------------------------------------------

ASKED = ("How do I prune roses?", "Why is the\u2028sea salty?")


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.json", json.dumps([{"instruction": text} for text in ASKED]).encode()),
        ("a.json", json.dumps(list(ASKED)).encode()),
        ("a.json", json.dumps({"version": 1, "data": [{"prompt": text} for text in ASKED]}).encode()),
        ("a.jsonl", b"\xef\xbb\xbf" + "\n\n".join(json.dumps({"question": t}, ensure_ascii=False) for t in ASKED).encode()),
        ("a.jsonl", "\n".join(json.dumps({"prompt": text}) for text in ASKED).encode("utf-16")),
        (
            "a.jsonl",
            "\n".join(
                json.dumps({"messages": [{"role": "system", "content": "Be brief."}] + [{"role": "user", "content": text}]})
                for text in ASKED
            ).encode(),
        ),  # fmt: skip
        ("a.jsonl", "\n".join(json.dumps({"conversations": [{"from": "human", "value": t}]}) for t in ASKED).encode()),
        ("a.jsonl", "\n".join(json.dumps({"turns": [text, "And then?"]}) for text in ASKED).encode()),
        ("a.txt", f"{ASKED[0]}\r\n\r\n{ASKED[1]}\n".encode()),
        ("a.csv", pd.DataFrame({"instruction": ASKED}).to_csv().encode()),
        ("a.json", json.dumps({"prompt": ASKED, "id": [1, 2]}).encode()),
        ("a.json", json.dumps({"questions": ASKED}, indent=1).encode()),
        ("a.jsonl", "\n".join(json.dumps({" Prompt ": text}, indent=1) for text in ASKED).encode()),
        ("a.jsonl", ",\r".join(json.dumps({"messages": [{"role": "User", "content": text}]}) for text in ASKED).encode()),
        ("a.jsonl", "\n".join(json.dumps({"messages": json.dumps([{"from": "human", "value": t}])}) for t in ASKED).encode()),
        ("a.jsonl", "\n".join(json.dumps({"instruction": text, "input": "<noinput>"}) for text in ASKED).encode()),
        ("a.txt", f"- {ASKED[0]}\r- {ASKED[1]}\r".encode()),
        ("a.txt", f"1. {ASKED[0]}\n2) {ASKED[1]}\n".encode()),
        ("a.csv", pd.DataFrame({"Prompt": ASKED, "id": 1}).to_csv(sep=";", index=False).encode()),
        ("a.tsv", pd.DataFrame({"id": 1, "question": ASKED}).to_csv(sep="\t", index=False).encode("utf-16")),
        ("a.jsonl.zst", zstandard.compress("\n".join(json.dumps({"text": text}) for text in ASKED).encode())),
        ("a.jsonl.gz", gzip.compress("\n".join(json.dumps({"text": text}) for text in ASKED).encode())),
    ],
)
def test_prompts_are_read_from_the_usual_files(tmp_path, name, raw):
    (tmp_path / name).write_bytes(raw)
    assert read_prompts(tmp_path / name) == ASKED


def test_prompt_rows_have_ids_of_their_content_and_keep_other_columns(tmp_path):
    rows = [{"prompt_id": 1, "instruction": "Add.", "input": "1 2", "kind": "sum"}, {"prompt_id": 1, "instruction": "Why?"}]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(row) for row in [*rows, rows[1]]))
    found = prompt_rows(tmp_path / "a.jsonl")
    assert list(found.instruction) == ["Add.\n\n1 2", "Why?"]
    assert found.prompt_id.is_unique
    assert found.prompt_id.str.fullmatch("[0-9a-f]{16}").all()
    assert list(found.given_id) == [1, 1]
    assert found.kind[0] == "sum"
    found.to_parquet(tmp_path / "a.parquet")
    assert list(prompt_rows(tmp_path / "a.parquet").prompt_id) == list(found.prompt_id)


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ([{}, {}], ["{}", "{}"]),
        ([{"a": {}}, {"a": {}}], ['{"a": {}}', '{"a": {}}']),
        ([1, "a2"], ["1", "a2"]),
        ([["x"], "x"], ['["x"]', "x"]),
        ([{"a": 1}, {"a": "b"}], ['{"a": 1}', '{"a": "b"}']),
        ([{"a": "\ud800"}, 1], ['{"a": "\\ud800"}', "1"]),
        ([2**70, 1], [str(2**70), "1"]),
        ([["x", "y"], ["z"]], [["x", "y"], ["z"]]),
        ([True, False], [True, False]),
    ],
)
def test_other_columns_of_prompts_can_be_written(tmp_path, values, kept):
    rows = [{"instruction": f"Why {n}?", "given_id": n, "meta": value} for n, value in enumerate(values)]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = prompt_rows(tmp_path / "a.jsonl")
    assert list(found.meta) == kept
    write_table(tmp_path / "b.parquet", found)
    again = prompt_rows(tmp_path / "b.parquet")
    assert list(again.columns) == ["prompt_id", "instruction", "given_id", "meta"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.jsonl", '{"prompt": "x"}\n{"prompt": \n', r"line 2 of .*a\.jsonl is not JSON"),
        ("a.jsonl", '{"id": 1}\n', r"line 1 of .*a\.jsonl has no prompt: looked for instruction.*found id"),
        ("a.json", "[1]", r"row 1 of .*a\.json is neither text nor an object"),
        ("a.txt", "\n \n", "has no prompts"),
        ("a.txt", "\x00\x01\x02", "is neither text nor Parquet"),
        ("a.yaml", "- prompt: Why?\n", "is neither text nor Parquet"),
        ("a.txt", "<html><body><p>Why?</p></body></html>", "is neither text nor Parquet"),
        ("a.csv", "prompt,id\nWhy?,1,2\n", r"a\.csv is no table"),
        ("a.csv", "", r"a\.csv is no table"),
        ("a.json", "null", r"line 1 of .*a\.json is neither text nor an object with fields: null"),
        ("a.jsonl", '{"a":' * 100_000, r"line 1 of .*a\.jsonl is not JSON \(RecursionError\)"),
        ("a.jsonl", '{"prompt": true}\n', r"line 1 of .*a\.jsonl has no prompt"),
    ],
)
def test_what_is_no_prompt_is_named_with_file_and_line(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        prompt_rows(tmp_path / name)


def test_a_cut_file_of_prompts_is_named(tmp_path):
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b'{"prompt": "Why?"}\n')[:-9])
    with pytest.raises(ValueError, match=r"a\.jsonl\.gz cannot be read \(EOFError\)"):
        prompt_rows(tmp_path / "a.jsonl.gz")
    pd.DataFrame({"prompt": ASKED}).to_parquet(tmp_path / "a.parquet")
    (tmp_path / "a.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:-9])
    with pytest.raises(ValueError, match=r"a\.parquet cannot be read"):
        prompt_rows(tmp_path / "a.parquet")


def test_prompts_are_texts_that_can_be_written(tmp_path):
    (tmp_path / "a.jsonl").write_text(
        '{"prompt": "Why \\ud83d?"}\n{"prompt": 12}\n{"question": "How long?", "context": "A day."}\n'
    )
    assert read_prompts(tmp_path / "a.jsonl") == ("Why \ufffd?", "12", "How long?\n\nA day.")
    (tmp_path / "a.txt").write_text("{name} is who?\n[Task] Say it.\n")
    assert read_prompts(tmp_path / "a.txt") == ("{name} is who?", "[Task] Say it.")


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("Who made Rock &amp; Roll a word?", "Who made rock & roll a word?"),
        ("Wie groß ist die Straße?", "WIE GROSS IST DIE STRASSE?"),
        ("كم يوما في السنة", "كَمْ يَوْمًا فِي السَّنَة"),
    ],
)
def test_a_prompt_is_found_however_it_is_written(prompt, text):
    assert Contamination((prompt,)).find(f"{PROSE} {text} {PROSE}") == prompt


@pytest.mark.parametrize(
    "text",
    [
        "Où est-il?",
        "La garza permanece inmóvil en la orilla. En primavera construye un nido en lo más alto de los árboles. Mañana irá.",
        "Hägern står stilla vid stranden och väntar på fisk. På våren bygger den ett stort bo högt upp i träden.",
    ],
)
def test_bytes_of_no_named_encoding_are_western_where_nothing_else_is_likelier(text):
    assert decode(text.encode("cp1252")) == text


def test_scripts_without_spaces_pass_the_rules():
    text = "陶工把碗放在阴凉处晾三天。然后他把碗放进窑里烧。窑要慢慢冷却,不然碗会裂开。釉是一层薄薄的玻璃。"
    found = corpus.Segment(text, "", "f", 0, ("陶器",))
    assert corpus.filters.rejected_by(found, Filters(min_chars=20, languages=("zh",))) is None


def test_a_text_inside_a_column_is_named_by_its_path(tmp_path):
    rows = [{"conversations": ["Name a river.", "The Po is a river."], "source": "a"}, {"conversations": ["Alone."]}]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    damage = Counter()
    found = list(corpus.read([path], text_column="conversations.1", damage=damage))
    assert [document.body for document in found] == ["The Po is a river."]
    assert sum(damage.values()) == 1, "the row without a second turn is counted"
