"""Blocks that belong to no text although they stand in it: labels, datelines, notices, what hangs below the last paragraph."""

import re
from collections import Counter

from helpers.corpus.boxes import PROSE_CHARS, Block
from helpers.corpus.headers import is_dateline, is_name, is_navigation, is_stamp

LINKED = 0.6
"""A list, table or paragraph with a larger share of its characters in links is a menu."""

LABEL_CHARS = 60
"""A longer text is no label."""

NOTICE_CHARS = 300
"""A longer paragraph says more than a notice."""

TOPIC_LEVEL = 4
"""A header above the text that only names the part of the site it belongs to has this level or a lower one (h4 to h6)."""

DEK_CHARS = 200
"""A paragraph of so many characters between a header and a dateline is the line that sums the article up."""

_LABEL = re.compile(
    r"(?:(?:image|photo|picture|slide|page)? ?\d+ (?:of|/) \d+"
    r"|advertis(?:ement|ing)|adverts?|ad|share|tweet|email|print|save|close|caption|replay|reply|flag(?:ged)?|comments?"
    r"|text size|read more|continue reading|loading\b[\w ]{0,20}\W*|related|follow us"
    r"|cookie (?:settings|preferences|policy)|(?:article|story) continues.*|skip to (?:main )?content|scroll to continue.*"
    r"|(?:just|must|now) (?:watched|watch|read|playing)|[^\w*(){}\[\]<>;]+)",
    re.IGNORECASE,
)
_SIGN = re.compile(
    r"(?:article|story) continues.*|(?:must|just|now) (?:watch(?:ed)?|see|read)"
    r"|\(?\d+ (?:videos?|photos?|images?|pictures?|slides?)\)?",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"\(?(?:©|(?:\w+ ){0,2}(?:image|photo|picture|photograph|illustration)s?(?: credits?| courtesy(?: of)?)?"
    r"(?: ?[:©]| by )(?! ?(?:the|an?)\b))"
    r"[^!?\n]{0,100}\)?$",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"(?:please |want more\W+)?(?:(?:sign up|register|get|receive|let|stay|have a tip)\b"
    r".*(?:newsletters?|(?:in|to) your inbox)\b"
    r"|(?:follow (?!these|the\b)|join us|like us|find us|be sure to visit|have a tip)"
    r".*\bon (?:twitter|facebook|instagram|linkedin|youtube)\b"
    r"|subscribe (?:now|via|here)\b|subscribe to (?:our|the (?:\w+ )?(?:newsletter|podcast|channel|feed|magazine))\b"
    r"|join (?:our|the) (?:[\w']+ ){0,3}(?:forums?|conversation|discussion)\b)"
    r"|©|\(c\) \d{4}|copyright\W+(?:\w+\W+){0,2}\d{4}\b|copyright ©|originally published .{0,60}$"
    r"|first published(?::| on\b| at\b)"
    r"|an error (?:has )?occurred(?:[.,!]|$| while (?:loading|processing)| please)"
    r"|this (?:article|story|post|piece) (?:\w+ ){1,3}(?:appeared|published|adapted)\b",
    re.IGNORECASE | re.DOTALL,
)
_NOTICE = re.compile(
    r"all rights reserved|\b(?:in|to) your inbox\b|\b(?:using|turn off|disable|you[’']re) (?:\w+ ){0,2}ad.?block"
    r"|bloggers like this|\b(?:please|must) (?:\w+ )?enable javascript\b|\bjavascript (?:is )?(?:disabled|required)\b"
    r"|\b(?:site|website|page|we) uses? cookies\b",
    re.IGNORECASE,
)
_NOTICED = ("rights reserved", "your inbox", "block", "bloggers", "javascript", "cookies")
"""One of them is in every notice: looking for them first saves most of the time."""

_NO_SENTENCE = re.compile(r"(?:[^.!?]|\.\.\.)$")
_LOOSE = re.compile(r"[^\W\d_][^\W\d_ '’&,|/@·•–—-]*(?:[ '’&,|/@·•–—-]+[^\W\d_]+)*")
"""Words on one line: no sentence, no formula, no amount."""


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


def is_sign(header: Block) -> bool:
    """Whether a header says something of the page and heads nothing: "Story continues below", "(16 Videos)"."""
    return len(header.text) <= LABEL_CHARS and _SIGN.fullmatch(header.text) is not None


def datelines(shown: list[Block]) -> set[int]:
    """Dates, bylines and orders to the reader that tell of what stands around them and belong to no text: by identity.

    As a header, one directly above another header is the day of a post; the only one of its level, directly below a header,
    is that of the article. Other dates are the headers of a chronicle, and other bylines those of a list of letters. As a
    paragraph, one between a header and the text below it is that of the article, with the name above it. A small header
    that is a link, alone of its level and directly below a larger one, is the part of the site.
    """
    levels = Counter(block.level for block in shown if block.level and is_dateline(block.text))
    each = Counter(block.level for block in shown)
    found, below = set(), 0  # how many more paragraphs may stand between the header and its dateline
    for block, after in zip(shown, [*shown[1:], None], strict=False):
        if block.level and is_dateline(block.text):
            above_header = after is not None and after.level > block.level
            told = above_header or (below == 2 and levels[block.level] <= 1)
        elif block.level:
            told = below > 0 and block.level >= TOPIC_LEVEL and block.is_link and each[block.level] == 1
        else:
            told = below > 0 and (is_stamp(block.text) or (after is not None and is_name(block.text) and is_stamp(after.text)))
        if told:
            found.add(id(block))
        elif block.level:
            below = 2
        else:
            below -= 1 if below and len(block.text) < DEK_CHARS else below
    return found


def without_end(body: list[Block]) -> list[Block]:
    """A text without the short lines below its last paragraph, which are no sentences: names, places, titles of other parts."""
    last = len(body)
    while last > 1 and hangs(body[last - 1]) and not body[last - 2].text.endswith((":", ",")):
        last -= 1
    return body[:last] if any(len(block.text) >= PROSE_CHARS and not block.group for block in body[:last]) else body


def hangs(block: Block) -> bool:
    """Whether a paragraph is a few words on one line, with a capital, that are no sentence, no amount and no code."""
    short = len(block.text) <= LABEL_CHARS and block.text[:1].isupper()
    return short and not (block.group or block.code) and _LOOSE.fullmatch(block.text) is not None
