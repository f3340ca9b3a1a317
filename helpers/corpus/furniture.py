"""What of a page is furniture: navigation, forms, notices, comments, what is hidden.

An element is suspected by its name, its role, the words of its class and id, or its hidden state. What it holds decides:
running text outside links overrules every suspicion but that of visitors' comments and notices, which are running text
themselves.
"""

import re
from functools import lru_cache
from typing import Protocol

from selectolax.lexbor import LexborNode

JUDGED_DEPTH = 200
"""Below this many levels no class is read: no real page is so deep, and each look into a subtree costs its size."""


def names(listed: str) -> frozenset[str]:
    """The names of elements in a string."""
    return frozenset(listed.split())


TEXTLESS = names(
    "applet area audio base canvas datalist embed figcaption frame frameset head iframe img input link map meta meter"
    " noembed noframes noscript object optgroup option output param picture progress rp rt script select source style svg"
    " template textarea title track video"
)
"""Elements whose text is no text of the page."""

CONTENT = "h1, article, main, [role=main], [itemprop=articleBody], .entry-content, .post-body, .article-body, .hentry"
"""Elements that furniture does not hold."""

_PAGE = "h1, main, [role=main], [itemprop=articleBody], .entry-content, .post-body, .article-body"

PROSE = "p + p + p"
"""A class may only say where prose stands ("with-sidebar"), and three paragraphs in a row are prose."""

_FIELDS = "input:not([type=hidden]), select, textarea"
_KEPT = names("article main h1 h2 h3 h4 h5 h6")
_DOUBTFUL = names("aside button dialog footer form label menu nav")
_ROLES = names("alertdialog banner complementary contentinfo dialog form menu menubar navigation search")
_WORDS = {
    "visitors": names("comment comments commentlist consent cookie cookies disqus respond"),
    "promotion": names(
        "ad ads advert adverts advertisement advertisements advertising byline caption captions footer gdpr login"
        " material-icons modal newsletter popular popup print-only promo promos promoted pull-quote pullquote recirc"
        " recommendation recommendations recommended related screen-reader-text share sharedaddy sharing signup skip-link"
        " social sponsor sponsored sr-only subscribe subscription teaser teasers trending visually-hidden"
    ),
    "navigation": names("breadcrumb breadcrumbs menu nav navbar navigation pager pagination"),
    "structure": names("banner masthead sidebar tags toc toolbar tooltip tooltiptext widget widgets"),
}
"""Words of a class or id and what they say, the first kind first."""

_NAMES = {kind: re.compile(rf"(?:^|[\s_-])(?:{'|'.join(sorted(listed))})(?:$|[\s_-])") for kind, listed in _WORDS.items()}
_BEGUN = frozenset(word.partition("-")[0] for listed in _WORDS.values() for word in listed) | {"hidden"}
_BETWEEN = re.compile(r"[\s_-]")
_HUMP = re.compile(r"(?<=[a-z])(?<!\bpopular)(?<!\bsocial)(?<!\brelated)(?<!\bad)(?=[A-Z])")
"""Where a word of a class ends ("articlePromo"). "popularCulture" and "socialScience" are topics, and so are ids."""

_HIDDEN = re.compile(r"(?:^|\s)hidden(?:$|\s)")
_HELD = re.compile(r"(?:^|(?<=[\s_-]))(?:has|no|not|with|without)[_-]\S*|\S{1,40}[_-]attached\S*")
"""What an element holds or lacks ("no-caption", "layout-with-sidebar", "menu-attached") and not what it is."""

_SHOWN = re.compile(r"(?:^|\s)[\w-]+:(?:block|flex|grid|inline|inline-block|inline-flex|table|contents|visible)(?:$|\s)")
_GUTTER = re.compile(r"(?:^|[\s_-])(?:gutter|linenos?|line-?num(?:ber)?s?|blob-num|ln-numbers)(?:$|[\s_-])", re.IGNORECASE)
_FOLDED = re.compile(r"accordion|answer|collaps|faq|panel|tab-?(?:content|pane)|toggle", re.IGNORECASE)
_PERMALINK = re.compile(
    r"(?:^|[\s_-])(?:headerlink|permalink|anchor|anchorjs-link|hash-link|editsection|heading-link)(?:$|[\s_-])"
)
_SPOKEN = re.compile(r"(?:^|\s)(?:screen-reader-text|sr-only|visually-hidden)(?:$|\s)")
_HIDING = names("aria-hidden hidden style")
_INVISIBLE = re.compile(r"display:none|visibility:hidden")
_GOES_ON = re.compile(r"[^\W\d_],?\s+$")
_GOES_BACK = re.compile(r",?\s+[^\W\d_]")

BESIDE_CHARS = 20
"""Text beside a link from so many characters on belongs to a sentence; a shorter one may be "Share on" or "You are here:"."""

_SENTENCE = re.compile(r"[.!?](?=[\s\"'”’)\]]|$)|[。！？]")


def holders(root: LexborNode, selector: str) -> set[int]:
    """`mem_id` of the elements that match a selector or hold one that does; one look at the page answers for all of them."""
    found: set[int] = set()
    for node in root.css(selector):
        while node is not None and node.mem_id not in found:
            found.add(node.mem_id)
            node = node.parent
    return found


class Place(Protocol):
    """Where in the page an element stands.

    Attributes:
        content: `holders` of `CONTENT`.
        prose: `holders` of `PROSE`.
    """

    content: set[int]
    prose: set[int]

    def after_header(self) -> bool:
        """Whether the block before it is a header, so that a folded element may be what stands under it."""

    def begun(self) -> bool:
        """Whether a paragraph of the text stands before it."""

    def listed(self) -> bool:
        """Whether it is in a list or table, where a label is the item's text."""


def is_furniture(tag: str, node: LexborNode, depth: int, place: Place) -> bool:
    """Whether an element of another name than `TEXTLESS` is left out with all it contains; `depth` is the levels above it."""
    attributes = node.attributes
    if not attributes and tag not in _DOUBTFUL and tag != "header":
        return False
    if tag in ("html", "body"):
        return False
    if attributes and not _HIDING.isdisjoint(attributes) and _is_hidden(attributes):
        return not _is_folded_text(tag, node, attributes, place)
    if tag in _KEPT or depth > JUDGED_DEPTH:
        return False
    if tag in ("a", "span") and _is_permalink(tag, node, attributes.get("class")):
        return True
    named = _named(attributes.get("class") or "", attributes.get("id") or "") if attributes else None
    if named is None and tag not in _DOUBTFUL and tag != "header" and "role" not in attributes:
        return False  # nine of ten elements
    if tag in ("label", "button"):
        return not (_holds_text(tag, node, place) or _unfolds_text(node))
    if tag == "header":
        return node.mem_id not in place.content and node.css_first("h2, h3") is None
    if named and _is_wording(tag, node, named):
        return False
    if tag == "aside" and named != "visitors":
        return not (node.mem_id in place.content or (named != "promotion" and _is_note(node)))
    if tag in ("footer", "nav", "menu", "dialog") or named == "visitors" or attributes.get("role") in _ROLES:
        own = named == "visitors" and place.begun() and node.css_first(_PAGE) is None  # each comment may be an <article>
        own &= "answer" not in (attributes.get("class") or "").lower()
        return (own or node.mem_id not in place.content) and not (named == "visitors" and _is_section(node, attributes))
    if tag == "form":
        return node.mem_id not in place.content and not _is_text(node, 300 if node.css_first(_FIELDS) else 80)
    return named is not None and not _overruled(named, node, attributes, place)


def _is_permalink(tag: str, node: LexborNode, named: str | None) -> bool:
    """Whether a link or span is a sign without a letter by which a paragraph can be cited, or the "[edit]" beside a header."""
    if not named or not _PERMALINK.search(named):
        return False
    return "editsection" in named or (tag == "a" and not any(map(str.isalnum, node.text())))


def is_hidden(node: LexborNode) -> bool:
    """Whether an element's own attributes hide it."""
    return bool(node.attributes) and _is_hidden(node.attributes)


def is_control(node: LexborNode) -> bool:
    """Whether an element in a header is a control: a permalink, "[edit]", a sign without a letter, a button beside it."""
    attributes = node.attributes
    if node.tag == "button":
        return len(node.text().strip()) < len(node.parent.text().strip())
    if _SPOKEN.search(attributes.get("class") or ""):
        return True
    if _PERMALINK.search(attributes.get("class") or ""):
        text = node.text()
        return len(text) <= 3 or "editsection" in attributes["class"] or not _is_words(text)
    return node.tag == "a" and not _is_words(node.text()) and node.css_first("img") is None


def _is_words(text: str) -> bool:
    text = text.strip(" \n\t[]")
    return any(map(str.isalnum, text)) and text.lower() not in ("edit", "link", "permalink", "anchor", "copy link")


def is_gutter(attributes: dict[str, str | None]) -> bool:
    """Whether a table cell holds the line numbers of code."""
    return bool(attributes) and ("data-line-number" in attributes or _numbers_lines(attributes.get("class") or ""))


@lru_cache(4096)
def _numbers_lines(classes: str) -> bool:
    return _GUTTER.search(classes) is not None


@lru_cache(4096)  # a page repeats few class names on many elements
def _named(classes: str, own_id: str) -> str | None:
    """What class and id say an element is: "visitors" (comments, notices), one of three other kinds, or None."""
    own = _HUMP.sub("-", classes) if not classes.islower() else classes
    own = f"{own} {own_id}".lower() if own_id else own.lower()
    if _BEGUN.isdisjoint(_BETWEEN.split(own)):
        return None
    own = _HELD.sub(" ", own)
    named = "visitors" if _HIDDEN.search(own) else next((kind for kind, words in _NAMES.items() if words.search(own)), None)
    return None if named == "visitors" and _SHOWN.search(classes) else named


def _holds_text(tag: str, node: LexborNode, place: Place) -> bool:
    """Whether a label or button is the text of a list's item or definition, or has paragraphs in it."""
    return place.listed() if tag == "label" else node.parent.tag == "dt" or node.css_first("p, h2, h3, li") is not None


def _unfolds_text(node: LexborNode) -> bool:
    """Whether a label or button is the question over an answer that it unfolds."""
    answer = _beside(node, "next") or _beside(node.parent, "next")
    if answer is None or not _is_text(answer, 30, sentences=1):
        return False
    classes = f"{node.attributes.get('class') or ''} {answer.attributes.get('class') or ''}"
    return "aria-expanded" in node.attributes or _FOLDED.search(classes) is not None or _is_hidden(answer.attributes)


def _is_unfolded(node: LexborNode) -> bool:
    """Whether a button stands before an element."""
    before = _beside(node, "prev")
    return before is not None and (before.tag == "button" or before.css_first("button") is not None)


def _beside(node: LexborNode, side: str) -> LexborNode | None:
    """The "next" or "prev" element beside a node."""
    while (node := getattr(node, side)) is not None and node.tag.startswith("-"):
        pass
    return node


def _is_wording(tag: str, node: LexborNode, named: str) -> bool:
    """Whether an element is words of a sentence or of code, and its class only says how they look."""
    if tag == "a":
        return named != "visitors" and _in_sentence(node)
    if tag != "span":
        return False
    return "code" in (node.parent.tag, node.parent.parent.tag) or (named == "structure" and _in_sentence(node))


def _in_sentence(link: LexborNode) -> bool:
    """Whether words stand directly before or after a link, or sentences both before and after it."""
    before, after = link.prev, link.next
    return bool(
        (before is not None and _GOES_ON.search(before.text_content or ""))
        or (after is not None and _GOES_BACK.match(after.text_content or ""))
        or (_is_text_beside(link, "prev") and _is_text_beside(link, "next"))
    )


def _is_text_beside(link: LexborNode, side: str) -> bool:
    """Whether the next text on a side of a link, beyond line breaks and other links, is more than a label."""
    node = getattr(link, side)
    while node is not None and (node.tag in ("a", "br") or not (node.text_content or "").strip()):
        node = getattr(node, side)
    return node is not None and node.tag == "-text" and len(node.text_content.strip()) >= BESIDE_CHARS


def _overruled(named: str, node: LexborNode, attributes: dict[str, str | None], place: Place) -> bool:
    if node.mem_id in place.content or node.mem_id in place.prose or _is_section(node, attributes):
        return True
    return (named != "promotion" and _is_text(node, 200)) or (named == "structure" and _is_heading(node))


def _is_heading(node: LexborNode) -> bool:
    """Whether an element only wraps a heading: site builders put every part of a text into a box of its own."""
    heading = node.css_first("h1, h2, h3, h4, h5, h6")
    return heading is not None and len(heading.text().strip()) == len(node.text().strip())


def _is_section(node: LexborNode, attributes: dict[str, str | None]) -> bool:
    """Whether the id is made of the words of a heading inside: a section of the text, whatever the words are."""
    heading = node.css_first("h1, h2, h3, h4, h5, h6") if attributes.get("id") else None
    if heading is None:
        return False
    words = re.findall(r"[a-z0-9]+", heading.text().lower())
    named = re.findall(r"[a-z0-9]+", attributes["id"].lower())
    return len(named) > 1 and named == words[: len(named)] and _is_text(node, 80)


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style")
    return bool(style) and _INVISIBLE.search(style.replace(" ", "").lower()) is not None


def _is_folded_text(tag: str, node: LexborNode, attributes: dict[str, str | None], place: Place) -> bool:
    """Whether what is hidden is the answer under a question, or the page itself behind a curtain."""
    if attributes.get("role") in _ROLES or tag in _DOUBTFUL and tag != "form":
        return False
    own = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    if _named(own, "") in ("promotion", "visitors"):
        return False
    if place.after_header() or tag == "dd" or _FOLDED.search(own) or _is_unfolded(node):
        return _is_text(node, 30, sentences=1)
    return node.css_first("h1, article, main, p + p + p") is not None and _is_text(node, 200)


def _is_note(node: LexborNode) -> bool:
    return node.css_first("input, button, form, nav, li a") is None and _is_text(node, 30, sentences=1)


def _is_text(node: LexborNode, least: int, *, sentences: int = 2) -> bool:
    """Whether an element holds running text: so many characters outside links, in so many sentences, and few links."""
    size = len(node.text()) - sum(len(found.text()) for found in node.css("script, style, noscript, template"))
    linked = sum(len(link.text()) for link in node.css("a[href]"))
    if size - linked < least or linked > 0.25 * size:
        return False
    paragraphs = " ".join(found.text() for found in node.css("p")) or node.text()
    return sum(1 for _ in _SENTENCE.finditer(paragraphs)) >= sentences
