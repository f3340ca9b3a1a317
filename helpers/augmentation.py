"""The rows of ``candidates``: generated instructions, and the flags that say which cannot be used. Knows no model."""

import re
from difflib import SequenceMatcher
from typing import Protocol

from helpers import tables


class Completion(Protocol):
    """What a generator gave back for one segment, as ``generation.Completion`` has it."""

    row_id: str
    text: str
    tokens: int
    finish: str


def candidate(completion: Completion, output: str, read: str, *, adapter: str) -> dict:
    """A row of ``candidates``: a segment's generated instruction and its hygiene flags.

    Args:
        completion: its ``row_id`` is the segment's id, its ``text`` the instruction.
        output: text of the segment.
        read: what the model was shown of the segment; ``cut`` says that it was not all of it.
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
    """What makes an instruction unusable, comma-separated; empty for a usable one.

    ``empty``; ``echo`` (repeats the prompt's own words); ``copy`` (is a piece of the output, or nearly all of it);
    ``leak`` (contains a sentence of the output); ``length`` (under 2 words or over 200).
    """
    flags = []
    asked, text = " ".join(instruction.lower().split()), " ".join(output.lower().split())
    if not asked:
        return "empty"
    if re.search(r"^(?:text|question|answer|score|instruction):|write that instruction", asked):
        flags.append("echo")
    if len(asked) > 20 and (asked in text or SequenceMatcher(None, asked, text[: 2 * len(asked)]).ratio() > 0.9):
        flags.append("copy")
    if any(len(s) > 40 and s in asked for s in re.split(r"(?<=[.!?])\s+", text)):
        flags.append("leak")
    if not 2 <= len(asked.split()) <= 200:
        flags.append("length")
    return ",".join(flags)
