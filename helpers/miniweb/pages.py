"""Puts sections of text on HTML pages in WARC files, and returns their hidden truth.

A page holds 2 to 5 of the given sections among navigation, adverts, forms, cookie notices and comments. Other sections are
planted for the filters of the corpus to drop: copies, near copies, bad headers, wrong lengths, loud promotion, other
languages.
"""

import random
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import pandas as pd

from helpers.miniweb import junk, markup, warc

MIN_CHARS, MAX_CHARS = 60, 600
"""Fewest and most characters of a section, header line included. The length filter drops all others."""

NEAR = 0.7
"""A section is a near copy of an earlier one from this similarity on; corpus filters usually take this threshold."""

NO_TITLE = "(empty)"
"""Stands for an empty header in a header path."""

FEWEST, MOST = 2, 5
"""Fewest and most given sections on one page."""

FOREIGN_PAGES = 0.05
"""Share of the pages that are in another language."""

PLANTED = {
    "duplicate": (0.06, "duplicate"),
    "near_duplicate": (0.04, "near_duplicate"),
    "caps_header": (0.01, "header"),
    "empty_header": (0.01, "header"),
    "menu_header": (0.01, "header"),
    "too_short": (0.01, "length"),
    "too_long": (0.01, "length"),
    "loud_spam": (0.01, "promotion"),
    "loud_navigation": (0.01, "navigation"),
    "foreign": (0.0, "language"),
    "intro": (0.0, "length"),
}
"""Kind of planted section -> its number as a share of the given sections, and the group of filters that should drop it.
Foreign sections have pages of their own, and every page title has an intro, so neither has a share."""

SITES = "Plain Facts|Open Shelf|The Almanac|Daily Lexicon|Café Quill|Field Notes|Naïve Notes|Small Encyclopedia"
INTROS = "Short notes.|A few entries from our files.|Read on below.|Collected over time.|From the card index."
GROUPS = "From the files|Selected entries|Part one|More entries|The collection|In this issue"


@dataclass(frozen=True)
class Section:
    """A titled piece of a page.

    Attributes:
        title: the header; empty only in planted junk.
        body: one line break inside a block, two between blocks; lines may be "- x", "1. x", "a | b" or "Key: value".
        truth: the facts about it for the truth table; ``kind`` says what it really is.
    """

    title: str
    body: str
    truth: dict = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The text that the segment of this section should have: header line, then body, spaces collapsed."""
        blocks = ["\n".join(" ".join(line.split()) for line in block.split("\n")).strip() for block in self.body.split("\n\n")]
        return "\n".join(filter(None, [" ".join(self.title.split()), "\n\n".join(filter(None, blocks))]))


@dataclass(frozen=True)
class Placed:
    """A section on a page, its planted kind (None for a given section), and the group of filters that should drop it."""

    section: Section
    planted: str | None
    filtered: str | None


def _junk(section: Section, kind: str) -> Placed:
    return Placed(section, kind, PLANTED[kind][1])


def _layout(rng: random.Random, page: list[Placed]) -> tuple[str, int | None]:
    """The title of a page (a site's name, or ""), and the place of the first section under a group heading, or None.

    A title or heading stands over other sections only if their content is together too long for one segment, because the
    corpus stage takes a short tree as one segment. Planted junk does not count as content; the corpus stage may drop it.
    """
    content = [len(placed.section.text) * (placed.planted in (None, "foreign")) for placed in page]
    starts = [place for place in range(len(content) - 1) if sum(content[place:]) > MAX_CHARS]
    title = junk.pick(rng, SITES) if sum(content) > MAX_CHARS else ""
    return title, rng.choice(starts) if starts and rng.random() < 0.25 else None


def _main(m: markup.Markup, page: list[Placed]) -> tuple[str, list[tuple[str, Placed]]]:
    """The content of a page as HTML, and its sections with their header paths, the intro first."""
    title, grouped = _layout(m.rng, page)
    level = 2 if title else m.rng.choice([1, 2, 2, 3])
    parts, found, path = [], [], title and f"{title} > "
    if title:
        intro = Section(title, junk.pick(m.rng, INTROS), {"kind": "intro"})
        parts += [m.tag("h1", m.text(title)), m.block(intro.body)]
        found.append((title, _junk(intro, "intro")))
    for place, placed in enumerate(page):
        section, links = placed.section, placed.planted == "loud_navigation"
        if place == grouped:
            group = junk.pick(m.rng, GROUPS)
            parts.append(m.tag(f"h{level}", group))
            path, level = f"{path}{group} > ", level + 1
        parts.append(markup.section(m, section.title, section.body, f"h{level}", links=links))
        found.append((path + (" ".join(section.title.split()) or NO_TITLE), placed))
        if m.rng.random() < 0.2:
            parts.append(markup.advert(m))
    content = "\n".join(parts)
    return m.tag(m.rng.choice(["main", "div", "article"]), f"\n{content}\n"), found


def _deal(rng: random.Random, sections: list[Section], pages: int) -> list[list[Section]]:
    """All sections in random order on ``pages`` pages. No title stands twice on a page."""
    if not FEWEST * pages <= len(sections) <= MOST * pages:
        raise ValueError(
            f"{len(sections)} sections do not fit on {pages} English pages of {FEWEST} to {MOST} sections: "
            f"give {FEWEST * pages} to {MOST * pages} sections, or ask for another number of pages"
        )
    room = [place for place in range(pages) for _ in range(MOST - FEWEST)]
    extra = Counter(rng.sample(room, len(sections) - FEWEST * pages))
    queue = iter(rng.sample(sections, len(sections)))
    dealt = [list(islice(queue, FEWEST + extra[place])) for place in range(pages)]
    for page in dealt:
        for place, section in enumerate(page):
            if section.title in _titles(page[:place]):
                _swap(rng, dealt, page, place)
    return dealt


def _titles(sections: Iterable[Section]) -> set[str]:
    return {section.title for section in sections}


def _swap(rng: random.Random, dealt: list[list[Section]], page: list[Section], place: int) -> None:
    """Exchange a section whose title is already on its page for one of another page, so that no title stands there twice."""
    for _ in range(1000):
        other = rng.choice(dealt)
        there = rng.randrange(len(other))
        if page[place].title not in _titles(other) and other[there].title not in _titles(page):
            page[place], other[there] = other[there], page[place]
            return
    raise ValueError(f"the title {page[place].title!r} stands on too many of the sections for {len(dealt)} pages")


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """The sequences of 5 words in a text, in lower case and without punctuation."""
    words = re.findall(r"\w+", text.lower())
    return frozenset(zip(*(words[start:] for start in range(5)), strict=False))


def similarity(a: frozenset, b: frozenset) -> float:
    """Jaccard similarity of two sets of shingles, 0 to 1; 0 if both are empty."""
    return len(a & b) / len(a | b) if a or b else 0.0


def near_copy(rng: random.Random, section: Section) -> Section | None:
    """A copy of the section with a few words added, at least .85 similar; None if the section is too short for that."""
    words = section.body.split(" ")
    place = rng.randrange(len(words))
    copies = [
        replace(section, body=" ".join([*words[:place], "also", *words[place:]])),
        replace(section, body=f"{section.body}\n\n{rng.choice(['Read on.', 'Last checked again.', 'See above.'])}"),
        replace(section, title=f"{rng.choice(['New', 'Again', 'Today'])}: {section.title}"),
    ]
    own = shingles(section.text)
    close = [copy for copy in copies if similarity(shingles(copy.text), own) >= 0.85 and len(copy.text) <= MAX_CHARS]
    return rng.choice(close) if close else None


def _planted(rng: random.Random, kind: str, source: Section) -> Section | None:
    """A section of a planted kind: a copy of ``source``, the text of ``source`` under a bad header, or another text."""
    headers = {
        "caps_header": str.upper,
        "empty_header": lambda title: "",
        "menu_header": lambda title: junk.bad_header(rng),
    }
    if kind == "duplicate":
        return source
    if kind == "near_duplicate":
        return near_copy(rng, source)
    if kind in headers:
        return replace(source, title=headers[kind](source.title), truth={"kind": kind})
    return Section(*getattr(junk, kind)(rng), {"kind": kind})


def _plant(rng: random.Random, pages: list[list[Placed]]) -> None:
    """Insert the sections that filters should drop. A copy stands on a later page than its source, so the source is kept."""
    sources = [(n, placed.section) for n, page in enumerate(pages[:-1]) for placed in page if not placed.filtered]
    total = sum(map(len, pages))
    for kind, (share, _) in PLANTED.items():
        wanted = round(share * total)
        for number, source in rng.sample(sources, len(sources)):
            if not wanted:
                break
            section = _planted(rng, kind, source)
            target = pages[rng.randrange(number + 1, len(pages))]
            if section and section.title not in _titles(placed.section for placed in target):
                target.insert(rng.randint(0, len(target)), _junk(section, kind))
                wanted -= 1


class _Fates:
    """Says which group of filters should drop a given section. It remembers the kept sections, to find repeats.

    Only sections with the same ``item`` in their truth are compared. Pages about one item resemble each other, since a wrong
    fact changes one word; pages about different items do not.
    """

    def __init__(self):
        self.kept: dict[str, dict[str, frozenset]] = {}

    def place(self, section: Section) -> Placed:
        """The section with the group of filters that should drop it; ``filtered`` is None if it should be kept."""
        text = section.text
        if not MIN_CHARS <= len(text) <= MAX_CHARS:
            return Placed(section, None, "length")
        kept, own = self.kept.setdefault(section.truth.get("item", ""), {}), shingles(text)
        if text in kept:
            return Placed(section, None, "duplicate")
        if any(similarity(own, other) >= NEAR for other in kept.values()):
            return Placed(section, None, "near_duplicate")
        kept[text] = own
        return Placed(section, None, None)


def _foreign(rng: random.Random) -> tuple[list[Placed], str]:
    language = rng.choice(list(junk.FOREIGN))
    texts = dict(junk.foreign(rng, language) for _ in range(rng.randint(FEWEST, MOST)))
    return [_junk(Section(*text, {"kind": "foreign"}), "foreign") for text in texts.items()], language


def _pages(rng: random.Random, sections: list[Section], count: int) -> list[tuple[list[Placed], str]]:
    """The sections of each page, junk planted among them, and the page's language."""
    foreign = round(FOREIGN_PAGES * count)
    dealt = _deal(rng, sections, count - foreign)
    fates = _Fates()
    english = [[fates.place(section) for section in page] for page in dealt]
    _plant(rng, english)
    queue = iter(english)
    is_foreign = rng.sample([True] * foreign + [False] * len(english), count)
    return [_foreign(rng) if strange else (next(queue), "en") for strange in is_foreign]


def _row(url: str, path: str, placed: Placed) -> dict:
    own = {"url": url, "header_path": path, "text": placed.section.text, "filtered": placed.filtered}
    return own | placed.section.truth


def write_crawl(sections: list[Section], out: Path, *, pages: int, seed: int) -> pd.DataFrame:
    """Write a crawl that holds all ``sections``, and sections that the corpus stage should drop (`PLANTED`).

    One page in twenty is in another language. Each of the others holds 2 to 5 of the given sections.

    Args:
        sections: 60 to 600 characters each, in any order.
        out: folder for ``crawl-*.warc.gz``; made if it does not exist.
        pages: number of all pages, 2 or more.
        seed: the same sections and seed give the same bytes.

    Returns:
        One row for each segment of the crawl, in reading order: url, header_path (joined by " > "), text (as the segment
        should read), filtered (the group of filters that should drop it; missing if it should be kept), and the truth of
        the section. Planted texts have only a kind. ``filtered`` is also set for a given section outside 60 to 600
        characters, and for one that repeats or nearly repeats an earlier one about the same item.

    Raises:
        ValueError: too few or too many sections for the pages.
    """
    if pages < 2:
        raise ValueError(f"a crawl has 2 pages or more, not {pages}")
    planned = _pages(random.Random(f"pages/{seed}"), sections, pages)
    rows: list[dict] = []

    def responses():
        for number, (page, language) in enumerate(planned):
            rng = random.Random(f"page/{seed}/{number}")
            m = markup.Markup(rng)
            main, found = _main(m, page)
            title = page[0].section.title
            text = markup.document(m, main, title=title, site=junk.pick(rng, SITES), language=language)
            response = warc.encode(rng, text, title, number)
            rows.extend(_row(response.url, path, placed) for path, placed in found)
            yield response

    warc.write(responses(), out, seed=seed)
    return pd.DataFrame(rows)
