"""Measures whether a network keeps packed rows apart.

Packed rows stand behind each other in one sequence, and the positions restart with each row. In most architectures this is
enough to hide one row from the next. In some it is not (ALiBi, recurrent layers, models that count tokens themselves): there
every token would see the row before, and the loss would not show it. The module therefore tests the network itself and does
not trust its name.
"""

import torch

TOKENS = 12
"""Tokens of each row in the measurement."""

TOLERANCE = {"fp32": 1e-4, "fp16": 2e-2, "bf16": 2e-2}
"""Largest difference that rounding may cause between the losses of a row alone and packed (nats a token), by number format."""


@torch.no_grad()
def keeps_rows_apart(net: torch.nn.Module, vocabulary: int, dtype: str) -> bool:
    """Whether a row's logits do not depend on the row in front of it, and its loss is the one that it has alone.

    Args:
        net: takes ``position_ids``; in eval mode.
        vocabulary: the rows are drawn from the token ids below this number, always the same ones.
        dtype: number format of the computation, a key of ``TOLERANCE``.
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
