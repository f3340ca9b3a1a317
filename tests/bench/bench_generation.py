"""Generation against transformers' ``generate``, one prompt after the other: `python tests/bench/bench_generation.py`.

Same base in 4 bits with an adapter, same prompts, most likely tokens, same end. One by one is what most notebooks do; the
batch of transformers is all prompts at once, padded on the left. The note says how many answers are as the kit's own.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from measure import TURNS, Contestant, table
from real_model import smol_gguf

from helpers import models
from helpers.config import Sampling, located
from helpers.generation import Prompt, generate
from helpers.miniweb import world
from helpers.prompts import Forward

VLLM = ("vLLM", "this file does not start it" if torch.cuda.is_available() else "it needs a GPU, and this machine has none")


class Answers:
    """The contestants on one base and its prompts; the kit's own answers are what the others' are compared with."""

    def __init__(self, base: Path, count: int, new_tokens: int) -> None:
        self.model = models.load(base, four_bit=True)
        self.model.add("arm", rank=16, alpha=32)
        role = Forward(self.model.tokenizer)
        asked = world.evaluation_prompts("dev", 2)[:count]
        self.prompts = [Prompt(f"r{n}", role.prefix(prompt["instruction"])) for n, prompt in enumerate(asked)]
        self.sampling = Sampling(temperature=0.0, new_tokens=new_tokens)
        self.own: dict[str, str] = {}

    def ours(self) -> tuple[float, str]:
        """The kit's batches."""
        with self.model.using("arm"), self.model.decoded():
            done = [row for batch in generate(self.model, self.prompts, self.sampling) for row in batch]
        self.own = {row.row_id: row.text for row in done}
        return sum(row.tokens + (row.finish == "eos") for row in done), f"{len(done)} answers"

    def of_transformers(self, together: int) -> Callable[[], tuple[float, str]]:
        """``generate`` on so many prompts at once."""

        def run() -> tuple[float, str]:
            count, same = 0, 0
            with self.model.using("arm") as net, torch.no_grad():
                for start in range(0, len(self.prompts), together):
                    part = self.prompts[start : start + together]
                    batch = self.model.padded(self.model.encode([prompt.text for prompt in part], start=True))
                    written = net.generate(
                        input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], do_sample=False,
                        max_new_tokens=self.sampling.new_tokens, pad_token_id=self.model.tokenizer.pad_token_id,
                        eos_token_id=self.model.ends,
                    )[:, batch["input_ids"].shape[1] :].tolist()  # fmt: skip
                    for prompt, ids in zip(part, written, strict=True):
                        ids = self._ended(ids)
                        text = self.model.tokenizer.decode(ids, skip_special_tokens=True).strip()
                        count, same = count + len(ids), same + (text == self.own[prompt.row_id])
            return count, f"{same} of {len(self.prompts)} as ours"

        return run

    def _ended(self, ids: list[int]) -> list[int]:
        """What was written up to its first end, which is counted."""
        return ids[: next((n + 1 for n, token in enumerate(ids) if token in self.model.ends), len(ids))]


def main() -> None:
    """Print a table a base."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int, default=32, help="on the mini base; SmolLM2 has a quarter")
    parser.add_argument("--tokens", type=int, default=48, help="longest answer on the mini base; SmolLM2 has a third")
    args = parser.parse_args()
    for name, base, count, most, turns in (
        ("Mini base", located("artifacts/mini-base"), args.prompts, args.tokens, TURNS),
        ("SmolLM2-135M", smol_gguf(), args.prompts // 4, args.tokens // 3, 1),
    ):
        answers = Answers(base, count, most)
        contestants = [
            Contestant("ours", answers.ours),
            Contestant("transformers, one by one", answers.of_transformers(1)),
            Contestant("transformers, one batch", answers.of_transformers(count)),
        ]
        print(f"{name}, NF4 with an adapter, {count} prompts, at most {most} tokens each, turns: {turns}:\n")
        print(table("tokens", contestants, [VLLM], turns), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
