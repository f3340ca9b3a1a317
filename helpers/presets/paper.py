"""The paper's settings on LLaMA 7B in 16 bits, as documentation: no single GPU of 24 GB holds it.

A setting that the paper does not publish has the value of ``helpers.config``. The data are public and of the kinds that the
paper uses: Open Assistant for the seed pairs, a sample of FineWeb in place of ClueWeb22, and the prompts of AlpacaEval.
"""

from dataclasses import replace

from helpers.config import Base, Corpus, Curation, Evaluation, Forward, Preset, Sampling, SeedModels, Training

FINE_TUNING = Training(final_learning_rate=9e-6, weight_decay=0.1, dropout=0.1, max_tokens=2048, pack_tokens=2048)


def preset(draw: int) -> Preset:
    """The paper's settings."""
    return Preset(
        name="paper",
        base=Base(path="huggyllama/llama-7b", four_bit=False),
        corpus=Corpus(
            pages=("hf://datasets/HuggingFaceFW/fineweb/sample/10BT",),
            prompts=("hf://datasets/tatsu-lab/alpaca_eval/alpaca_eval.json",),
            most_segments=502_000,
            first=True,
        ),
        seed_models=SeedModels(
            seed_pairs="hf://datasets/OpenAssistant/oasst1",
            most_pairs=3200,
            held_out=200,
            backward=FINE_TUNING,
            forward=FINE_TUNING,
        ),
        augmentation=Sampling(new_tokens=256),
        curation=Curation(judge="rating", rule="at_least"),
        forward=Forward(training=replace(FINE_TUNING, steps=1600)),
        evaluation=Evaluation(
            prompts="hf://datasets/tatsu-lab/alpaca_eval/alpaca_eval.json",
            sampling=Sampling(new_tokens=512),
            arms=("seed_only", "uncurated"),
            graders=("pairwise", "held_out"),
        ),
    )
