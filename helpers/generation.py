"""Text generation: from prompts to completions.

All batches are planned before the first row is written, and the rows of a batch are handed over when it ends. Every row has
sampling noise of its own. Its text therefore depends only on its prompt, its id and the settings, and not on the rows that
are still to do; another batch size changes it only through rounding. The module knows nothing of instructions and scores.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from hashlib import sha256

import torch

from helpers import machine
from helpers.config import Sampling
from helpers.models import Model, prefix
from helpers.models.prefix import Prefix

CANDIDATES = 256
"""Tokens among which a nucleus is looked for before it is looked for in the whole vocabulary."""

NO_TOKEN = -1
"""What is chosen where a row's logits are not finite."""

_MIX = (-7046029254386353131, -4658895280553007687, -7723592293110705685)  # splitmix64's odd constants, as signed int64

Progress = Callable[[int, int], None]
"""A function that is called with (done, total), in tokens or steps, while a batch is under way."""


@dataclass(frozen=True)
class Prompt:
    """A text to complete. ``row_id`` names the row in its journal and seeds its noise."""

    row_id: str
    text: str


@dataclass(frozen=True)
class Completion:
    """A finished row: its text, its length in tokens, and why it ended: ``eos``, ``stop`` or ``length``.

    ``cut``: whether its prompt was too long for the context and lost its beginning.
    """

    row_id: str
    text: str
    tokens: int
    finish: str
    cut: bool = False


def gumbel(row_seeds: torch.Tensor, step: int, tokens: torch.Tensor) -> torch.Tensor:
    """Gumbel noise of shape (rows, tokens). The token with the largest sum of logit and noise is a sample.

    The noise is a hash (splitmix64) of the row's seed, the step and the token, so it is the same on every device and in every
    batch.

    Args:
        tokens: ids of shape (tokens,), or (rows, tokens) where each row has its own.
    """
    bits = row_seeds[:, None] + (step * 1_000_003 + tokens) * _MIX[0]
    for shift, factor in ((30, _MIX[1]), (27, _MIX[2])):
        bits = (bits ^ ((bits >> shift) & ((1 << (64 - shift)) - 1))) * factor
    bits = bits ^ ((bits >> 31) & ((1 << 33) - 1))
    bits = (bits >> 11) & ((1 << 53) - 1)
    wide = bits.cpu() if bits.device.type == "mps" else bits  # Apple's GPUs have no float64
    uniform = wide.double().add(0.5) / (1 << 53)
    return -torch.log(-torch.log(uniform)).float().to(bits.device)


def plan(lengths: Sequence[int], *, new_tokens: int, token_budget: int, most_rows: int) -> list[list[int]]:
    """The row numbers of each batch: rows by length, longest first, at most ``token_budget`` tokens with padding."""
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

    A prompt that is too long for the context loses its beginning, except the tokens that the tokenizer puts before every
    text. Rows whose id is in ``done`` are not yielded; a batch is skipped where all its rows are done, else all of it is
    generated again. Where there is no memory for a batch, it is halved with a warning and counted in ``model.halvings``.

    Args:
        model: a Model, or an Endpoint.
        sampling: temperature 0 takes the most likely token at each step.
        seed: seeds the noise of each row, together with its id.
        progress: called after each step with the tokens done and the tokens to do; a row that ends early counts in full.

    Raises:
        FloatingPointError: logits are NaN or infinite; the message names the row.
    """
    if hasattr(model, "generate"):  # a server, which plans for itself (``endpoint``)
        yield from model.generate(prompts, sampling, seed=seed, done=done, progress=progress)
        return
    rows_of, cut = encoded(model, prompts, max(8, model.context - sampling.new_tokens))
    batches = plan(
        [len(ids) for ids in rows_of],
        new_tokens=sampling.new_tokens,
        token_budget=sampling.token_budget,
        most_rows=sampling.most_rows,
    )
    to_do = [batch for batch in batches if not all(prompts[row].row_id in done for row in batch)]
    total, before = sampling.new_tokens * sum(map(len, to_do)), 0
    begin = _begin(model, rows_of, sampling) if to_do else Prefix()
    for batch in to_do:
        rows = [(prompts[row].row_id, rows_of[row]) for row in batch]

        def completed(part: list, first: int, before: int = before) -> list[Completion]:
            def told(tokens: int) -> None:
                if progress:
                    progress(before + first * sampling.new_tokens + tokens, total)

            return _complete(model, part, sampling, seed, begin, told)

        finished = with_halving(model, rows, completed)
        before += sampling.new_tokens * len(rows)
        yield [replace(each, cut=each.row_id in cut) for each in finished if each.row_id not in done]


def encoded(model: Model, prompts: Sequence[Prompt], room: int) -> tuple[list[list[int]], set[str]]:
    """The tokens of each prompt, at most ``room`` of them, and the ids of the rows whose prompt was cut.

    A long prompt keeps its end, and the tokens that the tokenizer puts before every text.
    """
    begin = len(model.encode([""], start=True)[0]) if prompts else 0
    whole = model.encode([prompt.text for prompt in prompts], start=True)
    cut = {prompt.row_id for prompt, ids in zip(prompts, whole, strict=True) if len(ids) > room}
    return [ids if len(ids) <= room else ids[:begin] + ids[begin - room :] for ids in whole], cut


def _begin(model: Model, rows: list[list[int]], sampling: Sampling) -> Prefix:
    """What all rows begin with, which is read once."""
    with model.decoded():
        return prefix.shared(model, rows, new_tokens=sampling.new_tokens)


def with_halving(model: Model, rows: list, work: Callable[[list, int], list], first: int = 0) -> list:
    """What ``work`` makes of a batch, or of its halves one after the other where there is no memory for the whole.

    A halving is told in a warning and counted in ``model.halvings``. A single row that fits in no memory raises the error.

    Args:
        work: takes some of the rows, and how many of the batch's rows stand before them.
    """
    try:
        return work(rows, first)
    except (RuntimeError, MemoryError) as error:
        if len(rows) == 1 or not machine.out_of_memory(error):
            raise
    # The handler has to be left first: until then its traceback holds the tensors of the batch.
    machine.give_memory_back()
    model.halvings += 1
    advice = "where text is written, a lower token_budget avoids this"
    warnings.warn(f"no memory for {len(rows)} rows at once, so the batch is halved; {advice}", stacklevel=3)
    half = len(rows) // 2
    return with_halving(model, rows[:half], work, first) + with_halving(model, rows[half:], work, first + half)


@torch.no_grad()
def _complete(
    model: Model, rows: list, sampling: Sampling, seed: int, begin: Prefix, told: Callable[[int], None]
) -> list[Completion]:
    """Complete a batch step by step. A row that has ended leaves the batch, and its keys leave the cache."""
    seeds = torch.tensor([row_seed(seed, row_id) for row_id, _ in rows], device=model.device)
    written: list[list[int]] = [[] for _ in rows]
    live, cache, inputs = list(range(len(rows))), begin.repeated(len(rows)), begin.padded(model, [ids for _, ids in rows])
    with model.decoded():
        for step in range(sampling.new_tokens):
            out = model.net(**inputs, **model.keys(cache), use_cache=True, logits_to_keep=1)
            chosen = _chosen(out.logits[:, -1].float(), seeds[live], step, sampling)
            for row, token in zip(live, chosen.tolist(), strict=True):
                if token == NO_TOKEN:
                    _refuse_overflow(model, rows[row][0], step)
                written[row].append(token)
            on = [place for place, row in enumerate(live) if not _ended(model, written[row], sampling)]
            told((step + 1) * len(on) + sampling.new_tokens * (len(rows) - len(on)))
            if not on:
                break
            cache, inputs = prefix.cache_of(out), _next(inputs, chosen)
            if len(on) < len(live):
                live, kept = [live[place] for place in on], torch.tensor(on, device=model.device)
                cache.reorder_cache(kept)  # the one selection of rows that layers without attention have too
                inputs = {name: tensor[kept] for name, tensor in inputs.items()}
    return [_completion(model, row_id, ids, sampling) for (row_id, _), ids in zip(rows, written, strict=True)]


def _chosen(logits: torch.Tensor, seeds: torch.Tensor, step: int, sampling: Sampling) -> torch.Tensor:
    """One token for each row: the most likely one, or a sample from the nucleus; ``NO_TOKEN`` if its logits are not finite.

    torch takes NaN for the largest number. So the one logit of the chosen token tells whether there is any.
    """
    temperature = sampling.temperature
    chosen = drawn(logits / temperature, seeds, step, sampling.top_p) if temperature else logits.argmax(-1)
    return chosen.where(logits.gather(1, chosen[:, None])[:, 0].isfinite(), NO_TOKEN)


def _refuse_overflow(model: Model, row_id: str, step: int) -> None:
    raise FloatingPointError(
        f"row {row_id!r}: the logits of token {step + 1} are NaN or infinite. The base computes in {model.dtype}, and numbers "
        "above 65,504 overflow in fp16: set base.dtype to bf16 or fp32, or train the adapter again if fp32 overflows too"
    )


def drawn(logits: torch.Tensor, seeds: torch.Tensor, step: int, top_p: float, *, candidates: int = CANDIDATES) -> torch.Tensor:
    """A sample from the nucleus of each row: the fewest tokens that together have the probability ``top_p``.

    Tokens that are as likely as the last of them belong to it too, so that it does not depend on how ties are sorted. Most
    nuclei are small, and sorting a vocabulary takes longer than a step of a small model: only the likeliest tokens are sorted,
    and the whole vocabulary for the rows that need it.
    """
    values, tokens = logits.topk(min(candidates, logits.shape[1]))
    probabilities = (values - logits.logsumexp(-1, keepdim=True)).exp()
    outside = probabilities.cumsum(-1) - probabilities >= top_p
    outside[:, 0] = False
    last = values.masked_fill(outside, float("inf")).amin(-1, keepdim=True)
    noisy = (values + gumbel(seeds, step, tokens)).masked_fill(values < last, -float("inf"))
    chosen = tokens.gather(1, noisy.argmax(-1, keepdim=True))[:, 0]
    larger = values[:, -1] >= last[:, 0]
    if tokens.shape[1] < logits.shape[1] and larger.any():
        chosen[larger] = drawn(logits[larger], seeds[larger], step, top_p, candidates=logits.shape[1])
    return chosen


def _next(inputs: dict[str, torch.Tensor], chosen: torch.Tensor) -> dict[str, torch.Tensor]:
    """The inputs of the next step: the chosen tokens, behind everything that was read before."""
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
