"""Asks a local model which of two answers is better, by the logits of "A" and "B", in both orders.

A judge that prefers the first place whatever stands there contradicts itself when the answers change places; such a prompt is
a flip and counts half for each side.
"""

from collections.abc import Iterator, Mapping, Set

import numpy as np
import pandas as pd

from helpers import prompts
from helpers.judging import expected
from helpers.models import Model
from helpers.prompts.rating import Pairwise, choice_tokens
from helpers.stats.agreement import uncollapsed
from helpers.stats.intervals import ends
from helpers.stats.lengths import length_controlled

ORDERS = ("ab", "ba")
"""Which answer is shown first."""

TIE = 0.02
"""A judgement whose probability is this near to .5 is a tie."""


def compare(
    model: Model,
    asked: pd.DataFrame,
    answers_a: Mapping[str, str],
    answers_b: Mapping[str, str],
    *,
    rubric: str = "pairwise",
    done: Set[str] = frozenset(),
) -> Iterator[list[dict]]:
    """Judge two answers to each prompt, in both orders, with the adapter that is active. Yields rows batch by batch.

    A row: comparison_id, prompt_id, order (``ab``, or ``ba`` where b was shown first), p_a (probability that a is better;
    None where it cannot be known), verdict (``a``, ``b``, ``tie`` or None), mass (of the two letters, 0 to 1), raw, chars_a,
    chars_b.

    Args:
        asked: prompt_id, instruction.
        answers_a: answer by prompt_id; prompts without both answers are left out.
        rubric: a name in ``prompts/rubrics`` or a path; it has places for {instruction}, {answer_a} and {answer_b}.
        done: comparison ids left out.

    Raises:
        ValueError: the rubric is unknown, empty or lacks a place, or "A" or "B" is no single token of this tokenizer.
    """
    role = Pairwise(model.tokenizer, prompts.rubric(rubric))
    if missing := [place for place in ("{instruction}", "{answer_a}", "{answer_b}") if place not in role.rubric]:
        raise ValueError(f"the rubric {rubric} has no {', '.join(missing)}: write where they stand")
    words = expected.Words(
        ("A", "B"), choice_tokens(model.tokenizer, role.prefix("a", "b", "c"), ("A", "B"), of="pairwise"), (1, 0)
    )
    shown = asked[asked.prompt_id.isin(set(answers_a) & set(answers_b))]
    sides = {
        f"{p.prompt_id}/{order}": (p, order, answers_a[p.prompt_id], answers_b[p.prompt_id])
        for p in shown.itertuples()
        for order in ORDERS
    }
    texts = [
        (name, role.prefix(p.instruction, *((a, b) if order == "ab" else (b, a)))) for name, (p, order, a, b) in sides.items()
    ]
    for batch in expected.read(model, texts, words, done=done):
        yield [_row(read, *sides[read.row_id]) for read in batch]


def _row(read: expected.Read, asked, order: str, a: str, b: str) -> dict:
    p_a = read.score if read.score is None or order == "ab" else 1 - read.score
    verdict = None if p_a is None else "tie" if abs(p_a - 0.5) <= TIE else "a" if p_a > 0.5 else "b"
    named = {"comparison_id": read.row_id, "prompt_id": asked.prompt_id, "order": order, "p_a": p_a, "verdict": verdict}
    return named | {"mass": read.mass, "raw": read.raw, "chars_a": len(a), "chars_b": len(b)}


def summary(rows: pd.DataFrame, *, resamples: int = 2000, seed: int = 0) -> dict[str, float | int]:
    """What the comparisons say of a against b.

    Args:
        rows: of ``compare``: prompt_id, order, p_a, verdict, chars_a, chars_b.

    Returns:
        n (prompts judged in both orders), unread (prompts that were not), consistent (share with the same verdict in both
        orders, two ties included), ties (share tied in both), flips (share whose verdict changes with the order), wins and
        losses (shares, in both orders), win_rate (wins and half of all that is neither win nor loss), preference (mean p_a
        over both orders), length_controlled (``preference`` at equal length); each of these three with _low and _high.
        Shares are 0 to 1, intervals 95 %, prompts resampled (``agreement.uncollapsed`` at 0 and 1). NaN where nothing was
        judged; ends are NaN too for fewer than ``stats.FEWEST_UNITS`` prompts.
    """
    wide = rows.pivot(index="prompt_id", columns="order", values=["p_a", "verdict"]).reindex(
        columns=pd.MultiIndex.from_product([["p_a", "verdict"], ORDERS])
    )
    judged = wide.dropna()
    first, second = judged["verdict"]["ab"], judged["verdict"]["ba"]
    p_a = judged["p_a"].astype(float).mean(axis=1).to_numpy()
    points = (((first == "a") & (second == "a")) + 0.5 * (~((first == second) & first.isin(["a", "b"])))).to_numpy(float)
    lengths = rows.drop_duplicates("prompt_id").set_index("prompt_id").loc[judged.index]
    found = {
        "n": len(judged),
        "unread": len(wide) - len(judged),
        "consistent": _mean(first == second),
        "ties": _mean((first == "tie") & (second == "tie")),
        "flips": _mean(first != second),
        "wins": _mean((first == "a") & (second == "a")),
        "losses": _mean((first == "b") & (second == "b")),
    }
    rng = np.random.default_rng(seed)
    draws = rng.integers(len(judged), size=(resamples, len(judged))) if len(judged) else np.zeros((0, 0), int)
    found |= _with_interval(
        "win_rate", points.mean() if len(judged) else np.nan, points[draws].mean(axis=1) if len(judged) else [], len(judged)
    )
    found |= _with_interval(
        "preference", p_a.mean() if len(judged) else np.nan, p_a[draws].mean(axis=1) if len(judged) else [], len(judged)
    )
    equal = length_controlled(p_a, lengths.chars_a, lengths.chars_b, seed=seed)[:3] if len(judged) else [np.nan] * 3
    return found | dict(zip(("length_controlled", "length_controlled_low", "length_controlled_high"), equal, strict=True))


def _mean(shares: pd.Series) -> float:
    return float(shares.mean()) if len(shares) else float("nan")


def _with_interval(name: str, value: float, draws, n: int) -> dict[str, float]:
    low, high = ends(draws, n)
    if low == low:
        low, high = uncollapsed(value, low, high, n)
    return {name: float(value), f"{name}_low": float(low), f"{name}_high": float(high)}
