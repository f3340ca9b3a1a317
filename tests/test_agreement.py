"""Agreement of judges and labels, and thresholds that are given only if there are enough labels."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from helpers.stats import FEWEST_UNITS, agreement, calibration


@pytest.fixture
def two() -> tuple[pd.Series, pd.Series]:
    rng = np.random.default_rng(0)
    first = pd.Series(rng.integers(0, 6, 40)).astype(float)
    second = (first + rng.integers(-2, 3, 40)).where(rng.random(40) > 0.1)
    return first, second


def test_kendall_equals_its_slow_and_obvious_twin(two):
    first, second = two
    rows = pd.concat([first, second], axis=1).dropna().to_numpy()
    signs = [(np.sign(a[0] - b[0]), np.sign(a[1] - b[1])) for a, b in combinations(rows, 2)]
    slow = sum(x * y for x, y in signs) / np.sqrt(sum(x != 0 for x, _ in signs) * sum(y != 0 for _, y in signs))
    assert agreement.kendall(first, second) == pytest.approx(slow)


def test_spearman_is_the_correlation_of_ranks_and_does_not_see_the_scale(two):
    first, second = two
    both = pd.concat([first, second], axis=1).dropna()
    assert agreement.spearman(first, second) == pytest.approx(both.rank().corr().iloc[0, 1])
    assert agreement.spearman(first.map(np.exp), second) == pytest.approx(agreement.spearman(first, second))
    assert np.isnan(agreement.spearman(first, first * 0))


def test_pairwise_accuracy_counts_pairs_in_the_right_order_and_ties_a_half():
    truth = pd.Series([1, 2, 3, 3])
    assert agreement.pairwise_accuracy(pd.Series([1.0, 2, 3, 4]), truth) == 1
    assert agreement.pairwise_accuracy(pd.Series([4.0, 3, 2, 1]), truth) == 0
    assert agreement.pairwise_accuracy(pd.Series([1.0, 1, 1, 1]), truth) == 0.5
    assert agreement.pairwise_accuracy(pd.Series([1.0, 3, 2, 4]), truth) == pytest.approx(4 / 5)
    assert np.isnan(agreement.pairwise_accuracy(pd.Series([1.0, 2]), pd.Series([1, 1])))


def test_judges_are_compared_two_by_two_on_what_both_rated(two):
    found = agreement.between(pd.DataFrame({"a": two[0], "b": two[1], "c": -two[0]}))
    assert list(zip(found["first"], found["second"], strict=True)) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert found.n.tolist() == [int(two[1].notna().sum()), 40, int(two[1].notna().sum())]
    assert found.spearman[1] == pytest.approx(-1)


def labels(**of) -> pd.DataFrame:
    return pd.DataFrame([(pair, label) for pair, given in of.items() for label in given], columns=["pair_id", "label"])


def test_labels_that_cannot_be_used_are_counted_by_reason():
    scores = pd.Series({"a": 1.0, "b": 2.0, "c": 3.0, "d": np.nan, "e": 5.0})
    given = labels(a=["good"], b=["good", "bad"], c=["bad", "bad"], d=["good"], e=["unsure", "skip"], x=["good"], y=["bad"])
    found = calibration.labelled(scores, given)
    assert found.rows.to_dict("records") == [
        {"pair_id": "a", "score": 1.0, "good": True},
        {"pair_id": "c", "score": 3.0, "good": False},
    ]
    assert found.left_out == {"unknown": 2, "contradictory": 1, "undecided": 1, "unrated": 1}
    assert str(found) == "2 labelled pairs, 1 good (2 unknown, 1 contradictory, 1 undecided, 1 unrated)"


def test_precision_recall_f1_and_auc_have_intervals_that_hold_them():
    rows = pd.DataFrame({"score": [5, 4, 4, 3, 2, 1], "good": [True, True, False, True, False, False]})
    found = calibration.measures(rows, 4)
    assert found.value[["precision", "recall", "f1"]].tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3])
    assert found.value["auc"] == pytest.approx(agreement.auc([5, 4, 3], [4, 2, 1]))
    assert ((found.low <= found.value) & (found.value <= found.high)).all()
    assert found.n.tolist() == [3, 3, 6, 6]
    nothing = calibration.measures(rows, 9)
    assert np.isnan(nothing.value["precision"]) and nothing.value["recall"] == 0


@pytest.mark.parametrize("n", [1, 5, 24, 400])
def test_an_interval_does_not_collapse_where_all_resamples_agree(n):
    best = 1 - 1.96**2 / (n + 1.96**2)  # Wilson (1927), n out of n
    twins = pd.DataFrame({"kind": ["right"] * n + ["menu"] * n, "of": [*range(n)] * 2, "score": [2.0] * n + [1.0] * n})
    assert agreement.auc_interval(np.full(n, 2.0), np.ones(3 * n), resamples=20) == pytest.approx((best, 1))
    assert agreement.auc_interval(np.full(n, 1.0), np.full(n, 2.0), resamples=20) == pytest.approx((0, 1 - best))
    told = {"low": best, "high": 1} if n >= FEWEST_UNITS else dict.fromkeys(("low", "high"), np.nan)
    assert agreement.ordered(twins, resamples=20) == pytest.approx({"value": 1, **told, "n": n}, nan_ok=True)
    kinds = agreement.auc_by_kind(twins, resamples=20).set_index("kind")
    assert kinds.loc["menu", ["auc", "low", "high"]].tolist() == pytest.approx([1, best, 1])
    rows = pd.DataFrame({"score": [2.0] * n + [1.0] * n, "good": [True] * n + [False] * n})
    found = calibration.measures(rows, 2, resamples=20)
    assert found.low[["precision", "recall", "auc"]].tolist() == pytest.approx([best] * 3)
    assert (found.value == 1).all() and (found.high == 1).all()
    curve = calibration.curve(rows, resamples=20)
    assert curve.precision_low.iloc[0] == curve.recall_low.iloc[0] == pytest.approx(best)


@pytest.mark.parametrize("good", [1, 5, 6])
def test_few_groups_on_one_side_tell_no_gain(good):
    right = np.arange(40) < good
    pairs = pd.DataFrame({"draw": 0, "old": 1.0 - right, "new": 1.0 * right, "right": right, "group": np.arange(40)})
    for own in (pairs, pairs.assign(right=~right)):
        assert np.isnan(agreement.auc_gain(own)["low"]) == np.isnan(agreement.auc_gain(own)["high"]) == (good < FEWEST_UNITS)
    assert agreement.auc_gain(pairs)["value"] == 1


def test_the_mean_of_kinds_is_as_sure_as_its_smallest_kind():
    sizes = {"menu": 40, "cut": 5}
    rows = [("right", of, 2.0) for of in range(40)] + [(kind, of, 1.0) for kind, n in sizes.items() for of in range(n)]
    found = agreement.auc_by_kind(pd.DataFrame(rows, columns=["kind", "of", "score"]), resamples=20).set_index("kind")
    assert found.low["mean"] == found.low["cut"] < found.low["menu"] < 1


def test_other_intervals_are_those_of_the_bootstrap():
    assert agreement.uncollapsed(0.9, 0.8, 0.95, 5) == (0.8, 0.95)
    assert np.isnan(agreement.uncollapsed(np.nan, np.nan, np.nan, 0)).all()


def test_two_people_who_always_agree_have_an_interval_and_missing_labels_do_not_count():
    same = pd.Series({"a": "good", "b": "bad", "c": None, "d": "good"})
    n, agree, value, low, high = agreement.kappa(same, same)
    assert (n, agree, value, high) == (3, 1, 1, 1) and -1 < low < 1
    one = pd.Series({"a": "good", "b": "good"})
    assert agreement.kappa(one, one)[:2] == (2, 1) and np.isnan(agreement.kappa(one, one)[2:]).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("seed", range(8))
def test_few_labels_equal_scores_and_unrated_pairs_give_numbers_or_nan_and_no_warning(seed):
    rng = np.random.default_rng(seed)
    for n in range(9):
        scores = rng.integers(1, 1 + rng.integers(1, 4), n).astype(float)
        rows = pd.DataFrame(
            {"score": np.where(rng.random(n) < 0.2, np.nan, scores), "good": rng.random(n) < rng.choice([0, 0.5, 1])}
        )
        calibration.calibrate(rows, 0.5, resamples=20, seed=seed)
        rated = rows.dropna()
        brute = [(a > b) + (a == b) / 2 for a in rated.score[rated.good] for b in rated.score[~rated.good]]
        found = calibration.measures(rated, 2, resamples=20)
        assert found.value["auc"] == pytest.approx(np.mean(brute) if brute else np.nan, nan_ok=True)
        held = (found.low <= found.value) & (found.value <= found.high)
        assert (held | found.value.isna()).all()
        gains = rated.assign(draw=0, new=rated.score, old=1.0, right=rated.good, group=range(len(rated)))
        agreement.auc_gain(gains, resamples=20)


def test_shares_that_never_rise_are_the_least_squares_ones():
    rng = np.random.default_rng(0)
    for n in range(1, 9):
        shares, counts = pd.Series(rng.random(n)), pd.Series(rng.integers(1, 5, n))
        mean = {(i, k): np.average(shares[i : k + 1], weights=counts[i : k + 1]) for i in range(n) for k in range(i, n)}
        slow = [min(max(mean[i, k] for k in range(at, n)) for i in range(at + 1)) for at in range(n)]
        assert calibration._falling(shares, counts) == pytest.approx(slow)


def world(n: int, strength: float, share: float, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    good = rng.random(n) < share
    return pd.DataFrame({"score": rng.normal(size=n) + strength * good, "good": good})


@pytest.mark.parametrize("strength", [0.0, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("n", [100, 2000])
def test_a_threshold_for_90_percent_precision_holds_on_the_other_half_or_is_not_given(n, strength):
    rows, kept = world(n, strength, 0.6, seed=int(n + strength)), 0
    for split in range(20):
        found, other = calibration.calibrate(rows, 0.9, resamples=2, seed=split)
        kept += other is None or 0.85 <= other.value["precision"] <= 0.95
        assert (found.value is None) == bool(found.why)
    assert kept >= 18


def test_a_threshold_is_given_where_there_are_labels_enough():
    given = [calibration.calibrate(world(3000, 2.0, 0.7, seed), 0.9, resamples=2)[0].value is not None for seed in range(5)]
    assert sum(given) >= 4


def test_why_there_is_no_threshold_is_said():
    few = calibration.threshold_for(world(60, 2.0, 0.6, 0), 0.9)
    assert "are needed to be sure" in str(few)
    assert "are needed to be sure" in str(calibration.threshold_for(world(3000, 0.0, 0.3, 0), 0.9))
    blind = calibration.threshold_for(world(3000, 0.0, 0.3, 0).assign(score=3.0), 0.9)
    assert "no threshold reaches a precision above" in str(blind)
    all_good = calibration.threshold_for(world(3000, 1.0, 0.99, 0), 0.9)
    assert "no score lies nearer to 90%" in str(all_good)
    assert "no pair that is known to be good or bad has a score" in str(calibration.threshold_for(world(0, 1.0, 0.5, 0), 0.9))
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        calibration.threshold_for(world(9, 1.0, 0.5, 0), 90)


def test_the_interval_of_a_share_is_that_of_a_published_example_and_stays_between_0_and_1():
    assert agreement.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)  # Newcombe 1998, table I
    assert agreement.wilson(0, 0) == (0.0, 1.0)
    for count, n in ((0, 5), (5, 5), (80, 1000)):
        low, high = agreement.wilson(count, n)
        assert 0 <= low <= count / n <= high <= 1
    assert agreement.uncollapsed(1.0, 1.0, 1.0, 24) == agreement.wilson(24, 24)
