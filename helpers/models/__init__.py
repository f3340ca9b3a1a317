"""Load a base model, in 4 bits or not, and keep several adapters on it.

M_yx, M_0, M_1 and M_2 are adapters on one base. ``with model.using(name)`` makes one of them active, and
``model.using(None)`` is the base itself. The module knows nothing of prompts and data.
"""

import hashlib
import inspect
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from transformers.utils import logging as transformers_logging

from helpers import machine, tokens
from helpers.config import located
from helpers.models import gguf
from helpers.models.dense import decoded
from helpers.models.head import one_product
from helpers.models.packing import keeps_rows_apart
from helpers.models.vocabulary import unembedded
from helpers.tables import read_json, write_json

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}

CONTEXT_NAMES = ("max_position_embeddings", "n_positions", "max_sequence_length", "max_seq_len", "seq_length", "n_ctx")
"""Names under which configurations hold the length of the longest input."""

DEFAULT_CONTEXT = 2048
"""Longest input in tokens where neither the configuration nor the tokenizer names a limit (ALiBi models may have none)."""


def _quiet() -> None:
    """Keep progress bars and harmless warnings (an absent optional kernel, transposed layers of GPT-2) out of notebooks."""
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    warnings.filterwarnings("ignore", message=".*kernels.*")
    warnings.filterwarnings("ignore", message=".*fan_in_fan_out.*")
    warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing.*")


@dataclass
class Model:
    """A base with its tokenizer and adapters. ``net`` is the transformers model; peft wraps it once it has an adapter."""

    net: torch.nn.Module
    tokenizer: object
    base_hash: str
    """Hash of the base. An adapter can be loaded only if its folder names the same hash."""
    dtype: str = "fp32"
    """Number format of the computation: ``bf16``, ``fp16`` or ``fp32``."""
    notes: list[str] = field(default_factory=list)
    """One sentence for each thing that could not be done as asked. ``Stage.uses`` writes them to the manifest."""
    halvings: int = 0
    """Number of batches that were halved because there was no memory for them. ``Stage.uses`` writes it to the manifest."""

    @property
    def device(self) -> torch.device:
        """The device on which the base lies."""
        return next(self.net.parameters()).device

    @cached_property
    def context(self) -> int:
        """Longest input, tokens."""
        return context_of(self.net.config, self.tokenizer)

    @cached_property
    def ends(self) -> list[int]:
        """Ids of the tokens that end a text: first the tokenizer's, which training uses, then those of the model's settings."""
        settings = getattr(self.net, "generation_config", None)
        return list(dict.fromkeys([self.tokenizer.eos_token_id, *_listed(getattr(settings, "eos_token_id", None))]))

    @cached_property
    def packs(self) -> bool:
        """Whether several rows may share one sequence of this base (``packing``). It is measured once, when first asked for."""
        if not self.takes_positions:
            return False
        with self.using(None) as net:
            return keeps_rows_apart(net, min(len(self.tokenizer), net.get_input_embeddings().num_embeddings), self.dtype)

    @cached_property
    def takes_positions(self) -> bool:
        """Whether the base takes ``position_ids``."""
        return "position_ids" in self.arguments

    @cached_property
    def arguments(self) -> set[str]:
        """Names of the arguments of the base's forward function."""
        net = self.net.get_base_model() if isinstance(self.net, PeftModel) else self.net
        return set(inspect.signature(inspect.unwrap(net.forward)).parameters)

    def encode(self, texts: Sequence[str], *, start: bool) -> list[list[int]]:
        """Token ids of each text (``tokens.encode``). ``start`` is True for prompts and False for texts that continue one."""
        return tokens.encode(self.tokenizer, texts, start=start)

    def padded(self, rows: Sequence[list[int]]) -> dict[str, torch.Tensor]:
        """Rows padded on the left: ``input_ids``, ``attention_mask`` and, where the base takes them, ``position_ids``."""
        width = max(map(len, rows))
        pad = self.tokenizer.pad_token_id
        ids = torch.tensor([[pad] * (width - len(row)) + row for row in rows], device=self.device)
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], device=self.device)
        return {"input_ids": ids, "attention_mask": mask} | self.positions((mask.cumsum(-1) - 1).clamp(min=0))

    def positions(self, position_ids: torch.Tensor) -> dict[str, torch.Tensor]:
        """``position_ids`` as an argument of the net, or no argument for a base that does not take them."""
        return {"position_ids": position_ids} if self.takes_positions else {}

    def keys(self, cache) -> dict:
        """The cache of keys as an argument of the net, under the name that the installed transformers uses."""
        return {"cache" if "cache" in self.arguments else "past_key_values": cache}

    def decoded(self) -> AbstractContextManager[bool]:
        """A ``with`` block in which 4-bit layers are decoded once, where there is memory for that (``dense``)."""
        return decoded(self.net, DTYPES[self.dtype])

    @property
    def adapters(self) -> list[str]:
        """Names of the adapters on this base."""
        return list(self.net.peft_config) if isinstance(self.net, PeftModel) else []

    def add(self, name: str, *, rank: int, alpha: int, dropout: float = 0.0, seed: int = 0) -> None:
        """Put a new LoRA adapter on every linear layer except the output head. It replaces an adapter of the same name.

        Its A matrices are drawn at random from ``seed``, its B matrices are 0, and both are kept in 32 bits.
        """
        config = LoraConfig(r=rank, lora_alpha=alpha, lora_dropout=dropout, target_modules="all-linear", task_type="CAUSAL_LM")
        self.remove(name)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            if isinstance(self.net, PeftModel):
                self.net.add_adapter(name, config)
            else:
                self.net = get_peft_model(self.net, config, adapter_name=name)
        for parameter_name, parameter in self.net.named_parameters():
            if "lora_" in parameter_name and f".{name}." in parameter_name:
                parameter.data = parameter.data.float()

    def remove(self, name: str) -> None:
        """Take an adapter off the base. Nothing happens if there is no adapter of that name."""
        if self.adapters == [name]:
            self.net = self.net.unload()
        elif name in self.adapters:
            self.net.set_adapter(next(other for other in self.adapters if other != name))
            self.net.delete_adapter(name)

    @contextmanager
    def using(self, name: str | None) -> Iterator[torch.nn.Module]:
        """The net in eval mode with adapter ``name`` active, or with none for None. Afterwards the earlier one is active again.

        Raises:
            KeyError: there is no such adapter; the message lists the existing ones.
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
                "load that base, or train the adapter again"
            )
        config = LoraConfig.from_pretrained(str(folder))
        if name not in self.adapters:
            self.add(name, rank=config.r, alpha=config.lora_alpha, dropout=config.lora_dropout)
        set_peft_model_state_dict(self.net, load_file(folder / "adapter_model.safetensors"), adapter_name=name)


def context_of(config, tokenizer=None) -> int:
    """Longest input of a base in tokens: its configuration's limit, else the tokenizer's, else ``DEFAULT_CONTEXT``."""
    text = config.get_text_config()
    named = (getattr(text, name, None) for name in CONTEXT_NAMES)
    limit = next((value for value in named if isinstance(value, int) and value > 0), None)
    if limit is None and tokenizer is not None and tokenizer.model_max_length < 10**7:
        limit = tokenizer.model_max_length
    return limit or DEFAULT_CONTEXT


def _listed(ids: int | list[int] | None) -> list[int]:
    return [] if ids is None else [ids] if isinstance(ids, int) else list(ids)


def base_hash(path: Path) -> str:
    """First 16 hex digits of the sha256 of a local base: of its config and weights, or of a GGUF file."""
    if path.suffix == ".gguf":
        return gguf.content_hash(path)
    digest = hashlib.sha256()
    for file in sorted([path / "config.json", *path.glob("*.safetensors")]):
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()[:16]


def source_of(base: str | Path) -> tuple[str | Path, Path | None]:
    """The folder or name that transformers loads for ``base``, and the local path of ``base`` (None for a name on the hub).

    Raises:
        FileNotFoundError: ``base`` looks like a path and no model is there.
    """
    local = located(base)
    looks_local = Path(base).is_absolute() or str(base).startswith((".", "~", "artifacts")) or local.suffix == ".gguf"
    if not local.exists() and not looks_local:
        return base, None
    if local.suffix == ".gguf" and local.is_file():
        return gguf.converted(local), local
    if not (local / "config.json").exists():
        raise FileNotFoundError(f"there is no base model in {local}: check the preset's base.path")
    return local, local


def load(base: str | Path, *, four_bit: bool = True, dtype: str = "auto", device: str | None = None) -> Model:
    """Load a base model and its tokenizer.

    Args:
        base: a folder or a GGUF file (relative ones start at the repository), or a name on the Hugging Face hub.
        four_bit: whether weights are quantised to NF4 with double quantisation by bitsandbytes, on CUDA and CPU. On other
            devices the weights stay dense, and ``notes`` says so.
        dtype: number format of the weights, or of the computation where the weights are 4-bit: ``bf16``, ``fp16`` or ``fp32``.
            ``auto`` takes the fastest one on the device (``machine.fastest_dtype``).
        device: ``cuda``, ``mps`` or ``cpu``; None takes the first of these that this machine has.

    Raises:
        FileNotFoundError: ``base`` looks like a path and no model is there.
        ValueError: the kit cannot work with this base; the message says why.
    """
    _quiet()
    if four_bit:
        machine.import_bitsandbytes()
    device = device or machine.device()
    dtype = machine.fastest_dtype(device) if dtype == "auto" else dtype
    source, local = source_of(base)
    tokenizer, _ = tokenizer_of(base)
    quantised = four_bit and device in ("cuda", "cpu")
    net = AutoModelForCausalLM.from_pretrained(
        source,
        quantization_config=_nf4(dtype) if quantised else None,
        dtype=DTYPES[dtype],
        device_map={"": device},
        use_safetensors=True,
        trust_remote_code=False,
    )
    keep_trainable(net)
    one_product(net)
    notes = unembedded(tokenizer, net.get_input_embeddings().num_embeddings, base)
    identity = base_hash(local) if local else f"{base}@{getattr(net.config, '_commit_hash', None)}"
    model = Model(net, tokenizer, identity, dtype, notes)
    if four_bit and not any(getattr(p, "quant_state", None) is not None for p in net.parameters()):
        model.notes.append(f"bitsandbytes quantises nothing of this base on {device}: its weights stay dense, in {dtype}")
    return model


def tokenizer_of(base: str | Path) -> tuple:
    """The tokenizer of a base, with the tokens that the kit needs, and the base's configuration; no weights are read.

    Raises:
        FileNotFoundError: ``base`` looks like a path and no model is there.
        ValueError: the kit cannot work with this base; the message says why.
    """
    source, _ = source_of(base)
    tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False, padding_side="left")
    config = AutoConfig.from_pretrained(source, trust_remote_code=False)
    _complete_tokenizer(tokenizer, config, base)
    return tokenizer, config


def _nf4(dtype: str) -> BitsAndBytesConfig:
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=DTYPES[dtype],
    )


def _complete_tokenizer(tokenizer, config, base: str | Path) -> None:
    """Give a tokenizer the tokens it lacks: the end token from the configuration, and an existing token for padding."""
    if config.is_encoder_decoder:
        raise ValueError(f"{base} is an encoder-decoder: the kit needs a model that continues a text")
    if tokenizer.eos_token is None:
        named = _listed(config.get_text_config().eos_token_id)
        if not named:
            raise ValueError(f"neither the tokenizer nor the configuration of {base} names an end-of-sequence token: set one")
        tokenizer.eos_token = tokenizer.convert_ids_to_tokens(named[0])
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.unk_token or tokenizer.eos_token


def keep_trainable(net: torch.nn.Module) -> None:
    """Stop bitsandbytes from repacking 4-bit weights for AVX512-bf16 on a CPU.

    One forward pass in eval mode would repack them, and from then on training would silently lose the gradients of its inputs.
    """
    for module in net.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def weight_bytes(model: Model) -> int:
    """Bytes of the base's weights in memory, with the scales of quantised weights and without adapters."""
    total = 0
    for name, parameter in model.net.named_parameters():
        if "lora_" not in name:
            state = getattr(parameter, "quant_state", None)
            scales = [state.absmax, state.state2.absmax] if state is not None else []
            total += sum(tensor.numel() * tensor.element_size() for tensor in (parameter, *scales))
    return total
