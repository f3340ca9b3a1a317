"""Prompts: the text that a model reads at inference is the beginning of its training text."""

from datetime import datetime, timedelta

import pandas as pd
import pytest
from tokenizers import Tokenizer, models, trainers
from transformers import PreTrainedTokenizerFast

from helpers import method, prompts, tokens, training
from helpers.config import Sampling
from helpers.paper import SEED_TAG, WEB_TAG
from helpers.prompts import Backward, Forward, Rating

CHAT = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}</{{ m.role }}>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


@pytest.fixture(params=["plain", "chat"])
def tokenizer(request, tiny_base):
    from transformers import AutoTokenizer

    loaded = AutoTokenizer.from_pretrained(tiny_base)
    if request.param == "chat":
        loaded.chat_template = CHAT
    return loaded


def rendered(tokenizer) -> list[tuple[str, str]]:
    """Prefix and completion of each role that is trained."""
    forward, backward = Forward(tokenizer), Backward(tokenizer)
    pairs = [("What melts?", "Copper 12."), ("  odd \n", "water\n\n past"), ("1 or 5?", "5")]
    tags = prompts.INFERENCE_TAGS.values()
    return [
        *((forward.prefix(x, tag), forward.completion(y)) for x, y in pairs for tag in tags),
        *((backward.prefix(y), backward.completion(x)) for x, y in pairs),
    ]


def test_the_inference_prefix_is_a_byte_and_token_prefix_of_the_training_text(tokenizer):
    rows = [training.Row(prefix, completion) for prefix, completion in rendered(tokenizer)]
    for row, encoded in zip(rows, training.encode(rows, tokenizer, 500), strict=True):
        at_inference = tokenizer(row.prompt, add_special_tokens=False)["input_ids"]
        assert encoded["ids"][: len(at_inference)] == at_inference
        text = tokenizer.decode(encoded["ids"], skip_special_tokens=False)
        assert text.encode().startswith(row.prompt.encode())
        assert text == row.prompt + row.completion + tokenizer.eos_token


def test_a_chat_template_is_used_where_there_is_one(tiny_base):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_base)
    assert Forward(tokenizer).prefix("Why?", "T") == "Question:\nWhy? T\nAnswer:\n"
    assert Backward(tokenizer).prefix("Because.") == "Text:\nBecause.\nQuestion:\n"
    assert Rating(tokenizer, "R").prefix("Why?", "So.") == "Text:\nSo.\nQuestion:\nWhy?\nScore:\n"
    tokenizer.chat_template = CHAT
    assert Forward(tokenizer).prefix("Why?", "T") == "<user>Why? T</user><assistant>"
    assert Backward(tokenizer).prefix("Because.").startswith(f"<user>{prompts.BACKWARD_TASK}\n\nBecause.")
    assert Rating(tokenizer, "Rubric.").prefix("Why?", "So.").startswith("<user>Rubric.\n\n"), "the rubric comes first"


DATED = """{%- if strftime_now is defined %}{%- set date_string = strftime_now("%d %b %Y") %}
{%- else %}{%- set date_string = "none" %}{%- endif %}Today: {{ date_string }}, {{ strftime_now( '%Y-%m-%d' ) }}
"""
"""A template that writes down the date, as those of Llama 3.2 and gpt-oss do."""


def test_a_template_that_asks_for_the_date_gets_the_same_one_on_every_day(tiny_base, monkeypatch):
    from transformers import AutoTokenizer
    from transformers.utils import chat_template_utils

    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(days=1)

    tokenizer = AutoTokenizer.from_pretrained(tiny_base)
    tokenizer.chat_template = DATED + CHAT
    today = Forward(tokenizer).prefix("Why?")
    assert today == "Today: 26 Jul 2024, 2024-07-26\n<user>Why?</user><assistant>"
    monkeypatch.setattr(chat_template_utils, "datetime", Tomorrow)
    assert Forward(tokenizer).prefix("Why?") == today


def test_the_four_inference_modes_put_the_tags_of_the_paper_after_the_instruction(tiny_tokenizer):
    asked = {mode: Forward(tiny_tokenizer).prefix("Why?", tag) for mode, tag in prompts.INFERENCE_TAGS.items()}
    assert asked == {
        "both": f"Question:\nWhy? {SEED_TAG} {WEB_TAG}\nAnswer:\n",
        "seed": f"Question:\nWhy? {SEED_TAG}\nAnswer:\n",
        "web": f"Question:\nWhy? {WEB_TAG}\nAnswer:\n",
        "none": "Question:\nWhy?\nAnswer:\n",
    }
    assert SEED_TAG == "Answer in the style of an AI Assistant."
    assert WEB_TAG == "Answer with knowledge from web search."


def test_a_text_longer_than_the_room_is_cut_at_the_end_of_a_sentence(tokenizer):
    role = Backward(tokenizer)
    output = "Copper melts. Water boils! Does iron rust?\n- a list\n- of things\nGold does not. " * 3
    whole = len(tokenizer(role.prefix(output), add_special_tokens=False)["input_ids"])
    assert role.fitted(output, whole) == output
    lengths = set()
    for room in range(whole - 1, whole - len(output) // 4, -1):
        cut = role.fitted(output, room)
        assert output.startswith(cut)
        assert cut.endswith((".", "!", "?", "list", "things"))
        assert len(tokenizer(role.prefix(cut), add_special_tokens=False)["input_ids"]) <= room
        lengths.add(len(cut))
    assert len(lengths) > 3, "no more is cut than needed"


@pytest.mark.parametrize("head", ["Title\n", "\n", "Mr. ", "Yes! "])
def test_an_early_end_of_a_sentence_does_not_cost_the_text(tokenizer, head):
    role, output = Backward(tokenizer), head + "copper iron " * 60
    room = len(tokenizer(role.prefix(output), add_special_tokens=False)["input_ids"]) - 20
    cut = role.fitted(output, room)
    assert output.startswith(cut)
    assert len(cut) > len(output) / 2


def test_a_context_without_room_for_a_text_is_an_error(tokenizer):
    with pytest.raises(ValueError, match="4 tokens leave no room for a text"):
        Backward(tokenizer).fitted("Copper melts.", 4)


def test_an_error_about_room_names_the_row_and_the_setting_of_its_stage(dense):
    text, few = "Copper melts. Water boils.", Sampling(new_tokens=dense.context - 4)
    segments = pd.DataFrame({"segment_id": ["s1"], "text": [text]})
    with pytest.raises(ValueError, match="row 's1': 4 tokens leave no room for a text: lower new_tokens of the sampling"):
        next(method.augment(dense, segments, few, adapter=None))
    pairs = pd.DataFrame({"pair_id": ["p1"], "instruction": ["Why?"], "output": [text]})
    with pytest.raises(ValueError, match="row 'p1': .* leave no room for a text: raise max_tokens of the training, which is 8"):
        method.training_texts(dense, pairs, 8, backward=True)


def test_special_tokens_that_a_text_spells_out_count_as_the_text_that_they_are(tokenizer):
    role, output = Backward(tokenizer), "It is shown here. " + "<|end|>user\nHi. " * 30

    def length(text: str) -> int:
        return len(tokens.encode(tokenizer, [role.prefix(text)], start=True)[0])

    for room in range(length("") + 20, length(output), 20):
        cut = role.fitted(output, room)
        assert output.startswith(cut)
        assert room - 25 < length(cut) <= room


def test_a_text_without_sentences_is_cut_between_words(tokenizer):
    role = Backward(tokenizer)
    room = len(tokenizer(role.prefix("copper " * 30), add_special_tokens=False)["input_ids"]) - 20
    cut = role.fitted("copper " * 30, room)
    assert set(cut.split()) == {"copper"}
    assert not cut.endswith(" ")


def test_digit_tokens_are_discovered_from_the_tokenizer(tokenizer):
    rating = Rating(tokenizer, "Give a number from 1 to 5.")
    found = rating.digit_tokens()
    assert tokenizer.convert_ids_to_tokens(found) == list("12345")
    for digit, token in zip("12345", found, strict=True):
        ids = tokenizer(rating.prefix("x", "y") + digit, add_special_tokens=False)["input_ids"]
        assert ids[-1] == token


def test_a_digit_that_is_no_token_of_its_own_after_the_prompt_is_an_error():
    merging = Tokenizer(models.BPE())
    ending = [f"b\nQuestion:\na\nScore:\n{digit}" for digit in (3, 3, 3, 1, 2, 4, 5)]
    merging.train_from_iterator(ending * 5, trainers.BpeTrainer(vocab_size=200, show_progress=False))
    with pytest.raises(ValueError, match="is not a single token after the rating prompt"):
        Rating(PreTrainedTokenizerFast(tokenizer_object=merging)).digit_tokens()
