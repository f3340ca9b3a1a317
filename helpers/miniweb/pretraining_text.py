"""The raw pages that the mini base reads: articles, passages with a question, rare question-answer pages, reviews, junk.

Articles tell of every row of every table. Pages with a question, an answer or a review only tell of the ``open`` rows, in
the wordings of web pages. The shapes of the question pages are those of the kit's own plain prompts, as a real base model
has read "Question: ... Answer: ..." on the real web.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from helpers.miniweb.families import all_families
from helpers.miniweb.family import Item, Word
from helpers.miniweb.world import draw_item, good, text_of_kind

SCORES = {"good": 5, "wrong_fact": 2, "truncated": 2, "mixed": 2, "mismatched": 1, "spam": 1, "navigation": 1}
"""What a reviewer of the mini web gives an answer, by what is wrong with it."""

REVIEWED = {
    "good": 0.40,
    "mismatched": 0.20,
    "wrong_fact": 0.22,
    "truncated": 0.08,
    "mixed": 0.05,
    "spam": 0.025,
    "navigation": 0.025,
}
"""Share of the reviews by kind."""

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
"""What people add to a question on the web; the answer does not depend on it."""

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
    """Share of the documents by kind; articles are what the shares leave."""

    passages: float = 0.20
    """A text, then the question it answers: what makes a backward model possible."""
    questions: float = 0.004
    """A question of a seed family, then its answer: rare and short on purpose, so that following instructions is left to be
    learned, and what the other families' questions ask for most of all."""
    remarks: tuple[int, ...] = (0, 1, 1, 2)
    """How many remarks (``REMARKS``) follow a question, drawn evenly."""
    reviews: float = 0.14
    """A text, a question and a score from 1 to 5: what makes rating a skill of the base."""
    long_articles: float = 0.05
    """Two or three titled texts in a row."""
    junk: float = 0.05
    """Spam, navigation and truncated text, as on the crawl."""
    invented_passages: float = 0.15
    invented_reviews: float = 0.4
    """Share of the passages and of the reviews that speak of invented names, so that copying and comparing names is
    learned, and not a list of names. Nothing is learned from what such a text says."""
    score_weight: float = 6.0
    """Weight of a review's score in the loss; a token of an article has weight 1."""


@dataclass(frozen=True)
class Document:
    """One document of the pre-training text: pieces with the weight of their tokens in the loss.

    Of a review the score is learned, and the question where it fits the text; of a text with invented names nothing is.
    """

    kind: str
    pieces: tuple[tuple[str, float], ...]

    @property
    def text(self) -> str:
        """The whole document."""
        return "".join(piece for piece, _ in self.pieces)


def documents(mix: Mix, seed: int) -> Iterator[Document]:
    """Documents without end, in the shares of ``mix``; the same for the same seed."""
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
    """Another item: of the same family most of the time, so that the family alone does not give the mismatch away."""
    while True:
        other = draw_item(rng, "open", [item.family] if rng.random() < 0.7 else None)
        if other.key != item.key:
            return other


def _renamed(rng: random.Random, item: Item) -> Item:
    """The item with invented names in place of its rows' names."""
    slots = dict(item.slots)
    for slot in ("name", *(f"name{row + 1}" for row in range(item.family.rows))):
        if slot in slots:
            name = "".join(rng.choices(SYLLABLES, k=rng.choice((2, 3))))
            new = Word(name.capitalize() if item.slots[slot][0].isupper() else name)
            slots |= {key: new for key in ("more", "less") if slots.get(key) == item.slots[slot]} | {slot: new}
    return replace(item, slots=slots)
