"""A sentence to the score that it gives: "I would rate it 4 out of 5", "Overall, a 4", "A score of 3 is fair"."""

import re
from itertools import takewhile

from helpers.judging.numerals import SPELLING, number_at, on_scale

PLAIN = {
    "a", "additive", "an", "and", "answer", "answer's", "as", "assign", "assigned", "average", "combined", "evaluation",
    "final", "fine", "give", "hence", "i'd", "in", "is", "its", "judge's", "me", "meine", "mi", "my", "note", "numeric",
    "numerical", "our", "output", "overall", "pair", "quality", "rating", "response", "resulting", "score", "single", "so",
    "sum", "the", "then", "therefore", "this", "thus", "total", "with", "your", "endgültige", "finale", "итоговая", "общая",
    "adjusted", "appropriate", "corrected", "fair", "new", "revised", "right", "updated",
    "总", "最终", "最終", "总体", "整体", "综合", "総合", "최종", "종합",
}  # fmt: skip
"""Words before a label that leave it the score of the whole pair; another word makes it the score of one criterion."""

SUBJECTS = {"i", "i'd", "i'll", "i'm", "i've", "we", "it", "it's", "this", "answer", "response", "output", "reply", "pair"}
BETWEEN = PLAIN | SUBJECTS | {
    "also", "am", "be", "been", "believe", "can", "decent", "feel", "good", "has", "have", "just", "maybe", "must",
    "only", "perhaps", "say", "should", "solid", "still", "strong", "that", "think", "to", "weak", "will", "would",
}  # fmt: skip
"""What may stand between one of the subjects and the verb that gives a score; adverbs in -ly may too."""

_GIVES = re.compile(
    r"(?:\b(?:rate|rates|rated|rating|score|scores|scored|give|given|giving|award|awards|assign|deserves?|earns?|"
    r"merits?|gets?|receives?|worth|say|call|put|choose|chose|settled?\son|(?:go(?:es)?|going)\swith|makes|adds?\sup\sto|"
    r"(?:fits|matches|corresponds\sto)\s(?:the\s)?level|it'?s|it is|is|"
    r"(?<!answer\s)(?<!response\s)(?<!output\s)(?<!reply\s)(?:gives|gave))"
    r"(?:\s+(?:it|this|that|one|the|answer|response|pair|output|as|with|at|of|for|given|to|is|an?|"
    r"should\sbe|will\sbe|would\sbe|therefore|thus|"
    rf"rating|score|grade|total|solid|strong|about|around|overall)){{0,8}}(?:(?<!\sa)\s*:)?\s*(?=\d|(?:{SPELLING})\b))|"
    r"[打给給](?=\d+(?:\.\d+)?\s*分)",
    re.IGNORECASE,
)
_WEAK = re.compile(r"(?:it'?s|it is|is)\s(?!.*\ban?\s)", re.IGNORECASE)
"""A verb that gives a score only where the number is a fraction of the scale."""
_NAMED = re.compile(
    r"\ban?\s+(?:(?:solid|strong|good|fair|clear|weak)\s+)?(?=\d)|"
    r"(?<![\w.,/-])(?=\d(?:\.\d+)?\s+(?:is|seems|would\sbe)\s+(?:the|an?|my)\s+(?:\w+\s+)?(?:score|rating|grade)\b)",
    re.IGNORECASE,
)
"""Where a number is named with no verb before it: "Overall, a 4", "4 is a fair score"."""
_AFTER_GIVEN = re.compile(
    r"\s*(?:$|[.,;!()\"'。，；！]|-\s|[–—]|from\s+\D|in\stotal\b|"
    r"(?:because|since|as|for|with|and|but|so|on|based|due|overall|rather|instead|altogether)\b|"
    r"(?:is|seems|feels|would\sbe)\s+(?:(?:the|an?|my|most)\s+)*"
    r"(?:fair|right|appropriate|justified|reasonable|fitting|score|rating|grade)\b)",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"\b(?:that|says?|said|states?|mentions?|claims?|refers?|tells?|lists?|reports?|quotes?|asks?|wh\w+|gives?|gave)\b",
    re.IGNORECASE,
)
_ABOUT_ANSWER = re.compile(
    rf"\s*(?:overall\s+)?(?:(?:the|this)\s+(?:answer|explanation|response|reply|output|pair)|it|this)\s(?!.*{_SAYS.pattern})",
    re.IGNORECASE,
)
"""A clause that begins with the answer as its subject and says nothing of what stands in the answer."""
_FRACTION = re.compile(
    r"(?<![\w./])(?<!:\s)\d(?:\.\d+)?(?:/| out of )\d+"
    r"(?=\s*(?:$|[.,;!)]|stars?|points?|because|since|for|as|but|and\b|from\b))"
)
_SUPPOSED = re.compile(
    r"^with\b|\b(?:if|unless|need(?:s|ed)?|require[sd]?|when|only|between|could|might|were|had|(?:would|should)\s+have)\b|"
    r"\b\w+'d\s+have\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:not|cannot|never|no|without|instead|rather|reach|(?:at|to)\s+(?:most|least)|than|above|below|under|over|almost|"
    r"nearly|hardly|barely|up to|fail(?:s|ed)?|lacks?|refuse|hesitate|usually|normally|typically)\b|n't\b|[<>≥≤]",
    re.IGNORECASE,
)


def given(text: str, scale: tuple[int, int], *, fractions: bool) -> float | None:
    """The one score that sentences give; a supposed, denied or compared one is none, two different ones are none.

    Args:
        fractions: whether a fraction of the scale counts that no verb gives ("so 4/5").
    """
    values = set()
    for sentence in re.split(r"(?<=[.!?])\s+|\n+|;\s|(?<!thing),?\sbut\s(?!for\b)|,\s(?:and\s)?so\s", text):
        if _SUPPOSED.search(sentence):
            continue
        for start, place, verb, weak in _places(sentence, fractions):
            before = re.split(r"[,:—]\s|\bso\b", sentence[max(0, start - 300) : start])[-1]
            number = number_at(sentence[place : place + 300])
            plainly = number and (number.top is not None or not weak) and _AFTER_GIVEN.match(number.rest)
            if plainly and not _DENIED.search(before) and _of_the_pair(before, verb):
                values.add(on_scale(number, scale))
    return values.pop() if len(values) == 1 else None


def _places(sentence: str, fractions: bool) -> list[tuple[int, int, str, bool]]:
    """Where a number is given: where the verb begins, where the number does, the verb, whether it alone is no evidence."""
    found = [(match.start(), match.end(), match[0], bool(_WEAK.match(match[0]))) for match in _GIVES.finditer(sentence)]
    found += [(match.start(), match.end(), "", False) for match in _NAMED.finditer(sentence)]
    return found + [(match.start(), match.start(), "", True) for match in _FRACTION.finditer(sentence) if fractions]


def _of_the_pair(before: str, verb: str) -> bool:
    """Whether a score is given to the pair, and not by or to a film, a team or a critic that the answer speaks of.

    Args:
        before: the words of the clause before the verb.
        verb: the words that give the score; empty where there are none, and then nothing else may stand before the number.
    """
    words = [word.strip("\"'()[]") for word in before.lower().split()]
    near = list(takewhile(lambda word: word in BETWEEN or word.endswith("ly"), reversed(words)))
    if len(near) == len(words) or re.search(r"[\u4e00-\u9fff]\s*$", before):
        return True
    noun = re.match(r"score|rating|grade", verb, re.IGNORECASE) and near and near[0] not in ("a", "an")
    by_a_subject = not SUBJECTS.isdisjoint(near) or _ABOUT_ANSWER.match(before)
    return bool(verb and (by_a_subject or (noun and not _SAYS.search(before))))
