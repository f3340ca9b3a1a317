"""Whether a preset fits a machine: the memory of each stage, and its time.

The memory is computed from the base's configuration. The network is built with tensors that have a shape and no memory. In this
way weights, saved activations and keys are counted on the real architecture, without loading the weights. The time comes from
a short probe on the loaded model. Sizes are in MiB (2^20 bytes); on a CPU they add up to the peak memory of the process.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import nan

import pandas as pd
import psutil
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._pytree import tree_leaves
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.initialization import no_init_weights
from transformers.pytorch_utils import Conv1D

from helpers import machine
from helpers.config import Preset, Sampling, Training
from helpers.generation import Prompt, generate
from helpers.judging.batches import BATCHING
from helpers.models import DTYPES, Model, context_of, source_of, weight_bytes
from helpers.models.dense import SHARE
from helpers.training import IGNORE, Row, batches, encode

NF4_BYTES = 0.5 + 1 / 64 + 4 / (64 * 256)
"""Bytes of a 4-bit weight: half a byte for itself, one byte for each block of 64 weights, and four bytes for each 256 blocks
(NF4 with double quantisation)."""

ADAPTER_BYTES = 16
"""Bytes of an adapter's weight in training: the weight, its gradient and Adam's two moments, each in 32 bits."""

LOGIT_BYTES = {"training": 12, "sampled": 40, "greedy": 8, "rated": 12}
"""Bytes of a logit at the peak: the logit, its logarithm and its gradient in 32 bits, and 64-bit noise for drawing tokens."""

SCRATCH = 0.1
"""Extra share of memory on a CPU, for the matrix library's scratch space and the allocator's fragments; measured .08 to .12."""

MIB = 2**20


@dataclass(frozen=True)
class Sizes:
    """Counts of a base: the weights of its linear layers, its other weights, the bytes of keys and values for a token, and the
    bytes that layers without attention keep for a row, whatever its length."""

    linear: int
    other: int
    adapter_per_rank: int
    key_bytes: int
    state_bytes: int
    vocabulary: int
    widest: int


class _Adapted(torch.nn.Module):
    """A linear layer with an adapter beside it, as peft makes it. It need only save the same tensors for the backward pass."""

    def __init__(self, base: torch.nn.Module, rank: int) -> None:
        super().__init__()
        self.base, (inputs, outputs) = base, _shape(base)
        self.first, self.second = torch.nn.Linear(inputs, rank, bias=False), torch.nn.Linear(rank, outputs, bias=False)
        self.weight, self.bias = base.weight, base.bias  # some networks read them

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.second(self.first(x.float())) * 2


def _shape(layer: torch.nn.Module) -> tuple[int, int]:
    return tuple(layer.weight.shape) if isinstance(layer, Conv1D) else tuple(layer.weight.shape[::-1])


def _linear(net: torch.nn.Module) -> dict[str, torch.nn.Module]:
    """The layers that are quantised and get adapters: all linear layers except the output head."""
    head = net.get_output_embeddings()
    return {n: m for n, m in net.named_modules() if isinstance(m, torch.nn.Linear | Conv1D) and m is not head}


@contextmanager
def _shapes_only(dtype: str) -> Iterator[None]:
    """A ``with`` block in which tensors have no memory, and layers compute in ``dtype`` as they do in training."""
    with FakeTensorMode(), torch.autocast("cpu", DTYPES[dtype], enabled=dtype != "fp32", cache_enabled=False):
        yield


def _built(config, dtype: str) -> torch.nn.Module:
    """The network without drawn weights: some kinds of them cannot be drawn where tensors have no memory."""
    with no_init_weights():
        net = AutoModelForCausalLM.from_config(config, dtype=DTYPES[dtype])
    net.tie_weights()  # transformers ties them while it draws them
    return net


def sizes(config, dtype: str) -> Sizes:
    """The counts of a base with this configuration and with keys in ``dtype``. Nothing is downloaded or allocated."""
    with _shapes_only(dtype), torch.no_grad():
        net = _built(config, dtype)
        shapes = [_shape(layer) for layer in _linear(net).values()]
        ids = torch.zeros(1, 8, dtype=torch.long)
        out = net(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=True)
        cache = out["cache"] if "cache" in out else out["past_key_values"]
        keys, state = (_bytes(cache, *names) for names in (("keys", "values"), ("conv_states", "recurrent_states")))
        whole = sum(parameter.numel() for parameter in net.parameters())
    linear = sum(inputs * outputs for inputs, outputs in shapes)
    return Sizes(
        linear=linear,
        other=whole - linear,
        adapter_per_rank=sum(map(sum, shapes)),
        key_bytes=keys // 8,
        state_bytes=state,
        vocabulary=out.logits.shape[-1],
        widest=max(max(shape) for shape in shapes),
    )


def _bytes(cache, *names: str) -> int:
    """Bytes of what the layers of a cache hold under these names."""
    held = tree_leaves([getattr(layer, name, None) for layer in cache.layers for name in names])
    return sum(tensor.numel() * tensor.element_size() for tensor in held if isinstance(tensor, torch.Tensor))


def activation_bytes(config, bins: int, width: int, *, rank: int, dtype: str) -> int:
    """Bytes that the forward pass of a micro-batch (``bins`` x ``width`` tokens) keeps for the backward pass, logits aside."""
    saved: dict[int, torch.Tensor] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        saved[tensor.untyped_storage()._cdata] = tensor  # kept alive, so that no other tensor gets its address
        return tensor

    with _shapes_only(dtype):
        net = _built(config, dtype).requires_grad_(False)
        for name, layer in _linear(net).items():
            net.set_submodule(name, _Adapted(layer, rank))
        own = {parameter.untyped_storage()._cdata for parameter in net.parameters()}
        ids = torch.zeros(bins, width, dtype=torch.long)
        mask = torch.ones(bins, 1, width, width, dtype=torch.bool)
        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            net(input_ids=ids, attention_mask=mask, use_cache=False, logits_to_keep=1)
        return sum(t.untyped_storage().nbytes() for address, t in saved.items() if address not in own)


def training_memory(config, settings: Training, *, four_bit: bool, dtype: str, lengths: Sequence[int] | None = None) -> dict:
    """MiB that a training needs, by part (weights, adapters, activations, logits, ...).

    Args:
        lengths: tokens of each row; None takes every row as long as ``max_tokens`` allows.
    """
    counted, lengths = sizes(config, dtype), lengths or [settings.max_tokens]
    rows = [{"ids": [0] * n} for n in (sorted(lengths) * settings.micro_batch)[:: len(lengths)]]
    bins = batches._bins(rows, max(settings.pack_tokens, *lengths, 1))
    width = max(sum(len(row["ids"]) for row in packed) for packed in bins)
    saved = activation_bytes(config, len(bins), width, rank=settings.rank, dtype=dtype)
    backward = 3 * len(bins) * width * counted.widest * 4
    return _with_scratch(
        _base(counted, four_bit, dtype)
        | {
            "adapters": ADAPTER_BYTES * settings.rank * counted.adapter_per_rank / MIB,
            "activations": (saved + backward) / MIB,
            "logits": LOGIT_BYTES["training"] * sum(len(row["ids"]) for row in rows) * counted.vocabulary / MIB,
        }
    )


def generation_memory(config, sampling: Sampling, *, four_bit: bool, dtype: str, prompt: int, rank: int = 16) -> dict:
    """MiB that a generation needs, by part, for prompts of ``prompt`` tokens."""
    counted, width = sizes(config, dtype), prompt + sampling.new_tokens
    rows = max(1, min(sampling.most_rows, sampling.token_budget // width))
    logits = LOGIT_BYTES["sampled" if sampling.temperature else "greedy"]
    return _with_scratch(
        _base(counted, four_bit, dtype)
        | {
            "adapters": 4 * rank * counted.adapter_per_rank / MIB,
            "activations": 16 * rows * prompt * counted.widest / MIB,
            "keys": rows * (width * counted.key_bytes + counted.state_bytes) / MIB,
            "logits": rows * logits * counted.vocabulary / MIB,
        }
    )


def rating_memory(config, *, four_bit: bool, dtype: str, rank: int = 16) -> dict:
    """MiB that rating by likelihood needs, by part. Half of the tokens are taken to be completions."""
    counted = sizes(config, dtype)
    return _with_scratch(
        _base(counted, four_bit, dtype)
        | {
            "adapters": 4 * rank * counted.adapter_per_rank / MIB,
            "activations": 16 * BATCHING.token_budget * counted.widest / MIB,
            "logits": BATCHING.token_budget // 2 * LOGIT_BYTES["rated"] * counted.vocabulary / MIB,
        }
    )


def _base(counted: Sizes, four_bit: bool, dtype: str) -> dict:
    """MiB of the process with its libraries, of the weights, and of the decoded copy of 4-bit weights if it will be made."""
    machine.import_bitsandbytes()  # so that its memory is counted in the process
    size, device = DTYPES[dtype].itemsize, machine.device()
    decoded = counted.linear * size if four_bit else 0
    return {
        "process": psutil.Process().memory_info().rss / MIB if device == "cpu" else 0.0,
        "weights": (counted.linear * (NF4_BYTES if four_bit else size) + counted.other * size) / MIB,
        "decoded": decoded / MIB if decoded / 2**30 <= SHARE * machine.free(device) else 0.0,
    }


def _with_scratch(parts: dict) -> dict:
    return parts | {"scratch": SCRATCH * sum(parts.values()) if machine.device() == "cpu" else 0.0}


def estimate(base, preset: Preset, *, rows: Sequence[Row] | None = None, seconds: float = 20) -> pd.DataFrame:
    """Memory and time of each stage, one row a stage: MiB by part, their ``total``, and ``seconds``.

    Args:
        base: a loaded Model, or a configuration of transformers; None reads that of ``preset.base``.
        rows: rows of the run. The probe runs on them, and their lengths are used. None takes the longest rows that the preset
            allows, and gives no time.
        seconds: time that the probe may take; it needs a Model.
    """
    model = base if isinstance(base, Model) else None
    config = model.net.config if model else base or AutoConfig.from_pretrained(source_of(preset.base.path)[0])
    dtype = model.dtype if model else preset.base.dtype
    dtype = machine.fastest_dtype(machine.device()) if dtype == "auto" else dtype
    how = {"four_bit": preset.base.four_bit, "dtype": dtype}
    context = context_of(config, model.tokenizer if model else None)
    backward, forward = preset.seed_models.backward, preset.forward.training
    lengths = [len(row["ids"]) for row in encode(rows, model.tokenizer, context)] if model and rows else None
    sampling, answers = preset.augmentation, preset.evaluation.sampling

    def room(sampling: Sampling) -> int:
        return min(backward.max_tokens, context - sampling.new_tokens)

    stages = {
        "02_seed_models": training_memory(config, backward, lengths=lengths, **how),
        "03_self_augmentation": generation_memory(config, sampling, prompt=room(sampling), **how),
        "04_self_curation": rating_memory(config, **how),
        "05_forward_model": training_memory(config, forward, lengths=lengths, **how),
        "06_evaluation": generation_memory(config, answers, prompt=room(answers), **how),
    }
    table = pd.DataFrame(stages).T.fillna(0.0)
    if model and machine.device() == "cpu":
        table["process"] -= weight_bytes(model) / MIB  # the process holds them already, and they have their own column
    table["total"] = table.sum(axis=1)
    rates = probe(model, rows, forward, sampling, seconds=seconds) if model and rows else {}
    return table.assign(seconds=pd.Series(_seconds(preset, lengths, rates) if rates else dict.fromkeys(stages, nan)))


def _seconds(preset: Preset, lengths: list[int], rates: dict[str, float]) -> dict[str, float]:
    """Seconds of each stage whose number of rows the preset names, else NaN. A rating reads each pair three times."""
    mean, segments = sum(lengths) / len(lengths), preset.corpus.most_segments or nan

    def trained(*settings: Training) -> float:
        return sum(one.steps * one.batch for one in settings) * mean / rates["training"]

    return {
        "02_seed_models": trained(preset.seed_models.backward, preset.seed_models.forward),
        "03_self_augmentation": segments * preset.augmentation.new_tokens / rates["generation"],
        "04_self_curation": segments * 3 * mean / rates["reading"],
        "05_forward_model": trained(preset.forward.training),
        "06_evaluation": nan,
    }


def probe(
    model: Model, rows: Sequence[Row], settings: Training, sampling: Sampling, *, seconds: float = 20
) -> dict[str, float]:
    """Tokens a second of training, of reading (a forward pass) and of generation, measured on ``rows``.

    The probe trains an adapter of its own and removes it at the end. Each of the three measurements takes a third of
    ``seconds`` and then finishes its batch.
    """
    encoded = encode(rows, model.tokenizer, min(settings.max_tokens, model.context))
    parts = [encoded[start : start + settings.micro_batch] for start in range(0, len(encoded), settings.micro_batch)]
    filler = model.tokenizer.pad_token_id
    pack = settings.pack_tokens
    ready = [batches.pack(part, pack, filler) if model.packs else batches.stack(part, filler) for part in parts]
    model.add("probe", rank=settings.rank, alpha=settings.alpha)
    try:
        with model.using("probe") as net, model.decoded():

            def train(batch: dict) -> int:
                _loss(model, net, batch).backward()
                return int((batch["labels"] != IGNORE).numel())

            def read(batch: dict) -> int:
                with torch.no_grad():
                    _loss(model, net, batch)
                return batch["input_ids"].numel()

            rates = {"training": _rate(train, ready, seconds / 3), "reading": _rate(read, ready, seconds / 3)}
            few = replace(sampling, new_tokens=min(16, sampling.new_tokens))

            def write(part: Sequence[Row]) -> int:
                asked = [Prompt(str(n), row.prompt) for n, row in enumerate(part)]
                return few.new_tokens * sum(len(done) for done in generate(model, asked, few))

            chunks = [rows[start : start + sampling.most_rows] for start in range(0, len(rows), sampling.most_rows)]
            return rates | {"generation": _rate(write, chunks, seconds / 3)}
    finally:
        model.remove("probe")


def _loss(model: Model, net: torch.nn.Module, batch: dict) -> torch.Tensor:
    inputs = {name: tensor.to(model.device) for name, tensor in batch.items()}
    with torch.autocast(model.device.type, DTYPES[model.dtype], enabled=model.dtype != "fp32"):
        return net(**inputs, use_cache=False).loss


def _rate(work, items: Sequence, seconds: float) -> float:
    """Tokens a second of ``work(item) -> tokens`` on the items in turn. The first call warms up and does not count."""
    work(items[0])
    started, tokens, turn = time.perf_counter(), 0, 0
    while not turn or time.perf_counter() - started < seconds:
        tokens += work(items[turn % len(items)])
        turn += 1
    return tokens / (time.perf_counter() - started)
