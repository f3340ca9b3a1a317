"""The panel that shows how far a run is, and the rows that it is given."""

import math

import pandas as pd
import pytest
from panels import press
from test_widgets_html import Reader

from helpers import runs, tables
from helpers.experiments import overview
from helpers.widgets import RunPanel
from helpers.widgets import stages as view


def stages(*rows: tuple) -> pd.DataFrame:
    columns = ["stage", "state", "rows", "seconds", "memory_mb", "share", "seconds_left", "usual"]
    return pd.DataFrame(rows, columns=columns)


DONE = ("01", "done", "segments 2,400", 4.6, 514.0, math.nan, math.nan, 4.6)
AT_WORK = ("02", "running training M_0 40%, 1 min left", "", math.nan, math.nan, 0.4, 62.0, 100.0)
STALE = ("03", "stale: corpus.min_chars<b>", "candidates 9", 30.0, 1200.0, math.nan, math.nan, 30.0)
MISSING = ("04", "missing", "", math.nan, math.nan, math.nan, math.nan, 600.0)


class Look:
    """Gives the frames one after the other, the last one for ever."""

    def __init__(self, *frames: pd.DataFrame):
        self.frames = list(frames)

    def __call__(self) -> pd.DataFrame:
        return self.frames.pop(0) if len(self.frames) > 1 else self.frames[0]


def words(panel) -> str:
    return " ".join(" ".join(Reader("".join(each.value for each in panel._views)).words).split())


def test_every_state_is_told_with_its_reason_and_its_numbers():
    shown = words(RunPanel("tiny", Look(stages(DONE, AT_WORK, STALE, MISSING))))
    assert "1 of 4 stages of tiny are done · 02 is at work · about 12 min left" in shown
    assert "✓ done segments 2,400 4.6 514" in shown
    assert "▶ running, 40%, 62 s left" in shown
    assert "↻ out of date: corpus.min_chars<b> has changed candidates 9 30 1,200" in shown
    assert "– not begun" in shown


def test_it_follows_a_run_and_looks_less_often_at_one_that_rests():
    panel = RunPanel("tiny", Look(stages(DONE, AT_WORK), stages(DONE, DONE)), command="go on")
    assert panel.events.tick == view.WORKING and "go on" not in words(panel)
    panel.events.receive(panel.events, {"tick": True})
    assert panel.events.tick == view.RESTING
    assert "2 of 2 stages" in words(panel)


def test_a_key_looks_again_at_once():
    panel = RunPanel("tiny", Look(stages(MISSING), stages(DONE)))
    press(panel, "r")
    assert "1 of 1 stages" in words(panel)


@pytest.mark.parametrize("frame", [pd.DataFrame(), stages(DONE, MISSING)])
def test_a_run_that_rests_or_is_not_there_says_what_to_type(frame):
    panel = RunPanel("<i>", Look(frame), command="python -m helpers run --run '<i>'")
    assert "In a terminal: python -m helpers run --run '<i>'" in words(panel)
    assert "i" not in Reader(panel._head.value).tags


@pytest.mark.parametrize(
    ("rows", "left"),
    [
        ([DONE, AT_WORK, MISSING], 662.0),
        ([DONE, STALE], 30.0),
        ([DONE], 0.0),
        ([(*MISSING[:-1], math.nan)], None),
        ([(*AT_WORK[:-2], math.nan, 100.0)], None),
    ],
)
def test_the_time_left_is_told_only_where_every_part_of_it_is_known(rows, left):
    assert view.seconds_left(stages(*rows)) == left


def test_the_rows_of_a_run_are_those_of_its_files(kit_artifacts):
    assert overview.stages_of("new").empty and not runs.names(), "looking begins no run"
    for name, seconds in (("old", 50.0), ("new", 7.0)):
        runs.begin(name, "smoke", 0)
        record = {"config": {}, "inputs": {}, "outputs": {"segments": {"rows": 3}}, "seconds": seconds, "peak_memory_mb": 9}
        tables.write_json(kit_artifacts / name / "01_corpus" / "manifest.json", record)
    other = {"config": {}, "inputs": {}, "outputs": {}, "seconds": 20.0, "peak_memory_mb": 9}
    tables.write_json(kit_artifacts / "old" / "02_seed_models" / "manifest.json", other)
    shown = overview.stages_of("new").set_index("stage")
    assert shown.state["01_corpus"].startswith("stale: ") and shown.memory_mb["01_corpus"] == 9
    assert shown.state["02_seed_models"] == "missing" and shown.usual["02_seed_models"] == 20.0
    assert math.isnan(shown.usual["06_evaluation"])
    assert "stages of new are done" in words(overview.stages_panel("new"))
