"""The mini web's pages: every given section survives HTML and WARC, and filters drop the planted sections."""

import gzip
import random
import re
from collections import Counter

import pandas as pd
import pytest
from warcio.archiveiterator import ArchiveIterator

from helpers import corpus
from helpers.corpus.filters import Filters, rejected_by
from helpers.corpus.segments import Segment
from helpers.miniweb import junk, markup, pages, warc
from helpers.miniweb.pages import Section

WORDS = {
    "noun": "river mountain garden teacher window market village soldier painter bridge harbour forest engine library "
    "kitchen letter island castle doctor farmer winter summer morning evening journey station mirror basket candle",
    "verb": "crosses remembers follows paints repairs visits describes protects watches carries measures builds",
    "joint": "and then when because after before although while since until",
}
RULES_OF = {
    "header": {"empty_header", "navigation_header", "capitals_header"},
    "length": {"too_short", "too_long", "navigation_header"},
    "promotion": {"promotion"},
    "navigation": {"navigation_header", "links", "bullets", "too_short", "promotion"},
    "language": {"language"},
    "duplicate": {"exact_duplicate"},
    "near_duplicate": {"near_duplicate"},
}


def word(rng: random.Random, kind: str) -> str:
    return rng.choice(WORDS[kind].split())


def sentence(rng: random.Random, clauses: int) -> str:
    said = [f"the {word(rng, 'noun')} {word(rng, 'verb')} the {word(rng, 'noun')} of Malmö" for _ in range(clauses)]
    text = f" {word(rng, 'joint')} ".join(said)
    return text[0].upper() + text[1:] + "."


def body(rng: random.Random) -> str:
    prose = sentence(rng, rng.randint(2, 5))
    lines = [sentence(rng, 1)[:-1] for _ in range(rng.randint(3, 5))]
    cells = ["a | b | c", *(" | ".join(word(rng, "noun") for _ in "abc") for _ in lines)]
    return rng.choice(
        [
            prose + "\n\n" + sentence(rng, 3),
            prose + "\n\n" + "\n".join(f"- {line}" for line in lines),
            "\n".join(f"{place}. {line}" for place, line in enumerate(lines, 1)),
            "The table says what & where:\n\n" + "\n".join(cells),
            "\n".join(f"{word(rng, 'noun').capitalize()} {place}: {line}" for place, line in enumerate(lines)),
            'Key: value and more of the same\n- 3 < 4 "quoted" & it\'s so | ' + prose,
        ]
    )


def make(count: int, seed: int) -> list[Section]:
    rng = random.Random(seed)
    titles = [f"{sentence(rng, 1)[:-1]} {place}" for place in range(count)]
    return [Section(title, body(rng), {"kind": "good", "item": place}) for place, title in enumerate(titles)]


@pytest.fixture(scope="module")
def sections():
    return make(1300, 5)


@pytest.fixture(scope="module")
def crawl(sections, tmp_path_factory):
    out = tmp_path_factory.mktemp("crawl")
    return out, pages.write_crawl(sections, out, pages=400, seed=1)


@pytest.fixture(scope="module")
def funnel(crawl):
    return corpus.build([crawl[0]], Filters(min_chars=60, max_chars=600))


def keys(frame: pd.DataFrame) -> pd.Index:
    return pd.Index(zip(frame.url, frame.header_path, strict=True))


def bodies(out):
    for path in sorted(out.iterdir()):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                if record.rec_type == "response":
                    yield record.http_headers["Content-Type"], record.content_stream().read()


def test_every_section_is_placed_once_and_the_truth_is_keyed(crawl, sections):
    truth = crawl[1]
    placed = truth[(truth.kind == "good") & truth.filtered.isna()]
    assert Counter(placed.text) == Counter(section.text for section in sections)
    assert truth.kind.notna().all()
    assert keys(truth).is_unique
    assert truth.url.nunique() == 400


def test_segments_of_the_corpus_stage_equal_the_truth(crawl, funnel):
    truth = crawl[1].assign(key=keys(crawl[1]))
    clean = truth[truth.filtered.isna()]
    read = pd.concat([funnel.segments, funnel.rejected])
    found = dict(zip(keys(read), read.text, strict=True))
    equal = [found.get(key) == text for key, text in zip(clean.key, clean.text, strict=True)]
    assert sum(equal) / len(equal) >= 0.99
    assert keys(read[read.chars >= 60]).isin(truth.key).all()


def test_filters_drop_all_that_is_planted_and_keep_the_rest(crawl, funnel):
    truth = crawl[1].set_index(keys(crawl[1]))
    kept = keys(funnel.segments)
    assert set(kept) <= set(truth.index[truth.filtered.isna()])
    dropped = funnel.rejected[truth.filtered.reindex(keys(funnel.rejected)).isna().to_numpy()]
    assert dropped.empty, "none of the clean"
    groups = truth.filtered.reindex(keys(funnel.rejected))
    reasons = set(zip(groups, funnel.rejected.rule, strict=True))
    strangers = [(g, rule) for g, rule in reasons if isinstance(g, str) and rule not in RULES_OF[g]]
    assert strangers == []


def test_planted_shares_are_the_published_ones(crawl, sections):
    filtered = crawl[1].filtered.value_counts()
    assert filtered["duplicate"] == round(0.06 * len(sections))
    assert filtered["near_duplicate"] == round(0.04 * len(sections))
    assert filtered["header"] == 3 * round(0.01 * len(sections))
    foreign = crawl[1][crawl[1].kind == "foreign"]
    assert foreign.url.nunique() == 20


def test_copies_come_after_their_originals_and_near_copies_are_close(crawl):
    truth = crawl[1]
    first = truth[truth.filtered.isna()].drop_duplicates("item").set_index("item")
    order = {key: place for place, key in enumerate(keys(truth))}
    for copy in truth[truth.filtered.isin(["duplicate", "near_duplicate"])].itertuples():
        original = first.loc[copy.item]
        assert order[original.url, original.header_path] < order[copy.url, copy.header_path]
        assert (original.text == copy.text) == (copy.filtered == "duplicate")
        assert pages.similarity(pages.shingles(original.text), pages.shingles(copy.text)) >= 0.85


def test_given_repeats_near_repeats_and_wrong_lengths_are_marked(tmp_path):
    given = make(30, 2)
    given[3:5] = [Section("Short", "Too short.", {"kind": "good"})] + [given[0]]
    given[6] = Section("New: " + given[5].title, given[5].body, given[5].truth)
    truth = pages.write_crawl(given, tmp_path, pages=10, seed=1)
    assert (truth[truth.text == "Short\nToo short."].filtered == "length").all()
    twice = truth[truth.text == given[0].text]
    assert twice.filtered.fillna("kept").tolist()[:2] == ["kept", "duplicate"]
    pair = truth[truth.text.isin([given[5].text, given[6].text])]
    assert pair.filtered.fillna("kept").tolist()[:2] in (["kept", "near_duplicate"], ["kept", "duplicate"])
    assert pair.filtered.isna().sum() == 1


def test_same_seed_same_bytes_another_seed_another_crawl(tmp_path, sections):
    def written(name, seed):
        truth = pages.write_crawl(sections[:100], tmp_path / name, pages=40, seed=seed)
        return truth, [path.read_bytes() for path in sorted((tmp_path / name).iterdir())]

    (truth, files), (again, same), (_, other) = written("a", 7), written("b", 7), written("c", 8)
    pd.testing.assert_frame_equal(truth, again)
    assert files == same
    assert gzip.decompress(files[0]) != gzip.decompress(other[0])


@pytest.mark.parametrize("count", [10, 60])
def test_too_few_or_too_many_sections_are_refused_before_anything_is_written(tmp_path, sections, count):
    with pytest.raises(ValueError, match=f"{count} sections do not fit on 10 English pages"):
        pages.write_crawl(sections[:count], tmp_path / "out", pages=10, seed=1)
    assert not (tmp_path / "out").exists()


def test_hostile_text_stays_text(tmp_path):
    hostile = Section('<script>alert("1")</script> & co', "</div><h1>Injected</h1>\n\n- <li>one\n- &amp; two", {"kind": "good"})
    [first, second, third, *_] = make(4, 1)
    truth = pages.write_crawl([hostile, first, second, third], tmp_path, pages=2, seed=1)
    read = {s.text for d in corpus.read([tmp_path]) for s in corpus.segment(d, min_chars=60, max_chars=600)}
    assert hostile.text in set(truth.text) & read
    assert all(b"<script>alert" not in page and b"<h1>Injected" not in page for _, page in bodies(tmp_path))


def test_pages_come_in_several_encodings_and_say_which(crawl):
    kinds = Counter()
    for content_type, page in bodies(crawl[0]):
        _, _, declared = content_type.partition("charset=")
        meta = b"<meta charset=" in page
        marked = page.startswith(b"\xef\xbb\xbf")
        assert declared or meta or marked
        kinds[declared or ("meta" if meta else "mark")] += 1
        if b'lang="en"' in page:
            charset = declared or ("utf-8" if marked or b'charset="utf-8"' in page else "windows-1252")
            assert re.search("Malm(ö|&ouml;)", page.decode(charset))
    assert set(kinds) == {"utf-8", "iso-8859-1", "windows-1252", "meta", "mark"}
    assert kinds["utf-8"] > 300


def test_pages_have_furniture_and_careless_authors(crawl):
    text = b"\n".join(page for _, page in bodies(crawl[0]))
    for piece in (
        b"<nav",
        b'id="cookie-notice"',
        b'id="comments"',
        b"<form",
        b"<footer",
        b'class="ad"',
        b"<H2",
        b"&ouml;",
    ):
        assert piece in text, piece
    assert text.count(b"<p>") > text.count(b"</p>") > 0


def test_warc_files_hold_request_response_and_metadata_of_each_page(tmp_path):
    answers = [warc.Response(f"http://a.example/{n}", f"<p>{n}</p>".encode(), "text/html") for n in range(5)]
    paths = warc.write(answers, tmp_path, seed=3, pages_per_file=2)
    assert [path.name for path in paths] == [f"crawl-0000{n}.warc.gz" for n in range(3)]
    records = [record for path in paths for record in map(_read, _records(path))]
    assert Counter(kind for kind, *_ in records) == {"warcinfo": 3, "response": 5, "request": 5, "metadata": 5}
    assert len({record_id for _, record_id, *_ in records}) == len(records)
    assert [payload for kind, _, _, payload in records if kind == "response"] == [answer.body for answer in answers]
    assert all(date.startswith("2024-01-04T") for _, _, date, _ in records)


def _records(path):
    with path.open("rb") as file:
        yield from ArchiveIterator(file)


def _read(record):
    headers = record.rec_headers
    return record.rec_type, headers["WARC-Record-ID"], headers["WARC-Date"], record.content_stream().read()


@pytest.mark.parametrize("write", [junk.spam, junk.navigation], ids=lambda write: write.__name__)
def test_soft_junk_is_varied_short_and_passes_the_filters(write):
    rng = random.Random(1)
    drawn = [write(rng) for _ in range(1500)]
    texts = [f"{title}\n{body}" for title, body in drawn]
    assert len(set(texts)) == len(texts)
    assert all(60 <= len(text) <= 600 for text in texts)
    filters = Filters(min_chars=60, max_chars=600)
    rejections = [
        rejected_by(Segment(text, "", "", 0, (title,)), filters) for text, (title, _) in zip(texts, drawn, strict=True)
    ]
    assert Counter(rejections)[None] == len(texts), Counter(rejections)
    sample = [pages.shingles(text) for text in texts[:300]]
    assert max(pages.similarity(a, b) for place, a in enumerate(sample) for b in sample[:place]) < 0.6


def test_markup_keeps_cards_tables_and_lists_as_real_markup():
    m = markup.Markup(random.Random(0))
    m.capitals = m.unclosed = False
    m.cards_as = "dl"
    assert m.block("A: b\nC: d") == "<dl><dt>A</dt><dd>b</dd>\n<dt>C</dt><dd>d</dd></dl>"
    assert m.block("- a\n- b") == "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"
    assert m.block("1. a\n2. b") == "<ol>\n<li>a</li>\n<li>b</li>\n</ol>"
    assert m.block("a | b\nc | d\ne") == (
        "<table>\n<tr><th>a</th><th>b</th></tr>\n<tr><td>c</td><td>d</td></tr>\n<tr><td>e</td></tr>\n</table>"
    )
    assert m.block("so:\n- a") == "<p>so:<br>\n- a</p>"
