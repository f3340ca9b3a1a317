"""Trains the mini base from scratch: a byte-level BPE tokenizer and a small Llama, on raw pages of the mini web.

Documents are packed into rows of ``Recipe.row_tokens`` tokens. Documents in one row do not see each other, and positions
restart with each. Not all pieces of a document are learned (``pretraining_text.Document``). A training that was interrupted
continues from its last checkpoint. It runs on a CPU or on CUDA, in bf16 autocast.
"""

import json
import math
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from tqdm import tqdm
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from helpers.figures import loss_curves
from helpers.miniweb.pretraining_text import Document, Mix, documents

EOS, PAD = "<|end|>", "<|pad|>"

CHECKPOINT_STEPS = 250


@dataclass(frozen=True)
class Recipe:
    """Settings of the pre-training. Tokens are those of the base's own tokenizer."""

    tokens: int = 10_000_000
    """Number of tokens that are read."""
    mix: Mix = Mix()
    vocabulary: int = 3072
    hidden: int = 256
    layers: int = 4
    heads: int = 4
    intermediate: int = 704
    batch_rows: int = 16
    row_tokens: int = 256
    learning_rate: float = 2e-3
    warm_up: int = 50
    """Steps at the beginning in which the learning rate rises."""
    decay: float = 0.35
    """Share of the steps at the end, 0 to 1, in which the learning rate falls linearly to 0."""

    @property
    def steps(self) -> int:
        """Number of optimiser steps."""
        return max(1, self.tokens // (self.batch_rows * self.row_tokens))


CLOSING = Recipe(
    tokens=1_500_000,
    mix=Mix(questions=0.03, remarks=(0, 1, 1, 2, 2, 3)),
    learning_rate=1e-3,
    warm_up=20,
    decay=1.0,
)
"""Recipe of the closing part of pre-training. It reads more question-answer pages of the seed families, with more remarks
between question and answer. Without this part the two sentences of a tag distract the model from the question."""


def of_questions(share: float, recipe: Recipe, closing: Recipe) -> tuple[Recipe, Recipe]:
    """Both recipes with another share of question-answer pages, in the proportion that they have to each other.

    Raises:
        ValueError: the shares of all kinds of page would add up to more than 1.
    """
    times = share / recipe.mix.questions
    changed = [replace(each, mix=replace(each.mix, questions=times * each.mix.questions)) for each in (recipe, closing)]
    for mix in (each.mix for each in changed):
        if share < 0 or mix.passages + mix.questions + mix.reviews + mix.long_articles + mix.junk > 1:
            raise ValueError(
                f"a share of {share} question-answer pages leaves no room for the others: choose one from 0 to .07"
            )
    return changed[0], changed[1]


def train_tokenizer(texts: Iterator[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer in which every digit is a token of its own."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, EOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=EOS, pad_token=PAD, clean_up_tokenization_spaces=False, model_max_length=512
    )


def packed_rows(stream: Iterator[Document], tokenizer, recipe: Recipe) -> Iterator[dict[str, np.ndarray]]:
    """Rows of ``row_tokens`` tokens: ``ids``, ``document`` (the number of a token's document), ``position``, loss ``weight``.

    A document that does not fit into a row begins the next one. The rest of the row is padding of weight 0.
    """
    row = {name: [] for name in ("ids", "document", "position", "weight")}
    while chunk := list(islice(stream, 2000)):
        for ids, weight in _encoded(chunk, tokenizer, recipe.row_tokens):
            if len(row["ids"]) + len(ids) > recipe.row_tokens:
                yield _filled(row, tokenizer.pad_token_id, recipe.row_tokens)
                row = {name: [] for name in row}
            number = row["document"][-1] + 1 if row["document"] else 1
            row["ids"] += ids
            row["document"] += [number] * len(ids)
            row["position"] += range(len(ids))
            row["weight"] += weight


def _encoded(chunk: list[Document], tokenizer, longest: int) -> Iterator[tuple[list[int], list[float]]]:
    """Token ids and loss weights of each document. Its end-of-sequence token has weight 1, except in a review."""
    pieces = [piece for document in chunk for piece, _ in document.pieces]
    encoded = iter(tokenizer(pieces, add_special_tokens=False)["input_ids"])
    for document in chunk:
        ids, weights = [], []
        for _, weight in document.pieces:
            piece = next(encoded)
            ids += piece
            weights += [weight] * len(piece)
        yield [*ids, tokenizer.eos_token_id][:longest], [*weights, 0.0 if document.kind == "reviews" else 1.0][:longest]


def _filled(row: dict[str, list], pad: int, length: int) -> dict[str, np.ndarray]:
    blank = length - len(row["ids"])
    fill = {"ids": pad, "document": 0, "position": 0, "weight": 0.0}
    return {
        name: np.array(values + [fill[name]] * blank, dtype=np.float32 if name == "weight" else np.int64)
        for name, values in row.items()
    }


def _batches(recipe: Recipe, seed: int, tokenizer, device: str) -> Iterator[tuple[torch.Tensor, ...]]:
    rows = packed_rows(documents(recipe.mix, seed), tokenizer, recipe)
    causal = torch.ones(recipe.row_tokens, recipe.row_tokens, dtype=torch.bool, device=device).tril()
    while True:
        batch = list(islice(rows, recipe.batch_rows))
        ids, document, position, weight = (
            torch.from_numpy(np.stack([row[name] for row in batch])).to(device)
            for name in ("ids", "document", "position", "weight")
        )
        mask = (document[:, None, :, None] == document[:, None, None, :]) & causal
        yield ids, mask, position, weight


def _loss(model, ids, mask, position, weight) -> tuple[torch.Tensor, torch.Tensor]:
    """Weighted mean loss of a batch, and the plain mean over the tokens of weight 1 (nats a token)."""
    with torch.autocast(ids.device.type, dtype=torch.bfloat16):
        hidden = model.model(input_ids=ids, attention_mask=mask, position_ids=position, use_cache=False).last_hidden_state
        logits = model.lm_head(hidden[:, :-1])
    each = F.cross_entropy(logits.float().flatten(0, 1), ids[:, 1:].flatten(), reduction="none").view_as(ids[:, 1:])
    weight = weight[:, 1:] * (position[:, 1:] > 0)
    plain = (weight == 1).float()
    return (each * weight).sum() / weight.sum(), (each.detach() * plain).sum() / plain.sum()


def rate(step: int, recipe: Recipe) -> float:
    """The learning rate at a step: it rises in the warm-up, then is constant, then falls linearly to 0."""
    decay_from = recipe.steps * (1 - recipe.decay)
    falling = (recipe.steps - step) / max(1.0, recipe.steps - decay_from)
    return recipe.learning_rate * min(1.0, (step + 1) / recipe.warm_up, max(falling, 0.0))


def _save_checkpoint(path: Path, model, optimizer, step: int, losses: list) -> None:
    tensors = {f"model.{name}": value for name, value in model.state_dict().items() if name != "lm_head.weight"}
    for number, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{name}": value for name, value in state.items()}
    part = path.with_suffix(".part")
    save_file({k: v.contiguous() for k, v in tensors.items()}, part, {"step": str(step), "losses": json.dumps(losses)})
    os.replace(part, path)


def _load_checkpoint(path: Path, model, optimizer) -> tuple[int, list]:
    from safetensors import safe_open

    try:
        tensors = load_file(path)
        with safe_open(path, "pt") as file:
            metadata = file.metadata()
    except SafetensorError as error:
        raise SystemExit(f"the checkpoint {path} cannot be read ({error}); delete it to start from the beginning") from None
    model.load_state_dict({k[6:]: v for k, v in tensors.items() if k.startswith("model.")}, strict=False)
    state = {}
    for key, value in tensors.items():
        if key.startswith("optimizer."):
            _, number, name = key.split(".")
            state.setdefault(int(number), {})[name] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    return int(metadata["step"]), json.loads(metadata["losses"])


def make_base(out: Path, *, seed: int, recipe: Recipe = Recipe(), closing: Recipe = CLOSING) -> dict:
    """Train the mini base from scratch: first by ``recipe``, then by ``closing``. Continues where it stopped.

    Returns:
        The content of ``training.json``: recipes, losses and minutes of both parts.
    """
    main = out / "main"
    if not (main / "training.json").exists():
        pretrain(main, seed=seed, recipe=recipe)
    report = pretrain(out, seed=seed + 1000, recipe=closing, start=main)
    first = json.loads((main / "training.json").read_text())
    steps = first["losses"][-1][0]
    whole = report | {
        "seed": seed,
        "main": first["recipe"],
        "main_documents": first["documents"],
        "losses": first["losses"] + [(steps + step, loss) for step, loss in report["losses"]],
        "minutes": round(first["minutes"] + report["minutes"], 1),
    }
    (out / "training.json").write_text(json.dumps(whole))
    loss_curves({"mini base": whole["losses"]}, of="token of the pages").savefig(out / "loss.png")
    shutil.rmtree(main)
    return whole


def pretrain(out: Path, *, seed: int, recipe: Recipe = Recipe(), start: Path | None = None, device: str | None = None) -> dict:
    """Train tokenizer and model, save them in ``out`` (bf16 safetensors), and return the content of ``training.json``.

    Continues from ``out/checkpoint.safetensors`` if there is one of the same recipe and seed.

    Args:
        start: a base whose tokenizer and weights are trained further; None trains a new tokenizer and random weights.

    Raises:
        SystemExit: the checkpoint cannot be read, or belongs to another recipe or seed.
    """
    out.mkdir(parents=True, exist_ok=True)
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    _claim(out, recipe, seed)
    if start:
        tokenizer = PreTrainedTokenizerFast.from_pretrained(start)
        model = LlamaForCausalLM.from_pretrained(start, dtype=torch.float32).to(device)
    else:
        tokenizer = train_tokenizer((d.text for d in islice(documents(recipe.mix, seed), 20_000)), recipe.vocabulary)
        model = _new_model(recipe, tokenizer, seed).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    checkpoint, done, losses, began = out / "checkpoint.safetensors", 0, [], time.perf_counter()
    if checkpoint.exists():
        done, losses = _load_checkpoint(checkpoint, model, optimizer)
    compiled = torch.compile(_loss)
    batches = islice(_batches(recipe, seed, tokenizer, device), done, None)
    bar = tqdm(range(done, recipe.steps), initial=done, total=recipe.steps, desc="pre-training", mininterval=10)
    for step in bar:
        for group in optimizer.param_groups:
            group["lr"] = rate(step, recipe)
        loss, plain = compiled(model, *next(batches))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step % 10 == 9 or step == recipe.steps - 1:
            losses.append((step + 1, round(plain.item(), 4)))
            if not math.isfinite(losses[-1][1]):
                raise RuntimeError(f"the loss of step {step + 1} is {losses[-1][1]}: lower Recipe.learning_rate")
            speed = (step + 1 - done) * recipe.batch_rows * recipe.row_tokens / (time.perf_counter() - began)
            bar.set_postfix(loss=losses[-1][1], tokens_per_s=round(speed))
        if (step + 1) % CHECKPOINT_STEPS == 0:
            _save_checkpoint(checkpoint, model, optimizer, step + 1, losses)
    minutes = (time.perf_counter() - began) / 60
    return _save(out, model, tokenizer, recipe, seed, losses, minutes, device)


def _claim(out: Path, recipe: Recipe, seed: int) -> None:
    """Record the recipe and the seed in the folder. Refuse a folder with the checkpoint of another recipe or seed."""
    mine = json.dumps({"seed": seed, "recipe": asdict(recipe)}, indent=2)
    owner = out / "recipe.json"
    if (out / "checkpoint.safetensors").exists() and owner.exists() and owner.read_text() != mine:
        raise SystemExit(f"{out} holds the checkpoint of another recipe or seed: choose another --out or delete it")
    owner.write_text(mine)


def _new_model(recipe: Recipe, tokenizer, seed: int) -> LlamaForCausalLM:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(tokenizer),
                hidden_size=recipe.hidden,
                intermediate_size=recipe.intermediate,
                num_hidden_layers=recipe.layers,
                num_attention_heads=recipe.heads,
                num_key_value_heads=recipe.heads,
                max_position_embeddings=512,
                tie_word_embeddings=True,
                bos_token_id=None,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
            )
        )


def _save(out: Path, model, tokenizer, recipe: Recipe, seed: int, losses: list, minutes: float, device: str) -> dict:
    model.to(torch.bfloat16).save_pretrained(out)
    tokenizer.save_pretrained(out)
    sample = list(islice(documents(recipe.mix, seed), 20_000))
    kinds = Counter(document.kind for document in sample)
    tokens = sum(len(ids) + 1 for ids in tokenizer([document.text for document in sample])["input_ids"]) / len(sample)
    report = {
        "seed": seed,
        "recipe": asdict(recipe),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "documents": round(recipe.tokens / tokens),
        "tokens_a_document": round(tokens, 1),
        "documents_by_kind": {kind: count / 20_000 for kind, count in kinds.most_common()},
        "losses": losses,
        "minutes": round(minutes, 1),
        "device": device,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
    (out / "training.json").write_text(json.dumps(report))
    (out / "checkpoint.safetensors").unlink(missing_ok=True)
    return report
