"""From files to rows: reads JSONL, JSON, CSV, TSV and Parquet, also compressed, from disk or from the hub.

The kind of a file is recognised by its content. A row that cannot be read becomes a row without fields that holds the reason.
The module knows nothing of seed pairs.
"""

import csv
import gzip
import io
import json
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from lzma import LZMAError
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from zstandard import ZstdError

from helpers import hub
from helpers.corpus.encoding import undeclared
from helpers.corpus.files import PACKED, bare, listed, peek
from helpers.corpus.prompts import by_row
from helpers.tables import HIDDEN

EXTENSIONS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")
"""Extensions of the files that are read in a folder; `.gz`, `.zst`, `.bz2` or `.xz` may follow.

A file that is named itself may have any name.
"""

_TRAIN, _HELD_OUT = (re.compile(rf"(?<![a-z])({names})(?![a-z])") for names in ("train", "test|val|valid|validation|eval|dev"))
_STRAY = re.compile("[\udc80-\udcff]")
_FOREIGN = re.compile("[\udc80-\udcff]{4}")
"""So many bytes in a row that are not UTF-8 are letters of another script than the Latin one."""

_DECODER = json.JSONDecoder(strict=False)  # a text may hold a bare tab
_SPEAKERS = {"role", "from", "speaker", "author"}
_TALKS = {"messages", "conversations", "conversation", "dialogue", "dialog"}
_LISTS = {"data", "rows", "examples", "records", "train"}
"""Names under which an object with other fields holds the rows of the whole file."""

_BATCH = 64
_HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file.

    Attributes:
        file: path as given, or as found in a folder.
        number: the line of a text file on which the row begins, or the place in a list or Parquet file, from 1; 0 stands
            for the whole file.
        fields: by name, in lower case; None where the row cannot be read.
        reason: why it cannot be read; empty where it can.
    """

    file: str
    number: int
    fields: dict | None
    reason: str = ""


def read(path: str) -> Iterator[Row]:
    """Stream the rows of a file or of the files of a folder or repository, sorted by name.

    In a folder with training and held-out splits, only the training split is read (`train` in a file's name or folder). Each
    file that is not read gives a row without fields; hidden files and folders give none.

    Raises:
        FileNotFoundError: the path is not there.
        OSError: the hub refuses or cannot be reached (`hub.explained`).
    """
    files, others = _files(path)
    for file, reason in others:
        yield Row(file, 0, None, reason)
    for file in files:
        if file.startswith(hub.PREFIX):
            with hub.explained(file):
                yield from _file(file)
        else:
            yield from _file(file)


def _files(path: str) -> tuple[list[str], list[tuple[str, str]]]:
    """The files to read under a path, and the others, each with the reason."""
    if not path.startswith(hub.PREFIX) and not os.path.exists(path):
        raise FileNotFoundError(
            f"there is no seed file {path} (looked in {os.getcwd()}): check the preset's seed_models.seed_pairs"
        )
    met = list(listed(path))
    found = [file for file, reason in met if reason is None]
    odd = [(file, reason) for file, reason in met if reason and reason != HIDDEN]
    if len(found) == 1 or "*" in path:
        return found, odd
    names = {file: bare(file.removeprefix(path.rstrip("/"))) for file in found}
    data = [file for file in found if names[file].endswith(EXTENSIONS)]
    train = [file for file in data if _TRAIN.search(names[file])]
    chosen = train or [file for file in data if not _HELD_OUT.search(names[file])] or data
    reasons = {file: "file of another split" if file in data else "not a data file" for file in found if file not in chosen}
    return chosen, odd + list(reasons.items())


def _file(file: str) -> Iterator[Row]:
    """Rows of one file. Where the file is damaged, a row that says so ends it; the rows before are kept."""
    number = 0
    try:
        with hub.opened(file) if file.startswith(hub.PREFIX) else open(file, "rb") as raw:
            for row in _rows(file, raw):
                number = row.number
                yield row
    except (EOFError, OSError, UnicodeDecodeError, zlib.error, LZMAError, ZstdError, pa.ArrowException) as error:
        if isinstance(error, OSError) and not _is_damage(error):
            raise
        yield Row(file, number + 1, None, f"the file is broken from here ({type(error).__name__})")


def _is_damage(error: OSError) -> bool:
    """Whether an error is due to the file, and not to disk or hub: pyarrow then raises a bare `OSError` without a number."""
    return isinstance(error, gzip.BadGzipFile) or (type(error) is OSError and error.errno is None)


def _rows(file: str, raw: BinaryIO) -> Iterator[Row]:
    head, stream = raw.read(_HEAD), raw
    raw.seek(0)
    if packed := next((mark for mark in PACKED if head.startswith(mark)), b""):
        head, stream = peek(file, packed), PACKED[packed](raw)
    if head.startswith(b"PAR1"):
        yield from _parquet(file, stream)
        return
    encoding = _encoding(head)
    read = _reader(file, head.decode(encoding, "replace").lstrip("\ufeff \t\r\n"))
    if read is None:
        yield Row(file, 0, None, "neither JSON, CSV nor Parquet")
        return
    errors = "surrogateescape" if encoding == "utf-8-sig" else "replace"
    ends = "" if read == _csv else "\n"  # a line of JSON may hold other line ends than this one
    lines = io.TextIOWrapper(stream, encoding, errors=errors, newline=ends)
    yield from read(file, map(_western, lines))


def _encoding(head: bytes) -> str:
    """The encoding: told by the byte order mark, by the zeros that UTF-16 has between Latin letters, or by what it holds.

    A text in the Latin script counts as UTF-8 even if it is Windows-1252; its lines are put right one by one (`_western`).
    """
    if head.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return "utf-32"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    zeros = [half.count(0) > len(half) / 2 for half in (head[::2], head[1::2])]
    if wide := {(True, False): "utf-16-be", (False, True): "utf-16-le"}.get(tuple(zeros)):
        return wide
    found = undeclared(head) if _FOREIGN.search(head.decode("utf-8", "surrogateescape")) else "utf-8"
    return "utf-8-sig" if found == "utf-8" else found


def _western(line: str) -> str:
    """A line in which bytes that are not UTF-8 are read as Windows-1252, which spreadsheets write."""
    return line if line.isascii() else _STRAY.sub(lambda byte: bytes([ord(byte[0]) - 0xDC00]).decode("cp1252", "replace"), line)


def _reader(file: str, start: str) -> Callable[[str, Iterator[str]], Iterator[Row]] | None:
    """The function that reads a text file with this beginning; None if there is none."""
    name = bare(file)
    if name.endswith((".csv", ".tsv")):
        return _csv
    if start.startswith("[") and not _is_cut_line(start):
        return _array
    alone = "\n" not in start.strip() and (name.endswith(".json") or len(start) <= _HEAD // 4)
    if start.startswith("{") and (alone or not _is_json(start.partition("\n")[0])):
        return _object
    return _jsonl if start.startswith("{") or name.endswith(EXTENSIONS) else None


def _is_cut_line(start: str) -> bool:
    """Whether the first line is the rest of an object that began before it. The second line is then a complete object."""
    first, _, rest = start.partition("\n")
    return first.rstrip().endswith("}") and rest.startswith("{") and _is_json(rest.partition("\n")[0])


def _is_json(line: str) -> bool:
    """Whether a first line is JSON, or is so long that only its beginning was read."""
    try:
        _parsed(line)
    except (ValueError, RecursionError):
        return len(line) > _HEAD // 4
    return True


def _parsed(line: str) -> object:
    """The value on a line, which a comma may follow."""
    return _DECODER.decode(line.strip().removesuffix(","))


def _row(file: str, number: int, value: object) -> Row:
    if not isinstance(value, dict):
        return Row(file, number, None, f"not an object with fields ({type(value).__name__})")
    fields = {}
    for name, held in value.items():
        fields.setdefault(str(name).strip().lower(), held)
    return Row(file, number, fields)


def _jsonl(file: str, lines: Iterator[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _row(file, number, _parsed(line))
            except (ValueError, RecursionError):
                yield Row(file, number, None, "the line is not JSON")


def _array(file: str, lines: Iterator[str]) -> Iterator[Row]:
    """The objects of a JSON list, or objects one after another, up to the first that is cut or broken."""
    text, number = "".join(lines).removeprefix("\ufeff").strip(), 0
    listed = text.startswith("[")
    at = re.compile(r"\[?\s*").match(text).end()
    while not text.startswith("]", at) if listed else at < len(text):
        number += 1
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            yield Row(file, number, None, "the list is cut or broken from here")
            return
        yield _row(file, number, value)
        at = re.compile(r"\s*,?\s*").match(text, end).end()


def _object(file: str, lines: Iterator[str]) -> Iterator[Row]:
    """The rows of an object that is the whole file or begins it; objects that follow it are rows too."""
    kept = list(lines)
    text = "".join(kept).strip("\ufeff \t\r\n")
    try:
        value, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        yield from _jsonl(file, iter(kept))
        return
    if end < len(text):
        yield from _array(file, iter([text]))
        return
    for number, row in enumerate(_listed(value) or by_row(value) or [value], 1):
        yield _row(file, number, row)


def _listed(value: dict) -> list[dict] | None:
    """The rows that an object holds as a list, as `{"data": [...]}`; None where it is a row itself, as a conversation is."""
    lists = {
        name: held
        for name, held in value.items()
        if isinstance(held, list) and held and all(isinstance(row, dict) and not _SPEAKERS & row.keys() for row in held)
    }
    name = next(iter(lists), "")
    return lists[name] if len(lists) == 1 and (len(value) == 1 or name in _LISTS) and name not in _TALKS else None


def _csv(file: str, lines: Iterator[str]) -> Iterator[Row]:
    """Rows of a table with a header. The separator is the one of `,;|` and tab that occurs most often in the header.

    Of columns with the same name the first counts. Blank lines and a line "sep=;" may stand before the header.
    """
    csv.field_size_limit(sys.maxsize)  # the module's own limit is 131,072 characters, and some answers are longer
    above, header = next(
        ((number, line) for number, line in enumerate(lines) if line.strip() and not line.lower().startswith("sep=")), (0, "")
    )
    separator = max(",;\t|", key=header.count)
    reader = csv.reader(chain([header], lines), delimiter=separator, strict=True, skipinitialspace=True)
    names = None
    while True:
        number = above + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Row(file, number, None, f"not CSV from here to line {above + reader.line_num} ({error})")
            continue
        if cells is None:
            return
        if names is None:
            names = cells
        elif len(cells) > len(names):
            yield Row(file, number, None, "more cells than the header has")
        elif any(cells):
            named = list(zip(names, cells + [None] * (len(names) - len(cells)), strict=True))
            yield _row(file, number, dict(reversed(named)))


def _parquet(file: str, stream: BinaryIO) -> Iterator[Row]:
    number = 0
    for batch in pq.ParquetFile(stream, pre_buffer=False).iter_batches(_BATCH):  # buffering would fetch the whole file first
        for fields in batch.to_pylist():
            number += 1
            yield _row(file, number, fields)
