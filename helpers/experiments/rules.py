"""What an arm is, and the rules by which arms pick their web pairs from a pool. The arms themselves are in ``arms``."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Pool:
    """What an arm picks from.

    Attributes:
        pairs: usable candidates: pair_id, instruction, output; ``score`` (by ``dual_likelihood``) and ``rating`` where an arm
            ranks by them; ``right`` and ``family`` (hidden truth) where its rule reads them.
        first: M_1's web pairs, in the order in which it was trained on them.
        count: pairs wanted; an arm with fewer takes what there is.
        draw: with the arm's ``stream``, seeds its choice.
    """

    pairs: pd.DataFrame
    first: pd.DataFrame
    count: int
    draw: int


@dataclass(frozen=True)
class Arm:
    """One arm.

    Attributes:
        name: its key in tables.
        rule: which pairs it picks, in words.
        pick: the rule; None for M_0, M_1 and M_2, which the run has trained already.
        label: its name in figures and sentences.
        against: arms that it is held against, where both are there.
        stream: of its random numbers.
        rater: the arm whose model rates the pool again (a second iteration); "" for none.
        judge: by what that model's ratings are ranked.
        reads: judges of the first iteration whose ratings the rule ranks by.
        needs_truth: whether the rule reads the hidden truth.
        dense: trained on the base without 4 bits.
        every_mode: answers under the evaluation's other inference modes as well; the others do not, for time.
        modes: further modes that it answers under in any evaluation.
        asked_as: the arm and the mode whose answers stand for this one, where it trains nothing of its own.
        size: web pairs that it picks, or seed pairs of an arm without web pairs; None: as many as M_1 has.
        without_seed: trained on its web pairs alone.
        tags: the sentences behind the instructions of seed and of web rows in training; None: S_a and S_w.
        decay_to: where the decay of the learning rate ends, as a share of its peak; None: where the preset has it.
        as_seed_model: trained with the settings of M_0, not with those of M_1.
    """

    name: str
    rule: str
    pick: Callable[["Arm", Pool], pd.DataFrame] | None = None
    label: str = ""
    against: tuple[str, ...] = ()
    stream: int = 0
    rater: str = ""
    judge: str = ""
    reads: tuple[str, ...] = ()
    needs_truth: bool = False
    dense: bool = False
    every_mode: bool = False
    modes: tuple[str, ...] = ()
    asked_as: tuple[str, str] | None = None
    size: int | None = None
    without_seed: bool = False
    tags: tuple[str, str] | None = None
    decay_to: float | None = None
    as_seed_model: bool = False


def best(pairs: pd.DataFrame, column: str, count: int) -> pd.DataFrame:
    """The ``count`` pairs with the highest ``column``, or all that have one; ties go to the smaller pair_id."""
    return pairs.dropna(subset=[column]).sort_values([column, "pair_id"], ascending=[False, True]).head(count)


def half(pairs: pd.DataFrame, which: str, draw: int) -> pd.DataFrame:
    """One half of the pool at random: ``own``, that ``half`` is trained on, or ``other``, that is kept away from it."""
    own = pairs.sort_values("pair_id").pair_id.sample(frac=0.5, random_state=np.random.default_rng(draw))
    return pairs[pairs.pair_id.isin(own) == (which == "own")]


def none(arm: Arm, pool: Pool) -> pd.DataFrame:
    """No web pairs."""
    return pool.pairs.head(0)


def at_random(arm: Arm, pool: Pool) -> pd.DataFrame:
    """Pairs at random among the usable ones; among those known to be right if the arm reads the truth."""
    return some(pool.pairs[pool.pairs.right.astype(bool)] if arm.needs_truth else pool.pairs, arm, pool)


def matched(arm: Arm, pool: Pool) -> pd.DataFrame:
    """Pairs at random with M_1's number of pairs of each family."""
    rng, wanted = np.random.default_rng([pool.draw, arm.stream]), pool.first.family.value_counts()
    groups = [g.sample(min(wanted.get(f, 0), len(g)), random_state=rng) for f, g in pool.pairs.groupby("family")]
    return pd.concat(groups)


def likely(right: bool) -> Callable[[Arm, Pool], pd.DataFrame]:
    """The rule that picks the most likely among the right pairs, or among the wrong ones."""
    return lambda arm, pool: best(pool.pairs[pool.pairs.right == right], "score", pool.count)


def whole_pool(arm: Arm, pool: Pool) -> pd.DataFrame:
    """All usable pairs: what a second iteration rates again."""
    return pool.pairs


def first(arm: Arm, pool: Pool) -> pd.DataFrame:
    """M_1's own pairs."""
    return pool.first


def some(pairs: pd.DataFrame, arm: Arm, pool: Pool) -> pd.DataFrame:
    """As many of ``pairs`` as are wanted, at random."""
    return pairs.sample(min(pool.count, len(pairs)), random_state=np.random.default_rng([pool.draw, arm.stream]))
