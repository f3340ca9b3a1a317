"""Votes between two arms: the tally by hand, the panel driven as a reader drives it, and what it must not show."""

import json
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from panels import press
from test_widgets_html import OURS, Reader
from widget_pairs import HOSTILE

from helpers.widgets import VotePanel, labels, votes

FIRST, SECOND = "arm-after", "arm-before"
PROMPTS = pd.DataFrame({"prompt_id": [f"p{i:02d}" for i in range(20)], "instruction": [f"Question {i}?" for i in range(20)]})
HOW = {FIRST: "briefly", SECOND: "at length", "arm-other": "oddly"}
ANSWERS = pd.DataFrame(
    [(prompt_id, arm, f"{prompt_id} answered {how}") for prompt_id in PROMPTS.prompt_id for arm, how in HOW.items()],
    columns=["prompt_id", "arm", "text"],
)


def voting(path, answers=ANSWERS, prompts=PROMPTS, **options):
    return VotePanel(answers=answers, prompts=prompts, **{"first": FIRST, "second": SECOND, "path": path} | options)


def off(panel):
    """Keys whose buttons cannot be pressed."""
    return set(re.findall(r'data-key="(.)" disabled', panel._bar.value))


def lines(panel):
    return [json.loads(line) for line in panel.path.read_text().splitlines()]


def everything_sent(panel):
    """All that the browser is told of the panel, its widgets' states as one string."""
    widgets, texts = [panel.widget], []
    while widgets:
        widget = widgets.pop()
        widgets += getattr(widget, "children", ())
        texts += [repr(value) for name, value in widget.get_state().items() if name != "_esm"]
    return " ".join(texts)


# The tally


def given(*counts):
    """Votes on p0, p1, ... with as many wins, ties, losses and skips, the sides alternating."""
    all_votes = [vote for vote, count in zip((FIRST, "tie", SECOND, "skip"), counts, strict=True) for _ in range(count)]
    rows = [(f"p{i}", vote, *(FIRST, SECOND)[:: 1 - 2 * (i % 2)], f"b{i}") for i, vote in enumerate(all_votes)]
    return pd.DataFrame(rows, columns=votes.FIELDS)


def test_the_tally_of_a_hand_worked_example():
    found = votes.tally(given(6, 2, 2, 3), first=FIRST, second=SECOND)
    assert (found["wins"], found["ties"], found["losses"], found["n"]) == (6, 2, 2, 10)
    assert found["rate"] == pytest.approx(0.7)
    # (7 + z²/2 ± z sqrt(7 · 3 / 10 + z²/4)) / (10 + z²) with z² = 3.8415
    assert found["low"] == pytest.approx((8.92073 - 1.95996 * 1.74939) / 13.84146, abs=1e-4)
    assert found["high"] == pytest.approx((8.92073 + 1.95996 * 1.74939) / 13.84146, abs=1e-4)


def test_the_other_way_round_wins_and_losses_change_places():
    there, back = (votes.tally(given(5, 3, 1, 0), first=a, second=b) for a, b in ((FIRST, SECOND), (SECOND, FIRST)))
    assert (back["wins"], back["ties"], back["losses"]) == (1, 3, 5)
    assert back["rate"] == pytest.approx(1 - there["rate"])
    assert (back["low"], back["high"]) == pytest.approx((1 - there["high"], 1 - there["low"]))


@pytest.mark.parametrize(("counts", "rate", "low", "high"), [((0, 8, 0, 0), 0.5, 0.215, 0.785), ((4, 0, 0, 0), 1, 0.510, 1)])
def test_ties_alone_are_a_half_and_wins_alone_reach_one(counts, rate, low, high):
    found = votes.tally(given(*counts), first=FIRST, second=SECOND)
    assert (found["rate"], found["low"], found["high"]) == pytest.approx((rate, low, high), abs=1e-3)


def test_no_votes_say_nothing_and_votes_between_other_arms_do_not_count():
    for said in (given(0, 0, 0, 2), given(3, 1, 1, 0).assign(right="arm-other")):
        found = votes.tally(said, first=FIRST, second=SECOND)
        assert (found["n"], found["low"], found["high"]) == (0, 0, 1)
        assert np.isnan(found["rate"])


# Sides


def test_sides_are_the_same_on_every_call_and_other_for_another_seed():
    ids = [f"prompt {i}" for i in range(2_000)]
    left = [votes.sides(prompt_id, FIRST, SECOND, seed=1)[0] == FIRST for prompt_id in ids]
    assert left == [votes.sides(prompt_id, FIRST, SECOND, seed=1)[0] == FIRST for prompt_id in ids]
    assert 900 < sum(left) < 1_100
    other = [votes.sides(prompt_id, FIRST, SECOND, seed=2)[0] == FIRST for prompt_id in ids]
    assert 900 < sum(a == b for a, b in zip(left, other, strict=True)) < 1_100


def test_each_answer_stands_on_the_side_that_the_file_names(tmp_path):
    panel = voting(tmp_path / "v.jsonl")
    firsts = set()
    for _ in PROMPTS.index:
        shown = [words for words in Reader(panel._answers.value).words if " answered " in words]
        press(panel, "l")
        row = lines(panel)[-1]
        said = ANSWERS.set_index(["prompt_id", "arm"]).text
        assert shown == [said[row["prompt_id"], row["left"]], said[row["prompt_id"], row["right"]]]
        assert row["vote"] == row["left"]
        firsts.add(row["left"])
    assert firsts == {FIRST, SECOND}


# The panel


def test_buttons_and_keys_vote_and_every_vote_is_on_disk_at_once(tmp_path):
    panel = voting(tmp_path / "deep" / "v.jsonl")
    asked = []
    for choice, key in (("left", "l"), ("right", "r"), ("tie", "t"), ("skip", "s")):
        for act in (partial(press, panel, key), partial(panel.give, choice)):
            here = panel.current
            asked.append(here["prompt_id"])
            act()
            last = lines(panel)[-1]
            assert last["prompt_id"] == here["prompt_id"]
            assert last["vote"] == {"left": here["left"], "right": here["right"]}.get(choice, choice)
    assert len(set(asked)) == len(lines(panel)) == len(panel.votes) == 8
    assert ">8 <small>of 20" in panel._head.value


def test_the_order_is_random_and_its_seed_decides_it(tmp_path):
    orders = []
    for seed in (0, 0, 1):
        panel = voting(tmp_path / f"{len(orders)}.jsonl", seed=seed)
        press(panel, *"t" * 20)
        orders.append(panel.votes.prompt_id.tolist())
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2]) == PROMPTS.prompt_id.tolist() != orders[0]


def test_undo_brings_the_prompt_back_and_keeps_the_history(tmp_path):
    panel = voting(tmp_path / "v.jsonl")
    press(panel, "z")
    start = panel.current
    press(panel, "l", "t")
    second = panel.votes.prompt_id[1]
    press(panel, "z")
    assert panel.current["prompt_id"] == second
    press(panel, "z", "z")
    assert panel.current == start
    assert [row["vote"] for row in lines(panel)] == [start["left"], "tie", "undo", "undo"]
    press(panel, "r")
    assert panel.votes.vote.tolist() == [start["right"]]


def test_the_panel_ends_when_every_prompt_is_voted_on(tmp_path):
    panel = voting(tmp_path / "v.jsonl")
    assert off(panel) == {"z"} and panel.reveal.disabled
    press(panel, *"lrts" * 6)
    assert panel.current is None
    assert len(lines(panel)) == 20
    assert "Done" in panel._answers.value and "v.jsonl" in panel._answers.value
    assert off(panel) == set("ltrs") and not panel.reveal.disabled


def test_nothing_that_reaches_the_browser_names_an_arm_before_the_reveal_and_after_the_next_vote(tmp_path):
    panel = voting(tmp_path / "v.jsonl")
    for key in "lrtz":
        assert "arm-" not in everything_sent(panel) + panel.static().data
        press(panel, key)
    panel.reveal.click()
    assert FIRST in everything_sent(panel) and SECOND in panel.static().data
    press(panel, "r")
    assert "arm-" not in everything_sent(panel) + panel.static().data


def test_the_reveal_shows_the_tally_and_the_names_by_prompt(tmp_path):
    panel = voting(tmp_path / "v.jsonl")
    for vote in (FIRST, FIRST, FIRST, SECOND, "tie", "skip"):
        here = panel.current
        panel.give(vote if vote in ("tie", "skip") else "left" if here["left"] == vote else "right")
    panel.reveal.click()
    words = [word for word in Reader(panel._names.value).words if word.strip()]
    assert words[:2] == ["70%", f"win rate of {FIRST} against {SECOND}, n = 5, 95% Wilson interval 30% to 93%"]
    assert words[2:8] == ["3", "wins", "1", "ties", "1", "losses"]
    last = panel.votes.iloc[-1]
    asked = PROMPTS.set_index("prompt_id").instruction[last.prompt_id]
    said = ANSWERS.set_index(["prompt_id", "arm"]).text
    answers = [word for arm in (last.left, last.right) for word in (arm, said[last.prompt_id, arm])]
    assert words[-36:-30] == [asked, *answers, "skip"]
    assert len(words) == 8 + 1 + 4 + 6 * 6


def test_votes_survive_and_the_next_panel_goes_on(tmp_path):
    first = voting(tmp_path / "v.jsonl")
    press(first, "l", "s", "t")
    second = voting(tmp_path / "v.jsonl")
    assert second.current == first.current
    pd.testing.assert_frame_equal(second.votes, first.votes)
    last = first.votes.prompt_id[2]
    press(second, "z")
    assert second.current["prompt_id"] == last
    assert voting(tmp_path / "v.jsonl", seed=5).votes.vote.tolist() == second.votes.vote.tolist()


def test_a_killed_process_loses_no_vote(tmp_path):
    code = """
import os, signal, sys
sys.path.insert(0, "tests")
from test_widgets_votes import press, voting
press(voting(sys.argv[1]), *"lrts")
os.kill(os.getpid(), signal.SIGKILL)
"""
    path = tmp_path / "v.jsonl"
    killed = subprocess.run([sys.executable, "-c", code, str(path)], cwd=Path(__file__).parent.parent)
    assert killed.returncode == -9
    panel = voting(path)
    assert panel.votes.vote.tolist() == [panel.votes.left[0], panel.votes.right[1], "tie", "skip"]
    assert panel.current["prompt_id"] not in set(panel.votes.prompt_id)


def test_a_torn_line_and_rows_of_another_kind_cost_only_themselves(tmp_path):
    panel = voting(tmp_path / "v.jsonl")
    press(panel, "l")
    labels.append(panel.path, pair_id="a", label="good", labeller="me")
    with panel.path.open("ab") as file:
        file.write(b'{"prompt_id": "p0')
    press(panel, "t")
    assert len(voting(panel.path).votes) == 2


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"vote": "third"}, "unknown vote"),
        ({"vote": "true"}, "unknown vote"),
        ({"vote": {"A": 1}}, "a field is no text"),
        ({"vote": True}, "a field is no text"),
        ({"vote": None}, "no vote"),
        ({"ballot": ["x"]}, "a field is no text"),
        ({"ballot": ""}, "no ballot"),
        ({"right": "A"}, "unknown vote"),
    ],
)
def test_a_line_that_is_no_vote_is_counted_and_costs_only_itself(tmp_path, change, why):
    cast = {"prompt_id": 7, "vote": "A", "left": "A", "right": "B", "ballot": "x"}
    labels.append(tmp_path / "v.jsonl", **cast)
    labels.append(tmp_path / "v.jsonl", **(cast | {"ballot": "y"} | change))
    found = votes.read(tmp_path / "v.jsonl")
    assert found.to_numpy().tolist() == [["7", "A", "A", "B", "x"]]
    assert found.attrs["left_out"] == {why: 1}


def test_one_file_holds_votes_between_several_arms(tmp_path):
    press(voting(tmp_path / "v.jsonl"), "l", "l")
    other = voting(tmp_path / "v.jsonl", second="arm-other")
    assert other.votes.empty
    press(other, "t")
    assert len(voting(tmp_path / "v.jsonl", first=SECOND, second=FIRST).votes) == 2
    assert votes.tally(votes.read(other.path), first=FIRST, second="arm-other")["n"] == 1


def test_a_vote_on_answers_that_have_changed_does_not_count_for_the_new_ones(tmp_path):
    panel = voting(tmp_path / "v.jsonl")
    press(panel, "l", "l")
    changed = (ANSWERS.prompt_id == panel.votes.prompt_id[0]) & (ANSWERS.arm == FIRST)
    again = voting(panel.path, ANSWERS.assign(text=ANSWERS.text.mask(changed, "quite another answer")))
    assert again.votes.prompt_id.tolist() == [panel.votes.prompt_id[1]]
    assert again.current["prompt_id"] == panel.votes.prompt_id[0]


# What comes from elsewhere


def test_hostile_texts_do_nothing_in_the_panel_and_in_the_reveal(tmp_path):
    prompts = pd.DataFrame({"prompt_id": list(HOSTILE), "instruction": list(HOSTILE.values())})
    answers = [prompts.rename(columns={"instruction": "text"}).assign(arm=arm) for arm in ("<b>a</b>", "<img src=x>")]
    panel = voting(tmp_path / "v.jsonl", pd.concat(answers), prompts, first="<b>a</b>", second="<img src=x>")
    for _ in HOSTILE:
        harmless(panel.static().data.partition("</style>")[2])
        press(panel, "l")
        panel.reveal.click()
        harmless(panel._names.value)


def harmless(markup):
    reader = Reader(markup)
    assert not reader.open
    assert set(reader.tags) <= OURS | {"i", "p", "small", "code"}
    assert not [name for name, _ in reader.attributes if name.startswith("on") or name == "href"]
    assert "<b>a" not in markup


def test_a_missing_answer_is_said():
    assert votes.ballot("Ask", "", "").count("no text") == 2


def test_equal_answers_are_ties_that_nobody_is_asked_about_and_count_as_far_as_one_has_come(tmp_path):
    same = ANSWERS.prompt_id.isin(["p03", "p07", "p11"])
    panel = voting(tmp_path / "v.jsonl", ANSWERS.assign(text=ANSWERS.text.mask(same, " the same ")))
    assert "3 more have equal answers" in panel._head.value
    passed = [panel.passed]
    while panel.current:
        assert panel.current["prompt_id"] not in {"p03", "p07", "p11"}
        press(panel, "l")
        passed.append(panel.passed)
    assert passed[0] < passed[-1] == 3 and passed == sorted(passed)
    panel.reveal.click()
    assert "ties, 3 of them equal answers" in panel._names.value
    found = votes.tally(panel.votes, first=FIRST, second=SECOND, same=3)
    assert (found["n"], found["ties"]) == (20, 3)


def test_prompts_that_only_one_arm_answered_are_not_asked(tmp_path):
    kept = ANSWERS[(ANSWERS.arm == FIRST) | (ANSWERS.prompt_id < "p05")]
    panel = voting(
        tmp_path / "v.jsonl", kept.assign(text=kept.text.mask((kept.prompt_id == "p00") & (kept.arm == FIRST), None))
    )
    press(panel, *"t" * 20)
    assert sorted(panel.votes.prompt_id) == [f"p0{i}" for i in range(5)]


@pytest.mark.parametrize(
    ("answers", "options", "said"),
    [
        (ANSWERS, {"first": "M_9"}, "no answers of arm M_9; there are arm-after, arm-before, arm-other"),
        (ANSWERS[(ANSWERS.arm == FIRST) == (ANSWERS.prompt_id < "p05")], {}, "arm-after and arm-before have no prompt in"),
        (ANSWERS, {"prompts": PROMPTS.assign(prompt_id="other " + PROMPTS.prompt_id)}, "no prompt in common"),
        (pd.concat([ANSWERS, ANSWERS]), {}, "several answers to one prompt"),
    ],
)
def test_answers_that_cannot_be_voted_on_are_an_error(tmp_path, answers, options, said):
    with pytest.raises(ValueError, match=said):
        voting(tmp_path / "v.jsonl", answers, **options)


def test_every_control_and_region_has_a_name(tmp_path):
    panel = voting(tmp_path / "v.jsonl")
    press(panel, "l")
    panel.reveal.click()
    assert panel.reveal.description
    assert panel.events.label
    regions = [value for name, value in Reader(panel.static().data.partition("</style>")[2]).attributes if name == "aria-label"]
    assert regions == ["names by prompt", "left answer", "right answer"]


def test_a_prompt_that_stands_twice_is_voted_on_once_and_an_id_of_two_instructions_is_named(tmp_path):
    prompts = pd.DataFrame({"prompt_id": ["a", "b"], "instruction": ["Why?", "How?"]})
    answers = pd.DataFrame(
        [(q, arm, f"{arm} to {q}") for q in "ab" for arm in ("x", "y")], columns=["prompt_id", "arm", "text"]
    )
    panel = VotePanel(answers, pd.concat([prompts, prompts]), first="x", second="y", path=tmp_path / "votes.jsonl")
    assert panel.current["prompt_id"] in ("a", "b")
    other = prompts.assign(instruction=["When?", "How?"])
    with pytest.raises(ValueError, match="the prompt 'a' stands for several instructions"):
        VotePanel(answers, pd.concat([prompts, other]), first="x", second="y", path=tmp_path / "votes.jsonl")
