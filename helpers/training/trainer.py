"""A Trainer of transformers that follows a plan, trains one adapter, skips unused logits, and goes on when memory is full."""

import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch.utils.data import SequentialSampler
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from helpers import machine
from helpers.config import Training
from helpers.models import Model
from helpers.tables import read_json, write_json
from helpers.training import batches
from helpers.training.batches import IGNORE, Batch

LIMIT = "most_tokens.json"
"""File in a checkpoint that holds the number of tokens above which batches were halved."""


class Planned(Trainer):
    """A Trainer for one adapter. Its dataset is the plan: an element holds all rows of one micro-batch.

    A checkpoint holds only this adapter. The Trainer's own checkpoints would hold every adapter on the base, and resuming
    would set all of them back. A loss that is not finite stops the training. Where there is no memory for a micro-batch, it
    is halved, and so are all later ones of its size. The checkpoints hold this limit, so a resumed training halves alike.
    """

    def __init__(self, kit: Model, name: str, *, most_tokens: int | None = None, **kwargs) -> None:
        super().__init__(model=kit.net, compute_loss_func=_summed_loss, **kwargs)
        self.kit, self.name, self.most_tokens = kit, name, most_tokens
        self.remove_callback(PrinterCallback)
        self.add_callback(Interval)

    def _get_train_sampler(self, *args, **kwargs) -> SequentialSampler:
        return SequentialSampler(self.train_dataset)

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Write the adapter, and the limit of tokens if there is one."""
        self.kit.save(self.name, Path(output_dir))
        if self.most_tokens is not None:
            write_json(Path(output_dir) / LIMIT, {"most_tokens": self.most_tokens})

    def training_step(self, model, inputs: Batch, num_items_in_batch: torch.Tensor | None = None) -> torch.Tensor:
        """Forward and backward pass of one micro-batch, in parts if it does not fit into memory. Returns its loss.

        Raises:
            FloatingPointError: the loss is not finite; the message names the rows of the step.
        """
        while (loss := self._attempt(model, inputs, num_items_in_batch)) is None:
            machine.give_memory_back()
            self.kit.halvings += 1
            warnings.warn(f"no memory for a micro-batch: at most {self.most_tokens} tokens from now on", stacklevel=2)
        if not torch.isfinite(loss):
            step, each = self.state.global_step, self.args.gradient_accumulation_steps
            rows = [row["row_id"] for batch in self.train_dataset[step * each : (step + 1) * each] for row in batch]
            raise FloatingPointError(f"the loss of step {step + 1} is {loss.item()}; its rows: {', '.join(rows)}")
        return loss

    def _attempt(self, model, inputs: Batch, count: torch.Tensor | None) -> torch.Tensor | None:
        """The loss of a micro-batch. None if memory was full; then the limit is lower and the gradients are as before."""
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        before = [None if parameter.grad is None else parameter.grad.clone() for parameter in trained]
        total = 0.0
        for part in batches.parts(inputs, self.most_tokens):
            try:
                total = total + self._part(model, part, count)
            except (RuntimeError, MemoryError) as error:
                if not (machine.out_of_memory(error) and batches.halves(part)):
                    raise
                self.most_tokens = part["input_ids"].numel() - 1
                break
        else:
            return total
        for parameter, gradient in zip(trained, before, strict=True):
            parameter.grad = gradient
        return None

    def _part(self, model, part: Batch, count: torch.Tensor | None) -> torch.Tensor:
        learned = part["labels"].roll(-1, 1) != IGNORE  # the position before a label predicts it
        with _read_at(model, learned):
            return super().training_step(model, part, count)


@contextmanager
def _read_at(net: torch.nn.Module, where: torch.Tensor) -> Iterator[None]:
    """Let the output head see only the hidden states at ``where`` (bins, width); logits have shape (1, positions, vocabulary).

    Logits are the largest tensors of a step, and nothing reads those of prompts and padding.
    """

    def select(head: torch.nn.Module, args: tuple) -> tuple:
        return (args[0][where.to(args[0].device)][None], *args[1:])

    hook = net.get_output_embeddings().register_forward_pre_hook(select)
    try:
        yield
    finally:
        hook.remove()


def _summed_loss(outputs, labels: torch.Tensor, num_items_in_batch: torch.Tensor | None = None) -> torch.Tensor:
    """Sum of the losses of a micro-batch's labels (nats), divided by the number of labels in the whole step."""
    learned = labels[labels != IGNORE]
    loss = torch.nn.functional.cross_entropy(outputs.logits[0].float(), learned, reduction="sum")
    return loss / (len(learned) if num_items_in_batch is None else num_items_in_batch)


class Steps(TrainerCallback):
    """Calls ``progress`` with the steps done and all steps."""

    def __init__(self, progress: Callable[[int, int], None]) -> None:
        self.progress = progress

    def on_step_end(self, args, state, control, **kwargs) -> None:
        """Called by the Trainer after each optimiser step."""
        self.progress(state.global_step, state.max_steps)


class Interval(TrainerCallback):
    """Takes the interval between checkpoints from the arguments. A training that goes on would keep its checkpoint's."""

    def on_train_begin(self, args, state, control, **kwargs) -> None:
        """Called by the Trainer before the first step."""
        state.save_steps = args.save_steps


def step_of(checkpoint: Path) -> int:
    """The optimiser step after which a checkpoint was written."""
    return int(checkpoint.name.rpartition("-")[2])


def last_checkpoint(folder: Path) -> Path | None:
    """The newest complete checkpoint. It is complete if it has ``trainer_state.json``, which the Trainer writes last."""
    for checkpoint in sorted(folder.glob("checkpoint-*"), key=step_of, reverse=True):
        try:
            json.loads((checkpoint / "trainer_state.json").read_text("utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            continue
        return checkpoint
    return None


def limit_of(checkpoint: Path | None) -> int | None:
    """The limit of tokens that a checkpoint holds; None if it holds none."""
    return read_json(checkpoint / LIMIT).get("most_tokens") if checkpoint else None


def arguments(settings: Training, accumulation: int, seed: int, folder: Path, device: str, precision: str) -> TrainingArguments:
    """The Trainer's arguments, for one device. The schedule is a polynomial of power 1, a linear decay that may end above 0."""
    made = TrainingArguments(
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
        bf16=precision == "bf16",
        fp16=precision == "fp16",
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
    # With several GPUs in sight the Trainer would read as many elements of the plan at once, and copy the model to each.
    made._n_gpu = min(made.n_gpu, 1)
    return made
