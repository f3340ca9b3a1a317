"""The rubric playground, driven as a reader drives it."""

import threading

import pandas as pd
import pytest

from helpers.widgets import rubrics
from helpers.widgets.rubrics import RubricPanel

PAIRS = pd.DataFrame(
    {
        "pair_id": [f"p{n}" for n in range(20)],
        "instruction": [f"Question {n} <b>?" for n in range(20)],
        "output": [f"Answer {n}" for n in range(20)],
    }
)
PRESENT = pd.Series(3.0, index=PAIRS.pair_id)
RUBRICS = {"five_level": "Rate it from 1 to 5.", "short": "Is it good, from 1 to 5?"}


def rate(path, pairs):
    for pair_id in pairs.pair_id:
        yield [{"pair_id": pair_id, "score": 4.5, "raw": "<i>0.1 0.9"}]


@pytest.fixture
def panel(tmp_path):
    return RubricPanel(PAIRS, PRESENT, rate, rubrics=RUBRICS, path=tmp_path / "mine.md")


def test_labelled_pairs_are_tried_first_and_the_last_label_counts():
    labels = pd.DataFrame({"pair_id": ["p9", "p7", "p9"], "label": ["bad", "good", "good"]})
    found = rubrics.tried_on(PAIRS, labels, 12)
    assert list(found.pair_id[:3]) == ["p7", "p9", "p0"]
    assert list(found.label[:3]) == ["good", "good", ""] and len(found) == 12


def test_a_trial_shows_how_scores_move_and_what_the_judge_said_escaped(panel):
    panel.attempt()
    panel.thread.join()
    shown = panel.static().data
    assert "12 of 12 pairs rated" in shown and "+1.50" in shown
    assert "&lt;i&gt;0.1 0.9" in shown and "<i>0.1" not in shown


def test_choosing_a_rubric_shows_its_text_and_using_it_writes_the_file(panel):
    panel._start.value = "short"
    assert panel.text.value == RUBRICS["short"]
    panel.use()
    assert panel.path.read_text("utf-8") == RUBRICS["short"] + "\n"
    panel.text.value = "  "
    panel.use()
    assert panel.path.read_text("utf-8") == RUBRICS["short"] + "\n", "an empty rubric is not written"


def test_a_rubric_that_was_written_before_is_kept_and_its_place_is_said(panel):
    panel.use()
    panel.use()
    assert "earlier" not in panel.static().data and list(panel.path.parent.iterdir()) == [panel.path], "nothing was replaced"
    panel.text.value = RUBRICS["short"]
    panel.use()
    (aside,) = set(panel.path.parent.iterdir()) - {panel.path}
    assert aside.read_text("utf-8") == RUBRICS["five_level"] + "\n" and panel.path.read_text("utf-8") == RUBRICS["short"] + "\n"
    assert f"The earlier text lies in {aside.name}" in panel.static().data


def test_a_second_trial_asks_the_model_when_the_first_has_left_it(tmp_path):
    inside, most, begun, go_on = [], [], threading.Event(), threading.Event()

    def asked(path, pairs):
        inside.append(path)
        most.append(len(inside))
        begun.set()
        try:
            for pair_id in pairs.pair_id:
                go_on.wait(10)
                yield [{"pair_id": pair_id, "score": 4.0, "raw": ""}]
        finally:
            inside.pop()

    panel = RubricPanel(PAIRS, PRESENT, asked, rubrics=RUBRICS, path=tmp_path / "mine.md")
    panel.attempt()
    begun.wait(10)
    first = panel.thread
    panel.attempt()
    go_on.set()
    for thread in (first, panel.thread):
        thread.join(10)
    assert most == [1, 1] and len(panel.found) == 12


def test_stop_takes_effect_at_once_and_what_comes_later_is_thrown_away(tmp_path):
    first, go_on = threading.Event(), threading.Event()

    def slow(path, pairs):
        yield [{"pair_id": "p0", "score": 1.0, "raw": ""}]
        first.set()
        go_on.wait(10)
        yield [{"pair_id": "p1", "score": 1.0, "raw": ""}]

    panel = RubricPanel(PAIRS, PRESENT, slow, rubrics=RUBRICS, path=tmp_path / "mine.md")
    panel.attempt()
    assert first.wait(10)
    panel.stop()
    go_on.set()
    panel.thread.join(10)
    assert set(panel.found) == {"p0"} and "Stopped: 1 of 12" in panel.static().data


def test_a_trial_that_fails_says_why(tmp_path):
    def failing(path, pairs):
        raise ValueError("the rubric is empty")
        yield

    panel = RubricPanel(PAIRS, PRESENT, failing, rubrics=RUBRICS, path=tmp_path / "mine.md")
    panel.attempt()
    panel.thread.join()
    assert "The trial ended: the rubric is empty" in panel.static().data
