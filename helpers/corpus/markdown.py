"""Markdown to the same flat list of blocks as HTML: headers, paragraphs, code."""

import re

from helpers.corpus.blocks import Block

_FRONT = re.compile(
    r"\A(?:---(?:json)?|\+\+\+)[ \t]*\n(?=[\w\"' -]+[:=]|[{#]|---|\+\+\+)(?:.*?\n)??(?:---|\.\.\.|\+\+\+)[ \t]*(?:\n|\Z)",
    re.DOTALL,
)
"""What Jekyll, Hugo and Pandoc read as settings. A rule (`---`) with prose after it is none."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADER = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-{3,})[ \t]*")


def markdown(text: str) -> list[Block]:
    """The blocks of a Markdown text; marks inside a line stay as they are. Front matter is left out."""
    lines = _FRONT.sub("", text.replace("\x00", "").replace("\r\n", "\n")).split("\n")
    found: list[Block] = []
    open_lines: list[str] = []
    fence = ""

    def flush() -> None:
        if any(line.strip() for line in open_lines):
            found.append(Block("\n".join(open_lines).strip("\n")))
        open_lines.clear()

    for line in lines:
        mark = _FENCE.match(line)
        if fence or mark:
            if not fence:
                flush()
            open_lines.append(line)
            if not fence:
                fence = mark[1]
            elif mark and line.strip() and set(line.strip()) == {fence[0]} and len(line.strip()) >= len(fence):
                fence = ""
                flush()
        elif header := _HEADER.fullmatch(line):
            flush()
            found.append(Block(header[2], len(header[1])))
        elif len(open_lines) == 1 and open_lines[0].strip() and (under := _UNDERLINE.fullmatch(line)):
            found.append(Block(open_lines.pop().strip(), 1 if under[1][0] == "=" else 2))
        elif line.strip():
            open_lines.append(line)
        else:
            flush()
    flush()
    return found
