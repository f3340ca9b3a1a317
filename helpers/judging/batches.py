"""What every reader does with rows of tokens: encode texts, plan batches, pad them, run the model.

A batch is a function of all rows and of the settings, never of what is left to do.
"""

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass

import torch

from helpers.generation import plan, with_halving
from helpers.models import Model
from helpers.models.prefix import Prefix

NO_PREFIX = Prefix()

CHUNK = 4096
"""So many rows at most are held as tokens at once: as Python's integers, tokens take many times the memory of their text."""


def chunks(rows: Sequence[tuple[str, ...]], done: Set[str]) -> Iterator[list[int]]:
    """The row numbers in parts of at most ``CHUNK``, the rows with the longest texts first; within a part in their order.

    Args:
        rows: of each its id, and its texts.
        done: ids left out; a part is skipped when all of it is done.
    """
    order = sorted(range(len(rows)), key=lambda row: -sum(map(len, rows[row][1:])))
    for start in range(0, len(order), CHUNK):
        chunk = sorted(order[start : start + CHUNK])
        if not all(rows[row][0] in done for row in chunk):
            yield chunk


def encode(model: Model, texts: Sequence[str], *, start: bool = True) -> list[list[int]]:
    """Token ids of each text; ``start``: it is a prompt. Every text that a judge reads goes through here."""
    return model.encode(texts, start=start)


@dataclass(frozen=True)
class Batching:
    """How rows are batched: at most so many tokens (padding included) and rows."""

    token_budget: int = 4096
    most_rows: int = 64

    def plan(self, rows: Sequence[list[int]]) -> list[list[int]]:
        """Row numbers of each batch, a function of all rows' lengths."""
        return plan([len(ids) for ids in rows], new_tokens=0, token_budget=self.token_budget, most_rows=self.most_rows)


BATCHING = Batching()
"""How rows are batched where nothing else is said."""


def each_batch(
    model: Model,
    rows: Sequence[list[int]],
    names: Sequence[str],
    read: Callable[[list[int]], list],
    *,
    batching: Batching,
    done: Set[str],
) -> Iterator[list]:
    """What ``read`` makes of each batch, which is halved where there is no memory for it (``generation.with_halving``).

    Args:
        rows: the tokens of each row, from which the batches are planned.
        names: the id of each row.
        read: takes row numbers; what it makes of each has its ``row_id``.
        done: ids left out; a batch is skipped when all of it is done.
    """
    for batch in batching.plan(rows):
        if not all(names[row] in done for row in batch):
            found = with_halving(model, batch, lambda part, _: read(part))
            yield [each for each in found if each.row_id not in done]


@torch.no_grad()
def last_logits(model: Model, rows: list[list[int]], keep: int, *, prefix: Prefix = NO_PREFIX) -> torch.Tensor:
    """Logits (rows, keep, vocabulary) at the last ``keep`` places of each row, left-padded behind what all rows share."""
    takes = model.arguments  # first: a server has none, and says so
    given = prefix.padded(model, rows) | {"use_cache": prefix.cache is not None}
    if "logits_to_keep" in takes:
        given["logits_to_keep"] = keep
    if prefix.cache is not None:
        given |= model.keys(prefix.repeated(len(rows)))
    return model.net(**given).logits[:, -keep:]
