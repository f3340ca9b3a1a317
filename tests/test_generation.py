"""Completions: a row's text depends on its prompt, its id and the settings, never on its company."""

import warnings
from dataclasses import replace

import pytest
import torch
from texts import sentences

from helpers import generation
from helpers.config import Sampling
from helpers.generation import Completion, Prompt, RowNoise, generate

SAMPLING = Sampling(new_tokens=12, token_budget=200, most_rows=5)


def prompts(count: int = 14) -> list[Prompt]:
    return [Prompt(f"row-{n}", f"Question:\n{text}\nAnswer:\n") for n, text in enumerate(sentences(count, 3))]


def texts(model, asked, sampling=SAMPLING, **kwargs) -> dict[str, Completion]:
    return {row.row_id: row for batch in generate(model, asked, sampling, **kwargs) for row in batch}


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_row_has_the_same_text_whatever_the_size_of_its_batch(dense, temperature):
    sampling = replace(SAMPLING, temperature=temperature)
    alone = texts(dense, prompts(), replace(sampling, most_rows=1))
    assert alone == texts(dense, prompts(), sampling)
    assert alone == texts(dense, prompts(), replace(sampling, token_budget=10_000, most_rows=100))
    assert len(alone) == 14


def test_a_row_has_the_same_text_whatever_else_is_asked(dense):
    whole = texts(dense, prompts())
    assert texts(dense, prompts()[5:8]) == {f"row-{n}": whole[f"row-{n}"] for n in (5, 6, 7)}


def test_a_resumed_run_yields_the_rows_that_are_missing_and_the_same_ones(four_bit):
    batches = list(generate(four_bit, prompts(), SAMPLING, seed=1))
    straight = [row for batch in batches for row in batch]
    done = {row.row_id for row in batches[0]} | {batches[1][0].row_id}
    resumed = [row for batch in generate(four_bit, prompts(), SAMPLING, seed=1, done=done) for row in batch]
    assert resumed == [row for row in straight if row.row_id not in done]


def test_batches_are_planned_from_all_rows_and_a_begun_one_is_redone_whole(dense, monkeypatch):
    seen = []
    complete = generation._complete
    monkeypatch.setattr(generation, "_complete", lambda m, rows, *rest: seen.append(rows) or complete(m, rows, *rest))
    list(generate(dense, prompts(), SAMPLING))
    whole = list(seen)
    seen.clear()
    list(generate(dense, prompts(), SAMPLING, done={whole[0][0][0]} | {row_id for row_id, _ in whole[1]}))
    assert seen == [whole[0], *whole[2:]]


def test_noise_is_seeded_by_row_and_seed_and_leaves_the_process_as_it_was(dense):
    same = [Prompt(f"copy-{n}", "Question:\nsilver?\nAnswer:\n") for n in range(6)]
    state = torch.get_rng_state()
    one, other = texts(dense, same, seed=0), texts(dense, same, seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    assert len({row.text for row in one.values()}) > 3
    assert one != other
    assert one == texts(dense, same, seed=0)


def test_row_noise_samples_from_the_softmax():
    logits = torch.tensor([2.0, 1.0, 0.0, -1.0, -float("inf")])
    rows, steps = 4000, 5
    noise = RowNoise([generation.row_seed(7, f"r{n}") for n in range(rows)], 3, torch.device("cpu"))
    counts = torch.zeros(5)
    for step in range(steps):
        chosen = noise(torch.zeros(rows, 3 + step, dtype=torch.long), logits.expand(rows, 5)).argmax(1)
        counts += torch.bincount(chosen, minlength=5)
    expected = logits.softmax(0) * rows * steps
    assert counts[4] == 0
    chi_square = ((counts[:4] - expected[:4]) ** 2 / expected[:4]).sum()
    assert chi_square < 16.3, "3 degrees of freedom: exceeded once in a thousand"


def test_row_noise_is_independent_across_rows_steps_and_tokens():
    noise = RowNoise([generation.row_seed(0, f"r{n}") for n in range(200)], 0, torch.device("cpu"))
    drawn = torch.stack([noise(torch.zeros(200, step), torch.zeros(200, 50)) for step in range(4)])
    assert drawn.unique().numel() > 0.999 * drawn.numel()
    for one, other in ((drawn[0], drawn[1]), (drawn[0, 1:], drawn[0, :-1]), (drawn[:, :, 1:], drawn[:, :, :-1])):
        assert abs(torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1]) < 0.03
    assert drawn.mean().item() == pytest.approx(0.5772, abs=0.03), "the mean of a Gumbel variable"


def test_another_row_first_in_the_batch_changes_no_noise():
    seeds = [generation.row_seed(0, name) for name in ("a", "b", "c")]
    logits, ids = torch.zeros(3, 10), torch.zeros(3, 4, dtype=torch.long)
    whole = RowNoise(seeds, 2, torch.device("cpu"))(ids, logits)
    alone = RowNoise(seeds[1:2], 7, torch.device("cpu"))(torch.zeros(1, 9, dtype=torch.long), logits[:1])
    assert torch.equal(whole[1:2], alone), "the step counts from the end of the prompt"


def test_the_plan_respects_budget_and_rows_and_holds_every_row_once():
    lengths = [5, 90, 17, 17, 40, 8, 33, 60, 2, 71]
    batches = generation.plan(lengths, new_tokens=10, token_budget=200, most_rows=3)
    assert sorted(row for batch in batches for row in batch) == list(range(10))
    assert all(len(batch) <= 3 for batch in batches)
    widths = [max(lengths[row] for row in batch) + 10 for batch in batches]
    assert all(len(batch) * width <= 200 for batch, width in zip(batches, widths, strict=True))
    assert len(batches) < 6
    assert generation.plan([500], new_tokens=10, token_budget=200, most_rows=3) == [[0]], "a long row stands alone"
    assert generation.plan([], new_tokens=1, token_budget=1, most_rows=1) == []


class Scripted:
    """Stands for the network: whatever it is asked, it continues with the tokens it was given."""

    def __init__(self, model, continuations: list[list[int]]) -> None:
        self.model, self.continuations = model, continuations

    def generate(self, input_ids, **kwargs) -> torch.Tensor:
        width = max(map(len, self.continuations))
        pad = self.model.tokenizer.pad_token_id
        ids = torch.tensor([row + [pad] * (width - len(row)) for row in self.continuations])
        return torch.cat([input_ids, ids], 1)

    def __getattr__(self, name):
        return getattr(self.model.net, name)


def test_every_row_says_why_it_ended(dense):
    tokenizer = dense.tokenizer
    ids = {text: tokenizer(text)["input_ids"] for text in ("cold water", "cold\nText:\nwater")}
    continuations = [[*ids["cold water"], tokenizer.eos_token_id], ids["cold water"], ids["cold\nText:\nwater"]]
    asked = [Prompt(name, "silver\n") for name in ("eos", "length", "stop")]
    scripted = replace(dense, net=Scripted(dense, continuations))
    found = texts(scripted, asked, replace(SAMPLING, stop=("\nText:",)))
    assert {name: (row.text, row.finish) for name, row in found.items()} == {
        "eos": ("cold water", "eos"),
        "length": ("cold water", "length"),
        "stop": ("cold", "stop"),
    }
    assert found["eos"].tokens == found["length"].tokens == len(ids["cold water"])


def test_generation_stops_at_a_stop_string(dense):
    free = texts(dense, prompts(6), replace(SAMPLING, new_tokens=20))
    stop = next(row.text for row in free.values() if len(row.text) > 6)[3:5]
    found = texts(dense, prompts(6), replace(SAMPLING, new_tokens=20, stop=(stop,)))
    stopped = [row for row in found.values() if row.finish == "stop"]
    assert stopped
    for row in stopped:
        assert stop not in row.text
        assert row.text == free[row.row_id].text.split(stop)[0].strip()
        assert row.tokens <= free[row.row_id].tokens


def test_a_prompt_that_is_too_long_keeps_its_end(dense, monkeypatch):
    seen = []
    complete = generation._complete
    monkeypatch.setattr(generation, "_complete", lambda m, rows, *rest: seen.extend(rows) or complete(m, rows, *rest))
    long = " ".join(sentences(60))
    texts(dense, [Prompt("long", long)])
    whole = dense.tokenizer(long)["input_ids"]
    assert seen == [("long", whole[-(256 - 12) :])]


@pytest.fixture
def little_memory(monkeypatch):
    """CUDA has memory for two rows at a time."""
    complete = generation._complete

    def stingy(model, rows, *rest):
        if len(rows) > 2:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return complete(model, rows, *rest)

    monkeypatch.setattr(generation, "_complete", stingy)


def test_out_of_memory_halves_the_batch_goes_on_and_is_seen(dense, little_memory, monkeypatch):
    with pytest.warns(UserWarning, match="no memory for [345] rows at once"):
        halved = texts(dense, prompts())
    assert dense.halvings > 0
    monkeypatch.undo()
    before = dense.halvings
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert texts(dense, prompts()) == halved
    assert dense.halvings == before


def test_no_memory_for_a_single_row_is_an_error(dense, monkeypatch):
    def none(*args):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(generation, "_complete", none)
    with pytest.raises(torch.cuda.OutOfMemoryError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        texts(dense, prompts())


def test_nothing_asked_is_nothing_answered(dense):
    assert texts(dense, []) == {}


def test_a_models_own_generation_settings_change_nothing(dense):
    plain = texts(dense, prompts(4), generation.greedy(SAMPLING))
    dense.net.generation_config.repetition_penalty = 5.0
    dense.net.generation_config.top_k = 1
    assert texts(dense, prompts(4), generation.greedy(SAMPLING)) == plain
