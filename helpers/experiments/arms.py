"""The arms: rules that pick the web pairs, everything else being equal. To add one is to add a record to ``ARMS``.

Base (but for ``bf16``), seed pairs, number of web pairs and training steps are the same for all arms that have web pairs. An
arm of another size is its name with the number behind it: ``uncurated-150``. A record may also say what is done differently in
training: the mistakes of a known re-implementation are such arms (``defects``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from helpers.config import Curation
from helpers.curation import LIKELIHOODS
from helpers.experiments import rules
from helpers.experiments.rules import Arm, Pool, best, half
from helpers.paper import FINE_TUNING
from helpers.prompts import WRONG_TAGS

PAPER_DECAY = FINE_TUNING.final_learning_rate / FINE_TUNING.learning_rate
"""Where the paper's learning rate ends, as a share of its peak: .9."""

ARMS = {
    arm.name: arm
    for arm in (
        Arm("M_0 (S_a)", "M_0 asked with the one tag that it was trained with", asked_as=("M_0", "seed")),
        Arm("M_0 (no tag)", "M_0 asked without a tag", asked_as=("M_0", "none")),
        Arm("M_0", "the seed pairs alone", every_mode=True, modes=("seed",)),
        Arm("seed_only (S_a)", "the same asked with its own tag", label="seed only (S_a)", asked_as=("seed_only", "seed")),
        Arm(
            "seed_only",
            "the seed pairs alone, as many steps as M_1",
            rules.none,
            label="seed only",
            modes=("seed",),
            against=("M_0",),
        ),
        Arm(
            "uncurated",
            "pairs at random among the usable ones",
            rules.at_random,
            against=("M_0 (S_a)", "M_0"),
            stream=7,
            every_mode=True,
        ),
        Arm(
            "uncurated (no tag)",
            "the model of `uncurated` asked without a tag",
            asked_as=("uncurated", "none"),
            against=("M_0 (no tag)",),
        ),
        Arm(
            "uncurated_matched",
            "pairs at random with M_1's number of pairs of each family (hidden truth)",
            rules.matched,
            label="uncurated, M_1's families",
            stream=8,
            needs_truth=True,
        ),
        Arm(
            "oracle",
            "pairs at random among those known to be right (hidden truth)",
            rules.at_random,
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
            rules.likely(True),
            label="likely among right",
            reads=LIKELIHOODS,
            against=("uncurated", "oracle", "likely_wrong"),
            needs_truth=True,
        ),
        Arm(
            "likely_wrong",
            "the most likely among the wrong pairs (hidden truth)",
            rules.likely(False),
            label="likely among wrong",
            reads=LIKELIHOODS,
            against=("uncurated",),
            needs_truth=True,
        ),
        Arm(
            "bf16",
            "M_1's pairs, on the base in bfloat16 instead of 4 bits",
            rules.first,
            label="M_1 without 4 bits",
            dense=True,
        ),
        Arm(
            "half",
            "the best of one half of the pool by dual_likelihood",
            lambda arm, pool: best(half(pool.pairs, "own", pool.draw), "score", pool.count),
            label="M_1 of half a pool",
            reads=LIKELIHOODS,
        ),
        Arm(
            "rated_2",
            "the pairs that `rated` rates best: the paper's second iteration",
            rules.whole_pool,
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
            "loose",
            "pairs at random among the better half of the usable ones by dual_likelihood",
            lambda arm, pool: rules.some(best(pool.pairs, "score", len(pool.pairs) // 2), arm, pool),
            label="A_4-like",
            reads=LIKELIHOODS,
            against=("uncurated",),
            stream=9,
        ),
        Arm(
            "kept",
            "pairs at random among M_1's",
            lambda arm, pool: rules.some(pool.first, arm, pool),
            label="A_5-like",
            stream=10,
        ),
        Arm(
            "web_uncurated",
            "the same as uncurated, without seed pairs",
            rules.at_random,
            label="uncurated alone",
            modes=("web",),
            stream=11,
            without_seed=True,
        ),
        Arm(
            "web_kept",
            "pairs at random among M_1's, without seed pairs",
            lambda arm, pool: rules.some(pool.first, arm, pool),
            label="A_5-like alone",
            modes=("web",),
            stream=12,
            without_seed=True,
        ),
        Arm(
            "untagged",
            "M_1's pairs, trained without tags",
            rules.first,
            label="M_1 without tags",
            modes=("none",),
            tags=("", ""),
        ),
        Arm(
            "untagged (no tag)",
            "the same asked without a tag, as it was trained",
            label="M_1 without tags (no tag)",
            asked_as=("untagged", "none"),
            against=("M_0 (no tag)",),
        ),
        Arm(
            "seed_wrong_tags",
            "M_0, trained with the wrong sentences as tags",
            rules.none,
            label="M_0, wrong tags",
            modes=("wrong_tags", "backward"),
            tags=WRONG_TAGS,
            as_seed_model=True,
        ),
        Arm(
            "wrong_tags",
            "M_1's pairs, trained with the wrong sentences as tags",
            rules.first,
            label="M_1, wrong tags",
            modes=("wrong_tags", "none"),
            tags=WRONG_TAGS,
        ),
        Arm(
            "seed_slow_decay",
            "M_0, its learning rate decaying to nine tenths of the peak, as the paper's does",
            rules.none,
            label="M_0, the paper's decay",
            decay_to=PAPER_DECAY,
            as_seed_model=True,
        ),
        Arm(
            "slow_decay",
            "M_1's pairs, the learning rate decaying to nine tenths of the peak, as the paper's does",
            rules.first,
            label="M_1, the paper's decay",
            decay_to=PAPER_DECAY,
        ),
        Arm(
            "M_1",
            "the pairs that the first decision keeps",
            against=(
                "M_0 (S_a)", "M_0 (no tag)", "M_0", "seed_only", "seed_only (S_a)", "uncurated", "uncurated_matched", "oracle",
                "rated", "bf16",
            ),
            every_mode=True,
        ),
        Arm(
            "M_1 (no tag)",
            "M_1 asked without a tag",
            asked_as=("M_1", "none"),
            against=("M_0 (no tag)", "uncurated (no tag)", "untagged (no tag)"),
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


def named(name: str) -> Arm:
    """The arm of a name; a number behind it is its size: ``uncurated-150``.

    Raises:
        ValueError: there is no such arm, or it has no size to choose.
    """
    if name in ARMS:
        return ARMS[name]
    stem, _, size = name.rpartition("-")
    arm = ARMS.get(stem)
    if not (arm and arm.pick and size.isdigit() and int(size)):
        raise ValueError(f"unknown arm {name!r}; there are {', '.join(each for each, arm in ARMS.items() if arm.pick)}")
    if arm.rater or arm.pick in (rules.first, rules.whole_pool):
        raise ValueError(f"the arm {stem!r} has no size to choose: leave the {size} out")
    sized = f"{arm.label or stem}, {int(size):,} pairs"
    return replace(arm, name=name, label=sized, size=int(size), against=(), every_mode=False)


def find(names: Sequence[str], *, truth_known: bool = True, judges: Sequence[str] = Curation.judges) -> list[Arm]:
    """The comparison arms of these names (``named``).

    Raises:
        ValueError: an arm is unknown, needs the hidden truth where there is none, a judge that does not rate, or the model of
            an arm that is not among them.
    """
    found = [named(name) for name in names]
    for arm in found:
        if not arm.pick:
            raise ValueError(f"the arm {arm.name!r} is trained by every run: leave it out of evaluation.arms")
        if arm.needs_truth and not truth_known:
            raise ValueError(f"the arm {arm.name!r} reads the hidden truth, which only a generated world has: leave it out")
        if missing := [judge for judge in arm.reads if judge not in judges]:
            raise ValueError(f"the arm {arm.name!r} ranks by {missing[0]}, which does not rate: add it to curation.judges")
        if arm.rater and arm.rater not in names:
            raise ValueError(f"the arm {arm.name!r} needs the arm {arm.rater!r}: add it to evaluation.arms")
    return found


def choose(arm: Arm, pool: Pool) -> pd.DataFrame:
    """The web pairs of an arm, as many as its size says, or as M_1 has.

    Raises:
        ValueError: its size is more than there are pairs to pick from.
    """
    pairs = arm.pick(arm, replace(pool, count=arm.size or pool.count))
    if arm.size and arm.pick is not rules.none and len(pairs) < arm.size:
        raise ValueError(f"the arm {arm.name!r} has {len(pairs):,} pairs to pick from: choose a smaller size")
    return pairs


def seed_of(arm: Arm, seed_pairs: pd.DataFrame, draw: int) -> pd.DataFrame:
    """The seed pairs of an arm: all, none, or, for one with a size and no web pairs, a random sample of that size.

    Raises:
        ValueError: its size is more than there are seed pairs.
    """
    if arm.without_seed:
        return seed_pairs.head(0)
    if not arm.size or arm.pick is not rules.none:
        return seed_pairs
    if arm.size > len(seed_pairs):
        raise ValueError(f"the arm {arm.name!r} has {len(seed_pairs):,} seed pairs to pick from: choose a smaller size")
    return seed_pairs.sample(arm.size, random_state=np.random.default_rng([draw, arm.size]))


def label(name: str) -> str:
    """An arm as figures and sentences name it."""
    return named(name).label or name


def in_order(names: Iterable[str]) -> list[str]:
    """These arms as tables show them: in the order of ``ARMS``, then those of other sizes, small ones first."""
    places = list(ARMS)

    def place(name: str) -> tuple[bool, int, int]:
        return name not in ARMS, places.index(name if name in ARMS else name.rpartition("-")[0]), named(name).size or 0

    return sorted(set(names), key=place)


def contrasts(names: Sequence[str]) -> list[tuple[str, str]]:
    """The (arm, baseline) pairs that are compared among these arms."""
    return [(arm.name, other) for arm in ARMS.values() if arm.name in names for other in arm.against if other in names]
