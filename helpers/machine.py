"""What this machine is: its processor, its free memory, and the number format in which it computes fastest.

Imports no torch until it has to ask it. Sizes are in GiB (2^30 bytes).
"""

import os
import re
from pathlib import Path

NO_MEMORY = re.compile(r"can't allocate memory|not enough memory|out of memory|ALLOC_FAILED|bad_alloc", re.IGNORECASE)
"""What torch's allocators say where they raise a plain RuntimeError."""


def device() -> str:
    """``cuda`` where there is a GPU of that kind, else ``mps`` (Apple's), else ``cpu``."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def fastest_dtype(device: str) -> str:
    """``bf16``, ``fp16`` or ``fp32``: what is fastest on ``device`` and safe to train in.

    CUDA takes bf16 where the card has it and fp16 where it would be emulated. A CPU takes bf16 with AMX alone: AVX-512
    without it took .55 s for a step of the mini base in bf16 and .28 s in fp32. MPS takes fp32.
    """
    if device == "cuda":
        import torch

        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    return "bf16" if device == "cpu" and has_amx() else "fp32"


def has_amx() -> bool:
    """Whether matrix products in bf16 run on AMX: the CPU has it, and oneDNN's own switch leaves it on."""
    allowed = os.environ.get("ONEDNN_MAX_CPU_ISA", "ALL").upper()
    return "amx_bf16" in cpu_flags() and (allowed in ("ALL", "DEFAULT") or "AMX" in allowed)


def cpu_flags() -> set[str]:
    """Instruction sets of the CPU as Linux names them; empty where /proc/cpuinfo does not say."""
    try:
        found = re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        return set()
    return set(found[1].split()) if found else set()


def free_memory() -> float:
    """GiB of main memory to be had without swapping, a container's limit included."""
    import psutil

    free = psutil.virtual_memory().available
    limit, used = (Path("/sys/fs/cgroup") / name for name in ("memory.max", "memory.current"))
    if limit.exists() and limit.read_text().strip() != "max":
        free = min(free, int(limit.read_text()) - int(used.read_text()))
    return free / 2**30


def free_gpu_memory() -> float:
    """GiB free on all CUDA devices together; 0.0 without one."""
    import torch

    return sum(torch.cuda.mem_get_info(i)[0] for i in range(torch.cuda.device_count())) / 2**30


def free(device: str) -> float:
    """GiB free where a model on ``device`` lies; MPS shares the main memory."""
    return free_gpu_memory() if device == "cuda" else free_memory()


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that there was no memory: CUDA's own, Python's, or a RuntimeError of another allocator."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and bool(NO_MEMORY.search(str(error)))


def give_memory_back() -> None:
    """Return cached blocks to the device: after an out-of-memory they are what the next try needs."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()


def import_bitsandbytes() -> None:
    """Import bitsandbytes without its advice: on a CPU it recommends a package that would fetch code from the hub."""
    import logging

    logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)
    import bitsandbytes  # noqa: F401
