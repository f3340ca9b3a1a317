"""The reference run: what is worth looking at of a finished run, without its models, small enough to be committed.

``artifacts/reference/`` holds manifests, tables, figures, ``summary.json`` and the executed notebooks with pictures of their
panels, as the run left them; the results of ablations lie in folders of their names. Two tables are added for readers who have
neither the pages nor the mini web: ``pages`` (the source of some pages) and ``truth`` (what every pair really is).
"""

import argparse
import base64
import io
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pandas as pd
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from helpers import corpus, notebooks, presets, runs, stages, tables
from helpers.config import Preset
from helpers.experiments import overview
from helpers.reference import checks, differences
from helpers.widgets.panel import VIEW

FOLDER = Path(__file__).resolve().parents[2] / "artifacts" / "reference"

TOUR = "00_tour"

QUESTIONS = "questions"
"""The folder of what ``python -m helpers.miniweb questions`` found on bases that have read more or less."""

STAYS = ("README.md", "panel.png", "beyond_one_gpu.md", QUESTIONS)
"""What outlives a new reference, because it is not made from the run."""

PAGES = 30
"""Pages whose source is kept."""

_TO_ARTIFACTS = re.compile(r"(?<![\w.:/-])(?:/[^\s\"'<>:,/\\]+)+/(?=(?:artifacts|helpers)/)")


def main(args: argparse.Namespace) -> None:
    """Make the reference run again from a finished run, and say what lies in it."""
    there = sorted(path.parent.name for path in runs.root().glob(f"*/{runs.ABLATION}"))
    names = [name for name in there if "quick" not in name] if args.ablations is None else args.ablations
    missed = make(args.run, ablations=names)
    size = sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file())
    print(f"{FOLDER} holds {', '.join([args.run, *names])}: {size / 1e6:.1f} MB", *missed, sep="\n")


def make(run: str, *, ablations: Sequence[str] = (), folder: Path = FOLDER) -> list[str]:
    """Copy what is worth looking at of a finished run and of ablations; returns what could not be made, in sentences.

    Args:
        run: all of its stages are done.
        ablations: names of their folders.
        folder: emptied first, except for ``STAYS``. It is as before if anything fails.

    Raises:
        ArtifactError: a stage is not done, or the result could not be committed: the message lists why.
    """
    if open_stages := [name for name, state in runs.status(run).state.items() if state != "done"]:
        raise runs.ArtifactError(f"{open_stages[0]} of run {run!r} is not done: `python -m helpers run --run {run}`")
    if missing := [name for name in ablations if not (runs.folder(name) / "README.md").exists()]:
        raise runs.MissingArtifact(
            f"{runs.folder(missing[0])} holds no finished ablation: `python -m helpers ablate` makes one"
        )
    told = runs.settings(run)
    with _kept_on_failure(folder):
        _empty(folder)
        _tables(run, presets.of_run(run, told["preset"], told["draw"]), folder)
        for name in ablations:
            _ablation(name, folder)
        _texts_and_pictures(runs.root() / QUESTIONS, folder / QUESTIONS)
        differences.draw(folder)
        _readme(run, ablations, folder)
        notebooks.execute(run, TOUR, {}, lambda *_: None)
        _notebooks(run, folder)
        missed = [] if _picture(folder) else ["panel.png is that of an earlier run: playwright and Chromium are not here"]
        if found := checks.problems(folder):
            raise runs.ArtifactError(f"the reference would hold what cannot be committed: {'; '.join(found[:5])}")
    return missed


@contextmanager
def _kept_on_failure(folder: Path) -> Iterator[None]:
    """The tour reads the new reference in its place, so the old one stands aside and comes back if anything fails."""
    folder.mkdir(parents=True, exist_ok=True)
    before = folder.with_name(f"{folder.name}.before")
    shutil.rmtree(before, ignore_errors=True)
    shutil.copytree(folder, before)
    try:
        yield
    except BaseException:
        shutil.rmtree(folder)
        before.rename(folder)
        raise
    shutil.rmtree(before)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name not in STAYS:
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
    for name in notebooks.READING:
        _texts_and_pictures(runs.folder(run) / name, folder / name)
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


def _texts_and_pictures(source: Path, folder: Path) -> None:
    """Copy what a folder holds of tables, pictures and texts, paths shortened; nothing where there is no such folder.

    Of each figure the PNG and its data are copied. Its SVG, which any run writes, would take the reference over its limit.
    """
    for path in sorted(source.glob("*")):
        folder.mkdir(parents=True, exist_ok=True)
        if path.suffix in (".json", ".csv", ".md"):
            (folder / path.name).write_text(shortened(path.read_text("utf-8")), "utf-8")
        elif path.suffix == ".png":
            (folder / path.name).write_bytes(lighter(path.read_bytes()))
        elif path.suffix == ".parquet":
            shutil.copy(path, folder / path.name)


def _ablation(name: str, folder: Path) -> None:
    """An ablation's results, and what each of its runs was told."""
    _texts_and_pictures(runs.folder(name), folder / name)
    summary = folder / name / "summary.json"
    summary.write_text(json.dumps(tables.read_json(summary), separators=(",", ":")))
    for part in tables.read_json(folder / name / runs.ABLATION)["runs"]:
        tables.write_json(folder / name / "runs" / f"{part}.json", runs.settings(part))


def _readme(run: str, ablations: Sequence[str], folder: Path) -> None:
    told, rows = runs.settings(run), differences.main_ones(differences.graded(folder))
    seen = differences.main_ones(differences.graded(folder, in_seed=True))
    listed = [
        f"- [{name}]({name}/README.md): `{tables.read_json(folder / name / runs.ABLATION)['command']}`" for name in ablations
    ]
    if (folder / QUESTIONS).exists():
        listed.append(f"- [{QUESTIONS}]({QUESTIONS}/README.md): the same run on bases that have read more or fewer answers")
    listed.append("- [beyond_one_gpu.md](beyond_one_gpu.md): a large plan, and what other engines can take over")
    draws = rows.draws.max()
    of = f"the {draws} draws of [ablation](ablation/README.md)" if draws > 1 else "this run"
    text = f"""# The reference run

The run `{run}` (preset `{told["preset"]}`, draw {told["draw"]}) as it ended, without its models: manifests, tables, figures and
executed notebooks. `make reference` makes it again. Begin with the [tour](notebooks/{TOUR}.ipynb). The figure and the sentences
below are of {of}.

![Differences between models with 95 % intervals; the sentences below name the main ones](figures/curation.png)

{chr(10).join(f"- {sentence}." for sentence in differences.sentences(rows))}

In task families that seed pairs show:

{chr(10).join(f"- {sentence}." for sentence in differences.sentences(seen))}

More arms, with every table:

{chr(10).join(listed)}
"""
    (folder / "README.md").write_text(text, "utf-8")


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
            for drawn in (output.data for output in cell.outputs if "image/png" in output.get("data", {})):
                drawn["image/png"] = base64.b64encode(lighter(base64.b64decode(drawn["image/png"]))).decode()
    return notebook


def lighter(png: bytes) -> bytes:
    """A picture with at most 64 colours, about a third of the bytes; its alternative text stays."""
    image, info = Image.open(io.BytesIO(png)), PngInfo()
    for name, text in image.info.items():
        if isinstance(text, str):
            info.add_text(name, text)
    out = io.BytesIO()
    image.convert("RGB").quantize(64, dither=Image.Dither.NONE).save(out, "png", optimize=True, pnginfo=info)
    return min(png, out.getvalue(), key=len)


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
    panel = next(html for html in reversed(list(checks.outputs_as_html(book))) if "kit-twin" in html)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 860, "height": 900}, device_scale_factor=2)
        looks = "body { background: #fff; margin: 0; padding: 14px } .kit-twin > .kit-soft { display: none }"
        page.set_content(f"<style>{looks}</style>{panel}")
        (folder / "panel.png").write_bytes(lighter(page.locator("body").screenshot()))
        browser.close()
    return True
