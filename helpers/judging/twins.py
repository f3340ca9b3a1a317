"""Bad twins of good pairs: an answer that is wrong in one known way, under the instruction of the pair.

Every twin is made from the seed pairs at hand and a seed; none is drawn from a model. A pair that a kind cannot be made from
(one sentence to mix, no two names to swap) has no twin of that kind.
"""

import random
import re
from collections.abc import Callable

import pandas as pd

from helpers.corpus.words import words
from helpers.tables import content_id

RIGHT = "right"
"""The kind of a seed pair itself."""

MENU = (
    "Home", "About us", "Products", "Services", "Blog", "News", "Contact", "Login", "Register", "My account", "Cart (0)",
    "Search", "Careers", "Press", "Support", "FAQ", "Privacy policy", "Terms of use", "Sitemap", "Newsletter", "Categories",
    "Archive", "Shipping", "Returns", "Gift cards", "Follow us", "Facebook", "Twitter", "Instagram", "YouTube", "Help centre",
    "Store finder",
)  # fmt: skip
COOKIES = (
    "We use cookies to improve your experience on our website.",
    "By clicking \"Accept all\" you agree to the storing of cookies on your device.",
    "You can change your settings at any time in our cookie policy.",
    "Some cookies are necessary for the site to work.",
    "We and our partners process data such as your IP address to show you personalised advertisements.",
    "Manage preferences | Reject all | Accept all",
    "This site uses third-party cookies for analytics and marketing.",
    "For more information please read our privacy notice.",
)  # fmt: skip
REFUSALS = (
    "I'm sorry, but I can't help with that.",
    "As an AI language model, I am not able to answer this question.",
    "Sorry, I cannot assist you with this request. Is there anything else I can help you with?",
    "I apologize, but I do not have enough information to answer that.",
    "Unfortunately I am unable to provide an answer. Please consult a professional.",
    "I don't have access to that information, so I cannot say.",
)

FEWEST_WORDS = 8
"""An answer shorter than this is neither cut nor mixed. In a script without spaces each character is a word."""


def make(seed_pairs: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """The bad twins of all pairs, up to eight each: pair_id, instruction, output, kind, and ``of``, the seed pair's id.

    Random: what is drawn for a pair is a function of ``seed`` and of the pair alone, but for the other pair it borrows from.

    Args:
        seed_pairs: pair_id, instruction, output; pairs that no model under test was trained on.
    """
    pairs = seed_pairs.drop_duplicates("pair_id")
    rows = []
    for pair, other in zip(pairs.itertuples(), _others(pairs, seed), strict=True):
        for kind, twin in KINDS.items():
            made = twin(pair, other, random.Random(f"{seed}/{kind}/{pair.pair_id}"))
            if made is not None and made.split() != pair.output.split():
                twin_id = content_id("twin", kind, pair.pair_id, pair.instruction, made)
                rows.append((twin_id, pair.instruction, made, kind, pair.pair_id))
    return pd.DataFrame(rows, columns=["pair_id", "instruction", "output", "kind", "of"])


def _others(pairs: pd.DataFrame, seed: int) -> list[str | None]:
    """For each pair the output of another one, the next one in a random order that is not equal; None where there is none."""
    order = list(range(len(pairs)))
    random.Random(seed).shuffle(order)
    outputs = list(pairs.output)
    found: list[str | None] = [None] * len(pairs)
    for place, row in enumerate(order):
        following = (order[(place + step) % len(order)] for step in range(1, len(order)))
        found[row] = next((outputs[other] for other in following if outputs[other].split() != outputs[row].split()), None)
    return found


def _another(pair, other: str | None, rng: random.Random) -> str | None:
    return other


def _cut(pair, other: str | None, rng: random.Random) -> str | None:
    """Broken off between two words, 40 to 60 % through, and not where a sentence ends."""
    ends = [found.end() for found in re.finditer(r"\w(?=\s+\w)", pair.output)] + _between_characters(pair.output)
    middle = [end for end in ends if 0.4 <= end / len(pair.output) <= 0.6]
    return pair.output[: rng.choice(middle)] if middle and _length(pair.output) >= FEWEST_WORDS else None


def _menu(pair, other: str | None, rng: random.Random) -> str:
    return rng.choice((" | ", "\n", " > ", "  ")).join(rng.sample(MENU, rng.randint(8, 16)))


def _cookies(pair, other: str | None, rng: random.Random) -> str:
    return " ".join(rng.sample(COOKIES, rng.randint(3, 5)))


def _copied(pair, other: str | None, rng: random.Random) -> str:
    return pair.instruction


def _refusal(pair, other: str | None, rng: random.Random) -> str:
    return rng.choice(REFUSALS)


def _mixed(pair, other: str | None, rng: random.Random) -> str | None:
    """The first half of the answer, to a sentence's end where there is one, and the second half of another pair's."""
    if other is None or min(_length(pair.output), _length(other)) < FEWEST_WORDS:
        return None
    first, second = pair.output[: _half(pair.output)], other[_half(other) :]
    return f"{first.rstrip()}{' ' if first[-1:].isspace() else ''}{second.lstrip()}"


def _half(text: str) -> int:
    """The place between two sentences, or else two words, that is nearest to the middle."""
    sentences = [found.end() for found in re.finditer(r"(?<=[.!?])\s+|(?<=[。！？])\s*(?=\S)|\n+", text.rstrip())]
    places = sentences or [found.end() for found in re.finditer(r"\s+", text.rstrip())] + _between_characters(text)
    return min(places, key=lambda place: abs(place - len(text) / 2), default=len(text) // 2)


def _length(text: str) -> int:
    return len(text.split()) + len(_between_characters(text))


def _between_characters(text: str) -> list[int]:
    """The places between two letters of a script without spaces, each of which is a word by itself."""
    alone = [char.isalnum() and not char.isascii() and len(words(2 * char)) == 2 for char in text]
    return [place for place in range(1, len(text)) if alone[place - 1] and alone[place]]


def _swapped(pair, other: str | None, rng: random.Random) -> str | None:
    """Every number and every name in the answer takes the place of another one there."""
    numbers = r"(?<![\w.,])\d+(?:[.,]\d+)*(?![\w])"
    names = r"(?<=[a-z,;] )[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})*"  # not at the beginning of a sentence
    text = pair.output
    for pattern in (numbers, names):
        found = list(dict.fromkeys(re.findall(pattern, text)))
        turn = rng.randrange(1, len(found)) if len(found) > 1 else 0
        place_of = dict(zip(found, found[turn:] + found[:turn], strict=True))
        text = re.sub(pattern, lambda match, place_of=place_of: place_of[match[0]], text)
    return text if text != pair.output else None


KINDS: dict[str, Callable[..., str | None]] = {
    "another": _another,
    "cut": _cut,
    "menu": _menu,
    "cookies": _cookies,
    "copied": _copied,
    "refusal": _refusal,
    "mixed": _mixed,
    "swapped": _swapped,
}
"""Every way to spoil an answer. A maker takes the pair, another pair's output and a source of randomness."""
