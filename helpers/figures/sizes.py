"""The paper's figures over the number of training pairs: quality and quantity, data efficiency, alpha, seed and web pairs."""

import re

import pandas as pd
from matplotlib.figure import Figure

from helpers import paper
from helpers.figures import beside
from helpers.figures.beside import Panel
from helpers.figures.claims import (
    FACTS,
    WIN_RATE,
    at_largest,
    bars,
    claim,
    counted,
    estimates,
    place,
    published_rows,
    single,
)
from helpers.stats.scaling import alpha_fit

SIZES = "This command makes it, with the name of a finished run: python -m helpers ablate --sizes --fork RUN"
"""What makes models trained on several numbers of pairs, in a sentence."""


def _datasets(ours: pd.DataFrame | None) -> list[str]:
    return [] if ours is None or ours.empty else list(dict.fromkeys(ours.dataset))


def _curves(ours: pd.DataFrame | None, unit: str, contrasts: list[tuple[str, str]]) -> tuple[Panel | None, str]:
    """Our panel of scores by data set and size, and the claims about the contrasts whose data sets are there."""
    if ours is None or ours.empty:
        return None, ""
    rows = estimates(ours, ["dataset", "pairs"]).rename(columns={"dataset": "series", "pairs": "x"}).assign(label="")
    there = set(ours.dataset)
    said: dict[str, list[str]] = {}
    for name, other in contrasts:
        if {name, other} <= there:
            found, where = at_largest(ours, name, other)
            said.setdefault(where, []).append(found.replace("without curation", "no curation"))
    finding = ". ".join(f"At {where}: {'; '.join(claims)}" for where, claims in said.items())
    asked = " Models that learned one tag are asked with it." if "mode" in ours and len(set(ours["mode"])) > 1 else ""
    return Panel(counted(ours), rows, unit, bars(ours) + asked), finding


def quality(ours: pd.DataFrame | None, *, unit: str = FACTS, width: float = 7.2) -> Figure:
    """v1 Figure 3: score by number of augmented pairs, curated (A_5, A_4) and not.

    Args:
        ours: grades with dataset (``without curation`` and names of curated sets) and pairs.
    """
    names = [name for name in _datasets(ours) if name != "without curation"]
    panel, finding = _curves(ours, unit, [(name, "without curation") for name in names])
    rows = published_rows(paper.QUALITY, "dataset", "dataset", "win", "pairs").assign(label="")
    rows = rows.assign(low=rows.value - 2.95, high=rows.value + 2.95)
    note = "7B; values read off the picture to ±0.3; bars as drawn there, about ±2.95."
    theirs = Panel(place(paper.QUALITY), rows, WIN_RATE, note)
    return beside.beside(beside.lines, panel, theirs, finding=finding, remedy=SIZES, width=width, height=3.3)


def efficiency(ours: pd.DataFrame | None, *, unit: str = FACTS, width: float = 7.2) -> Figure:
    """v1 Figure 4: score by number of training pairs, one line a data set.

    Args:
        ours: grades with dataset and pairs (all that the model trained on); the first data set is held against the others.
    """
    names = _datasets(ours)
    panel, finding = _curves(ours, unit, [(names[0], name) for name in names[1:]])
    rows = published_rows(paper.DATA_EFFICIENCY, "dataset", "dataset", "win", "pairs").assign(label="")
    note = "7B; values read off the picture to ±0.3; no intervals are published."
    theirs = Panel(place(paper.DATA_EFFICIENCY), rows, WIN_RATE, note)
    return beside.beside(beside.lines, panel, theirs, finding=finding, remedy=SIZES, width=width, height=3.8)


def joint(ours: pd.DataFrame | None, *, unit: str = FACTS, width: float = 7.2) -> Figure:
    """v1 Figure 7: seed pairs only, augmented pairs only (curated and not), and both together.

    Args:
        ours: grades with dataset (``joint``, ``seed only``, ``augmented, no curation``, ``augmented, curated``) and pairs.
    """
    names = [name for name in _datasets(ours) if name not in ("joint", "seed only")]
    panel, finding = _curves(ours, unit, [("joint", "seed only"), *(("joint", name) for name in names)])
    rows = published_rows(paper.DATA_EFFICIENCY, "dataset", "dataset", "win", "pairs").assign(label="")
    rows = rows[rows.series.isin(["Humpback", "Open Assistant"])]
    rows = rows.assign(series=rows.series.map({"Humpback": "joint", "Open Assistant": "seed only"}))
    note = (
        "The picture has no numbers. Drawn are the points of v1 Figure 4 that seem to be its lines joint and seed only; of "
        "augmented pairs alone, the text says that uncurated ones do not help and that curated ones do, less than seed pairs."
    )
    theirs = Panel(place(paper.JOINT_TRAINING), rows, WIN_RATE, note)
    return beside.beside(beside.lines, panel, theirs, finding=finding, remedy=SIZES, width=width, height=3.8)


def scaling(ours: pd.DataFrame | None, *, unit: str = FACTS, width: float = 7.2) -> Figure:
    """v1 Table 3: alpha of w = alpha ln N + C for each data set.

    Args:
        ours: grades with dataset and pairs (N); every data set at two sizes or more.
        unit: of the scores; those that go from 0 to 1 are shown as points of 100, as the paper's win rates are.
    """
    panel, finding = None, ""
    name, times = re.split("[,(]", unit)[0].strip(), 100 if "0 to 1" in unit else 1
    if ours is not None and len(ours):
        table = pd.DataFrame(
            [
                {"label": dataset} | _alpha(own, times)
                for dataset, own in single(ours, ["dataset", "pairs"]).groupby("dataset", sort=False)
            ]
        )
        digits = 1 if times == 100 else 2
        said = [claim(row.label, "0", (row.value, row.low, row.high), digits=digits) for row in table.itertuples()]
        finding = f"Alpha, {'points of 100' if times == 100 else unit} for each e-fold of pairs: {'; '.join(said)}"
        axis = f"alpha: 100 × {name} per ln N" if times == 100 else f"alpha: {unit}, per ln N"
        panel = Panel(counted(ours), table.assign(series=""), axis, bars(ours))
    note = "Win rate, %, per ln N; no intervals are published. Humpback's alpha does not follow from its own points."
    theirs = Panel(place(paper.SCALING), published_rows(paper.SCALING, "dataset", None, "alpha"), "alpha: % per ln N", note)
    return beside.beside(beside.dots, panel, theirs, finding=finding, remedy=SIZES, width=width, height=3.4)


def _alpha(grades: pd.DataFrame, times: float) -> dict[str, float]:
    """The fit of one data set, of ``times`` the score: prompts without a score at one of the sizes are left out."""
    score = grades.assign(score=grades.score.astype(float))
    wide = score.pivot_table(index="pairs", columns=["family", "prompt_id"], values="score").dropna(axis=1)
    fit = alpha_fit(wide.index, times * wide.to_numpy(), groups=wide.columns.get_level_values("family"))
    return {"value": fit.alpha, "low": fit.low, "high": fit.high, "n": wide.shape[1]}
