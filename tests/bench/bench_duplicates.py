"""Near duplicates against datasketch's MinHash and LSH: `python tests/bench/bench_duplicates.py`.

Same texts, same words, 5-grams of words, Jaccard similarity of .7; datasketch with 128 permutations, its candidates taken as
they are. Half of the texts are copies of others in which one word in 20 is changed, and the note says how many of them were
found. Generated text of the paper's lengths.
"""

import argparse
from collections.abc import Callable

import numpy as np
import peers
from measure import Contestant, table

from helpers.corpus.overlap import NearDuplicates
from helpers.corpus.words import words

THRESHOLD, GRAM, CHANGED = 0.7, 5, 20


def texts(count: int) -> tuple[list[str], int]:
    """``count`` texts of 100 to 400 words, the second half copies of the first; and how many copies there are."""
    rng = np.random.default_rng(0)
    vocabulary = np.array([f"{a}{b}{c}" for a in "bdfglmnprst" for b in "aeiou" for c in ("n", "rt", "st", "l", "mp", "nd")])
    originals = [rng.choice(vocabulary, rng.integers(100, 400)) for _ in range(count - count // 2)]
    copies = [original.copy() for original in originals[: count // 2]]
    for copy in copies:
        places = rng.choice(len(copy), len(copy) // (CHANGED * GRAM), replace=False)
        copy[places] = rng.choice(vocabulary, len(places))
    return [" ".join(text) for text in (*originals, *copies)], len(copies)


def ours(found: list[str], copies: int) -> tuple[float, str]:
    """The kit's index, one text after the other."""
    near = NearDuplicates(THRESHOLD)
    matches = [near.find_or_add(str(n), text) is not None for n, text in enumerate(found)]
    return len(found), said(matches, copies)


def datasketch(found: list[str], copies: int) -> tuple[float, str]:
    """datasketch's, in the same way."""
    from datasketch import MinHash, MinHashLSH

    index, matches = MinHashLSH(threshold=THRESHOLD, num_perm=128), []
    for n, text in enumerate(found):
        own = words(text)
        sketch = MinHash(num_perm=128)
        sketch.update_batch([" ".join(own[at : at + GRAM]).encode() for at in range(max(1, len(own) - GRAM + 1))])
        matches.append(bool(index.query(sketch)))
        if not matches[-1]:
            index.insert(str(n), sketch)
    return len(found), said(matches, copies)


def said(matches: list[bool], copies: int) -> str:
    first = len(matches) - copies
    return f"{sum(matches[first:])} of {copies} copies found, {sum(matches[:first])} others"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=2000)
    found, copies = texts(parser.parse_args().texts)
    missing = peers.missing("datasketch")

    def of(contestant: Callable) -> Callable[[], tuple[float, str]]:
        return lambda: contestant(found, copies)

    contestants = [Contestant("ours", of(ours))] + ([] if missing else [Contestant("datasketch", of(datasketch))])
    print(f"{len(found):,} texts:\n")
    print(table("texts", contestants, list(missing.items())), flush=True)


if __name__ == "__main__":
    main()
