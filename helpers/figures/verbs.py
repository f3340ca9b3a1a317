"""The verb and the object of an instruction, by a word list and a few rules: no parser, no download.

Finds requests ("Write a short story about ...", "Can you give me some tips?", "How do I bake bread?"). Questions that ask for
a fact have no such verb and do not parse; the share that does is part of every figure that uses this.

Paper: v1 Figure 2 (v3 Figure 6), after Self-Instruct, whose parser is not named.
"""

import re
from collections.abc import Iterable

import pandas as pd


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


VERBS = _words(
    """
    accept accomplish achieve acquire act adapt add address adjust advise agree allow alter amend analyse analyze annotate
    answer apply appraise approve argue arrange articulate ask assemble assess assign assist attach attempt author avoid
    bake balance become begin boil book boost brainstorm break brew bring build buy calculate call care carry categorize
    celebrate center change characterize check choose cite claim clarify classify clean clear climb close collect combine come
    comment compare compile complete compose compute condense conduct configure connect consider construct contact
    contrast convert convince cook copy correct count cover craft create critique cure cut debate debug decide declare
    decode decorate define delete deliver demonstrate derive describe design detect determine develop devise diagnose
    differentiate discuss display distinguish divide document draft draw drive earn edit elaborate eliminate email
    embed encode encourage enter enumerate establish estimate evaluate examine execute expand explain explore express
    extend extract fill filter find finish fix follow forecast form format formulate freeze gather generate get give go
    grade grow handle help highlight identify illustrate imagine implement improve include increase inform insert install
    integrate interpret introduce invent invest join judge justify keep label learn list locate look lose maintain make
    manage map mark match measure mention merge modify move multiply name narrate negotiate offer open optimize order
    organize outline output paint paraphrase parse perform persuade pick plan plant plot practise predict prepare present
    prevent print prioritize produce program promote pronounce proofread propose protect prove provide publish quote rank rate
    read recall recommend record reduce reformat refute remove rename repair rephrase replace reply report request
    research reset resolve respond restate retrieve return reverse review revise rewrite round save say schedule score
    search select sell send separate set share shorten show simplify simulate sketch solve sort speak specify spell start
    state stop structure study suggest sum summarise summarize support take teach tell test think train transcribe transform
    translate treat trim try turn update use utilize validate verify visit visualize wash wear weigh word write
    """
)
"""Verbs that requests are made with, as they stand in the imperative."""

_OPENING = re.compile(
    r"""^\W*(?:(?:please|kindly|now|then|first|next|hi|hello|hey|ok|okay|so)\b\W*)*
    (?:(?:can|could|would|will)\s(?:you|u)\s|(?:i|we)(?:\swant|\sneed|\swould\slike|['’]d\slike)\s(?:you\s)?to\s
    |(?:you\s(?:should|must|have\sto|need\sto)|your\stask\sis\sto|help\sme(?:\sto)?)\s
    |how\s(?:do|can|could|should|would)\s(?:i|you|we|one)\s|how\sto\s|what\sis\sthe\s(?:best|easiest)\sway\sto\s)?
    (?:(?:please|kindly|just|also|briefly|quickly|help\sme(?:\sto)?)\s)*""",
    re.IGNORECASE | re.VERBOSE,
)
_SENTENCE = re.compile(r"(?<=[.!?:;\n])\s+")
_WORD = re.compile(r"[a-z]+(?:['’-][a-z]+)*|[^\sa-z]", re.IGNORECASE)
_INDIRECT = _words("me us him her them you it")
_SKIPPED = _words(
    """a an the this that these those some any all each every both another one two three four five six seven eight nine ten
    my your our his its their several many few more most own following given following different various possible at
    least up to out down off about for what whatever such other new good great short long brief simple detailed just"""
)
_PRONOUNS = _words("one ones anything everything something nothing it this that these those them him her me us you i we they")
_ENDS = _words(
    """of for to in on at with about from by as into onto between among over under after before during without within through
    against per that which who whom whose where when why how what if whether because so while and or but than is are was
    were be can could should would will has have had using based including explaining describing containing given called
    according titled like such not then there i you he she we they it does do"""
)
_NOUNS_IN_LY = _words("ally anomaly assembly belly butterfly family fly jelly monopoly rally reply supply")
_SAME = _words("news series species lens bus gas focus thesis analysis basis virus status process class")


def parse(instruction: str) -> tuple[str, str] | None:
    """(verb, head noun of its object) of the first request among the first three sentences; None where there is none."""
    for sentence in _SENTENCE.split(instruction.strip())[:3]:
        words = [word.lower() for word in _WORD.findall(sentence[_OPENING.match(sentence).end() :])]
        if words and words[0] in VERBS and (noun := _head(words[1:])):
            return words[0], noun
    return None


def _head(words: list[str]) -> str:
    """The last word of the noun phrase at the start of ``words``, in the singular; empty where there is none."""
    while words and words[0] in _INDIRECT:
        words = words[1:]
    while words and (words[0] in _SKIPPED or words[0].isdigit()):
        words = words[1:]
    phrase = []
    for word in words:
        if word in _ENDS or not word[0].isalpha():
            break
        phrase.append(word)
    if not phrase or phrase[-1] in _PRONOUNS or (phrase[-1].endswith("ly") and phrase[-1] not in _NOUNS_IN_LY):
        return ""
    return _singular(phrase[-1].removesuffix("'s").removesuffix("’s"))


def _singular(noun: str) -> str:
    if len(noun) < 4 or noun in _SAME or noun.endswith(("ss", "us", "is")):
        return noun
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    if noun.endswith(("ches", "shes", "sses", "xes", "zes")):
        return noun[:-2]
    return noun.removesuffix("s")


def verb_nouns(instructions: Iterable[str]) -> pd.DataFrame:
    """One row an instruction that parses: verb, noun. What does not parse is not in it."""
    found = [pair for pair in map(parse, instructions) if pair]
    return pd.DataFrame(found, columns=["verb", "noun"])
