"""A score from logits: the mean of the digits by their probability, or the probability of one word against another.

One forward pass a pair, behind one cached rubric. The full distribution and its mass are kept: what the model puts on no digit
says how little it understood of the question.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from helpers.judging.batches import BATCHING, Batching, chunks, each_batch, encode, last_logits
from helpers.models import Model, prefix

LEAST_MASS = 0.01
"""Probability that all words together must have, 0 to 1, for a score to be read."""

TOO_LONG = "the prompt is longer than the context"
NOT_NUMBERS = "the model's logits are not numbers"


@dataclass(frozen=True)
class Read:
    """``score``: what was read of a row; None when it cannot be known, and ``raw`` then says why.

    ``mass``, 0 to 1: the probability of all words together, or the share of sampled replies that had a score.
    """

    row_id: str
    score: float | None
    mass: float
    raw: str
    """The words' probabilities, or the replies as they were written, or why there are none."""


@dataclass(frozen=True)
class Words:
    """The words that a prompt is completed with: their texts, the ids of their tokens, what each is worth."""

    texts: tuple[str, ...]
    tokens: list[int]
    values: tuple[float, ...]


def digits(texts: tuple[str, ...], tokens: list[int]) -> Words:
    """Digits, each worth what it says."""
    return Words(texts, tokens, tuple(map(float, texts)))


def read(
    model: Model,
    prompts: Sequence[tuple[str, str]],
    words: Words,
    *,
    batching: Batching = BATCHING,
    done: Set[str] = frozenset(),
) -> Iterator[list[Read]]:
    """Read the mean value of the words after each (row_id, prompt), with the adapter that is active.

    The score is None when the words' mass is under .01, when the prompt does not fit into the context (it is not cut, which
    would take the rubric from it) and when the logits are not numbers.

    Args:
        done: ids left out of the yield; a batch is skipped when all of it is done.
    """
    for chunk in chunks(prompts, done):
        yield from _read(model, [prompts[row] for row in chunk], words, batching, done)


def _read(
    model: Model, prompts: Sequence[tuple[str, str]], words: Words, batching: Batching, done: Set[str]
) -> Iterator[list[Read]]:
    # The tokenizer may merge the prompt's last character into the word: the prompt is what stands before the word's token.
    encoded = [ids[:-1] for ids in encode(model, [text + words.texts[0] for _, text in prompts])]
    fits = [len(ids) <= model.context for ids in encoded]
    too_long = [row_id for (row_id, _), fit in zip(prompts, fits, strict=True) if not fit and row_id not in done]
    if too_long:
        yield [Read(row_id, None, 0.0, TOO_LONG) for row_id in too_long]
    names = [row_id for (row_id, _), fit in zip(prompts, fits, strict=True) if fit]
    encoded = [ids for ids, fit in zip(encoded, fits, strict=True) if fit]
    if all(row_id in done for row_id in names):
        return
    rubric = prefix.shared(model, encoded)

    def found(batch: list[int]) -> list[Read]:
        logits = last_logits(model, [encoded[row] for row in batch], 1, prefix=rubric)[:, -1]
        probabilities = logits.float().softmax(-1)[:, words.tokens].cpu()
        return [expected(names[row], each.tolist(), words.values) for row, each in zip(batch, probabilities, strict=True)]

    yield from each_batch(model, encoded, names, found, batching=batching, done=done)


def expected(row_id: str, probabilities: list[float], values: Sequence[float] = (1, 2, 3, 4, 5)) -> Read:
    """The mean of ``values`` by their probabilities."""
    mass = sum(probabilities)
    if mass != mass:
        return Read(row_id, None, 0.0, NOT_NUMBERS)
    raw = " ".join(f"{p:.4f}" for p in probabilities)
    score = sum(v * p for v, p in zip(values, probabilities, strict=True)) / mass if mass >= LEAST_MASS else None
    return Read(row_id, score, mass, raw)
