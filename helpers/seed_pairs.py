"""Seed pairs in the usual formats to (instruction, output) rows.

Formats are told by their fields: ``instruction``/``output`` (with an optional ``input``), ``prompt``/``completion`` or
``response``, ``messages`` (the first turn), and Self-Instruct's ``instances``.
"""

import json
from pathlib import Path

import pandas as pd

from helpers.artifacts import content_id

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
        return json.loads(text)
    records = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                records.append(json.loads(line))
            except json.JSONDecodeError as error:
                raise ValueError(f"line {number} of {path} is not JSON ({error.msg})") from None
    return records


def _pair(record: dict, path: Path) -> dict[str, str]:
    source = str(record.get("source") or path.stem)
    if "messages" in record:
        turns = {message["role"]: message["content"] for message in reversed(record["messages"])}
        return {"instruction": turns.get("user", "").strip(), "output": turns.get("assistant", "").strip(), "source": source}
    extra = str(record.get("input") or "")
    if record.get("instances"):
        first = record["instances"][0]
        record, extra = record | {"output": first.get("output", "")}, str(first.get("input") or "")
    asked = next((name for name in INSTRUCTIONS if name in record), None)
    answered = next((name for name in OUTPUTS if name in record), None)
    if asked is None or answered is None:
        raise ValueError(
            f"a row of {path} has the fields {sorted(record)}; needed are one of {INSTRUCTIONS} and one of {OUTPUTS}, "
            "or `messages`, or `instances`"
        )
    instruction = "\n\n".join(part for part in (str(record[asked] or "").strip(), extra.strip()) if part)
    return {"instruction": instruction, "output": str(record[answered] or "").strip(), "source": source}
