"""What the instructions ask for: verbs and their objects as an icicle, the paper's Figure 2 without its pies."""

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers import paper
from helpers.figures import COLOURS, beside
from helpers.figures.beside import Panel
from helpers.figures.claims import claim, place
from helpers.figures.verbs import verb_nouns
from helpers.stats import FEWEST_UNITS
from helpers.stats.agreement import wilson

VERBS_SHOWN, NOUNS_SHOWN = 8, 3
"""Verbs of an icicle, and objects of each; the rest is "other". (Self-Instruct's picture has 20 and 4.)"""

SMALLEST = 0.034
"""Share of an icicle's height below which a block has no name: it would not be readable."""

NOUNS_FROM = 0.42
"""Where the column of nouns begins, as a share of an icicle's width."""

OTHER = "other"


def wedges(found: pd.DataFrame) -> pd.DataFrame:
    """Counts of the verbs and nouns of ``verb_nouns``: label (verb), series (noun), value; most frequent first, ``other`` last.

    What is too rare for a block that can be read is in ``other``, whose ``names`` are the most frequent of it.
    """
    least = SMALLEST * len(found)
    verbs = [verb for verb, count in found.verb.value_counts().head(VERBS_SHOWN).items() if count >= least]
    found = found.assign(verb=found.verb.where(found.verb.isin(verbs), OTHER))
    rows = []
    for verb in [*verbs, OTHER]:
        nouns = found[found.verb == verb].noun.value_counts()
        shown = nouns[nouns >= least].head(NOUNS_SHOWN if verb != OTHER else 0)
        rows += [(verb, noun, count, noun) for noun, count in shown.items()]
        if rest := int(nouns.sum() - shown.sum()):
            rows.append((verb, OTHER, rest, ", ".join([*nouns.index.drop(shown.index)[:3], "…"])))
    return pd.DataFrame(rows, columns=["label", "series", "value", "names"])


def diversity(
    ours: pd.DataFrame | None, *, remedy: str = "This command makes it: python -m helpers run", width: float = 7.2
) -> Figure:
    """v1 Figure 2: verbs and objects of the seed's instructions and of the kept ones, and the share that parses.

    Args:
        ours: dataset (the first two are drawn) and instruction.
    """
    theirs = [(row.dataset, ", ".join(row.nouns), float(row.parsed)) for row in paper.DIVERSITY.rows]
    theirs = Panel(
        place(paper.DIVERSITY),
        pd.DataFrame(theirs, columns=["label", "series", "value"]),
        "instructions that parse, %",
        "The paper's nouns are those it names; the counts of its pies and its parser are not published.",
    )
    if ours is None or ours.empty:
        return beside.beside(_shares, None, theirs, finding="", remedy=remedy, width=width, height=3.0)
    names = list(dict.fromkeys(ours.dataset))[:2]
    counts = ours.dataset.value_counts()
    found = {name: verb_nouns(ours[ours.dataset == name].instruction) for name in names}
    panels = {name: _parsed(name, pairs, int(counts[name])) for name, pairs in found.items()}
    stacked = width < beside.TWO_COLUMNS
    with plt.style.context(beside.LOOK):
        shape = {"nrows": 3, "height_ratios": [3, 3, 1.6]} if stacked else {"ncols": 3, "width_ratios": [3, 3, 2]}
        figure, axes = plt.subplots(figsize=(width, 10.4 if stacked else 5.0), **shape)
        plt.close(figure)
        for axis, panel in zip(axes, panels.values(), strict=False):
            icicle(axis, panel, width if stacked else 0.36 * width)
        for axis in axes[len(panels) : 2]:
            axis.set_axis_off()
        beside.draw(axes[2], _shares, theirs._replace(note=""), width if stacked else 0.36 * width)
        figure.supxlabel(beside.wrapped(theirs.note, width, beside.SMALL), fontsize=beside.SMALL)
        finding = _finding(found, counts)
        beside.title(figure, finding, width)
    drawn = {f"this run, {name}": panel for name, panel in panels.items()} | {"the paper": theirs}
    return beside.told(figure, finding, drawn, remedy)


def _parsed(name: str, found: pd.DataFrame, n: int) -> Panel:
    low, high = wilson(len(found), n)
    said = f"{len(found) / n:.0%} of n = {n:,} parse [{low:.0%}, {high:.0%}]"
    return Panel(f"This run, {name}: {said}", wedges(found).assign(n=n), "instructions")


def _finding(found: dict[str, pd.DataFrame], counts: pd.Series) -> str:
    """The share that parses of the second set against the first, and each set's most frequent verb and object."""
    most = {name: " ".join(pairs.value_counts().index[0]) for name, pairs in found.items() if len(pairs)}
    said = "; ".join(f"{name}: most often “{pair}”" for name, pair in most.items())
    if len(most) < 2:
        return said or "No instruction parses"
    (first, a), (second, b) = ((name, len(pairs) / counts[name]) for name, pairs in found.items())
    gap, error = b - a, 1.96 * np.sqrt(a * (1 - a) / counts[first] + b * (1 - b) / counts[second])
    error = error if min(counts[first], counts[second]) >= FEWEST_UNITS else np.nan
    points = tuple(100 * number for number in (gap, gap - error, gap + error))
    parses = claim(f"The share of {second} that parses", f"that of {first}", points, digits=1, unit="points")
    return f"{parses}. {said[0].upper()}{said[1:]}"


def icicle(axes: Axes, panel: Panel, inches: float) -> None:
    """Blocks from top to bottom: verbs on the left, their objects on the right, as high as they are frequent."""
    total, y = panel.rows.value.sum(), 0.0
    axes.set_axis_off()
    axes.set_title(beside.wrapped(panel.title, inches - 0.2, beside.TEXT), fontsize=beside.TEXT, fontweight="normal")
    axes.set(xlim=(0, 1), ylim=(1, 0))
    for at, (verb, nouns) in enumerate(panel.rows.groupby("label", sort=False)):
        fill, letters = ("#D8D8D8", "black") if verb == OTHER else (("#0072B2", "white"), ("#56B4E9", "black"))[at % 2]
        _block(axes, 0, y, nouns.value.sum() / total, f"{verb}  {nouns.value.sum():,}", fill, letters)
        for place_, row in enumerate(nouns.itertuples()):
            fill = "#F0F0F0" if row.series == OTHER else ("#DCEBF5", "#C6DFF0")[place_ % 2]
            name = textwrap.shorten(row.names, 22, placeholder=" …")
            _block(axes, NOUNS_FROM, y, row.value / total, f"{name}  {row.value:,}", fill, "black")
            y += row.value / total


def _block(axes: Axes, x: float, y: float, height: float, name: str, colour: str, ink: str) -> None:
    axes.add_patch(plt.Rectangle((x, y), 1 - x, height, facecolor=colour, edgecolor="white", lw=0.8))
    if height >= SMALLEST:
        axes.text(x + 0.02, y + height / 2, name, va="center", fontsize=beside.SMALL, color=ink, clip_on=True)


def _shares(axes: Axes, panel: Panel) -> None:
    """The share of each data set as a bar under its name and its nouns."""
    rows, lines = panel.rows, []
    for row in rows.itertuples():
        nouns = row.series.split(", ")
        lines.append(f"{row.label}: {row.value:.0f} %\n" + ",\n".join(", ".join(nouns[i : i + 2]) for i in (0, 2)))
    colours = [COLOURS["seed"], COLOURS["kept"]]
    axes.barh(range(len(rows)), rows.value, height=0.25, color=colours)
    for at, line in enumerate(lines):
        axes.text(0, at - 0.16, line, fontsize=beside.SMALL, va="bottom")
    axes.set_yticks([])
    axes.set_ylim(len(rows) - 0.7, -0.9)
    axes.set_xlabel(panel.axis)
