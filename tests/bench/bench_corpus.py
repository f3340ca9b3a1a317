"""Web pages to segments against trafilatura, resiliparse and datatrove: `python tests/bench/bench_corpus.py [PAGE ...]`.

Same pages, already read and decoded, one process. Pages are files or folders of HTML or WARC; without any, the mini web's own.
"All rules and duplicates" is what notebook 01 does: segment, ask every rule, language included, look for near duplicates.
datatrove's steps are those of its FineWeb example that need no download: trafilatura, Gopher's repetition and quality rules,
C4's, MinHash in four stages; it names no language. The bare walk is the least a header segmenter can do: parse, gather the text
under each header, name its language.
"""

import argparse
import itertools
import tempfile
from collections.abc import Callable

import peers
from measure import Contestant, table
from py3langid.langid import MODEL_FILE, LanguageIdentifier
from selectolax.lexbor import LexborHTMLParser

from helpers.corpus import Filters, read, segment
from helpers.corpus.filters import language, rejected_by
from helpers.corpus.overlap import NearDuplicates
from helpers.miniweb.truth import MiniWeb

FILTERS = Filters()
IDENTIFIER = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
HEADERS = {"h1", "h2", "h3", "h4", "h5", "h6"}


def segmenting(pages: list[str], documents: list) -> int:
    """Segments of all pages."""
    return len(_segments(documents))


def all_rules(pages: list[str], documents: list) -> int:
    """Segments of all pages, each asked every rule about one segment, language included."""
    return len([rejected_by(one, FILTERS) for one in _segments(documents)])


def duplicates_too(pages: list[str], documents: list) -> int:
    """Segments of all pages through every rule about one segment, those that pass through the search for near duplicates."""
    near = NearDuplicates(FILTERS.near_duplicate, FILTERS.contained)
    segments = _segments(documents)
    for one in segments:
        if rejected_by(one, FILTERS) is None:
            near.find_or_add(one.segment_id, one.text)
    return len(segments)


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


def datatrove(pages: list[str], documents: list) -> int:
    """Pages that datatrove keeps, after all its steps on a local executor."""
    from datatrove.data import Document
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline import dedup, extractors, filters, readers, writers
    from datatrove.utils.logging import logger

    logger.remove()
    with tempfile.TemporaryDirectory() as folder:
        at = {name: f"{folder}/{name}" for name in ("kept", "signatures", "buckets", "removed", "final")}
        found = [Document(text=page, id=str(n)) for n, page in enumerate(pages)]
        rules = [
            filters.GopherRepetitionFilter(),
            filters.GopherQualityFilter(),
            filters.C4QualityFilter(filter_no_terminal_punct=False),
        ]
        settings = dedup.MinhashConfig()
        stages = [
            [found, extractors.Trafilatura(timeout=60), *rules, writers.JsonlWriter(at["kept"])],
            [readers.JsonlReader(at["kept"]), dedup.MinhashDedupSignature(at["signatures"], settings)],
            [dedup.MinhashDedupBuckets(at["signatures"], at["buckets"], config=settings)],
            [dedup.MinhashDedupCluster(at["buckets"], at["removed"], config=settings)],
            [readers.JsonlReader(at["kept"]), dedup.MinhashDedupFilter(at["removed"]), writers.JsonlWriter(at["final"])],
        ]
        for number, steps in enumerate(stages):
            tasks = settings.num_buckets if number == 2 else 1
            LocalPipelineExecutor(steps, tasks=tasks, workers=1, logging_dir=f"{folder}/logs-{number}").run()
        return sum(1 for _ in readers.JsonlReader(at["final"]).run())


def of(contestant: Callable[[list[str], list], int], pages: list[str], documents: list) -> Callable[[], tuple[float, str]]:
    """A contestant's turn: pages done, and what came of them."""

    def run() -> tuple[float, str]:
        return len(pages), f"{contestant(pages, documents):,} results"

    return run


def main() -> None:
    """Read the pages and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*")
    parser.add_argument("--most", type=int, default=300, help="pages read")
    args = parser.parse_args()
    if not args.pages:
        web = MiniWeb.of_draw(0)
        web.prepare()
        args.pages = [f"{web.folder}/crawl"]
    html = (document for document in read(args.pages) if document.media == "html")
    documents = list(itertools.islice(html, args.most))
    pages = [document.body for document in documents]
    language("loads the model before the clock starts")
    missing = peers.missing("trafilatura", "resiliparse", "datatrove")
    named = {
        "ours, all rules and duplicates": duplicates_too,
        "ours, all rules": all_rules,
        "ours, segments": segmenting,
        "bare walk": bare_walk,
        "parse only": parse_only,
        "trafilatura": trafilatura,
        "resiliparse": resiliparse,
        "datatrove": datatrove,
    }
    contestants = [Contestant(name, of(each, pages, documents)) for name, each in named.items() if name not in missing]
    print(f"{len(pages)} pages, {sum(map(len, pages)) / 1e6:.1f} million characters:\n")
    print(table("pages", contestants, list(missing.items())), flush=True)


if __name__ == "__main__":
    main()
