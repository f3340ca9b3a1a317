"""Grades an answer by program: which facts it states, which of them are wrong, and whether it has the requested form.

The score is the F1 of facts. A required fact that the answer states is right, and one that it does not state is missing.
Wrong are another value of the same kind, a fact that follows the wrong row, a row that nobody asked about, and the wrong
verdict. The form is a second score and has no effect on the first.
"""

import re
from dataclasses import dataclass
from functools import cache

from helpers.miniweb.family import Family, Item, table

NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?!\w)")
LIST_MARK = re.compile(r"^\s*\d+\.\s", re.M)
SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")

FORMS = {
    "sentence": lambda lines: len(lines) == 1 and lines[0].endswith((".", "!")),
    "description": lambda lines: len(lines) == 1 and len(re.findall(r"[.!](?:\s|$)", lines[0])) >= 2,
    "card": lambda lines: sum(bool(re.match(r"[^:.]{2,30}: \S", line)) for line in lines) >= 2,
    "bullets": lambda lines: sum(line.startswith("- ") for line in lines) >= 2,
    "steps": lambda lines: sum(bool(LIST_MARK.match(line)) for line in lines) >= 2,
    "table": lambda lines: sum(" | " in line for line in lines) >= 2,
    "comparison": lambda lines: lines[-1].endswith("."),
    "definition": lambda lines: any(re.search(r"\b[Ee]xample|for instance|as in\b", line) for line in lines),
}
"""Form -> a test on the non-empty lines of an answer, without its title line."""


@dataclass(frozen=True)
class Grade:
    """The grade of an answer: ``score`` is the F1 of facts (0 to 1), ``form`` says whether it has the requested form."""

    score: float
    form: bool
    right: tuple[str, ...]
    wrong: tuple[str, ...]
    missing: tuple[str, ...]


@cache
def _vocabulary(table_name: str) -> tuple[re.Pattern, dict[str, frozenset[str]]]:
    """A pattern for every value of a table, longest first, and the columns that hold each value (in lower case).

    Values of one or two letters (chemical symbols) count only in their exact spelling, because "he" is not helium.
    """
    columns: dict[str, set[str]] = {}
    for column, values in table(table_name).items():
        for value in values:
            if value and not NUMBER.fullmatch(value):
                columns.setdefault(value, set()).add(column)
    ranked = sorted(columns, key=len, reverse=True)
    words = "|".join(re.escape(value) for value in ranked if len(value) > 2)
    symbols = "|".join(re.escape(value) for value in ranked if len(value) <= 2)
    pattern = re.compile(rf"(?<!\w)(?:(?i:{words}){'|' + symbols if symbols else ''})(?!\w)|{NUMBER.pattern}")
    lowered: dict[str, set[str]] = {}
    for value, names in columns.items():
        lowered.setdefault(value.lower(), set()).update(names)
    return pattern, {value: frozenset(names) for value, names in lowered.items()}


@cache
def _rows(table_name: str) -> dict[str, dict[str, str]]:
    """The rows of a table by name, with values in lower case."""
    rows = table(table_name).to_dict("records")
    return {row["name"]: {column: value.lower() for column, value in row.items()} for row in rows}


@cache
def _numeric(table_name: str) -> frozenset[str]:
    frame = table(table_name)
    return frozenset(c for c in frame.columns if all(NUMBER.fullmatch(value) for value in frame[c]))


def _plain_number(text: str) -> str:
    return text.replace(",", "").rstrip(".")


def _verdict(item: Item, text: str) -> bool | None:
    """Whether the verdict names the right row; None if there is no verdict."""
    for sentence in reversed(SENTENCE.findall(text)):
        if any(re.search(rf"\b{word}\b", sentence, re.I) for word in item.family.verdict.words):
            places = {name: re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sentence, re.I) for name in item.names}
            named = sorted((match.start(), name) for name, match in places.items() if match)
            if len(named) == 1 and len(re.findall(rf"(?<!\w){re.escape(named[0][1])}(?!\w)", sentence, re.I)) > 1:
                return False  # compared with itself
            if named:
                return named[0][1] == item.slots["more"]
    return None


def _statements(item: Item, text: str):
    """Each value that the text states, in order, with the row that it is said of: (row name or None, value)."""
    pattern, columns = _vocabulary(item.family.table)
    speaks_of = item.names[0] if item.family.rows == 1 else None
    for match in pattern.finditer(LIST_MARK.sub("", text)):
        value = match.group().lower()
        if item.family.rows > 1 and "name" in columns.get(value, ()):
            speaks_of = value
        yield speaks_of, value


def _speaks_of_another(item: Item, text: str) -> bool:
    """Whether a one-sentence answer speaks of something that was not asked about ("Ida" for "Idaho").

    That is taken to be so if it has more than three words and neither names its subject nor refers to it by a pronoun.
    """
    if item.family.form != "sentence" or item.family.asked_by != "name" or len(text.split()) <= 3:
        return False
    return not re.search(rf"(?<!\w)(?:{re.escape(item.names[0])}|its?|this|that|he|she|they|their)(?!\w)", text, re.I)


def grade(item: Item, text: str) -> Grade:
    """Grade ``text`` as an answer about ``item``. An empty text scores 0.

    In a family about several rows, a fact counts for the row that was named last before it.
    """
    family = item.family
    _, columns = _vocabulary(family.table)
    numeric = _numeric(family.table)
    rows = _rows(family.table)
    asked = rows[item.names[0]][family.asked_by] if family.rows == 1 else ""
    gold = {name.lower(): {rows[name][c]: c for c in family.facts} for name in item.names}
    kinds = set(family.facts) | {"name"}
    right, wrong = set(), set()
    for row, value in _statements(item, text):
        row = (row or "").lower()
        number = NUMBER.fullmatch(value) is not None
        value = _plain_number(value) if number else value
        facts = gold.get(row, {})
        kind = numeric & kinds if number else columns[value] & kinds
        if value in facts:
            right.add(f"{row} {facts[value]}")
        elif value in gold or value == asked or not kind:
            continue
        else:
            wrong.add(f"{row}: {value}")
    if _speaks_of_another(item, text):
        wrong.add(f"{item.names[0]} is not named")
    needed = {f"{row} {column}" for row, facts in gold.items() for column in facts.values()}
    if family.verdict:
        needed.add("verdict")
        said = _verdict(item, text)
        if said is not None:
            (right if said else wrong).add("verdict")
    missing = needed - right
    score = 2 * len(right) / (2 * len(right) + len(wrong) + len(missing)) if right else 0.0
    return Grade(score, keeps_form(family, text), *(tuple(sorted(part)) for part in (right, wrong, missing)))


def keeps_form(family: Family, text: str) -> bool:
    """Whether the answer has the requested form. It may have a title line first."""
    lines = [line.strip() for line in text.strip().split("\n") if line.strip()]
    return bool(lines) and (FORMS[family.form](lines) or (len(lines) > 1 and FORMS[family.form](lines[1:])))
