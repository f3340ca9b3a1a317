"""The curation table, driven as a reader drives it; no kernel needed."""

import json

import numpy as np
import pandas as pd
import pytest
from panels import from_elsewhere, on_screen, press
from widget_pairs import hostile_pairs, synthetic_pairs, synthetic_ratings, synthetic_truth

from helpers import curation
from helpers.curation import Decision
from helpers.widgets import AnswersTable, CurationTable, labels

PAIRS = synthetic_pairs(400)
RATINGS = synthetic_ratings(PAIRS)
LATEST = RATINGS[(RATINGS.judge != "rating") | (RATINGS.iteration == 2)]
RULE = Decision(("rating",), "top", 100)
DECIDED = curation.decide(PAIRS, LATEST, RULE)


@pytest.fixture
def table(tmp_path):
    near = pd.DataFrame({"pair_id": [PAIRS.pair_id[0]], "neighbour_id": [PAIRS.pair_id[7]], "similarity": [0.9]})
    return CurationTable(
        PAIRS, RATINGS, RULE, labels=tmp_path / "l.jsonl", neighbours=near, save_rows=tmp_path / "out" / "rows.csv"
    )


def sort_by(table, *names):
    for name in names:
        table.events.receive(None, {"sort": name})


def open_row(table, row):
    table.events.receive(None, {"row": row})


# Search, filters, order


@pytest.mark.parametrize(
    ("words", "regex", "case", "expected"),
    [
        ("ITEM 17", False, False, lambda text: "item 17" in text.lower()),
        ("ITEM 17", False, True, lambda text: "ITEM 17" in text),
        ("a (b.*", False, False, lambda text: False),
        (r"item 1\d ", True, False, lambda text: any(f"item 1{i} " in text for i in range(10))),
    ],
)
def test_search_finds_what_plain_python_finds(table, words, regex, case, expected):
    table.regex.value, table.case.value, table.search.value = regex, case, words
    found = [i for i, text in enumerate(PAIRS.instruction + " " + PAIRS.output) if expected(text)]
    assert sorted(table.rows) == found


def test_matches_are_marked_in_the_list_and_in_the_text(table):
    table.search.value = "item 17"
    assert table._list.value.count("<mark>item 17</mark>") == len(table.rows)
    assert "<mark>item 17</mark>" in table._pane.value


def test_a_broken_expression_is_told_and_hides_nothing(table):
    table.regex.value, table.search.value = True, "item (1"
    assert "not a regular expression" in table._head.value
    assert len(table.rows) == len(PAIRS)


def test_filters_meet_and_clear_takes_them_all_back(table):
    table.columns["source"].value = "web-a"
    table.flag.value = "copy"
    table.low.value, table.high.value = 3.0, 4.0
    score = LATEST[LATEST.judge == "rating"].set_index("pair_id")["score"]
    expected = PAIRS[(PAIRS.source == "web-a") & PAIRS.hygiene.str.contains("copy")]
    expected = expected[score.reindex(expected.pair_id).between(3, 4).to_numpy()]
    assert 0 < len(expected) < 40
    assert set(table.selection.pair_id) == set(expected.pair_id)
    table.clear.click()
    assert len(table.rows) == len(PAIRS)


@pytest.mark.parametrize("fate", ["kept", "dropped", "below", "unrated", "flagged"])
def test_the_reason_why_a_pair_is_kept_or_dropped_is_a_column_and_a_filter(table, fate):
    table.fate.value = fate
    reason = DECIDED.reason.mask(DECIDED.hygiene != "", "flagged")
    expected = {"kept": DECIDED.kept, "dropped": ~DECIDED.kept}.get(fate, reason == fate)
    assert set(table.selection.pair_id) == set(PAIRS.pair_id[expected])
    assert table._list.value.count('class="kit-why ') == min(25, expected.sum())


@pytest.mark.parametrize(("name", "key"), [("chars", "output"), ("instruction", "instruction"), ("source", "source")])
def test_a_heading_sorts_and_sorts_back(table, name, key):
    sort_by(table, name)
    once = table.selection[key].str.len() if name == "chars" else table.selection[key]
    assert once.is_monotonic_decreasing if name == "chars" else once.is_monotonic_increasing
    sort_by(table, name)
    back = table.selection[key].str.len() if name == "chars" else table.selection[key]
    assert back.is_monotonic_increasing if name == "chars" else back.is_monotonic_decreasing
    assert f'data-sort="{name}"' in table._list.value


def test_scores_sort_with_unrated_pairs_last_both_ways(table):
    for check in (lambda d: (d <= 0).all(), lambda d: (d >= 0).all()):
        scores = table.selection.score.to_numpy()
        rated = scores[~np.isnan(scores)]
        assert check(np.diff(rated)) and np.isnan(scores[len(rated) :]).all() and len(rated) < len(scores)
        sort_by(table, "score")


def test_an_unknown_heading_sorts_nothing(table):
    before = list(table.rows)
    sort_by(table, "pair_id", "<b>", "")
    assert list(table.rows) == before


def test_another_judge_shows_its_scores_and_leaves_the_decision_alone(table):
    table.low.value = 4.5
    table.judge.value = "log p(y|x)"
    assert len(table.rows) == len(PAIRS)
    shown = table.selection.set_index("pair_id").score
    expected = RATINGS[RATINGS.judge == "log p(y|x)"].set_index("pair_id").score
    pd.testing.assert_series_equal(shown.sort_index(), expected.sort_index(), check_names=False)
    assert set(table.kept.pair_id) == set(PAIRS.pair_id[DECIDED.kept])
    table.judge.value = "rating"
    assert len(table.rows) == len(PAIRS)


# Reading


def test_keys_step_through_and_stop_at_the_ends(table):
    order = list(table.rows)
    press(table, "k")
    assert table.row == order[0]
    press(table, *"j" * 30)
    assert (table.row, table.start) == (order[30], 25)
    table.back.click()
    assert table.row == order[0]


def test_a_click_opens_the_row_and_nonsense_is_ignored(table):
    open_row(table, 7)
    for message in ({"row": 10**9}, {"row": -1}, {"row": "7"}, {"row": True}, {"key": "q"}, {}):
        table.events.receive(None, message)
    assert table.row == 7
    assert on_screen(table) == PAIRS.pair_id[7]


def test_the_reading_pane_shows_judges_neighbours_and_the_page(table):
    open_row(table, 0)
    assert all(w in table._pane.value for w in ("log p(y|x)", "log p(x|y)", "Score: 4", "90% alike", 'data-row="7"', "Guide"))


# Labels are vetoes


def test_the_next_pair_to_label_is_one_on_which_a_label_has_an_effect(table):
    table.judge.value = "rating"
    flagged = int(next(row for row in table.rows if PAIRS.hygiene[row]))
    open_row(table, int(table.rows[list(table.rows).index(flagged) - 1]))
    press(table, "g")
    assert PAIRS.hygiene[table.row] == ""
    open_row(table, flagged)
    press(table, "g")
    assert PAIRS.pair_id[flagged] not in table.decision.added


def test_a_bad_pair_leaves_the_kept_set_and_a_good_one_joins_it(table):
    kept, below = (np.flatnonzero(DECIDED.reason == reason)[0] for reason in ("kept", "below"))
    open_row(table, int(kept))
    press(table, "b")
    open_row(table, int(below))
    press(table, "g")
    decision = table.decision
    assert decision == Decision(("rating",), "top", 100, "reader", (PAIRS.pair_id[kept],), (PAIRS.pair_id[below],))
    again = curation.decide(PAIRS, LATEST, decision)
    assert set(table.kept.pair_id) == set(again.pair_id[again.kept])
    assert table.selection.set_index("pair_id").reason[PAIRS.pair_id[kept]] == "vetoed"
    assert "100 kept (1 vetoed, 1 added by you)" in table._head.value
    press(table, "z", "z")
    assert (table.decision.vetoed, table.decision.added) == ((), ())


def test_pairs_that_the_decision_names_are_overruled_until_a_later_label_says_otherwise(tmp_path):
    (kept, other), below = DECIDED.pair_id[DECIDED.reason == "kept"][:2], DECIDED.pair_id[DECIDED.reason == "below"].iloc[0]
    named = Decision(("rating",), "top", 100, "reader", vetoed=(kept, other), added=(below, "elsewhere"), good=(other,))
    path = tmp_path / "l.jsonl"
    labels.append(path, pair_id=other, label="good")
    table = CurationTable(PAIRS, LATEST, named, labels=path)
    assert "99 kept (2 vetoed, 1 added by you)" in table._head.value
    assert set(table.decision.vetoed) == {kept, other}, "the decision knew this label"
    assert (table.decision.added, table.decision.good, table.decision.bad) == ((below,), (other,), ())
    for pair_id, key in ((kept, "u"), (below, "b"), (other, "b"), (other, "g")):
        open_row(table, table.scores.row_of[pair_id])
        press(table, key)
    assert (table.decision.vetoed, table.decision.added) == ((other,), ())
    open_row(table, table.scores.row_of[kept])
    press(table, "s")
    assert set(table.decision.vetoed) == {kept, other}, "a skipped pair has no label"


def test_a_label_leads_to_the_next_pair_without_one_and_skipped_pairs_come_back(tmp_path):
    few = PAIRS[PAIRS.hygiene == ""].head(6).reset_index(drop=True)
    table = CurationTable(few, RATINGS, RULE, labels=tmp_path / "l.jsonl")
    order = list(few.pair_id.iloc[table.rows])
    seen = []
    for key in "gsbsgu":
        seen.append(on_screen(table))
        press(table, key)
    assert seen == order
    assert on_screen(table) == order[1], "the first skipped one"
    press(table, "g")
    assert on_screen(table) == order[3]
    press(table, "s")
    assert on_screen(table) == order[3], "nothing else is left"
    press(table, "b")
    assert labels.read(table.labels).label.value_counts().to_dict() == {"good": 3, "bad": 2, "unsure": 1}


def test_undo_goes_back_to_the_beginning_over_sessions(table):
    first = on_screen(table)
    press(table, *"gbus")
    again = CurationTable(PAIRS, RATINGS, RULE, labels=table.labels)
    press(again, *"zzzzzz")
    assert labels.read(table.labels).empty
    assert on_screen(again) == first
    assert 'data-key="z" disabled' in again._bar.value


def test_undo_brings_an_earlier_label_of_the_same_pair_back(table):
    first = table.row
    press(table, "g")
    open_row(table, int(first))
    press(table, "b", "z")
    assert labels.read(table.labels).label.tolist() == ["good"]
    assert 'data-key="g" aria-pressed="true"' in table._bar.value


def test_a_note_stays_with_its_pair_whatever_its_label(table):
    here = on_screen(table)
    row = int(table.row)
    table.events.receive(None, {"note": "<b>odd</b>", "on": here})
    assert on_screen(table) == here, "a note goes nowhere"
    press(table, "b")
    open_row(table, row)
    assert "&lt;b&gt;odd" in table._bar.value and "<b>odd" not in table._bar.value
    assert labels.read(table.labels).to_numpy().tolist() == [[here, "reader", "bad", "<b>odd</b>", False]]
    table.events.receive(None, {"note": "", "on": here})
    assert labels.read(table.labels).note.tolist() == [""]


def test_the_list_stays_as_it_is_while_its_pairs_are_labelled(table):
    table.label.value = "none yet"
    before = list(table.rows)
    press(table, *"gbu")
    assert list(table.rows) == before
    table.label.value = "good"
    assert table.selection.pair_id.tolist() == [PAIRS.pair_id[before[0]]]


def test_thirty_judged_pairs_are_summed_up_with_the_next_step(table):
    table.fate.value = "kept"
    press(table, *"g" * 29)
    assert table._summary.value == ""
    press(table, "s")
    assert table._summary.value == ""
    press(table, "b")
    assert "What your labels say" in table._summary.value and "1 vetoed and 0 added" in table._summary.value
    assert "good of 30 that the rule keeps (not drawn blind, so" in table._summary.value


def test_the_truth_is_told_only_after_the_last_of_the_thirty(tmp_path):
    truth = synthetic_truth(PAIRS, RATINGS)
    table = CurationTable(PAIRS, RATINGS, RULE, labels=tmp_path / "l.jsonl", truth=truth, goal=3)
    table.fate.value = "kept"
    judged = table.rows[:3]
    press(table, *"gb")
    assert table.reveal.layout.display == "none" and ">right<" not in table._list.value + table._summary.value
    press(table, "g")
    assert table.reveal.layout.display is None
    table.reveal.click()
    said = np.array([True, False, True]) == truth.reindex(PAIRS.pair_id.iloc[judged]).to_numpy()
    assert f"{said.sum()} of 3" in table._summary.value and "of your labels agree with the truth" in table._summary.value


def test_another_labeller_stands_beside_with_kappa(tmp_path):
    ann, ben = tmp_path / "ann.jsonl", tmp_path / "ben.jsonl"
    one, two = (CurationTable(PAIRS, RATINGS, RULE, labels=p, labeller=p.stem, others=[]) for p in (ann, ben))
    press(one, *"gbgb")
    press(two, *"gbbb")
    table = CurationTable(PAIRS, RATINGS, RULE, labels=ann, labeller="ann", others=[ben])
    assert "with ben: kappa 0.50" in table._head.value and "n = 4" in table._head.value
    assert table._list.value.count("✗ bad") == 2 + 3


def test_labels_of_another_panel_show_at_once(table, tmp_path):
    other = CurationTable(PAIRS, RATINGS, RULE, labels=table.labels, blind=True)
    open_row(table, int(other.row))
    press(other, "b")
    assert "✗ bad" in table._list.value
    assert len(table._mine) == 1


def test_labels_of_another_kernel_count_and_its_notes_stay(table):
    best, second = table.kept.pair_id[:2]
    from_elsewhere(table.labels, pair_id=best, label="bad")
    assert table.decision.vetoed == (best,)
    assert "(1 vetoed, 0 added" in table._head.value
    from_elsewhere(table.labels, pair_id=second, label="bad", note="checked")
    assert second not in set(table.kept.pair_id)
    third = table.kept.pair_id.iloc[0]
    open_row(table, table.scores.row_of[third])
    from_elsewhere(table.labels, pair_id=third, label="bad", note="checked too")
    press(table, "g")
    assert labels.read(table.labels).query("pair_id == @third")[["label", "note"]].to_numpy().tolist() == [
        ["good", "checked too"]
    ]
    from_elsewhere(table.labels, pair_id=best, label="unsure")
    press(table, "z")
    assert on_screen(table) == best, "the last label is the other kernel's"


def test_a_note_leaves_the_label_of_another_kernel(table):
    here = on_screen(table)
    from_elsewhere(table.labels, pair_id=here, label="bad")
    table.events.receive(None, {"note": "odd", "on": here})
    assert labels.read(table.labels)[["label", "note"]].to_numpy().tolist() == [["bad", "odd"]]


def test_bad_lines_of_the_file_are_counted_in_the_head(tmp_path):
    path = tmp_path / "l.jsonl"
    path.write_text('{"pair_id": "nobody", "label": "good"}\n{"pair_id": 3, "label": "great"}\n')
    table = CurationTable(PAIRS, RATINGS, RULE, labels=path)
    assert "2 lines of l.jsonl left out (1 unknown pair, 1 unknown label)" in table._head.value


# Blind


def everything_sent(panel):
    """All that the browser is told of the panel, its widgets' states as one string."""
    widgets, texts = [panel.widget], []
    while widgets:
        widget = widgets.pop()
        widgets += getattr(widget, "children", ())
        hidden = getattr(widget, "layout", None) is not None and widget.layout.display == "none"
        texts += [] if hidden else [repr(value) for name, value in widget.get_state().items() if name != "_esm"]
    return " ".join(texts)


def test_a_blind_sample_shows_no_score_no_source_and_no_fate(tmp_path):
    marked = PAIRS.assign(source="secret-source", finish="secret-end")
    table = CurationTable(marked, RATINGS, RULE, labels=tmp_path / "l.jsonl", blind=True, goal=10)
    for key in "gbus":
        shown = table._list.value + table._pane.value + table._head.value + table._bar.value
        assert not [word for word in ("secret", "kept", "vetoed", "below", "rating", "data-sort") if word in shown]
        press(table, key)
    assert "of 10 drawn blind are judged" in table._head.value
    table.blind.value = False
    assert "secret" in table._pane.value and len(table.rows) == len(PAIRS)


def test_a_blind_sample_is_balanced_unflagged_and_the_same_for_two_people(tmp_path):
    one, two = (
        CurationTable(PAIRS, RATINGS, RULE, labels=tmp_path / f"{name}.jsonl", labeller=name, blind=True)
        for name in ("ann", "ben")
    )
    assert list(one.rows) == list(two.rows) and len(one.rows) == 30
    assert (PAIRS.hygiene.iloc[one.rows] == "").all()
    usable = DECIDED.score[DECIDED.hygiene == ""].rank(pct=True)
    bands = np.ceil(usable.iloc[[list(usable.index).index(row) for row in one.rows]] * 5).value_counts()
    assert bands.between(5, 7).all() and len(bands) == 5  # 6 each, but for the rounding of the bands' edges


def test_blind_labels_go_on_where_they_ended_and_say_that_they_were_blind(tmp_path):
    path = tmp_path / "l.jsonl"
    first = CurationTable(PAIRS, RATINGS, RULE, labels=path, blind=True, goal=5)
    press(first, *"gb")
    second = CurationTable(PAIRS, RATINGS, RULE, labels=path, blind=True, goal=5)
    assert on_screen(second) == on_screen(first)
    press(second, *"gbu")
    assert "What your labels say" in second._summary.value
    assert [json.loads(line)["blind"] for line in path.read_text().splitlines()] == [True] * 5


def test_a_pair_that_was_labelled_openly_is_asked_again_blind(tmp_path):
    table = CurationTable(PAIRS, RATINGS, RULE, labels=tmp_path / "l.jsonl", goal=5)
    opened, noted = table._sample[:2]
    open_row(table, int(opened))
    table.events.receive(None, {"note": "seen openly", "on": on_screen(table)})
    press(table, "g")
    table.blind.value = True
    assert "kit-head kit-num" in table._head.value and "0 good, 0 bad" in table._head.value
    assert table.row == opened, "the first of the sample"
    assert "✓ good" not in table._list.value and 'aria-pressed="true"' not in table._bar.value
    table.events.receive(None, {"note": "seen again", "on": on_screen(table)})
    assert not labels.read(table.labels).blind.any(), "a note makes no open label a blind one"
    press(table, "b")
    assert labels.read(table.labels).to_numpy().tolist() == [[PAIRS.pair_id[opened], "reader", "bad", "seen again", True]]
    assert table.row == noted and "0 good, 1 bad" in table._head.value and "✗ bad" in table._list.value
    press(table, *"gggg")
    assert len(labels.Book(table.labels).drawn(labels.READER)) == 5 and "What your labels say" in table._summary.value


def test_undo_takes_back_blind_labels_alone_while_blind(tmp_path):
    table = CurationTable(PAIRS, RATINGS, RULE, labels=tmp_path / "l.jsonl", goal=5)
    outside = next(row for row in range(len(PAIRS)) if row not in table._sample)
    table.blind.value = True
    press(table, "g")
    table.blind.value = False
    open_row(table, outside)
    press(table, "b")
    table.blind.value = True
    press(table, "z", "z")
    assert table.row == table._sample[0] and 'data-key="z" disabled' in table._bar.value
    assert labels.read(table.labels)[["pair_id", "blind"]].to_numpy().tolist() == [[PAIRS.pair_id[outside], False]]


# What it gives back


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_the_rows_shown_are_exported_with_what_is_known_of_them(table, tmp_path, ending):
    press(table, "b")
    table.search.value = "item 17"
    path = table.export(tmp_path / f"rows{ending}")
    readers = {".csv": pd.read_csv, ".jsonl": lambda p: pd.read_json(p, lines=True, dtype=False), ".parquet": pd.read_parquet}
    read = readers[ending](path)
    assert read.instruction.tolist() == table.selection.instruction.tolist()
    assert {"score", "kept", "reason", "label", "note"} <= set(read.columns)


def test_an_unknown_ending_is_refused_and_the_button_says_what_it_wrote(table, tmp_path):
    with pytest.raises(ValueError, match="rows.docx"):
        table.export(tmp_path / "rows.docx")
    table.save.click()
    assert "400 rows are written" in table._result.value
    assert len(pd.read_csv(tmp_path / "out" / "rows.csv")) == 400
    assert CurationTable(PAIRS).save.layout.display == "none"


def test_pairs_alone_can_be_read():
    table = CurationTable(PAIRS[["pair_id", "instruction", "output"]])
    assert table.selection.pair_id.tolist() == PAIRS.pair_id.tolist()
    table.search.value = "no such words anywhere"
    assert table.selection.empty and table.shown == "" and table.kept.empty and table.decision is None
    press(table, "j", "g")
    assert "No pair" in table._pane.value


def test_a_decision_may_be_a_record_and_ids_may_be_numbers(tmp_path):
    pairs = pd.DataFrame({"pair_id": [3, 1, 2], "instruction": ["c", "a", "b"], "output": ["z", "x", "y"]})
    ratings = pd.DataFrame({"pair_id": [1, 2, 3], "judge": "j", "score": [0.1, 0.2, 0.3]})
    record = Decision(("j",), "top", 2).record()
    table = CurationTable(pairs, ratings, record, labels=tmp_path / "l.jsonl")
    assert table.kept.pair_id.tolist() == [3, 2]
    press(table, "b")
    assert table.decision.vetoed == ("3",)


def test_an_empty_table_and_one_without_a_rated_pair_open(tmp_path):
    empty = CurationTable(PAIRS.head(0), labels=tmp_path / "l.jsonl")
    press(empty, *"gjz")
    unrated = CurationTable(PAIRS, RATINGS.assign(score=np.nan), RULE, labels=tmp_path / "l.jsonl", blind=True)
    assert unrated.kept.empty and len(unrated.rows) == len(PAIRS)


def test_a_judge_whose_every_score_is_none_is_shown_without_one():
    rated = LATEST[LATEST.judge == "rating"]
    rated = rated.assign(score=pd.Series([None] * len(rated), index=rated.index, dtype=object))
    table = CurationTable(PAIRS, rated, RULE)
    assert "what they wrote" in table._pane.value and table.kept.empty


def test_hostile_pairs_do_nothing_and_can_be_labelled(tmp_path):
    pairs = hostile_pairs().assign(arm=lambda rows: rows.source)
    pairs.loc[:3, "hygiene"] = ""
    ratings = pd.DataFrame({"pair_id": pairs.pair_id, "judge": "<b>j</b>", "score": range(len(pairs))})
    table = CurationTable(pairs, ratings, Decision(("<b>j</b>",), "top", 3), labels=tmp_path / "l.jsonl")
    for row in range(len(pairs)):
        open_row(table, row)
        views = [*table._views, table._bar]
        assert not [v for v in views if any(tag in v.value for tag in ("<script", "<b>j", "<img", "<style", "<svg onload"))]
    press(table, *"gbus")
    assert len(labels.read(table.labels)) == 4


# Answers


def answers_table(tmp_path, **options):
    prompts = pd.DataFrame({"prompt_id": list("abcd"), "instruction": [f"Question {i}?" for i in range(4)], "family": "f"})
    texts = {"M_0": ["one", "same", "three", None], "M_2": ["uno", " same ", "tre", "quattro"]}
    answers = pd.DataFrame(
        [(p, arm, text) for arm, given in texts.items() for p, text in zip("abcd", given, strict=True)],
        columns=["prompt_id", "arm", "text"],
    )
    grades = answers.assign(score=[0.5, 1, 0.2, None, 1, 1, 0.1, 0.4])
    return AnswersTable(answers, prompts, first="M_2", second="M_0", grades=grades, labels=tmp_path / "l.jsonl", **options)


def test_answers_stand_beside_each_other_where_they_differ_and_equal_ones_are_ties(tmp_path):
    table = answers_table(tmp_path)
    assert table.selection.prompt_id.tolist() == ["a", "c", "d"], "the greatest gain first, ungraded ones last"
    assert "3 of 4 answered differently, 1 equal answers are ties" in table._head.value
    assert all(word in table._pane.value for word in ("M_2, 3 characters", "M_0, 3 characters", "uno", "one"))
    assert table.selection.score.tolist()[:2] == pytest.approx([0.5, -0.1])
    table.judge.value = "M_0"
    assert table.selection.score.tolist()[:2] == [0.5, 0.2]
    table.search.value = "three"
    assert table.selection.prompt_id.tolist() == ["c"], "both answers are searched"
    assert table.decision is None and "kept" not in table._head.value


def test_a_label_stays_with_the_answers_that_it_was_given_to(tmp_path):
    prompts = pd.DataFrame({"prompt_id": ["a"], "instruction": ["Ask"]})
    answers = pd.DataFrame({"prompt_id": "a", "arm": ["x", "y", "z"], "text": ["one", "two", "three"]})
    path = tmp_path / "l.jsonl"

    def said(answers, first, second):
        return AnswersTable(answers, prompts, first=first, second=second, labels=path).selection.label.tolist()

    press(AnswersTable(answers, prompts, first="x", second="y", labels=path), "g")
    assert said(answers, "x", "y") == said(answers, "y", "x") == ["good"]
    retrained = answers.assign(text=["one", "another", "three"])
    assert said(retrained, "x", "y") == said(answers, "x", "z") == [""]
    table = AnswersTable(retrained, prompts, first="x", second="y", labels=path)
    assert "1 unknown pair" in table._head.value


def test_a_grade_belongs_to_the_answer_of_its_mode_and_each_grader_is_a_judge():
    prompts = pd.DataFrame({"prompt_id": ["a", "b"], "instruction": ["Ask", "Ask again"]})
    answers = pd.DataFrame({"prompt_id": list("abab"), "arm": list("xxyy"), "mode": "both", "text": list("1234")})
    facts = answers.assign(score=[0.9, 0.2, 0.4, 0.1], grader="facts")
    other_mode = facts.assign(mode="seed", score=0.0)
    length = answers.assign(score=[1.0, 2.0, 3.0, 5.0], grader="length")
    grades = pd.concat([facts, other_mode, length])
    table = AnswersTable(answers, prompts, first="x", second="y", grades=grades)
    assert table.scores.judges == [f"{name}, {grader}" for grader in ("facts", "length") for name in ("x − y", "x", "y")]
    assert table.selection.score.tolist() == pytest.approx([0.5, 0.1])
    table.judge.value = "x − y, length"
    assert table.selection.score.tolist() == pytest.approx([-2.0, -3.0])


def test_arms_that_answered_all_alike_leave_an_empty_table():
    prompts = pd.DataFrame({"prompt_id": ["a"], "instruction": ["Ask"]})
    answers = pd.DataFrame({"prompt_id": ["a", "a"], "arm": ["x", "y"], "text": "same"})
    grades = answers.assign(score=1.0)
    table = AnswersTable(answers, prompts, first="x", second="y", grades=grades)
    assert table.selection.empty
    assert "0 of 1 answered differently" in table._head.value
