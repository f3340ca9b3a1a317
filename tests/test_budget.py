"""A plan's numbers follow from its assumptions, each of which can be set."""

from dataclasses import fields, replace

import pytest
from transformers import LlamaConfig

from helpers import budget, fit, presets
from helpers.budget import Assumptions, assume


@pytest.fixture(scope="module")
def preset():
    return presets.find("paper")


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch):
    """Keys of an 8B base, so that no network is built."""
    monkeypatch.setattr(budget, "key_bytes", lambda parameters: 131_072.0 * parameters / 8.03)


def test_tokens_and_hours_are_those_of_a_count_by_hand(preset):
    assumed = Assumptions(segments=1000, segment_chars=400, instruction_chars=40, chars_per_token=4, peak=1, reading=0.5)
    table = budget.plan(preset, assumed)
    assert table.read["03_self_augmentation"] == 1000 * 100
    assert table.written["03_self_augmentation"] == 1000 * 10
    assert table.read["04_self_curation"] == 2 * 1000 * 3 * 110, "three judges read a pair once each, in two iterations"
    assert table.written["04_self_curation"] == 0
    assert table.trained["02_seed_models"] == 2 * 500 * 32 * 110
    seconds = 2 * 1000 * 3 * 110 * 2 * 8e9 / (1e12 * 0.5)
    assert table.gpu_hours["04_self_curation"] == pytest.approx(seconds / 3600)


def test_work_for_segments_grows_with_them_and_training_does_not(preset):
    one, ten = (budget.plan(preset, Assumptions(segments=n)).gpu_hours for n in (10_000, 100_000))
    assert (ten / one)[["03_self_augmentation", "04_self_curation"]].tolist() == pytest.approx([10, 10])
    assert (ten / one)[["02_seed_models", "05_forward_model", "06_evaluation"]].tolist() == pytest.approx([1, 1, 1])


@pytest.mark.parametrize("name", [each.name for each in fields(Assumptions)])
def test_every_assumption_changes_the_plan(preset, name):
    value = getattr(Assumptions(), name)
    if name == "core_price":
        texts = {budget.report(preset, replace(Assumptions(), core_price=price)).splitlines()[-4] for price in (0.05, 5.0)}
        assert len(texts) == 2
    else:
        base = Assumptions() if name != "memory" else Assumptions(memory=20, rows=10_000)
        other = replace(base, **{name: 3 * value if name not in ("reading", "training", "writing") else value / 3})
        assert not budget.plan(preset, base).equals(budget.plan(preset, other))


def test_writing_is_bounded_by_the_weights_for_few_rows_and_by_the_peak_for_many():
    few, many = Assumptions(rows=1, writing=1.0), Assumptions(rows=100_000, memory=1e6, bandwidth=1e6, reading=1.0)
    assert budget.writing_rate(few, 0.0001, 100) == pytest.approx(3.35e12 / 16e9, rel=1e-6)
    assert budget.writing_rate(many, 1.0, 100) == pytest.approx(989e12 / 16e9, rel=1e-6)


def test_a_base_that_no_gpu_holds_is_spread_and_its_hours_count_all_of_them():
    assert Assumptions().gpus == 1 and Assumptions(parameters=70).gpus == 3
    one, four = (Assumptions(parameters=p, rows=1, writing=1.0) for p in (10, 100))
    assert four.gpus == 4
    assert budget.writing_rate(four, 0.0001, 1) == pytest.approx(4 * 3.35e12 / 200e9, rel=1e-6), "four rows at once on the four"
    assert budget.writing_rate(one, 0.0001, 1) == pytest.approx(3.35e12 / 20e9, rel=1e-6)


def test_the_shapes_have_the_parameters_that_they_are_named_after():
    size, shape = 1.24, budget.SHAPES[1.24]
    config = LlamaConfig(**shape, num_key_value_heads=8, vocab_size=128_256, tie_word_embeddings=True)
    counted = fit.sizes(config, "bf16")
    assert (counted.linear + counted.other) / 1e9 == pytest.approx(size, rel=0.01)


@pytest.mark.parametrize(
    "given",
    [["rows"], ["rows=many"], ["rows=-1"], ["rows=0"], ["reading=nan"], ["colour=3"], ["segments=inf"], ["parameters=inf"]]
    + [["rows=0.5"], ["memory=1e-320"], ["segments=1e300"]],
)
def test_an_assumption_that_cannot_be_is_refused_by_name(given):
    with pytest.raises(ValueError, match=given[0].partition("=")[0]):
        assume(given)


@pytest.mark.parametrize("price", [0.0, -1.0, float("inf"), float("nan"), 1e-320])
def test_a_price_that_cannot_be_is_refused(preset, price):
    with pytest.raises(ValueError, match=f"a GPU-hour costs {price:g}: give a price"):
        budget.report(preset, Assumptions(), [2.0, price])


def test_the_report_names_the_bill_three_prices_and_every_assumption(preset):
    text = budget.report(preset, assume(["segments=1000", "parameters=3"]), [1.0, 2.0, 3.0])
    assert "1,000 segments" in text and "3 billion" in text and "The bill is 0" in text
    assert all(f"${price}/h" in text for price in (1, 2, 3))
    assert all(f"{each.name}=" in text for each in fields(Assumptions))
