"""Presets: each is a file, and a reader's own may lie anywhere. Relative paths start at the file's folder."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from helpers import judging, presets, runs, seed_pairs
from helpers.config import Preset, Training
from helpers.curation import COMBINED, default, judges
from helpers.judge import JUDGES, named, rubric_of
from helpers.truth import Truth


@pytest.mark.parametrize("name", presets.KNOWN)
def test_every_preset_of_the_kit_is_found_with_absolute_paths_and_a_sentence(name):
    found = presets.find(name, 3)
    assert isinstance(found, Preset)
    assert (found.name, found.draw) == (name, 3)
    assert presets.describe(name).endswith((".", ":")) or ":" in presets.describe(name)
    for path in (*found.corpus.pages, found.seed_models.seed_pairs, found.evaluation.prompts):
        assert path.startswith(("/", "hf://")), path


def test_the_draw_is_in_the_pages_of_the_mini_web():
    assert "draw-2/crawl" in presets.find("tiny", 2).corpus.pages[0]
    assert presets.find("tiny", 2).truth.draw == 2


def test_an_unknown_preset_a_negative_draw_and_a_file_without_a_preset_are_errors(tmp_path):
    with pytest.raises(ValueError, match="unknown preset 'huge'; there are ablation, course"):
        presets.find("huge")
    with pytest.raises(ValueError, match="a draw is 0 or more"):
        presets.find("tiny", -1)
    (tmp_path / "empty.py").write_text("x = 1\n")
    with pytest.raises(ValueError, match="defines no function preset"):
        presets.find(tmp_path / "empty.py")


def test_a_readers_preset_is_written_read_and_its_paths_start_at_its_folder(tmp_path, monkeypatch):
    (tmp_path / "pages").mkdir()
    monkeypatch.chdir(tmp_path)
    given = {"base": "some/model", "pages": ["pages"], "seed_pairs": "seed.jsonl", "prompts": None}
    presets.write(tmp_path / "mine.py", "smol", **given)
    monkeypatch.chdir("/")
    found = presets.find(tmp_path / "mine.py", 1)
    assert (found.name, found.draw) == ("mine", 1)
    assert found.base.path == "some/model", "a name on the hub stays a name"
    assert found.corpus.pages == (str(tmp_path / "pages"),)
    assert found.seed_models.seed_pairs == str(tmp_path / "seed.jsonl")
    assert found.evaluation.prompts == presets.find("smol").evaluation.prompts
    with pytest.raises(ValueError, match="exists: choose another name"):
        presets.write(tmp_path / "mine.py", "smol", **given)


def test_other_pages_or_prompts_on_the_mini_webs_preset_take_its_truth_away():
    own = {"pages": ["/some/pages"], "seed_pairs": "/seed", "prompts": "/prompts"}
    mine = presets.with_inputs(presets.find("tiny"), **own)
    assert mine.truth == Truth()
    assert mine.evaluation.graders == ("held_out",)
    assert mine.seed_models.held_out > 0
    with pytest.raises(ValueError, match="add --seed-pairs and --prompts"):
        presets.with_inputs(presets.find("tiny"), pages=["/some/pages"])
    assert presets.with_inputs(presets.find("tiny"), base="other").truth.known


def test_a_changed_setting_is_named_by_its_path_and_a_misspelt_one_is_an_error():
    changed = presets.changed(presets.find("tiny"), {"corpus.filters.min_chars": 90, "corpus.pages": ["/a"]})
    assert changed.corpus.filters.min_chars == 90
    assert changed.corpus.pages == ("/a",)
    with pytest.raises(ValueError, match="there is no setting 'min_char'; there are min_chars"):
        presets.changed(presets.find("tiny"), {"corpus.filters.min_char": 90})


def test_a_run_keeps_what_was_changed_for_it_alone(kit_artifacts):
    runs.begin("a", "tiny", 0, {"corpus.filters.min_chars": 90})
    assert presets.of_run("a", "tiny").corpus.filters.min_chars == 90
    assert presets.of_run("b", "tiny").corpus.filters.min_chars == 60
    with pytest.raises(runs.ArtifactError, match="begun with preset 'tiny'"):
        presets.of_run("b", "smoke")


def test_settings_that_name_files_are_no_part_of_the_recorded_settings():
    told = presets.find("tiny").of("02_seed_models")
    assert not [key for key in told["config"] if key in ("seed_pairs", "path")]
    assert set(told["files"]) == {"seed_pairs", "path"}
    moved = replace(presets.find("tiny"), seed_models=replace(presets.find("tiny").seed_models, seed_pairs="/elsewhere"))
    assert moved.of("02_seed_models")["config"] == told["config"]


def test_a_threshold_is_no_setting_of_the_ratings():
    tiny = presets.find("tiny")
    strict = replace(tiny, curation=replace(tiny.curation, value=10))
    assert strict.of("04_self_curation-1") == tiny.of("04_self_curation-1")
    other = replace(tiny, forward=replace(tiny.forward, training=Training(steps=1)))
    assert other.of("05_forward_model-2")["config"] != tiny.of("05_forward_model-2")["config"]


def _helpers(folder, cwd, *arguments):
    import os

    environment = os.environ | {"KIT_ARTIFACTS": str(folder)}
    return subprocess.run(
        [sys.executable, "-m", "helpers", *arguments], env=environment, cwd=cwd, capture_output=True, text=True
    )


def test_init_writes_a_preset_beside_the_readers_files(tmp_path):
    (tmp_path / "pages").mkdir()
    done = _helpers(tmp_path / "runs", tmp_path, "init", "mine", "--from", "smol", "--pages", "pages", "--base", "x/y")
    assert done.returncode == 0, done.stderr
    assert presets.find(tmp_path / "mine.py").corpus.pages == (str(tmp_path / "pages"),)
    assert "helpers run --preset mine.py" in done.stdout


def test_settings_changed_in_a_panel_go_where_the_run_reads_them_and_never_under_finished_data(kit_artifacts):
    from helpers import stages

    presets.of_run("a", "smoke")
    assert "run this notebook again" in presets.change("a", {"corpus.filters.min_chars": 90})
    changed = presets.of_run("a", "smoke")
    assert changed.corpus.filters.min_chars == 90
    with stages.stage("a", "01_corpus", changed.of("01_corpus")["config"]):
        pass
    assert 'set RUN = "a-2"' in presets.change("a", {"corpus.filters.min_chars": 120})
    assert presets.of_run("a-2", "smoke").corpus.filters.min_chars == 120
    assert presets.of_run("a", "smoke").corpus.filters.min_chars == 90
    with pytest.raises(ValueError, match="min_chars 9000 is above max_chars 600"):
        presets.change("a", {"corpus.filters.min_chars": 9000})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def preset(draw):\n    return replace(1)\n", "NameError"),
        ("def preset(draw:\n", "SyntaxError"),
        ("def preset(draw):\n    return None\n", "returns None and not a helpers.config.Preset"),
    ],
)
def test_a_broken_preset_is_told_in_a_sentence_and_does_not_hide_the_other_runs(kit_artifacts, tmp_path, text, said):
    path = tmp_path / "broken.py"
    path.write_text(text)
    with pytest.raises(ValueError, match=said):
        presets.find(path)
    runs.begin("a", str(path), 0)
    runs.begin("b", "tiny", 0)
    (kit_artifacts / "no run (copy)").mkdir()
    from helpers.experiments import overview

    assert list(overview.runs_table().index) == ["a", "b"]


def test_a_preset_that_could_not_end_is_refused_before_anything_is_trained(tmp_path):
    from helpers.experiments.plan import check

    tiny = presets.find("tiny")
    check(tiny)
    for path in (one := tmp_path / "mine.md", other := tmp_path / "mine.txt"):
        path.write_text("Give a number from 1 to 5.")
    wrong = {
        "unknown arm 'best'": {"evaluation.arms": ["best"]},
        "unknown grader 'taste'": {"evaluation.graders": ["taste"]},
        "needs seed pairs kept away": {"evaluation.graders": ["held_out"]},
        "unknown rule 'most'": {"curation.rule": "most"},
        "rating decides and does not rate": {"curation.judge": "rating", "curation.judges": ["log p(y|x)", "log p(x|y)"]},
        "there is no judge 'mood'": {"curation.judges": ["mood"]},
        "evaluation.mode has the unknown mode 'Both'; there are both, seed, web, none": {"evaluation.mode": "Both"},
        "evaluation.other_modes has the unknown mode 'seed_tag'": {"evaluation.other_modes": ["seed", "seed_tag"]},
        "curation.mode has the unknown mode 'S_a'": {"curation.mode": "S_a"},
        "evaluation.arms has 'uncurated' twice": {"evaluation.arms": ["uncurated", "seed_only", "uncurated"]},
        "evaluation.graders has 'facts' twice": {"evaluation.graders": ["facts", "facts"]},
        "curation.judges has 'rating' twice": {"curation.judges": ["rating", "log p(y|x)", "log p(x|y)", "rating"]},
        "curation.judges has 'mine' twice": {"curation.judges": [str(one), "log p(y|x)", "log p(x|y)", str(other)]},
        "evaluation.prompts is /other and not in corpus.prompts: add it there": {"evaluation.prompts": "/other"},
        "'rated' ranks by rating, which does not rate": {
            "evaluation.arms": ["rated"], "curation.judges": ["log p(y|x)", "log p(x|y)"],
        },
    }  # fmt: skip
    for said, changes in wrong.items():
        with pytest.raises(ValueError, match=said):
            check(presets.changed(tiny, changes))
    own = {"pages": [str(tmp_path / "none")], "seed_pairs": "/no/seed", "prompts": "/no/prompts"}
    with pytest.raises(runs.MissingArtifact, match="pages: .*none is not there"):
        check(presets.with_inputs(tiny, **own))


@pytest.mark.parametrize(
    "path, value, said",
    [
        ("base.dtype", "bfloat16", "dtype is 'bfloat16': there are auto, bf16, fp16, fp32"),
        ("forward.training.precision", "float16", "precision is 'float16': there are"),
        ("forward.training.steps", 0, "steps is 0: give a whole number above 0"),
        ("seed_models.backward.micro_batch", 2.5, "micro_batch is 2.5"),
        ("augmentation.new_tokens", 0, "new_tokens is 0"),
    ],
)
def test_a_format_or_a_count_that_cannot_be_is_refused_where_it_is_set(path, value, said):
    with pytest.raises(ValueError, match=said):
        presets.changed(presets.find("tiny"), {path: value})


def test_segments_are_compared_with_prompts_that_are_changed_for_one_run(kit_artifacts):
    presets.of_run("a", "smol")
    presets.change("a", {"evaluation.prompts": "/other"})
    changed = presets.of_run("a", "smol")
    assert changed.evaluation.prompts == "/other" and changed.corpus.prompts == ("/other",)


@pytest.mark.parametrize("judge", [*JUDGES, *COMBINED, "five_level"])
def test_the_ratings_depend_on_the_rubrics_of_their_judges_alone(judge):
    told = presets.changed(presets.find("tiny"), {"curation.judges": [judge]}).of("04_self_curation-1")
    shown = [Path(path).stem for path in told["files"].get("rubrics", ())]
    assert shown == list(judging.hash_of([judge]))


def test_a_rubric_of_the_readers_and_one_of_two_judges_are_inputs_once(tmp_path):
    mine = str(tmp_path / "mine.md")
    names = ["rating", "rating sampled", mine, "log p(y|x)"]
    told = presets.changed(presets.find("tiny"), {"curation.judges": names}).of("04_self_curation-1")
    assert told["files"]["rubrics"] == (rubric_of("rating"), mine)


@pytest.mark.parametrize(
    "path",
    [
        "corpus.pages", "corpus.prompts", "corpus.filters.languages", "corpus.filters.disabled", "augmentation.stop",
        "curation.judges", "evaluation.arms", "evaluation.graders", "evaluation.other_modes",
    ],
)  # fmt: skip
def test_one_string_stands_for_a_tuple_of_it_and_is_not_read_letter_by_letter(path):
    part = presets.changed(presets.find("tiny"), {path: "/some"})
    for name in path.split("."):
        part = getattr(part, name)
    assert part == ("/some",)


def test_a_list_in_a_preset_is_a_tuple(tmp_path):
    made = "def preset(draw):\n    return Preset('a', corpus=Corpus(pages=['b', 'c']))\n"
    (tmp_path / "own.py").write_text(f"from helpers.config import Corpus, Preset\n{made}")
    assert presets.find(tmp_path / "own.py").corpus.pages == (str(tmp_path / "b"), str(tmp_path / "c"))


@pytest.mark.parametrize("name", ["mine.md", "mine.txt", "mine", "m.i.ne.md"])
def test_a_text_file_with_any_ending_is_a_judge_and_an_input(tmp_path, name):
    path = tmp_path / name
    path.write_text("Give a number from 1 to 5.")
    rated = f"judges=({name!r}, 'PMI', 'dual_likelihood'), judge={name!r}"
    made = f"def preset(draw):\n    return Preset('a', curation=Curation({rated}))\n"
    (tmp_path / "own.py").write_text(f"from helpers.config import Curation, Preset\n{made}")
    own = presets.find(tmp_path / "own.py")
    assert own.curation.judges == (str(path), "PMI", "dual_likelihood") and own.curation.judge == str(path)
    assert own.of("04_self_curation-1")["files"]["rubrics"] == (str(path),)
    assert default(own.curation).judge == (judging.judges.find(str(path)).name,) == (named(str(path)),)
    assert judges(named(str(path))) == judges(str(path)), "the name of a judge names it too"


def test_pages_of_a_readers_own_are_sampled_because_nobody_knows_their_order():
    start = presets.find("smol")
    assert start.corpus.first
    assert not presets.with_inputs(start, pages=["/some/pages"]).corpus.first
    assert presets.with_changes(start, {"corpus.pages": ["/some/pages"], "corpus.first": True}).corpus.first
    assert not presets.find("course").corpus.first


def test_the_languages_of_the_filters_are_those_of_the_seed_pairs(tmp_path):
    rows = [{"instruction": f"Was ist {n}?", "output": f"Eine Zahl, {n}.", "lang": lang} for n, lang in enumerate(["de", "fr"])]
    (tmp_path / "seed.jsonl").write_text("\n".join(map(json.dumps, rows)))
    start = presets.changed(presets.find("smoke"), {"seed_models.seed_pairs": str(tmp_path / "seed.jsonl")})
    german = presets.changed(start, {"corpus.filters.languages": ["de"]})
    kept, left_out = seed_pairs.of(german)
    assert list(kept.instruction) == ["Was ist 0?"] and len(left_out) == 1
    assert len(seed_pairs.of(presets.changed(start, {"corpus.filters.languages": ["en", "de", "fr"]}))[0]) == 2
    assert start.of("02_seed_models") != german.of("02_seed_models")


def test_changes_of_settings_that_must_fit_each_other_are_applied_together(kit_artifacts):
    changes = {"corpus.filters.max_chars": 1000, "corpus.filters.min_chars": 700}
    filters = presets.changed(presets.find("tiny"), dict(sorted(changes.items(), reverse=True))).corpus.filters
    assert (filters.min_chars, filters.max_chars) == (700, 1000)
    presets.of_run("a", "tiny")
    presets.change("a", {"corpus.filters.min_chars": 60, "corpus.filters.max_chars": 1000})
    presets.change("a", {"corpus.filters.min_chars": 100, "corpus.filters.max_chars": 130})
    presets.change("a", {"corpus.filters.min_chars": 800, "corpus.filters.max_chars": 900})
    assert presets.of_run("a", "tiny").corpus.filters.min_chars == 800
    with pytest.raises(ValueError, match="min_chars 901 is above max_chars 900"):
        presets.change("a", {"corpus.filters.min_chars": 901})
    assert presets.of_run("a", "tiny").corpus.filters.min_chars == 800


@pytest.mark.parametrize(
    ("stage", "path", "value"),
    [
        ("01_corpus", "corpus.filters.min_chars", 61),
        ("02_seed_models", "seed_models.forward.steps", 3),
        ("03_self_augmentation", "augmentation.temperature", 0.9),
        ("04_self_curation-2", "curation.value", 9),
        ("05_forward_model-1", "forward.training.learning_rate", 0.5),
        ("06_evaluation", "evaluation.bootstrap", 7),
    ],
)
def test_a_stage_is_not_opened_with_settings_that_its_cells_do_not_use(stage, path, value):
    tiny = presets.find("tiny")
    other = presets.changed(tiny, {path: value})
    part = path.partition(".")[0]
    with pytest.raises(ValueError, match=rf"cells use {path} {value}, and the run has .*change\(RUN, .'{path}': {value}"):
        tiny.of(stage, getattr(other, part))
    assert other.of(stage, getattr(other, part)) == other.of(stage)
