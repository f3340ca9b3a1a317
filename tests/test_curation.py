"""Ratings to kept pairs: ranks, rules, reasons, and the hygiene of instructions."""

import pandas as pd
import pytest

from helpers import curation, tables
from helpers.curation import LIKELIHOODS, Decision
from helpers.generation import Completion

CANDIDATES = pd.DataFrame({"pair_id": list("abcdef"), "hygiene": ["", "", "", "", "copy,leak", ""]})


def ratings(**judges: list[float | None]) -> pd.DataFrame:
    names = {"rating": "rating", "y": LIKELIHOODS[0], "x": LIKELIHOODS[1]}
    rows = [
        {"pair_id": pair, "judge": names[judge], "score": score}
        for judge, scores in judges.items()
        for pair, score in zip("abcdef", scores, strict=True)
    ]
    return pd.DataFrame(rows)


RATED = ratings(rating=[5.0, 4.5, None, 4.4, 5.0, 1.0])


def kept(decision: Decision, rated: pd.DataFrame = RATED) -> str:
    decided = curation.decide(CANDIDATES, rated, decision)
    return "".join(decided[decided.kept].pair_id)


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [("at_least", 4.5, "ab"), ("at_least", 5.1, ""), ("top", 1, "a"), ("top", 3, "abd"), ("quantile", 0.5, "ab")],
)
def test_a_rule_keeps_what_it_says_among_rated_pairs_without_a_flag(rule, value, expected):
    assert kept(Decision(("rating",), rule, value)) == expected


def test_every_pair_has_a_reason_and_the_order_of_rows_does_not_matter():
    decision = Decision(("rating",), "top", 2)
    decided = curation.decide(CANDIDATES, RATED, decision)
    assert decided.reason.tolist() == ["kept", "kept", "unrated", "below", "copy", "below"]
    assert len(decided) == len(CANDIDATES)
    mixed = curation.decide(CANDIDATES.iloc[::-1], RATED.sample(frac=1, random_state=0), decision)
    assert mixed.set_index("pair_id").reason.to_dict() == decided.set_index("pair_id").reason.to_dict()


def test_ties_at_the_edge_go_to_the_smaller_id():
    assert kept(Decision(("rating",), "top", 2), ratings(rating=[1.0, 2.0, 2.0, 2.0, 2.0, 0.0])) == "bc"


def test_dual_likelihood_adds_ranks_and_needs_both():
    rated = ratings(y=[-1.0, -2.0, -3.0, -4.0, -5.0, None], x=[-9.0, -1.0, -3.0, -2.0, -5.0, -1.0])
    score = curation.scores(rated, LIKELIHOODS)
    added = [1.0 + 1 / 6, 0.8 + 5.5 / 6, 0.6 + 3 / 6, 0.4 + 4 / 6, 0.2 + 2 / 6, float("nan")]
    assert score.loc[list("abcdef")].tolist() == pytest.approx(added, nan_ok=True)
    assert kept(Decision(LIKELIHOODS, "top", 2), rated) == "ab"
    assert curation.judges("dual_likelihood") == LIKELIHOODS
    assert curation.judges("rating") == ("rating",)


def test_a_judge_without_ratings_is_an_error_that_lists_those_there_are():
    with pytest.raises(ValueError, match=r"no ratings by log p\(y\|x\); there are rating"):
        curation.scores(RATED, LIKELIHOODS[:1])


def test_an_unknown_rule_is_an_error():
    with pytest.raises(ValueError, match="unknown rule 'best'; there are at_least, top, quantile"):
        Decision(("rating",), "best", 1)


STAGE = "04_self_curation-1"
CHOSEN = {"judge": "rating", "rule": "top", "value": 7, "made_by": "reader"}


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
    assert curation.hygiene(instruction, OUTPUT) == flags


def test_a_candidate_is_named_by_segment_and_instruction():
    made = curation.candidate(Completion("s1", "Tell me about copper.", 6, "eos"), OUTPUT, OUTPUT[:30], adapter="backward")
    assert made["pair_id"] == tables.content_id("s1", "Tell me about copper.")
    assert (made["segment_id"], made["hygiene"], made["finish"], made["tokens"]) == ("s1", "", "eos", 6)
    assert made["cut"], "the model was shown a part of the text"


def test_shuffled_pairs_have_the_output_of_another_pair():
    pairs = pd.DataFrame({"instruction": [f"x{n}" for n in range(9)], "output": [f"y{n}" for n in range(9)]})
    mixed = curation.shuffled(pairs, 6, seed=1)
    assert len(mixed) == 6
    assert all(x[1:] != y[1:] for x, y in zip(mixed.instruction, mixed.output, strict=True))
    assert mixed.equals(curation.shuffled(pairs, 6, seed=1))
