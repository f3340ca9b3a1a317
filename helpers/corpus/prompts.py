"""Files of prompts, as people have them, to rows: JSON, JSONL, CSV, Parquet, or one prompt a line.

The same rows are what segments are decontaminated against and what a model is evaluated on.
"""

import io
import json
import re
from pathlib import Path

import pandas as pd

from helpers import hub
from helpers.corpus.encoding import decode, is_text
from helpers.corpus.files import PACKED
from helpers.corpus.words import text_id

INSTRUCTIONS = ("instruction", "prompt", "question", "query", "messages", "conversations", "conversation", "turns", "text")
"""Fields that may hold the prompt, tried in this order. A list is a chat, of which the first user turn counts."""

_ASKERS = ("user", "human", "prompter")


def prompt_rows(path: str | Path) -> pd.DataFrame:
    """The prompts of a file: prompt_id, instruction, and its other columns as they are.

    `prompt_id` is the hash of the instruction; an id of the file's own under that name becomes `given_id`. An `input`
    beside an `instruction` belongs to it. A prompt that stands twice is kept once, with the columns of its first row.

    Args:
        path: on disk, or `hf://` on the hub: a JSON array (of objects or strings), JSONL, CSV, TSV or Parquet, or a text with
            one prompt a line; compressed ones are fine. Blank lines are skipped.

    Raises:
        FileNotFoundError: the file is not there.
        ValueError: it has no prompts, or a line or row is no prompt; the message names the file and the line.
    """
    rows = [_prompt(row, place) for place, row in _rows(str(path))]
    if not rows:
        raise ValueError(f"{path} has no prompts: it holds no line or row with text")
    frame = pd.DataFrame(rows)
    if "prompt_id" in frame:
        frame = frame.rename(columns={"prompt_id": "given_id"})
    frame.insert(0, "prompt_id", [text_id(instruction) for instruction in frame.instruction])
    if "given_id" in frame and list(frame.given_id) == list(frame.prompt_id):
        frame = frame.drop(columns="given_id")
    return frame.drop_duplicates("prompt_id").reset_index(drop=True)


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


def _rows(path: str) -> list[tuple[str, object]]:
    """(what to call it in a message, row) of every row."""
    raw, name = _bytes(path), re.sub(r"\.(?:gz|zst|bz2|xz)$", "", path.lower())
    if packed := next((mark for mark in PACKED if raw.startswith(mark)), None):
        raw = PACKED[packed](io.BytesIO(raw)).read()
    if raw.startswith(b"PAR1"):
        return _numbered(path, "row", pd.read_parquet(io.BytesIO(raw)).to_dict("records"))
    text = decode(raw)
    if not is_text(text):
        raise ValueError(f"{path} is neither text nor Parquet: give the prompts as JSON, JSONL, CSV, Parquet or lines of text")
    if name.endswith((".csv", ".tsv")):
        table = pd.read_csv(io.StringIO(text), sep="\t" if name.endswith(".tsv") else ",", keep_default_na=False)
        return _numbered(path, "row", table.to_dict("records"))
    start = text.lstrip()[:1]
    if start == "[" or (start == "{" and name.endswith(".json")):
        try:
            whole = json.loads(text)
        except ValueError as error:
            if start == "[" and name.endswith((".json", ".jsonl")):
                raise ValueError(f"{path} is not JSON ({error})") from None
        else:
            return _numbered(path, "row", _listed(whole))
    lines = [(f"line {number} of {path}", line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if start == "{" or name.endswith((".jsonl", ".ndjson")):
        return [(place, _parsed(line, place)) for place, line in lines]
    return [(place, line.strip()) for place, line in lines]


def _numbered(path: str, unit: str, rows: list) -> list[tuple[str, object]]:
    return [(f"{unit} {number} of {path}", row) for number, row in enumerate(rows, 1)]


def _listed(whole: object) -> list:
    """The rows of a parsed file: an array, an object around one, or one row."""
    if isinstance(whole, dict):
        lists = [value for value in whole.values() if isinstance(value, list)]
        return [whole] if any(name in whole for name in INSTRUCTIONS) or len(lists) != 1 else lists[0]
    return whole if isinstance(whole, list) else [whole]


def _parsed(line: str, place: str) -> object:
    try:
        return json.loads(line)
    except ValueError as error:
        raise ValueError(f"{place} is not JSON ({error}): mend the line, or name the file .txt if its lines are text") from None


def _prompt(row: object, place: str) -> dict:
    """A row with `instruction`; the fields that it was made from are gone."""
    if isinstance(row, str | list):
        row = {"instruction": row}
    if not isinstance(row, dict):
        raise ValueError(f"{place} is neither text nor an object with fields: {row!r}")
    for field in INSTRUCTIONS:
        if instruction := _said(row.get(field)):
            rest = {str(key): value for key, value in row.items() if key != field}
            if field == "instruction" and (given := _said(rest.pop("input", None))):
                instruction = f"{instruction}\n\n{given}"
            return {"instruction": instruction} | {key: value for key, value in rest.items() if key != "instruction"}
    raise ValueError(
        f"{place} has no prompt: looked for {', '.join(INSTRUCTIONS)}, found {', '.join(map(str, row)) or 'nothing'}"
    )


def _said(value: object) -> str:
    """The text of a field: a string, the parts of a message, or the first user turn of a chat; empty where there is none."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        return _said(value.get("content") or value.get("value") or value.get("text"))
    turns = list(value) if hasattr(value, "__iter__") else []  # a table of Parquet gives arrays
    asked = [turn for turn in turns if isinstance(turn, dict) and (turn.get("role") or turn.get("from")) in _ASKERS]
    if asked or not all(isinstance(turn, dict) and not ("role" in turn or "from" in turn) for turn in turns):
        return _said((asked or [turn for turn in turns if isinstance(turn, str)] or [""])[0])
    return "\n".join(filter(None, map(_said, turns)))
