"""HTML to a flat list of blocks in reading order: headers, paragraphs, list items, table rows, code.

One iterative walk over a selectolax (lexbor) tree, so nesting 10,000 deep costs time and no stack. Page furniture
(navigation, forms, scripts, hidden text, cookie notices, comments) is left out here, by element and by the words of its
class and id. What a block means, which header it belongs to and whether it is any good are questions of `segments` and
`filters`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_HEADER_CHARS = 200
"""An unclosed `<h2>` swallows the paragraph after it: a longer header is a parse artefact and becomes a paragraph."""

JUDGED_DEPTH = 200
"""Below this many levels no class is read: no real page is so deep, and each look into a subtree costs its size."""

LAYOUT_CELL_CHARS = 400
"""A table cell with more text than this is page layout, not data."""


def _names(listed: str) -> set[str]:
    return set(listed.split())


_HEADERS = {f"h{level}": level for level in range(1, 7)}
_LISTS = {"ul", "ol", "dl", "table"}
_BLOCKS = {*_HEADERS, *_LISTS} | _names(
    "address article blockquote body caption center dd details div dt fieldset figure footer form header hr html"
    " legend li main p pre section summary tbody td tfoot th thead tr"
)
_SKIPPED = _names(
    "applet area audio base button canvas datalist dialog embed figcaption frame frameset head iframe img input label"
    " link map math menu meta meter nav noembed noframes noscript object optgroup option output param picture progress"
    " rp rt script select source style svg template textarea title track video"
)
_CONTENT = "h1, article, main, [role=main], [itemprop=articleBody], .entry-content, .post-body, .article-body, .hentry"
_KEPT = {"html", "body", "article", "main", *_HEADERS}
_DOUBTFUL = {"footer", "aside", "form"}
_ROLES = _names("alertdialog banner complementary contentinfo dialog form menu menubar navigation search")
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:ads?|adverts?|advertisements?|advertising|banner|breadcrumbs?|byline|footer|gdpr|login|masthead|menu|modal"
    r"|nav|navbar|navigation|newsletter|pager|pagination|popup|print-only|promos?|promoted|recirc|recommend(?:ed|ations?)"
    r"|related|screen-reader-text|share|sharing|sharedaddy|sidebar|signup|skip-link|social|sponsor(?:ed)?|sr-only|subscribe"
    r"|subscription|tags|teasers?|toc|toolbar|tooltip|trending|visually-hidden|widgets?)(?:$|[\s_-])",
    re.IGNORECASE,
)
_VISITORS = re.compile(
    r"(?:^|[\s_-])(?:comments?|commentlist|consent|cookies?|disqus|respond)(?:$|[\s_-])|(?:^|\s)hidden(?:$|\s)",
    re.IGNORECASE,
)
_INVISIBLE = re.compile(r"display:none|visibility:hidden")
_BREAK = "\x00"  # stands for <br> until whitespace is collapsed; the parser leaves no NUL in text
_UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")


@dataclass(slots=True)
class Block:
    """A run of text that the page shows as one block.

    Attributes:
        text: whitespace collapsed; lines only from `<br>` and `<pre>`.
        level: 1 to 6 for a header (whose text may be empty), 0 for anything else.
        group: blocks of one list, definition list or table share a number above 0; 0 for a block on its own.
        linked: characters of `text` that are inside links.
    """

    text: str
    level: int = 0
    group: int = 0
    linked: int = 0


def blocks(html: str) -> list[Block]:
    """The visible blocks of a page in reading order, without the page's furniture."""
    root = LexborHTMLParser(html).root
    walk = _Walk()
    if root is not None:
        walk.run(root)
    return walk.blocks


def _is_furniture(tag: str, node: LexborNode, depth: int = 0) -> bool:
    """Whether an element and all it contains is left out."""
    if tag in _SKIPPED:
        return True
    attributes = node.attributes
    if attributes and _is_hidden(attributes):
        return True
    if tag in _KEPT or depth > JUDGED_DEPTH:
        return False
    names = _classed(f"{attributes.get('class') or ''} {attributes.get('id') or ''}") if attributes else None
    if tag == "header":
        return node.css_first(_CONTENT + ", h2, h3") is None
    if tag in _DOUBTFUL or names == "visitors" or attributes.get("role") in _ROLES:
        return node.css_first(_CONTENT) is None
    # a class may only say where prose stands ("with-sidebar"), and three paragraphs in a row are prose
    return names == "furniture" and node.css_first(_CONTENT + ", p + p + p") is None


@lru_cache(4096)  # a page repeats few class names on many elements
def _classed(names: str) -> str | None:
    """What class and id say an element is: "visitors" (comments, cookie notices), "furniture" or None."""
    return "visitors" if _VISITORS.search(names) else "furniture" if _FURNITURE.search(names) else None


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style")
    return bool(style) and _INVISIBLE.search(style.replace(" ", "").lower()) is not None


class _Walk:
    """The state of one walk: the block being collected, and the lists, table row, links and code it is in."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.parts: list[str] = []
        self.linked = 0  # characters of `parts` in links
        self.links = self.code = 0  # how many <a> and <pre> are open
        self.level = 0  # of the open header that has no text yet
        self.nesting: list[list] = []  # open lists and tables: [tag, items so far]
        self.group = 0
        self.prefix = ""
        self.defines = False  # the next text continues the line of its <dt>
        self.row: list[str] | None = None  # cells of the open data row; None outside, or where the table is layout

    def run(self, root: LexborNode) -> None:
        stack = [("", root.iter(include_text=True))]
        while stack:
            closing, children = stack[-1]
            for node in children:
                tag = node.tag
                if tag == "-text":
                    self.text(node.text_content or "")
                elif tag == "br":
                    self.parts.append("\n" if self.code else _BREAK)
                elif tag[0] not in "-!" and not _is_furniture(tag, node, len(stack)):
                    self.open(tag)
                    stack.append((tag, node.iter(include_text=True)))
                    break
            else:
                stack.pop()
                self.close(closing)
        self.flush()

    def text(self, text: str) -> None:
        self.parts.append(text)
        if self.links:
            self.linked += len(text.strip())

    def open(self, tag: str) -> None:
        if tag == "a":
            self.links += 1
        if tag not in _BLOCKS:
            return
        self.flush()
        if tag in _HEADERS:
            self.end_row()
            self.level = _HEADERS[tag]
        elif tag in _LISTS:
            if tag == "table":
                self.end_row()
            self.nesting.append([tag, 0])
            if len(self.nesting) == 1 or (self.nesting[-2][0] == "table" and self.row is None):
                self.group += 1
        elif tag == "li":
            self.open_item()
        elif tag == "dd":
            self.defines = bool(self.blocks) and self.blocks[-1].group == self.group
        elif tag == "tr":
            self.row = []
        elif tag in ("td", "th") and self.row is not None:
            self.row.append("")
        elif tag == "pre":
            self.code += 1

    def open_item(self) -> None:
        if not self.nesting:
            self.prefix = "- "
            return
        inner = self.nesting[-1]
        inner[1] += 1
        mark = f"{inner[1]}. " if inner[0] == "ol" else "- "
        self.prefix = "  " * min(len(self.nesting) - 1, 8) + mark

    def close(self, tag: str) -> None:
        if tag == "a":
            self.links -= 1
        if tag not in _BLOCKS:
            return
        self.flush()
        if tag in _HEADERS and self.level:
            self.blocks.append(Block("", self.level))
            self.level = 0
        elif tag in _LISTS:
            self.nesting.pop()
        elif tag == "li":
            self.prefix = ""
        elif tag == "tr":
            self.close_row()
        elif tag == "pre":
            self.code -= 1

    def flush(self) -> None:
        """Turn what was collected into a block, a table cell, or the rest of a definition's line."""
        text, linked = _clean("".join(self.parts), bool(self.code)), self.linked
        self.parts.clear()
        self.linked = 0
        if not text:
            return
        if self.level:
            level, self.level = self.level if len(text) <= MAX_HEADER_CHARS else 0, 0
            self.blocks.append(Block(text.replace("\n", " ") if level else text, level, 0, linked))
        elif self.row is not None:
            self.add_to_cell(text)
        elif self.defines and self.blocks[-1].text:
            self.blocks[-1].text += ": " + text
            self.defines = False
        else:
            listed = self.nesting and self.nesting[-1][0] != "table"
            self.blocks.append(Block(self.prefix + text, 0, self.group if listed else 0, linked))
            self.prefix = ""

    def add_to_cell(self, text: str) -> None:
        if not self.row:
            self.row.append("")
        self.row[-1] = f"{self.row[-1]} {text}".strip()
        if len(self.row[-1]) > LAYOUT_CELL_CHARS:
            self.end_row()

    def end_row(self) -> None:
        """Give up the open row as data: its cells become paragraphs, and so does what follows in it."""
        cells, self.row = self.row or [], None
        self.blocks.extend(Block(cell) for cell in cells if cell)

    def close_row(self) -> None:
        cells, self.row = self.row or [], None
        if any(cells):
            self.blocks.append(Block(" | ".join(cell.replace("\n", " ") for cell in cells), 0, self.group))


def _clean(text: str, code: bool) -> str:
    if not text.isascii():
        text = _UNSEEN.sub("", text)
    if code:
        return text.strip("\r\n").rstrip()
    text = " ".join(text.split())
    if _BREAK in text:
        text = re.sub(f" ?{_BREAK} ?", "\n", text).strip("\n")
        text = re.sub(r"\n{2,}", "\n\n", text)
    return text
