"""The whole method on the bundled mini web and mini base, on a CPU and without the internet.

Learning rates and steps come from the grid in the model card (``artifacts/mini-base/README.md``). M_0 has the point with its
own best score on dev. All arms share one point. It is the best one for ``dual_likelihood`` and, among points of at most 200
steps, for oracle; a run has no time for more steps. With the settings of M_yx its instructions stay as right as those of the
untuned base.
"""

from dataclasses import replace

from helpers.config import Base, Corpus, Curation, Evaluation, Filters, Forward, Preset, Sampling, SeedModels, Training
from helpers.miniweb.truth import MiniWeb

SHORT = Training(steps=40, learning_rate=3e-4, pack_tokens=160, checkpoint_steps=50)


def preset(draw: int) -> Preset:
    """The mini base on the mini web of a draw."""
    web = MiniWeb.of_draw(draw)
    return Preset(
        name="tiny",
        base=Base(path="artifacts/mini-base"),
        corpus=Corpus(
            pages=(f"{web.folder}/crawl",),
            filters=Filters(min_chars=60, max_chars=600),
            prompts=(f"{web.folder}/eval_dev.jsonl", f"{web.folder}/eval_test.jsonl"),
            most_segments=2400,
            first=True,
        ),
        seed_models=SeedModels(
            seed_pairs=f"{web.folder}/seed.jsonl",
            backward=replace(SHORT, learning_rate=1e-4),
            forward=replace(SHORT, steps=300, learning_rate=2e-3),
        ),
        augmentation=Sampling(new_tokens=40),
        curation=Curation(judge="dual_likelihood", rule="top", value=600),
        forward=Forward(seed_copies=1, training=replace(SHORT, steps=200, learning_rate=4e-3)),
        evaluation=Evaluation(
            prompts=f"{web.folder}/eval_test.jsonl",
            sampling=Sampling(temperature=0.0, new_tokens=96),
            arms=("seed_only", "uncurated", "oracle"),
            other_modes=("seed", "none"),
            graders=("facts",),
        ),
        truth=web,
    )
