"""Load a base model in 4 bits or not, and keep many adapters on it; which one is active is a ``with`` block.

Knows nothing of prompts and data. M_yx, M_0, M_1 and M_2 are adapters on one base; ``model.using(None)`` is the base
itself.
"""

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from transformers.utils import logging as transformers_logging

from helpers.config import located
from helpers.tables import read_json, write_json

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}


def _quiet() -> None:
    """Keep progress bars and one harmless warning (an optional kernel package is absent) out of notebooks."""
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    warnings.filterwarnings("ignore", message=".*kernels.*")


@dataclass
class Model:
    """A base with its tokenizer and adapters. ``net`` is the transformers model, wrapped by peft once it has adapters."""

    net: torch.nn.Module
    tokenizer: object
    base_hash: str
    """What an adapter's folder must name to be loaded on this base."""
    halvings: int = 0
    """How often a batch was halved because CUDA had no memory for it; belongs in the manifest where it is not 0."""

    @property
    def device(self) -> torch.device:
        """Where the base lies."""
        return next(self.net.parameters()).device

    @cached_property
    def context(self) -> int:
        """Longest input, tokens."""
        return self.net.config.max_position_embeddings

    @property
    def adapters(self) -> list[str]:
        """Names of the adapters on this base."""
        return list(self.net.peft_config) if isinstance(self.net, PeftModel) else []

    def add(self, name: str, *, rank: int, alpha: int, dropout: float = 0.0, seed: int = 0) -> None:
        """Put a new LoRA adapter on every linear layer except the output head, in place of one of that name.

        Its A matrices are drawn from ``seed``, its B matrices are 0, and both are kept in 32 bits.
        """
        config = LoraConfig(r=rank, lora_alpha=alpha, lora_dropout=dropout, target_modules="all-linear", task_type="CAUSAL_LM")
        if self.adapters == [name]:
            self.net = self.net.unload()
        elif name in self.adapters:
            self.net.set_adapter(next(other for other in self.adapters if other != name))
            self.net.delete_adapter(name)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            if isinstance(self.net, PeftModel):
                self.net.add_adapter(name, config)
            else:
                self.net = get_peft_model(self.net, config, adapter_name=name)
        for parameter_name, parameter in self.net.named_parameters():
            if "lora_" in parameter_name and f".{name}." in parameter_name:
                parameter.data = parameter.data.float()

    @contextmanager
    def using(self, name: str | None) -> Iterator[torch.nn.Module]:
        """The model with adapter ``name`` active, in eval mode; None is the base alone. The adapter before is put back.

        Raises:
            KeyError: there is no such adapter; the message lists those there are.
        """
        if name is None:
            if not self.adapters:
                yield self.net.eval()
                return
            with self.net.disable_adapter():
                yield self.net.eval()
            return
        if name not in self.adapters:
            raise KeyError(f"no adapter {name!r} on this base; there are {self.adapters}")
        before = self.net.active_adapter
        self.net.set_adapter(name)
        try:
            yield self.net.eval()
        finally:
            self.net.set_adapter(before)

    def save(self, name: str, folder: Path) -> None:
        """Write an adapter as safetensors with its settings and the hash of the base it belongs to."""
        folder.mkdir(parents=True, exist_ok=True)
        state = get_peft_model_state_dict(self.net, adapter_name=name)
        save_file({key: value.contiguous().cpu() for key, value in state.items()}, folder / "adapter_model.safetensors")
        self.net.peft_config[name].save_pretrained(str(folder))
        write_json(folder / "base.json", {"base_hash": self.base_hash})

    def load(self, name: str, folder: Path) -> None:
        """Put an adapter from a folder on this base under ``name``.

        Raises:
            FileNotFoundError: the folder holds no adapter.
            ValueError: it was trained on another base.
        """
        if not (folder / "base.json").exists():
            raise FileNotFoundError(f"{folder} holds no adapter: run the stage that trains it")
        belongs_to = read_json(folder / "base.json")["base_hash"]
        if belongs_to != self.base_hash:
            raise ValueError(
                f"the adapter in {folder} was trained on base {belongs_to}, this base is {self.base_hash}: "
                "load the base it names, or train it anew"
            )
        config = LoraConfig.from_pretrained(str(folder))
        if name not in self.adapters:
            self.add(name, rank=config.r, alpha=config.lora_alpha, dropout=config.lora_dropout)
        set_peft_model_state_dict(self.net, load_file(folder / "adapter_model.safetensors"), adapter_name=name)


def base_hash(path: Path) -> str:
    """First 16 hex digits of the sha256 of a local base's config and weights."""
    digest = hashlib.sha256()
    for file in sorted([path / "config.json", *path.glob("*.safetensors")]):
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()[:16]


def load(base: str | Path, *, four_bit: bool = True, dtype: str = "bf16", device: str | None = None) -> Model:
    """Load a base model and its tokenizer.

    Args:
        base: a folder (relative ones start at the repository), or a name on the Hugging Face hub.
        four_bit: NF4 with double quantisation through bitsandbytes, on CPU too.
        dtype: ``bf16``, ``fp16`` or ``fp32``: of the weights, or of the computation where the weights are 4-bit.
        device: ``cuda`` or ``cpu``; None takes CUDA where it is.

    Raises:
        FileNotFoundError: ``base`` looks like a path and no model is there.
    """
    _quiet()
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    local = located(base)
    is_local = local.exists() or Path(base).is_absolute() or str(base).startswith((".", "~", "artifacts"))
    if is_local and not (local / "config.json").exists():
        raise FileNotFoundError(f"there is no base model in {local}: check the preset's base.path")
    quantisation = None
    if four_bit:
        quantisation = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=DTYPES[dtype],
        )
    net = AutoModelForCausalLM.from_pretrained(
        local if is_local else base,
        quantization_config=quantisation,
        dtype=DTYPES[dtype],
        device_map={"": device},
        use_safetensors=True,
        trust_remote_code=False,
    )
    keep_trainable(net)
    tokenizer = AutoTokenizer.from_pretrained(local if is_local else base, trust_remote_code=False, padding_side="left")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.unk_token or tokenizer.eos_token
    identity = base_hash(local) if is_local else f"{base}@{getattr(net.config, '_commit_hash', None)}"
    return Model(net, tokenizer, identity)


def keep_trainable(net: torch.nn.Module) -> None:
    """Stop bitsandbytes from repacking 4-bit weights for AVX512-bf16 on a CPU.

    One forward in eval mode would repack them, and from then on training silently loses the gradients of its inputs.
    """
    for module in net.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def weight_bytes(model: Model) -> int:
    """Bytes of the base's weights as they lie in memory, with the scales of quantised ones, adapters left out."""
    total = 0
    for name, parameter in model.net.named_parameters():
        if "lora_" not in name:
            state = getattr(parameter, "quant_state", None)
            scales = [state.absmax, state.state2.absmax] if state is not None else []
            total += sum(tensor.numel() * tensor.element_size() for tensor in (parameter, *scales))
    return total
