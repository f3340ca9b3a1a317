"""The check before the bill: which judge to trust on a preset's own model and seed pairs, before a night of rating."""

from pathlib import Path

import pandas as pd

from helpers import models, seed_pairs, tables
from helpers.config import Preset
from helpers.curation import COMBINED
from helpers.figures.judges import judges as heat_map
from helpers.judging import check as checked
from helpers.judging.judges import JUDGES

QUICK = tuple(name for name, judge in JUDGES.items() if judge.reader != "sampled")
"""Judges that are asked where none are named: all but those that write their reasons, which take a hundred times as long."""

MOST_PAIRS = 60
"""Held-out seed pairs that are rated with their twins, unless told otherwise."""


def check(
    preset: Preset, names: tuple[str, ...] = (*QUICK, *COMBINED), *, most: int = MOST_PAIRS
) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """Rate held-out seed pairs and bad twins of them with each judge, on the base without any adapter.

    The pairs are those that the preset holds out; where it holds none out, a sample of all seed pairs, which the untuned base
    was not trained on either.

    Returns:
        the ratings, the table (``judging.check.table``) and the sentence that names the judge to take.
    """
    pairs, _ = seed_pairs.read(preset.seed_models.seed_pairs, n=preset.seed_models.most_pairs, draw=preset.draw)
    _, held_out = seed_pairs.split(pairs, preset.seed_models, draw=preset.draw)
    own = held_out if len(held_out) else pairs
    model = models.load(preset.base.path, four_bit=preset.base.four_bit, dtype=preset.base.dtype)
    sample = own.sample(min(most, len(own)), random_state=preset.draw)
    ratings, table = checked.run(model, sample, names, preset.draw)
    return ratings, table, checked.sentence(table)


def keep(ratings: pd.DataFrame, table: pd.DataFrame, folder: Path) -> None:
    """Write ``ratings.parquet``, ``judges.csv`` and the heat map ``judges.png`` into a folder."""
    tables.write_table(folder / "ratings.parquet", ratings)
    table.to_csv(folder / "judges.csv", index=False)
    heat_map(table).savefig(folder / "judges.png")
