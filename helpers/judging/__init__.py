"""Pairs to ratings: the expected score from the logits of the digits, and likelihoods in both directions.

A rating is a fact about one pair: no ranks, no thresholds. What cannot be read is None.
"""

from collections.abc import Iterator, Sequence, Set
from copy import deepcopy
from dataclasses import dataclass
from os.path import commonprefix

import pandas as pd
import torch

from helpers.generation import plan
from helpers.models import Model
from helpers.prompts import Backward, Forward, Rating

SHARED_PREFIX_TOKENS = 64
"""A rubric at least this long, common to all prompts, is encoded once."""


@dataclass(frozen=True)
class Batching:
    """How rows are batched: at most so many tokens (padding included) and rows."""

    token_budget: int = 4096
    most_rows: int = 64

    def plan(self, rows: Sequence[list[int]]) -> list[list[int]]:
        """Row numbers of each batch, a function of all rows' lengths."""
        return plan([len(ids) for ids in rows], new_tokens=0, token_budget=self.token_budget, most_rows=self.most_rows)


@dataclass(frozen=True)
class ExpectedScore:
    """``score``: expected rating, 1 to 5; None when ``mass``, the probability of the five digits together, is under .01, or
    when the prompt does not fit into the context."""

    row_id: str
    score: float | None
    mass: float
    raw: str
    """The probabilities of the digits 1 to 5, or why there are none."""


def expected_scores(
    model: Model,
    prompts: Sequence[tuple[str, str]],
    digits: list[int],
    *,
    batching: Batching = Batching(),
    done: Set[str] = frozenset(),
) -> Iterator[list[ExpectedScore]]:
    """Read the rating of each (row_id, prompt) from the logits after the prompt, with the adapter that is active.

    A prompt longer than the model's context is not cut, which would take the rubric from it: its score is None.

    Args:
        digits: token ids of "1" to "5" (``prompts.Rating.digit_tokens``).
        done: ids left out of the yield; a batch is skipped when all of it is done.
    """
    if not prompts:
        return
    encoded = model.tokenizer([text for _, text in prompts], add_special_tokens=False)["input_ids"]
    fits = [len(ids) <= model.context for ids in encoded]
    too_long = [row_id for (row_id, _), fit in zip(prompts, fits, strict=True) if not fit and row_id not in done]
    if too_long:
        yield [ExpectedScore(row_id, None, 0.0, "the prompt is longer than the context") for row_id in too_long]
    prompts = [prompt for prompt, fit in zip(prompts, fits, strict=True) if fit]
    encoded = [ids for ids, fit in zip(encoded, fits, strict=True) if fit]
    if not prompts:
        return
    shared = _shared_prefix(encoded)
    cache = _encode_prefix(model, encoded[0][:shared]) if shared else None
    for batch in batching.plan(encoded):
        ids_of = [prompts[row][0] for row in batch]
        if all(row_id in done for row_id in ids_of):
            continue
        logits = _last_logits(model, [encoded[row][shared:] for row in batch], shared, cache)
        probabilities = logits.float().softmax(-1)[:, digits].cpu()
        rows = [_expected(row_id, five.tolist()) for row_id, five in zip(ids_of, probabilities, strict=True)]
        yield [row for row in rows if row.row_id not in done]


def rate(
    model: Model,
    pairs: pd.DataFrame,
    *,
    adapter: str,
    backward: str,
    tag: str,
    rubric: str = "",
    done: Set[str] = frozenset(),
) -> Iterator[list[dict]]:
    """Three ratings of each pair: ``rating`` (expected 1-5), ``log p(y|x)`` and ``log p(x|y)``.

    The first two are read under ``adapter``, the last under ``backward``. Yields rows of the ``ratings`` table batch by
    batch: rating_id, pair_id, judge, score, mass, raw, adapter.

    Args:
        pairs: pair_id, instruction, output.
        tag: what is appended to the instruction when the output's likelihood is read.
        done: rating ids left out.
    """
    rating, forward, back = Rating(model.tokenizer, rubric), Forward(model.tokenizer), Backward(model.tokenizer)
    rows = list(pairs.itertuples())

    def row(rating_id: str, score: float | None, under: str, mass: float | None = None, raw: str = "") -> dict:
        pair_id, judge = rating_id.split("/", 1)
        named = {"rating_id": rating_id, "pair_id": pair_id, "judge": judge}
        return named | {"score": score, "mass": mass, "raw": raw, "adapter": under}

    with model.using(adapter):
        asked = [(f"{p.pair_id}/rating", rating.prefix(p.instruction, p.output)) for p in rows]
        for batch in expected_scores(model, asked, rating.digit_tokens(), done=done):
            yield [row(r.row_id, r.score, adapter, r.mass, r.raw) for r in batch]
        texts = [(f"{p.pair_id}/log p(y|x)", forward.prefix(p.instruction, tag), p.output) for p in rows]
        for batch in log_likelihoods(model, texts, done=done):
            yield [row(row_id, score, adapter) for row_id, score in batch]
    with model.using(backward):
        texts = [(f"{p.pair_id}/log p(x|y)", back.prefix(p.output), p.instruction) for p in rows]
        for batch in log_likelihoods(model, texts, done=done):
            yield [row(row_id, score, backward) for row_id, score in batch]


def _expected(row_id: str, five: list[float]) -> ExpectedScore:
    mass = sum(five)
    score = sum(digit * p for digit, p in enumerate(five, 1)) / mass if mass >= 0.01 else None
    return ExpectedScore(row_id, score, mass, " ".join(f"{p:.4f}" for p in five))


def _shared_prefix(encoded: list[list[int]]) -> int:
    """Tokens all prompts begin with; 0 when there are too few to be worth a cache."""
    common = len(commonprefix([min(encoded), max(encoded)])) if len(encoded) > 1 else 0
    common = min(common, min(map(len, encoded), default=0) - 1)
    return common if common >= SHARED_PREFIX_TOKENS else 0


@torch.no_grad()
def _encode_prefix(model: Model, ids: list[int]):
    return model.net(input_ids=torch.tensor([ids], device=model.device), use_cache=True).past_key_values


@torch.no_grad()
def _last_logits(model: Model, rows: list[list[int]], shared: int, cache) -> torch.Tensor:
    """Logits (rows, vocabulary) after the last token of each row, left-padded behind the shared prefix."""
    batch = model.tokenizer.pad({"input_ids": rows}, return_tensors="pt", padding_side="left").to(model.device)
    mask = batch["attention_mask"]
    position = (mask.cumsum(-1) - 1).clamp(min=0) + shared
    if cache is not None:
        cache = deepcopy(cache)
        cache.batch_repeat_interleave(len(rows))
        mask = torch.cat([mask.new_ones(len(rows), shared), mask], 1)
    out = model.net(
        input_ids=batch["input_ids"],
        attention_mask=mask,
        position_ids=position,
        past_key_values=cache,
        use_cache=cache is not None,
        logits_to_keep=1,
    )
    return out.logits[:, -1]


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
    if not rows:
        return
    tokenizer = model.tokenizer
    prompts = tokenizer([prompt for _, prompt, _ in rows], add_special_tokens=False)["input_ids"]
    endings = tokenizer([completion for _, _, completion in rows], add_special_tokens=False)["input_ids"]
    endings = [[*ids, tokenizer.eos_token_id] for ids in endings]
    whole = [(p + e)[: model.context] for p, e in zip(prompts, endings, strict=True)]
    for batch in batching.plan(whole):
        if all(rows[row][0] in done for row in batch):
            continue
        means = _mean_log_probabilities(model, [whole[row] for row in batch], [len(prompts[row]) for row in batch])
        yield [(rows[row][0], mean) for row, mean in zip(batch, means, strict=True) if rows[row][0] not in done]


@torch.no_grad()
def _mean_log_probabilities(model: Model, rows: list[list[int]], prompt_lengths: list[int]) -> list[float | None]:
    """Rows are left-padded so that the logits of the longest completion alone are kept."""
    batch = model.tokenizer.pad({"input_ids": rows}, return_tensors="pt", padding_side="left").to(model.device)
    lengths = [len(ids) - start for ids, start in zip(rows, prompt_lengths, strict=True)]
    keep = max(max(lengths), 1) + 1
    mask = batch["attention_mask"]
    position = (mask.cumsum(-1) - 1).clamp(min=0)
    out = model.net(**batch, position_ids=position, use_cache=False, logits_to_keep=keep)
    targets = batch["input_ids"][:, 1:][:, -(keep - 1) :]
    logits = out.logits[:, -keep:-1][:, -targets.shape[1] :]
    each = logits.float().log_softmax(-1).gather(-1, targets[..., None])[..., 0].cpu()
    return [each[row, -length:].mean().item() if length > 0 else None for row, length in enumerate(lengths)]
