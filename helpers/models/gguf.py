"""Converts a GGUF file, once, into a folder of the cache that loads like any other base.

transformers can decode a GGUF file, but it cannot load it in 4 bits, and reading its tokenizer takes most of a minute.
"""

import hashlib
import os
import shutil
import tempfile
from copy import deepcopy
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig


def cache_folder() -> Path:
    """The folder that holds converted bases: ``$KIT_CACHE``, or ``~/.cache/backtranslation-kit``."""
    return Path(os.environ.get("KIT_CACHE") or Path.home() / ".cache" / "backtranslation-kit").expanduser()


def content_hash(path: Path) -> str:
    """First 16 hex digits of the sha256 of a file."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()[:16]


def converted(path: Path) -> Path:
    """The folder with the base and the tokenizer of a GGUF file; it is made if it does not exist.

    Weights are kept in 16 bits, which loses nothing that matters of blocks of up to 8 bits. The folder is renamed into its
    place when it is complete, so a conversion that was killed leaves nothing that looks finished.

    Raises:
        ImportError: the package ``gguf`` is not installed.
    """
    folder = cache_folder() / f"gguf-{content_hash(path)}"
    if folder.exists():
        return folder
    try:
        import gguf  # noqa: F401
    except ImportError as error:
        raise ImportError(f"{path.name} is a GGUF file and the package gguf is missing: `pip install gguf`") from error
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="unfinished-") as unfinished:
        made = Path(unfinished) / folder.name
        _convert(path, made)
        try:
            os.replace(made, folder)
        except OSError:  # another process was faster; a folder cannot replace one that has files
            shutil.rmtree(made)
    return folder


def _convert(path: Path, folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    net = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
    config = deepcopy(net.config)
    for name in ("quantization_config", "_pre_quantization_dtype"):
        if hasattr(config, name):
            delattr(config, name)
    config.architectures = [type(net).__name__]  # what engines that serve a folder go by; a GGUF file does not say it
    state = {name: weight.detach() for name, weight in net.state_dict().items() if name not in _tied(net)}
    fits = all(weight.abs().max() < torch.finfo(torch.float16).max for weight in state.values())
    config.dtype = torch.float16 if fits else torch.bfloat16
    folder.mkdir()
    save_file(
        {name: weight.to(config.dtype).contiguous() for name, weight in state.items()},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    config.save_pretrained(folder)
    (net.generation_config or GenerationConfig.from_model_config(config)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _tied(net: torch.nn.Module) -> set[str]:
    """Names of the weights that share the memory of an earlier one. safetensors stores each memory only once."""
    seen: dict[int, str] = {}
    return {name for name, weight in net.state_dict().items() if seen.setdefault(weight.data_ptr(), name) != name}
