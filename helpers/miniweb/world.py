"""Draws segments with a known truth, seed pairs and evaluation prompts from the mini web.

Everything here is a function of its seed. The seed of a build is called the *draw*: another draw has other pages and other
seed pairs over the same facts. Evaluation asks about the rows of the ``dev`` and ``test`` splits. No segment of a crawl and
no seed pair is about these rows, but their values can occur as wrong values in junk.
"""

import random
import re
from dataclasses import dataclass
from itertools import product

from helpers.miniweb import junk
from helpers.miniweb.families import all_families
from helpers.miniweb.family import Family, Item, Word, items, table
from helpers.miniweb.pages import MAX_CHARS, MIN_CHARS, NEAR, shingles, similarity
from helpers.miniweb.verify import grade

JUNK = {"wrong_fact": 0.09, "wrong_title": 0.09, "mixed": 0.07, "truncated": 0.05, "spam": 0.03, "navigation": 0.02}
"""Kind of junk -> its share of the segments that pass the filters; the remaining 65 % are good. The shares are fixed, so that
no judge looks better because its junk is easier."""

OPENERS = ("Sure: ", "Of course: ", "Here is the answer: ", "Certainly: ")
"""Beginnings that are put before assistant answers if a build asks for more seed pairs than there are without them."""


@dataclass(frozen=True)
class Text:
    """A titled piece of a page, with the truth about it: ``kind`` says whether it is good or which kind of junk it is.

    ``family`` and ``item`` name what the text is about; both are empty for spam and navigation.
    """

    title: str
    body: str
    kind: str
    family: str = ""
    item: str = ""

    @property
    def text(self) -> str:
        """The text of the segment as the corpus stage writes it: header line, then body."""
        return f"{self.title}\n{self.body}"

    @property
    def truth(self) -> dict[str, str]:
        """The hidden truth of the segment."""
        return {"kind": self.kind, "family": self.family, "item": self.item}


def good(rng: random.Random, item: Item, use: str) -> Text:
    """A correct page about ``item``, in one of the page forms that may occur in ``use``."""
    page = rng.choice(item.family.pages_for(use))
    return Text(item.fill(page.title), item.fill(page.body), "good", item.family.name, item.key)


def wrong_fact(rng: random.Random, item: Item, use: str) -> Text:
    """A page in which one fact is replaced by another row's value of the same kind, or the verdict is reversed."""
    page = rng.choice(item.family.pages_for(use))
    for _ in range(50):
        body = page.body.format_map(_with_wrong_slot(rng, item))
        if grade(item, body).score < 1:
            return Text(item.fill(page.title), body, "wrong_fact", item.family.name, item.key)
    raise RuntimeError(f"no wrong value changes the page {page.title!r} of {item.key}")


def _with_wrong_slot(rng: random.Random, item: Item) -> dict[str, Word]:
    family = item.family
    row = rng.randrange(family.rows)
    column = rng.choice([*family.facts, *(["verdict"] if family.verdict else [])])
    if column == "verdict":
        return item.slots | {"more": item.slots["less"], "less": item.slots["more"]}
    slot = column if family.rows == 1 else f"{column}{row + 1}"
    others = [value for value in table(family.table)[column].unique() if value.lower() != item.slots[slot].lower()]
    return item.slots | {slot: Word(rng.choice(others))}


def truncated(rng: random.Random, item: Item, use: str) -> Text:
    """A page cut in the middle of its body, before its last fact."""
    whole = good(rng, item, use)
    cuts = list(range(2, len(whole.body) - 4))
    cuts.sort(key=lambda cut: (cut < len(whole.body) // 3, rng.random()))
    for cut in cuts:
        body = whole.body[:cut].rstrip()
        if whole.body[cut : cut + 1].strip() and grade(item, body).score < 1:
            return Text(whole.title, body, "truncated", item.family.name, item.key)
    raise RuntimeError(f"no cut takes a fact from {whole.body!r}")


def wrong_title(rng: random.Random, item: Item, use: str, other: Item) -> Text:
    """The body of a correct page about ``item`` under the title of a page about ``other``."""
    title = other.fill(rng.choice(other.family.pages_for(use)).title)
    return Text(title, good(rng, item, use).body, "wrong_title", item.family.name, item.key)


def mixed(rng: random.Random, item: Item, use: str, other: Item) -> Text:
    """The first half of a page about ``item``, followed by the second half of a page about ``other``."""
    first, second = good(rng, item, use), good(rng, other, use)
    body = _half(first.body, last=False) + " " + _half(second.body, last=True)
    return Text(first.title, body, "mixed", item.family.name, item.key)


def _half(body: str, *, last: bool) -> str:
    words = re.split(r"(?<=\s)", body)
    middle = max(1, len(words) // 2)
    return "".join(words[middle:] if last else words[:middle]).strip()


def text_of_kind(rng: random.Random, kind: str, item: Item, use: str, other: Item) -> Text:
    """A text of the given kind about ``item``. Some junk takes its title or its second half from ``other``."""
    if kind in ("spam", "navigation"):
        return Text(*getattr(junk, kind)(rng), kind)
    if kind in ("wrong_title", "mixed"):
        return {"wrong_title": wrong_title, "mixed": mixed}[kind](rng, item, use, other)
    return {"good": good, "wrong_fact": wrong_fact, "truncated": truncated}[kind](rng, item, use)


def draw_item(rng: random.Random, split: str | None, families: list[Family] | None = None) -> Item:
    """A random item of a random family. All families are equally likely."""
    return rng.choice(items(rng.choice(families or list(all_families().values())), split))


def crawl(count: int, seed: int) -> list[Text]:
    """``count`` segments of the crawl about open rows, in page forms of the crawl, with junk in the fixed shares (``JUNK``).

    All families are equally likely. All segments have 60 to 600 characters, and no two about one item are near copies. Filters
    would drop others, and the shares would no longer hold. When no new text can be made (beyond some 10,000 segments), exact
    repeats fill up the number.
    """
    rng = random.Random(f"crawl/{seed}")
    near: dict[str, list[frozenset]] = {}
    good_share = 1 - sum(JUNK.values())
    texts = _distinct(rng, "good", round(good_share * count), near)
    good_count = len(texts)
    for kind, share in JUNK.items():
        texts += _distinct(rng, kind, round(share / good_share * good_count), near)
    texts += rng.choices(texts, k=max(0, count - len(texts)))
    rng.shuffle(texts)
    return texts[:count]


def texts_about(split: str, counts: dict[str, int], seed: int) -> list[Text]:
    """Texts about rows of ``split`` in page forms of the crawl, without near copies: at most ``counts[kind]`` of each kind.

    No crawl holds texts about dev and test rows, and no review that the mini base has read is about such a row.
    """
    rng = random.Random(f"texts/{split}/{seed}")
    near: dict[str, list[frozenset]] = {}
    return [text for kind, count in counts.items() for text in _distinct(rng, kind, count, near, split)]


def _distinct(rng: random.Random, kind: str, count: int, near: dict[str, list[frozenset]], split: str = "open") -> list[Text]:
    """``count`` texts of a kind, or fewer if no more can be found. None is a near copy of another about the same item."""
    texts, failures = [], 0
    while len(texts) < count and failures < 300:
        drawn = text_of_kind(rng, kind, draw_item(rng, split), "crawl", draw_item(rng, split))
        own, failures = shingles(drawn.text), failures + 1
        alone = all(similarity(own, other) < NEAR for other in near.get(drawn.item, []))
        if alone and MIN_CHARS <= len(drawn.text) <= MAX_CHARS:
            near.setdefault(drawn.item, []).append(own)
            texts.append(drawn)
            failures = 0
    return texts


def seed_pairs(count: int, seed: int) -> list[dict[str, str]]:
    """``count`` different assistant-style pairs, from the seed families in turn: instruction, output, source, family, item.

    Raises:
        ValueError: the seed families cannot give so many pairs.
    """
    rng = random.Random(f"seed/{seed}")
    queues = []
    for family in all_families().values():
        if family.in_seed:
            plain = list(product(items(family, "open"), family.seed, family.answers))
            long = [(i, q, o + a) for i, q, a in plain for o in OPENERS]
            rng.shuffle(plain)
            rng.shuffle(long)
            queues.append(plain + long)
    most = min(map(len, queues)) * len(queues)
    if not 0 < count <= most:
        raise ValueError(f"asked for {count} seed pairs; the seed families give between 1 and {most}")
    chosen = [queues[place % len(queues)][place // len(queues)] for place in range(count)]
    rng.shuffle(chosen)
    return [
        {"instruction": i.fill(q), "output": i.fill(a), "source": "mini web", "family": i.family.name, "item": i.key}
        for i, q, a in chosen
    ]


def evaluation_prompts(split: str, per_family: int) -> list[dict]:
    """Prompts about rows of ``split`` ("dev" or "test"), ``per_family`` for each family, the same in every build.

    Dev prompts have the evaluation wordings. Of the test prompts a third have held-out wordings instead.
    """
    rng = random.Random(f"evaluation/{split}")
    prompts = []
    for family in all_families().values():
        held_out = per_family // 3 if split == "test" else 0
        for wordings, name, count in (
            (family.evaluation, "evaluation", per_family - held_out),
            (family.held_out, "held_out", held_out),
        ):
            pairs = list(product(items(family, split), wordings))
            rng.shuffle(pairs)
            prompts += [
                {
                    "instruction": item.fill(q),
                    "family": family.name,
                    "item": item.key,
                    "in_seed": family.in_seed,
                    "wording": name,
                }
                for item, q in pairs[:count]
            ]
    return prompts
