"""What every reader does with rows of tokens: encode texts, plan batches, pad them, run the model, keep a prefix.

A batch is a function of all rows and of the settings, never of what is left to do.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from os.path import commonprefix

import torch

from helpers.generation import plan
from helpers.models import Model

SHARED_PREFIX_TOKENS = 64
"""A prefix at least this long, common to all prompts, is encoded once."""


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


def shared_prefix(model: Model, encoded: Sequence[list[int]]) -> int:
    """Tokens that all prompts begin with and that are worth a cache; 0 where there is none or the model cannot keep one.

    Behind a cached prefix the padding stands between the prefix and the row. That is harmless where positions are given by
    hand and attention reaches everything; a model with a window shorter than the longest row, or with layers that are not
    attention, reads its prompts whole.
    """
    if len(encoded) < 2 or not _keeps_prefix(model, max(map(len, encoded))):
        return 0
    common = len(commonprefix([min(encoded), max(encoded)]))
    common = min(common, min(map(len, encoded)) - 1)
    return common if common >= SHARED_PREFIX_TOKENS else 0


def _keeps_prefix(model: Model, longest: int) -> bool:
    settings = model.net.config.get_text_config()
    layers = set(getattr(settings, "layer_types", None) or ["full_attention", "sliding_attention"])
    window = getattr(settings, "sliding_window", None) if "sliding_attention" in layers else None
    known = layers <= {"full_attention", "sliding_attention"}
    return model.takes_positions and known and (not window or longest <= window)


@torch.no_grad()
def encode_prefix(model: Model, ids: list[int]):
    """The cache of a prefix."""
    return model.net(input_ids=torch.tensor([ids], device=model.device), use_cache=True).past_key_values


@torch.no_grad()
def last_logits(model: Model, rows: list[list[int]], keep: int, *, shared: int = 0, cache=None) -> torch.Tensor:
    """Logits (rows, keep, vocabulary) at the last ``keep`` places of each row, left-padded behind a cached prefix.

    Args:
        shared: tokens of the prefix in ``cache``.
    """
    takes = model.arguments
    batch = model.tokenizer.pad({"input_ids": rows}, return_tensors="pt", padding_side="left").to(model.device)
    mask = batch["attention_mask"]
    given = {"input_ids": batch["input_ids"], "use_cache": cache is not None}
    if "position_ids" in takes:
        given["position_ids"] = (mask.cumsum(-1) - 1).clamp(min=0) + shared
    if "logits_to_keep" in takes:
        given["logits_to_keep"] = keep
    if cache is not None:
        cache = deepcopy(cache)
        cache.batch_repeat_interleave(len(rows))
        given["cache" if "cache" in takes else "past_key_values"] = cache
        mask = torch.cat([mask.new_ones(len(rows), shared), mask], 1)
    return model.net(**given, attention_mask=mask).logits[:, -keep:]
