"""What a run left about its judges: compared with what is known, with each other, from iteration to iteration."""

import numpy as np
import pandas as pd
import pytest

from helpers import paper, stages, tables
from helpers.config import Preset
from helpers.experiments import judged
from helpers.figures import judges as figures
from helpers.figures import paper as table_7
from helpers.judging import check
from helpers.stats.agreement import ordered
from helpers.stats.calibration import curve
from helpers.widgets import labels

N = 60
FIRST, SECOND = "04_self_curation-1", "04_self_curation-2"
PRESET = Preset("mine")


def candidates() -> pd.DataFrame:
    ids = [f"c{n:02d}" for n in range(N)]
    return pd.DataFrame({"pair_id": ids, "segment_id": ids, "instruction": "Do it.", "hygiene": ""})


def good_of(pair_ids) -> np.ndarray:
    return np.array([int(pair_id[1:]) % 2 == 0 for pair_id in pair_ids])


def ratings(sharpness: float) -> pd.DataFrame:
    """Two judges; the first is right about a pair the more often the sharper it is, the second knows nothing."""
    pairs, rng = candidates(), np.random.default_rng(0)
    knows = sharpness * good_of(pairs.pair_id) + rng.normal(size=N)
    frames = [pairs.assign(judge=judge, score=score) for judge, score in (("rating", knows), ("PMI", rng.normal(size=N)))]
    found = pd.concat(frames, ignore_index=True)[["pair_id", "judge", "score"]]
    return found.assign(rating_id=found.pair_id + "/" + found.judge)


def check_ratings(sharpness: float) -> pd.DataFrame:
    rng, rows = np.random.default_rng(1), []
    for n in range(40):
        for kind in ("right", "menu", "cut"):
            score = sharpness * (kind == "right") + rng.normal()
            rows.append({"pair_id": f"{n}{kind}", "kind": kind, "of": f"s{n}", "judge": "rating", "score": score})
    return pd.DataFrame(rows).assign(mass=0.9, raw="", seconds=0.1)


def write(name: str, **frames: pd.DataFrame) -> None:
    with stages.stage("a", name, inputs=[]) as stage:
        stage.note(check="Take rating.")
        for table, frame in frames.items():
            stage.write(table, frame)


@pytest.fixture
def run(kit_artifacts):
    """A finished run `a`, whose second judge is sharper than its first."""
    write("01_corpus", segments=pd.DataFrame({"segment_id": candidates().segment_id, "text": "It is done."}))
    write("03_self_augmentation", candidates=candidates())
    for stage, sharpness in ((FIRST, 1.0), (SECOND, 4.0)):
        checked = check_ratings(sharpness)
        write(stage, ratings=ratings(sharpness), check=check.table(checked), check_ratings=checked)
        record = {"judge": ["rating"], "rule": "top", "value": 20, "made_by": "default"}
        tables.write_json(kit_artifacts / "a" / stage / "decision.json", record)
    write("05_forward_model-1", training_rows=pd.DataFrame({"pair_id": ["c00", "c01", "seed"]}))
    return "a"


@pytest.fixture
def labelled(run, kit_artifacts):
    """The run with labels of two readers, who differ on one pair."""
    path = kit_artifacts / "a" / "labels.jsonl"
    for pair_id in candidates().pair_id[:50]:
        labels.append(path, pair_id=pair_id, label="good" if good_of([pair_id])[0] else "bad")
    labels.append(path, pair_id="c49", label="good", labeller="other")
    labels.append(path, pair_id="c48", label="unsure", labeller="other")
    return run


def test_where_nobody_knows_the_twins_compare_the_iterations(run):
    known = judged.known(run, PRESET)
    assert known.source == "nobody" and known.good.empty
    assert known.said(60) == "nobody can tell 0 of 60 candidates"
    assert judged.selected(run, known) is None
    gains, by = judged.gains(run, known, judged.checks(run))
    assert by == "the bad twins of seed pairs"
    assert gains.set_index("judge").low["rating"] > 0 and gains.n[0] == 120
    checked = judged.checks(run)
    assert not judged.repeated(checked) and not judged.repeated({2: checked[2]})
    assert judged.repeated({1: checked[1], 2: (checked[1][0].assign(seconds=9.0), *checked[1][1:])}), "seconds aside"
    by_base = {iteration: (table.assign(model="base"), *rest) for iteration, (table, *rest) in judged.checks(run).items()}
    assert judged.gains(run, known, by_base)[0].empty, "the untuned base has not changed between the iterations"


def test_labels_tell_what_is_known_and_contradictions_tell_nothing(labelled):
    known = judged.known(labelled, PRESET)
    assert known.source == "your labels" and len(known.good) == 49, "one pair is good and bad at once"
    assert (known.good == good_of(known.good.index)).all()
    chosen = judged.selected(labelled, known)
    assert chosen.groupby("selector").size().to_dict() == {"M_0": 49, "M_1": 49}
    gains, by = judged.gains(labelled, known, {})
    assert by == "your labels" and set(gains.n) == {47}, "M_1 was trained on two of the pairs"
    assert gains.set_index("judge").value["rating"] > 0.1


def test_once_pairs_were_drawn_blind_they_alone_tell_and_table_7_says_so(labelled, kit_artifacts):
    assert "not drawn blind" in judged.known(labelled, PRESET).said(60)
    shown = table_7.selection(judged.selected(labelled, judged.known(labelled, PRESET)))
    assert "Good by your labels, not drawn blind" in " ".join(shown.axes[0].get_xlabel().split())
    for pair_id in candidates().pair_id[50:]:
        label = "good" if good_of([pair_id])[0] else "bad"
        labels.append(kit_artifacts / "a" / "labels.jsonl", pair_id=pair_id, label=label, blind=True)
    known = judged.known(labelled, PRESET)
    assert sorted(known.good.index) == sorted(candidates().pair_id[50:])
    assert known.said(60).startswith("your labels (drawn blind) can tell 10 of 60") and "49 not drawn blind" in known.said(60)


def test_labels_that_decide_nothing_are_counted_by_reason(labelled, kit_artifacts):
    path = kit_artifacts / "a" / "labels.jsonl"
    labels.append(path, pair_id="c55", label="unsure")
    lines = [
        '{"pair_id": "nowhere", "label": "good"}',
        '{"pair_id": "c01", "label": "great"}',
        '{"pair_id": "c01", "label": ["x"]}',
    ]
    path.write_text(path.read_text("utf-8") + "\n".join(lines) + "\n", "utf-8")
    said = judged.known(labelled, PRESET).said(60)
    assert said.startswith(
        "your labels (not drawn blind, so this need not hold for other pairs) can tell 49 of 60 candidates, "
    )
    assert all(count in said for count in ("1 unknown pair", "2 unknown label", "1 contradictory", "1 undecided"))


def test_a_run_that_has_neither_labels_nor_a_check_compares_nothing(run):
    gains, by = judged.gains(run, judged.known(run, PRESET), {})
    assert gains.empty and by == "nothing"


def test_checks_carry_their_sentence_and_a_run_without_them_has_none(run, kit_artifacts):
    assert {iteration: said for iteration, (_, _, said) in judged.checks(run).items()} == {1: "Take rating.", 2: "Take rating."}
    (kit_artifacts / "a" / FIRST / "check.parquet").unlink()
    assert list(judged.checks(run)) == [2]


def test_judges_agree_with_each_other_and_with_what_is_known_as_far_as_they_do(labelled):
    known, scored = judged.known(labelled, PRESET), judged.scores(labelled, 2)
    found = judged.agreement(scored, known).set_index(["first", "second"]).spearman
    assert found["rating", "your labels"] > 0.7 > abs(found["rating", "PMI"])
    against = judged.against_known(scored, known).set_index("judge")
    assert against.pairwise["rating"] > 0.95 and against.kappa["rating"] > 0.8
    assert against.low["PMI"] < 0.2 and set(against.n) == {49}


def test_no_threshold_is_given_where_too_few_pairs_are_known_and_the_words_say_so(labelled):
    known = judged.known(labelled, PRESET)
    rows, said = judged.threshold(judged.scores(labelled, 2)["rating"], known, 0.9)
    assert len(rows) == 49 and said.startswith("no threshold: ")
    many = pd.Series(np.arange(4000.0), index=[f"p{n}" for n in range(4000)])
    sure = judged.Known(pd.Series(np.random.default_rng(0).random(4000) < many.to_numpy() / 4000, index=many.index), many, "x")
    _, said = judged.threshold(many, sure, 0.9)
    assert "known pairs kept are good; on the other half 9" in said or "on the other half 8" in said


def test_pairwise_accuracy_is_within_one_instruction():
    scored = pd.DataFrame({"kind": ["right", "cut", "right", "cut"], "of": list("aabb"), "score": [9, 8, 2, 1]})
    assert ordered(scored)["value"] == 1, "though one bad answer is rated above the other good one"
    assert ordered(scored.assign(score=1.0))["value"] == 0.5
    assert ordered(scored.assign(score=[9, np.nan, 2, 3]))["n"] == 1
    assert np.isnan(ordered(scored.head(0))["value"])


def test_a_curve_goes_from_the_strictest_threshold_to_all_pairs():
    rows = pd.DataFrame({"score": np.arange(200.0), "good": np.arange(200) >= 100})
    found = curve(rows)
    assert found.share.is_monotonic_increasing and found.recall.is_monotonic_increasing
    assert found.precision.iloc[0] == 1 and found.precision.iloc[-1] == 0.5 and found.recall.iloc[-1] == 1
    assert (found.precision_low <= found.precision).all() and (found.precision <= found.precision_high).all()
    assert curve(rows.head(0)).empty


def words(figure) -> str:
    figure.draw_without_rendering()
    found = [text.get_text() for axes in figure.axes for text in (*axes.texts, *axes.get_yticklabels())]
    titles = [axes.get_title(loc=place) for axes in figure.axes for place in ("left", "center")]
    return " ".join([*found, *titles, figure.get_suptitle()])


def test_published_rubrics_stand_beside_the_runs_judges(run):
    ours = judged.pairwise(*judged.checks(run)[2][:2])
    assert ours.set_index("judge").value["rating"] > 0.9 and ours.n[0] == 80
    figure = figures.rubrics(ours)
    assert figure.data.value[figure.data.label == "five levels"].item() == 26.6
    assert "rating" in words(figure) and figure.finding.startswith("Above chance: every judge; the highest is rating")
    assert "Not measured in this run" in figures.rubrics(None).finding
    assert [row.pairwise for row in paper.JUDGE_TRAINED.rows] == [65.1, 78.7, 80.4, 81.7]


def test_one_seed_pair_puts_no_judge_above_chance():
    kinds = ["right", "menu", "cut", "spam"]
    scored = pd.DataFrame({"kind": kinds, "of": "s", "score": [3.0, 1.0, 1.0, 4.0]})
    said = figures.rubrics(pd.DataFrame([{"judge": "rating"} | ordered(scored)])).finding
    assert said == "No judge can be told from chance; the highest is rating (67 % [too few to tell])"


def test_a_judge_without_a_gain_has_no_number_and_one_of_few_pairs_no_interval():
    gains = pd.DataFrame({"judge": ["a", "b"], "n": 5, "old": [np.nan, 0.5], "new": [np.nan, 0.7]})
    said = words(figures.iterations(gains.assign(value=gains.new - gains.old, low=np.nan, high=np.nan), of="your labels"))
    assert "no number" in said and "+0.200 [too few to tell]" in said and "nan" not in said


def test_figures_of_iterations_and_thresholds_say_n(labelled):
    known = judged.known(labelled, PRESET)
    gains, by = judged.gains(labelled, known, {})
    assert "n = 47 pairs" in words(figures.iterations(gains, of=by)) and "PMI" in words(figures.iterations(gains, of=by))
    rows, _ = judged.threshold(judged.scores(labelled, 1)["rating"], known, 0.9)
    assert "n = 49 pairs" in words(figures.thresholds(curve(rows), judge="rating", n=len(rows), share=0.3))


def test_the_line_of_the_run_stands_on_the_axis_of_the_known_pairs():
    reasons = ["added", "kept", "vetoed", "kept", "below", "below", "below", "below"]
    decided = pd.DataFrame({"score": [0.0, 9, 8, 7, 6, 5, 4, 3], "reason": reasons})
    decided = decided.assign(kept=decided.reason.isin(["kept", "added"]))
    known = decided[1:6]
    assert judged.above_cut(known, decided) == 3 / 5 and decided.kept.mean() == 3 / 8
    assert judged.above_cut(known, decided[4:]) == 0, "the rule chose none"


def checked(**means: float) -> dict:
    table = pd.DataFrame([{"judge": judge, "kind": "mean", "auc": auc} for judge, auc in means.items()])
    return {1: (table, pd.DataFrame(), "")}


def known_of(good) -> judged.Known:
    good = pd.Series(good, index=[f"p{n}" for n in range(len(good))], dtype=bool)
    return judged.Known(good, good.index.to_series(), "your labels")


def test_the_verdict_on_the_check_names_both_judges_where_it_misleads():
    known, noise = known_of([True, False] * 100), np.random.default_rng(0).normal(size=(2, 200))
    scored = pd.DataFrame({"a": known.good + 3 * noise[0], "b": known.good + 0.1 * noise[1]})
    said = judged.verdict(checked(a=0.8, b=0.6, c=0.9), scored, known)
    assert "puts a first" in said and "b is highest (1.00). b is above a (+0" in said, "c did not rate"
    assert said.endswith("The check misleads here.")
    assert "so does what is known (pairwise 1.00)" in judged.verdict(checked(a=0.5, b=0.6), scored, known)
    assert judged.verdict({}, scored, known) == judged.verdict(checked(c=0.9), scored, known) == ""


def test_a_judge_that_is_as_good_as_the_best_is_the_right_one():
    scored = pd.DataFrame({"x": np.arange(8.0), "named": np.arange(8.0)}, index=[f"p{n}" for n in range(8)])
    known = known_of([False] * 4 + [True] * 4)
    assert "so does what is known (pairwise 1.00)" in judged.verdict(checked(named=0.9, x=0.8), scored, known)


def test_the_verdict_compares_one_measure_and_needs_more_than_a_few_pairs():
    known = known_of([True] * 50 + [False] * 50)
    apart = np.r_[np.arange(200, 155, -1.0), np.arange(-1, -6, -1.0), np.arange(100, 50, -1.0)]  # 5 good pairs stand last
    other = np.r_[np.arange(200, 170, -1.0), np.random.default_rng(0).permutation(40) + 10.0, np.arange(-1, -31, -1.0)]
    scored = pd.DataFrame({"named": apart, "other": other}, index=known.good.index)
    kappa = judged.against_known(scored, known).set_index("judge").kappa
    assert kappa["named"] > kappa["other"] + 0.1
    said = judged.verdict(checked(named=0.9, other=0.8), scored, known)
    assert "other is highest (0.91). other cannot be told from named (+0.01 [" in said and "misleads" not in said
    few = pd.DataFrame({"named": [1.0, 2.0], "other": [2.0, 1.0]}, index=["p0", "p1"])
    said = judged.verdict(checked(named=0.9, other=0.8), few, known_of([True, False]))
    assert said.endswith("other cannot be told from named (+1.00 [too few to tell]).")


def test_where_nothing_is_known_of_the_pairs_there_is_no_verdict_and_no_error():
    nothing = judged.Known(pd.Series(dtype=bool), pd.Series(dtype=str), "nobody")
    scored = pd.DataFrame({"a": [0.1, 0.5, 0.2], "b": [1.0, 2.0, 3.0]}, index=["p", "q", "r"])
    against = judged.against_known(scored, nothing)
    assert list(against.judge) == ["a", "b"] and against.pairwise.isna().all()
    assert judged.verdict(checked(a=0.8, b=0.6), scored, nothing) == ""
