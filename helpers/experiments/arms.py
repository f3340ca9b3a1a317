"""The arms: rules that pick the web pairs, everything else being equal. To add one is to add a record to ``ARMS``.

Base (but for ``bf16``), seed pairs, number of web pairs and training steps are the same for all arms that have web pairs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.config import Curation
from helpers.curation import LIKELIHOODS


@dataclass(frozen=True)
class Pool:
    """What an arm picks from.

    Attributes:
        pairs: usable candidates: pair_id, instruction, output; ``score`` (dual likelihood) and ``rating`` where an arm ranks by
            them; ``right`` and ``family`` (hidden truth) where its rule reads them.
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
        asked_as: the arm and the mode whose answers stand for this one, where it trains nothing of its own.
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
    asked_as: tuple[str, str] | None = None


def best(pairs: pd.DataFrame, column: str, count: int) -> pd.DataFrame:
    """The ``count`` pairs with the highest ``column``; ties go to the smaller pair_id."""
    return pairs.sort_values([column, "pair_id"], ascending=[False, True]).head(count)


def half(pairs: pd.DataFrame, which: str, draw: int) -> pd.DataFrame:
    """One half of the pool at random: ``own``, that ``half`` is trained on, or ``other``, that is kept away from it."""
    own = pairs.sort_values("pair_id").pair_id.sample(frac=0.5, random_state=np.random.default_rng(draw))
    return pairs[pairs.pair_id.isin(own) == (which == "own")]


def _none(arm: Arm, pool: Pool) -> pd.DataFrame:
    return pool.pairs.head(0)


def _at_random(arm: Arm, pool: Pool) -> pd.DataFrame:
    pairs = pool.pairs[pool.pairs.right.astype(bool)] if arm.needs_truth else pool.pairs
    return pairs.sample(min(pool.count, len(pairs)), random_state=np.random.default_rng([pool.draw, arm.stream]))


def _matched(arm: Arm, pool: Pool) -> pd.DataFrame:
    rng, wanted = np.random.default_rng([pool.draw, arm.stream]), pool.first.family.value_counts()
    groups = [g.sample(min(wanted.get(f, 0), len(g)), random_state=rng) for f, g in pool.pairs.groupby("family")]
    return pd.concat(groups)


def _likely(right: bool) -> Callable[[Arm, Pool], pd.DataFrame]:
    return lambda arm, pool: best(pool.pairs[pool.pairs.right == right], "score", pool.count)


def _whole_pool(arm: Arm, pool: Pool) -> pd.DataFrame:
    return pool.pairs


ARMS = {
    arm.name: arm
    for arm in (
        Arm("M_0 (S_a)", "M_0 asked with the one tag that it was trained with", asked_as=("M_0", "seed")),
        Arm("M_0", "the seed pairs alone", every_mode=True),
        Arm("seed_only (S_a)", "the same asked with its own tag", label="seed only (S_a)", asked_as=("seed_only", "seed")),
        Arm(
            "seed_only",
            "the seed pairs alone, as many steps as M_1",
            _none,
            label="seed only",
            against=("M_0",),
            every_mode=True,
        ),
        Arm("uncurated", "pairs at random among the usable ones", _at_random, against=("M_0 (S_a)", "M_0"), stream=7),
        Arm(
            "uncurated_matched",
            "pairs at random with M_1's number of pairs of each family (hidden truth)",
            _matched,
            label="uncurated, M_1's families",
            stream=8,
            needs_truth=True,
        ),
        Arm(
            "oracle",
            "pairs at random among those known to be right (hidden truth)",
            _at_random,
            against=("M_0 (S_a)", "M_0", "uncurated"),
            stream=4,
            needs_truth=True,
            every_mode=True,
        ),
        Arm(
            "rated",
            "the pairs M_0 rates best from 1 to 5, the paper's judge",
            lambda arm, pool: best(pool.pairs, "rating", pool.count),
            label="rated M_1",
            reads=("rating",),
            against=("M_0", "uncurated"),
        ),
        Arm(
            "likely_right",
            "the most likely among the right pairs (hidden truth)",
            _likely(True),
            label="likely among right",
            reads=LIKELIHOODS,
            against=("uncurated", "oracle", "likely_wrong"),
            needs_truth=True,
        ),
        Arm(
            "likely_wrong",
            "the most likely among the wrong pairs (hidden truth)",
            _likely(False),
            label="likely among wrong",
            reads=LIKELIHOODS,
            against=("uncurated",),
            needs_truth=True,
        ),
        Arm(
            "bf16",
            "M_1's pairs, on the base in bfloat16 instead of 4 bits",
            lambda arm, pool: pool.first,
            label="M_1 without 4 bits",
            dense=True,
        ),
        Arm(
            "half",
            "the dual-likelihood best of one half of the pool",
            lambda arm, pool: best(half(pool.pairs, "own", pool.draw), "score", pool.count),
            label="M_1 of half a pool",
            reads=LIKELIHOODS,
        ),
        Arm(
            "rated_2",
            "the pairs that `rated` rates best: the paper's second iteration",
            _whole_pool,
            label="rated M_2",
            against=("M_0", "rated"),
            rater="rated",
            judge="rating",
        ),
        Arm(
            "half_own",
            "the best by `half` of the half of the pool that it was trained on",
            lambda arm, pool: half(pool.pairs, "own", pool.draw),
            label="M_2, own half",
            rater="half",
            judge="dual_likelihood",
        ),
        Arm(
            "half_other",
            "the best by `half` of the half of the pool that it never saw",
            lambda arm, pool: half(pool.pairs, "other", pool.draw),
            label="M_2, other half",
            against=("half_own",),
            rater="half",
            judge="dual_likelihood",
        ),
        Arm(
            "M_1",
            "the pairs that the first decision keeps",
            against=(
                "M_0 (S_a)", "M_0", "seed_only", "seed_only (S_a)", "uncurated", "uncurated_matched", "oracle", "rated", "bf16",
            ),
            every_mode=True,
        ),
        Arm(
            "M_2",
            "the pairs that the second decision keeps",
            against=("M_0 (S_a)", "M_0", "M_1", "uncurated", "uncurated_matched"),
            every_mode=True,
        ),
    )
}  # fmt: skip
"""Every arm by name, in the order in which tables show them."""

BASELINES = ("M_0 (S_a)", "M_0", "seed_only (S_a)", "seed_only", "uncurated")
"""What an ablation holds every arm against."""


def find(names: Sequence[str], *, truth_known: bool = True, judges: Sequence[str] = Curation.judges) -> list[Arm]:
    """The comparison arms of these names.

    Raises:
        ValueError: an arm is unknown, needs the hidden truth where there is none, a judge that does not rate, or the model of
            an arm that is not among them.
    """
    trainable = {name: arm for name, arm in ARMS.items() if arm.pick}
    for name in names:
        if name not in trainable:
            raise ValueError(f"unknown arm {name!r}; there are {', '.join(trainable)}")
        arm = trainable[name]
        if arm.needs_truth and not truth_known:
            raise ValueError(f"the arm {name!r} reads the hidden truth, which only a generated world has: leave it out")
        if missing := [judge for judge in arm.reads if judge not in judges]:
            raise ValueError(f"the arm {name!r} ranks by {missing[0]}, which does not rate: add it to curation.judges")
        if arm.rater and arm.rater not in names:
            raise ValueError(f"the arm {name!r} needs the arm {arm.rater!r}: add it to evaluation.arms")
    return [trainable[name] for name in names]


def label(name: str) -> str:
    """An arm as figures and sentences name it."""
    return (ARMS[name].label if name in ARMS else "") or name


def contrasts(names: Sequence[str]) -> list[tuple[str, str]]:
    """The (arm, baseline) pairs that are compared among these arms."""
    return [(arm.name, other) for arm in ARMS.values() if arm.name in names for other in arm.against if other in names]
