"""A 1.7B base in 4 bits, meant for a GPU of 16 GB as on Colab and Kaggle; not run by us yet."""

from dataclasses import replace

from helpers.config import Base, Preset
from helpers.presets import single_gpu

ONE_ROW = replace(single_gpu.QLORA, precision="fp16", micro_batch=1)


def preset(draw: int) -> Preset:
    """Qwen3-1.7B on a T4, which has no bf16."""
    start = single_gpu.preset(draw)
    return replace(
        start,
        name="t4",
        base=Base(path="Qwen/Qwen3-1.7B-Base", dtype="fp16"),
        corpus=replace(start.corpus, most_segments=5000),
        seed_models=replace(start.seed_models, most_pairs=1000, backward=ONE_ROW, forward=ONE_ROW),
        forward=replace(start.forward, training=replace(ONE_ROW, steps=400)),
        evaluation=replace(start.evaluation, most_prompts=200),
    )
