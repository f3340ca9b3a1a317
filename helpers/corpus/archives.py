"""WARC and ARC archives: their records in order, the parts of a large one, and the next record after damage.

Knows nothing of files and folders, and nothing of what a page means.
"""

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import brotli
import zstandard
from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader
from warcio.recordloader import ArcWarcRecord

PART_BYTES = 32 << 20
"""A larger archive is read in parts of about this many bytes, each from a record's first byte."""

_STEP = 1 << 20
_WINDOW = 1 << 12
_BEFORE = 4
_MEMBER = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")
_RECORD = re.compile(
    rb"(?<=\r\n\r\n)WARC/[01]\.\d+\r?\n(?=(?:[\w-]+:[^\n]*\n)*?WARC-)|(?<=\n)https?://\S+ [\d.]+ \d{14} \S+ \d+\r?\n",
    re.IGNORECASE,
)
_STARTS = re.compile(rb"WARC/[01]\.\d|filedesc://|(?:https?|dns|ftp)[:/]\S+ \S+ \d{12,14} ")


class _Archive(ArchiveIterator):
    """Damage is counted, not printed."""

    INC_RECORD = ""


def records(stream: BinaryIO, start: int = 0, end: int | None = None) -> Iterator[tuple[int, ArcWarcRecord | str]]:
    """(byte offset, record) of an archive; (byte offset, reason) where it is damaged, and on from the next whole record.

    Args:
        stream: seekable, at any position.
        start: byte at which a record begins.
        end: no record that begins here or later is read; None reads all.
    """
    if start == 0:
        stream.seek(0)
        head = stream.read(_WINDOW)
        start = len(head) - len(head.lstrip(b"\xef\xbb\xbf\r\n"))  # an editor's marks
    while start is not None:
        stream.seek(start)
        archive, met = _Archive(stream), False
        try:
            for record in archive:
                if archive.err_count:  # the one before did not end where it said, so this one may be anything
                    break
                start, met = archive.offset, True
                if end is not None and start >= end:
                    return
                yield start, record
            if not archive.err_count:
                if not met or (end is None and _torn(stream, start)):
                    yield start, "warc: record cut off"
                start = next_record(stream, start + 1, end) if _is_zipped(stream) else None
                continue  # a broken member can end the reading as if it were the last
            reason = "warc: record of wrong length"
        except Exception as error:  # warcio meets damage with whatever its code stumbles over, AttributeError included
            reason = f"warc: broken record ({type(error).__name__})"
        yield start, reason
        start = next_record(stream, start + 1, end)


def next_record(stream: BinaryIO, start: int, end: int | None = None) -> int | None:
    """The first byte at or after `start` at which a record begins; None where none begins before `end`."""
    zipped = _is_zipped(stream)
    while end is None or start < end:
        stream.seek(max(0, start - _BEFORE))
        before = start - max(0, start - _BEFORE)
        window = stream.read(before + _STEP + _WINDOW)
        for match in (_MEMBER if zipped else _RECORD).finditer(window, before):
            at = start - before + match.start()
            if at >= (start + _STEP if end is None else min(end, start + _STEP)):
                break
            if not zipped or _opens(window[match.start() : match.start() + _WINDOW]):
                return at
        if len(window) < before + _STEP + _WINDOW:
            return None
        start += _STEP
    return None


def parts(stream: BinaryIO, size: int) -> list[int]:
    """Where the parts of an archive of `size` bytes begin, the first at 0; one part where it is small or is no archive."""
    found = [0]
    for edge in range(PART_BYTES, size, PART_BYTES):
        if edge > found[-1] and (at := next_record(stream, edge)) is not None and at > found[-1]:
            found.append(at)
    return found


def payload(record: ArcWarcRecord, most: int) -> bytes:
    """The body of a record without its transfer and content coding, at most `most` bytes.

    Raises:
        ValueError: its coding is unknown.
    """
    http = record.http_headers
    coding = (http.get_header("Content-Encoding") or "").strip().lower() if http else ""
    chunked = http is not None and "chunked" in (http.get_header("Transfer-Encoding") or "").lower()
    if coding in ("br", "zstd"):
        raw = ChunkedDataReader(record.raw_stream) if chunked else record.raw_stream
        if coding == "zstd":
            return zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True).read(most)
        return brotli.Decompressor().process(_all(raw, most), output_buffer_limit=most)[:most]
    if coding not in ("", "identity", "gzip", "x-gzip", "deflate", "none"):
        raise ValueError(coding)
    if chunked:
        http.replace_header("Transfer-Encoding", "chunked")  # warcio knows it in lower case only
    if coding == "x-gzip":
        http.replace_header("Content-Encoding", "gzip")
    return _all(record.content_stream(), most)


def _all(stream: BinaryIO, most: int) -> bytes:
    body = []
    while most > 0 and (part := stream.read(most)):
        body.append(part)
        most -= len(part)
    return b"".join(body)


def _torn(stream: BinaryIO, start: int) -> bool:
    """Whether a piece of a gzip member follows the last whole one, too short to be a record."""
    if not _is_zipped(stream):
        return False
    stream.seek(start)
    member = zlib.decompressobj(31)
    while not member.eof and (part := stream.read(_STEP)):
        try:
            member.decompress(part)
        except zlib.error:
            return False  # told of where it was read
    return member.unused_data.startswith(b"\x1f")


def _is_zipped(stream: BinaryIO) -> bool:
    stream.seek(0)
    return stream.read(2) == b"\x1f\x8b"


def _opens(member: bytes) -> bool:
    """Whether a gzip member begins with a record's head."""
    try:
        return _STARTS.match(zlib.decompressobj(31).decompress(member, 256)) is not None
    except zlib.error:
        return False
