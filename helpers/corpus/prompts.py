"""Files of prompts, as people have them, to rows: JSON, JSONL, CSV, Parquet, or one prompt a line.

The same rows are what segments are decontaminated against and what a model is evaluated on.
"""

import io
import json
import re
import warnings
import zlib
from collections.abc import Iterator
from lzma import LZMAError
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from zstandard import ZstdError

from helpers import hub
from helpers.corpus.encoding import decode, is_text, writable
from helpers.corpus.files import PACKED, TAGGED, bare
from helpers.tables import content_id

INSTRUCTIONS = (
    *("instruction", "prompt", "question", "query", "messages", "conversations", "conversation", "turns", "text"),
    *("inputs", "input"),
)
"""Fields that may hold the prompt, tried in this order. A list is a chat, of which the first user turn counts."""

INPUTS = ("input", "context")
"""Fields with the text that an instruction is about. It is made part of the instruction."""

_CHATS = ("messages", "conversations", "conversation", "turns")
_ASKERS = ("user", "human", "prompter")
_NO_INPUT = re.compile(
    r"(?:no(?:additional|further)?(?:in|out)put(?:s|given|provided|needed|necessary|required)?|none|na|notapplicable|null|nan)"
)
_MARK = re.compile(r"\s*(?:[-*•]|\d+[.)])\s+")


def says_nothing(given: str) -> bool:
    """Whether an input means "no input": `<noinput>`, `No input required.`, `N/A`, or a mere dash."""
    said = _NO_INPUT.fullmatch(re.sub(r"[\W_]", "", given).lower())
    return said is not None or not given.strip(" \t\r\n\u200b\ufeff\"'–—-")


def prompt_rows(path: str | Path) -> pd.DataFrame:
    """The prompts of a file: prompt_id, instruction, and its other columns.

    A column stays as it is if Parquet can hold it. Otherwise (values of several types, empty objects) it becomes text: each
    string as it is, any other value as JSON.

    `prompt_id` is the hash of the instruction; an id of the file's own under that name becomes `given_id`. An `input` or
    `context` beside an `instruction` belongs to it. A prompt that stands twice is kept once, with the columns of its first
    row.

    Args:
        path: on disk, or `hf://` on the hub: a JSON array (of objects or strings), JSON objects one after another, CSV, TSV
            or Parquet, or a text with one prompt a line, which may be a list; compressed ones are fine. Blank lines are
            skipped.

    Raises:
        FileNotFoundError: the file is not there.
        ValueError: it has no prompts, or a line or row is no prompt; the message names the file and the line.
    """
    rows = [_prompt(row, place) for place, row in _rows(str(path))]
    if not rows:
        raise ValueError(f"{path} has no prompts: it holds no line or row with text")
    frame = pd.DataFrame(rows).apply(_storable)
    given = frame.pop("prompt_id") if "prompt_id" in frame else None
    frame.insert(0, "prompt_id", [content_id(instruction) for instruction in frame.instruction])
    if given is not None and list(given) != list(frame.prompt_id):
        frame["given_id"] = given
    return frame.drop_duplicates("prompt_id").reset_index(drop=True)


def _storable(column: pd.Series) -> pd.Series:
    """A column as Parquet can hold it."""
    try:
        column.to_frame().to_parquet(io.BytesIO())
        return column
    except (pa.ArrowException, OverflowError, UnicodeError):
        return column.map(_as_text, na_action="ignore")


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def read_prompts(path: str | Path) -> tuple[str, ...]:
    """The instructions of `prompt_rows`, to decontaminate against. Raises as it does."""
    return tuple(prompt_rows(path).instruction)


def _bytes(path: str) -> bytes:
    if path.startswith(hub.PREFIX):
        with hub.explained(path), hub.opened(path) as file:
            return file.read()
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no file of prompts {path}: check the path, which may be relative to another folder")
    return Path(path).read_bytes()


def _opened(path: str) -> bytes | list[dict]:
    """The unpacked bytes of a file; of Parquet the rows."""
    raw = _bytes(path)
    try:
        if packed := next((mark for mark in PACKED if raw.startswith(mark)), None):
            raw = PACKED[packed](io.BytesIO(raw)).read()
        return pq.read_table(io.BytesIO(raw)).to_pylist() if raw.startswith(b"PAR1") else raw
    except (EOFError, OSError, ValueError, zlib.error, LZMAError, ZstdError, pa.ArrowException) as error:
        raise ValueError(f"{path} cannot be read ({type(error).__name__}): it is cut or damaged, fetch it again") from None


def _rows(path: str) -> list[tuple[str, object]]:
    """(what to call it in a message, row) of every row."""
    raw, name = _opened(path), bare(path)
    if isinstance(raw, list):
        return _numbered(path, "row", raw)
    text = decode(raw).replace("\r\n", "\n").replace("\r", "\n")
    if not is_text(text) or TAGGED.match(text) or name.endswith((".yaml", ".yml", ".xml")):
        raise ValueError(f"{path} is neither text nor Parquet: give the prompts as JSON, JSONL, CSV, Parquet or lines of text")
    if name.endswith((".csv", ".tsv")):
        return _numbered(path, "row", _table(path, text))
    if name.endswith((".json", ".jsonl", ".ndjson")) or re.match(r'\s*(?:\{\s*"|\[\s*["{\[\]])', text):
        return list(_values(path, text))
    lines = [(f"line {number} of {path}", line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    listed = len(lines) > 1 and all(_MARK.match(line) for _, line in lines)
    return [(place, _MARK.sub("", line, count=1)) for place, line in lines] if listed else lines


def _numbered(path: str, unit: str, rows: list) -> list[tuple[str, object]]:
    return [(f"{unit} {number} of {path}", row) for number, row in enumerate(rows, 1)]


def _table(path: str, text: str) -> list[dict]:
    """The rows of a table, whose separator is the one that its header holds most often."""
    header = text.lstrip().partition("\n")[0]
    told = {"sep": max(",;\t|", key=header.count), "keep_default_na": False, "skipinitialspace": True, "index_col": False}
    try:
        with warnings.catch_warnings(category=pd.errors.ParserWarning, action="error"):  # rows longer than the header
            return pd.read_csv(io.StringIO(text), **told).to_dict("records")
    except (ValueError, pd.errors.ParserWarning) as error:
        raise ValueError(f"{path} is no table ({error}): mend it, or save it as JSONL") from None


def _values(path: str, text: str) -> Iterator[tuple[str, object]]:
    """The rows of JSON: of an array, of an object that holds one, or of values one after another."""
    decoder, between = json.JSONDecoder(strict=False), re.compile(r"[\s,]*")
    values, line, start, at = [], 1, 0, between.match(text).end()
    while at < len(text):
        line, start = line + text.count("\n", start, at), at
        place = f"line {line} of {path}"
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            said = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
            raise ValueError(f"{place} is not JSON ({said}): mend it, or name the file .txt if its lines are text") from None
        values.append((place, value))
        at = between.match(text, at).end()
    rows = _listed(values[0][1]) if len(values) == 1 else None
    return values if rows is None else _numbered(path, "row", rows)


def _listed(whole: object) -> list | None:
    """The rows of an array, or of an object around one or with one list a column; None for a value that is one row."""
    if not isinstance(whole, dict):
        return whole if isinstance(whole, list) else None
    if rows := by_row(whole):
        return rows
    lists = [held for held in whole.values() if isinstance(held, list)]
    said = [whole[name] for name in INSTRUCTIONS if name in whole and (name in _CHATS or not _is_table(whole[name]))]
    return None if said or len(lists) != 1 else lists[0]


def by_row(table: dict) -> list[dict] | None:
    """The rows of a table by columns: lists or, as pandas writes it, objects by row; None for any other object."""
    columns = list(table.values())
    if all(isinstance(held, dict) and held.keys() == columns[0].keys() and all(map(str.isdigit, held)) for held in columns):
        columns = [list(held.values()) for held in columns]
    if len(columns) < 2 or not all(isinstance(held, list) and len(held) == len(columns[0]) for held in columns):
        return None
    if any(isinstance(cell, list | dict) for held in columns for cell in held):
        return None
    return [dict(zip(table, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _is_table(value: object) -> bool:
    return isinstance(value, list) and not any(isinstance(row, dict) and _speaker(row) for row in value)


def _prompt(row: object, place: str) -> dict:
    """A row with `instruction`; the fields that it was made from are gone."""
    if isinstance(row, str | list):
        row = {"instruction": row}
    if not isinstance(row, dict):
        raise ValueError(f"{place} is neither text nor an object with fields: {json.dumps(row)}")
    names = {str(key).strip().lower(): key for key in reversed(row)}
    for field in INSTRUCTIONS:
        if instruction := _said(row.get(names.get(field))):
            about = [names[name] for name in INPUTS if name in names and name != field and field != "text"]
            given = [text for name in about if not says_nothing(text := _said(row[name]))]
            rest = {writable(str(key)): _kept(value) for key, value in row.items() if key not in (names[field], *about)}
            rest.pop("instruction", None)
            return {"instruction": "\n\n".join([instruction, *given])} | rest
    raise ValueError(
        f"{place} has no prompt: looked for {', '.join(INSTRUCTIONS)}, found {', '.join(map(str, row)) or 'nothing'}"
    )


def _kept(value: object) -> object:
    return writable(value) if isinstance(value, str) else value


def _said(value: object) -> str:
    """The text of a field: a string, a number, the parts of a message, or the first user turn of a chat; empty if none."""
    if isinstance(value, str):
        chat = _chat(value)
        return _said(chat) if chat else writable(value).strip()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value) if value == value else ""
    if isinstance(value, dict):
        return _said(value.get("content") or value.get("value") or value.get("text"))
    turns = value if isinstance(value, list) else []
    asked = [turn for turn in turns if isinstance(turn, dict) and _speaker(turn) in _ASKERS]
    if asked or not all(isinstance(turn, dict) and not _speaker(turn) for turn in turns):
        return _said((asked or [turn for turn in turns if isinstance(turn, str)] or [""])[0])
    return "\n".join(filter(None, map(_said, turns)))


def _speaker(turn: dict) -> str:
    return str(turn.get("role") or turn.get("from") or "").strip().lower()


def _chat(text: str) -> list | None:
    """The messages of a chat that a table holds as JSON text; None for any other text."""
    if not re.match(r'\s*\[\s*\{\s*"(?:role|from|content|value)"', text):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
