"""The verifier never gives the full score to an answer that is nearly right."""

import random
import re

import pytest

from helpers.miniweb import junk, world
from helpers.miniweb.families import all_families
from helpers.miniweb.family import items, table
from helpers.miniweb.verify import grade


def _page(rng, item):
    return world.good(rng, item, "pretrain")


def _other_item(rng, item):
    return rng.choice([other for other in items(item.family, None) if not set(other.names) & set(item.names)])


def _other_family(rng, item):
    families = [f for f in all_families().values() if f.table != item.family.table]
    return rng.choice(items(rng.choice(families), None))


def _values(item, column):
    own = {row[column].lower() for row in table(item.family.table).to_dict("records") if row["name"] in item.names}
    return [value for value in table(item.family.table)[column].unique() if value.lower() not in own]


def _number_off(rng, item):
    text = _page(rng, item).text
    places = [m for m in re.finditer(r"\b\d{2,}\b", text) if not re.match(r"\d+\.\s", text[m.start() :])]
    numeric = {v for c in item.family.facts for k, v in item.slots.items() if k.startswith(c) and v.isdigit()}
    places = [m for m in places if m.group() in numeric]
    if not places:
        return None
    place = rng.choice(places)
    return text[: place.start()] + str(int(place.group()) + rng.choice((1, 10, -1))) + text[place.end() :]


def _rows_swapped(rng, item):
    if item.family.rows == 1:
        return None
    columns = list(table(item.family.table).columns)
    slots = dict(item.slots)
    for column in item.family.facts:
        if column in columns and slots[f"{column}1"] != slots[f"{column}2"]:
            slots[f"{column}1"], slots[f"{column}2"] = slots[f"{column}2"], slots[f"{column}1"]
    changed = slots != item.slots
    return rng.choice(item.family.pages).body.format_map(slots) if changed else None


def _wrong_verdict(rng, item):
    if not item.family.verdict:
        return None
    return rng.choice(item.family.pages).body.format_map(item.slots | {"more": item.slots["less"], "less": item.slots["more"]})


def _one_row_left_out(rng, item):
    text = _page(rng, item).body
    lines = [line for line in text.split("\n") if item.names[-1].lower() not in line.lower()]
    return "\n".join(lines) if item.family.rows > 1 and len(lines) < len(text.split("\n")) else None


def _another_name(rng, item):
    if item.family.rows > 1 or item.family.asked_by != "name":
        return None
    named = [page for page in item.family.pages if "{name" in page.body]
    return rng.choice(named).body.format_map(item.slots | {"name": _other_item(rng, item).slots["name"]}) if named else None


KINDS = {
    "empty": lambda rng, item: "",
    "the question": lambda rng, item: item.fill(rng.choice(item.family.web)) if item.family.asked_by == "name" else None,
    "title alone": lambda rng, item: _page(rng, item).title if item.family.asked_by == "name" else None,
    "the name alone": lambda rng, item: f"{item.names[0]}." if item.family.asked_by == "name" else None,
    "another item": lambda rng, item: _page(rng, _other_item(rng, item)).text,
    "another item's body": lambda rng, item: world.wrong_title(rng, _other_item(rng, item), "pretrain", item).text,
    "another family": lambda rng, item: _page(rng, _other_family(rng, item)).text,
    "one wrong fact": lambda rng, item: world.wrong_fact(rng, item, "pretrain").text,
    "one wrong fact, crawl form": lambda rng, item: world.wrong_fact(rng, item, "crawl").text,
    "truncated": lambda rng, item: world.truncated(rng, item, "pretrain").text,
    "truncated, crawl form": lambda rng, item: world.truncated(rng, item, "crawl").text,
    "first words": lambda rng, item: " ".join(_page(rng, item).body.split()[:2]) if len(item.family.facts) > 1 else None,
    "mixed with another": lambda rng, item: f"{_page(rng, item).body}\n\n{_page(rng, _other_item(rng, item)).body}",
    "right, then a foreign row": lambda rng, item: f"{_page(rng, item).body} See also {_other_item(rng, item).names[0]}.",
    "hedged": lambda rng, item: f"{_page(rng, item).body} Or {rng.choice(_values(item, item.family.facts[0]))}.",
    "every value": lambda rng, item: f"{item.names[0]}: " + ", ".join(table(item.family.table)[item.family.facts[0]].unique()),
    "spam": lambda rng, item: junk.spam(rng)[1],
    "navigation": lambda rng, item: junk.navigation(rng)[1],
    "number off": _number_off,
    "rows swapped": _rows_swapped,
    "wrong verdict": _wrong_verdict,
    "one row left out": _one_row_left_out,
    "right facts, another row's name": _another_name,
    "praise without facts": lambda rng, item: (
        f"{item.names[0]} is a fine thing to ask about, and much could be said of it."
        if item.family.asked_by == "name"
        else None
    ),
}


def near_misses(count, seed=0):
    """``count`` wrong answers of all kinds in turn: (kind, item, text)."""
    rng, found = random.Random(seed), []
    every = [item for family in all_families().values() for item in items(family, None)[:40]]
    while len(found) < count:
        kind = list(KINDS)[len(found) % len(KINDS)]
        item = rng.choice(every)
        text = KINDS[kind](rng, item)
        if text is not None:
            found.append((kind, item, text))
    return found


def test_99_percent_of_5000_near_misses_of_over_20_kinds_get_less_than_full_marks():
    missed = [(kind, item.key, text) for kind, item, text in near_misses(5000) if grade(item, text).score == 1.0]
    assert len(KINDS) >= 20
    assert len(missed) <= 50, missed[:5]


@pytest.mark.parametrize(
    ("name", "text", "score"),
    [
        ("capital: France", "The capital of France is Paris.", 1.0),
        ("capital: France", "The capital of France is Rome.", 0.0),
        ("capital: France", "Paris or Rome.", 2 / 3),
        ("symbol: helium", "he is a gas", 0.0),
        ("symbol: helium", "Its symbol is He.", 1.0),
    ],
)
def test_scores_by_hand(name, text, score):
    family, _, row = name.partition(": ")
    item = next(item for item in items(all_families()[family], None) if item.names == (row,))
    assert grade(item, text).score == pytest.approx(score)


def test_form_is_a_second_score():
    item = next(iter(items(all_families()["card_country"], None)))
    prose = ", ".join(item.slots[fact] for fact in item.family.facts)
    result = grade(item, f"{item.names[0]} has {prose}.")
    assert (result.score, result.form) == (1.0, False)
