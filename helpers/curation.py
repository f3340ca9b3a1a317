"""Curation: from the ratings of candidate pairs to the pairs that are kept, each with the reason.

A *rating* is a score that a judge gives one pair. A *decision* says which pairs are kept: it holds a judge, a rule with its
threshold, and the pairs on which the reader overrules the rule. Ranks depend on all pairs, so they are computed when deciding
and never stored. The module opens no file and imports no torch, because panels decide anew at every move of a slider.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from numbers import Real

import pandas as pd

from helpers import tables
from helpers.config import Curation
from helpers.judge import BEST, COMBINED, named

LIKELIHOODS = COMBINED["dual_likelihood"]
"""The two ratings whose ranks ``dual_likelihood`` adds. The idea is dual cross-entropy filtering of parallel text
(Junczys-Dowmunt 2018); the paper does not use it."""

RULES = ("at_least", "top", "quantile")

FIRST = "reader, in iteration 1"
"""``Decision.made_by`` of a decision on iteration 2 that the reader made on iteration 1."""

AT_CHANCE = 0.5
"""AUC of a judge that guesses."""

FEWEST_PARSED = 0.9
"""Smallest share of pairs, 0 to 1, that a judge must be able to rate to be trusted."""


@dataclass(frozen=True)
class Decision:
    """Which pairs are kept: a rule on one score, and the pairs on which the reader overrules the rule.

    Raises:
        ValueError: an unknown rule, no judge, a value that the rule cannot use, or a pair both vetoed and added.
    """

    judge: tuple[str, ...]
    """One judge, or several whose ranks are added."""
    rule: str
    """``at_least`` keeps the pairs from a score on, ``top`` a number of best pairs, ``quantile`` a share of best pairs."""
    value: float
    """The score, the whole number of pairs, or the share (0 to 1) that the rule needs."""
    made_by: str = "default"
    """Who decided: ``default`` (the preset), ``reader``, or ``FIRST`` (the reader, in iteration 1)."""
    vetoed: tuple[str, ...] = ()
    """pair_ids that are dropped even if the rule keeps them."""
    added: tuple[str, ...] = ()
    """pair_ids that are kept even if the rule drops them, unless they have a hygiene flag."""
    bad: tuple[str, ...] = field(default=(), compare=False)
    """All pair_ids that the reader labelled bad. Those that this rule drops anyway are vetoed in a later iteration."""
    good: tuple[str, ...] = field(default=(), compare=False)
    """All pair_ids that the reader labelled good. Those that this rule keeps anyway are added in a later iteration."""

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f"unknown rule {self.rule!r}; there are {', '.join(RULES)}")
        for name in ("judge", "vetoed", "added", "bad", "good"):
            given = getattr(self, name)
            if (
                isinstance(given, str | dict)
                or not isinstance(given, Iterable)
                or not all(map(_is_name, given := tuple(given)))
            ):
                raise ValueError(f"{name} is {given!r}: a decision needs a list of strings")
            object.__setattr__(self, name, given)
        if not self.judge or len(set(self.judge)) < len(self.judge):
            raise ValueError(f"a decision needs one judge or several different ones, not {list(self.judge)}")
        if problem := _unusable(self.rule, self.value):
            raise ValueError(f"{self.rule} cannot use {self.value!r}: {problem}")
        object.__setattr__(self, "value", int(self.value) if self.value == int(self.value) else float(self.value))
        if both := set(self.vetoed) & set(self.added):
            raise ValueError(f"pair {min(both)} is both vetoed and added: take it out of one of the two")

    @classmethod
    def of(cls, record: dict) -> "Decision":
        """A decision from the dict that ``record`` gives. A single judge may be a string, and records may name no pairs.

        Raises:
            ValueError: a field is missing or unknown, or has a value that no decision has.
        """
        fields = cls.__dataclass_fields__
        missing, unknown = {"judge", "rule", "value"} - record.keys(), record.keys() - fields.keys()
        if missing or unknown:
            words = [f"no {name}" for name in sorted(missing)] + [f"an unknown {name}" for name in sorted(unknown)]
            raise ValueError(f"this is no decision: it has {', '.join(words)}; the fields are {', '.join(fields)}")
        judge = record["judge"]
        return cls(**record | {"judge": (judge,) if isinstance(judge, str) else judge})

    def record(self) -> dict:
        """The decision as plain JSON values: what ``decision.json`` holds. ``bad`` and ``good`` are left out where empty."""
        told = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        return {name: value for name, value in told.items() if value or name not in ("bad", "good")}


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _unusable(rule: str, value: float) -> str:
    """The reason why a rule cannot use a value; empty if it can."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        return "it needs a number"
    if rule == "top" and (value < 0 or value != int(value)):
        return "it needs a whole number of pairs"
    return "it needs a share from 0 to 1" if rule == "quantile" and not 0 <= value <= 1 else ""


def judges(name: str) -> tuple[str, ...]:
    """The judges whose ratings a name stands for: several for a combined judge, else one. A rubric is named after its file."""
    return COMBINED.get(name, (named(name),))


def called(judge: Sequence[str]) -> str:
    """The judges of a decision in words: the name of their sum where it has one."""
    sums = {frozenset(judges_): name for name, judges_ in COMBINED.items()}
    return judge[0] if len(judge) == 1 else sums.get(frozenset(judge), f"{' + '.join(judge)}, ranks added")


def trusted(checked: pd.DataFrame) -> pd.DataFrame:
    """The judges that a check found better than chance, best first. Rows of the check with the kind ``mean``, by judge.

    Args:
        checked: a check's table (``judging.check.table``): judge, kind, auc, low, parsed.
    """
    means = checked[checked.kind == "mean"].set_index("judge").sort_values("auc", ascending=False, kind="stable")
    return means[(means.parsed >= FEWEST_PARSED) & (means.low > AT_CHANCE)]


def settled(settings: Curation, checked: pd.DataFrame | None) -> Curation:
    """The settings with a named judge. Where they leave the choice to the check, it is the best judge that has ratings; a
    rubric keeps its path.

    The settings stay as they are if they name a judge, if there is no check yet, or if no judge that rates is trusted.
    """
    if settings.judge != BEST or checked is None:
        return settings
    rate = {name for judge in settings.judges for name in judges(judge)}
    found = [name for name in trusted(checked).index if set(judges(name)) <= rate]
    paths = {judges(judge): judge for judge in settings.judges}
    return replace(settings, judge=paths.get(judges(found[0]), found[0])) if found else settings


def default(settings: Curation) -> Decision:
    """The decision that a preset's settings name."""
    return Decision(judges(settings.judge), settings.rule, settings.value)


def scores(ratings: pd.DataFrame, judge: tuple[str, ...]) -> pd.Series:
    """One score for each pair, by pair_id: the judge's rating or, for several judges, the sum of the ranks (0 to 1 each).

    A pair that one of the judges could not rate has no score (NaN).
    """
    missing = set(judge) - set(ratings.judge)
    if missing:
        raise ValueError(f"no ratings by {', '.join(sorted(missing))}; there are {', '.join(sorted(set(ratings.judge)))}")
    by_pair = ratings.set_index("pair_id")
    wide = pd.DataFrame({name: by_pair[by_pair.judge == name].score.astype(float) for name in judge})
    if len(judge) == 1:
        return wide[judge[0]].rename("score")
    return wide.rank(pct=True).sum(axis=1, min_count=len(judge)).where(wide.notna().all(axis=1)).rename("score")


def decide(candidates: pd.DataFrame, ratings: pd.DataFrame, decision: Decision) -> pd.DataFrame:
    """The candidates with ``score``, ``kept`` and ``reason``.

    The reason of a kept pair is ``kept`` or ``added``. The reason of a dropped pair is ``vetoed``, ``unrated``, ``below`` or
    its first hygiene flag. A pair with a hygiene flag is never kept. The rule chooses first; then vetoed pairs leave the chosen
    ones and added pairs join them, so no pair moves up into the place of a vetoed one. Among pairs of equal score at the edge
    of ``top`` the smaller pair_id is kept.
    """
    # Reference pairs are rated too, but ranks are taken among the candidates only.
    own = ratings[ratings.pair_id.isin(candidates.pair_id)]
    score = candidates.pair_id.map(scores(own, decision.judge))
    clean = candidates.hygiene == ""
    chosen = _chosen(candidates.pair_id, score.where(clean), decision)
    vetoed = chosen & candidates.pair_id.isin(decision.vetoed)
    added = clean & ~chosen & candidates.pair_id.isin(decision.added)
    reason = pd.Series("below", index=candidates.index).mask(score.isna(), "unrated")
    reason = reason.mask(~clean, candidates.hygiene.str.split(",").str[0]).mask(chosen, "kept")
    reason = reason.mask(vetoed, "vetoed").mask(added, "added")
    return candidates.assign(score=score, kept=(chosen & ~vetoed) | added, reason=reason)


def _chosen(pair_id: pd.Series, score: pd.Series, decision: Decision) -> pd.Series:
    """Which pairs the rule alone keeps; it never keeps a pair without a score."""
    if decision.rule == "at_least":
        return score >= decision.value
    ranked = pd.DataFrame({"pair_id": pair_id, "score": score}).dropna()
    count = int(decision.value) if decision.rule == "top" else round(decision.value * len(ranked))
    ranked = ranked.sort_values(["score", "pair_id"], ascending=[False, True])
    return pair_id.isin(ranked.pair_id.head(count))


def labelled(
    candidates: pd.DataFrame, ratings: pd.DataFrame, decision: Decision, *, good: Iterable[str], bad: Iterable[str]
) -> Decision:
    """The decision after a reader's labels: it vetoes bad pairs that the rule keeps, and adds good pairs that it drops.

    A label that agrees with the rule changes nothing, so its pair is neither vetoed nor added. Pairs that the decision named
    before are forgotten.
    """
    good, bad = set(good), set(bad)
    reason = decide(candidates, ratings, replace(decision, vetoed=(), added=())).set_index("pair_id").reason
    vetoed = reason.index[(reason == "kept") & reason.index.isin(bad)]
    added = reason.index[reason.isin(["below", "unrated"]) & reason.index.isin(good)]
    named = {"vetoed": vetoed, "added": added, "bad": bad, "good": good}
    return replace(decision, **{name: tuple(sorted(ids)) for name, ids in named.items()})


def nearest(candidates: pd.DataFrame, ratings: pd.DataFrame, decision: Decision) -> Decision | None:
    """The decision if it keeps a pair; else the same decision with the nearest value that keeps one; None if none can be kept.

    Only a looser value keeps more pairs. The nearest one therefore keeps the best pair that is not vetoed and all above it.
    """
    decided = decide(candidates, ratings, decision)
    if decided.kept.any():
        return decision
    fit = decided[(decided.hygiene == "") & decided.score.notna()]
    ranked = fit.sort_values(["score", "pair_id"], ascending=[False, True]).reset_index(drop=True)
    open_ = ranked.index[~ranked.pair_id.isin(decision.vetoed)]
    if not len(open_):
        return None
    place = int(open_[0]) + 1
    values = {"at_least": float(ranked.score[place - 1]), "top": place, "quantile": place / len(ranked)}
    return replace(decision, value=values[decision.rule])


REFERENCE = 100
"""Most pairs of each group that is rated beside the candidates. An AUC of 100 pairs against 100 is known to about .07."""


def shuffled(pairs: pd.DataFrame, count: int, *, seed: int) -> pd.DataFrame:
    """``count`` bad pairs for reference, each an instruction with another pair's output.

    Columns: pair_id, instruction, output, source. Random: which pairs, from ``seed``.
    """
    order = pairs.sample(min(count, len(pairs)), random_state=seed)
    outputs = list(order.output.iloc[1:]) + list(order.output.iloc[:1])
    ids = [tables.content_id("shuffled", x, y) for x, y in zip(order.instruction, outputs, strict=True)]
    mixed = pd.DataFrame({"pair_id": ids, "instruction": list(order.instruction), "output": outputs, "source": "shuffled"})
    return mixed.drop_duplicates("pair_id")
