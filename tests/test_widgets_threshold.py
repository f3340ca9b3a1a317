"""The threshold panel, driven as a reader drives it, with a launcher that trains nothing."""

import html
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from panels import from_elsewhere, press
from widget_pairs import hostile_pairs, synthetic_pairs, synthetic_ratings, synthetic_reference, synthetic_truth

from helpers import curation
from helpers.curation import LIKELIHOODS, Decision
from helpers.widgets import CurationTable, ThresholdPanel, labels
from helpers.widgets.verdicts import REASONS

PAIRS = synthetic_pairs(400)
RATINGS = synthetic_ratings(PAIRS)
OWN = RATINGS[RATINGS.iteration == 1]
FIRST = Decision(("rating",), "top", 100)
PRESET = Decision(LIKELIHOODS, "top", 60)
RULE_AND_DEFAULT = FIRST, PRESET
USABLE = PAIRS.pair_id[PAIRS.hygiene == ""].tolist()


class Launcher:
    """A launcher that keeps the panel's requests in a list. A run goes on until it is stopped or set to done."""

    def __init__(self, refuse=""):
        self.refuse, self.started, self.states = refuse, {}, {}

    def command(self, name):
        return f"python -m helpers run --run '{name}' <now>"

    def start(self, name, record):
        if self.refuse or name in self.started:
            raise ValueError(self.refuse or f"there is a run {name!r} already: choose another name")
        self.started[name] = record
        self.states[name] = {"running": True, "line": "05 step 3 of 9 <b>", "log": "line <one>\nline two", "code": None}

    def state(self, name):
        return self.states.get(name)

    def stop(self, name):
        self.states[name] |= {"running": False, "code": -15, "line": "stopped"}


def threshold(decision=FIRST, **options):
    return ThresholdPanel(PAIRS, RATINGS, decision, **{"default": PRESET, "iteration": 1} | options)


@pytest.fixture
def launcher():
    return Launcher()


@pytest.fixture
def panel(launcher, tmp_path):
    return threshold(
        launcher=launcher,
        labels=tmp_path / "l.jsonl",
        reference=synthetic_reference(),
        truth=synthetic_truth(PAIRS, RATINGS),
    )


def tick(panel):
    panel.events.receive(None, {"tick": True})


# Handles


def test_every_handle_moves_the_others(panel):
    scores = OWN[OWN.pair_id.isin(USABLE) & (OWN.judge == "rating")].score.dropna()
    scores = np.sort(scores)[::-1]
    panel.slider.value = 0.6
    assert panel.score.value == pytest.approx(panel._low + 0.6 * (panel._high - panel._low), abs=panel.score.step)
    assert panel.n.value == (scores >= panel.score.value).sum()
    panel.n.value = 50
    assert panel.score.value == pytest.approx(scores[49], abs=1e-4)
    at = panel._low + panel.slider.value * (panel._high - panel._low)
    assert at == pytest.approx(panel.score.value, abs=panel.slider.step * (panel._high - panel._low))
    panel.score.value = 2.0
    assert panel.n.value == (scores >= 2).sum()
    panel.share.value = 0.25
    assert panel.n.value == round(0.25 * len(scores))
    for place in (0.0, 0.5, 1.0):
        panel.events.receive(None, {"at": place})
        assert panel.slider.value == pytest.approx(place, abs=2 * panel.slider.step)
        assert panel.n.value == (scores >= panel.score.value).sum()


def test_places_outside_the_drawing_are_its_ends_and_nonsense_moves_nothing(panel):
    panel.events.receive(None, {"at": 7.5})
    assert panel.slider.value == pytest.approx(panel.slider.max, abs=panel.slider.step)
    before = panel.decision
    for place in ("0.5", None, True, [1]):
        panel.events.receive(None, {"at": place})
    assert panel.decision == before


@pytest.mark.parametrize("rule", ["top", "at_least", "quantile"])
def test_the_decision_keeps_what_the_panel_shows_and_the_stage_will_keep_the_same(panel, rule):
    panel.rule.value = rule
    for move in (lambda: setattr(panel.slider, "value", 0.4), lambda: setattr(panel.n, "value", 77)):
        move()
        decided = curation.decide(PAIRS, OWN, Decision.of(panel.decision.record()))
        assert panel.decision.rule == rule
        assert set(panel.kept.pair_id) == set(decided.pair_id[decided.kept])
        assert len(panel.kept) == panel.n.value
    assert panel.n.value == 77


def test_another_judge_keeps_as_many_and_the_slider_keeps_its_range(panel):
    """A browser whose slider gets another range sends its old value back, and that would move the cut."""
    ends = panel.slider.min, panel.slider.max, panel.slider.step
    panel.n.value = 35
    for judge in panel.judge.options:
        panel.judge.value = judge
        assert panel.n.value == 35 and panel.decision.value == 35
        assert (panel.slider.min, panel.slider.max, panel.slider.step) == ends


def test_every_step_of_the_slider_is_kept(panel):
    for judge in panel.judge.options:
        panel.judge.value = judge
        for place in range(249, 0, -1):
            panel.slider.value = place / 250
            assert panel.slider.value == pytest.approx(place / 250), "a step that sprang back could never be passed"


def test_the_browser_snapping_the_slider_changes_nothing(panel):
    panel.n.value = 101
    panel.slider.value = panel.slider.value + 1e-9
    assert panel.n.value == 101


def test_back_to_the_presets_moves_every_handle(panel):
    panel.n.value = 3
    panel.rule.value = "quantile"
    panel.back.click()
    assert panel.decision == Decision(LIKELIHOODS, "top", 60, "reader")
    decided = curation.decide(PAIRS, OWN, PRESET)
    assert set(panel.kept.pair_id) == set(decided.pair_id[decided.kept])


def test_all_judges_and_their_added_ranks_are_on_offer(panel):
    assert len(panel.judge.options) == 4
    (added,) = [name for name in panel.judge.options if "dual_likelihood" in name]
    panel.judge.value = added
    assert panel.decision.judge == LIKELIHOODS and panel.n.value == 100
    panel.judge.value = "log p(x|y)"
    assert panel.decision.judge == ("log p(x|y)",) and panel.n.value == 100


def test_a_decision_by_a_judge_that_rated_nothing_is_an_error():
    with pytest.raises(KeyError, match="no ratings by nobody"):
        threshold(Decision(("nobody",), "top", 3))


# Labels


def test_labels_are_followed_as_they_are_given_and_travel_in_the_decision(panel):
    table = CurationTable(PAIRS, OWN, FIRST, labels=panel.labels)
    worst, best = panel.kept.pair_id.iloc[0], panel.view.ranking.rows[150]
    table.fate.value = "kept"
    press(table, "b")
    table.events.receive(None, {"row": int(best)})
    press(table, "g")
    assert panel.decision.vetoed == panel.decision.bad == (worst,)
    assert panel.decision.added == panel.decision.good == (PAIRS.pair_id[best],)
    assert "100 by the rule, 1 vetoed, 1 added" in panel._head.value
    assert "precision of the rule by your labels (not drawn blind, so this need not hold for other pairs), 0 of 1" in (
        panel._numbers.value
    )
    decided = curation.decide(PAIRS, OWN, panel.decision)
    assert set(panel.kept.pair_id) == set(decided.pair_id[decided.kept])
    panel.n.value = 160
    assert (panel.decision.vetoed, panel.decision.added) == ((worst,), ())


def test_labels_of_another_kernel_are_trained(panel, launcher):
    best, second = panel.kept.pair_id[:2]
    from_elsewhere(panel.labels, pair_id=best, label="bad")
    panel._launch.train.click()
    assert launcher.started["mine"]["vetoed"] == [best]
    assert "trains on 99 pairs" in panel._launch.said.value and "1 vetoed" in panel._head.value
    from_elsewhere(panel.labels, pair_id=second, label="bad")
    assert len(panel.kept) == 98


def test_precision_and_recall_are_those_of_the_pairs_that_were_drawn_blind(panel):
    best = panel.kept.pair_id
    for pair_id in best[:25]:
        labels.append(panel.labels, pair_id=pair_id, label="good")
    assert "recall of the rule by your labels (not drawn blind, so this need not hold for other pairs), 25 of 25" in (
        panel._numbers.value
    )
    low = PAIRS.pair_id.iloc[panel.view.ranking.rows[-1]]
    for pair_id, label in ((best.iloc[30], "bad"), (best.iloc[31], "good"), (low, "good")):
        labels.append(panel.labels, pair_id=pair_id, label=label, blind=True)
    assert "precision of the rule by your labels (drawn blind), 1 of 2" in panel._numbers.value
    assert "recall of the rule by your labels (drawn blind), 1 of 2" in panel._numbers.value
    assert len(panel.decision.vetoed) == 1, "every label overrules, blind or not"


def test_pairs_that_the_decision_names_are_trained_until_a_label_or_another_decision_replaces_them(launcher, tmp_path):
    best, second, third = PAIRS.pair_id.iloc[threshold().view.ranking.rows[[0, 1, 2]]]
    named = Decision(("rating",), "top", 100, "reader", vetoed=(best, second, third), bad=(third,))
    labels.append(tmp_path / "l.jsonl", pair_id=third, label="bad")
    panel = threshold(named, launcher=launcher, labels=tmp_path / "l.jsonl")
    decided = curation.decide(PAIRS, OWN, named)
    assert set(panel.kept.pair_id) == set(decided.pair_id[decided.kept])
    assert "3 vetoed, 0 added by you" in panel._head.value
    panel._launch.train.click()
    assert launcher.started["mine"]["vetoed"] == sorted((best, second, third))
    labels.append(panel.labels, pair_id=best, label="good")
    assert set(panel.decision.vetoed) == {second, third}
    panel.without.value = True
    saved = panel.decision
    assert set(saved.vetoed) == {best, second} and saved.bad == (), "the third was vetoed by a label"
    again = threshold(saved, labels=tmp_path / "none.jsonl")
    again.without.value = True
    assert set(again.decision.vetoed) == {best, second}, "what is vetoed by hand stays so in the next session"
    panel.without.value = False
    labels.append(panel.labels, pair_id=third, label="undo")
    assert set(panel.decision.vetoed) == {second}, "a label that is taken back vetoes no longer"
    panel.back.click()
    assert panel.decision == replace(PRESET, made_by="reader")


def test_the_nearest_threshold_keeps_a_pair_that_no_label_drops(panel, launcher):
    panel.judge.value, panel.rule.value = "log p(y|x)", "at_least"
    labels.append(panel.labels, pair_id=PAIRS.pair_id.iloc[panel.view.ranking.rows[0]], label="bad")
    panel.score.value = 99.0
    panel._launch.train.click()
    panel._launch.nearest.click()
    assert len(panel.kept) >= 1 and len(panel.decision.vetoed) == 1


def test_good_pairs_without_a_score_count_in_the_recall_and_flagged_ones_do_not(tmp_path):
    pairs = pd.DataFrame({"pair_id": list("abcdef"), "hygiene": ["", "", "", "", "", "copy"]})
    ratings = pairs.assign(judge="j", score=[5.0, 4.0, 3.0, None, None, 5.0])
    for pair_id in "abdef":
        labels.append(tmp_path / "l.jsonl", pair_id=pair_id, label="good")
    rule = Decision(("j",), "top", 2)
    panel = ThresholdPanel(pairs, ratings, rule, default=rule, labels=tmp_path / "l.jsonl")
    said = "of the rule by your labels (not drawn blind, so this need not hold for other pairs)"
    assert f"precision {said}, 2 of 2" in panel._numbers.value and f"recall {said}, 2 of 4" in panel._numbers.value


def test_a_value_is_never_rounded_so_that_another_pair_is_kept(launcher):
    few = pd.DataFrame({"pair_id": [f"p{row:02}" for row in range(40)]})
    scores = -0.123456789 - np.arange(40) * 1e-8
    for rule, value, kept in (("at_least", float(scores[4]), 5), ("quantile", 0.1250000001, 5), ("quantile", 1e-7, 0)):
        decision = Decision(("j",), rule, value)
        panel = ThresholdPanel(few, few.assign(judge="j", score=scores), decision, default=decision, launcher=launcher)
        assert panel.decision == replace(decision, made_by="reader") and len(panel.kept) == kept
    panel.rule.value, panel.score.value = "at_least", 1.0
    panel._launch.train.click()
    panel._launch.nearest.click()
    assert len(panel.kept) == 1 and panel.decision.value == scores[0] == panel.score.value


def test_training_without_labels_forgets_them_and_comes_back(panel):
    labels.append(panel.labels, pair_id=panel.kept.pair_id.iloc[0], label="bad")
    assert len(panel.kept) == 99
    panel.without.value = True
    assert len(panel.kept) == 100 and panel.decision.vetoed == ()
    assert "precision of the rule by your labels" in panel._numbers.value, "they still say how good it is"
    panel.without.value = False
    assert len(panel.kept) == 99


def test_a_good_flagged_pair_is_not_added_and_lines_that_are_no_labels_are_counted(panel):
    labels.append(panel.labels, pair_id=PAIRS.pair_id[PAIRS.hygiene != ""].iloc[0], label="good")
    labels.append(panel.labels, pair_id="nobody", label="good")
    labels.append(panel.labels, pair_id=USABLE[0], label="unsure")
    assert panel.decision.added == ()
    assert "1 lines of l.jsonl left out (1 unknown pair)" in panel._head.value


def test_labels_of_others_are_named_with_the_argument_that_counts_them(panel):
    assert "not counted" not in panel._head.value
    for pair_id, who in ((USABLE[0], "ana"), (USABLE[1], "ana"), (USABLE[0], "<b>ben")):
        labels.append(panel.labels, pair_id=pair_id, label="bad", labeller=who)
    labels.append(panel.labels, pair_id=USABLE[2], label="skip", labeller="cy")
    assert panel.decision.vetoed == ()
    said = html.unescape(panel._head.value)
    assert "3 labels by others are not counted: ana (2), <b>ben (1); pass labeller='ana' to count theirs instead" in said
    assert "<b>ben" not in panel._head.value
    assert "1 labels by others are not counted: <b>ben (1)" in html.unescape(
        threshold(labels=panel.labels, labeller="ana")._head.value
    )


# Training


def test_the_trained_decision_is_the_one_shown_with_its_labels(panel, launcher):
    labels.append(panel.labels, pair_id=panel.kept.pair_id.iloc[0], label="bad")
    panel.n.value = 90
    panel._launch.name.value = "strict"
    panel._launch.train.click()
    assert Decision.of(launcher.started["strict"]) == panel.decision
    assert "trains on 89 pairs" in panel._launch.said.value
    assert "line &lt;one&gt;" in panel._launch.state.value


@pytest.mark.parametrize(
    ("rule", "words"),
    [("top", "the best 1: it keeps 1 pair"), ("at_least", "a score of at least"), ("quantile", "of all: it keeps 1 pair")],
)
def test_training_on_nothing_is_refused_with_the_nearest_threshold_that_keeps_some(panel, launcher, rule, words):
    panel.rule.value = rule
    panel.score.value = 99.0 if rule == "at_least" else panel.score.value
    panel.n.value = 0 if rule != "at_least" else panel.n.value
    assert panel.kept.empty
    panel._launch.train.click()
    assert launcher.started == {}
    assert "cannot be trained on none" in panel._launch.said.value and words in panel._launch.said.value
    panel._launch.nearest.click()
    assert len(panel.kept) >= 1
    panel._launch.train.click()
    assert len(launcher.started) == 1


def test_the_one_kept_pair_vetoed_is_nothing_to_train_on(panel, launcher):
    panel.n.value = 1
    labels.append(panel.labels, pair_id=panel.kept.pair_id.iloc[0], label="bad")
    panel._launch.train.click()
    assert launcher.started == {} and "the best 2: it keeps 1 pair" in panel._launch.said.value


def test_pairs_that_are_all_flagged_leave_nothing_to_keep():
    launcher = Launcher()
    panel = ThresholdPanel(PAIRS.assign(hygiene="copy"), RATINGS, FIRST, default=PRESET, launcher=launcher)
    panel._launch.train.click()
    assert panel.kept.empty and launcher.started == {}
    assert "No pair can be kept" in panel._launch.said.value
    assert panel._launch.nearest.layout.display == "none"


def test_a_refusal_of_the_launcher_is_shown_as_it_is():
    panel = threshold(launcher=Launcher(refuse="the disk is <full>"))
    panel._launch.train.click()
    assert "the disk is &lt;full&gt;" in panel._launch.said.value


def test_any_number_of_decisions_stand_side_by_side_and_a_name_is_taken_once(panel, launcher):
    for name, n in (("a", 10), ("b", 20), ("a", 30)):
        panel._launch.name.value, panel.n.value = name, n
        panel._launch.train.click()
    assert {name: record["value"] for name, record in launcher.started.items()} == {"a": 10, "b": 20}
    assert "already" in panel._launch.said.value


def test_progress_is_looked_at_while_it_runs_and_no_longer(panel, launcher):
    assert panel.events.tick == 0
    panel._launch.train.click()
    assert panel.events.tick > 0 and panel._launch.stop.layout.display is None
    launcher.states["mine"] |= {"line": ""}
    tick(panel)
    assert "is running: it begins" in panel._launch.state.value
    launcher.states["mine"] |= {"line": "06 evaluation"}
    tick(panel)
    assert "06 evaluation" in panel._launch.state.value
    launcher.states["mine"] |= {"running": False, "code": 0}
    tick(panel)
    assert panel.events.tick == 0 and "is done" in panel._launch.state.value


def test_a_run_can_be_stopped_and_a_new_panel_finds_what_goes_on(panel, launcher):
    panel._launch.train.click()
    again = threshold(launcher=launcher)
    assert again.events.tick > 0 and "is running" in again._launch.state.value
    before = again._launch.state.value
    again._launch.stop.click()
    assert "has stopped before its end" in again._launch.state.value and again.events.tick == 0
    assert "in a terminal" not in before and "&lt;now&gt;" in again._launch.state.value, "two processes cannot train it"


def test_the_truth_is_hidden_until_a_decision_is_trained_and_hidden_again_when_it_moves(panel):
    reveal = panel._launch.reveal
    assert reveal.layout.display == "none"
    panel._launch.train.click()
    assert reveal.layout.display is None and "by the truth" not in panel._launch.said.value
    reveal.click()
    assert "precision by the truth" in panel._launch.said.value
    panel.n.value = 90
    assert panel._launch.said.value == "" and reveal.layout.display == "none"


def test_without_a_launcher_there_is_no_button_and_without_truth_nothing_to_reveal(launcher):
    assert threshold()._launch is None
    panel = threshold(launcher=launcher)
    panel._launch.train.click()
    assert panel._launch.reveal.layout.display == "none"


# What is shown


def test_the_head_names_the_pairs_that_are_left_out(panel):
    assert "without a score" in panel._head.value
    assert "with a hygiene flag left out" in panel._head.value
    panel.n.value = len(PAIRS)
    assert (panel.kept.hygiene == "").all()


def test_reference_pairs_are_drawn_for_single_judges_and_for_added_ranks(panel):
    assert "seed 200" in panel._chart.value and "shuffled 200" in panel._chart.value
    panel.judge.value = panel.judge.options[1]
    assert panel.decision.judge == LIKELIHOODS
    assert "seed 200" in panel._chart.value and "shuffled 200" in panel._chart.value
    ranks = panel.view.reference
    assert all(((values >= 0) & (values <= 2)).all() for values in ranks.values())
    assert ranks["seed"].mean() > 1 > ranks["shuffled"].mean()


def test_the_examples_are_the_pairs_on_both_sides_of_the_cut(panel):
    order = PAIRS.instruction.iloc[panel.view.ranking.rows].tolist()
    above, below = panel._examples.value.split("Just below")
    assert all(order[i][:18] in above for i in (97, 98, 99))
    assert all(order[i][:18] in below for i in (100, 101, 102))


def test_the_examples_say_what_the_labels_have_made_of_them(panel):
    rows = panel.view.ranking.rows
    labels.append(panel.labels, pair_id=PAIRS.pair_id[rows[99]], label="bad")
    labels.append(panel.labels, pair_id=PAIRS.pair_id[rows[100]], label="good")
    above, below = (side.split("kit-card")[1:] for side in panel._examples.value.split("Just below"))
    said = [[reason for reason in REASONS if f">{reason}<" in card] for card in above + below]
    assert said == [["vetoed"], ["kept"], ["kept"], ["added"], ["below"], ["below"]]


def test_scores_alone_are_enough():
    panel = ThresholdPanel(PAIRS[["pair_id"]], RATINGS, FIRST, default=FIRST)
    panel.slider.value = 0.5
    assert panel.n.value > 5


def test_hostile_names_and_texts_do_nothing():
    pairs = hostile_pairs().assign(hygiene="")
    ratings = pd.DataFrame({"pair_id": pairs.pair_id, "judge": "<b>j</b>", "score": range(len(pairs))})
    rule = Decision(("<b>j</b>",), "top", 3)
    panel = ThresholdPanel(pairs, ratings, rule, default=rule, launcher=Launcher())
    for name in ("<img src=x>", "../../etc", "a" * 5_000, ""):
        panel._launch.name.value = name
        panel._launch.train.click()
    shown = [*panel._views, panel._launch.said, panel._launch.state]
    assert not [view for view in shown if any(tag in view.value for tag in ("<script", "<b>j", "<img", "<style"))]
