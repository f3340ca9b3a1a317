"""Runs: their names, folders, forks and status.

A *run* is a folder ``artifacts/<run>/``; a *stage* is a folder in it, named after its notebook. A *fork* reads the stages
before its starting point in the run it was forked from, in place.
"""

import os
import re
from pathlib import Path
from typing import Any

import pandas as pd

from helpers.tables import digest, read_json, write_json

STAGES = (
    "01_corpus", "02_seed_models", "03_self_augmentation", "04_self_curation-1", "05_forward_model-1",
    "04_self_curation-2", "05_forward_model-2", "06_evaluation",
)  # fmt: skip
"""The stages of a run in the order of the method: M_0, A^(1), M_1, A^(2), M_2."""


RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class ArtifactError(RuntimeError):
    """A run or stage cannot be used as asked; the message names the cause and the remedy."""


class MissingArtifact(ArtifactError):
    """A table or stage that is needed is not there."""


def root() -> Path:
    """The folder of all runs: ``$KIT_ARTIFACTS`` where it is set, else ``artifacts/`` beside the package."""
    return Path(os.environ.get("KIT_ARTIFACTS") or Path(__file__).resolve().parents[1] / "artifacts")


def folder(run: str) -> Path:
    """The folder of a run, there or not; ``ArtifactError`` where its name would leave the artifacts folder."""
    if not RUN_NAME.fullmatch(run):
        raise ArtifactError(f"{run!r} is not a run name: use at most 64 of a-z, A-Z, 0-9, '_', '.', '-', no dot first")
    return root() / run


def settings(run: str) -> dict[str, Any]:
    """What ``run.json`` says of a run (preset, seed, and of a fork its origin); empty where there is none."""
    return read_json(folder(run) / "run.json")


def notebook_of(stage: str) -> str:
    """The notebook that writes a stage: ``04_self_curation`` for ``04_self_curation-2``."""
    return re.sub(r"-\d+$", "", stage)


def stage_folder(run: str, stage: str) -> Path:
    """The folder of a stage; a fork reads the stages before its starting point in the run it was forked from."""
    told = settings(run)
    if (origin := told.get("fork_of")) and stage in STAGES and STAGES.index(stage) < STAGES.index(told["from"]):
        return stage_folder(origin, stage)
    return folder(run) / stage


def fork(run: str, origin: str, start: str) -> None:
    """Make ``run`` a fork of ``origin``: stages before ``start`` are read there, in place; the rest is its own.

    Raises:
        ArtifactError: the run exists as something else, or ``start`` is no stage.
    """
    if start not in STAGES:
        raise ArtifactError(f"no stage {start!r}; the stages are {', '.join(STAGES)}")
    if not folder(origin).is_dir():
        raise MissingArtifact(f"there is no run {origin!r} in {root()} to fork")
    told = settings(origin) | {"fork_of": origin, "from": start}
    if folder(run).exists() and settings(run) != told:
        raise ArtifactError(f"the run {run!r} exists and is not this fork of {origin!r}: choose another --run")
    write_json(folder(run) / "run.json", told)


def locate(run: str, name: str) -> Path:
    """The file or folder behind ``stage/name``, there or not: a table without its ending, or any other file.

    A fork uses a ``decision.json`` of its own beside a stage read elsewhere. An absolute path is a file outside the run.
    """
    if Path(name).is_absolute():
        return Path(name)
    stage, _, rest = name.partition("/")
    own = folder(run) / name
    path = own if rest == "decision.json" and own.exists() else stage_folder(run, stage) / rest
    table = path.with_name(path.name + ".parquet")
    return table if table.exists() else path


def manifest(run: str, stage: str) -> dict[str, Any]:
    """The manifest of a finished stage; empty where it is not done."""
    return read_json(stage_folder(run, stage) / "manifest.json")


def status(run: str) -> pd.DataFrame:
    """One row a stage: state (``done``, ``partial``, ``missing``, ``stale: <input>``), rows, seconds, where it lies."""
    rows = []
    for name in STAGES:
        place, record = stage_folder(run, name), manifest(run, name)
        changed = [key for key, value in record.get("inputs", {}).items() if digest(locate(run, key)) != value]
        state = "partial" if (place / "settings.json").exists() else "missing"
        if record:
            state = f"stale: {changed[0]}" if changed else "done"
            counts = {key: out["rows"] for key, out in record["outputs"].items() if out["rows"] is not None}
        else:
            counts = {path.stem: len(path.read_bytes().splitlines()) for path in sorted(place.glob("*.jsonl"))}
        table, where = ", ".join(f"{key} {count:,}" for key, count in counts.items()), place.parent.name
        rows.append({"stage": name, "state": state, "rows": table, "seconds": record.get("seconds"), "run": where})
    return pd.DataFrame(rows).set_index("stage")
