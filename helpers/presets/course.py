"""The exercise of many courses: openassistant-guanaco as seed, 150 LIMA answers as pages, the best judge of the check.

LIMA's answers are read as if they were texts of the web, so M_yx has to find the instructions that LIMA hides. The dataset is
gated: ``hf auth login`` once, after its terms are accepted on its page.
"""

from dataclasses import replace

from helpers.config import Base, Filters, Preset
from helpers.presets import smol
from helpers.presets.single_gpu import JUDGES

LIMA = "hf://datasets/GAIR/lima/train.jsonl"


def preset(draw: int) -> Preset:
    """The course exercise on SmolLM2; another base is one option away."""
    start = smol.preset(draw)
    return replace(
        start,
        name="course",
        base=Base(path=smol.base()),
        corpus=replace(
            start.corpus,
            pages=(LIMA,),
            text_column="conversations.1",
            most_segments=150,
            first=False,
            filters=Filters(min_chars=200, max_chars=3000, disabled=("empty_header", "navigation_header", "capitals_header")),
        ),
        seed_models=replace(
            start.seed_models,
            seed_pairs="hf://datasets/timdettmers/openassistant-guanaco/openassistant_best_replies_train.jsonl",
        ),
        curation=replace(start.curation, judges=JUDGES, judge="best", rule="quantile", value=0.4),
    )
