"""What a header is a header of: navigation and promotion, references, a date or byline, or content."""

import re
from functools import lru_cache

_THINGS = (
    r"articles?|posts?|stor(?:y|ies)|news|content|links?|topics?|reading|reads?|pages?|products?|items?|videos?|searches"
    r"|coverage|categories|questions?|tags?|documents?|resources?|sites?|blogs?|headlines?|comments?|tweets?"
    r"|events?|galler(?:y|ies)|photos?|features?|jobs?|now|here|today|this week|for you|and|&"
)
_REST = r"(?: (?:view all|see all|from|by|on this|on our|to this|in this)\b.*)?"
_NAVIGATION = re.compile(
    r".*\b(?:adverts?|advertisements?|newsletters?|quick ?links?)\b.*|advertis(?:ing|e (?:with|on|here)\b.*)|ads?"
    r"|(?:[\w ]+ )?forums?"
    r"|(?:related|recommended|sponsored|popular|trending|featured|latest|recent|other|similar|more|top"
    rf"|most (?:read|popular|viewed|recent|shared))(?: (?:{_THINGS})){{1,4}}{_REST}|(?:related|more){_REST[:-1]}"
    r"|related|recommended|sponsored(?: by .*)?|popular|trending|most (?:read|popular|viewed|recent|shared)(?: view all)?"
    r"|more (?:from|on|in)|more|(?:more|most|top|latest) (?:\w+ ){0,2}(?:news|stories|articles|headlines)"
    r"|editor(?:s?['’]s?|s)? picks?|(?:view|see|show) (?:all|more)|read (?:more|next)|up next|what to read next"
    r"|(?:site |main |page |post )?navigation|(?:main |site )?menu|site ?map|search(?: this site)?"
    r"|footer(?: (?:links?|menu|navigation|widgets?))?(?: \d+)?"
    r"|primary sidebar|(?:table of )?contents|contact(?: us)?|about us|archives?|categories|tags?"
    r"|sign (?:in|up)(?: (?:for|to|now|here|with|today)\b.*)?|log ?in(?: to .*)?|register(?: now)?"
    r"|subscri(?:be|ptions?)(?: (?:to|now|here|via|by)\b.*)?|follow (?:us|me)\b.*"
    r"|privacy(?: (?:policy|notice|statement).*)?|cookies?(?: (?:policy|notice|settings|consent|preferences).*)?"
    r"|share(?: (?:this|on|via|it|page|post|story|article)\b.*)?|you (?:may|might) (?:also )?(?:like|be interested|enjoy).*"
    r"|(?:\d+ )?comments?(?: ?\(\d+\))?(?: on (?:this\b|[\"“']).*)?|\d+ (?:comments?|thoughts|responses|replies) (?:on|to) .*"
    r"|leave a (?:reply|comment).*|post a comment.*|see also|external links"
    r"|(?:(?:selected|recent|our|my|other) )?publications"
    r"|references(?: cited)?|bibliography|works cited|footnotes|citations|notes and references|further reading",
    re.IGNORECASE | re.DOTALL,
)
"""Words of navigation in a header. The paper names four and says "etc."; the rest is this kit's."""

_SECTION = re.compile(r"More (?:on|in|from|about)(?: (?:[A-Z0-9][\w'’&-]*|of|the|and|&))+")
"""A link to a part of the site, which has a name: "More in Trading Nation", but not "More on kilns"."""

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = re.compile(
    r"(?:(?:posted|published|updated|last updated)(?: on)?:? *)?(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? *)?"
    rf"(?:{_MONTH} *{_DAY},? *\d{{4}}|{_DAY}[ .-]+(?:of )?{_MONTH},?[ -]+\d{{2,4}}|{_MONTH} *\d{{4}}"
    r"|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(?:[ ,|-]*(?:at )?\d{1,2}[:.]\d{2}[\w: .+]{0,12})?",
    re.IGNORECASE,
)

_BYLINE = re.compile(
    r"(?i:(?:(?:written|prepared|posted|published|compiled|edited|reviewed|translated|transcribed|submitted|contributed)"
    r"(?: and \w+)? )?by):? (?:[A-Z][\w.'’-]*|de|del|der|la|van|von)(?: (?:[A-Z][\w.'’-]*|de|del|der|la|van|von))+"
    r"(?:[,|–—·(-].*| (?:and|&) [A-Z].*)?"
)
_ORDER = re.compile(
    r"(?:please )?(?:click|tap|hover|mouse|scroll|roll)(?: (?:on|over|here|down|below|above|to|any|each|an?|the))*"
    r" (?:here|below|down|text|images?|pictures?|photos?|thumbnails?|links?|words?|names?|titles?|head(?:ing|line)s?)\b.*",
    re.IGNORECASE,
)
"""What the reader is told to do with the page."""


@lru_cache(4096)  # a page asks once for each element around a header
def is_navigation(header: str) -> bool:
    """Whether a header announces navigation, promotion, comments or references rather than content."""
    plain = " ".join(header.strip(" :\n»›>").split())
    return len(plain) < 200 and (_NAVIGATION.fullmatch(plain) or _SECTION.fullmatch(plain)) is not None


DATELINE_CHARS = 120
"""A longer text is no dateline."""


def is_dateline(text: str) -> bool:
    """Whether a text is nothing but a date, who wrote the page, or an order to its reader ("Click on a name for more")."""
    return len(text) < DATELINE_CHARS and _is_dateline(text.strip(" *–—-:"))


_TOLD = re.compile(
    rf"{_DATE.pattern}|\b\d{{1,2}}[:.]\d{{2}}\b(?: ?[ap]\.?m\b\.?)?|\b[ap]\.?m\b|\b(?:an?|\d+) (?:hour|day|minute|week)s? ago\b"
    r"|\b(?:updated|published|posted|original|originally|last|first|modified|at|on|by|and|date|reading time|min read)\b",
    re.IGNORECASE,
)


_OF_PAGE = re.compile(r"\b(?:by|updated|published|posted|min read|ago)\b|\d:\d\d|[|·•]", re.IGNORECASE)
"""What a date beside a name must have to be that of the page: "Born 3 May 1895, Vienna" is a fact."""


def is_stamp(text: str) -> bool:
    """Whether a paragraph is a dateline, or names nothing but when and by whom the page was written."""
    text = text.removeprefix("- ")
    if len(text) >= DATELINE_CHARS or text.endswith((".", "!", "?")):
        return False
    if _is_dateline(text.strip(" *–—-:")):
        return True
    rest = _TOLD.sub("", text) if any(map(str.isdigit, text)) else text
    named = is_name(rest) and _OF_PAGE.search(text) is not None
    return len(rest) < len(text) - 5 and (named or not rest.strip(" ,"))


def is_name(text: str) -> bool:
    """Whether a text is a few words with capitals: a name, an agency, a place."""
    return len(text) <= 60 and not any(word[0].islower() for word in re.findall(r"\w+", text)) and text[-1:] not in ".!?:"


@lru_cache(4096)
def _is_dateline(text: str) -> bool:
    return any(said.fullmatch(text) for said in (_DATE, _BYLINE, _ORDER))


def capitals(header: str) -> float:
    """Upper-case share of the cased letters of a header, 0 to 1; 0 where there are none, and for one short acronym."""
    if len(header.split()) == 1 and all(len(part) <= 5 for part in re.findall(r"[^\W\d_]+", header)):
        return 0.0
    upper, lower = sum(map(str.isupper, header)), sum(map(str.islower, header))
    return upper / (upper + lower) if upper else 0.0
