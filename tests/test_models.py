"""The base in 4 bits and its adapters: real gradients, the right adapter active, the right base underneath."""

import shutil

import pytest
import torch

from helpers import models


def dequantised(four_bit, tiny_base):
    """The same model as a dense one: 4-bit weights written out, everything else copied."""
    import bitsandbytes as bnb

    dense = models.load(tiny_base, four_bit=False, dtype="fp32")
    quantised = dict(four_bit.net.named_modules())
    for name, module in dense.net.named_modules():
        source = quantised[name]
        if isinstance(source, bnb.nn.Linear4bit):
            weight = bnb.functional.dequantize_4bit(source.weight.data, source.weight.quant_state)
            module.weight.data = weight.float().reshape(module.weight.shape)
        elif hasattr(module, "weight"):
            module.weight.data = source.weight.data.float().clone()
    return dense


def gradients(model, ids: torch.Tensor) -> dict[str, torch.Tensor]:
    """Gradients of the adapter's weights and of the input embeddings."""
    net = model.net.train()
    net.zero_grad()
    embedded = model.net.get_input_embeddings()(ids).detach().float().requires_grad_()
    net(inputs_embeds=embedded, labels=ids, use_cache=False).loss.backward()
    found = {name: p.grad.clone() for name, p in net.named_parameters() if p.grad is not None}
    return found | {"input": embedded.grad}


@pytest.mark.parametrize("evaluated_before", [False, True])
def test_gradients_through_4_bit_layers_equal_those_of_a_dequantised_dense_model(four_bit, tiny_base, evaluated_before):
    dense = dequantised(four_bit, tiny_base)
    ids = torch.tensor([four_bit.tokenizer("Question:\nsilver rivers 12\nAnswer:\n")["input_ids"]])
    for model in (four_bit, dense):
        model.add("m0", rank=4, alpha=8, seed=1)
        for name, parameter in model.net.named_parameters():
            if "lora_B" in name:
                torch.manual_seed(len(name))
                parameter.data = 0.1 * torch.randn_like(parameter)
    if evaluated_before:
        with torch.no_grad(), four_bit.using("m0") as net:
            net(input_ids=ids)
    ours, reference = gradients(four_bit, ids), gradients(dense, ids)
    assert ours.keys() == reference.keys()
    assert len(ours) == 2 * 7 * 2 + 1, "A and B of seven linear layers in two blocks, and the input"
    for name, gradient in reference.items():
        assert gradient.abs().max() > 0
        assert torch.allclose(ours[name], gradient, atol=1e-5 + 1e-3 * gradient.abs().max().item()), name


def test_no_4_bit_layer_may_repack_its_weights_on_a_cpu(four_bit):
    import bitsandbytes as bnb

    layers = [module for module in four_bit.net.modules() if isinstance(module, bnb.nn.Linear4bit)]
    assert len(layers) == 14
    assert not any(layer.support_avx512bf16_for_cpu for layer in layers)


def test_4_bit_weights_take_the_bytes_that_they_should(four_bit, dense):
    linear = sum(p.numel() for name, p in dense.net.named_parameters() if "_proj" in name)
    rest = sum(p.numel() for name, p in dense.net.named_parameters() if "_proj" not in name)
    assert models.weight_bytes(dense) == 4 * (linear + rest)
    compressed = models.weight_bytes(four_bit) - 4 * rest
    assert 4.0 < 8 * compressed / linear < 4.3, "bits a weight, its scales included"
    before = models.weight_bytes(four_bit)
    four_bit.add("m0", rank=4, alpha=8)
    assert models.weight_bytes(four_bit) == before


def logits(model, adapter: str | None) -> torch.Tensor:
    ids = torch.tensor([model.tokenizer("cold water 7")["input_ids"]])
    with torch.no_grad(), model.using(adapter) as net:
        return net(input_ids=ids).logits


def disturbed(model, name: str, seed: int) -> None:
    """Give an adapter weights that change the model's output."""
    model.add(name, rank=4, alpha=8, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    for parameter_name, parameter in model.net.named_parameters():
        if f".{name}." in parameter_name:
            parameter.data = 0.2 * torch.randn(parameter.shape, generator=generator)


def test_using_activates_one_adapter_and_puts_the_one_before_back(dense):
    base = logits(dense, None)
    disturbed(dense, "backward", 1)
    disturbed(dense, "m0", 2)
    backward, forward = logits(dense, "backward"), logits(dense, "m0")
    assert torch.equal(logits(dense, None), base)
    assert not torch.allclose(backward, forward)
    with dense.using("backward"):
        with dense.using("m0"):
            pass
        assert dense.net.active_adapter == "backward"
        with pytest.raises(ZeroDivisionError), dense.using("m0"):
            1 / 0  # noqa: B018
        assert dense.net.active_adapter == "backward"
        assert torch.equal(logits(dense, None), base)
        assert torch.equal(logits(dense, "backward"), backward)


def test_an_unknown_adapter_is_an_error_that_lists_those_there_are(dense):
    dense.add("m0", rank=4, alpha=8)
    with pytest.raises(KeyError, match=r"no adapter 'm1'.*\['m0'\]"), dense.using("m1"):
        pass


def test_a_new_adapter_changes_nothing_and_its_seed_alone_draws_it(dense):
    base, state = logits(dense, None), torch.get_rng_state()
    dense.add("m0", rank=4, alpha=8, seed=3)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(logits(dense, "m0"), base)

    def drawn() -> torch.Tensor:
        return next(p for name, p in dense.net.named_parameters() if "lora_A.m0" in name).detach().clone()

    first = drawn()
    dense.add("other", rank=4, alpha=8, seed=4)
    dense.add("m0", rank=4, alpha=8, seed=3)
    assert dense.adapters == ["other", "m0"]
    assert torch.equal(drawn(), first)


def test_adapters_are_kept_in_32_bits_and_the_base_as_it_was(tiny_base):
    model = models.load(tiny_base, four_bit=False, dtype="bf16")
    model.add("model", rank=4, alpha=8)
    for name, parameter in model.net.named_parameters():
        assert parameter.dtype == (torch.float32 if "lora_" in name else torch.bfloat16), name


def test_an_adapter_is_saved_with_its_base_and_reads_back_bit_for_bit(dense, tiny_base, tmp_path):
    disturbed(dense, "m0", 5)
    dense.save("m0", tmp_path / "m0")
    assert {path.name for path in (tmp_path / "m0").iterdir()} >= {"adapter_model.safetensors", "base.json"}
    other = models.load(tiny_base, four_bit=False, dtype="fp32")
    other.load("renamed", tmp_path / "m0")
    assert torch.equal(logits(other, "renamed"), logits(dense, "m0"))
    disturbed(other, "renamed", 6)
    other.load("renamed", tmp_path / "m0")
    assert torch.equal(logits(other, "renamed"), logits(dense, "m0"))


def test_an_adapter_of_another_base_is_an_error_that_says_so(dense, tiny_base, tmp_path):
    dense.add("m0", rank=4, alpha=8)
    dense.save("m0", tmp_path / "m0")
    shutil.copytree(tiny_base, tmp_path / "base")
    config = tmp_path / "base" / "config.json"
    config.write_text(config.read_text().replace('"max_position_embeddings": 256', '"max_position_embeddings": 512'))
    other = models.load(tmp_path / "base", four_bit=False, dtype="fp32")
    assert other.base_hash != dense.base_hash
    with pytest.raises(ValueError, match=f"trained on base {dense.base_hash}, this base is {other.base_hash}"):
        other.load("m0", tmp_path / "m0")
    assert other.adapters == []


def test_a_folder_without_an_adapter_is_an_error(dense, tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no adapter"):
        dense.load("m0", tmp_path)


@pytest.mark.parametrize("base", ["artifacts/no-such-base", "./nowhere", "/nowhere/at/all"])
def test_a_base_that_is_not_there_is_an_error_that_names_the_path(base):
    with pytest.raises(FileNotFoundError, match="there is no base model in .*preset"):
        models.load(base)


def test_a_folder_without_a_model_is_no_base(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no base model"):
        models.load(tmp_path)


@pytest.mark.parametrize("dtype", ["fp32", "bf16"])
def test_a_decoded_copy_computes_the_same_and_gives_the_4_bit_layers_back(tiny_base, dtype):
    import bitsandbytes as bnb

    model = models.load(tiny_base, four_bit=True, dtype=dtype)
    disturbed(model, "m0", 1)
    before, size = logits(model, "m0"), models.weight_bytes(model)
    layers = [module for module in model.net.modules() if isinstance(module, bnb.nn.Linear4bit)]
    with model.decoded() as changed:
        assert changed
        assert not any(isinstance(module, bnb.nn.Linear4bit) for module in model.net.modules())
        assert torch.allclose(logits(model, "m0"), before, atol=1e-5 if dtype == "fp32" else 2e-2)
        with model.decoded() as again:
            assert not again
    assert [module for module in model.net.modules() if isinstance(module, bnb.nn.Linear4bit)] == layers
    assert torch.equal(logits(model, "m0"), before)
    assert models.weight_bytes(model) == size


def test_gradients_through_a_decoded_copy_equal_those_of_the_4_bit_layers(four_bit):
    disturbed(four_bit, "m0", 1)
    ids = torch.tensor([four_bit.encode(["silver rivers 12"], start=True)[0]])
    plain = gradients(four_bit, ids)
    with four_bit.decoded():
        decoded = gradients(four_bit, ids)
    for name, gradient in plain.items():
        assert torch.allclose(decoded[name], gradient, atol=1e-6 + 1e-4 * gradient.abs().max().item()), name


def test_nothing_is_decoded_where_the_memory_is_short_and_an_error_puts_the_layers_back(four_bit, monkeypatch):
    with pytest.raises(ZeroDivisionError), four_bit.decoded():
        1 / 0  # noqa: B018
    monkeypatch.setattr(models.machine, "free", lambda device: 1e-5)
    with four_bit.decoded() as changed:
        assert not changed


@pytest.mark.parametrize(
    ("flags", "allowed", "dtype"),
    [
        ({"avx512f", "avx512_bf16", "amx_bf16"}, None, "bf16"),
        ({"avx512f", "avx512_bf16", "amx_bf16"}, "AVX512_CORE_AMX", "bf16"),
        ({"avx512f", "avx512_bf16", "amx_bf16"}, "AVX512_CORE", "fp32"),
        ({"avx512f", "avx512_bf16"}, None, "fp32"),
        (set(), None, "fp32"),
    ],
)
def test_a_cpu_computes_in_bf16_only_with_amx(tiny_base, monkeypatch, flags, allowed, dtype):
    monkeypatch.setattr(models.machine, "cpu_flags", lambda: flags)
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    if allowed:
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", allowed)
    model = models.load(tiny_base, four_bit=False, device="cpu")
    assert model.dtype == dtype
    assert model.net.dtype == models.DTYPES[dtype]


def test_a_tokenizer_without_padding_pads_with_what_it_has_and_still_learns_the_end(tiny_base, tmp_path):
    from helpers import training

    shutil.copytree(tiny_base, tmp_path / "base")
    tokenizer = models.load(tiny_base, four_bit=False).tokenizer
    tokenizer.pad_token = tokenizer.unk_token = None
    tokenizer.save_pretrained(tmp_path / "base")
    model = models.load(tmp_path / "base", four_bit=False)
    assert model.tokenizer.pad_token_id == model.tokenizer.eos_token_id
    (row,) = training.encode([training.Row("Why?", "So.", "r")], model.tokenizer, 64)
    assert row["labels"][-1] == model.ends[0]


def test_a_model_without_any_end_token_is_refused_with_the_reason(tiny_base, tmp_path):
    shutil.copytree(tiny_base, tmp_path / "base")
    tokenizer = models.load(tiny_base, four_bit=False).tokenizer
    tokenizer.eos_token = None
    tokenizer.save_pretrained(tmp_path / "base")
    config = models.AutoConfig.from_pretrained(tiny_base)
    config.eos_token_id = None
    config.save_pretrained(tmp_path / "base")
    with pytest.raises(ValueError, match="names an end-of-sequence token"):
        models.load(tmp_path / "base")


def test_out_of_memory_is_told_from_other_errors():
    assert models.machine.out_of_memory(MemoryError())
    assert models.machine.out_of_memory(torch.cuda.OutOfMemoryError("CUDA out of memory"))
    assert models.machine.out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"))
    assert models.machine.out_of_memory(RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"))
    assert not models.machine.out_of_memory(RuntimeError("shapes cannot be multiplied"))
    assert not models.machine.out_of_memory(ValueError("out of memory"))


@pytest.mark.real
def test_a_gguf_file_is_converted_once_and_then_loads_like_any_base_in_4_bits(smol, tmp_path, monkeypatch):
    from helpers import generation
    from helpers.config import Sampling
    from helpers.models import gguf
    from helpers.prompts import Forward

    model = models.load(smol, four_bit=True)
    assert model.base_hash == models.base_hash(smol)
    assert model.context == 8192
    assert models.weight_bytes(model) < 180e6, "106 M of 135 M weights in 4 bits"
    assert not model.notes
    asked = [generation.Prompt("r", Forward(model.tokenizer).prefix("What is the capital of France?"))]
    (batch,) = generation.generate(model, asked, Sampling(temperature=0.0, new_tokens=12))
    assert "Paris" in batch[0].text
    monkeypatch.setattr(gguf, "_convert", lambda *args: pytest.fail("it has been converted"))
    assert gguf.converted(smol).is_dir()


def test_a_conversion_that_was_killed_leaves_nothing_that_looks_finished(tmp_path, monkeypatch):
    pytest.importorskip("gguf")
    from helpers.models import gguf

    monkeypatch.setenv("KIT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "base.gguf").write_bytes(b"GGUF")

    def killed(path, folder):
        folder.mkdir()
        (folder / "config.json").write_text("{}")
        raise KeyboardInterrupt

    monkeypatch.setattr(gguf, "_convert", killed)
    with pytest.raises(KeyboardInterrupt):
        gguf.converted(tmp_path / "base.gguf")
    assert list((tmp_path / "cache").iterdir()) == []
    monkeypatch.setattr(gguf, "_convert", lambda path, folder: folder.mkdir())
    made = gguf.converted(tmp_path / "base.gguf")
    assert made.name == f"gguf-{gguf.content_hash(tmp_path / 'base.gguf')}"
    assert list((tmp_path / "cache").iterdir()) == [made]


def test_the_head_sees_a_slice_of_the_hidden_states_as_one_piece(dense):
    seen = []
    head = dense.net.get_output_embeddings()
    head.register_forward_pre_hook(lambda _, args: seen.append(args[0].is_contiguous()))
    dense.net(input_ids=torch.ones(3, 5, dtype=torch.long), logits_to_keep=1)
    assert seen == [True]
    hidden = torch.ones(3, 5, dense.net.config.hidden_size)[:, -1:]
    assert not hidden.is_contiguous(), "what the head would see otherwise"
