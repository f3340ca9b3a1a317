"""A page as it was read: its source, with every segment marked as kept or dropped by a rule. Pure functions to HTML.

A segment's text is not a piece of the source: whitespace was collapsed, entities were decoded, and menus were left out. It is
found again by the characters that a reader sees, without spaces; what the kit did not take as text stays unmarked.
"""

import html
import re
from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple

import pandas as pd

from helpers.figures import COLOURS

SHOWN = 300_000
"""Characters of a source that are shown; what is cut off is counted."""

_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|noscript|template)\b.*?(?:</\1|\Z)|</?[a-z!?][^>]*(?:>|\Z)|&(?:#\w{1,8}|\w{1,31});?|[^<&]+|.",
    re.IGNORECASE | re.DOTALL,
)
_WORD = re.compile("[^\\s\0\u00ad\u200b\u2060\ufeff]+")
_PIECE = re.compile(
    r"(?:\A|\n)\s*(?:- |\d+\. )?| \| "
)  # between blocks; the marks of lists and tables are the kit's, not the page's
ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
"""Characters that nobody sees or that turn the text round; they are shown by their code points."""


LOOK = f"""<style>
.kit-page pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12px; line-height: 1.5 }}
.kit-page .tag {{ opacity: .45 }}
.kit-page pre mark {{ color: inherit; padding: 0; background: color-mix(in srgb, {COLOURS["kept"]} 18%, transparent);
  border-bottom: 2px solid {COLOURS["kept"]} }}
.kit-page pre mark.dropped {{ background: color-mix(in srgb, {COLOURS["dropped"]} 14%, transparent);
  border-bottom: 2px dashed {COLOURS["dropped"]} }}
.kit-page b {{ font: bold 10px sans-serif; padding: 0 3px; border: 1px solid; border-radius: 3px; margin-right: 3px }}
</style>"""


class _Text(NamedTuple):
    """What a reader sees of a source, without spaces, and where each word of it lies in the source."""

    seen: str
    starts: list[int]  # of each word in `seen`
    places: list[tuple[int, int]]  # of each word in the source


def page(source: str, segments: pd.DataFrame) -> str:
    """The source of a page with its segments marked, as HTML that shows the source and runs nothing of it.

    Args:
        source: the page's HTML or text.
        segments: of this page: text and ``rule`` (the rule that dropped a segment; empty or missing for a kept one). Texts
            that the page repeats are marked in the order of the rows; of segments that overlap, the one that begins first
            and is longest.
    """
    rules = ["" if pd.isna(rule) else str(rule) for rule in segments.rule]
    marks, missing = _marks(source[:SHOWN], list(segments.text))
    counts = pd.Series([rule or "kept" for rule in rules]).value_counts()
    said = [f"{count:,} {_safe(name)}" for name, count in counts.items()] or ["no segments"]
    said += [f"{missing:,} of them not found in what is shown"] if missing else []
    said += [f"{len(source) - SHOWN:,} more characters are not shown"] if len(source) > SHOWN else []
    return f'{LOOK}<div class="kit-page"><p>{"; ".join(said)}</p><pre>{_marked(source[:SHOWN], marks, rules)}</pre></div>'


def _read(source: str) -> _Text:
    words, places = [], []
    for token in _TOKEN.finditer(source):
        start, raw = token.start(), token[0]
        if raw[0] == "<" and len(raw) > 1:
            continue
        if raw[0] == "&" and (decoded := html.unescape(raw)) != raw:
            found = [(_visible(decoded), token.span())]
        else:
            found = [(word[0], (start + word.start(), start + word.end())) for word in _WORD.finditer(raw)]
        for word, place in found:
            if word:
                words.append(word)
                places.append(place)
    starts = [0, *accumulate(map(len, words))][:-1]
    return _Text("".join(words), starts, places)


def _visible(text: str) -> str:
    return "".join(_WORD.findall(text))


def _marks(source: str, texts: list[str]) -> tuple[list[tuple[int, int, int]], int]:
    """(start, end, segment) in the source, in order and apart, and how many segments were not found at all."""
    text, marks, missing, cursor = _read(source), [], 0, 0
    for number, segment in enumerate(texts):
        whole, pieces = [_visible(segment)], [_visible(piece) for piece in _PIECE.split(segment)]
        tries = (_find(text.seen, needles, at) for at in (cursor, 0) for needles in (whole, pieces))
        found = next(filter(None, tries), [])
        missing += not found
        cursor = max([cursor, *(end for _, end in found)])
        marks += [(_place(text, start)[0], _place(text, end - 1)[1], number) for start, end in found]
    apart, reached = [], 0
    for start, end, number in sorted(marks, key=lambda mark: (mark[0], -mark[1])):
        if end > reached:
            apart.append((max(start, reached), end, number))
            reached = end
    return apart, missing


def _find(seen: str, needles: list[str], cursor: int) -> list[tuple[int, int]]:
    """Where each needle stands in ``seen``, after the one before it or, if it is long enough to be itself, anywhere."""
    found = []
    for needle in filter(None, needles):
        at = seen.find(needle, cursor)
        if at < 0 and len(needle) >= 20:
            at = seen.find(needle)
        if at >= 0:
            found.append((at, at + len(needle)))
            cursor = at + len(needle)
    return found


def _place(text: _Text, at: int) -> tuple[int, int]:
    """Where the character ``at`` of what is seen begins and ends in the source."""
    word = bisect_right(text.starts, at) - 1
    start, end = text.places[word]
    length = (text.starts[word + 1] if word + 1 < len(text.starts) else len(text.seen)) - text.starts[word]
    if end - start != length:  # an entity: one character of the text is several of the source
        return start, end
    return start + at - text.starts[word], start + at - text.starts[word] + 1


def _marked(source: str, marks: list[tuple[int, int, int]], rules: list[str]) -> str:
    parts, at, last = [], 0, None
    for start, end, number in marks:
        rule = rules[number]
        name = f"<b>{_safe(rule or 'kept')}</b>" if number != last else ""
        kind = ' class="dropped"' if rule else ""
        parts += [_raw(source[at:start]), f"<mark{kind}>{name}{_raw(source[start:end])}</mark>"]
        at, last = end, number
    return "".join([*parts, _raw(source[at:])])


def _raw(source: str) -> str:
    """A piece of source, escaped, its tags dimmed."""
    pieces = ((token[0], token[0][0] == "<" and len(token[0]) > 1) for token in _TOKEN.finditer(source))
    return "".join(f'<span class="tag">{_safe(raw)}</span>' if tag else _safe(raw) for raw, tag in pieces)


def _safe(raw: str) -> str:
    """Escaped, with what cannot be seen or turns the text round shown by its code point."""
    return ODD.sub(lambda odd: f"U+{ord(odd[0]):04X}", html.escape(raw.replace("\r\n", "\n")))
