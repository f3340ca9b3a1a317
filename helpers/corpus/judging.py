"""Sources to judged segments, in one process or several, with an account of every page."""

import multiprocessing
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from tqdm import tqdm

from helpers.corpus.files import Source, size
from helpers.corpus.filters import Filters, rejected_by
from helpers.corpus.readers import Document, divided, read_source
from helpers.corpus.segments import Segment, segment

Judged = tuple[Segment, str | None]
"""A segment and the first rule about one segment that rejects it; None where all accept it."""


@dataclass
class Pages:
    """Where the pages of a corpus went: each has segments, has none, or was left out for a reason.

    Attributes:
        met: pages, records, rows and files that were met, all three kinds below.
        with_segments: those of which at least one segment was cut, kept or rejected.
        without_segments: those that were read and hold no text.
        damage: those left out, counted by reason.
    """

    met: int = 0
    with_segments: int = 0
    without_segments: int = 0
    damage: Counter = field(default_factory=Counter)

    def add(self, other: "Pages") -> None:
        """Take over the account of another part of the corpus."""
        self.met += other.met
        self.with_segments += other.with_segments
        self.without_segments += other.without_segments
        self.damage.update(other.damage)

    def check(self) -> None:
        """Raise AssertionError where a page is missing from the account."""
        assert self.met == self.with_segments + self.without_segments + self.damage.total(), f"pages do not add up: {self}"

    def __str__(self) -> str:
        return (
            f"pages: {self.met} in = {self.with_segments} with segments + {self.without_segments} without"
            f" + {self.damage.total()} left out"
        )


def judged(found: list[Source], filters: Filters, pages: Pages, text_column: str | None, workers: int) -> Iterator[Judged]:
    """The segments of all sources in order, each with its verdict; a progress bar counts bytes.

    Large archives are divided whatever the number of workers, so that the result does not depend on it.
    """
    parts = [part for source in found for part in divided(source)]
    with tqdm(total=sum(map(size, parts)), unit="B", unit_scale=True, desc="segments", file=sys.stdout) as bar:
        if workers <= 1:
            for part in parts:
                start = bar.n
                yield from _judge(part, filters, pages, text_column, lambda at, start=start: bar.update(start + at - bar.n))
                bar.update(start + size(part) - bar.n)
            return
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            todo = iter(parts)
            jobs = deque((part, pool.submit(_judge_part, part, filters, text_column)) for part in islice(todo, 2 * workers))
            while jobs:  # few parts wait at a time: their segments are held in memory
                part, job = jobs.popleft()
                segments, own = job.result()
                jobs.extend((more, pool.submit(_judge_part, more, filters, text_column)) for more in islice(todo, 1))
                pages.add(own)
                yield from segments
                bar.update(size(part))


def _judge_part(part: Source, filters: Filters, text_column: str | None) -> tuple[list[Judged], Pages]:
    pages = Pages()
    return list(_judge(part, filters, pages, text_column)), pages


def _judge(
    part: Source, filters: Filters, pages: Pages, text_column: str | None, position: Callable[[int], None] | None = None
) -> Iterator[Judged]:
    for page in read_source(part, text_column=text_column, position=position):
        pages.met += 1
        found = page if isinstance(page, str) else _segments(page, filters)
        if isinstance(found, str):
            pages.damage[found] += 1
        elif found:
            pages.with_segments += 1
            yield from found
        else:
            pages.without_segments += 1


def _segments(page: Document, filters: Filters) -> list[Judged] | str:
    """The judged segments of a page; where one of a million pages breaks the code, its name and how."""
    try:
        cut = segment(page, min_chars=filters.min_chars, max_chars=filters.max_chars)
        return [(found, rejected_by(found, filters)) for found in cut]
    except Exception as error:
        return f"page cannot be segmented ({type(error).__name__}: {page.url or page.file} at {page.offset})"
