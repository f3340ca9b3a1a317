"""Sentences for tests."""

import random

TEXT = "copper melts at high heat while silver rivers carry cold water past old stone towns and quiet green hills"


def sentences(count: int, seed: int = 0) -> list[str]:
    """Sentences of known words and a number, 4 to 12 words long."""
    rng = random.Random(seed)
    return [" ".join(rng.choices(TEXT.split(), k=rng.randint(4, 12))) + f" {rng.randint(1, 99)}." for _ in range(count)]
