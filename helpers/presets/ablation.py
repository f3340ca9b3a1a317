"""``tiny`` with all comparison arms, five of them in all inference modes; ``python -m helpers ablate`` runs this preset."""

from dataclasses import replace

from helpers.config import Preset
from helpers.presets import tiny

ARMS = (
    "seed_only", "uncurated", "oracle", "rated", "uncurated_matched", "likely_right", "likely_wrong", "bf16", "half", "rated_2",
    "half_own", "half_other",
)  # fmt: skip


def preset(draw: int) -> Preset:
    """The mini base on the mini web of a draw, with all arms."""
    start = tiny.preset(draw)
    return replace(start, name="ablation", evaluation=replace(start.evaluation, arms=ARMS, other_modes=("seed", "web", "none")))
