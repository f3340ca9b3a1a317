"""Pairs, scores and histograms as HTML strings: pure functions, every text of a page or a model made harmless.

`text` is the only way a foreign string enters a panel. Styles take their colours from JupyterLab's theme and fall back
to light ones, so that the same HTML serves a panel, its static twin and an exported page.
"""

import html
import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from helpers.figures import COLOURS

DASHES = {"seed": "none", "shuffled": "5 3"}
READ = 20_000
"""Characters of one text that a panel shows at most; the data frame has the rest."""

_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def text(value: object, limit: int = READ) -> str:
    """A foreign string as HTML that shows it and does nothing else.

    Markup is escaped; control characters, escape sequences, bidirectional overrides and invisible characters are shown
    by their code point; what exceeds `limit` characters is counted.
    """
    raw = "" if _missing(value) else str(value)
    shown = html.escape(raw[:limit].replace("\r\n", "\n"))
    safe = _ODD.sub(lambda found: f'<span class="kit-odd">U+{ord(found[0]):04X}</span>', shown)
    rest = len(raw) - limit
    return safe if rest <= 0 else f'{safe}<span class="kit-soft"> … and {rest:,} more characters</span>'


def line(value: object, limit: int = 160) -> str:
    """The beginning of a foreign string on one line."""
    raw = "" if _missing(value) else str(value)
    short = " ".join(raw[: 4 * limit].split())
    return text(short[:limit]) + ("…" if len(short) > limit or len(raw) > 4 * limit else "")


def link(url: object) -> str:
    """An address as a link if it is http or https, as text otherwise."""
    if _missing(url):
        return ""
    shown = text(url, 300)
    try:
        parts = urlsplit(str(url))
    except ValueError:
        return shown
    if parts.scheme not in ("http", "https") or not parts.netloc or _ODD.search(str(url)):
        return shown
    return f'<a href="{html.escape(str(url))}" target="_blank" rel="noopener noreferrer">{shown}</a>'


def score(value: float | None) -> str:
    """A score with three decimals; a dash for none."""
    return "–" if _missing(value) else f"{value:.3f}".replace("-", "−")


def flags_of(value: object) -> list[str]:
    """Hygiene flags as a list: from a list or array, from a string with commas, or nothing."""
    if isinstance(value, (list, tuple, set, np.ndarray)):
        return [str(flag) for flag in value]
    return [] if _missing(value) else [flag for flag in re.split(r"[,;\s]+", str(value)) if flag]


def _missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


# Histograms


def edges(scores: np.ndarray, bins: int = 60) -> np.ndarray:
    """Bin edges from the .2 % quantile to the highest score, rounded; a long lower tail is in the first bin."""
    rated = scores[~np.isnan(scores)]
    if not len(rated):
        return np.linspace(0, 1, bins + 1)
    low, high = np.quantile(rated, 0.002), rated.max()
    if high == low:
        return np.linspace(low - 0.5, high + 0.5, bins + 1)
    step = nice((high - low) / 200)
    return np.linspace(math.floor(low / step) * step, math.ceil(high / step - 1e-9) * step, bins + 1)


def nice(least: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, ... (or .1, .2, .5, ...) that is at least `least`."""
    unit = 10.0 ** math.floor(math.log10(least))
    return next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= least * (1 - 1e-9))


def shares(scores: np.ndarray, bins: np.ndarray) -> np.ndarray:
    """Share of the scores in each bin; what lies outside is counted in the outermost bins."""
    rated = scores[~np.isnan(scores)]
    counts, _ = np.histogram(np.clip(rated, bins[0], bins[-1]), bins)
    return counts / max(len(rated), 1)


def histogram(
    bins: np.ndarray,
    series: Mapping[str, np.ndarray],
    *,
    label: str,
    threshold: float | None = None,
    width: int = 760,
    height: int = 150,
) -> str:
    """Score distributions as an inline SVG.

    Args:
        bins: edges, as from `edges`.
        series: name -> shares by bin. The first is drawn as bars, the others as outlines in the colour of their name.
        label: alternative text.
        threshold: draws a line here and the bars at or above it in the colour of what is kept.
        width: of the drawing in its own units; it is scaled to the place it is given.
        height: of the bars in the same units.
    """
    top = max(max((values.max() for values in series.values()), default=0), 1e-9)
    low, span = bins[0], bins[-1] - bins[0]
    x = (bins - low) / span * width
    names = list(series)
    bars = _bars(x, series[names[0]] / top * height, height)
    parts = [f'<path d="{bars}" fill="{COLOURS["candidates"]}"/>']
    if threshold is not None and not math.isnan(threshold):
        cut = min(max((threshold - low) / span * width, 0), width)
        inner = f'<path d="{bars}" fill="{COLOURS["kept"]}"/>'
        box = f"{cut:.1f} 0 {width - cut:.1f} {height}"
        view = f'x="{cut:.1f}" width="{width - cut:.1f}" height="{height}" viewBox="{box}"'
        parts.append(f"<svg {view} style='width:auto'>{inner}</svg>" if cut < width else "")
        parts.append(f'<path d="M{cut:.1f} -6V{height}" stroke="currentColor" stroke-width="1.5"/>')
    for name in names[1:]:
        outline = _outline(x, height - series[name] / top * height, height)
        dash = DASHES.get(name, "none")
        stroke = f'stroke="{COLOURS[name]}" stroke-width="1.75" stroke-dasharray="{dash}"'
        parts.append(f'<path d="{outline}" fill="none" {stroke}/>')
    parts.append(f'<path d="M0 {height}H{width}" stroke="currentColor" stroke-opacity=".4"/>')
    parts += [_tick(value, (value - low) / span * width, width, height) for value in _ticks(low, bins[-1], width // 75)]
    box = f"0 -8 {width} {height + 28}"
    return f'<svg viewBox="{box}" role="img" aria-label="{html.escape(label)}">{"".join(parts)}</svg>'


def _bars(x: np.ndarray, heights: np.ndarray, floor: float) -> str:
    step = x[1] - x[0]
    return "".join(
        f"M{left:.1f} {floor}v{-h:.1f}h{step * 0.9:.1f}v{h:.1f}z" for left, h in zip(x, heights, strict=False) if h > 0
    )


def _outline(x: np.ndarray, y: np.ndarray, floor: float) -> str:
    steps = "".join(f"V{level:.1f}H{right:.1f}" for level, right in zip(y, x[1:], strict=True))
    return f"M{x[0]:.1f} {floor}{steps}V{floor}"


def _ticks(low: float, high: float, about: int) -> list[float]:
    step = nice((high - low) / max(about, 1))
    return [round(i * step, 10) for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _tick(value: float, x: float, width: int, height: int) -> str:
    anchor = "start" if x < 12 else "end" if x > width - 12 else "middle"
    number = f"{value:g}".replace("-", "−")
    return f'<text x="{x:.1f}" y="{height + 15}" text-anchor="{anchor}">{number}</text>'


def legend(entries: Sequence[tuple[str, str]]) -> str:
    """Swatches and words: (name of a colour, what it stands for)."""
    parts = []
    for name, words in entries:
        dash = f'stroke-dasharray="{DASHES[name]}"' if name in DASHES else ""
        line_ = f'<path d="M0 6H16" stroke="{COLOURS[name]}" stroke-width="{2 if name in DASHES else 9}" {dash}/>'
        swatch = f'<svg viewBox="0 0 16 12" aria-hidden="true" style="display:inline;width:16px;height:12px">{line_}</svg>'
        parts.append(f"<span>{swatch} {html.escape(words)}</span>")
    return f'<div class="kit-legend">{"".join(parts)}</div>'


# Pairs


def pair(row: Mapping, *, blind: bool = False) -> str:
    """Instruction and output of a pair with the page they come from.

    Args:
        row: columns of the pairs frame; only instruction and output are required.
        blind: leave out everything that another judge or filter said about the pair.
    """
    said = {} if blind else row
    told = [text(said[name], 80) for name in ("source", "tag") if _filled(said, name)]
    told += [f"{int(said['tokens']):,} tokens"] if _filled(said, "tokens") else []
    told += [f"ended by {text(said['finish'], 40)}"] if _filled(said, "finish") else []
    flags = [f'<span class="kit-chip kit-flag">{text(flag, 80)}</span>' for flag in flags_of(said.get("hygiene"))[:12]]
    facts = f'<span class="kit-soft">{" · ".join(told)}</span> {"".join(flags)}'
    where = [text(row["header_path"], 300)] if _filled(row, "header_path") else []
    where += [link(row["url"])] if _filled(row, "url") else []
    page = f'<div class="kit-title">From</div><div class="kit-text">{"<br>".join(where)}</div>' if where else ""
    output = "" if _missing(row["output"]) else str(row["output"])
    return (
        f'<div class="kit-title">Instruction</div>'
        f'<div class="kit-text kit-instruction" dir="auto">{text(row["instruction"])}</div><div>{facts}</div>'
        f'<div class="kit-title">Output, {len(output):,} characters</div>'
        '<div class="kit-text kit-output" dir="auto" tabindex="0" role="region" aria-label="output">'
        f"{text(output)}</div>"
        f"{page}"
    )


def _filled(row: Mapping, name: str) -> bool:
    return name in row and not _missing(row[name]) and str(row[name]) != ""


def ratings_table(rows: Iterable[Mapping]) -> str:
    """What every judge said about one pair.

    Args:
        rows: judge, iteration, score, better_than (share of the other pairs scored lower, or None), mass, raw.
    """
    body, replies = [], []
    for row in rows:
        share = "" if _missing(row["better_than"]) else f"{math.floor(100 * row['better_than'])}%"
        mass = "" if _missing(row.get("mass")) else f"{row['mass']:.2f}"
        judge, iteration = text(row["judge"], 60), row["iteration"]
        body.append((judge, iteration, f"<b>{score(row['score'])}</b>", share, mass))
        if reply := text(row.get("raw"), 2_000):
            replies.append(f'<div class="kit-soft">{judge}, iteration {iteration}</div><div class="kit-text">{reply}</div>')
    if not body:
        return '<div class="kit-soft">No judge has rated this pair.</div>'
    told = f"<details><summary>what they wrote</summary>{''.join(replies)}</details>" if replies else ""
    return table(dict.fromkeys(("judge", "iteration", "score", "beats", "mass"), ""), body, left="judge") + told


def table(
    columns: Mapping[str, str], rows: Iterable[Sequence], *, left: str, attributes: Iterable[str] = itertools.repeat("")
) -> str:
    """Cells as a table, numbers to the right.

    Args:
        columns: name -> its width; "" for every one of them leaves the widths to the browser.
        rows: cells that are made safe already.
        left: the column of words.
        attributes: of each row, with a space before them.
    """
    places = ["" if name == left else ' class="kit-right"' for name in columns]
    head = "".join(f'<th style="width:{columns[name]}"{place}>{name}</th>' for name, place in zip(columns, places, strict=True))
    body = ""
    for cells, attribute in zip(rows, attributes, strict=False):
        inner = "".join(f"<td{place}>{cell}</td>" for cell, place in zip(cells, places, strict=True))
        body += f"<tr{attribute}>{inner}</tr>"
    kind = "kit-table" if any(columns.values()) else "kit-table kit-auto"
    return f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def pairs_table(page: pd.DataFrame, *, scores: Sequence[float], rows: Sequence[int], current: int = -1) -> str:
    """One page of pairs as a table whose rows can be opened (`data-row` carries the number to report).

    Args:
        page: the pairs on the page.
        scores: one for each of them, NaN for none.
        rows: number of each in the whole frame.
        current: the row being read.
    """
    body, attributes = [], []
    for entry, value, row in zip(page.to_dict("records"), scores, rows, strict=True):
        flags = flags_of(entry.get("hygiene"))
        size = 0 if _missing(entry["output"]) else len(str(entry["output"]))
        here = ' aria-current="true"' if row == current else ""
        flag = f'<span class="kit-bang" title="{_plain(flags)}">⚑ </span>' if flags else ""
        opener = f'<button class="kit-open" dir="auto">{flag}{line(entry["instruction"]) or "(empty)"}</button>'
        body.append((score(value), opener, f"{size:,}"))
        attributes.append(f' data-row="{row}"{here}')
    columns = {"score": "58px", "instruction": "auto", "chars": "68px"}
    return table(columns, body, left="instruction", attributes=attributes)


def _plain(words: Sequence[str]) -> str:
    return html.escape(_ODD.sub("", ", ".join(word[:40] for word in words[:5])))


def cards(title: str, page: pd.DataFrame, scores: Sequence[float]) -> str:
    """Pairs in short, one below the other under a title."""
    body = "".join(
        f'<div class="kit-card"><span class="kit-soft kit-num">{score(value)}</span> '
        f'<b class="kit-text" dir="auto">{line(row["instruction"], 200)}</b>'
        f'<div class="kit-text" dir="auto">{text(str(row["output"])[:400])}</div></div>'
        for row, value in zip(page.to_dict("records"), scores, strict=True)
    )
    return f'<div><div class="kit-title">{html.escape(title)}</div>{body or "<i>none</i>"}</div>'


def stats(entries: Iterable[tuple[str, str]]) -> str:
    """Numbers side by side: (value, what it is); both are the kit's own words or already made safe."""
    return '<div class="kit-stats">' + "".join(f"<div><b>{v}</b><span>{w}</span></div>" for v, w in entries) + "</div>"
