"""Readers on many kinds of base: caches, padding, windows and tokenizers change nothing, and bad input raises an error."""

import pandas as pd
import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

from helpers import judging, prompts
from helpers.judge import RUBRICS
from helpers.judging import batches, expected, judges, likelihood, sampled
from helpers.judging.rating import RUBRIC_TOO_LONG
from helpers.models import Model, prefix
from helpers.prompts import Rating
from helpers.prompts.rating import choice_tokens, filled, scale

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 512}
SETTINGS = {
    "llama": SMALL | {"intermediate_size": 64},
    "mistral": SMALL | {"intermediate_size": 64, "num_key_value_heads": 2, "sliding_window": 24},
    "gemma2": SMALL | {"intermediate_size": 64, "num_key_value_heads": 2, "head_dim": 8, "sliding_window": 24},
    "gemma3_text": SMALL | {"intermediate_size": 64, "num_key_value_heads": 2, "head_dim": 8, "sliding_window": 24},
    "qwen3": SMALL | {"intermediate_size": 64, "num_key_value_heads": 2, "head_dim": 8},
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 512},
    "opt": SMALL | {"ffn_dim": 64, "word_embed_proj_dim": 32},
    "bloom": {"hidden_size": 32, "n_layer": 2, "n_head": 4},
    "mpt": {"d_model": 32, "n_layers": 2, "n_heads": 4, "max_seq_len": 512},
}
CHAT = "{% for m in messages %}<{{ m.role }}>{{ m.content }}</{{ m.role }}>{% endfor %}<assistant>"


@pytest.fixture(params=SETTINGS)
def base(request, tiny_tokenizer) -> Model:
    """A random base of each architecture, with the tiny tokenizer and a chat template."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        ids = {"vocab_size": len(tiny_tokenizer), "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": None}
        config = AutoConfig.for_model(request.param, **SETTINGS[request.param], **ids)
        net = AutoModelForCausalLM.from_config(config).float().eval()
        for parameter in net.parameters():
            parameter.data = 0.3 * torch.randn_like(parameter) if parameter.dim() > 1 else parameter.data
    return Model(net, tiny_tokenizer, "random")


def asked(count: int = 6) -> list[tuple[str, str]]:
    """Prompts behind one long rubric, one of them several times as long as the others."""
    rubric = "Copper melts at high heat. " * 6
    lengths = (2, 4, 3, 30, 5, 2)
    return [(f"r{n}", f"{rubric}Answer {n}: {'cold water ' * lengths[n % 6]}Score:\n") for n in range(count)]


def test_every_judge_says_what_it_measures_and_a_combined_one_names_its_parts():
    assert all(judging.about(name) for name in judges.JUDGES)
    assert judging.about("dual_likelihood") == "the ranks of log p(y|x), log p(x|y), added"
    assert judging.about("my_rubric") == "expected score, a rubric of your own"


def test_the_expected_score_equals_that_of_a_full_forward_pass(base, monkeypatch):
    monkeypatch.setattr(prefix, "SHORTEST", 8)
    monkeypatch.setattr(type(base), "context", 512)
    words = expected.digits(tuple("12345"), choice_tokens(base.tokenizer, asked()[0][1], tuple("12345")))
    found = {row.row_id: row for batch in expected.read(base, asked(), words) for row in batch}
    for row_id, text in asked():
        with torch.no_grad():
            ids = torch.tensor([base.tokenizer(text, add_special_tokens=False)["input_ids"]])
            alone = expected.expected(row_id, base.net(ids).logits[0, -1].softmax(-1)[words.tokens].tolist())
        assert found[row_id].mass == pytest.approx(alone.mass, abs=1e-4)
        if alone.score is not None:
            assert found[row_id].score == pytest.approx(alone.score, abs=1e-4)


def test_likelihoods_equal_those_of_single_rows(base, monkeypatch):
    monkeypatch.setattr(type(base), "context", 512)
    rows = [(f"r{n}", text, "silver rivers " * (n + 1)) for n, (_, text) in enumerate(asked())]
    together = {row.row_id: row for batch in likelihood.read(base, rows) for row in batch}
    for row in rows:
        ((alone,),) = likelihood.read(base, [row])
        assert together[row[0]].own.tolist() == pytest.approx(alone.own.tolist(), abs=1e-3)


def test_a_model_whose_window_is_shorter_than_a_prompt_gets_no_cached_prefix(base, monkeypatch):
    monkeypatch.setattr(prefix, "SHORTEST", 8)
    encoded = batches.encode(base, [text for _, text in asked()])
    kept = prefix.shared(base, encoded).tokens
    assert (kept > 0) == (base.net.config.model_type in ("llama", "qwen3", "gpt2", "opt"))


def merging_tokenizer(texts: list[str], size: int) -> PreTrainedTokenizerFast:
    """A BPE that merges a space into the word or digit after it."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    bpe.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=bpe, chat_template=CHAT)


def test_a_space_merged_into_the_digit_is_read_where_the_tokenizer_would_write_it():
    tokenizer = merging_tokenizer([f"Score: {digit}" for digit in "12345" * 20], 300)
    role = Rating(tokenizer, "From one on. Give one number from 1 to 5.")
    found = tokenizer.convert_ids_to_tokens(role.digit_tokens())
    assert found == [f"Ġ{digit}" for digit in "12345"]


def test_digits_that_are_no_single_token_are_said_with_the_remedy():
    whole = Tokenizer(models.WordLevel({"[UNK]": 0, "Score": 1}, unk_token="[UNK]"))
    whole.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=whole, unk_token="[UNK]", chat_template=CHAT)
    with pytest.raises(ValueError, match="'1' is not a single token .* use a sampled judge"):
        Rating(tokenizer, "From 1 to 5.").digit_tokens()
    with pytest.raises(ValueError, match="10 is no single digit: use a sampled judge"):
        Rating(tokenizer, "Give one number from 1 to 10.").digits()


def test_logits_that_are_not_numbers_give_no_score_and_are_counted_so(dense):
    dense.net.lm_head.weight.data.fill_(float("nan"))
    pairs = pd.DataFrame({"pair_id": ["a", "b"], "instruction": ["Why?", "How?"], "output": ["So.", "Thus."]})
    rows = [row for batch in judging.rate(dense, pairs, adapter=None, backward=None, tag="") for row in batch]
    assert len(rows) == 6
    assert {row["score"] for row in rows} == {None}
    assert {row["raw"] for row in rows} == {expected.NOT_NUMBERS}


@pytest.mark.parametrize("name", sorted(path.stem for path in RUBRICS.glob("*.md")))
def test_every_rubric_of_the_kit_can_be_read(name):
    text = prompts.rubric(name)
    assert text == text.strip() != ""
    if name != "pairwise":  # it asks for a letter
        assert scale(text) == ((0, 5) if name == "additive" else (1, 5))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Rate the answer on a scale of 1 to 10.", (1, 10)),
        ("Give a score between 0 and 10.", (0, 10)),
        ("Score: 1-10", (1, 10)),
        ("Score (1 \u2013 7):", (1, 7)),
        ("From 0 to 9, how good is it?", (0, 9)),
        ("A good answer has from 2 to 4 paragraphs. Give a number from 1 to 5.", (1, 5)),
        ("Rate the answer from 1 to 5. Good answers have 50 to 200 words.", (1, 5)),
        ("ISO 8-9; from 1 to 5.", (1, 5)),
        ("1-2: poor. 3-4: fair. Give one number from 1 to 5, and not 5 to 1.", (1, 5)),
        ("Written on 2024-05-01 with 0.5 to 1 litre. Give a number from 1 to 5.", (1, 5)),
    ],
)
def test_a_scale_is_read_as_people_write_it(text, found):
    assert scale(text) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Is it any good?", "'mine' names no scale: write it"),
        ("A number from one to ten.", "'mine' names no scale"),
        ("From 5 to 1.", "'mine' goes from 5 to 1: write the lower number first"),
        ("A good answer has 10 to 200 words. A score of 1 to 5.", "'mine' names 1 to 5 and 10 to 200, and either may be"),
    ],
)
def test_a_scale_that_is_a_guess_is_refused_by_the_rubrics_name(text, said):
    with pytest.raises(ValueError, match=said):
        scale(text, of="'mine'")


def test_a_rubric_of_the_readers_has_a_scale_of_single_digits(tmp_path):
    path = tmp_path / "mine.md"
    for text, said in {"Is it good?": "mine.md' names no scale", "Give 1 to 10.": "mine.md' goes to 10"}.items():
        path.write_text(text)
        with pytest.raises(ValueError, match=said):
            judges.find(str(path))


def test_a_rubric_with_a_place_that_nothing_fills_is_refused(tmp_path):
    path = tmp_path / "mine.md"
    path.write_text("Request: {instruction}. Response: {response}. Give a number from 1 to 5.")
    with pytest.raises(ValueError, match=r"mine.md' has the place \{response\}: a pair has the places"):
        judges.find(str(path))


def test_the_text_of_a_pair_is_never_taken_for_a_place_in_the_rubric():
    assert filled("{a} {b}", a="{b}", b="2") == "{b} 2"
    assert filled("no place", a="1") == "no place"


@pytest.fixture
def chatting(dense):
    """The tiny base with a chat template, so that it is shown rubrics."""
    dense.tokenizer.chat_template = CHAT
    yield dense
    dense.tokenizer.chat_template = None


@pytest.fixture
def pairs() -> pd.DataFrame:
    outputs = ["Copper melts.", "Water is cold. " * 3, "Rivers carry stone. " * 2, "Old towns."]
    return pd.DataFrame({"pair_id": list("abcd"), "instruction": ["What?", "Why?", "How so?", "Who?"], "output": outputs})


def rated(model, pairs, names, **kwargs) -> list[dict]:
    asked = {"adapter": None, "backward": None, "tag": ""} | kwargs
    return [row for batch in judging.rate(model, pairs, names, **asked) for row in batch]


def test_every_judge_rates_every_pair_or_says_why_not(chatting, pairs, monkeypatch):
    monkeypatch.setattr(type(chatting), "context", 4096)
    names = [name for name, judge in judges.JUDGES.items() if judge.reader != "sampled"]
    rows = rated(chatting, pairs, names)
    assert sorted(row["rating_id"] for row in rows) == sorted(f"{pair}/{name}" for pair in pairs.pair_id for name in names)
    for row in rows:
        assert row["score"] is not None or row["raw"]
        assert (row["rubric"] == "") == (not judges.JUDGES[row["judge"]].has_rubric)


def test_judges_that_share_a_likelihood_agree_with_those_rated_alone_and_a_resumed_run_is_the_same(chatting, pairs):
    names = ["log p(y|x)", "PMI", "1 - IFD", "margin", "token margin", "worst tokens", "log p(end)", "log p(x|y)"]
    together = rated(chatting, pairs, names)
    for name in names:
        alone = {row["rating_id"]: row["score"] for row in rated(chatting, pairs, [name])}
        assert alone == {row["rating_id"]: row["score"] for row in together if row["judge"] == name}
    done = {row["rating_id"] for row in together[::3]}
    assert rated(chatting, pairs, names, done=done) == [row for row in together if row["rating_id"] not in done]
    scores = {row["rating_id"]: row["score"] for row in together}
    assert scores["a/1 - IFD"] == pytest.approx(1 - scores["a/log p(y|x)"] / (scores["a/log p(y|x)"] - scores["a/PMI"]))
    assert scores["b/margin"] <= scores["b/PMI"]
    assert scores["b/token margin"] <= scores["b/margin"] + 1e-6


def test_sampled_replies_are_averaged_kept_and_resumed(chatting, pairs):
    small = sampled.Sampling(new_tokens=6, most_rows=3)
    asked = [(pair_id, f"Question: {pair_id} Score: ") for pair_id in pairs.pair_id]
    read = {"scale": (1, 5), "samples": 2, "sampling": small, "seed": 3}
    whole = [row for batch in sampled.read(chatting, asked, **read) for row in batch]
    assert sorted(row.row_id for row in whole) == list("abcd")
    assert all(row.raw.count(sampled.BETWEEN) == 1 for row in whole)
    rest = [row for batch in sampled.read(chatting, asked, **read, done={"a", "c"}) for row in batch]
    assert rest == [row for row in whole if row.row_id not in ("a", "c")]
    mean = sampled.averaged("x", ["Good.\nScore: 4", "Score: 5", "I cannot say."], (1, 5))
    assert (mean.score, mean.mass) == (4.5, pytest.approx(2 / 3))
    none = sampled.averaged("x", ["It never ends", ""], (1, 5))
    assert (none.score, none.mass, none.raw) == (None, 0.0, "It never ends" + sampled.BETWEEN)


def test_a_rubric_is_a_judge_by_its_path_and_its_content_is_hashed(chatting, pairs, tmp_path):
    path = tmp_path / "mine.md"
    path.write_text("Is it short? Give one number from 1 to 3.", "utf-8")
    first = rated(chatting, pairs, [str(path)])
    assert {row["judge"] for row in first} == {"mine"}
    assert all(row["score"] is None or 1 <= row["score"] <= 3 for row in first)
    before = judging.hash_of(["rating", str(path), "dual_likelihood"])
    assert set(before) == {"five_level", str(path)}
    path.write_text("Is it long? Give one number from 1 to 3.", "utf-8")
    after = judging.hash_of(["rating", str(path), "dual_likelihood"])
    assert after["five_level"] == before["five_level"] and after[str(path)] != before[str(path)]


def test_two_rubrics_of_the_same_name_are_not_taken_for_one(chatting, pairs, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.md").write_text(f"Rubric {folder}, from 1 to 5.", "utf-8")
    with pytest.raises(ValueError, match="two judges are called 'mine': rename one"):
        rated(chatting, pairs, [str(tmp_path / folder / "mine.md") for folder in ("a", "b")])
    for name in ("dual_likelihood", "rating"):
        (tmp_path / f"{name}.md").write_text("Is it long? Give one number from 1 to 3.", "utf-8")
        with pytest.raises(ValueError, match=f"has the name of the kit's judge '{name}'"):
            rated(chatting, pairs, [str(tmp_path / f"{name}.md")])


def test_an_empty_or_unknown_rubric_is_an_error_and_one_longer_than_the_context_is_counted(chatting, pairs, tmp_path):
    empty, long = tmp_path / "empty.md", tmp_path / "long.md"
    empty.write_text(" \n", "utf-8")
    long.write_text("copper melts " * 400 + "from 1 to 5", "utf-8")
    with pytest.raises(ValueError, match="is empty: write down"):
        rated(chatting, pairs, [str(empty)])
    with pytest.raises(ValueError, match="there is no judge 'nobody'"):
        rated(chatting, pairs, ["nobody"])
    batches = list(judging.rate(chatting, pairs, ["log p(y|x)", "short", str(long)], adapter=None, backward=None, tag=""))
    assert {(row["judge"], row["score"], row["raw"]) for row in batches[0]} == {("long", None, RUBRIC_TOO_LONG)}
    assert len(batches[0]) == len(pairs), "it is said before anything is rated"
    assert "long" not in {row["judge"] for batch in batches[1:] for row in batch}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        ("\u200b\n---\n\u00a0".encode(), "is empty"),
        ("Give a number from 1 to 5 f\u00fcr it".encode("latin-1"), "is no text in UTF-8: save it as one"),
        ("Give a number from 1 to 5".encode("utf-16"), "is no text in UTF-8"),
        (b"Give a number from 5 to 1.", "goes from 5 to 1: write the lower number first"),
        (b"{instruction} {answer_a} {answer_b}", "is for two answers"),
        (None, "is a folder: give the path of a rubric"),
    ],
)
def test_a_rubric_that_cannot_be_used_is_said_before_anything_is_rated(dense, pairs, tmp_path, content, said):
    path = tmp_path / "mine.md"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(ValueError, match=said):
        next(judging.rate(dense, pairs, ["log p(y|x)", str(path)], adapter=None, backward=None, tag=""))


def test_a_model_that_reads_no_rubric_says_of_a_readers_own_that_it_is_too_long(dense, pairs, tmp_path):
    path = tmp_path / "mine.md"
    path.write_text("copper melts " * 400 + "from 1 to 5", "utf-8")
    rows = rated(dense, pairs, ["rating", str(path)])
    reasons = {judge: {row["raw"] for row in rows if row["judge"] == judge} for judge in ("rating", "mine")}
    assert reasons["mine"] == {RUBRIC_TOO_LONG} != reasons["rating"]


def test_a_scale_that_cannot_be_read_is_said_before_another_judge_rates(chatting, pairs, tmp_path):
    path = tmp_path / "mine.md"
    path.write_text("Give one number from 1 to 10.", "utf-8")
    with pytest.raises(ValueError, match="10 is no single digit"):
        next(judging.rate(chatting, pairs, ["short", str(path)], adapter=None, backward=None, tag=""))


def test_a_model_that_cannot_read_a_rubric_says_so(dense, chatting):
    assert judging.reads_rubric(chatting)
    chatting.tokenizer.chat_template = None
    assert not judging.reads_rubric(dense)
    assert "cannot read a rubric" in judging.IGNORES_RUBRIC


def test_adding_a_judge_is_one_record(chatting, pairs, monkeypatch):
    added = judges.Judge("PMI of the instruction", "x|y", "gain", "backward", "what the output adds to the instruction")
    monkeypatch.setitem(judges.JUDGES, added.name, added)
    rows = rated(chatting, pairs, [added.name])
    assert {row["judge"] for row in rows} == {added.name}
    assert all(row["score"] is not None for row in rows)
