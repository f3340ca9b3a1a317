"""The results of an ablation as a page of Markdown: tables and sentences, every number from its grades, none typed."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from helpers import presets, runs, tables
from helpers.experiments import arms, report, results
from helpers.experiments.results import Measured
from helpers.figures import defects as mistakes
from helpers.figures import paper
from helpers.prompts import INFERENCE_TAGS
from helpers.stats import Estimate, interval, score
from helpers.stats.selection import precision_recall


def write(name: str) -> Path:
    """Write the ``README.md`` of an ablation into its folder, with its pictures; returns its path.

    Raises:
        MissingArtifact: there is no such ablation.
    """
    told = tables.read_json(runs.folder(name) / runs.ABLATION)
    if not told:
        raise runs.MissingArtifact(f"there is no ablation {name!r} in {runs.root()}: `python -m helpers ablate` makes one")
    measured, grades = results.of(name), pd.read_parquet(runs.folder(name) / "grades.parquet")
    own = replace(measured, arms=measured.grades)
    parts = [
        f"# What {name} shows",
        *_made(told, own),
        "## Scores",
        *_scores(grades, own),
        "## Differences",
        *_differences(grades, own, runs.folder(name)),
        *_by_mode(own),
        *_sizes(own, runs.folder(name)),
        *_mistakes(own, runs.folder(name)),
        *_selection(own, told["runs"]),
    ]
    if own.preset.truth.limits:
        parts += ["## Limits", "\n".join(f"- {limit}" for limit in own.preset.truth.limits)]
    path = runs.folder(name) / "README.md"
    path.write_text("\n\n".join(part for part in parts if part) + "\n", "utf-8")
    return path


def number(value: float, *, signed: bool = False) -> str:
    """A score between -1 and 1 as tables print it: ``.215``, ``-.030``; any other with its whole part."""
    text = f"{value:+.3f}" if signed else f"{value:.3f}"
    return text.replace("0.", ".", 1) if abs(value) < 0.9995 else text


def estimate(found: Estimate | pd.Series, *, signed: bool = False) -> str:
    """An estimate with its interval: ``+.096 [+.038, +.151]``, or ``+.096 [too few to tell]``."""
    if found.low != found.low:
        return f"{number(found.value, signed=signed)} {interval(found.low, found.high)}"
    value, low, high = (number(getattr(found, each), signed=signed) for each in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(' '.join(str(cell).split()) for cell in line)} |" for line in lines)


def _groups(grades: pd.DataFrame, measured: Measured) -> dict[str, pd.DataFrame]:
    """The grades of the ablation's first grader under its inference mode: families not in the seed, and in it."""
    first = grades[grades.grader == measured.grades.grader.iloc[0]]
    return report.groups(report.under_mode(first, measured.preset.evaluation.mode))


def _made(told: dict, measured: Measured) -> list[str]:
    """How it was made, and what its numbers are."""
    preset, rows = measured.preset, measured.asked
    training, seed = preset.forward.training, preset.seed_models.forward
    last = runs.manifest(told["runs"][0], "05_forward_model-1")
    precision, families = last["training"]["precision"], rows.family.nunique()
    of = f", {families} families" if families < rows.prompt_id.nunique() else ""
    draws = len(told["runs"])
    where = "families that are not in the seed" if preset.truth.known else "all prompts"
    computed = f"Computed in {precision} on {last['device']}, base in {'4 bits' if preset.base.four_bit else precision}, "
    return [
        f"Made by `{told['command']}`, {draws} draw{'s' if draws > 1 else ''}. " + " ".join(told["notes"]),
        f"The score is the {measured.unit}. It is read on {where} ({rows.prompt_id.nunique():,} prompts{of}), under the mode "
        f"`{preset.evaluation.mode}` unless something else is said. Intervals are 95 %.",
        computed + f"{training.steps} steps of {training.batch} pairs for every arm with web pairs, learning rate "
        f"{training.learning_rate:g} to {training.final_learning_rate:g} (M_0: {seed.steps} steps, {seed.learning_rate:g}); "
        f"{', '.join(f'{name} {each}' for name, each in last['versions'].items())}.",
    ]


def _scores(grades: pd.DataFrame, measured: Measured) -> list[str]:
    groups = _groups(grades, measured)
    names = report.present(next(iter(groups.values())))
    rows = [[arms.label(arm), arms.named(arm).rule, *(estimate(score(rows, arm)) for rows in groups.values())] for arm in names]
    return [table(["", "what it is trained on", *groups], rows)]


def _differences(grades: pd.DataFrame, measured: Measured, folder: Path) -> list[str]:
    groups = _groups(grades, measured)
    found = {name: report.contrasts(rows).set_index(["arm", "baseline"]) for name, rows in groups.items()}
    first = next(iter(found.values()))
    if first.empty:
        return []
    rows = [
        [
            f"{arms.label(arm)} minus {arms.label(other)}",
            *(estimate(each.loc[arm, other], signed=True) for each in found.values()),
        ]
        for arm, other in first.index
    ]
    said = report.findings(first.reset_index())
    alt = "Differences between arms with 95 % intervals; the table has the numbers."
    picture = f"![{alt}](differences.png)" if (folder / "differences.png").exists() else ""
    return [table(["", *groups], rows), picture, "So, for this base and these pages:", "\n".join(f"- {each}." for each in said)]


def _by_mode(measured: Measured) -> list[str]:
    """Arms that answered under several of the paper's modes."""
    grades = measured.grades[measured.grades["mode"].isin(list(INFERENCE_TAGS))]
    modes = [mode for mode in INFERENCE_TAGS if mode in set(grades["mode"])]
    several = [name for name in arms.in_order(grades.arm) if len(set(grades[grades.arm == name]["mode"])) > 1]
    if not several:
        return []
    rows = []
    for name in several:
        own = grades[grades.arm == name]
        asked = {mode: own[own["mode"] == mode] for mode in modes}
        rows.append([arms.label(name), *(estimate(score(each, name)) if len(each) else "" for each in asked.values())])
    return ["## By inference mode", table(["", *(paper.MODES[mode] for mode in modes)], rows)]


def _sizes(measured: Measured, folder: Path) -> list[str]:
    """Scores of data sets at several sizes, and what the figures say of them."""
    sets = {"quality": results.QUALITY, "joint": results.JOINT, "efficiency": results.EFFICIENCY}
    found = {name: results.by_size(measured, chosen, web_alone=name == "quality") for name, chosen in sets.items()}
    if found["quality"] is None:
        return []
    parts = ["## Quality and quantity"]
    for name, rows in found.items():
        if rows is None:
            continue
        counts = sorted(set(rows.pairs))
        lines = []
        for dataset, own in rows.groupby("dataset", sort=False):
            cells = [own[own.pairs == count].assign(arm=dataset) for count in counts]
            lines.append([dataset, *(estimate(score(each, dataset)) if len(each) else "" for each in cells)])
        figure = getattr(paper, name)(rows, unit=measured.unit)
        paper.save(figure, folder, name)
        of = "web pairs" if name == "quality" else "all training pairs"
        parts += [
            table([of, *(f"{count:,}" for count in counts)], lines),
            f"![{figure.finding}]({name}.png)",
            f"{figure.finding}.",
        ]
    alpha = paper.scaling(results.at_several_sizes(found["efficiency"]), unit=measured.unit)
    paper.save(alpha, folder, "scaling")
    return [*parts, f"{alpha.finding}."]


def _mistakes(measured: Measured, folder: Path) -> list[str]:
    """What each mistake of a re-implementation does to M_1 minus M_0."""
    rows = results.mistakes(measured)
    if rows is None:
        return []
    found, figure = mistakes.gains(rows), mistakes.defects(rows, unit=measured.unit)
    paper.save(figure, folder, "defects")
    lines = [
        [
            each.label,
            each.what,
            estimate(each.m_0),
            estimate(each.m_1),
            estimate(each.gain, signed=True),
            estimate(each.change, signed=True),
        ]
        for each in found
    ]
    head = ["", "what is done", "M_0", "M_1", "M_1 minus M_0", "the same minus that of the first row"]
    return [
        "## Do known mistakes explain a failed re-implementation?",
        table(head, lines),
        f"![{figure.finding}](defects.png)",
        f"{figure.finding}.",
    ]


def _selection(measured: Measured, names: Sequence[str]) -> list[str]:
    """How many of the pairs that each selector kept are right, by draw."""
    parts = []
    for name in names:
        told = runs.settings(name)
        preset = presets.of_run(name, told["preset"], told["draw"])
        selected, _ = results.selections(replace(measured, run=name, preset=preset))
        if selected is not None:
            parts.append(precision_recall(selected, resamples=2).assign(draw=told["draw"]))
    if not parts:
        return []
    found = pd.concat(parts)
    rows = []
    for selector, own in found[found.measure == "precision"].groupby("selector", sort=False):
        recall = found[(found.selector == selector) & (found.measure == "recall")].value
        rows.append([selector, _range(own.value), _range(recall), _range(own.selected / own.n), _range(own.good / own.n)])
    head = ["selector", "right among those kept", "kept among the right", "kept", "right in the pool"]
    return ["## What the selectors keep", "Shares; over draws, from the lowest to the highest.", table(head, rows)]


def _range(values: pd.Series) -> str:
    low, high = number(values.min()), number(values.max())
    return low if low == high else f"{low} to {high}"
