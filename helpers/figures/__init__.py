"""One function a figure: DataFrame to Figure. Imports no torch.

Every figure shows n, and intervals where there are any. Titles say what is drawn; what the data say is a sentence computed
beside it. A figure has a white background with a margin, in a dark notebook too: it is a sheet of paper, and looks the same
wherever it is pasted.
"""

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from helpers.stats import interval

_SEED, _POOL, _KEPT, _DROPPED = "#999999", "#56B4E9", "#0072B2", "#D55E00"
COLOURS = {
    **dict.fromkeys(("seed", "M_0", "seed only", "Open Assistant"), _SEED),
    **dict.fromkeys(("candidates", "uncurated", "without curation", "augmented, no curation"), _POOL),
    **dict.fromkeys(("kept", "A_5", "augmented, curated", "M_1", "M_2", "Humpback", "precision"), _KEPT),
    **dict.fromkeys(("dropped", "recall"), _DROPPED),
    "shuffled": "#CC79A7",
    "A_4": "#009E73",
    "joint": "#404040",
    "M_yx": "#7B4173",
    "instructions": "#404040",
    "outputs": "#B08A2E",
    "Vicuna": "#637939",
    "Alpaca-GPT4": "#843C39",
    "WizardLLM": "#5254A3",
    "Alpaca": "#31859B",
    "LIMA": "#A55194",
    "FLAN v2": "#8C6D31",
}
"""One colour a thing, in every figure: the longest of these names that a name begins with decides."""

STYLE = "helpers.kit"


def colour_of(name: str) -> str | None:
    """The colour of the thing that a name begins with; None where it is none of ``COLOURS``."""
    return next((COLOURS[thing] for thing in sorted(COLOURS, key=len, reverse=True) if name.startswith(thing)), None)


def _axes(width: float = 7.2, height: float = 4.2, **kwargs) -> tuple[Figure, plt.Axes]:
    with plt.style.context(STYLE):
        figure, axes = plt.subplots(figsize=(width, height), **kwargs)
    plt.close(figure)  # a figure is shown as a cell's value, not as a side effect
    return figure, axes


def funnel(counts: pd.DataFrame) -> Figure:
    """Segments left after each rule, and how many it dropped. Columns: rule, rows_in, rows_out, dropped.

    Rules that dropped nothing are not drawn; if none did, the figure says so.
    """
    ends = f"{counts.rows_in.iloc[0]:,} parsed segments, {counts.rows_out.iloc[-1]:,} kept" if len(counts) else "No rule ran"
    counts = counts[counts.dropped > 0]
    with plt.style.context(STYLE):
        figure, axes = _axes(height=0.36 * len(counts) + 1.4)
        places = np.arange(len(counts))[::-1]
        axes.barh(places, counts.rows_out, color=COLOURS["candidates"], height=0.7)
        axes.barh(places, counts.dropped, left=counts.rows_out, color=COLOURS["dropped"], height=0.7)
        axes.set_yticks(places, counts.rule.str.replace("_", " "))
        for place, row in zip(places, counts.itertuples(), strict=True):
            axes.annotate(f" −{row.dropped:,}", (row.rows_in, place), va="center", fontsize=9, color="#505050")
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.set_xlabel("segments left after each rule; at the end of a bar, what it dropped")
        axes.set_title(ends)
        axes.margins(x=0.1)
        if counts.empty:
            _instead(axes, "No rule dropped a segment.")
    return figure


def _instead(axes: plt.Axes, words: str) -> None:
    """Write what there is in the place of a drawing that has nothing to show."""
    axes.set_xticks([])
    axes.set_xlabel("")
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", color="#505050")


def lengths(chars: dict[str, pd.Series], published: dict[str, tuple[float, float]]) -> Figure:
    """Histograms of lengths in characters, with the paper's mean and standard deviation beside each name that has one."""
    with plt.style.context(STYLE):
        figure, axes = _axes(height=1.5 * len(chars) + 1.0, nrows=len(chars), sharex=True, squeeze=False)
        low, top = min(series.min() for series in chars.values()), max(series.quantile(0.99) for series in chars.values())
        width = max(1, round((top - low) / 40))  # whole characters, so that no bar covers one more than another
        bins = np.arange(low, top + 2 * width, width)
        for axis, (name, series) in zip(axes[:, 0], chars.items(), strict=True):
            axis.hist(series.clip(upper=bins[-1]), bins=bins, color=COLOURS["candidates"])
            here = f"{name}: n = {len(series):,}, mean {series.mean():,.0f} ± {series.std():,.0f}"
            paper = f"; the paper's {published[name][0]:,.0f} ± {published[name][1]:,.0f}" if name in published else ""
            axis.set_title(here + paper, fontsize=10, fontweight="normal")
            axis.set_yticks([])
            axis.spines["left"].set_visible(False)
            axis.xaxis.set_major_formatter("{x:,.0f}")
        axes[-1, 0].set_xlabel("characters (± one standard deviation); the last bar holds all that are longer")
    return figure


def loss_curves(losses: dict[str, list[tuple[int, float]]], *, of: str = "completion token") -> Figure:
    """Training loss by step, one labelled line a model; ``of`` says what the loss is the mean of."""
    with plt.style.context(STYLE):
        figure, axes = _axes(height=3.4)
        for name, curve in losses.items():
            steps, values = zip(*curve, strict=True)
            (line,) = axes.plot(steps, values, color=colour_of(name))
            said = f" {name}  {values[-1]:.2f}"
            offset = {"xytext": (5, 4), "textcoords": "offset points"}  # above the axis, where a loss near 0 ends
            axes.annotate(said, (steps[-1], values[-1]), **offset, color=line.get_color(), annotation_clip=False)
            axes.plot([steps[-1]], [values[-1]], "o", ms=4, color=line.get_color())
        axes.set_xlabel("optimiser step")
        axes.set_ylabel(f"nats per {of}")
        axes.set_ylim(bottom=0)
        axes.set_xlim(0, 1.02 * max(curve[-1][0] for curve in losses.values()))
        axes.set_title(f"Training loss, mean per {of}")
    return figure


def scores(groups: dict[str, pd.Series], *, threshold: float | None = None, label: str = "score") -> Figure:
    """Histograms of one judge's scores for several groups of pairs (``COLOURS`` names), as shares of each group.

    Each group has a row of its own, because seed pairs that a model has learned by heart share one score, and beside their one
    bar the others would be flat. Where no pair has a score, the figure says so.
    """
    with plt.style.context(STYLE):
        figure, axes = _axes(height=1.2 * len(groups) + 1.4, nrows=len(groups), sharex=True, squeeze=False)
        everything = np.concatenate([series.dropna().to_numpy(float) for series in groups.values()])
        bins = np.linspace(everything.min(), everything.max() + 1e-9, 50) if len(everything) else 50
        for axis, (name, series) in zip(axes[:, 0], groups.items(), strict=True):
            series = series.dropna().astype(float)
            weights = np.full(len(series), 1 / max(1, len(series)))
            axis.hist(series, bins=bins, weights=weights, color=COLOURS[name])
            axis.set_title(f"{name} (n = {len(series):,})", fontsize=10, fontweight="normal", pad=4)
            axis.yaxis.set_major_formatter(PercentFormatter(1))
            axis.yaxis.set_major_locator(MaxNLocator(3))
            if threshold is not None:
                axis.axvline(threshold, color="black", lw=1.5)
                axis.annotate(" kept →", (threshold, 0.85), xycoords=("data", "axes fraction"))
        axes[-1, 0].set_xlabel(label)
        if not len(everything):
            _instead(axes[-1, 0], "No pair has a score.")
        figure.supylabel("share of the group", fontsize=10)
        figure.suptitle("How the pairs score", x=0.01, ha="left", fontsize=11, fontweight="bold")
    return figure


LABEL_CHARS = 34
"""A longer label of a difference has two lines, so that the axis keeps its width."""


def differences(rows: pd.DataFrame, *, title: str, unit: str = "score") -> Figure:
    """Estimates with intervals, one line each. Columns: label, value, low, high, and ``note`` printed at the right.

    A note that all rows share stands once, below the title. Where there is no row, the figure says so.
    """
    with plt.style.context(STYLE):
        labels = [textwrap.fill(label, LABEL_CHARS) for label in rows.label.str.replace(" - ", " − ")]
        lines = sum(label.count("\n") + 1 for label in labels)
        figure, axes = _axes(height=0.08 * len(rows) + 0.19 * lines + 1.5)
        places = np.arange(len(rows))[::-1]
        axes.axvline(0, color="#808080", lw=1)
        axes.errorbar(
            rows.value, places, xerr=[rows.value - rows.low, rows.high - rows.value], fmt="o", color=COLOURS["kept"], capsize=0
        )
        axes.set_yticks(places, labels)
        axes.set_ylim(-0.7, len(rows) - 0.3)
        shared = rows.note.iloc[0] if len(set(rows.note)) == 1 else ""
        for place, row in zip(places, rows.itertuples(), strict=True):
            text = f" {row.value:+.3f} {interval(row.low, row.high)}  {'' if shared else row.note}".replace("-", "−")
            axes.annotate(
                text.rstrip(), (1, place), xycoords=("axes fraction", "data"), va="center", fontsize=8.5, color="#505050"
            )
        axes.set_xlabel(f"difference in {unit}; bars: 95 % interval")
        axes.set_title("\n".join(filter(None, (title, shared))))
        if rows.empty:
            _instead(axes, "No two arms have scores on common prompts.")
    return figure


def by_family(scores_: pd.DataFrame, *, title: str) -> Figure:
    """Mean score of each arm in each family, families sorted column by column. Index: family; one column an arm.

    A family has few prompts, so a single row says little; the intervals stand with the means over families.
    """
    table = scores_.sort_values(list(scores_.columns))
    with plt.style.context(STYLE):
        figure, axes = _axes(height=0.21 * len(table) + 1.6)
        places = np.arange(len(table))
        axes.hlines(places, table.min(axis=1), table.max(axis=1), color="#D0D0D0", lw=1.2)
        for marker, arm in zip("os^Dv", table.columns, strict=False):
            axes.plot(table[arm], places, marker, ms=5, label=arm, alpha=0.9, color=colour_of(arm))
        axes.set_yticks(places, table.index.str.replace("_", " "), fontsize=8)
        axes.set_ylim(-0.8, len(table) - 0.2)
        axes.set_xlabel(f"mean score of the family's prompts, 0 to 1; n = {len(table):,} families")
        axes.set_xlim(-0.03, 1.03)
        figure.legend(loc="outside lower center", ncols=len(table.columns))
        axes.set_title(title)
    return figure
