"""Judges: against kinds of bad twins, beside published ones, from iteration to iteration, and at every threshold."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from helpers import paper
from helpers.figures import COLOURS, STYLE, beside
from helpers.stats import interval


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
    colours = plt.get_cmap("PuOr_r")
    with plt.style.context(STYLE):
        figure, axes = plt.subplots(figsize=(0.95 * len(wide.columns) + 2.2, 0.46 * len(wide) + 1.5))
        axes.imshow(wide, cmap=colours, vmin=0, vmax=1, aspect="auto")
        for row, judge in enumerate(wide.index):
            for column, kind in enumerate(wide.columns):
                cell = at.loc[(judge, kind)]
                text = "–" if pd.isna(cell.auc) else f"{cell.auc:.2f}\n[{cell.low:.2f}, {cell.high:.2f}]"
                colour = (
                    "black" if pd.isna(cell.auc) else "white" if np.dot(colours(cell.auc)[:3], LUMINANCE) < 0.42 else "black"
                )
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


LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in how bright a colour looks (ITU-R BT.601)."""


CHECK = "This command makes it: python -m helpers judges"


def rubrics(ours: pd.DataFrame | None, *, width: float = 7.2) -> Figure:
    """Pairwise accuracy of judges on answers to one instruction, beside Self-Rewarding's comparison of two rubrics.

    Args:
        ours: judge, value (0 to 1), low, high, n; None where the run's judges were not checked.
    """
    panel, finding = None, ""
    if ours is not None and len(ours):
        rows = ours.sort_values("value", ascending=False)
        percent = rows.assign(label=rows.judge, series="", **{name: 100 * rows[name] for name in ("value", "low", "high")})
        finding = _sides_of_chance(percent)
        title = f"This run, n = {rows.n.max():,} pairs of an answer and a bad twin of it"
        panel = beside.Panel(title, percent, "pairwise accuracy, %; 50 is chance", "Bars: 95 %, seed pairs resampled.")
    published = pd.DataFrame(paper.RUBRICS_COMPARED.rows)
    rows = pd.DataFrame({"label": published.rubric, "series": "", "value": published.pairwise, "low": np.nan, "high": np.nan})
    note = "Llama-2 70B, fine-tuned, against people's ranks of answers; n and intervals are not published."
    theirs = beside.Panel(paper.RUBRICS_COMPARED.source, rows, "pairwise accuracy, %; 50 is chance", note)
    return beside.beside(beside.dots, panel, theirs, finding=finding, remedy=CHECK, width=width, height=2.6)


def _sides_of_chance(percent: pd.DataFrame) -> str:
    """Which judges are above chance and which below, and the best of them. Rows: the best first; label, value, low, high."""
    said = []
    for side, found in (("above chance", percent.low > 50), ("below chance", percent.high < 50)):
        names = "every judge" if found.all() else ", ".join(percent.label[found])
        said += [f"{side}: {names}"] if found.any() else []
    best = percent.iloc[0]
    highest = f"the highest is {best.label} ({best.value:.0f} % {interval(best.low, best.high, '.0f')})"
    sentence = "; ".join([*(said or ["no judge can be told from chance"]), highest])
    return sentence[0].upper() + sentence[1:]


def iterations(gains: pd.DataFrame, *, of: str) -> Figure:
    """AUC of each judge under M_0 and under M_1.

    Args:
        gains: judge, old, new, value, low, high (``stats.agreement.auc_gain``), n.
        of: what good and bad pairs are told by, for the title.
    """
    rows = gains.sort_values("new").reset_index(drop=True)
    with plt.style.context(STYLE):
        figure, axes = plt.subplots(figsize=(7.2, 0.42 * len(rows) + 1.7))
        axes.hlines(rows.index, rows.old, rows.new, color="#B0B0B0", lw=1.5)
        axes.plot(rows.old, rows.index, "o", color=COLOURS["seed"], label="iteration 1, M_0")
        axes.plot(rows.new, rows.index, "s", color=COLOURS["kept"], label="iteration 2, M_1")
        for row in rows.itertuples():
            told = f"{row.value:+.3f} {interval(row.low, row.high)}".replace("-", "−")
            text = told if row.value == row.value else "no number"
            axes.annotate(text, (1.02, row.Index), xycoords=("axes fraction", "data"), va="center", fontsize=8.5)
        axes.axvline(0.5, color="#808080", lw=1, ls=":")
        axes.set_yticks(rows.index, rows.judge)
        axes.set_ylim(-0.5, len(rows) - 0.5)
        axes.set_xlabel("AUC of good pairs against bad ones; .5 is chance\nright: the difference with its 95 % interval")
        axes.set_title(f"Judges of both iterations, by {of}, n = {rows.n.max():,} pairs", fontsize=10)
        figure.legend(loc="outside lower center", ncols=2)
    plt.close(figure)
    return figure


def thresholds(curve: pd.DataFrame, *, judge: str, n: int, share: float | None = None) -> Figure:
    """Precision and recall by the share of known pairs that a threshold keeps, with 95 % intervals.

    Args:
        curve: ``stats.calibration.curve``.
        judge: whose score it is.
        n: pairs behind it.
        share: of the known pairs, that which the cut of the run's rule keeps, 0 to 1; None marks none.
    """
    with plt.style.context(STYLE):
        figure, axes = plt.subplots(figsize=(7.2, 3.8))
        for name, colour, dash in (("precision", COLOURS["kept"], "-"), ("recall", COLOURS["dropped"], "--")):
            axes.fill_between(curve.share, curve[f"{name}_low"], curve[f"{name}_high"], color=colour, alpha=0.15, lw=0)
            axes.plot(curve.share, curve[name], dash, color=colour, label=name)
        if share is not None:
            axes.axvline(share, color="#505050", lw=1, ls=":", label=f"the run's cut keeps {share:.0%}")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("share of the known pairs that a threshold keeps (yield)")
        axes.set_ylabel("precision, recall")
        axes.set_title(f"What a threshold on {judge} costs and buys\nn = {n:,} pairs; bands: 95 %", fontsize=10)
        axes.legend(loc="lower center", ncols=3)
    plt.close(figure)
    return figure
