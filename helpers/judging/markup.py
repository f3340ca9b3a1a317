"""A judge's reply in plain text: no markup and no thoughts, one spelling of digits and signs."""

import html
import re
import unicodedata

from helpers.judging.numerals import NUMBER_WORDS, SPELLING

_HALF = re.compile(rf"(?<![\w.])({SPELLING}|\d)(?:\s?½|\s1/2\b|\s+and\s+a\s+half\b)", re.IGNORECASE)
_REPEATED = re.compile(r"(?<![\d.,/-])(\d)(?:[ \t,]+\1){2,}(?![\d.,/-]*\d)")
"""One number again and again, as a small model writes it that does not find its end."""
_TABLE = re.compile(
    r"^(?P<head>[^\n|]*\|[^\n]*)\n[ \t]*[|:-][ \t:|-]*\n(?P<row>[^\n|]*\|[^\n]*)(?:\n(?![^\n|]*\|)|\Z)", re.MULTILINE
)
"""A table that has one row under its header."""
_FORMULA = re.compile(r"\${1,2}(?=\S)([^$\n]*[^\s$])\${1,2}(?!\d)")
"""A formula between dollar signs; one sign alone is money."""
_STARS = re.compile(r"(?<!\d)(?<!\d\s)[★⭐🌟]+[☆✩]*")


def plain(reply: str) -> str:
    """The reply without markup and thoughts, in one spelling of digits and signs; empty where it ends within a thought."""
    reply = re.split(r"<\|(?:endoftext|end|im_end|eot_id|end_of_text)\|>|</s>|<end_of_turn>|<eos>", reply)[0]
    text = re.sub(r"<think(?:ing)?>.*?</think(?:ing)?>", " ", html.unescape(reply), flags=re.DOTALL | re.IGNORECASE)
    if re.search(r"<think(?:ing)?>", text, re.IGNORECASE):
        return ""
    text = _STARS.sub(lambda run: f"{sum(c in '★⭐🌟' for c in run[0])}/5", text.replace("\ufe0f", ""))
    text = _HALF.sub(lambda half: f"{NUMBER_WORDS.get(half[1].lower(), half[1])}.5", text).replace("\u20e3", "")
    text = unicodedata.normalize("NFKC", re.sub("[\u00ad\u200b-\u200f\u2060\ufeff]", "", text))
    text = "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in text)
    text = _FORMULA.sub(r"\1", text)
    text = re.sub(r"\\d?frac\s*\{(\d+)\}\s*\{(\d+)\}", r"\1/\2", re.sub(r"~~.*?~~", " ", text))
    text = re.sub(r"\\boxed\s*\{([^{}]*)\}", r"\n\1", re.sub(r"\\(?:text|textbf|mathbf|mathrm)\s*\{([^{}]*)\}", r"\1", text))
    text = re.sub(r"<(score|rating|grade)>(.*?)</\1>", r"\n\1: \2\n", text, flags=re.IGNORECASE | re.DOTALL)
    text = re.sub(r"</?[a-zA-Z][^<>]*>|[*`#]+|\\[()\[\]]|(?<!\w)_+|_+(?!\w)", "", text)
    text = _REPEATED.sub(r"\1", _TABLE.sub(_of_one_row, text))
    return text.replace("−", "-").replace("’", "'").strip()


def _of_one_row(table: re.Match) -> str:
    """A table with one row as a line for each column: its name, then its value."""
    names, values = ([cell.strip() for cell in table[row].strip(" |").split("|")] for row in ("head", "row"))
    return "".join(f"{name}: {value}\n" for name, value in zip(names, values, strict=False))
