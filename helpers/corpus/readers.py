"""Files to documents: WARC, HTML, plain text, JSONL and Parquet, recognised by content, streaming, gzip included.

Knows nothing of segments. Whatever cannot be used is counted by reason in a `Counter` the caller passes: damage is
never silent and never fatal.
"""

import gzip
import json
import os
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from huggingface_hub import HfFileSystem
from warcio.archiveiterator import ArchiveIterator
from warcio.recordloader import ArcWarcRecord

from helpers.corpus.encoding import decode

MAX_BYTES = 2 << 20
"""Records, pages and lines above this many bytes are left out and counted. Common Crawl cuts pages at half of it."""

TEXT_BYTES = 1 << 20
"""A text file is read as documents of about this many bytes, cut at blank lines where there are any."""

COLUMNS = ("text", "content", "html", "raw_html", "raw_content", "body", "document", "output")
"""Names of the text or HTML column, tried in this order."""

URLS = ("url", "source_url", "URL", "uri", "link")
_TAGGED = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*|<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|body|title|h[1-6]|div|article|main|p|meta)\b",
    re.I | re.S,
)


@dataclass(frozen=True, slots=True)
class Document:
    """One page or text.

    Attributes:
        url: empty where the source names none.
        file: path of the input file as given.
        offset: byte offset of the record in a WARC or text file, row number in JSONL and Parquet, 0 for an HTML file.
        media: "html" or "text".
        body: decoded text.
    """

    url: str
    file: str
    offset: int
    media: str
    body: str


@dataclass(frozen=True, slots=True)
class Source:
    """An input file and what its first bytes say it is: "warc", "html", "text", "jsonl" or "parquet"."""

    file: str
    kind: str
    zipped: bool


def read(paths: Iterable[str | Path], *, text_column: str | None = None, damage: Counter | None = None) -> Iterator[Document]:
    """Stream the documents of files, folders and `hf://` paths, in sorted order within a folder.

    Args:
        paths: files, folders (searched through), `hf://` files or patterns; kinds may be mixed.
        text_column: text or HTML column of JSONL and Parquet; None finds the usual names (`COLUMNS`).
        damage: counts by reason what was left out.

    Raises:
        FileNotFoundError: a path is not there.
        ValueError: nothing under `paths` is readable, or a table has no text column.
    """
    damage = Counter() if damage is None else damage
    for source in sources(paths, damage):
        yield from read_source(source, text_column=text_column, damage=damage)


def sources(paths: Iterable[str | Path], damage: Counter) -> list[Source]:
    """The readable files under `paths`; the others are counted in `damage`. Raises as `read` does."""
    paths = [str(path) for path in paths]
    found = [_recognise(file, damage) for path in paths for file in _files(path)]
    readable = [source for source in found if source]
    if not readable:
        raise ValueError(
            f"nothing to read under {', '.join(paths) or 'an empty list of paths'}: looked for WARC, HTML, text, "
            f"JSONL and Parquet, found {dict(damage) or 'no files'}. Point the corpus at such files (.gz is fine)."
        )
    return readable


def size(source: Source) -> int:
    """Bytes of a file on disk or hub."""
    return HfFileSystem().size(source.file) if source.file.startswith("hf://") else os.path.getsize(source.file)


def read_source(
    source: Source, *, text_column: str | None = None, damage: Counter, position: Callable[[int], None] | None = None
) -> Iterator[Document]:
    """Stream the documents of one recognised file; `position` is told the bytes read so far after each."""
    with _open(source.file) as raw:
        stream = gzip.GzipFile(fileobj=raw) if source.zipped and source.kind != "warc" else raw
        try:
            for document in _READERS[source.kind](source.file, stream, text_column, damage):
                yield document
                if position:
                    position(raw.tell())
        except (EOFError, OSError, UnicodeDecodeError, zlib.error, pa.ArrowException) as error:
            damage[f"{source.kind}: broken file ({type(error).__name__})"] += 1


def _files(path: str) -> list[str]:
    if path.startswith("hf://"):
        hub = HfFileSystem()
        found = hub.glob(path) if "*" in path else hub.find(path) if hub.isdir(path) else [path]
        return ["hf://" + file.removeprefix("hf://") for file in found]
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path} is not there (looked in {os.getcwd()}). Name a file, a folder or an hf:// path.")
    if os.path.isfile(path):
        return [path]
    return sorted(str(file) for file in Path(path).rglob("[!.]*") if file.is_file())


def _open(file: str) -> BinaryIO:
    return HfFileSystem().open(file, "rb") if file.startswith("hf://") else open(file, "rb")


def _recognise(file: str, damage: Counter) -> Source | None:
    try:
        with _open(file) as stream:
            head = stream.read(1 << 16)
    except OSError as error:
        damage[f"not readable ({type(error).__name__})"] += 1
        return None
    zipped = head.startswith(b"\x1f\x8b")
    if zipped:
        head = _unzip(head)
    kind = _kind(head, file.lower().removesuffix(".gz"))
    if kind is None:
        damage["empty file" if not head.strip() else f"not readable ({os.path.splitext(file)[1] or 'no extension'})"] += 1
        return None
    return Source(file, kind, zipped)


def _unzip(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(head, 1 << 16)
    except zlib.error:
        return b""


def _kind(head: bytes, name: str) -> str | None:
    start = head.lstrip()
    if not start:
        return None
    if head.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(b"WARC/"):
        return "warc"
    text = decode(head)
    if _TAGGED.match(text) or name.endswith((".html", ".htm", ".xhtml")):
        return "html"
    if start.startswith(b"{") and _is_object(text):
        return "jsonl"
    if name.endswith((".json", ".jsonl")):
        return None
    controls = sum(char < " " and char not in "\t\n\r\f" for char in text)
    return "text" if controls <= 0.01 * len(text) and text.count("\ufffd") <= 0.1 * len(text) else None


def _is_object(text: str) -> bool:
    """Whether the first line is a JSON object, as far as it was read."""
    first, newline, _ = text.lstrip("\ufeff \t\r\n").partition("\n")
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return not newline and len(first) > 50_000


def _document(url: str, file: str, offset: int, media: str, body: str) -> Document:
    """A document whose strings can be written as UTF-8: JSON may hold lone surrogates."""
    clean = [text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8") for text in (url, body)]
    return Document(clean[0], file, offset, media, clean[1])


def _html(file: str, stream: BinaryIO, _: str | None, damage: Counter) -> Iterator[Document]:
    raw = stream.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        damage["html: page over 2 MB"] += 1
        return
    yield _document("", file, 0, "html", decode(raw))


def _text(file: str, stream: BinaryIO, _: str | None, damage: Counter) -> Iterator[Document]:
    start, size, lines = 0, 0, []
    for offset, line in _lines(stream, "text", damage):
        start = start if lines else offset
        lines.append(line)
        size += len(line)
        if size > MAX_BYTES or (size > TEXT_BYTES and not line.strip()):
            yield _document("", file, start, "text", decode(b"".join(lines)))
            size, lines = 0, []
    if lines:
        yield _document("", file, start, "text", decode(b"".join(lines)))


def _lines(stream: BinaryIO, kind: str, damage: Counter) -> Iterator[tuple[int, bytes]]:
    """(byte offset, line), leaving out lines over `MAX_BYTES` without ever holding one."""
    offset, skipping = 0, False
    while line := stream.readline(MAX_BYTES):
        whole = len(line) < MAX_BYTES or line.endswith(b"\n")
        if whole and not skipping:
            yield offset, line
        elif not skipping:
            damage[f"{kind}: line over 2 MB"] += 1
        skipping = not whole
        offset += len(line)


def _jsonl(file: str, stream: BinaryIO, text_column: str | None, damage: Counter) -> Iterator[Document]:
    column = text_column
    for number, (_, line) in enumerate(_lines(stream, "jsonl", damage)):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            damage["jsonl: line is not JSON"] += 1
            continue
        if not isinstance(row, dict):
            damage["jsonl: line is not an object"] += 1
            continue
        if column is None or (number == 0 and column not in row):
            column = _column(file, list(row), column)
        yield from _row(file, number, row, column, damage)


def _parquet(file: str, stream: BinaryIO, text_column: str | None, damage: Counter) -> Iterator[Document]:
    table = pq.ParquetFile(stream)
    names = table.schema_arrow.names
    column = _column(file, names, text_column)
    number = 0
    for batch in table.iter_batches(64, columns=[column, *(name for name in URLS if name in names)]):
        for row in batch.to_pylist():
            yield from _row(file, number, row, column, damage)
            number += 1


def _column(file: str, names: list[str], wanted: str | None) -> str:
    for name in (wanted,) if wanted else COLUMNS:
        if name in names:
            return name
    raise ValueError(
        f"{file} has no text column: looked for {wanted or ', '.join(COLUMNS)}, found "
        f"{', '.join(names) or 'no columns'}. Name the column that holds the text or HTML (text_column)."
    )


def _row(file: str, number: int, row: dict, column: str, damage: Counter) -> Iterator[Document]:
    body = row.get(column)
    body = decode(body) if isinstance(body, bytes) else body
    if not isinstance(body, str) or not body.strip():
        damage["row without text"] += 1
        return
    if len(body) > MAX_BYTES:
        damage["row over 2 MB"] += 1
        return
    url = next((row[name] for name in URLS if isinstance(row.get(name), str)), "")
    yield _document(url, file, number, "html" if "html" in column or _TAGGED.match(body) else "text", body)


def _warc(file: str, stream: BinaryIO, _: str | None, damage: Counter) -> Iterator[Document]:
    archive = ArchiveIterator(stream)
    while True:
        try:
            record = next(archive, None)
            if record is None:
                damage.update({"warc: record of wrong length": archive.err_count} if archive.err_count else {})
                return
            found = _response(file, archive.offset, record)
        except Exception as error:  # warcio meets damage with whatever its code stumbles over, AttributeError included
            damage[f"warc: broken record ({type(error).__name__})"] += 1
            return
        if isinstance(found, Document):
            yield found
        elif found:
            damage[found] += 1


def _response(file: str, offset: int, record: ArcWarcRecord) -> Document | str | None:
    """The page of a response record, or why it cannot be used; None for another kind of record."""
    if record.rec_type != "response" or record.http_headers is None:
        return None
    status = record.http_headers.get_statuscode()
    kind = (record.http_headers.get_header("Content-Type") or "text/html").lower()
    if status != "200":
        return f"warc: HTTP status {status[:3]}"
    if not re.match(r"\s*(text/html|application/xhtml|text/plain)", kind):
        return "warc: neither HTML nor text"
    raw = record.content_stream().read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        return "warc: page over 2 MB"
    record.raw_stream.read()
    if getattr(record.raw_stream, "limit", 0) > 0:
        return "warc: record cut off"
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", kind)
    url = record.rec_headers.get_header("WARC-Target-URI") or ""
    return _document(url, file, offset, "text" if "plain" in kind else "html", decode(raw, charset and charset[1]))


_READERS = {"warc": _warc, "html": _html, "text": _text, "jsonl": _jsonl, "parquet": _parquet}
