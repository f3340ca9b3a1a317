"""Ratings to kept pairs, with the reason: ranks, the decision, and what a reader's labels change in it.

Opens no file and imports no torch: deciding is cheap and happens in panels. Ratings are facts about one pair; ranks,
thresholds and vetoes belong to the decision.
"""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from numbers import Real
from pathlib import Path

import pandas as pd

from helpers import tables
from helpers.config import Curation

LIKELIHOODS = ("log p(y|x)", "log p(x|y)")
"""The two ratings whose ranks ``dual_likelihood`` adds: dual cross-entropy filtering of parallel text
(Junczys-Dowmunt 2018), not a method of the paper."""

COMBINED = {"dual_likelihood": LIKELIHOODS, "worst_and_margins": ("worst tokens", "margin", "token margin")}
"""Judges whose ranks among the candidates are added; a rank is no fact about a pair, so it is taken when deciding."""

RULES = ("at_least", "top", "quantile")

BEST = "best"
"""In place of a judge's name in ``Curation.judge``: the best of those that rate, by the check before they do."""

AT_CHANCE = 0.5
"""AUC of a judge that knows nothing."""

FEWEST_PARSED = 0.9
"""A judge that leaves more pairs than the rest of this unrated is not trusted, 0 to 1."""


@dataclass(frozen=True)
class Decision:
    """Which pairs are kept: a rule on one score, and the pairs on which a reader overrules it.

    Raises:
        ValueError: an unknown rule, no judge, a value that the rule cannot use, or a pair both vetoed and added.
    """

    judge: tuple[str, ...]
    """One judge, or several whose ranks are added."""
    rule: str
    """``at_least`` a score, the ``top`` n, or the best share (``quantile``)."""
    value: float
    """A score, a whole number of pairs, or a share from 0 to 1, as the rule has it."""
    made_by: str = "default"
    """``default`` (the preset) or ``reader``."""
    vetoed: tuple[str, ...] = ()
    """pair_ids that are not kept whatever the rule says."""
    added: tuple[str, ...] = ()
    """pair_ids that are kept though the rule would leave them out. A hygiene flag is stronger."""

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f"unknown rule {self.rule!r}; there are {', '.join(RULES)}")
        for name in ("judge", "vetoed", "added"):
            if isinstance(given := getattr(self, name), str):
                raise ValueError(f"{name} is the string {given!r}: a decision wants a list of strings")
            object.__setattr__(self, name, tuple(given))
        if not self.judge or len(set(self.judge)) < len(self.judge):
            raise ValueError(f"a decision needs one judge or several different ones, not {list(self.judge)}")
        if problem := _unusable(self.rule, self.value):
            raise ValueError(f"{self.rule} cannot use {self.value!r}: {problem}")
        object.__setattr__(self, "value", int(self.value) if self.value == int(self.value) else float(self.value))
        if both := set(self.vetoed) & set(self.added):
            raise ValueError(f"pair {min(both)} is both vetoed and added: take it out of one of the two")

    @classmethod
    def of(cls, record: dict) -> "Decision":
        """A decision from what ``record`` gave; a single judge may be a string, and older records name no pairs.

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
        """The decision as plain JSON values: what ``decision.json`` holds."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def _unusable(rule: str, value: float) -> str:
    """Why a rule cannot use a value; empty if it can."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        return "it wants a number"
    if rule == "top" and (value < 0 or value != int(value)):
        return "it wants a whole number of pairs"
    return "it wants a share from 0 to 1" if rule == "quantile" and not 0 <= value <= 1 else ""


def judges(name: str) -> tuple[str, ...]:
    """The ratings behind a judge's name: those of a combined judge, itself for any other; a rubric's file gives its name."""
    return COMBINED.get(name, (Path(name).stem if name.endswith(".md") else name,))


def trusted(checked: pd.DataFrame) -> pd.DataFrame:
    """The judges that a check found better than chance, best first: its rows of kind ``mean``, by judge.

    Args:
        checked: a check's table (``judging.check.table``): judge, kind, auc, low, parsed.
    """
    means = checked[checked.kind == "mean"].set_index("judge").sort_values("auc", ascending=False, kind="stable")
    return means[(means.parsed >= FEWEST_PARSED) & (means.low > AT_CHANCE)]


def settled(settings: Curation, checked: pd.DataFrame | None) -> Curation:
    """The settings with the judge named, where they leave it to the check: the best of those whose ratings there are.

    They stay as they are where they name a judge, where nothing is checked yet, and where no judge that rates is trusted.
    """
    if settings.judge != BEST or checked is None:
        return settings
    rate = {name for judge in settings.judges for name in judges(judge)}
    found = [name for name in trusted(checked).index if set(judges(name)) <= rate]
    return replace(settings, judge=found[0]) if found else settings


def default(settings: Curation) -> Decision:
    """The decision that a preset's settings name."""
    return Decision(judges(settings.judge), settings.rule, settings.value)


def scores(ratings: pd.DataFrame, judge: tuple[str, ...]) -> pd.Series:
    """One score a pair, by pair_id: the judge's own, or the sum of ranks (0 to 1 each) where there are several.

    A pair that one of the judges could not rate has none.
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

    The reason is ``kept`` or ``added`` for a kept pair, else ``vetoed``, ``unrated``, ``below``, or the first hygiene flag.
    A pair with a hygiene flag is never kept. The rule chooses first, and the reader's pairs leave or join what it chose: no
    other pair moves up into the place of a vetoed one. Ties at the edge of ``top`` go to the smaller pair_id.
    """
    # Reference pairs are rated too; ranks are among the candidates alone.
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
    """What the rule alone keeps; a pair without a score is left out."""
    if decision.rule == "at_least":
        return score >= decision.value
    ranked = pd.DataFrame({"pair_id": pair_id, "score": score}).dropna()
    count = int(decision.value) if decision.rule == "top" else round(decision.value * len(ranked))
    ranked = ranked.sort_values(["score", "pair_id"], ascending=[False, True])
    return pair_id.isin(ranked.pair_id.head(count))


def labelled(
    candidates: pd.DataFrame, ratings: pd.DataFrame, decision: Decision, *, good: Iterable[str], bad: Iterable[str]
) -> Decision:
    """The decision with a reader's labels in it: bad pairs that the rule keeps are vetoed, good ones that it leaves out added.

    Labels that agree with the rule change nothing and are not named; what the decision named before is forgotten.
    """
    reason = decide(candidates, ratings, replace(decision, vetoed=(), added=())).set_index("pair_id").reason
    vetoed = reason.index[(reason == "kept") & reason.index.isin(list(bad))]
    added = reason.index[reason.isin(["below", "unrated"]) & reason.index.isin(list(good))]
    return replace(decision, vetoed=tuple(sorted(vetoed)), added=tuple(sorted(added)))


def nearest(candidates: pd.DataFrame, ratings: pd.DataFrame, decision: Decision) -> Decision | None:
    """The decision itself if it keeps a pair, else the one with the nearest value that does; None where no pair can be kept.

    Only a looser value can keep more, so the nearest one keeps the best pair that is not vetoed and all above it.
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


def shuffled(pairs: pd.DataFrame, count: int, *, seed: int) -> pd.DataFrame:
    """``count`` bad pairs for reference: instructions with another pair's output (pair_id, instruction, output, source)."""
    order = pairs.sample(min(count, len(pairs)), random_state=seed)
    outputs = list(order.output.iloc[1:]) + list(order.output.iloc[:1])
    ids = [tables.content_id("shuffled", x, y) for x, y in zip(order.instruction, outputs, strict=True)]
    mixed = pd.DataFrame({"pair_id": ids, "instruction": list(order.instruction), "output": outputs, "source": "shuffled"})
    return mixed.drop_duplicates("pair_id")
