"""Draws histograms and bars as HTML: as an SVG, and as plain coloured boxes for front ends that strip an SVG.

No SVG contains words. A front end that strips the drawings of a notebook it does not trust would leave the words behind.
"""

import html
import math
from collections.abc import Mapping, Sequence

import numpy as np

from helpers.figures import COLOURS

DASHES = {"seed": "none", "shuffled": "5 3"}

TALLEST = 3.0
"""Height of the drawing, in heights of its tallest bar. A taller outline leaves it at the top: seed pairs that a model has
learned by heart share one score, and the bars would be flat beside them."""


def edges(scores: np.ndarray, bins: int = 60) -> np.ndarray:
    """Rounded bin edges over the scores. Scores far out on either side belong in the outermost bins.

    Far out means more than three quartile ranges from the nearer quartile (Tukey 1977). A few texts with a likelihood near
    0 are so far out.
    """
    rated = scores[~np.isnan(scores)]
    if not len(rated):
        return np.linspace(0, 1, bins + 1)
    low, high = rated.min(), rated.max()
    first, third = np.quantile(rated, [0.25, 0.75])
    if third > first:
        low, high = max(low, first - 3 * (third - first)), min(high, third + 3 * (third - first))
    if high == low:
        return np.linspace(low - 0.5, high + 0.5, bins + 1)
    step = nice((high - low) / 200)
    return np.linspace(math.floor(low / step) * step, math.ceil(high / step - 1e-9) * step, bins + 1)


def nice(least: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, ... (or .1, .2, .5, ...) that is at least `least`."""
    unit = 10.0 ** math.floor(math.log10(least))
    return next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= least * (1 - 1e-9))


def counts(scores: np.ndarray, bins: np.ndarray) -> np.ndarray:
    """Number of scores in each bin. Scores outside count in the outermost bins, and NaN does not count."""
    rated = scores[~np.isnan(scores)]
    return np.histogram(np.clip(rated, bins[0], bins[-1]), bins)[0]


def shares(scores: np.ndarray, bins: np.ndarray) -> np.ndarray:
    """Share of the scores in each bin (`counts`)."""
    found = counts(scores, bins)
    return found / max(found.sum(), 1)


def histogram(
    bins: np.ndarray,
    series: Mapping[str, np.ndarray],
    *,
    label: str,
    threshold: float | None = None,
    counted: np.ndarray | None = None,
    height: int = 150,
    drag: bool = False,
    ticks: int = 10,
) -> str:
    """Score distributions with a scale below them. They fill the width of their container.

    Args:
        bins: edges, as from `edges`.
        series: name -> shares by bin. The first is drawn as bars, the others as outlines in the colour of their name. An
            outline that is more than ``TALLEST`` times as tall as the bars is cut off at the top.
        label: alternative text.
        threshold: a line is drawn here, and the bars from it on have the colour of kept pairs.
        counted: pairs in each bar, told where the pointer rests; None tells nothing.
        height: of the bars, in pixels.
        drag: let the reader drag in the drawing (see `events`).
        ticks: about how many numbers stand below.
    """
    names = list(series)
    top = _top(series)
    heights = {name: series[name] / top * 100 for name in names}
    cut = 100.0 if threshold is None or math.isnan(threshold) else _place(threshold, bins)
    svg = _drawing(heights, cut if threshold is not None else None)
    boxes = _boxes(bins, heights[names[0]], cut, counted)
    lines = _lines({name: heights[name] for name in names[1:]}, cut if threshold is not None else None)
    grip = ' data-drag="1"' if drag else ""
    return (
        f'<div class="kit-chart"{grip} style="position:relative;height:{height}px"><svg viewBox="0 0 100 100" role="img" '
        f'preserveAspectRatio="none" aria-label="{html.escape(label)}">{svg}</svg>{boxes}{lines}</div>{_scale(bins, ticks)}'
    )


def _top(series: Mapping[str, np.ndarray]) -> float:
    """The share at which a histogram ends at the top."""
    bars, highest = next(iter(series.values())).max(), max(values.max() for values in series.values())
    return max(min(highest, TALLEST * bars) if bars else highest, 1e-9)


def cut_off(series: Mapping[str, np.ndarray]) -> set[str]:
    """Names of the outlines that are higher than a `histogram` of these series."""
    return {name for name, values in series.items() if values.max() > _top(series)}


def _place(value: float, bins: np.ndarray) -> float:
    return float(min(max((value - bins[0]) / (bins[-1] - bins[0]) * 100, 0), 100))


def _drawing(heights: Mapping[str, np.ndarray], cut: float | None) -> str:
    names = list(heights)
    x = np.linspace(0, 100, len(heights[names[0]]) + 1)
    bars = _bars(x, heights[names[0]])
    parts = [f'<path d="{bars}" fill="{COLOURS["candidates"]}" class="kit-others"/>']
    if cut is not None:
        kept = _bars(x, heights[names[0]], start=cut)
        parts.append(f'<path d="{kept}" fill="{COLOURS["kept"]}" class="kit-kept"/>' if kept else "")
        parts.append(f'<path d="M{cut:.2f} 0V100" class="kit-cut" stroke="#808080" vector-effect="non-scaling-stroke"/>')
    for name in names[1:]:
        steps = "".join(f"V{100 - h:.1f}H{right:.2f}" for h, right in zip(heights[name], x[1:], strict=True))
        line = f'stroke="{COLOURS[name]}" stroke-width="1.75" stroke-dasharray="{DASHES.get(name, "none")}"'
        parts.append(f'<path d="M0 100{steps}V100" fill="none" {line} vector-effect="non-scaling-stroke"/>')
    return "".join(parts)


def _bars(x: np.ndarray, heights: np.ndarray, start: float = 0.0) -> str:
    """The bars, or the part of them that lies to the right of `start`."""
    ends = x[:-1] + 0.9 * (x[1] - x[0])
    drawn = zip(np.maximum(x[:-1], start), ends, heights, strict=True)
    return "".join(f"M{left:.2f} 100v{-h:.1f}H{end:.2f}v{h:.1f}z" for left, end, h in drawn if h > 0 and end > left)


def _boxes(bins: np.ndarray, heights: np.ndarray, cut: float, counted: np.ndarray | None) -> str:
    """The bars as boxes with inline styles. With the style sheet they become areas on which the pointer shows the numbers."""
    wide, parts = 100 / len(heights), []
    for i, h in enumerate(heights):
        tip = f' title="{_number(bins[i])} to {_number(bins[i + 1])}: {counted[i]:,} pairs"' if counted is not None else ""
        colour = COLOURS["kept" if wide * i >= cut - 1e-9 else "candidates"]
        at = f"left:{wide * i:.2f}%;width:{0.9 * wide:.2f}%;height:{h:.1f}%"
        if tip or h > 0:
            parts.append(f'<i{tip} style="position:absolute;bottom:0;{at};background-color:{colour}"></i>')
    return f'<div class="kit-boxes">{"".join(parts)}</div>'


def _lines(outlines: Mapping[str, np.ndarray], cut: float | None) -> str:
    """The outlines and the threshold once more as borders of boxes; the style sheet hides them, where it is not stripped."""
    place, parts = '<i style="position:absolute;left:{:.2f}%;width:{:.2f}%;bottom:{:.1f}%;height:{:.1f}%;{}"></i>', []
    for name, whole in outlines.items():
        heights = np.minimum(whole, 100)
        wide, line = 100 / len(heights), f"2px {'solid' if DASHES.get(name) == 'none' else 'dashed'} {COLOURS[name]}"
        for i, (before, here) in enumerate(zip([0.0, *heights], heights, strict=False)):
            edge = f"border-left:{line};border-{'top' if here >= before else 'bottom'}:{line}"
            if before or here:
                parts.append(place.format(wide * i, wide, min(before, here), abs(here - before), edge))
    if cut is not None:
        parts.append(place.format(cut, 0, 0, 100, "border-left:2px solid #808080"))
    return f'<div class="kit-lines">{"".join(parts)}</div>'


def _scale(bins: np.ndarray, about: int) -> str:
    low, high = bins[0], bins[-1]
    step = nice((high - low) / about)
    ticks = [round(i * step, 10) for i in range(math.ceil(low / step), math.floor(high / step) + 1)]
    marks = "".join(
        f'<span style="position:absolute;left:{_place(t, bins) - 4:.2f}%;width:8%;text-align:center">{_number(t)}</span>'
        for t in ticks
        if 2 <= _place(t, bins) <= 98
    )
    return f'<div class="kit-scale" style="position:relative;height:18px">{marks}</div>'


def _number(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def legend(entries: Sequence[tuple[str, str]]) -> str:
    """A legend of swatches and words, from pairs (name of a colour, its meaning)."""
    parts = []
    for name, words in entries:
        edge = f"2px {'dashed' if name == 'shuffled' else 'solid'}" if name in DASHES else "9px solid"
        line = f"display:inline-block;width:16px;border-top:{edge} {COLOURS[name]}"
        swatch = f'<span class="kit-swatch kit-on-{name}" style="{line}"></span>'
        parts.append(f"<span>{swatch} {html.escape(words)}</span>")
    return f'<div class="kit-legend">{" ".join(parts)}</div>'
