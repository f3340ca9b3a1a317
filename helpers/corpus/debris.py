"""Blocks that belong to no text although they stand in it: labels, datelines, notices, what hangs below the last paragraph."""

import re
from collections import Counter

from helpers.corpus.boxes import PROSE_CHARS, Block
from helpers.corpus.headers import is_dateline, is_navigation, is_stamp

LINKED = 0.6
"""A list, table or paragraph with a larger share of its characters in links is a menu."""

LABEL_CHARS = 60
"""A longer text is no label."""

NOTICE_CHARS = 300
"""A longer paragraph says more than a notice."""

_LABEL = re.compile(
    r"(?:advertis(?:ement|ing)|adverts?|ad|share|tweet|email|print|save|close|caption|replay|reply|flag(?:ged)?|comments?"
    r"|text size|read more|continue reading|loading\b[\w ]{0,20}\W*|related|follow us"
    r"|cookie (?:settings|preferences|policy)|(?:article|story) continues.*|skip to (?:main )?content|scroll to continue.*"
    r"|(?:just|must|now) (?:watched|watch|read|playing)|[^\w*]+)",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"\(?(?:©|(?:\w+ ){0,2}(?:image|photo|picture|photograph|illustration)s?(?: credits?| courtesy(?: of)?)?(?: ?[:©]| by ))"
    r"[^!?\n]{0,100}\)?$",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"(?:please |want more\W+)?(?:(?:sign up|register|get|receive|let|stay|have a tip)\b.*(?:newsletters?|inbox)\b"
    r"|(?:follow|join us|like us|find us|be sure to visit|have a tip)\b.*\b(?:twitter|facebook|instagram|linkedin|youtube)\b"
    r"|subscribe (?:to|now|via|here)\b|join (?:our|the) (?:[\w']+ ){0,3}(?:forums?|conversation|discussion)\b)"
    r"|©|\(c\) \d{4}|copyright\b|(?:originally|first) published\b|an error (?:has )?occurred\b"
    r"|this (?:article|story|post|piece) (?:\w+ ){1,3}(?:appeared|published|adapted)\b",
    re.IGNORECASE | re.DOTALL,
)
_NOTICE = re.compile(
    r"all rights reserved|\b(?:in|to) your inbox\b|\b(?:using|turn off|disable|you[’']re) (?:\w+ ){0,2}ad.?block"
    r"|bloggers like this|\b(?:requires?|enable) javascript\b|\buses cookies\b",
    re.IGNORECASE,
)
_NOTICED = ("rights reserved", "your inbox", "block", "bloggers", "javascript", "uses cookies")
"""One of them is in every notice: looking for them first saves most of the time."""

_NO_SENTENCE = re.compile(r"(?:[^.!?]|\.\.\.)$")
_LOOSE = re.compile(r"[\w\s'’&,|/@·•–—-]*[\w’]")
"""A line that is no sentence, no formula and no code."""


def is_label(block: Block) -> bool:
    """Whether a paragraph is a label of the page, a credit or notice, or a link: it belongs to no text."""
    text, size = block.text, len(block.text)
    if block.group:
        return False
    if block.linked > LINKED * size:
        return True
    if size > NOTICE_CHARS:
        return False
    if size <= LABEL_CHARS and (_LABEL.fullmatch(text) or (_NO_SENTENCE.search(text) and is_navigation(text))):
        return True
    if _CREDIT.match(text) or _ORDER.match(text):
        return True
    lower = text.lower()
    return any(word in lower for word in _NOTICED) and _NOTICE.search(text) is not None


def datelines(shown: list[Block]) -> set[int]:
    """Dates, bylines and orders to the reader that tell of what stands around them and belong to no text: by identity.

    As a header, one directly above another header is the day of a post; the only one of its level, directly below a header,
    is that of the article. Other dates are the headers of a chronicle, and other bylines those of a list of letters. As a
    paragraph, one between a header and the text below it is that of the article.
    """
    levels = Counter(block.level for block in shown if block.level and is_dateline(block.text))
    found, below_header = set(), False
    for block, after in zip(shown, [*shown[1:], None], strict=False):
        if is_dateline(block.text) if block.level else below_header and is_stamp(block.text):
            above_header = after is not None and after.level > block.level > 0
            if above_header or (below_header and levels[block.level] <= 1):
                found.add(id(block))
                continue
        below_header = block.level > 0
    return found


def without_end(body: list[Block]) -> list[Block]:
    """A text without the short lines below its last paragraph, which are no sentences: names, places, titles of other parts."""
    last = len(body)
    while last > 1 and _hangs(body[last - 1]) and not body[last - 2].text.endswith((":", ",")):
        last -= 1
    return body[:last] if any(len(block.text) >= PROSE_CHARS and not block.group for block in body[:last]) else body


def _hangs(block: Block) -> bool:
    return not block.group and len(block.text) <= LABEL_CHARS and _LOOSE.fullmatch(block.text) is not None
