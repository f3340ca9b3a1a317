"""Documents to segments: the tree rooted at a header with its lower headers, cut only where it is too long.

Paper: v3 appendix E.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from math import ceil

from helpers.corpus.blocks import Block, blocks
from helpers.corpus.debris import LINKED, datelines, hangs, is_label, is_sign, without_end
from helpers.corpus.headers import is_navigation
from helpers.corpus.markdown import markdown
from helpers.corpus.readers import Document
from helpers.tables import content_id

CAPTION_CHARS = 60
"""A list item or table row of so many characters that stands twice on a page is there once."""

_TRAILING = re.compile(r"(?:\.\.\.|…)[\s\])]*(?:(?:read )?more|continue reading)?\W*$", re.IGNORECASE)
# possessive, and begun only at the first mark of a row: eight million dots take one pass
_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’)\]]*+(\s++)(?=[\"'“‘(\[]?[^\Wa-z_])|[。！？]()")
_ABBREVIATED = re.compile(r"(?:^|\W)(?:Mr|Mrs|Ms|Dr|Prof|St|Gen|Sen|Rep|Gov|Jr|No|Fig|vs|etc|e\.g|i\.e|[A-Z])$")


@dataclass(frozen=True, slots=True)
class Segment:
    """A self-contained piece of a document, with where it comes from.

    Attributes:
        text: begins with the segment's own header line, where it has one.
        url: of the page; empty where the source names none.
        file: path of the input file.
        offset: byte offset in a WARC or text file, row number in JSONL and Parquet, 0 for an HTML file.
        header_path: headers from the page's outermost to the segment's own; empty for text before or without headers.
            A header without text is "".
        linked: characters of the text inside links.
        piece: how many pieces of the same text stand before it, where a text under one header was too long: 0 for a
            whole tree and for the first piece of a cut one.
    """

    text: str
    url: str
    file: str
    offset: int
    header_path: tuple[str, ...] = ()
    linked: int = 0
    piece: int = 0

    @property
    def chars(self) -> int:
        """Length of the text in characters, header line included."""
        return len(self.text)

    @property
    def segment_id(self) -> str:
        """First 16 hex digits of the SHA-256 of the text."""
        return content_id(self.text)


@dataclass(slots=True)
class _Tree:
    """A header with the blocks under it and its lower headers; the root has level 0 and no header."""

    level: int = 0
    header: str = ""
    path: tuple[str, ...] = ()
    block: Block | None = None
    body: list[Block] = field(default_factory=list)
    children: list["_Tree"] = field(default_factory=list)


def segment(document: Document, *, min_chars: int, max_chars: int) -> list[Segment]:
    """All segments of a document, too short and too long ones included (the length filter counts them).

    A tree of at most `max_chars` is one segment. A longer one becomes the text under its own header and the trees of
    its lower headers, each by the same rule. Text too long under one header is cut between paragraphs, then lines, then
    sentences, into pieces of similar length that repeat the header line. A sentence is never cut, so a piece may stay
    too long. Short neighbours are never packed together.

    Args:
        document: a page or a text.
        min_chars: pieces of a cut text aim at no less, in characters (600 in the paper).
        max_chars: upper limit in characters (3,000 in the paper).
    """
    readers = {"html": blocks, "markdown": markdown}
    root = _outline(readers.get(document.media, _paragraphs)(document.body))
    pieces = [piece for tree in [root, *root.children] for piece in _cut(tree, min_chars, max_chars)]
    return [
        Segment(text, document.url, document.file, document.offset, path, min(linked, len(text)), piece)
        for text, path, linked, piece in pieces
        if text
    ]


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with its closing marks; a line break ends a sentence too."""
    return [sentence for line in text.split("\n") for sentence, _ in _sentences(line) if sentence]


def _sentences(line: str) -> list[tuple[str, str]]:
    """(sentence, the space that followed it) of one line."""
    found, start = [], 0
    for match in _SENTENCE_END.finditer(line):
        if match[0][0] == "." and _ABBREVIATED.search(line[max(start, match.start() - 6) : match.start()]):
            continue
        found.append((line[start : match.end() - len(match[1] or "")], match[1] or ""))
        start = match.end()
    return [*found, (line[start:], "")]


def _paragraphs(text: str) -> list[Block]:
    text = text.replace("\x00", "").replace("\r\n", "\n")
    return [Block(part.strip("\n")) for part in re.split(r"\n[ \t]*\n", text) if part.strip()]


def _outline(page: list[Block]) -> _Tree:
    """The headers as a tree. A navigation header hangs at the root, so that no article's tree contains it.

    A header's reach ends before the next one of its level, and where the element around it ends if that stood between
    paragraphs: what follows such a box belongs to the header it interrupted.
    """
    root = _Tree()
    open_trees = [root]
    interrupted: dict[int, list[_Tree]] = {}  # by identity of a header: what was open before it
    for block in _without_labels(page):
        if block.ends is not None:
            before = interrupted.get(id(block.ends))
            is_open = any(tree.block is block.ends for tree in open_trees)
            if before and (block.interrupts or (is_open and is_navigation(block.ends.text))):
                open_trees = before[:]
                while is_navigation(open_trees[-1].header) and not open_trees[-1].body:  # "More:" over the links that end here
                    open_trees.pop()
        elif block.level:
            interrupted[id(block)] = open_trees[:]
            open_trees = [tree for tree in open_trees if tree.level < block.level]
            if is_sign(block):
                continue
            parent = open_trees[-1]
            tree = _Tree(block.level, block.text, (*parent.path, block.text), block)
            (root if is_navigation(block.text) else parent).children.append(tree)
            open_trees.append(tree)
        else:
            open_trees[-1].body.append(block)
    for tree in root.children[:]:
        root.children += _bare(tree)
    return root


def _bare(tree: _Tree) -> list[_Tree]:
    """Take out of a tree the headers with nothing under them that are links to other stories, or stand at its end.

    A few short lines that are no sentences are nothing too, at the end.
    """
    found = [bare for child in tree.children for bare in _bare(child)]
    last = True
    for child in reversed(tree.children):
        last &= not (child.children or child.header.endswith("?")) and all(map(hangs, child.body))
        if last or not (child.body or child.children or child.block is None or not child.block.is_link):
            found.append(child)
    aside = set(map(id, found))
    tree.children = [child for child in tree.children if id(child) not in aside]
    if not tree.children:
        tree.body = without_end(tree.body)
    return found


def _without_labels(page: list[Block]) -> list[Block]:
    """Drop what is mostly links (menus without a class that says so), datelines, and labels such as "Advertisement"."""
    chars, linked = Counter(), Counter()
    for block in page:
        if block.group:
            chars[block.group] += len(block.text)
            linked[block.group] += block.linked
    menus = {group for group in chars if linked[group] > LINKED * chars[group]} | _teasers(page)
    dated, said = datelines([block for block in page if block.ends is None]), set()
    kept = []
    for block in page:
        if id(block) in dated:
            continue
        if block.level:
            kept.append(block)
        elif block.group and len(block.text) >= CAPTION_CHARS:  # a slide show repeats its captions
            kept += [block] if block.group not in menus and block.text not in said else []
            said.add(block.text)
        elif block.group not in menus and not is_label(block):
            kept.append(block)
    return kept


def _teasers(page: list[Block]) -> set[int]:
    """Groups of three or more items most of which trail off: the first words of other stories."""
    items = Counter(block.group for block in page if block.group)
    trailing = Counter(block.group for block in page if block.group and _trails_off(block.text[-30:]))
    return {group for group, count in trailing.items() if items[group] >= 3 and 2 * count > items[group]}


def _trails_off(end: str) -> bool:
    return ("..." in end or "…" in end) and _TRAILING.search(end) is not None


def _cut(tree: _Tree, min_chars: int, max_chars: int) -> list[tuple[str, tuple[str, ...], int, int]]:
    """(text, header path, linked characters, piece) of a tree's segments; of the root, of the text before the first header."""
    if tree.level:
        whole, linked = _render(tree)
        if len(whole) <= max_chars:
            return [(whole, tree.path, linked, 0)]
    head = f"{tree.header}\n" if tree.header else ""
    linked = sum(block.linked for block in tree.body)
    texts = [head + text for text in _pieces(_join(tree.body), min_chars, max(1, max_chars - len(head)))]
    own = [(text, tree.path, linked // len(texts), piece) for piece, text in enumerate(texts)]
    if not tree.level:
        return own
    return own + [piece for child in tree.children for piece in _cut(child, min_chars, max_chars)]


def _render(tree: _Tree) -> tuple[str, int]:
    parts, linked = [_join(tree.body)], sum(block.linked for block in tree.body)
    for child in tree.children:
        text, more = _render(child)
        parts.append(text)
        linked += more
    body = "\n\n".join(part for part in parts if part)
    return (f"{tree.header}\n{body}".rstrip("\n") if tree.header else body), linked


def _join(body: list[Block]) -> str:
    text, group = [], 0
    for block in body:
        if text:
            text.append("\n" if block.group and block.group == group else "\n\n")
        text.append(block.text)
        group = block.group
    return "".join(text)


def _pieces(text: str, min_chars: int, max_chars: int) -> list[str]:
    """Cut a text into pieces of similar length, at most `max_chars` unless one sentence is longer."""
    if len(text) <= max_chars:
        return [text] if text else []
    target = max(min_chars, len(text) / ceil(len(text) / max_chars))
    pieces, current, gap = [], "", ""
    for unit, space in _units(text, target):
        if current and (len(current) + len(gap) + len(unit) > max_chars or len(current) >= target):
            pieces.append(current)
            current = gap = ""
        current += gap + unit
        gap = space
    return [*pieces, current] if current else pieces


def _units(text: str, longest: float) -> list[tuple[str, str]]:
    """(unit, separator after it): paragraphs; lines where a paragraph is too long; sentences where a line is."""
    units = []
    for paragraph in text.split("\n\n"):
        lines = [paragraph] if len(paragraph) <= longest else paragraph.split("\n")
        for line in lines:
            parts = [(line, "")] if len(line) <= longest else _sentences(line)
            units += [*parts[:-1], (parts[-1][0], "\n")]
        units[-1] = (units[-1][0], "\n\n")
    return [(unit, gap) for unit, gap in units if unit]
