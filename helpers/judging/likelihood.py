"""Likelihoods of one text after another, and what judges make of them: no rubric, no digits, nothing to parse."""

import math
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass

import torch

from helpers.judging.batches import Batching, encode, last_logits
from helpers.models import Model

NO_ROOM = "the context leaves no room for all of the text"
NOT_NUMBERS = "the model's logits are not numbers"


@dataclass(frozen=True)
class Likelihood:
    """Natural logs of a completion's probability, end-of-sequence token included; None where they cannot be known.

    ``mean``: a token. ``end``: of the end-of-sequence token alone; None too where the context cut the completion.
    ``bare``: a token, after a prompt that asks for nothing; None too where that was not asked for. ``why``: what is missing.
    """

    row_id: str
    mean: float | None
    end: float | None
    bare: float | None
    why: str


def _gain(read: Likelihood) -> float | None:
    return None if read.mean is None or read.bare is None else read.mean - read.bare


def _saved(read: Likelihood) -> float | None:
    return None if read.mean is None or not read.bare else 1 - read.mean / read.bare


MEASURES: dict[str, Callable[[Likelihood], float | None]] = {
    "mean": lambda read: read.mean,
    "end": lambda read: read.end,
    "gain": _gain,
    "saved": _saved,
}
"""What a judge makes of a likelihood: the mean a token; that of ending where the text ends; the pointwise mutual information
a token; 1 minus the instruction-following difficulty (Cherry LLM, 2308.12032)."""

AGAINST_BARE = ("gain", "saved")
"""The measures that need ``bare``."""


def read(
    model: Model,
    rows: Sequence[tuple[str, str, str]],
    *,
    bare: str | None = None,
    batching: Batching = Batching(),
    done: Set[str] = frozenset(),
) -> Iterator[list[Likelihood]]:
    """The likelihood of each (row_id, prompt, completion)'s completion, with the adapter that is active.

    A completion that the context cuts is read as far as it goes.

    Args:
        bare: a prompt that asks for nothing, after which the completions are read too.
    """
    if not rows:
        return
    prompts = encode(model, [prompt for _, prompt, _ in rows])
    endings = [[*ids, model.tokenizer.eos_token_id] for ids in encode(model, [completion for _, _, completion in rows])]
    kept = [ids[: max(model.context - len(start), 0)] for start, ids in zip(prompts, endings, strict=True)]
    whole = [(start + ids)[: model.context] for start, ids in zip(prompts, endings, strict=True)]
    start = encode(model, [bare])[0] if bare is not None else []
    for batch in batching.plan(whole):
        if all(rows[row][0] in done for row in batch):
            continue
        each = _log_probabilities(model, [whole[row] for row in batch], [len(kept[row]) for row in batch])
        after = [None] * len(batch)
        if bare is not None:
            again = [(start + kept[row])[: model.context] for row in batch]
            after = _log_probabilities(model, again, [max(len(ids) - len(start), 0) for ids in again])
        found = [
            _likelihood(rows[row][0], own, other, cut=len(kept[row]) < len(endings[row]))
            for row, own, other in zip(batch, each, after, strict=True)
        ]
        yield [row for row in found if row.row_id not in done]


def log_likelihoods(
    model: Model,
    rows: Sequence[tuple[str, str, str]],
    *,
    batching: Batching = Batching(),
    done: Set[str] = frozenset(),
) -> Iterator[list[tuple[str, float | None]]]:
    """Mean log probability a token of each (row_id, prompt, completion)'s completion, end-of-sequence token included.

    Natural log, with the adapter that is active. None where the context leaves no room for the completion.
    """
    for batch in read(model, rows, batching=batching, done=done):
        yield [(row.row_id, row.mean) for row in batch]


def _likelihood(row_id: str, own: torch.Tensor, bare: torch.Tensor | None, *, cut: bool) -> Likelihood:
    means = [values.mean().item() if values is not None and len(values) else None for values in (own, bare)]
    if any(mean is not None and not math.isfinite(mean) for mean in means):
        return Likelihood(row_id, None, None, None, NOT_NUMBERS)
    end = None if cut or not len(own) else own[-1].item()
    return Likelihood(row_id, means[0], end, means[1], NO_ROOM if cut else "")


def _log_probabilities(model: Model, rows: list[list[int]], lengths: list[int]) -> list[torch.Tensor]:
    """Log probabilities of the last ``lengths`` tokens of each row; left-padded, so that few logits have to be kept."""
    keep = max(max(lengths), 1) + 1
    logits = last_logits(model, rows, keep)[:, :-1]
    padded = model.tokenizer.pad({"input_ids": rows}, return_tensors="pt", padding_side="left")["input_ids"]
    targets = padded[:, 1:][:, -(keep - 1) :].to(model.device)
    logits = logits[:, -targets.shape[1] :]
    each = logits.float().log_softmax(-1).gather(-1, targets[..., None])[..., 0].cpu()
    return [each[row, max(each.shape[1] - length, 0) :] for row, length in enumerate(lengths)]
