"""Pairwise judging: both orders, contradictions counted, length taken out."""

import json

import numpy as np
import pandas as pd
import pytest

from helpers.judging import expected, pairwise, preferences


@pytest.fixture
def asked() -> pd.DataFrame:
    return pd.DataFrame({"prompt_id": ["p1", "p2", "p3"], "instruction": ["What melts?", "What flows?", "What stands?"]})


ANSWERS_A = {"p1": "Copper.", "p2": "Water.", "p3": "Old stone towns."}
ANSWERS_B = {"p1": "Copper melts.", "p2": "Silver rivers.", "p3": "Hills."}


def compared(model, *args, **kwargs) -> pd.DataFrame:
    return pd.DataFrame([row for batch in pairwise.compare(model, *args, **kwargs) for row in batch])


def test_every_prompt_is_judged_in_both_orders_and_changing_sides_changes_the_verdict(dense, asked, monkeypatch):
    monkeypatch.setattr(expected, "LEAST_MASS", 0.0)
    forth = compared(dense, asked, ANSWERS_A, ANSWERS_B).set_index(["prompt_id", "order"]).sort_index()
    back = compared(dense, asked, ANSWERS_B, ANSWERS_A).set_index(["prompt_id", "order"]).sort_index()
    assert list(forth.index) == [(p, o) for p in ("p1", "p2", "p3") for o in ("ab", "ba")]
    turned = back.p_a[[(p, "ba" if o == "ab" else "ab") for p, o in forth.index]].to_numpy()
    assert (1 - turned).tolist() == pytest.approx(forth.p_a.tolist(), abs=1e-5)
    assert forth.chars_a["p1", "ab"] == 7 and forth.chars_b["p1", "ba"] == 13


def test_comparisons_go_on_where_they_stopped_and_prompts_without_two_answers_are_left_out(dense, asked):
    whole = compared(dense, asked, ANSWERS_A, ANSWERS_B)
    done = set(whole.comparison_id[:2])
    rest = compared(dense, asked, ANSWERS_A, ANSWERS_B, done=done)
    pd.testing.assert_frame_equal(rest, whole[~whole.comparison_id.isin(done)].reset_index(drop=True))
    assert set(compared(dense, asked, ANSWERS_A, {"p2": "x"}).prompt_id) == {"p2"}


def test_a_rubric_without_a_place_for_an_answer_is_an_error(dense, asked, tmp_path):
    path = tmp_path / "mine.md"
    path.write_text("{instruction} {answer_a}", "utf-8")
    with pytest.raises(ValueError, match=r"has no \{answer_b\}"):
        compared(dense, asked, ANSWERS_A, ANSWERS_B, rubric=str(path))


def judged(verdicts: list[tuple[float | None, float | None]]) -> pd.DataFrame:
    """One prompt a pair of p_a, first a then b shown first."""
    rows = []
    for n, both in enumerate(verdicts):
        for order, p_a in zip(pairwise.ORDERS, both, strict=True):
            verdict = None if p_a is None else "tie" if abs(p_a - 0.5) <= pairwise.TIE else "a" if p_a > 0.5 else "b"
            rows.append({"prompt_id": n, "order": order, "p_a": p_a, "verdict": verdict, "chars_a": 10, "chars_b": 10})
    return pd.DataFrame(rows)


def test_the_summary_counts_wins_ties_flips_and_what_could_not_be_read():
    found = pairwise.summary(judged([(0.9, 0.8), (0.2, 0.1), (0.9, 0.1), (0.5, 0.5), (0.9, 0.9), (None, 0.9)] * 2))
    assert (found["n"], found["unread"]) == (10, 2)
    for name, value in {"consistent": 0.8, "ties": 0.2, "flips": 0.2, "wins": 0.4, "losses": 0.2, "win_rate": 0.6}.items():
        assert found[name] == pytest.approx(value), name
    assert found["preference"] == pytest.approx(np.mean([0.85, 0.15, 0.5, 0.5, 0.9]))
    assert found["win_rate_low"] < 0.6 < found["win_rate_high"]
    assert found["length_controlled"] == pytest.approx(found["preference"]), "all answers are equally long"


def test_nothing_judged_is_no_number():
    found = pairwise.summary(judged([(None, None)]))
    assert (found["n"], found["unread"]) == (0, 1)
    assert np.isnan([found[name] for name in ("win_rate", "consistent", "length_controlled")]).all()


@pytest.mark.parametrize("effect", [-1.5, 2.0])
def test_a_planted_effect_of_length_is_taken_out_to_within_half_a_point(effect):
    rng = np.random.default_rng(0)
    longer = rng.normal(150, 400, size=805).round()
    p_a = 1 / (1 + np.exp(-(0.4 + effect * np.tanh(longer / longer.std()))))
    rows = judged([(p, p) for p in p_a]).assign(chars_b=5000, chars_a=np.repeat(5000 + longer, 2))
    found = pairwise.summary(rows)
    assert found["length_controlled"] == pytest.approx(1 / (1 + np.exp(-0.4)), abs=0.005)
    assert abs(found["preference"] - found["length_controlled"]) > 0.02


def test_sets_of_preferences_are_read_whatever_they_call_their_answers_and_bad_rows_are_counted(tmp_path):
    llmbar = [
        {"input": "Name a river.", "output_1": "Rhine", "output_2": "Alps", "label": 1},
        {"input": "Name a town.", "output_1": True, "output_2": "Oslo", "label": 2},
        {"input": "Name a hill.", "output_1": "x", "output_2": "y"},
    ]
    pandalm = [
        {"instruction": "Shorten.", "input": "A text.", "response1": "a", "response2": "b", "annotator1": 2, "annotator2": 2},
        {"instruction": "Shorten.", "input": "", "response1": "a", "response2": "b", "annotator1": 1, "annotator2": 2},
        {"instruction": "Shorten.", "input": "", "response1": "a", "response2": "b", "annotator1": 0, "annotator2": 0},
    ]
    (tmp_path / "one.json").write_text(json.dumps(llmbar), "utf-8")
    (tmp_path / "two.jsonl").write_text("\n".join(map(json.dumps, pandalm)), "utf-8")
    rows, left_out = preferences.read(tmp_path / "one.json")
    assert rows.preferred.tolist() == ["a"] and dict(left_out) == {"no text": 1, "no label": 1}
    rows, left_out = preferences.read(tmp_path / "two.jsonl")
    assert rows.preferred.tolist() == ["b", "tie"] and dict(left_out) == {"no majority": 1}
    assert rows.instruction.tolist() == ["Shorten.\n\nA text.", "Shorten."]
    (tmp_path / "three.json").write_text("[{}]", "utf-8")
    with pytest.raises(ValueError, match="has two answers"):
        preferences.read(tmp_path / "three.json")


GOOD = {"instruction": "Name a river.", "output_1": "Rhine", "output_2": "Alps", "label": 1}


@pytest.mark.parametrize(
    ("row", "preferred", "why"),
    [
        (GOOD | {"label": 0}, "tie", None),
        (GOOD | {"label": True}, None, "no label"),
        (GOOD | {"label": 3}, None, "no label"),
        (GOOD | {"label": [1]}, None, "no label"),
        (GOOD | {"label": None, "annotator1": 2, "annotator2": 2}, "b", None),
        (GOOD | {"output_1": ["Rhine"]}, None, "no text"),
        (GOOD | {"output_2": None}, None, "no text"),
        (GOOD | {"instruction": " \n"}, None, "no text"),
        (GOOD | {"output_1": "half of a character: \ud800"}, None, "no text"),
        ({"instruction": "Name a river.", "response1": "Rhine", "response2": "Alps", "label": 2}, "b", None),
        ({"instruction": "Name a river.", "output_1": "Rhine", "response2": "Alps", "label": 2}, None, "no text"),
        (GOOD | {"output_1": "Rhine\u2028and Elbe\x85"}, "a", None),
    ],
)
def test_a_row_of_preferences_is_read_or_counted_by_its_reason(tmp_path, row, preferred, why):
    path = tmp_path / "given.jsonl"
    whole = "\ud800" not in str(row.get("output_1"))
    path.write_text("\n".join(json.dumps(each, ensure_ascii=not whole) for each in (GOOD, row)), "utf-8")
    rows, left_out = preferences.read(path)
    assert rows.preferred.tolist() == ["a", *([preferred] if preferred else [])]
    assert dict(left_out) == ({why: 1} if why else {})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        (b"[" * 100_000, "is neither JSON nor JSONL"),
        (json.dumps(GOOD | {"label": True}).encode(), r"can be used \(1 with no label\)"),
        (b"<!doctype html>\n<p>Rows</p>", "is neither JSON nor JSONL"),
        (b"PK\x03\x04\xff", "is neither JSON nor JSONL"),
        (b"[1, 2]", "something else than rows"),
        (b"", "no row of .* has two answers"),
    ],
)
def test_a_file_that_holds_no_preferences_is_named_with_the_forms_that_can_be_read(tmp_path, content, said):
    path = tmp_path / "given.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=said) as error:
        preferences.read(path)
    assert str(path) in str(error.value) and "JSONL file, each of its rows with `instruction`" in str(error.value)
    with pytest.raises(ValueError, match="cannot be read: Is a directory"):
        preferences.read(tmp_path)


def test_agreement_with_people_leaves_their_ties_out_and_counts_an_even_judgement_half():
    known = pd.DataFrame({"prompt_id": [0, 1, 2, 3], "preferred": ["a", "b", "a", "tie"]})
    found = preferences.accuracy(judged([(0.9, 0.8), (0.9, 0.8), (0.5, 0.5), (0.9, 0.9)]), known)
    assert (found["n"], found["accuracy"]) == (3, pytest.approx(0.5))
    assert found["low"] < 0.5 < found["high"]
    always = preferences.accuracy(judged([(0.9, 0.8), (0.1, 0.2), (0.6, 0.6)]), known)
    assert always["accuracy"] == always["high"] == 1 and always["low"] < 0.5
    assert pairwise.summary(judged([(0.9, 0.8)] * 6))["win_rate_low"] < 1


def test_few_prompts_have_no_interval():
    found = pairwise.summary(judged([(0.9, 0.8)] * 5))
    assert found["win_rate"] == 1 and found["preference"] == pytest.approx(0.85)
    assert np.isnan([found[f"{name}_{end}"] for name in ("win_rate", "preference") for end in ("low", "high")]).all()


def test_real_sets_of_preferences_are_read_whole(local_data):
    counts = {"llmbar_natural_100.json": (100, 0), "pandalm_999.json": (993, 6)}
    for name, (readable, without_text) in counts.items():
        rows, left_out = preferences.read(local_data / "judge" / name)
        assert len(rows) + left_out["no majority"] == readable
        assert left_out["no text"] == without_text
