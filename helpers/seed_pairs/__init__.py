"""Seed pairs in the usual formats to (instruction, output) rows.

Formats are told by their fields: ``instruction``/``output`` (with an optional ``input``), ``prompt``/``completion`` or
``response``, ``messages`` (the first turn), and Self-Instruct's ``instances``.
"""

import json
from pathlib import Path

import pandas as pd

from helpers.seed_pairs.splitting import split
from helpers.tables import content_id

__all__ = ["read", "split"]

INSTRUCTIONS = ("instruction", "prompt", "question")
OUTPUTS = ("output", "completion", "response", "answer", "reply")


def read(path: str | Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read seed pairs from JSONL, JSON or Parquet.

    Returns:
        ``seed_pairs`` (pair_id, instruction, output, source) and the rows left out, with their reason: ``empty``
        (no instruction or no output) or ``repeated``.

    Raises:
        FileNotFoundError: the file is not there.
        ValueError: it has no rows, or rows without the needed fields; the message names what was looked for and found.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no seed file {path}: check the preset's seed_models.seed")
    records = _records(path)
    if not records:
        raise ValueError(f"the seed file {path} has no rows")
    rows = pd.DataFrame([_pair(record, path) for record in records])
    rows["pair_id"] = [content_id(x, y) for x, y in zip(rows.instruction, rows.output, strict=True)]
    empty = (rows.instruction == "") | (rows.output == "")
    repeated = rows.pair_id.duplicated() & ~empty
    rejected = rows.assign(reason=empty.map({True: "empty", False: "repeated"}))[empty | repeated]
    kept = rows[~(empty | repeated)][["pair_id", "instruction", "output", "source"]].reset_index(drop=True)
    if kept.empty:
        raise ValueError(f"no row of the seed file {path} has both an instruction and an output")
    return kept, rejected


def _records(path: Path) -> list[dict]:
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_dict("records")
    text = path.read_text(encoding="utf-8")
    if text.lstrip().startswith("["):
        return _parsed(text, f"{path}")
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    return [_parsed(line, f"line {number} of {path}") for number, line in lines]


def _parsed(text: str, place: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{place} is not JSON ({error.msg})") from None


def _text(value: object) -> str:
    """A field without the space around it; empty where it is missing, as None or as a table's NaN."""
    return "" if value is None or value != value else str(value).strip()


def _pair(record: dict, path: Path) -> dict[str, str]:
    if not isinstance(record, dict):
        raise ValueError(f"a row of {path} is not an object with fields: {record!r}")
    source = _text(record.get("source")) or path.stem
    if "messages" in record:
        turns = {message["role"]: _text(message["content"]) for message in reversed(record["messages"])}
        return {"instruction": turns.get("user", ""), "output": turns.get("assistant", ""), "source": source}
    extra = record.get("input")
    if record.get("instances"):
        first = record["instances"][0]
        record, extra = record | {"output": first.get("output")}, first.get("input")
    asked = next((name for name in INSTRUCTIONS if name in record), None)
    answered = next((name for name in OUTPUTS if name in record), None)
    if asked is None or answered is None:
        raise ValueError(
            f"a row of {path} has the fields {sorted(record)}; needed are one of {INSTRUCTIONS} and one of {OUTPUTS}, "
            "or `messages`, or `instances`"
        )
    instruction = "\n\n".join(part for part in (_text(record[asked]), _text(extra)) if part)
    return {"instruction": instruction, "output": _text(record[answered]), "source": source}
