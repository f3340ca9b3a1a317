"""The scaling fit recovers a planted alpha, and its interval covers alpha as often as it should."""

import math

import numpy as np
import pytest

from helpers.stats.scaling import alpha_fit

SIZES = np.array([100, 800, 3_200, 25_600])


@pytest.mark.parametrize(("alpha", "constant"), [(6.95, 3.0), (-0.4, 0.0), (0.0, 51.2)])
@pytest.mark.parametrize("prompts", [None, 6, 30])
def test_exact_data_give_the_alpha_and_constant_they_were_made_with(alpha, constant, prompts):
    w = alpha * np.log(SIZES) + constant
    if prompts:
        w = w[:, None] + np.zeros(prompts)
    assert alpha_fit(SIZES, w) == pytest.approx((alpha, constant, alpha, alpha), abs=1e-6)


def test_the_order_of_the_sizes_does_not_matter():
    w = np.random.default_rng(0).normal(size=(4, 50))
    assert alpha_fit(SIZES, w) == pytest.approx(alpha_fit(SIZES[::-1], w[::-1]), abs=1e-12)


def test_alpha_is_the_least_squares_slope_of_the_mean_scores():
    w = np.random.default_rng(1).normal(size=(4, 50))
    slope, constant = np.polyfit(np.log(SIZES), w.mean(1), 1)
    assert alpha_fit(SIZES, w)[:2] == pytest.approx((slope, constant), abs=1e-12)


def test_families_count_alike_however_many_prompts_they_have():
    steep, flat = 2.0 * np.log(SIZES)[:, None], 0.0 * np.log(SIZES)[:, None]
    w = np.hstack([steep, flat, flat, flat])
    assert alpha_fit(SIZES, w, groups=["a", "b", "b", "b"]).alpha == pytest.approx(1.0)
    assert alpha_fit(SIZES, w).alpha == pytest.approx(0.5)


def test_the_interval_resamples_families_so_that_prompts_of_one_family_are_no_independent_evidence():
    rng = np.random.default_rng(2)
    slopes = np.repeat(rng.normal(1.0, 1.0, size=8), 50)  # a family's prompts all have its slope
    w = np.log(SIZES)[:, None] * slopes
    by_family, by_prompt = alpha_fit(SIZES, w, groups=np.repeat(np.arange(8), 50)), alpha_fit(SIZES, w)
    assert by_family.high - by_family.low > 4 * (by_prompt.high - by_prompt.low)


def test_the_interval_covers_the_true_alpha_about_as_often_as_it_says():
    rng, covered = np.random.default_rng(3), 0
    for trial in range(100):
        w = 0.05 * np.log(SIZES)[:, None] + rng.normal(0, 0.3, size=(4, 80))
        fit = alpha_fit(SIZES, w, resamples=400, seed=trial)
        covered += fit.low <= 0.05 <= fit.high
    assert 88 <= covered <= 100


def test_fewer_than_six_prompts_have_no_interval():
    fit = alpha_fit(SIZES, np.log(SIZES)[:, None] + np.zeros(5))
    assert fit.alpha == pytest.approx(1) and math.isnan(fit.low) and math.isnan(fit.high)


def test_few_sizes_without_prompts_have_no_interval():
    fit = alpha_fit(SIZES[:2], [1.0, 2.0])
    assert fit.alpha == pytest.approx(1 / math.log(8)) and math.isnan(fit.low) and math.isnan(fit.high)


@pytest.mark.parametrize(
    ("n", "w", "said"),
    [
        ([100, 100], [1, 2], "two different"),
        ([0, 100], [1, 2], "1 or more"),
        ([100, 800], [1, 2, 3], "do not fit"),
        ([100, 800], [1, math.nan], "1 scores are missing"),
        ([], [], "do not fit"),
    ],
)
def test_an_error_names_the_reason_why_no_line_can_be_fitted(n, w, said):
    with pytest.raises(ValueError, match=said):
        alpha_fit(n, w)
