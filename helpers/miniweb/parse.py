"""Finds out which family and item a question of the mini web asks about.

Generated instructions rarely match a template to the letter. The wording may therefore differ a little from the nearest
template, but the names must be those of one item.
"""

import re
from dataclasses import dataclass
from functools import cache

from helpers.miniweb.families import all_families
from helpers.miniweb.family import Family, table

NEAR = 0.6
"""Jaccard similarity of the words, 0 to 1, from which on a wording counts as that of the template."""


@dataclass(frozen=True)
class Asked:
    """The subject of a question: a family, and the names of the rows in alphabetical order."""

    family: str
    names: tuple[str, ...]


@cache
def _askable(table_name: str, column: str) -> tuple[re.Pattern, dict[str, str]]:
    """A pattern for the values that a question can name, and the row's name for each value in lower case."""
    rows = table(table_name)
    names = dict(zip(rows[column].str.lower(), rows.name, strict=True))
    ranked = sorted(rows[column], key=len, reverse=True)
    long = "|".join(re.escape(v) for v in ranked if len(v) > 2) or "(?!)"
    short = "|".join(re.escape(v) for v in ranked if len(v) <= 2) or "(?!)"
    return re.compile(rf"(?<!\w)(?:(?i:{long})|{short})(?!\w)"), names


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.lower()))


@cache
def _templates(family: Family) -> list[frozenset[str]]:
    return [_words(re.sub(r"{[^}]*}", " ", question)) for question in family.questions]


@cache
def _exact(family: Family) -> list[re.Pattern]:
    """The wordings of a family as patterns; their groups match the names."""
    parts = [[re.escape(part) for part in re.split(r"{[^}]*}", question)] for question in family.questions]
    return [re.compile("(.+?)".join(part), re.I) for part in parts]


def _read_exactly(question: str) -> Asked | None:
    for family in all_families().values():
        _, names = _askable(family.table, family.asked_by)
        for pattern in _exact(family):
            match = pattern.fullmatch(question)
            if match and all(group.lower() in names for group in match.groups()):
                return Asked(family.name, tuple(sorted(names[group.lower()] for group in match.groups())))
    return None


def parse(question: str) -> Asked | None:
    """The family and the rows that a question asks about; None if no template is near or the names do not fit.

    If templates of several families are near, the nearest decides. If two are equally near, the result is None.
    """
    if exact := _read_exactly(question):
        return exact
    best, nearest, tied = None, NEAR, False
    for family in all_families().values():
        pattern, names = _askable(family.table, family.asked_by)
        found = [names[match.group().lower()] for match in pattern.finditer(question)]
        if len(found) != family.rows or len(set(found)) != family.rows:
            continue
        words = _words(pattern.sub(" ", question))
        near = max(len(words & t) / max(1, len(words | t)) for t in _templates(family))
        if near > nearest or (near == nearest and best is None):
            best, nearest, tied = Asked(family.name, tuple(sorted(found))), near, False
        elif near == nearest:
            tied = True
    return None if tied else best
