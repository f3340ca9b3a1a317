"""Divides the seed pairs into those that models are trained on and those that are held out from all training."""

import pandas as pd

from helpers.config import SeedModels
from helpers.corpus.words import words


def split(pairs: pd.DataFrame, settings: SeedModels, *, draw: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The seed pairs to train on, and the held-out ones, both in their order.

    The held-out pairs are a random sample of all pairs, seeded by ``draw``. Pairs whose instructions have the same words stay
    together, so that no model is trained on the instruction of a held-out pair. At most a fifth of the pairs is held out.

    Raises:
        ValueError: there are fewer than two pairs.
    """
    if len(pairs) < 2:
        raise ValueError(f"{len(pairs)} seed pairs cannot train a model: give more")
    # The words of a text of signs alone are none: then the text itself is compared.
    asked = pairs.instruction.map(lambda text: " ".join(words(text)) or text).sample(frac=1, random_state=draw)
    most, held_out, count = min(settings.held_out, len(pairs) // 5), set(), 0
    for words_, size in asked.value_counts(sort=False).items():
        if count + size <= most:
            held_out.add(words_)
            count += size
    kept_away = pairs.index.isin(asked.index[asked.isin(held_out)])
    return pairs[~kept_away].reset_index(drop=True), pairs[kept_away].reset_index(drop=True)
