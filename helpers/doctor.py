"""Checks what this machine can do: `python -m helpers doctor` prints one screen in plain words.

It changes nothing. With a preset it reads the base's configuration, which may be downloaded or converted once. torch and
bitsandbytes are imported inside the checks, so a missing package becomes a line of the report and does not end it. Sizes are
in GiB (2^30 bytes).
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

from helpers import machine, presets
from helpers.config import Preset
from helpers.machine import cpu_flags, free_gpu_memory, free_memory, import_bitsandbytes

KIT = "backtranslation-kit"
"""Name of the installed distribution, whose requirements are checked."""

OLDEST_PYTHON = (3, 11)
"""Oldest Python the kit runs on."""

TOLERANCE = 0.02
"""Largest accepted relative difference between a 4-bit layer and its dense twin. Rounding to bf16 causes about .004; a lost
gradient causes 1."""


class Check(NamedTuple):
    """One line of the report.

    Fields:
        name: of the thing that was checked.
        found: the finding, in words.
        works: False if the kit cannot work here because of the finding.
        advice: what to do about it, or "". If `works` is True, it is only a hint.
    """

    name: str
    found: str
    works: bool = True
    advice: str = ""


class Room(NamedTuple):
    """Free GiB of GPU memory (of the one device that the kit uses), of main memory and of disk."""

    gpu: float
    memory: float
    disk: float

    def __str__(self) -> str:
        gpu = f"{self.gpu:.3g} GiB of GPU memory, " if self.gpu else ""
        return f"{gpu}{self.memory:.3g} GiB of memory, {self.disk:.3g} GiB of disk"


NEEDS = {
    "tiny": Room(0, 4, 1),
    "course": Room(0, 6, 3),
    "smol": Room(0, 6, 3),
    "t4": Room(8, 8, 10),
    "single_gpu": Room(20, 12, 30),
    "paper": Room(36, 16, 40),
}
"""Needs of each preset, the least demanding first: room for the base model as downloaded and as loaded, for an adapter, its
optimiser and one micro-batch, with some to spare. They are estimates. `smoke`
and `ablation` are variants of tiny and need the same."""


def checks(folder: Path | str = ".") -> list[Check]:
    """Check the machine and return one line for each check. This takes about 5 seconds, most of them for imports.

    If Python or a package is not right, only these checks are reported, because the others need them.

    Args:
        folder: where runs will be written; the free space of its disk is checked.
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
    return Check("Python", found, False, f"install Python {oldest} or newer, then make the environment again")


def check_packages(requirements: list[str]) -> Check:
    """Whether every required package is installed. Versions are not checked, since pip does that.

    Args:
        requirements: as in pyproject.toml; those of an extra (`...; extra == "dev"`) are not checked.
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
    """Whether torch can be imported. Where a system library is missing, it can be installed and still fail."""
    try:
        import torch
    except (ImportError, OSError) as error:
        return Check("torch", f"does not import: {error}", False, "reinstall it: `pip install --force-reinstall torch`")
    return Check("torch", torch.__version__)


def check_device() -> Check:
    """Which processor the models will run on."""
    import torch

    used = machine.device()
    if used == "cpu":
        return Check("device", f"CPU with {os.cpu_count()} cores, no CUDA", advice="larger models need an NVIDIA GPU")
    several = used == "cuda" and torch.cuda.device_count() > 1
    advice = f"one of {torch.cuda.device_count()} GPUs is used: CUDA_VISIBLE_DEVICES chooses it" if several else ""
    return Check("device", f"{machine.device_name()}; {machine.free(used):.0f} GiB free", advice=advice)


def check_bf16() -> Check:
    """Whether the device computes in bfloat16 or only emulates it."""
    import torch

    if torch.cuda.is_available():
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        native = bool({"avx512_bf16", "amx_bf16"} & cpu_flags())
    return Check("bf16", "in hardware" if native else "emulated: correct, but slower than fp32 or fp16")


def check_avx512(flags: set[str]) -> Check:
    """Whether the CPU has AVX512, and whether bitsandbytes would repack 4-bit weights for it.

    Args:
        flags: instruction sets as Linux names them.
    """
    if "avx512_bf16" in flags:
        return Check("AVX512", "yes, with bf16: 4-bit weights must not be repacked for it, or gradients are lost")
    return Check("AVX512", "yes" if "avx512f" in flags else "no")


def check_quantisation() -> Check:
    """Quantise a small layer to NF4 and compare its outputs and input gradients with those of its dense twin.

    The comparison is made before and after a forward pass in evaluation mode. On some CPUs that pass makes bitsandbytes 0.50
    repack the weights, and from then on training silently loses its input gradients.
    """
    advice = "reinstall it: `pip install --force-reinstall bitsandbytes`; every preset trains in 4 bits"
    try:
        errors = quantisation_errors()
    except Exception as error:  # any error in there is the finding
        return Check("bitsandbytes", f"cannot quantise: {type(error).__name__}: {error}", False, advice)
    wrong = [f"{what} off by {error:.2g}" for what, error in errors.items() if not error <= TOLERANCE]
    if wrong:
        return Check("bitsandbytes", f"NF4 is wrong here: {', '.join(wrong)}", False, advice)
    return Check("bitsandbytes", "4-bit NF4 is correct, forward and backward, also after an evaluation")


def quantisation_errors(*, repacking: bool = False) -> dict[str, float]:
    """Relative differences between an NF4 layer and its dequantised twin, on the device that the kit would use.

    Args:
        repacking: lets bitsandbytes repack the weights for AVX512; the kit never allows that in a run.

    Returns:
        For each compared quantity, the norm of the difference over the norm of the dense result; 1.0 for a missing gradient.
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
    """Which presets fit into the free room, with their base models, and the needs of the first that does not fit."""
    fitting = [name for name, need in NEEDS.items() if all(a >= b for a, b in zip(free, need, strict=True))]
    too_big = [f"{name} asks for {need}" for name, need in NEEDS.items() if name not in fitting]
    hint = too_big[0] if too_big else ""
    if not fitting:
        return Check("presets", "none fits", False, hint)
    return Check("presets", ", ".join(f"{name} ({presets.find(name).base.path})" for name in fitting), advice=hint)


def report(found: list[Check]) -> str:
    """The checks as text: one line for each, advice below its line, and the verdict at the end."""
    width = max(len(check.name) for check in found)
    lines = [f"This machine: {platform.platform(terse=True)}", ""]
    for check in found:
        lines.append(f"{'ok' if check.works else 'NO'}  {check.name:<{width}}  {check.found}")
        if check.advice:
            lines.append(f"    {'':<{width}}  -> {check.advice}")
    broken = [check.name for check in found if not check.works]
    return "\n".join([*lines, "", f"The kit cannot work here: {', '.join(broken)}." if broken else "The kit works here."])


def fit_report(preset: Preset) -> str:
    """Memory that each stage of a preset needs, as text, with the memory that is free here. Computed by ``fit.estimate``.

    Raises:
        ValueError: the configuration of the base cannot be read.
    """
    from helpers import fit

    try:
        table = fit.estimate(None, preset)
    except (OSError, ValueError) as error:
        raise ValueError(f"the configuration of the base {preset.base.path} cannot be read: {error}") from None
    device, most = machine.device(), table.total.max() / 1024
    head = (
        f"{preset.name}: up to {most:.1f} GiB, free on {device}: {machine.free(device):.1f} GiB; in MiB, with the longest rows:"
    )
    return f"{head}\n{table.drop(columns='seconds').round().astype(int).to_string()}"


def main(preset: Preset | None = None) -> int:
    """Print the report and whether ``preset`` fits. Returns 0, or 1 if the kit cannot work here.

    Raises:
        ValueError: the base of ``preset`` cannot be read.
    """
    found = checks()
    print(report(found))
    works = all(check.works for check in found)
    if preset is not None and works:
        print(f"\n{fit_report(preset)}")
    return int(not works)
