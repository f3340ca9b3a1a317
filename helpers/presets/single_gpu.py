"""An 8B base in 4 bits, meant for one GPU of 24 GB; not run by us yet: `doctor --preset single_gpu` estimates it."""

from dataclasses import replace

from helpers.config import Base, Preset, Training
from helpers.curation import COMBINED
from helpers.presets import paper

QLORA = Training(steps=300, learning_rate=2e-4, max_tokens=1024, pack_tokens=2048, micro_batch=4)

JUDGES = ("rating", *COMBINED["dual_likelihood"], *COMBINED["worst_and_margins"])
"""The judges that rate, and of which the check chooses: the paper's, two likelihoods, and those that a foil sharpens."""


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
        curation=replace(
            start.curation, judges=JUDGES, judge="best", rule="quantile", value=0.2, check_pairs=start.seed_models.held_out
        ),
        forward=replace(start.forward, training=replace(QLORA, steps=600)),
        evaluation=replace(start.evaluation, most_prompts=400),
    )
