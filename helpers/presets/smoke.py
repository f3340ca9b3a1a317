"""``tiny`` made so small that every notebook runs in seconds. It checks that the kit works; its numbers mean nothing."""

from dataclasses import replace

from helpers.config import Preset, Training
from helpers.presets import tiny

EIGHT = Training(steps=8, batch=8, learning_rate=1e-3, checkpoint_steps=4)


def preset(draw: int) -> Preset:
    """The mini base on a piece of the mini web of a draw."""
    start = tiny.preset(draw)
    return replace(
        start,
        name="smoke",
        corpus=replace(start.corpus, most_segments=200),
        seed_models=replace(start.seed_models, backward=EIGHT, forward=EIGHT),
        curation=replace(start.curation, value=50, check_pairs=8),
        forward=replace(start.forward, training=EIGHT),
        evaluation=replace(start.evaluation, per_family=2, arms=("rated", "rated_2"), bootstrap=200),
        banner="This is a smoke run: it shows that the kit works on this machine. Its numbers mean nothing.",
    )
