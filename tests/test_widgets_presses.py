"""A press is meant for the pair that was on the screen when it was made, even if the kernel was busy."""

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from panels import on_screen, press
from test_widgets_votes import voting
from widget_pairs import synthetic_pairs, synthetic_ratings

from helpers.curation import Decision
from helpers.widgets import CurationTable, labels
from helpers.widgets.events import Events

PAIRS = synthetic_pairs(60)
RATINGS = synthetic_ratings(PAIRS)
RULE = Decision(("rating",), "top", 20)


def table(path, **options):
    return CurationTable(PAIRS, RATINGS, RULE, labels=path, **options)


def lines(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()] if Path(path).exists() else []


@pytest.mark.parametrize("keys", ["ggggggggg", "gbus", "gzgz", "jjjggg"])
def test_presses_made_before_the_kernel_answered_act_once(tmp_path, keys):
    panel = table(tmp_path / "l.jsonl")
    was = on_screen(panel)
    for key in keys:
        panel.events.receive(panel.events, {"key": key, "on": was})
    given = lines(panel.labels)
    assert [(row["pair_id"], row["label"]) for row in given] == ([] if keys[0] == "j" else [(was, "good")])


def test_the_panel_says_how_many_presses_it_dropped_until_one_is_taken(tmp_path):
    for panel in (table(tmp_path / "l.jsonl"), voting(tmp_path / "v.jsonl")):
        was, keys = on_screen(panel), ("g" if isinstance(panel, CurationTable) else "l") * 4
        for number, key in enumerate(keys):
            panel.events.receive(panel.events, {"key": key, "on": was})
            assert ("Not counted" in panel._missed.value) == (number > 0)
        assert ": 3 key presses or notes" in panel._missed.value and 'role="status"' in panel._missed.value
        press(panel, keys[0])
        assert panel._missed.value == ""


def test_a_key_that_means_no_pair_is_never_called_dropped(tmp_path):
    panel = table(tmp_path / "l.jsonl")
    for _ in range(3):
        panel.events.receive(panel.events, {"key": "j", "on": "another"})
    assert panel._missed.value == ""


def test_the_first_label_adds_no_words_above_the_buttons(tmp_path):
    panel = table(tmp_path / "l.jsonl")
    before = panel._head.value
    press(panel, "u")
    assert len(panel._head.value) == len(before) and "1 judged: 0 good, 0 bad, 1 unsure" in panel._head.value


def test_votes_made_before_the_kernel_answered_act_once(tmp_path):
    panel = voting(tmp_path / "v.jsonl")
    was = on_screen(panel)
    for key in "lllrtz":
        panel.events.receive(panel.events, {"key": key, "on": was})
    assert [row["ballot"] for row in lines(panel.path)] == [was]


def test_a_note_typed_for_another_pair_is_dropped(tmp_path):
    panel = table(tmp_path / "l.jsonl")
    was = on_screen(panel)
    press(panel, "g")
    panel.events.receive(None, {"note": "meant for the first", "on": was})
    panel.events.receive(None, {"note": "meant for this one", "on": on_screen(panel)})
    assert [row.get("note") for row in lines(panel.labels)] == [None, "meant for this one"]


class Browser:
    """A browser whose kernel is busy now and then: presses wait, and the screen shows what was answered last."""

    def __init__(self, panel):
        self.panel, self.screen, self.waiting = panel, on_screen(panel), []
        self.pressed, self.expected = Counter(), []

    def press(self, key):
        self.waiting.append((key, self.screen))
        if key in labels.KEYS:
            self.pressed[self.screen, labels.KEYS[key]] += 1

    def answer(self):
        for key, screen in self.waiting:
            if key in labels.KEYS and self.panel.shown == screen:
                self.expected.append((screen, labels.KEYS[key]))
            self.panel.events.receive(None, {"key": key, "on": screen})
        self.waiting = []
        self.screen = on_screen(self.panel)


@pytest.mark.parametrize("labellers", [("ann", "ann"), ("ann", "ben")])
def test_no_label_on_an_unseen_pair_and_none_lost_in_two_panels_on_one_file(tmp_path, labellers):
    path, dice = tmp_path / "l.jsonl", random.Random(5)
    browsers = [Browser(table(path, labeller=name, blind=i == 1)) for i, name in enumerate(labellers)]
    for _ in range(2_000):
        browser = dice.choice(browsers)
        if dice.random() < 0.4:
            browser.answer()
            # What another panel does to the file redraws this one: the screen follows without a press.
            for other in browsers:
                other.screen = on_screen(other.panel) if not other.waiting else other.screen
        else:
            browser.press(dice.choice("gggbbussjjkkzz"))
    for browser in browsers:
        browser.answer()
    given = [(row["labeller"], row["pair_id"], row["label"]) for row in lines(path) if row["label"] != labels.UNDO]
    expected = [(b.panel.labeller, *said) for b in browsers for said in b.expected]
    assert Counter(given) == Counter(expected)
    pressed = sum((Counter({(b.panel.labeller, *said): n for said, n in b.pressed.items()}) for b in browsers), Counter())
    assert not Counter(given) - pressed
    assert len(given) > 200
    assert labels.read(path).attrs["left_out"] == {}


def test_a_killed_kernel_loses_no_label(tmp_path):
    code = """
import os, signal, sys
sys.path.insert(0, "tests")
from test_widgets_presses import press, table
press(table(sys.argv[1]), *"gbus")
os.kill(os.getpid(), signal.SIGKILL)
"""
    path = tmp_path / "l.jsonl"
    killed = subprocess.run([sys.executable, "-c", code, str(path)], cwd=Path(__file__).parent.parent)
    assert killed.returncode == -9
    assert labels.read(path).label.tolist() == ["good", "bad", "unsure", "skip"]


def test_every_message_is_answered_even_one_that_fails():
    def fail():
        raise ZeroDivisionError

    events, sent = Events(label="x", keys={"g": fail, "j": lambda: None}), []
    events.send = lambda content: sent.append(content)
    events.receive(None, {"key": "j", "token": "a-1"})
    with pytest.raises(ZeroDivisionError):
        events.receive(None, {"key": "g", "token": "a-2"})
    events.receive(None, {"key": "nonsense", "row": "x", "at": None, "sort": 3, "token": "a-3"})
    assert sent == [{"done": "a-1"}, {"done": "a-2"}, {"done": "a-3"}]
