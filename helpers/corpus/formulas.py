"""Formulas and raised numbers to text: what a reader would type, from what the page gives."""

import re

from selectolax.lexbor import LexborNode

_SHELL = re.compile(r"^\{\\(?:display|text)style\s*(.*)\}$", re.DOTALL)
_CLASSES = re.compile(r"(?:^|[\s_-])(?:math|tex|latex|equation|formula)(?:$|[\s_-])|mwe-math|mathjax|katex", re.IGNORECASE)
_DRAWN = re.compile(r"latex|codecogs|(?:mime|math)tex", re.IGNORECASE)
"""In the address of an image: a program that draws formulas."""

_RAISED = re.compile(r"[-\u2212\u2013+]?(?:\d{1,4}|[a-zA-Z])")
_EXPRESSION = re.compile(r"[-\u2212\u2013+\w./*·× ()]{2,16}")
_UNIT = re.compile(r"(?:\d|\b10 |[)\]]|(?<![^\W\d_])[^\W\d_]{1,2}|(?<![^\W\d_])(?:sec|mol|rad|cell))$")
_NO_POWERS = {
    "st",
    "nd",
    "rd",
    "th",
    "tm",
    "sm",
    "er",
    "re",
    "me",
    "os",
    "as",
    "to",
    "ta",
    "le",
    "er.",
    "ème",
    "e",
    "o",
    "a",
    "r",
}
MATHML_DEPTH = 30
"""Formulas nested deeper are read as plain text."""


def formula(node: LexborNode) -> str:
    """The text of a `<math>`, of the image of a formula or of a MathJax script; empty where it gives none."""
    attributes = node.attributes
    if node.tag == "img":
        text = attributes.get("alt") or ""
        if not text and not attributes.get("title"):
            return ""
        if _DRAWN.search(attributes.get("src") or ""):
            text = text or attributes.get("title") or ""
        elif not (_CLASSES.search(attributes.get("class") or "") or text.startswith(("$", "\\(", "\\[", "{\\"))):
            return ""
    elif node.tag == "script":
        text = node.text() if (attributes.get("type") or "").startswith("math/tex") else ""
    else:
        annotation = node.css_first("annotation[encoding*=tex], annotation[encoding*=TeX]")
        text = attributes.get("alttext") or (annotation.text() if annotation else "") or _mathml(node, 0)
    text = " ".join(text.split())
    shelled = _SHELL.match(text)
    return shelled[1].strip() if shelled else text


def _mathml(node: LexborNode, depth: int) -> str:
    if depth > MATHML_DEPTH:
        return node.text()
    children = [_mathml(child, depth + 1) for child in node.iter() if not child.tag.startswith("annotation")]
    if not children:
        return node.text().strip()
    if node.tag in ("msup", "msub", "mfrac") and len(children) == 2:
        sign = {"msup": "^", "msub": "_", "mfrac": "/"}[node.tag]
        return sign.join(child if len(child) < 2 or child.isalnum() else f"({child})" for child in children)
    return f"sqrt({''.join(children)})" if node.tag == "msqrt" else "".join(children)


def raised(node: LexborNode, before: str) -> str | None:
    """The text of a `<sup>`: "^15" for a power, "" or "[1]" for a reference mark; None where it is words ("th").

    Args:
        node: the element.
        before: the text just before it.
    """
    text = " ".join(node.text().split())
    link = node.css_first("a[href^='#']")
    if link is not None and len(text) <= 6:
        return ""  # leads to a note on the page
    if text.lower() in _NO_POWERS or not text:
        return None
    plain = text.replace("\u2212", "-").replace("\u2013", "-")
    if _RAISED.fullmatch(text):
        if _UNIT.search(before):
            return "^" + plain
        return f"[{text}]" if text.isalnum() and before[-1:].strip() else None
    if _EXPRESSION.fullmatch(text) and _UNIT.search(before) and re.search(r"[\d+*/·×-]", plain):
        return f"^({plain})"
    return None
