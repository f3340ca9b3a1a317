"""LoRA's product with B, its scale and the sum with the base's output as one call of torch, during a training.

peft makes three calls of them, each with a copy of the whole output, and on a CPU these copies take time. The
one call also rounds once where peft rounds three times.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from peft.tuners.lora.layer import LoraLayer, LoraVariant


@contextmanager
def fused(net: torch.nn.Module, adapter: str) -> Iterator[None]:
    """Compute ``adapter`` in one call on every layer of ``net`` inside the block. Its weights stay as they are."""
    layers = [layer for layer in net.modules() if isinstance(layer, LoraLayer) and adapter in layer.lora_A]
    for layer in layers:
        layer.lora_variant[adapter] = OneCall()
    try:
        yield
    finally:
        for layer in layers:
            layer.lora_variant.pop(adapter)


class OneCall(LoraVariant):
    """What peft asks for the output of a layer, in place of its own three calls."""

    @staticmethod
    def forward(module: LoraLayer, active_adapter: str, x: torch.Tensor, result: torch.Tensor, **_) -> torch.Tensor:
        """``result`` (rows, width, outputs) of the base, plus scale * B A ``x``, where ``x`` is (rows, width, inputs)."""
        inner = module.lora_A[active_adapter](module.lora_dropout[active_adapter](x))
        weight, scale = module.lora_B[active_adapter].weight, module.scaling[active_adapter]
        base = result.to(inner.dtype).flatten(0, -2)
        return torch.addmm(base, inner.flatten(0, -2), weight.T, alpha=scale).view_as(result)
