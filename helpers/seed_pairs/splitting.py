"""Which seed pairs are trained on, and which are kept away from all training."""

import pandas as pd

from helpers.config import SeedModels


def split(pairs: pd.DataFrame, settings: SeedModels, *, draw: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Seed pairs to train on, and held-out ones, which are drawn over all pairs by ``draw``; both in their order.

    Raises:
        ValueError: fewer than two pairs are left to train on.
    """
    if len(pairs) - settings.held_out < 2:
        raise ValueError(
            f"{len(pairs)} seed pairs with {settings.held_out} held out leave fewer than 2 to train on: "
            "lower seed_models.held_out, or give more pairs"
        )
    kept_away = pairs.sample(settings.held_out, random_state=draw)
    rest = pairs.drop(kept_away.index)
    return rest.reset_index(drop=True), kept_away.sort_index().reset_index(drop=True)
