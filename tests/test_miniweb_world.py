"""The mini web: no other text is about the rows of evaluation, shares are fixed, and builds can be repeated."""

import json
import subprocess
import sys
from collections import Counter
from itertools import islice

import pandas as pd
import pytest

from helpers.miniweb import build, truth, world
from helpers.miniweb.families import all_families
from helpers.miniweb.family import split_of
from helpers.miniweb.parse import parse
from helpers.miniweb.pretraining_text import Mix, documents


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    out = tmp_path_factory.mktemp("web") / "web"
    build.build(out, page_count=120, seed=3)
    return out


def _splits(key):
    family, _, names = key.partition(": ")
    return {split_of(all_families()[family].table)[name] for name in names.split(" / ")}


def test_at_least_40_families_and_24_outside_the_seed_most_of_them_long():
    families = all_families().values()
    unseen = [family for family in families if not family.in_seed]
    assert len(families) >= 40
    assert len(unseen) >= 24
    assert sum(family.form != "sentence" for family in unseen) >= 2 / 3 * len(unseen)


def test_seed_pairs_and_crawl_speak_of_open_rows_alone():
    items = [pair["item"] for pair in world.seed_pairs(200, 0)] + [text.item for text in world.crawl(800, 0) if text.item]
    assert {split for item in items for split in _splits(item)} == {"open"}


def test_evaluation_asks_about_rows_of_its_own_split():
    for split in ("dev", "test"):
        assert {s for prompt in world.evaluation_prompts(split, 10) for s in _splits(prompt["item"])} == {split}


def test_pages_with_questions_and_reviews_ask_about_open_rows_alone():
    asked = 0
    for document in islice(documents(Mix(questions=0.2, invented_passages=0.0, invented_reviews=0.0), 0), 1500):
        if document.kind in ("passages", "questions", "reviews"):
            question = document.text.rsplit("Question:\n", 1)[1].split("\n")[0]
            found = parse(question)
            if found is not None:
                asked += 1
                table = all_families()[found.family].table
                assert {split_of(table)[name] for name in found.names} == {"open"}, question
    assert asked > 300


def test_wordings_of_seed_and_evaluation_never_stand_on_pages():
    kept = {q for f in all_families().values() for q in (*f.seed, *f.evaluation, *f.held_out)}
    assert not kept & {q for f in all_families().values() for q in f.web}


def test_junk_has_its_share_of_what_should_pass(small):
    kept = pd.read_parquet(small / "truth.parquet").query("filtered.isna()")
    shares = kept.kind.value_counts(normalize=True)
    for kind, share in world.JUNK.items():
        assert shares[kind] == pytest.approx(share, abs=0.01)


def test_same_seed_gives_the_same_files_and_another_seed_others(small, tmp_path):
    build.build(tmp_path / "again", page_count=120, seed=3)
    build.build(tmp_path / "other", page_count=120, seed=4)
    for name in ("seed.jsonl", "crawl/crawl-00000.warc.gz", "truth.parquet"):
        assert (small / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
        assert (small / name).read_bytes() != (tmp_path / "other" / name).read_bytes()
    assert (small / "eval_test.jsonl").read_bytes() == (tmp_path / "other" / "eval_test.jsonl").read_bytes()


def test_seed_pairs_on_request_are_3200_and_distinct():
    pairs = world.seed_pairs(3200, 0)
    assert len({(pair["instruction"], pair["output"]) for pair in pairs}) == 3200


def test_kinds_of_junk_are_what_they_say():
    for text in world.crawl(1500, 1):
        if text.kind in ("wrong_fact", "truncated"):
            assert truth.grade(truth.item_of(text.item), text.body).score < 1
        elif text.kind == "good":
            assert truth.grade(truth.item_of(text.item), text.text).score == 1


def test_shares_of_the_mix_are_kept():
    mix = Mix()
    kinds = Counter(document.kind for document in islice(documents(mix, 1), 20_000))
    assert kinds["passages"] / 20_000 == pytest.approx(mix.passages, abs=0.01)
    assert kinds["questions"] / 20_000 == pytest.approx(mix.questions, abs=0.001)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["build", "--pages", "-3", "--out", "OUT"], "a mini web has 2 pages or more"),
        (["build", "--pages", "50", "--out", "USED"], "is not empty and holds no mini web"),
        (["build", "--seed-pairs", "100000", "--pages", "20", "--out", "OUT"], "seed families give between"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing_behind(arguments, said, tmp_path):
    used = tmp_path / "used"
    used.mkdir()
    (used / "run.json").write_text(json.dumps({"preset": "tiny"}))
    places = {"OUT": str(tmp_path / "out"), "USED": str(used)}
    command = [sys.executable, "-m", "helpers.miniweb", *(places.get(word, word) for word in arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.strip().count("\n") == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["used"]


def test_unknown_family_is_an_error_that_lists_them():
    with pytest.raises(ValueError, match="unknown family 'weather'; the mini web has .*capital"):
        truth.item_of("weather: Oslo")
