"""Execute the notebooks of a run in order, with progress, and keep the executed copies in the run.

A notebook's parameters are a cell put after the one tagged ``parameters``. Execution stops at the first error.
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from helpers import runs

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"


class NotebookFailed(RuntimeError):
    """A cell of a notebook raised; the message holds its last lines."""


def parameters(run: str, preset: str, seed: int, stage: str) -> dict[str, object]:
    """What a stage's notebook is told: RUN, PRESET, SEED and, for stages that repeat, ITERATION."""
    told: dict[str, object] = {"RUN": run, "PRESET": preset, "SEED": seed}
    _, _, iteration = stage.partition("-")
    return told | ({"ITERATION": int(iteration)} if iteration else {})


def injected(notebook: nbformat.NotebookNode, values: dict[str, object]) -> nbformat.NotebookNode:
    """The notebook with a cell of assignments after its ``parameters`` cell.

    Raises:
        ValueError: no cell carries the tag.
    """
    for place, cell in enumerate(notebook.cells):
        if "parameters" in cell.metadata.get("tags", []):
            source = "\n".join(f"{name} = {value!r}" for name, value in values.items())
            new = nbformat.v4.new_code_cell(source, metadata={"tags": ["injected-parameters"]})
            notebook.cells.insert(place + 1, new)
            return notebook
    raise ValueError("no cell is tagged `parameters`")


def widget_errors(notebook: nbformat.NotebookNode) -> list[str]:
    """Errors caught in output widgets: a callback that raises does not fail the execution."""
    state = notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
    outputs = [output for widget in state.values() for output in widget["state"].get("outputs", [])]
    return [output["evalue"] for output in outputs if output["output_type"] == "error"]


def execute(run: str, stage: str, values: dict[str, object], progress: Callable[[int, int], None]) -> float:
    """Execute a stage's notebook; returns seconds. The copy in ``<run>/notebooks/`` is written after every cell.

    Args:
        progress: called with (cell, cells) as each code cell begins.

    Raises:
        NotebookFailed: a cell raised, or a widget's callback did.
    """
    notebook = injected(nbformat.read(FOLDER / f"{runs.notebook_of(stage)}.ipynb", as_version=4), values)
    kept = runs.folder(run) / "notebooks" / f"{stage}.ipynb"
    kept.parent.mkdir(parents=True, exist_ok=True)
    code = [place for place, cell in enumerate(notebook.cells) if cell.cell_type == "code"]

    def begin(cell, cell_index: int) -> None:
        nbformat.write(notebook, kept)
        if cell_index in code:
            progress(code.index(cell_index) + 1, len(code))

    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        resources={"metadata": {"path": str(FOLDER)}},
        on_cell_start=begin,
        store_widget_state=True,
        coalesce_streams=True,  # a progress bar leaves its last line
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    started = time.perf_counter()
    try:
        client.execute(env=os.environ | {"PYTHONWARNINGS": "ignore"})
    except CellExecutionError as error:
        last = "\n".join(re.sub(r"\x1b\[[0-9;]*m", "", str(error)).rstrip().splitlines()[-12:])
        raise NotebookFailed(f"{stage} stopped; its copy is {kept}\n{last}") from None
    finally:
        nbformat.write(notebook, kept)
    if errors := widget_errors(notebook):
        raise NotebookFailed(f"{stage}: a panel failed: {errors[0]}; its copy is {kept}")
    return time.perf_counter() - started


def stage_name(text: str) -> str:
    """A stage by its name, its notebook's name or its number: ``05`` is ``05_forward_model-1``.

    Raises:
        ValueError: there is none; the message lists them.
    """
    for name in runs.STAGES:
        if text in (name, runs.notebook_of(name), name.partition("_")[0]):
            return name
    raise ValueError(f"no stage {text!r}; the stages are {', '.join(runs.STAGES)}")


def due(run: str, *, start: str | None = None, only: str | None = None) -> Iterator[str]:
    """The stages to execute now, in order: those not done or stale; from ``start`` on, all; or ``only`` one."""
    begun = False
    for name in runs.STAGES:
        begun = begun or name == start
        if name == only or (not only and (begun or runs.status(run).loc[name, "state"] != "done")):
            yield name
