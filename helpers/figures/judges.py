"""Judges against kinds of bad twins: a heat map."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from helpers.figures import STYLE


def judges(table: pd.DataFrame) -> Figure:
    """AUC of each judge (rows, best first) against each kind of bad twin (columns, the mean last), with 95 % intervals.

    Args:
        table: ``judging.check.table``: judge, kind, auc, low, high, n, counts.
    """
    wide = table.pivot(index="judge", columns="kind", values="auc")
    kinds = [kind for kind in dict.fromkeys(table.kind) if kind != "mean"]
    wide = wide[[*kinds, "mean"]].sort_values("mean", ascending=False)
    at = table.set_index(["judge", "kind"])
    n = table.groupby("kind").n.max()
    with plt.style.context(STYLE):
        figure, axes = plt.subplots(figsize=(0.95 * len(wide.columns) + 2.2, 0.46 * len(wide) + 1.5))
        axes.imshow(wide, cmap="PuOr_r", vmin=0, vmax=1, aspect="auto")
        for row, judge in enumerate(wide.index):
            for column, kind in enumerate(wide.columns):
                cell = at.loc[(judge, kind)]
                dark = abs(cell.auc - 0.5) > 0.33
                text = "-" if pd.isna(cell.auc) else f"{cell.auc:.2f}\n[{cell.low:.2f}, {cell.high:.2f}]"
                colour = "white" if dark else "#202020"
                axes.annotate(text, (column, row), ha="center", va="center", fontsize=7.5, color=colour)
        left_out = set(table[~table.counts].kind) - {"mean"}
        labels = [f"{kind}\nn = {n[kind]:,}" + ("\nnot in the mean" if kind in left_out else "") for kind in wide.columns]
        axes.set_xticks(range(len(wide.columns)), labels, fontsize=8.5)
        axes.set_yticks(range(len(wide)), wide.index)
        axes.axvline(len(kinds) - 0.5, color="white", lw=3)
        axes.tick_params(length=0)
        axes.grid(False)
        axes.spines[:].set_visible(False)
        axes.set_title("AUC of good pairs against bad twins, by judge and kind; .5 is chance; 95 % intervals")
    plt.close(figure)
    return figure
