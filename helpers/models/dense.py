"""A dense working copy of 4-bit layers for the time of a training or an evaluation: same numbers, decoded once.

bitsandbytes decodes a layer's weights at each call, forward and backward. Where the memory allows, decoding them once
saves that time, and the 4-bit weights stay what the model is made of.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from helpers import machine

SHARE = 0.5
"""Of the free memory that the copy may take; the rest is for activations."""


@contextmanager
def decoded(net: torch.nn.Module, dtype: torch.dtype) -> Iterator[bool]:
    """Replace the 4-bit layers of ``net`` by dense ones inside the block; yields whether there was anything to replace.

    They stay as they are where the copy, in ``dtype``, would take more than ``SHARE`` of the free memory. Blocks may be
    nested: the inner one finds nothing to do.
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
            # Its own parameter: an adapter's layer passes its base layer's weight off as its own.
            if getattr(child._parameters.get("weight"), "quant_state", None) is not None:
                yield parent, name, child


def _twin(layer: torch.nn.Module, dtype: torch.dtype) -> torch.nn.Linear:
    from bitsandbytes.functional import dequantize_4bit

    twin = torch.nn.Linear(layer.in_features, layer.out_features, bias=False, device="meta")
    weight = dequantize_4bit(layer.weight.data, layer.weight.quant_state).to(dtype)
    twin.weight = torch.nn.Parameter(weight.reshape(layer.out_features, layer.in_features), requires_grad=False)
    twin.bias = layer.bias
    return twin
