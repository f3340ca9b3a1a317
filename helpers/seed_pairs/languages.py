"""Natural languages as rows name them: by a code, with or without a region, or by the English name."""

import re

_NAMES = (
    "ar arabic, bg bulgarian, bn bengali, ca catalan, cs czech, da danish, de german, el greek, en english, es spanish,"
    " et estonian, eu basque, fa persian, fi finnish, fr french, gl galician, he hebrew, hi hindi, hr croatian, hu hungarian,"
    " id indonesian, it italian, ja japanese, ko korean, lt lithuanian, lv latvian, ms malay, nl dutch, no norwegian,"
    " pl polish, pt portuguese, ro romanian, ru russian, sk slovak, sl slovenian, sr serbian, sv swedish, sw swahili,"
    " ta tamil, te telugu, th thai, tl tagalog, tr turkish, uk ukrainian, ur urdu, vi vietnamese, zh chinese"
)
CODES = {name: entry.split()[0] for entry in _NAMES.split(",") for name in entry.split()} | {"eng": "en"}
"""Names and codes of the languages that most texts are in, and the code of each."""

FIELDS = ("lang", "language", "locale", "language_code")
"""Fields of a row that may name its language. In rows about programs they name something else."""


def code(value: object) -> str:
    """The code of a language: `en` for `EN`, `en-US` and `English`; any other word in lower case."""
    said = str(value).strip().lower()
    said = re.split("[-_]", said)[0]
    return CODES.get(said, said)


def named(row: dict) -> tuple[str, ...]:
    """The codes of the natural languages that a row names, none for a row that names none: Python is no language here."""
    return tuple(found for name in FIELDS if isinstance(row.get(name), str) and (found := code(row[name])) in CODES.values())
