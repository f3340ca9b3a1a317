"""The funnel: each rule on a segment it must reject and one it must keep, duplicates, prompts, counts."""

import argparse
import json
import random
from dataclasses import replace

import pandas as pd
import pytest

from helpers import corpus
from helpers.corpus import Filters, Segment
from helpers.corpus.filters import COMPARISONS, RULE_NAMES, is_plainly_english, language, promotion, rejected_by, repetition
from helpers.corpus.overlap import Contamination, NearDuplicates, fingerprint, jaccard, shingles

CLEAN = "A river is a natural stream of water that flows towards a lake or a sea. " + " ".join(
    f"Part {i} of its course crosses {place}, where people use the water for {use}."
    for i, (place, use) in enumerate(
        [("hills", "mills"), ("a broad plain", "crops"), ("two towns", "trade"), ("a marsh", "reeds"), ("sand", "salt")]
    )
)
LOOSE = Filters(min_chars=60, max_chars=3000)


def segment(text: str = CLEAN, header: str | None = "Rivers", linked: int = 0) -> Segment:
    return Segment(text, "http://a/", "a.html", 0, () if header is None else (header,), linked)


@pytest.mark.parametrize(
    ("rule", "bad"),
    [
        ("empty_header", segment(header="")),
        ("navigation_header", segment(header="Quick Links")),
        ("capitals_header", segment(header="GREAT OFFERS INSIDE")),
        ("too_short", segment("Short.")),
        ("too_long", segment(CLEAN * 10)),
        ("links", segment(linked=len(CLEAN) // 2)),
        ("bullets", segment("\n".join(f"- thing number {i} in the list of many" for i in range(20)))),
        ("symbols", segment(CLEAN + " ★★★ ►►► ##" * 5)),
        ("numbers", segment(" ".join(str(i) for i in range(100)) + " and so on")),
        ("promotion", segment(CLEAN + " Click here to subscribe to our newsletter.")),
        ("repetition", segment(CLEAN + " The same old sentence comes back again and again." * 4)),
        (
            "language",
            segment(
                "Der Fluss ist ein natürliches Gewässer, das durch die Landschaft zum Meer fließt. " * 1
                + "Die Menschen nutzen das Wasser für Mühlen und Felder."
            ),
        ),
    ],
)
def test_every_rule_rejects_what_it_names_and_can_be_switched_off(rule, bad):
    assert rejected_by(bad, LOOSE) == rule
    assert rejected_by(bad, replace(LOOSE, disabled=(rule,))) != rule


def test_a_header_alone_is_too_short_whatever_the_threshold():
    assert rejected_by(segment("Rivers"), Filters(min_chars=1)) == "too_short"
    assert rejected_by(segment("Rivers\nWater."), Filters(min_chars=1, languages=())) is None
    assert rejected_by(segment("Rivers", header=None), Filters(min_chars=1, languages=())) is None


@pytest.mark.parametrize(
    "text",
    [
        CLEAN,
        "Rivers\nNile | 6650\nAmazon | 6400\nYangtze | 6300\nMississippi | 6275",
        "Angola\nCapital: Luanda\nContinent: Africa\nCurrency: kwanza, of 100 lwei",
    ],
)
def test_clean_segments_pass_every_rule(text):
    assert rejected_by(segment(text), replace(LOOSE, min_chars=50)) is None
    assert rejected_by(segment(text, header=None), replace(LOOSE, min_chars=50)) is None


def test_an_unknown_rule_and_crossed_lengths_are_refused(tmp_path):
    (tmp_path / "a.txt").write_text(CLEAN)
    with pytest.raises(ValueError, match="there is no rule spelling"):
        corpus.build([tmp_path], Filters(disabled=("spelling",)))
    with pytest.raises(ValueError, match="there is no language EN, english; the codes are .* en, "):
        corpus.build([tmp_path], Filters(languages=("EN", "english")))
    with pytest.raises(ValueError, match="min_chars 600 is above max_chars 100"):
        Filters(max_chars=100)


def naive_repetition(text: str) -> float:
    from helpers.corpus.segments import sentences

    grams = [set(zip(w, w[1:], w[2:], strict=False)) for w in (s.lower().rstrip(".").split() for s in sentences(text))]
    late = [any(len(a & b) >= 0.7 * len(a | b) for a in grams[:j]) for j, b in enumerate(grams)]
    return sum(late) / len(grams)


def test_repetition_equals_all_pairs():
    rng = random.Random(0)
    pool = [" ".join(rng.choices("abcdefgh", k=8)) for _ in range(12)]
    for _ in range(50):
        words = [rng.choice(pool).split() for _ in range(10)]
        text = "\n".join(" ".join(w[:7] + [rng.choice("xyz")]) + "." for w in words)
        assert repetition(text) == pytest.approx(naive_repetition(text))


def planted_pair(rng: random.Random, similarity: float) -> tuple[str, str]:
    """Two texts of 400 distinct words whose 5-gram Jaccard similarity is close to `similarity`: they share a prefix."""
    grams = 396
    shared = round(2 * grams * similarity / (1 + similarity)) + 4
    words = [f"w{rng.randrange(10**9)}" for _ in range(800 - shared)]
    return " ".join(words[:400]), " ".join(words[:shared] + words[400:])


def test_near_duplicates_are_found_above_the_threshold_and_nothing_below():
    rng = random.Random(1)
    near = [planted_pair(rng, 0.8) for _ in range(300)]
    far = [planted_pair(rng, 0.6) for _ in range(300)]
    assert jaccard(*map(shingles, near[0])) == pytest.approx(0.8, abs=0.01)
    assert jaccard(*map(shingles, far[0])) == pytest.approx(0.6, abs=0.01)
    index = NearDuplicates(0.7)
    assert not any(index.find_or_add(str(i), first) for i, (first, _) in enumerate(near + far))
    found = [index.find_or_add("x", second) for _, second in near + far]
    hits = [match is not None and match[0] == str(i) for i, match in enumerate(found)]
    assert sum(hits[:300]) >= 297
    assert sum(match is not None for match in found[300:]) <= 3


def test_fingerprints_ignore_case_spacing_and_punctuation():
    assert fingerprint("A  river, flows.") == fingerprint("a river\nflows")
    assert fingerprint("a river flows") != fingerprint("a river flowed")


def test_long_prompts_match_by_thirteen_words_and_short_ones_whole():
    long = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    prompts = Contamination((long, "What is Gremolata?"))
    assert prompts.find("x two three four five six seven eight nine ten eleven twelve thirteen fourteen y") == long
    assert prompts.find("two three four five six seven eight nine ten eleven twelve thirteen but no more") is None
    assert prompts.find("They asked: what is GREMOLATA, really?") == "What is Gremolata?"
    assert prompts.find("What is Grem") is None


def test_the_funnel_adds_up_and_names_what_a_duplicate_repeats(tmp_path):
    rows = [CLEAN, CLEAN, CLEAN.replace("reeds", "rushes"), "Short.", "What is Gremolata? " + CLEAN]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps({"text": row}) for row in rows))
    result = corpus.build([tmp_path], replace(LOOSE, prompts=("What is Gremolata?",)))
    assert list(result.segments.columns) == ["segment_id", "text", "url", "file", "offset", "header_path", "chars", "piece"]
    assert dict(zip(result.rejected.offset, result.rejected.rule, strict=True)) == {
        1: "exact_duplicate",
        2: "near_duplicate",
        3: "too_short",
        4: "contamination",
    }
    first = result.segments.segment_id.iloc[0]
    details = dict(zip(result.rejected.rule, result.rejected.detail, strict=True))
    assert details["exact_duplicate"] == first
    assert details["near_duplicate"].startswith(first)
    assert details["contamination"] == "What is Gremolata?"
    assert result.counts.rows_in.iloc[0] == 5
    assert result.counts.rows_out.iloc[-1] == len(result.segments) == 1
    assert (result.counts.rows_in - result.counts.dropped == result.counts.rows_out).all()


def test_two_workers_and_the_command_line_give_the_same_rows(tmp_path):
    for name in "ab":
        rows = [CLEAN.replace("river", f"{name}{i}") + f" Text {name} {i}." for i in range(5)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(json.dumps({"text": row}) for row in rows))
    one = corpus.build([tmp_path / "a.jsonl", tmp_path / "b.jsonl"], LOOSE)
    two = corpus.build([tmp_path / "a.jsonl", tmp_path / "b.jsonl"], LOOSE, workers=2)
    pd.testing.assert_frame_equal(one.segments, two.segments)
    parser = argparse.ArgumentParser()
    corpus.add_arguments(parser)
    files = [str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]
    corpus.main(parser.parse_args([*files, "--out", str(tmp_path / "out"), "--min-chars", "60"]))
    written = pd.read_parquet(tmp_path / "out/segments.parquet")
    assert list(written.segment_id) == list(one.segments.segment_id)
    assert len(pd.read_json(tmp_path / "out/rejected.jsonl", lines=True)) == len(one.rejected)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out/funnel.csv"), one.counts)


def test_recounting_equals_building_again(tmp_path):
    html = "<h1></h1><p>x</p><h1>NEWS</h1><p>y</p><h1>Quick links</h1><p>z</p><h1>A header alone</h1>" + "".join(
        f"<h1>Head {i}</h1><p>{'word ' * i}</p>" for i in range(1, 80)
    )
    (tmp_path / "a.html").write_text(html)
    parsed = corpus.build([tmp_path], Filters(min_chars=10, languages=()))
    rows = pd.concat([parsed.segments, parsed.rejected])
    for changed in ({}, {"min_chars": 150}, {"max_header_capitals": 1.0}, {"disabled": ("too_short",)}):
        filters = Filters(**({"min_chars": 10, "languages": ()} | changed))
        expected = corpus.build([tmp_path], filters).counts.head(5)
        pd.testing.assert_frame_equal(corpus.recount(rows, filters), expected)


@pytest.mark.parametrize(
    ("text", "rejected"),
    [
        ("Element table\nElement | Symbol | Number\nosmium | Os | 76\ngallium | Ga | 31\nstrontium | Sr | 38", False),
        ("The past tense of three verbs\nsink | sank\nAntonie van Leeuwenhoek | Holland | Delft", False),
        ("Le fleuve traverse la ville et les gens y puisent leur eau chaque matin avant le marché.", True),
        ("Przejdź do nawigacji, przejdź do wyszukiwania: gmina leży nad rzeką i ma dwa kościoły.", True),
        ("首页 文具礼品 笔记本 共四页 当前第一页 下一页", True),
    ],
)
def test_a_table_of_names_is_kept_and_a_text_in_another_language_is_not(text, rejected):
    assert (rejected_by(segment(text), Filters(min_chars=1, disabled=("numbers",))) == "language") == rejected


def test_any_of_the_kept_languages_is_enough():
    text = "Le fleuve traverse la ville et les gens y puisent leur eau."
    assert rejected_by(segment(text), Filters(min_chars=1, languages=("de", "fr"))) is None
    assert rejected_by(segment(text), Filters(min_chars=1, languages=("de", "pl"))) == "language"


def test_language_knows_plain_sentences():
    assert language(CLEAN)[0] == "en"
    assert language("Le fleuve traverse la ville et les gens y puisent leur eau.")[0] == "fr"


PEOPLE = "\n".join(f"{name} {name}son\nSenior Potter of {town}" for name in ("Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal")
                   for town in ("Delft", "Meissen"))  # fmt: skip


@pytest.mark.parametrize(
    ("text", "rejected"),
    [
        (PEOPLE, True),
        ("\n".join(f"Delft (1-{i}): Ada {i} points. Bo 17 points. Cy 10 points. Di 4 points." for i in range(9)), True),
        (PEOPLE[:150], False),
        ("\n".join(f"Ada {i} | Delft | Senior Potter" for i in range(40)), False),
        (CLEAN, False),
        (
            "Die Töpfer der Stadt Delft brennen den Ton in einem Ofen, und die Schalen der Werkstatt sind weit bekannt. " * 5,
            False,
        ),
    ],
)
def test_a_long_list_of_names_is_rejected_and_tables_cards_and_prose_are_not(text, rejected):
    others = tuple(rule for rule in RULE_NAMES if rule not in ("names", *COMPARISONS))
    assert (rejected_by(segment(text), replace(LOOSE, disabled=others)) == "names") == rejected


@pytest.mark.parametrize(
    ("header", "count"),
    [
        ("A kiln with shelves, now $649.99", 2),
        ("30% off a potter's wheel", 3),
        ("The guild raises $9 billion", 0),
        ("The guild is sold for $9 billion", 0),
        ("A house for the potters", 0),
    ],
)
def test_a_header_with_a_price_makes_every_word_of_a_deal_count(header, count):
    assert promotion(f"{header}\n{CLEAN} A coupon is on the page, and $3 a day is its cost.") == count


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (CLEAN, True),
        ("Der Fluss, that is, the river of the town, fließt für die Mühlen durch die Landschaft zum Meer. " * 3, False),
        ("Rivers\nNile | 6650\nAmazon | 6400\nYangtze | 6300", False),
        ("井上尚文様の共著関連データベース from the list of works by you and with this, that is, at it", False),
    ],
)
def test_the_commonest_words_settle_plain_english_as_the_detector_does(text, plain):
    assert is_plainly_english(text) == plain
    assert not plain or language(text)[0] == "en"
