"""A dense working copy of 4-bit layers during a training or an evaluation. It has the same numbers, decoded only once.

bitsandbytes decodes a layer's weights at each call, forward and backward. Decoding them once saves that time where there is
memory for the copy. Afterwards the model has its 4-bit layers again.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from helpers import machine

SHARE = 0.5
"""Largest share of the free memory that the copy may take. The rest is for activations."""


@contextmanager
def decoded(net: torch.nn.Module, dtype: torch.dtype) -> Iterator[bool]:
    """Replace the 4-bit layers of ``net`` by dense ones inside the block. Yields whether any layer was replaced.

    Nothing is replaced where the copy, in ``dtype``, would take more than ``SHARE`` of the free memory. Blocks may be nested;
    the inner one does nothing.
    """
    layers = list(_quantised(net))
    elements = sum(layer.in_features * layer.out_features for _, _, layer in layers)
    needed = elements * dtype.itemsize / 2**30
    if not layers or needed > SHARE * machine.free(layers[0][2].weight.device.type):
        yield False
        return
    try:
        for parent, name, layer in layers:
            setattr(parent, name, _twin(layer, dtype))
        yield True
    finally:
        for parent, name, layer in layers:
            setattr(parent, name, layer)


def _quantised(net: torch.nn.Module) -> Iterator[tuple[torch.nn.Module, str, torch.nn.Module]]:
    """(parent, name, layer) of each 4-bit layer."""
    for parent in net.modules():
        for name, child in parent.named_children():
            # Look at the layer's own parameters, because an adapter's layer shows its base layer's weight as its own.
            if getattr(child._parameters.get("weight"), "quant_state", None) is not None:
                yield parent, name, child


def _twin(layer: torch.nn.Module, dtype: torch.dtype) -> torch.nn.Linear:
    from bitsandbytes.functional import dequantize_4bit

    twin = torch.nn.Linear(layer.in_features, layer.out_features, bias=False, device="meta")
    weight = dequantize_4bit(layer.weight.data, layer.weight.quant_state).to(dtype)
    twin.weight = torch.nn.Parameter(weight.reshape(layer.out_features, layer.in_features), requires_grad=False)
    twin.bias = layer.bias
    return twin
