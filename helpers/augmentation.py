"""The rows of ``candidates``: generated instructions, and hygiene flags on those that cannot be used."""

import re
from difflib import SequenceMatcher
from typing import Protocol

from helpers import tables
from helpers.corpus.words import words


class Completion(Protocol):
    """The completion that a generator gave for one segment, with the fields of ``generation.Completion``."""

    row_id: str
    text: str
    tokens: int
    finish: str


def candidate(completion: Completion, output: str, read: str, *, adapter: str) -> dict:
    """A row of ``candidates``: a segment's generated instruction and its hygiene flags.

    Args:
        completion: its ``row_id`` is the segment's id, its ``text`` the instruction.
        output: text of the segment.
        read: the part of the segment that the model was shown; the column ``cut`` is true where it is not the whole.
        adapter: name of the backward model.
    """
    return {
        "pair_id": tables.content_id(completion.row_id, completion.text),
        "segment_id": completion.row_id,
        "instruction": completion.text,
        "tokens": completion.tokens,
        "finish": completion.finish,
        "adapter": adapter,
        "cut": read != output,
        "hygiene": hygiene(completion.text, output),
    }


def hygiene(instruction: str, output: str) -> str:
    """The hygiene flags of an instruction, separated by commas; empty for a usable one.

    ``empty``: it has no text. ``echo``: it repeats the prompt's own words. ``copy``: it is a piece of the output, or nearly
    the whole of it. ``leak``: it contains a sentence of the output. ``length``: it has under 2 words or over 200
    (``corpus.words``: in a script without spaces each character is a word).
    """
    flags = []
    asked, text = " ".join(instruction.lower().split()), " ".join(output.lower().split())
    if not asked:
        return "empty"
    if re.search(r"^(?:text|question|answer|score|instruction):|write that instruction", asked):
        flags.append("echo")
    if _size(asked) > 20 and (asked in text or SequenceMatcher(None, asked, text[: 2 * len(asked)]).ratio() > 0.9):
        flags.append("copy")
    if any(_size(s) > 40 and s in asked for s in re.split(r"(?<=[.!?])\s+|(?<=[。！？])", text)):
        flags.append("leak")
    if not 2 <= len(words(asked)) <= 200:
        flags.append("length")
    return ",".join(flags)


def _size(text: str) -> int:
    """Characters, or five for each word where that is more: in a script without spaces each character is a word."""
    return max(len(text), 5 * len(words(text)))
