"""Pure functions that write pairs, tables and numbers as HTML. Texts of pages and models are made harmless.

`text` is the only way a foreign string enters a panel. Styles take their colours from JupyterLab's theme and fall back
to light ones, so that the same HTML serves a panel, its static picture and an exported page.
"""

import html
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from helpers.figures.pages import ODD

READ = 20_000
"""Most characters of one text that a panel shows. The data frame holds the whole text."""

_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
"""Two code points that are not characters. They mark a match until the text is escaped."""


class Search(NamedTuple):
    """The text that a reader searches for: plain words, or a regular expression of RE2 (whose time is linear in the text)."""

    words: str = ""
    regex: bool = False
    case: bool = False

    @property
    def pattern(self) -> str:
        """The search as a regular expression of RE2."""
        return self.words if self.regex else re.escape(self.words)


def text(value: object, limit: int = READ, found: Search | None = None) -> str:
    """A foreign string as HTML that shows it and does nothing else.

    Markup is escaped. Control characters, escape sequences, bidirectional overrides and invisible characters are shown
    by their code points. Characters beyond `limit` are not shown but counted.

    Args:
        value: any value; None and NaN are empty.
        limit: characters shown.
        found: the search whose matches are marked in the text.
    """
    raw = "" if missing(value) else str(value)
    shown = raw[:limit].replace("\r\n", "\n").replace(_OPEN, "\ufffd").replace(_CLOSE, "\ufffd")
    shown = html.escape(_marked(shown, found) if found and found.words else shown)
    safe = ODD.sub(lambda odd: f'<span class="kit-odd">U+{ord(odd[0]):04X}</span>', shown)
    safe = safe.replace(_OPEN, "<mark>").replace(_CLOSE, "</mark>")
    rest = len(raw) - limit
    return safe if rest <= 0 else f'{safe}<span class="kit-soft"> … and {rest:,} more characters</span>'


def _marked(raw: str, found: Search) -> str:
    """The text with every match between the two marks. It is found by RE2, because Python's own engine can take for ever."""
    case = "" if found.case else "(?i)"
    readable = re.sub("[\ud800-\udfff]", "\ufffd", raw)  # Arrow wants valid Unicode
    try:
        marked = pc.replace_substring_regex(pa.array([readable]), f"({case}{found.pattern})", rf"{_OPEN}\1{_CLOSE}")
    except pa.ArrowInvalid:
        return raw
    return marked[0].as_py().replace(_OPEN + _CLOSE, "")


def line(value: object, limit: int = 160, found: Search | None = None) -> str:
    """The beginning of a foreign string on one line."""
    raw = "" if missing(value) else str(value)
    short = " ".join(raw[: 4 * limit].split())
    return text(short[:limit], found=found) + ("…" if len(short) > limit or len(raw) > 4 * limit else "")


def link(url: object) -> str:
    """An address as a link if it is http or https, as text otherwise."""
    if missing(url):
        return ""
    shown = text(url, 300)
    try:
        parts = urlsplit(str(url))
    except ValueError:
        return shown
    if parts.scheme not in ("http", "https") or not parts.netloc or ODD.search(str(url)):
        return shown
    return f'<a href="{html.escape(str(url))}" target="_blank" rel="noopener noreferrer">{shown}</a>'


def score(value: float | None) -> str:
    """A score with three decimals; a dash for none."""
    return "–" if missing(value) else f"{value:.3f}".replace("-", "−")


def flags_of(value: object) -> list[str]:
    """Hygiene flags as a list. They may be given as a list or array, as a string with commas, or be missing."""
    if isinstance(value, (list, tuple, set, np.ndarray)):
        return [str(flag) for flag in value]
    return [] if missing(value) else [flag for flag in re.split(r"[,;\s]+", str(value)) if flag]


def missing(value: object) -> bool:
    """Whether a value is None, NaN or pandas' NA."""
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def pair(row: Mapping, *, blind: bool = False, found: Search | None = None, sides: tuple[str, str] | None = None) -> str:
    """Instruction and output of a pair with the page they come from.

    Args:
        row: columns of the pairs frame; only instruction and output are required.
        blind: leave out everything that another judge or filter said about the pair.
        found: the search whose matches are marked in the texts.
        sides: names of two answers, ``output`` and ``other``, that are shown beside each other.
    """
    said = {} if blind else row
    told = [text(said[name], 80) for name in ("arm", "source", "tag") if _filled(said, name)]
    told += [f"{int(said['tokens']):,} tokens"] if _filled(said, "tokens") else []
    told += [f"ended by {text(said['finish'], 40)}"] if _filled(said, "finish") else []
    flags = [f'<span class="kit-chip kit-flag">{text(flag, 80)}</span>' for flag in flags_of(said.get("hygiene"))[:12]]
    facts = f'<span class="kit-soft">{" · ".join(told)}</span> {"".join(flags)}'
    where = [text(row["header_path"], 300, found)] if _filled(row, "header_path") else []
    where += [link(row["url"])] if _filled(row, "url") else []
    page = f'<div class="kit-title">From</div><div class="kit-text">{"<br>".join(where)}</div>' if where else ""
    body = output("output", row["output"], found)
    if sides:
        named = zip(sides, ("output", "other"), strict=True)
        answers = [f'<div class="kit-side">{output(name, row[column], found)}</div>' for name, column in named]
        body = f'<div class="kit-pairs">{"".join(answers)}</div>'
    return (
        f'<div class="kit-title">Instruction</div>'
        f'<div class="kit-text kit-instruction" dir="auto">{text(row["instruction"], found=found)}</div>'
        f"<div>{facts}</div>{body}{page}"
    )


def output(name: str, value: object, found: Search | None = None) -> str:
    """A long text in a box with a scroll bar, under its name and its length."""
    size = 0 if missing(value) else len(str(value))
    label = text(name, 60)
    return (
        f'<div class="kit-title">{label}, {size:,} characters</div><div class="kit-text kit-output" dir="auto" tabindex="0" '
        f'role="region" aria-label="{plain(name)}">{text(value, found=found) or "<i>no text</i>"}</div>'
    )


def _filled(row: Mapping, name: str) -> bool:
    return name in row and not missing(row[name]) and str(row[name]) != ""


def plain(words: object, limit: int = 60) -> str:
    """The beginning of a foreign string as the value of an attribute."""
    return html.escape(ODD.sub("", str(words)[:limit]))


def table(headings: Sequence[str], rows: Iterable[Sequence], *, right: int = 0) -> str:
    """A table with words aligned to the left. Headings and cells must be safe HTML.

    Args:
        headings: one for each column.
        rows: each with as many cells.
        right: number of last columns that hold numbers and are aligned to the right.
    """
    places = [cell_of(i >= len(headings) - right) for i in range(len(headings))]
    head = "".join(f"<th {place}>{name}</th>" for name, place in zip(headings, places, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td {place}>{cell}</td>' for cell, place in zip(cells, places, strict=True))}</tr>" for cells in rows
    )
    made = f'<table class="kit-table kit-auto"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="kit-wide">{made}</div>'


def cell_of(number: bool) -> str:
    """Attributes of a cell. The style is also written out, because front ends that strip the style sheet align words right."""
    side = "right" if number else "left"
    return f'class="kit-{side}" style="text-align:{side}"'


def cards(title: str, page: pd.DataFrame, scores: Sequence[float], reasons: Sequence[str] = ()) -> str:
    """Short views of pairs, one below the other under a title. A reason, in safe HTML, follows its pair's score."""
    body = "".join(
        f'<div class="kit-card">{"" if missing(value) else f"<span class=kit-soft>{score(value)}{reason}</span>"}'
        f'<div><b class="kit-text" dir="auto">{line(row["instruction"], 200)}</b>'
        f'<div class="kit-text" dir="auto">{text("" if missing(row["output"]) else str(row["output"])[:400])}</div></div></div>'
        for row, value, reason in zip(page.to_dict("records"), scores, reasons or [""] * len(page), strict=True)
    )
    return f'<div><div class="kit-title">{text(title, 120)}</div>{body or "<i>none</i>"}</div>'


def stats(entries: Iterable[tuple[str, str]]) -> str:
    """Numbers side by side, from pairs (value, its meaning). Both must be safe HTML."""
    return (
        '<div class="kit-stats">'
        + "".join(f'<div class="kit-stat"><b>{v}</b> <span>{w}</span></div>' for v, w in entries)
        + "</div>"
    )


def head(number: str, notes: Iterable[str]) -> str:
    """The big number of a panel with what it counts. Screen readers announce it when it changes."""
    told = " · ".join(note for note in notes if note)
    return f'<div class="kit-head kit-num" role="status">{number} <small>{told}</small></div>'


def keys(bar: Mapping[str, str], *, off: Iterable[str] = (), pressed: str = "") -> str:
    """Buttons that press a key, each with its name and its key. A press is meant for the pair on the screen (see `events`).

    Args:
        bar: key -> name.
        off: names of the buttons that cannot be pressed now.
        pressed: name of the button that is pressed now.
    """
    closed = set(off)
    parts = []
    for key, name in bar.items():
        state = " disabled" if name in closed else ""
        state += f' aria-pressed="{"true" if name == pressed else "false"}"' if pressed or name == pressed else ""
        parts.append(f'<button class="kit-button" data-key="{html.escape(key)}"{state}>{html.escape(name)} ({key})</button>')
    return f'<span class="kit-keys">{"".join(parts)}</span>'


def help_on(told: Mapping[str, str]) -> str:
    """A list of the panel's keys, folded until `?` is pressed."""
    rows = "".join(f"<div><kbd>{html.escape(key)}</kbd> {html.escape(words)}</div>" for key, words in told.items())
    return f'<details class="kit-help"><summary>keys (?)</summary><div class="kit-helped">{rows}</div></details>'
