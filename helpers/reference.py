"""The reference run: what is worth looking at of a finished run, without its models, small enough to be committed.

``artifacts/reference/`` holds manifests, tables, figures, ``summary.json`` and the executed notebooks with pictures of their
panels, as the run left them; an ablation's results lie in ``ablation/``. Two tables are added for readers who have neither
the pages nor the mini web: ``pages`` (the source of some pages) and ``truth`` (what every pair really is).
"""

import argparse
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd

from helpers import corpus, figures, notebooks, presets, runs, stages, tables
from helpers.config import Preset
from helpers.experiments import overview, report
from helpers.figures import beside, claims
from helpers.widgets.panel import VIEW

FOLDER = Path(__file__).resolve().parents[1] / "artifacts" / "reference"

TOUR = "00_tour"

MOST_BYTES = 5_000_000
"""Of the whole folder."""

PAGES = 30
"""Pages whose source is kept."""

CURATION = {
    ("M_1", "uncurated"): "curated pairs (M_1) − pairs at random",
    ("rated", "uncurated"): "curated by the paper's rating − pairs at random",
    ("oracle", "uncurated"): "pairs known to be right − pairs at random",
    ("uncurated", "M_0 (S_a)"): "pairs at random − no web pairs (M_0)",
    ("M_1", "M_0 (S_a)"): "curated pairs (M_1) − no web pairs (M_0)",
    ("M_2", "M_1"): "pairs curated twice (M_2) − curated pairs (M_1)",
}
"""The differences that the figure ``curation`` shows, where both arms are there, and what it calls them."""

_TO_ARTIFACTS = re.compile(r"(?<![\w.:/-])(?:/[^\s\"'<>:,/\\]+)+/(?=(?:artifacts|helpers)/)")
_MACHINE = re.compile(r"(?<![\w.:/-])/(?:home|Users|root|tmp|var|opt|mnt|srv|private)/[\w.]")
_ASKS = re.compile(
    r"<(?:script|link|iframe|img|object|embed|source)\b[^>]*?(?:src|href)=[\"']?(?:https?:)?//|<script\b|@import"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `python -m helpers reference`."""
    parser.add_argument("--run", default="tiny", help="a finished run (default: tiny)")
    parser.add_argument("--ablation", default="ablation", help="its results are taken too, where they are there")


def main(args: argparse.Namespace) -> None:
    """Make the reference run again from a finished run, and say what lies in it."""
    there = (runs.folder(args.ablation) / "README.md").exists()
    missed = make(args.run, ablation=args.ablation if there else None)
    size = sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file())
    ablation = "its ablation" if there else "the ablation that was there"
    print(f"{FOLDER} holds the run {args.run} and {ablation}, {size / 1e6:.1f} MB", *missed, sep="\n")


def make(run: str, *, ablation: str | None = None, folder: Path = FOLDER) -> list[str]:
    """Copy what is worth looking at of a finished run, and of an ablation; returns what could not be made, in sentences.

    Args:
        run: all of its stages are done.
        ablation: name of an ablation's folder; None keeps what ``folder`` has of one.
        folder: emptied first, except for ``README.md``, ``panel.png`` and, without ``ablation``, ``ablation/``.

    Raises:
        ArtifactError: a stage is not done, or the result could not be committed: the message lists why.
    """
    if open_stages := [name for name, state in runs.status(run).state.items() if state != "done"]:
        raise runs.ArtifactError(f"{open_stages[0]} of run {run!r} is not done: `python -m helpers run --run {run}`")
    _empty(folder, keep={"README.md", "panel.png"} | (set() if ablation else {"ablation"}))
    told = runs.settings(run)
    _tables(run, presets.of_run(run, told["preset"], told["draw"]), folder)
    if ablation:
        _ablation(runs.folder(ablation), folder)
    _curation(folder)
    notebooks.execute(run, TOUR, {}, lambda *_: None)
    _notebooks(run, folder)
    missed = [] if _picture(folder) else ["panel.png is that of an earlier run: playwright and Chromium are not here"]
    if found := problems(folder):
        raise runs.ArtifactError(f"{folder} cannot be committed: " + "; ".join(found[:5]))
    return missed


def _empty(folder: Path, keep: set[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name not in keep:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _tables(run: str, preset: Preset, folder: Path) -> None:
    """Manifests, decisions and tables of every stage, paths shortened; a manifest names the hash of what lies beside it."""
    hashes = {}
    for stage in runs.STAGES:
        place = runs.stage_folder(run, stage)
        for path in sorted(place.glob("*.parquet")):
            new = folder / stage / path.name
            frame = pd.read_parquet(path)
            tables.write_table(new, frame.assign(file=frame.file.map(shortened)) if "file" in frame else frame)
            hashes[tables.digest(path)] = tables.digest(new)
        for path in (place / "manifest.json", place / "decision.json"):
            if path.exists():
                text = shortened(path.read_text("utf-8"))
                (folder / stage / path.name).write_text(_replaced(text, hashes), "utf-8")
    for name in ("run.json", "summary.json"):
        shutil.copy(runs.folder(run) / name, folder / name)
    if (own := runs.folder(run) / "figures").is_dir():
        shutil.copytree(own, folder / "figures")
    candidates, segments = (stages.read(run, name) for name in ("03_self_augmentation/candidates", "01_corpus/segments"))
    if preset.truth.known:
        tables.write_table(folder / "truth.parquet", preset.truth.reveal(candidates, segments))
    tables.write_table(folder / "pages.parquet", _pages(run, preset, segments))


def _replaced(text: str, words: dict[str, str]) -> str:
    return re.sub("|".join(words), lambda found: words[found[0]], text) if words else text


def _pages(run: str, preset: Preset, segments: pd.DataFrame) -> pd.DataFrame:
    """The source of the first pages of which the first decision keeps a pair and a rule dropped a segment."""
    place = ["file", "offset"]
    kept = segments[segments.segment_id.isin(overview.kept(run, 1).segment_id)]
    keys = [
        list(dict.fromkeys(zip(rows.file.map(shortened), rows.offset, strict=True)))
        for rows in (kept, stages.read(run, "01_corpus/rejected"))
    ]
    wanted = [key for key in keys[0] if key in keys[1]][:PAGES]
    rows = [
        {"url": page.url, "file": shortened(page.file), "offset": page.offset, "body": page.body}
        for page in corpus.read(preset.corpus.pages, text_column=preset.corpus.text_column)
        if (shortened(page.file), page.offset) in wanted
    ]
    return pd.DataFrame(rows, columns=["url", *place, "body"])


def _ablation(source: Path, folder: Path) -> None:
    """An ablation's summary, grades and figures, and its README as the folder's."""
    if not (source / "README.md").exists():
        raise runs.MissingArtifact(f"{source} holds no finished ablation: `python -m helpers ablate --run {source.name}`")
    for path in sorted(source.iterdir()):
        if path.suffix in (".json", ".parquet", ".png", ".svg", ".csv") and path.name != "run.json":
            (folder / "ablation").mkdir(exist_ok=True)
            shutil.copy(path, folder / "ablation" / path.name)
    (folder / "README.md").write_text(shortened((source / "README.md").read_text("utf-8")), "utf-8")


def graded(folder: Path = FOLDER) -> pd.DataFrame:
    """The grades that the figure ``curation`` rests on: the ablation's where it is there, else the run's.

    Those of the first grader, under the inference mode of the preset, on families not in the seed where they are known.
    """
    path = folder / "ablation" / "grades.parquet"
    grades = pd.read_parquet(path if path.exists() else folder / "06_evaluation" / "grades.parquet")
    told = tables.read_json(folder / "run.json")
    mode = presets.find(told["preset"], told["draw"]).evaluation.mode
    return report.headline(report.under_mode(grades[grades.grader == grades.grader.iloc[0]], mode))


def curation(grades: pd.DataFrame) -> pd.DataFrame:
    """The differences named in ``CURATION``: label, value, low, high, prompts, families, draws, note."""
    rows = report.contrasts(grades).set_index(["arm", "baseline"])
    there = [pair for pair in CURATION if pair in rows.index]
    return rows.loc[there].assign(label=[CURATION[pair] for pair in there]).reset_index(drop=True)


def sentences(rows: pd.DataFrame) -> list[str]:
    """What each difference of ``curation`` says, by its sign and interval."""
    sides = [row.label.split(" − ") for row in rows.itertuples()]
    found = zip(rows.value, rows.low, rows.high, strict=True)
    than = ("better than", "worse than")
    return [
        claims.claim(f"Training on {a}", f"training on {b}", each, than=than) for (a, b), each in zip(sides, found, strict=True)
    ]


def _curation(folder: Path) -> None:
    rows = curation(graded(folder))
    if rows.empty:
        return
    first = rows.iloc[0]
    found = sentences(rows)[0]
    unit = "F1 of facts" if first.families < first.prompts else "score"
    draws = f"{first.draws} draws" if first.draws > 1 else "one draw"
    count = f"{first.prompts:,} prompts of {first.families} task families that no seed pair shows, {draws}"
    words, _, interval = found.rpartition(" (")
    figure = figures.differences(
        rows.assign(note=""), title="\n".join([*textwrap.wrap(words, 48), f"({interval}", ""]), unit=unit
    )
    figure.axes[0].annotate(count, (0, 1), (0, 4), "axes fraction", "offset points", fontsize=8.5, color="#505050")
    said = (f"{row.label}: {row.value:+.3f} [{row.low:+.3f}, {row.high:+.3f}]" for row in rows.itertuples())
    figure.finding, figure.data = found, rows
    figure.alt = f"Differences in {unit} with 95 % intervals, {count}. {'; '.join(said)}."
    beside.save(figure, folder / "figures", "curation")


def shortened(text: str) -> str:
    """A text without the way to the repository on this machine: its paths begin with ``artifacts/`` or ``helpers/``."""
    return _TO_ARTIFACTS.sub("", text.replace(str(runs.root()), "artifacts"))


def _notebooks(run: str, folder: Path) -> None:
    """The executed notebooks, with pictures in place of live panels and without the state of widgets."""
    (folder / "notebooks").mkdir(exist_ok=True)
    for path in sorted((runs.folder(run) / "notebooks").glob("*.ipynb")):
        if not path.stem.endswith(".failed"):
            text = shortened(path.read_text("utf-8"))
            book = still(nbformat.reads(text, as_version=4))
            (folder / "notebooks" / path.name).write_text(nbformat.writes(book) + "\n", "utf-8")


def still(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """An executed notebook for places without a kernel: live panels and traces of the execution are taken out."""
    for name in ("widgets", "made_from"):
        notebook.metadata.pop(name, None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if VIEW not in output.get("data", {})]
    return notebook


def _picture(folder: Path) -> bool:
    """Write ``panel.png``, the threshold panel of notebook 04; False where there is no browser to draw it."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if not chromium:
        return False
    book = nbformat.read(folder / "notebooks" / "04_self_curation-1.ipynb", as_version=4)
    panel = next(html for html in reversed(list(_html(book))) if "kit-twin" in html)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 860, "height": 900}, device_scale_factor=2)
        page.set_content(f'<body style="background:#fff;margin:0;padding:14px">{panel}</body>')
        page.locator("body").screenshot(path=folder / "panel.png")
        browser.close()
    return True


def _html(book: nbformat.NotebookNode) -> Iterator[str]:
    for cell in book.cells:
        for output in cell.get("outputs", []):
            if "text/html" in output.get("data", {}):
                yield output.data["text/html"]


def problems(folder: Path = FOLDER) -> list[str]:
    """Why a reference run could not be committed or read without a kernel, one sentence each; empty where nothing is wrong."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    size, found = sum(path.stat().st_size for path in files), []
    if size > MOST_BYTES:
        found.append(f"it holds {size:,} bytes, {MOST_BYTES:,} at most")
    for path in files:
        name = path.relative_to(folder).as_posix()
        if path.suffix in (".safetensors", ".pt", ".pth", ".bin"):
            found.append(f"{name} is a model's")
        text = _strings(path)
        if place := _MACHINE.search(text) or re.search(re.escape(os.path.join(sys.prefix, "")), text):
            found.append(f"{name} names a path of this machine: {text[place.start() : place.start() + 60]!r}")
        if path.suffix == ".ipynb":
            found += [f"{name} {what}" for what in _unfit(nbformat.read(path, as_version=4))]
    return found


def _strings(path: Path) -> str:
    if path.suffix == ".parquet":
        frame = pd.read_parquet(path)
        return "\n".join("\n".join(frame[name].unique()) for name in ("file",) if name in frame)
    return path.read_text("utf-8") if path.suffix in (".json", ".md", ".csv", ".svg", ".ipynb") else ""


def _unfit(book: nbformat.NotebookNode) -> Iterator[str]:
    """What an executed notebook shows that a reader without its kernel should not see."""
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    shown = [output.get("text", "") for output in outputs]
    shown += [
        "".join(str(text) for kind, text in output.get("data", {}).items() if kind.startswith("text/")) for output in outputs
    ]
    if "widgets" in book.metadata or any(VIEW in output.get("data", {}) for output in outputs) or "VBox(" in "".join(shown):
        yield "holds widgets"
    if any(output.output_type == "error" or output.get("name") == "stderr" for output in outputs):
        yield "shows an error or a warning"
    if any(_ASKS.search(html) for html in _html(book)):
        yield "asks another host or runs a script"
    if not outputs:
        yield "was not executed"
