"""Every family of the mini web: its templates, its facts and its verifier agree."""

import re

import pytest

from helpers.miniweb.families import all_families
from helpers.miniweb.family import SPLITS, items, split_of, table
from helpers.miniweb.verify import FORMS, grade

FAMILIES = list(all_families().values())


@pytest.fixture(params=FAMILIES, ids=lambda family: family.name)
def family(request):
    return request.param


def test_gold_pages_and_answers_score_one_and_keep_the_form(family):
    for item in items(family, None):
        for page in family.pages:
            result = grade(item, f"{item.fill(page.title)}\n{item.fill(page.body)}")
            assert (result.score, result.form) == (1.0, True), (item.key, page, result)
        for answer in family.answers:
            assert grade(item, item.fill(answer)).score == 1.0, (item.key, answer)


def test_segments_are_short_pages(family):
    for item in items(family, "open"):
        for page in family.pages_for("crawl"):
            assert 60 <= len(f"{item.fill(page.title)}\n{item.fill(page.body)}") <= 600, (item.key, page)


def test_wordings_are_disjoint_and_of_the_asked_number(family):
    assert 8 <= len(family.questions) <= 12
    assert len(set(family.questions)) == len(family.questions)
    assert len(family.held_out) == 3
    assert len(family.evaluation) >= 2
    assert len(family.web) >= 3


def test_crawl_and_pretraining_each_have_two_page_forms_of_their_own(family):
    uses = [page.use for page in family.pages]
    assert uses.count("crawl") >= 2
    assert uses.count("pretrain") >= 2
    assert uses.count("both") >= 1
    assert len({page.title for page in family.pages}) == len(uses)


def test_form_is_known_and_seed_families_answer_in_one_sentence(family):
    assert family.form in FORMS
    assert bool(family.seed) == bool(family.answers)
    if family.in_seed:
        assert family.form == "sentence"


def test_every_split_has_items_to_ask_about(family):
    for split in SPLITS:
        assert len(items(family, split)) >= (20 if split == "open" else 8), split


def test_no_wording_or_title_belongs_to_two_families():
    for kind in ("questions", "titles"):
        seen = {}
        for family in FAMILIES:
            for template in family.questions if kind == "questions" else [page.title for page in family.pages]:
                shape = re.sub(r"{\w+(:\w+)?}", "{}", template).lower()
                assert seen.setdefault(shape, family.name) == family.name, (template, seen[shape])


def test_splits_are_global_and_names_unique():
    for name in {family.table for family in FAMILIES}:
        names = table(name).name
        assert names.str.lower().is_unique
        assert set(split_of(name)) == set(names)


def test_tables_name_their_source_and_licence():
    from helpers.miniweb.family import FACTS

    for path in FACTS.glob("*.csv"):
        first = path.read_text().splitlines()[0]
        assert first.startswith("# Source: "), path
        assert "Licence: " in first, path
