"""How a stage writes its results: journals, locks and manifests. A stage that is killed loses at most one batch of rows.

While a stage works, its rows are appended to journals (JSON lines). When it ends, the journals become Parquet tables, and
``manifest.json`` is written last, so a stage with a manifest is done. This module does not know what the rows mean.

    with stages.stage(RUN, "03_self_augmentation", config, inputs=["01_corpus/segments"]) as stage: ...
"""

import errno
import json
import os
import resource
import shutil
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from helpers import machine, runs
from helpers.locks import guarded
from helpers.runs import ArtifactError, MissingArtifact, locate, manifest, notebook_of, stage_folder
from helpers.tables import digest, gone, read_json, write_json, write_table

KEPT = {".lock", "decision.json", runs.DEFAULT}
"""Files that stay where a stage begins anew: its lock, and the decision on its results."""

NO_OUTPUTS = {"settings.json", "manifest.json", "progress.json", *KEPT}
"""Files in a stage's folder that are not its outputs: its settings, its record, its progress, a decision, its lock."""

CHECK = "check"
"""Beginning of the names of tables that are made before the stage's own work, to choose its settings. A stage that holds no
other table begins again when its settings change."""


def _found(run: str, name: str) -> Path:
    stage, path = name.partition("/")[0], locate(run, name)
    if not path.exists() or not (stage_folder(run, stage) / "manifest.json").exists():
        raise MissingArtifact(
            f"{name} is not in {runs.folder(run)}, or not finished: run notebooks/{notebook_of(stage)}.ipynb with "
            f"RUN = {run!r}, or `python -m helpers run --run {run} --only {stage}`"
        )
    return path


def read(run: str, name: str) -> pd.DataFrame:
    """The table ``stage/name`` of a run, for instance ``"01_corpus/segments"``.

    Raises:
        MissingArtifact: the stage has not been run to its end; the message names the notebook and the command.
    """
    return pd.read_parquet(_found(run, name))


class Journal:
    """The rows of one table while its stage works, kept on disk as JSON lines. Each ``append`` forces them to the disk.

    A half-written last line is dropped when the journal is opened, with a warning. ``ids`` holds the keys of the written rows.
    """

    def __init__(self, path: Path, key: str) -> None:
        self.path, self.key = path, key
        self.rows: list[dict] = []
        if path.exists():
            whole, _, torn = path.read_bytes().rpartition(b"\n")
            if torn:
                os.truncate(path, path.stat().st_size - len(torn))
                warnings.warn(f"a half-written last row of {path} was dropped; it is made again", stacklevel=3)
            self.rows = [json.loads(line) for line in whole.splitlines()]
        self.ids = {row[key] for row in self.rows}

    def append(self, rows: list[dict]) -> None:
        """Add rows and force them to disk. If that fails, none of them is added."""
        lines = [json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows]
        with self.path.open("ab", buffering=0) as file:
            size = file.tell()
            try:
                if file.write(b"".join(lines)) < sum(map(len, lines)):
                    raise OSError(errno.ENOSPC, "only a part of the rows was written")
                os.fsync(file.fileno())
            except OSError:
                file.truncate(size)
                raise
        self.rows += map(json.loads, lines)
        self.ids |= {row[self.key] for row in rows}

    def frame(self) -> pd.DataFrame:
        """All rows so far."""
        return pd.DataFrame(self.rows)


class Stage:
    """An open stage, made by ``stage``. ``done`` is true if it was finished before with this config and these inputs."""

    def __init__(self, run: str, name: str, folder: Path, done: bool) -> None:
        self.run, self.name, self.folder, self.done = run, name, folder, done
        self.facts: dict[str, Any] = {}
        self._models: list[Any] = []
        self._journals: dict[str, Journal] = {}

    def journal(self, table: str, *, key: str) -> Journal:
        """The journal of a table. In a finished stage it holds all rows, so that no row is left to make."""
        if table not in self._journals:
            journal = self._journals[table] = Journal(self.folder / f"{table}.jsonl", key)
            if self.done:
                journal.rows = pd.read_parquet(self.folder / f"{table}.parquet").to_dict("records")
                journal.ids = {row[key] for row in journal.rows}
        return self._journals[table]

    def write(self, table: str, frame: pd.DataFrame) -> None:
        """Write a whole table at once."""
        if not self.done:
            write_table(self.folder / f"{table}.parquet", frame)

    def note(self, **facts: Any) -> None:
        """Add facts to the manifest, such as counts by reason, loss curves or tokens per second."""
        self.facts |= facts

    def uses(self, model: Any) -> None:
        """Add to the manifest what a model, or an endpoint, says of itself when the stage ends.

        ``halved_batches``: the number of batches that it has halved since it was loaded. ``notes``: one sentence for each thing
        that could not be done as asked. What several models say is combined.
        """
        self._models.append(model)

    def _of_models(self) -> dict[str, Any]:
        halved = sum(model.halvings for model in self._models)
        notes = dict.fromkeys(note for model in self._models for note in model.notes)
        return {"halved_batches": halved, "notes": list(notes)} if self._models else {}

    def progress(self, batches: Iterable[list], total: int, *, done: int = 0) -> Iterator[list]:
        """Yield the batches under a progress bar of ``total`` rows, ``done`` of which exist. A finished stage yields none."""
        if self.done:
            return
        with tqdm(total=total, initial=done, desc=self.name, unit="rows", mininterval=1, file=sys.stdout) as bar:
            for batch in batches:
                yield batch
                bar.update(len(batch))

    def meter(self, what: str) -> Callable[[int, int], None]:
        """A function to call with (done, total) at any time while ``what`` is under way; ``runs.progress`` shows the last."""
        if self.done:
            return lambda done, total: None
        begun, told = time.time(), 0.0

        def tell(done: int, total: int) -> None:
            nonlocal told
            if (now := time.time()) - told >= 1:
                told, left = now, (now - begun) * (total - done) / done if done else None
                write_json(self.folder / "progress.json", {"what": what, "done": done, "total": total, "seconds_left": left})

        return tell

    def _compact(self) -> None:
        """Turn journals into tables. The journals stay until the manifest is written, so a kill loses no row."""
        for table, journal in self._journals.items():
            write_table(self.folder / f"{table}.parquet", journal.frame())

    def _spent(self) -> list[Path]:
        """Journals that are tables now."""
        return [path for path in self.folder.glob("*.jsonl") if path.with_suffix(".parquet").exists()]

    def _close(self) -> dict[str, Any]:
        """Turn journals into tables, and return the files that the stage has written, with their hashes and rows."""
        self._compact()
        hidden = NO_OUTPUTS | {path.name for path in self._spent()}
        outputs = {}
        for path in sorted(self.folder.iterdir()):
            if path.name not in hidden:
                rows = len(pd.read_parquet(path)) if path.suffix == ".parquet" else None
                outputs[path.stem if rows is not None else path.name] = {"sha256": digest(path), "rows": rows}
        return outputs


def _refuse_changed_config(run: str, name: str, old: dict, new: dict) -> None:
    if changed := runs.differences(old, new):
        flat = [pd.json_normalize([each], sep=".").to_dict("records")[0] if each else {} for each in (old, new)]
        what = "; ".join(f"{key} was {flat[0].get(key)!r} and is now {flat[1].get(key)!r}" for key in changed[:3])
        raise ArtifactError(
            f"{name} of run {run!r} was begun with another config: {what}. Keep both: "
            f"`python -m helpers run --run {run}-2 --fork {run} --from {name}`, or delete {stage_folder(run, name)}"
        )


def refuse_borrowed(run: str, name: str, state: str) -> None:
    """Raise ArtifactError: a stage that a fork reads in its origin is not done there, or is stale. ``state`` says which."""
    origin = stage_folder(run, name).parent.name
    raise ArtifactError(
        f"run {run!r} reads {name} in run {origin!r}, where it is {state}. Run it there: `python -m helpers run --run {origin}`"
        f", or fork from it: `python -m helpers run --run {run}-2 --fork {run} --from {name}`"
    )


OPTIONS = {"path": "--base", "pages": "--pages", "seed_pairs": "--seed-pairs", "prompts": "--prompts"}
"""Inputs that the command line can name, by role."""


def refuse_missing(files: dict[str, Any], run: str = "RUN") -> None:
    """Raise ``MissingArtifact`` where an input from outside the run names a path that does not exist.

    Args:
        files: the paths by role.
        run: its name for the message.
    """
    for role, path in ((role, path) for role, named in files.items() for path in gone(named)):
        option = OPTIONS.get(role)
        other = f"; if the command did, name it anew: `python -m helpers run --run {run} {option} PATH`" if option else ""
        name = (option or role).strip("-")
        raise MissingArtifact(f"{name}: {path} is not there. If the preset names it, correct the preset{other}")


@contextmanager
def stage(
    run: str,
    name: str,
    config: Any = None,
    *,
    draw: int = 0,
    inputs: Sequence[str] | None = None,
    files: dict[str, Any] | None = None,
    last: bool = True,
) -> Iterator[Stage]:
    """Open a stage and lock it; continue an interrupted one; write the manifest when the block ends without error.

    A notebook opens its stage with ``**preset.of(name, settings)``, which compares the settings of its cells with the run's.

    Args:
        config: a dataclass or dict; kept in the manifest with ``draw``.
        inputs: names of tables, files or folders of earlier stages (``"04_self_curation-1/decision.json"``); None takes those
            of ``runs.INPUTS``. Their hashes are kept. A stage whose inputs have changed since is emptied and begins anew.
        files: inputs from outside the run, by role; each is a path or several.
        last: whether the stage is done when the block ends. If False, its journals become tables, and a later block of the
            same stage goes on.

    Raises:
        MissingArtifact: an input does not exist.
        ArtifactError: another process is working on the stage, it was begun with another config, it belongs to the
            origin of this fork and is not done there or stale, or the disk is full (the rows written so far are safe).
    """
    files = files or {}
    refuse_missing(files, run)
    told = (asdict(config) if is_dataclass(config) else dict(config or {})) | {"draw": draw}
    of_stages = {wanted: digest(_found(run, wanted)) for wanted in (runs.INPUTS[name] if inputs is None else inputs)}
    settings = runs.plain({"config": told, "inputs": of_stages | runs.hashes(files)})
    folder, what = stage_folder(run, name), f"{name} of run {run!r}"
    borrowed = folder.parent != runs.folder(run)
    if borrowed and not manifest(run, name):
        refuse_borrowed(run, name, "not done")
    folder.mkdir(parents=True, exist_ok=True)
    with guarded(folder / ".lock", what):
        done = _continued(run, name, folder, settings, borrowed)
        started, opened = time.perf_counter(), Stage(run, name, folder, done)
        yield opened
        if not done and not last:
            opened._compact()
        elif not done:
            record = {"stage": name, "run": run, **settings, "files": runs.plain(files)}
            record |= {"outputs": opened._close(), **opened._of_models(), **opened.facts}
            write_json(folder / "manifest.json", record | _circumstances(time.perf_counter() - started))
            for path in (folder / "progress.json", *opened._spent()):
                path.unlink(missing_ok=True)


def _continued(run: str, name: str, folder: Path, settings: dict, borrowed: bool) -> bool:
    """Whether the stage is done. Removes results that belong to other inputs, and writes ``settings`` to the folder."""
    earlier = read_json(folder / "settings.json")
    written = {path.name for path in folder.iterdir()} - {"settings.json", "progress.json", ".lock"}
    if earlier and written:
        changed = runs.differences(earlier["config"], settings["config"])
        if changed and not all(file.startswith(CHECK) for file in written):
            _refuse_changed_config(run, name, earlier["config"], settings["config"])
        others = runs.differences(earlier["inputs"], settings["inputs"])
        if (changed or others) and borrowed:
            refuse_borrowed(run, name, f"stale: {[*changed, *others][0]}")
        if changed or others:
            said = f"{', '.join([*changed, *others])} changed since it was begun"
            warnings.warn(f"{name} of run {run!r} begins anew: {said}", stacklevel=5)
            _empty(folder)
    done = (folder / "manifest.json").exists()
    if not done:
        write_json(folder / "settings.json", settings)
    return done


def decision(run: str, stage_name: str, default: dict | None = None) -> dict:
    """The decision that belongs to a stage's ratings (``curation.Decision.record``).

    A ``decision.json`` that was edited by hand is the reader's: it is obeyed, and its ``made_by`` becomes ``reader``.

    Args:
        default: the preset's decision. It, or what the reader decided on iteration 1 (``runs.default_decision``), is written
            into this run where there is no decision yet, or where an earlier default stands; but not where the model trained on
            the decision belongs to another run. None only reads.

    Raises:
        MissingArtifact: there is neither a decision nor a default.
    """
    path, own = locate(run, f"{stage_name}/decision.json"), runs.folder(run) / stage_name / "decision.json"
    made = read_json(path) | ({"made_by": "reader"} if runs.is_readers(path) else {})
    trained = stage_folder(run, stage_name.replace("04_self_curation", "05_forward_model"))
    decides = default is not None and trained.parent == runs.folder(run)
    if decides and made.get("made_by") != "reader":
        default = runs.default_decision(run, stage_name, default)
        if made != default or path == own:
            write_json(own, default)
            write_json(own.with_name(runs.DEFAULT), default)
        return default
    if not made:
        notebook = f"notebooks/{notebook_of(stage_name)}.ipynb"
        raise MissingArtifact(f"no decision in {stage_folder(run, stage_name)}: run {notebook} with RUN = {run!r}")
    if decides and path == own and made != read_json(own):
        write_json(own, made)
    return made


def _empty(folder: Path) -> None:
    """Remove everything that a stage wrote, the manifest first. The decision stays."""
    (folder / "manifest.json").unlink(missing_ok=True)
    for path in folder.iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _circumstances(seconds: float) -> dict[str, Any]:
    names = ("torch", "transformers", "peft", "bitsandbytes", "pandas")
    versions = {"python": sys.version.split()[0]} | {name: version(name) for name in names}
    unit = 2**20 if sys.platform == "darwin" else 2**10  # macOS counts in bytes, Linux in KiB
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit
    device = machine.device_name() if sys.modules.get("torch") else "cpu"  # a stage without a model need not import torch
    return {"seconds": round(seconds, 2), "peak_memory_mb": memory, "device": device, "versions": versions}
