"""The panels in a real JupyterLab and a headless Chromium, offline: keyboard, screen, disk, and what a page may do."""

import json
import os
import re
import signal
from pathlib import Path

import lab
import pytest
from lab import number, soon
from widget_pairs import HOSTILE, hostile_pairs, synthetic_pairs, synthetic_ratings, synthetic_reference, synthetic_truth

pytestmark = pytest.mark.browser

CONTROLS = {"button", "checkbox", "combobox", "slider", "spinbutton", "textbox", "link"}
SHOTS = Path(os.environ.get("KIT_SCREENSHOTS") or Path(__file__).parents[2] / "artifacts" / "screenshots")


def frames(pairs, ratings) -> dict:
    truth = synthetic_truth(pairs, ratings).rename_axis("pair_id").reset_index()
    return {"pairs": pairs, "ratings": ratings, "reference": synthetic_reference(), "truth": truth}


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


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_reader_works_through_the_panels(chromium, tmp_path, theme):
    pairs = synthetic_pairs(2_000)
    lab.write_notebook(tmp_path, **frames(pairs, synthetic_ratings(pairs)))
    with lab.lab(tmp_path, dark=theme == "dark") as url:
        page = chromium.new_page(viewport={"width": 1200, "height": 2400})
        errors, strangers = lab.watch(page)
        lab.run_all(page, url)
        browser, threshold, labelling = (page.locator(".kit-panel").nth(i) for i in range(3))
        panels = {"browser": browser, "threshold": threshold, "labels": labelling}
        look_at_all(panels, theme)
        if theme == "light":
            assert {name: unreachable(page, panel) for name, panel in panels.items()} == dict.fromkeys(panels, [])
            moves_the_threshold(threshold, tmp_path)
            reads_and_searches(page, browser)
            labels_and_loses_the_kernel(page, labelling, tmp_path)
        shoot(threshold, f"threshold-{theme}-after")
        assert errors == []
        assert strangers == []
        page.close()


def look_at_all(panels: dict, theme: str) -> None:
    for name, panel in panels.items():
        soon(lambda panel=panel: panel.get_attribute("aria-label"))
        shoot(panel, f"{name}-{theme}")
        assert nameless(panel) == [], name
        overflow = panel.evaluate("(p) => p.scrollWidth - p.clientWidth")
        assert overflow <= 0, f"{name} is {overflow} pixels too wide at a window of 1,200"


def moves_the_threshold(panel, folder: Path) -> None:
    before = number(panel)
    assert before == 300
    slider = panel.get_by_role("slider", name="Score threshold")
    slider.focus()
    slider.press("ArrowLeft")
    assert soon(lambda: number(panel) > before)
    panel.get_by_label("Pairs kept").fill("123")
    panel.get_by_label("Pairs kept").press("Enter")
    assert soon(lambda: number(panel) == 123)
    assert not panel.get_by_role("button", name="reveal the truth").is_visible()
    panel.get_by_role("button", name="use this threshold").click()
    panel.get_by_text("--fork tiny").wait_for()
    saved = json.loads((folder / "decision.json").read_text())
    assert saved == {"judge": ["log p(y|x)", "log p(x|y)"], "rule": "top", "value": 123, "made_by": "reader"}
    panel.get_by_role("button", name="reveal the truth").click()
    panel.get_by_text("precision by the truth").wait_for()


def reads_and_searches(page, panel) -> None:
    heading = panel.locator(".kit-instruction")
    first = heading.inner_text()
    panel.get_by_role("button", name="next (j)").click()
    assert soon(lambda: heading.inner_text() != first)
    page.keyboard.press("k")
    assert soon(lambda: heading.inner_text() == first)
    panel.locator("tr[data-row] button").nth(3).click()
    assert soon(lambda: heading.inner_text() not in ("", first))
    opened = heading.inner_text()
    page.keyboard.press("j")
    assert soon(lambda: heading.inner_text() != opened), "keys work after a click on a row"
    panel.get_by_label("Search").fill("item 17")
    panel.get_by_label("Search").press("Enter")
    assert soon(lambda: number(panel) == 111)


def labels_and_loses_the_kernel(page, panel, folder: Path) -> None:
    cells = page.locator(".jp-Cell").count()
    panel.get_by_role("button", name="good (g)").click()
    assert soon(lambda: number(panel) == 1)
    for done, key in enumerate("bu", 2):  # in the notebook itself, b would insert a cell
        page.keyboard.press(key)
        assert soon(lambda done=done: number(panel) == done)
    os.kill(int((folder / "kernel.pid").read_text()), signal.SIGKILL)
    rows = [json.loads(line)["label"] for line in (folder / "labels.jsonl").read_text().splitlines()]
    assert rows == ["good", "bad", "unsure"]
    assert page.locator(".jp-Cell").count() == cells


def test_hostile_pairs_are_read_and_do_nothing(chromium, tmp_path):
    pairs = hostile_pairs()
    ratings = synthetic_ratings(pairs, unrated=0)
    written = frames(pairs.assign(hygiene=""), ratings)
    lab.write_notebook(tmp_path, **written)
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
            was = panel.locator("[aria-current=true]").get_attribute("data-row")
            page.keyboard.press("j")
            if row + 1 < len(HOSTILE):
                assert soon(lambda was=was: panel.locator("[aria-current=true]").get_attribute("data-row") != was)
        assert page.evaluate("window.hacked") is None
        assert page.locator(".jp-NotebookPanel").is_visible()
        assert not [link for link in page.locator(".kit-panel a").all() if "javascript" in link.get_attribute("href")]
        assert errors == []
        assert strangers == []
        page.close()
