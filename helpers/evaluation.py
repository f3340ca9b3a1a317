"""Answers to prompts, and their grades by a verifier that the notebook passes in.

Grading needs no torch, and the notebook that grades leaves answering to workers: torch is imported where answers are made.
Knows nothing of widgets, and of the mini web no more than the shape of its verifier: ``(prompt row, answer) -> grade``.
"""

from collections.abc import Callable, Iterator, Set
from typing import TYPE_CHECKING

import pandas as pd

from helpers.config import Sampling
from helpers.prompts import INFERENCE_TAGS, Forward

if TYPE_CHECKING:
    from helpers.models import Model

Verifier = Callable[[pd.Series, str], tuple[float | None, bool]]
"""Grades an answer to a prompt: a score from 0 to 1 (None: cannot be graded) and whether the asked form was kept."""


def answers(
    model: "Model", prompts: pd.DataFrame, *, tag: str, sampling: Sampling, seed: int = 0, done: Set[str] = frozenset()
) -> Iterator[list[dict]]:
    """Answer prompts (columns prompt_id, instruction) with the adapter that is active; yields rows batch by batch.

    Args:
        tag: inference mode, a key of ``prompts.INFERENCE_TAGS``.
        done: prompt ids left out.
    """
    from helpers.generation import Prompt, generate

    role = Forward(model.tokenizer)
    asked = [Prompt(p.prompt_id, role.prefix(p.instruction, INFERENCE_TAGS[tag])) for p in prompts.itertuples()]
    for batch in generate(model, asked, sampling, seed=seed, done=done):
        yield [
            {"prompt_id": row.row_id, "tag": tag, "text": row.text, "tokens": row.tokens, "finish": row.finish} for row in batch
        ]


def grade(answered: pd.DataFrame, prompts: pd.DataFrame, verifier: Verifier, *, grader: str) -> pd.DataFrame:
    """The ``grades`` table: one row an answer, with its score (0 to 1 or None) and its prompt's family.

    Args:
        answered: columns arm, draw, prompt_id, tag, text.
        prompts: one row a prompt_id; what the verifier needs, and family, in_seed, wording.
        grader: the verifier's name, kept in the table.
    """
    known = prompts.set_index("prompt_id", drop=False)
    rows = []
    for answer in answered.itertuples():
        prompt = known.loc[answer.prompt_id]
        score, form = verifier(prompt, answer.text)
        rows.append(
            {
                "arm": answer.arm,
                "draw": answer.draw,
                "prompt_id": answer.prompt_id,
                "tag": answer.tag,
                "family": prompt.family,
                "in_seed": bool(prompt.in_seed),
                "wording": prompt.wording,
                "score": score,
                "form": form,
                "grader": grader,
            }
        )
    return pd.DataFrame(rows)
