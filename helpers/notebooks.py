"""Execute the notebooks of a run in order, keep the executed copies in the run, and start a fork in the background.

A notebook's parameters are a cell put after the one tagged ``parameters``. Execution stops at the first error.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from helpers import runs, stages
from helpers.config import Preset
from helpers.experiments import results
from helpers.tables import content_id, digest, read_json, write_json

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"

READING = ("07_figures", "08_judges")
"""Notebooks that only look at a finished run: they ask no model and are no stages. A copy that is up to date is kept."""

SECONDS = 3.0
"""Between two looks at how far a cell is."""


class NotebookFailed(RuntimeError):
    """A cell of a notebook raised; the message holds its last lines."""


def parameters(run: str, preset: str, draw: int, stage: str) -> dict[str, object]:
    """What a notebook is told: RUN, PRESET, DRAW and, for stages that repeat, ITERATION."""
    told: dict[str, object] = {"RUN": run, "PRESET": preset, "DRAW": draw}
    _, _, iteration = stage.partition("-")
    return told | ({"ITERATION": int(iteration)} if iteration else {})


def injected(notebook: nbformat.NotebookNode, values: dict[str, object]) -> nbformat.NotebookNode:
    """The notebook without outputs of an earlier session, with a cell of assignments after its ``parameters`` cell.

    Without ``values`` it keeps those it has.

    Raises:
        ValueError: no cell carries the tag.
    """
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    if not values:
        return notebook
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


def execute(run: str, stage: str, values: dict[str, object], progress: Callable[[int, int, str], None]) -> float:
    """Execute a notebook, of a stage or of ``READING``; returns seconds.

    The copy in ``<run>/notebooks/`` is written when the notebook has ended well. A notebook that failed is written beside it
    as ``<stage>.failed.ipynb``, and an earlier good copy stays.

    Args:
        progress: called with (cell, cells, how far the cell is in words) as each code cell begins and every few seconds.

    Raises:
        NotebookFailed: a cell raised, or a widget's callback did.
        KeyboardInterrupt: the process was told to stop.
    """
    notebook = injected(nbformat.read(FOLDER / f"{runs.notebook_of(stage)}.ipynb", as_version=4), values)
    kept = runs.folder(run) / "notebooks" / f"{stage}.ipynb"
    failed = kept.with_suffix(".failed.ipynb")
    code = [place for place, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    if stage in READING:
        notebook.metadata["made_from"] = made_from(run, stage)

    at = [1]

    def begin(cell, cell_index: int) -> None:
        if cell_index in code:
            at[0] = code.index(cell_index) + 1
            tell()

    def tell() -> None:
        progress(at[0], len(code), runs.progress(run, stage))

    started = time.perf_counter()
    kept.parent.mkdir(parents=True, exist_ok=True)
    try:
        _run_kernel(_client(notebook, begin), kept.with_name("kernel.log"), tell)
    except (CellExecutionError, DeadKernelError) as error:
        if getattr(error, "ename", "") == "KeyboardInterrupt":
            raise KeyboardInterrupt from None
        _write(notebook, failed)
        last = "\n".join(re.sub(r"\x1b\[[0-9;]*m", "", str(error)).rstrip().splitlines()[-12:])
        raise NotebookFailed(f"{stage} stopped; its copy is {failed}\n{last}") from None
    if errors := widget_errors(notebook):
        _write(notebook, failed)
        raise NotebookFailed(f"{stage}: a panel failed: {errors[0]}; its copy is {failed}")
    _write(notebook, kept)
    failed.unlink(missing_ok=True)
    return time.perf_counter() - started


def _run_kernel(client: NotebookClient, log: Path, tell: Callable[[], None]) -> None:
    """Execute a notebook in a kernel whose own messages go to ``log``; a signal ends the kernel and is raised.

    In the main thread nbclient would take the signals itself and end with a page of traceback.
    """
    with log.open("ab") as messages, ThreadPoolExecutor(1) as pool:
        done = pool.submit(client.execute, env=os.environ | {"PYTHONWARNINGS": "ignore"}, stderr=messages)
        try:
            while wait([done], timeout=SECONDS).not_done:
                tell()
            done.result()
        except KeyboardInterrupt:
            for kernel in psutil.Process().children():
                kernel.kill()  # what it has written is safe, and its workers end with it
            raise


def _client(notebook: nbformat.NotebookNode, begin: Callable) -> NotebookClient:
    return NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        resources={"metadata": {"path": str(FOLDER)}},
        on_cell_start=begin,
        store_widget_state=True,
        coalesce_streams=True,  # a progress bar leaves its last line
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )


def _write(notebook: nbformat.NotebookNode, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    nbformat.write(notebook, part)
    os.replace(part, path)


def stage_name(text: str) -> str:
    """One of ``known`` by its name, its notebook's name or its number: ``05`` is ``05_forward_model-1``.

    Raises:
        ValueError: there is none; the message lists them.
    """
    for name in known():
        if text in (name, runs.notebook_of(name), name.partition("_")[0]):
            return name
    raise ValueError(f"no stage {text!r}; the stages are {', '.join(known())}")


def known() -> tuple[str, ...]:
    """All that a run executes, in order: its stages, then those of ``READING`` whose notebooks are there."""
    return (*runs.STAGES, *(name for name in READING if (FOLDER / f"{name}.ipynb").exists()))


def due(run: str, preset: Preset, names: Sequence[str], *, start: str | None = None, only: str | None = None) -> Iterator[str]:
    """Which of ``names`` to execute now, in order: those not done or stale; from ``start`` on, all; or ``only`` one.

    A fork executes none of the stages that it reads in its origin.

    Raises:
        ArtifactError: a stage is due, and one of those that the run reads in its origin is not done there or stale.
    """
    begun = False
    for name in names:
        begun = begun or name == start
        is_own = runs.stage_folder(run, name).parent == runs.folder(run)
        if name == only or (not only and is_own and (begun or not _done(run, name, preset))):
            if name in runs.STAGES:
                _refuse_origin(run, preset)
            yield name


def _refuse_origin(run: str, preset: Preset) -> None:
    states = runs.status(run, preset)
    for name, state in states.state[states.run != run].items():
        if state != "done":
            stages.refuse_borrowed(run, name, state)


def _done(run: str, name: str, preset: Preset) -> bool:
    if name not in READING:
        return runs.status(run, preset).loc[name, "state"] == "done"
    copy = runs.folder(run) / "notebooks" / f"{name}.ipynb"
    return read_json(copy).get("metadata", {}).get("made_from") == made_from(run, name)


def made_from(run: str, name: str) -> str:
    """One hash of all that a notebook of ``READING`` can see: itself, all stages and decisions, labels, votes, ablations."""
    seen = [FOLDER / f"{name}.ipynb", runs.labels(run), runs.folder(run) / "votes.jsonl"]
    seen += [runs.folder(each) / "grades.parquet" for each in results.ablations(run)]
    seen += [runs.locate(run, f"{stage}/{file}") for stage in runs.STAGES for file in ("manifest.json", "decision.json")]
    return content_id(*map(digest, seen))


@dataclass(frozen=True)
class Launcher:
    """Trains a decision as a fork of a run, in a process of its own that outlives the notebook.

    Attributes:
        run: the run whose ratings were decided on.
        iteration: 1 or 2: the fork begins with the forward model of that iteration.
    """

    run: str
    iteration: int

    @property
    def _start(self) -> str:
        return f"05_forward_model-{self.iteration}"

    def command(self, name: str) -> str:
        """The command that trains the fork, or goes on with it, from any folder and any shell."""
        here = "" if "KIT_ARTIFACTS" not in os.environ else f"KIT_ARTIFACTS={shlex.quote(str(runs.root()))} "
        return f"{here}{shlex.quote(sys.executable)} -m helpers run --run {shlex.quote(name)}"

    def start(self, name: str, record: dict[str, Any]) -> None:
        """Make the fork ``name`` with this decision (``curation.Decision.record``) and begin to train it.

        Raises:
            ValueError: the name cannot be used, or the fork is being trained already; the message says why.
        """
        if (self.state(name) or {}).get("running"):
            raise ValueError(f"{name} is being trained already")
        try:
            runs.fork(name, self.run, self._start, decision=record)
        except runs.ArtifactError as error:
            raise ValueError(str(error)) from None
        with (runs.folder(name) / "train.log").open("ab") as log:
            environment = os.environ | {"KIT_ARTIFACTS": str(runs.root())}
            command = [sys.executable, "-m", "helpers", "run", "--run", name]
            process = subprocess.Popen(
                command,
                cwd=FOLDER.parent,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        write_json(runs.folder(name) / "process.json", {"pid": process.pid, "begun": psutil.Process(process.pid).create_time()})

    def state(self, name: str) -> dict[str, Any] | None:
        """A fork in training: ``running``, last ``line``, whole ``log``, ``code`` (0: done, 1: not); None: there is none."""
        if not runs.RUN_NAME.fullmatch(name) or name in runs.COMMITTED or not (runs.folder(name) / "process.json").exists():
            return None
        log = (runs.folder(name) / "train.log").read_text("utf-8", errors="replace")
        lines = [line.rpartition("\r")[2].strip() for line in log.splitlines() if line.strip()]
        running = _process(name) is not None
        done = bool((runs.status(name).state == "done").all())
        return {"running": running, "line": lines[-1] if lines else "", "log": log, "code": None if running else int(not done)}

    def stop(self, name: str) -> None:
        """Tell the training to stop; what it has done is kept, and ``start`` or the command goes on with it."""
        if process := _process(name):
            process.send_signal(signal.SIGTERM)


def _process(name: str) -> psutil.Process | None:
    """The process that trains a fork, where it is alive: a process id alone may have been given to another since."""
    told = read_json(runs.folder(name) / "process.json")
    try:
        process = psutil.Process(told["pid"])
        alive = process.status() != psutil.STATUS_ZOMBIE and abs(process.create_time() - told["begun"]) < 1
    except (psutil.NoSuchProcess, KeyError):
        return None
    return process if alive else None
