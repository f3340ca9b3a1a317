"""Intervals: they are paired and by family, and cover a known true value about as often as they say."""

import numpy as np
import pandas as pd
import pytest

from helpers import stats


def grades(values: dict[str, np.ndarray], draws: int = 1) -> pd.DataFrame:
    """A table from arm -> array (families, prompts); the same in each draw."""
    rows = [
        {"arm": arm, "draw": draw, "prompt_id": f"{f}-{p}", "family": f"f{f}", "score": float(value)}
        for arm, table in values.items()
        for draw in range(draws)
        for (f, p), value in np.ndenumerate(table)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (5, 40)], ids=str)
def test_a_handful_of_units_that_all_lie_on_one_side_tells_nothing(shape):
    table = np.full(shape, 0.2)
    found = stats.difference(grades({"a": table + 0.3, "b": table}), "a", "b")
    assert found.value == pytest.approx(0.3) and np.isnan([found.low, found.high]).all()
    assert str(found) == "+0.300 [too few to tell]"


@pytest.mark.parametrize("shape", [(1, 6), (6, 1)], ids=str)
def test_six_units_are_the_fewest_with_an_interval(shape):
    table = np.full(shape, 0.2)
    found = stats.difference(grades({"a": table + 0.3, "b": table}), "a", "b")
    assert (found.low, found.high) == pytest.approx((0.3, 0.3))


def test_identical_arms_differ_by_nothing_with_an_interval_of_nothing():
    table = np.random.default_rng(0).random((6, 5))
    found = stats.difference(grades({"a": table, "b": table}, draws=2), "a", "b")
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)
    assert (found.prompts, found.families, found.draws) == (30, 6, 2)


def test_differences_are_paired_by_prompt():
    noise = np.random.default_rng(0).random((8, 10)) * 0.9
    found = stats.difference(grades({"a": noise + 0.1, "b": noise}), "a", "b")
    assert (found.value, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1))


def test_a_prompt_that_one_arm_did_not_answer_is_left_out_and_so_is_one_that_the_grader_could_not_read():
    table = grades({"a": np.full((2, 2), 0.5), "b": np.full((2, 2), 0.25)})
    table.loc[table.index[0], "score"] = None
    found = stats.paired(table.drop(table.index[-1]), "a", "b").set_index("prompt_id").value
    assert found.to_dict() == {"0-1": 0.25, "1-0": 0.25}
    assert stats.score(table, "a").value == pytest.approx(0.5)


def test_arms_without_a_common_prompt_have_no_difference():
    table = grades({"a": np.full((2, 2), 0.5), "b": np.full((2, 2), 0.25)})
    apart = table[(table.arm == "a") == table.prompt_id.str.startswith("0")]
    found = stats.difference(apart, "a", "b")
    assert found.prompts == found.families == found.draws == 0 and np.isnan([found.value, found.low, found.high]).all()
    assert np.isnan(stats.score(table.assign(score=None), "a").value), "nor has an arm a score that no grader could give"


def test_families_are_the_unit_and_a_big_one_does_not_dominate():
    rows = [{"family": "big", "p": n, "score": 1.0} for n in range(1000)]
    rows += [{"family": f"small{n}", "p": n, "score": 0.0} for n in range(9)]
    table = pd.DataFrame(rows).assign(arm="a", draw=0, prompt_id=lambda r: r.family + r.p.astype(str))
    found = stats.score(table, "a")
    assert found.value == pytest.approx(0.1)
    assert found.low == 0.0
    assert found.high >= 0.3, "the big family is in or out as a whole"


def test_over_prompts_a_big_family_counts_by_its_prompts_and_is_still_one_unit():
    sizes = {f"f{n}": 2 for n in range(7)} | {"big": 40}
    rows = [("A", 0, f"{family} {n}", family, float(family == "big")) for family, size in sizes.items() for n in range(size)]
    rows = pd.DataFrame(rows, columns=["arm", "draw", "prompt_id", "family", "score"])
    found = stats.score(rows, "A", over_prompts=True)
    assert found.value == pytest.approx(40 / 54) and stats.score(rows, "A").value == pytest.approx(1 / 8)
    assert found.low == 0 and found.high > 0.9, "many resamples do not hold the big family"
    alike = rows[rows.prompt_id.str[-2:].isin([" 0", " 1"])].assign(score=np.arange(16.0))
    assert str(stats.score(alike, "A", over_prompts=True)) == str(stats.score(alike, "A"))


def test_a_group_without_prompts_is_no_group():
    rows = pd.DataFrame({"in_seed": [True, False, True]})
    assert {name: len(found) for name, found in stats.groups(rows).items()} == {"not in the seed": 1, "in the seed": 2}
    assert list(stats.groups(rows[rows.in_seed])) == ["in the seed"]
    assert list(stats.groups(rows[~rows.in_seed])) == ["all prompts"]


def test_draws_are_averaged_before_prompts_are_resampled():
    table = np.random.default_rng(1).random((6, 6))
    one, three = (stats.score(grades({"a": table}, draws=n), "a") for n in (1, 3))
    assert (three.value, three.low, three.high) == pytest.approx((one.value, one.low, one.high))
    assert three.draws == 3


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    rng, covered = np.random.default_rng(2), 0
    for trial in range(150):
        families = rng.normal(0.5, 0.1, size=(20, 1))
        table = families + rng.normal(0, 0.2, size=(20, 8))
        found = stats.score(grades({"a": table}), "a", resamples=400, seed=trial)
        covered += found.low <= 0.5 <= found.high
    assert 0.86 <= covered / 150 <= 0.995


def test_the_interval_is_a_function_of_data_and_seed():
    table = grades({"a": np.random.default_rng(3).random((6, 5))})
    assert stats.score(table, "a", seed=1) == stats.score(table, "a", seed=1) != stats.score(table, "a", seed=2)


@pytest.mark.parametrize("use", [lambda g: stats.score(g, "z"), lambda g: stats.difference(g, "a", "z")])
def test_an_arm_without_grades_is_an_error_that_lists_those_there_are(use):
    with pytest.raises(ValueError, match="no grades of arm .*z.*there are a, b"):
        use(grades({"a": np.zeros((1, 1)), "b": np.zeros((1, 1))}))


def slow_auc(good, bad) -> float:
    return float(np.mean([(g > b) + (g == b) / 2 for g in good for b in bad]))


def test_auc_equals_its_slow_and_obvious_twin():
    rng = np.random.default_rng(4)
    for _ in range(10):
        good, bad = rng.integers(0, 6, 15), rng.integers(0, 5, 11)
        assert stats.auc(good, bad) == pytest.approx(slow_auc(good, bad))
    assert stats.auc([2, 3], [0, 1]) == 1.0
    assert stats.auc([1, 1], [1]) == 0.5
    assert np.isnan(stats.auc([], [1]))


def test_auc_within_groups_does_not_see_differences_between_them():
    frame = pd.DataFrame(
        {"score": [1, 2, 11, 12, 12, 99], "good": [False, True, False, True, True, True], "group": list("aabbbc")}
    )
    assert stats.auc_within(frame.score, frame.good, frame.group) == 1.0
    assert stats.auc(frame[frame.good].score, frame[~frame.good].score) == pytest.approx(7 / 8)


def test_the_interval_of_an_auc_holds_it():
    rng = np.random.default_rng(5)
    good, bad = rng.normal(1, 1, 80), rng.normal(0, 1, 80)
    low, high = stats.auc_interval(good, bad)
    assert 0.5 < low < stats.auc(good, bad) < high < 1


@pytest.fixture
def judged() -> pd.DataFrame:
    """600 pairs of 12 families, half of them bad. The old judge guesses; the new one recognises bad pairs."""
    rng = np.random.default_rng(0)
    right = np.arange(600) % 2 == 0
    return pd.DataFrame(
        {
            "pair_id": [f"p{n}" for n in range(600)],
            "draw": 0,
            "old": rng.random(600),
            "new": right + rng.random(600),
            "right": right,
            "wrong": np.where(right, "", np.where(np.arange(600) % 4 == 1, "spam", "mixed")),
            "family": np.where(np.arange(600) % 4 == 1, None, rng.choice(list("abcdefghijkl"), 600)),
        }
    )


def test_a_judge_that_became_better_has_an_interval_above_zero_for_every_kind(judged):
    table = stats.judge_gains(judged).set_index("kind")
    assert table.n.to_dict() == {"mixed": 150, "spam": 150, "all": 300}
    assert (table.new == 1).all()
    assert table.old.between(0.4, 0.6).all()
    assert (table.value - (table.new - table.old)).abs().max() < 0.002
    assert (table.low > 0.3).all()
    assert (table.high < 0.7).all()


def test_the_gain_is_the_difference_of_two_aucs_and_leaves_out_what_one_judge_could_not_rate(judged):
    judged.loc[:9, "old"] = np.nan
    gain = stats.auc_gain(judged.assign(group=judged.pair_id))
    rated = judged[10:]
    for name in ("old", "new"):
        assert gain[name] == pytest.approx(stats.auc(rated[rated.right][name], rated[~rated.right][name]))
    assert gain["value"] == gain["new"] - gain["old"]


def test_the_same_judge_twice_gains_nothing(judged):
    gain = stats.auc_gain(judged.assign(new=judged.old.round(1), old=judged.old.round(1), group=judged.pair_id))
    assert (gain["value"], gain["low"], gain["high"]) == (0, 0, 0)


def test_without_bad_pairs_there_is_no_gain(judged):
    assert np.isnan(stats.auc_gain(judged[judged.right].assign(group="g"))["value"])


def test_pairs_are_compared_within_their_draw(judged):
    perfect = judged.assign(old=judged.right + judged.old, new=judged.new)
    other = perfect.assign(draw=1, new=perfect.new + 1.5)
    gain = stats.auc_gain(pd.concat([perfect, other]).assign(group=lambda rows: rows.pair_id))
    assert (gain["old"], gain["new"], gain["value"]) == (1, 1, 0), "another level in another draw is no loss"
