"""The hidden truth of a run on the mini web, for evaluation and for the cells that say what really happened.

The method never reads it. Segments are matched with the truth by page and header path, never by their content.
"""

import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from helpers import stats, truth
from helpers.config import located
from helpers.miniweb.families import all_families, family
from helpers.miniweb.family import Item, items
from helpers.miniweb.parse import parse
from helpers.miniweb.verify import grade

COLUMNS = ["kind", "family", "item"]

LIMITS = (
    "World and base were chosen so that there is something to learn. Pages that state a passage and then ask about it are "
    "common in what the base read, and question-answer pages are rare. The results hold for this base and this world; they "
    "predict nothing about another.",
    "The unit is the family of tasks, not the prompt: intervals resample families. "
    "They do not contain the spread between draws.",
    "Training and answering round differently on another machine, in another precision or with another number of threads: "
    "M_1 and M_2 are then others.",
    "4-bit weights and adapters are used because real models need them. At this size nobody needs the memory they save.",
    "Web segments are shorter than the paper's 600 to 3,000 characters.",
)
"""What results on the mini web do not show."""


@cache
def _items(family_name: str) -> dict[str, Item]:
    """All items of a family by key: those of each split or, for a family about single rows, every row."""
    splits = (None,) if family(family_name).rows == 1 else ("open", "dev", "test", None)
    return {item.key: item for split in reversed(splits) for item in items(family(family_name), split)}


def item_of(key: str) -> Item:
    """The item with a key such as ``"capital: France"``.

    Raises:
        ValueError: the family is unknown.
        KeyError: the family has no such item.
    """
    return _items(key.split(": ", 1)[0])[key]


def verify(prompt: pd.Series, text: str) -> tuple[float, bool]:
    """Grade an answer to a prompt of the mini web: F1 of facts (0 to 1), and whether it has the requested form."""
    result = grade(item_of(prompt["item"]), text)
    return result.score, result.form


def is_right(instruction: str, key: str) -> bool:
    """Whether an instruction asks about the item of ``key``; False for an empty key (spam, navigation)."""
    asked = parse(instruction)
    if asked is None or not key:
        return False
    return (asked.family, asked.names) == (key.split(": ", 1)[0], tuple(sorted(item_of(key).names)))


def reveal(pairs: pd.DataFrame, segments: pd.DataFrame, truth: str | Path) -> pd.DataFrame:
    """The truth about each pair: pair_id, kind, family, item, ``asks_right`` and ``right``.

    ``asks_right``: the instruction asks about the segment's item. ``right``: it does, and the segment is good.

    Args:
        pairs: pair_id, segment_id, instruction.
        segments: segment_id, url, header_path.
        truth: the world's ``truth.parquet``.

    Raises:
        ValueError: the truth does not know some segments, so the crawl is that of another world.
    """
    known = pd.read_parquet(truth)
    known = known.sort_values("filtered", na_position="first").drop_duplicates(["url", "header_path"])
    places = segments[["segment_id", "url", "header_path"]]
    joined = pairs[["pair_id", "segment_id", "instruction"]].merge(places, on="segment_id", how="left")
    joined = joined.merge(known[["url", "header_path", *COLUMNS]], on=["url", "header_path"], how="left")
    if joined.kind.isna().any():
        raise ValueError(f"{int(joined.kind.isna().sum())} of {len(joined)} segments are not in {truth}: another world's crawl")
    asks = [is_right(x, key or "") for x, key in zip(joined.instruction, joined["item"].fillna(""), strict=True)]
    joined = joined.assign(asks_right=asks)
    return joined.assign(right=joined.asks_right & (joined.kind == "good"))[
        ["pair_id", "kind", "family", "item", "asks_right", "right"]
    ]


def bad_kind(revealed: pd.DataFrame) -> pd.Series:
    """What is wrong with each pair: the segment's kind of junk; ``mismatched`` if the segment is good; "" for a right pair."""
    kind = revealed.kind.where(revealed.kind != "good", "mismatched")
    return kind.mask(revealed.right, "")


def unseen() -> list[str]:
    """Names of the families that do not occur in the seed pairs."""
    return [name for name, each in all_families().items() if not each.in_seed]


def judge_table(judged: pd.DataFrame) -> pd.DataFrame:
    """AUC of right pairs against each kind of bad pair, for each judge.

    Args:
        judged: ratings joined with ``reveal``: judge, score, kind, family, right.

    Returns:
        One row for each judge and kind, and one for ``all`` bad pairs: n bad pairs, auc with its 95 % interval, and ``within``,
        the AUC inside families (None for ``all`` and for spam and navigation, which have no family).
    """
    rows = []
    for judge, group in judged.groupby("judge", sort=False):
        wrong, good = bad_kind(group), group[group.right]
        for kind in [*sorted(set(wrong) - {""}), "all"]:
            bad = group[~group.right & ((wrong == kind) | (kind == "all"))]
            low, high = stats.auc_interval(good.score, bad.score)
            both = pd.concat([good, bad])
            within = (
                stats.auc_within(both.score, both.right, both.family) if kind not in ("spam", "navigation", "all") else None
            )
            auc = stats.auc(good.score, bad.score)
            rows.append({"judge": judge, "kind": kind, "n": len(bad), "auc": auc, "low": low, "high": high, "within": within})
    return pd.DataFrame(rows).round(3)


@dataclass(frozen=True)
class MiniWeb(truth.Truth):
    """The mini web of a draw and the truth about it. ``prepare`` builds it if ``folder`` does not exist yet."""

    folder: Path = Path()
    draw: int = 0
    known = True
    limits = LIMITS

    @classmethod
    def of_draw(cls, draw: int) -> "MiniWeb":
        """The mini web of a draw, in the folder where every run looks for it."""
        return cls(located("artifacts/mini-web") / f"draw-{draw}", draw)

    def prepare(self) -> None:
        """Build the mini web if it does not exist; this takes a few seconds.

        Raises:
            RuntimeError: it could not be built; the message holds the reason.
        """
        if (self.folder / "world.json").exists():
            return
        sys.stdout.write(f"building the mini web of draw {self.draw} in {self.folder}\n")
        command = [sys.executable, "-m", "helpers.miniweb", "build", "--out", str(self.folder), "--draw", str(self.draw)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=located("."))
        if done.returncode:
            raise RuntimeError(f"the mini web could not be built in {self.folder}: {done.stderr.strip()}")

    def reveal(self, pairs: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
        """The truth about each pair (``reveal``)."""
        return reveal(pairs, segments, self.folder / "truth.parquet")

    def asked(self, pairs: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
        """How often the instruction of a good segment asks about its item, for families in the seed and for the others."""
        good = self.reveal(pairs, segments).query("kind == 'good'")
        families = good.family.isin(unseen()).map({True: "not in the seed", False: "in the seed"}).rename("families")
        return good.groupby(families).asks_right.agg(asks_right="mean", segments="size").round(3)

    def judges(self, ratings: pd.DataFrame, pairs: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
        """AUC of right pairs against each kind of bad pair, for each judge (``judge_table``)."""
        return judge_table(ratings.merge(self.reveal(pairs, segments), on="pair_id"))

    def kept(self, decided: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
        """Share of right pairs among the kept and among the dropped ones."""
        revealed = decided.merge(self.reveal(decided, segments), on="pair_id")
        return revealed.groupby("kept").right.agg(right="mean", pairs="size").round(3)

    def judged(self, pairs: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
        """Pairs with their truth and ``wrong``, the kind of bad pair, for ``stats.judge_gains``."""
        revealed = self.reveal(pairs, segments)
        return pairs.merge(revealed.assign(wrong=bad_kind(revealed)), on="pair_id")

    def grade(self, prompt: pd.Series, text: str) -> tuple[float | None, bool]:
        """Grade an answer to a prompt of the mini web (``verify``)."""
        return verify(prompt, text)
