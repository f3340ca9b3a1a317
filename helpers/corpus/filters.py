"""Which segments are fit to be an answer: named rules over one segment, each a measure and a threshold with its source.

`RULES` is the order in which they are asked; the first that rejects a segment is the reason. Rules that compare it with
others (duplicates, evaluation prompts) are in `overlap`. Knows nothing of files.
"""

import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import chain, combinations

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from helpers.config import Filters
from helpers.corpus.headers import capitals, is_navigation
from helpers.corpus.segments import Segment, sentences
from helpers.corpus.words import words, words_by_line

LANGUAGE_CHARS = 600
"""The language of a segment is read from its first characters: reading more is slower and changes nothing."""

MAX_SENTENCES = 200
"""Repetition looks at this many sentences: a segment of the paper's length has about thirty."""

_ENGLISH = frozenset(re.split(" ", "the and of to that is with for was this from by are have which it they as be you at"))
COMMON = 0.15
"""Where so many of the words are common English ones, 0 to 1, and five of them differ, the text is English: a detector that
reads every byte says the same, much more slowly."""

SPACELESS = 15
"""A text with so many characters to a white space has a script without spaces."""

NAMED = 60
"""Words from which a text may be a list of names."""

MAX_NAMES = 0.65
"""A larger share of words that begin with a capital or a digit is a list of people, works or results; prose has .1 to .4."""

_PROMOTION = re.split(
    ", ",
    "click here, click the link, add to cart, add to basket, free shipping, money back, money-back, limited time, "
    "special offer, best price, buy now, order now, order today, shop now, call now, call today, call us today, book "
    "now, apply now, enroll now, % off, discount code, promo code, sign up for, sign up now, subscribe to, subscribe "
    "now, our newsletter, follow us, like us on, share this, contact us, get in touch, free quote, "
    "use cookies, uses cookies, "
    "use of cookies, accept cookies, enable javascript, log in to, login to, sign in to, read more, lorem ipsum, "
    "powered by, leave a reply, leave a comment, advertisement, sponsored content, affiliate link, compensated by, #ad ",
)
_LEGAL = (
    ("©", "(c) 1", "(c) 2", "copyright 1", "copyright 2", "all rights reserved"),
    ("terms of use", "terms of service", "terms and conditions", "privacy policy"),
)
_DEALS = re.compile(
    r"\$\d[\d.,]* off|save \$|black friday|cyber monday|coupon|discount|price (?:break|drop|cut)|price tag|regular(?:ly)? price"
    r"|\bdeal(?=s?\b)|all-time low|gift card|on sale|for (?:just|only) \$|in stock|out of stock|low(?:est)? price|amazon"
)
_OFFER = re.compile(
    r"\d% off|\$\d[\d.,]* off|(?:for|now|only|just|from|at) \$\d[\d.,]*(?![\d.,]| ?(?:[bmk]n?\b|[bmtr]+illion|an? ))"
)
"""A thing and its price, as the header of an offer."""

_SYMBOLS = "#{}<>\\^~`@_•●■▪►★☆→®™§¶"


def refuse_unknown(filters: Filters) -> None:
    """Refuse names that are no rule, and codes that are no language.

    Raises:
        ValueError: a name or code is unknown; the message lists those that are known.
    """
    if unknown := set(filters.disabled) - set(RULE_NAMES):
        raise ValueError(f"there is no rule {', '.join(sorted(unknown))}; the rules are {', '.join(RULE_NAMES)}")
    codes = sorted(dict(_identifier().rank("")))
    if unknown := set(filters.languages) - set(codes):
        raise ValueError(f"there is no language {', '.join(sorted(unknown))}; the codes are {', '.join(codes)}")


def rejected_by(segment: Segment, filters: Filters) -> str | None:
    """Name of the first rule that rejects the segment; None if all accept it."""
    for name, rejects in RULES.items():
        if name not in filters.disabled and rejects(segment, filters):
            return name
    return None


def header(segment: Segment) -> str | None:
    """The segment's own header; None for text without one."""
    return segment.header_path[-1] if segment.header_path else None


def promotion(text: str) -> int:
    """How many different promotion and boilerplate phrases a text has; claims of copyright count as one, terms of use too.

    Prices cut and goods in stock are news as well: the third word of a deal is the first that counts. A price in the first
    line counts, and every such word with it.
    """
    text = text.lower()
    offers = _OFFER.search(text, 0, max(0, text.find("\n"))) is not None
    found = sum([phrase in text for phrase in _PROMOTION]) + sum([any(mark in text for mark in marks) for marks in _LEGAL])
    if any(word in text for word in ("$", "deal", "discount", "price")):
        found += max(0, len(set(_DEALS.findall(text))) - 2 * (not offers)) + offers
    return found


def bullets(text: str) -> float:
    """Share of lines that are list items and no sentences; 0 below ten lines, which may be the list someone asked for."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    items = [line for line in lines if line.startswith(("- ", "* ", "• ")) and not line.endswith((".", "!", "?", "。"))]
    return len(items) / len(lines) if len(lines) >= 10 else 0.0


def symbols(text: str) -> float:
    """Share of characters that are the symbols of code, tags and decoration."""
    return sum(map(text.count, _SYMBOLS)) / len(text) if text else 0.0


def numbers(text: str) -> float:
    """Share of figures among words and figures, by how they begin; 0 where there are none."""
    own = text.split()
    firsts = [word[0] for word in (own if len(text) < SPACELESS * len(own) else words(text))]
    figures = sum(map(str.isdigit, firsts))
    return figures / (figures + sum(map(str.isalpha, firsts))) if figures else 0.0


def names(text: str) -> float:
    """Share of words that begin with a capital or a digit, outside tables: nearly all in a list of people, works or results.
    Words all in capitals do not count: they are emphasis, acronyms, or the keywords of code.

    0 below `NAMED` words, which may be the card or list that someone asked for.
    """
    lines = [line for line in text.split("\n") if " | " not in line]
    firsts = [word[0] for line in lines for word in line.split() if len(word) == 1 or not word.isupper()]
    capital, small = sum(map(str.isupper, firsts)) + sum(map(str.isdigit, firsts)), sum(map(str.islower, firsts))
    return capital / (capital + small) if capital + small >= NAMED else 0.0


def repetition(text: str, *, similar: float = 0.7) -> float:
    """Share of sentences (of five words or more) that repeat an earlier one; 0 where there are none.

    Only sentences that share an n-gram are compared, so that a text without repetition costs one pass.

    Args:
        text: a segment.
        similar: Jaccard similarity of word 3-grams from which one sentence repeats another, 0 to 1.
    """
    grams = [
        frozenset(zip(own, own[1:], own[2:], strict=False))
        for own in words_by_line("\n".join(sentences(text)))
        if len(own) >= 5
    ]
    grams = grams[:MAX_SENTENCES]
    holders: dict[tuple, list[int]] = {gram: [] for gram, uses in Counter(chain.from_iterable(grams)).items() if uses > 1}
    for index, own in enumerate(grams):
        for gram in own & holders.keys():
            holders[gram].append(index)
    shared = Counter(pair for found in holders.values() for pair in combinations(found, 2))
    repeats = {j for (i, j), both in shared.items() if both >= similar * (len(grams[i]) + len(grams[j]) - both)}
    return len(repeats) / len(grams) if grams else 0.0


def language(text: str) -> tuple[str, float]:
    """Most likely language (ISO 639-1) of a text and its probability."""
    return _identifier().classify(text[:LANGUAGE_CHARS])


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def is_plainly_english(text: str) -> bool:
    """Whether the commonest words of English make up so much of a text's beginning that no detector need be asked."""
    start = text[:LANGUAGE_CHARS]
    if len(start.encode("utf-8", "replace")) > 1.1 * len(start):
        return False
    own = start.lower().split()
    common = [word for word in own if word in _ENGLISH]
    return len(common) >= COMMON * len(own) and len(set(common)) >= 5


def _is_foreign(segment: Segment, filters: Filters) -> bool:
    """Whether none of the kept languages is likely; the most likely one is asked first, which settles most."""
    if not filters.languages or ("en" in filters.languages and is_plainly_english(segment.text)):
        return False
    if language(segment.text)[0] in filters.languages:
        return False
    ranked = dict(_identifier().rank(segment.text[:LANGUAGE_CHARS]))
    return sum(ranked[code] for code in filters.languages) < filters.min_language


RULES: dict[str, Callable[[Segment, Filters], bool]] = {
    "empty_header": lambda segment, _: header(segment) == "",
    "navigation_header": lambda segment, _: is_navigation(header(segment) or ""),
    "capitals_header": lambda segment, f: capitals(header(segment) or "") > f.max_header_capitals,
    "too_short": lambda segment, f: segment.chars < max(f.min_chars, len(header(segment) or "") + 1),
    "too_long": lambda segment, f: segment.chars > f.max_chars,
    "later_piece": lambda segment, f: segment.piece > 0 and not f.later_pieces,
    "links": lambda segment, f: segment.linked > f.max_links * segment.chars,
    "bullets": lambda segment, f: bullets(segment.text) > f.max_bullets,
    "symbols": lambda segment, f: symbols(segment.text) > f.max_symbols,
    "numbers": lambda segment, f: numbers(segment.text) > f.max_numbers,
    "names": lambda segment, _: names(segment.text) > MAX_NAMES,
    "promotion": lambda segment, f: promotion(segment.text) > f.max_promotion,
    "repetition": lambda segment, f: repetition(segment.text) > f.max_repetition,
    "language": _is_foreign,
}
"""Rules about one segment by name, in the order they are asked (cheap ones first, language last): does it reject?

A header with nothing under it is too short whatever the threshold.
"""

COMPARISONS = ("contamination", "exact_duplicate", "near_duplicate", "contained")
"""Rules that compare a segment with others, asked after `RULES`."""

RULE_NAMES = (*RULES, *COMPARISONS)
