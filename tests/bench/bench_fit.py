"""Compares estimated and measured peak memory: `python tests/bench/bench_fit.py` prints a Markdown row for each configuration.

Each runs in a process of its own: the estimate is made first, from the configuration alone, then the base is loaded and
the work is done with rows as long as the estimate took them to be; the peak is what the system says of the process.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pandas as pd
import transformers
from real_model import smol_gguf

from helpers import fit, method, models, training
from helpers.config import Sampling, Training, located
from helpers.curation import LIKELIHOODS
from helpers.generation import Prompt, generate

TRAINING = Training(steps=2, batch=8, micro_batch=8, max_tokens=256, pack_tokens=256, checkpoint_steps=10)
SAMPLING = Sampling(new_tokens=64, token_budget=16_384, most_rows=64)
MEDIUM = {"hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": 8, "num_attention_heads": 8}
WIDE = MEDIUM | {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 10, "num_key_value_heads": 2}
CASES = {
    "mini base, NF4, trains": ("mini", True, TRAINING),
    "mini base, NF4, generates": ("mini", True, SAMPLING),
    "random Llama of 36 M, NF4, trains": ("Llama", True, TRAINING),
    "random GPT-NeoX of 36 M, without 4 bits, trains": ("GPTNeoX", False, TRAINING),
    "SmolLM2-135M, NF4, trains": ("smol", True, TRAINING),
    "SmolLM2-135M, NF4, generates": ("smol", True, SAMPLING),
    "SmolLM2-135M, NF4, rates": ("smol", True, None),
    "random Qwen2 of 90 M, NF4, trains": ("Qwen2", True, TRAINING),
    "random Qwen2 of 90 M, NF4, rates": ("Qwen2", True, None),
}


def base_of(kind: str, folder: Path) -> Path:
    """The path of a base; a random one is made in ``folder``."""
    if kind == "mini":
        return located("artifacts/mini-base")
    if kind == "smol":
        return smol_gguf()
    tokenizer = transformers.AutoTokenizer.from_pretrained(located("artifacts/mini-base"))
    ids = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id, "bos_token_id": None}
    shape = WIDE if kind == "Qwen2" else MEDIUM
    config = getattr(transformers, f"{kind}Config")(vocab_size=len(tokenizer) + 1, max_position_embeddings=512, **shape, **ids)
    made = folder / kind
    command = (
        "import sys, transformers as t; c = t.AutoConfig.from_pretrained(sys.argv[1]); "
        "t.AutoModelForCausalLM.from_config(c).save_pretrained(sys.argv[1])"
    )
    config.save_pretrained(made)
    subprocess.run([sys.executable, "-c", command, made], check=True)  # its memory must not count
    tokenizer.save_pretrained(made)
    return made


def estimated(config, work: Training | Sampling | None, how: dict) -> dict:
    """MiB by what holds them, from the configuration alone."""
    if work is None:
        return fit.rating_memory(config, **how)
    if work is TRAINING:
        return fit.training_memory(config, work, **how)
    return fit.generation_memory(config, work, prompt=192, **how)


def do(model: models.Model, work: Training | Sampling | None, folder: Path) -> None:
    """Train, write, or rate where there is nothing to train or write with."""
    text = "copper " * 600
    if work is TRAINING:
        rows = [training.Row(text[:300], text, f"r{n}") for n in range(8)]
        training.finetune(model, "arm", rows, work, seed=0, folder=folder / "arm")
        return
    model.add("arm", rank=16, alpha=32)
    words = model.tokenizer.decode(model.encode([text], start=False)[0][:190])
    if work is None:
        pairs = pd.DataFrame({"pair_id": [f"p{n}" for n in range(64)], "instruction": words, "output": words})
        model.add("backward", rank=16, alpha=32)
        list(method.rate(model, pairs, LIKELIHOODS, adapter="arm"))
        return
    with model.using("arm"):
        list(generate(model, [Prompt(f"r{n}", words) for n in range(64)], work))


def measure(case: str) -> None:
    """Print the estimated and the measured peak of one configuration, MiB."""
    kind, four_bit, work = CASES[case]
    with tempfile.TemporaryDirectory() as folder:
        base = base_of(kind, Path(folder))
        config = transformers.AutoConfig.from_pretrained(models.source_of(base)[0])
        how = {"four_bit": four_bit, "dtype": models.machine.fastest_dtype("cpu")}
        parts = estimated(config, work, how)
        do(models.load(base, four_bit=four_bit), work, Path(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    total = sum(parts.values())
    held = ", ".join(f"{name} {mib:.0f}" for name, mib in parts.items() if mib >= 1)
    print(f"| {case}, {how['dtype']} | {total:.0f} | {peak:.0f} | {total / peak - 1:+.0%} | {held} |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=CASES, help="one configuration, in this process")
    if (case := parser.parse_args().case) is not None:
        measure(case)
        return
    print("| configuration | estimated, MiB | measured, MiB | off by | of which |\n|---|---|---|---|---|", flush=True)
    for name in CASES:
        subprocess.run([sys.executable, __file__, "--case", name], check=True)


if __name__ == "__main__":
    main()
