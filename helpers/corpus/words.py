"""The words of a text, for every rule that compares texts: one normaliser, so that all rules mean the same by a word.

Case, punctuation, emphasis (`_so_`, `*so*`), soft hyphens, ligatures, decomposed accents, entities
(`&amp;`), reference marks ("[1]") and the targets of Markdown's links make no difference. Where a script has no spaces
(Chinese, Japanese, Thai, Lao, Burmese, Khmer), each character is a word.
"""

import html
import re
import unicodedata

_UNSEEN = re.compile("[\u00ad\u0591-\u05c7\u064b-\u065f\u0670\u200b-\u200f\u2060-\u2064\ufeff\ufe00-\ufe0f]")
"""What is not seen, and the points of Hebrew and Arabic, which most texts leave out."""

_POINTS = re.compile("[\u2010-\u2027\u2030-\u205e]")
"""Dashes and quotation marks: without them most English is ASCII, which is read faster."""

_MARKS = re.compile(r"\[\d{1,3}\]|(?<=\])\(\S{1,300}?\)")
_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff"
    "\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_WORD = re.compile(rf"[{_SPACELESS}]|(?:(?![{_SPACELESS}_])\w)(?:(?![{_SPACELESS}_])\w|[\u0300-\u036f\u0900-\u0dff])*")


def words(text: str) -> list[str]:
    """The lower-cased words of a text, without punctuation; in a script without spaces, its characters."""
    plain, word = _plain(text)
    return word.findall(plain)


def words_by_line(text: str) -> list[list[str]]:
    """The `words` of each line of a text."""
    plain, word = _plain(text)
    return [word.findall(line) for line in plain.split("\n")]


def _plain(text: str) -> tuple[str, re.Pattern]:
    """A text as it is compared, and what a word of it is."""
    text = _MARKS.sub("", text) if "[" in text else text
    text = html.unescape(text) if "&" in text else text
    text = text if text.isascii() else _POINTS.sub(" ", text)
    if text.isascii():
        return text.lower(), _ASCII_WORD
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", text)).casefold(), _WORD
