"""Which seed pairs are trained on, and which are kept away from all training."""

import pandas as pd

from helpers.config import SeedModels


def split(pairs: pd.DataFrame, settings: SeedModels, *, draw: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Seed pairs to train on, and held-out ones, which are drawn over all pairs by ``draw``; both in their order.

    At most a fifth of the pairs is held out.

    Raises:
        ValueError: there are fewer than two pairs.
    """
    if len(pairs) < 2:
        raise ValueError(f"{len(pairs)} seed pairs cannot train a model: give more")
    kept_away = pairs.sample(min(settings.held_out, len(pairs) // 5), random_state=draw)
    rest = pairs.drop(kept_away.index)
    return rest.reset_index(drop=True), kept_away.sort_index().reset_index(drop=True)
