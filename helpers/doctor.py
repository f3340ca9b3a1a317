"""What this machine can do: `python -m helpers doctor`, one screen in plain words.

It looks and changes nothing. torch and bitsandbytes are imported inside the checks, so that a missing package is a line
of the report and not the end of it. Sizes are in GiB (2^30 bytes). Nothing is downloaded.
"""

import os
import platform
import re
import shutil
import sys
import warnings
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from helpers import presets
from helpers.config import Preset
from helpers.machine import cpu_flags, free_gpu_memory, free_memory, import_bitsandbytes

KIT = "backtranslation-kit"
"""Name of the installed distribution; its requirements are what must be there."""

OLDEST_PYTHON = (3, 11)
"""Oldest Python the kit runs on."""

TOLERANCE = 0.02
"""Largest accepted relative difference between a 4-bit layer and its dense twin. bf16 rounds to .004; a lost gradient
is off by 1."""


class Check(NamedTuple):
    """One line of the report.

    Fields:
        name: what was looked at.
        found: what was seen, in words.
        works: False if the kit cannot work here because of it.
        advice: what to do about it, or "". Next to `works` True it is a hint.
    """

    name: str
    found: str
    works: bool = True
    advice: str = ""


class Room(NamedTuple):
    """Free GiB of GPU memory (all devices together), of main memory and of disk."""

    gpu: float
    memory: float
    disk: float

    def __str__(self) -> str:
        gpu = f"{self.gpu:.3g} GiB of GPU memory, " if self.gpu else ""
        return f"{gpu}{self.memory:.3g} GiB of memory, {self.disk:.3g} GiB of disk"


NEEDS = {"tiny": Room(0, 4, 1), "t4": Room(8, 8, 10), "single_gpu": Room(20, 12, 30), "paper": Room(36, 16, 40)}
"""What each preset asks for, the least demanding first: the base model as downloaded and as loaded, an adapter, its
optimiser and one micro-batch, with room to spare. Estimates, but for tiny (3.8 GB over all processes); `smoke` and
`ablation` are variants of tiny and need what it needs."""


def checks(folder: Path | str = ".") -> list[Check]:
    """Looks at the machine, one line for each thing looked at; about 5 seconds, most of them imports.

    Where Python or the packages are not right, only those are reported: the rest needs them.

    Args:
        folder: where runs will be written; its disk is the one that counts.
    """
    requirements = metadata.requires(KIT) if _installed(KIT) else [KIT]
    software = [check_python(sys.version_info), check_packages(requirements)]
    software += [check_torch()] if all(check.works for check in software) else []
    if not all(check.works for check in software):
        return software
    free = Room(free_gpu_memory(), free_memory(), shutil.disk_usage(folder).free / 2**30)
    hardware = [check_device(), check_bf16(), check_avx512(cpu_flags()), check_quantisation()]
    return [*software, *hardware, Check("free", str(free)), check_presets(free)]


def check_python(version: tuple[int, ...]) -> Check:
    """Whether this Python is new enough."""
    found, oldest = (".".join(map(str, v)) for v in (version[:3], OLDEST_PYTHON))
    if tuple(version[:2]) >= OLDEST_PYTHON:
        return Check("Python", found)
    return Check("Python", found, False, f"install Python {oldest} or newer, then make the environment anew")


def check_packages(requirements: list[str]) -> Check:
    """Whether every required package is installed; ranges are pip's affair.

    Args:
        requirements: as in pyproject.toml; those of an extra (`...; extra == "dev"`) are left out.
    """
    names = [re.match(r"[\w.-]+", line)[0] for line in requirements if "extra ==" not in line]
    missing = [name for name in names if not _installed(name)]
    if not missing:
        return Check("packages", f"all {len(names)} installed")
    return Check("packages", f"missing: {', '.join(missing)}", False, "run `make env`, or `pip install -e .`")


def _installed(name: str) -> bool:
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False


def check_torch() -> Check:
    """Whether torch imports: being installed is not enough where a system library is missing."""
    try:
        import torch
    except (ImportError, OSError) as error:
        return Check("torch", f"does not import: {error}", False, "reinstall it: `pip install --force-reinstall torch`")
    return Check("torch", torch.__version__)


def check_device() -> Check:
    """Which processor the models will run on."""
    import torch

    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        return Check("device", f"{', '.join(names)}; {free_gpu_memory():.0f} GiB free")
    return Check("device", f"CPU with {os.cpu_count()} cores, no CUDA", advice="larger models need an NVIDIA GPU")


def check_bf16() -> Check:
    """Whether the device computes in bfloat16 or only emulates it."""
    import torch

    if torch.cuda.is_available():
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        native = bool({"avx512_bf16", "amx_bf16"} & cpu_flags())
    return Check("bf16", "in hardware" if native else "emulated: right, but slower than fp32 or fp16")


def check_avx512(flags: set[str]) -> Check:
    """Whether the CPU has AVX512, and whether bitsandbytes would repack 4-bit weights for it.

    Args:
        flags: instruction sets as Linux names them.
    """
    if "avx512_bf16" in flags:
        return Check("AVX512", "yes, with bf16: 4-bit weights must not be repacked for it, or gradients are lost")
    return Check("AVX512", "yes" if "avx512f" in flags else "no")


def check_quantisation() -> Check:
    """Quantises a small layer to NF4 and compares it with its dense twin: outputs and input gradients.

    It compares before and after a forward in evaluation mode, because that is what lets bitsandbytes 0.50 repack the
    weights on some CPUs, after which training silently loses its input gradients.
    """
    advice = "reinstall it: `pip install --force-reinstall bitsandbytes`; every preset trains in 4 bits"
    try:
        errors = quantisation_errors()
    except Exception as error:  # whatever goes wrong in there is the finding
        return Check("bitsandbytes", f"cannot quantise: {type(error).__name__}: {error}", False, advice)
    wrong = [f"{what} off by {error:.2g}" for what, error in errors.items() if not error <= TOLERANCE]
    if wrong:
        return Check("bitsandbytes", f"NF4 is wrong here: {', '.join(wrong)}", False, advice)
    return Check("bitsandbytes", "4-bit NF4 is right, forward and backward, also after an evaluation")


def quantisation_errors(*, repacking: bool = False) -> dict[str, float]:
    """Relative differences between an NF4 layer and its dequantised twin, on the device the kit would use.

    Args:
        repacking: leave bitsandbytes free to repack the weights for AVX512, which the kit never allows.

    Returns:
        Norm of the difference over norm of the dense result, by what was compared; 1.0 for a missing gradient.
    """
    import torch

    import_bitsandbytes()
    from bitsandbytes.functional import dequantize_4bit
    from bitsandbytes.nn import Linear4bit

    device = "cuda" if torch.cuda.is_available() else "cpu"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer = Linear4bit(256, 128, bias=False, compute_dtype=torch.bfloat16, quant_type="nf4")
        layer.support_avx512bf16_for_cpu = layer.support_avx512bf16_for_cpu and repacking
        layer = layer.to(device)
        if layer.weight.dtype != torch.uint8:
            raise RuntimeError(f"the weights are {layer.weight.dtype} instead of packed 4-bit numbers")
        dense = dequantize_4bit(layer.weight.data, layer.weight.quant_state).to(torch.bfloat16)
        x, gradient = (torch.randn(4, n, dtype=torch.bfloat16, device=device) for n in (256, 128))
        fresh = _differences(layer, dense, x, gradient)
        with torch.no_grad():
            layer.eval()(x)
        evaluated = _differences(layer.train(), dense, x, gradient)
    return fresh | {f"{what} after an evaluation": error for what, error in evaluated.items()}


def _differences(layer, dense, x, gradient) -> dict[str, float]:
    x = x.clone().requires_grad_()
    y = layer(x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's warning about a missing gradient: it is counted below
        y.backward(gradient)
    return {"output": _relative(y.detach(), x.detach() @ dense.T), "gradient": _relative(x.grad, gradient @ dense)}


def _relative(ours, reference) -> float:
    return 1.0 if ours is None else ((ours - reference).float().norm() / reference.float().norm()).item()


def check_presets(free: Room) -> Check:
    """Which presets fit into the free room, with their base models, and what the first that does not asks for."""
    fitting = [name for name, need in NEEDS.items() if all(a >= b for a, b in zip(free, need, strict=True))]
    too_big = [f"{name} asks for {need}" for name, need in NEEDS.items() if name not in fitting]
    hint = too_big[0] if too_big else ""
    if not fitting:
        return Check("presets", "none fits", False, hint)
    return Check("presets", ", ".join(f"{name} ({presets.find(name).base.path})" for name in fitting), advice=hint)


def report(found: list[Check]) -> str:
    """The checks as text: a line each, advice below its line, a verdict at the end."""
    width = max(len(check.name) for check in found)
    lines = [f"This machine: {platform.platform(terse=True)}", ""]
    for check in found:
        lines.append(f"{'ok' if check.works else 'NO'}  {check.name:<{width}}  {check.found}")
        if check.advice:
            lines.append(f"    {'':<{width}}  -> {check.advice}")
    broken = [check.name for check in found if not check.works]
    return "\n".join([*lines, "", f"The kit cannot work here: {', '.join(broken)}." if broken else "The kit works here."])


def fit_report(preset: Preset) -> str:
    """What each stage of a preset takes in memory, from the configuration of its base, beside what is free here, as text."""
    from helpers import fit, machine

    try:
        table = fit.estimate(None, preset)
    except (OSError, ValueError) as error:
        return f"{preset.name}: the configuration of its base {preset.base.path} cannot be read: {error}"
    device, most = machine.device(), table.total.max() / 1024
    head = (
        f"{preset.name}: up to {most:.1f} GiB, free on {device}: {machine.free(device):.1f} GiB; rows as long as may be, MiB:"
    )
    return f"{head}\n{table.drop(columns='seconds').round().astype(int).to_string()}"


def main(preset: Preset | None = None) -> int:
    """Prints the report, and whether ``preset`` fits; returns 0, or 1 if the kit cannot work here."""
    found = checks()
    print(report(found))
    works = all(check.works for check in found)
    if preset is not None and works:
        print(f"\n{fit_report(preset)}")
    return int(not works)
