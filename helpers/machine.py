"""Facts about this machine: its processor, its free memory, and the number format in which it computes fastest.

torch is imported inside the functions that need it. Sizes are in GiB (2^30 bytes).
"""

import os
import re
import sys
from pathlib import Path

NO_MEMORY = re.compile(r"can't allocate memory|not enough memory|out of memory|ALLOC_FAILED|bad_alloc", re.IGNORECASE)
"""Messages of the plain RuntimeErrors with which torch's allocators report that memory is full."""


def device() -> str:
    """``cuda`` where there is a CUDA GPU, else ``mps`` on Apple's GPUs, else ``cpu``."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def device_name() -> str:
    """The name of the card where ``device`` is ``cuda``, else ``device`` itself."""
    import torch

    used = device()
    return torch.cuda.get_device_name() if used == "cuda" else used


GPUS = ("nvidia*", "nvhost*", "kfd", "dxg")
"""Names under /dev of the GPUs for which torch has CUDA or ROCm: of NVIDIA, Jetson, AMD, and of Windows below Linux."""


def has_gpu() -> bool:
    """Whether torch computes on a CUDA or ROCm GPU here.

    A Linux without such a device is told without torch, whose memory a process can do without that needs it for nothing else.
    """
    if sys.platform == "linux" and not any(found for name in GPUS for found in Path("/dev").glob(name)):
        return False
    import torch

    return torch.cuda.is_available()


def fastest_dtype(device: str) -> str:
    """The number format that is fastest on ``device`` and safe to train in: ``bf16``, ``fp16`` or ``fp32``.

    CUDA gets bf16 where the card has it, and fp16 where bf16 would be emulated. A CPU gets bf16 only if it has AMX: with
    AVX-512 and no AMX, a step of the mini base took .55 s in bf16 and .28 s in fp32. MPS gets fp32.
    """
    if device == "cuda":
        import torch

        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    return "bf16" if device == "cpu" and has_amx() else "fp32"


def has_amx() -> bool:
    """Whether matrix products in bf16 run on AMX: the CPU must have it, and oneDNN's own switch must leave it on."""
    allowed = os.environ.get("ONEDNN_MAX_CPU_ISA", "ALL").upper()
    return "amx_bf16" in cpu_flags() and (allowed in ("ALL", "DEFAULT") or "AMX" in allowed)


def cpu_flags() -> set[str]:
    """Instruction sets of the CPU as Linux names them; empty where /proc/cpuinfo does not say."""
    try:
        found = re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        return set()
    return set(found[1].split()) if found else set()


CGROUP = Path("/sys/fs/cgroup")
"""Where Linux tells a container its limits (cgroup v2)."""


def free_memory() -> float:
    """GiB of main memory that is free without swapping and within the container's limit.

    Files that were read lately stay in memory, and the system gives them up when it needs room. So they count as free.
    """
    import psutil

    free = psutil.virtual_memory().available
    limit, used, parts = (CGROUP / f"memory.{name}" for name in ("max", "current", "stat"))
    if limit.exists() and limit.read_text().strip() != "max":
        given = re.search(r"^inactive_file (\d+)$", parts.read_text(), re.MULTILINE)
        free = min(free, int(limit.read_text()) - int(used.read_text()) + (int(given[1]) if given else 0))
    return free / 2**30


def free_gpu_memory() -> float:
    """GiB free on the one CUDA device that the kit uses; 0.0 without one."""
    import torch

    return torch.cuda.mem_get_info()[0] / 2**30 if torch.cuda.is_available() else 0.0


def free(device: str) -> float:
    """GiB free in the memory that a model on ``device`` uses; on MPS and the CPU that is the main memory."""
    return free_gpu_memory() if device == "cuda" else free_memory()


def out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory was full: CUDA's own error, Python's, or a RuntimeError of another allocator."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and bool(NO_MEMORY.search(str(error)))


def give_memory_back() -> None:
    """Return cached blocks to the device or the system. After an out-of-memory error the next try needs them."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()
    trim()


def trim() -> None:
    """Return to the system the memory that was freed in this process. On Linux glibc would keep much of it."""
    import ctypes

    if sys.platform == "linux" and (trimmed := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trimmed(0)


def import_bitsandbytes() -> None:
    """Import bitsandbytes and silence its advice. On a CPU it recommends a package that would fetch code from the hub."""
    import logging

    logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)
    import bitsandbytes  # noqa: F401
