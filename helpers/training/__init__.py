"""Fine-tune an adapter on rows of prompt and completion. The loss is computed on the completion only.

Short rows are packed into one sequence, and no row sees another. Which rows share a batch is planned before the first step,
from the rows, the settings and the seed. An interrupted training continues from its last checkpoint with the same plan. The
module does not know which model of the paper it trains.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from peft.helpers import disable_input_dtype_casting

from helpers import tokens
from helpers.config import Training
from helpers.models import Model
from helpers.models.fused import fused
from helpers.tables import read_json, write_json
from helpers.training import batches
from helpers.training.batches import IGNORE
from helpers.training.trainer import Planned, Steps, arguments, last_checkpoint, limit_of, step_of

Progress = Callable[[int, int], None]
"""A function that is called with (steps done, all steps) after each optimiser step."""


@dataclass(frozen=True)
class Row:
    """One training row as text. An error about a loss that is not finite names its ``row_id``."""

    prompt: str
    completion: str
    row_id: str = ""


def encode(rows: Sequence[Row], tokenizer, max_tokens: int) -> list[dict]:
    """Token ids and labels of each row. No loss is computed on the prompt; the end-of-sequence token is learned.

    A row longer than ``max_tokens`` loses the end of its completion and the end-of-sequence token.

    Raises:
        ValueError: a prompt fills ``max_tokens`` on its own, so nothing of the row would be learned.
    """
    prompts = tokens.encode(tokenizer, [row.prompt for row in rows], start=True)
    completions = tokens.encode(tokenizer, [row.completion for row in rows], start=False)
    encoded = []
    for row, prompt, completion in zip(rows, prompts, completions, strict=True):
        if len(prompt) >= max_tokens:
            raise ValueError(f"row {row.row_id!r}: its prompt of {len(prompt)} tokens fills the {max_tokens} of a row")
        ids = [*prompt, *completion, tokenizer.eos_token_id][:max_tokens]
        labels = [IGNORE] * len(prompt) + ids[len(prompt) :]
        encoded.append({"ids": ids, "labels": labels, "row_id": row.row_id})
    return encoded


def finetune(
    model: Model,
    name: str,
    rows: Sequence[Row],
    settings: Training,
    *,
    seed: int,
    folder: Path,
    progress: Progress | None = None,
) -> dict:
    """Train a new adapter ``name`` on ``rows`` and save it in ``folder``.

    If the folder holds checkpoints, the training continues from the last. The report is written last, as ``training.json``.

    Returns:
        ``losses`` [(step, nats per completion token)], ``steps``, ``rows``, ``precision``, ``packed``. ``seconds`` and
        ``tokens_per_second`` (prompts included) are those of the part after the last interruption.

    Raises:
        ValueError: no rows, or a row without room for its completion.
        FloatingPointError: a loss is not finite; the message names the rows of the step.
    """
    if not rows:
        raise ValueError(f"there are no rows to train {name!r} on: the stage before kept no pairs")
    encoded = encode(rows, model.tokenizer, min(settings.max_tokens, model.context))
    micro_batches = [
        [encoded[i] for i in step[start : start + settings.micro_batch]]
        for step in batches.plan(len(encoded), settings.batch, settings.steps, seed)
        for start in range(0, settings.batch, settings.micro_batch)
    ]
    model.packs  # noqa: B018 - has to be measured before there is an adapter
    model.add(name, rank=settings.rank, alpha=settings.alpha, dropout=settings.dropout, seed=seed)
    report = _train(model, name, micro_batches, settings, seed, folder, progress)
    model.save(name, folder)
    report |= {"steps": settings.steps, "rows": len(rows), "packed": model.packs}
    write_json(folder / "training.json", report)
    for checkpoint in folder.glob("checkpoint-*"):
        shutil.rmtree(checkpoint)
    return report


def train_or_load(
    model: Model,
    name: str,
    rows: Sequence[Row],
    settings: Training,
    *,
    seed: int,
    folder: Path,
    progress: Progress | None = None,
) -> dict:
    """``finetune``, or load the finished adapter if ``folder`` holds one. Returns the training's report in both cases."""
    if not (folder / "training.json").exists():
        finetune(model, name, rows, settings, seed=seed, folder=folder, progress=progress)
    else:
        model.load(name, folder)
    return read_json(folder / "training.json")


def _train(
    model: Model,
    name: str,
    micro_batches: list[list[dict]],
    settings: Training,
    seed: int,
    folder: Path,
    progress: Progress | None,
) -> dict:
    """Run the Trainer over the plan, from the last checkpoint if there is one."""
    accumulation, checkpoint = len(micro_batches) // settings.steps, last_checkpoint(folder)
    precision = model.dtype if settings.precision == "auto" else settings.precision
    filler = model.tokenizer.pad_token_id

    def collate(picked: list[list[dict]]) -> batches.Batch:
        (rows,) = picked  # one element of the plan; more would be lost
        return batches.pack(rows, settings.pack_tokens, filler) if model.packs else batches.stack(rows, filler)

    with _lent(model, name), model.decoded(), fused(model.net, name), torch.random.fork_rng():
        trainer = Planned(
            model,
            name,
            most_tokens=limit_of(checkpoint),
            args=arguments(settings, accumulation, seed, folder, model.device.type, precision),
            train_dataset=micro_batches,
            data_collator=collate,
            callbacks=[Steps(progress)] if progress else [],
        )
        started = time.perf_counter()
        try:
            # Autocast casts a layer's input once. peft would cast it to 32 bits and back, which takes 15 % of a step on a CPU.
            with disable_input_dtype_casting(model.net, active=precision != "fp32"):
                trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        finally:
            trainer.accelerator.unwrap_model(model.net, keep_fp32_wrapper=False)  # else it would stay in autocast
            model.net._is_accelerate_prepared = False  # else the next training would not get autocast again
        seconds = time.perf_counter() - started
    read = micro_batches[step_of(checkpoint) * accumulation :] if checkpoint else micro_batches
    count = sum(len(row["ids"]) for batch in read for row in batch)
    losses = [(entry["step"], round(entry["loss"], 4)) for entry in trainer.state.log_history if "loss" in entry]
    timing = {"seconds": round(seconds, 2), "tokens_per_second": round(count / seconds)}
    return {"losses": losses, "precision": precision} | timing


@contextmanager
def _lent(model: Model, name: str) -> Iterator[None]:
    """The model in training mode with one adapter active and no cache of keys. Afterwards it is as before."""
    # A base that also reads images has the settings of its text in a configuration of their own.
    config = model.net.config.get_text_config()
    use_cache = getattr(config, "use_cache", True)
    config.use_cache = False
    model.net.set_adapter(name)
    model.net.train()
    try:
        yield
    finally:
        config.use_cache = use_cache
        model.net.eval()
