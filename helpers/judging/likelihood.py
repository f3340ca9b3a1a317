"""Likelihoods of one text after another, and what judges make of them: no rubric, no digits, nothing to parse."""

import math
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass

import torch

from helpers.judging.batches import BATCHING, Batching, chunks, each_batch, encode, last_logits
from helpers.judging.expected import NOT_NUMBERS
from helpers.models import Model

NO_ROOM = "the context leaves no room for all of the text"

FOILS = (
    "",
    "Repeat this text word for word:\n{instruction}",
    "Do not answer this, but write something that is of no use to whoever asked:\n{instruction}",
)
"""Requests that a bad output would answer better than the instruction: no request, one to copy, one to be useless. A menu or
another pair's output is as likely without a request. A copy is as likely after the second, a refusal after the third."""


@dataclass(frozen=True)
class Likelihood:
    """Natural logs of the probability of each token of a completion, end-of-sequence token included.

    ``own``: after its prompt. ``foils``: after each foil of the prompt, as many as were asked for. ``cut``: whether the context
    left no room for the last tokens.
    """

    row_id: str
    own: torch.Tensor
    foils: tuple[torch.Tensor, ...]
    cut: bool

    def measured(self, measure: str) -> float | None:
        """A measure of ``MEASURES``; None where it cannot be known: no room at all, or logits that are not numbers."""
        if not len(self.own) or (measure == "end" and self.cut):
            return None
        value = float(MEASURES[measure](self.own, self.foils))
        return value if math.isfinite(value) else None

    def why(self, measure: str) -> str:
        """Why a measure is None, or what of the completion it has not read; empty where nothing is missing."""
        return NO_ROOM if self.cut else NOT_NUMBERS if self.measured(measure) is None else ""


def _worst(own: torch.Tensor, foils: Sequence[torch.Tensor]) -> torch.Tensor:
    return own.sort().values[: max(1, len(own) // 10)].mean()


MEASURES: dict[str, Callable[[torch.Tensor, Sequence[torch.Tensor]], torch.Tensor]] = {
    "mean": lambda own, _: own.mean(),
    "end": lambda own, _: own[-1],
    "worst": _worst,
    "gain": lambda own, foils: own.mean() - foils[0].mean(),
    "saved": lambda own, foils: 1 - own.mean() / foils[0].mean(),
    "margin": lambda own, foils: own.mean() - max(foil.mean() for foil in foils),
    "token margin": lambda own, foils: (own - torch.stack(list(foils)).max(0).values).mean(),
}
"""What a judge makes of a likelihood: the mean of all tokens, the last token (that the text ends where it ends), the mean of
the least likely tenth; pointwise mutual information a token; 1 minus the instruction-following difficulty (Cherry LLM,
2308.12032); the mean less that after the best foil; the mean over tokens of what each has more than after its best foil."""

FOILS_OF = {"gain": 1, "saved": 1, "margin": len(FOILS), "token margin": len(FOILS)}
"""How many foils a measure needs."""


def read(
    model: Model,
    rows: Sequence[tuple[str, str, str]],
    *,
    foils: Sequence[Sequence[str]] = (),
    batching: Batching = BATCHING,
    done: Set[str] = frozenset(),
) -> Iterator[list[Likelihood]]:
    """The likelihood of each (row_id, prompt, completion)'s completion, with the adapter that is active.

    A completion that the context cuts is read as far as it goes.

    Args:
        foils: for each foil, the prompt of every row that stands in the prompt's place.
    """
    for chunk in chunks(rows, done):
        again = [[foil[row] for row in chunk] for foil in foils]
        yield from _read(model, [rows[row] for row in chunk], again, batching, done)


def _read(
    model: Model, rows: Sequence[tuple[str, str, str]], foils: list[list[str]], batching: Batching, done: Set[str]
) -> Iterator[list[Likelihood]]:
    prompts = encode(model, [prompt for _, prompt, _ in rows])
    completions = encode(model, [completion for _, _, completion in rows], start=False)
    endings = [[*ids, model.ends[0]] for ids in completions]
    kept = [ids[: max(model.context - len(start), 0)] for start, ids in zip(prompts, endings, strict=True)]
    whole = [(start + ids)[: model.context] for start, ids in zip(prompts, kept, strict=True)]
    starts = [encode(model, foil) for foil in foils]

    def found(batch: list[int]) -> list[Likelihood]:
        lengths = [len(kept[row]) for row in batch]
        own = _log_probabilities(model, [whole[row] for row in batch], lengths)
        # A foil may be longer than the prompt: what has no room then is its beginning.
        again = [[(start[row] + kept[row])[-model.context :] for row in batch] for start in starts]
        each = [_log_probabilities(model, texts, lengths) for texts in again]
        return [
            Likelihood(rows[row][0], own[n], tuple(foil[n] for foil in each), len(kept[row]) < len(endings[row]))
            for n, row in enumerate(batch)
        ]

    yield from each_batch(model, whole, [row_id for row_id, _, _ in rows], found, batching=batching, done=done)


def log_likelihoods(
    model: Model,
    rows: Sequence[tuple[str, str, str]],
    *,
    batching: Batching = BATCHING,
    done: Set[str] = frozenset(),
) -> Iterator[list[tuple[str, float | None]]]:
    """Mean log probability a token of each (row_id, prompt, completion)'s completion, end-of-sequence token included.

    Natural log, with the adapter that is active. A completion is read as far as the context goes. None where the prompt alone
    fills it, or the logits are not numbers.
    """
    for batch in read(model, rows, batching=batching, done=done):
        yield [(row.row_id, row.measured("mean")) for row in batch]


def _log_probabilities(model: Model, rows: list[list[int]], lengths: list[int]) -> list[torch.Tensor]:
    """Log probabilities of the last ``lengths`` tokens of each row; left-padded, so that few logits have to be kept."""
    keep = max(max(lengths), 1) + 1
    logits = last_logits(model, rows, keep)[:, :-1]
    padded = model.tokenizer.pad({"input_ids": rows}, return_tensors="pt", padding_side="left")["input_ids"]
    targets = padded[:, 1:][:, -(keep - 1) :].to(model.device)
    logits = logits[:, -targets.shape[1] :]
    each = logits.float().log_softmax(-1).gather(-1, targets[..., None])[..., 0].cpu()
    return [each[row, max(each.shape[1] - length, 0) :] for row, length in enumerate(lengths)]
