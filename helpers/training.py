"""Fine-tune an adapter on (prompt, completion) rows: loss on the completion only, packed without leaks.

Does not know which model of the paper it trains. Which rows share a batch is planned before the first step from the rows,
the settings and the seed; a run that was interrupted continues from its last checkpoint with the same plan.
"""

import json
import math
import random
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.utils.data import SequentialSampler
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback
from transformers.trainer_utils import get_last_checkpoint

from helpers import artifacts
from helpers.config import Training
from helpers.models import Model

IGNORE = -100


@dataclass(frozen=True)
class Row:
    """One training row as text. ``row_id`` is named when a loss is not finite."""

    prompt: str
    completion: str
    row_id: str = ""


def encode(rows: Sequence[Row], tokenizer, max_tokens: int) -> list[dict]:
    """Token ids and labels of each row: the prompt ignored, the end-of-sequence token learned.

    Rows longer than ``max_tokens`` lose the end of their completion, and with it the end-of-sequence token.

    Raises:
        ValueError: a prompt fills ``max_tokens`` on its own, so the row would train on nothing.
    """
    prompts = tokenizer([row.prompt for row in rows], add_special_tokens=False)["input_ids"]
    completions = tokenizer([row.completion for row in rows], add_special_tokens=False)["input_ids"]
    encoded = []
    for row, prompt, completion in zip(rows, prompts, completions, strict=True):
        if len(prompt) >= max_tokens:
            raise ValueError(f"row {row.row_id!r}: its prompt of {len(prompt)} tokens fills the {max_tokens} of a row")
        ids = [*prompt, *completion, tokenizer.eos_token_id][:max_tokens]
        labels = [IGNORE] * len(prompt) + ids[len(prompt) :]
        encoded.append({"ids": ids, "labels": labels, "row_id": row.row_id})
    return encoded


def plan(count: int, batch: int, steps: int, seed: int) -> list[list[int]]:
    """Which rows make up each step: shuffled passes over all rows, one after the other, cut into batches."""
    rng, order = random.Random(seed), []
    while len(order) < batch * steps:
        once = list(range(count))
        rng.shuffle(once)
        order += once
    return [order[step * batch : (step + 1) * batch] for step in range(steps)]


def pack(rows: list[dict], capacity: int, pad: int) -> dict[str, torch.Tensor]:
    """Rows packed first-fit, longest first, into bins of at most ``capacity`` tokens.

    Returns ``input_ids``, ``labels`` and ``position_ids`` of shape (bins, longest bin). Positions restart with every row:
    without an attention mask the model then keeps packed rows from seeing each other. Padding has labels -100.
    """
    bins: list[list[dict]] = []
    room: list[int] = []
    for row in sorted(rows, key=lambda row: -len(row["ids"])):
        place = next((i for i, left in enumerate(room) if left >= len(row["ids"])), None)
        if place is None:
            bins.append([])
            room.append(max(capacity, len(row["ids"])))
            place = len(bins) - 1
        bins[place].append(row)
        room[place] -= len(row["ids"])
    width = max(sum(len(row["ids"]) for row in packed) for packed in bins)
    batch = {name: torch.full((len(bins), width), fill) for name, fill in (("input_ids", pad), ("labels", IGNORE))}
    batch["position_ids"] = torch.zeros(len(bins), width, dtype=torch.long)
    for number, packed in enumerate(bins):
        start = 0
        for row in packed:
            end = start + len(row["ids"])
            batch["input_ids"][number, start:end] = torch.tensor(row["ids"])
            batch["labels"][number, start:end] = torch.tensor(row["labels"])
            batch["position_ids"][number, start:end] = torch.arange(end - start)
            start = end
        batch["position_ids"][number, start:] = torch.arange(width - start)
    return batch


class _StepByStep(Trainer):
    """A Trainer whose dataset is the plan: one element is all rows of one micro-batch, in order."""

    def _get_train_sampler(self, *args, **kwargs) -> SequentialSampler:
        return SequentialSampler(self.train_dataset)


class _Watch(TrainerCallback):
    """Keeps the loss curve; stops at a loss that is not finite and names the rows of its batch."""

    def __init__(self, batches: list[list[dict]], accumulation: int) -> None:
        self.batches, self.accumulation = batches, accumulation

    def on_log(self, args, state, control, logs=None, **kwargs) -> None:
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            first = (state.global_step - 1) * self.accumulation
            rows = [row["row_id"] for batch in self.batches[first : first + self.accumulation] for row in batch]
            raise FloatingPointError(f"the loss of step {state.global_step} is {loss}; its rows: {', '.join(rows)}")


def finetune(model: Model, name: str, rows: Sequence[Row], settings: Training, *, seed: int, folder: Path) -> dict:
    """Train a new adapter ``name`` on ``rows`` and save it in ``folder``.

    A folder with checkpoints is continued.

    Returns:
        ``losses`` [(step, nats per completion token)], ``seconds``, ``tokens_per_second`` (all tokens read),
        ``steps``, ``rows``.

    Raises:
        ValueError: no rows, or a row without room for its completion.
        FloatingPointError: a loss is not finite; the message names the rows of the batch.
    """
    if not rows:
        raise ValueError(f"no rows to train {name!r} on: the stage before kept none")
    encoded = encode(rows, model.tokenizer, settings.max_tokens)
    micro = min(settings.micro_batch, settings.batch)
    accumulation = settings.batch // micro
    batches = [
        [encoded[i] for i in step[start : start + micro]]
        for step in plan(len(encoded), settings.batch, settings.steps, seed)
        for start in range(0, settings.batch, micro)
    ]
    model.add(name, rank=settings.rank, alpha=settings.alpha, dropout=settings.dropout, seed=seed)
    model.net.set_adapter(name)
    model.net.train()
    trainer = _StepByStep(
        model=model.net,
        args=_arguments(settings, accumulation, seed, folder, model.device.type),
        train_dataset=batches,
        data_collator=lambda picked: pack(picked[0], settings.pack_tokens, model.tokenizer.pad_token_id),
        callbacks=[_Watch(batches, accumulation)],
    )
    trainer.remove_callback(PrinterCallback)
    started = time.perf_counter()
    trainer.train(resume_from_checkpoint=get_last_checkpoint(folder) if folder.exists() else None)
    seconds = time.perf_counter() - started
    model.save(name, folder)
    for checkpoint in folder.glob("checkpoint-*"):
        shutil.rmtree(checkpoint)
    tokens = sum(len(row["ids"]) for batch in batches for row in batch)
    losses = [(entry["step"], round(entry["loss"], 4)) for entry in trainer.state.log_history if "loss" in entry]
    return {
        "losses": losses,
        "seconds": round(seconds, 2),
        "tokens_per_second": round(tokens / seconds),
        "steps": settings.steps,
        "rows": len(rows),
    }


def train_or_load(model: Model, name: str, rows: Sequence[Row], settings: Training, *, seed: int, folder: Path) -> dict:
    """``finetune``, or load the finished adapter that ``folder`` holds; returns its report either way."""
    report = folder / "training.json"
    if report.exists():
        model.load(name, folder)
    else:
        artifacts.write_json(report, finetune(model, name, rows, settings, seed=seed, folder=folder))
    return json.loads(report.read_text())


def _arguments(settings: Training, accumulation: int, seed: int, folder: Path, device: str) -> TrainingArguments:
    """The Trainer's arguments; linear decay ends at ``final_learning_rate``, not at 0, where that is set."""
    return TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=1,
        gradient_accumulation_steps=accumulation,
        max_steps=settings.steps,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="polynomial" if settings.final_learning_rate else "linear",
        lr_scheduler_kwargs={"lr_end": settings.final_learning_rate, "power": 1.0} if settings.final_learning_rate else {},
        warmup_steps=round(settings.warm_up * settings.steps),
        weight_decay=settings.weight_decay,
        max_grad_norm=1.0,
        bf16=settings.precision == "bf16",
        fp16=settings.precision == "fp16",
        use_cpu=device == "cpu",
        logging_steps=max(1, settings.steps // 40),
        logging_nan_inf_filter=False,
        save_strategy="steps",
        save_steps=settings.checkpoint_steps,
        save_total_limit=1,
        save_only_model=False,
        dataloader_pin_memory=False,
        remove_unused_columns=False,
        report_to="none",
        disable_tqdm=True,
        seed=seed,
        data_seed=seed,
    )
