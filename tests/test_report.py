"""Sentences about grades: which differences they claim, and which names they give to arms."""

import numpy as np
import pandas as pd
import pytest
from test_stats import grades

from helpers import figures
from helpers.experiments import readme, report


def test_a_finding_claims_a_difference_only_where_the_interval_excludes_0():
    rng = np.random.default_rng(6)
    base = rng.random((10, 6)) * 0.5
    values = {"M_0": base, "M_1": base + 0.3 + np.tile([0.02, -0.02], (10, 3)), "uncurated": base + 0.3}
    contrasts = report.contrasts(grades(values), resamples=300)
    assert contrasts[["arm", "baseline"]].apply(tuple, axis=1).tolist() == [
        ("uncurated", "M_0"),
        ("M_1", "M_0"),
        ("M_1", "uncurated"),
    ]
    said = report.findings(contrasts)
    assert said[1].startswith("M_1 is better than M_0: +0.3")
    assert "60 prompts, 10 families, 1 draw" in said[1]
    assert said[2].startswith("M_1 is not distinguishable from uncurated")


def test_three_families_that_all_say_the_same_claim_nothing():
    base = np.full((3, 2), 0.2)
    contrasts = report.contrasts(grades({"M_0": base, "M_1": base + 0.3}), resamples=300)
    (said,) = report.findings(contrasts)
    assert said.startswith("M_1 is not distinguishable from M_0: +0.300 [too few to tell], 6 prompts, 3 families")
    shown = figures.differences(contrasts, title="")
    assert any("+0.300 [too few to tell]" in text.get_text() for text in shown.axes[0].texts)
    assert readme.estimate(contrasts.iloc[0], signed=True) == "+.300 [too few to tell]"


def test_arms_that_are_asked_in_several_ways_stand_under_a_name_for_each():
    grades_ = pd.DataFrame(
        [{"arm": arm, "mode": mode} for arm in ("M_0", "seed_only", "M_1") for mode in ("both", "seed", "none")]
    )
    named = ["M_0", "M_0 (S_a)", "M_0 (no tag)", "M_1", "M_1 (no tag)", "seed_only", "seed_only (S_a)"]
    assert sorted(report.under_mode(grades_, "both").arm) == named


def test_an_ablation_holds_every_mode_against_m_0_under_its_own_tag_and_says_how_few_families_carry_the_gain():
    rng = np.random.default_rng(0)
    base = rng.random((8, 6)) / 4
    gain = np.zeros((8, 6))
    gain[:2] = 0.5
    both = grades({"M_0": base, "oracle": base + gain}).assign(mode="both")
    own = grades({"M_0": base + 0.1}).assign(mode="seed")
    asked = pd.concat([both, own]).assign(in_seed=False, wording="evaluation")
    seen = asked.assign(in_seed=True, prompt_id="seen " + asked.prompt_id, family="seen " + asked.family)
    said, _ = report.ablation(pd.concat([asked, seen]), mode="both")
    assert said["five_families_carry"] == pytest.approx(1)
    assert said["by_mode_minus_own"]["oracle"]["both"]["value"] == pytest.approx(gain.mean() - 0.1)
    assert said["by_mode_minus_own"]["M_0"]["seed"]["value"] == pytest.approx(0)


def test_an_ablation_without_known_families_speaks_of_all_prompts():
    rng = np.random.default_rng(0)
    asked = grades({"M_0": rng.random((8, 6)), "M_1": rng.random((8, 6))}).assign(mode="both", in_seed=False, wording="")
    said, compared = report.ablation(asked, mode="both")
    assert "not_in_seed" not in said and said["all_prompts"]["arms"]["M_1"]["prompts"] == compared.prompts[0] == 48
