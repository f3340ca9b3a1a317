"""Whether a network keeps packed rows apart: measured on the network itself, never looked up by its name.

Positions that restart separate rows in most architectures, and in some they do nothing (ALiBi, recurrent layers, models
that count tokens themselves). There every token of a row would see the row before, and the loss would not tell.
"""

import torch

TOKENS = 12
"""Of each row of the measurement."""

TOLERANCE = {"fp32": 1e-4, "fp16": 2e-2, "bf16": 2e-2}
"""Largest difference between the loss of a row alone and packed (nats a token): what rounding may do in each format."""


@torch.no_grad()
def keeps_rows_apart(net: torch.nn.Module, vocabulary: int, dtype: str) -> bool:
    """Whether a row's logits are the same behind any other row, and its loss the one that it has alone.

    Args:
        net: takes ``position_ids``; in eval mode.
        vocabulary: token ids under this number are drawn, always the same ones.
        dtype: of the computation, a key of ``TOLERANCE``.
    """
    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(vocabulary, (3, TOKENS), generator=generator).to(next(net.parameters()).device)
    first, other, second = rows
    positions = torch.arange(TOKENS, device=rows.device).repeat(2)[None]
    behind = [
        net(input_ids=torch.cat([before, second])[None], position_ids=positions, use_cache=False).logits[0, TOKENS:]
        for before in (first, other)
    ]
    alone = net(input_ids=second[None], use_cache=False).logits[0]
    losses = [torch.nn.functional.cross_entropy(logits[:-1].float(), second[1:]) for logits in (behind[0], alone)]
    return torch.equal(*behind) and abs(losses[0] - losses[1]).item() <= TOLERANCE[dtype]
