"""An 8B base in 4 bits, meant for one GPU of 24 GB; not run by us yet: `doctor --preset single_gpu` estimates it."""

from dataclasses import replace

from helpers.config import Base, Preset, Training
from helpers.presets import paper

QLORA = Training(steps=300, learning_rate=2e-4, max_tokens=1024, pack_tokens=2048, micro_batch=4)


def preset(draw: int) -> Preset:
    """Qwen3-8B on one GPU."""
    start = paper.preset(draw)
    return replace(
        start,
        name="single_gpu",
        base=Base(path="Qwen/Qwen3-8B-Base"),
        corpus=replace(
            start.corpus, pages=("hf://datasets/HuggingFaceFW/fineweb/sample/10BT/000_00000.parquet",), most_segments=20_000
        ),
        seed_models=replace(start.seed_models, backward=QLORA, forward=QLORA),
        curation=replace(start.curation, judge="dual_likelihood", rule="quantile", value=0.2),
        forward=replace(start.forward, training=replace(QLORA, steps=600)),
        evaluation=replace(start.evaluation, most_prompts=400),
    )
