"""Training against TRL's SFTTrainer, padded and packed: `python tests/bench/bench_training.py`.

All get the same token ids and masks, the same 4-bit base with the same fresh adapter, the same rates and precision. A step
is one pass over all rows, so that every trainer has the same rows in each step whatever order or bins it gives them, and the
losses can be held against each other. SmolLM2 is trained on the same rows at two sizes of a step: 32, as in the paper, of
which TRL takes 8 at a time; and 8, in four times as many steps, where the fixed costs of a step weigh more. In bf16 rounding
depends on how rows lie in a batch, and so does the loss; `--dtype fp32` shows that all agree. Each is timed from the rows to
the trained adapter; the kit tokenises them in that time and TRL does not. TRL's checkpointing of activations is off, which
makes it faster.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import peers

MISSING = peers.missing("trl")  # before transformers is imported: it looks once for what TRL brings

sys.path.insert(0, str(Path(__file__).parents[1]))

import pandas as pd  # noqa: E402
from measure import Contestant, table  # noqa: E402
from real_model import smol_gguf  # noqa: E402

from helpers import method, models, training  # noqa: E402
from helpers.config import Training, located  # noqa: E402
from helpers.miniweb import world  # noqa: E402
from helpers.paper import SEED_TAG  # noqa: E402

MOST_TOKENS, TRL_BATCH = 256, 8


def rows_of(model: models.Model, count: int) -> list[training.Row]:
    """Question and answer pairs of the mini web, as M_0 learns them."""
    pairs = pd.DataFrame(world.seed_pairs(count, 0)).head(count).assign(tag=SEED_TAG)
    return method.training_texts(model, pairs.assign(pair_id=[f"r{n}" for n in range(len(pairs))]), MOST_TOKENS)


def ours(model: models.Model, rows: list[training.Row], settings: Training) -> Callable[[], tuple[float, str]]:
    """The kit's trainer, from encoding to the saved adapter."""

    def run() -> tuple[float, str]:
        with tempfile.TemporaryDirectory() as folder:
            report = training.finetune(model, "arm", rows, settings, seed=0, folder=Path(folder))
        return tokens(model, rows, settings), said([loss for _, loss in report["losses"]])

    return run


def trl(model: models.Model, rows: list[training.Row], settings: Training, *, packing: bool) -> Callable[[], tuple[float, str]]:
    """SFTTrainer on the same ids."""

    def run() -> tuple[float, str]:
        model.add("arm", rank=settings.rank, alpha=settings.alpha, seed=0)
        model.net.train()
        with tempfile.TemporaryDirectory() as folder:
            trainer = sft_trainer(model, rows, settings, folder, packing=packing)
            trainer.train()
        losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
        return tokens(model, rows, settings), said(losses)

    return run


def sft_trainer(model: models.Model, rows: list[training.Row], settings: Training, folder: str, *, packing: bool):
    """An SFTTrainer whose step is all rows."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer
    from trl.data_utils import pack_dataset

    encoded = training.encode(rows, model.tokenizer, MOST_TOKENS)
    data = Dataset.from_list(
        [{"input_ids": row["ids"], "completion_mask": [int(x != training.IGNORE) for x in row["labels"]]} for row in encoded]
    )
    length = MOST_TOKENS if packing else None
    count = len(pack_dataset(data, length, "bfd")) if packing else len(data)
    config = SFTConfig(
        output_dir=folder, packing=packing, max_length=length, completion_only_loss=True, gradient_checkpointing=False,
        per_device_train_batch_size=count if packing else TRL_BATCH,
        gradient_accumulation_steps=1 if packing else -(-count // TRL_BATCH),
        max_steps=settings.steps, learning_rate=settings.learning_rate, lr_scheduler_type="linear",
        warmup_steps=round(settings.warm_up * settings.steps), weight_decay=0.0, max_grad_norm=1.0,
        bf16=model.dtype == "bf16", use_cpu=model.device.type == "cpu", logging_steps=1, save_strategy="no",
        report_to="none", disable_tqdm=True, dataloader_pin_memory=False,
    )  # fmt: skip
    return SFTTrainer(model=model.net, args=config, train_dataset=data, processing_class=model.tokenizer)


def tokens(model: models.Model, rows: list[training.Row], settings: Training) -> int:
    """Tokens of the rows that are read in all steps, padding left out."""
    return settings.steps * sum(len(row["ids"]) for row in training.encode(rows, model.tokenizer, MOST_TOKENS))


def said(losses: list[float]) -> str:
    return f"loss of the first step {losses[0]:.4f}, of the last {losses[-1]:.4f}"


def measured(base: Path, count: int, steps: int, four_bit: bool, dtype: str) -> str:
    """The table of one base."""
    mine, theirs = (models.load(base, four_bit=four_bit, dtype=dtype) for _ in range(2))
    rows = rows_of(mine, count)
    settings = Training(steps=steps, batch=count, micro_batch=count, learning_rate=3e-4, max_tokens=MOST_TOKENS)
    contestants = [Contestant("ours", ours(mine, rows, settings))]
    if not MISSING:
        contestants += [
            Contestant("TRL, padded", trl(theirs, rows, settings, packing=False)),
            Contestant("TRL, packed", trl(theirs, rows, settings, packing=True)),
        ]
    return table("tokens", contestants, [(f"TRL, {how}", MISSING["trl"]) for how in ("padded", "packed") if MISSING])


def main() -> None:
    """Print a table a base."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=32, help="rows a step; SmolLM2 is also measured with a quarter")
    parser.add_argument("--steps", type=int, default=9, help="on the mini base; SmolLM2 has a third")
    parser.add_argument("--dtype", default="auto", help="of the computation: bf16, fp16 or fp32")
    parser.add_argument("--dense", action="store_true", help="the mini base without 4 bits too")
    args = parser.parse_args()
    for four_bit in (True, False) if args.dense else (True,):
        kind = "NF4" if four_bit else "dense"
        print(f"Mini base, {kind}, {args.rows} rows a step:\n")
        print(measured(located("artifacts/mini-base"), args.rows, args.steps, four_bit, args.dtype), end="\n\n", flush=True)
    for rows, steps in ((args.rows, args.steps // 3), (args.rows // 4, 4 * args.steps // 3)):
        print(f"SmolLM2-135M, NF4, {rows} rows a step:\n")
        print(measured(smol_gguf(), rows, max(1, steps), True, args.dtype), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
