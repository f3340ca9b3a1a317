"""Bytes of a web page to text, as a browser reads them, whatever their encoding is said to be.

Labels are those of the WHATWG Encoding Standard: `iso8859-1` means windows-1252, and a `<meta>` that says UTF-16 means
UTF-8, or it could not have been read.
"""

import codecs
import re

import charset_normalizer
import webencodings

DETECT_BYTES = 1 << 13
"""Detection of an undeclared encoding looks at so many bytes, from the first that is not ASCII: it is the one slow step."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
_FOREIGN = re.compile(rb"[^\x00-\x7f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_CONTROLS = [chr(code) for code in range(32) if chr(code) not in "\t\n\r\f"]
_CODECS = {"gbk": "gb18030", "iso-8859-8-i": "iso-8859-8", "x-user-defined": "cp1252"}


def decode(raw: bytes, charset: str | None = None) -> str:
    """Bytes of a page to text: byte order mark, HTTP charset, `<meta>`, UTF-8, then detection. Never raises.

    A page that is UTF-8 but for a few bytes is read as UTF-8, with U+FFFD where it is broken.

    Args:
        raw: the page.
        charset: of the HTTP header; None where there is none.
    """
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return raw.decode(name, "replace").lstrip("\ufeff")
    declared = _codec(charset) or _inside(raw)
    if declared and declared != "utf-8":
        try:
            return raw.decode(declared)
        except UnicodeDecodeError:
            pass  # a wrong label, or damage
    text = raw.decode("utf-8", "replace")
    if "\ufffd" not in text or _mostly_utf8(text, declared == "utf-8"):
        return text
    return raw.decode((declared != "utf-8" and declared) or detected(raw), "replace")


def undeclared(head: bytes) -> str:
    """The codec of the first bytes of a text that names none: UTF-8 if they are that but for a few, else the likeliest."""
    whole = head.rpartition(b"\n")[0] or head
    text = whole.decode("utf-8", "replace")
    return "utf-8" if "\ufffd" not in text or _mostly_utf8(text, False) else detected(whole)


def wide(head: bytes) -> str | None:
    """The codec of text in 16-bit or 32-bit units, told by its byte order mark or its zero bytes; None for other text."""
    for mark, name in _BOMS[1:]:
        if head.startswith(mark):
            return name
    zeros = [head[start : 1 << 12 : 2].count(0) for start in (0, 1)]
    half = len(head[: 1 << 12]) // 2
    if half >= 8 and not min(zeros) and max(zeros) > 0.7 * half:
        return "utf-16-le" if zeros[1] else "utf-16-be"
    return None


def writable(text: str) -> str:
    """A text with single halves of surrogate pairs replaced. JSON may contain them, but they cannot be written to a file."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def is_text(text: str) -> bool:
    """Whether decoded bytes are text: few control characters, and few that could not be decoded."""
    controls = sum(map(text.count, _CONTROLS))
    return controls <= 0.01 * len(text) and text.count("\ufffd") <= 0.1 * len(text)


def _mostly_utf8(text: str, declared: bool) -> bool:
    """Whether the characters that are no ASCII were decoded well more often than not; that the page says so counts as once."""
    bad = text.count("\ufffd")
    return sum(char > "\x7f" for char in text) - bad + declared > bad


def _inside(raw: bytes) -> str | None:
    """What the page says of itself, or the zero bytes of UTF-16 do."""
    if found := wide(raw):
        return found
    meta = _META.search(raw[:4096]) or _XML.match(raw[:4096])
    codec = _codec(meta and meta[1].decode("ascii", "ignore"))
    return "utf-8" if codec and codec.startswith("utf-16") else codec


def _codec(label: str | None) -> str | None:
    """The Python codec of what a label means to a browser; None where it means nothing or has no decoder."""
    found = webencodings.lookup(label) if label else None
    if found is None or found.name == "replacement":
        return None
    return _CODECS.get(found.name, found.codec_info.name)


def detected(raw: bytes) -> str:
    """The codec that bytes in an encoding other than UTF-8 are most likely in; of equally likely ones Windows-1252."""
    first = _FOREIGN.search(raw)
    start = max(0, first.start() - 200) if first else 0
    found = charset_normalizer.from_bytes(raw[start : start + DETECT_BYTES])
    best = found.best()
    if best is None or best.encoding == "utf_7":  # nobody writes UTF-7 but to get past a filter
        return "cp1252"
    equal = [each for each in found if each.chaos <= best.chaos and each.coherence >= best.coherence]
    return "cp1252" if any("cp1252" in each.could_be_from_charset for each in equal) else best.encoding
