"""Documents through segmenting and all filters, with counts: in memory, or streamed to files at any size."""

import json
import multiprocessing
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from helpers.corpus.filters import COMPARISONS, RULE_NAMES, RULES, Filters, refuse_unknown, rejected_by
from helpers.corpus.overlap import Contamination, NearDuplicates, fingerprint
from helpers.corpus.readers import Source, read_source, size, sources
from helpers.corpus.segments import Segment, segment

PATH_SEPARATOR = " > "
NO_TEXT = "(empty)"
"""A header without text, in a joined header path."""

BATCH_ROWS = 2000
SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("segment_id", "text", "url", "file")]
    + [("offset", pa.int64()), ("header_path", pa.string()), ("chars", pa.int64())]
)
"""Columns of `segments`; `rejected` adds `rule` and `detail`."""

LENGTH_AND_HEADER = ("empty_header", "navigation_header", "capitals_header", "too_short", "too_long")
"""Rules that `recount` can ask again from a table of segments."""


@dataclass(frozen=True)
class Funnel:
    """What became of a corpus.

    Attributes:
        segments: kept segments: segment_id, text, url, file, offset, header_path (joined by " > "), chars.
        rejected: the others, with the rule and, for a duplicate or a contaminated segment, what it matched (detail).
        counts: one row a rule, in order: rule, rows_in, rows_out, dropped.
        damage: what could not be read, counted by reason.
    """

    segments: pd.DataFrame
    rejected: pd.DataFrame
    counts: pd.DataFrame
    damage: dict[str, int]


def build(paths: Iterable[str | Path], filters: Filters, *, text_column: str | None = None, workers: int = 1) -> Funnel:
    """Read, segment and filter a corpus that fits in memory; `write` does the same for any size.

    Args:
        paths: files, folders and `hf://` paths (`read`).
        filters: thresholds; `min_chars` and `max_chars` also guide how trees are cut.
        text_column: of JSONL and Parquet; None finds the usual names.
        workers: processes, each on one file at a time. The result does not depend on it.
    """
    damage = Counter()
    judged = list(stream(paths, filters, damage, text_column=text_column, workers=workers))
    kept = pd.DataFrame([row(segment) for segment, rule, _ in judged if rule is None], columns=SCHEMA.names)
    aside = [row(segment) | {"rule": rule, "detail": detail} for segment, rule, detail in judged if rule]
    rejected = pd.DataFrame(aside, columns=[*SCHEMA.names, "rule", "detail"])
    return Funnel(kept, rejected, funnel(len(judged), Counter(rejected["rule"])), dict(damage))


def write(
    paths: Iterable[str | Path], filters: Filters, out: str | Path, *, text_column: str | None = None, workers: int = 1
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Stream a corpus into `out`: segments.parquet, rejected.jsonl and funnel.csv. Returns counts and damage.

    Memory holds one batch of rows and the signatures of the kept segments (about 3 KB each).
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    damage, dropped, total, batch = Counter(), Counter(), 0, []
    judged = stream(paths, filters, damage, text_column=text_column, workers=workers)
    with (
        pq.ParquetWriter(out / "segments.parquet", SCHEMA, compression="zstd") as kept,
        open(out / "rejected.jsonl", "w") as aside,
    ):
        for segment_, rule, detail in judged:
            total += 1
            if rule:
                dropped[rule] += 1
                aside.write(json.dumps(row(segment_) | {"rule": rule, "detail": detail}) + "\n")
                continue
            batch.append(row(segment_))
            if len(batch) == BATCH_ROWS:
                kept.write_table(pa.Table.from_pylist(batch, SCHEMA))
                batch.clear()
        kept.write_table(pa.Table.from_pylist(batch, SCHEMA))
    counts = funnel(total, dropped)
    counts.to_csv(out / "funnel.csv", index=False)
    return counts, dict(damage)


def stream(
    paths: Iterable[str | Path], filters: Filters, damage: Counter, *, text_column: str | None = None, workers: int = 1
) -> Iterator[tuple[Segment, str | None, str]]:
    """(segment, the rule that rejects it or None, what it matched) of every segment, in the order of the input."""
    refuse_unknown(filters)
    check = _comparisons(filters)
    for segment_, rule in _judged(sources(paths, damage), filters, damage, text_column, workers):
        yield (segment_, rule, "") if rule else (segment_, *check(segment_))


def row(segment: Segment) -> dict[str, str | int]:
    """A segment as a row of the table `segments`."""
    return {
        "segment_id": segment.segment_id,
        "text": segment.text,
        "url": segment.url,
        "file": segment.file,
        "offset": segment.offset,
        "header_path": PATH_SEPARATOR.join(header or NO_TEXT for header in segment.header_path),
        "chars": segment.chars,
    }


def funnel(total: int, dropped: Counter, rules: Iterable[str] = RULE_NAMES) -> pd.DataFrame:
    """Rows in and out of every rule, in order: rule, rows_in, rows_out, dropped."""
    rows = []
    for rule in rules:
        rows.append((rule, total, total - dropped[rule], dropped[rule]))
        total -= dropped[rule]
    return pd.DataFrame(rows, columns=["rule", "rows_in", "rows_out", "dropped"])


def recount(segments: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """The funnel of the length and header rules on parsed segments, without reading a page again.

    A larger `max_chars` than the one they were cut with finds no longer segments: for that, build again.

    Args:
        segments: `header_path` and `chars` of all segments, kept and rejected.
        filters: the thresholds to try.
    """
    headers = segments["header_path"].str.rsplit(PATH_SEPARATOR, n=1).str[-1]
    verdicts = {header: _header_rule(header, filters) for header in headers.unique()}
    rules = headers.map(verdicts)
    outside = {"too_short": segments["chars"] < filters.min_chars, "too_long": segments["chars"] > filters.max_chars}
    for rule, broken in outside.items():
        if rule not in filters.disabled:
            rules = rules.mask(broken & rules.isna(), rule)
    return funnel(len(segments), Counter(rules.dropna()), LENGTH_AND_HEADER)


def _header_rule(header: str, filters: Filters) -> str | None:
    probe = Segment("", "", "", 0, ("" if header == NO_TEXT else header,) if header else ())
    rules = [name for name in LENGTH_AND_HEADER[:3] if name not in filters.disabled]
    return next((name for name in rules if RULES[name](probe, filters)), None)


def _comparisons(filters: Filters) -> Callable[[Segment], tuple[str | None, str]]:
    """The check against other segments and prompts: the rule that rejects a segment (or None) and what it matched."""
    on = [rule for rule in COMPARISONS if rule not in filters.disabled]
    seen: dict[int, str] = {}
    near = NearDuplicates(filters.near_duplicate)
    prompts = Contamination(filters.prompts, filters.contamination_words)

    def check(segment: Segment) -> tuple[str | None, str]:
        if "contamination" in on and (prompt := prompts.find(segment.text)):
            return "contamination", prompt
        own, key = segment.segment_id, fingerprint(segment.text)
        if "exact_duplicate" in on and key in seen:
            return "exact_duplicate", seen[key]
        seen[key] = own
        if "near_duplicate" in on and (match := near.find_or_add(own, segment.text)):
            return "near_duplicate", f"{match[0]} ({match[1]:.2f})"
        return None, ""

    return check


def _judged(
    found: list[Source], filters: Filters, damage: Counter, text_column: str | None, workers: int
) -> Iterator[tuple[Segment, str | None]]:
    """(segment, first of `RULES` that rejects it) of all files in order, with a progress bar over bytes."""
    with tqdm(total=sum(map(size, found)), unit="B", unit_scale=True, desc="segments", file=sys.stdout) as bar:
        if workers <= 1:
            for source in found:
                start = bar.n
                yield from _judge(source, filters, damage, text_column, lambda at, start=start: bar.update(start + at - bar.n))
                bar.update(start + size(source) - bar.n)
            return
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            jobs = deque(pool.submit(_judge_file, source, filters, text_column) for source in found)
            for source in found:
                judged, damaged = jobs.popleft().result()
                damage.update(damaged)
                yield from judged
                bar.update(size(source))


def _judge_file(source: Source, filters: Filters, text_column: str | None) -> tuple[list, Counter]:
    damage = Counter()
    return list(_judge(source, filters, damage, text_column)), damage


def _judge(
    source: Source, filters: Filters, damage: Counter, text_column: str | None, position: Callable[[int], None] | None = None
) -> Iterator[tuple[Segment, str | None]]:
    for document in read_source(source, text_column=text_column, damage=damage, position=position):
        for found in segment(document, min_chars=filters.min_chars, max_chars=filters.max_chars):
            yield found, rejected_by(found, filters)
