"""Segments compared with others: duplicates of earlier segments, and evaluation prompts inside them.

Near-duplicates are found by MinHash over word 5-grams and confirmed by the exact Jaccard similarity of these.
Memory per kept segment: about 16 dictionary entries and 4 bytes a word.
"""

import hashlib
import re
import zlib

import numpy as np

SHINGLE_WORDS = 5
BANDS, ROWS = 16, 4
"""A pair of similarity s is compared with probability 1 - (1 - s**4)**16: .9998 at .8, .988 at .7."""

KEY_WORDS = 3
"""Prompts are looked up by their first words, then compared in full."""

_RANDOM = np.random.default_rng(0)  # fixed: the same segments give the same duplicates everywhere
_MULTIPLIERS = _RANDOM.integers(1, 2**63, BANDS * ROWS, dtype=np.uint64) | np.uint64(1)
_PLACES = _RANDOM.integers(1, 2**63, SHINGLE_WORDS, dtype=np.uint64) | np.uint64(1)
_MIXERS = _RANDOM.integers(1, 2**63, (BANDS, ROWS), dtype=np.uint64) | np.uint64(1)


def words(text: str) -> list[str]:
    """The lower-cased words of a text, without punctuation: what duplicates and prompts are compared by."""
    return re.findall(r"\w+", text.lower())


def fingerprint(text: str) -> int:
    """64 bits that two texts share when their words are the same, whatever the case, punctuation and spacing."""
    return int.from_bytes(hashlib.blake2b(" ".join(words(text)).encode("utf-8", "replace"), digest_size=8).digest())


def shingles(text: str) -> np.ndarray:
    """The set of word 5-grams of a text as sorted 32-bit hashes; of a shorter text, the one gram it is."""
    hashed = np.fromiter((zlib.crc32(word.encode("utf-8", "replace")) for word in words(text)), np.uint64)
    size = max(1, len(hashed) - SHINGLE_WORDS + 1)
    hashed = np.pad(hashed, (0, max(0, SHINGLE_WORDS - len(hashed))))
    mixed = sum(hashed[place : place + size] * factor for place, factor in enumerate(_PLACES))
    return np.unique((mixed >> np.uint64(32)).astype(np.uint32))


def jaccard(a: np.ndarray, b: np.ndarray) -> float:
    """Jaccard similarity of two sets of hashes, 0 to 1."""
    both = len(np.intersect1d(a, b, assume_unique=True))
    return both / (len(a) + len(b) - both)


def bands(hashes: np.ndarray) -> list[int]:
    """The keys under which a set of shingles is filed: similar sets share at least one."""
    spread = hashes.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    signature = ((spread ^ (spread >> np.uint64(29)))[None, :] * _MULTIPLIERS[:, None] >> np.uint64(32)).min(axis=1)
    return (signature.reshape(BANDS, ROWS) * _MIXERS).sum(axis=1).tolist()


class NearDuplicates:
    """The segments kept so far, to be asked for one like the next.

    Args:
        threshold: Jaccard similarity from which two segments are duplicates, 0 to 1.
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self._names: list[str] = []
        self._shingles: list[np.ndarray] = []
        self._filed: list[dict[int, int | list[int]]] = [{} for _ in range(BANDS)]

    def find_or_add(self, name: str, text: str) -> tuple[str, float] | None:
        """(name, similarity) of an earlier segment like this one; None, and this one is added, if there is none."""
        own = shingles(text)
        keys = bands(own)
        for index in sorted(self._candidates(keys)):
            similarity = jaccard(own, self._shingles[index])
            if similarity >= self.threshold:
                return self._names[index], similarity
        for filed, key in zip(self._filed, keys, strict=True):
            held = filed.get(key)
            filed[key] = len(self._names) if held is None else [*_listed(held), len(self._names)]
        self._names.append(name)
        self._shingles.append(own)
        return None

    def _candidates(self, keys: list[int]) -> set[int]:
        found = [filed.get(key) for filed, key in zip(self._filed, keys, strict=True)]
        return {index for held in found if held is not None for index in _listed(held)}


def _listed(held: int | list[int]) -> list[int]:
    return held if isinstance(held, list) else [held]  # most keys hold one segment: a bare number is a third of the memory


class Contamination:
    """Evaluation prompts, to be looked for in segments.

    Args:
        prompts: texts of the prompts.
        length: words in a row that count as a match; a shorter prompt counts as a whole, or it would pass unseen.
    """

    def __init__(self, prompts: tuple[str, ...], length: int = 13) -> None:
        self._grams: dict[tuple[str, ...], dict[tuple[str, ...], str]] = {}
        for prompt in prompts:
            own = tuple(words(prompt))
            size = min(length, len(own))
            for start in range(len(own) - size + 1 if own else 0):
                gram = own[start : start + size]
                self._grams.setdefault(gram[:KEY_WORDS], {}).setdefault(gram, prompt)
        self._sizes = sorted({len(key) for key in self._grams})

    def find(self, text: str) -> str | None:
        """A prompt of which the text holds a match; None if it holds none."""
        own = words(text)
        for size in self._sizes:
            for start, key in enumerate(zip(*(own[offset:] for offset in range(size)), strict=False)):
                for gram, prompt in self._grams.get(key, {}).items():
                    if tuple(own[start : start + len(gram)]) == gram:
                        return prompt
        return None
