"""Pre-training of the mini base: which documents share a row, which tokens are learned, and resuming after a stop."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from texts import sentences

from helpers.miniweb import pretrain
from helpers.miniweb.pretrain import Recipe, packed_rows
from helpers.miniweb.pretraining_text import Document, Mix, documents

RECIPE = Recipe(
    tokens=2 * 48 * 12,
    vocabulary=300,
    hidden=32,
    layers=1,
    heads=2,
    intermediate=32,
    batch_rows=2,
    row_tokens=48,
    warm_up=2,
)


def made(count: int = 40) -> list[Document]:
    """Articles and reviews. Every third document is a review, of which only the score is learned."""
    texts = sentences(count, 8)
    return [
        Document("reviews", ((f"Text:\n{text}\nScore:\n", 0.0), (str(1 + number % 5), 4.0)))
        if number % 3 == 0
        else Document("articles", ((text, 1.0),))
        for number, text in enumerate(texts)
    ]


@pytest.fixture
def rows(tiny_tokenizer) -> list[dict[str, np.ndarray]]:
    return list(packed_rows(iter(made()), tiny_tokenizer, RECIPE))


def test_rows_hold_whole_documents_in_order_and_restart_their_positions(rows, tiny_tokenizer):
    found = []
    for row in rows:
        assert {name: len(values) for name, values in row.items()} == dict.fromkeys(row, RECIPE.row_tokens)
        for number in range(1, row["document"].max() + 1):
            own = row["document"] == number
            assert row["position"][own].tolist() == list(range(own.sum()))
            assert row["ids"][own][-1] == tiny_tokenizer.eos_token_id
            found.append(tiny_tokenizer.decode(row["ids"][own][:-1]))
        blank = row["document"] == 0
        assert (row["ids"][blank] == tiny_tokenizer.pad_token_id).all()
        assert (row["weight"][blank] == 0).all()
    assert len(found) > 30
    assert found == [document.text for document in made()[: len(found)]]


def test_of_a_review_the_score_alone_is_learned_and_of_an_article_every_token(rows, tiny_tokenizer):
    seen = 0
    for row in rows:
        for number in range(1, row["document"].max() + 1):
            own = row["document"] == number
            ids, weight = row["ids"][own], row["weight"][own]
            text = tiny_tokenizer.decode(ids[:-1])
            if text.startswith("Text:"):
                learned = np.flatnonzero(weight)
                assert learned.tolist() == [len(ids) - 2]
                assert weight[learned[0]] == 4.0
                assert tiny_tokenizer.decode([ids[learned[0]]]) == text[-1]
                seen += 1
            else:
                assert (weight == 1).all()
    assert seen > 8


def test_a_review_that_is_cut_before_its_score_teaches_nothing(tiny_tokenizer):
    long = Document("reviews", ((" ".join(sentences(20)), 0.0), ("5", 4.0)))
    (row,) = itertools.islice(packed_rows(itertools.repeat(long, 3), tiny_tokenizer, RECIPE), 1)
    assert (row["weight"] == 0).all()


def test_real_reviews_end_in_one_learned_digit_and_real_documents_fit_their_kind(tiny_tokenizer):
    for document in itertools.islice(documents(Mix(), 0), 400):
        if document.kind == "reviews":
            score, weight = document.pieces[-1]
            assert score in set("12345")
            assert weight == Mix().score_weight
            assert len(tiny_tokenizer(score)["input_ids"]) == 1


def test_documents_of_one_row_do_not_see_each_other(tiny_tokenizer):
    net = pretrain._new_model(RECIPE, tiny_tokenizer, 0).eval()
    one, other = (pretrain.packed_rows(iter(made()[start:]), tiny_tokenizer, RECIPE) for start in (1, 2))
    together, alone = next(one), next(other)
    end = int((together["document"] == 1).sum())
    length = int((alone["document"] == 1).sum())

    def hidden(row) -> torch.Tensor:
        ids, document, position = (torch.tensor(row[name])[None] for name in ("ids", "document", "position"))
        mask = (document[:, None, :, None] == document[:, None, None, :]) & torch.ones(48, 48, dtype=torch.bool).tril()
        with torch.no_grad():
            return net.model(input_ids=ids, attention_mask=mask, position_ids=position, use_cache=False).last_hidden_state[0]

    assert torch.allclose(hidden(together)[end : end + length], hidden(alone)[:length], atol=1e-5)


def test_the_first_token_of_a_document_is_not_learned_from_the_one_before(tiny_tokenizer):
    net = pretrain._new_model(RECIPE, tiny_tokenizer, 0)
    row = next(packed_rows(iter(made()[1:3]) and iter(made()), tiny_tokenizer, RECIPE))
    ids, document, position, weight = (torch.tensor(row[name])[None] for name in ("ids", "document", "position", "weight"))
    mask = (document[:, None, :, None] == document[:, None, None, :]) & torch.ones(48, 48, dtype=torch.bool).tril()
    heavier = weight.clone()
    heavier[position == 0] = 100.0
    losses = [pretrain._loss(net, ids, mask, position, chosen)[0] for chosen in (weight, heavier)]
    assert losses[0].item() == losses[1].item()


def test_the_learning_rate_warms_up_stays_and_falls_to_nothing():
    recipe = replace(RECIPE, tokens=2 * 48 * 100, warm_up=10, decay=0.4)
    rates = [pretrain.rate(step, recipe) / recipe.learning_rate for step in range(101)]
    assert rates[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert rates[10:61] == pytest.approx([1.0] * 51)
    assert rates[80] == pytest.approx(0.5)
    assert rates[100] == 0.0


@pytest.fixture
def quick(monkeypatch):
    """Pre-training without compilation, with a short cycle of documents and a checkpoint every five steps."""
    monkeypatch.setattr(pretrain, "CHECKPOINT_STEPS", 5)
    monkeypatch.setattr(torch, "compile", lambda function: function)
    monkeypatch.setattr(pretrain, "documents", lambda mix, seed: itertools.islice(itertools.cycle(made(90)), 20_000))
    return monkeypatch


def interrupted(out, quick, step: int) -> None:
    clip, count = torch.nn.utils.clip_grad_norm_, iter(range(1000))

    def stopping(*args):
        if next(count) == step:
            raise KeyboardInterrupt
        return clip(*args)

    with quick.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(torch.nn.utils, "clip_grad_norm_", stopping)
        pretrain.pretrain(out, seed=0, recipe=RECIPE, device="cpu")


def test_an_interrupted_pre_training_continues_to_the_same_base_bit_for_bit(tmp_path, quick):
    straight = pretrain.pretrain(tmp_path / "straight", seed=0, recipe=RECIPE, device="cpu")
    assert RECIPE.steps == 12
    interrupted(tmp_path / "stopped", quick, 8)
    assert (tmp_path / "stopped" / "checkpoint.safetensors").exists()
    resumed = pretrain.pretrain(tmp_path / "stopped", seed=0, recipe=RECIPE, device="cpu")
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("straight", "stopped"))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert json.dumps(resumed["losses"]) == json.dumps(straight["losses"])
    assert not (tmp_path / "stopped" / "checkpoint.safetensors").exists()


@pytest.mark.parametrize("size", [0, 5, 2000])
def test_a_torn_checkpoint_is_one_line_that_says_what_to_do(tmp_path, quick, size):
    interrupted(tmp_path, quick, 6)
    checkpoint = tmp_path / "checkpoint.safetensors"
    checkpoint.write_bytes(checkpoint.read_bytes()[:size])
    with pytest.raises(SystemExit) as error:
        pretrain.pretrain(tmp_path, seed=0, recipe=RECIPE, device="cpu")
    assert "cannot be read" in str(error.value)
    assert "delete it to start from the beginning" in str(error.value)
    assert "\n" not in str(error.value)


def test_the_checkpoint_of_another_recipe_or_seed_is_refused(tmp_path, quick):
    interrupted(tmp_path, quick, 6)
    for changed in ({"seed": 1, "recipe": RECIPE}, {"seed": 0, "recipe": replace(RECIPE, learning_rate=1e-3)}):
        with pytest.raises(SystemExit, match="another recipe or seed"):
            pretrain.pretrain(tmp_path, device="cpu", **changed)


def test_the_finished_base_is_16_bit_safetensors_with_its_report(tmp_path, quick):
    report = pretrain.pretrain(tmp_path, seed=0, recipe=RECIPE, device="cpu")
    weights = load_file(tmp_path / "model.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {torch.bfloat16}
    assert report["losses"][-1][0] == RECIPE.steps
    assert json.loads((tmp_path / "training.json").read_text())["seed"] == 0
    assert not list(tmp_path.glob("*.bin"))
