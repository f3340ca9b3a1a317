"""The panels in a real JupyterLab and a headless Chromium, offline: keyboard, screen, disk, and what a page may do."""

import json
import os
import re
import shutil
import signal
import time
from pathlib import Path

import lab
import nbformat
import pandas as pd
import pytest
from lab import number, soon
from nbclient import NotebookClient
from widget_pairs import HOSTILE, hostile_pairs, synthetic_pairs, synthetic_ratings, synthetic_reference, synthetic_truth

from helpers.curation import Decision
from helpers.figures import pages
from helpers.widgets.style import STYLE

pytestmark = pytest.mark.browser

CONTROLS = {"button", "checkbox", "combobox", "slider", "spinbutton", "textbox", "link"}
SHOTS = Path(os.environ.get("KIT_SCREENSHOTS") or Path(__file__).parents[2] / "artifacts" / "screenshots")
SCREENS = {"light": (1400, 1), "dark": (1400, 1), "narrow": (900, 1), "large": (960, 1.25)}
"""Name -> width of the window in pixels, and the browser's zoom."""


def frames(pairs, ratings) -> dict:
    truth = synthetic_truth(pairs, ratings).rename_axis("pair_id").reset_index()
    return {"pairs": pairs, "ratings": ratings, "reference": synthetic_reference(), "truth": truth}


@pytest.fixture(scope="module")
def data():
    pairs = synthetic_pairs(2_000)
    return frames(pairs, synthetic_ratings(pairs))


def shoot(panel, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    panel.screenshot(path=SHOTS / f"{name}.png")


def nameless(panel) -> list[str]:
    """Controls of the accessibility tree of a panel that have no name."""
    found = re.findall(r"^\s*- ([a-z]+)((?: \"[^\n]*)?)", panel.aria_snapshot(), re.MULTILINE)
    return [role for role, name in found if role in CONTROLS and not name.strip(' "')]


def unreachable(page, panel) -> list[str]:
    """Controls of a panel that the Tab key does not reach."""
    page.evaluate("window.visited = new Set(); addEventListener('focusin', (e) => window.visited.add(e.target), true)")
    panel.focus()
    controls = "button:not(:disabled), input, select, [role=slider]"
    for _ in range(panel.locator(controls).count() + 20):
        page.keyboard.press("Tab")
    script = "(panel, controls) => [...panel.querySelectorAll(controls)].filter((c) => c.offsetParent && !visited.has(c))"
    return panel.evaluate(f"(p, c) => ({script})(p, c).map((e) => e.outerHTML.slice(0, 80))", controls)


def given(folder: Path) -> list[tuple[str, str]]:
    path = folder / "labels.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [(row["pair_id"], row["label"]) for row in rows]


def on_screen(panel) -> str:
    return panel.locator("[data-pair]").first.get_attribute("data-pair")


@pytest.mark.parametrize("screen", SCREENS)
def test_every_panel_fits_its_screen_and_every_control_has_a_name(chromium, tmp_path, data, screen):
    lab.write_notebook(tmp_path, **data)
    width, zoom = SCREENS[screen]
    with lab.lab(tmp_path, dark=screen == "dark") as url:
        page = chromium.new_page(viewport={"width": width, "height": 2400}, device_scale_factor=zoom)
        errors, strangers = lab.watch(page)
        lab.run_all(page, url)
        for i, name in enumerate(lab.PANELS):
            panel = page.locator(".kit-panel").nth(i)
            assert soon(lambda panel=panel: panel.get_attribute("aria-label"))
            shoot(panel, f"{name}-{screen}")
            assert nameless(panel) == [], name
            overflow = panel.evaluate("(p) => p.scrollWidth - p.clientWidth")
            assert overflow <= 0, f"{name} is {overflow} pixels too wide"
        table = page.locator(".kit-panel").first
        pane, listed = (table.locator(f".kit-{side}").bounding_box() for side in ("read", "listed"))
        stacked = pane["y"] + pane["height"] <= listed["y"]
        beside = pane["x"] >= listed["x"] + listed["width"]
        assert stacked if screen in ("narrow", "large") else beside
        assert errors == []
        assert strangers == []
        page.close()


def test_a_reader_curates_and_trains_by_mouse_and_keys(chromium, tmp_path, data):
    lab.write_notebook(tmp_path, **data)
    with lab.lab(tmp_path) as url:
        page = chromium.new_page(viewport={"width": 1400, "height": 2400})
        errors, strangers = lab.watch(page)
        lab.run_all(page, url)
        table, threshold = (page.locator(".kit-panel").nth(i) for i in range(2))
        assert soon(lambda: page.evaluate("document.activeElement.ariaLabel") == "curate pairs"), "keys work at once"
        labels_by_keys(page, table, tmp_path)
        searches_and_leaves_the_field(page, table)
        saves_the_notebook_by_its_key(page)
        moves_and_trains(page, threshold, tmp_path)
        assert {n: unreachable(page, p) for n, p in (("table", table), ("threshold", threshold))} == {
            "table": [],
            "threshold": [],
        }
        assert errors == []
        assert strangers == []
        loses_the_kernel(page, table, tmp_path)
        page.close()


def labels_by_keys(page, table, folder: Path) -> None:
    cells = page.locator(".jp-Cell").count()
    for key, label in (("g", "good"), ("B", "bad"), ("u", "unsure")):  # a capital is what Caps Lock makes of a key
        shown, before = on_screen(table), len(given(folder))
        page.keyboard.press(key)
        assert soon(lambda before=before: len(given(folder)) == before + 1)
        assert given(folder)[-1] == (shown, label)
        assert soon(lambda shown=shown: on_screen(table) != shown)
    assert page.locator(".jp-Cell").count() == cells, "in the notebook itself, b would insert a cell"
    shown = on_screen(table)
    page.keyboard.down("g")
    for _ in range(8):
        page.keyboard.down("g")  # what the browser sends while a key is held
    page.keyboard.up("g")
    assert soon(lambda: on_screen(table) != shown)
    time.sleep(1)
    assert given(folder)[3:] == [(shown, "good")], "one press, one label"
    note = table.get_by_label("Note")
    note.fill("ends in the middle")
    note.press("Enter")
    assert soon(lambda: given(folder)[-1][1] == "note")
    page.keyboard.press("z")
    assert soon(lambda: given(folder)[-1][1] == "undo")
    page.keyboard.press("?")
    assert table.locator("details.kit-help").get_attribute("open") is not None


def searches_and_leaves_the_field(page, table) -> None:
    page.keyboard.press("/")
    page.keyboard.type("item 17")
    page.keyboard.press("Enter")
    assert soon(lambda: number(table) == 111)
    assert soon(lambda: table.locator(".kit-instruction mark").count())
    opened = on_screen(table)
    page.keyboard.press("j")
    assert soon(lambda: on_screen(table) != opened), "keys work after Enter"
    assert table.locator("mark").count() >= 25
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    opened = on_screen(table)
    page.keyboard.press("j")
    assert soon(lambda: on_screen(table) != opened), "keys work again after Esc"
    table.get_by_role("button", name="chars", exact=True).click()
    assert soon(lambda: table.locator("th[aria-sort]").inner_text().startswith("chars"))
    table.get_by_role("button", name="clear").click()
    assert soon(lambda: number(table) == 2_000)
    table.get_by_role("button", name="export these rows").click()
    table.get_by_text("2,000 rows are written to").wait_for()


def saves_the_notebook_by_its_key(page) -> None:
    page.locator(".kit-panel").first.focus()
    dirty = page.locator(".lm-TabBar-tab.jp-mod-dirty")
    assert dirty.count()
    page.keyboard.press("Control+s")
    assert soon(lambda: not dirty.count()), "Ctrl+S is JupyterLab's"


def moves_and_trains(page, panel, folder: Path) -> None:
    before = int(panel.get_by_label("Pairs kept").input_value())
    panel.get_by_role("slider", name="Score threshold").press("ArrowLeft")
    assert soon(lambda: number(panel) > before)
    chart = panel.locator("[data-drag]")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 60, steps=8)
    page.mouse.up()
    assert soon(lambda: number(panel) < before), "the drawing can be dragged"
    panel.get_by_role("button", name="back to the preset's").click()
    assert soon(lambda: panel.get_by_label("Pairs kept").input_value() == str(before))
    panel.get_by_label("Pairs kept").fill("123")
    panel.get_by_label("Pairs kept").press("Enter")
    assert soon(lambda: panel.get_by_label("Pairs kept").input_value() == "123" and number(panel) <= 130)
    judge = panel.get_by_label("Judge")
    begun = judge.input_value()
    for other in [*judge.locator("option").all_inner_texts(), begun]:
        judge.select_option(other)
        page.wait_for_timeout(500)
        assert panel.get_by_label("Pairs kept").input_value() == "123", "another judge keeps as many"
    panel.get_by_role("button", name="Train this").click()
    panel.get_by_text("is running").wait_for()
    record = Decision.of(json.loads((folder / "mine.json").read_text()))
    assert (record.rule, record.value, record.made_by) == ("top", 123, "reader")
    labels = dict(given(folder))
    assert set(record.vetoed) <= {pair for pair, label in labels.items() if label == "bad"}
    assert number(panel) == 123 - len(record.vetoed) + len(record.added)
    panel.get_by_role("button", name="reveal the truth").click()
    panel.get_by_text("precision by the truth").wait_for()
    (folder / "mine.done").touch()
    panel.get_by_text("mine is done").wait_for()


def loses_the_kernel(page, table, folder: Path) -> None:
    before = given(folder)
    os.kill(int((folder / "kernel.pid").read_text()), signal.SIGKILL)
    told = "getComputedStyle(document.querySelector('.kit-panel'), '::before').content"
    assert soon(lambda: "Run this cell again" in page.evaluate(told), seconds=30)
    table.focus()
    page.keyboard.press("g")
    assert given(folder) == before


def test_presses_on_a_busy_kernel_label_only_what_was_on_the_screen(chromium, tmp_path, data):
    lab.write_notebook(tmp_path, **data)
    book = nbformat.read(tmp_path / "panels.ipynb", as_version=4)
    del book.cells[2:]
    book.cells.append(nbformat.v4.new_code_cell("import time; table.events.tick = 0.5; time.sleep(8)"))
    nbformat.write(book, tmp_path / "panels.ipynb")
    with lab.lab(tmp_path) as url:
        page = chromium.new_page(viewport={"width": 1400, "height": 1600})
        lab.run_all(page, url, panels=1)
        table = page.locator(".kit-panel").first
        assert soon(lambda: table.get_attribute("aria-label"))
        table.focus()
        page.wait_for_timeout(2_000)
        assert "kit-busy" not in table.get_attribute("class"), "a look at a run that the reader did not ask for is silent"
        shown = on_screen(table)
        for key in "ggbu":
            page.keyboard.press(key)
        assert soon(lambda: "kit-busy" in table.get_attribute("class")), "a busy kernel shows"
        assert soon(lambda: "kit-busy" not in table.get_attribute("class"))
        assert given(tmp_path) == [(shown, "good")]
        said = table.locator(".kit-missed")
        assert soon(lambda: "3 key presses" in said.inner_text()), "what was not counted is said"
        assert abs(said.bounding_box()["y"] - table.bounding_box()["y"]) < 60, "at the head, where it moves nothing"
        page.close()


@pytest.mark.parametrize("ink", ["rgb(20, 20, 20)", "rgb(240, 240, 240)"])
def test_the_marks_of_a_page_keep_the_colour_of_its_text_and_the_page_stays_in_its_box(chromium, ink):
    segments = pd.DataFrame({"text": ["Tea is a drink.", "Buy now!"], "rule": ["", "promotion"]})
    source = "<p>Tea is a drink.</p>\n<p>Buy now!</p>" + "\n<p>more</p>" * 200
    box = f'<div class="kit-output">{pages.page(source, segments)}</div>'
    page = chromium.new_page()
    page.set_content(
        f'<div class="kit-panel" style="--ink: {ink}">{box}<p>below</p></div>{STYLE}'
    )  # another panel's style comes last
    for mark in page.locator("mark").all():
        assert mark.evaluate("mark => getComputedStyle(mark).color") == ink
    assert len({mark.evaluate("mark => getComputedStyle(mark).backgroundColor") for mark in page.locator("mark").all()}) == 2
    assert (
        page.locator(".kit-output").evaluate("box => box.scrollHeight > box.clientHeight && getComputedStyle(box).overflowY")
        == "auto"
    )
    page.close()


def test_a_notebook_without_a_kernel_shows_the_pictures_and_nothing_else(chromium, tmp_path, data):
    lab.write_notebook(tmp_path, **data)
    book = nbformat.read(tmp_path / "panels.ipynb", as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(book, timeout=120, kernel_name="python3", resources=resources).execute()
    for name, state in (("with", True), ("without", False)):
        copy = nbformat.from_dict(book)
        if not state:
            copy.metadata.pop("widgets", None)
        nbformat.write(copy, tmp_path / f"{name}.ipynb")
    with lab.lab(tmp_path) as url:
        for name in ("with", "without"):
            page = chromium.new_page(viewport={"width": 1400, "height": 2400})
            page.goto(f"{url}/lab/tree/{name}.ipynb?reset", timeout=60_000)
            page.locator(".kit-twin").first.wait_for(timeout=60_000)
            time.sleep(3)
            shown = page.locator(".jp-Notebook").inner_text()
            assert not [words for words in ("VBox(", "Loading widget", "Error displaying", ".kit-panel {") if words in shown]
            assert page.get_by_text("Run this cell again to use it").first.is_visible()
            bars = page.locator(".kit-boxes i").first
            assert bars.bounding_box()["height"] >= 0
            shoot(page.locator(".jp-Notebook"), f"no-kernel-{name}-state")
            page.close()
    shutil.rmtree(tmp_path / "home")


def test_hostile_pairs_are_read_and_do_nothing(chromium, tmp_path):
    pairs = hostile_pairs()
    ratings = synthetic_ratings(pairs, unrated=0)
    lab.write_notebook(tmp_path, **frames(pairs.assign(hygiene=""), ratings))
    with lab.lab(tmp_path) as url:
        page = chromium.new_page(viewport={"width": 1200, "height": 2400})
        errors, strangers = lab.watch(page)
        lab.run_all(page, url)
        panel = page.locator(".kit-panel").first
        soon(lambda: panel.get_attribute("aria-label"))
        panel.focus()
        for row in range(len(HOSTILE)):
            heading = panel.locator(".kit-instruction")
            assert heading.bounding_box()["height"] <= 230
            assert panel.evaluate("(p) => p.scrollWidth - p.clientWidth") <= 0
            shoot(panel, f"hostile-{row:02d}")
            was = on_screen(panel)
            page.keyboard.press("j")
            if row + 1 < len(HOSTILE):
                assert soon(lambda was=was: on_screen(panel) != was)
        assert page.evaluate("window.hacked") is None
        assert page.locator(".jp-NotebookPanel").is_visible()
        assert not [link for link in page.locator(".kit-panel a").all() if "javascript" in link.get_attribute("href")]
        assert errors == []
        assert strangers == []
        page.close()
