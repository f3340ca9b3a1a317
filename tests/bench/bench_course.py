"""The exercise of many courses on SmolLM2, against a public re-implementation's steps: `python tests/bench/bench_course.py`.

The steps: train M_yx on seed pairs, write an instruction for each page, rate each pair by a written reply, keep the best two
fifths, and train M_1 on them and the seed pairs. The notebooks of chakraborty-arnab/Instruction_Backtranslation take them with
transformers' ``generate``, one page and one pair after the other, and with TRL's SFTTrainer. They are for a GPU and another
model, so their steps are written here anew, on the same 4-bit base, with the kit's prompts, rows, rates and sampling. Seed
pairs and pages are the mini web's: those of the course are data sets of the hub, one of them gated. "The cheaper question"
reads the expected rating from one forward pass a pair. Sampled texts differ, so the note says how many tokens were written.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import peers

MISSING = peers.missing("trl")  # before transformers is imported: it looks once for what TRL brings

sys.path.insert(0, str(Path(__file__).parents[1]))

import pandas as pd  # noqa: E402
import torch  # noqa: E402
from bench_training import MOST_TOKENS, sft_trainer  # noqa: E402
from measure import Contestant, table  # noqa: E402
from real_model import smol_gguf  # noqa: E402

from helpers import judging, method, models, prompts, training  # noqa: E402
from helpers.config import Sampling, Training  # noqa: E402
from helpers.judging.parser import parse  # noqa: E402
from helpers.judging.sampled import REPLIES  # noqa: E402
from helpers.miniweb import world  # noqa: E402
from helpers.paper import SEED_TAG, WEB_TAG  # noqa: E402

CHEAPER = "ours, the cheaper question"
WRITING, KEPT = Sampling(new_tokens=48), 0.4


class Exercise:
    """Seed pairs and pages on one base, and the steps as the kit takes them and as the notebooks do.

    Args:
        count: seed pairs, and as many pages.
        steps: of each of the two trainings; a step is all rows.
    """

    def __init__(self, count: int, steps: int) -> None:
        self.model, self.steps = models.load(smol_gguf(), four_bit=True), steps
        pairs = pd.DataFrame(world.seed_pairs(2 * count, 0))
        pairs = pairs.assign(pair_id=[f"r{n}" for n in range(2 * count)], tag=SEED_TAG)
        self.seed, self.pages = pairs.head(count), list(pairs.output.tail(count))

    def ours(self, judge: str) -> tuple[float, str]:
        """The method of the kit with one judge."""
        model = self.model
        with tempfile.TemporaryDirectory() as folder:
            self.trained("backward", method.training_texts(model, self.seed, MOST_TOKENS, backward=True), Path(folder) / "yx")
            segments = pd.DataFrame({"segment_id": [f"s{n}" for n in range(len(self.pages))], "text": self.pages})
            written = pd.DataFrame([row for batch in method.augment(model, segments, WRITING) for row in batch])
            texts = segments.set_index("segment_id").text
            pairs = written.assign(output=written.segment_id.map(texts))
            with model.decoded():
                batches = judging.rate(model, pairs, [judge], adapter=None, backward=None, tag="")
                ratings = pd.DataFrame([row for batch in batches for row in batch]).set_index("pair_id")
            self.trained("m1", self.forward(pairs.assign(score=pairs.pair_id.map(ratings.score))), Path(folder) / "m1")
        return self.done(pairs.instruction, ratings.raw, ratings.score.count())

    def trained(self, name: str, rows: list[training.Row], folder: Path) -> None:
        """An adapter by the kit's trainer."""
        training.finetune(self.model, name, rows, self.settings(rows), seed=0, folder=folder)

    def theirs(self) -> tuple[float, str]:
        """One page and one pair after the other through ``generate``, and SFTTrainer."""
        model, backward = self.model, prompts.Backward(self.model.tokenizer)
        self.trained_by_trl("backward", method.training_texts(model, self.seed, MOST_TOKENS, backward=True))
        instructions = [self.generated("backward", backward.prefix(page), WRITING) for page in self.pages]
        role = prompts.Rating(model.tokenizer, prompts.rubric("five_level"))
        asked = [role.reasoned(x, y) for x, y in zip(instructions, self.pages, strict=True)]
        replies = [self.generated(None, prompt, REPLIES) for prompt in asked]
        scores = [parse(reply, role.scale) for reply in replies]
        self.trained_by_trl(
            "m1", self.forward(pd.DataFrame({"instruction": instructions, "output": self.pages, "score": scores}))
        )
        return self.done(instructions, replies, sum(score is not None for score in scores))

    def trained_by_trl(self, name: str, rows: list[training.Row]) -> None:
        """An adapter by SFTTrainer."""
        settings = self.settings(rows)
        self.model.add(name, rank=settings.rank, alpha=settings.alpha, seed=0)
        self.model.net.set_adapter(name)
        self.model.net.train()
        with tempfile.TemporaryDirectory() as folder:
            sft_trainer(self.model, rows, settings, folder, packing=False).train()

    def generated(self, adapter: str | None, prompt: str, sampling: Sampling) -> str:
        """The reply to one prompt by transformers' ``generate``."""
        with self.model.using(adapter) as net, torch.no_grad():
            batch = self.model.padded(self.model.encode([prompt], start=True))
            written = net.generate(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], do_sample=True,
                temperature=sampling.temperature, top_p=sampling.top_p, top_k=0, max_new_tokens=sampling.new_tokens,
                pad_token_id=self.model.tokenizer.pad_token_id, eos_token_id=self.model.ends,
            )[0, batch["input_ids"].shape[1] :]  # fmt: skip
        return self.model.tokenizer.decode(written, skip_special_tokens=True).strip()

    def settings(self, rows: Sequence[training.Row]) -> Training:
        """Those of both trainings; a step is all rows."""
        return Training(steps=self.steps, batch=len(rows), micro_batch=len(rows), learning_rate=3e-4, max_tokens=MOST_TOKENS)

    def forward(self, pairs: pd.DataFrame) -> list[training.Row]:
        """The seed pairs and the best of the scored pairs as rows of M_1; pairs without a score come last."""
        best = pairs.sort_values("score", ascending=False, kind="stable").head(round(KEPT * len(pairs)))
        web = best.assign(pair_id=[f"w{n}" for n in range(len(best))], tag=WEB_TAG)
        return method.training_texts(self.model, pd.concat([self.seed, web], ignore_index=True), MOST_TOKENS)

    def done(self, instructions: Sequence[str], replies: Sequence[str], scored: int) -> tuple[float, str]:
        """Pages done, and what was written for them."""
        of = [sum(map(len, self.model.encode(list(texts), start=False))) for texts in (instructions, replies)]
        return len(
            self.pages
        ), f"{of[0]} tokens of instructions, {of[1]} of replies, {scored} of {len(self.pages)} with a score"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=12, help="and as many seed pairs")
    parser.add_argument("--steps", type=int, default=3, help="of each training")
    parser.add_argument("--turns", type=int, default=1)
    args = parser.parse_args()
    mine, theirs = (Exercise(args.pages, args.steps) for _ in range(2))
    peer, missing = (
        "the notebooks' steps",
        [("akihaisland/Humpback-Qwen3", "its steps are LLaMA-Factory and vLLM, which need a GPU")],
    )
    contestants = [
        Contestant("ours, like for like", lambda: mine.ours("rating sampled")),
        Contestant(CHEAPER, lambda: mine.ours("rating")),
    ]
    if MISSING:
        missing.append((peer, MISSING["trl"]))
    else:
        contestants.append(Contestant(peer, theirs.theirs))
    print(f"{args.pages} pages, {args.steps} steps a training, turns: {args.turns}:\n")
    print(table("pages", contestants, missing, args.turns, also=CHEAPER), flush=True)


if __name__ == "__main__":
    main()
