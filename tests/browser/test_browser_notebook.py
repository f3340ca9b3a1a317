"""Notebook 04 itself on a finished run, in a real JupyterLab: a reader moves, searches, labels and decides."""

import json
import shutil

import lab
import nbformat
import pandas as pd
import pytest
from lab import number, soon

from helpers import notebooks, runs

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STAGE = "04_self_curation-1"


@pytest.fixture
def opened(smoke_run, tmp_path, monkeypatch):
    """A folder with notebook 04 told of a copy of the finished run, and that copy."""
    run = tmp_path / "artifacts" / smoke_run.name
    shutil.copytree(smoke_run, run)
    monkeypatch.setenv("KIT_ARTIFACTS", str(run.parent))
    book = nbformat.read(notebooks.FOLDER / f"{runs.notebook_of(STAGE)}.ipynb", as_version=4)
    desk = tmp_path / "desk"
    desk.mkdir()
    nbformat.write(notebooks.injected(book, notebooks.parameters(run.name, "smoke", 0, STAGE)), desk / "04.ipynb")
    return desk, run


def test_a_reader_curates_in_the_notebook_itself(chromium, opened):
    desk, run = opened
    before = runs.status(run.name).state
    with lab.lab(desk) as url:
        page = chromium.new_page(viewport={"width": 1300, "height": 2400})
        errors, strangers = lab.watch(page)
        lab.run_all(page, url, "04.ipynb", timeout=300)
        threshold, labelling, browser = (page.locator(".kit-panel").nth(i) for i in range(3))
        moves_the_slider(threshold)
        labels_three(page, labelling, run / "labels.jsonl")
        searches(browser, run)
        decides(threshold, run / STAGE / "decision.json")
        assert errors == []
        assert strangers == []
        page.close()
    after = runs.status(run.name).state
    assert set(before) == {"done"}
    assert after[STAGE] == "done", "what was rated stays as it is"
    assert after["05_forward_model-1"].startswith(f"stale: {STAGE}/decision.json")


def moves_the_slider(panel) -> None:
    assert soon(lambda: panel.get_attribute("aria-label"))
    before = number(panel)
    slider = panel.get_by_role("slider", name="Score threshold")
    slider.focus()
    for _ in range(10):  # a step of the slider may pass no score
        slider.press("ArrowLeft")
    assert soon(lambda: number(panel) > before)


def labels_three(page, panel, path) -> None:
    assert not path.exists()
    panel.scroll_into_view_if_needed()
    assert soon(lambda: panel.get_attribute("aria-label"))
    panel.focus()
    for done, key in enumerate("gbu", 1):
        page.keyboard.press(key)
        assert soon(lambda done=done: number(panel) == done)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["label"] for row in rows] == ["good", "bad", "unsure"]
    candidates = pd.read_parquet(path.parent / "03_self_augmentation" / "candidates.parquet")
    assert {row["pair_id"] for row in rows} <= set(candidates.pair_id)


def searches(panel, run) -> None:
    segments = pd.read_parquet(run / "01_corpus" / "segments.parquet")
    panel.scroll_into_view_if_needed()
    assert number(panel) == len(segments)
    header = segments.header_path.iloc[7]
    panel.get_by_label("Search").fill(header)
    panel.get_by_label("Search").press("Enter")
    assert soon(lambda: 1 <= number(panel) < len(segments))
    assert header in panel.inner_text()


def decides(panel, path) -> None:
    """The kernel takes keys and clicks in their order: once it has saved, the count on show is the count saved."""
    assert json.loads(path.read_text())["made_by"] == "default"
    panel.get_by_role("button", name="use this threshold").click()
    panel.get_by_text("Saved in").wait_for()
    decision = json.loads(path.read_text())
    assert (decision["made_by"], decision["rule"]) == ("reader", "top")
    assert soon(lambda: number(panel) == decision["value"])
    assert soon(lambda: panel.get_by_label("Pairs kept").input_value() == str(decision["value"]))
    panel.get_by_role("button", name="reveal the truth").click()
    panel.get_by_text("precision by the truth").wait_for()
