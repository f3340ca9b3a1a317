"""Figures show the numbers they are given, with n, and are made without side effects."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from helpers import figures


def words(figure) -> str:
    """Every text of a figure, drawn."""
    figure.canvas.draw()
    texts = [text for axes in figure.axes for text in (axes.title, axes._left_title, axes.xaxis.label, *axes.texts)]
    texts += [label for axes in figure.axes for label in (*axes.get_yticklabels(), *_legend(axes))]
    return "\n".join(text.get_text() for text in texts)


def _legend(axes) -> list:
    return axes.get_legend().get_texts() if axes.get_legend() else []


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


def test_differences_print_value_interval_and_n():
    rows = pd.DataFrame([{"label": "M_1 - M_0", "value": -0.1, "low": -0.2, "high": 0.0, "note": "n = 76"}])
    assert {"M_1 − M_0", "−0.100 [−0.200, +0.000]  n = 76"} <= set(words(figures.differences(rows, title="")).split("\n"))


def test_families_stand_from_the_worst_to_the_best():
    table = pd.DataFrame({"M_0": [0.5, 0.1, 0.1], "M_2": [0.6, 0.9, 0.2]}, index=["a_card", "b", "c"])
    figure = figures.by_family(table, title="Score by family")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["c", "b", "a card"]
    assert {"M_0", "M_2"} <= set(words(figure).split("\n"))
