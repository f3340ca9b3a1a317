"""A judge's reply to its score: right or None, never invented.

What is read, strongest first: a labelled score ("Score: 4", "**Rating** = 4/5", ``{"score": 4}``, "评分：4"); a line that is
nothing but a score ("4", "4/5", "★★★★☆"); a sentence that gives one ("I would rate it 4 out of 5"). The last labelled score
stands. None wherever a doubt is left: a range, several numbers, another scale, a number outside of the scale, the score of
one criterion alone, a refusal, a supposition, a reply that was cut off before its score.
"""

import html
import re
import unicodedata
from dataclasses import dataclass

LABELS = (
    "score", "rating", "rate", "grade", "verdict",
    "gesamtbewertung", "gesamtpunktzahl", "gesamtnote", "bewertung", "punktzahl", "wertung", "cijfer", "beoordeling",
    "puntuación", "puntuacion", "calificación", "calificacion", "puntaje", "valoración", "pontuação", "pontuacao", "avaliação",
    "classificação", "punteggio", "valutazione", "évaluation",
    "karakter", "betyg", "poäng", "pisteet", "ocena", "wynik", "hodnocení", "skor", "puan", "điểm", "оценка", "балл", "оцінка",
    "分数", "分數", "評分", "评分", "得分", "打分", "評価", "スコア", "点数", "점수", "평점",
    "स्कोर", "अंक", "النتيجة", "التقييم", "الدرجة", "ציון",
)  # fmt: skip
"""What a score is called, in languages that judges reply in."""

LOOSE_LABELS = (
    "note",
    "nota",
    "mark",
    "marks",
    "points",
    "punkte",
    "evaluation",
    "overall",
    "total",
    "result",
    "level",
    "value",
)
"""Words that are a score's label only where nothing but the number stands behind them."""

PLAIN = {
    "a", "additive", "an", "and", "answer", "answer's", "as", "assign", "assigned", "average", "combined", "evaluation",
    "final", "fine", "give", "hence", "i'd", "in", "is", "its", "judge's", "me", "meine", "mi", "my", "note", "numeric",
    "numerical", "our", "output", "overall", "pair", "quality", "rating", "response", "resulting", "score", "single", "so",
    "sum", "the", "then", "therefore", "this", "thus", "total", "with", "your", "endgültige", "finale", "итоговая", "общая",
    "总", "最终", "最終", "总体", "整体", "综合", "総合", "최종", "종합",
}  # fmt: skip
"""Words before a label that leave it the score of the whole pair; another word makes it the score of one criterion."""

_SPELLED_AS = (
    ("zero", "null", "cero", "zéro", "零"), ("one", "eins", "一"), ("two", "zwei", "dos", "deux", "二"),
    ("three", "drei", "tres", "trois", "três", "三"), ("four", "vier", "cuatro", "quatre", "quattro", "quatro", "四"),
    ("five", "fünf", "cinco", "cinq", "cinque", "五"), ("six", "sechs", "seis", "六"), ("seven", "sieben", "siete", "七"),
    ("eight", "acht", "ocho", "八"), ("nine", "neun", "nueve", "九"), ("ten", "zehn", "diez", "十"),
)  # fmt: skip
NUMBER_WORDS = {word: number for number, words in enumerate(_SPELLED_AS) for word in words}
"""Numbers as judges spell them; words that mean something else too are left out."""

_SPELLING = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_LABEL = re.compile(
    rf"(?<![a-zA-ZÀ-ɏЀ-ӿ])(?P<label>{'|'.join(sorted((*LABELS, *LOOSE_LABELS), key=len, reverse=True))})s?(?![^\W])[\"']?"
    r"(?:[ \t]+(?:final|finale|totale?|globale?|générale|generale?|overall))?"
    r"(?:\s+(?:for|of)\s+(?:the|this|that)\s+(?:\w+\s+)?(?:answer|response|reply|output|pair))?"
    r"(?:\s*[(\[](?P<scale>[^)\]\n]{0,24}\d[^)\]\n]{0,12})[)\]])?[\"']?"
    r"(?:[ \t]+(?:is|was|would be)(?=\s*[:=]))?(?P<mark>\s*(?:[-=]+>|[:=|→⇒]|[-–—]+(?=\s))[\s:=|]*|[ \t]+(?=\d))",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"(?:[\s\"'(\[{<+]|(?:value|rating|score)[\"']?\s*:|≈|~|"
    r"(?:i\s+would|i'd|i\s+will|i'll|we|i)\s+(?:say|give|rate|assign|choose|go with)\b|"
    r"(?:a|an|about|around|approximately|approx\.?|roughly|probably|maybe|perhaps|solid|strong|is|was|equals|"
    r"would be|it|this|rating of|score of)\s(?=\s*\S)){0,16}",
    re.IGNORECASE,
)
_SUM = re.compile(r"\d+(?:\s*[+-]\s*\d+)+\s*=\s*")
_NUMBER = re.compile(r"(?<![\w.,-])(?!0\d)\d+(?:[.,]\d+)?(?!\w*[^\W\d_]{3})")
_SPELLED = re.compile(rf"(?:{_SPELLING})(?=\W|$|分)", re.IGNORECASE)
_UNIT = re.compile(r"\s*-?(?:points?|pts?|stars?|punkte?n?|puntos|pontos|[★⭐]|分|点|점)(?![^\W\d_]|\s+for\b)", re.IGNORECASE)
_OF = re.compile(
    r"\s*[(\[]?\s*(?:/|(?:out\s+)?of(?:\s+a(?:\s+possible|\s+total(?:\s+of)?)?)?\s|von\s|sur\s|de\s|su\s|av\s|из\s)\s*"
    rf"(?P<top>\d+(?:[.,]0+)?|{_SPELLING})(?![\w])(?:\s*-?(?:points?|stars?)\b)?[)\]]?",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"[^\W\d_]|[+-](?:\S|\s*$)|\.\d|[ \t]*(?:(?:%|±|percent)|(?:[-–—~〜～→/+:]+>?|[-=]+>|\.\.+|…|至|到|或|または|から)[ \t]*\d|"
    r"[,;&|][ \t]*(?:(?:or|and|maybe|perhaps)\s+)*\d|points?\s+for\b)|"
    r"[ \t]+(?:\d|and\s+a\s+half|for\b[^\n]*\d\s+for\b|(?:means|would|requires?|needs?|if)\b|"
    r"(?:or|and|to|bis|oder|a|à|y|o|ou|et|und|until|through|versus|vs\.?)\s+(?:(?:maybe|perhaps|even|a|possibly)\s+)*\d)",
    re.IGNORECASE,
)
"""What makes a number no score where it follows: another number, a letter, a percent sign."""
_END = re.compile(r"[\s\"')\]}>.!,;|]*(?:$|\n)|\s*[(\[]")
_GIVES = re.compile(
    r"\b(?:rate|rates|rated|rating|score|scores|scored|give|gives|gave|giving|award|awards|assign|deserves?|earns?|merits?|gets?|"
    r"receives?|go(?:es)? with|it'?s|it is|is)(?:\s+(?:it|this|that|the|answer|response|pair|output|as|with|at|of|is|an?|"
    rf"rating|score|grade|total|solid|strong|about|around|overall)){{0,8}}\s*:?\s*(?=\d|(?:{_SPELLING})\b)",
    re.IGNORECASE,
)
_WEAK = re.compile(r"(?:it'?s|it is|is)\s", re.IGNORECASE)
"""A verb that gives a score only where the number is a fraction of the scale."""
_AFTER_GIVEN = re.compile(
    r"\s*(?:$|[.,;!()\"']|-\s|[–—]|from\s+\D|(?:because|since|as|for|with|and|but|so|on|based|due|overall|rather)\b)",
    re.IGNORECASE,
)
_FRACTION = re.compile(
    r"(?<![\w./])(?<!:\s)\d(?:\.\d+)?(?:/| out of )\d+"
    r"(?=\s*(?:$|[.,;!)]|stars?|points?|because|since|for|as|but|and\b|from\b))"
)
_SUPPOSED = re.compile(
    r"^with\b|\b(?:if|unless|need(?:s|ed)?|require[sd]?|when|only|between|could|might|were|had)\b", re.IGNORECASE
)
_DENIED = re.compile(
    r"\b(?:not|cannot|never|no|without|instead|rather|reach|(?:at|to)\s+(?:most|least)|than|above|below|under|over|almost|nearly|"
    r"up to)\b|n't\b|[<>≥≤]",
    re.IGNORECASE,
)
_NEXT_EXAMPLE = re.compile(
    r"^\s*(?:instruction|question|user|human|example|input|prompt|answer|text)\b[^\n:]{0,12}:", re.IGNORECASE | re.MULTILINE
)
_SCALE = re.compile(
    r"scale\W{0,3}(?:(?:of|from|is|goes)\s+)*(?:\d+\s*(?:-|–|to)\s*)?(\d+)\b|\b(\d+)-point|\bmax\w*\W{1,4}(\d+)\b",
    re.IGNORECASE,
)
_STARS = re.compile(r"(?<!\d)(?<!\d\s)[★⭐🌟]+[☆✩]*")


def parse(reply: str, scale: tuple[int, int] = (1, 5)) -> float | None:
    """The score in a judge's reply, or None where it cannot be known.

    Args:
        reply: as it was written.
        scale: the lowest and the highest score that the rubric allows.
    """
    text = plain(reply)
    named = [int(top) for found in _SCALE.findall(text) for top in found if top]
    if any(top != scale[1] for top in named):
        return None
    labels = [found for found in _LABEL.finditer(text) if _of_whole_pair(text, found)]
    scored = [found for found in labels if _says_number(text, found)]
    if scored:
        return _last(text, scored, scale)
    if labels or _LABEL.search(text):  # a label with no number, or scores of single criteria
        return None if not labels else _given(text, scale, fractions=False)
    alone = _alone(text, scale)
    return alone if alone is not None else _given(text, scale, fractions=True)


def plain(reply: str) -> str:
    """The reply without markup and thoughts, in one spelling of digits and signs; empty where it ends within a thought."""
    reply = re.split(r"<\|(?:endoftext|end|im_end|eot_id|end_of_text)\|>|</s>|<end_of_turn>|<eos>", reply)[0]
    text = re.sub(r"<think(?:ing)?>.*?</think(?:ing)?>", " ", html.unescape(reply), flags=re.DOTALL | re.IGNORECASE)
    if re.search(r"<think(?:ing)?>", text, re.IGNORECASE):
        return ""
    text = _STARS.sub(lambda run: f"{sum(c in '★⭐🌟' for c in run[0])}/5", text.replace("\ufe0f", ""))
    text = re.sub(r"(?<=\d)\s?½", ".5", text).replace("\u20e3", "")
    text = unicodedata.normalize("NFKC", re.sub("[\u00ad\u200b-\u200f\u2060\ufeff]", "", text))
    text = "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in text)
    text = re.sub(r"\\(?:boxed|text|textbf|mathbf)\s*\{([^{}]*)\}", r"\1", re.sub(r"~~.*?~~", " ", text))
    text = re.sub(r"<(score|rating|grade)>(.*?)</\1>", r"\n\1: \2\n", text, flags=re.IGNORECASE | re.DOTALL)
    text = re.sub(r"</?[a-zA-Z][^<>]*>|[*`$#]+|\\[()\[\]]|(?<!\w)_+|_+(?!\w)", "", text)
    return text.replace("−", "-").replace("’", "'").strip()


def _of_whole_pair(text: str, label: re.Match) -> bool:
    """Whether a label names the score of the pair: not of one criterion, and not in an example that is only quoted."""
    line = text[max(text.rfind("\n", 0, label.start()) + 1, label.start() - 80) : label.start()]
    if line.strip() and re.search(r"\w.*[\"“「']$", line) and not re.search(r"[{,]\s*[\"']$", line):
        return False
    before = re.search(r"([^\W\d_][\w'-]*?)_?[ \t]*$", line)
    if not label["mark"].strip() and (line.strip(" -•>|") or text[label.end() :].lstrip("0123456789.,")[:1] == ":"):
        return False
    if before is None or (before[1].lower() in PLAIN and before[1] != "A"):
        return True
    return label["label"][0].isupper() and before[1][0].islower()


def _says_number(text: str, label: re.Match) -> bool:
    rest = text[label.end() :]
    rest = rest[_FILLER.match(rest).end() :]
    return bool(re.match(r"[-<>≥≤+]?\s*\d", rest) or _SPELLED.match(rest))


def _last(text: str, scored: list[re.Match], scale: tuple[int, int]) -> float | None:
    """The last labelled score; one that a model wrote for a further example of its own does not count."""
    further = _NEXT_EXAMPLE.search(text, scored[0].end())
    scored = [label for label in scored if not further or label.start() < further.start()]
    values = [_labelled(text, label, scale) for label in scored]
    final = re.search(r"\b(?:final|overall|total)\b", text[max(0, scored[-1].start() - 12) : scored[-1].end()], re.IGNORECASE)
    if len(set(values)) > 2 and not final:
        return None
    in_last_line = further or "\n" not in text[scored[-1].end() :].strip()
    return values[-1] if len(set(values)) == 1 or in_last_line or final else None


def _labelled(text: str, label: re.Match, scale: tuple[int, int]) -> float | None:
    tops = [int(number) for number in re.findall(r"\d+", label["scale"] or "")]
    if tops and max(tops) != scale[1]:
        return None
    number = _number(text[label.end() :])
    loose = label["label"].lower() in LOOSE_LABELS and number and number.top is None
    return None if loose and not _END.match(number.rest) else _value(number, scale)


@dataclass(frozen=True)
class _Number:
    """A number that a text begins with, the ``top`` of a fraction ("4 of 5": 5), and what follows."""

    value: float
    top: float | None
    spelled: bool
    rest: str


def _number(text: str) -> _Number | None:
    text = text[_FILLER.match(text).end() :]
    added = _SUM.match(text)
    text = text[added.end() :] if added else text
    found = _SPELLED.match(text) or _NUMBER.match(text)
    if not found:
        return None
    rest = text[found.end() :]
    unit = _UNIT.match(rest)
    rest = rest[unit.end() :] if unit else rest
    of = _OF.match(rest)
    spelled = found[0].lower() in NUMBER_WORDS and not unit and not of
    return _Number(_float(found[0]), _float(of["top"]) if of else None, spelled, rest[of.end() :] if of else rest)


def _float(text: str) -> float:
    return float(NUMBER_WORDS.get(text.lower(), text.replace(",", ".")))


def _value(number: _Number | None, scale: tuple[int, int]) -> float | None:
    """The number, or None where it is not on this scale or what follows it leaves a doubt."""
    if number is None or number.top not in (None, scale[1]) or not scale[0] <= number.value <= scale[1]:
        return None
    # "four" may begin a phrase ("one of the better ones"), which "4" hardly does.
    phrase = number.spelled and not _END.match(number.rest) and not re.match(r"\s*(?:[-–—:]|because)", number.rest)
    return None if phrase or _MORE.match(number.rest) else number.value


def _alone(text: str, scale: tuple[int, int]) -> float | None:
    """The score of a line that is nothing else, or that begins with it as a list of one: "4", "4: complete and clear"."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    numbered = [line for line in lines if re.match(r"[\"'(\[]*\d", line)]
    bare = [
        line
        for line in numbered
        if re.fullmatch(r"[\"'(\[]*[\d.,/\s]+(?:out of \d+|stars?|points?)?[\"')\].!]*(?: stars?)?", line)
    ]
    if bare:
        values = {_value(_number(line), scale) for line in bare}
        return values.pop() if len(values) == 1 else None
    if len(lines) == 1 and _SPELLED.match(lines[0]):
        return _value(_number(lines[0]), scale)
    first = _number(lines[0]) if len(numbered) == 1 and lines[0] == numbered[0] else None
    if first and re.match(r"\s*(?:$|[:(–—]|-\s|,?\s*because\b)" + (r"|[.,;!]" if first.top else ""), first.rest):
        return _value(first, scale)
    return None


def _given(text: str, scale: tuple[int, int], *, fractions: bool) -> float | None:
    """The one score that sentences give; a supposed, denied or compared one is none, two different ones are none."""
    values = set()
    for sentence in re.split(r"(?<=[.!?])\s+|\n+", text):
        if _SUPPOSED.search(sentence):
            continue
        for place, weak in _places(sentence, fractions):
            clause = re.split(r"[,;:—]\s|\bbut\b|\bso\b", sentence[:place])[-1]
            number = _number(sentence[place:])
            plainly = number and (number.top is not None or not weak) and _AFTER_GIVEN.match(number.rest)
            if plainly and not _DENIED.search(clause):
                values.add(_value(number, scale))
    return values.pop() if len(values) == 1 else None


def _places(sentence: str, fractions: bool) -> list[tuple[int, bool]]:
    """Where a number stands that a verb gives, or a fraction of the scale; and whether the verb alone is no evidence."""
    found = [(match.end(), bool(_WEAK.match(match[0]))) for match in _GIVES.finditer(sentence)]
    return found + [(match.start(), True) for match in _FRACTION.finditer(sentence) if fractions]
