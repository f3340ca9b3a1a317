"""Judging against distilabel's InstructionBacktranslation with TransformersLLM: `python tests/bench/bench_judging.py`.

SmolLM2 in both, the same pairs, the same dtype of the computation. "Like for like" writes reasons and a score of at most 256
tokens, drawn at temperature .7 from the nucleus of .9; each asks in its own words, and the note says how many tokens were
written and how many replies had a score. "The cheaper question" reads the expected score from one forward pass a pair, as the
kit does where nothing else is asked for; distilabel has no such reading.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import peers

MISSING = peers.missing("distilabel")  # before transformers is imported

sys.path.insert(0, str(Path(__file__).parents[1]))

import pandas as pd  # noqa: E402
from measure import TURNS, Contestant, table  # noqa: E402
from real_model import smol_gguf  # noqa: E402

from helpers import judging, models  # noqa: E402
from helpers.judging.sampled import REPLIES  # noqa: E402
from helpers.miniweb import world  # noqa: E402

CHEAPER = "ours, the cheaper question"
PEER = "distilabel 1.5.3, like for like"


def ours(model: models.Model, pairs: pd.DataFrame, judge: str) -> Callable[[], tuple[float, str]]:
    """The ratings of one judge on the base."""

    def run() -> tuple[float, str]:
        with model.decoded():
            batches = judging.rate(model, pairs, [judge], adapter=None, backward=None, tag="")
            rows = pd.DataFrame([row for batch in batches for row in batch])
        return said(model, list(rows.raw), rows.score.count())

    return run


def distilabel(model: models.Model, pairs: pd.DataFrame) -> Callable[[], tuple[float, str]]:
    """The task on a loaded model, all pairs in one batch of its own size."""
    from distilabel.models import TransformersLLM
    from distilabel.steps.tasks import InstructionBacktranslation

    drawn = {"max_new_tokens": REPLIES.new_tokens, "temperature": REPLIES.temperature, "top_p": REPLIES.top_p}
    llm = TransformersLLM(
        model=str(models.source_of(smol_gguf())[0]),
        torch_dtype=str(models.DTYPES[model.dtype]).removeprefix("torch."),
        device=str(model.device),
        generation_kwargs=drawn | {"repetition_penalty": 1.0},
    )
    task = InstructionBacktranslation(llm=llm, input_batch_size=50, add_raw_output=True)
    task.load()
    asked = pairs.rename(columns={"output": "generation"})[["instruction", "generation"]].to_dict("records")

    def run() -> tuple[float, str]:
        rows = [row for batch in task.process([dict(row) for row in asked]) for row in batch]
        raw = [row["distilabel_metadata"]["raw_output_instruction_backtranslation_0"] or "" for row in rows]
        written = sum(map(len, model.encode(raw, start=False)))
        return len(
            rows
        ), f"{written} tokens written, {sum(row['score'] is not None for row in rows)} of {len(rows)} with a score"

    return run


def said(model: models.Model, replies: list[str], scores: int) -> tuple[float, str]:
    """Pairs judged, and what was written for it."""
    written = sum(map(len, model.encode(replies, start=False)))
    return len(replies), f"{written} tokens written, {scores} of {len(replies)} with a score"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=16)
    parser.add_argument("--turns", type=int, default=TURNS)
    args = parser.parse_args()
    count = args.pairs
    model = models.load(smol_gguf(), four_bit=True)
    pairs = pd.DataFrame(world.seed_pairs(count, 0)).head(count)
    pairs = pairs.assign(pair_id=[f"p{n}" for n in range(count)])
    contestants = [
        Contestant("ours, like for like", ours(model, pairs, "rating sampled")),
        Contestant(CHEAPER, ours(model, pairs, "rating")),
    ]
    if not MISSING:
        contestants.append(Contestant(PEER, distilabel(model, pairs)))
    print(
        f"{count} pairs, SmolLM2-135M, {model.dtype}; ours in NF4, distilabel's weights not quantised; turns: {args.turns}:\n"
    )
    missing = [(PEER, reason) for reason in MISSING.values()]
    print(table("pairs", contestants, missing, args.turns, also=CHEAPER), flush=True)


if __name__ == "__main__":
    main()
