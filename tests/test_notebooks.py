"""Every notebook executed in order on the smallest preset, as ``python -m helpers run`` does it."""

import json
import os
import shutil
import signal
import subprocess
import sys

import nbformat
import pandas as pd
import pytest

from helpers import method, models, notebooks, presets, runs, stages, tables
from helpers.experiments import exporting, overview
from helpers.widgets import compare as beside


def _helpers(folder, *arguments):
    environment = os.environ | {"KIT_ARTIFACTS": str(folder), "HF_HUB_OFFLINE": "1"}
    return subprocess.run([sys.executable, "-m", "helpers", *arguments], env=environment, capture_output=True, text=True)


@pytest.fixture
def run(smoke_run, monkeypatch):
    """The finished run `test`, found by name."""
    monkeypatch.setenv("KIT_ARTIFACTS", str(smoke_run.parent))
    return smoke_run


@pytest.mark.slow
def test_every_stage_is_done_and_its_executed_notebook_has_no_error(run):
    assert set(runs.status("test").state) == {"done"}
    for stage in notebooks.known():
        copy = nbformat.read(run / "notebooks" / f"{stage}.ipynb", as_version=4)
        assert not notebooks.widget_errors(copy)
        outputs = [output for cell in copy.cells if cell.cell_type == "code" for output in cell.outputs]
        assert outputs
        assert not [output for output in outputs if output.output_type == "error"]
        assert not [output for output in outputs if output.get("name") == "stderr"], "front ends show stderr in red"


@pytest.mark.slow
def test_counts_add_up_along_the_stages(run):
    segments = pd.read_parquet(run / "01_corpus" / "segments.parquet")
    candidates = pd.read_parquet(run / "03_self_augmentation" / "candidates.parquet")
    ratings = pd.read_parquet(run / "04_self_curation-1" / "ratings.parquet")
    rows = pd.read_parquet(run / "05_forward_model-1" / "training_rows.parquet")
    assert set(candidates.segment_id) == set(segments.segment_id)
    assert set(candidates.pair_id) <= set(ratings.pair_id)
    assert set(rows[rows.source == "web"].pair_id) <= set(candidates.pair_id)
    summary = json.loads((run / "summary.json").read_text())
    asked = {"M_0 (S_a)", "M_0 (no tag)", "M_0", "M_1", "M_1 (no tag)", "M_2", "rated", "rated_2"}
    assert asked == set(summary["graders"]["facts"]["arms"])
    assert summary["findings"]


@pytest.mark.slow
def test_the_rows_that_leave_are_those_that_m_1_was_trained_on(run, tmp_path):
    preset = presets.of_run("test", "smoke", 0)
    left = pd.read_json(exporting.training_rows("test", preset, 1, tmp_path), lines=True, dtype=False)
    trained = stages.read("test", "05_forward_model-1/training_rows")
    assert left.pair_id.tolist() == trained.pair_id.tolist()
    model, seed = models.load(preset.base.path), stages.read("test", "02_seed_models/seed_pairs")
    rows = method.rows(seed, overview.kept("test", 1), preset.forward.seed_copies)
    texts = method.training_texts(model, rows, preset.forward.training.max_tokens)
    assert list(zip(left.prompt, left.completion, strict=True)) == [(text.prompt, text.completion) for text in texts]


@pytest.mark.slow
def test_the_notebook_of_judges_reads_a_finished_run_and_writes_nothing(run):
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*") if path.is_file()}
    told = {"RUN": "test", "PRESET": "smoke", "DRAW": 0}
    book = notebooks.injected(nbformat.read(notebooks.FOLDER / "08_judges.ipynb", as_version=4), told)
    notebooks.NotebookClient(book, kernel_name="python3", resources={"metadata": {"path": str(notebooks.FOLDER)}}).execute()
    outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 5, "one map: the untuned base judged both times"
    shown = "".join(output.get("text", "") for output in outputs)
    assert "Judged by base." in shown and "cannot read a rubric" in shown
    assert before == {path: path.stat().st_mtime_ns for path in run.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_a_second_call_executes_nothing(run):
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*.parquet")}
    done = _helpers(run.parent, "run", "--preset", "smoke", "--run", "test")
    assert done.returncode == 0
    assert "cell" not in done.stdout
    assert before == {path: path.stat().st_mtime_ns for path in run.rglob("*.parquet")}


@pytest.mark.slow
def test_a_moved_threshold_makes_the_forward_model_stale_and_not_the_ratings(run):
    path = run / "04_self_curation-1" / "decision.json"
    kept = path.read_text()
    path.write_text(json.dumps(json.loads(kept) | {"value": 40, "made_by": "reader"}))
    states = runs.status("test").state
    path.write_text(kept)
    assert states["04_self_curation-1"] == "done"
    assert states["05_forward_model-1"].startswith("stale: 04_self_curation-1/decision.json")


@pytest.fixture
def looking(kit_artifacts, tmp_path, monkeypatch):
    """A run `r` whose stages are done, and a folder of notebooks with one that only looks at a run."""
    monkeypatch.setattr(notebooks, "FOLDER", tmp_path)
    parameters = nbformat.v4.new_code_cell("RUN = 'a'", metadata={"tags": ["parameters"]})
    book = nbformat.v4.new_notebook(cells=[parameters, nbformat.v4.new_code_cell("print(RUN, PRESET, DRAW)")])
    nbformat.write(book, tmp_path / "07_figures.ipynb")
    preset = presets.of_run("r", "smoke")
    monkeypatch.setattr(runs, "INPUTS", dict.fromkeys(runs.STAGES, ()))
    for name in runs.STAGES:
        record = runs.plain(runs.expected("r", name, preset)) | {"outputs": {}}
        tables.write_json(kit_artifacts / "r" / name / "manifest.json", record)
    return preset


def _due(preset, **asked):
    return list(notebooks.due("r", preset, notebooks.known(), **asked))


def _look(name="07_figures"):
    notebooks.execute("r", name, notebooks.parameters("r", "smoke", 0, name), lambda *_: None)


def test_notebooks_that_look_at_a_run_follow_its_stages_where_they_are_there(looking):
    assert notebooks.known() == (*runs.STAGES, "07_figures")
    assert _due(looking) == ["07_figures"]
    assert _due(looking, start="06_evaluation") == ["06_evaluation", "07_figures"]
    assert _due(looking, only="06_evaluation") == ["06_evaluation"]
    assert notebooks.stage_name("07") == "07_figures"
    with pytest.raises(ValueError, match="no stage '08'"):
        notebooks.stage_name("08")


def test_a_fork_makes_nothing_of_its_origin_again_and_says_what_is_stale_there(looking, kit_artifacts):
    runs.fork("f", "r", "05_forward_model-2")
    fork = presets.of_run("f", "smoke")

    def due(**asked):
        return list(notebooks.due("f", fork, runs.STAGES, **asked))

    own = ["05_forward_model-2", "06_evaluation"]
    assert due() == due(start="02_seed_models") == own
    path = kit_artifacts / "r" / "02_seed_models" / "manifest.json"
    record = tables.read_json(path)
    tables.write_json(path, record | {"inputs": record["inputs"] | {"seed_pairs": "others"}})
    for asked in ({}, {"only": "06_evaluation"}):
        with pytest.raises(runs.ArtifactError, match="reads 02_seed_models in run 'r', where it is stale: seed_pairs"):
            due(**asked)


@pytest.mark.parametrize(
    "changed", ["r/06_evaluation/manifest.json", "r/04_self_curation-1/decision.json", "r/labels.jsonl", "../07_figures.ipynb"]
)
def test_a_notebook_that_looks_at_a_run_is_executed_again_only_when_something_before_it_changed(
    looking, kit_artifacts, changed
):
    _look()
    copy = nbformat.read(kit_artifacts / "r" / "notebooks" / "07_figures.ipynb", as_version=4)
    assert copy.cells[-1].outputs[0].text == "r smoke 0\n"
    assert _due(looking) == []
    path = kit_artifacts / changed
    path.write_text((path.read_text() if path.exists() else "{}") + "\n")
    assert _due(looking) == ["07_figures"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--preset", "huge"], "unknown preset 'huge'"),
        (["run", "--run", "../x"], "is not a run name"),
        (["run", "--run", "a b"], "is not a run name"),
        (["run", "--run", "new", "--fork", "nowhere", "--from", "05"], "there is no run 'nowhere'"),
        (["run", "--draw", "-1"], "a draw is 0 or more"),
        (["run", "--preset", "smoke", "--run", "x", "--only", "09"], "no stage '09'"),
        (["status", "--run", "../x"], "is not a run name"),
        (["clean", "--run", "mini-base"], "the kit's own files lie there"),
        (["clean", "--run", "x", "--yes"], "is no run of yours; nothing was deleted"),
        (["run", "--fork", "smoke"], "a fork needs a name of its own"),
        (["run", "--run", "x", "--preset", "t4", "--fork", "smoke"], "leave --preset and --draw out"),
        (["run", "--run", "x", "--from", "05", "--only", "06"], "--from and --only contradict each other"),
        (["run", "--run", "reference"], "the kit's own files lie there"),
        (["run", "--pages", __file__, "--run", "x"], "add --seed-pairs and --prompts"),
        (["run", "--preset", "smol", "--pages", "/no/where", "--run", "x"], "pages: /no/where is not there"),
        (["run", "--preset", "tiny", "--base", "/no/model", "--run", "x"], "--base: /no/model is not there"),
        (["run", "--preset", "tiny", "--run", "smoke"], "is the name of another preset"),
        (["init", "my model"], "cannot name a run"),
        (["status", "--run", "x"], "there is no run 'x'"),
        (["compare", "x", "y"], "there is no run 'x'"),
    ],
)
def test_bad_input_is_a_one_line_error(tmp_path, arguments, said):
    done = _helpers(tmp_path, *arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_parameters_are_injected_after_their_cell_and_a_missing_tag_is_an_error():
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("RUN = 'a'", metadata={"tags": ["parameters"]})])
    assert notebooks.injected(book, {"RUN": "b"}).cells[1].source == "RUN = 'b'"
    with pytest.raises(ValueError, match="tagged `parameters`"):
        notebooks.injected(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]), {"RUN": "b"})


def test_an_error_inside_a_widget_is_found():
    state = {"a": {"state": {"outputs": [{"output_type": "error", "evalue": "division by zero"}]}}}
    metadata = {"widgets": {"application/vnd.jupyter.widget-state+json": {"state": state}}}
    assert notebooks.widget_errors(nbformat.v4.new_notebook(metadata=metadata)) == ["division by zero"]


@pytest.mark.slow
def test_a_looser_decision_trains_on_all_that_it_keeps_and_the_origin_is_not_touched(run):
    origin = {path: path.stat().st_mtime_ns for path in run.rglob("*") if path.is_file()}
    launcher = notebooks.Launcher("test", 1)
    record = stages.decision("test", "04_self_curation-1") | {"value": 120, "made_by": "reader"}
    runs.fork("loose", "test", "05_forward_model-1", decision=record)
    assert launcher.command("loose").startswith(("KIT_ARTIFACTS=", "/", "'"))
    done = _helpers(run.parent, "run", "--run", "loose", "--only", "05_forward_model-1")
    assert done.returncode == 0, done.stderr
    rows = stages.read("loose", "05_forward_model-1/training_rows")
    assert (rows.source == "web").sum() == 120
    assert origin == {path: path.stat().st_mtime_ns for path in run.rglob("*") if path.is_file()}
    assert set(runs.status("test").state) == {"done"}
    refused = _helpers(run.parent, "clean", "--run", "test", "--yes")
    assert "loose read their first stages in 'test'" in refused.stderr


@pytest.mark.slow
def test_a_decision_that_keeps_nothing_is_refused_and_the_stage_is_not_done(run):
    record = {"judge": ["rating"], "rule": "at_least", "value": 5.1, "made_by": "reader"}
    runs.fork("none", "test", "05_forward_model-1", decision=record)
    done = _helpers(run.parent, "run", "--run", "none", "--only", "05_forward_model-1")
    assert done.returncode == 1
    assert "rating at_least 5.1 keeps none of 200 pairs" in done.stderr
    assert runs.status("none").state["05_forward_model-1"] == "missing"
    assert not (run.parent / "none" / "notebooks" / "05_forward_model-1.ipynb").exists()
    assert (run.parent / "none" / "notebooks" / "05_forward_model-1.failed.ipynb").exists()


@pytest.mark.slow
def test_all_runs_are_listed_and_a_run_does_not_differ_from_its_twin(run):
    runs.fork("twin", "test", "06_evaluation")
    shutil.copytree(run / "06_evaluation", run.parent / "twin" / "06_evaluation")
    listed = _helpers(run.parent, "status").stdout
    assert "8 of 8" in listed
    assert "twin" in listed
    compared = _helpers(run.parent, "compare", "test", "twin")
    assert compared.returncode == 0, compared.stderr
    assert "share" in compared.stdout
    from helpers.experiments import overview

    rows = beside.differences(overview.of_both("test", "twin", "grades"), ("test", "twin"))
    assert len(rows)
    assert (rows[["value", "low", "high"]] == 0).all(axis=None)
    assert "test" in overview.panel("test", "twin")._page.value
    itself = _helpers(run.parent, "compare", "test", "test")
    assert "a comparison needs two runs" in itself.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("number", "whole_group"), [(signal.SIGTERM, False), (signal.SIGINT, True)])
def test_a_stopped_run_says_in_one_line_what_is_safe_and_what_continues(tmp_path, number, whole_group):
    command = [sys.executable, "-m", "helpers", "run", "--preset", "smoke"]
    environment = os.environ | {"KIT_ARTIFACTS": str(tmp_path)}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    read = ""
    while "cell 5/" not in read:
        read += process.stdout.read(1)
    (os.killpg if whole_group else os.kill)(process.pid, number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.strip().splitlines()[-1].startswith("stopped; what is done is safe")
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) == 1, said


def corpus_notebook(folder, texts: list[str], **filters) -> pd.DataFrame:
    """Run the cells of notebook 01 on texts as pages; the segments that it wrote."""
    pages = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    (folder / "pages.jsonl").write_text(pages)
    made = f"Preset('own', corpus=Corpus(pages='pages.jsonl', filters=Filters(**{filters!r})))"
    (folder / "own.py").write_text(f"from helpers.config import *\ndef preset(draw):\n    return {made}\n")
    names = {}
    for cell in nbformat.read(notebooks.FOLDER / "01_corpus.ipynb", 4).cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
            if "parameters" in cell.metadata.get("tags", ()):
                names |= {"RUN": "own", "PRESET": str(folder / "own.py")}
    return names["kept"]


RIVERS = [f"The river {name} flows through the north of the country and comes to the sea by a town." for name in ("Po", "Adda")]


@pytest.mark.parametrize(
    "filters", [{"max_chars": 170}, {"min_chars": 120, "max_chars": 170, "disabled": ["too_short"]}, {"max_chars": 3000}]
)
def test_the_corpus_notebook_runs_with_the_thresholds_that_it_offers(kit_artifacts, tmp_path, filters):
    kept = corpus_notebook(tmp_path, RIVERS, **{"min_chars": 60, "near_duplicate": 1.0, "disabled": ()} | filters)
    assert len(kept) == 2


@pytest.mark.parametrize(
    ("texts", "filters", "said"),
    [
        ([""], {}, "no page and no text under .*'row without text': 1"),
        (["Short."], {}, "no segment is kept: the funnel above says which rule"),
        (
            RIVERS[:1] * 2,
            {"min_chars": 60, "disabled": ["exact_duplicate", "near_duplicate", "contained"]},
            "exact_duplicate on",
        ),
    ],
)
def test_the_corpus_notebook_says_why_it_cannot_go_on(kit_artifacts, tmp_path, texts, filters, said):
    with pytest.raises((AssertionError, ValueError), match=said):
        corpus_notebook(tmp_path, texts, **filters)
