"""The formats of seed pairs: each says which rows it fits, and which turns of a conversation such a row holds.

A row is read by the first format that fits the fields it fills, so a file may mix formats. Field names are read in lower
case. Every example below gives the instruction "Name a lake." and the output "Lake Como.". To read another format, add a
record to `FORMATS` and a row to this table.

| format | example rows |
|---|---|
| oasst messages | `{"message_id": "a", "parent_id": null, "role": "prompter", "text": "Name a lake.", "lang": "en"}` `{"message_id": "b", "parent_id": "a", "role": "assistant", "text": "Lake Como.", "lang": "en", "rank": 0}` |
| oasst tree | `{"prompt": {"role": "prompter", "text": "Name a lake.", "lang": "en", "replies": [{"text": "Lake Como.", "lang": "en", "rank": 0}]}}` |
| preference | `{"chosen": "\\n\\nHuman: Name a lake.\\n\\nAssistant: Lake Como.", "rejected": "\\n\\nHuman: Name a lake.\\n\\nAssistant: No."}` `{"prompt": "Name a lake.", "chosen": "Lake Como.", "rejected": "No."}` |
| conversation | `{"messages": [{"role": "user", "content": "Name a lake."}, {"role": "assistant", "content": "Lake Como."}]}` `{"messages": [{"role": "user", "content": [{"type": "text", "text": "Name a lake."}]}, {"role": "assistant", "content": "Lake Como."}]}` `{"conversations": [{"from": "human", "value": "Name a lake."}, {"from": "gpt", "value": "Lake Como."}]}` `{"conversations": ["Name a lake.", "Lake Como."]}` `{"conversation": [{"human": "Name a lake.", "assistant": "Lake Como."}]}` |
| instances | `{"instruction": "Name a lake.", "instances": [{"input": "", "output": "Lake Como."}]}` |
| pair | `{"instruction": "Name a lake.", "input": "<noinput>", "output": "Lake Como."}` `{"instruction": "Name a lake.", "context": "", "response": "Lake Como."}` `{"prompt": "Name a lake.", "completion": "Lake Como."}` `{"question": "Name a lake.", "answer": "Lake Como."}` `{"prompt": [{"role": "user", "content": "Name a lake."}], "completion": [{"role": "assistant", "content": "Lake Como."}]}` |
| transcript | `{"text": "### Human: Name a lake.### Assistant: Lake Como."}` `{"text": "### Instruction:\\nName a lake.\\n\\n### Response:\\nLake Como."}` `{"text": "<s>[INST] Name a lake. [/INST] Lake Como. </s>"}` |

Well-known data sets and shapes: guanaco is `transcript`; LIMA, ShareGPT and chat `messages` are `conversation`; HH is
`preference`; Dolly, Alpaca, prompt/completion and question/answer are `pair`; Self-Instruct is `instances`.
"""  # noqa: E501  a row of the table is a row of a file

import ast
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from helpers.corpus.prompts import INPUTS, says_nothing
from helpers.seed_pairs import transcripts, turns
from helpers.seed_pairs.languages import code, named
from helpers.seed_pairs.rows import Row
from helpers.seed_pairs.turns import NOT_USED, Conversation, LeftOut, Turn, missing

INSTRUCTIONS = ("instruction", "prompt", "question", "query", "problem", "human", "user", "input", "inputs")
OUTPUTS = ("output", "completion", "response", "answer", "reply", "solution", "assistant", "gpt", "target", "targets")
CONVERSATIONS = ("messages", "conversations", "conversation", "dialogue", "dialog", "data")
NAMES = ("role", "from", "speaker", "author")
"""Fields of a message that name the speaker."""

SYSTEMS = ("system", "system_prompt", "system_message")
TOOLS = ("tools", "functions")

_LIST_AS_TEXT = re.compile(r"""\[\s*\{\s*['"](role|content|from|value|type|text)['"]\s*:""")


@dataclass(frozen=True, slots=True)
class Format:
    """One way in which files hold seed pairs.

    Attributes:
        name: the name in the table above.
        fits: says whether a row has the fields of the format.
        conversation: gives the turns of a row; raises `LeftOut` with the reason where there are none.
        gather: for a format with one *message* in each row: joins all its rows to rows that `conversation` takes. None
            where each row is complete.
        holds: the fields that `gather` needs. The other fields of a message are dropped while the input is read.
    """

    name: str
    fits: Callable[[dict], object]
    conversation: Callable[[dict], Conversation]
    gather: Callable[[list[Row]], Iterator[Row]] | None = None
    holds: tuple[str, ...] = ()


def find(row: dict) -> Format:
    """The format of a row: the first that fits its filled fields, or else all its fields.

    Raises:
        LeftOut: no format fits; the reason names the row's fields.
    """
    filled = {name: value for name, value in row.items() if not missing(value)}
    for fields in (filled, row):
        for known in FORMATS:
            if known.fits(fields):
                return known
    raise LeftOut(f"no known format (fields {', '.join(sorted(row)) or 'none'})")


def pair(row: dict, known: Format, languages: tuple[str, ...]) -> tuple[str, str, list[str]]:
    """The instruction and the output of a row, and notes on the parts of the row that are in neither.

    Args:
        row: its fields.
        known: the format that fits it.
        languages: codes of the languages to take. Rows that do not name a language are always taken; an empty tuple takes all.

    Raises:
        LeftOut: the row gives no pair; the exception holds the reason.
    """
    if held := turns.media(row):
        raise LeftOut(f"the row has more than text ({held})")
    conversation = known.conversation(row)
    for language in conversation.languages or named(row):
        if languages and language not in map(code, languages):
            raise LeftOut(f"language {language[:20]}")
    instruction, output, notes = turns.exchange(conversation.turns)
    tools = [NOT_USED + name for name in TOOLS if not missing(row.get(name))]
    return instruction, output, list(dict.fromkeys([*conversation.notes, *notes, *tools]))


def _has(*names: str) -> Callable[[dict], bool]:
    return lambda row: all(name in row for name in names)


def _first(row: dict, names: tuple[str, ...]) -> str | None:
    """The first of the names whose field is filled in the row, or else the first that the row has."""
    return next((name for name in names if not missing(row.get(name))), next((name for name in names if name in row), None))


# --- Open Assistant -------------------------------------------------------------------------------------------------

_HELD = ("message_id", "parent_id", "role", "text", "lang", "rank", "deleted", "review_result", "synthetic", "source")


def _trees(messages: list[Row]) -> Iterator[Row]:
    """Joins messages to trees. A message without a way to a first message becomes a tree of its own and is left out later."""
    nodes = [(row, row.fields | {"replies": []}) for row in messages]
    known = {str(node["message_id"]): node for _, node in nodes}
    for _, node in nodes:
        if not missing(node.get("parent_id")) and (parent := known.get(str(node["parent_id"]))):
            parent["replies"].append(node)
    reached = [node for _, node in nodes if missing(node.get("parent_id"))]
    roots = set(map(id, reached))
    for node in reached:
        reached += node["replies"]
    seen = set(map(id, reached))
    for row, node in nodes:
        if id(node) in roots or id(node) not in seen:
            yield replace(row, fields={"prompt": node, "source": node["source"]})


def _tree(row: dict) -> Conversation:
    """The first message of a tree and the reply of rank 0. Both have to be written by people."""
    prompt = row["prompt"]
    if not missing(prompt.get("parent_id")):
        raise LeftOut("no first message leads to it")
    replies = prompt.get("replies")
    replies = [reply for reply in replies if isinstance(reply, dict)] if isinstance(replies, list) else []
    best = next((reply for reply in replies if str(reply.get("rank")) in ("0", "0.0")), None)
    if best is None:
        raise LeftOut("no reply of rank 0" if replies else "no reply to the user's first turn")
    for message in (prompt, best):
        if _is_true(message.get("deleted")) or str(message.get("review_result")).lower() == "false":
            raise LeftOut("deleted or turned down")
        if _is_true(message.get("synthetic")):
            raise LeftOut("written by a model")
    notes = [NOT_USED + "other replies"] * (len(replies) > 1) + [NOT_USED + "later turns"] * bool(best.get("replies"))
    languages = tuple(code(message["lang"]) for message in (prompt, best) if not missing(message.get("lang")))
    return Conversation([Turn("user", prompt.get("text")), Turn("assistant", best.get("text"))], tuple(notes), languages)


def _is_true(value: object) -> bool:
    return str(value).lower() in ("true", "1", "1.0")


# --- Conversations --------------------------------------------------------------------------------------------------


def _talk(row: dict) -> str | None:
    """The field that holds the messages: as a list, as an object of columns, or as text."""
    held = {name: row[name] for name in CONVERSATIONS if name in row}
    return next((name for name, value in held.items() if _begins_talk(value) or _is_list_otherwise(value)), None)


def _begins_talk(value: object) -> bool:
    return isinstance(value, list) and isinstance((value or [""])[0], (str, dict))


def _is_list_otherwise(value: object) -> bool:
    """Whether a field holds messages as an object of columns or as text."""
    if isinstance(value, dict):
        return _first(value, NAMES) is not None and all(isinstance(column, list) for column in value.values())
    return isinstance(value, str) and re.match(r"\s*\[\s*[\[{'\"]", value) is not None


def _conversation(row: dict) -> Conversation:
    """The messages in `messages`, `conversations` or a similar field. A system message may have a field of its own."""
    messages = _unpacked(row[_talk(row)])
    if not isinstance(messages, list):
        raise LeftOut("the conversation is not a list of messages")
    return Conversation(_system(row) + _messages(messages))


def _preference(row: dict) -> Conversation:
    """The chosen one of two conversations or of two replies."""
    asked = _first(row, INSTRUCTIONS)
    chosen = _spoken(row["chosen"], "assistant")
    whole = any(turn.role == "user" for turn in chosen)
    before = [] if whole or asked is None else _spoken(row[asked], "user")
    notes = () if missing(row.get("rejected")) else (NOT_USED + "rejected reply",)
    return Conversation(_system(row) + before + chosen, notes)


def _system(row: dict) -> list[Turn]:
    return [Turn("system", row[name]) for name in SYSTEMS if not missing(row.get(name))]


def _messages(messages: list) -> list[Turn]:
    """The turns in a list of messages: objects with a speaker, objects with question and answer, or alternating texts."""
    found = []
    for number, message in enumerate(map(_message, messages)):
        if isinstance(message, str):
            found.append(Turn(("user", "assistant")[number % 2], message))
        elif not isinstance(message, dict):
            raise LeftOut(f"a message is not an object ({type(message).__name__})")
        elif name := _first(message, NAMES):
            content = _first(message, ("content", "value", "text", "message", "parts"))
            held = {key: value for key, value in message.items() if key not in (name, content) and not missing(value)}
            beside = tuple(key for key, value in held.items() if key != "weight" or value == 0)
            found.append(Turn(turns.role_of(message[name]), message.get(content), beside))
        else:
            found += _unnamed(message)
    return found


def _message(value: object) -> object:
    """A message as it is, or read back where a table holds it as text."""
    if isinstance(value, str) and re.match(r"""\s*\{\s*['"](role|from|speaker|author)['"]\s*:""", value):
        return _unpacked(f"[{value}]")[0]
    return value


def _unnamed(message: dict) -> list[Turn]:
    """Turns of a message that names no speaker: `{"human": asked, "gpt": replied}` or `{"input": ..., "output": ...}`."""
    try:
        return [Turn(turns.role_of(name), said) for name, said in message.items()]
    except LeftOut:
        asked, answered = _first(message, INSTRUCTIONS), _first(message, OUTPUTS)
        if asked is None or answered is None:
            raise LeftOut(f"a message names no speaker (fields {', '.join(map(str, message))})") from None
        return [Turn("user", message[asked]), Turn("assistant", message[answered])]


def _unpacked(value: object) -> object:
    """The list of messages that a table holds as text or as an object of columns."""
    if not _is_list_otherwise(value):
        return value
    if isinstance(value, dict):
        return [dict(zip(value, cells, strict=False)) for cells in zip(*value.values(), strict=False)]
    for parse in (json.loads, ast.literal_eval):  # the second reads a list as Python prints it, and runs no code
        try:
            return parse(value.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    raise LeftOut("a list of messages written as text that cannot be read back")


def _spoken(value: object, speaker: str) -> list[Turn]:
    """The turns in a field: messages, a transcript, or the text of one speaker."""
    if isinstance(value, str) and _LIST_AS_TEXT.match(value.lstrip()):
        value = _unpacked(value)
    if isinstance(value, dict) and _first(value, NAMES):
        value = [value]
    if isinstance(value, list) and value and all(isinstance(part, dict) and _first(part, NAMES) for part in value):
        return _messages(value)
    read = transcripts.asked if speaker == "user" else transcripts.transcript
    return (read(value) if isinstance(value, str) else None) or [Turn(speaker, value)]


# --- One text, one field each ---------------------------------------------------------------------------------------


def _is_transcript(row: dict) -> bool:
    return isinstance(row.get("text"), str) and transcripts.transcript(row["text"]) is not None


def _transcript(row: dict) -> Conversation:
    return Conversation(transcripts.transcript(row["text"]))


def _pair(row: dict) -> Conversation:
    """The instruction with the text it is about, and the output. Earlier rounds in `history` come first."""
    if row.get("label") is False:  # data of single answers that people liked or did not
        raise LeftOut("marked as unwanted (label)")
    asked, answered = _first(row, INSTRUCTIONS), _first(row, OUTPUTS)
    about = [Turn("user", row[name]) for name in INPUTS if name != asked and not _says_nothing(row.get(name))]
    history = _history(row.get("history"))
    return Conversation(_system(row) + history + _spoken(row[asked], "user") + about + _reply(row[answered]))


def _reply(value: object) -> list[Turn]:
    """The turns of an output field. A plain text is one reply, even if it quotes a conversation."""
    plain = isinstance(value, str) and not _LIST_AS_TEXT.match(value.lstrip())
    return [Turn("assistant", value)] if plain else _spoken(value, "assistant")


def _history(rounds: object) -> list[Turn]:
    """Turns of `[[asked, replied], ...]`."""
    rounds = [] if missing(rounds) else _unpacked(rounds)
    if not isinstance(rounds, list) or not all(isinstance(said, list) for said in rounds):
        raise LeftOut("`history` is not a list of rounds")
    return [turn for said in rounds for turn in _messages(said)]


def _says_nothing(value: object) -> bool:
    return missing(value) or (isinstance(value, str) and says_nothing(value))


def _instances(row: dict) -> Conversation:
    """The first instance of an instruction."""
    first, *others = row["instances"] or [{}]
    if not isinstance(first, dict):
        raise LeftOut(f"an instance is not an object ({type(first).__name__})")
    conversation = _pair({"instruction": row["instruction"], "input": first.get("input"), "output": first.get("output")})
    return Conversation(conversation.turns, (NOT_USED + "other instances",) if others else ())


FORMATS = (
    Format("oasst messages", _has("message_id", "role", "text"), _tree, gather=_trees, holds=_HELD),
    Format("oasst tree", lambda row: isinstance(row.get("prompt"), dict) and "text" in row["prompt"], _tree),
    Format("preference", lambda row: isinstance(row.get("chosen"), (str, list, dict)), _preference),
    Format("conversation", _talk, _conversation),
    Format("instances", lambda row: "instruction" in row and isinstance(row.get("instances"), list), _instances),
    Format("pair", lambda row: _first(row, INSTRUCTIONS) and _first(row, OUTPUTS), _pair),
    Format("transcript", _is_transcript, _transcript),
)
