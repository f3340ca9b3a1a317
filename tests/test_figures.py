"""Figures show the numbers they are given, with n, and are made without side effects."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from helpers import figures
from helpers.experiments import report
from helpers.figures import judges


def words(figure) -> str:
    """Every text of a figure, drawn."""
    figure.canvas.draw()
    return "\n".join(text.get_text() for text in figure.findobj(plt.Text) if text.get_visible())


@pytest.fixture(autouse=True)
def no_side_effects():
    before = dict(plt.rcParams)
    yield
    assert plt.get_fignums() == []
    assert dict(plt.rcParams) == before


def test_the_funnel_leaves_out_rules_that_drop_nothing():
    rows = [("too_short", 100, 90, 10), ("links", 90, 90, 0), ("language", 90, 80, 10)]
    said = words(figures.funnel(pd.DataFrame(rows, columns=["rule", "rows_in", "rows_out", "dropped"])))
    assert "100 parsed segments, 80 kept" in said
    assert "too short" in said and "links" not in said
    assert said.count("−10") == 2


def test_a_funnel_whose_rules_drop_nothing_says_so_with_its_counts():
    rows = pd.DataFrame([("links", 90, 90, 0), ("language", 90, 90, 0)], columns=["rule", "rows_in", "rows_out", "dropped"])
    said = words(figures.funnel(rows))
    assert "90 parsed segments, 90 kept" in said and "No rule dropped a segment." in said
    assert "No rule ran" in words(figures.funnel(rows.head(0)))


def test_where_no_pair_has_a_score_the_figure_says_so():
    said = words(figures.scores({"candidates": pd.Series([None, None]), "seed": pd.Series([np.nan])}, threshold=np.nan))
    assert "candidates (n = 0)" in said and "No pair has a score." in said


def test_arms_that_cannot_be_compared_are_an_empty_figure_with_the_reason():
    nothing = report.contrasts(pd.DataFrame({"arm": ["M_0"], "draw": 0, "prompt_id": "p", "family": "f", "score": 0.5}))
    assert "No two arms have scores on common prompts." in words(figures.differences(nothing, title="Nothing"))
    assert report.findings(nothing) == []


def test_bars_of_lengths_hold_every_text_and_equally_many_whole_characters():
    chars = pd.Series([20, 20, 21, 60, 61, 5_000] + [30] * 600)
    figure = figures.lengths({"outputs": chars}, {"outputs": (1722.0, 653.0)})
    bars = figure.axes[0].patches
    assert sum(bar.get_height() for bar in bars) == len(chars)
    widths = {bar.get_width() for bar in bars}
    assert len(widths) == 1 and widths.pop() % 1 == 0
    assert "n = 606" in words(figure) and "the paper's 1,722 ± 653" in words(figure)


def test_texts_of_one_length_are_drawn():
    assert "n = 2, mean 7" in words(figures.lengths({"outputs": pd.Series([7, 7])}, {}))


def test_loss_curves_are_labelled_with_their_last_loss():
    assert "M_0  0.25" in words(figures.loss_curves({"M_0": [(1, 1.0), (2, 0.25)]}))


def test_scores_show_each_group_as_shares_with_n_and_without_what_is_not_rated():
    groups = {"candidates": pd.Series([1.0, 2.0, np.nan]), "seed": pd.Series([3.0, 4.0, 4.0])}
    figure = figures.scores(groups, threshold=2.5, label="rating")
    assert {"candidates (n = 2)", "seed (n = 3)"} <= set(words(figure).split("\n"))
    assert "kept" in words(figure)


def test_a_last_loss_near_0_is_written_above_the_axis():
    figure = figures.loss_curves({"M_0": [(1, 3.0), (200, 0.01)]})
    figure.canvas.draw()
    (said,) = (text for text in figure.axes[0].texts if "M_0" in text.get_text())
    assert said.get_window_extent().y0 > figure.axes[0].get_window_extent().y0


def test_every_group_of_scores_is_seen_beside_one_that_has_a_single_score():
    rng = np.random.default_rng(0)
    figure = figures.scores({"candidates": pd.Series(rng.normal(-5, 2, 400)), "seed": pd.Series([0.0] * 100)})
    for axes in figure.axes:
        assert max(bar.get_height() for bar in axes.patches) > 0.4 * axes.get_ylim()[1]


def test_differences_print_value_interval_and_n():
    rows = pd.DataFrame(
        [{"label": f"M_{i} - M_0", "value": -0.1, "low": -0.2, "high": 0.0, "note": f"n = {75 + i}"} for i in (1, 2)]
    )
    said = words(figures.differences(rows, title=""))
    assert "M_1 − M_0" in said and " −0.100 [−0.200, +0.000]  n = 76" in said and "n = 77" in said
    assert words(figures.differences(rows.assign(note="n = 9"), title="")).count("n = 9") == 1, "what all share stands once"


def test_families_stand_from_the_worst_to_the_best():
    table = pd.DataFrame({"M_0": [0.5, 0.1, 0.1], "M_2": [0.6, 0.9, 0.2]}, index=["a_card", "b", "c"])
    figure = figures.by_family(table, title="Score by family")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["c", "b", "a card"]
    assert {"M_0", "M_2"} <= set(words(figure).split("\n"))


def test_a_thing_has_the_colour_of_its_name_in_every_figure():
    table = pd.DataFrame({"M_0 (S_a)": [0.5], "M_2": [0.6], "uncurated": [0.4]}, index=["a"])
    lines = {line.get_label(): line.get_color() for line in figures.by_family(table, title="").axes[0].lines}
    assert lines == {
        "M_0 (S_a)": figures.COLOURS["seed"],
        "M_2": figures.COLOURS["kept"],
        "uncurated": figures.COLOURS["candidates"],
    }
    (curve, _) = figures.loss_curves({"M_1": [(1, 2.0), (2, 1.0)]}).axes[0].lines
    assert curve.get_color() == figures.COLOURS["kept"]


@pytest.mark.parametrize("accuracy", [(0.9, 0.8), (0.9, 0.2), (0.5, 0.5), (0.2, 0.1)])
def test_the_title_says_on_which_side_of_chance_the_judges_are(accuracy):
    rows = [(name, v, v - 0.05, v + 0.05, 40) for name, v in zip(("log p(y|x)", "dual_likelihood"), accuracy, strict=True)]
    said = judges.rubrics(pd.DataFrame(rows, columns=["judge", "value", "low", "high", "n"])).finding
    above, below = (value > 0.55 for value in accuracy), (value < 0.45 for value in accuracy)
    for side, found in (("bove chance", list(above)), ("elow chance", list(below))):
        assert (f"{side}: every judge" in said) == all(found) and (side in said) == any(found)
    assert "the highest is log p(y|x)" in said
    assert ("No judge can be told from chance" in said) == (accuracy == (0.5, 0.5))
