"""A judge's reply to its score: right or None, never invented.

What is read, strongest first: a labelled score ("Score: 4", "**Rating** = 4/5", ``{"score": 4}``, "评分：4"); a line that is
nothing but a score ("4", "4/5", "★★★★☆"); a sentence that gives one ("I would rate it 4 out of 5"). The last labelled score
stands where words lie between it and another one. None wherever a doubt is left: a range, several numbers, two scores side by
side, another scale, a number outside of the scale, the score of one criterion or of something that the answer speaks of, the
levels of the rubric, a refusal, a supposition, a reply that was cut off before its score.
"""

import re

from helpers.judging.markup import plain
from helpers.judging.numerals import END, FILLER, SPELLED, number_at, on_scale
from helpers.judging.sentences import PLAIN, given

LABELS = (
    "score", "rating", "rate", "grade", "verdict", "level", "judgment", "judgement", "assessment",
    "gesamtbewertung", "gesamtpunktzahl", "gesamtnote", "bewertung", "punktzahl", "wertung", "cijfer", "beoordeling",
    "puntuación", "puntuacion", "calificación", "calificacion", "puntaje", "valoración", "pontuação", "pontuacao", "avaliação",
    "classificação", "punteggio", "valutazione", "évaluation",
    "karakter", "betyg", "poäng", "pisteet", "ocena", "wynik", "hodnocení", "skor", "puan", "điểm", "оценка", "балл", "оцінка",
    "总分", "總分", "分数", "分數", "評分", "评分", "得分", "打分", "評価", "スコア", "点数", "점수", "평점",
    "स्कोर", "अंक", "النتيجة", "التقييم", "الدرجة", "ציון",
)  # fmt: skip
"""What a score is called, in languages that judges reply in."""

LOOSE_LABELS = (
    "note", "nota", "mark", "marks", "points", "punkte", "evaluation", "overall", "total", "sum", "result", "value",
)  # fmt: skip
"""Words that are a score's label only where nothing but the number stands behind them."""

_LABEL = re.compile(
    rf"(?<![a-zA-ZÀ-ɏЀ-ӿ])(?P<label>{'|'.join(sorted((*LABELS, *LOOSE_LABELS), key=len, reverse=True))})s?(?![^\W是为為])[\"']?"
    r"(?:\]|[ \t]+(?:final|finale|totale?|globale?|générale|generale?|overall|given|assigned|awarded))?"
    r"(?:\s+(?:for|of)\s+(?:the|this|that)\s+(?:\w+\s+)?(?:answer|response|reply|output|pair))?"
    r"(?:\s*[(\[]?(?P<scale>(?<=[(\[])[^)\]\n]{0,24}\d[^)\]\n]{0,12}(?=[)\]])|(?<=\s)out of \d+)[)\]]?)?[\"']?"
    r"(?:[ \t]+(?:is|was|would be)(?=\s*[:=]))?(?P<mark>\s*(?:[-=]+>|[:=|→⇒是为為]|[-–—]+(?=\s))[\s:=|]*|[ \t]+(?=\d))",
    re.IGNORECASE,
)
_MEANS = r"\d\s*(?:=|:|-\s|–|\(|\b(?:is|means|if)\b)"
_LEVELS = re.compile(
    rf"(?:{_MEANS}[^\d\n.]{{2,60}}?(?:[,;)]|\bto\b|\band\b|\s[-–])\W*(?:(?:to|and)\s+)?)+{_MEANS}[^\d\n.,;)]{{0,60}}"
)
"""Levels of the rubric in one line: "1 is useless, 5 is perfect"."""
_ITEM = re.compile(
    r"^[ \t>•-]*(?:(?:score|level|rating|grade)[ \t]+)?(?P<n>\d{1,2})(?:[ \t]*(?:stars?|points?))?[ \t]*"
    r"(?:[.:)=]|[-–](?=\s))(?=[ \t]*\S)",
    re.IGNORECASE | re.MULTILINE,
)
"""The number of an item in a list, and of a level that is quoted: "2: related", "Level 2 - related"."""
_REVISED = re.compile(r"\b(?:final|overall|total|new|revised|updated|corrected|adjusted)\b", re.IGNORECASE)
_NEXT_EXAMPLE = re.compile(
    r"^\s*(?:instruction|question|user|human|example|input|prompt|answer|text)\b[^\n:]{0,12}:", re.IGNORECASE | re.MULTILINE
)
_SCALE = re.compile(
    r"scale\W{0,3}(?:(?:of|from|is|goes)\s+)*(?:\d+\s*(?:-|–|to)\s*)?(\d+)\b|\b(\d+)-point|\bmax\w*\W{1,4}(\d+)\b",
    re.IGNORECASE,
)
_QUOTES = re.compile(r"\w.*[\"“「']$|\b(?:e\.g|example|sample|format)\W*$", re.IGNORECASE)
"""What stands before a score line that is only quoted or shown as an example."""


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
    text = re.sub(rf"(?:\bon an? scale )?\b(?:of|from) {scale[0]}\s?(?:to|-|–) ?{scale[1]}\b", " ", text, flags=re.IGNORECASE)
    text = _without_levels(text).lstrip(" :,")
    further = _NEXT_EXAMPLE.search(text)
    own = text[: further.start()] if further else ""
    if own.strip() and not _LABEL.search(own) and (alone := _alone(own, scale)) is not None:
        return alone
    labels = [found for found in _LABEL.finditer(text) if _of_whole_pair(text, found)]
    scored = [found for found in labels if _says_number(text, found)]
    if scored:
        return _last(text, scored, scale)
    if labels:  # none has a number
        return given(text, scale, fractions=False)
    if any(found["mark"].strip() for found in _LABEL.finditer(text)):  # scores of single criteria
        return None
    alone = _alone(text, scale)
    return alone if alone is not None else given(text, scale, fractions=True)


def _without_levels(text: str) -> str:
    """The text without the numbers of a list, and without levels of the rubric that stand in one line: neither is a score."""
    items = list(_ITEM.finditer(text))
    steps = [abs(int(after["n"]) - int(before["n"])) == 1 for before, after in zip(items, items[1:], strict=False)]
    for item, listed in reversed([(item, any(steps[max(0, n - 1) : n + 1])) for n, item in enumerate(items)]):
        text = text[: item.start()] + " " + text[item.end() :] if listed else text
    return _LEVELS.sub(" ", text)


def _of_whole_pair(text: str, label: re.Match) -> bool:
    """Whether a label names the score of the pair: not of one criterion, and not in an example that is only quoted."""
    line = text[max(text.rfind("\n", 0, label.start()) + 1, label.start() - 80) : label.start()]
    key = re.match(r"s?[\"']", text[label.end("label") :])
    if _QUOTES.search(line) and not key or re.search(r"\w[\"']\s*:\s*\{\s*[\"']$", line):
        return False
    if not label["mark"].strip() and line.strip(" -•>|(["):
        return False
    before = re.search(r"([^\W\d_][\w'-]*?)_?[ \t]*$", line)
    if before is None or (before[1].lower() in PLAIN and before[1] != "A"):
        return True
    return label["label"][0].isupper() and before[1][0].islower()


def _says_number(text: str, label: re.Match) -> bool:
    rest = text[label.end() :]
    rest = rest[FILLER.match(rest).end() :]
    return bool(re.match(r"[-<>≥≤+]?\s*\d", rest) or SPELLED.match(rest))


def _last(text: str, scored: list[re.Match], scale: tuple[int, int]) -> float | None:
    """The last labelled score; one that a model wrote for a further example of its own does not count."""
    further = _NEXT_EXAMPLE.search(text, scored[0].end())
    scored = [label for label in scored if not further or label.start() < further.start()]
    read = [(label, _labelled(text, label, scale)) for label in scored]
    read = [(label, value) for label, value in read if value is not None or label["label"].lower() not in LOOSE_LABELS] or read
    (label, last), values = read[-1], {value for _, value in read}
    if len(values) == 1 or _REVISED.search(text[max(0, label.start() - 12) : label.end()]):
        return last
    words_between = re.findall(r"[^\W\d_]{2,}", text[read[-2][0].end() : label.start()])
    in_last_line = further or "\n" not in text[label.end() :].strip()
    return last if len(values) == 2 and in_last_line and len(words_between) > 2 else None


def _labelled(text: str, label: re.Match, scale: tuple[int, int]) -> float | None:
    tops = [int(number) for number in re.findall(r"\d+", label["scale"] or "")]
    if tops and max(tops) != scale[1]:
        return None
    number = number_at(text[label.end() :])
    if number and number.top is None and not END.match(number.rest):
        begins = not label["mark"].strip() and not re.match(r"\s*[:–—-]|,?\s*because\b", number.rest)  # "Grade 5 pupils"
        if begins or label["label"].lower() in LOOSE_LABELS:
            return None
    return on_scale(number, scale)


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
        values = {on_scale(number_at(line), scale) for line in bare}
        return values.pop() if len(values) == 1 else None
    spelled = len(lines) == 1 and SPELLED.match(lines[0])
    first = number_at(lines[0]) if spelled or (len(numbered) == 1 and lines[0] == numbered[0]) else None
    after = r"\s*(?:$|[:(–—]|-\s|,?\s*(?:because|since|as)\b|in total\b)"
    if first and re.match(
        after + (r"|[.,;!]" if first.top or spelled else "") + (r"|\s(?:The|It|This)\b" if first.top else ""), first.rest
    ):
        return on_scale(first, scale)
    return None
