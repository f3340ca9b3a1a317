"""Costs and savings of 4 bits: `python tests/bench/bench_four_bit.py` prints a Markdown row for each form of the base.

Bytes of the base's weights, the median of three trainings' seconds a step, and of three answerings' seconds for 64 prompts.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd

from helpers import method, models, presets
from helpers.miniweb import world
from helpers.paper import SEED_TAG
from helpers.tables import content_id


def main() -> None:
    """Train and answer with the mini base in NF4 and in bfloat16."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20)
    args = parser.parse_args()
    preset = presets.find("tiny")
    seed = pd.DataFrame(world.seed_pairs(200, 0)).assign(tag=SEED_TAG)
    seed["pair_id"] = [content_id(x, y) for x, y in zip(seed.instruction, seed.output, strict=True)]
    asked = pd.DataFrame(world.evaluation_prompts("dev", 2)).head(64)
    asked = asked.assign(prompt_id=[f"q{n}" for n in range(len(asked))])
    settings = replace(preset.forward.training, steps=args.steps)
    print("| base | bytes of weights | seconds a step | seconds for 64 answers |\n|---|---|---|---|")
    for name, four_bit in (("NF4, double quantisation", True), ("bfloat16", False)):
        model = models.load(preset.base.path, four_bit=four_bit, dtype="bf16")
        steps, answers = [], []
        for trial in range(3):
            with tempfile.TemporaryDirectory() as folder:
                report = method.train(model, "arm", seed, settings, draw=trial, folder=Path(folder) / "arm")
            steps.append(report["seconds"] / args.steps)
            started = time.perf_counter()
            for _ in method.answer(model, asked, adapter="arm", mode="seed", sampling=preset.evaluation.sampling):
                pass
            answers.append(time.perf_counter() - started)
        size = models.weight_bytes(model)
        print(f"| {name} | {size:,} | {statistics.median(steps):.3f} | {statistics.median(answers):.1f} |", flush=True)


if __name__ == "__main__":
    main()
