"""Writes web pages as a crawler stores them: gzipped WARC files with request, response and metadata records.

The same pages and seed give the same bytes. Dates are computed from the seed, record ids from seed, address and kind.
"""

import hashlib
import io
import random
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

PAGES_PER_FILE = 2_000
FIRST_CRAWL = datetime(2024, 1, 1, tzinfo=UTC)
AGENT = "mini-web-crawler/1.0"


HOSTS = (
    "www.plainfacts.example",
    "notes.openshelf.example",
    "almanac.example",
    "daily.lexicon.example",
    "quill.example",
)
CHARSETS = (
    ("utf-8", "header", 88),
    ("iso-8859-1", "header", 3),
    ("windows-1252", "header", 2),
    ("utf-8-sig", "nowhere", 3),
    ("utf-8", "meta", 2),
    ("windows-1252", "meta", 2),
)
"""Encoding, place where the page declares it, and weight. A page in ``utf-8-sig`` is known by its byte order mark."""


@dataclass(frozen=True)
class Response:
    """The answer of a server: the address, the bytes of the page, and the Content-Type header, which may name a charset."""

    url: str
    body: bytes
    content_type: str


def encode(rng: random.Random, text: str, title: str, number: int) -> Response:
    """A page as bytes, at its own address. Characters that its charset lacks become numeric references."""
    host = rng.choice(HOSTS)
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40]
    url = f"{rng.choice(['http', 'https', 'https'])}://{host}/{rng.choice(['p', 'notes', '2023/11'])}/{number}-{slug}"
    [(charset, declared, _)] = rng.choices(CHARSETS, [weight for *_, weight in CHARSETS])
    meta = f'<meta charset="{charset}">\n' if declared == "meta" else ""
    body = text.replace("<head>", f"<head>{meta}", 1).encode(charset, "xmlcharrefreplace")
    return Response(url, body, f"text/html; charset={charset}" if declared == "header" else "text/html")


class _Records:
    """Writes records to one open WARC file. Their dates and ids follow from the seed."""

    def __init__(self, file, seed: int):
        self.writer = WARCWriter(file, gzip=True)
        self.seed = seed

    def add(self, kind: str, url: str, payload: bytes, when: datetime, http=None, **headers: str) -> str:
        """Append one record and return its id. ``headers`` are further WARC headers, with ``_`` for ``-`` in their names."""
        name = hashlib.sha256(f"{self.seed}/{kind}/{url or headers}".encode()).digest()[:16]
        record_id = f"<urn:uuid:{uuid.UUID(bytes=name)}>"
        named = {"WARC-Record-ID": record_id, "WARC-Date": f"{when:%Y-%m-%dT%H:%M:%SZ}"}
        named |= {f"WARC-{key.replace('_', '-')}": value for key, value in headers.items()}
        record = self.writer.create_warc_record(
            url, kind, payload=io.BytesIO(payload), length=len(payload), http_headers=http, warc_headers_dict=named
        )
        self.writer.write_record(record)
        return record_id


def _request_headers(url: str) -> StatusAndHeaders:
    parts = urlsplit(url)
    fields = [("Host", parts.netloc), ("User-Agent", AGENT), ("Accept", "text/html"), ("Connection", "close")]
    return StatusAndHeaders(f"GET {parts.path} HTTP/1.1", fields, is_http_request=True)


def _response_headers(response: Response, when: datetime) -> StatusAndHeaders:
    fields = [
        ("Date", format_datetime(when, usegmt=True)),
        ("Content-Type", response.content_type),
        ("Content-Length", str(len(response.body))),
    ]
    return StatusAndHeaders("200 OK", fields, protocol="HTTP/1.1")


def _write_file(path: Path, responses: list[Response], seed: int, when: datetime) -> None:
    with path.open("wb") as file:
        records = _Records(file, seed)
        about = f"software: {AGENT}\r\nformat: WARC File Format 1.0\r\nisPartOf: mini-web-{seed}\r\n"
        records.add("warcinfo", "", about.encode(), when, Filename=path.name)
        for response in responses:
            when += timedelta(seconds=2)
            url = response.url
            answer = records.add("response", url, response.body, when, _response_headers(response, when))
            records.add("request", url, b"", when, _request_headers(url), Concurrent_To=answer)
            fetched = f"fetchTimeMs: {len(response.body) % 977 + 20}\r\n"
            records.add("metadata", url, fetched.encode(), when, Concurrent_To=answer)


def write(responses: Iterable[Response], out: Path, *, seed: int, pages_per_file: int = PAGES_PER_FILE) -> list[Path]:
    """Write pages to ``crawl-00000.warc.gz``, ``crawl-00001.warc.gz``, ... in ``out``, one file at a time in memory.

    Returns:
        The files in the order of the pages, which is also their order by name.
    """
    out.mkdir(parents=True, exist_ok=True)
    when = FIRST_CRAWL + timedelta(days=seed % 365)
    paths, batch = [], []
    for response in responses:
        batch.append(response)
        if len(batch) == pages_per_file:
            paths.append(out / f"crawl-{len(paths):05d}.warc.gz")
            _write_file(paths[-1], batch, seed, when)
            batch, when = [], when + timedelta(hours=3)
    if batch:
        paths.append(out / f"crawl-{len(paths):05d}.warc.gz")
        _write_file(paths[-1], batch, seed, when)
    return paths
