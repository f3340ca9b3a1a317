"""One function a figure: DataFrame to Figure. Imports no torch.

Every figure shows n, and intervals where there are any. Titles say what is drawn; what the data say is a sentence computed
beside it.
"""

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

COLOURS = {"seed": "#999999", "shuffled": "#CC79A7", "candidates": "#56B4E9", "kept": "#0072B2", "dropped": "#D55E00"}
"""One colour a thing, in every figure."""

STYLE = "helpers.kit"


def _axes(width: float = 7.2, height: float = 4.2, **kwargs) -> tuple[Figure, plt.Axes]:
    with plt.style.context(STYLE):
        figure, axes = plt.subplots(figsize=(width, height), **kwargs)
    plt.close(figure)  # a figure is shown as a cell's value, not as a side effect
    return figure, axes


def funnel(counts: pd.DataFrame) -> Figure:
    """Segments left after each rule, and how many it dropped. Columns: rule, rows_in, rows_out, dropped."""
    counts = counts[counts.dropped > 0]
    with plt.style.context(STYLE):
        figure, axes = _axes(height=0.36 * len(counts) + 1.4)
        places = np.arange(len(counts))[::-1]
        axes.barh(places, counts.rows_out, color=COLOURS["candidates"], height=0.7)
        axes.barh(places, counts.dropped, left=counts.rows_out, color=COLOURS["dropped"], height=0.7)
        axes.set_yticks(places, counts.rule.str.replace("_", " "))
        for place, row in zip(places, counts.itertuples(), strict=True):
            axes.annotate(f" −{row.dropped:,}", (row.rows_in, place), va="center", fontsize=9, color="#505050")
        axes.set_xlabel("segments left after each rule; at the end of a bar, what it dropped")
        last = counts.rows_out.iloc[-1] if len(counts) else 0
        axes.set_title(f"{counts.rows_in.iloc[0] if len(counts) else 0:,} parsed segments, {last:,} kept")
        axes.margins(x=0.1)
    return figure


def lengths(chars: dict[str, pd.Series], published: dict[str, tuple[float, float]]) -> Figure:
    """Histograms of lengths in characters, with the paper's mean and standard deviation beside each name that has one."""
    with plt.style.context(STYLE):
        figure, axes = _axes(height=1.5 * len(chars) + 0.8, nrows=len(chars), sharex=True, squeeze=False)
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
        axes[-1, 0].set_xlabel("characters; the last bar holds all that are longer")
    return figure


def loss_curves(losses: dict[str, list[tuple[int, float]]], *, of: str = "completion token") -> Figure:
    """Training loss by step, one labelled line a model; ``of`` says what the loss is the mean of."""
    with plt.style.context(STYLE):
        figure, axes = _axes(height=3.4)
        for name, curve in losses.items():
            steps, values = zip(*curve, strict=True)
            (line,) = axes.plot(steps, values)
            axes.annotate(f" {name}  {values[-1]:.2f}", (steps[-1], values[-1]), color=line.get_color(), va="center")
        axes.set_xlabel("optimiser step")
        axes.set_ylabel(f"nats per {of}")
        axes.set_ylim(bottom=0)
        axes.margins(x=0.12)
        axes.set_title(f"Training loss, mean per {of}")
    return figure


def scores(groups: dict[str, pd.Series], *, threshold: float | None = None, label: str = "score") -> Figure:
    """Histograms of one judge's scores for several groups of pairs (``COLOURS`` names), as shares of each group."""
    with plt.style.context(STYLE):
        figure, axes = _axes(height=3.6)
        everything = pd.concat([series.dropna() for series in groups.values()])
        bins = np.linspace(everything.min(), everything.max() + 1e-9, 50)
        for name, series in groups.items():
            series = series.dropna()
            weights = np.full(len(series), 1 / max(1, len(series)))
            filled = {"histtype": "stepfilled", "alpha": 0.45} if name == "candidates" else {"histtype": "step", "lw": 1.8}
            axes.hist(series, bins=bins, weights=weights, color=COLOURS[name], label=f"{name} (n = {len(series):,})", **filled)
        if threshold is not None:
            axes.axvline(threshold, color=COLOURS["kept"], lw=1.5)
            axes.annotate(" kept", (threshold, 0.95), xycoords=("data", "axes fraction"), color=COLOURS["kept"])
        axes.set_xlabel(label)
        axes.set_ylabel("share of the group")
        axes.legend()
        axes.set_title("How the pairs score")
    return figure


LABEL_CHARS = 34
"""A longer label of a difference has two lines, so that the axis keeps its width."""


def differences(rows: pd.DataFrame, *, title: str, unit: str = "score") -> Figure:
    """Estimates with intervals, one line each. Columns: label, value, low, high, and ``note`` printed at the right."""
    with plt.style.context(STYLE):
        labels = [textwrap.fill(label, LABEL_CHARS) for label in rows.label.str.replace(" - ", " − ")]
        lines = sum(label.count("\n") + 1 for label in labels)
        figure, axes = _axes(height=0.19 * (len(rows) + lines) + 1.5)
        places = np.arange(len(rows))[::-1]
        axes.axvline(0, color="#808080", lw=1)
        axes.errorbar(
            rows.value, places, xerr=[rows.value - rows.low, rows.high - rows.value], fmt="o", color=COLOURS["kept"], capsize=0
        )
        axes.set_yticks(places, labels)
        right = max(float(rows.high.max()), 0.02)
        for place, row in zip(places, rows.itertuples(), strict=True):
            text = f"{row.value:+.3f} [{row.low:+.3f}, {row.high:+.3f}]  {row.note}".replace("-", "−")
            axes.annotate(text, (right * 1.08, place), va="center", fontsize=8.5, color="#505050", annotation_clip=False)
        axes.set_xlabel(f"difference in {unit}; bars: 95 % interval")
        axes.set_title(title)
    return figure


def by_family(scores_: pd.DataFrame, *, title: str) -> Figure:
    """Score of each arm in each family, families sorted column by column. Index: family; one column an arm."""
    table = scores_.sort_values(list(scores_.columns))
    with plt.style.context(STYLE):
        figure, axes = _axes(height=0.21 * len(table) + 1.6)
        places = np.arange(len(table))
        axes.hlines(places, table.min(axis=1), table.max(axis=1), color="#D0D0D0", lw=1.2)
        for marker, arm in zip("os^Dv", table.columns, strict=False):
            axes.plot(table[arm], places, marker, ms=5, label=arm, alpha=0.9)
        axes.set_yticks(places, table.index.str.replace("_", " "), fontsize=8)
        axes.set_xlabel("score (F1 of facts, 0 to 1)")
        axes.set_xlim(-0.03, 1.03)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.5 / (0.21 * len(table) + 1.6)), ncols=len(table.columns))
        axes.set_title(title)
    return figure
