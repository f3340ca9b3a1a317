"""Presets: all settings of a run under one name. A preset is a Python file with a function ``preset(draw)``.

``find`` takes the name of a file in this folder, or the path of a file anywhere. To run the kit on other pages or another
model, nothing in the package has to be edited: a reader's file starts from one of these presets and replaces some settings.
"""

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from helpers import curation, runs, tables
from helpers.config import Evaluation, Preset, located
from helpers.judge import is_path
from helpers.truth import Truth

FOLDER = Path(__file__).parent

KNOWN = tuple(sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__"))
"""The kit's own presets: the files of this folder."""

OWN = {"corpus.pages": "--pages", "seed_models.seed_pairs": "--seed-pairs", "evaluation.prompts": "--prompts"}
"""Settings that name a reader's own texts, each with its option on the command line."""

TEMPLATE = '''"""Settings of a run, begun as a copy of the preset `{start}`.

Relative paths start at this file's folder. Every setting is described in helpers/config.py. Run it with
`python -m helpers run --preset {file}`, or set PRESET to its full path in a notebook.
"""

from dataclasses import replace

from helpers import presets


def preset(draw):
    start = presets.find({start!r}, draw)
    start = presets.with_inputs(
        start,
        base={base!r},  # a folder, a .gguf file or a name on the Hugging Face hub; None keeps that of `{start}`
        pages={pages!r},  # files, folders or hf:// paths: WARC, HTML, text, JSONL, Parquet
        seed_pairs={seed_pairs!r},  # a file of instructions and answers, in most formats people have
        prompts={prompts!r},  # prompts to answer in the evaluation; segments that contain one are rejected
    )
    return replace(
        start,
        name={name!r},
        # For instance, keep the 500 best pairs by the ranks of two likelihoods:
        # curation=replace(start.curation, judge="dual_likelihood", rule="top", value=500),
    )
'''


def describe(name: str) -> str:
    """The first sentence of a preset's file."""
    return (importlib.import_module(f"helpers.presets.{name}").__doc__ or "").partition("\n")[0]


def find(name: str | Path, draw: int = 0) -> Preset:
    """The preset of a name or file, with absolute paths.

    Args:
        name: one of ``KNOWN``, or the path of a Python file with a function ``preset(draw)``. A relative path is looked for in
            the working folder, then in the repository.

    Raises:
        ValueError: there is no such preset, the draw is negative, or the file does not define ``preset``.
    """
    if draw < 0:
        raise ValueError(f"the draw is {draw}: a draw is 0 or more")
    if name in KNOWN:
        module, folder = importlib.import_module(f"helpers.presets.{name}"), located(".")
    else:
        path = _file(name)
        spec = importlib.util.spec_from_file_location(f"preset_{path.stem}", path)
        module, folder = importlib.util.module_from_spec(spec), path.parent
        _executed(path, lambda: spec.loader.exec_module(module))
    if not callable(getattr(module, "preset", None)):
        raise ValueError(f"{name} defines no function preset(draw) that returns a helpers.config.Preset")
    found = _executed(name, lambda: module.preset(draw))
    if not isinstance(found, Preset):
        raise ValueError(f"preset(draw) of {name} returns {found!r} and not a helpers.config.Preset")
    return _absolute(replace(found, draw=draw), folder)


def _executed(path: str | Path, code: Callable[[], Any]) -> Any:
    """The result of running code of a preset's file. Any error becomes one sentence that names the file."""
    try:
        return code()
    except (Exception, SystemExit) as error:
        raise ValueError(f"the preset {path} cannot be used: {type(error).__name__}: {error}") from None


def _file(name: str | Path) -> Path:
    path = Path(name).expanduser()
    for place in (Path.cwd() / path, located(path)):
        if path.suffix == ".py" and place.is_file():
            return place.resolve()
    raise ValueError(f"unknown preset {str(name)!r}; there are {', '.join(KNOWN)}, or the path of a .py file of yours")


def named(name: str | Path) -> str:
    """The name under which a run records its preset: the kit's own by their names, a file by its absolute path."""
    return str(name) if name in KNOWN else str(_file(name))


def of_run(run: str, name: str | Path, draw: int = 0) -> Preset:
    """The preset of a run, with the settings that were changed for this run alone. A run that is new is begun.

    A judge that the preset leaves to the check has its name once the first iteration's judges are checked.

    Raises:
        ArtifactError: the run was begun with another preset or draw.
        ValueError: there is no such preset.
    """
    found = find(name, draw)
    found = with_changes(found, runs.begin(run, named(name), draw).get("changes", {}))
    table = runs.locate(run, "04_self_curation-1/check")
    checked = pd.read_parquet(table) if found.curation.judge == curation.BEST and table.exists() else None
    return replace(found, curation=curation.settled(found.curation, checked))


def with_inputs(
    preset: Preset,
    *,
    base: str | None = None,
    pages: Sequence[str] | None = None,
    seed_pairs: str | None = None,
    prompts: str | None = None,
) -> Preset:
    """A preset with another base, pages, seed pairs or prompts; None keeps what it has.

    Pages that contain one of the prompts are left out (decontamination). Where the truth about a preset's pages is known, it
    grades the answers. It is unknown for other pages and prompts, so the graders for real models replace it.
    """
    return with_changes(preset, inputs(base=base, pages=pages, seed_pairs=seed_pairs, prompts=prompts))


def with_changes(preset: Preset, changes: dict[str, Any]) -> Preset:
    """The preset with the changes (``changed``). If its pages or prompts are replaced, the truth about them is unknown.

    Of other pages nobody knows whether they are in random order, so they are sampled unless the changes say otherwise.
    """
    own = set(changes) & set(OWN)
    preset = changed(preset, ({"corpus.first": False} if "corpus.pages" in own else {}) | changes)
    if preset.truth.known and own:
        if missing := [option for name, option in OWN.items() if name not in own]:
            raise ValueError(
                f"{preset.name} has all its texts from the mini web, and yours cannot be mixed with them: add "
                f"{' and '.join(missing)}"
            )
        evaluation = replace(preset.evaluation, graders=Evaluation.graders, arms=("uncurated",), per_family=None)
        seed_models = replace(preset.seed_models, held_out=60)
        preset = replace(preset, truth=Truth(), evaluation=evaluation, seed_models=seed_models)
    return preset


def inputs(
    *, base: str | None = None, pages: Sequence[str] | None = None, seed_pairs: str | None = None, prompts: str | None = None
) -> dict[str, Any]:
    """The settings that these inputs change, by path."""
    given = {
        "base.path": base,
        "corpus.pages": [pages] if isinstance(pages, str) else pages,
        "seed_models.seed_pairs": seed_pairs,
        "evaluation.prompts": prompts,
        "corpus.prompts": [prompts] if prompts else None,
    }
    return {key: value for key, value in given.items() if value}


def changed(preset: Any, changes: dict[str, Any]) -> Any:
    """The preset with some settings replaced; ``changes`` names them by path: ``{"corpus.filters.min_chars": 90}``.

    Raises:
        ValueError: there is no such setting; the message lists the existing ones.
    """
    known, inner = [each.name for each in fields(preset)], {}
    for path, value in changes.items():
        name, _, rest = path.partition(".")
        if name not in known:
            raise ValueError(f"there is no setting {name!r}; there are {', '.join(known)}")
        inner.setdefault(name, {})[rest] = tuple(value) if isinstance(value, list) else value
    # All changes of one part are applied together, because a part checks that its settings fit each other.
    new = {name: (of.pop("", getattr(preset, name)), of) for name, of in inner.items()}
    return replace(preset, **{name: changed(value, of) if of else value for name, (value, of) in new.items()})


def change(run: str, changes: dict[str, Any]) -> str:
    """Change settings of one run, by path. Returns a sentence that says what to do next.

    If the corpus of the run is not made yet, the run itself gets the settings. Otherwise a new fork gets them, so that a
    manifest always agrees with the data beside it. Other prompts of the evaluation are those of the corpus as well, as with
    ``inputs``.

    Raises:
        ValueError: there is no such setting, or its value is impossible.
    """
    told, changes = runs.settings(run), inputs(prompts=changes.get("evaluation.prompts")) | changes
    changed(find(told["preset"], told["draw"]), told.get("changes", {}) | changes)
    if not runs.manifest(run, runs.STAGES[0]) and "fork_of" not in told:
        tables.write_json(runs.folder(run) / "run.json", told | {"changes": told.get("changes", {}) | changes})
        return "The run has these settings now: run this notebook again from its top."
    name = next(name for n in range(2, 10_000) if not runs.settings(name := f"{run}-{n}"))
    runs.fork(name, run, runs.STAGES[0], changes=changes)
    return f'The run "{run}" stays as it is. "{name}" has these settings: set RUN = "{name}" at the top, and run the notebooks.'


def _absolute(part: Any, folder: Path) -> Any:
    """A preset with absolute paths; relative ones start at ``folder``. A base that is no file there is a name on the hub."""
    new = {}
    for each in fields(part):
        value = getattr(part, each.name)
        if is_dataclass(value) and each.name != "truth":
            new[each.name] = _absolute(value, folder)
        elif each.metadata.get("judges"):
            several = isinstance(value, tuple)
            given = value if several else (value,)
            names = [str(folder / Path(name).expanduser()) if is_path(name) else name for name in given]
            new[each.name] = tuple(names) if several else names[0]
        elif each.metadata.get("file") and value:
            several = isinstance(value, tuple)
            paths = tuple(_located(path, folder, hub=each.name == "path") for path in (value if several else (value,)))
            new[each.name] = paths if several else paths[0]
    return replace(part, **new)


def _located(path: str, folder: Path, *, hub: bool) -> str:
    if "://" in str(path):
        return str(path)
    place = folder / Path(path).expanduser()
    is_local = place.exists() or place.suffix == ".gguf" or str(path).startswith((".", "/", "~", "artifacts/"))
    return str(path) if hub and not is_local else str(place)


def write(path: Path, start: str, **given: Any) -> None:
    """Write a preset for a reader: a short file that starts from the preset ``start`` and names the reader's inputs.

    Raises:
        ValueError: the file exists, or ``start`` is no preset.
    """
    if path.exists():
        raise ValueError(f"{path} exists: choose another name, or edit it")
    if not runs.RUN_NAME.fullmatch(path.stem):
        raise ValueError(f"{path.stem!r} cannot name a run: use letters, digits, '_', '.' and '-' alone")
    if not path.parent.is_dir():
        raise ValueError(f"there is no folder {path.parent} to write {path.name} into: make it first")
    find(start)
    path.write_text(TEMPLATE.format(start=named(start), file=path.name, name=path.stem, **given), "utf-8")
    try:
        find(path)
    except BaseException:
        path.unlink()
        raise
