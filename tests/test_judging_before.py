"""The check at the head of a stage of ratings: it is cheap, kept, told of its model, and chooses the judge that decides."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from helpers import curation, models, presets, runs, stages, tables
from helpers.config import Base, Curation, Preset, SeedModels
from helpers.experiments import judges, plan
from helpers.judging import rating

STAGE, SECOND = "04_self_curation-1", "04_self_curation-2"
JUDGES = ("log p(y|x)", "log p(x|y)")
SETTINGS = Curation(judges=JUDGES, judge="best", rule="top", value=2, check_pairs=6)


def pairs_of(names: str) -> pd.DataFrame:
    text = "It was built in {n}. The town of {name} paid {n} million to the firm of Marten. It still stands there."
    rows = [(f"{name}{n}", f"Who built {name} {n}?", text.format(n=n, name=name)) for n in range(6) for name in names.split()]
    return pd.DataFrame(rows, columns=["pair_id", "instruction", "output"])


@pytest.fixture
def run(kit_artifacts, tiny_base):
    """A run `a` with seed pairs, six of them held out, and the models of a random base."""
    preset = Preset(
        "mine", base=Base(str(tiny_base), four_bit=False, dtype="fp32"), curation=SETTINGS, seed_models=SeedModels()
    )
    with stages.stage("a", "02_seed_models", inputs=[]) as stage:
        stage.write("seed_pairs", pairs_of("Rome"))
        stage.write("held_out", pairs_of("Oslo"))
    return preset


@pytest.fixture
def model(tiny_base):
    model = models.load(tiny_base, four_bit=False, dtype="fp32")
    for name in ("backward", "m0"):
        model.add(name, rank=2, alpha=4, seed=1)
    return model


def begin(last: bool = False, **more):
    return stages.stage("a", STAGE, {"judges": list(JUDGES)} | more, inputs=[], last=last)


def asked_of(monkeypatch) -> list[str | None]:
    """The adapters under which anything is rated from now on."""
    seen, rate = [], rating.rate

    def spy(model, pairs, names, *, adapter, **more):
        seen.append(adapter)
        yield from rate(model, pairs, names, adapter=adapter, **more)

    monkeypatch.setattr("helpers.judging.check.rate", spy)
    return seen


def test_the_model_that_rates_is_checked_on_held_out_pairs_and_the_tables_lie_in_the_stage(run, model, kit_artifacts):
    with begin() as stage:
        found = judges.before_rating(stage, model, run, rater="m0")
    assert set(found.ratings[found.ratings.kind == "right"].of) == set(pairs_of("Oslo").pair_id)
    assert set(found.table.model) == {"M_0"} and "Judged by M_0." in found.findings
    folder = kit_artifacts / "a" / STAGE
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "check.parquet"), found.table)
    assert set(pd.read_parquet(folder / "check_ratings.parquet").rating_id) == set(found.ratings.rating_id)
    assert runs.status("a").state[STAGE] == "partial"


def test_held_out_pairs_whose_answers_are_segments_are_not_checked_and_the_findings_say_how_many(run, model):
    with stages.stage("a", "01_corpus", inputs=[]) as stage:
        stage.write("segments", pairs_of("Oslo").head(2).rename(columns={"pair_id": "segment_id", "output": "text"}))
    with begin(last=True) as stage:
        found = judges.before_rating(stage, model, run, rater="m0")
        assert set(found.ratings.of) == set(pairs_of("Oslo").pair_id[2:])
    assert "2 of 6 held-out seed pairs are left out" in found.findings
    assert "2 of 6" in judges.before_rating(stage, model, run, rater="m0").findings


def test_what_is_rated_is_not_rated_again_and_the_ratings_join_the_stage(run, model, monkeypatch):
    with begin() as stage:
        first = judges.before_rating(stage, model, run, rater="m0")
    monkeypatch.setattr("helpers.judging.batches.last_logits", None)
    monkeypatch.setattr("helpers.judging.likelihood.last_logits", None)
    monkeypatch.setattr("helpers.judging.expected.last_logits", None)
    for _ in range(2):
        with begin() as stage:
            again = judges.before_rating(stage, model, run, rater="m0")
        pd.testing.assert_frame_equal(again.table, first.table)
        with begin(last=True) as stage:
            stage.journal("ratings", key="rating_id").append([{"rating_id": "x"}])
    assert set(runs.manifest("a", STAGE)["outputs"]) == {"check", "check_pairs", "check_ratings", "ratings"}
    assert runs.status("a").state[STAGE] == "done"


def test_a_finished_check_says_that_a_rubric_was_edited_since(run, model, monkeypatch):
    for last in (False, True):
        with begin(last=last) as stage:
            judges.before_rating(stage, model, run, rater="m0")
    asked, hashed = set(judges.check_ratings("a", STAGE).judge), judges.content_hash
    with begin() as stage:
        assert "edited" not in judges.before_rating(stage, model, run, rater="m0").findings
    edited = next(name for name in sorted(asked) if judges.JUDGES[name].has_rubric)
    monkeypatch.setattr(judges, "content_hash", lambda judge: "new" if judge.name == edited else hashed(judge))
    with begin() as stage:
        assert f"The rubric of {edited} was edited" in judges.before_rating(stage, model, run, rater="m0").findings


def test_a_finished_stage_without_a_check_is_checked_and_not_written_to(run, model, kit_artifacts):
    with begin(last=True) as stage:
        stage.journal("ratings", key="rating_id").append([{"rating_id": "x"}])
    folder = kit_artifacts / "a" / STAGE
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with begin() as stage:
        found = judges.before_rating(stage, model, run, rater="m0")
    assert len(found.ratings) and "Judged by M_0." in found.findings
    assert before == {path: path.read_bytes() for path in folder.iterdir()}


def test_a_check_that_was_cut_short_goes_on(run, model, kit_artifacts):
    with begin() as stage:
        whole = judges.before_rating(stage, model, run, rater="m0")
    path = kit_artifacts / "a" / STAGE / "check_ratings.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:40]))
    with begin() as stage:
        found = judges.before_rating(stage, model, run, rater="m0")
    assert set(found.ratings.rating_id) == set(whole.ratings.rating_id) and found.ratings.rating_id.is_unique


def test_a_model_that_knows_the_pairs_by_heart_does_not_judge_them(run, model, monkeypatch):
    with begin() as stage:
        pairs = pairs_of("Rome")
        monkeypatch.setattr(judges.stages, "read", lambda run, name: pairs if "seed_pairs" in name else pairs.head(0))
        seen = asked_of(monkeypatch)
        found = judges.before_rating(stage, model, run, rater="m0")
    assert seen == [None]
    assert set(found.table.model) == {"base"}
    assert "M_0 was trained on all of them, so the untuned base judged in its place" in found.findings


def test_where_the_base_judges_in_both_iterations_it_rates_once(run, model, monkeypatch, tmp_path, kit_artifacts):
    pairs = pairs_of("Rome")
    monkeypatch.setattr(judges, "_sampled", lambda run, preset, most: (pairs, False, []))
    with begin(last=True) as stage:
        first = judges.before_rating(stage, model, run, rater="m0")
    model.add("m1", rank=2, alpha=4, seed=2)
    seen, second = asked_of(monkeypatch), SECOND
    for _ in range(2):  # the second time the tables are there and the stage is not done
        with stages.stage("a", second, {"judges": list(JUDGES)}, inputs=[], last=False) as stage:
            again = judges.before_rating(stage, model, run, rater="m1")
        assert not seen and "M_1 was trained on all of them" in again.findings
        pd.testing.assert_frame_equal(again.table, first.table)
        folders = [kit_artifacts / "a" / name for name in (STAGE, second)]
        for table in ("check_pairs", "check_ratings"):
            one, other = (pd.read_parquet(folder / f"{table}.parquet") for folder in folders)
            pd.testing.assert_frame_equal(one, other)
    rubric = tmp_path / "mine.md"
    rubric.write_text("Is the answer right? Score: 1 to 5.")
    with stages.stage("a", second, {"judges": list(JUDGES)}, inputs=[], last=False) as stage:
        made, asked_ = judges._made_before, judges.asked(model, judges.named(SETTINGS))
        assert made(stage, asked_, pairs) is not None
        assert made(stage, [*asked_, str(rubric)], pairs) is None, "iteration 1 did not ask this judge"
        assert made(stage, asked_, pairs.head(3)) is None, "iteration 1 had other pairs"
        monkeypatch.setattr(judges, "content_hash", lambda judge: "another text")
        assert made(stage, asked_, pairs) is None, "the rubric has changed"
    with stages.stage("a", SECOND, {"judges": ["rating"]}, inputs=[], last=False) as stage:
        assert made(stage, JUDGES, pairs) is None, "iteration 1 had other settings"


def test_a_model_that_reads_no_rubric_is_asked_for_one_and_it_is_said(run, model, monkeypatch):
    monkeypatch.setattr("helpers.judging.reads_rubric", lambda model: False)
    assert judges.asked(model, ["rating", "short", "PMI", "additive", "dual_likelihood"]) == [
        "rating",
        "PMI",
        "dual_likelihood",
    ]
    with begin() as stage:
        found = judges.before_rating(stage, model, run, rater="m0")
    assert judges.asked(model, ["short", "rating", "mine.md"]) == ["short", "mine.md"], "a reader's own is not left out"
    assert rating.IGNORES_RUBRIC in found.findings
    assert "short" not in set(found.table.judge)


def test_other_settings_begin_a_stage_anew_that_is_only_checked_and_are_refused_once_it_rates(run, model, kit_artifacts):
    with begin() as stage:
        judges.before_rating(stage, model, run, rater="m0")
    with begin(mode="web"):
        assert not (kit_artifacts / "a" / STAGE / "check.parquet").exists()
    with begin(mode="web", last=True) as stage:
        stage.journal("ratings", key="rating_id").append([{"rating_id": "x"}])
    with pytest.raises(runs.ArtifactError, match="mode was 'web'"), begin():
        pass


@pytest.fixture
def trained(run, model, kit_artifacts, tmp_path):
    """The run with the models that the seed pairs give, and all seed pairs in a file."""
    folder = kit_artifacts / "a" / "02_seed_models"
    for name in ("backward", "m0"):
        model.save(name, folder / name)
    pd.concat([pairs_of("Rome"), pairs_of("Lima")]).to_json(tmp_path / "seed.jsonl", orient="records", lines=True)
    read = replace(run.seed_models, seed_pairs=str(tmp_path / "seed.jsonl"))
    fresh, _ = judges.seed_pairs.read(read.seed_pairs, draw=0)
    return replace(run, seed_models=read), fresh.drop_duplicates("instruction")


def test_a_tuned_model_and_the_base_are_checked_on_the_pairs_that_neither_is_trained_on(trained, monkeypatch):
    preset, everything = trained
    known = everything[everything.instruction.str.contains("Rome")]
    read = stages.read
    monkeypatch.setattr(judges.stages, "read", lambda run, name: known if name.endswith("seed_pairs") else read(run, name))
    seen = asked_of(monkeypatch)
    found = {name: judges.check(preset, ["PMI", "log p(x|y)"], run="a", model=name) for name in ("base", "M_0")}
    assert seen == [None, "m0"]
    for model, checked in found.items():
        assert set(checked.table.model) == {model} and f"Judged by {model}." in checked.findings
        assert checked.ratings[checked.ratings.kind == "right"].pair_id.nunique() == 6
    assert judges.beside(found).shape == (2, 2)


def test_a_model_that_was_trained_on_all_pairs_there_are_is_said_to_know_them(trained, monkeypatch):
    preset, everything = trained
    monkeypatch.setattr(judges.stages, "read", lambda run, name: everything)
    assert "it knows them by heart" in judges.check(preset, ["PMI"], run="a", model="M_0").findings
    assert "by heart" not in judges.check(preset, ["PMI"], run="a", model="base").findings


@pytest.mark.parametrize(("run_", "name"), [("", "M_0"), ("a", "M_9")])
def test_a_model_that_cannot_be_checked_is_an_error(trained, run_, name):
    with pytest.raises(ValueError, match=f"'{name}' cannot be checked: name a run, and one of base, M_0"):
        judges.check(trained[0], run=run_, model=name)


def test_a_model_that_is_not_trained_yet_is_missing(trained):
    with pytest.raises(runs.MissingArtifact, match="M_1 of run 'a' is not trained yet"):
        judges.load(trained[0], "a", "M_1")


def test_preferences_of_people_are_judged_in_both_orders_and_unusable_rows_are_counted(run, tmp_path, monkeypatch):
    short = "Q: {instruction} A: {answer_a} B: {answer_b}"  # the random base has a short context
    monkeypatch.setattr("helpers.judging.pairwise.prompts.rubric", lambda name: short)
    monkeypatch.setattr("helpers.judging.expected.LEAST_MASS", 0)  # and hardly ever writes a letter
    rows = [
        {"input": "Name a river.", "output_1": "Rhine", "output_2": "The Alps are high.", "label": 1 + n % 2} for n in range(6)
    ]
    unusable = [
        {"input": "Name a town.", "output_1": True, "output_2": "Oslo", "label": 2},
        {"input": "x", "output_1": "a", "output_2": "b"},
    ]
    (tmp_path / "people.json").write_text(json.dumps(rows + unusable))
    found = judges.on_preferences(run, tmp_path / "people.json")
    assert found["n"] == 6 and found["accuracy"] == 0.5, "six times the same answers, preferred in turn"
    assert found["left_out"] == {"no text": 1, "no label": 1}
    said = judges.preferred(found)
    assert "50.0% [" in said and "of 6 prompts" in said and "1 with no text, 1 with no label" in said
    assert judges.on_preferences(run, tmp_path / "people.json", most=4)["n"] == 4
    none = judges.preferred(found | {"n": 0, "accuracy": float("nan"), "unread": 6})
    assert "nan" not in none and "6 could not be judged" in none and "1 with no label" in none


def checked_as(**auc) -> pd.DataFrame:
    rows = [{"judge": judge, "kind": "mean", "auc": value, "low": value - 0.1, "parsed": 1.0} for judge, value in auc.items()]
    return pd.DataFrame(rows)


def test_best_is_the_best_of_those_that_rate():
    checked = checked_as(**{"margin": 0.99, "dual_likelihood": 0.9, "log p(y|x)": 0.8})
    assert curation.settled(SETTINGS, checked).judge == "dual_likelihood"
    assert curation.settled(replace(SETTINGS, judges=("log p(y|x)",)), checked).judge == "log p(y|x)"
    assert curation.settled(replace(SETTINGS, judges=("rating", "margin")), checked).judge == "margin"
    assert curation.settled(replace(SETTINGS, judge="rating"), checked).judge == "rating", "the reader overrules"
    assert curation.settled(SETTINGS, None).judge == "best"
    at_chance = checked_as(dual_likelihood=0.55)
    assert curation.settled(SETTINGS, at_chance).judge == "best"


def test_a_rubric_that_is_best_is_named_by_its_path_and_asked_again_in_the_next_iteration(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("Is the answer right? Score: 1 to 5.")
    own = replace(SETTINGS, judges=(str(path), "margin"))
    found = curation.settled(own, checked_as(mine=0.99, margin=0.9))
    assert found.judge == str(path) and curation.default(found).judge == ("mine",)
    assert [judges.find(name).name for name in judges.single(judges.named(found))][:2] == ["mine", "margin"]


@pytest.fixture
def own(kit_artifacts, tmp_path):
    """A reader's preset that leaves the judge to the check, and its run."""
    path = tmp_path / "own.py"
    path.write_text(
        "from dataclasses import replace\nfrom helpers import presets\n\n"
        "def preset(draw):\n    start = presets.find('tiny', draw)\n"
        "    return replace(start, name='own', curation=replace(start.curation, judge='best'))\n"
    )
    return path


def test_a_run_takes_the_judge_of_its_check_and_the_decision_names_it(own, kit_artifacts):
    assert presets.of_run("a", own).curation.judge == "best"
    with pytest.raises(ValueError, match="none of the judges that rate .* name one in curation.judge"):
        judges.settled("a", own)
    tables.write_table(kit_artifacts / "a" / STAGE / "check.parquet", checked_as(**{"PMI": 0.95, "log p(x|y)": 0.9}))
    settings = judges.settled("a", own)
    assert settings.judge == "log p(x|y)"
    decided = stages.decision("a", STAGE, curation.default(settings).record())
    assert decided["judge"] == ["log p(x|y)"]
    assert stages.decision("a", SECOND, curation.default(presets.of_run("a", own).curation).record()) == decided
    assert runs.expected("a", "05_forward_model-1", presets.of_run("a", own))["inputs"][f"{STAGE}/decision.json"] == (
        tables.digest(kit_artifacts / "a" / STAGE / "decision.json")
    )


def test_a_judge_without_a_name_needs_a_rule_without_a_scale():
    tiny = presets.find("tiny")
    plan.check(presets.changed(tiny, {"curation.judge": "best"}))
    with pytest.raises(ValueError, match="judges have different scales"):
        plan.check(presets.changed(tiny, {"curation.judge": "best", "curation.rule": "at_least", "curation.value": 4.0}))


@pytest.mark.parametrize("name", ["t4", "single_gpu", "course"])
def test_presets_of_unknown_models_leave_the_judge_to_the_check(name):
    preset = presets.find(name)
    assert preset.curation.judge == "best" and preset.curation.rule != "at_least"
    judged = {part for judge in preset.curation.judges for part in curation.judges(judge)}
    assert {part for judge in curation.COMBINED for part in curation.judges(judge)} <= judged
    assert preset.seed_models.held_out >= preset.curation.check_pairs
