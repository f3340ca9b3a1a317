"""How fast the panels answer: `python tests/bench/bench_widgets.py [--browser]` prints a Markdown row a measure.

Kernel side: 50,000 generated pairs of the paper's lengths, and 500,000 pairs for the threshold panel; median and worst
of 20, memory as peak over the size of the pairs frame. With --browser: the same pairs, from input to screen in Chromium.
"""

import argparse
import gc
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import ipywidgets as W
import numpy as np
import pandas as pd

sys.path += [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "browser")]

import lab
from panels import press
from widget_pairs import synthetic_pairs, synthetic_ratings, synthetic_reference, synthetic_truth

from helpers.curation import LIKELIHOODS, Decision
from helpers.widgets import ComparePanel, CurationTable, PagePanel, ThresholdPanel

WORDS = [f"{a} {b}" for a in ("river", "metal", "storm", "ledger", "bridge") for b in ("light", "heat", "cell", "garden")]


def timed(run: Callable, inputs: Iterable) -> list[float]:
    """Milliseconds of `run(value)` for every value."""
    taken = []
    for value in inputs:
        start = time.perf_counter()
        run(value)
        taken.append((time.perf_counter() - start) * 1e3)
    return taken


def row(name: str, bar: str, taken: list[float]) -> None:
    print(f"| {name} | {bar} | {statistics.median(taken):,.1f} ms | {max(taken):,.1f} ms |", flush=True)


def resident(field: str = "VmRSS") -> int:
    """Bytes in memory; field "VmHWM" gives the peak."""
    return int(re.search(rf"{field}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024


def setting(control, name: str = "value") -> Callable:
    return lambda value: setattr(control, name, value)


def kernel_side(n: int) -> None:
    pairs = synthetic_pairs(n)
    ratings = synthetic_ratings(pairs)
    more = {"reference": synthetic_reference(), "truth": synthetic_truth(pairs, ratings)}
    size = int(pairs.memory_usage(deep=True).sum())
    gc.collect()
    print(f"{n:,} pairs, {pairs.output.str.len().mean():,.0f} characters on average, {size / 1e6:,.0f} MB")
    Path("/proc/self/clear_refs").write_text("5")
    before = resident()
    rule, labels = Decision(LIKELIHOODS, "top", n // 10), Path(tempfile.mkdtemp()) / "labels.jsonl"
    table = CurationTable(pairs, ratings, rule, labels=labels)
    panel = ThresholdPanel(pairs, ratings, rule, default=rule, labels=labels, **more)
    row("move the threshold", "100 ms", timed(setting(panel.slider), np.linspace(0.2, 0.8, 20)))
    row("drag in the drawing", "100 ms", timed(lambda at: panel.events.receive(None, {"at": at}), np.linspace(0.2, 0.8, 20)))
    row("type the number kept", "100 ms", timed(setting(panel.n), range(100, n // 2, n // 41)))
    row("literal search", "500 ms", timed(setting(table.search), WORDS))
    row("literal, nothing found", "500 ms", timed(setting(table.search), [f"zz{word}" for word in WORDS]))
    table.search.value, table.regex.value = "", True
    row("regular expression", "1 s", timed(setting(table.search), [rf"\b{w[:-1]}\w+ (and|of|to)" for w in WORDS]))
    table.clear.click()
    for name in ("score", "kept", "label", "source", "chars", "instruction"):
        row(f"sort by {name}", "300 ms", timed(lambda name: table.events.receive(None, {"sort": name}), [name] * 20))
    row("next page", "60 ms", timed(lambda _: table.forward.click(), range(20)))
    row("next pair", "60 ms", timed(lambda _: press(table, "j"), range(20)))
    row("label a pair, both panels redrawn", "60 ms", timed(lambda key: press(table, key), "gbus" * 5))
    peak = (resident("VmHWM") - before + size) / size
    print(f"| memory, peak over the pairs frame | 1.5 x | {peak:.2f} x | |")
    row("open the table", "200 ms", opened(CurationTable, pairs, ratings, rule, labels=labels))
    row("open the threshold panel", "200 ms", opened(ThresholdPanel, pairs, ratings, rule, default=rule, labels=labels, **more))
    kept = [pairs.sample(n // 2, random_state=draw) for draw in (0, 1)]
    row("compare two runs", "300 ms", opened(ComparePanel, ("a", "b"), *kept, **two_runs()))
    pages = pairs.rename(columns={"output": "text"}).assign(file="pages.jsonl", offset=np.arange(n) // 5, rule="")
    shown = PagePanel(pages, lambda file, offset: f"<h1>Page</h1><p>{pages.text[5 * offset]}</p>")
    row("next page with its segments", "300 ms", timed(lambda _: shown.step(1), range(20)))


def two_runs(prompts: int = 600, families: int = 38) -> dict[str, object]:
    """Four models' answers and grades in two runs, as many as `tiny` has under one mode."""
    rng, arms = np.random.default_rng(0), ("M_0", "uncurated", "M_1", "M_2")
    asked = pd.DataFrame({"prompt_id": [f"p{i}" for i in range(prompts)], "instruction": WORDS[0]})
    asked = asked.assign(family=[f"f{i % families}" for i in range(prompts)])
    each = [asked.assign(run=run, arm=arm, draw=0, score=rng.random(prompts)) for run in "ab" for arm in arms]
    grades = pd.concat(each, ignore_index=True).assign(in_seed=False, text=" ".join(WORDS))
    return {"settings": ({"value": 1}, {"value": 2}), "grades": grades, "answers": grades, "prompts": asked}


def opened(kind: Callable, *values: object, times: int = 5, **options: object) -> list[float]:
    """Milliseconds of making a panel, with nothing left of the one before."""
    taken = []
    for _ in range(times):
        W.Widget.close_all()  # ipywidgets keeps every open widget, and with it the panel
        gc.collect()
        taken += timed(lambda _: kind(*values, **options), [None])
    return taken


def scores_only(n: int) -> None:
    pairs = pd.DataFrame({"pair_id": [f"{i:016x}" for i in range(n)]})
    ratings = synthetic_ratings(pairs)
    rule = Decision(("rating",), "top", n // 10)
    panel = ThresholdPanel(pairs, ratings, rule, default=rule, truth=synthetic_truth(pairs, ratings))
    row(f"move the threshold, {n:,} pairs", "100 ms", timed(setting(panel.slider), np.linspace(0.05, 0.95, 20)))


def from_chromium(n: int) -> None:
    from playwright.sync_api import sync_playwright

    pairs = synthetic_pairs(n)
    ratings = synthetic_ratings(pairs)
    truth = synthetic_truth(pairs, ratings).rename_axis("pair_id").reset_index()
    with tempfile.TemporaryDirectory() as folder:
        frames = {"pairs": pairs, "ratings": ratings, "reference": synthetic_reference(), "truth": truth}
        lab.write_notebook(Path(folder), **frames)
        with lab.lab(Path(folder)) as url, sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=lab.CHROMIUM, args=lab.QUIET)
            page = chromium.new_page(viewport={"width": 1200, "height": 1000})
            lab.run_all(page, url, timeout=240)
            table, panel = page.locator(".kit-panel").nth(0), page.locator(".kit-panel").nth(1)
            page.evaluate(STAMP)
            slider = panel.get_by_role("slider")
            row("slider, key to screen", "100 ms", seen(panel, "[role=status]", lambda _: slider.press("ArrowLeft")))
            table.focus()
            row("next pair, key to screen", "60 ms", seen(table, "[data-pair]", lambda _: page.keyboard.press("j")))
            row("label, key to screen", "60 ms", seen(table, "[data-pair]", lambda i: page.keyboard.press("gbu"[i % 3])))
            field = table.get_by_label("Search")
            taken = seen(table, ".kit-table", lambda _: field.press("Enter"), before=lambda i: field.fill(WORDS[i]))
            row("search, Enter to screen", "500 ms", taken)
            chromium.close()


def seen(panel, part: str, act: Callable, *, before: Callable = lambda i: None, times: int = 20) -> list[float]:
    """Milliseconds in the browser from a key to the first frame with another text in `part` of a panel."""
    taken = []
    for i in range(times):
        before(i)
        was = panel.locator(part).first.inner_text()
        act(i)
        change = panel.page.wait_for_function(CHANGED, arg=[panel.element_handle(), part, was], polling="raf")
        taken.append(change.json_value())
    return taken


STAMP = "() => addEventListener('keydown', () => { window.pressed = performance.now(); }, true)"
CHANGED = """([panel, part, was]) =>
    panel.querySelector(part)?.innerText !== was && performance.now() - window.pressed"""

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browser", action="store_true", help="measure in JupyterLab and Chromium instead")
    if parser.parse_args().browser:
        from_chromium(50_000)
    else:
        kernel_side(50_000)
        scores_only(500_000)
