"""What cannot be done is refused in one line, before any work, with the value and the remedy."""

import os

import pandas as pd
import pytest
import synthetic_run

from helpers import __main__ as command
from helpers import arguments, doctor, presets, runs, tables
from helpers.experiments import ablation, overview


@pytest.fixture
def said(kit_artifacts, monkeypatch, capsys):
    """Runs a command line in this process; returns its exit status and what it said on stderr."""

    def run(*arguments) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["helpers", *map(str, arguments)])
        monkeypatch.setattr("signal.signal", lambda *_: None)
        try:
            code = command.main()
        except SystemExit as error:  # argparse's own
            code = error.code
        return code, capsys.readouterr().err

    return run


def one_line(told: tuple[int, str], *words: str) -> bool:
    """Whether a command failed with one line of error that holds these words."""
    code, text = told
    errors = [line for line in text.splitlines() if "error: " in line]
    return (
        code in (1, 2) and len(errors) == 1 and text.splitlines()[-1] == errors[0] and all(word in errors[0] for word in words)
    )


# --- Files that are not what their names say ------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe", b"[1]", b"null", b"[" * 100_000])
def test_a_json_file_of_something_else_is_named_with_the_remedy(tmp_path, content):
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"run\.json .*: delete it or restore it"):
        tables.read_json(path)


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "import sys\nsys.exit()", "def preset(draw): raise SystemExit"])
def test_a_preset_that_ends_the_process_is_an_error_that_names_its_file(tmp_path, code):
    path = tmp_path / "mine.py"
    path.write_text(code)
    with pytest.raises(ValueError, match=r"mine\.py cannot be used: SystemExit"):
        presets.find(path)


BAD = {
    "torn": ("{", "is not JSON"),
    "keyless": ('{"draw": 0}', "has no 'preset'"),
    "textual": ('{"preset": "tiny", "draw": "0"}', "has the draw '0', which is no int"),
    "round": ('{"preset": "tiny", "draw": 0, "fork_of": "round", "from": "06_evaluation"}', "a fork of itself"),
    "nowhere": ('{"preset": "tiny", "draw": 0, "fork_of": "good", "from": "99"}', "from '99', which is no stage"),
    "rootless": ('{"preset": "tiny", "draw": 0, "fork_of": "good"}', "has no 'from'"),
}
"""What stands in ``run.json``, and what is said of it."""


def test_one_bad_run_is_a_row_of_its_own_and_hides_no_other(kit_artifacts):
    runs.begin("good", "tiny", 0)
    runs.fork("twin", "good", "06_evaluation")
    for name, (content, _) in BAD.items():
        (kit_artifacts / name).mkdir()
        (kit_artifacts / name / "run.json").write_text(content)
    table = overview.runs_table()
    assert table.done["good"] == "0 of 8" and table.forks["good"] == "twin"
    for name, (_, cause) in BAD.items():
        assert cause in table.stale[name] and str(kit_artifacts / name) in table.stale[name]
    assert runs.readable() == ["good", "twin"]


def test_a_run_with_a_torn_summary_names_it_in_its_row(kit_artifacts):
    runs.begin("good", "tiny", 0)
    (kit_artifacts / "good" / "summary.json").write_text("?")
    assert "good/summary.json is not JSON" in overview.runs_table().stale["good"]


@pytest.mark.parametrize(
    ("start", "value", "iteration"),
    [
        ("05_forward_model-2", 20, 2),
        ("05_forward_model-1", 20, 1),
        ("04_self_curation-2", None, 2),
        ("02_seed_models", None, 1),
    ],
)
def test_a_fork_is_compared_in_the_iteration_in_which_it_decided(kit_artifacts, start, value, iteration):
    runs.begin("good", "tiny", 0)
    record = {"judge": ["rating"], "rule": "top", "value": value, "made_by": "reader"}
    runs.fork("mine", "good", start, decision=record if value else None)
    assert overview.apart_from("good", "mine") == overview.apart_from("mine", "good") == iteration


@pytest.fixture
def graded(kit_artifacts):
    """Two finished runs that were graded by facts and held_out, on the bases whose hashes are given."""

    def make(*bases: str, graders=("facts", "held_out")) -> None:
        for run, base in zip(("one", "two"), bases, strict=True):
            place = synthetic_run.make(kit_artifacts, run)
            folder, manifest = place / "06_evaluation", place / "02_seed_models" / "manifest.json"
            grades = pd.read_parquet(folder / "grades.parquet")
            tables.write_table(folder / "grades.parquet", pd.concat([grades.assign(grader=name) for name in graders]))
            about = grades[["prompt_id", "family"]].drop_duplicates("prompt_id").assign(instruction="Why?")
            tables.write_table(folder / "prompts.parquet", about)
            tables.write_json(manifest, tables.read_json(manifest) | {"inputs": {"path": base}})

    return make


def test_scores_that_belong_to_a_base_are_not_compared_between_two(graded):
    graded("b1", "b2")
    for said in (overview.compare("one", "two"), overview.panel("one", "two")._page.value):
        assert "The runs have different bases" in said and "not compared by held_out" in said
    assert "facts: two minus one" in overview.compare("one", "two")
    assert "held_out: two minus one" not in overview.compare("one", "two")


def test_scores_of_one_base_are_compared_and_without_a_common_scale_none_are(graded):
    graded("b1", "b1")
    assert "held_out: two minus one" in (said := overview.compare("one", "two")) and "different bases" not in said
    graded("b1", "b2", graders=("held_out", "pairwise"))
    panel = overview.panel("one", "two")
    assert "not compared by held_out and pairwise" in panel._page.value and "95 % interval" not in panel._page.value


def test_the_fork_that_was_finished_last_comes_first_and_others_do_not_come(kit_artifacts, monkeypatch):
    runs.begin("good", "tiny", 0)
    for place, (name, start) in enumerate({"b": "05_forward_model-1", "a": "05_forward_model-2", "c": "06_evaluation"}.items()):
        runs.fork(name, "good", start)
        tables.write_json(kit_artifacts / name / "06_evaluation" / "manifest.json", {})
        os.utime(kit_artifacts / name / "06_evaluation" / "manifest.json", (place, place))
    runs.fork("open", "good", "05_forward_model-1")
    state = {"a": "done", "b": "done", "c": "done", "open": "missing"}
    monkeypatch.setattr(runs, "status", lambda name: pd.DataFrame({"state": [state[name]]}))
    assert overview.finished_forks("good") == ["a", "b"]


def test_a_torn_run_is_named_by_its_status_and_can_be_deleted(kit_artifacts, said):
    (kit_artifacts / "torn").mkdir()
    (kit_artifacts / "torn" / "run.json").write_text("{")
    assert one_line(said("status", "--run", "torn"), "torn/run.json is not JSON: delete it or restore it")
    assert said("clean", "--run", "torn", "--yes")[0] == 0 and not (kit_artifacts / "torn").exists()


# --- Errors of the system -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error", [NotADirectoryError, FileExistsError, PermissionError, IsADirectoryError, FileNotFoundError, OSError]
)
def test_an_error_of_the_system_is_one_line_with_the_path_and_what_to_check(said, monkeypatch, error):
    def refuse(*_):
        raise error(13, "No way", "/a/place")

    monkeypatch.setattr(command, "_runs", refuse)
    assert one_line(said("runs"), "/a/place: No way: check this path")


def test_errors_of_the_system_without_a_path_and_those_of_the_kit_are_told_too(said, monkeypatch):
    errors = iter([OSError(28, "No space left on device"), FileNotFoundError("pages: x is not there")])

    def refuse(*_):
        raise next(errors)

    monkeypatch.setattr(command, "_runs", refuse)
    assert one_line(said("runs"), "No space left on device: check the room on the disk")
    assert one_line(said("runs"), "error: pages: x is not there")


def test_a_folder_of_runs_that_is_a_file_is_one_line(said, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("KIT_ARTIFACTS", str(tmp_path / "file"))
    assert one_line(said("ablate", "--fork", "x"), "x")


# --- Options --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["file", "file/below", "file/a/b", ""])
@pytest.mark.parametrize("asked", [["judges"], ["segments", "x"], ["export", "alpaca"]])
def test_an_out_that_cannot_be_a_folder_is_refused_before_any_work(said, tmp_path, asked, place):
    (tmp_path / "file").touch()
    out = tmp_path / place if place else ""
    assert one_line(said(*asked, "--out", out), "--out", "cannot be a folder", "name another")


def test_an_out_that_is_there_or_can_be_made_is_taken(tmp_path):
    assert arguments.folder(str(tmp_path)) == tmp_path
    assert arguments.folder(str(tmp_path / "a" / "b")) == tmp_path / "a" / "b"


@pytest.mark.parametrize(
    "asked",
    [["judges", "--pairs"], ["segments", "x", "--out", "y", "--workers"], ["segments", "x", "--out", "y", "--min-chars"]]
    + [["segments", "x", "--out", "y", "--max-chars"], ["ablate", "--sizes"]],
)
@pytest.mark.parametrize("value", ["0", "-5", "1.5", "many", ""])
def test_a_number_that_is_no_whole_number_above_0_is_refused_with_its_value(said, asked, value):
    assert one_line(said(*asked[:-1], f"{asked[-1]}={value}"), repr(value), asked[-1], "give 1 or more")


@pytest.mark.parametrize("option", ["--from", "--only", "--fork", "--run", "--preset", "--base", "--pages", "--seed-pairs"])
@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_value_is_refused_and_not_taken_for_an_option_that_is_not_given(said, kit_artifacts, option, value):
    assert one_line(said("run", option, value), option.strip("-"), "is empty: give one, or leave the option out")
    assert not list(kit_artifacts.iterdir())


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["ablate", "--quick", "--sizes"], ("--quick promises ten minutes", "--sizes takes longer")),
        (["ablate", "--quick", "--sizes", "150"], ("--quick promises ten minutes", "--sizes takes longer")),
        (["ablate", "--quick", "--defects"], ("--quick promises ten minutes", "--defects takes longer")),
        (["doctor", "--assume", "segments=5"], ("add --plan",)),
        (["doctor", "--preset", "tiny", "--prices", "2"], ("add --plan",)),
        (["doctor", "--base", "x"], ("--base changes a preset", "add --preset")),
        (["doctor", "--seed-pairs", "hf://x"], ("--seed-pairs changes a preset", "add --preset")),
        (["doctor", "--plan", "--preset", "paper", "--base", "x"], ("--base changes a preset", "leave --plan out")),
        (["doctor", "--plan", "--prices", "0"], ("a GPU-hour costs 0",)),
        (["doctor", "--plan", "--assume", "segments=inf"], ("segments is inf",)),
        (["judges", "--preferences", "/no/where.json"], ("/no/where.json cannot be read", "JSONL")),
        (["status", "--run", "x"], ("there is no run 'x'", "`python -m helpers runs`")),
        (["export", "alpaca", "--run", "x"], ("there is no run 'x'", "`python -m helpers runs`")),
        (["judges", "--run", "x"], ("there is no run 'x'", "`python -m helpers runs`")),
        (["compare", "x", "y"], ("there is no run 'x'", "`python -m helpers runs`")),
        (["ablate", "--fork", "x"], ("there is no run 'x'", "`python -m helpers runs`")),
        (["run", "--run", "y", "--fork", "x"], ("there is no run 'x'", "`python -m helpers runs`")),
    ],
)
def test_what_contradicts_itself_or_is_not_there_is_refused_with_the_remedy(said, monkeypatch, asked, words):
    monkeypatch.setattr("helpers.miniweb.truth.MiniWeb.prepare", lambda self: None)
    assert one_line(said(*asked), *words)


@pytest.mark.parametrize("size", [0, -5])
def test_a_size_below_1_is_refused_with_its_value(monkeypatch, kit_artifacts, size):
    monkeypatch.setattr("helpers.miniweb.truth.MiniWeb.prepare", lambda self: None)
    with pytest.raises(ValueError, match=f"the size {size} is no number of web pairs"):
        ablation.asked(sizes=[150, size])


def test_doctor_fails_where_the_base_that_it_is_asked_about_cannot_be_read(said, tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "checks", lambda: [doctor.Check("Python", "3.11")])
    code, text = said("doctor", "--preset", "tiny", "--base", tmp_path)
    assert code == 1 and f"error: the configuration of the base {tmp_path} cannot be read" in text


def test_a_fork_that_is_refused_leaves_nothing_behind_and_keeps_the_changes_of_its_origin(said, tmp_path):
    page, pairs = tmp_path / "page.html", tmp_path / "pairs.jsonl"
    page.write_text("<p>Clay.</p>")
    pairs.write_text('{"instruction": "Name a clay.", "output": "Kaolin."}\n')
    runs.begin("own", "tiny", 0, presets.inputs(pages=[str(page)], seed_pairs=str(pairs), prompts=str(pairs)))
    refused = said("run", "--run", "other", "--fork", "own", "--pages", page, "--from", "09")
    assert one_line(refused, "no stage '09'") and not runs.settings("other")
    merged = runs.settings("own")["changes"]
    code, text = said("run", "--run", "other", "--fork", "own", "--pages", page, "--only", "06")
    assert "add --seed-pairs" not in text, text
    assert runs.settings("other").get("changes", merged).keys() == merged.keys()
