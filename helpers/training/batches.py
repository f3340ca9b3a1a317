"""Rows to batches: which rows make up a step, how they share the width of a batch, and how a batch is cut in two."""

import random
from collections.abc import Sequence

import torch

IGNORE = -100

Batch = dict[str, torch.Tensor]


def plan(count: int, batch: int, steps: int, seed: int) -> list[list[int]]:
    """Which rows make up each step: shuffled passes over all rows, one after the other, cut into batches."""
    rng, order = random.Random(seed), []
    while len(order) < batch * steps:
        once = list(range(count))
        rng.shuffle(once)
        order += once
    return [order[step * batch : (step + 1) * batch] for step in range(steps)]


def pack(rows: Sequence[dict], capacity: int, filler: int) -> Batch:
    """Rows packed into bins of at most ``capacity`` tokens, or of the longest row's where that is more.

    Returns ``input_ids``, ``labels`` and ``position_ids`` of shape (bins, widest bin). Positions restart with every row:
    without an attention mask the model then keeps packed rows from seeing each other. Padding (``filler``) has labels
    -100, and so has the first token of a row, which the row before would predict.
    """
    bins = _bins(rows, max(capacity, *(len(row["ids"]) for row in rows), 1))
    width = max(map(_tokens, bins))
    batch = {name: torch.full((len(bins), width), fill) for name, fill in (("input_ids", filler), ("labels", IGNORE))}
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


def _tokens(rows: Sequence[dict]) -> int:
    return sum(len(row["ids"]) for row in rows)


def _bins(rows: Sequence[dict], capacity: int) -> list[list[dict]]:
    """Rows in as few bins as first-fit needs, longest first; levelled where that makes the widest bin narrower."""
    longest_first = sorted(rows, key=lambda row: -len(row["ids"]))
    fitted: list[list[dict]] = []
    for row in longest_first:
        place = next((packed for packed in fitted if _tokens(packed) + len(row["ids"]) <= capacity), None)
        if place is None:
            fitted.append([row])
        else:
            place.append(row)
    levelled: list[list[dict]] = [[] for _ in fitted]
    for row in longest_first:
        min(levelled, key=_tokens).append(row)
    return min(fitted, levelled, key=lambda bins: max(map(_tokens, bins)))


def stack(rows: Sequence[dict], filler: int) -> Batch:
    """Rows one under the other, padded on the right and masked: for a model that cannot keep packed rows apart."""
    width = max(len(row["ids"]) for row in rows)

    def filled(name: str, fill: int) -> torch.Tensor:
        return torch.tensor([[*row[name], *[fill] * (width - len(row[name]))] for row in rows])

    labels = filled("labels", IGNORE)
    labels[:, 0] = IGNORE
    mask = torch.tensor([[1] * len(row["ids"]) + [0] * (width - len(row["ids"])) for row in rows])
    return {"input_ids": filled("ids", filler), "labels": labels, "attention_mask": mask}


def parts(batch: Batch, most_tokens: int | None) -> list[Batch]:
    """The batch, halved until no part has more than ``most_tokens`` tokens (padding included) or can be cut further."""
    if most_tokens is None or batch["input_ids"].numel() <= most_tokens:
        return [batch]
    two = halves(batch)
    return [part for half in two for part in parts(half, most_tokens)] if two else [batch]


def halves(batch: Batch) -> list[Batch]:
    """A batch in two: its bins, or the rows of its only bin. Empty where there is one row alone."""
    bins, width = batch["input_ids"].shape
    if bins > 1:
        return [{name: tensor[part] for name, tensor in batch.items()} for part in (slice(bins // 2), slice(bins // 2, None))]
    if "position_ids" not in batch:
        return []
    learned = (batch["labels"][0] != IGNORE).nonzero()
    starts = (batch["position_ids"][0] == 0).nonzero()[1:, 0].tolist()
    starts = [start for start in starts if len(learned) and start <= learned[-1]]  # behind the last row is padding
    if not starts:
        return []
    cut = min(starts, key=lambda start: abs(start - width / 2))
    return [{name: tensor[:, part] for name, tensor in batch.items()} for part in (slice(cut), slice(cut, None))]
