"""From rows to batches: which rows form a step, how they are packed into a batch, and how a batch is cut in two."""

import random
from collections.abc import Sequence

import torch

IGNORE = -100

Batch = dict[str, torch.Tensor]


def plan(count: int, batch: int, steps: int, seed: int) -> list[list[int]]:
    """The row numbers of each step. The rows are shuffled anew in every pass, and the passes are cut into batches."""
    rng, order = random.Random(seed), []
    while len(order) < batch * steps:
        once = list(range(count))
        rng.shuffle(once)
        order += once
    return [order[step * batch : (step + 1) * batch] for step in range(steps)]


def pack(rows: Sequence[dict], capacity: int, filler: int) -> Batch:
    """Rows packed into bins of at most ``capacity`` tokens, or of the longest row's length where that is more.

    Returns ``input_ids``, ``labels`` and ``position_ids`` of shape (bins, widest bin). Positions restart with every row. From
    this, and without an attention mask, the model knows that packed rows must not see each other. Padding (``filler``) has
    the label -100. So has the first token of a row, because the row in front of it would have to predict it.
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
    """Rows in bins by first-fit, longest rows first, or spread evenly over as many bins if the widest is then narrower."""
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
    """Rows one under the other, padded on the right and masked, for a model that cannot keep packed rows apart."""
    width = max(len(row["ids"]) for row in rows)

    def filled(name: str, fill: int) -> torch.Tensor:
        return torch.tensor([[*row[name], *[fill] * (width - len(row[name]))] for row in rows])

    labels = filled("labels", IGNORE)
    labels[:, 0] = IGNORE
    mask = torch.tensor([[1] * len(row["ids"]) + [0] * (width - len(row["ids"])) for row in rows])
    return {"input_ids": filled("ids", filler), "labels": labels, "attention_mask": mask}


def parts(batch: Batch, most_tokens: int | None) -> list[Batch]:
    """The batch in parts: halved until each has at most ``most_tokens`` tokens, padding included, or cannot be cut further."""
    if most_tokens is None or batch["input_ids"].numel() <= most_tokens:
        return [batch]
    two = halves(batch)
    return [part for half in two for part in parts(half, most_tokens)] if two else [batch]


def halves(batch: Batch) -> list[Batch]:
    """The batch in two parts: half of the bins each or, for a single bin, half of its rows. Empty for a single row."""
    bins, width = batch["input_ids"].shape
    if bins > 1:
        return [{name: tensor[part] for name, tensor in batch.items()} for part in (slice(bins // 2), slice(bins // 2, None))]
    if "position_ids" not in batch:
        return []
    learned = (batch["labels"][0] != IGNORE).nonzero()
    starts = (batch["position_ids"][0] == 0).nonzero()[1:, 0].tolist()
    starts = [start for start in starts if len(learned) and start <= learned[-1]]  # padding follows the last row
    if not starts:
        return []
    cut = min(starts, key=lambda start: abs(start - width / 2))
    return [{name: tensor[:, part] for name, tensor in batch.items()} for part in (slice(cut), slice(cut, None))]
