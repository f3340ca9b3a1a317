"""Two panels of one form: what this run measured, and what the paper published, each with an axis of its own.

A form draws rows into axes. Rows have the columns ``label`` and ``series`` (text), ``x``, ``value``, ``low``, ``high`` and
``n`` where the form needs them. A finished figure carries what is said about it: ``figure.finding`` (the sentences of its
title), ``figure.alt`` (what it shows, for those who do not see it) and ``figure.data`` (every number drawn).
"""

import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Image
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from helpers.figures import COLOURS, STYLE, colour_of

LOOK = [STYLE, {"text.parse_math": False}]
"""The kit's style; a dollar sign in a name is a dollar sign."""

OTHERS = ("#8C6D31", "#7B4173", "#637939", "#843C39", "#5254A3", "#31859B", "#A55194")
MARKERS, DASHES = "osD^vPX*<", ("-", "--", ":", "-.")
_ESTIMATE = re.compile(r"\([^()\[\]]*\[[^\]]*\]\)")
TEXT, SMALL, GREY = 8.5, 7.5, "#505050"
TWO_COLUMNS = 5.0
"""Width in inches from which the panels stand side by side; narrower figures stack them."""

TITLE_LINES = {"side by side": 4, "stacked": 8}
"""Most lines of a title."""

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


def beside(form: Form, ours: Panel | None, theirs: Panel, *, finding: str, remedy: str, width: float, height: float) -> Figure:
    """The figure: ours and the paper's, or what would make ours.

    Args:
        form: draws one panel.
        ours: None where the run has no such result.
        finding: what our numbers say; becomes the title.
        remedy: what makes ours, in a sentence, shown where there are none.
        width: inches; below ``TWO_COLUMNS`` the panels are stacked.
        height: of one panel, inches; more where there are many labels.
    """
    stacked = width < TWO_COLUMNS
    height = max(height, 1.3 + 0.36 * max(panel.rows.label.nunique() for panel in (ours, theirs) if panel))
    finding = finding or "One result, nothing to compare"
    alone = theirs.title.replace("The paper, ", "the paper's ")
    finding = finding if ours else f"Not measured in this run; {alone[0].lower()}{alone[1:]} alone"
    with plt.style.context(LOOK):
        shape = {"nrows": 2} if stacked else {"ncols": 2}
        figure, (left, right) = plt.subplots(figsize=(width, height * (2 if stacked else 1)), **shape)
        plt.close(figure)  # a figure is shown as a cell's value, not as a side effect
        draw(left, form, ours, width - 0.5 if stacked else width / 2) if ours else _absent(left, remedy, width)
        draw(right, form, theirs, width - 0.5 if stacked else width / 2)
        title(figure, finding, width)
    return told(figure, finding, {"this run": ours, "the paper": theirs}, remedy)


def title(figure: Figure, finding: str, width: float) -> None:
    """Write the finding over a figure; what does not fit in ``TITLE_LINES`` is in ``figure.finding`` alone."""
    most = TITLE_LINES["stacked" if width < TWO_COLUMNS else "side by side"]
    said = wrapped(finding, width, 11, max_lines=most, placeholder=" …")
    figure.suptitle(said, x=0.01, ha="left", fontsize=10, fontweight="bold")


def told(figure: Figure, finding: str, panels: dict[str, Panel | None], remedy: str) -> Figure:
    """The figure with its finding, alternative text and data attached, and its layout settled: each save is then the same."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    figure.finding = finding
    parts = [_spoken(panel) if panel else f"Not there: {name}. {remedy}" for name, panel in panels.items()]
    figure.alt = " ".join(f"{finding}. {'. '.join(parts)}.".split())
    drawn = [panel.rows.assign(panel=name) for name, panel in panels.items() if panel]
    figure.data = pd.concat(drawn, ignore_index=True).dropna(axis=1, how="all")
    return figure


def wrapped(text: str, inches: float, size: float, **options) -> str:
    """A text in lines that fit a width at a size in points; options are those of ``textwrap.fill``.

    An estimate and its interval stay on one line.
    """
    whole = _ESTIMATE.sub(lambda found: found[0].replace(" ", "\0"), " ".join(text.split()))
    chars = max(20, int(inches * 72 / (size * 0.53)))
    return textwrap.fill(whole, chars, break_on_hyphens=False, break_long_words=False, **options).replace("\0", " ")


def draw(axes: Axes, form: Form, panel: Panel, inches: float) -> None:
    """Draw one panel with its title, axis and note, which are broken into lines for a width in inches."""
    form(axes, panel)
    axes.set_title(wrapped(panel.title, inches - 0.6, TEXT), fontsize=TEXT, fontweight="normal", pad=6)
    label = [wrapped(axes.get_xlabel(), inches - 0.8, TEXT), wrapped(panel.note, inches - 0.8, SMALL)]
    axes.set_xlabel("\n".join(line for line in label if line), fontsize=SMALL if panel.note else TEXT)


def _absent(axes: Axes, remedy: str, width: float) -> None:
    axes.set_axis_off()
    said = f"This run has no such result.\n\n{wrapped(remedy, min(width, 3.4), TEXT)}"
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


def style_of(name: str, place: int) -> dict:
    """Colour, marker and dash of a series: the colour of the thing where it is known, else by its place."""
    colour = colour_of(name) or OTHERS[place % len(OTHERS)]
    return {"color": colour, "marker": MARKERS[place % len(MARKERS)], "linestyle": DASHES[place % len(DASHES)]}


def ink(colour: str) -> tuple[float, ...]:
    """A darker shade of a colour, in which a name can be read."""
    return tuple(0.65 * part for part in to_rgb(colour))


def bars_of(rows: pd.DataFrame) -> np.ndarray:
    """Lengths of the error bars below and above each value; NaN draws none."""
    return np.stack([rows.value - rows.low, rows.high - rows.value]).astype(float)


def dots(axes: Axes, panel: Panel) -> None:
    """One line a label; a dot with its interval a series. Labels stand from top to bottom in the order of the rows.

    ``inner``, where there is one, is the half-width of a thicker bar. A value that is missing is said to be missing.
    """
    labels, series = list(dict.fromkeys(panel.rows.label)), list(dict.fromkeys(panel.rows.series))
    for row, low, high in zip(panel.rows.itertuples(), *bars_of(panel.rows), strict=True):
        place = series.index(row.series)
        y = labels.index(row.label) + (place - (len(series) - 1) / 2) * 0.28
        if np.isnan(row.value):
            axes.text(0.02, y, "no number", va="center", color=GREY, fontsize=SMALL, transform=axes.get_yaxis_transform())
            continue
        colour = style_of(row.series, place)["color"] if row.series else colour_of(row.label) or COLOURS["kept"]
        inner = getattr(row, "inner", 0)
        axes.hlines(y, row.value - low, row.value + high, color=colour, lw=1.3)
        axes.hlines(y, row.value - inner, row.value + inner, color=colour, lw=4)
        axes.plot(row.value, y, marker=MARKERS[place], color=colour, ms=5, mfc="white" if place else None)
    axes.set_yticks(range(len(labels)), labels, fontsize=TEXT)
    axes.set_ylim(len(labels) - 0.4, -0.7)
    axes.set_xlabel(panel.axis)
    axes.grid(axis="x")
    if max(map(abs, axes.get_xlim())) >= 1_000:
        axes.xaxis.set_major_formatter("{x:,.0f}")
    for place, row in enumerate(panel.rows[(panel.rows.label == labels[0]) & (panel.rows.series != "")].itertuples()):
        left, right = axes.get_xlim()
        ha = (
            "left"
            if row.value < left + 0.2 * (right - left)
            else "right"
            if row.value > right - 0.2 * (right - left)
            else "center"
        )
        y, va = (0.3, "top") if place else (-0.3, "bottom")
        axes.text(row.value, y, row.series, ha=ha, va=va, fontsize=SMALL)


def lines(axes: Axes, panel: Panel) -> None:
    """One line a series over the logarithm of x, with intervals, which stand a little apart; names at the right ends."""
    rows, ends = panel.rows, []
    for place, (name, own) in enumerate(rows.groupby("series", sort=False)):
        own, look = own.sort_values("x"), style_of(name, place)
        x = own.x * (1.03 ** (place - rows.series.nunique() // 2) if own.low.notna().any() else 1)
        axes.errorbar(x, own.value, yerr=bars_of(own), ms=4.5, capsize=0, elinewidth=0.9, lw=1.4, **look)
        ends.append((float(own.x.iloc[-1]), float(own.value.iloc[-1]), name, ink(look["color"])))
    sizes = np.array(sorted(set(rows.x)), float)
    axes.set_xscale("log")
    axes.set_xlim(sizes[0] / 1.3, sizes[-1] * 1.3)
    if sizes[-1] < 30 * sizes[0]:  # fewer than two powers of ten between them
        axes.set_xticks(apart(sizes))
        axes.tick_params(axis="x", which="minor", bottom=False)
    axes.xaxis.set_major_formatter(lambda size, _: f"{size:,.0f}")
    axes.xaxis.set_minor_formatter(lambda *_: "")
    axes.set_xlabel("training pairs (log scale)")
    axes.set_ylabel(wrapped(panel.axis, 2.4, TEXT), fontsize=TEXT)
    axes.grid(axis="y")
    _name_ends(axes, ends)


def apart(sizes: np.ndarray, ratio: float = 1.5) -> list[float]:
    """Those of rising sizes that stand far enough from each other on a logarithmic axis, the largest always among them."""
    chosen = [sizes[-1]]
    for size in sizes[-2::-1]:
        chosen += [size] if size * ratio <= chosen[-1] else []
    return chosen[::-1]


def _name_ends(axes: Axes, ends: list[tuple[float, float, str, str]]) -> None:
    """Names (x, value, name, colour): beside the last point of a line that ends early, else at the right edge, apart."""
    low, high = axes.get_ylim()
    gap, far = (high - low) * 0.075, max(x for x, *_ in ends) / 3
    halo = [withStroke(linewidth=2.5, foreground="white")]
    for x, y, name, colour in (end for end in ends if end[0] < far):
        axes.annotate(name, (x, y), (6, -3), textcoords="offset points", fontsize=SMALL, color=colour, path_effects=halo)
    ends = sorted((end for end in ends if end[0] >= far), key=lambda end: end[1])
    places = np.array([value for _, value, _, _ in ends])
    for place in range(1, len(places)):
        places[place] = max(places[place], places[place - 1] + gap)
    places -= max(0.0, places[-1] - high)
    for place in range(len(places) - 2, -1, -1):
        places[place] = min(places[place], places[place + 1] - gap)
    edge = {"xycoords": ("axes fraction", "data"), "annotation_clip": False}
    for y, (*_, name, colour) in zip(places, ends, strict=True):
        axes.annotate(f" {name}", (1.0, y), va="center", fontsize=SMALL, color=colour, **edge)


def diverging(axes: Axes, panel: Panel) -> None:
    """Counts of two series to the right and to the left of zero, one line a label."""
    rows, labels = panel.rows, list(dict.fromkeys(panel.rows.label))
    reach = max(1.0, rows.value.max())
    for place, (name, own) in enumerate(rows.groupby("series", sort=False)):
        sign, y = (-1) ** place, [labels.index(label) for label in own.label]
        colour = (COLOURS["kept"], COLOURS["dropped"])[place]
        axes.barh(y, sign * own.value, height=0.65, color=colour, hatch=("", "///")[place], edgecolor="white")
        arrow = f"{name} →" if sign > 0 else f"← {name}"
        axes.annotate(arrow, (0, -0.75), (6 * sign, 0), textcoords="offset points", ha=("left", "right")[place], fontsize=SMALL)
        for at, count in zip(y, own.value, strict=True):
            axes.text(
                sign * (count + 0.02 * reach), at, f"{count:,.0f}", va="center", ha=("left", "right")[place], fontsize=SMALL
            )
    axes.axvline(0, color="#808080", lw=1)
    axes.set_yticks(range(len(labels)), [textwrap.fill(label, 20) for label in labels], fontsize=TEXT)
    axes.set_ylim(len(labels) - 0.4, -1.5)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.xaxis.set_major_formatter(lambda count, _: f"{abs(count):,.0f}")
    axes.margins(x=0.15)
    axes.set_xlabel(panel.axis)


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
    with plt.style.context(LOOK), plt.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        figure.savefig(png, metadata={"Description": figure.alt})
        figure.savefig(svg, metadata={"Date": None, "Title": figure.finding, "Description": figure.alt})
    (figure.data if data is None else data).to_csv(csv, index=False)
    return [png, svg, csv]


def keep(figure: Figure, folder: str | Path, name: str) -> Image:
    """``save`` a figure and show the PNG that was saved, with its alternative text: the last line of a notebook's cell."""
    png, *_ = save(figure, folder, name)
    return Image(data=png.read_bytes(), format="png", alt=figure.alt)
