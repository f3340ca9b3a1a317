"""Segments compared with others: the same, nearly the same or a piece of one kept before; prompts and answers inside them.

A segment is filed under a sample of its word 5-grams: those whose hash is small, one in `SAMPLED`, and never fewer than
`FEWEST`. Texts that share a run of words share such grams, whole copies and pieces alike; the few that share most are
compared in full. The work for a segment does not grow with the number of segments before it, nor with how many of them
have the same template around them. Memory per kept segment: about 1.5 KB, and 4 bytes a word.
"""

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from helpers.corpus.words import words

SHINGLE_WORDS = 5
SAMPLED = 16
FEWEST = 8
MOST_HOLDERS = 4
"""Segments filed under one gram, the latest: more share it only where it belongs to a template."""

COMPARED = 6
"""Segments compared in full, those with which most sampled grams are shared."""

PIECE_WORDS = 40
"""A shorter text may stand in another by chance: it is no copied piece. Words."""

SHORTEST = 2
"""Prompts of fewer words ("Help") stand in many a text by chance and are not looked for; of characters, twice as many."""

FUZZY_SHORTEST = 6
"""Prompts of fewer words are looked for word for word only: too little of them is left when a word is changed."""

COPIED_WORDS = 13
"""A shorter answer may stand in a segment by chance: it is a copy only where the segment is nothing else. Words."""

COPIED_SHARE = 0.8
"""Share of the 5-grams of an answer, or of the shorter segment, from which one is a copy of the other, 0 to 1."""

KEY_WORDS = 3
"""Runs of words are looked up by their first ones, then compared in full."""

_PLACES = np.random.default_rng(0).integers(1, 2**63, SHINGLE_WORDS, dtype=np.uint64) | np.uint64(1)
_BOUND = 2**32 // SAMPLED


def fingerprint(text: str) -> int:
    """64 bits that two texts share when their words are the same, whatever the case, punctuation and spacing."""
    return int.from_bytes(hashlib.blake2b(" ".join(words(text)).encode("utf-8", "replace"), digest_size=8).digest())


def shingles(text: str) -> np.ndarray:
    """The set of word 5-grams of a text as sorted 32-bit hashes; of a shorter text, the one gram it is."""
    hashed = np.array([zlib.crc32(word.encode("utf-8", "replace")) for word in words(text)], np.uint64)
    size = max(1, len(hashed) - SHINGLE_WORDS + 1)
    hashed = np.pad(hashed, (0, max(0, SHINGLE_WORDS - len(hashed))))
    mixed = sum(hashed[place : place + size] * factor for place, factor in enumerate(_PLACES))
    return np.unique((mixed >> np.uint64(32)).astype(np.uint32))


def jaccard(a: np.ndarray, b: np.ndarray) -> float:
    """Jaccard similarity of two sets of hashes, 0 to 1."""
    both = _shared(a, b)
    return both / (len(a) + len(b) - both)


def containment(piece: np.ndarray, whole: np.ndarray) -> float:
    """Share of one set of hashes that is in another, 0 to 1."""
    return _shared(piece, whole) / len(piece)


class Match(NamedTuple):
    """An earlier segment that the next one copies.

    Attributes:
        name: of the earlier segment.
        share: Jaccard similarity, or the share of the piece that stands in the earlier one, 0 to 1.
        rule: "near_duplicate" or "contained".
    """

    name: str
    share: float
    rule: str


class NearDuplicates:
    """The segments kept so far, to be asked for one that the next copies.

    Args:
        threshold: Jaccard similarity from which two segments are duplicates, 0 to 1; above 1: none are.
        contained: share of a segment's 5-grams in an earlier one from which it is a piece of it, 0 to 1; above 1: none is.
    """

    def __init__(self, threshold: float, contained: float = 2.0) -> None:
        self.threshold = threshold
        self.contained = contained
        self._names: list[str] = []
        self._shingles: list[np.ndarray] = []
        self._filed: dict[int, int | tuple[int, ...]] = {}

    def find_or_add(self, name: str, text: str) -> Match | None:
        """An earlier segment that this one copies; None, and this one is added, if there is none."""
        own = shingles(text)
        sampled, likely = self._looked_up(own.tolist())
        similarity, index = max(((jaccard(own, self._shingles[i]), i) for i in likely), default=(0.0, 0))
        if likely and similarity >= self.threshold:
            return Match(self._names[index], similarity, "near_duplicate")
        if likely and len(own) >= PIECE_WORDS and self.contained <= 1:
            share, index = max((containment(own, self._shingles[i]), i) for i in likely)
            if share >= self.contained:
                return Match(self._names[index], share, "contained")
        self._add(name, own, sampled)
        return None

    def _looked_up(self, own: list[int]) -> tuple[list[int], list[int]]:
        """The sample of a text's sorted grams, and the earlier segments most likely to be like it.

        Grams of a template say little: the sample goes on until it has `FEWEST` others, and they count for less.
        """
        votes: Counter[int] = Counter()
        rare = 0
        for size, gram in enumerate(own):
            if gram >= _BOUND and rare >= FEWEST:
                own = own[:size]
                break
            held = _listed(self._filed.get(gram))
            rare += len(held) < MOST_HOLDERS
            for index in held:
                votes[index] += 1 / len(held) ** 2
        return own, [index for index, _ in votes.most_common(COMPARED)]

    def _add(self, name: str, own: np.ndarray, sampled: list[int]) -> None:
        index = len(self._names)
        self._names.append(name)
        self._shingles.append(own)
        for gram in sampled:
            held = self._filed.get(gram)
            self._filed[gram] = index if held is None else (*_listed(held), index)[-MOST_HOLDERS:]


def copied(answers: Sequence[str], segments: Iterable[str]) -> set[int]:
    """Places of the answers that stand in a segment, as a whole or nearly so, and of those that a segment is a piece of.

    One pass over the segments; only those that share a word 5-gram with an answer are compared with it.
    """
    own = [shingles(answer) for answer in answers]
    if not own:
        return set()
    known, found = np.unique(np.concatenate(own)), set()
    holders: dict[int, list[int]] = {}
    for place, grams in enumerate(own):
        for gram in grams.tolist():
            holders.setdefault(gram, []).append(place)
    for segment in segments:
        grams = shingles(segment)
        hits = grams[known[np.searchsorted(known, grams).clip(max=len(known) - 1)] == grams]
        votes = Counter(place for gram in hits.tolist() for place in holders[gram])
        found |= {place for place, both in votes.items() if _is_copy(both, len(own[place]), len(grams))}
    return found


def _is_copy(both: int, one: int, other: int) -> bool:
    """Whether texts of so many 5-grams, of which they share ``both``, are copies of each other, or one of a piece."""
    if min(one, other) <= COPIED_WORDS - SHINGLE_WORDS:
        return both == one == other
    return both >= COPIED_SHARE * min(one, other)


def _listed(held: int | tuple[int, ...] | None) -> tuple[int, ...]:
    if held is None:
        return ()
    return held if isinstance(held, tuple) else (held,)  # most grams have one holder: a bare number is a third of the memory


def _shared(a: np.ndarray, b: np.ndarray) -> int:
    return len(np.intersect1d(a, b, assume_unique=True))


class Contamination:
    """Evaluation prompts, to be looked for in segments.

    Args:
        prompts: texts of the prompts; those under `SHORTEST` words are not looked for.
        length: words in a row that count as a match; a shorter prompt counts as a whole, or it would pass unseen.
        share: a prompt of `FUZZY_SHORTEST` words or more matches too where more than this share of its words, 0 to 1,
            stands in the segment beside the same neighbour; 1 or above: only runs of words count.
    """

    def __init__(self, prompts: tuple[str, ...], length: int = 13, share: float = 0.8) -> None:
        self._prompts = [(prompt, words(prompt)) for prompt in prompts]
        self._share = share
        self._runs: dict[tuple[str, ...], dict[tuple[str, ...], str]] = {}
        self._holders: dict[tuple[str, str], list[int]] = {}
        for number, (prompt, own) in enumerate(self._prompts):
            if len(own) < (SHORTEST if max(map(len, own), default=0) > 1 else 2 * SHORTEST):
                continue
            size = min(length, len(own))
            for start in range(len(own) - size + 1):
                run = tuple(own[start : start + size])
                self._runs.setdefault(run[:KEY_WORDS], {}).setdefault(run, prompt)
            for pair in set(pairwise(own)) if len(own) >= FUZZY_SHORTEST and share < 1 else ():
                self._holders.setdefault(pair, []).append(number)
        self._sizes = sorted({len(key) for key in self._runs})

    def find(self, text: str) -> str | None:
        """A prompt of which the text holds a match; None if it holds none."""
        if not self._runs:
            return None
        own = words(text)
        for size in self._sizes:
            for start, key in enumerate(zip(*(own[offset:] for offset in range(size)), strict=False)):
                for run, prompt in self._runs.get(key, {}).items():
                    if tuple(own[start : start + len(run)]) == run:
                        return prompt
        held = set(pairwise(own)) & self._holders.keys()
        votes = Counter(number for pair in held for number in self._holders[pair])
        # covering k words takes at least k / 2 pairs
        likely = (number for number, count in votes.items() if 2 * count > self._share * len(self._prompts[number][1]))
        return next((self._prompts[n][0] for n in sorted(likely) if _covered(self._prompts[n][1], held) > self._share), None)


def _covered(prompt: list[str], held: set[tuple[str, str]]) -> float:
    """Share of a prompt's words that are in one of the pairs that a text holds."""
    inside = [pair in held for pair in pairwise(prompt)]
    return sum(before or after for before, after in zip([False, *inside], [*inside, False], strict=True)) / len(prompt)
