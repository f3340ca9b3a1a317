"""Two panels of one form: what this run measured, and what the paper published, each with an axis of its own.

A form draws rows into axes. Rows have the columns ``label`` and ``series`` (text), ``x``, ``value``, ``low``, ``high`` and
``n`` where the form needs them. A finished figure carries what is said about it: ``figure.finding`` (the sentences of its
title), ``figure.alt`` (what it shows, for those who do not see it) and ``figure.data`` (every number drawn).
"""

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers import figures
from helpers.figures import STYLE

COLOURS = figures.COLOURS | {
    "M_0": figures.COLOURS["seed"],
    "without curation": figures.COLOURS["candidates"],
    "A_4": "#009E73",
    "A_5": figures.COLOURS["kept"],
    "M_1": figures.COLOURS["kept"],
    "M_2": figures.COLOURS["kept"],
    "joint": "#404040",
}
"""One colour a thing: the first name that a series begins with decides, longest name first."""

PAPER_NAMES = {"Open Assistant": "seed", "Humpback": "A_5"}
"""Series of the paper under the name of what they are, for their colour."""

OTHERS = ("#8C6D31", "#7B4173", "#637939", "#843C39", "#5254A3", "#31859B", "#A55194")
MARKERS, DASHES = "osD^vPX*<", ("-", "--", ":", "-.")
TEXT, SMALL, GREY = 8.5, 7.5, "#505050"
TWO_COLUMNS = 5.0
"""Width in inches from which the panels stand side by side; narrower figures stack them."""

ALT_VALUES = 12
"""Numbers of a panel that the alternative text spells out; the CSV has all."""


class Panel(NamedTuple):
    """One of the two panels.

    Fields:
        title: whose numbers they are, with n or the place in the paper.
        rows: what its form draws.
        axis: the label of the axis of values, with its unit.
        note: what a reader must know to compare, below the axis.
    """

    title: str
    rows: pd.DataFrame
    axis: str
    note: str = ""


Form = Callable[[Axes, Panel], None]


def beside(form: Form, ours: Panel | None, theirs: Panel, *, finding: str, command: str, width: float, height: float) -> Figure:
    """The figure: ours and the paper's, or the command that would make ours.

    Args:
        form: draws one panel.
        ours: None where the run has no such result.
        finding: what our numbers say; becomes the title.
        command: what makes ours, shown where there are none.
        width: inches; below ``TWO_COLUMNS`` the panels are stacked.
        height: of one panel, inches.
    """
    stacked = width < TWO_COLUMNS
    finding = finding if ours else f"Not measured in this run; the paper's {theirs.title.split(', ', 1)[-1]} alone"
    with plt.style.context(STYLE):
        shape = {"nrows": 2} if stacked else {"ncols": 2}
        figure, (left, right) = plt.subplots(figsize=(width, height * (2 if stacked else 1)), **shape)
        plt.close(figure)  # a figure is shown as a cell's value, not as a side effect
        _panel(left, form, ours, width if stacked else width / 2) if ours else _absent(left, command, width)
        _panel(right, form, theirs, width if stacked else width / 2)
        title(figure, finding, width)
    return told(figure, finding, {"this run": ours, "the paper": theirs}, command)


def title(figure: Figure, finding: str, width: float) -> None:
    """Write the finding over a figure, in as many lines as its width needs."""
    figure.suptitle(wrapped(finding, width, 10), x=0.01, ha="left", fontsize=10, fontweight="bold")


def told(figure: Figure, finding: str, panels: dict[str, Panel | None], command: str) -> Figure:
    """The figure with its finding, alternative text and data attached."""
    figure.finding = finding
    parts = [
        f"{name}: {_spoken(panel)}" if panel else f"{name}: not there; `{command}` makes it" for name, panel in panels.items()
    ]
    figure.alt = f"{finding}. " + ". ".join(parts) + "."
    drawn = [panel.rows.assign(panel=name) for name, panel in panels.items() if panel]
    figure.data = pd.concat(drawn, ignore_index=True).dropna(axis=1, how="all")
    return figure


def wrapped(text: str, inches: float, size: float) -> str:
    """A text in lines that fit a width at a size in points."""
    return textwrap.fill(" ".join(text.split()), max(20, int(inches * 72 / (size * 0.53))))


def _panel(axes: Axes, form: Form, panel: Panel, inches: float) -> None:
    form(axes, panel)
    axes.set_title(wrapped(panel.title, inches - 0.6, TEXT), fontsize=TEXT, fontweight="normal", pad=6)
    label = [wrapped(axes.get_xlabel(), inches - 0.8, TEXT), wrapped(panel.note, inches - 0.4, SMALL)]
    axes.set_xlabel("\n".join(line for line in label if line), fontsize=SMALL if panel.note else TEXT)


def _absent(axes: Axes, command: str, width: float) -> None:
    axes.set_axis_off()
    said = f"This run has no such result.\nThis command makes it:\n\n{wrapped(command, min(width, 3.4), TEXT)}"
    axes.text(0.5, 0.5, said, ha="center", va="center", transform=axes.transAxes, color=GREY, fontsize=TEXT)


def _spoken(panel: Panel) -> str:
    """A panel in words: title, axis and its first values."""
    values = [_value(row) for row in panel.rows.head(ALT_VALUES).to_dict("records") if pd.notna(row.get("value"))]
    more = f" and {len(panel.rows) - ALT_VALUES} more" if len(panel.rows) > ALT_VALUES else ""
    return f"{panel.title}; {panel.axis}: {'; '.join(values)}{more}. {panel.note}".rstrip(". ")


def _value(row: dict) -> str:
    name = [str(row[key]) for key in ("label", "series") if pd.notna(row.get(key)) and row[key] != ""]
    at = [f"at {row['x']:,.0f}"] if pd.notna(row.get("x")) else []
    interval = f" [{row['low']:.4g}, {row['high']:.4g}]" if pd.notna(row.get("low")) else ""
    return " ".join([*name, *at, f"{row['value']:.4g}{interval}"])


def style_of(series: str, place: int) -> dict:
    """Colour, marker and dash of a series: by its name where it is known, marker and dash by its place too."""
    thing = PAPER_NAMES.get(series, series)
    known = next((COLOURS[name] for name in sorted(COLOURS, key=len, reverse=True) if thing.startswith(name)), None)
    return {
        "color": known or OTHERS[place % len(OTHERS)],
        "marker": MARKERS[place % len(MARKERS)],
        "linestyle": DASHES[place % len(DASHES)],
    }


def bars_of(rows: pd.DataFrame) -> np.ndarray:
    """Lengths of the error bars below and above each value; NaN draws none."""
    return np.stack([rows.value - rows.low, rows.high - rows.value]).astype(float)


def dots(axes: Axes, panel: Panel) -> None:
    """One line a label; a dot with its interval a series. Labels stand from top to bottom in the order of the rows."""
    rows, labels = panel.rows, list(dict.fromkeys(panel.rows.label))
    series = list(dict.fromkeys(rows.series))
    for place, name in enumerate(series):
        own = rows[rows.series == name]
        y = np.array([labels.index(label) for label in own.label]) + (place - (len(series) - 1) / 2) * 0.28
        look = style_of(name or "A_5", place) | {"linestyle": "none"}
        axes.errorbar(
            own.value, y, xerr=bars_of(own), ms=5, capsize=0, lw=1.3, mfc="white" if place else None, label=name, **look
        )
    axes.set_yticks(range(len(labels)), labels, fontsize=TEXT)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlabel(panel.axis)
    axes.grid(axis="x")
    if len(series) > 1:
        axes.legend(fontsize=SMALL, loc="best", handletextpad=0.3)


def lines(axes: Axes, panel: Panel) -> None:
    """One line a series over the logarithm of x, with intervals; its name stands at its right end."""
    rows, ends = panel.rows, []
    for place, (name, own) in enumerate(rows.groupby("series", sort=False)):
        own, look = own.sort_values("x"), style_of(name, place)
        axes.errorbar(own.x, own.value, yerr=bars_of(own), ms=4.5, capsize=0, elinewidth=0.9, lw=1.4, **look)
        ends.append((float(own.value.iloc[-1]), name, look["color"]))
    sizes = sorted(set(rows.x))
    axes.set_xscale("log")
    shown = (
        [size for place, size in enumerate(sizes) if place == 0 or size / sizes[max(0, place - 1)] > 1.5]
        if len(sizes) < 6
        else None
    )
    axes.set_xticks(shown or [10**power for power in range(2, 6) if sizes[0] / 2 <= 10**power <= sizes[-1] * 2] or sizes[:1])
    axes.xaxis.set_major_formatter(lambda size, _: f"{size:,.0f}")
    axes.xaxis.set_minor_formatter(lambda *_: "")
    axes.tick_params(axis="x", which="minor", bottom=not shown)
    axes.set_xlim(sizes[0] / 1.3, sizes[-1] * 1.3)
    axes.set_xlabel("training pairs (log scale)")
    axes.set_ylabel(panel.axis, fontsize=TEXT)
    axes.grid(axis="y")
    _name_ends(axes, ends)


def _name_ends(axes: Axes, ends: list[tuple[float, str, str]]) -> None:
    """Names at the right edge, moved apart where they would overlap."""
    low, high = axes.get_ylim()
    gap = (high - low) * 0.075
    ends = sorted(ends)
    places = np.array([value for value, _, _ in ends])
    for place in range(1, len(places)):
        places[place] = max(places[place], places[place - 1] + gap)
    places -= max(0.0, places[-1] - high)
    for place in range(len(places) - 2, -1, -1):
        places[place] = min(places[place], places[place + 1] - gap)
    for y, (_, name, colour) in zip(places, ends, strict=True):
        axes.annotate(
            f" {name}",
            (1.0, y),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=SMALL,
            color=colour,
            annotation_clip=False,
        )


def diverging(axes: Axes, panel: Panel) -> None:
    """Counts of two series to the right and to the left of zero, one line a label."""
    rows, labels = panel.rows, list(dict.fromkeys(panel.rows.label))
    reach = max(1.0, rows.value.max())
    for place, (name, own) in enumerate(rows.groupby("series", sort=False)):
        sign, y = (-1) ** place, [labels.index(label) for label in own.label]
        colour = (COLOURS["kept"], COLOURS["dropped"])[place]
        axes.barh(y, sign * own.value, height=0.65, color=colour, hatch=("", "///")[place], edgecolor="white", label=name)
        for at, count in zip(y, own.value, strict=True):
            axes.text(
                sign * (count + 0.02 * reach), at, f"{count:,.0f}", va="center", ha=("left", "right")[place], fontsize=SMALL
            )
    axes.axvline(0, color="#808080", lw=1)
    axes.set_yticks(range(len(labels)), labels, fontsize=TEXT)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.xaxis.set_major_formatter(lambda count, _: f"{abs(count):,.0f}")
    axes.margins(x=0.15)
    axes.set_xlabel(panel.axis)
    axes.legend(fontsize=SMALL, loc="lower right")


def save(figure: Figure, folder: str | Path, name: str, data: pd.DataFrame | None = None) -> list[Path]:
    """Write a figure as PNG and SVG, with its alternative text inside, and its data as CSV; returns the three paths.

    Saving the same figure twice gives the same bytes.

    Args:
        figure: with ``alt`` and ``data``.
        data: written instead of ``figure.data``.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    png, svg, csv = (folder / f"{name}.{ending}" for ending in ("png", "svg", "csv"))
    with plt.style.context(STYLE), plt.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        figure.savefig(png, metadata={"Description": figure.alt})
        figure.savefig(svg, metadata={"Date": None, "Title": figure.finding, "Description": figure.alt})
    (figure.data if data is None else data).to_csv(csv, index=False)
    return [png, svg, csv]
