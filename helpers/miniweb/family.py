"""What a task family is: questions, pages and answers as templates over one table of facts.

A family asks one kind of question about the rows of one table ("write a fact card for this country"). It knows
nothing of models, of HTML or of the pipeline. An *item* of a family is one row, or two or three rows for comparisons
and tables; its *slots* are the values that fill the templates.

Template slots: ``{capital}`` for families about one row, ``{capital1} {capital2}`` for two or three. A slot can
carry a format: ``{name:cap}`` capitalises, ``{name:a}`` puts "a" or "an" before it, ``{name:A}`` does both.
"""

import hashlib
import random
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pandas as pd

FACTS = Path(__file__).parent / "facts"
SPLITS = ("open", "dev", "test")


class Word(str):
    """A slot value that understands the formats of the templates."""

    def __format__(self, spec: str) -> str:
        text = str(self)
        if spec in ("a", "A"):
            text = f"{'an' if text[0].lower() in 'aeiou' else 'a'} {text}"
        return text[0].upper() + text[1:] if spec in ("cap", "A") else text


@dataclass(frozen=True)
class Page:
    """One way a web page presents an item: a title and a body.

    ``use`` says who may write it: ``both``, only the ``pretrain`` text, or only the ``crawl``.
    """

    title: str
    body: str
    use: str = "both"


@dataclass(frozen=True)
class Verdict:
    """The judgement at the end of a comparison: ``more`` is the row with the larger number in ``column``."""

    column: str
    words: tuple[str, ...]
    """The words that mark the sentence with the verdict; the row named first in that sentence is the winner."""


@dataclass(frozen=True)
class Family:
    """One kind of question over one table of facts.

    Attributes:
        facts: columns an answer must state, for each row of the item.
        form: how a good answer looks: ``sentence``, ``description``, ``card``, ``bullets``, ``steps``, ``table``,
            ``comparison`` or ``definition`` (``verify.FORMS``).
        web, seed, evaluation, held_out: question wordings of web pages, seed pairs and evaluation (disjoint);
            the held-out ones are asked in the final test only. A family without seed wordings is not in the seed.
        pages: page forms; at least two that only the crawl writes and two that only the pre-training text has.
        answers: assistant-style answers, for families in the seed.
        rows: rows in one item, 1 to 3.
        asked_by: the column that a question names; reverse look-ups ask by another column than ``name``.
    """

    name: str
    table: str
    form: str
    facts: tuple[str, ...]
    web: tuple[str, ...]
    evaluation: tuple[str, ...]
    held_out: tuple[str, ...]
    pages: tuple[Page, ...]
    seed: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    rows: int = 1
    asked_by: str = "name"
    verdict: Verdict | None = None

    @property
    def in_seed(self) -> bool:
        """Whether seed pairs show this family."""
        return bool(self.seed)

    @cached_property
    def questions(self) -> tuple[str, ...]:
        """Every wording of the family, web pages first."""
        return self.web + self.seed + self.evaluation + self.held_out

    def pages_for(self, use: str) -> list[Page]:
        """The page forms that ``use`` ("pretrain" or "crawl") may write."""
        return [page for page in self.pages if page.use in ("both", use)]


@dataclass(frozen=True)
class Item:
    """One thing a family can be asked about: the rows' names and the slots that fill its templates."""

    family: Family
    names: tuple[str, ...]
    slots: dict[str, Word]

    @property
    def key(self) -> str:
        """A readable id, the same in every build: family and names."""
        return f"{self.family.name}: {' / '.join(self.names)}"

    def fill(self, template: str) -> str:
        """The template with this item's values."""
        return template.format_map(self.slots)


@cache
def table(name: str) -> pd.DataFrame:
    """A table of facts, every value text; a leading comment in the file names source and licence."""
    return pd.read_csv(FACTS / f"{name}.csv", comment="#", dtype=str, keep_default_na=False, skipinitialspace=True)


@cache
def split_of(table_name: str) -> dict[str, str]:
    """The split of each row of a table, by name: 60 % open, 20 % dev, 20 % test, the same for all families.

    What dev and test ask about stands in raw articles of the pre-training text and nowhere else.
    """
    names = sorted(table(table_name).name, key=lambda name: hashlib.sha256(f"{table_name}/{name}".encode()).digest())
    cuts = [round(len(names) * share) for share in (0.6, 0.8)]
    return {name: SPLITS[sum(place >= cut for cut in cuts)] for place, name in enumerate(names)}


def _item(family: Family, rows: list[dict]) -> Item:
    if family.rows == 1:
        slots = rows[0]
    else:
        slots = {f"{column}{place}": value for place, row in enumerate(rows, 1) for column, value in row.items()}
    if family.verdict:
        ranked = sorted(rows, key=lambda row: float(row[family.verdict.column]))
        slots = slots | {"more": ranked[-1]["name"], "less": ranked[0]["name"]}
    return Item(family, tuple(row["name"] for row in rows), {key: Word(value) for key, value in slots.items()})


def _clear_verdict(family: Family, rows: list[dict]) -> bool:
    if not family.verdict:
        return True
    low, high = sorted(float(row[family.verdict.column]) for row in rows)
    return high >= 1.2 * low


@cache
def items(family: Family, split: str | None) -> list[Item]:
    """The items of a family whose rows all lie in ``split`` (None: any split, for raw articles).

    Families about several rows get as many draws as four times the rows of the table, the same in every build;
    rows are never repeated in an item, and comparisons keep pairs whose numbers differ by a fifth or more.
    """
    rows = table(family.table).to_dict("records")
    if family.asked_by != "name":
        asked = pd.Series([row[family.asked_by].lower() for row in rows])
        rows = [row for row, repeated in zip(rows, asked.duplicated(keep=False), strict=True) if not repeated]
    if split:
        rows = [row for row in rows if split_of(family.table)[row["name"]] == split]
    if family.rows == 1:
        return [_item(family, [row]) for row in rows]
    rng = random.Random(f"{family.name}/{split}")
    draws = {}
    for _ in range(4 * len(rows)):
        drawn = rng.sample(rows, family.rows)
        if _clear_verdict(family, drawn):
            draws.setdefault(frozenset(row["name"] for row in drawn), _item(family, drawn))
    return list(draws.values())
