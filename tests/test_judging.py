"""Ratings: batches, caches and padding change nothing, and a reply that cannot be read gives None."""

import pandas as pd
import pytest
import torch
from texts import sentences

from helpers import judging
from helpers.judging import expected
from helpers.judging.batches import Batching, last_logits
from helpers.judging.expected import NOT_NUMBERS
from helpers.judging.likelihood import Likelihood
from helpers.models import prefix
from helpers.prompts import Backward, Forward, Rating

ONE_BY_ONE = Batching(most_rows=1)


def asked(model, count: int = 9, rubric: str = "") -> list[tuple[str, str]]:
    role = Rating(model.tokenizer)
    texts = sentences(2 * count, 4)
    return [(f"r{n}", rubric + role.prefix(texts[n], texts[count + n])) for n in range(count)]


def scores(model, prompts, **kwargs) -> dict[str, expected.Read]:
    role = Rating(model.tokenizer)
    words = expected.digits(role.digits(), role.digit_tokens())
    return {row.row_id: row for rows in expected.read(model, prompts, words, **kwargs) for row in rows}


def test_the_expected_score_is_the_mean_of_the_digits_by_their_probability(dense):
    (prompt,) = asked(dense, 1)
    digits = Rating(dense.tokenizer).digit_tokens()
    ids = torch.tensor([dense.tokenizer(prompt[1])["input_ids"]])
    with torch.no_grad():
        five = dense.net(input_ids=ids).logits[0, -1].softmax(-1)[digits].tolist()
    found = scores(dense, [prompt])["r0"]
    assert found.mass == pytest.approx(sum(five), rel=1e-5)
    if found.score is not None:
        assert found.score == pytest.approx(sum(d * p for d, p in enumerate(five, 1)) / sum(five), rel=1e-5)
    assert found.raw == " ".join(f"{p:.4f}" for p in five)


def test_a_rating_with_hardly_any_mass_on_the_digits_is_none_and_keeps_its_raw_probabilities():
    unreadable = expected.expected("a", [0.001, 0.002, 0.0, 0.0, 0.003])
    assert unreadable.score is None
    assert unreadable.mass == pytest.approx(0.006)
    assert unreadable.raw == "0.0010 0.0020 0.0000 0.0000 0.0030"
    assert expected.expected("a", [0.0, 0.0, 0.0, 0.1, 0.3]).score == pytest.approx(4.75)
    for five in ([1.0, 0, 0, 0, 0], [0, 0, 0, 0, 0.02]):
        assert 1 <= expected.expected("a", five).score <= 5


def test_a_prompt_longer_than_the_context_is_not_cut_and_not_rated(dense):
    rows = asked(dense)
    long = ("long", rows[0][1] * 400)
    found = scores(dense, [rows[0], long, *rows[1:]])
    assert (found["long"].score, found["long"].mass, found["long"].raw) == (None, 0.0, "the prompt is longer than the context")
    assert {name: row for name, row in found.items() if name != "long"} == scores(dense, rows)
    assert "long" not in scores(dense, [long], done={"long"})


def test_scores_in_batches_equal_scores_one_by_one(dense):
    alone, together = scores(dense, asked(dense), batching=ONE_BY_ONE), scores(dense, asked(dense))
    assert alone.keys() == together.keys() == {f"r{n}" for n in range(9)}
    for row_id, row in alone.items():
        assert together[row_id].mass == pytest.approx(row.mass, rel=1e-4)


@pytest.mark.parametrize("batching", [Batching(), ONE_BY_ONE])
def test_a_shared_rubric_is_encoded_once_and_changes_no_score(dense, monkeypatch, batching):
    prompts = asked(dense, rubric="Rate the answer from 1 to 5. " * 3)
    monkeypatch.setattr(prefix, "SHORTEST", 1_000)
    lengths, shared = [], prefix.shared
    monkeypatch.setattr(prefix, "shared", lambda *args: lengths.append((found := shared(*args)).tokens) or found)
    plain = scores(dense, prompts, batching=batching)
    monkeypatch.setattr(prefix, "SHORTEST", 8)
    cached = scores(dense, prompts, batching=batching)
    assert lengths[0] == 0
    assert lengths[1] >= 8
    for row_id, row in plain.items():
        assert cached[row_id].mass == pytest.approx(row.mass, rel=1e-4)


def test_rows_that_are_done_are_left_out_and_the_rest_is_the_same(four_bit):
    few = Batching(most_rows=4)
    whole = scores(four_bit, asked(four_bit), batching=few)
    rest = scores(four_bit, asked(four_bit), batching=few, done={"r0", "r3"})
    assert rest == {row_id: row for row_id, row in whole.items() if row_id not in ("r0", "r3")}


def triples(model, count: int = 9) -> list[tuple[str, str, str]]:
    role, texts = Forward(model.tokenizer), sentences(2 * count, 5)
    return [(f"r{n}", role.prefix(texts[n]), texts[count + n]) for n in range(count)]


def likelihoods(model, rows, **kwargs) -> dict[str, float | None]:
    return dict(pair for batch in judging.log_likelihoods(model, rows, **kwargs) for pair in batch)


def slow_likelihood(model, prompt: str, completion: str) -> float:
    """Token by token, without a batch, padding or a cut of the logits."""
    start = model.tokenizer(prompt)["input_ids"]
    end = [*model.tokenizer(completion)["input_ids"], model.tokenizer.eos_token_id]
    found = []
    for place, token in enumerate(end):
        with torch.no_grad():
            logits = model.net(input_ids=torch.tensor([start + end[:place]])).logits[0, -1]
        found.append(logits.log_softmax(-1)[token].item())
    return sum(found) / len(found)


def test_so_many_rows_are_held_as_tokens_at_once_and_the_ratings_stay(dense, monkeypatch):
    rows, prompts = triples(dense), asked(dense)
    whole, digits = likelihoods(dense, rows), scores(dense, prompts)
    encode, held = dense.encode, []
    monkeypatch.setattr(type(dense), "encode", lambda _, texts, **how: held.append(len(texts)) or encode(texts, **how))
    monkeypatch.setattr("helpers.judging.batches.CHUNK", 4)
    assert likelihoods(dense, rows) == pytest.approx(whole, abs=1e-4)
    assert held == [4, 4] * 2 + [1, 1]
    read = scores(dense, prompts, done={"r3"})
    assert read.keys() == digits.keys() - {"r3"}
    assert all(read[row_id].mass == pytest.approx(digits[row_id].mass, rel=1e-4) for row_id in read)
    held.clear()
    assert not scores(dense, prompts, done=set(digits)) and not likelihoods(dense, rows, done=set(whole)) and not held


@pytest.fixture
def little_memory(monkeypatch):
    """There is memory for two rows at a time."""

    def stingy(model, rows, *rest, **kwargs):
        if len(rows) > 2:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return last_logits(model, rows, *rest, **kwargs)

    monkeypatch.setattr("helpers.judging.expected.last_logits", stingy)
    monkeypatch.setattr("helpers.judging.likelihood.last_logits", stingy)


def test_without_memory_for_a_batch_its_halves_are_judged_alike_and_that_is_seen(dense, request):
    digits, whole = scores(dense, asked(dense)), likelihoods(dense, triples(dense))
    request.getfixturevalue("little_memory")
    with pytest.warns(UserWarning, match="no memory for . rows at once"):
        halved = scores(dense, asked(dense), done={"r3"})
    assert halved.keys() == digits.keys() - {"r3"}
    assert all(halved[row_id].mass == pytest.approx(digits[row_id].mass, rel=1e-4) for row_id in halved)
    before = dense.halvings
    assert before > 0
    with pytest.warns(UserWarning, match="no memory for . rows at once"):
        assert likelihoods(dense, triples(dense)) == pytest.approx(whole, abs=1e-4)
    assert dense.halvings > before


def test_no_memory_for_a_single_pair_is_an_error(dense, little_memory, monkeypatch):
    def none(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr("helpers.judging.expected.last_logits", none)
    with pytest.warns(UserWarning, match="no memory"), pytest.raises(MemoryError):
        scores(dense, asked(dense))


@pytest.mark.parametrize("batching", [Batching(), ONE_BY_ONE])
def test_log_likelihoods_equal_their_slow_and_obvious_twin(dense, batching):
    rows = triples(dense)
    found = likelihoods(dense, rows, batching=batching)
    for row_id, prompt, completion in rows:
        assert found[row_id] == pytest.approx(slow_likelihood(dense, prompt, completion), abs=1e-4)


def test_the_likelihood_of_a_uniform_model_is_minus_log_v(dense):
    dense.net.lm_head.weight.data.zero_()
    for value in likelihoods(dense, triples(dense, 3)).values():
        assert value == pytest.approx(-torch.tensor(float(len(dense.tokenizer))).log().item(), abs=1e-5)


def test_every_measure_that_cannot_be_known_says_why_and_no_other_does():
    own, certain = torch.tensor([-1.0, -2.0]), torch.zeros(2)
    found = Likelihood("r", own, (certain,), cut=False)
    assert found.measured("saved") is None, "its foil saves nothing, and the share is of 0"
    assert {name: found.why(name) for name in ("mean", "gain", "saved")} == {"mean": "", "gain": "", "saved": NOT_NUMBERS}


def test_a_completion_without_room_in_the_context_has_no_likelihood(dense):
    long = " ".join(sentences(80))
    rows = [("none", long, "water"), *triples(dense, 3)]
    found = likelihoods(dense, rows)
    assert found["none"] is None
    assert all(found[row_id] < 0 for row_id in ("r0", "r1", "r2"))


def test_nothing_asked_is_nothing_rated(dense):
    assert scores(dense, []) == {}
    assert likelihoods(dense, []) == {}


@pytest.fixture
def pairs() -> pd.DataFrame:
    texts = sentences(12, 6)
    return pd.DataFrame({"pair_id": [f"p{n}" for n in range(6)], "instruction": texts[:6], "output": texts[6:]})


def test_a_pair_gets_three_ratings_each_under_its_own_adapter(dense, pairs):
    for name, seed in (("backward", 1), ("m0", 2)):
        dense.add(name, rank=4, alpha=8, seed=seed)
        generator = torch.Generator().manual_seed(seed)
        for parameter_name, parameter in dense.net.named_parameters():
            if f".{name}." in parameter_name:
                parameter.data = 0.2 * torch.randn(parameter.shape, generator=generator)
    rows = [row for batch in judging.rate(dense, pairs, adapter="m0", backward="backward", tag="T") for row in batch]
    frame = pd.DataFrame(rows).set_index("rating_id")
    assert sorted(frame.index) == sorted(f"p{n}/{j}" for n in range(6) for j in ("rating", "log p(y|x)", "log p(x|y)"))
    assert frame.groupby("judge").adapter.unique().map(list).to_dict() == {
        "rating": ["m0"],
        "log p(y|x)": ["m0"],
        "log p(x|y)": ["backward"],
    }
    forward, backward = Forward(dense.tokenizer), Backward(dense.tokenizer)
    first = pairs.iloc[0]
    with dense.using("m0"):
        y_given_x = slow_likelihood(dense, forward.prefix(first.instruction, "T"), first.output)
    with dense.using("backward"):
        x_given_y = slow_likelihood(dense, backward.prefix(first.output), first.instruction)
    assert frame.score["p0/log p(y|x)"] == pytest.approx(y_given_x, abs=1e-4)
    assert frame.score["p0/log p(x|y)"] == pytest.approx(x_given_y, abs=1e-4)


def test_rating_goes_on_where_it_stopped(dense, pairs):
    for name in ("backward", "m0"):
        dense.add(name, rank=4, alpha=8)

    def rated(done=frozenset()) -> list[dict]:
        batches = judging.rate(dense, pairs, adapter="m0", backward="backward", tag="", done=done)
        return [row for batch in batches for row in batch]

    whole = rated()
    done = {row["rating_id"] for row in whole[:8]}
    assert rated(done) == whole[8:]
