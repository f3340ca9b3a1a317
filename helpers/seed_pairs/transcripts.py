"""Texts that hold a whole conversation, with marks of the speakers, to turns."""

import re

from helpers.seed_pairs.turns import Turn, role_of

SPEAKERS = (
    re.compile(r"###\s*(?P<speaker>system|human|user|instruction|input|assistant|response)\s*:", re.IGNORECASE),
    re.compile(r"(?:^\s*|\n[ \t\r]*\n[ \t]*)(?P<speaker>human|assistant)\s*:", re.IGNORECASE),
    re.compile(r"<\|im_start\|>\s*(?P<speaker>system|user|assistant)\s*?\n"),
    re.compile(r"<\|start_header_id\|>\s*(?P<speaker>system|user|assistant)\s*<\|end_header_id\|>"),
    re.compile(r"<start_of_turn>\s*(?P<speaker>user|model)\s*?\n"),
    re.compile(r"<\|(?P<speaker>system|user|assistant)\|>"),
    re.compile(r"(?P<speaker>\[/?INST\])"),
    re.compile(r"(?:^\s*|\s)(?P<speaker>USER|ASSISTANT)\s*:"),
)
"""Marks of the speaker: those of guanaco and Alpaca, HH, ChatML, Llama 3, Gemma, Zephyr and Phi, Llama 2, Vicuna."""

_SPEAKER = {"instruction": "user", "input": "user", "[inst]": "user"}
_SPEAKER |= {"response": "assistant", "[/inst]": "assistant"}
_ENDS = re.compile(
    r"<\|(?:im_end|endoftext|eot_id|end|begin_of_text|end_of_text)\|>|</?s>|<(?:end_of_turn|bos|eos)>|<<SYS>>\s*|\s*<</SYS>>"
)
_TEMPLATE = "Below is an instruction"
"""The beginning of Alpaca's template, which stands in front of every instruction."""


def transcript(text: str) -> list[Turn] | None:
    """Turns of a text that marks its speakers; None where it marks none, or only one."""
    for style in SPEAKERS:
        marks = list(style.finditer(text))
        names = [mark["speaker"].lower() for mark in marks]
        roles = [role_of(_SPEAKER.get(name, name)) for name in names]
        if not {"user", "assistant"} <= set(roles):
            continue
        stops = [mark.start() for mark in marks[1:]] + [len(text)]
        said = [_ENDS.sub("", text[mark.end() : stop]) for mark, stop in zip(marks, stops, strict=True)]
        preface = _ENDS.sub("", text[: marks[0].start()]).strip()
        head = [Turn("system", preface)] if preface and not preface.startswith(_TEMPLATE) else []
        return head + [Turn(role, part) for role, part in zip(roles, said, strict=True)]
    return None


def asked(text: str) -> list[Turn] | None:
    """Turns of a prompt that is a transcript: it begins with a speaker, or ends where the assistant is to speak.

    Any other conversation in a prompt is what the prompt is about.
    """
    turns, start = transcript(text), _ENDS.sub("", text).lstrip()
    begins = start.startswith(_TEMPLATE) or any(style.match(start) for style in SPEAKERS)
    return turns if turns and (begins or not turns[-1].content.strip()) else None
