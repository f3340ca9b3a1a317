"""Prompts to completions: batches planned before the first row, noise drawn per row, rows handed over as batches finish.

Knows nothing of instructions and scores. A row's text is a function of its prompt, its id and the settings: which other
rows are still to do changes nothing, and another batch size changes only what rounding changes.
"""

import warnings
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from hashlib import sha256

import torch
from transformers import LogitsProcessor, LogitsProcessorList, TemperatureLogitsWarper, TopPLogitsWarper

from helpers.config import Sampling
from helpers.models import Model

_MIX = (-7046029254386353131, -4658895280553007687, -7723592293110705685)  # splitmix64's odd constants, as signed int64


@dataclass(frozen=True)
class Prompt:
    """What to complete. ``row_id`` names the row in its journal and seeds its noise."""

    row_id: str
    text: str


@dataclass(frozen=True)
class Completion:
    """A finished row: its text, its length in tokens, and why it ended: ``eos``, ``stop`` or ``length``."""

    row_id: str
    text: str
    tokens: int
    finish: str


class RowNoise(LogitsProcessor):
    """Adds Gumbel noise to the logits, a function of (row, step, token) alone; the largest sum is then a sample.

    The noise comes from a hash of these three (splitmix64), so it is the same on every device and in every batch.
    """

    def __init__(self, row_seeds: list[int], prompt_tokens: int, device: torch.device) -> None:
        self.seeds = torch.tensor(row_seeds, dtype=torch.int64, device=device)[:, None]
        self.prompt_tokens = prompt_tokens

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        step = input_ids.shape[1] - self.prompt_tokens
        tokens = torch.arange(scores.shape[1], device=scores.device)[None]
        bits = self.seeds + (step * 1_000_003 + tokens) * _MIX[0]
        for shift, factor in ((30, _MIX[1]), (27, _MIX[2])):
            bits = (bits ^ ((bits >> shift) & ((1 << (64 - shift)) - 1))) * factor
        bits = bits ^ ((bits >> 31) & ((1 << 33) - 1))
        uniform = ((bits >> 11) & ((1 << 53) - 1)).double().add(0.5) / (1 << 53)
        return scores.float() - torch.log(-torch.log(uniform)).float()


def plan(lengths: Sequence[int], *, new_tokens: int, token_budget: int, most_rows: int) -> list[list[int]]:
    """Row numbers of each batch: sorted by length, longest first, at most ``token_budget`` tokens (padding included)."""
    order = sorted(range(len(lengths)), key=lambda row: (-lengths[row], row))
    batches: list[list[int]] = []
    for row in order:
        width = lengths[batches[-1][0]] + new_tokens if batches else 0
        if not batches or (len(batches[-1]) + 1) * width > token_budget or len(batches[-1]) >= most_rows:
            batches.append([])
        batches[-1].append(row)
    return batches


def row_seed(seed: int, row_id: str) -> int:
    """The seed of a row's noise, a signed 64-bit number."""
    return int.from_bytes(sha256(f"{seed}/{row_id}".encode()).digest()[:8], "big", signed=True)


def generate(
    model: Model, prompts: Sequence[Prompt], sampling: Sampling, *, seed: int = 0, done: Set[str] = frozenset()
) -> Iterator[list[Completion]]:
    """Complete prompts with the adapter that is active; yields the rows of each batch as it finishes.

    Prompts longer than the context leaves room for are cut from the left. Rows whose id is in ``done`` are left out of the
    yield; their batch is skipped when all of it is done and redone whole when not. A batch for which CUDA has no memory is
    halved, with a warning, and counted in ``model.halvings``.

    Args:
        sampling: temperature 0 takes the most likely token at each step.
        seed: with each row's id, seeds its noise.
    """
    if not prompts:
        return
    room = max(8, model.context - sampling.new_tokens)
    encoded = model.tokenizer([prompt.text for prompt in prompts], add_special_tokens=False)["input_ids"]
    encoded = [ids[-room:] for ids in encoded]
    batches = plan(
        [len(ids) for ids in encoded],
        new_tokens=sampling.new_tokens,
        token_budget=sampling.token_budget,
        most_rows=sampling.most_rows,
    )
    for batch in batches:
        if all(prompts[row].row_id in done for row in batch):
            continue
        rows = [(prompts[row].row_id, encoded[row]) for row in batch]
        finished = _with_halving(model, rows, sampling, seed)
        yield [completion for completion in finished if completion.row_id not in done]


def _with_halving(model: Model, rows: list, sampling: Sampling, seed: int) -> list[Completion]:
    """Complete a batch; where CUDA has no memory for it, its halves one after the other."""
    try:
        return _complete(model, rows, sampling, seed)
    except torch.cuda.OutOfMemoryError:
        if len(rows) == 1:
            raise
    # Out of the handler: until it is left, its traceback holds the tensors of the batch.
    torch.cuda.empty_cache()
    model.halvings += 1
    warnings.warn(f"no memory for {len(rows)} rows at once: halved; lower the sampling's token_budget", stacklevel=3)
    middle = len(rows) // 2
    return [c for half in (rows[:middle], rows[middle:]) for c in _with_halving(model, half, sampling, seed)]


@torch.no_grad()
def _complete(model: Model, rows: list, sampling: Sampling, seed: int) -> list[Completion]:
    tokenizer = model.tokenizer
    batch = tokenizer.pad({"input_ids": [ids for _, ids in rows]}, return_tensors="pt", padding_side="left").to(model.device)
    width = batch["input_ids"].shape[1]
    processors = LogitsProcessorList()
    if sampling.temperature:
        seeds = [row_seed(seed, row_id) for row_id, _ in rows]
        processors += [
            TemperatureLogitsWarper(sampling.temperature),
            TopPLogitsWarper(sampling.top_p),
            RowNoise(seeds, width, model.device),
        ]
    written = model.net.generate(
        **batch,
        max_new_tokens=sampling.new_tokens,
        do_sample=False,
        repetition_penalty=1.0,  # a chat model's own settings may have another
        logits_processor=processors,
        stop_strings=list(sampling.stop) or None,
        tokenizer=tokenizer,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    texts = zip(rows, written[:, width:].tolist(), strict=True)
    return [_completion(tokenizer, row_id, ids, sampling) for (row_id, _), ids in texts]


def _completion(tokenizer, row_id: str, ids: list[int], sampling: Sampling) -> Completion:
    ended = tokenizer.eos_token_id in ids
    if ended:
        ids = ids[: ids.index(tokenizer.eos_token_id)]
    while ids and ids[-1] == tokenizer.pad_token_id:
        ids.pop()
    text = tokenizer.decode(ids, skip_special_tokens=True)
    places = [text.find(stop) for stop in sampling.stop if stop in text]
    finish = "stop" if places else "eos" if ended else "length"
    text = text[: min(places)] if places else text
    return Completion(row_id, text.strip(), len(ids), finish)


def greedy(sampling: Sampling) -> Sampling:
    """The same settings at temperature 0."""
    return replace(sampling, temperature=0.0)
