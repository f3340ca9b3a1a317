"""Prompts to completions: batches planned before the first row, noise drawn per row, rows handed over as batches finish.

Knows nothing of instructions and scores. A row's text is a function of its prompt, its id and the settings: which other
rows are still to do changes nothing, and another batch size changes only what rounding changes.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from hashlib import sha256

import torch
from transformers import TemperatureLogitsWarper, TopPLogitsWarper

from helpers import machine
from helpers.config import Sampling
from helpers.models import Model

_MIX = (-7046029254386353131, -4658895280553007687, -7723592293110705685)  # splitmix64's odd constants, as signed int64

Progress = Callable[[int, int], None]
"""Told (tokens or steps done, of so many) while a batch is under way."""


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


def gumbel(row_seeds: torch.Tensor, step: int, vocabulary: int) -> torch.Tensor:
    """Gumbel noise (rows, vocabulary), a function of (row's seed, step, token) alone; the largest sum with logits is a sample.

    The noise comes from a hash of these three (splitmix64), so it is the same on every device and in every batch.
    """
    tokens = torch.arange(vocabulary, device=row_seeds.device)[None]
    bits = row_seeds[:, None] + (step * 1_000_003 + tokens) * _MIX[0]
    for shift, factor in ((30, _MIX[1]), (27, _MIX[2])):
        bits = (bits ^ ((bits >> shift) & ((1 << (64 - shift)) - 1))) * factor
    bits = bits ^ ((bits >> 31) & ((1 << 33) - 1))
    uniform = ((bits >> 11) & ((1 << 53) - 1)).double().add(0.5) / (1 << 53)
    return -torch.log(-torch.log(uniform)).float()


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
    model: Model,
    prompts: Sequence[Prompt],
    sampling: Sampling,
    *,
    seed: int = 0,
    done: Set[str] = frozenset(),
    progress: Progress | None = None,
) -> Iterator[list[Completion]]:
    """Complete prompts with the adapter that is active; yields the rows of each batch as it finishes.

    Prompts longer than the context leaves room for are cut from the left, behind what the tokenizer begins with. Rows whose
    id is in ``done`` are left out of the yield; their batch is skipped when all of it is done and redone whole when not. A
    batch for which there is no memory is halved, with a warning, and counted in ``model.halvings``.

    Args:
        model: a Model, or an Endpoint.
        sampling: temperature 0 takes the most likely token at each step.
        seed: with each row's id, seeds its noise.
        progress: told the tokens done and to do, after each step of a batch; a row that ends early counts whole.
    """
    if hasattr(model, "generate"):  # a server, which plans for itself (``endpoint``)
        yield from model.generate(prompts, sampling, seed=seed, done=done, progress=progress)
        return
    rows_of = encoded(model, prompts, max(8, model.context - sampling.new_tokens))
    batches = plan(
        [len(ids) for ids in rows_of],
        new_tokens=sampling.new_tokens,
        token_budget=sampling.token_budget,
        most_rows=sampling.most_rows,
    )
    to_do = [batch for batch in batches if not all(prompts[row].row_id in done for row in batch)]
    total, before = sampling.new_tokens * sum(map(len, to_do)), 0
    for batch in to_do:
        rows = [(prompts[row].row_id, rows_of[row]) for row in batch]

        def told(tokens: int, before: int = before) -> None:
            if progress:
                progress(before + tokens, total)

        finished = _with_halving(model, rows, sampling, seed, told)
        before += sampling.new_tokens * len(rows)
        yield [completion for completion in finished if completion.row_id not in done]


def encoded(model: Model, prompts: Sequence[Prompt], room: int) -> list[list[int]]:
    """The prompts' tokens, each at most ``room`` of them: what the tokenizer begins with, and the prompt's end."""
    begin = len(model.encode([""], start=True)[0]) if prompts else 0
    whole = model.encode([prompt.text for prompt in prompts], start=True)
    return [ids if len(ids) <= room else ids[:begin] + ids[begin - room :] for ids in whole]


def _with_halving(model: Model, rows: list, sampling: Sampling, seed: int, told: Callable) -> list[Completion]:
    """Complete a batch; where there is no memory for it, its halves one after the other."""
    try:
        return _complete(model, rows, sampling, seed, told)
    except (RuntimeError, MemoryError) as error:
        if len(rows) == 1 or not machine.out_of_memory(error):
            raise
    # Out of the handler: until it is left, its traceback holds the tensors of the batch.
    machine.give_memory_back()
    model.halvings += 1
    warnings.warn(f"no memory for {len(rows)} rows at once: halved; lower the sampling's token_budget", stacklevel=3)
    first, second = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    finished = _with_halving(model, first, sampling, seed, told)
    behind = len(first) * sampling.new_tokens
    return finished + _with_halving(model, second, sampling, seed, lambda tokens: told(behind + tokens))


@torch.no_grad()
def _complete(model: Model, rows: list, sampling: Sampling, seed: int, told: Callable[[int], None]) -> list[Completion]:
    """Complete a batch step by step; a row that has ended leaves it, with its part of the cache of keys."""
    seeds = torch.tensor([row_seed(seed, row_id) for row_id, _ in rows], device=model.device)
    written: list[list[int]] = [[] for _ in rows]
    live, cache, inputs = list(range(len(rows))), None, model.padded([ids for _, ids in rows])
    with model.decoded():
        for step in range(sampling.new_tokens):
            out = model.net(**inputs, **model.keys(cache), use_cache=True, logits_to_keep=1)
            chosen = _chosen(out.logits[:, -1].float(), seeds[live], step, sampling)
            for row, token in zip(live, chosen.tolist(), strict=True):
                written[row].append(token)
            on = [place for place, row in enumerate(live) if not _ended(model, written[row], sampling)]
            told((step + 1) * len(on) + sampling.new_tokens * (len(rows) - len(on)))
            if not on:
                break
            cache, inputs = _cache(out), _next(inputs, chosen)
            if len(on) < len(live):
                live, kept = [live[place] for place in on], torch.tensor(on, device=model.device)
                cache.batch_select_indices(kept)
                inputs = {name: tensor[kept] for name, tensor in inputs.items()}
    return [_completion(model, row_id, ids, sampling) for (row_id, _), ids in zip(rows, written, strict=True)]


def _chosen(logits: torch.Tensor, seeds: torch.Tensor, step: int, sampling: Sampling) -> torch.Tensor:
    """One token a row: the most likely, or a sample from the nucleus."""
    if sampling.temperature:
        logits = TemperatureLogitsWarper(sampling.temperature)(None, logits)
        logits = TopPLogitsWarper(sampling.top_p)(None, logits)
        logits = logits + gumbel(seeds, step, logits.shape[1])
    return logits.argmax(-1)


def _cache(out):
    """The cache of keys in a net's output: transformers renamed it."""
    return out["cache"] if "cache" in out else out["past_key_values"]


def _next(inputs: dict[str, torch.Tensor], chosen: torch.Tensor) -> dict[str, torch.Tensor]:
    """The inputs of the step after: the chosen tokens, behind all that was read."""
    mask = inputs["attention_mask"]
    following = {"input_ids": chosen[:, None], "attention_mask": torch.cat([mask, mask.new_ones(len(mask), 1)], 1)}
    if "position_ids" in inputs:
        following["position_ids"] = inputs["position_ids"][:, -1:] + 1
    return following


def _ended(model: Model, ids: list[int], sampling: Sampling) -> bool:
    """Whether a row is finished: by an end token, its length, or a stop string at its end."""
    if ids[-1] in model.ends or len(ids) == sampling.new_tokens:
        return True
    if not sampling.stop:
        return False
    # A token holds a byte or more, a character four bytes or fewer.
    tail = model.tokenizer.decode(ids[-4 * max(map(len, sampling.stop)) - 4 :])
    return any(stop in tail for stop in sampling.stop)


def _completion(model: Model, row_id: str, ids: list[int], sampling: Sampling) -> Completion:
    ended = ids[-1] in model.ends
    text = model.tokenizer.decode(ids[:-1] if ended else ids, skip_special_tokens=True)
    places = [text.find(stop) for stop in sampling.stop if stop in text]
    finish = "stop" if places else "eos" if ended else "length"
    text = text[: min(places)] if places else text
    return Completion(row_id, text.strip(), len(ids) - ended, finish)


def greedy(sampling: Sampling) -> Sampling:
    """The same settings at temperature 0."""
    return replace(sampling, temperature=0.0)
