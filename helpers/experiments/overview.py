"""All runs in one table, the stages of one, and two runs beside each other."""

import math

import pandas as pd

from helpers import curation, presets, runs, stages, tables
from helpers.widgets import ComparePanel, RunPanel
from helpers.widgets import compare as beside


def runs_table() -> pd.DataFrame:
    """One row a run: preset, draw, stages done, what is stale, its origin, its forks, megabytes, its first finding.

    A run whose files cannot be read says so under ``stale``.
    """
    table = pd.DataFrame([_row(name) for name in runs.names()]).set_index("run")
    forks = [", ".join(table.index[table["fork of"] == name]) for name in table.index]
    table.insert(table.columns.get_loc("fork of") + 1, "forks", forks)
    return table


def _row(name: str) -> dict[str, object]:
    """A run's row of ``runs_table``, without its forks."""
    try:
        told = runs.require(name)
        found = tables.read_json(runs.folder(name) / "summary.json").get("findings", [])
    except (ValueError, runs.ArtifactError) as error:
        return {"run": name, "preset": "", "draw": "", "done": "", "stale": str(error), "fork of": "", "MB": "", "headline": ""}
    try:
        state = runs.status(name, presets.of_run(name, told["preset"], told["draw"])).state
    except (ValueError, runs.ArtifactError) as error:  # a reader's preset that has moved
        state = pd.Series([f"stale: {error}"])
    size = sum(path.stat().st_size for path in runs.folder(name).rglob("*") if path.is_file())
    return {
        "run": name,
        "preset": told["preset"].rpartition("/")[2],
        "draw": told["draw"],
        "done": f"{(state == 'done').sum()} of {len(runs.STAGES)}",
        "stale": next((each.removeprefix("stale: ") for each in state if each.startswith("stale")), ""),
        "fork of": told.get("fork_of", ""),
        "MB": round(size / 1e6, 1),
        "headline": found[0] if found else "",
    }


def stages_of(run: str) -> pd.DataFrame:
    """One row a stage as ``RunPanel`` wants it; none where there is no such run."""
    told = runs.settings(run)
    if not told:
        return pd.DataFrame()
    try:
        preset = presets.of_run(run, told["preset"], told["draw"])
    except (ValueError, runs.ArtifactError):  # a reader's preset that has moved: what it says now is not known
        preset = None
    shown = runs.status(run, preset).reset_index()
    records = [runs.manifest(run, stage) for stage in shown.stage]
    at_work = [tables.read_json(runs.stage_folder(run, stage) / "progress.json") for stage in shown.stage]
    at_work = [found if state.startswith("running") else {} for found, state in zip(at_work, shown.state, strict=True)]
    return shown.assign(
        memory_mb=[record.get("peak_memory_mb", math.nan) for record in records],
        share=[found["done"] / found["total"] if found else math.nan for found in at_work],
        seconds_left=[found.get("seconds_left") or math.nan for found in at_work],
        usual=[_usual(told["preset"], stage) for stage in shown.stage],
    ).astype({"seconds": float})


def _usual(preset: str, stage: str) -> float:
    """Seconds that a stage took last in a run of a preset; NaN where it never ran."""
    same = [run for run in runs.readable() if runs.settings(run)["preset"] == preset and runs.manifest(run, stage)]
    last = max(same, key=lambda run: (runs.stage_folder(run, stage) / "manifest.json").stat().st_mtime, default=None)
    return runs.manifest(last, stage)["seconds"] if last else math.nan


def stages_panel(run: str) -> RunPanel:
    """The stages of a run as a panel that follows it; of a run that is not there it says how to begin one."""
    command = "make run" if run == "tiny" else f"python -m helpers run --run {run}"
    return RunPanel(run, lambda: stages_of(run), command=command)


def kept(run: str, iteration: int) -> pd.DataFrame:
    """The web pairs that a run trains its M_t on, best first, with their page, score and reason.

    Raises:
        MissingArtifact: the stage is not done.
    """
    stage = f"04_self_curation-{iteration}"
    pairs = tables.pairs(stages.read(run, "03_self_augmentation/candidates"), stages.read(run, "01_corpus/segments"))
    decision = curation.Decision.of(stages.decision(run, stage))
    decided = curation.decide(pairs, stages.read(run, f"{stage}/ratings"), decision)
    return decided[decided.kept].sort_values("score", ascending=False, ignore_index=True)


def settings(run: str) -> dict:
    """What a run was told: preset, draw, the settings of each stage as its manifest has them, and both decisions."""
    told = {"preset": runs.settings(run)["preset"], "draw": runs.settings(run)["draw"]}
    for stage in runs.STAGES:
        told[stage] = runs.manifest(run, stage).get("config", {}) | runs.manifest(run, stage).get("files", {})
        if stage.startswith("04"):
            made = tables.read_json(runs.locate(run, f"{stage}/decision.json"))
            counted = {name: f"{len(made.get(name, []))} pairs" for name in ("vetoed", "added", "bad", "good")}
            told[f"{stage} decision"] = made | counted
    return told


def of_both(first: str, second: str, name: str) -> pd.DataFrame:
    """A table of both runs' evaluations with a column ``run``, under one mode: the paper's, if both have it."""
    both = [stages.read(run, f"06_evaluation/{name}").assign(run=run) for run in (first, second)]
    modes = set(both[0]["mode"]) & set(both[1]["mode"])
    if not modes:
        raise ValueError(f"{first} and {second} were not evaluated under a common inference mode")
    rows = pd.concat(both, ignore_index=True)
    return rows[rows["mode"] == ("both" if "both" in modes else min(modes))]


OF_THE_BASE = ("held_out", "pairwise")
"""Graders whose scores are a base's own: nats a token of its tokenizer, and its verdicts on answers."""


def _common(grades: pd.DataFrame) -> tuple[list[str], str]:
    """The graders whose scores of both runs can be compared, and a sentence on those left out; empty where none is."""
    names = [name for name in grades.grader.unique() if grades[grades.grader == name].run.nunique() == 2]
    bases = {runs.manifest(run, "02_seed_models").get("inputs", {}).get("path") for run in grades.run.unique()}
    if len(bases) == 1 or not (left := [name for name in names if name in OF_THE_BASE]):
        return names, ""
    why = "The runs have different bases, and a base's likelihoods and verdicts are on a scale of its own"
    return [name for name in names if name not in left], f"{why}: not compared by {' and '.join(left)}."


def finished_forks(run: str) -> list[str]:
    """The evaluated forks of a run that trained on something else, the one that was finished last first."""
    trained = [name for name in runs.forks(run) if runs.settings(name)["from"] != "06_evaluation"]
    done = [name for name in trained if (runs.status(name).state == "done").all()]
    ended = {name: (runs.stage_folder(name, "06_evaluation") / "manifest.json").stat().st_mtime_ns for name in done}
    return sorted(done, key=ended.get, reverse=True)


def apart_from(first: str, second: str) -> int:
    """The iteration in which two runs can first keep different pairs: 2 where both read iteration 1 in one run, else 1."""
    told = [f"04_self_curation-1/{name}" for name in ("ratings", "decision.json")]
    return 2 if all(runs.locate(first, name) == runs.locate(second, name) for name in told) else 1


def panel(first: str, second: str, *, iteration: int | None = None) -> ComparePanel:
    """Two runs beside each other, as a panel: settings that differ, the pairs that M_t is trained on, scores, answers.

    Scores are those of the first grader that both have and whose scores can be compared; none are shown where there is none
    because the bases differ.

    Args:
        iteration: t of the pairs; None takes that of ``apart_from``.

    Raises:
        MissingArtifact: one of them is not there, or not evaluated.
        ValueError: they have no grader in common.
    """
    grades, answers = (of_both(first, second, name) for name in ("grades", "answers"))
    graders, note = _common(grades)
    if not graders and not note:
        raise ValueError(f"{first} and {second} have no grader in common: their scores cannot be compared")
    iteration = iteration or apart_from(first, second)
    return ComparePanel(
        (first, second),
        kept(first, iteration),
        kept(second, iteration),
        iteration=iteration,
        settings=(settings(first), settings(second)),
        grades=grades[grades.grader == graders[0]] if graders else None,
        note=note,
        answers=answers,
        prompts=stages.read(first, "06_evaluation/prompts"),
    )


def compare(first: str, second: str) -> str:
    """Two runs in words and tables: settings that differ, overlap of the kept pairs, paired differences of the models.

    Raises:
        MissingArtifact: one of them is not there, or not evaluated.
        ValueError: a run is compared with itself.
    """
    if first == second:
        raise ValueError(f"{first!r} is named twice: a comparison needs two runs")
    for name in (first, second):
        runs.require(name)
    said = ["Settings that differ", beside.settings_that_differ(settings(first), settings(second)).to_string(index=False)]
    both = pd.DataFrame({f"A^({t})": beside.overlap(kept(first, t), kept(second, t)) for t in (1, 2)})
    said += ["", "Pairs kept by both, and by one alone", both.round(2).to_string()]
    grades = of_both(first, second, "grades")
    graders, note = _common(grades)
    for grader in graders:
        graded, names = grades[grades.grader == grader], (first, second)
        rows = beside.apart(graded, names) or beside.differences(graded, names).round(3).to_string(index=False)
        said += ["", f"{grader}: {second} minus {first}, 95 % intervals, one draw", rows]
    said += ["", note] if note else []
    return "\n".join(said)
