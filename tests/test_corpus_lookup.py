"""Every page of a corpus can be read again by the place that its segments name."""

import json

import pandas as pd
import pytest
from test_corpus import warc

from helpers import corpus

PAGES = [f"<!doctype html><title>{i}</title><h1>Pots</h1><p>Page {i} of pots.</p>" for i in range(3)]


def written(folder, name: str):
    path = folder / name
    if name.startswith("whole"):
        path.write_text(PAGES[0])
    elif name.endswith(".jsonl"):
        path.write_text("\n" + "".join(json.dumps({"html": page}) + "\n" for page in PAGES))
    elif name.endswith(".parquet"):
        pd.DataFrame({"html": PAGES}).to_parquet(path)
    else:
        path.write_bytes(warc(*map(str.encode, PAGES), zipped=name.endswith(".gz")))
    return path


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "a.jsonl", "a.parquet", "whole.html"])
def test_a_page_is_found_again(tmp_path, name):
    path = written(tmp_path, name)
    read = list(corpus.read([path]))
    assert len(read) == (1 if name.startswith("whole") else 3)
    assert [corpus.document(page.file, page.offset) for page in read] == read


def test_an_archive_is_not_read_up_to_the_page(tmp_path):
    path = written(tmp_path, "a.warc.gz")
    last = list(corpus.read([path]))[-1]
    raw = bytearray(path.read_bytes())
    raw[40 : last.offset] = bytes(last.offset - 40)  # all before it is damaged, but for what says it is an archive
    path.write_bytes(raw)
    assert corpus.document(last.file, last.offset).body == PAGES[-1]


@pytest.mark.parametrize(("name", "offset"), [("a.warc.gz", 7), ("a.jsonl", 9), ("whole.html", 1)])
def test_a_place_without_a_page_is_told(tmp_path, name, offset):
    path = written(tmp_path, name)
    with pytest.raises(ValueError, match=f"holds no page at {offset}"):
        corpus.document(str(path), offset)


def test_a_file_that_is_gone_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone\.warc cannot be read"):
        corpus.document(str(tmp_path / "gone.warc"), 0)
