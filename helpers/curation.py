"""Ratings to kept pairs, with the reason: hygiene flags, ranks, the decision.

Imports no torch: deciding is cheap and happens in panels. Ratings are facts about one pair; ranks and thresholds belong to
the decision.
"""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

import pandas as pd

from helpers import tables

LIKELIHOODS = ("log p(y|x)", "log p(x|y)")
"""The two ratings whose ranks ``dual_likelihood`` adds: dual cross-entropy filtering of parallel text
(Junczys-Dowmunt 2018), not a method of the paper."""

RULES = ("at_least", "top", "quantile")


@dataclass(frozen=True)
class Decision:
    """Which pairs are kept. ``judge`` is one judge, or several whose ranks are added."""

    judge: tuple[str, ...]
    rule: str
    value: float
    made_by: str = "default"

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f"unknown rule {self.rule!r}; there are {', '.join(RULES)}")

    def record(self) -> dict:
        """The decision as ``decision.json`` holds it."""
        return {"judge": list(self.judge), "rule": self.rule, "value": self.value, "made_by": self.made_by}

    @classmethod
    def of(cls, record: dict) -> "Decision":
        """The decision that ``record`` gave."""
        return cls(**record | {"judge": tuple(record["judge"])})


def judges(name: str) -> tuple[str, ...]:
    """The ratings behind a judge's name: two for ``dual_likelihood``, itself for any other."""
    return LIKELIHOODS if name == "dual_likelihood" else (name,)


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
    """The candidates with ``score``, ``kept`` and ``reason`` (``kept``, ``unrated``, ``below``, or a hygiene flag).

    A pair with a hygiene flag is never kept. Ties at the edge of ``top`` go to the smaller pair_id.
    """
    # Reference pairs are rated too; ranks are among the candidates alone.
    own = ratings[ratings.pair_id.isin(candidates.pair_id)]
    score = candidates.pair_id.map(scores(own, decision.judge))
    fit = (candidates.hygiene == "") & score.notna()
    if decision.rule == "at_least":
        kept = fit & (score >= decision.value)
    else:
        count = int(decision.value) if decision.rule == "top" else round(decision.value * int(fit.sum()))
        ranked = candidates.assign(score=score)[fit].sort_values(["score", "pair_id"], ascending=[False, True])
        kept = candidates.pair_id.isin(ranked.pair_id.head(count))
    reason = pd.Series("below", index=candidates.index).mask(score.isna(), "unrated")
    reason = reason.mask(candidates.hygiene != "", candidates.hygiene.str.split(",").str[0]).mask(kept, "kept")
    return candidates.assign(score=score, kept=kept, reason=reason)


def hygiene(instruction: str, output: str) -> str:
    """What makes an instruction unusable, comma-separated; empty for a usable one.

    ``empty``; ``echo`` (repeats the prompt's own words); ``copy`` (is a piece of the output, or nearly all of it);
    ``leak`` (contains a sentence of the output); ``length`` (under 2 words or over 200).
    """
    flags = []
    asked, text = " ".join(instruction.lower().split()), " ".join(output.lower().split())
    if not asked:
        return "empty"
    if re.search(r"^(?:text|question|answer|score|instruction):|write that instruction", asked):
        flags.append("echo")
    if len(asked) > 20 and (asked in text or SequenceMatcher(None, asked, text[: 2 * len(asked)]).ratio() > 0.9):
        flags.append("copy")
    if any(len(s) > 40 and s in asked for s in re.split(r"(?<=[.!?])\s+", text)):
        flags.append("leak")
    if not 2 <= len(asked.split()) <= 200:
        flags.append("length")
    return ",".join(flags)


def candidate(completion, output: str, read: str, *, adapter: str) -> dict:
    """A row of ``candidates``: a segment's generated instruction (a ``generation.Completion``) and its hygiene flags.

    ``read`` is what the model was shown of the segment; ``cut`` says that it was not all of it.
    """
    return {
        "pair_id": tables.content_id(completion.row_id, completion.text),
        "segment_id": completion.row_id,
        "instruction": completion.text,
        "tokens": completion.tokens,
        "finish": completion.finish,
        "adapter": adapter,
        "cut": read != output,
        "hygiene": hygiene(completion.text, output),
    }


def shuffled(pairs: pd.DataFrame, count: int, *, seed: int) -> pd.DataFrame:
    """``count`` bad pairs for reference: instructions with another pair's output (pair_id, instruction, output, source)."""
    order = pairs.sample(min(count, len(pairs)), random_state=seed)
    outputs = list(order.output.iloc[1:]) + list(order.output.iloc[:1])
    ids = [tables.content_id("shuffled", x, y) for x, y in zip(order.instruction, outputs, strict=True)]
    mixed = pd.DataFrame({"pair_id": ids, "instruction": list(order.instruction), "output": outputs, "source": "shuffled"})
    return mixed.drop_duplicates("pair_id")
