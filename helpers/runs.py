"""Runs: their names, folders, forks and status.

A *run* is a folder ``artifacts/<run>/``. A *stage* is a folder in it, named after its notebook. A *fork* is a run that begins
at a later stage: it reads the earlier stages in the run it was forked from (its origin) and never writes there. ``run.json``
holds a run's preset, its draw, the settings that were changed for this run alone and, for a fork, its origin.
"""

import fcntl
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from helpers import curation
from helpers.config import FREE, Preset
from helpers.tables import content_id, content_of, digest, gone, read_json, write_json

_CANDIDATES = ("01_corpus/segments", "02_seed_models/seed_pairs", "03_self_augmentation/candidates")

INPUTS = {
    "01_corpus": (),
    "02_seed_models": (),
    "03_self_augmentation": ("01_corpus/segments", "02_seed_models/backward"),
    "04_self_curation-1": (*_CANDIDATES, "02_seed_models/backward", "02_seed_models/m0"),
    "05_forward_model-1": (*_CANDIDATES, "04_self_curation-1/ratings", "04_self_curation-1/decision.json"),
    "04_self_curation-2": (*_CANDIDATES, "02_seed_models/backward", "05_forward_model-1/m1"),
    "05_forward_model-2": (*_CANDIDATES, "04_self_curation-2/ratings", "04_self_curation-2/decision.json"),
    "06_evaluation": (
        "03_self_augmentation/candidates", "02_seed_models/m0", "05_forward_model-1/m1", "05_forward_model-2/m2",
        "04_self_curation-1/ratings", "04_self_curation-2/ratings",
    ),
}  # fmt: skip
"""The files of earlier stages that each stage reads. The order is that of the method: M_0, A^(1), M_1, A^(2), M_2."""

STAGES = tuple(INPUTS)

RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")

ABLATION = "ablation.json"
"""In the folder of an ablation: ``runs``, the names of its runs, the ``command`` that made it, and ``notes`` in sentences."""

DEFAULT = "default.json"
"""Beside a ``decision.json``: the default that the kit wrote there. A decision that differs from it was edited by hand."""

COMMITTED = ("mini-base", "mini-web", "reference")
"""Folders under ``artifacts/`` that no run may claim or delete."""


class ArtifactError(RuntimeError):
    """A run or stage cannot be used as asked; the message names the cause and the remedy."""


class MissingArtifact(ArtifactError):
    """A table or stage that is needed is not there."""


def root() -> Path:
    """The folder of all runs: ``$KIT_ARTIFACTS`` (relative to the repository), else ``artifacts/`` beside the package."""
    return Path(__file__).resolve().parents[1] / (os.environ.get("KIT_ARTIFACTS") or "artifacts")


def folder(run: str) -> Path:
    """The folder of a run, whether it exists or not.

    Raises:
        ArtifactError: the name would lead out of the artifacts folder, or the kit's own files lie there.
    """
    if not RUN_NAME.fullmatch(run):
        raise ArtifactError(f"{run!r} is not a run name: use at most 64 of a-z, A-Z, 0-9, '_', '.', '-', no dot first")
    if run in COMMITTED:
        raise ArtifactError(f"{run!r} is no name for a run: the kit's own files lie there; choose another name")
    return root() / run


def settings(run: str) -> dict[str, Any]:
    """The content of ``run.json`` (preset, draw, changes and, for a fork, its origin); empty where there is none."""
    return read_json(folder(run) / "run.json")


def require(run: str) -> dict[str, Any]:
    """The settings of a run that has to be there: preset, draw, changes and, for a fork, its origin.

    Raises:
        MissingArtifact: there is no such run.
        ArtifactError: its ``run.json`` lacks what every run has, or holds a value that no run has.
    """
    told = settings(run)
    if not told:
        raise MissingArtifact(f"there is no run {run!r} in {root()}: `python -m helpers runs` lists those there are")
    wanted = ("preset", "draw", "from") if "fork_of" in told else ("preset", "draw")
    if missing := [key for key in wanted if key not in told]:
        raise ArtifactError(f"{folder(run) / 'run.json'} has no {missing[0]!r}: delete it or restore it")
    if problem := _unusable(run, told):
        raise ArtifactError(f"{folder(run) / 'run.json'} {problem}: delete it or restore it")
    return told


def _unusable(run: str, told: dict[str, Any]) -> str:
    """The reason why no run has such settings; empty where they can be used."""
    for key, kind in (("preset", str), ("draw", int), ("changes", dict), ("fork_of", str)):
        if key in told and (not isinstance(told[key], kind) or isinstance(told[key], bool)):
            return f"has the {key} {told[key]!r}, which is no {kind.__name__}"
    if "fork_of" in told and told["from"] not in STAGES:
        return f"has a fork from {told['from']!r}, which is no stage"
    met, origin = {run}, told.get("fork_of")
    while origin and origin not in met:
        met.add(origin)
        origin = settings(origin).get("fork_of")
    return "makes the run a fork of itself" if origin else ""


def begin(run: str, preset: str, draw: int, changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """Begin a run: write its preset, draw and changes to ``run.json``, and return the content of that file.

    Args:
        changes: settings of this run alone, by path, as ``{"corpus.filters.min_chars": 90}``; None leaves them as they are.

    A preset's file and inputs that are gone from where they lay may be named anew. The stages compare their content.

    Raises:
        ArtifactError: the run was begun with another preset, draw or changes.
    """
    asked = {"preset": preset, "draw": draw, "changes": changes or {}}
    told = settings(run)
    if not told:
        write_json(folder(run) / "run.json", asked)
        return asked
    found = told | ({"preset": preset} if _has_moved(told["preset"], preset) else {})
    if _have_moved(old := told.get("changes", {}), asked["changes"]):
        asked["changes"] = found["changes"] = old | asked["changes"]
    compared = [key for key in asked if key != "changes" or changes is not None]
    if wrong := [key for key in compared if found.get(key, {}) != asked[key]]:
        raise ArtifactError(
            f"run {run!r} was begun with {wrong[0]} {told.get(wrong[0])!r} and is now asked for {asked[wrong[0]]!r}: "
            "use the former again, or choose another name for the run"
        )
    if found != told:
        write_json(folder(run) / "run.json", found)
    return found


def _has_moved(old: str, new: str) -> bool:
    """Whether a preset is the reader's file that lay elsewhere before. Its settings are compared stage by stage."""
    return old.endswith(".py") and not Path(old).exists() and Path(old).name == Path(new).name


def _have_moved(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether all changes that differ are inputs that are gone from where they lay. Those not named again stay as they are."""
    differing = [key for key, value in new.items() if old.get(key) != value]
    return bool(differing) and all(gone(old.get(key)) for key in differing)


def names() -> list[str]:
    """All runs, by name."""
    found = root().iterdir() if root().is_dir() else ()
    fit = (p for p in found if RUN_NAME.fullmatch(p.name) and p.name not in COMMITTED)
    return sorted(p.name for p in fit if (p / "run.json").exists())


def readable() -> list[str]:
    """The runs whose ``run.json`` is as it should be, by name."""
    found = []
    for name in names():
        with suppress(ValueError, ArtifactError):
            require(name)
            found.append(name)
    return found


def forks(run: str) -> list[str]:
    """The runs that were forked from this one."""
    return [name for name in readable() if name != run and settings(name).get("fork_of") == run]


def notebook_of(stage: str) -> str:
    """The notebook that writes a stage: ``04_self_curation`` for ``04_self_curation-2``."""
    return re.sub(r"-\d+$", "", stage)


def stage_folder(run: str, stage: str) -> Path:
    """The folder of a stage; a fork reads the stages before its starting point in the run it was forked from."""
    told = settings(run)
    if (origin := told.get("fork_of")) and stage in STAGES and STAGES.index(stage) < STAGES.index(told["from"]):
        return stage_folder(origin, stage)
    return folder(run) / stage


def fork(run: str, origin: str, start: str, *, decision: dict | None = None, changes: dict[str, Any] | None = None) -> None:
    """Make ``run`` a fork of ``origin``: it reads the stages before ``start`` there, and has the later ones itself.

    Args:
        decision: for a fork that starts with a forward model, the decision which pairs are trained on
            (``curation.Decision.record``). It is kept in the fork, and the origin's stays as it is. None takes the origin's.
        changes: settings that differ from the origin's, by path.

    Raises:
        ArtifactError: the run exists as something else, ``start`` is no stage, or the origin does not exist.
    """
    if start not in STAGES:
        raise ArtifactError(f"no stage {start!r}; the stages are {', '.join(STAGES)}")
    if run == origin:
        raise ArtifactError(f"a fork needs a name of its own: {run!r} is the run it is to be forked from")
    told = require(origin) | {"fork_of": origin, "from": start}
    told["changes"] = told.get("changes", {}) | (changes or {})
    if settings(run) not in ({}, told):
        raise ArtifactError(f"the run {run!r} exists and is not this fork of {origin!r}: choose another name")
    if decision:
        place = folder(run) / start.replace("05_forward_model", "04_self_curation") / "decision.json"
        if read_json(place) not in ({}, decision):
            raise ArtifactError(f"the run {run!r} exists with another decision: choose another name")
        write_json(place, decision)
    write_json(folder(run) / "run.json", told)


def locate(run: str, name: str) -> Path:
    """The path of ``stage/name``, whether it exists or not. A table is named without ``.parquet``, any other file in full.

    A fork may have a ``decision.json`` of its own for a stage that it reads in its origin; without one the origin's counts.
    """
    stage, _, rest = name.partition("/")
    path = stage_folder(run, stage) / rest
    if rest == "decision.json":
        own, borrowed = folder(run) / name, path.parent.parent != folder(run)
        path = locate(settings(run)["fork_of"], name) if borrowed and not own.exists() else own
    table = path.with_name(path.name + ".parquet")
    return table if table.exists() else path


def labels(run: str) -> Path:
    """The file of a run's labels. It lies in the run that holds the candidates, so a fork shares the labels of its origin."""
    return stage_folder(run, "03_self_augmentation").parent / "labels.jsonl"


def manifest(run: str, stage: str) -> dict[str, Any]:
    """The manifest of a finished stage; empty where the stage is not done."""
    return read_json(stage_folder(run, stage) / "manifest.json")


def is_readers(path: Path) -> bool:
    """Whether the ``decision.json`` at a path is the reader's: it says so, or was edited since the kit wrote a default."""
    made, written = read_json(path), read_json(path.with_name(DEFAULT))
    return bool(made) and (made.get("made_by") == "reader" or made != (written or made))


def default_decision(run: str, stage: str, of_preset: dict[str, Any]) -> dict[str, Any]:
    """The decision until the reader makes one: in iteration 2 the reader's on iteration 1, if there is one, else the preset's.

    A veto is about a pair, so it holds in both iterations, as the rule does. ``vetoed`` and ``added`` win over the labels.
    """
    first = locate(run, "04_self_curation-1/decision.json")
    if stage != "04_self_curation-2" or not is_readers(first):
        return of_preset
    told = read_json(first)
    vetoed, added, bad, good = (set(told.get(name, ())) for name in ("vetoed", "added", "bad", "good"))
    return told | {"vetoed": sorted(vetoed | bad - added), "added": sorted(added | good - vetoed), "made_by": curation.FIRST}


def expected(run: str, stage: str, preset: Preset) -> dict[str, dict]:
    """The settings and the hashes of the inputs that a stage would have if it were run now."""
    told = preset.of(stage)
    inputs = {name: digest(locate(run, name)) for name in INPUTS[stage]}
    decided = stage.replace("05_forward_model", "04_self_curation")
    if (name := f"{decided}/decision.json") in inputs:
        path, default = locate(run, name), default_decision(run, decided, curation.default(preset.curation).record())
        if path.exists() and not is_readers(path) and read_json(path) != default:
            inputs[name] = content_id(str(default))  # matches no file's hash, because the default has changed
    return {"config": told["config"] | {"draw": told["draw"]}, "inputs": inputs | hashes(told["files"])}


def hashes(files: dict[str, Any]) -> dict[str, str]:
    """The hash of each input from outside the run, by role, the setting's name (``pages``; ``path`` is the base)."""
    return {role: content_of(named) for role, named in files.items()}


def differences(old: dict, new: dict) -> list[str]:
    """Names of the settings that differ (``training.steps`` for one inside another), but for those in ``config.FREE``."""
    old, new = (pd.json_normalize([each], sep=".").to_dict("records")[0] if each else {} for each in (old, new))
    named = [key for key in sorted(old.keys() | new.keys()) if key.rpartition(".")[2] not in FREE]
    return [key for key in named if old.get(key) != new.get(key)]


def status(run: str, preset: Preset | None = None) -> pd.DataFrame:
    """The state of each stage, one row a stage: state, rows of its tables, seconds, and the run that holds it.

    The states are ``done``, ``running`` (with its progress), ``partial`` (begun and not finished), ``missing``, and
    ``stale: WHY``. A stage is stale where an input has changed since it was done, where a setting has changed (looked at only
    with ``preset``), or where an earlier stage is stale.
    """
    rows, stale = [], set()
    for name in STAGES:
        place, record = stage_folder(run, name), manifest(run, name)
        if record:
            state = _changed(run, name, record, preset, stale)
            counts = {key: out["rows"] for key, out in record["outputs"].items() if out["rows"] is not None}
        else:
            state = _unfinished(run, name, place)
            counts = {path.stem: len(path.read_bytes().splitlines()) for path in sorted(place.glob("*.jsonl"))}
        if state.startswith("stale"):
            stale.add(name)
        table, where = ", ".join(f"{key} {count:,}" for key, count in counts.items()), place.parent.name
        rows.append({"stage": name, "state": state, "rows": table, "seconds": record.get("seconds"), "run": where})
    return pd.DataFrame(rows).set_index("stage")


def _unfinished(run: str, stage: str, place: Path) -> str:
    if locked(place):
        return f"running {progress(run, stage)}".strip()
    return "partial" if (place / "settings.json").exists() else "missing"


def progress(run: str, stage: str) -> str:
    """The progress of a running stage in words: what it does, the share done, the minutes left. Empty where it is unknown."""
    told = read_json(stage_folder(run, stage) / "progress.json")
    if not told:
        return ""
    left = "" if told["seconds_left"] is None else f", {told['seconds_left'] / 60:.0f} min left"
    return f"{told['what']} {told['done'] / told['total']:.0%}{left}"


def _changed(run: str, name: str, record: dict, preset: Preset | None, stale: set[str]) -> str:
    """``done``, or ``stale`` with the reason."""
    if preset is None:
        inputs = {key: digest(locate(run, key)) if "/" in key else old for key, old in record["inputs"].items()}
        now = record | {"inputs": inputs}
    else:
        now = plain(expected(run, name, preset))
    if changed := differences(record["config"], now["config"]):
        return f"stale: {changed[0]}"
    old, new = record["inputs"], now["inputs"]
    if changed := [key for key in old | new if new.get(key, "") != old.get(key, "")]:
        return f"stale: {changed[0]}"
    if before := [key.partition("/")[0] for key in record["inputs"] if key.partition("/")[0] in stale]:
        return f"stale: {before[0]}"
    return "done"


def plain(value: Any) -> Any:
    """A value as JSON would give it back: tuples become lists, paths become text."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def locked(place: Path) -> bool:
    """Whether a process is working on a stage."""
    if not (place / ".lock").exists():
        return False
    with (place / ".lock").open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # the disk has no file locks
            return False
    return False
