"""Completions: a row's text depends on its prompt, its id and the settings, never on the other rows."""

import warnings
from dataclasses import replace

import pytest
import torch
from texts import sentences
from torch.overrides import TorchFunctionMode
from transformers import TopPLogitsWarper

from helpers import generation
from helpers.config import Sampling
from helpers.generation import Completion, Prompt, generate, gumbel
from helpers.models import prefix

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


def seeds(*names: str, seed: int = 0) -> torch.Tensor:
    return torch.tensor([generation.row_seed(seed, name) for name in names])


def test_noise_added_to_logits_samples_from_the_softmax():
    logits = torch.tensor([2.0, 1.0, 0.0, -1.0, -float("inf")])
    rows, steps = 4000, 5
    of_rows, counts = seeds(*(f"r{n}" for n in range(rows)), seed=7), torch.zeros(5)
    for step in range(steps):
        counts += torch.bincount((logits + gumbel(of_rows, step, torch.arange(5))).argmax(1), minlength=5)
    expected = logits.softmax(0) * rows * steps
    assert counts[4] == 0
    chi_square = ((counts[:4] - expected[:4]) ** 2 / expected[:4]).sum()
    assert chi_square < 16.3, "3 degrees of freedom: exceeded once in a thousand"


def test_noise_is_independent_across_rows_steps_and_tokens():
    of_rows = seeds(*(f"r{n}" for n in range(200)))
    drawn = torch.stack([gumbel(of_rows, step, torch.arange(50)) for step in range(4)])
    assert drawn.unique().numel() > 0.999 * drawn.numel()
    for one, other in ((drawn[0], drawn[1]), (drawn[0, 1:], drawn[0, :-1]), (drawn[:, :, 1:], drawn[:, :, :-1])):
        assert abs(torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1]) < 0.03
    assert drawn.mean().item() == pytest.approx(0.5772, abs=0.03), "the mean of a Gumbel variable"


def test_another_row_first_in_the_batch_changes_no_noise():
    whole = gumbel(seeds("a", "b", "c"), 2, torch.arange(10))
    assert torch.equal(whole[1:2], gumbel(seeds("b"), 2, torch.arange(10)))


def logits_of(rows: int, vocabulary: int) -> torch.Tensor:
    """Logits of rows from sure to unsure of the next token, no two alike."""
    drawn = torch.randn(rows, vocabulary, generator=torch.Generator().manual_seed(0))
    return drawn * torch.linspace(6, 0.1, rows)[:, None]


@pytest.mark.parametrize("top_p", [0.05, 0.9, 1.0])
def test_a_sample_is_the_best_of_the_sorted_nucleus_however_few_candidates_are_sorted(top_p):
    logits, of_rows = logits_of(40, 500), seeds(*map(str, range(40)))
    expected = (TopPLogitsWarper(top_p)(None, logits) + gumbel(of_rows, 3, torch.arange(500))).argmax(-1)
    for candidates in (1, 20, 499, 500, 1000):
        assert torch.equal(generation.drawn(logits, of_rows, 3, top_p, candidates=candidates), expected)
    assert (expected == logits.argmax(-1)).any()
    assert (expected != logits.argmax(-1)).any()


def test_tokens_that_are_alike_are_all_in_the_nucleus_or_all_outside():
    logits = torch.tensor([2.0, 1.0, 1.0, 1.0, 1.0, -9.0, -9.0]).repeat(4000, 1)
    of_rows = seeds(*map(str, range(4000)))
    for candidates in (1, 2, 3, 7):
        found = generation.drawn(logits, of_rows, 0, 0.5, candidates=candidates)
        assert set(found.tolist()) == {0, 1, 2, 3, 4}


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


def test_every_row_says_why_it_ended(dense):
    ids = {text: dense.encode([text], start=False)[0] for text in ("cold water", "cold\nText:\nwater")}
    end = dense.tokenizer.eos_token_id
    ended, stop = replace(SAMPLING, stop=()), replace(SAMPLING, stop=("\nText:",))
    found = [
        generation._completion(dense, "eos", [*ids["cold water"], end], ended),
        generation._completion(dense, "length", ids["cold water"], ended),
        generation._completion(dense, "stop", ids["cold\nText:\nwater"], stop),
    ]
    assert [(row.text, row.finish) for row in found] == [("cold water", "eos"), ("cold water", "length"), ("cold", "stop")]
    assert found[0].tokens == found[1].tokens == len(ids["cold water"])


def slow_twin(model, prompt: str, sampling: Sampling) -> list[int]:
    """Greedy, one row, the whole text read anew for each token."""
    ids, written = model.encode([prompt], start=True)[0], []
    while len(written) < sampling.new_tokens and not (written and written[-1] in model.ends):
        with torch.no_grad():
            written.append(model.net(input_ids=torch.tensor([ids + written])).logits[0, -1].argmax().item())
    return written


def test_greedy_rows_of_a_batch_equal_their_slow_and_obvious_twin(dense):
    sampling = generation.greedy(replace(SAMPLING, new_tokens=16))
    dense.net.generation_config.eos_token_id = slow_twin(replace(dense), prompts()[0].text, sampling)[6]  # some rows end early
    found = texts(dense, prompts(), sampling)
    for prompt in prompts():
        written = slow_twin(dense, prompt.text, sampling)
        ended = written[-1] in dense.ends
        assert found[prompt.row_id].tokens == len(written) - ended
        assert found[prompt.row_id].finish == ("eos" if ended else "length")
        assert found[prompt.row_id].text == dense.tokenizer.decode(written[: len(written) - ended]).strip()
    assert len({row.finish for row in found.values()}) == 2


def test_rows_that_have_ended_are_not_computed_further(dense, monkeypatch):
    assert dense.takes_positions  # asked of the net's own forward, before it is replaced
    widths, forward = [], dense.net.forward
    monkeypatch.setattr(dense.net, "forward", lambda **inputs: widths.append(len(inputs["input_ids"])) or forward(**inputs))
    found = texts(dense, prompts(5), replace(SAMPLING, new_tokens=30, token_budget=10_000, stop=("e", "a")))
    assert {row.finish for row in found.values()} >= {"stop"}
    assert widths[0] == 5
    assert widths == sorted(widths, reverse=True)
    assert sum(widths) < 5 * len(widths)


def test_a_beginning_that_all_prompts_share_is_read_once_and_changes_no_text(dense, monkeypatch):
    long = [Prompt(p.row_id, "Weigh what the river brings and what the hill keeps. " * 2 + p.text) for p in prompts()]
    monkeypatch.setattr(prefix, "SHORTEST", 1000)
    whole = texts(dense, long)
    read, complete = [], generation._complete
    monkeypatch.setattr(generation, "_complete", lambda *args: read.append(args[-2].tokens) or complete(*args))
    monkeypatch.setattr(prefix, "SHORTEST", 8)
    assert texts(dense, long) == whole
    assert len(read) > 1
    assert min(read) == max(read) >= 8


def test_any_end_token_of_the_models_settings_ends_a_row(dense):
    tokens = slow_twin(replace(dense), prompts(1)[0].text, SAMPLING)
    dense.net.generation_config.eos_token_id = [dense.tokenizer.eos_token_id, tokens[3]]
    assert dense.ends == [dense.tokenizer.eos_token_id, tokens[3]]
    found = texts(dense, prompts(1), generation.greedy(SAMPLING))
    assert found["row-0"].finish == "eos"
    assert found["row-0"].tokens <= 3


def test_progress_moves_within_a_batch_and_ends_at_the_total(dense):
    seen = []
    texts(dense, prompts(), progress=lambda done, total: seen.append((done, total)))
    assert {total for _, total in seen} == {14 * SAMPLING.new_tokens}
    done = [tokens for tokens, _ in seen]
    assert done == sorted(done)
    assert done[-1] == 14 * SAMPLING.new_tokens
    assert len(done) > 20, "three batches of up to twelve steps"


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


def test_a_prompt_that_is_too_long_keeps_its_end_and_says_so(dense, monkeypatch):
    seen = []
    complete = generation._complete
    monkeypatch.setattr(generation, "_complete", lambda m, rows, *rest: seen.extend(rows) or complete(m, rows, *rest))
    long = " ".join(sentences(60))
    told = texts(dense, [Prompt("long", long), *prompts(1)])
    whole = dense.tokenizer(long)["input_ids"]
    assert seen[0] == ("long", whole[-(256 - 12) :])
    assert [told["long"].cut, *(each.cut for name, each in told.items() if name != "long")] == [True, False]


@pytest.fixture(
    params=[
        torch.cuda.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:132] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
        ),
    ],
    ids=["cuda", "python", "cpu"],
)
def little_memory(request, monkeypatch):
    """There is memory for two rows at a time."""
    complete = generation._complete

    def stingy(model, rows, *rest):
        if len(rows) > 2:
            raise request.param
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


def test_another_error_is_not_taken_for_full_memory(dense, monkeypatch):
    def fail(*args):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(generation, "_complete", fail)
    with pytest.raises(RuntimeError, match="shapes"):
        texts(dense, prompts())
    assert dense.halvings == 0


@pytest.mark.parametrize("temperature", [0.0, 0.7])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_logits_that_are_not_finite_are_an_error_that_names_row_cause_and_remedy(dense, value, temperature):
    dense.net.get_output_embeddings().register_forward_hook(
        lambda _, args, logits: logits.index_fill(-1, torch.tensor(7), value)
    )
    with pytest.raises(FloatingPointError, match="row 'row-.*NaN or infinite.*fp16.*base.dtype"):
        texts(dense, prompts(3), replace(SAMPLING, temperature=temperature))


class Apple(TorchFunctionMode):
    """All tensors seem to lie on an Apple GPU, which has no float64, until one is moved to the CPU."""

    moved = False

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function == torch.Tensor.device.__get__:
            return torch.device("mps")
        if function == torch.Tensor.to:
            return args[0]
        self.moved = self.moved or function == torch.Tensor.cpu
        if function == torch.Tensor.double and not self.moved:
            raise TypeError("Cannot convert a MPS Tensor to float64 dtype")
        return function(*args, **(kwargs or {}))


def test_noise_is_the_same_on_a_device_without_float64():
    seeds, tokens = torch.tensor([3, -5]), torch.arange(9)
    expected = gumbel(seeds, 2, tokens)
    with Apple():
        found = gumbel(seeds, 2, tokens)
    assert torch.equal(found, expected)


def test_nothing_asked_is_nothing_answered(dense):
    assert texts(dense, []) == {}


def test_a_models_own_generation_settings_change_nothing(dense):
    plain = texts(dense, prompts(4), generation.greedy(SAMPLING))
    dense.net.generation_config.repetition_penalty = 5.0
    dense.net.generation_config.top_k = 1
    assert texts(dense, prompts(4), generation.greedy(SAMPLING)) == plain
