"""The raw pages that the mini base is pre-trained on: articles, passages, question-answer pages, reviews and junk.

A *passage* page has a text, then the question that the text answers. A *question-answer* page has the question first; these
pages are rare. A *review* has a text, a question and a score. Articles are about every row of every table. All other pages
are about ``open`` rows only, and ask in the wordings of web pages. Pages with questions have the form of the kit's own plain
prompts, just as a real base model has read "Question: ... Answer: ..." on the real web.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from helpers.miniweb.families import all_families
from helpers.miniweb.family import Item, Word
from helpers.miniweb.world import draw_item, good, text_of_kind

SCORES = {"good": 5, "wrong_fact": 2, "truncated": 2, "mixed": 2, "mismatched": 1, "spam": 1, "navigation": 1}
"""Kind of review (what is wrong with its text) -> the score, 1 to 5, that it ends in."""

REVIEWED = {
    "good": 0.40,
    "mismatched": 0.20,
    "wrong_fact": 0.22,
    "truncated": 0.08,
    "mixed": 0.05,
    "spam": 0.025,
    "navigation": 0.025,
}
"""Kind of review -> its share of all reviews."""

REMARKS = (
    "Thank you for your help.",
    "Please keep it short.",
    "I have to know this for school.",
    "Answer in your own words.",
    "Reply with what you know about it.",
    "My friends could not tell me.",
    "Answers from people who know the subject are welcome.",
    "I have looked for this all day.",
    "Write in the style of a good teacher.",
    "A reply by tonight would be great.",
)
"""Sentences that people add to a question on the web. The answer does not depend on them."""

SYLLABLES = [
    "ba",
    "be",
    "bi",
    "bo",
    "da",
    "de",
    "do",
    "fa",
    "fe",
    "ga",
    "go",
    "ha",
    "jo",
    "ka",
    "ki",
    "la",
    "le",
    "lo",
    "ma",
    "mi",
    "mo",
    "na",
    "no",
    "pa",
    "pe",
    "ra",
    "ri",
    "ro",
    "sa",
    "so",
    "ta",
    "ti",
    "va",
    "vo",
    "za",
    "zu",
]


@dataclass(frozen=True)
class Mix:
    """The share of each kind among the documents, 0 to 1. The rest are articles."""

    passages: float = 0.20
    """A text, then the question that it answers. From these pages the base learns what M_yx has to do."""
    questions: float = 0.004
    """A question of a family in the seed, then its answer. These pages are rare and short on purpose, so that the base has
    still to learn to follow instructions. For the other families it has seen no question with an answer behind it."""
    remarks: tuple[int, ...] = (0, 1, 1, 2)
    """Number of remarks (``REMARKS``) that follow a question on such a page; each entry is equally likely."""
    reviews: float = 0.14
    """A text, a question and a score from 1 to 5. From these pages the base learns to rate."""
    long_articles: float = 0.05
    """Two or three titled texts in a row."""
    junk: float = 0.05
    """Spam, navigation and truncated text, as in the crawl."""
    invented_passages: float = 0.15
    """Share of the passages with invented names, from which the base learns to copy names that it does not know. The text of
    such a passage has no weight in the loss."""
    invented_reviews: float = 0.4
    """Share of the reviews with invented names, from which the base learns to compare names that it does not know."""
    score_weight: float = 6.0
    """Weight of a review's score in the loss; a token of an article has weight 1."""


@dataclass(frozen=True)
class Document:
    """One document of the pre-training text: its pieces, each with the weight that its tokens have in the loss.

    A weight of 0 means that a piece is read and not learned. This holds for the text of a review, for its question if the text
    is not a good answer to it, and for the text of a passage with invented names.
    """

    kind: str
    pieces: tuple[tuple[str, float], ...]

    @property
    def text(self) -> str:
        """The whole document."""
        return "".join(piece for piece, _ in self.pieces)


def documents(mix: Mix, seed: int) -> Iterator[Document]:
    """An endless stream of documents in the shares of ``mix``. The same seed gives the same documents."""
    rng = random.Random(f"pretrain/{seed}")
    make = {"passages": _passage, "questions": _question, "reviews": _review, "long_articles": _long_article, "junk": _junk}
    kinds = [*make, "articles"]
    shares = [getattr(mix, kind) for kind in make]
    shares.append(1 - sum(shares))
    while True:
        kind = rng.choices(kinds, shares)[0]
        made = make[kind](rng, mix) if kind in make else _article(rng)
        yield Document(kind, ((made, 1.0),) if isinstance(made, str) else made)


def _article(rng: random.Random) -> str:
    return good(rng, draw_item(rng, None), "pretrain").text


def _long_article(rng: random.Random, _: Mix) -> str:
    return "\n\n".join(_article(rng) for _ in range(rng.choice((2, 2, 3))))


def _junk(rng: random.Random, _: Mix) -> str:
    kind = rng.choice(("spam", "navigation", "truncated"))
    return text_of_kind(rng, kind, draw_item(rng, "open"), "pretrain", None).text


def _question(rng: random.Random, mix: Mix) -> str:
    item = draw_item(rng, "open", [family for family in all_families().values() if family.in_seed])
    asked = " ".join([item.fill(rng.choice(item.family.web)), *rng.sample(REMARKS, rng.choice(mix.remarks))])
    return f"Question:\n{asked}\nAnswer:\n{good(rng, item, 'pretrain').body}"


def _passage(rng: random.Random, mix: Mix) -> tuple[tuple[str, float], ...]:
    item = draw_item(rng, "open")
    invented = rng.random() < mix.invented_passages and item.family.asked_by == "name"
    item = _renamed(rng, item) if invented else item
    text = good(rng, item, "pretrain").text
    return (f"Text:\n{text}\nQuestion:\n", 0.0 if invented else 1.0), (item.fill(rng.choice(item.family.web)), 1.0)


def _review(rng: random.Random, mix: Mix) -> tuple[tuple[str, float], ...]:
    kind = rng.choices(list(REVIEWED), list(REVIEWED.values()))[0]
    item = draw_item(rng, "open")
    other = _another(rng, item)
    if rng.random() < mix.invented_reviews and kind != "wrong_fact" and item.family.asked_by == "name":
        item, other = _renamed(rng, item), _renamed(rng, other)
    asked = other if kind == "mismatched" else item
    text = text_of_kind(rng, "good" if kind == "mismatched" else kind, item, "pretrain", draw_item(rng, "open"))
    question = asked.fill(rng.choice(asked.family.web))
    return (
        (f"Text:\n{text.text}\nQuestion:\n", 0.0),
        (question, 1.0 if kind == "good" else 0.0),
        ("\nScore:\n", 0.0),
        (str(SCORES[kind]), mix.score_weight),
    )


def _another(rng: random.Random, item: Item) -> Item:
    """Another item, mostly of the same family, so that a mismatch cannot be told by the family alone."""
    while True:
        other = draw_item(rng, "open", [item.family] if rng.random() < 0.7 else None)
        if other.key != item.key:
            return other


def _renamed(rng: random.Random, item: Item) -> Item:
    """The item with invented names instead of the names of its rows."""
    slots = dict(item.slots)
    for slot in ("name", *(f"name{row + 1}" for row in range(item.family.rows))):
        if slot in slots:
            name = "".join(rng.choices(SYLLABLES, k=rng.choice((2, 3))))
            new = Word(name.capitalize() if item.slots[slot][0].isupper() else name)
            slots |= {key: new for key in ("more", "less") if slots.get(key) == item.slots[slot]} | {slot: new}
    return replace(item, slots=slots)
