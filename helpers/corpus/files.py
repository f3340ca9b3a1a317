"""Files and folders to sources: what is there, what its first bytes say it is, and how it is opened.

A file that holds nothing to read (an image, a feed, a program) is left out with a reason; the reason names its kind, and
so do the counts. Knows nothing of pages.
"""

import bz2
import gzip
import io
import json
import lzma
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from huggingface_hub import HfFileSystem

from helpers import hub
from helpers.corpus.archives import next_record
from helpers.corpus.encoding import decode, is_text, wide
from helpers.tables import in_folder, not_readable

HEAD = 1 << 16
"""Bytes from which a file is recognised."""

COLUMNS = ("text", "content", "html", "raw_html", "raw_content", "body", "document", "output")
"""Names of the text or HTML column, tried in this order."""

PACKED = {
    b"\x1f\x8b": gzip.open,
    b"\x28\xb5\x2f\xfd": lambda raw: io.BufferedReader(_Zstandard(raw)),
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}
"""First bytes of a compressed file, and what opens it."""

_PROGRAMS = re.compile(
    r"\.(?:py|ipynb|js|mjs|ts|jsx|tsx|css|scss|less|c|h|cc|cpp|hpp|java|go|rs|rb|php|pl|sh|bat|ps1|sql|ya?ml|toml|ini|cfg|conf"
    r"|lock|xml|xsl|xsd|svg|rss|atom|map|tex|bib|log|csv|tsv|json5?|geojson|wat|cdx|cdxj|eml|mbox|mht|mhtml|rtf|pdf|ps|ics|vcf|srt|vtt)$"
)
"""Endings of files that are text and yet no page of text."""

_SIGNATURES = re.compile(
    r"\s*(?:(?P<pdf>%PDF|%!PS)|(?P<rtf>\{\\rtf)|(?P<feed>(?>(?:<\?xml[^>]*>|<!--.*?-->)\s*)*<(?:rss|feed|rdf:RDF|urlset|opml)\b)"
    r"|(?P<program>#!\s*/|<\?php\b(?!.*<(?:html|body|p|h1)\b))"
    r"|(?P<mail>(?:(?:From|To|Subject|Date|MIME-Version|Received|Return-Path|Message-ID|Content-Type|Delivered-To"
    r"|X-[\w-]+|Snapshot-Content-Location)[: ][^\n]*\n(?:[ \t]+\S[^\n]*+\n)*+){3}))",
    re.IGNORECASE | re.DOTALL,
)
_ARCHIVE = re.compile(rb"PK(?:\x03\x04|\x05\x06)|7z\xbc\xaf|Rar!|.{257}ustar", re.DOTALL)
"""How a file of files begins: it may hold text as it is, and the names of its files."""

TAGGED = re.compile(
    r"\s*(?>(?:<\?(?!php)[^>]{0,2000}>|<!--.{0,2000}?-->)\s*)*"
    r"<(?:!doctype\s+html|html|head|body|title|h[1-6]|div|article|main|section|p|meta|table|ul|ol)\b",
    re.IGNORECASE | re.DOTALL,
)
"""How HTML begins."""


class NoText(ValueError):
    """A table has no text column."""


@dataclass(frozen=True, slots=True)
class Source:
    """An input file, or a part of one.

    Attributes:
        file: its path.
        kind: what its first bytes say it is: "warc" (ARC and WET too), "html", "text", "markdown", "jsonl" or "parquet".
        packed: the first bytes of its compression; empty where it has none, and for an archive whose records are gzipped
            one by one, which is read by record.
        start: byte at which the part begins (archives only).
        end: byte before which its last record begins; None: the end of the file.
    """

    file: str
    kind: str
    packed: bytes = b""
    start: int = 0
    end: int | None = None

    @property
    def name(self) -> str:
        """The path as text that can be written: bytes that are no UTF-8 become `\\xe9`."""
        return os.fsencode(self.file).decode("utf-8", "backslashreplace")


def listed(path: str) -> Iterator[tuple[str, str | None]]:
    """(file, None) of all files under a path, sorted; (name, reason) of what is left out unopened."""
    if path.startswith(hub.PREFIX):
        yield from ((file, None) for file in hub.files(path))
    elif not os.path.lexists(path):
        raise FileNotFoundError(f"{path} is not there (looked in {os.getcwd()}). Name a file, a folder or an hf:// path.")
    elif os.path.isdir(path):
        yield from in_folder(path)
    else:
        yield path, not_readable(path)


@contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """The bytes of a source, unpacked. Lines of text in 16-bit or 32-bit units become UTF-8 on the way."""
    with _raw(source.file) as raw:
        stream = PACKED[source.packed](raw) if source.packed else raw
        codec = wide(peek(source.file, source.packed)) if source.kind in ("text", "markdown", "jsonl") else None
        yield _Recoded(stream, codec) if codec else stream


class _Zstandard(io.RawIOBase):
    """The bytes of a zstd stream. Going back means to read it again from its start."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._begin()

    def _begin(self) -> None:
        self._raw.seek(0)
        self._stream, self._at = zstandard.ZstdDecompressor().stream_reader(self._raw, read_across_frames=True), 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: bytearray) -> int:
        """Fill the buffer; how many bytes it got, 0 at the end."""
        got = self._stream.readinto(buffer)
        self._at += got
        return got

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte counted from the start or from here; where that is."""
        offset += self._at if whence == io.SEEK_CUR else 0
        if offset < self._at:
            self._begin()
        while self._at < offset and (part := self._stream.read(min(offset - self._at, HEAD))):
            self._at += len(part)
        return self._at


class _Recoded:
    """Lines of a stream in another encoding as UTF-8."""

    def __init__(self, stream: BinaryIO, codec: str) -> None:
        self.tell = stream.tell
        self._text = io.TextIOWrapper(stream, codec, "replace", newline="\n")

    def readline(self, size: int) -> bytes:
        """The next line, or its first `size` characters."""
        return self._text.readline(size).encode("utf-8", "replace")


def size(source: Source) -> int:
    """Bytes of a source on disk or hub."""
    whole = HfFileSystem().size(source.file) if source.file.startswith("hf://") else os.path.getsize(source.file)
    return (whole if source.end is None else source.end) - source.start


def _raw(file: str) -> BinaryIO:
    return hub.opened(file) if file.startswith(hub.PREFIX) else open(file, "rb")


def bare(name: str) -> str:
    """A file's name in lower case, without the ending of its compression."""
    return re.sub(r"\.(?:gz|zst|bz2|xz)$", "", name.lower())


def peek(file: str, packed: bytes) -> bytes:
    """The first bytes of a file, unpacked as far as they are whole."""
    head = b""
    with _raw(file) as raw:
        stream = PACKED[packed](raw) if packed else raw
        read = stream.read1 if packed else stream.read
        try:
            while len(head) < HEAD and (part := read(HEAD)):
                head += part
        except (EOFError, OSError, zlib.error, lzma.LZMAError, zstandard.ZstdError):
            pass
        if not head and packed == b"\x1f\x8b":  # damaged in its first block
            raw.seek(0)
            head = _whole_part(raw.read(HEAD))
    return head[:HEAD]


def _holds_records(file: str) -> bool:
    """Whether records follow a first one that is damaged."""
    with _raw(file) as raw:
        return next_record(raw, 1) is not None


def _whole_part(member: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(member, HEAD)
    except zlib.error:
        return b""


def recognised(file: str, *, text_column: str | None = None) -> Source | str:
    """A file as a source, or the reason why it is none. Raises `NoText` for a table without the text column."""
    try:
        with _raw(file) as raw:
            head = raw.read(HEAD)
        packed = next((mark for mark in PACKED if head.startswith(mark)), b"")
        unpacked = peek(file, packed) if packed else head
    except OSError as error:
        return f"not readable ({type(error).__name__})"
    if not unpacked.strip():
        return Source(file, "warc") if packed == b"\x1f\x8b" and _holds_records(file) else "empty file"
    kind = _kind(unpacked, bare(file))
    if kind in ("parquet", "jsonl"):
        _refuse_without_text(file, _schema(file) if kind == "parquet" else _keys(unpacked), text_column)
        return Source(file, kind, packed)
    if kind == "warc" and packed == b"\x1f\x8b" and not _one_member(head):
        return Source(file, kind)
    return Source(file, kind, packed) if kind in ("warc", "html", "text", "markdown") else f"not readable ({kind})"


def _kind(head: bytes, name: str) -> str:
    """What the first bytes of a file hold: a kind that can be read, or the name of one that cannot."""
    ending = os.path.splitext(name)[1]
    if head.startswith(b"PAR1"):
        return "parquet"
    if _ARCHIVE.match(head):
        return "archive"
    if head.lstrip().startswith((b"WARC/", b"filedesc://")) or ending in (".warc", ".arc", ".wet"):
        return "warc"
    text = decode(head).lstrip("\ufeff")
    if found := other_kind(text):
        return found
    if TAGGED.match(text) or (ending in (".html", ".htm", ".xhtml") and is_text(text)):
        return "html"
    if text.lstrip().startswith(("{", "[")) or ending in (".json", ".jsonl", ".ndjson"):
        if any(True for _ in _objects(text)):
            return "jsonl"
        if re.match(r"\s*[\[{]\s*[\[{\"\]}]", text) or ending:
            return ending or "JSON that is not one object a line"
    if _PROGRAMS.search(name) or text.lstrip().startswith("<?xml") or _separated(text):
        return ending or "a table of separated values"
    if not is_text(text):
        return ending or "no extension"
    return "markdown" if ending in (".md", ".markdown") else "text"


def other_kind(text: str) -> str:
    """The kind of a text that is neither prose nor a page, told by how it begins; empty for any other text."""
    found = _SIGNATURES.match(text)
    kind = found.lastgroup if found else ""
    return {"pdf": "PDF or PostScript", "rtf": "RTF", "mail": "e-mail or MHTML"}.get(kind, kind)


def _objects(text: str) -> Iterator[dict]:
    """The JSON objects among the lines of a text that were read whole; a longer line counts as one without keys."""
    lines = text.split("\n")
    for line in lines[:-1] if len(text) > HEAD // 2 else lines:
        try:
            row = json.loads(line, strict=False)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            yield row
    if len(lines) == 1 and len(text) > HEAD // 2 and lines[0].startswith('{"'):
        yield {}


def _keys(head: bytes) -> list[str]:
    return list(dict.fromkeys(key for row in _objects(decode(head).lstrip("\ufeff")) for key in row or COLUMNS[:1]))


def _schema(file: str) -> list[str] | None:
    try:
        with _raw(file) as raw:
            return pq.ParquetFile(raw).schema_arrow.names
    except (OSError, pa.ArrowException):
        return None  # damage is counted where it is read


def _refuse_without_text(file: str, names: list[str] | None, text_column: str | None) -> None:
    wanted = tuple(dict.fromkeys((text_column, text_column.partition(".")[0]))) if text_column else COLUMNS
    if names is not None and not set(wanted) & set(names):
        raise NoText(
            f"{file} has no text column: looked for {', '.join(wanted)}, found {', '.join(map(str, names)) or 'no columns'}. "
            "Name the column that holds the text or HTML (text_column)."
        )


def _one_member(head: bytes) -> bool:
    """Whether a gzipped archive is one stream over all its records, instead of one for each."""
    second = rb"\r\n\r\nWARC/1\.\d\r\nWARC-|\nhttps?://\S+ [\d.]+ \d{14} [^\n]*\d+\nHTTP/"
    return re.search(second, _whole_part(head)) is not None


def _separated(text: str) -> bool:
    """Whether the first lines are rows of a table: the same commas, tabs or semicolons in each."""
    lines = [line for line in text.split("\n")[:21] if line.strip()][:20]
    counts = [[line.count(mark) for line in lines] for mark in (",", "\t", ";")]
    return len(lines) >= 4 and any(len(set(found)) == 1 and found[0] >= 2 for found in counts)
