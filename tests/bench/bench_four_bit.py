"""What 4 bits cost and save: `python tests/bench/bench_four_bit.py` prints a Markdown row a base, same rows, same steps.

Bytes of the base's weights, the median of three trainings' seconds a step, and of three answerings' seconds for 64 prompts.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd

from helpers import config, evaluation, models, prompts, training
from helpers.miniweb import world


def main() -> None:
    """Train and answer with the mini base in NF4 and in bfloat16."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20)
    args = parser.parse_args()
    preset = config.preset("tiny")
    seed = pd.DataFrame(world.seed_pairs(200, 0))
    asked = pd.DataFrame(world.evaluation_prompts("dev", 2)).head(64)
    asked = asked.assign(prompt_id=[f"q{n}" for n in range(len(asked))])
    settings = replace(preset.forward.training, steps=args.steps)
    print("| base | bytes of weights | seconds a step | seconds for 64 answers |\n|---|---|---|---|")
    for name, four_bit in (("NF4, double quantisation", True), ("bfloat16", False)):
        model = models.load(preset.base.path, four_bit=four_bit, dtype="bf16")
        role = prompts.Forward(model.tokenizer)
        rows = [training.Row(role.prefix(p.instruction), role.completion(p.output)) for p in seed.itertuples()]
        steps, answers = [], []
        for trial in range(3):
            with tempfile.TemporaryDirectory() as folder:
                report = training.train_or_load(model, "arm", rows, settings, seed=trial, folder=Path(folder) / "arm")
            steps.append(report["seconds"] / args.steps)
            started = time.perf_counter()
            with model.using("arm"):
                for _ in evaluation.answers(model, asked, tag="seed", sampling=preset.evaluation.sampling):
                    pass
            answers.append(time.perf_counter() - started)
        size = models.weight_bytes(model)
        print(f"| {name} | {size:,} | {statistics.median(steps):.3f} | {statistics.median(answers):.1f} |", flush=True)


if __name__ == "__main__":
    main()
