"""Is the gain built in? What curated pairs add, against the share of question-answer pages that the base has read.

Bases of other shares are made by ``python -m helpers.miniweb pretrain --questions SHARE --out BASE``, and each is given the
whole method by ``python -m helpers run --base BASE --run NAME``. This puts such runs beside each other.
"""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from helpers import figures
from helpers.experiments import results
from helpers.stats import as_record, difference
from helpers.tables import read_json


def share(base: Path) -> float:
    """The share of a mini base's tokens, 0 to 1, that came from the question-answer pages' part of the mix.

    Raises:
        ValueError: the folder does not say how the base was made.
    """
    told = read_json(base / "training.json")
    if "main" not in told:
        raise ValueError(f"{base} has no training.json of `python -m helpers.miniweb pretrain`: its share of pages is unknown")
    parts = [(part["tokens"], part["mix"]["questions"]) for part in (told["main"], told["recipe"])]
    return sum(tokens * questions for tokens, questions in parts) / sum(tokens for tokens, _ in parts)


def gains(names: Sequence[str]) -> pd.DataFrame:
    """M_1 minus M_0 of each run, M_0 as it is asked best, on families not in the seed; the smallest share first.

    Returns:
        run, share, label, value, low, high, prompts, families, draws, note.

    Raises:
        MissingArtifact: a run is not there, or not evaluated.
    """
    rows = []
    for name in names:
        measured = results.of(name)
        other, of_base = results.baseline(measured), share(Path(measured.preset.base.path))
        found = difference(measured.asked, "M_1", other)
        label = f"{of_base:.1%} question-answer pages: M_1 - {other}"
        note = f"n = {found.prompts}"
        rows.append({"run": name, "share": of_base, "label": label, **as_record(found), "note": note})
    return pd.DataFrame(rows).sort_values("share", ignore_index=True)


def main(args: Namespace) -> None:
    """Write ``questions.csv`` and ``questions.png`` and print the table."""
    table = gains(args.runs)
    args.out.mkdir(parents=True, exist_ok=True)
    table.to_csv(args.out / "questions.csv", index=False)
    title = "What curated pairs add, by what the base has read"
    figures.differences(table, title=title).savefig(args.out / "questions.png")
    print(table[["label", "value", "low", "high"]].round(3).to_string(index=False))
