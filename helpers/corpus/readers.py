"""Sources to documents: WARC, HTML, text, Markdown, JSONL and Parquet, streaming.

Whatever stands where a page could stand comes out as a `Document` or as a reason why there is none: nothing is lost in
silence, and nothing that is read can end a run. Knows nothing of segments.
"""

import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from lzma import LZMAError
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from warcio.recordloader import ArcWarcRecord
from zstandard import ZstdError

from helpers.corpus import archives
from helpers.corpus.encoding import decode, is_text
from helpers.corpus.files import COLUMNS, TAGGED, NoText, Source, listed, opened, other_kind, recognised, size

MAX_BYTES = 2 << 20
"""Records, pages and lines above this many bytes are left out and counted. Common Crawl cuts pages at half of it."""

TEXT_BYTES = 1 << 20
"""A text file is read as documents of about this many bytes, cut at blank lines where there are any."""

URLS = ("url", "source_url", "URL", "uri", "link")
_BROKEN = (EOFError, OSError, ValueError, zlib.error, pa.ArrowException, ZstdError, LZMAError)
_PAGES = re.compile(r"\s*(?:text/html|application/xhtml|text/plain|text/(?:x-)?markdown)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Document:
    """One page or text.

    Attributes:
        url: empty where the source names none.
        file: path of the input file as given; bytes of a name that are no UTF-8 are written `\\xe9`.
        offset: byte offset of the record in a WARC or text file, row number in JSONL and Parquet, 0 for an HTML file.
        media: "html", "markdown" or "text".
        body: decoded text.
    """

    url: str
    file: str
    offset: int
    media: str
    body: str


def read(
    paths: str | Path | Iterable[str | Path], *, text_column: str | None = None, damage: Counter | None = None
) -> Iterator[Document]:
    """Stream the documents of files, folders and `hf://` paths, in sorted order within a folder.

    Args:
        paths: files, folders (searched through, hidden ones left out), `hf://` files or patterns; kinds may be mixed. One may
            stand alone.
        text_column: text or HTML column of JSONL and Parquet; None finds the usual names (`COLUMNS`).
        damage: counts by reason what was left out.

    Raises:
        FileNotFoundError: a path is not there.
        ValueError: nothing under `paths` is readable, or a table named in `paths` has no text column.
    """
    damage = Counter() if damage is None else damage
    for source in sources(paths, damage, text_column=text_column):
        for found in read_source(source, text_column=text_column):
            if isinstance(found, Document):
                yield found
            else:
                damage[found] += 1


def sources(paths: str | Path | Iterable[str | Path], damage: Counter, *, text_column: str | None = None) -> list[Source]:
    """The readable files under `paths`; the others are counted in `damage`. Raises as `read` does."""
    paths = [str(path) for path in ([paths] if isinstance(paths, (str, Path)) else paths)]
    readable = []
    for path in paths:
        for file, reason in listed(path):
            try:
                found = reason or recognised(file, text_column=text_column)
            except NoText:
                if file == path:
                    raise
                found = "table without a text column"
            if isinstance(found, Source):
                readable.append(found)
            else:
                damage[found] += 1
    if not readable:
        raise ValueError(
            f"nothing to read under {', '.join(paths) or 'an empty list of paths'}: looked for WARC, HTML, text, Markdown, "
            f"JSONL and Parquet, found {dict(damage) or 'no files'}. Point the corpus at such files (.gz is fine)."
        )
    return readable


def divided(source: Source) -> list[Source]:
    """The parts of a large archive, each from a record's first byte; any other source as it is."""
    if source.kind != "warc" or source.packed or source.file.startswith("hf://"):
        return [source]
    with open(source.file, "rb") as stream:
        edges = archives.parts(stream, size(source))
    return [Source(source.file, "warc", b"", *edge) for edge in pairwise([*edges, None])] if len(edges) > 1 else [source]


def read_source(
    source: Source, *, text_column: str | None = None, position: Callable[[int], None] | None = None
) -> Iterator[Document | str]:
    """Stream one source: for every page, record or row in it the document, or the reason why there is none.

    Args:
        source: a recognised file or a part of one.
        text_column: of JSONL and Parquet.
        position: is told the bytes read so far, where the stream knows them.
    """
    empty = source.start == 0 and source.end is None
    try:
        with opened(source) as stream:
            for found in _READERS[source.kind](source, stream, text_column):
                empty = False
                yield found
                if position and not source.packed and source.kind != "html":
                    position(stream.tell() - source.start)
    except _BROKEN as error:
        empty = False
        yield f"{source.kind}: broken file ({type(error).__name__})"
    if empty:
        yield f"{source.kind}: no page in it"


def _document(url: str, source: Source, offset: int, media: str, body: str) -> Document:
    """A document whose strings can be written as UTF-8: JSON may hold lone surrogates."""
    clean = [text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8") for text in (url, body)]
    return Document(clean[0], source.name, offset, media, clean[1])


def _html(source: Source, stream: BinaryIO, _: str | None) -> Iterator[Document | str]:
    raw = stream.read(MAX_BYTES + 1)
    yield "html: page over 2 MB" if len(raw) > MAX_BYTES else _document("", source, 0, "html", decode(raw))


def _text(source: Source, stream: BinaryIO, _: str | None) -> Iterator[Document | str]:
    start, length, lines = 0, 0, []
    for offset, line in _lines(stream):
        if line is None:
            yield f"{source.kind}: line over 2 MB"
            continue
        start = start if lines else offset
        lines.append(line)
        length += len(line)
        if length > MAX_BYTES or (length > TEXT_BYTES and not line.strip()):
            yield _document("", source, start, source.kind, decode(b"".join(lines)))
            length, lines = 0, []
    if lines:
        yield _document("", source, start, source.kind, decode(b"".join(lines)))


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """(byte offset, line); None for a line over `MAX_BYTES`, of which only the end is ever held."""
    offset, skipping = 0, False
    while line := stream.readline(MAX_BYTES):
        whole = len(line) < MAX_BYTES or line.endswith(b"\n")
        if not skipping:
            yield offset, line if whole else None
        skipping = not whole
        offset += len(line)


def _jsonl(source: Source, stream: BinaryIO, text_column: str | None) -> Iterator[Document | str]:
    for number, (_, line) in enumerate(_lines(stream)):
        if line is None:
            yield "jsonl: line over 2 MB"
        elif line.strip():
            try:
                row = _parsed(line)
            except (ValueError, RecursionError):
                yield "jsonl: line is not JSON"
                continue
            yield _row(source, number, row, text_column) if isinstance(row, dict) else "jsonl: line is not an object"


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line, strict=False)
    except UnicodeDecodeError:  # a damaged letter costs no line
        return json.loads(decode(line), strict=False)


def _parquet(source: Source, stream: BinaryIO, text_column: str | None) -> Iterator[Document | str]:
    table = pq.ParquetFile(stream)
    wanted = [*((text_column, text_column.partition(".")[0]) if text_column else COLUMNS), *URLS]
    number = 0
    for batch in table.iter_batches(64, columns=[name for name in table.schema_arrow.names if name in wanted]):
        for row in batch.to_pylist():
            yield _row(source, number, row, text_column)
            number += 1


def _field(row: object, column: str) -> object:
    """What stands in a column, or inside one: `conversations.1` is the second element of a list; None where nothing does."""
    if isinstance(row, dict) and column in row:
        return row[column]
    for part in column.split("."):
        if isinstance(row, dict):
            row = row.get(part)
        elif hasattr(row, "__getitem__") and not isinstance(row, str) and part.isdigit() and int(part) < len(row):
            row = row[int(part)]
        else:
            return None
    return row


def _row(source: Source, number: int, row: dict, text_column: str | None) -> Document | str:
    """The document of a row: its first column of text, by the order of `COLUMNS`."""
    for column in (text_column,) if text_column else COLUMNS:
        body = _field(row, column)
        body = decode(body) if isinstance(body, bytes) else body
        if not isinstance(body, str) or not body.strip():
            continue
        if len(body) > MAX_BYTES:
            return "row over 2 MB"
        url = next((row[name] for name in URLS if isinstance(row.get(name), str)), "")
        return _document(url, source, number, "html" if "html" in column or TAGGED.match(body) else "text", body)
    return "row without text"


def _warc(source: Source, stream: BinaryIO, _: str | None) -> Iterator[Document | str]:
    for offset, record in archives.records(stream, source.start, source.end):
        try:
            found = record if isinstance(record, str) else _page(source, offset, record)
        except Exception as error:  # a broken body can raise whatever its decoder stumbles over
            found = f"warc: broken record ({type(error).__name__})"
        if found:
            yield found


def _page(source: Source, offset: int, record: ArcWarcRecord) -> Document | str | None:
    """The page of a record, or why it cannot be used; None for a record that is no page."""
    if record.rec_type is None:
        return "warc: record cut off"
    if record.rec_type not in ("response", "resource", "conversion"):
        return None
    http, own = record.http_headers, record.rec_headers
    url = own.get_header("WARC-Target-URI") or own.get_header("uri") or ""
    if not url.startswith("http") and "/http" in (own.get_header("Content-Type") or ""):
        return "warc: response without an http address"
    if (record.rec_type == "response" and http is None) or not url.startswith("http"):
        return None  # a DNS reply, a crawler's own log
    status = http.get_statuscode() if http else "200"
    if status != "200":
        return f"warc: HTTP status {status[:3]}"
    kind = (http.get_header("Content-Type") if http else own.get_header("Content-Type")) or "text/html"
    if not _PAGES.match(kind):
        return "warc: neither HTML nor text"
    try:
        raw = archives.payload(record, MAX_BYTES + 1)
    except ValueError as error:
        return f"warc: content coding {str(error)[:20]}"
    if len(raw) > MAX_BYTES:
        return "warc: page over 2 MB"
    record.raw_stream.read()
    if getattr(record.raw_stream, "limit", 0) > 0:
        return "warc: record cut off"
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", kind, re.IGNORECASE)
    text = decode(raw, charset and charset[1])
    if not is_text(text):
        return "warc: body is not text"
    tagged = TAGGED.match(text) is not None
    if not tagged and (other_kind(text) or _is_json(text)):
        return "warc: neither HTML nor text"
    media = "html" if tagged or "html" in kind.lower() else "markdown" if "markdown" in kind.lower() else "text"
    return _document(url, source, offset, media, text)


def _is_json(text: str) -> bool:
    """Whether a text that begins like JSON is JSON as a whole."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


_READERS = {"warc": _warc, "html": _html, "text": _text, "markdown": _text, "jsonl": _jsonl, "parquet": _parquet}
