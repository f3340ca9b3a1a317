"""Bases of all kinds: many architectures go through training, saving, loading, generating and rating, or say why not."""

from copy import deepcopy
from dataclasses import replace

import pytest
import torch
import transformers
from test_training import SETTINGS, rows
from texts import sentences
from tokenizers import AddedToken

from helpers import fit, generation, judging, models, training
from helpers.config import Sampling
from helpers.models.fused import fused
from helpers.models.packing import keeps_rows_apart
from helpers.prompts import Forward
from helpers.training import IGNORE, batches

SIZES = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
LLAMA = SIZES | {"intermediate_size": 128, "num_key_value_heads": 2, "max_position_embeddings": 256}
GEMMA = LLAMA | {"head_dim": 16}
LINEAR = {f"linear_{name}": size for name, size in (("num_key_heads", 2), ("num_value_heads", 2), ("key_head_dim", 16))}
LINEAR |= {"linear_value_head_dim": 16, "layer_types": ["linear_attention", "full_attention"]}
MAMBA = {f"mamba_{name}": size for name, size in (("n_heads", 8), ("d_head", 16), ("d_state", 16), ("chunk_size", 16))}
MAMBA |= {"mamba_n_groups": 1, "layer_types": ["mamba", "attention"]}
IMAGES = SIZES | {"num_hidden_layers": 1, "intermediate_size": 64, "image_size": 28, "patch_size": 14}
KINDS = {
    "Llama": LLAMA,
    "Qwen3": LLAMA | {"head_dim": 16},
    "Mistral": LLAMA | {"sliding_window": 16},
    "Gemma2": GEMMA | {"query_pre_attn_scalar": 16, "sliding_window": 16},
    "Gemma3": GEMMA | {"query_pre_attn_scalar": 16, "sliding_window": 16},
    "Phi": SIZES | {"intermediate_size": 128, "max_position_embeddings": 256},
    "GPTNeoX": SIZES | {"intermediate_size": 128, "max_position_embeddings": 256},
    "GPT2": {"n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 256},
    "OPT": SIZES | {"ffn_dim": 128, "max_position_embeddings": 256, "word_embed_proj_dim": 64},
    "Bloom": {"hidden_size": 64, "n_layer": 2, "n_head": 4, "seq_length": 256},
    "Falcon": SIZES | {"alibi": False, "max_position_embeddings": 256},
    "FalconAlibi": SIZES | {"alibi": True, "max_position_embeddings": 256},
    "Mpt": {"d_model": 64, "n_layers": 2, "n_heads": 4, "max_seq_len": 256},
    "Lfm2": LLAMA | {"layer_types": ["conv", "full_attention"], "block_ff_dim": 128},
    "Qwen3_5": GEMMA | LINEAR,
    "Qwen3Next": GEMMA | LINEAR | {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32},
    "GraniteMoeHybrid": LLAMA | MAMBA | {"num_local_experts": 0, "shared_intermediate_size": 64},
    "Gemma3WithImages": {"text_config": GEMMA | {"query_pre_attn_scalar": 16}, "vision_config": IMAGES},
}
"""Architecture -> the sizes of a random tiny base, under the names that its configuration has for them. Lfm2 and those below
it have layers that are no attention; the last reads images too and has a configuration for its text inside its own."""


def config_of(kind: str, tokenizer):
    names = {"Gemma3": "Gemma3Text", "FalconAlibi": "Falcon", "Qwen3_5": "Qwen3_5Text", "Gemma3WithImages": "Gemma3"}
    make = getattr(transformers, f"{names.get(kind, kind)}Config")
    ids = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id, "bos_token_id": None}
    ids |= {"vocab_size": len(tokenizer)}
    if "text_config" not in KINDS[kind]:
        return make(**KINDS[kind], **ids)
    return make(**KINDS[kind] | {"text_config": KINDS[kind]["text_config"] | ids, "mm_tokens_per_image": 4})


@pytest.fixture(scope="module")
def bases(tmp_path_factory, tiny_tokenizer):
    """A function: the folder of a random base of a kind."""
    root = tmp_path_factory.mktemp("bases")

    def folder(kind: str):
        if not (root / kind).exists():
            with torch.random.fork_rng():
                torch.manual_seed(0)
                net = transformers.AutoModelForCausalLM.from_config(config_of(kind, tiny_tokenizer))
                for parameter in net.parameters():
                    parameter.data += 0.1 * torch.randn_like(parameter)  # so that attention matters
            net.save_pretrained(root / kind)
            tiny_tokenizer.save_pretrained(root / kind)
        return root / kind

    return folder


def mean_log_probability(model, prompt: str, completion: str) -> float:
    """Token by token, without a batch, a cache or padding."""
    ids = model.encode([prompt], start=True)[0]
    ending = [*model.encode([completion], start=False)[0], model.ends[0]]
    found = []
    for place, token in enumerate(ending):
        with torch.no_grad():
            logits = model.net(input_ids=torch.tensor([ids + ending[:place]]), use_cache=False).logits[0, -1]
        found.append(logits.float().log_softmax(-1)[token].item())
    return sum(found) / len(found)


@pytest.mark.parametrize("kind", KINDS)
def test_a_base_of_any_kind_trains_saves_loads_generates_and_rates(bases, tmp_path, kind):
    settings = replace(SETTINGS, steps=2)
    model = models.load(bases(kind), four_bit=True, dtype="fp32")
    assert model.context == 256
    assert [note for note in model.notes if "quantises nothing" in note] == model.notes
    assert bool(model.notes) is kind.startswith("Falcon"), "its linear layers are a class of its own; all others are in 4 bits"
    report = training.finetune(model, "m0", rows(), settings, seed=0, folder=tmp_path)
    assert report["packed"] is model.packs
    again = models.load(bases(kind), four_bit=True, dtype="fp32")
    again.load("m0", tmp_path)
    asked = [generation.Prompt(f"r{n}", f"Question:\n{text}\nAnswer:\n") for n, text in enumerate(sentences(5, 3))]
    triples = [(p.row_id, p.text, text) for p, text in zip(asked, sentences(5, 4), strict=True)]
    sampling = Sampling(new_tokens=8, most_rows=3, temperature=0.0)
    found = []
    for one in (model, again):
        with one.using("m0"):
            texts = {row.row_id: row for batch in generation.generate(one, asked, sampling) for row in batch}
            likelihoods = dict(row for batch in judging.log_likelihoods(one, triples) for row in batch)
        found.append((texts, likelihoods))
    assert found[0] == found[1]
    with again.using("m0"):
        for row_id, prompt, completion in triples:
            assert found[0][1][row_id] == pytest.approx(mean_log_probability(again, prompt, completion), abs=2e-4)
        alone = [row for p in asked for batch in generation.generate(again, [p], sampling) for row in batch]
    assert {row.row_id: row for row in alone} == found[0][0], "a row has the same text whatever the size of its batch"


@pytest.mark.parametrize("kind", ["Llama", "Gemma3WithImages"])
def test_a_training_keeps_no_keys_and_generation_keeps_them_again(bases, tmp_path, kind):
    """With a cache transformers would not look for packed rows."""
    model = models.load(bases(kind), four_bit=False, dtype="fp32")
    config, cached = model.net.config.get_text_config(), []

    def noted(done: int, steps: int) -> None:
        cached.append(config.use_cache)

    training.finetune(model, "m0", rows(), replace(SETTINGS, steps=2), seed=0, folder=tmp_path, progress=noted)
    assert cached == [False, False]
    assert config.use_cache is True


@pytest.mark.parametrize("kind", KINDS)
def test_the_memory_of_a_base_of_any_kind_is_counted_from_its_configuration(bases, kind):
    net = models.load(bases(kind), four_bit=False, dtype="fp32").net
    counted = fit.sizes(net.config, "bf16")
    assert counted.linear + counted.other == sum(parameter.numel() for parameter in net.parameters())
    assert (counted.state_bytes > 0) is (kind in ("Lfm2", "Qwen3_5", "Qwen3Next", "GraniteMoeHybrid"))
    if kind not in ("OPT", "Bloom", "FalconAlibi"):  # the estimate cannot run these without memory
        assert fit.activation_bytes(net.config, 2, 16, rank=4, dtype="bf16") > 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_that_ends_before_the_others_leaves_the_batch_of_any_kind(bases, kind):
    model = models.load(bases(kind), four_bit=False, dtype="fp32")
    model.__dict__["ends"] = list(range(0, len(model.tokenizer), 5))  # a cached property: a fifth of the tokens ends a row
    asked = [generation.Prompt(f"r{n}", f"Question:\n{text}\nAnswer:\n") for n, text in enumerate(sentences(8, 3))]
    sampling = Sampling(new_tokens=12, temperature=0.7, most_rows=8)
    together = [row for batch in generation.generate(model, asked, sampling) for row in batch]
    alone = [row for prompt in asked for batch in generation.generate(model, [prompt], sampling) for row in batch]
    assert len({row.tokens for row in alone}) > 1, "some rows end before others"
    assert sorted(together, key=lambda row: row.row_id) == alone


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_of_a_batch_is_the_loss_of_its_rows_one_by_one(bases, kind):
    model = models.load(bases(kind), four_bit=False, dtype="fp32")
    encoded = training.encode(rows(8), model.tokenizer, 64)
    filler = model.tokenizer.pad_token_id
    together = batches.pack(encoded, 128, filler) if model.packs else batches.stack(encoded, filler)
    assert (len(together["input_ids"]) < len(encoded) / 2) is model.packs

    def summed(batch: dict[str, torch.Tensor]) -> float:
        learned = batch["labels"][:, 1:] != IGNORE
        inputs = {name: tensor for name, tensor in batch.items() if name != "labels"}
        with torch.no_grad():
            logits = model.net.eval()(**inputs, use_cache=False).logits[:, :-1][learned]
        return torch.nn.functional.cross_entropy(logits, batch["labels"][:, 1:][learned], reduction="sum").item()

    alone = sum(summed({"input_ids": torch.tensor([r["ids"]]), "labels": torch.tensor([r["labels"]])}) for r in encoded)
    learned = sum(label != IGNORE for row in encoded for label in row["labels"])
    assert summed(together) / learned == pytest.approx(alone / learned, abs=1e-4)


def drawn_adapter(model: models.Model) -> dict[str, torch.Tensor]:
    """The weights of a new adapter whose B is not 0."""
    model.add("m0", rank=4, alpha=12, seed=0)
    weights = {name: parameter for name, parameter in model.net.named_parameters() if "lora_" in name}
    for number, weight in enumerate(weights.values()):
        torch.nn.init.normal_(weight, std=0.1, generator=torch.Generator().manual_seed(number))
    return weights


@pytest.mark.parametrize("kind", KINDS)
def test_an_adapter_computed_in_one_call_has_the_outputs_and_gradients_of_peft(bases, kind):
    model = models.load(bases(kind), four_bit=True, dtype="fp32")
    trained = drawn_adapter(model)
    ids = torch.tensor([model.encode([text], start=True)[0][:6] for text in sentences(3, 0)])

    def computed() -> list[torch.Tensor]:
        logits = model.net(input_ids=ids, use_cache=False).logits
        return [logits, *torch.autograd.grad(logits.float().logsumexp(-1).sum(), trained.values(), materialize_grads=True)]

    expected = computed()
    with fused(model.net, "m0"):
        found = computed()
        assert not all(map(torch.equal, found, expected)), "the sums are taken in another order"
    for name, one, other in zip(["logits", *trained], found, expected, strict=True):
        assert torch.allclose(one, other, rtol=1e-3, atol=1e-5 * other.abs().max().item()), name
    assert all(map(torch.equal, computed(), expected)), "outside the block it is peft's again"


def test_an_adapter_in_32_bits_on_a_base_in_16_is_computed_in_32(bases):
    model = models.load(bases("Llama"), four_bit=False, dtype="bf16")
    drawn_adapter(model)
    ids = torch.tensor([model.encode(sentences(1, 0), start=True)[0]])
    with torch.no_grad():
        expected = model.net(input_ids=ids).logits
        with fused(model.net, "m0"):
            found = model.net(input_ids=ids).logits
    assert found.dtype == expected.dtype == torch.bfloat16
    assert (found - expected).abs().max() < 0.05 * expected.abs().max()


def test_packing_is_decided_by_measuring_the_model(bases):
    packs = {kind: models.load(bases(kind), four_bit=False, dtype="fp32").packs for kind in KINDS}
    assert all(packs[kind] for kind in ("Llama", "Qwen3", "Mistral", "Gemma2", "Gemma3", "Phi", "GPTNeoX"))
    assert not packs["Bloom"]
    assert not packs["Mpt"]


@pytest.mark.parametrize("dtype", ["fp32", "bf16"])
def test_a_leak_too_small_for_the_loss_is_seen(dense, dtype):
    """A network that mixes a trace of the first token of a packed row into all others."""
    net = dense.net.to(models.DTYPES[dtype])
    vocabulary = len(dense.tokenizer)
    assert keeps_rows_apart(net, vocabulary, dtype)

    class Leaky(torch.nn.Module):
        def forward(self, input_ids, **inputs):
            out = net(input_ids=input_ids, **inputs)
            out.logits = out.logits + 1e-2 * input_ids[:, :1, None] * torch.linspace(0, 1, out.logits.shape[-1]) / vocabulary
            return out

        def parameters(self):
            return net.parameters()

    assert not keeps_rows_apart(Leaky(), vocabulary, dtype)


@pytest.mark.parametrize(
    ("name", "value"), [("max_position_embeddings", 77), ("n_positions", 78), ("max_seq_len", 79), ("seq_length", 80)]
)
def test_the_context_is_read_from_whatever_the_configuration_calls_it(name, value):
    class Config:
        def get_text_config(self):
            return self

    config = Config()
    assert models.context_of(config) == models.DEFAULT_CONTEXT
    setattr(config, name, value)
    assert models.context_of(config) == value


def test_an_encoder_decoder_is_refused_with_the_reason(tmp_path, tiny_tokenizer):
    transformers.T5Config(vocab_size=len(tiny_tokenizer)).save_pretrained(tmp_path)
    tiny_tokenizer.save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="is an encoder-decoder"):
        models.load(tmp_path)


def test_a_tokenizer_of_another_model_is_refused_with_the_reason(tmp_path, tiny_tokenizer):
    config = config_of("Llama", tiny_tokenizer)
    config.vocab_size = 100
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path)
    tiny_tokenizer.save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=f"{len(tiny_tokenizer)} tokens and the model 100"):
        models.load(tmp_path)


def with_a_token_above_the_embeddings(folder, tokenizer, spelling: str, *, special: bool = True, template: str | None = None):
    """A base in ``folder`` whose tokenizer has one token more than the model, as that of Gemma 3 1B."""
    transformers.AutoModelForCausalLM.from_config(config_of("Gemma3", tokenizer)).save_pretrained(folder)
    larger = deepcopy(tokenizer)
    larger.add_tokens([AddedToken(spelling, special=special)])
    larger.chat_template = template
    larger.save_pretrained(folder)


@pytest.mark.parametrize("template", [None, "{{ messages[0].content }}<|end|>"])
def test_a_special_token_that_the_model_lacks_and_no_text_can_hold_is_only_noted(tmp_path, tiny_tokenizer, template):
    with_a_token_above_the_embeddings(tmp_path, tiny_tokenizer, "<image>", template=template)
    model = models.load(tmp_path)
    assert [note for note in model.notes if "<image>" in note] == model.notes != []
    assert max(model.encode([Forward(model.tokenizer).prefix("An <image> here.")], start=True)[0]) < len(tiny_tokenizer)
    assert max(model.encode(["An <image> here."], start=False)[0]) < len(tiny_tokenizer)


@pytest.mark.parametrize("how", [{"special": False}, {"template": "<image>{{ messages[0].content }}"}])
def test_a_token_that_the_model_lacks_and_a_text_or_the_template_can_hold_is_refused(tmp_path, tiny_tokenizer, how):
    with_a_token_above_the_embeddings(tmp_path, tiny_tokenizer, "<image>", **how)
    with pytest.raises(ValueError, match="do not belong together.*<image>"):
        models.load(tmp_path)


def test_an_end_token_that_the_model_lacks_is_refused(tmp_path, tiny_tokenizer):
    with_a_token_above_the_embeddings(tmp_path, tiny_tokenizer, "<image>")
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    tokenizer.eos_token = "<image>"
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="do not belong together.*<image>"):
        models.load(tmp_path)
