"""Numbers as judges write them: digits, words, fractions of the scale, sums; and what makes one no score."""

import re
from dataclasses import dataclass

_SPELLED_AS = (
    ("zero", "null", "cero", "zéro", "零"), ("one", "eins", "一"), ("two", "zwei", "dos", "deux", "二"),
    ("three", "drei", "tres", "trois", "três", "三"), ("four", "vier", "cuatro", "quatre", "quattro", "quatro", "四"),
    ("five", "fünf", "cinco", "cinq", "cinque", "五"), ("six", "sechs", "seis", "六"), ("seven", "sieben", "siete", "七"),
    ("eight", "acht", "ocho", "八"), ("nine", "neun", "nueve", "九"), ("ten", "zehn", "diez", "十"),
)  # fmt: skip
_ROMAN = ("ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
NUMBER_WORDS = {word: number for number, words in enumerate(_SPELLED_AS) for word in words}
NUMBER_WORDS |= {word: number for number, word in enumerate(_ROMAN, start=2)}
"""Numbers as judges spell them; words that mean something else too are left out, and so are "I" and "X"."""

SPELLING = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
FILLER = re.compile(
    r"(?:[\s\"'(\[{+]|<(?=[^<>\n]*>)|(?:value|rating|score)[\"']?\s*:|≈|~|"
    r"(?:very\s+)?(?:excellent|perfect|good|fair|average|poor|bad|high|low)\s*[(,:–—-]\s*(?=\d)|"
    r"(?:i\s+would|i'd|i\s+will|i'll|we|i)\s+(?:say|give|rate|assign|choose|go with)\b|"
    r"(?:a|an|about|around|approximately|approx\.?|roughly|probably|maybe|perhaps|solid|strong|is|was|equals|"
    r"would be|it|this|rating of|score of)\s(?=\s*\S)){0,16}",
    re.IGNORECASE,
)
_SUM = re.compile(r"\d+(?:\s*[+-]\s*\d+)+\s*=\s*")
_NUMBER = re.compile(r"(?<![\w.,-])(?!0\d)\d+(?:[.,]\d+)?(?!\w*[^\W\d_]{3})")
SPELLED = re.compile(rf"(?:{SPELLING})(?=\W|$|分)", re.IGNORECASE)
_UNIT = re.compile(r"\s*-?(?:points?|pts?|stars?|punkte?n?|puntos|pontos|[★⭐]|分|点|점)(?![^\W\d_]|\s+for\b)", re.IGNORECASE)
_OF = re.compile(
    r"\s*[(\[]?\s*(?:/|(?:out\s+)?of(?:\s+a(?:\s+possible|\s+total(?:\s+of)?)?)?\s|von\s|sur\s|de\s|su\s|av\s|из\s)\s*"
    rf"(?P<top>\d+(?:[.,]0+)?|{SPELLING})(?![\w])(?:\s*-?(?:possible\s)?(?:points?|stars?)\b)?[)\]]?",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\?|[^\W\d_]|[+-](?:\S|\s*$)|\.\d|[ \t]+[<>≤≥]|"
    r"[ \t]*(?:(?:%|±|percent)|(?:[-–—~〜～→/+:]+>?|[-=]+>|\.\.+|…|至|到|或|または|から)[ \t]*\d|"
    r"[,;&|][ \t]*(?:(?:or|and|maybe|perhaps)\s+)*\d|[,(][ \t]*(?:or|maybe|perhaps|possibly)\s+(?:an?\s+)?\d|"
    r"points?\s+for\b)|"
    r"[ \t]+(?:hundred|thousand|million|billion|(?:second|minute|hour|day|week|month|year|mile|dollar|euro|goal|pupil)s?|"
    r"k?m|[ck]m|m[glm]|k?g|feet|inch(?:es)?)\b|"
    r"[ \t]+(?:\d|for\b[^\n]*\d\s+for\b|(?:means|requires?|needs?|if)\b|"
    r"would\b(?!\sbe\s(?:the|an?|my)\s(?:\w+\s)?(?:score|rating|grade))|"
    r"(?:or|and|to|bis|oder|a|à|y|o|ou|et|und|until|through|versus|vs\.?)\s+(?:(?:maybe|perhaps|even|a|possibly)\s+)*\d)",
    re.IGNORECASE,
)
"""What makes a number no score where it follows: another number, a letter, a percent sign, a question mark."""
END = re.compile(r"[\s\"')\]}>.!,;|]*(?:$|\n)|\s*[(\[]")


@dataclass(frozen=True)
class Number:
    """A number that a text begins with, the ``top`` of a fraction ("4 of 5": 5), and what follows."""

    value: float
    top: float | None
    spelled: bool
    rest: str


def number_at(text: str) -> Number | None:
    """The number that a text begins with, after brackets and words like "about"; None where it begins with none."""
    text = text[FILLER.match(text).end() :]
    added = _SUM.match(text)
    text = text[added.end() :] if added else text
    found = SPELLED.match(text) or _NUMBER.match(text)
    if not found:
        return None
    rest = text[found.end() :]
    unit = _UNIT.match(rest)
    rest = rest[unit.end() :] if unit else rest
    of = _OF.match(rest)
    spelled = found[0].lower() in NUMBER_WORDS and not unit and not of
    return Number(_float(found[0]), _float(of["top"]) if of else None, spelled, rest[of.end() :] if of else rest)


def _float(text: str) -> float:
    return float(NUMBER_WORDS.get(text.lower(), text.replace(",", ".")))


def on_scale(number: Number | None, scale: tuple[int, int]) -> float | None:
    """The number, or None where it is not on this scale or what follows it leaves a doubt."""
    if number is None or number.top not in (None, scale[1]) or not scale[0] <= number.value <= scale[1]:
        return None
    # "four" may begin a phrase ("one of the better ones"), which "4" hardly does.
    phrase = number.spelled and not END.match(number.rest) and not re.match(r"\s*(?:[-–—:]|because)", number.rest)
    return None if phrase or _MORE.match(number.rest) else number.value
