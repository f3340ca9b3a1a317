"""From the turns of a conversation to one pair: the first request of a user, and the reply to it.

Every format ends here, so this module alone decides what happens to system messages, later turns, content parts, tools and
images. An exception gives the reason if no pair is left. A note names everything of a kept conversation that is not used.
"""

import re
from dataclasses import dataclass
from itertools import takewhile

from helpers.corpus.encoding import writable

NOT_USED = "not used: "
"""Beginning of a note about something in a kept row that is not used."""

SYSTEM_JOINED = "system message joined to the instruction"
BROKEN_CHARACTERS = "broken characters replaced"

ROLES = {
    "system": ("system", "developer"),
    "user": ("user", "human", "prompter"),
    "assistant": ("assistant", "gpt", "model", "bot", "chatgpt", "chatbot", "claude", "bard", "bing", "ai"),
    "tool": ("tool", "function", "ipython", "observation", "function_call", "tool_call", "tool_response", "function_response"),
}
"""Names that data sets use for a system message, for a user, for a model, and for messages to or from a tool."""

_ROLE = {name: role for role, names in ROLES.items() for name in names}
_CALLS = ("tool_calls", "function_call")
_THOUGHTS = ("reasoning_content", "reasoning", "thinking")
_MEDIA = re.compile(r"(image|audio|video|pixel_value|speech)(s|_?urls?|_?paths?|_?files?)?")


class LeftOut(Exception):
    """The reason why a row gives no pair."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a speaker.

    Attributes:
        role: "system", "user", "assistant" or "tool".
        content: text, or a list of content parts, as the row has it.
        beside: names of other fields of the message that hold something (`tool_calls`, `reasoning_content`...); `weight`
            where it is 0, which means that the message is not to be learned.
    """

    role: str
    content: object
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """The conversation that a format finds in a row.

    Attributes:
        turns: its turns, in order.
        notes: names of the parts of the row that are not in the turns.
        languages: codes that the row gives for its instruction and its reply; empty where it names none.
    """

    turns: list[Turn]
    notes: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


def missing(value: object) -> bool:
    """Whether a field holds nothing: None, a table's NaN, or empty."""
    return value is None or value != value or (isinstance(value, (str, list, dict, tuple)) and not value)


def media(fields: dict) -> str | None:
    """The first field that holds images, sound or video; None where none does."""
    return next((name for name, value in fields.items() if _MEDIA.fullmatch(name) and not missing(value)), None)


def role_of(name: object) -> str:
    """The role behind a data set's name for a speaker.

    Raises:
        LeftOut: the name is not in `ROLES`.
    """
    role = _ROLE.get(str(name).strip().lower())
    if role is None:
        raise LeftOut(f"unknown speaker ({str(name)[:40]})")
    return role


def exchange(turns: list[Turn]) -> tuple[str, str, list[str]]:
    """The first turn of a user, the assistant's reply to it, and notes on everything else.

    Consecutive turns of one speaker count as one turn. System messages before the reply are put in front of the instruction,
    because the reply may depend on them and the method has no system role.

    Returns:
        Instruction (empty where the user says nothing, even if there is a system message), output, notes.

    Raises:
        LeftOut: there is no request or no reply, or one of the two is not only text.
    """
    before = list(takewhile(lambda turn: turn.role != "user", turns))
    asked = list(takewhile(lambda turn: turn.role in ("user", "system"), turns[len(before) :]))
    rest = turns[len(before) + len(asked) :]
    replies = list(takewhile(lambda turn: turn.role == "assistant", rest))
    later = rest[len(replies) :]
    if not asked:
        raise LeftOut("no turn of a user")
    if later and later[0].role == "tool" or any(name in _CALLS for turn in replies for name in turn.beside):
        raise LeftOut("the reply calls a tool")
    if not replies:
        raise LeftOut("no reply to the user's first turn")
    if any("weight" in turn.beside for turn in replies):
        raise LeftOut("marked as unwanted (weight)")
    notes = []
    spoken = {"system": [], "user": [], "assistant": []}
    for turn in [turn for turn in before if turn.role == "system"] + asked + replies:
        spoken[turn.role].append(_said(turn, notes))
    if not any(spoken["user"]):
        return "", joined(spoken["assistant"]), notes
    if any(spoken["system"]):
        notes.append(SYSTEM_JOINED)
    if any(turn.role != "system" for turn in before):
        notes.append(NOT_USED + "turns before the user's first")
    if later:
        notes.append(NOT_USED + "later turns")
    return joined([*dict.fromkeys(spoken["system"]), *spoken["user"]]), joined(spoken["assistant"]), notes


def joined(texts: list[str]) -> str:
    """Texts with a blank line between them; empty ones are skipped."""
    return "\n\n".join(part for part in texts if part)


def _said(turn: Turn, notes: list[str]) -> str:
    if held := media(dict.fromkeys(turn.beside, True)):
        raise LeftOut(f"the {turn.role}'s turn has more than text ({held})")
    if any(name in _THOUGHTS for name in turn.beside):
        notes.append(NOT_USED + "reasoning")
    return text(turn.content, notes, f"the {turn.role}'s turn")


def text(value: object, notes: list[str], what: str) -> str:
    """The text of a field or of content parts, without the space around it; empty where it is missing.

    Args:
        value: text, a number, a content part such as `{"type": "text", "text": ...}`, or a list of parts, which are
            joined with a blank line.
        notes: notes about parts that cannot be kept are added to this list.
        what: the name of the field in messages.

    Raises:
        LeftOut: the value is something else.
    """
    if missing(value):
        return ""
    if isinstance(value, str):
        return _clean(value, notes)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list) and (len(value) == 1 or all(isinstance(part, dict) for part in value)):
        return joined([text(part, notes, what) for part in value])
    if isinstance(value, dict):
        return _part(value, notes, what)
    raise LeftOut(f"{what} is not text ({type(value).__name__})")


def _part(part: dict, notes: list[str], what: str) -> str:
    kind = str(part.get("type") or "text")
    if kind in _THOUGHTS:
        notes.append(NOT_USED + "reasoning")
        return ""
    said = part.get("text", None if "text" in part else part)
    if kind in ("text", "input_text", "output_text") and (said is None or isinstance(said, str)):
        return _clean(said or "", notes)
    raise LeftOut(f"{what} has more than text ({kind if kind != 'text' else ', '.join(map(str, part))})")


def _clean(value: str, notes: list[str]) -> str:
    whole = writable(value)
    if whole != value:
        notes.append(BROKEN_CHARACTERS)
    return whole.replace("\r\n", "\n").replace("\r", "\n").strip()
