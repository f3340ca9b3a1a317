"""Fine-tuning: which tokens are learned, which rows share a batch, and resuming after an interruption."""

from dataclasses import replace

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from texts import sentences

from helpers import method, training
from helpers.config import Training
from helpers.training import IGNORE, Row, batches

SETTINGS = Training(
    steps=8,
    batch=4,
    micro_batch=4,
    learning_rate=1e-2,
    rank=4,
    alpha=8,
    max_tokens=64,
    pack_tokens=96,
    precision="fp32",
    checkpoint_steps=3,
)


def rows(count: int = 12, seed: int = 0) -> list[Row]:
    texts = sentences(2 * count, seed)
    return [
        Row(f"Question:\n{q}\nAnswer:\n", a, f"row-{n}") for n, (q, a) in enumerate(zip(texts[::2], texts[1::2], strict=True))
    ]


def weights(folder) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapter_model.safetensors")


def assert_same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name


def test_labels_lie_on_the_completion_only_and_the_end_of_sequence_token_is_learned(tiny_tokenizer):
    encoded = training.encode(rows(3), tiny_tokenizer, 64)
    for row, source in zip(encoded, rows(3), strict=True):
        prompt = tiny_tokenizer(source.prompt)["input_ids"]
        assert row["ids"][: len(prompt)] == prompt
        assert row["labels"][: len(prompt)] == [IGNORE] * len(prompt)
        assert row["labels"][len(prompt) :] == row["ids"][len(prompt) :]
        assert row["labels"][-1] == tiny_tokenizer.eos_token_id
        assert tiny_tokenizer.decode(row["labels"][len(prompt) : -1]) == source.completion


def test_pad_is_not_eos_and_padding_is_never_learned_even_where_it_is(tiny_tokenizer):
    assert tiny_tokenizer.pad_token_id != tiny_tokenizer.eos_token_id
    encoded = training.encode(rows(5), tiny_tokenizer, 64)
    batch = batches.pack(encoded, 80, tiny_tokenizer.eos_token_id)
    assert (batch["labels"] == tiny_tokenizer.eos_token_id).sum() == len(encoded)
    assert (batch["input_ids"] == tiny_tokenizer.eos_token_id).sum() > len(encoded), "there is padding"


def test_a_row_that_is_too_long_is_cut_and_does_not_learn_to_end_there(tiny_tokenizer):
    long = Row("Question:\n?\nAnswer:\n", " ".join(sentences(20)), "long")
    (row,) = training.encode([long], tiny_tokenizer, 40)
    assert len(row["ids"]) == len(row["labels"]) == 40
    assert tiny_tokenizer.eos_token_id not in row["labels"]


def test_a_prompt_without_room_for_its_completion_is_an_error_that_names_the_row(tiny_tokenizer):
    with pytest.raises(ValueError, match="'full'.*64"):
        training.encode([Row(" ".join(sentences(30)), "yes", "full")], tiny_tokenizer, 64)


@pytest.mark.parametrize(("backward", "left_out"), [(True, 0), (False, 1)])
def test_rows_are_made_for_the_context_where_max_tokens_is_above_it(dense, tmp_path, backward, left_out):
    long = " ".join(sentences(60))
    assert len(dense.tokenizer(long)["input_ids"]) > dense.context
    read, written = ("output", "instruction") if backward else ("instruction", "output")
    pairs = pd.DataFrame({"pair_id": ["short", "long"], read: ["Why?", long], written: ["So.", "So."], "tag": ""})
    settings = replace(SETTINGS, steps=1, max_tokens=2048)
    assert method.train(dense, "m", pairs, settings, backward=backward, folder=tmp_path)["left_out"] == left_out


def test_the_plan_is_a_function_of_count_batch_steps_and_seed():
    assert batches.plan(10, 4, 5, 3) == batches.plan(10, 4, 5, 3) != batches.plan(10, 4, 5, 4)
    steps = batches.plan(10, 4, 5, 3)
    assert [len(step) for step in steps] == [4] * 5
    read = sum(steps, [])
    assert sorted(read[:10]) == sorted(read[10:]) == list(range(10)), "each row once before any row twice"


def test_packing_keeps_every_row_whole_and_restarts_its_positions(tiny_tokenizer):
    encoded = training.encode(rows(9), tiny_tokenizer, 64)
    batch = batches.pack(encoded, 96, tiny_tokenizer.pad_token_id)
    found = []
    for ids, labels, positions in zip(*(batch[name] for name in ("input_ids", "labels", "position_ids")), strict=True):
        starts = (positions == 0).nonzero()[:, 0].tolist()
        for start, end in zip(starts, [*starts[1:], len(ids)], strict=True):
            assert positions[start:end].tolist() == list(range(end - start))
            if ids[start] != tiny_tokenizer.pad_token_id:
                found.append((ids[start:end].tolist(), labels[start:end].tolist()))
    assert sorted(found) == sorted((row["ids"], row["labels"]) for row in encoded)
    assert batch["input_ids"].shape[1] <= 96


def test_the_first_token_of_a_packed_row_is_not_learned_from_the_row_before():
    packed = [{"ids": [5, 6, 7], "labels": [5, 6, 7]}, {"ids": [8, 9], "labels": [8, 9]}]
    batch = batches.pack(packed, 8, 0)
    assert batch["labels"].tolist() == [[IGNORE, 6, 7, IGNORE, 9]]


def test_packed_loss_equals_the_losses_one_by_one(dense):
    encoded = training.encode(rows(8), dense.tokenizer, 64)
    dense.net.eval()

    def summed_loss(batch: dict[str, torch.Tensor]) -> float:
        learned = int((batch["labels"] != IGNORE).sum())
        with torch.no_grad():
            return dense.net(**batch, use_cache=False).loss.item() * learned

    pad = dense.tokenizer.pad_token_id
    alone = sum(summed_loss(batches.pack([row], 1, pad)) for row in encoded)
    packed = batches.pack(encoded, 128, pad)
    assert len(packed["input_ids"]) < len(encoded) / 2, "rows share bins"
    learned = sum(label != IGNORE for row in encoded for label in row["labels"])
    assert summed_loss(packed) / learned == pytest.approx(alone / learned, abs=1e-5)


def test_training_learns_and_reports_what_it_read(dense, tmp_path):
    report = training.finetune(dense, "m0", rows(), replace(SETTINGS, steps=30), seed=0, folder=tmp_path)
    losses = [loss for _, loss in report["losses"]]
    assert losses[-1] < losses[0] - 0.5
    assert (report["steps"], report["rows"], len(losses)) == (30, 12, 30)
    assert report["seconds"] > 0
    assert report["tokens_per_second"] > 0
    assert not list(tmp_path.glob("checkpoint-*"))


def test_training_needs_rows(dense, tmp_path):
    with pytest.raises(ValueError, match="no rows to train 'm1'"):
        training.finetune(dense, "m1", [], SETTINGS, seed=0, folder=tmp_path)


@pytest.fixture
def stop_at(monkeypatch):
    """A function that makes training fail after so many micro-batches, as a kill would."""

    def arm(step: int) -> None:
        original, count = training.Planned.training_step, iter(range(10_000))

        def training_step(self, *args, **kwargs):
            if next(count) == step:
                raise KeyboardInterrupt
            return original(self, *args, **kwargs)

        monkeypatch.setattr(training.Planned, "training_step", training_step)

    return arm


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_an_interrupted_training_continues_to_the_same_adapter_bit_for_bit(four_bit, tmp_path, monkeypatch, stop_at, precision):
    settings = replace(SETTINGS, precision=precision, dropout=0.1)
    training.finetune(four_bit, "backward", rows(seed=1), settings, seed=1, folder=tmp_path / "backward")
    straight = training.finetune(four_bit, "m0", rows(), settings, seed=0, folder=tmp_path / "straight")
    whole = training.Planned.training_step
    stop_at(5)
    with pytest.raises(KeyboardInterrupt):
        training.finetune(four_bit, "m0", rows(), settings, seed=0, folder=tmp_path / "m0")
    monkeypatch.setattr(training.Planned, "training_step", whole)
    assert [path.name for path in (tmp_path / "m0").glob("checkpoint-*")] == ["checkpoint-3"]
    assert four_bit.adapters == ["backward", "m0"]
    resumed = training.finetune(four_bit, "m0", rows(), settings, seed=0, folder=tmp_path / "m0")
    assert_same(weights(tmp_path / "straight"), weights(tmp_path / "m0"))
    assert resumed["losses"] == straight["losses"]


def test_an_interrupted_training_continues_to_the_same_adapter_with_other_settings_of_memory(
    dense, tmp_path, monkeypatch, stop_at
):
    straight = training.finetune(dense, "m0", rows(), SETTINGS, seed=0, folder=tmp_path / "straight")
    whole, seen = training.Planned.training_step, []
    stop_at(5)
    with pytest.raises(KeyboardInterrupt):
        training.finetune(dense, "m0", rows(), SETTINGS, seed=0, folder=tmp_path / "m0")

    def training_step(self, *args, **kwargs):
        seen.append((self.state.global_step, [path.name for path in (tmp_path / "m0").glob("checkpoint-*")]))
        return whole(self, *args, **kwargs)

    monkeypatch.setattr(training.Planned, "training_step", training_step)
    smaller = replace(SETTINGS, micro_batch=1, pack_tokens=40, checkpoint_steps=2)
    resumed = training.finetune(dense, "m0", rows(), smaller, seed=0, folder=tmp_path / "m0")
    assert [step for step, _ in seen] == [step for step in range(3, 8) for _ in range(4)], "four micro-batches a step"
    assert seen[-1][1] == ["checkpoint-6"], "saved at the new interval"
    assert [loss for _, loss in resumed["losses"]] == pytest.approx([loss for _, loss in straight["losses"]], abs=2e-4)
    for name, tensor in weights(tmp_path / "straight").items():
        assert torch.allclose(weights(tmp_path / "m0")[name], tensor, atol=1e-3), name


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_resuming_leaves_the_other_adapters_alone_and_nothing_depends_on_those_before(
    four_bit, tiny_base, tmp_path, monkeypatch, stop_at, precision
):
    from helpers import models

    settings = replace(SETTINGS, precision=precision)

    training.finetune(four_bit, "backward", rows(seed=1), settings, seed=1, folder=tmp_path / "backward")
    whole = training.Planned.training_step
    stop_at(4)
    with pytest.raises(KeyboardInterrupt):
        training.finetune(four_bit, "m0", rows(), settings, seed=0, folder=tmp_path / "m0")
    monkeypatch.setattr(training.Planned, "training_step", whole)
    training.finetune(four_bit, "backward", rows(seed=2), settings, seed=2, folder=tmp_path / "backward-2")
    training.finetune(four_bit, "m0", rows(), settings, seed=0, folder=tmp_path / "m0")
    four_bit.save("backward", tmp_path / "backward-after")
    assert_same(weights(tmp_path / "backward-2"), weights(tmp_path / "backward-after"))

    alone = models.load(tiny_base, four_bit=True, dtype="fp32")
    training.finetune(alone, "m0", rows(), settings, seed=0, folder=tmp_path / "alone")
    assert alone.adapters == ["m0"]
    assert_same(weights(tmp_path / "m0"), weights(tmp_path / "alone"))


def test_a_checkpoint_that_was_torn_by_a_kill_is_passed_over(dense, tmp_path, monkeypatch, stop_at):
    whole = training.Planned.training_step
    stop_at(5)
    with pytest.raises(KeyboardInterrupt):
        training.finetune(dense, "m0", rows(), SETTINGS, seed=0, folder=tmp_path / "m0")
    monkeypatch.setattr(training.Planned, "training_step", whole)
    torn = tmp_path / "m0" / "checkpoint-6"
    torn.mkdir()
    (torn / "adapter_model.safetensors").write_bytes(b"half")
    training.finetune(dense, "m0", rows(), SETTINGS, seed=0, folder=tmp_path / "m0")
    training.finetune(dense, "straight", rows(), SETTINGS, seed=0, folder=tmp_path / "straight")
    assert_same(weights(tmp_path / "straight"), weights(tmp_path / "m0"))


def test_a_finished_adapter_is_loaded_and_not_trained_again(dense, tiny_base, tmp_path, stop_at):
    from helpers import models

    report = training.train_or_load(dense, "m0", rows(), SETTINGS, seed=0, folder=tmp_path)
    stop_at(0)
    again = models.load(tiny_base, four_bit=False, dtype="fp32")
    assert training.train_or_load(again, "m0", [], SETTINGS, seed=0, folder=tmp_path) == report
    again.save("m0", tmp_path / "again")
    assert_same(weights(tmp_path), weights(tmp_path / "again"))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_model_answers_the_same_after_training_as_after_loading_what_was_trained(four_bit, tiny_base, tmp_path, precision):
    """The Trainer leaves a model in autocast, without its cache of keys, and reseeds the process: here it does not."""
    from helpers import models

    before, use_cache = torch.get_rng_state(), four_bit.net.config.use_cache
    training.finetune(four_bit, "m0", rows(), replace(SETTINGS, precision=precision), seed=0, folder=tmp_path)
    assert torch.equal(torch.get_rng_state(), before)
    assert four_bit.net.config.use_cache == use_cache
    loaded = models.load(tiny_base, four_bit=True, dtype="fp32")
    loaded.load("m0", tmp_path)
    ids = torch.tensor([loaded.tokenizer(rows()[0].prompt)["input_ids"]])
    with torch.no_grad(), four_bit.using("m0") as trained, loaded.using("m0") as read:
        assert torch.equal(trained(input_ids=ids).logits, read(input_ids=ids).logits)


def test_a_loss_that_is_not_finite_stops_and_names_the_rows_of_its_step(dense, tmp_path):
    poisoned = rows()
    poisoned[7] = replace(poisoned[7], completion="zebra")
    common = set(dense.tokenizer(" ".join(row.prompt + row.completion for row in rows()))["input_ids"])
    rare = [token for token in dense.tokenizer("zebra")["input_ids"] if token not in common]
    dense.net.get_input_embeddings().weight.data[rare[0]] = float("inf")
    settings = replace(SETTINGS, steps=80)
    steps = batches.plan(12, 4, 80, 0)
    first = next(number for number, step in enumerate(steps) if 7 in step)
    with pytest.raises(FloatingPointError, match=f"step {first + 1} is nan") as error:
        training.finetune(dense, "m0", poisoned, settings, seed=0, folder=tmp_path)
    assert str(error.value).split("its rows: ")[1].split(", ") == [f"row-{row}" for row in steps[first]]


@pytest.mark.parametrize(("final", "expected"), [(9e-6, 9e-6), (0.0, 0.0)])
def test_the_learning_rate_decays_linearly_to_the_final_one(dense, tmp_path, monkeypatch, final, expected):
    seen, trainers, original = [], [], training.Planned.training_step

    def training_step(self, *args, **kwargs):
        seen.append(self.lr_scheduler.get_last_lr()[0])
        trainers.append(self)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(training.Planned, "training_step", training_step)
    settings = replace(SETTINGS, steps=10, learning_rate=1e-5, final_learning_rate=final, warm_up=0.0)
    training.finetune(dense, "m0", rows(), settings, seed=0, folder=tmp_path)
    assert seen[0] == pytest.approx(1e-5)
    differences = [a - b for a, b in zip(seen, seen[1:], strict=False)]
    assert differences == pytest.approx([(1e-5 - expected) / 10] * 9)
    assert trainers[-1].lr_scheduler.get_last_lr()[0] == pytest.approx(expected)


@pytest.mark.parametrize("micro", [1, 3])
def test_accumulated_batches_follow_the_trajectory_of_whole_ones(dense, tmp_path, micro):
    settings = replace(SETTINGS, batch=8)
    whole = training.finetune(dense, "whole", rows(), replace(settings, micro_batch=8), seed=0, folder=tmp_path / "8")
    parts = training.finetune(dense, "parts", rows(), replace(settings, micro_batch=micro), seed=0, folder=tmp_path / "1")
    assert [loss for _, loss in parts["losses"]] == pytest.approx([loss for _, loss in whole["losses"]], abs=2e-4)
    for name, tensor in weights(tmp_path / "8").items():
        assert torch.allclose(weights(tmp_path / "1")[name], tensor, atol=1e-3), name


def test_rows_longer_than_a_bin_do_not_widen_the_others_more_than_they_must():
    lengths = [300, 150, 150, 150, 150, 40, 40, 20]
    found = [{"ids": [1] * n, "labels": [1] * n} for n in lengths]
    batch = batches.pack(found, 160, 0)
    assert batch["input_ids"].shape[1] <= 300
    assert batch["input_ids"].numel() <= 1.25 * sum(lengths)
    level = batches.pack([{"ids": [1] * 50, "labels": [1] * 50}] * 4, 150, 0)
    assert level["input_ids"].shape == (2, 100), "three in one bin and one in the other would be 150 wide"


def test_halves_hold_the_same_rows_and_cut_none():
    rows = [{"ids": [n] * (n + 2), "labels": [n] * (n + 2)} for n in range(1, 7)]
    for capacity in (9, 100):
        whole = batches.pack(rows, capacity, 0)
        parts = batches.parts(whole, 9)
        assert len(parts) > 1
        kept = [part["input_ids"][part["labels"] != IGNORE].tolist() for part in parts]
        assert sorted(sum(kept, [])) == sorted(whole["input_ids"][whole["labels"] != IGNORE].tolist())
        for part in parts:
            assert (part["position_ids"][:, 0] == 0).all(), "a part begins with a row"
    alone = batches.pack(rows[:1], 40, 0)
    assert batches.halves(alone) == []
    assert batches.parts(alone, 1) == [alone]
    stacked = batches.stack(rows, 0)
    assert [len(part["labels"]) for part in batches.halves(stacked)] == [3, 3]
    assert batches.halves(batches.stack(rows[:1], 0)) == []


NO_MEMORY = {
    "cuda": lambda: torch.cuda.OutOfMemoryError("CUDA out of memory"),
    "python": MemoryError,
    "cpu": lambda: RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
}


@pytest.fixture
def little_memory(monkeypatch):
    """A function that makes each part of a micro-batch with too many tokens fail after half of its gradients are computed."""
    from transformers import Trainer

    def arm(most: int, kind: str = "cpu") -> None:
        original = Trainer.training_step

        def stingy(self, model, inputs, num_items_in_batch=None):
            loss = original(self, model, inputs, num_items_in_batch)
            if inputs["input_ids"].numel() > most:
                raise NO_MEMORY[kind]()
            return loss

        monkeypatch.setattr(Trainer, "training_step", stingy)

    return arm


@pytest.mark.parametrize("kind", NO_MEMORY)
def test_without_memory_for_a_micro_batch_its_parts_give_the_same_training(dense, tmp_path, little_memory, kind):
    settings = replace(SETTINGS, batch=8, micro_batch=4)
    whole = training.finetune(dense, "whole", rows(), settings, seed=0, folder=tmp_path / "whole")
    little_memory(60, kind)
    with pytest.warns(UserWarning, match="no memory for a micro-batch: at most"):
        parts = training.finetune(dense, "parts", rows(), settings, seed=0, folder=tmp_path / "parts")
    assert dense.halvings > 0
    assert [loss for _, loss in parts["losses"]] == pytest.approx([loss for _, loss in whole["losses"]], abs=2e-4)
    for name, tensor in weights(tmp_path / "whole").items():
        assert torch.allclose(weights(tmp_path / "parts")[name], tensor, atol=1e-3), name


def test_a_row_that_fits_in_no_memory_ends_the_training(dense, tmp_path, little_memory):
    little_memory(0)
    with pytest.warns(UserWarning), pytest.raises(RuntimeError, match="can't allocate memory"):
        training.finetune(dense, "m0", rows(), SETTINGS, seed=0, folder=tmp_path)


@pytest.mark.filterwarnings("ignore:no memory")
def test_a_training_that_was_halved_and_interrupted_continues_to_the_same_adapter(dense, tmp_path, monkeypatch, little_memory):
    little_memory(60)
    training.finetune(dense, "straight", rows(), SETTINGS, seed=0, folder=tmp_path / "straight")
    whole, count = training.Planned.training_step, iter(range(100))

    def stopped(self, *args, **kwargs):
        if next(count) == 5:
            raise KeyboardInterrupt
        return whole(self, *args, **kwargs)

    monkeypatch.setattr(training.Planned, "training_step", stopped)
    with pytest.raises(KeyboardInterrupt):
        training.finetune(dense, "m0", rows(), SETTINGS, seed=0, folder=tmp_path / "m0")
    monkeypatch.setattr(training.Planned, "training_step", whole)
    halvings = dense.halvings
    training.finetune(dense, "m0", rows(), SETTINGS, seed=0, folder=tmp_path / "m0")
    assert dense.halvings == halvings, "the limit stands in the checkpoint"
    assert_same(weights(tmp_path / "straight"), weights(tmp_path / "m0"))


def test_on_a_machine_with_two_gpus_the_training_reads_the_same_rows_as_with_one(dense, tmp_path, monkeypatch):
    training.finetune(dense, "one", rows(), SETTINGS, seed=0, folder=tmp_path / "one")
    arguments = training.arguments

    def counted(*given):
        """Arguments that count two GPUs. The model lies on the CPU all the same."""
        with monkeypatch.context() as patch:
            patch.setattr(torch.cuda, "device_count", lambda: 2)
            return arguments(*given[:4], "cuda", *given[5:])

    monkeypatch.setattr(training, "arguments", counted)
    training.finetune(dense, "two", rows(), SETTINGS, seed=0, folder=tmp_path / "two")
    assert_same(weights(tmp_path / "one"), weights(tmp_path / "two"))


def test_progress_is_told_after_each_step(dense, tmp_path):
    seen = []
    training.finetune(dense, "m0", rows(), SETTINGS, seed=0, folder=tmp_path, progress=lambda *told: seen.append(told))
    assert seen == [(step, 8) for step in range(1, 9)]


def test_the_first_loss_is_the_mean_over_the_completion_tokens_of_the_step(dense, tmp_path):
    """Whatever the micro-batches are: a long row counts as many tokens as it has."""
    encoded = training.encode(rows(), dense.tokenizer, 64)
    (step,) = batches.plan(12, 4, 1, 0)
    total, count = 0.0, 0
    for row in (encoded[n] for n in step):
        ids, labels = torch.tensor([row["ids"]]), torch.tensor(row["labels"])
        with torch.no_grad():
            logits = dense.net(input_ids=ids).logits[0, :-1]
        total += torch.nn.functional.cross_entropy(logits, labels[1:], ignore_index=IGNORE, reduction="sum").item()
        count += int((labels[1:] != IGNORE).sum())
    for micro in (1, 2, 4):
        settings = replace(SETTINGS, steps=1, micro_batch=micro)
        report = training.finetune(dense, "m0", rows(), settings, seed=0, folder=tmp_path / str(micro))
        assert report["losses"][0][1] == pytest.approx(total / count, abs=1e-3)
