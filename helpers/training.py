"""Fine-tune an adapter on (prompt, completion) rows: loss on the completion only, packed without leaks.

Does not know which model of the paper it trains. Which rows share a batch is planned before the first step from the
rows, the settings and the seed; a run that was interrupted continues from its last checkpoint with the same plan.
"""

import json
import random
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from peft.helpers import disable_input_dtype_casting
from torch.utils.data import SequentialSampler
from transformers import Trainer, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from helpers.config import Training
from helpers.models import Model
from helpers.tables import read_json, write_json

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

    Returns ``input_ids``, ``labels`` and ``position_ids`` of shape (bins, longest bin). Positions restart with every
    row: without an attention mask the model then keeps packed rows from seeing each other. Padding has labels -100, and
    so has the first token of a row, which the row before would predict.
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
            batch["labels"][number, start] = IGNORE
            batch["position_ids"][number, start:end] = torch.arange(end - start)
            start = end
        batch["position_ids"][number, start:] = torch.arange(width - start)
    return batch


class _Planned(Trainer):
    """A Trainer whose dataset is the plan (an element is all rows of one micro-batch) and that minds one adapter.

    A checkpoint holds that adapter alone: the Trainer's own would hold every adapter on the base, and resuming from it
    would put them back as they were. A loss that is not finite stops it.
    """

    def __init__(self, kit: Model, name: str, **kwargs) -> None:
        super().__init__(model=kit.net, **kwargs)
        self.kit, self.name = kit, name
        self.remove_callback(PrinterCallback)

    def _get_train_sampler(self, *args, **kwargs) -> SequentialSampler:
        return SequentialSampler(self.train_dataset)

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        self.kit.save(self.name, Path(output_dir))

    def training_step(self, *args, **kwargs) -> torch.Tensor:
        loss = super().training_step(*args, **kwargs)
        if not torch.isfinite(loss):
            step, each = self.state.global_step, self.args.gradient_accumulation_steps
            rows = [row["row_id"] for batch in self.train_dataset[step * each : (step + 1) * each] for row in batch]
            raise FloatingPointError(f"the loss of step {step + 1} is {loss.item()}; its rows: {', '.join(rows)}")
        return loss


def finetune(model: Model, name: str, rows: Sequence[Row], settings: Training, *, seed: int, folder: Path) -> dict:
    """Train a new adapter ``name`` on ``rows`` and save it in ``folder``.

    A folder with checkpoints is continued. The report is written last, as ``training.json``.

    Returns:
        ``losses`` [(step, nats per completion token)], ``steps``, ``rows``, and of the part after the last interruption
        ``seconds`` and ``tokens_per_second`` (all tokens read).

    Raises:
        ValueError: no rows, or a row without room for its completion.
        FloatingPointError: a loss is not finite; the message names the rows of the step.
    """
    if not rows:
        raise ValueError(f"no rows to train {name!r} on: the stage before kept none")
    encoded = encode(rows, model.tokenizer, settings.max_tokens)
    batches = [
        [encoded[i] for i in step[start : start + settings.micro_batch]]
        for step in plan(len(encoded), settings.batch, settings.steps, seed)
        for start in range(0, settings.batch, settings.micro_batch)
    ]
    model.add(name, rank=settings.rank, alpha=settings.alpha, dropout=settings.dropout, seed=seed)
    report = _train(model, name, batches, settings, seed, folder) | {"steps": settings.steps, "rows": len(rows)}
    model.save(name, folder)
    write_json(folder / "training.json", report)
    for checkpoint in folder.glob("checkpoint-*"):
        shutil.rmtree(checkpoint)
    return report


def train_or_load(model: Model, name: str, rows: Sequence[Row], settings: Training, *, seed: int, folder: Path) -> dict:
    """``finetune``, or load the finished adapter that ``folder`` holds; returns its report either way."""
    if not (folder / "training.json").exists():
        finetune(model, name, rows, settings, seed=seed, folder=folder)
    else:
        model.load(name, folder)
    return read_json(folder / "training.json")


def _train(model: Model, name: str, batches: list[list[dict]], settings: Training, seed: int, folder: Path) -> dict:
    """Run the Trainer over the plan, from the last checkpoint where there is one."""
    accumulation, checkpoint = len(batches) // settings.steps, _last_checkpoint(folder)
    with _lent(model, name), torch.random.fork_rng():
        trainer = _Planned(
            model,
            name,
            args=_arguments(settings, accumulation, seed, folder, model.device.type),
            train_dataset=batches,
            data_collator=lambda picked: pack(picked[0], settings.pack_tokens, model.tokenizer.pad_token_id),
        )
        started = time.perf_counter()
        try:
            # Autocast casts a layer's input once; peft would cast it to 32 bits and back, 15 % of a step on a CPU.
            with disable_input_dtype_casting(model.net, active=settings.precision != "fp32"):
                trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        finally:
            trainer.accelerator.unwrap_model(model.net, keep_fp32_wrapper=False)  # else it would stay in autocast
            model.net._is_accelerate_prepared = False  # else the next training would not get autocast again
        seconds = time.perf_counter() - started
    read = batches[_step(checkpoint) * accumulation :] if checkpoint else batches
    tokens = sum(len(row["ids"]) for batch in read for row in batch)
    losses = [(entry["step"], round(entry["loss"], 4)) for entry in trainer.state.log_history if "loss" in entry]
    return {"losses": losses, "seconds": round(seconds, 2), "tokens_per_second": round(tokens / seconds)}


@contextmanager
def _lent(model: Model, name: str) -> Iterator[None]:
    """The model in training mode with one adapter active, then as it was: the Trainer turns the cache of keys off."""
    use_cache = model.net.config.use_cache
    model.net.set_adapter(name)
    model.net.train()
    try:
        yield
    finally:
        model.net.config.use_cache = use_cache
        model.net.eval()


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def _last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end: the Trainer writes ``trainer_state.json`` last."""
    for checkpoint in sorted(folder.glob("checkpoint-*"), key=_step, reverse=True):
        try:
            json.loads((checkpoint / "trainer_state.json").read_text("utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            continue
        return checkpoint
    return None


def _arguments(settings: Training, accumulation: int, seed: int, folder: Path, device: str) -> TrainingArguments:
    """The Trainer's arguments; a polynomial of power 1 is the linear decay that may end above 0."""
    return TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=1,
        gradient_accumulation_steps=accumulation,
        max_steps=settings.steps,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="polynomial",
        lr_scheduler_kwargs={"lr_end": settings.final_learning_rate, "power": 1.0},
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
