"""The length-controlled win rate removes a planted preference for length, and nothing else."""

import json

import numpy as np
import pytest

from helpers import export
from helpers.stats.lengths import length_controlled


def planted(rate: float, per_length: float, *, n: int, longer_by: float = 0.0, seed: int = 0):
    """Expected wins of a model that wins ``rate`` at equal length, under judges who prefer length; lengths in characters."""
    rng = np.random.default_rng(seed)
    theirs = rng.integers(200, 2000, n).astype(float)
    ours = theirs + rng.normal(longer_by, 400, n)
    gap = ours - theirs
    chance = 1 / (1 + np.exp(-(np.log(rate / (1 - rate)) + per_length * np.tanh(gap / gap.std()))))
    return chance, ours, theirs


@pytest.mark.parametrize("rate", [0.12, 0.5, 0.84])
@pytest.mark.parametrize("per_length", [-1.0, 0.0, 2.0])
def test_a_planted_effect_of_length_is_taken_out(rate, per_length):
    found = length_controlled(*planted(rate, per_length, n=805, longer_by=300), resamples=50)
    assert found.value == pytest.approx(rate, abs=1e-6) and found.per_length == pytest.approx(per_length, abs=1e-5)


def test_it_is_taken_out_of_single_judgements_within_half_a_point_on_average():
    rates = []
    for seed in range(20):
        chance, ours, theirs = planted(0.6, 1.5, n=4_000, longer_by=300, seed=seed)
        won = np.random.default_rng(seed).random(len(chance)) < chance
        rates.append(length_controlled(won, ours, theirs, resamples=2).value)
    assert np.mean(rates) == pytest.approx(0.6, abs=0.005)


def test_a_model_against_itself_wins_half():
    won = np.tile([0.0, 1.0, 0.5], 20)
    found = length_controlled(won, np.full(60, 100), np.full(60, 100))
    assert found.value == pytest.approx(0.5, abs=1e-9) and found.low < 0.5 < found.high and found.per_length == 0


def test_without_an_effect_it_is_the_plain_rate():
    won = np.repeat([1.0, 0.0], [70, 30])
    found = length_controlled(won, np.full(100, 5), np.full(100, 3))
    assert found.value == pytest.approx(0.7, abs=1e-6) and found.low < 0.65 < 0.75 < found.high


def test_a_few_prompts_have_a_rate_and_no_interval():
    found = length_controlled([0.7], [10], [12])
    assert found.value == pytest.approx(0.7, abs=1e-5) and np.isnan([found.low, found.high]).all()


def test_swapping_the_sides_turns_the_rate_round():
    chance, ours, theirs = planted(0.7, 1.0, n=200)
    one, other = length_controlled(chance, ours, theirs, resamples=2), length_controlled(1 - chance, theirs, ours, resamples=2)
    assert one.value + other.value == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("won", [[1.0] * 30, [1.0] * 15 + [0.0] * 15])
def test_a_fit_that_one_side_wins_stays_finite(won):
    found = length_controlled(won, np.arange(30, 0, -1) * 100, np.full(30, 1500), resamples=20)
    assert 0 <= found.low <= found.value <= found.high <= 1 and np.isfinite(found.per_length)


@pytest.mark.parametrize(("won", "lengths"), [([], []), ([1.0], [1, 2]), ([2.0], [1]), ([float("nan")], [1])])
def test_results_and_lengths_that_cannot_be_fitted_are_an_error(won, lengths):
    with pytest.raises(ValueError, match="fit lengths|0 to 1"):
        length_controlled(won, lengths, lengths)


def test_real_judges_prefer_length_and_the_rate_falls_or_rises_with_it(local_data):
    rows = json.loads((local_data / "eval/alpaca_eval/guanaco-65b/annotations.json").read_text("utf-8"))
    won = [row["preference"] - 1 for row in rows]
    ours, theirs = ([len(row[name]) for row in rows] for name in ("output_2", "output_1"))
    found = length_controlled(won, ours, theirs)
    assert found.per_length > 0 and np.mean(ours) > np.mean(theirs)
    assert found.value < export.win_rate(rows)["win_rate"] / 100
