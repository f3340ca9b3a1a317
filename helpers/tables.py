"""The tables that modules exchange: their columns, the ids of their rows, and functions that read and write files.

A file is written completely or not at all.
"""

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from helpers.paper import SEED_TAG, WEB_TAG

COLUMNS = {
    "segments": ("segment_id", "text", "url", "file", "offset", "header_path", "chars"),
    "seed_pairs": ("pair_id", "instruction", "output", "source"),
    "candidates": ("pair_id", "segment_id", "instruction", "tokens", "finish", "adapter", "cut", "hygiene"),
    "ratings": ("rating_id", "pair_id", "judge", "score", "mass", "raw", "adapter"),
    "training_rows": ("pair_id", "source", "tag", "arm", "draw"),
    "answers": ("arm", "draw", "prompt_id", "mode", "text", "tokens", "finish"),
    "grades": ("arm", "draw", "prompt_id", "mode", "family", "in_seed", "score", "grader"),
}
"""The columns that other modules may rely on. A column that is not listed is a private detail of the module that writes it."""

WHOLE = 2**30
"""A file of up to this many bytes is hashed as a whole. A larger one is hashed by its size, first and last mebibyte."""


def pairs(candidates: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """The candidates with the columns of their segments; a segment's text becomes the column ``output``."""
    return candidates.merge(segments, on="segment_id").rename(columns={"text": "output"})


TAGS = (SEED_TAG, WEB_TAG)
"""S_a and S_w, the sentences appended to the instructions of seed pairs and of web pairs in training (section 2.3)."""


def training_rows(
    seed_pairs: pd.DataFrame, web_pairs: pd.DataFrame, seed_copies: int = 1, *, tags: tuple[str, str] = TAGS
) -> pd.DataFrame:
    """The rows that M_t is trained on: ``seed_copies`` of each seed pair with S_a, and the web pairs with S_w (section 2.3)."""
    columns = ["pair_id", "instruction", "output", "source", "tag"]
    seed = seed_pairs.assign(source="seed", tag=tags[0])[columns]
    web = web_pairs.assign(source="web", tag=tags[1])[columns]
    return pd.concat([seed] * seed_copies + [web], ignore_index=True)


def content_id(*texts: str) -> str:
    """The id of a row: the first 16 hex digits of the sha256 of its texts."""
    return hashlib.sha256("\x1f".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read_json(path: Path) -> dict[str, Any]:
    """The content of a JSON file; empty if there is no file.

    Raises:
        ValueError: the file holds something else than a JSON object.
    """
    try:
        found = json.loads(path.read_text("utf-8-sig"))  # some editors put a byte order mark in front
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError):  # also of bytes that are no UTF-8
        raise ValueError(f"{path} is not JSON: delete it or restore it") from None
    if not isinstance(found, dict):
        raise ValueError(f"{path} holds a {type(found).__name__} and no JSON object: delete it or restore it")
    return found


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically, and make the folders on the way."""
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


HIDDEN = "hidden file or folder"
"""The reason why such a file is left out."""


def in_folder(path: str) -> Iterator[tuple[str, str | None]]:
    """(file, None) of all files in a folder and its folders, sorted; (name, reason) of what cannot or should not be read.

    Hidden files and folders are left out: a file manager may leave one. A folder that links lead to is read once.
    """
    return _walked(path, set())


def _walked(path: str, seen: set[str]) -> Iterator[tuple[str, str | None]]:
    real = os.path.realpath(path)
    if real in seen:
        return
    seen.add(real)
    try:
        names = sorted(os.listdir(path))
    except OSError as error:
        yield path, f"folder cannot be read ({type(error).__name__})"
        return
    for name in names:
        inner = os.path.join(path, name)
        if name.startswith("."):
            yield inner, HIDDEN
        elif os.path.isdir(inner):
            yield from _walked(inner, seen)
        else:
            yield inner, not_readable(inner)


def not_readable(path: str) -> str | None:
    """The reason why something that is no folder cannot be opened as a file; None where it can."""
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        return f"not readable ({type(error).__name__})"
    return None if stat.S_ISREG(mode) else "not a file (a pipe, socket or device)"


def digest(path: Path) -> str:
    """The sha256 of a file, or of the files ``in_folder`` lists and their names; empty where nothing is there.

    A file without the right to read it counts by its name alone, because readers leave it out.
    """
    digest = hashlib.sha256()
    there = in_folder(str(path)) if path.is_dir() else [(str(path), not_readable(str(path)))]
    for file in (Path(file) for file, reason in there if reason is None):
        digest.update(file.name.encode("utf-8", "surrogateescape") + b"\0" + _content(file))
    return digest.hexdigest() if path.exists() else ""


def content_of(named: Any) -> str:
    """The hash of an input. Files and folders are hashed by their content, anything else (a name on the hub) by its name."""
    paths = [named] if isinstance(named, (str, Path)) else list(named)
    if len(paths) == 1:
        return digest(path) if (path := Path(paths[0])).exists() else content_id(str(path))
    return content_id(*map(content_of, paths))


def gone(named: Any) -> list[str]:
    """The paths that do not exist among those that a setting names. Only absolute ones: others may be names on the hub."""
    paths = named if isinstance(named, (list, tuple)) else [named]
    paths = [Path(each) for each in paths if isinstance(each, (str, Path))]
    return [str(path) for path in paths if path.is_absolute() and not path.exists()]


def _content(file: Path) -> bytes:
    """The hash of one file; empty without the right to read it."""
    seen = file.stat()
    try:
        return _of_file(file, seen.st_size, seen.st_mtime_ns)
    except PermissionError:
        return b""


@lru_cache(maxsize=4096)
def _of_file(file: Path, size: int, changed: int) -> bytes:
    """The hash of one file. It is kept until the file's size or the time of its last change (nanoseconds) differs."""
    with file.open("rb") as opened:
        if size <= WHOLE:
            return hashlib.file_digest(opened, "sha256").digest()
        ends = opened.read(2**20)
        opened.seek(-(2**20), os.SEEK_END)
        return hashlib.sha256(ends + opened.read() + str(size).encode()).digest()
