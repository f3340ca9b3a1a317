"""Ablations: comparison arms on one draw or several, of which each is a run that the kit's own stages make and resume.

An ablation is asked for (``asked``), told in words before anything is trained (``told``), begun (``begin``), run by whoever
runs stages, and put together (``gather``). A finished run may lend its stages before the evaluation: then only the arms are
trained.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from helpers import evaluation, figures, presets, runs, seed_pairs, stages, stats, tables
from helpers.config import Preset
from helpers.experiments import arms, defects, report
from helpers.experiments import plan as planning
from helpers.presets.ablation import ARMS

SIZES = (150, 300)
"""Web pairs of the arms of other sizes, where no numbers are named; as many as M_1 has are always among them."""

SIZED = ("uncurated", "loose", "kept", "web_uncurated", "web_kept", "seed_only")
"""The arms that are trained at several sizes: v1 Figures 3, 4 and 7."""

WHOLE = ("seed_only", "uncurated", "loose", "web_uncurated", "web_kept")
"""The same with as many pairs as M_1 has, or with all seed pairs; ``kept`` with as many is M_1 itself."""

QUICK = ("uncurated", "rated")
"""The arms of a quick ablation: no curation, and the paper's judge."""

QUICKLY = {
    "corpus.most_segments": 1200,
    "seed_models.forward.steps": 150,
    "curation.value": 300,
    "forward.training.steps": 100,
    "evaluation.per_family": 8,
}
"""What a quick ablation that begins with the pages changes in the preset ``ablation``: half the crawl, half the training."""

EVALUATION = "06_evaluation"


@dataclass(frozen=True)
class Ablation:
    """What was asked for.

    Attributes:
        name: of the ablation; its runs are NAME-draw-0 and so on.
        draws: the draws.
        changes: settings of its runs by path, the arms among them.
        origins: the finished run whose stages before the evaluation each draw reads; empty for runs from the pages on.
        notes: sentences on what it is and what it leaves out.
    """

    name: str
    draws: tuple[int, ...]
    changes: dict
    origins: dict[int, str]
    notes: tuple[str, ...] = ()

    @property
    def runs(self) -> dict[int, str]:
        """The run of each draw."""
        return {draw: f"{self.name}-draw-{draw}" for draw in self.draws}

    def preset(self, draw: int) -> Preset:
        """The settings of a draw's run."""
        told = runs.settings(self.origins[draw]) if self.origins else {"preset": "ablation"}
        return presets.with_changes(presets.find(told["preset"], draw), told.get("changes", {}) | self.changes)


def asked(
    *,
    name: str | None = None,
    draws: Sequence[int] | None = None,
    sizes: Sequence[int] | None = None,
    mistakes: bool = False,
    quick: bool = False,
    fork: str | None = None,
) -> Ablation:
    """An ablation from what the command line says.

    Args:
        name: None is made of what is asked for: ``ablation-sizes``.
        draws: None: those of ``fork``; else 0, 1 and 2, and 0 alone for sizes, mistakes and a quick one.
        sizes: web pairs of the arms at several sizes; an empty list takes ``SIZES``; None has none of these arms.
        mistakes: the arms of ``defects``.
        fork: a finished run, or an ablation whose runs are finished.

    Raises:
        ArtifactError: ``fork`` is no finished run, or has other draws; the name is that of a run.
        ValueError: an arm cannot be made with these settings, a size is below 1, or a quick one is asked for more.
    """
    parts = [part for part, on in (("sizes", sizes is not None), ("defects", mistakes), ("quick", quick)) if on]
    if quick and len(parts) > 1:
        raise ValueError(f"--quick promises ten minutes and --{parts[0]} takes longer: leave one of them out")
    origins = _origins(fork, draws) if fork else {}
    draws = tuple(origins or dict.fromkeys(draws if draws is not None else (0,) if parts else (0, 1, 2)))
    if quick and len(draws) > 1:
        raise ValueError(f"--quick takes one draw, not {len(draws)}: give one to --draws, or fork a run of one draw")
    made = Ablation(name or "-".join(["ablation", *parts]), draws, {}, origins)
    _refuse_taken(made)
    start = made.preset(made.draws[0])
    start.truth.prepare()
    chosen = [*_at_sizes(sizes, start, made), *(defects.ARMS if mistakes else ()), *(QUICK if quick else ())]
    notes: list[str] = []
    changes: dict = {}
    if chosen or origins:
        modes = ("seed", *(defects.MODES if mistakes else ())) if chosen else ("seed", "web", "none")
        chosen = list(dict.fromkeys(chosen)) or _fit(ARMS, start)
        changes = {"evaluation.arms": chosen, "evaluation.other_modes": list(modes)}
    if quick:
        notes.append(f"Quick: one draw; left out are the arms {', '.join(each for each in ARMS if each not in chosen)}.")
        if not origins:
            changes |= QUICKLY
            notes.append("Quick: half the pages, half the steps, 8 prompts a family: these are not the numbers of a whole run.")
    made = replace(made, changes=changes, notes=tuple(notes))
    planning.check(made.preset(made.draws[0]))
    return made


def _refuse_taken(made: Ablation) -> None:
    """Raise ArtifactError where the results would be written into a run's folder, or a name is no name for a run."""
    for name in (made.name, *made.runs.values()):
        runs.folder(name)
    if runs.settings(made.name):
        raise runs.ArtifactError(f"{made.name!r} is a run, whose results an ablation would overwrite: choose another --run")


def _at_sizes(sizes: Sequence[int] | None, preset: Preset, made: Ablation) -> list[str]:
    """The arms at several sizes; none where no sizes are asked for."""
    if sizes is None:
        return []
    if sizes and min(sizes) < 1:
        raise ValueError(f"the size {min(sizes)} is no number of web pairs: give sizes of 1 or more")
    origin = made.origins.get(made.draws[0])
    pairs, _ = seed_pairs.of(preset)
    kept, _ = seed_pairs.split(pairs, preset.seed_models, draw=preset.draw)
    whole = int(preset.curation.value) if preset.curation.rule == "top" else None
    if origin:
        whole = int((stages.read(origin, "05_forward_model-1/training_rows").source == "web").sum())
    if whole and max(sizes or SIZES) > whole:
        raise ValueError(
            f"the size {max(sizes or SIZES):,} is more than the {whole:,} web pairs of M_1: choose smaller --sizes"
        )
    named = [f"{arm}-{size}" for arm in SIZED for size in sorted(set(sizes or SIZES)) if size != whole]
    return [*WHOLE, *(name for name in named if not name.startswith("seed_only") or arms.named(name).size < len(kept))]


def _fit(names: Sequence[str], preset: Preset) -> list[str]:
    """The arms that can be made with a preset."""
    fit = []
    for name in names:
        try:
            arms.find([*fit, name], truth_known=preset.truth.known, judges=preset.curation.judges)
        except ValueError:
            continue
        fit.append(name)
    return fit


def _origins(fork: str, draws: Sequence[int] | None) -> dict[int, str]:
    """The finished runs that lend their stages, by draw."""
    listed = tables.read_json(runs.folder(fork) / runs.ABLATION).get("runs", [fork])
    by_draw = {told["draw"]: name for name in listed if (told := runs.settings(name))}
    if not by_draw:
        runs.require(fork)  # raises: it is no run, and no ablation whose runs are there
    if missing := [draw for draw in draws or () if draw not in by_draw]:
        raise runs.ArtifactError(f"{fork} has no draw {missing[0]}: it has {', '.join(map(str, by_draw))}")
    chosen = {draw: by_draw[draw] for draw in (draws or by_draw)}
    for name in chosen.values():
        states = runs.status(name).state.drop(EVALUATION)
        if unfinished := [stage for stage, state in states.items() if state != "done"]:
            raise runs.ArtifactError(f"{name} has not finished {unfinished[0]}: `python -m helpers run --run {name}` does")
    return chosen


@dataclass(frozen=True)
class Work:
    """What a draw costs: adapters trained before the evaluation, and in it; optimiser steps of both; answers given."""

    before: int
    arms: int
    steps_before: int
    steps: int
    answers: int


def work(made: Ablation) -> Work:
    """The work of one draw."""
    preset = made.preset(made.draws[0])
    settings = preset.evaluation
    chosen = arms.find(settings.arms, truth_known=preset.truth.known, judges=preset.curation.judges)
    prompts = len(evaluation.prompts(settings.prompts, settings, draw=preset.draw))
    answering = [*chosen, *(arms.named(name) for name in ("M_0", "M_1", "M_2"))]
    modes = sum(len(planning.modes_of(arm, settings)) for arm in answering)
    first = preset.seed_models
    steps = [first.backward.steps, first.forward.steps, *[preset.forward.training.steps] * 2]
    return Work(
        before=0 if made.origins else len(steps),
        arms=len(chosen),
        steps_before=0 if made.origins else sum(steps),
        steps=sum(planning.training_of(arm, preset).steps for arm in chosen),
        answers=modes * prompts,
    )


def told(made: Ablation) -> list[str]:
    """The plan in sentences: arms, draws, trainings and answers."""
    settings, each, n = made.preset(made.draws[0]).evaluation, work(made), len(made.draws)
    source = f"stages before the evaluation read in {', '.join(made.origins.values())}" if made.origins else "from the pages on"
    draws = "one draw" if n == 1 else f"{n} draws"
    return [
        f"ablation {made.name}: {draws} ({', '.join(map(str, made.draws))}), {source}",
        f"{len(settings.arms)} arms: {', '.join(settings.arms)}",
        f"{n * (each.before + each.arms):,} trainings, {n * (each.steps_before + each.steps):,} steps",
        f"{n * each.answers:,} answers",
        *made.notes,
    ]


def begin(made: Ablation) -> list[str]:
    """Make the runs of an ablation, or find them as they were begun; returns their names.

    Raises:
        ArtifactError: a run of that name was begun with other settings.
    """
    for draw, run in made.runs.items():
        if made.origins:
            runs.fork(run, made.origins[draw], EVALUATION, changes=made.changes)
        else:
            runs.begin(run, "ablation", draw, made.changes)
    return list(made.runs.values())


def gather(made: Ablation, command: str) -> pd.DataFrame:
    """Put the finished runs of an ablation together in its folder; returns the contrasts of its first grader.

    Written are ``grades.parquet`` (all draws), ``summary.json``, ``differences.png`` and ``ablation.json``, which names the
    runs.

    Args:
        command: that made it, as a reader would type it.
    """
    folder, names = runs.folder(made.name), list(made.runs.values())
    grades = pd.concat([stages.read(run, f"{EVALUATION}/grades") for run in names], ignore_index=True)
    tables.write_table(folder / "grades.parquet", grades)
    preset = made.preset(made.draws[0])
    graded = grades[grades.grader == preset.evaluation.graders[0]]
    summary, shown = report.ablation(graded, mode=preset.evaluation.mode)
    if preset.truth.known:
        judged = pd.concat([stages.read(run, f"{EVALUATION}/judged") for run in names])
        summary["judge_gains"] = stats.judge_gains(judged).to_dict("records")
    tables.write_json(folder / "summary.json", summary)
    tables.write_json(folder / runs.ABLATION, {"runs": names, "command": command, "notes": made.notes})
    unseen = report.headline(graded)
    count = f"{len(names)} draws" if len(names) > 1 else "one draw"
    where = next(iter(report.groups(graded)))
    where = {"all prompts": "All prompts"}.get(where, f"Families {where}")
    title = f"{where} (n = {unseen.family.nunique()}), {count}"
    unit = evaluation.GRADERS[preset.evaluation.graders[0]].score
    figures.differences(shown, title=title, unit=unit).savefig(folder / "differences.png")
    return shown
