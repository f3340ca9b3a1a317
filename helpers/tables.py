"""The tables through which modules meet: ids of rows, and files that are written whole or not at all."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pandas as pd


def read_json(path: Path) -> dict[str, Any]:
    """What a JSON file holds; empty where there is none."""
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n", "utf-8")
    os.replace(part, path)


def write_table(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as Parquet (zstd) atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    frame.to_parquet(part, compression="zstd", index=False)
    os.replace(part, path)


def content_id(*texts: str) -> str:
    """The id of a row: the first 16 hex digits of the sha256 of its texts."""
    return hashlib.sha256("\x1f".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def digest(path: Path) -> str:
    """sha256 of a file, or of the files of a folder and their names; empty where nothing is there."""
    digest = hashlib.sha256()
    for file in [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file()):
        with file.open("rb") as opened:
            digest.update(file.name.encode() + b"\0" + hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest() if path.exists() else ""
