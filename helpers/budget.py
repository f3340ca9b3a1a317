"""What a plan too large for one machine would cost, stage by stage: `python -m helpers doctor --plan`.

Nothing here is measured. Tokens follow from the preset and the lengths that the paper publishes; the sizes of the base from the
configuration of its architecture (``fit.sizes``); speeds and prices are ``Assumptions``, each of which the reader can set.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from math import ceil, inf

import pandas as pd
from transformers import LlamaConfig

from helpers import fit, paper, prompts
from helpers.config import Preset, Training
from helpers.judging import judges
from helpers.judging.likelihood import FOILS_OF
from helpers.judging.sampled import REPLIES

_PUBLISHED = next(row for row in paper.DATA_STATISTICS.rows if row.dataset == "all augmented")


@dataclass(frozen=True)
class Assumptions:
    """What the plan takes for granted; every field can be set by name."""

    segments: int = 500_000
    """Segments that are given an instruction. Paper: 502,000."""
    parameters: float = 8.0
    """Of the base, in billions."""
    segment_chars: float = _PUBLISHED.output_mean
    """Characters of a segment, mean. Paper: v1 Table 2."""
    instruction_chars: float = _PUBLISHED.instruction_mean
    """Characters of an instruction, mean. Paper: v1 Table 2."""
    chars_per_token: float = 4.0
    """Of English text, roughly, with a vocabulary of 32,000 to 128,000 tokens."""
    prompts: int = 805
    """Prompts of the evaluation; AlpacaEval has 805."""
    peak: float = 989.0
    """TFLOP/s of a GPU in 16 bits. NVIDIA's data sheet of the H100 SXM, without sparsity."""
    bandwidth: float = 3.35
    """TB/s of its memory. The same data sheet."""
    memory: float = 80.0
    """GB of its memory. The same data sheet."""
    reading: float = 0.4
    """Share of the peak that a forward pass reaches. A guess: .3 to .5 is common."""
    training: float = 0.3
    """Share of the peak that training reaches. A guess."""
    writing: float = 0.5
    """Share of the bandwidth that writing reaches. A guess."""
    rows: int = 256
    """Rows written at once on a GPU, where their keys fit; what engines allow by default."""
    core_segments: float = 50.0
    """Segments that stage 01 keeps in a second of a CPU core. A guess; ``tests/bench/bench_corpus.py`` measures it on pages."""
    core_price: float = 0.05
    """Dollars for an hour of a CPU core. A guess."""
    iterations: int = 2
    """M_1 and M_2. Paper: 2."""

    @property
    def weights(self) -> float:
        """The base's parameters."""
        return self.parameters * 1e9

    @property
    def gpus(self) -> int:
        """GPUs over which the base is spread, so that its 16-bit weights take at most seven tenths of their memory."""
        return max(1, ceil(2 * self.weights / (0.7 * self.memory * 1e9)))


PRICES = (2.0, 4.0, 8.0)
"""Dollars for a GPU-hour where the reader names none: guesses from cheap to dear."""

LEAST, MOST = 1e-12, 1e12
"""Bounds of assumptions and prices, so that products of several stay finite."""

SHAPES = {
    1.24: {"hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16, "num_attention_heads": 32},
    8.03: {"hidden_size": 4096, "intermediate_size": 14_336, "num_hidden_layers": 32, "num_attention_heads": 32},
    70.6: {"hidden_size": 8192, "intermediate_size": 28_672, "num_hidden_layers": 80, "num_attention_heads": 64},
}
"""Architectures by their parameters in billions, those of Llama 3: eight key heads, a vocabulary of 128,256."""


def assume(given: Sequence[str]) -> Assumptions:
    """The assumptions, with those replaced that ``given`` names: ``["parameters=70", "reading=0.3"]``.

    Raises:
        ValueError: there is no such assumption, or its value is no number from ``LEAST`` to ``MOST``.
    """
    kinds, changed = {each.name: type(each.default) for each in fields(Assumptions)}, {}
    for text in given:
        name, _, value = text.partition("=")
        if name not in kinds:
            raise ValueError(f"there is no assumption {name!r}; there are {', '.join(kinds)}")
        try:
            changed[name] = kinds[name](float(value))
        except ValueError:
            raise ValueError(f"{text!r} is not NAME=NUMBER, as in segments=500000") from None
        except OverflowError:  # an infinite number of segments
            changed[name] = inf
        if not LEAST <= changed[name] <= MOST:
            raise ValueError(f"{name} is {value}: give a number above 0, {MOST:g} at most")
    return replace(Assumptions(), **changed)


def key_bytes(parameters: float) -> float:
    """Bytes of keys and values a token in 16 bits: those of the nearest of ``SHAPES``, in proportion to the parameters."""
    nearest = min(SHAPES, key=lambda size: max(size / parameters, parameters / size))
    tied = {"tie_word_embeddings": nearest < 4}
    config = LlamaConfig(**SHAPES[nearest], num_key_value_heads=8, vocab_size=128_256, **tied)
    counted = fit.sizes(config, "bf16")
    return counted.key_bytes * parameters * 1e9 / (counted.linear + counted.other)


def plan(preset: Preset, assumed: Assumptions) -> pd.DataFrame:
    """Tokens ``read``, ``written`` and ``trained``, ``gpu_hours`` and ``core_hours`` of each stage, one row a stage."""
    segment, instruction = (n / assumed.chars_per_token for n in (assumed.segment_chars, assumed.instruction_chars))
    pair, segments, again = segment + instruction, assumed.segments, assumed.iterations
    rating, reply = _judged(preset.curation.judges, pair, assumed)
    models = again + 1 + len(preset.evaluation.arms)
    answer = preset.evaluation.sampling.new_tokens

    def trained(*settings: Training) -> float:
        return sum(each.steps * each.batch for each in settings) * pair

    seed, forward = preset.seed_models, preset.forward.training
    answers = assumed.prompts * models
    stages = {
        "01_corpus": {"core_hours": segments / assumed.core_segments / 3600},
        "02_seed_models": {"trained": trained(seed.backward, seed.forward)},
        "03_self_augmentation": {"read": segments * segment, "written": segments * instruction},
        "04_self_curation": {"read": again * segments * rating, "written": again * segments * reply},
        "05_forward_model": {"trained": again * trained(forward)},
        "06_evaluation": {
            "read": answers * (instruction + 4 * answer),  # a judge reads both answers in both orders
            "written": answers * answer,
            "trained": len(preset.evaluation.arms) * trained(forward),
        },
    }
    table = pd.DataFrame(stages, index=["read", "written", "trained", "core_hours"]).T.fillna(0.0)
    keys = key_bytes(assumed.parameters)
    widths = {"03_self_augmentation": pair, "04_self_curation": pair + reply, "06_evaluation": instruction + answer}
    writes = pd.Series({stage: writing_rate(assumed, keys, width) for stage, width in widths.items()})
    flops = assumed.peak * 1e12
    seconds = table.read * 2 * assumed.weights / (flops * assumed.reading)
    seconds += table.trained * 4 * assumed.weights / (flops * assumed.training)  # the base's own gradients are not taken
    seconds += (table.written / writes).reindex(table.index).fillna(0.0)
    return table.assign(gpu_hours=seconds / 3600)


def _judged(names: Sequence[str], pair: float, assumed: Assumptions) -> tuple[float, float]:
    """Tokens read and written for the ratings of one pair. An expected score reads its rubric once for all pairs."""
    read = written = 0.0
    for judge in map(judges.find, judges.single(names)):
        if judge.reader == "sampled":
            rubric = len(prompts.rubric(judge.prompt)) / assumed.chars_per_token
            read, written = read + judge.samples * (rubric + pair), written + judge.samples * REPLIES.new_tokens
        else:
            read += pair * (1 + FOILS_OF.get(judge.reader, 0))
    return read, written


def writing_rate(assumed: Assumptions, keys: float, width: float) -> float:
    """Tokens that a GPU writes in a second, to rows of ``width`` tokens: at each step all weights and keys are read once.

    Args:
        keys: bytes of keys and values a token.
    """
    gpus = assumed.gpus
    room = 0.9 * gpus * assumed.memory * 1e9 - 2 * assumed.weights
    rows = max(1, min(assumed.rows * gpus, int(room / (keys * width))))
    step = (2 * assumed.weights + rows * keys * width) / (gpus * assumed.bandwidth * 1e12 * assumed.writing)
    computed = rows * 2 * assumed.weights / (gpus * assumed.peak * 1e12 * assumed.reading)
    return rows / max(step, computed) / gpus


def report(preset: Preset, assumed: Assumptions, prices: Sequence[float] = PRICES) -> str:
    """The plan as text: a line a stage, the bill, what it would be with replies as ratings, and what was assumed.

    Raises:
        ValueError: a price is no number from ``LEAST`` to ``MOST``.
    """
    if wrong := [price for price in prices if not LEAST <= price <= MOST]:
        raise ValueError(f"a GPU-hour costs {wrong[0]:g}: give a price above 0, {MOST:g} dollars at most")
    table = plan(preset, assumed)
    for price in prices:
        table[f"${price:g}/h"] = table.gpu_hours * price + table.core_hours * assumed.core_price
    dollars = table[f"${prices[0]:g}/h"]
    total = table.sum().rename("total")
    shown = pd.concat([table, total.to_frame().T])
    shown[["read", "written", "trained"]] /= 1e6
    shown = shown.rename(columns={name: f"{name}, M tokens" for name in ("read", "written", "trained")})
    expected, sampled = (
        plan(replace(preset, curation=replace(preset.curation, judges=(judge,))), assumed).gpu_hours["04_self_curation"]
        for judge in ("rating", "rating sampled")
    )
    values = ", ".join(f"{each.name}={getattr(assumed, each.name):.15g}" for each in fields(assumed))
    return "\n".join(
        [
            f"A plan for {assumed.segments:,} segments and a base of {assumed.parameters:g} billion parameters ({assumed.gpus} "
            f"GPU{'s' * (assumed.gpus > 1)} a copy), with the settings of {preset.name}. Nothing of it is measured.",
            "",
            shown.to_string(float_format=lambda value: f"{value:,.1f}"),
            "",
            f"The bill is {dollars.idxmax()}: {dollars.max() / dollars.sum():.0%} of {dollars.sum():,.1f} dollars at "
            f"{prices[0]:g} a GPU-hour; the last columns are dollars at each price. With the expected score as its only judge "
            f"(`rating`) 04_self_curation would take {expected:,.1f} GPU-hours, with a reply of {REPLIES.new_tokens} tokens a "
            f"pair (`rating sampled`) {sampled:,.1f}.",
            f"Assumed: {values}. Set any of them with --assume NAME=VALUE.",
        ]
    )
