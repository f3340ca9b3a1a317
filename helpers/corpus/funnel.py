"""Documents through segmenting and all filters, with counts: in memory, or streamed to files at any size."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from helpers.corpus.filters import COMPARISONS, RULE_NAMES, RULES, Filters, refuse_unknown
from helpers.corpus.judging import Judged, Pages, judged
from helpers.corpus.overlap import Contamination, NearDuplicates, fingerprint
from helpers.corpus.readers import sources
from helpers.corpus.segments import Segment

PATH_SEPARATOR = " > "
NO_TEXT = "(empty)"
"""A header without text, in a joined header path."""

BATCH_ROWS = 2000
RESULT = ("segments.parquet", "rejected.jsonl", "pages.json", "funnel.csv")
"""What `write` leaves, in the order in which it appears: where the last is there, all belong together."""

SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("segment_id", "text", "url", "file")]
    + [("offset", pa.int64()), ("header_path", pa.string()), ("chars", pa.int64()), ("piece", pa.int64())]
)
"""Columns of `segments`; `rejected` adds `rule` and `detail`."""

LENGTH_AND_HEADER = ("empty_header", "navigation_header", "capitals_header", "too_short", "too_long")
"""Rules that `recount` can ask again from a table of segments."""


@dataclass(frozen=True)
class Funnel:
    """What became of a corpus.

    Attributes:
        segments: kept segments: segment_id, text, url, file, offset, header_path (joined by " > "), chars, piece (0, or
            how many pieces of the same cut text come before it).
        rejected: the others, with the rule and, for a duplicate or a contaminated segment, what it matched (detail).
        counts: one row a rule, in order: rule, rows_in, rows_out, dropped.
        damage: what could not be read, counted by reason.
        pages: met = with_segments + without_segments + those in `damage`.
    """

    segments: pd.DataFrame
    rejected: pd.DataFrame
    counts: pd.DataFrame
    damage: dict[str, int]
    pages: Pages


def build(
    paths: Iterable[str | Path],
    filters: Filters,
    *,
    text_column: str | None = None,
    workers: int = 1,
    most: int | None = None,
) -> Funnel:
    """Read, segment and filter a corpus that fits in memory; `write` does the same for any size.

    Args:
        paths: files, folders and `hf://` paths (`read`).
        filters: thresholds; `min_chars` and `max_chars` also guide how trees are cut.
        text_column: of JSONL and Parquet; None finds the usual names.
        workers: processes, each on one file at a time. The result does not depend on it.
        most: reading ends when so many segments are kept; None reads all. The result is of what was read, and the account of
            ``pages`` ends within the last page.
    """
    pages = Pages()
    found = list(_up_to(most, stream(paths, filters, pages, text_column=text_column, workers=workers)))
    kept = pd.DataFrame([row(segment) for segment, rule, _ in found if rule is None], columns=SCHEMA.names)
    aside = [row(segment) | {"rule": rule, "detail": detail} for segment, rule, detail in found if rule]
    rejected = pd.DataFrame(aside, columns=[*SCHEMA.names, "rule", "detail"])
    return Funnel(kept, rejected, funnel(len(found), Counter(rejected["rule"])), dict(pages.damage), pages)


def _up_to(most: int | None, found: Iterable[tuple[Segment, str | None, str]]) -> Iterator[tuple[Segment, str | None, str]]:
    kept = 0
    for each in found:
        yield each
        kept += each[1] is None
        if kept == most:
            return


def write(
    paths: Iterable[str | Path], filters: Filters, out: str | Path, *, text_column: str | None = None, workers: int = 1
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Stream a corpus into `out`: segments.parquet, rejected.jsonl, funnel.csv and pages.json. Returns counts and damage.

    The files appear when all is read; until then they are called `partial.*`, and an earlier result stays as it is.
    Memory holds the segments of a few pages and the sketches of the kept ones (about 3 KB each).
    """
    out, pages = Path(out), Pages()
    found = stream(paths, filters, pages, text_column=text_column, workers=workers)
    out.mkdir(parents=True, exist_ok=True)
    counts = _write_rows(found, out)
    counts.to_csv(out / "partial.funnel.csv", index=False)
    (out / "partial.pages.json").write_text(json.dumps(vars(pages), indent=1))
    (out / RESULT[-1]).unlink(missing_ok=True)
    for name in RESULT:
        (out / f"partial.{name}").replace(out / name)
    return counts, dict(pages.damage)


def _write_rows(found: Iterator[tuple[Segment, str | None, str]], out: Path) -> pd.DataFrame:
    """Write kept and rejected segments as they come; their counts."""
    dropped, total, batch = Counter(), 0, []
    with (
        pq.ParquetWriter(out / "partial.segments.parquet", SCHEMA, compression="zstd") as kept,
        open(out / "partial.rejected.jsonl", "w", encoding="utf-8") as aside,
    ):
        for segment, rule, detail in found:
            total += 1
            if rule:
                dropped[rule] += 1
                aside.write(json.dumps(row(segment) | {"rule": rule, "detail": detail}) + "\n")
                continue
            batch.append(row(segment))
            if len(batch) == BATCH_ROWS:
                kept.write_table(pa.Table.from_pylist(batch, SCHEMA))
                batch.clear()
        kept.write_table(pa.Table.from_pylist(batch, SCHEMA))
    return funnel(total, dropped)


def stream(
    paths: Iterable[str | Path], filters: Filters, pages: Pages, *, text_column: str | None = None, workers: int = 1
) -> Iterator[tuple[Segment, str | None, str]]:
    """(segment, the rule that rejects it or None, what it matched) of every segment, in the order of the input.

    Filters and paths are checked before the first is asked for; when the last is given, `pages` adds up.
    """
    refuse_unknown(filters)
    readable = sources(paths, pages.damage, text_column=text_column)
    pages.met += pages.damage.total()
    return _compared(judged(readable, filters, pages, text_column, workers), filters, pages)


def _compared(found: Iterable[Judged], filters: Filters, pages: Pages) -> Iterator[tuple[Segment, str | None, str]]:
    check = _comparisons(filters)
    for segment, rule in found:
        yield (segment, rule, "") if rule else (segment, *check(segment))
    pages.check()


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
        "piece": segment.piece,
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
    shortest = (headers.where(headers != NO_TEXT, "").str.len() + 1).clip(lower=filters.min_chars)
    outside = {"too_short": segments["chars"] < shortest, "too_long": segments["chars"] > filters.max_chars}
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
    never = 2.0
    near = NearDuplicates(
        filters.near_duplicate if "near_duplicate" in on else never, filters.contained if "contained" in on else never
    )
    prompts = Contamination(filters.prompts, filters.contamination_words, filters.contamination_share)

    def check(segment: Segment) -> tuple[str | None, str]:
        if "contamination" in on and (prompt := prompts.find(segment.text)):
            return "contamination", prompt
        own, key = segment.segment_id, fingerprint(segment.text)
        if "exact_duplicate" in on and key in seen:
            return "exact_duplicate", seen[key]
        seen[key] = own
        if {"near_duplicate", "contained"} & set(on) and (match := near.find_or_add(own, segment.text)):
            return match.rule, f"{match.name} ({match.share:.2f})"
        return None, ""

    return check
