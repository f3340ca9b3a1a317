"""Real pages, where somebody has put them beside the repository: what share of an article is found, and how clean."""

import json
import random
import re
from collections import Counter

import pytest
from selectolax.lexbor import LexborHTMLParser

from helpers import corpus
from helpers.corpus import Filters
from helpers.corpus.filters import rejected_by
from helpers.corpus.overlap import Contamination
from helpers.corpus.prompts import read_prompts
from helpers.corpus.segments import sentences

HEADERS_ONLY = Filters(
    min_chars=0,
    max_chars=10**9,
    disabled=("links", "bullets", "symbols", "numbers", "names", "promotion", "repetition", "language"),
)


def plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def plain_sentences(text: str) -> list[str]:
    return [words for words in map(plain, sentences(text)) if words]


def test_articles_are_found_whole_and_little_else(local_data):
    folder = local_data / "web/article_extraction"
    truth = json.loads((folder / "ground-truth.json").read_text("utf-8"))
    found = wanted = inside = kept = pages = 0
    for document in corpus.read([folder / "html"]):
        article = truth[document.file.rsplit("/", 1)[1].split(".")[0]]["articleBody"]
        segments = corpus.segment(document, min_chars=600, max_chars=3000)
        texts = [segment.text for segment in segments if rejected_by(segment, HEADERS_ONLY) is None]
        body, page = plain(article), "\n".join(map(plain, texts))
        hits = [sentence in page for sentence in plain_sentences(article)]
        own = [sentence for text in texts for sentence in plain_sentences(text)]
        found, wanted, pages = found + sum(hits), wanted + len(hits), pages + 1
        inside += sum(len(sentence) for sentence in own if sentence in body)
        kept += sum(map(len, own))
    assert pages == 122
    assert found / wanted >= 0.92
    assert inside / kept >= 0.85


def test_headings_become_headers(local_data):
    found = wanted = pages = 0
    for folder in sorted((local_data / "web/readability").iterdir()):
        expected = LexborHTMLParser((folder / "expected.html").read_text("utf-8")).css("h1, h2, h3, h4, h5, h6")
        headings = [words for words in (plain(node.text()) for node in expected) if words]
        document = next(corpus.read([folder / "source.html"]))
        segments = corpus.segment(document, min_chars=0, max_chars=200)
        headers = {plain(header) for segment in segments for header in segment.header_path}
        found, wanted, pages = found + sum(words in headers for words in headings), wanted + len(headings), pages + 1
    assert pages == 59
    assert found / wanted >= 0.93


@pytest.mark.parametrize(
    ("name", "documents", "damaged"),
    [
        ("dolma-sample-0000.warc.gz", 22, 0),
        ("dolma-sample-0001.warc.gz", 15, 0),
        ("resiliparse-warcfile.warc.gz", 16, 0),
        ("resiliparse-clipped.warc.gz", 0, 1),
        ("warcio-example.warc.gz", 1, 0),
        ("warcio-example-trunc.warc", 1, 1),
        ("warcio-example-bad.warc.gz.bad", 1, 1),
    ],
)
def test_warc_files_whole_and_broken(local_data, name, documents, damaged):
    damage = Counter()
    assert len(list(corpus.read([local_data / "web/warc" / name], damage=damage))) == documents
    assert sum(damage.values()) == damaged


def test_planted_evaluation_prompts_are_all_found_and_little_else(local_data):
    prompts = read_prompts(local_data / "eval/eval_prompts_1066.jsonl")
    index = Contamination(prompts)
    documents = corpus.read([local_data / "web/text", local_data / "web/article_extraction/html"])
    clean = [s.text for d in documents for s in corpus.segment(d, min_chars=200, max_chars=1000)][:5000]
    assert len(clean) == 5000
    rng = random.Random(0)
    for prompt, text in zip(prompts, clean, strict=False):
        words = text.split(" ")
        at = rng.randrange(len(words))
        assert index.find(" ".join([*words[:at], prompt, *words[at:]]))
    assert sum(index.find(text) is not None for text in clean) <= 0.01 * len(clean)
