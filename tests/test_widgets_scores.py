"""Ratings lined up with pairs and the arithmetic of a threshold, against slow twins and hand-worked numbers."""

import numpy as np
import pandas as pd
import pytest
from widget_pairs import synthetic_pairs, synthetic_ratings

from helpers.curation import Decision, decide, labelled
from helpers.widgets.scores import Ranking, Scores, quality, strata
from helpers.widgets.verdicts import REASONS, Verdicts, by_reader


@pytest.fixture(scope="module")
def pairs():
    return synthetic_pairs(200)


def test_scores_follow_the_pairs_whatever_the_order_of_the_ratings(pairs):
    ratings = synthetic_ratings(pairs).sample(frac=1, random_state=1)
    scores = Scores(pairs, ratings)
    by_id = ratings.query("judge == 'rating' and iteration == 2").set_index("pair_id")["score"]
    assert np.array_equal(scores.of(("rating", 2)), by_id.reindex(pairs["pair_id"]).to_numpy(), equal_nan=True)
    assert scores.last("rating") == 2
    assert scores.iterations("rating") == [1, 2]


def test_a_pair_without_rating_has_no_score_and_a_repeated_rating_counts_last(pairs):
    ratings = pd.DataFrame({"pair_id": [pairs.pair_id[3]] * 2, "judge": "j", "iteration": 1, "score": [1.0, 2.0]})
    scores = Scores(pairs, ratings).of(("j", 1))
    assert scores[3] == 2.0
    assert np.isnan(np.delete(scores, 3)).all()


def test_ratings_of_other_pairs_are_refused(pairs):
    ratings = synthetic_ratings(pairs).assign(pair_id="elsewhere")
    with pytest.raises(ValueError, match="none of 800 ratings belongs to one of 200 pairs"):
        Scores(pairs, ratings)


def test_a_repeated_pair_is_refused(pairs):
    with pytest.raises(ValueError, match="occurs more than once"):
        Scores(pd.concat([pairs, pairs[:1]]))


def test_an_unknown_judge_is_named_with_the_known_ones(pairs):
    with pytest.raises(KeyError, match="'nobody': the judges here are rating, log p"):
        Scores(pairs, synthetic_ratings(pairs)).last("nobody")


def test_added_ranks_weigh_both_judges_alike_and_need_both():
    pairs = pd.DataFrame({"pair_id": list("abcd")})
    rows = [("a", "x", 1.0), ("b", "x", 2.0), ("c", "x", 3.0), ("d", "x", 4.0)]
    rows += [("a", "y", 300.0), ("b", "y", 200.0), ("c", "y", 100.0)]
    ratings = pd.DataFrame([(p, j, 1, s) for p, j, s in rows], columns=["pair_id", "judge", "iteration", "score"])
    added = Scores(pairs, ratings).combined(("x", "y"))
    assert added[:3] == pytest.approx([1 / 4 + 1, 2 / 4 + 2 / 3, 3 / 4 + 1 / 3])
    assert np.isnan(added[3])


def test_ranking_counts_what_a_plain_comparison_counts():
    scores = np.random.default_rng(0).choice([1.0, 2.0, 2.5, np.nan], 300)
    ranking = Ranking(scores)
    for threshold in (0.5, 1.0, 1.5, 2.0, 2.5, 3.0):
        assert ranking.count(threshold) == int((scores >= threshold).sum())
    assert list(ranking.rows) == sorted(np.flatnonzero(~np.isnan(scores)), key=lambda row: (-scores[row], row))


@pytest.mark.parametrize(
    ("rule", "value", "kept"),
    [("top", 3, 3), ("top", 99, 10), ("at_least", 7.0, 3), ("quantile", 0.1, 1), ("quantile", 1, 10)],
)
def test_each_rule_keeps_what_it_says(rule, value, kept):
    assert Ranking(np.arange(10.0)).kept(rule, value) == kept


def test_a_threshold_is_short_where_that_keeps_no_further_pair():
    ranking = Ranking(np.array([0.98765, 0.5, 0.49999991, 0.49999992]))
    found = [ranking.threshold(kept) for kept in range(5)]
    assert found == [0.9877, 0.9876, 0.5, 0.49999992, 0.4999]
    assert [ranking.count(threshold) for threshold in found] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("judge", "rule", "value"),
    [("rating", "top", 60), ("rating", "at_least", 3.0), ("rating", "quantile", 0.25), ("added", "top", 60)],
)
def test_the_panels_say_of_every_pair_what_the_stage_will_say(pairs, judge, rule, value):
    names = ("log p(y|x)", "log p(x|y)") if judge == "added" else (judge,)
    ratings = synthetic_ratings(pairs).query("iteration == 1").round({"score": 1})  # many ties
    scores, dice = Scores(pairs, ratings), np.random.default_rng(0)
    good, bad = np.split(dice.permutation(len(pairs))[:80], 2)
    verdicts = Verdicts(pairs, scores, names)
    codes = verdicts.reasons(verdicts.chosen(rule, value), good=good, bad=bad)
    said = {"good": pairs.pair_id.iloc[good], "bad": pairs.pair_id.iloc[bad]}
    decision = labelled(pairs, ratings, Decision(names, rule, value, "reader"), **said)
    given = {pair: label for label, found in said.items() for pair in found}
    assert by_reader(Decision(names, rule, value), codes, scores.ids, said=given) == decision
    reasons = decide(pairs, ratings, decision).reason
    flags = ~reasons.isin(REASONS)
    assert [REASONS[code] for code in codes] == reasons.mask(flags, "flagged").tolist()
    assert {"kept", "added", "vetoed", "below", "flagged"} <= set(reasons.mask(flags, "flagged"))


def test_whole_numbers_are_ids_in_pairs_and_ratings():
    pairs = pd.DataFrame({"pair_id": [3, 1, 2], "instruction": "x", "output": "y"})
    ratings = pd.DataFrame({"pair_id": [1, 2, 3], "judge": "j", "score": [0.1, 0.2, 0.3]})
    assert Scores(pairs, ratings).of(("j", 1)).tolist() == [0.3, 0.1, 0.2]


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match="unknown rule 'best'"):
        Ranking(np.arange(3.0)).kept("best", 1)


def test_the_threshold_of_n_is_reached_by_n():
    ranking = Ranking(np.random.default_rng(0).normal(size=50))
    assert [ranking.count(ranking.threshold(n)) for n in range(51)] == list(range(51))


def test_a_split_tie_is_counted():
    ranking = Ranking(np.array([3.0, 2.0, 2.0, 2.0, 1.0]))
    assert ranking.tied(2) == (1, 2)
    assert ranking.tied(4) == (0, 0)


def test_precision_and_recall_count_only_known_pairs():
    good = np.array([1, np.nan, 0, 1, 1, np.nan])
    assert quality(good, 3) == {"precision": (1, 2), "recall": (1, 3), "base": (3, 4)}


def test_every_beginning_of_a_sample_is_balanced_over_the_bands():
    drawn = strata(np.append(np.arange(100.0), np.nan), 30, seed=0)
    assert len({row for row, _ in drawn}) == 30
    assert all(row // 20 == band for row, band in drawn)
    for part in (5, 10, 25):
        assert {band: [b for _, b in drawn[:part]].count(band) for band in range(5)} == dict.fromkeys(range(5), part // 5)
    assert strata(np.arange(100.0), 30, seed=0) != strata(np.arange(100.0), 30, seed=1)


def test_a_sample_of_few_pairs_holds_each_once():
    assert sorted(row for row, _ in strata(np.array([1.0, np.nan, 2.0]), 30, seed=0)) == [0, 2]
