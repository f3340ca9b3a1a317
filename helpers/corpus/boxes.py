"""Blocks of a page's text, and what the element around them holds: how far a header reaches depends on it."""

from dataclasses import dataclass
from typing import Optional

PROSE_CHARS = 80
"""A shorter paragraph may be a byline, a date or a label."""

HEADLINES = 2
"""So many headers that are links, and no prose beside them, are a list of other stories."""


@dataclass(slots=True)
class Block:
    """A run of text that the page shows as one block, or the end of the element around a header.

    Attributes:
        text: whitespace collapsed; lines only from `<br>` and `<pre>`.
        level: 1 to 6 for a header (whose text may be empty), 0 for anything else.
        group: blocks of one list, definition list or table share a number above 0; 0 for a block on its own.
        linked: characters of `text` that are inside links.
        code: whether it stands in `<pre>` or the like.
        ends: the header whose surrounding element ends here; None for text.
        interrupts: with `ends`: the element stood between paragraphs, so what follows is not its header's.
    """

    text: str
    level: int = 0
    group: int = 0
    linked: int = 0
    code: bool = False
    ends: Optional["Block"] = None
    interrupts: bool = False

    @property
    def is_link(self) -> bool:
        """Whether all of it is inside links."""
        return self.linked > 0.9 * len(self.text) > 0


@dataclass(slots=True)
class Box:
    """An open block element.

    Attributes:
        first: index of its first block.
        prose: whether it holds prose, outside inner elements that have headers of their own.
        written: whether it holds prose at all.
        headers: how many it holds.
        headlines: how many of them are links as a whole.
        header: the first of them.
    """

    first: int
    prose: bool = False
    written: bool = False
    headers: int = 0
    headlines: int = 0
    header: Block | None = None

    def add(self, block: Block) -> None:
        """Take note of a block inside."""
        if block.level:
            self.headers += 1
            self.headlines += block.level > 1 and block.is_link
            self.header = self.header or block
        elif len(block.text) >= PROSE_CHARS and not block.group and block.linked <= 0.5 * len(block.text):
            self.prose = self.written = True

    def close(self, around: "Box") -> None:
        """Hand on to the element around it what it holds."""
        around.written |= self.written
        if not self.headers:
            around.prose |= self.prose
            return
        around.headers += self.headers
        around.headlines += self.headlines
        around.header = around.header or self.header

    def lists_headlines(self) -> bool:
        """Whether it is a list of links to other stories, each in a header."""
        return self.headers >= HEADLINES and self.headlines == self.headers and not self.written


def holds_more(header: Block, inside: list[Block]) -> bool:
    """Whether an element holds more than its header: text, a list, links, or a header that is a link to elsewhere."""
    linked = sum(block.linked for block in inside)
    chars = sum(len(block.text) for block in inside)
    foreign = not inside and header.is_link
    return chars >= PROSE_CHARS or any(block.group for block in inside) or foreign or (linked > 0.6 * chars > 0)
