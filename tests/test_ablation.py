"""What an ablation will do is told before it is done, and what it says afterwards is what its grades say.

Every run here is SYNTHETIC (``synthetic_run``); nothing is trained.
"""

from argparse import Namespace
from dataclasses import replace

import pandas as pd
import pytest
import synthetic_run
from synthetic_run import KEPT, SEEDS

from helpers import ablate, presets, runs, tables
from helpers.experiments import ablation, arms, plan, readme, report, results
from helpers.figures import defects, paper
from helpers.stats import difference, score

SIZED = {
    (f"{arm}{suffix}", mode): level + extra
    for arm, mode, level in (
        ("uncurated", "both", 0.2), ("loose", "both", 0.3), ("kept", "both", 0.35), ("seed_only", "seed", 0.2),
        ("web_uncurated", "web", 0.1), ("web_kept", "web", 0.25),
    )
    for suffix, extra in (("-10", 0.0), ("-20", 0.05), ("", 0.1))
    if (arm, suffix) != ("kept", "")
}  # fmt: skip
MISTAKES = {
    ("M_0", "both"): 0.2, ("M_1", "both"): 0.4, ("M_0", "none"): 0.3, ("M_1", "none"): 0.5, ("M_0", "seed"): 0.2,
    ("M_0", "backward"): 0.05, ("seed_wrong_tags", "wrong_tags"): 0.2, ("wrong_tags", "wrong_tags"): 0.2,
    ("untagged", "none"): 0.4, ("M_2", "both"): 0.4,
}  # fmt: skip


@pytest.fixture
def run(kit_artifacts):
    """A finished run ``start`` on a world whose truth is known."""
    return synthetic_run.make(kit_artifacts, "start")


def made_of(means: dict, **asked) -> ablation.Ablation:
    """An ablation of ``start`` whose evaluations have these means, gathered."""
    made = ablation.asked(fork="start", **asked)
    for name in ablation.begin(made):
        synthetic_run.finish_fork(name, synthetic_run.MEANS | means)
    ablation.gather(made, "python -m helpers ablate")
    return made


# --- What is asked for ----------------------------------------------------------------------------------------------


def test_without_options_the_ablation_is_the_preset_s_on_three_draws(monkeypatch):
    monkeypatch.setattr("helpers.miniweb.truth.MiniWeb.prepare", lambda self: None)
    monkeypatch.setattr("helpers.experiments.plan.check", lambda preset: None)
    made = ablation.asked()
    assert (made.name, made.draws, made.changes, made.notes) == ("ablation", (0, 1, 2), {}, ())
    assert made.preset(2) == presets.find("ablation", 2)
    assert made.runs[1] == "ablation-draw-1"


def test_a_quick_one_has_one_draw_and_says_what_it_leaves_out(run):
    made = ablation.asked(fork="start", quick=True)
    assert made.preset(0).evaluation.arms == ablation.QUICK
    assert made.draws == (0,) and made.name == "ablation-quick"
    assert "seed_only, oracle" in made.notes[0] and "half_other" in made.notes[0]


def test_sizes_have_the_whole_size_once_and_no_more_seed_pairs_than_there_are(run):
    chosen = ablation.asked(fork="start", sizes=[10, 20, KEPT]).preset(0).evaluation.arms
    assert set(chosen) >= {"uncurated", "uncurated-10", "kept-20", "seed_only-20", "web_kept"}
    assert not [name for name in chosen if name.endswith(f"-{KEPT}")], "M_1's own size"
    assert len(chosen) == len(set(chosen))
    with pytest.raises(ValueError, match=f"the size {KEPT + 1} is more than the {KEPT} web pairs"):
        ablation.asked(fork="start", sizes=[KEPT + 1])
    assert "seed_only-30" not in ablation.asked(fork="start", sizes=[SEEDS]).preset(0).evaluation.arms


@pytest.mark.parametrize(
    ("asked", "said"), [({"fork": "none"}, "there is no run 'none'"), ({"fork": "start", "draws": [3]}, "no draw 3")]
)
def test_a_run_that_cannot_lend_its_stages_is_refused(run, asked, said):
    with pytest.raises(runs.ArtifactError, match=said):
        ablation.asked(**asked)


def test_an_unfinished_run_is_refused_with_the_command_that_finishes_it(run):
    (run / "05_forward_model-2" / "manifest.json").unlink()
    with pytest.raises(runs.ArtifactError, match="has not finished 05_forward_model-2: `python -m helpers run --run start`"):
        ablation.asked(fork="start", quick=True)


def test_an_ablation_of_a_run_is_begun_once_and_its_settings_are_kept(run):
    made = ablation.asked(fork="start", mistakes=True)
    assert ablation.begin(made) == ablation.begin(made) == ["ablation-defects-draw-0"]
    with pytest.raises(runs.ArtifactError, match="choose another name"):
        ablation.begin(replace(made, changes={"evaluation.arms": ["uncurated"]}))


# --- What is told before --------------------------------------------------------------------------------------------


def test_the_plan_counts_the_trainings_and_answers_of_the_jobs(run):
    made = ablation.asked(fork="start", mistakes=True)
    preset, each = made.preset(0), ablation.work(made)
    answering = [*arms.find(preset.evaluation.arms), *map(arms.named, ("M_0", "M_1", "M_2"))]
    modes = [mode for arm in answering for mode in plan.modes_of(arm, preset.evaluation)]
    assert (each.before, each.arms, each.answers) == (0, 5, len(modes) * 96)
    assert each.steps == 2 * preset.seed_models.forward.steps + 3 * preset.forward.training.steps
    said = " ".join(ablation.told(made))
    assert f"{5} trainings, {each.steps:,} steps" in said and "read in start" in said


@pytest.fixture
def timed(run):
    """The run ``start``, with the times of its trainings and stages."""
    folder, base = run / "06_evaluation" / "arms", tables.content_of(presets.find("tiny").base.path)
    for name in ("a", "b"):
        tables.write_json(folder / name / "training.json", {"seconds": 100.0, "steps": 50})
    for stage, inputs in (("06_evaluation", {}), ("02_seed_models", {"path": base})):
        told = tables.read_json(run / stage / "manifest.json")
        tables.write_json(run / stage / "manifest.json", told | {"seconds": 300.0, "inputs": inputs})
    for place in ablate.TRAINED:
        tables.write_json(run / place / "training.json", {"steps": 50})
    return run


def test_the_estimate_is_made_of_what_a_finished_run_took(timed):
    made = ablation.asked(fork="start", quick=True)
    pace = ablate.measured(made, ablation.work(made))
    answers = len(pd.read_parquet(timed / "06_evaluation" / "answers.parquet"))
    assert (pace.step, pace.answer, pace.before) == (1.0, pytest.approx(200 / answers), 0.0), "two workers at once"
    assert "as the run start measured it" in ablate.plan(made)[-1]


@pytest.mark.parametrize("stage", ["01_corpus", "02_seed_models", "06_evaluation"])
def test_a_run_that_is_half_made_again_gives_no_estimate(timed, stage):
    (timed / stage / "manifest.json").unlink()
    assert ablate.measured(ablation.Ablation("other", (0,), {}, {}), ablation.Work(4, 2, 100, 100, 100)) is None


# --- What it says afterwards ----------------------------------------------------------------------------------------


def cells(page: str, row: str) -> list[str]:
    """The cells of the first table row that begins with ``row``."""
    line = next(line for line in page.splitlines() if line.startswith(f"| {row} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_every_score_of_the_page_is_that_of_the_grades(run):
    made = made_of(MISTAKES, mistakes=True)
    page = readme.write(made.name).read_text("utf-8")
    grades = pd.read_parquet(runs.folder(made.name) / "grades.parquet")
    asked = report.under_mode(grades, "both")
    for arm in ("M_0", "M_1", "M_2", "M_0 (S_a)"):
        found = [score(rows, arm) for rows in (asked[~asked.in_seed], asked[asked.in_seed])]
        assert cells(page, arm)[2:] == [readme.estimate(each) for each in found]
    gain = difference(asked[~asked.in_seed], "M_1", "M_0")
    assert readme.estimate(gain, signed=True) in cells(page, "M_1 minus M_0")[1]
    assert "- M_1 is better than M_0: +0." in page
    assert "Made by `python -m helpers ablate`, 1 draw." in page and "fp32 on cpu" in page


def test_the_mistakes_are_held_against_the_run_without_them(run):
    made = made_of(MISTAKES, mistakes=True)
    rows = results.mistakes(results.of(made.name))
    found = {each.name: each for each in defects.gains(rows)}
    assert list(found) == ["none", "wrong_tags", "no_tags", "backward"], "those with both halves"
    assert found["none"].change.value == found["none"].change.high == 0
    own = rows[rows.arm == "M_1"].set_index(["defect", "family", "prompt_id"]).score
    gain = own - rows[rows.arm == "M_0"].set_index(["defect", "family", "prompt_id"]).score
    by_hand = (gain["wrong_tags"] - gain["none"]).groupby("family").mean().mean()
    assert found["wrong_tags"].change.value == pytest.approx(by_hand) and found["wrong_tags"].change.high < 0
    assert found["backward"].change.low > 0, "a worse M_0 makes M_1 look better"
    figure = defects.defects(rows)
    assert "the difference becomes smaller: wrong tag sentences (−0." in figure.finding
    assert "the difference becomes larger: backward for M_0 (+0." in figure.finding
    assert "asked without tags" not in figure.finding, "both models gain alike"
    page = readme.write(made.name).read_text("utf-8")
    assert readme.estimate(found["wrong_tags"].change, signed=True) == cells(page, "wrong tag sentences")[-1]


def test_data_sets_stand_at_the_sizes_that_they_were_trained_on(run):
    made = made_of(SIZED, sizes=[10, 20])
    measured = results.of("start")
    assert set(measured.grades.arm) == {"M_0", "M_1", "M_2"}, "the run's own grades"
    web = results.by_size(measured, results.QUALITY, web_alone=True)
    assert {name: sorted(set(rows.pairs)) for name, rows in web.groupby("dataset")} == {
        name: [10, 20, KEPT] for name in results.QUALITY
    }
    whole = results.by_size(measured, results.JOINT)
    sizes = {name: sorted(set(rows.pairs)) for name, rows in whole.groupby("dataset")}
    assert sizes["joint"] == [10 + SEEDS, 20 + SEEDS, KEPT + SEEDS]
    assert sizes["seed only"] == [10, 20, SEEDS] and sizes["augmented, curated"] == [10, 20, KEPT]
    assert set(whole[whole.dataset == "seed only"]["mode"]) == {"seed"}, "asked with the tag that it learned"
    assert "one tag are asked with it" in paper.joint(whole).alt
    assert results.by_size(replace(measured, arms=measured.grades), results.QUALITY) is None, "one size is no curve"
    page = readme.write(made.name).read_text("utf-8")
    point = web[(web.dataset == "A_5-like") & (web.pairs == 20)]
    assert cells(page, "A_5-like")[2] == readme.estimate(score(point.assign(arm="x"), "x"))
    assert (runs.folder(made.name) / "quality.svg").exists()


def test_a_run_on_real_pages_has_the_arms_that_need_no_truth_and_a_page_without_a_column_for_the_seed(kit_artifacts):
    synthetic_run.make(kit_artifacts, "start", start="smol")
    made = ablation.asked(fork="start")
    chosen = made.preset(0).evaluation.arms
    assert {"uncurated", "seed_only", "half_other"} <= set(chosen)
    assert not {"oracle", "rated", "rated_2"} & set(chosen), "no truth, and no rating by that judge"
    (name,) = ablation.begin(made)
    graded = synthetic_run.evaluation(synthetic_run.MEANS | {("uncurated", "both"): 0.3}, grader="held_out")
    graded["grades"] = graded["grades"].query("not in_seed").assign(family=lambda rows: rows.prompt_id)
    synthetic_run.finish(runs.folder(name) / "06_evaluation", graded)
    ablation.gather(made, "python -m helpers ablate --fork start")
    page = readme.write(made.name).read_text("utf-8")
    assert "read on all prompts (96 prompts), under" in page and "nats a token" in page
    assert len(cells(page, "M_1")) == 3 and "## Limits" not in page
    assert "M_1 is better than uncurated: +0." in page


def test_the_page_says_the_opposite_where_the_grades_do(run):
    made = made_of({("M_1", "both"): 0.1}, quick=True)
    page = readme.write(made.name).read_text("utf-8")
    assert "M_1 is worse than M_0: -0." in page and "better than M_0:" not in page.split("M_1 is worse")[0]


def test_runs_on_other_bases_stand_beside_each_other_by_the_share_of_question_pages(kit_artifacts, tmp_path):
    from helpers.miniweb import questions

    for name, share, gain in (("many", 0.01, 0.0), ("few", 0.001, 0.3)):
        run = synthetic_run.make(kit_artifacts, name, means=synthetic_run.MEANS | {("M_1", "both"): 0.25 + gain})
        told = tables.read_json(run / "run.json")
        base = str(synthetic_run.base(tmp_path / name, share))
        tables.write_json(run / "run.json", told | {"changes": {"base.path": base}})
    graded = questions.grades(["many", "few"])
    table = questions.gains(graded)
    assert table.run.tolist() == ["few", "many"]
    assert table.share.tolist() == pytest.approx([0.0019, 0.019]), "of both parts, by their tokens"
    assert table.low[0] > 0.2 and table.low[1] < 0 < table.high[1]
    assert table.label[0] == "M_1 − M_0, each with its tags: 0.2% question-answer pages"
    assert questions.said(table) == ["M_1 − M_0, each with its tags: above 0 on 1 of 2 bases, not told from 0 on 1 of 2 bases"]
    (change,) = questions.changes(graded)
    assert change.startswith("M_1 − M_0, each with its tags: from 0.2% of such pages to 1.9% it changes by -0.295 [")
    questions.main(Namespace(runs=["few", "many"], out=tmp_path / "out"))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"grades.parquet", "README.md"} | {
        f"questions.{ending}" for ending in ("csv", "png", "svg")
    }
    kept = pd.read_parquet(tmp_path / "out" / "grades.parquet")
    pd.testing.assert_frame_equal(questions.gains(kept), table)


def test_a_base_of_another_share_keeps_the_proportion_of_both_parts():
    from helpers.miniweb.pretrain import CLOSING, Recipe, of_questions

    first, last = of_questions(0.008, Recipe(), CLOSING)
    assert (first.mix.questions, last.mix.questions) == (0.008, pytest.approx(2 * CLOSING.mix.questions))
    assert replace(first, mix=Recipe().mix) == Recipe()
    with pytest.raises(ValueError, match="leaves no room"):
        of_questions(0.2, Recipe(), CLOSING)


def test_a_page_of_nothing_is_refused(kit_artifacts):
    with pytest.raises(runs.MissingArtifact, match="there is no ablation 'x'"):
        readme.write("x")


@pytest.mark.parametrize(
    ("value", "signed", "said"),
    [
        (0.2154, False, ".215"),
        (-0.0301, True, "-.030"),
        (0.0961, True, "+.096"),
        (1.5, False, "1.500"),
        (-1.0, True, "-1.000"),
        (0.9999, False, "1.000"),
    ],
)
def test_numbers_are_printed_as_tables_have_them(value, signed, said):
    assert readme.number(value, signed=signed) == said
