"""The panel that moves the thresholds of the corpus, driven as a reader drives it."""

from dataclasses import replace

import pandas as pd
import pytest

from helpers import corpus
from helpers.config import Filters
from helpers.widgets import RecountPanel

SEGMENTS = pd.DataFrame(
    {
        "header_path": ["Rivers", "RIVERS", "RIVers", "Page > Contact", "(empty)", "Lakes"] * 2,
        "chars": [50, 90, 100, 200, 300, 400, 100, 150, 90, 80, 601, 70],
    }
)
FILTERS = Filters(min_chars=60, max_chars=600)


@pytest.fixture
def panel():
    return RecountPanel(lambda filters: corpus.recount(SEGMENTS, filters), FILTERS)


def status(panel) -> str:
    return panel._head.value


@pytest.mark.parametrize("handle", ["sliders", "numbers"])
@pytest.mark.parametrize(("name", "value"), [("min_chars", 95), ("max_chars", 320), ("max_header_capitals", 0.45)])
def test_every_handle_counts_again_and_moves_its_twin(panel, handle, name, value):
    getattr(panel, handle)[name].value = value
    assert panel.sliders[name].value == panel.numbers[name].value == value
    assert panel.filters == replace(FILTERS, **{name: value})
    expected = corpus.recount(SEGMENTS, panel.filters)
    pd.testing.assert_frame_equal(panel.counts, expected)
    left = expected.rows_out.iloc[-1]
    assert left != corpus.recount(SEGMENTS, FILTERS).rows_out.iloc[-1]
    assert f">{left} <small>of {len(SEGMENTS)} parsed segments" in status(panel)
    assert panel.changes == {name: value}


def test_as_set_nothing_has_changed_and_the_table_has_every_rule(panel):
    assert panel.changes == {}
    assert panel._table.value.count("<tr>") == 1 + len(panel.counts)
    assert "(+0 against the settings)" in status(panel)


def test_thresholds_that_keep_nothing_are_told_and_the_last_good_ones_stay(panel):
    panel.numbers["max_chars"].value = 40
    assert "min_chars 60 is above max_chars 40" in status(panel)
    assert panel.filters == FILTERS
    panel.numbers["min_chars"].value = 30
    assert panel.filters == replace(FILTERS, min_chars=30, max_chars=40)
    assert "no segment can be kept" not in status(panel)


def test_changed_thresholds_are_saved_and_the_answer_of_the_run_is_shown():
    saved = []

    def save(changes):
        saved.append(changes)
        return "Saved <b>here</b>."

    panel = RecountPanel(lambda filters: corpus.recount(SEGMENTS, filters), FILTERS, save=save)
    assert panel.use.disabled
    panel.numbers["min_chars"].value = 95
    panel.use.click()
    assert saved == [{"min_chars": 95}]
    assert "Saved &lt;b&gt;here" in panel._said.value
    panel.numbers["min_chars"].value = 96
    assert panel._said.value == ""


def test_a_setting_that_cannot_be_saved_is_told_and_without_save_there_is_no_button(panel):
    def refuse(_changes):
        raise ValueError("the run is at work")

    other = RecountPanel(lambda filters: corpus.recount(SEGMENTS, filters), FILTERS, save=refuse)
    other.numbers["max_chars"].value = 320
    other.use.click()
    assert "the run is at work" in other._said.value
    assert panel.use.layout.display == "none"


def test_a_share_has_no_rounding_dust(panel):
    panel.sliders["max_header_capitals"].value = 0.1 + 0.2
    assert panel.filters.max_header_capitals == 0.3


def test_the_static_twin_shows_the_same_without_controls(panel):
    panel.numbers["min_chars"].value = 95
    shown = panel.static().data
    assert f"{panel.counts.rows_out.iloc[-1]} <small>" in shown
    assert all(rule.replace("_", " ") in shown for rule in panel.counts.rule)
