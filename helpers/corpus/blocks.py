"""HTML to a flat list of blocks in reading order: headers, paragraphs, list items, table rows, code.

One iterative walk over a selectolax (lexbor) tree, so nesting 10,000 deep costs time and no stack. What is left out is
decided in `furniture`. The walk also says where the element around a header ends. What a block means, which header it
belongs to and whether it is any good are questions of `segments` and `filters`.
"""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from helpers.corpus.boxes import PROSE_CHARS, Block, Box, holds_more
from helpers.corpus.formulas import formula, raised
from helpers.corpus.furniture import CONTENT, PROSE, TEXTLESS, holders, is_control, is_furniture, is_gutter, is_hidden, names

MAX_HEADER_CHARS = 200
"""An unclosed `<h2>` swallows the paragraph after it: a longer header is a parse artefact and becomes a paragraph."""

LAYOUT_CELL_CHARS = 400
"""A table cell with more text than this is page layout, not data."""

LINK_CHARS = 300
"""A longer text is no link: somebody forgot to close one."""

_HEADERS = {f"h{level}": level for level in range(1, 7)}
_LISTS = {"ul", "ol", "dl", "table"}
_BLOCKS = {*_HEADERS, *_LISTS} | names(
    "address article aside blockquote body caption center dd details div dt fieldset figure footer form header hr html"
    " legend li main nav p pre section summary tbody td tfoot th thead tr"
)
_LEAVES = {*_HEADERS, "p"}
"""Blocks that hold no other block."""

_CONTROLS = {"a", "button", "span", "small", "sup", "div"}
_FORMULAS = {"img", "script"}
_STRUCK = {"del", "s", "strike"}
_SPECIAL = {"math", "sup", "td", "th", *_STRUCK}
_LINES = {"div", "p", "li", "tr"}
_BREAK = "\x00"  # stands for <br> until whitespace is collapsed; the parser leaves no NUL in text
_UNSEEN = re.compile(r"[\u00ad\u200b\u2060\ufeff]|(?<!\S)[\u200c\u200d]+(?!\S)")
_PILCROW = re.compile(
    r"\s*(?:[¶§#🔗]|\[\s*(?:edit|edit source)(?:\s*\|\s*edit source)?\s*\]|\(\s*(?:edit)?\s*\))+$", re.IGNORECASE
)
_GUTTER = re.compile(r"\s*\d+(?:\s*\n\s*\d+)+\s*")


def blocks(html: str) -> list[Block]:
    """The visible blocks of a page in reading order, without the page's furniture."""
    root = LexborHTMLParser(html).root
    if root is None:
        return []
    walk = _Walk(holders(root, CONTENT), holders(root, PROSE))
    walk.run(root)
    return walk.blocks


class _Walk:
    """The state of one walk: the block being collected, and the elements, lists, table row, links and code it is in."""

    def __init__(self, content: set[int], prose: set[int]) -> None:
        self.content, self.prose = content, prose  # see `furniture.Place`
        self.blocks: list[Block] = []
        self.prosaic = False  # one of them is a paragraph
        self.parts: list[str] = []
        self.struck = False  # the last of them is followed by struck-out text
        self.linked = 0  # characters of `parts` in links
        self.links = self.code = 0  # how many <a href> and <pre> are open
        self.level = 0  # of the open header that has no text yet
        self.pictured = False  # the open header holds a picture or a hard space
        self.boxes = [Box(0)]
        self.nesting: list[list] = []  # open lists and tables: [tag, the last item's number, what the next one adds to it]
        self.group = 0
        self.prefix = ""
        self.defines = False  # the next text continues the line of its <dt>
        self.row: list[str] | None = None  # cells of the open data row; None outside, or where the table is layout
        self.row_linked = 0
        self.numbered = False  # the open row began with the number of a line of code
        self.said = ""  # the formula just read, which pages repeat for other readers

    def run(self, root: LexborNode) -> None:
        stack = [("", root.iter(include_text=True))]
        while stack:  # this loop meets every node: it costs most of the time of a page
            closing, children = stack[-1]
            for node in children:
                tag = node.tag
                if tag == "-text":
                    text = node.text_content or ""
                    if self.parts or self.code or self.level or not text.isspace():  # else white space between elements
                        self.text(text)
                elif tag == "br":
                    self.parts.append("\n" if self.code else _BREAK)
                elif not tag or tag[0] in "-!" or (tag in TEXTLESS and self.textless(tag, node)):
                    continue
                elif not self.special(tag, node, len(stack)):
                    stack.append((self.open(tag, node), node.iter(include_text=True)))
                    break
            else:
                stack.pop()
                if closing:
                    self.close(closing)
        if self.parts:
            self.flush()

    def text(self, text: str) -> None:
        if self.struck and self.parts and self.parts[-1][-1:].isalnum() and text[:1].isalnum():
            self.parts.append(" ")  # or the words around what is struck out fuse
        self.struck = False
        self.parts.append(text)
        if self.links and len(text) < LINK_CHARS:
            self.linked += len(text.strip())

    def textless(self, tag: str, node: LexborNode) -> bool:
        """Pass over an element without text, but for what it says of a formula."""
        if tag in _FORMULAS and (said := formula(node)):
            self.say(said, "" if tag == "script" else said)
        self.pictured |= self.level > 0
        return True

    def say(self, formula: str, said: str) -> None:
        """Add a formula, which a page may give again in the next element for other readers."""
        if formula != self.said:
            self.parts.append(formula)
        self.said = said

    def special(self, tag: str, node: LexborNode, depth: int) -> bool:
        """Deal with an element that is not walked into: a formula, a raised number, struck-out text, a control, furniture."""
        if tag in _SPECIAL:
            if tag in _STRUCK and not self.code:
                self.struck = True
                return True
            if tag == "math":
                self.say(said := formula(node), said)
                return True
            if tag != "sup":
                gutter = is_gutter(node.attributes)
                self.numbered |= gutter and self.row is not None
                return gutter or (not self.code and is_furniture(tag, node, depth, self))
            if not self.code and (text := raised(node, "".join(self.parts[-2:])[-8:])) is not None:
                self.parts.append(text)
                return True
        if self.code:
            return tag == "button"
        if self.level:
            return is_hidden(node) or (tag in _CONTROLS and is_control(node))
        return is_furniture(tag, node, depth, self)

    def after_header(self) -> bool:
        """Whether what comes next stands directly under a header within a page."""
        last = next((block for block in reversed(self.blocks[-3:]) if block.ends is None), None)
        return last is not None and last.level > 1 and not self.parts

    def begun(self) -> bool:
        """Whether a paragraph stands before what comes next."""
        return self.prosaic

    def listed(self) -> bool:
        """Whether a list or table is open."""
        return bool(self.nesting)

    def open(self, tag: str, node: LexborNode) -> str:
        """Enter an element; the name under which it is left again."""
        if tag == "a":
            target = node.attributes.get("href")
            if target is None or (self.level and target.startswith("#")):
                return ""  # an anchor, or a header's link to itself
            self.links += 1
            return tag
        if tag not in _BLOCKS:
            return ""
        if self.code and tag != "pre" and tag not in _HEADERS:
            return self.new_line(tag)
        if self.parts:
            self.flush()
        if tag not in _LEAVES:
            self.boxes.append(Box(len(self.blocks)))
        if tag in _HEADERS:
            self.end_row()
            self.level, self.pictured = _HEADERS[tag], False
        elif tag in _LISTS:
            self.open_list(tag, node)
        elif tag == "li":
            self.open_item(node)
        elif tag == "dd":
            self.defines = bool(self.blocks) and self.blocks[-1].group == self.group
        elif tag == "tr":
            self.row, self.row_linked, self.numbered = [], 0, False
        elif tag in ("td", "th") and self.row is not None:
            self.row.append("")
        elif tag == "pre":
            self.code += 1
            if self.row is not None and "\n" in node.text().strip():
                self.end_row()
        return tag

    def new_line(self, tag: str) -> str:
        """Inside code an element of its own line is a line."""
        if tag in _LINES and self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")
        return "line" if tag in _LINES else ""

    def open_list(self, tag: str, node: LexborNode) -> None:
        if tag == "table":
            self.end_row()
        self.nesting.append([tag, *(_numbers(node) if tag == "ol" else (0, 1))])
        if len(self.nesting) == 1 or (self.nesting[-2][0] == "table" and self.row is None):
            self.group += 1

    def open_item(self, node: LexborNode) -> None:
        if not self.nesting:
            self.prefix = "- "
            return
        inner = self.nesting[-1]
        given = _integer(node.attributes.get("value"))
        inner[1] = inner[1] + inner[2] if given is None else given
        mark = f"{inner[1]}. " if inner[0] == "ol" else "- "
        self.prefix = "  " * min(len(self.nesting) - 1, 8) + mark

    def close(self, tag: str) -> None:
        if tag == "a":
            self.links -= 1
            return
        if tag == "line":
            self.new_line("div")
            return
        if self.parts:
            self.flush()
        if tag in _HEADERS and self.level:
            self.close_empty_header()
        elif tag in _LISTS:
            self.nesting.pop()
        elif tag == "li":
            self.prefix = ""
        elif tag == "tr":
            self.close_row()
        elif tag == "pre":
            self.code -= 1
        if tag not in _LEAVES:
            self.close_box(tag)

    def close_empty_header(self) -> None:
        """A header without text; one that holds a picture or a hard space is a logo or a gap, and heads nothing."""
        level, self.level = self.level, 0
        if not self.pictured:
            self.add(Block("", level))

    def close_box(self, tag: str) -> None:
        box = self.boxes.pop()
        around = self.boxes[-1]
        box.close(around)
        if not box.headers or tag == "header":
            return
        if box.lists_headlines():
            self.end(box.header, True)
        elif self.blocks[box.first].level:
            header = self.blocks[box.first]
            inside = [block for block in self.blocks[box.first + 1 : box.first + 21] if block.ends is None]
            self.end(header, around.prose and holds_more(header, inside))

    def end(self, header: Block, interrupts: bool) -> None:
        """Say that the element around a header ends here."""
        if interrupts or self.blocks[-1].ends is not header:
            self.blocks.append(Block("", ends=header, interrupts=interrupts))

    def add(self, block: Block) -> None:
        self.prosaic = self.prosaic or len(block.text) >= PROSE_CHARS
        self.blocks.append(block)
        self.boxes[-1].add(block)

    def flush(self) -> None:
        """Turn what was collected into a block, a table cell, or the rest of a definition's line."""
        raw = "".join(self.parts)
        text, linked = _clean(raw, bool(self.code) or self.numbered), self.linked
        self.parts.clear()
        self.linked, self.said = 0, ""
        if not text or (self.code and _GUTTER.fullmatch(text)):
            self.pictured |= "\xa0" in raw or _BREAK in raw
            return
        if self.level:
            self.add_header(text, linked)
        elif self.row is not None:
            self.add_to_cell(text, linked)
        elif self.defines and self.blocks[-1].text:
            self.blocks[-1].text += ": " + text
            self.defines = False
        else:
            listed = self.nesting and self.nesting[-1][0] != "table"
            self.add(Block(self.prefix + text, 0, self.group if listed else 0, linked, bool(self.code)))
            self.prefix = ""

    def add_header(self, text: str, linked: int) -> None:
        text = _PILCROW.sub("", text)
        if text:
            level, self.level = self.level if len(text) <= MAX_HEADER_CHARS else 0, 0
            self.add(Block(text.replace("\n", " ") if level else text, level, 0, linked))

    def add_to_cell(self, text: str, linked: int) -> None:
        if not self.row:
            self.row.append("")
        between = "\n" if self.numbered else " "
        self.row[-1] += (between if self.row[-1] else "") + text
        self.row_linked += linked
        if not self.numbered and len(self.row[-1]) > LAYOUT_CELL_CHARS:
            self.end_row()

    def end_row(self) -> None:
        """Give up the open row as data: its cells become paragraphs, and so does what follows in it."""
        cells, self.row, self.numbered = self.row or [], None, False
        for cell in cells:
            if cell:
                self.add(Block(cell))

    def close_row(self) -> None:
        cells, self.row = self.row or [], None
        if not self.numbered:
            cells = [cell.replace("\n", " ") for cell in cells]
        self.numbered = False
        if any(cells):
            self.add(Block(" | ".join(cells), 0, self.group, self.row_linked))


def _numbers(ordered: LexborNode) -> tuple[int, int]:
    """The number before a list's first, and what each item adds to it."""
    step = -1 if "reversed" in ordered.attributes else 1
    first = _integer(ordered.attributes.get("start"))
    if first is None:
        first = 1 if step == 1 else sum(item.tag == "li" for item in ordered.iter())
    return first - step, step


def _integer(value: str | None) -> int | None:
    """The number that an attribute begins with, as browsers read it; None where it begins with none."""
    found = re.match(r"\s*([+-]?[0-9]{1,9})", value or "")
    return int(found[1]) if found else None


def _clean(text: str, code: bool) -> str:
    if not text.isascii():
        text = _UNSEEN.sub("", text)
    if code:
        return text.replace("\xa0", " ").strip("\r\n").rstrip()
    if _BREAK not in text:
        return " ".join(text.split())
    lines = [_indented(line) for line in text.split(_BREAK)]
    return re.sub(r"\n{2,}", "\n\n", "\n".join(lines).strip("\n"))


def _indented(line: str) -> str:
    """A line with its white space collapsed, but for the hard spaces at its start: pages indent code and verse by them."""
    start = line.lstrip(" \t\r\n")
    depth = len(start) - len(start.lstrip("\xa0"))
    return " " * (depth if depth > 1 else 0) + " ".join(line.split())
