"""Pairwise judging: both orders, contradictions counted, length taken out."""

import json

import numpy as np
import pandas as pd
import pytest

from helpers.judging import expected, pairwise


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
    found = pairwise.summary(judged([(0.9, 0.8), (0.2, 0.1), (0.9, 0.1), (0.5, 0.5), (0.9, 0.9), (None, 0.9)]))
    assert (found["n"], found["unread"]) == (5, 1)
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


def test_sets_with_human_preferences_run_through_the_same_path(dense, local_data):
    path = local_data / "judge" / "llmbar_natural_100.json"
    cases = json.loads(path.read_text("utf-8"))[:4]
    asked = pd.DataFrame({"prompt_id": range(4), "instruction": [case["input"][:60] for case in cases]})
    answers = ({n: case[f"output_{side}"][:60] for n, case in enumerate(cases)} for side in (1, 2))
    assert pairwise.summary(compared(dense, asked, *answers))
