"""Whether a reference run can be committed, and read by people who have no kernel, no internet and not this machine."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd

from helpers.widgets.panel import VIEW

MOST_BYTES = 5_000_000
"""Of the whole folder."""

_MACHINE = re.compile(r"(?<![\w.:/-])/(?:home|Users|root|tmp|var|opt|mnt|srv|private)/[\w.]")
_ASKS = re.compile(
    r"<(?:script|link|iframe|img|object|embed|source)\b[^>]*?(?:src|href)=[\"']?(?:https?:)?//|<script\b|@import"
)


def problems(folder: Path) -> list[str]:
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
            found += [f"{name} {what}" for what in unfit(nbformat.read(path, as_version=4))]
    return found


def _strings(path: Path) -> str:
    if path.suffix == ".parquet":
        frame = pd.read_parquet(path)
        return "\n".join("\n".join(frame[name].unique()) for name in ("file",) if name in frame)
    return path.read_text("utf-8") if path.suffix in (".json", ".md", ".csv", ".svg", ".ipynb") else ""


def unfit(book: nbformat.NotebookNode) -> Iterator[str]:
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
    if any(_ASKS.search(html) for html in outputs_as_html(book)):
        yield "asks another host or runs a script"
    if not outputs:
        yield "was not executed"


def outputs_as_html(book: nbformat.NotebookNode) -> Iterator[str]:
    """The outputs of a notebook that are HTML."""
    for cell in book.cells:
        for output in cell.get("outputs", []):
            if "text/html" in output.get("data", {}):
                yield output.data["text/html"]
