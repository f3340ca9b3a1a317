"""A beginning that all rows share. It is read once, and every row is read behind its keys."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from os.path import commonprefix

import torch

from helpers.models import Model

SHORTEST = 64
"""A beginning of fewer tokens than this is not worth a cache."""


LOCAL = ("window_size", "attention_types", "attention_layers", "layers_block_type", "attention_chunk_size")
"""Settings of nets with layers that do not reach everything and that ``layer_types`` does not name."""


@dataclass(frozen=True)
class Prefix:
    """How many tokens the rows share, and the net's cache of them; no tokens and no cache where they share none."""

    tokens: int = 0
    cache: object = None

    def repeated(self, rows: int):
        """A cache of its own for a batch of so many rows, None where nothing is shared."""
        if self.cache is None:
            return None
        cache = deepcopy(self.cache)
        cache.batch_repeat_interleave(rows)
        return cache

    def padded(self, model: Model, rows: Sequence[list[int]]) -> dict[str, torch.Tensor]:
        """What stands behind the prefix in each row, padded on the left, as arguments of the net."""
        batch = model.padded([ids[self.tokens :] for ids in rows])
        mask = batch["attention_mask"]
        batch["attention_mask"] = torch.cat([mask.new_ones(len(rows), self.tokens), mask], 1)
        if "position_ids" in batch:
            batch["position_ids"] += self.tokens
        return batch


@torch.no_grad()
def shared(model: Model, rows: Sequence[list[int]], *, new_tokens: int = 0) -> Prefix:
    """The prefix of all rows, read with the adapter that is active; an empty one where it is not worth it.

    Between the prefix and a row stands the row's padding. That is harmless where positions are given by hand and attention
    reaches everything. A model with a window shorter than the longest row, or with layers that are not attention, reads its
    rows whole.

    Args:
        rows: the tokens of each row.
        new_tokens: how many tokens a row may grow by.
    """
    if len(rows) < 2 or not _keeps(model, max(map(len, rows)) + new_tokens):
        return Prefix()
    common = min(len(commonprefix([min(rows), max(rows)])), min(map(len, rows)) - 1)
    if common < SHORTEST:
        return Prefix()
    ids = torch.tensor([rows[0][:common]], device=model.device)
    out = model.net(input_ids=ids, use_cache=True, **({"logits_to_keep": 1} if "logits_to_keep" in model.arguments else {}))
    return Prefix(common, cache_of(out))


def cache_of(out):
    """The cache of keys in a net's output, which has two names because transformers renamed it."""
    return out["cache"] if "cache" in out else out["past_key_values"]


def _keeps(model: Model, longest: int) -> bool:
    settings = model.net.config.get_text_config()
    if any(getattr(settings, name, None) for name in LOCAL):
        return False
    layers = set(getattr(settings, "layer_types", None) or ["full_attention", "sliding_attention"])
    window = getattr(settings, "sliding_window", None) if "sliding_attention" in layers else None
    known = layers <= {"full_attention", "sliding_attention"}
    return model.takes_positions and known and (not window or longest <= window)
