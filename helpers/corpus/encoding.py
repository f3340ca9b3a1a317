"""Bytes of a web page to text, whatever its encoding is said to be."""

import codecs
import re

import charset_normalizer

DETECT_BYTES = 1 << 13
"""Detection of an undeclared encoding looks at the first bytes only: it is the one slow step of reading."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_CHARSET = re.compile(
    r"(?:utf-?(?:8|16)|us-ascii|ascii|iso-?8859|iso-2022-jp|latin|windows-|cp\d|koi8|gb|big5|euc|shift|sjis|x-sjis|mac|tis-|ks_c|euckr|hz)"
)
_ALIASES = {"gb2312": "gb18030", "gbk": "gb18030", "euc-kr": "cp949"}
_ALIASES |= dict.fromkeys(("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"), "cp1252")
_ALIASES |= dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis"), "cp932")


def decode(raw: bytes, charset: str | None = None) -> str:
    """Bytes of a page to text: byte order mark, HTTP charset, `<meta>`, valid UTF-8, then detection. Never raises.

    Args:
        raw: the page.
        charset: of the HTTP header; None where there is none.
    """
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return raw.decode(name, "replace").lstrip("\ufeff")
    meta = _META.search(raw[:4096])
    declared = _codec(charset) or _codec(meta and meta[1].decode("ascii", "ignore"))
    for name in ("utf-8", declared) if declared in (None, "utf-8") else (declared, "utf-8"):
        try:
            return raw.decode(name or "utf-8")
        except UnicodeDecodeError:
            continue
    if not declared:
        best = charset_normalizer.from_bytes(raw[:DETECT_BYTES]).best()
        declared = _codec(best.encoding if best else None)
    return raw.decode(declared or "cp1252", "replace")


def _codec(label: str | None) -> str | None:
    """The codec a charset label means to a browser; None if unknown or unsafe (Python's `punycode`, `hex`...)."""
    label = (label or "").strip().lower()
    if not _CHARSET.match(label):
        return None
    label = _ALIASES.get(label, label)
    try:
        return codecs.lookup(label).name
    except LookupError:
        return None
