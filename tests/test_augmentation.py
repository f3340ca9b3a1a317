"""The rows of candidates and the hygiene of instructions."""

import pytest

from helpers import augmentation, tables
from helpers.generation import Completion

OUTPUT = "Copper melts at 1085 degrees. It is used in wires because it carries current so well. Romans knew it."


@pytest.mark.parametrize(
    ("instruction", "flags"),
    [
        ("Tell me about copper.", ""),
        ("What is copper used for?", ""),
        ("", "empty"),
        ("  \n", "empty"),
        ("Copper", "length"),
        ("why " * 201, "length"),
        ("Question: what is copper?", "echo"),
        ("Write that instruction: what is copper?", "echo"),
        ("It is used in wires because it carries current", "copy"),
        ("copper melts at  1085 DEGREES. It is used", "copy"),
        ("Why? It is used in wires because it carries current so well. Explain.", "leak"),
    ],
)
def test_unusable_instructions_are_flagged_by_kind(instruction, flags):
    assert augmentation.hygiene(instruction, OUTPUT) == flags


@pytest.mark.parametrize(
    ("instruction", "flags"),
    [
        ("写一首关于春天的诗，并解释它的含义", ""),
        ("春の庭について短い文章を書いてください。", ""),
        ("เขียนบทความสั้น ๆ เกี่ยวกับฤดูใบไม้ผลิ", ""),
        ("诗", "length"),
        ("诗" * 201, "length"),
    ],
)
def test_in_a_script_without_spaces_each_character_counts_as_a_word(instruction, flags):
    assert augmentation.hygiene(instruction, "春天来了，花园里的花都开了。") == flags


def test_a_sentence_of_the_output_leaks_in_a_script_without_spaces_too():
    sentence = "春天的花园里开满了红色和白色的花朵，孩子们每天早晨都在老树下面唱歌跳舞，一直玩到太阳慢慢落山。"
    assert augmentation.hygiene(f"为什么？{sentence}请解释。", f"春天来了。{sentence}大家都很高兴。") == "leak"


def test_a_copied_piece_counts_by_words_in_a_script_without_spaces():
    output = "春天的花园里开满了红色和白色的花朵，孩子们每天早晨都在老树下面唱歌。"
    assert augmentation.hygiene("开满了红色和白色的花朵", output) == "copy"
    assert augmentation.hygiene("红色花", "红色花很美。") == "", "three words are no piece"


def test_a_candidate_is_named_by_segment_and_instruction():
    made = augmentation.candidate(Completion("s1", "Tell me about copper.", 6, "eos"), OUTPUT, OUTPUT[:30], adapter="backward")
    assert made["pair_id"] == tables.content_id("s1", "Tell me about copper.")
    assert (made["segment_id"], made["hygiene"], made["finish"], made["tokens"]) == ("s1", "", "eos", 6)
    assert made["cut"], "the model was shown a part of the text"
