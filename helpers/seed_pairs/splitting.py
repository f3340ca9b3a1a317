"""Divides the seed pairs into those that models are trained on and those that are held out from all training."""

import pandas as pd

from helpers.config import SeedModels


def split(pairs: pd.DataFrame, settings: SeedModels, *, draw: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The seed pairs to train on, and the held-out ones, both in their order.

    The held-out pairs are a random sample of all pairs, seeded by ``draw``. At most a fifth of the pairs is held out.

    Raises:
        ValueError: there are fewer than two pairs.
    """
    if len(pairs) < 2:
        raise ValueError(f"{len(pairs)} seed pairs cannot train a model: give more")
    kept_away = pairs.sample(min(settings.held_out, len(pairs) // 5), random_state=draw)
    rest = pairs.drop(kept_away.index)
    return rest.reset_index(drop=True), kept_away.sort_index().reset_index(drop=True)
