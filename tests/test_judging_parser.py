"""The parser of judgements against its golden file: it gives the right score, or None if the reply has no clear one."""

import json
from collections import Counter
from pathlib import Path

import pytest

from helpers.judging.parser import parse

GOLDEN = [json.loads(line) for line in (Path(__file__).parent / "golden" / "judgements.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("case", GOLDEN, ids=[f"{n}-{case['class']}" for n, case in enumerate(GOLDEN)])
def test_a_judgement_is_read_right_or_not_at_all(case):
    assert parse(case["reply"], tuple(case.get("scale", (1, 5)))) == case["score"]


def test_the_golden_file_holds_many_judgements_of_every_class_readable_and_not():
    assert len(GOLDEN) >= 150
    assert len(Counter(case["class"] for case in GOLDEN)) >= 15
    unreadable = sum(case["score"] is None for case in GOLDEN)
    assert 50 <= unreadable <= len(GOLDEN) - 50


@pytest.mark.parametrize("around", ["{}", "I read it twice.\n\n{}", "> {}\n", "{}\n\nLet me know if you have questions."])
@pytest.mark.parametrize("score", ["1", "3.5", "5"])
def test_a_score_line_is_read_wherever_it_stands_in_the_reply(around, score):
    assert parse(around.format(f"Score: {score}")) == float(score)


@pytest.mark.parametrize("scale", [(1, 5), (0, 5), (1, 10)])
def test_no_score_outside_of_the_scale_is_ever_read(scale):
    for number in (-1, 0, 1, 4, 5, 6, 10, 11, 100):
        read = parse(f"Score: {number}", scale)
        assert read == (number if scale[0] <= number <= scale[1] else None)


def test_a_long_reply_takes_no_long_time():
    hostile = ("Score: ", "1 + ", "*", "<think>", "score (", "is a ", "a 4 or a ", "| a ", "4 out of ", "1: bad, ", "\\boxed{")
    for once in hostile:
        assert parse(once * 3_000) is None
