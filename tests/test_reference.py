"""The reference run can be committed and read anywhere, and its numbers are those of its tables."""

import io
import json
import os
import re
import shutil
import sys
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers import budget, figures, notebooks, presets, reference, runs, tables
from helpers.experiments import report
from helpers.figures import pages
from helpers.miniweb import questions
from helpers.reference import checks, differences
from helpers.stats import difference
from helpers.widgets.panel import VIEW

FOLDER = reference.FOLDER
SUMMARY = tables.read_json(FOLDER / "summary.json")


def same(one, two) -> bool:
    """Whether two values of JSON are equal, numbers to 1e-9."""
    if isinstance(one, dict):
        return isinstance(two, dict) and one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    if isinstance(one, list):
        return isinstance(two, list) and len(one) == len(two) and all(map(same, one, two))
    return bool(np.isclose(one, two, rtol=0, atol=1e-9)) if isinstance(one, float) else one == two


def test_it_is_small_and_fit_to_be_read_without_a_kernel():
    assert checks.problems(FOLDER) == []


def test_every_number_of_its_summary_is_that_of_its_grades():
    told = tables.read_json(FOLDER / "run.json")
    settings = presets.find(told["preset"], told["draw"]).evaluation
    grades = pd.read_parquet(FOLDER / "06_evaluation" / "grades.parquet")
    made = report.summary(grades, mode=settings.mode, resamples=settings.bootstrap)
    written = {name: value for name, value in SUMMARY.items() if name not in ("run", "figures")}
    assert same(written, json.loads(json.dumps(made)))


def test_every_number_of_its_figure_is_that_of_the_grades_and_its_title_says_what_they_say():
    made, written = differences.main_ones(differences.graded(FOLDER)), pd.read_csv(FOLDER / "figures" / "curation.csv")
    pd.testing.assert_frame_equal(made[list(written)], written, check_dtype=False)
    drawn = (FOLDER / "figures" / "curation.svg").read_text("utf-8")
    assert f"<dc:title>{differences.sentences(made)[0]}</dc:title>" in drawn


def test_every_number_and_verdict_of_the_readme_is_that_of_the_grades():
    readme = (FOLDER.parents[1] / "README.md").read_text("utf-8")
    unseen, seen = (differences.graded(FOLDER, in_seed=there) for there in (False, True))
    claimed = [
        (unseen, "M_1", "uncurated", "above"),
        (unseen, "M_1", "M_0 (no tag)", "not told"),
        (unseen, "M_1 (no tag)", "M_0 (no tag)", "above"),
        (seen, "M_1", "M_0 (S_a)", "below"),
    ]
    found = [difference(grades, arm, baseline) for grades, arm, baseline, _ in claimed]
    shown = [f"{each.value:+.2f} [{each.low:+.2f}, {each.high:+.2f}]".replace("-", "−") for each in found]
    assert re.findall(r"[−+]\d\.\d\d \[.+?\]", readme) == shown
    verdicts = ["above" if each.low > 0 else "below" if each.high < 0 else "not told" for each in found]
    assert verdicts == [verdict for *_, verdict in claimed]
    assert f"{found[0].draws} draws" in readme.replace("three", "3")


@pytest.mark.skipif(not (FOLDER / reference.QUESTIONS).exists(), reason="the reference holds no runs on other bases")
def test_what_it_says_of_other_bases_is_in_their_grades():
    folder = FOLDER / reference.QUESTIONS
    graded, written = pd.read_parquet(folder / "grades.parquet"), pd.read_csv(folder / "questions.csv")
    made = questions.gains(graded)
    pd.testing.assert_frame_equal(made.assign(note=np.nan), written, check_dtype=False)
    assert all(
        f"- {sentence}." in (folder / "README.md").read_text("utf-8")
        for sentence in [*questions.said(made), *questions.changes(graded)]
    )


def test_its_manifests_name_what_lies_beside_them():
    for stage in runs.STAGES:
        outputs = tables.read_json(FOLDER / stage / "manifest.json")["outputs"]
        for path in (FOLDER / stage).glob("*.parquet"):
            assert outputs[path.stem] == {"sha256": tables.digest(path), "rows": len(pd.read_parquet(path))}
        inputs = tables.read_json(FOLDER / stage / "manifest.json")["inputs"]
        there = {name: path for name in runs.INPUTS[stage] if (path := FOLDER / f"{name}.parquet").exists()}
        assert {name: inputs[name] for name in there} == {name: tables.digest(path) for name, path in there.items()}


ABLATIONS = [path.parent for path in FOLDER.glob(f"*/{runs.ABLATION}")]


@pytest.mark.parametrize("folder", ABLATIONS, ids=lambda folder: folder.name)
def test_every_number_of_an_ablation_s_summary_is_that_of_its_grades(folder):
    grades = pd.read_parquet(folder / "grades.parquet")
    first = grades[grades.grader == grades.grader.iloc[0]]
    made, _ = report.ablation(first, mode=presets.find("ablation").evaluation.mode)
    written = tables.read_json(folder / "summary.json")
    assert same({name: written[name] for name in made}, json.loads(json.dumps(made)))


@pytest.mark.parametrize("folder", ABLATIONS, ids=lambda folder: folder.name)
def test_every_estimate_of_an_ablation_s_page_is_one_of_its_summary(folder):
    page = (folder / "README.md").read_text("utf-8").partition("## Quality")[0].partition("## Do known")[0]
    shown = re.findall(r"([-+]?\d*\.\d+) \[([-+]?\d*\.\d+), ([-+]?\d*\.\d+)\]", page)
    known = {(round(each["value"], 3), round(each["low"], 3), round(each["high"], 3)) for each in _estimates(folder)}
    assert shown and [each for each in shown if tuple(map(float, each)) not in known] == []


def _estimates(folder) -> list[dict]:
    """Everything in an ablation's summary that has a value and an interval."""
    found, waiting = [], [tables.read_json(folder / "summary.json")]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict) and {"value", "low", "high"} <= here.keys():
            found.append(here)
        waiting += list(here.values()) if isinstance(here, dict) else here if isinstance(here, list) else []
    return found


@pytest.fixture
def as_run(kit_artifacts):
    """The reference run under the name `tiny` in a folder of runs, its ablations beside it."""
    shutil.copytree(FOLDER, kit_artifacts / "tiny")
    for folder in ABLATIONS:
        shutil.copytree(folder, kit_artifacts / folder.name)
        for path in (folder / "runs").glob("*.json"):
            tables.write_json(kit_artifacts / path.stem / "run.json", tables.read_json(path))
    presets.of_run("tiny", "tiny").truth.prepare()
    return kit_artifacts / "tiny"


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in notebooks.READING if (FOLDER / name).is_dir()])
def test_a_notebook_that_looks_at_a_run_draws_the_same_numbers_from_the_reference(as_run, name):
    shutil.rmtree(as_run / name)
    notebooks.execute("tiny", name, notebooks.parameters("tiny", "tiny", 0, name), lambda *_: None)
    for path in (FOLDER / name).glob("*.csv"):
        pd.testing.assert_frame_equal(pd.read_csv(as_run / name / path.name), pd.read_csv(path))
    assert tables.read_json(as_run / "summary.json").get("figures") == SUMMARY.get("figures")


def test_every_stage_has_its_executed_notebook_and_the_tour_has_one():
    names = {path.stem for path in (FOLDER / "notebooks").glob("*.ipynb")}
    assert {*runs.STAGES, reference.TOUR} <= names


def test_the_segments_of_its_pages_are_found_on_them():
    cut = pd.concat([pd.read_parquet(FOLDER / "01_corpus" / f"{name}.parquet") for name in ("segments", "rejected")])
    sources = pd.read_parquet(FOLDER / "pages.parquet")
    assert len(sources) == reference.PAGES
    found = []
    for page in sources.itertuples():
        own = cut[(cut.file == page.file) & (cut.offset == page.offset)]
        assert set(own.rule.isna()) == {True, False}
        found.append("not found" not in pages.page(page.body, own))
    assert np.mean(found) > 0.95


def test_paths_end_where_the_repository_begins(monkeypatch):
    monkeypatch.setenv("KIT_ARTIFACTS", "/home/me/runs")
    assert reference.shortened('"/home/me/a kit/x"') == '"/home/me/a kit/x"'
    assert reference.shortened('"/home/me/kit/artifacts/mini-web/crawl"') == '"artifacts/mini-web/crawl"'
    assert reference.shortened("in /home/me/runs/tiny, see helpers/x") == "in artifacts/tiny, see helpers/x"
    assert reference.shortened("https://a.example/artifacts/x") == "https://a.example/artifacts/x"


def book(*outputs: dict, **metadata) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output(**each)]) for each in outputs]
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def shown(html: str) -> dict:
    return {"output_type": "display_data", "data": {"text/html": html}}


def said(text: str, name: str = "stdout") -> dict:
    return {"output_type": "stream", "name": name, "text": text}


LIVE = {"output_type": "display_data", "data": {VIEW: {"model_id": "a"}, "text/plain": ""}}


@pytest.mark.parametrize(
    ("notebook", "problem"),
    [
        (book(said("VBox(children=())")), "holds widgets"),
        (book(LIVE), "holds widgets"),
        (book(said("1"), widgets={}), "holds widgets"),
        (book(said("careful", "stderr")), "shows an error or a warning"),
        (book({"output_type": "error", "ename": "E", "evalue": "", "traceback": []}), "shows an error or a warning"),
        (book(shown('<img alt="" src="https://a.example/b.png">')), "asks another host"),
        (book(shown("<script>1</script>")), "asks another host"),
        (book(said(f"in {Path.home()}/kit/a")), "names a path of this machine"),
        (book(said(os.path.join(sys.prefix, "lib"))), "names a path of this machine"),
        (book(), "was not executed"),
    ],
)
def test_what_cannot_be_read_elsewhere_is_seen(tmp_path, notebook, problem):
    nbformat.write(notebook, tmp_path / "a.ipynb")
    assert any(problem in found for found in checks.problems(tmp_path))


def test_what_can_be_read_elsewhere_passes(tmp_path):
    fine = shown('<a href="https://a.example">page</a> <img src="data:image/png;base64,iVBO"> &lt;script&gt; VBox')
    nbformat.write(book(fine, said("/notes/24-music-guide")), tmp_path / "a.ipynb")
    assert checks.problems(tmp_path) == []


def test_models_large_folders_and_machine_paths_in_tables_are_seen(tmp_path, monkeypatch):
    (tmp_path / "adapter.safetensors").write_bytes(b"1")
    pd.DataFrame({"file": ["/tmp/x/a.warc"]}).to_parquet(tmp_path / "segments.parquet")
    monkeypatch.setattr(checks, "MOST_BYTES", 10)
    found = " ".join(checks.problems(tmp_path))
    assert all(part in found for part in ("is a model's", "segments.parquet names a path", "10 at most"))


def test_a_live_panel_leaves_its_picture_and_no_trace():
    cleaned = reference.still(book(shown("<b>picture</b>"), LIVE, widgets={"a": 1}, made_from="b"))
    assert [len(cell.outputs) for cell in cleaned.cells] == [1, 0]
    assert not {"widgets", "made_from"} & set(cleaned.metadata)


def test_a_picture_gets_lighter_keeps_its_looks_and_its_alternative_text():
    figure = figures.loss_curves({"M_0": [(1, 3.0), (50, 1.0)]})
    drawn = io.BytesIO()
    figure.savefig(drawn, metadata={"Description": "A falling line."})
    made = reference.lighter(drawn.getvalue())
    assert len(made) < 0.6 * len(drawn.getvalue())
    before, after = (Image.open(io.BytesIO(each)) for each in (drawn.getvalue(), made))
    assert after.info["Description"] == "A falling line."
    assert np.abs(np.asarray(before.convert("RGB"), float) - np.asarray(after.convert("RGB"), float)).mean() < 0.5


def test_a_run_that_is_not_done_is_refused_and_nothing_is_emptied(kit_artifacts, tmp_path):
    runs.begin("half", "smoke", 0)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "summary.json").write_text("{}")
    with pytest.raises(runs.ArtifactError, match="01_corpus of run 'half' is not done"):
        reference.make("half", folder=tmp_path / "out")
    assert (tmp_path / "out" / "summary.json").exists()


@pytest.mark.slow
def test_the_tour_runs_from_the_reference_alone_and_its_head_cell_takes_every_page(kit_artifacts):
    notebooks.execute("none", reference.TOUR, {}, lambda *_: None)
    notebooks.execute("last", reference.TOUR, {"PAGE": reference.PAGES - 1}, lambda *_: None)
    for run in ("none", "last"):
        tour = nbformat.read(kit_artifacts / run / "notebooks" / "00_tour.ipynb", as_version=4)
        assert not notebooks.widget_errors(tour)
        assert list(checks.unfit(reference.still(tour))) == []
        assert "there is no such run yet" in "".join(checks.outputs_as_html(tour))


@pytest.mark.slow
def test_a_reference_run_is_made_from_a_finished_run_and_keeps_what_it_cannot_make(smoke_run, tmp_path, monkeypatch):
    shutil.copytree(smoke_run, tmp_path / "artifacts" / "test")
    monkeypatch.setenv("KIT_ARTIFACTS", str(tmp_path / "artifacts"))
    out = tmp_path / "out"
    out.mkdir()
    for name in ("beyond_one_gpu.md", "old.json"):
        (out / name).write_text("kept")
    reference.make("test", folder=out)
    assert (out / "beyond_one_gpu.md").read_text() == "kept" and not (out / "old.json").exists()
    assert "The run `test`" in (out / "README.md").read_text()
    assert checks.problems(out) == []
    pd.testing.assert_frame_equal(
        pd.read_parquet(out / "06_evaluation" / "grades.parquet"),
        pd.read_parquet(smoke_run / "06_evaluation" / "grades.parquet"),
    )


def test_the_page_for_more_than_one_gpu_shows_the_plan_as_it_is_computed_now():
    page = (FOLDER / "beyond_one_gpu.md").read_text("utf-8")
    assert budget.report(presets.find("paper"), budget.Assumptions(), budget.PRICES) in page
