"""Notebook 04 itself on a finished run, in a real JupyterLab: a reader labels, searches, moves and sees the set change."""

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
        lab.run_all(page, url, "04.ipynb", panels=2, timeout=300)
        panels = {name: page.get_by_role("group", name=name) for name in ("curate pairs", "choose a threshold")}
        labels_three(page, panels["curate pairs"], run)
        searches(panels["curate pairs"], run)
        moves_the_slider(panels["choose a threshold"])
        assert errors == []
        assert strangers == []
        page.close()
    after = runs.status(run.name).state
    assert set(before) == {"done"}
    assert set(after) == {"done"}, "what a reader tries in panels makes nothing stale"


def labels_three(page, panel, run) -> None:
    path = run / "labels.jsonl"
    assert not path.exists()
    panel.wait_for()
    panel.scroll_into_view_if_needed()
    panel.focus()
    seen = []
    for done, key in enumerate("gbu", 1):
        seen.append(panel.locator("[data-pair]").first.get_attribute("data-pair"))
        page.keyboard.press(key)
        assert soon(lambda done=done: path.exists() and len(path.read_text().splitlines()) == done)
        assert soon(lambda: panel.locator("[data-pair]").first.get_attribute("data-pair") != seen[-1])
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(row["pair_id"], row["label"]) for row in rows] == list(zip(seen, ["good", "bad", "unsure"], strict=True))


def searches(panel, run) -> None:
    segments = pd.read_parquet(run / "01_corpus" / "segments.parquet")
    if not panel.get_by_label("Search").is_visible():
        panel.get_by_label("blind").uncheck()
    assert soon(lambda: number(panel) == len(segments))
    header = segments.header_path.iloc[7]
    panel.get_by_label("Search").fill(header)
    panel.get_by_label("Search").press("Enter")
    assert soon(lambda: 1 <= number(panel) < len(segments))
    assert soon(lambda: header in panel.inner_text())


def moves_the_slider(panel) -> None:
    panel.scroll_into_view_if_needed()
    before = number(panel)
    slider = panel.get_by_role("slider", name="Score threshold")
    slider.focus()
    for _ in range(10):  # a step of the slider may pass no score
        slider.press("ArrowLeft")
    assert soon(lambda: number(panel) > before)
