"""The estimate of memory counts weights, keys, adapters, and the tensors of the backward pass."""

from dataclasses import replace

import pytest
import torch
from test_training import SETTINGS, rows
from transformers import AutoConfig

from helpers import config, doctor, fit, models, presets
from helpers.config import Sampling

MIB = fit.MIB


@pytest.fixture
def tiny_config(tiny_base):
    return AutoConfig.from_pretrained(tiny_base)


@pytest.mark.parametrize("four", [True, False])
def test_weights_are_those_of_the_loaded_base(tiny_base, tiny_config, four):
    model = models.load(tiny_base, four_bit=four, dtype="fp32")
    found = fit.training_memory(tiny_config, SETTINGS, four_bit=four, dtype="fp32")
    assert found["weights"] * MIB == pytest.approx(models.weight_bytes(model), rel=0.02)
    assert (found["decoded"] > 0) is four


def test_adapters_and_keys_are_those_of_the_model(dense, tiny_config):
    dense.add("m0", rank=4, alpha=8)
    adapter = sum(p.numel() for name, p in dense.net.named_parameters() if "lora_" in name)
    counted = fit.sizes(tiny_config, "fp32")
    assert counted.adapter_per_rank * 4 == adapter
    with torch.no_grad():
        out = dense.net(input_ids=torch.zeros(1, 5, dtype=torch.long), use_cache=True)
    cache = out["cache"] if "cache" in out else out["past_key_values"]
    assert counted.key_bytes * 5 == sum(4 * 2 * layer.keys.numel() for layer in cache.layers)


def test_activations_are_what_the_backward_pass_saves(dense, tiny_config):
    dense.add("m0", rank=4, alpha=8)
    dense.net.train()
    saved, own = {}, {p.untyped_storage().data_ptr() for p in dense.net.parameters()}

    def note(tensor):
        saved[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    ids = torch.zeros(3, 40, dtype=torch.long)
    mask = torch.ones(3, 1, 40, 40, dtype=torch.bool)
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        dense.net(input_ids=ids, attention_mask=mask, use_cache=False, logits_to_keep=1)
    real = sum(tensor.untyped_storage().nbytes() for address, tensor in saved.items() if address not in own)
    assert fit.activation_bytes(tiny_config, 3, 40, rank=4, dtype="fp32") == pytest.approx(real, rel=0.1)


def test_more_rows_at_once_and_longer_ones_need_more(tiny_config):
    def total(**changed) -> float:
        return sum(fit.training_memory(tiny_config, replace(SETTINGS, **changed), four_bit=False, dtype="fp32").values())

    assert total() < total(micro_batch=8) < total(micro_batch=8, max_tokens=128)
    few, many = (Sampling(new_tokens=8, most_rows=rows) for rows in (4, 16))
    keys = [fit.generation_memory(tiny_config, s, four_bit=False, dtype="fp32", prompt=24)["keys"] for s in (few, many)]
    assert keys[1] == pytest.approx(4 * keys[0])


@pytest.fixture
def preset(tiny_base):
    tiny = presets.find("tiny")
    seed_models = replace(tiny.seed_models, backward=SETTINGS, forward=SETTINGS)
    forward = replace(tiny.forward, training=SETTINGS)
    sampling = Sampling(new_tokens=8)
    evaluation = replace(tiny.evaluation, sampling=sampling)
    return replace(
        tiny,
        base=config.Base(str(tiny_base)),
        seed_models=seed_models,
        forward=forward,
        augmentation=sampling,
        evaluation=evaluation,
    )


def test_the_configuration_alone_gives_memory_and_a_model_with_rows_gives_time_as_well(preset, tiny_base):
    table = fit.estimate(None, preset)
    assert list(table.index) == [
        "02_seed_models",
        "03_self_augmentation",
        "04_self_curation",
        "05_forward_model",
        "06_evaluation",
    ]
    assert table.seconds.isna().all()
    parts = table.drop(columns=["total", "seconds"]).sum(axis=1)
    assert parts.tolist() == pytest.approx(table.total.tolist())
    model = models.load(tiny_base)
    timed = fit.estimate(model, preset, rows=rows(), seconds=0.3)
    assert (timed.seconds.drop("06_evaluation") > 0).all()
    assert model.adapters == []


def test_the_doctor_says_whether_a_preset_fits(preset, capsys):
    assert doctor.main(preset) == 0
    text = capsys.readouterr().out
    assert "02_seed_models" in text
    assert "GiB, free on" in text
    missing = replace(preset, base=config.Base("artifacts/no-such-base"))
    with pytest.raises(ValueError, match="no-such-base cannot be read"):
        doctor.fit_report(missing)
