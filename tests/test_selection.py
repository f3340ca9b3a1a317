"""Precision and recall of selectors, with intervals that resample the pairs once for all of them."""

import numpy as np
import pandas as pd
import pytest

from helpers.stats.agreement import wilson
from helpers.stats.selection import precision_recall


def judged(**selected: str) -> pd.DataFrame:
    """Pairs from strings of 0 and 1: ``good`` says which pairs are good, each other string which pairs a selector takes."""
    good = selected.pop("good")
    rows = [
        (name, f"p{i}", mark == "1", right == "1")
        for name, marks in selected.items()
        for i, (mark, right) in enumerate(zip(marks, good, strict=True))
    ]
    return pd.DataFrame(rows, columns=["selector", "pair_id", "selected", "good"])


def test_precision_and_recall_are_those_of_the_counts():
    table = precision_recall(judged(good="1110000000", first="1101000000", second="1111111111")).set_index(
        ["selector", "measure"]
    )
    assert table.value["first", "precision"] == pytest.approx(2 / 3) and table.value["first", "recall"] == pytest.approx(2 / 3)
    assert table.value["second", "precision"] == pytest.approx(0.3) and table.value["second", "recall"] == 1
    assert table.gain["second", "precision"] == pytest.approx(0.3 - 2 / 3) and np.isnan(table.gain["first", "precision"])
    assert (table.n == 10).all() and (table.good == 3).all() and table.selected["first", "recall"] == 3
    assert (table.low <= table.value).all() and (table.value <= table.high).all()


def test_all_good_of_a_few_is_no_certainty_and_few_pairs_tell_no_gain():
    table = precision_recall(judged(good="11111111", a="11111111", b="11110000"))
    precision = table[(table.selector == "a") & (table.measure == "precision")].iloc[0]
    assert precision.value == precision.high == 1 and precision.low == pytest.approx(wilson(8, 8)[0])
    few = precision_recall(judged(good="11100", a="00011", b="11100"))
    gain = few[(few.selector == "b") & (few.measure == "precision")].iloc[0]
    assert gain.gain == 1 and np.isnan([gain.gain_low, gain.gain_high]).all()


def test_a_family_counts_once_in_the_interval_of_a_share_of_all():
    pairs = judged(good="1" * 40, a="1" * 40).assign(family=["x", "y"] * 20)
    assert precision_recall(pairs).low.tolist() == pytest.approx([wilson(2, 2)[0]] * 2)


def test_a_gain_names_the_selector_before_and_needs_enough_selected_pairs_of_both():
    good = "10" * 15
    table = precision_recall(judged(good=good, none="0" * 30, one="1" + "0" * 29, other="01" + "0" * 28, all="1" * 30))
    precision = table[table.measure == "precision"].set_index("selector")
    assert precision.gain_over.fillna("").to_dict() == {"none": "", "one": "none", "other": "one", "all": "other"}
    assert np.isnan(precision.gain["one"]) and precision.gain["other"] == -1
    assert precision[["gain_low", "gain_high"]].isna().all(axis=None), "each rests on one selected pair"
    recall = table[table.measure == "recall"].set_index("selector")
    assert recall.gain_low["all"] > 0.5, "recall rests on the 15 good pairs"


def test_the_gain_of_a_selector_over_its_twin_is_exactly_nothing():
    table = precision_recall(judged(good="1010101010" * 5, a="1100110011" * 5, b="1100110011" * 5))
    twins = table[table.selector == "b"]
    assert (twins[["gain", "gain_low", "gain_high"]] == 0).all(axis=None)


def test_pairs_of_one_family_are_resampled_together():
    rng = np.random.default_rng(0)
    pairs = judged(good="".join(rng.choice(list("01"), 200)), a="1" * 200)
    family = pairs.assign(family=pairs.good.map({True: "x", False: "y"}))  # all good pairs are one family
    apart, together = (precision_recall(frame).iloc[0] for frame in (pairs, family))
    assert together.high - together.low > 5 * (apart.high - apart.low)


def test_nothing_selected_has_no_precision_and_no_recall_without_good_pairs():
    table = precision_recall(judged(good="0000", none="0000")).set_index("measure")
    assert np.isnan(table.value["precision"]) and np.isnan(table.value["recall"])


def test_selectors_that_judged_other_pairs_are_not_compared():
    pairs = judged(good="1100", a="1010", b="0101")
    with pytest.raises(ValueError, match="a, b did not judge the same pairs"):
        precision_recall(pairs.drop(index=0))
