"""The comparison of two runs: settings, kept sets, differences, answers."""

import numpy as np
import pandas as pd
import pytest
from widget_pairs import synthetic_pairs

from helpers import stats
from helpers.widgets import ComparePanel, compare

PAIRS = synthetic_pairs(40)
ONE, TWO = PAIRS.iloc[:20], PAIRS.iloc[15:30]
NAMES = ("tiny", "strict")


def grades(gain=0.3, arms=("M_0", "M_1")):
    rng, rows = np.random.default_rng(0), []
    for prompt in range(48):
        base = rng.uniform(0, 0.6)
        for run, more in zip(NAMES, (0.0, gain), strict=True):
            for arm in arms:
                score = base + (more if arm == "M_1" else 0.0)
                rows.append((run, arm, 0, f"p{prompt}", f"f{prompt % 24}", prompt % 24 < 8, score))
    return pd.DataFrame(rows, columns=["run", "arm", "draw", "prompt_id", "family", "in_seed", "score"])


def test_settings_are_joined_by_dots_and_only_those_that_differ_are_listed():
    one = {"curation": {"rule": "top", "value": 600}, "draw": 0, "arms": ["a"]}
    two = {"curation": {"rule": "top", "value": 300}, "draw": 0, "arms": ["a"], "new": True}
    found = compare.settings_that_differ(one, two)
    assert found.to_numpy().tolist() == [["curation.value", "600", "300"], ["new", "(none)", "True"]]
    assert compare.settings_that_differ(one, one).empty


def test_the_overlap_of_a_hand_worked_example():
    assert compare.overlap(ONE, TWO) == {"both": 5, "only_first": 15, "only_second": 10, "share": 5 / 30}
    assert np.isnan(compare.overlap(ONE.head(0), ONE.head(0))["share"])


def test_differences_are_paired_within_an_arm_and_apart_by_kind_of_family():
    found = compare.differences(grades(), NAMES, resamples=200).set_index(["arm", "families"])
    assert found.loc[("M_0", "not in the seed"), ["value", "low", "high"]].tolist() == pytest.approx([0, 0, 0])
    assert found.loc[("M_1", "in the seed"), ["value", "low", "high"]].tolist() == pytest.approx([0.3] * 3)
    assert found.loc[("M_1", "in the seed"), "n"] == 16
    unseen = grades()[lambda rows: (rows.arm == "M_1") & ~rows.in_seed]
    by_hand = stats.score(unseen.assign(arm=unseen.run), "strict").value
    assert found.loc[("M_1", "not in the seed"), "second"] == pytest.approx(by_hand)


def test_both_scores_are_of_the_prompts_that_the_difference_is_about():
    rows = grades().drop(columns="in_seed")
    easy = rows[rows.run == "strict"].assign(score=9.0)
    rows = pd.concat([rows, easy.assign(prompt_id="only " + easy.prompt_id), easy.assign(draw=1)])
    unread = (rows.run == "tiny") & (rows.prompt_id == "p7")
    found = compare.differences(rows.assign(score=rows.score.mask(unread)), NAMES, resamples=50).set_index("arm")
    assert (found.second - found["first"]).to_numpy() == pytest.approx(found.value.to_numpy())
    assert found.n.tolist() == [47, 47]


@pytest.mark.parametrize("change", [lambda rows: rows.assign(in_seed=False), lambda rows: rows.drop(columns="in_seed")])
def test_where_nobody_knows_what_the_seed_shows_all_prompts_are_one_group(change):
    assert set(compare.differences(change(grades()), NAMES, resamples=50).families) == {"all prompts"}


def test_arms_that_one_run_lacks_and_prompts_that_differ_are_left_out():
    rows = grades()
    rows = rows[~((rows.run == "strict") & (rows.arm == "M_1"))]
    assert set(compare.differences(rows, NAMES, resamples=50).arm) == {"M_0"}
    apart = rows.assign(prompt_id=rows.run + rows.prompt_id)
    assert compare.differences(apart, NAMES, resamples=50).value.isna().all()


@pytest.mark.parametrize(
    ("change", "thing"),
    [
        (lambda rows: rows.assign(draw=rows.run.map({"tiny": 0, "strict": 1})), "draw"),
        (lambda rows: rows.assign(prompt_id=rows.run + rows.prompt_id), "graded prompt"),
        (lambda rows: rows.assign(arm=rows.run), "graded arm"),
        (lambda rows: rows.assign(score=rows.score.where(rows.run == "tiny")), "graded arm"),
    ],
)
def test_runs_that_cannot_be_compared_say_what_they_have_not_in_common(change, thing):
    said = compare.page(NAMES, ONE, TWO, grades=change(grades()))
    assert f"The runs have no {thing} in common" in said and "nan" not in said
    assert compare.apart(grades(), NAMES) == ""


def test_an_arm_without_a_common_prompt_says_so_beside_the_others():
    rows = grades()
    alone = (rows.arm == "M_1") & ((rows.prompt_id > "p3") == (rows.run == "tiny"))
    said = compare.page(NAMES, ONE, TWO, grades=rows[~alone])
    assert "no prompt in common" in said and "nan" not in said


def test_several_grades_of_one_answer_are_refused():
    twice = pd.concat([grades().assign(mode="both"), grades().assign(mode="seed")])
    with pytest.raises(ValueError, match="under one mode, by one grader"):
        compare.differences(twice, NAMES, resamples=50)


def test_the_page_says_all_of_it_and_intervals_that_leave_out_nothing_are_bold():
    page = compare.page(NAMES, ONE, TWO, settings=({"n": 1}, {"n": 2}), grades=grades())
    assert all(words in page for words in ("Settings that differ", "Pairs kept: 20 and 15", "Only in tiny", "Only in strict"))
    assert "<b>+0.300 [+0.300, +0.300]</b>" in page and "<b>+0.000" not in page
    assert "No setting differs" in compare.page(NAMES, ONE, TWO)
    assert "Pairs kept in iteration 2: 20 and 15" in compare.page(NAMES, ONE, TWO, iteration=2)


def test_a_run_is_not_compared_with_itself():
    with pytest.raises(ValueError, match="'tiny' cannot be compared with itself"):
        ComparePanel(("tiny", "tiny"), ONE, TWO)


def test_answers_of_a_shared_arm_can_be_read_and_the_arm_changed():
    rows = [(run, arm, p, f"{arm} in {run} says {p}") for run in NAMES for arm in ("M_0", "M_1") for p in ("p1", "p2")]
    rows.append(("tiny", "lonely", "p1", "nobody to compare with"))
    answers = pd.DataFrame(rows, columns=["run", "arm", "prompt_id", "text"])
    prompts = pd.DataFrame({"prompt_id": ["p1", "p2"], "instruction": ["First?", "Second?"]})
    panel = ComparePanel(NAMES, ONE, TWO, grades=grades(), answers=answers, prompts=prompts)
    assert panel.arm.options == ("M_1", "M_0")
    assert "M_1 in tiny says" in panel.static().data and "M_1 in strict says" in panel.static().data
    panel.arm.value = "M_0"
    assert "M_0 in strict says" in panel.static().data and "M_1 in" not in panel.static().data
