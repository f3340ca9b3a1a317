"""From ratings to kept pairs: ranks, rules, reasons, and the pairs on which a reader overrules the rule."""

import json
from dataclasses import FrozenInstanceError, replace
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest

from helpers import curation, notebooks
from helpers.curation import LIKELIHOODS, Decision

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


@pytest.mark.parametrize(
    ("hygiene", "said"),
    [
        (["", "", "", "", "copy,leak", ""], "of 6 pairs, whose highest score is 4.50"),
        (["copy", "", "", "", "", ""], "of 6 pairs, whose highest score is 5.00"),
        (["length"] * 5 + ["copy,leak"], r"of 6 pairs: none is free of hygiene flags \(length 5, copy 1\)"),
        (["copy", "copy", "", "copy", "copy", "copy"], "of 6 pairs: no pair without a hygiene flag has a score"),
    ],
)
def test_an_error_about_an_empty_choice_names_the_highest_score_that_could_be_kept_or_the_flags(hygiene, said):
    from helpers import method

    rated = ratings(rating=[4.5, 4.5, None, 4.4, 5.0, 1.0])
    with pytest.raises(ValueError, match=f"rating at_least 5.1 keeps none {said}"):
        method.decide(CANDIDATES.assign(hygiene=hygiene), rated, Decision(("rating",), "at_least", 5.1))


def test_an_error_about_an_empty_choice_says_that_vetoes_left_nothing():
    from helpers import method

    rated, every = ratings(rating=[4.5, 4.5, None, 4.4, 5.0, 1.0]), tuple(CANDIDATES.pair_id)
    with pytest.raises(ValueError, match="all that have a score are vetoed, so take a veto back"):
        method.decide(CANDIDATES.assign(hygiene=""), rated, Decision(("rating",), "at_least", 1, vetoed=every))


def test_pairs_of_a_decision_that_are_no_candidates_are_told():
    from helpers import method

    decision = Decision(("rating",), "top", 2, vetoed=("nosuchpair",), added=(CANDIDATES.pair_id.iloc[0],))
    with pytest.warns(UserWarning, match="1 of the pairs .* no candidates of this run, .* 'nosuchpair'"):
        method.decide(CANDIDATES, RATED, decision)


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


NAMED = Decision(("rating",), "top", 2, "reader", vetoed=("a", "d"), added=("f", "e", "c", "b"))


def test_a_readers_pairs_leave_or_join_what_the_rule_chose_and_nobody_moves_up():
    decided = curation.decide(CANDIDATES, RATED, NAMED).set_index("pair_id")
    assert decided.reason.to_dict() == {"a": "vetoed", "b": "kept", "c": "added", "d": "below", "e": "copy", "f": "added"}
    assert decided.kept.to_dict() == {"a": False, "b": True, "c": True, "d": False, "e": False, "f": True}


def test_notebook_04_shows_the_edge_of_the_rule_whatever_a_reader_vetoes_and_adds():
    told = nbformat.read(notebooks.FOLDER / "04_self_curation.ipynb", as_version=4).cells
    shown = {"pd": pd, "decision": NAMED, "figures": SimpleNamespace(scores=lambda *_, **__: None)}
    shown["decided"] = curation.decide(CANDIDATES, RATED, NAMED).assign(instruction="", output="")
    for cell in (cell.source for cell in told if cell.source.startswith(("by_rule =", "ranked ="))):
        exec(cell, shown)
    assert (shown["edge"], shown["place"]) == (4.5, 2), "the score of the second best pair"


def test_labels_enter_a_decision_only_where_they_change_it():
    before = Decision(("rating",), "top", 2, "reader", vetoed=("b",))
    decision = curation.labelled(CANDIDATES, RATED, before, good=["b", "d", "e", "elsewhere"], bad=["a", "f", "elsewhere"])
    assert (decision.vetoed, decision.added) == (("a",), ("d",))
    assert kept(decision) == "bd"
    assert (decision.rule, decision.value, decision.made_by) == ("top", 2, "reader")


def test_a_decision_survives_its_record_and_cannot_be_changed():
    assert Decision.of(json.loads(json.dumps(NAMED.record()))) == NAMED
    assert Decision.of({"judge": "rating", "rule": "top", "value": 7}) == Decision(("rating",), "top", 7)
    assert Decision(["rating"], "top", 7, added=["a"]) == Decision(("rating",), "top", 7, added=("a",))
    with pytest.raises(FrozenInstanceError):
        NAMED.value = 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value": float("nan")}, "needs a number"),
        ({"value": "7"}, "needs a number"),
        ({"value": True}, "needs a number"),
        ({"value": -1}, "whole number of pairs"),
        ({"value": 2.5}, "whole number of pairs"),
        ({"rule": "quantile", "value": 1.2}, "share from 0 to 1"),
        ({"judge": []}, "needs one judge"),
        ({"judge": ["rating", "rating"]}, "needs one judge or several different"),
        ({"vetoed": "abc"}, "vetoed is 'abc': a decision needs a list of strings"),
        ({"judge": 3}, "judge is 3: a decision needs a list"),
        ({"judge": [["rating"]]}, "judge is .* a decision needs a list"),
        ({"judge": ""}, "judge is .* a decision needs a list"),
        ({"vetoed": None}, "vetoed is None"),
        ({"added": [17]}, "added is .*17"),
        ({"vetoed": ["a"], "added": ["a"]}, "pair a is both vetoed and added"),
        ({"surprise": 1}, "an unknown surprise"),
    ],
)
def test_an_impossible_decision_is_refused_with_the_reason(change, said):
    with pytest.raises(ValueError, match=said):
        Decision.of({"judge": "rating", "rule": "top", "value": 7} | change)


def test_a_record_without_its_rule_is_refused():
    with pytest.raises(ValueError, match="no rule, no value"):
        Decision.of({"judge": "rating"})


@pytest.mark.parametrize(
    ("rule", "value", "vetoed", "nearest", "keeps"),
    [
        ("at_least", 6.0, (), 5.0, "a"),
        ("at_least", 6.0, ("a", "b"), 4.4, "d"),
        ("at_least", 4.5, ("a", "b"), 4.4, "d"),
        ("top", 0, (), 1, "a"),
        ("top", 2, ("a", "b"), 3, "d"),
        ("quantile", 0.0, (), 0.25, "a"),
        ("quantile", 0.1, ("a",), 0.5, "b"),
    ],
)
def test_the_nearest_threshold_keeps_at_least_one(rule, value, vetoed, nearest, keeps):
    empty = Decision(("rating",), rule, value, vetoed=vetoed)
    assert kept(empty) == ""
    found = curation.nearest(CANDIDATES, RATED, empty)
    assert found == replace(empty, value=nearest)
    assert kept(found) == keeps


def test_a_threshold_that_keeps_a_pair_is_its_own_nearest_and_without_a_pair_to_keep_there_is_none():
    some = Decision(("rating",), "top", 2)
    assert curation.nearest(CANDIDATES, RATED, some) == some
    assert curation.nearest(CANDIDATES.assign(hygiene="copy"), RATED, some) is None
    assert curation.nearest(CANDIDATES, RATED, replace(some, vetoed=tuple("abdf"))) is None
    assert kept(replace(some, value=0, added=("f",))) == "f"


def test_shuffled_pairs_have_the_output_of_another_pair():
    pairs = pd.DataFrame({"instruction": [f"x{n}" for n in range(9)], "output": [f"y{n}" for n in range(9)]})
    mixed = curation.shuffled(pairs, 6, seed=1)
    assert len(mixed) == 6
    assert all(x[1:] != y[1:] for x, y in zip(mixed.instruction, mixed.output, strict=True))
    assert mixed.equals(curation.shuffled(pairs, 6, seed=1))


def test_a_sum_of_judges_is_called_by_its_name_where_it_has_one():
    assert curation.called(("rating",)) == "rating"
    assert curation.called(LIKELIHOODS) == "dual_likelihood"
    assert curation.called(("rating", "margin")) == "rating + margin, ranks added"
