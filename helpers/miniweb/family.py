"""Task families: templates of questions, pages and answers over one table of facts.

A *task family* asks one kind of question about the rows of one table ("write a fact card for this country"). An *item* of
a family is the thing that a question is about: one row, or two or three rows for comparisons and tables. Its *slots* are
the values that fill the templates. The module knows nothing of models, of HTML or of the pipeline.

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
    """The value of a slot, which can be written in the formats that templates use."""

    def __format__(self, spec: str) -> str:
        text = str(self)
        if spec in ("a", "A"):
            text = f"{'an' if text[0].lower() in 'aeiou' else 'a'} {text}"
        return text[0].upper() + text[1:] if spec in ("cap", "A") else text


@dataclass(frozen=True)
class Page:
    """One form in which a web page presents an item: templates of a title and a body.

    ``use`` says where the form may occur: only in the ``pretrain`` text, only in the ``crawl``, or in ``both``.
    """

    title: str
    body: str
    use: str = "both"


@dataclass(frozen=True)
class Verdict:
    """The verdict at the end of a comparison. The slot ``more`` is the row with the larger number in ``column``."""

    column: str
    words: tuple[str, ...]
    """Words that mark the sentence with the verdict. The row that this sentence names first is the winner."""


@dataclass(frozen=True)
class Family:
    """One kind of question over one table of facts.

    Attributes:
        facts: columns that an answer must state, for each row of the item.
        form: form of a good answer: ``sentence``, ``description``, ``card``, ``bullets``, ``steps``, ``table``,
            ``comparison`` or ``definition`` (``verify.FORMS``).
        web, seed, evaluation, held_out: wordings of the question on web pages, in seed pairs and in evaluation; no wording
            occurs twice. Those in ``held_out`` are asked in the final test only. A family without ``seed`` wordings is not
            in the seed.
        pages: page forms; at least two occur only in the crawl, and two only in the pre-training text.
        answers: templates of assistant-style answers, for families in the seed.
        rows: number of rows in one item, 1 to 3.
        asked_by: the column that a question names. A reverse look-up names another column than ``name``.
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
        """Every wording of the family's question, those of web pages first."""
        return self.web + self.seed + self.evaluation + self.held_out

    def pages_for(self, use: str) -> list[Page]:
        """The page forms that may occur in ``use`` ("pretrain" or "crawl")."""
        return [page for page in self.pages if page.use in ("both", use)]


@dataclass(frozen=True)
class Item:
    """A thing that a family can be asked about: the names of its rows, and the slots that fill the templates."""

    family: Family
    names: tuple[str, ...]
    slots: dict[str, Word]

    @property
    def key(self) -> str:
        """A readable id, made of family and names; it is the same in every build."""
        return f"{self.family.name}: {' / '.join(self.names)}"

    def fill(self, template: str) -> str:
        """The template filled with this item's values."""
        return template.format_map(self.slots)


@cache
def table(name: str) -> pd.DataFrame:
    """A table of facts, with all values as text. A comment at the head of the file names source and licence."""
    return pd.read_csv(FACTS / f"{name}.csv", comment="#", dtype=str, keep_default_na=False, skipinitialspace=True)


@cache
def split_of(table_name: str) -> dict[str, str]:
    """The split of each row of a table, by name: 60 % open, 20 % dev, 20 % test. All families share the split.

    Evaluation asks about the rows of dev and test. Raw articles of the pre-training text tell about them; no other text does.
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
    """The items of a family whose rows all lie in ``split`` (None takes all rows, for raw articles).

    For a family about several rows, items are drawn four times as often as the table has rows; the draws are the same in
    every build. An item never repeats a row. A comparison keeps only rows whose numbers differ by a fifth or more.
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
