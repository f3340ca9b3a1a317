"""Does curation help? The main differences of a reference run, in numbers, in sentences and as a figure."""

import textwrap
from pathlib import Path

import pandas as pd

from helpers import figures, presets, tables
from helpers.evaluation import GRADERS
from helpers.experiments import report
from helpers.figures import beside, claims
from helpers.stats import interval

MAIN = {
    ("M_1", "uncurated"): "curated pairs (M_1) − pairs at random",
    ("rated", "uncurated"): "curated by the paper's rating − pairs at random",
    ("oracle", "uncurated"): "pairs known to be right − pairs at random",
    ("uncurated", "M_0 (S_a)"): "pairs at random − no web pairs (M_0, asked with S_a)",
    ("M_1", "M_0 (S_a)"): "curated pairs (M_1) − no web pairs (M_0, asked with S_a)",
    ("M_1", "M_0 (no tag)"): "curated pairs (M_1) − no web pairs (M_0, asked without a tag)",
    ("M_1 (no tag)", "M_0 (no tag)"): "curated pairs − no web pairs, both asked without a tag",
    ("M_1 (no tag)", "uncurated (no tag)"): "curated pairs − pairs at random, both asked without a tag",
    ("M_2", "M_1"): "pairs curated twice (M_2) − curated pairs (M_1)",
}
"""The differences that the figure ``curation`` shows, where both arms are there, and what it calls them."""


def graded(folder: Path, *, in_seed: bool = False) -> pd.DataFrame:
    """The grades that the figure ``curation`` rests on: the ablation's where it is there, else the run's.

    Those of the first grader, under the inference mode of the preset, on families not in the seed where they are known.

    Args:
        in_seed: takes the families that seed pairs show instead.
    """
    path = folder / "ablation" / "grades.parquet"
    grades = pd.read_parquet(path if path.exists() else folder / "06_evaluation" / "grades.parquet")
    told = tables.read_json(folder / "run.json")
    mode = presets.find(told["preset"], told["draw"]).evaluation.mode
    asked = report.under_mode(grades[grades.grader == grades.grader.iloc[0]], mode)
    return asked[asked.in_seed] if in_seed else report.headline(asked)


def main_ones(grades: pd.DataFrame) -> pd.DataFrame:
    """The differences named in ``MAIN``: label, value, low, high, prompts, families, draws, note."""
    rows = report.contrasts(grades).set_index(["arm", "baseline"])
    there = [pair for pair in MAIN if pair in rows.index]
    return rows.loc[there].assign(label=[MAIN[pair] for pair in there]).reset_index(drop=True)


def sentences(rows: pd.DataFrame) -> list[str]:
    """What each of the ``main_ones`` says, by its sign and interval."""
    sides = [row.label.split(" − ") for row in rows.itertuples()]
    found = zip(rows.value, rows.low, rows.high, strict=True)
    than = ("better than", "worse than")
    return [
        claims.claim(f"Training on {a}", f"training on {b}", each, than=than) for (a, b), each in zip(sides, found, strict=True)
    ]


def draw(folder: Path) -> None:
    """Write the figure ``curation`` and its numbers into ``figures/``; nothing where no two arms of it are there."""
    grades = graded(folder)
    rows = main_ones(grades)
    if rows.empty:
        return
    first, unit = rows.iloc[0], GRADERS[grades.grader.iloc[0]].score.split(",")[0]
    found = sentences(rows)[0]
    draws = f"{first.draws} draws" if first.draws > 1 else "one draw"
    of = f" of {first.families} task families that no seed pair shows" if first.families < first.prompts else ""
    count = f"{first.prompts:,} prompts{of}, {draws}"
    words, _, estimate = found.rpartition(" (")
    figure = figures.differences(
        rows.assign(note=""), title="\n".join([*textwrap.wrap(words, 48), f"({estimate}", ""]), unit=unit
    )
    figure.axes[0].annotate(count, (0, 1), (0, 4), "axes fraction", "offset points", fontsize=8.5, color="#505050")
    said = (f"{row.label}: {row.value:+.3f} {interval(row.low, row.high)}" for row in rows.itertuples())
    figure.finding, figure.data = found, rows
    figure.alt = f"Differences in {unit} with 95 % intervals, {count}. {'; '.join(said)}."
    beside.save(figure, folder / "figures", "curation")
