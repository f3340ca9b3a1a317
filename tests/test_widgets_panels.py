"""The panels, driven as a reader drives them: values set, buttons clicked, keys pressed; no kernel needed."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from widget_pairs import hostile_pairs, synthetic_pairs, synthetic_ratings, synthetic_reference, synthetic_truth

from helpers.widgets import LabelPanel, PairBrowser, ThresholdPanel, agreement, columns, labels

PAIRS = synthetic_pairs(400)
RATINGS = synthetic_ratings(PAIRS)
USABLE, FLAGGED = PAIRS.pair_id[PAIRS.hygiene == ""].tolist(), PAIRS.pair_id[PAIRS.hygiene != ""].iloc[0]


def press(panel, key):
    panel.events.receive(panel.events, {"key": key})


@pytest.fixture
def browser(tmp_path):
    near = pd.DataFrame({"pair_id": [PAIRS.pair_id[0]], "neighbour_id": [PAIRS.pair_id[7]], "similarity": [0.9]})
    return PairBrowser(PAIRS, RATINGS, near, labels_path=tmp_path / "read.jsonl")


@pytest.fixture
def panel(tmp_path):
    def save(decision):
        return Path((tmp_path / "decision.json").write_text(json.dumps(decision)) and tmp_path / "decision.json")

    return ThresholdPanel(
        PAIRS,
        RATINGS,
        judge="rating",
        value=100,
        iteration=1,
        save=save,
        reference=synthetic_reference(),
        truth=synthetic_truth(PAIRS, RATINGS),
        labels=pd.DataFrame({"pair_id": [*USABLE[:3], FLAGGED], "label": ["good", "bad", "unsure", "good"]}),
        fork_command="python -m helpers run --run strict --fork tiny --from 05_forward_model-1",
    )


def test_importing_the_panels_does_not_import_torch():
    code = "import sys, helpers.widgets; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# Pair browser


@pytest.mark.parametrize(
    ("words", "regex", "case", "expected"),
    [
        ("ITEM 17", False, False, lambda text: "item 17" in text.lower()),
        ("ITEM 17", False, True, lambda text: "ITEM 17" in text),
        ("a (b.*", False, False, lambda text: False),
        (r"item 1\d ", True, False, lambda text: any(f"item 1{i} " in text for i in range(10))),
    ],
)
def test_search_finds_what_plain_python_finds(browser, words, regex, case, expected):
    browser.regex.value, browser.case.value, browser.search.value = regex, case, words
    found = [i for i, text in enumerate(PAIRS.instruction + " " + PAIRS.output) if expected(text)]
    assert sorted(browser.rows) == found


def test_a_broken_expression_is_told_and_hides_nothing(browser):
    browser.regex.value, browser.search.value = True, "item (1"
    assert "not a regular expression" in browser._status.value
    assert len(browser.rows) == len(PAIRS)


def test_search_skips_missing_texts():
    pairs = pd.DataFrame({"instruction": ["here", None], "output": [None, "here"]})
    assert columns.matches(pairs, "here").tolist() == [True, True]
    assert columns.matches(pairs, "there").tolist() == [False, False]


def test_filters_by_column_flag_and_score_meet(browser):
    browser.columns["source"].value = "web-a"
    browser.flag.value = "copy"
    browser.low.value, browser.high.value = 3.0, 4.0
    score = RATINGS.query("judge == 'rating' and iteration == 2").set_index("pair_id")["score"]
    expected = PAIRS[(PAIRS.source == "web-a") & PAIRS.hygiene.str.contains("copy")]
    expected = expected[score.reindex(expected.pair_id).between(3, 4).to_numpy()]
    assert 0 < len(expected) < 40
    assert set(browser.selection.pair_id) == set(expected.pair_id)


def test_the_full_score_range_hides_no_unrated_pair(browser):
    assert np.isnan(browser._score).any()
    assert len(browser.selection) == len(PAIRS)
    browser.flag.value = "none"
    assert (browser.selection.hygiene == "").all()


def test_sorting_by_score_and_by_length(browser):
    best = browser._score[browser.rows]
    rated = best[~np.isnan(best)]
    assert (np.diff(rated) <= 0).all()
    assert np.isnan(best[len(rated) :]).all()
    browser.sort.value = "shortest first"
    assert browser.selection.output.str.len().is_monotonic_increasing


def test_another_judge_opens_the_score_range_again(browser):
    browser.low.value = 4.5
    browser.judge.value = "log p(y|x)"
    assert len(browser.selection) == len(PAIRS)
    assert browser.key == ("log p(y|x)", 1)
    browser.judge.value = "rating"
    browser.iteration.value = 1
    assert browser.key == ("rating", 1)


def test_keys_and_buttons_step_through_and_stop_at_the_ends(browser):
    order = list(browser.rows)
    press(browser, "k")
    assert browser.row == order[0]
    for _ in range(30):
        press(browser, "j")
    assert browser.row == order[30]
    assert browser.start == 25
    browser.back.click()
    assert browser.row == order[0]


def test_a_click_opens_the_row_and_nonsense_is_ignored(browser):
    browser.events.receive(None, {"row": 7})
    assert browser.pair.pair_id == PAIRS.pair_id[7]
    for message in ({"row": 10**9}, {"row": "7"}, {"key": "q"}, {}):
        browser.events.receive(None, message)
    assert browser.row == 7


def test_the_reading_pane_shows_other_judges_and_neighbours(browser):
    browser.events.receive(None, {"row": 0})
    shown = browser._reading.value
    assert all(word in shown for word in ("log p(y|x)", "log p(x|y)", "Score: 4", "90% alike", 'data-row="7"', "Guide"))


def test_random_at_the_threshold_draws_near_it(browser):
    browser.threshold.value = 3.5
    browser.random.click()
    nearest = np.sort(np.abs(browser._score[browser._rated] - 3.5))[49]
    assert abs(browser._score[browser.row] - 3.5) <= nearest


def test_labels_given_while_reading_are_on_disk_and_can_be_undone(browser):
    first = browser.pair.pair_id
    press(browser, "g")
    assert labels.read(browser.labels_path).to_dict("records") == [{"pair_id": first, "labeller": "me", "label": "good"}]
    press(browser, "z")
    assert labels.read(browser.labels_path).empty
    assert len(browser.labels_path.read_text().splitlines()) == 2


def test_a_browser_without_ratings_or_results_still_opens():
    browser = PairBrowser(PAIRS[["pair_id", "instruction", "output"]])
    browser.search.value = "no such words anywhere"
    assert browser.selection.empty
    assert browser.pair is None
    browser._steps[1].click()
    assert "No pair" in browser._reading.value


def test_hostile_pairs_open_in_every_panel(tmp_path):
    pairs = hostile_pairs()
    ratings = pd.DataFrame({"pair_id": pairs.pair_id, "judge": "<b>j</b>", "iteration": 1, "score": range(len(pairs))})
    browser = PairBrowser(pairs, ratings)
    threshold = ThresholdPanel(pairs.assign(hygiene=""), ratings, judge="<b>j</b>", value=3, save=Path)
    panel = LabelPanel(pairs, ratings, judge="<b>j</b>", path=tmp_path / "l.jsonl")
    for row in range(len(pairs)):
        browser.events.receive(None, {"row": row})
        press(panel, "g")
        shown = [browser._reading, browser._page, threshold._examples, threshold._others, panel._pair]
        assert not [view for view in shown if "<script" in view.value or "<b>j" in view.value or "<img" in view.value]


# Threshold panel


def test_every_handle_moves_the_others(panel):
    usable = PAIRS.pair_id[PAIRS.hygiene == ""]
    scores = RATINGS[RATINGS.pair_id.isin(usable)].query("judge == 'rating' and iteration == 1").score.dropna()
    scores = np.sort(scores)[::-1]
    panel.slider.value = 3.5
    assert panel.n.value == (scores >= 3.5).sum()
    panel.n.value = 50
    assert panel.score.value == pytest.approx(scores[49], abs=1e-4)
    assert panel.slider.value == pytest.approx(panel.score.value, abs=panel.slider.step)
    panel.score.value = 2.0
    assert panel.n.value == (scores >= 2).sum()
    panel.share.value = 0.25
    assert panel.n.value == round(0.25 * len(scores))


@pytest.mark.parametrize("rule", ["top", "at_least", "quantile"])
def test_the_decision_keeps_what_the_panel_shows(panel, rule):
    panel.rule.value = rule
    for move in (lambda: setattr(panel.slider, "value", 3.1), lambda: setattr(panel.n, "value", 77)):
        move()
        decision = panel.decision
        assert decision["rule"] == rule
        assert panel.view.ranking.kept(decision["rule"], decision["value"]) == panel.n.value == len(panel.kept)
    assert panel.n.value == 77


def test_the_browser_snapping_the_slider_changes_nothing(panel):
    panel.n.value = 101
    panel.slider.value = panel.slider.value + 1e-9
    assert panel.n.value == 101


def test_the_truth_is_hidden_until_a_decision_is_saved_and_hidden_again_when_it_moves(panel, tmp_path):
    assert panel.reveal.layout.display == "none"
    panel.use.click()
    assert json.loads((tmp_path / "decision.json").read_text()) == {
        "judge": "rating",
        "rule": "top",
        "value": 100,
        "made_by": "reader",
    }
    assert "--fork tiny" in panel._result.value
    assert "by the truth" not in panel._result.value
    panel.reveal.click()
    assert "precision by the truth" in panel._result.value
    panel.n.value = 90
    assert panel._result.value == ""
    assert panel.reveal.layout.display == "none"


def test_without_truth_there_is_nothing_to_reveal():
    panel = ThresholdPanel(PAIRS, RATINGS, judge="rating", value=10, save=lambda decision: Path("d.json"))
    panel.use.click()
    assert panel.reveal.layout.display == "none"


def test_what_is_left_out_is_told(panel):
    assert "without a score" in panel._head.value
    assert "with a hygiene flag left out" in panel._head.value
    panel.n.value = len(PAIRS)
    assert (panel.kept.hygiene == "").all()


def test_precision_from_labels_counts_good_and_bad_pairs_that_can_be_kept(panel):
    panel.n.value = len(PAIRS)
    assert "precision by your labels, 1 of 2" in panel._numbers.value


def test_labels_that_say_nothing_yet_show_no_precision(tmp_path):
    unsure = pd.DataFrame({"pair_id": USABLE[:1], "label": ["unsure"]})
    for given in (labels.read(tmp_path / "labels.jsonl"), unsure):
        panel = ThresholdPanel(PAIRS, RATINGS, judge="rating", value=10, save=Path, labels=given)
        assert "precision" not in panel._numbers.value


def test_two_judges_are_decided_by_added_ranks():
    pair = ["log p(y|x)", "log p(x|y)"]
    panel = ThresholdPanel(PAIRS, RATINGS, judge=pair, value=40, save=Path)
    wide = RATINGS.pivot_table(index="pair_id", columns=["judge", "iteration"], values="score")
    added = sum(wide[(judge, 1)].rank(pct=True) for judge in pair)
    assert set(panel.kept.pair_id) == set(added.loc[added.index.isin(USABLE)].nlargest(40).index)
    assert panel.decision["judge"] == pair
    panel.judge.value = "rating"
    assert panel.decision["judge"] == "rating"
    assert panel.n.value == 40


def test_added_ranks_stay_on_offer_after_a_single_judge_has_decided():
    pair = ("log p(y|x)", "log p(x|y)")
    panel = ThresholdPanel(PAIRS, RATINGS, judge="rating", value=40, save=Path, sums=(pair,))
    assert panel.decision["judge"] == "rating"
    (added,) = [name for name in panel.judge.options if "ranks added" in name]
    panel.judge.value = added
    assert panel.decision["judge"] == list(pair)


def test_the_examples_are_the_pairs_on_both_sides_of_the_cut(panel):
    order = PAIRS.instruction.iloc[panel.view.ranking.rows].tolist()
    above, below = panel._examples.value.split("Just below")
    assert all(order[i][:18] in above for i in (97, 98, 99))
    assert all(order[i][:18] in below for i in (100, 101, 102))


def test_the_static_twin_shows_the_same_without_controls(panel):
    shown = panel.static().data
    assert ">100 <small>" in shown
    assert "<input" not in shown
    assert "aria-label=" in shown


def test_pairs_that_are_all_flagged_leave_nothing_to_keep():
    panel = ThresholdPanel(PAIRS.assign(hygiene="copy"), RATINGS, judge="rating", value=5, save=Path)
    panel.slider.value = panel.slider.min
    assert panel.n.value == 0
    assert panel.kept.empty


def test_scores_alone_are_enough():
    panel = ThresholdPanel(PAIRS[["pair_id"]], RATINGS, judge="rating", value=5, save=Path)
    panel.slider.value = 3.0
    assert panel.n.value > 5


# Labels


def labelling(path, **options):
    return LabelPanel(PAIRS, RATINGS, judge="rating", path=path, n=10, **options)


def test_labels_survive_and_the_next_panel_goes_on(tmp_path):
    path = tmp_path / "deep" / "labels.jsonl"
    first = labelling(path)
    press(first, "g")
    first.buttons["bad"].click()
    second = labelling(path)
    assert second.current == first.current
    assert second.labels.label.tolist() == ["good", "bad"]
    for _ in range(20):
        press(second, "s")
    assert second.current is None
    assert len(second.labels) == 10
    assert second.buttons["good"].disabled


def test_undo_brings_the_pair_back_and_keeps_the_history(tmp_path):
    panel = labelling(tmp_path / "l.jsonl")
    shown = panel.current
    press(panel, "b")
    press(panel, "z")
    press(panel, "z")
    assert panel.current == shown
    assert [json.loads(line)["label"] for line in panel.path.read_text().splitlines()] == ["bad", "undo"]
    press(panel, "g")
    assert panel.labels.label.tolist() == ["good"]


def test_two_people_label_the_same_pairs_in_one_file(tmp_path):
    one, two = (labelling(tmp_path / "l.jsonl", labeller=name) for name in ("ann", "ben"))
    press(one, "g")
    assert one.sample[0] == two.sample[0] == two.current
    assert two.labels.empty


def test_a_killed_process_loses_no_label(tmp_path):
    code = """
import os, signal, sys
sys.path.insert(0, "tests")
from test_widgets_panels import labelling, press
panel = labelling(sys.argv[1])
for key in "gbus":
    press(panel, key)
os.kill(os.getpid(), signal.SIGKILL)
"""
    path = tmp_path / "l.jsonl"
    killed = subprocess.run([sys.executable, "-c", code, str(path)], cwd=Path(__file__).parent.parent)
    assert killed.returncode == -9
    assert labels.read(path).label.tolist() == ["good", "bad", "unsure", "skip"]


def test_a_torn_line_costs_only_itself(tmp_path):
    path = tmp_path / "l.jsonl"
    labels.append(path, pair_id="a", label="good", labeller="me")
    with path.open("ab") as file:
        file.write(b'{"pair_id": "b", "lab')
    labels.append(path, pair_id="c", label="bad", labeller="me")
    assert labels.read(path).pair_id.tolist() == ["a", "c"]


def write_labels(path, labeller, given):
    for number, label in enumerate(given):
        labels.append(path, pair_id=str(number), label=label, labeller=labeller)
    return path


def test_kappa_of_a_hand_worked_example(tmp_path):
    ann = ["good"] * 25 + ["bad"] * 25 + ["skip"]
    ben = ["good"] * 20 + ["bad"] * 5 + ["good"] * 10 + ["bad"] * 15 + ["good"]
    paths = [write_labels(tmp_path / f"{name}.jsonl", name, given) for name, given in (("ann", ann), ("ben", ben))]
    row = agreement(*paths).iloc[0]
    assert (row["first"], row["second"], row["n"]) == ("ann", "ben", 50)
    assert row["agree"] == pytest.approx(0.7)
    assert row["kappa"] == pytest.approx(0.4)
    assert row["low"] < 0.4 < row["high"]


def test_kappa_is_nan_where_it_says_nothing_and_names_are_kept_apart(tmp_path):
    paths = [write_labels(tmp_path / f"{name}.jsonl", "me", ["good"] * 3) for name in ("ann", "ben")]
    row = agreement(*paths).iloc[0]
    assert np.isnan(row["kappa"])
    assert row["second"] == "me (ben)"
    assert agreement(paths[0]).empty
