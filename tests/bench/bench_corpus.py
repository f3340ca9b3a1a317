"""Segmenting against trafilatura's extraction, and with all rules against a bare walk: same pages, core and run.

    pip install trafilatura lxml_html_clean resiliparse
    python tests/bench/bench_corpus.py PAGES...

PAGES are files or folders of HTML or WARC. Every contestant works on pages already read and decoded; the best of three
rounds counts. The bare walk is the least a header segmenter can do: parse, gather the text under each header, name its
language; it drops no furniture, splits nothing and filters nothing.
"""

import argparse
import time
from collections.abc import Callable

from py3langid.langid import MODEL_FILE, LanguageIdentifier
from selectolax.lexbor import LexborHTMLParser

from helpers.corpus import Filters, read, segment
from helpers.corpus.filters import language, rejected_by

ROUNDS = 3
FILTERS = Filters()
IDENTIFIER = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
HEADERS = {"h1", "h2", "h3", "h4", "h5", "h6"}


def segmenting(pages: list[str], documents: list) -> int:
    """Segments of all pages."""
    return len(_segments(documents))


def all_rules(pages: list[str], documents: list) -> int:
    """Segments of all pages, each asked every rule about one segment, language included."""
    return len([rejected_by(one, FILTERS) for one in _segments(documents)])


def bare_walk(pages: list[str], documents: list) -> int:
    """Sections of all pages by a plain walk, each with its language."""
    sections = [section for page in pages for section in _sections(page)]
    for section in sections:
        IDENTIFIER.classify(section)
    return len(sections)


def trafilatura(pages: list[str], documents: list) -> int:
    """Pages with trafilatura's default extraction."""
    from trafilatura import extract

    return len([extract(page) for page in pages])


def resiliparse(pages: list[str], documents: list) -> int:
    """Pages with resiliparse's extraction of the main content."""
    from resiliparse.extract.html2text import extract_plain_text

    return len([extract_plain_text(page, main_content=True) for page in pages])


def parse_only(pages: list[str], documents: list) -> int:
    """Pages parsed by selectolax and nothing else: the floor of every walk over its tree."""
    return len([LexborHTMLParser(page).root for page in pages])


def _segments(documents: list) -> list:
    return [s for d in documents for s in segment(d, min_chars=FILTERS.min_chars, max_chars=FILTERS.max_chars)]


def _sections(page: str) -> list[str]:
    sections, skipped = [[]], {"script", "style"}
    stack = [LexborHTMLParser(page).root.iter(include_text=True)]
    while stack:
        for node in stack[-1]:
            if node.tag == "-text":
                sections[-1].append(node.text_content or "")
            elif node.tag not in skipped:
                if node.tag in HEADERS:
                    sections.append([])
                stack.append(node.iter(include_text=True))
                break
        else:
            stack.pop()
    return [text for text in (" ".join("".join(parts).split()) for parts in sections) if text]


def best_seconds(contestant: Callable[[list[str], list], int], *inputs: list) -> tuple[float, int]:
    """The fastest of `ROUNDS` rounds in seconds, and what the contestant counted."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        count = contestant(*inputs)
        rounds.append(time.perf_counter() - start)
    return min(rounds), count


def main() -> None:
    """Read the pages, time all contestants, print one line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="+")
    documents = [document for document in read(parser.parse_args().pages) if document.media == "html"]
    pages = [document.body for document in documents]
    language("loads the model before the clock starts")
    print(f"{len(pages)} pages, {sum(map(len, pages)) / 1e6:.1f} million characters")
    for contestant in (segmenting, all_rules, bare_walk, parse_only, trafilatura, resiliparse):
        seconds, count = best_seconds(contestant, pages, documents)
        rates = f"{len(pages) / seconds:8.0f} pages/s {count / seconds:8.0f} results/s"
        print(f"{contestant.__name__:12} {seconds:8.3f} s {rates}")


if __name__ == "__main__":
    main()
