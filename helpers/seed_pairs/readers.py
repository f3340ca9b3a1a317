"""Reads seed pairs from paths, and lists everything that was left out."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import pandas as pd

from helpers import hub
from helpers.config import Preset
from helpers.corpus.encoding import writable
from helpers.corpus.files import bare
from helpers.seed_pairs import formats, rows
from helpers.seed_pairs.formats import Format
from helpers.seed_pairs.rows import Row
from helpers.seed_pairs.turns import LeftOut, missing
from helpers.tables import content_id

PAIRS = ["pair_id", "instruction", "output", "source"]
LEFT_OUT = [*PAIRS, "reason", "part", "file", "row", "rows"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A seed pair, its origin, and notes on the parts of its row that are not in it."""

    pair_id: str
    instruction: str
    output: str
    source: str
    notes: list[str]
    row: Row


def read(
    paths: str | Path | Iterable[str | Path],
    *,
    n: int | None = None,
    draw: int = 0,
    languages: str | Iterable[str] | None = ("en",),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read seed pairs, in any of the formats of `formats`, from files, folders and `hf://datasets/OWNER/NAME[@REVISION][/PATH]`.

    The first turn of the user and the reply to it become the pair. A system message is put in front of the instruction. The
    text that an instruction is about (`input`, `context`) is joined to it. Rows with images or sound and replies that call a
    tool are left out. Later turns, other replies and the definitions of tools are not used.

    Args:
        paths: one or several; all their rows together are the input.
        n: number of pairs to draw from the whole input; None takes all. A larger draw contains the smaller one.
        draw: seeds the sample, which depends on the pairs and on this integer, and not on their order or files.
        languages: codes of the languages to take; None takes all. Rows that name no language are always taken.

    Returns:
        `seed_pairs` (pair_id, instruction, output, source), in the order of the input. `source` is the row's own source, or
        else the file's name without its extension, or the repository's name.

        `left_out`: the same columns (empty where nothing was read), reason, part, file, row and rows. `row` is the line of a
        text file, or the number in a list or Parquet file, from 1; 0 stands for the whole file. `rows` counts the rows that a
        line stands for: 1, or all of a file that were not drawn. Where `part` is false, a row gave no pair. Where it is true, a
        part of a kept row was joined (a system message) or not used (later turns, ...), with one line for each kind of part.

    Raises:
        FileNotFoundError: a path does not exist.
        OSError: the hub refuses or cannot be reached; the message says what to do (`hub.explained`).
        ValueError: the input holds no pair; the message names the first row left out and counts the reasons.
    """
    if n is not None and n < 1:
        raise ValueError(f"n is {n}: name at least one seed pair, or None for all")
    paths = [str(path) for path in ([paths] if isinstance(paths, (str, Path)) else paths)]
    taken = (languages,) if isinstance(languages, str) else tuple(languages or ())
    lost: list[dict] = []
    pairs = _pairs((row for path in paths for row in rows.read(path)), taken, lost)
    kept = list(pairs) if n is None else _drawn(pairs, n, draw, lost)
    if not kept:
        raise ValueError(_nothing(paths, lost))
    lost += [_line(pair.row, note, pair, part=True) for pair in kept for note in pair.notes]
    found = pd.DataFrame([[getattr(pair, name) for name in PAIRS] for pair in kept], columns=PAIRS)
    return found, pd.DataFrame(lost, columns=LEFT_OUT)


def of(preset: Preset) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The seed pairs of a preset, and what was left out: as many as it uses, in the languages that its filters keep.

    Raises:
        FileNotFoundError, OSError, ValueError: as ``read``.
    """
    told, taken = preset.seed_models, preset.corpus.filters.languages
    return read(told.seed_pairs, n=told.most_pairs, draw=preset.draw, languages=taken)


def _pairs(found: Iterator[Row], languages: tuple[str, ...], lost: list[dict]) -> Iterator[Pair]:
    """The pairs of the rows, each only once. All other rows are added to `lost`."""
    seen = set()
    for row, known in _whole(found, lost):
        try:
            instruction, output, notes = formats.pair(row.fields, known, languages)
        except LeftOut as reason:
            lost.append(_line(row, str(reason)))
            continue
        pair = Pair(content_id(instruction, output), instruction, output, _source(row), notes, replace(row, fields=None))
        if not instruction or not output:
            lost.append(_line(row, "empty", pair))
        elif pair.pair_id in seen:
            lost.append(_line(row, "repeated", pair))
        else:
            seen.add(pair.pair_id)
            yield pair


def _whole(found: Iterator[Row], lost: list[dict]) -> Iterator[tuple[Row, Format]]:
    """The rows that a format fits, in order. Formats with one message in each row follow at the end, as whole conversations."""
    gathered: dict[str, list[Row]] = {}
    for row in found:
        try:
            known = formats.find(row.fields) if row.fields is not None else None
        except LeftOut as reason:
            lost.append(_line(row, str(reason)))
            continue
        if known is None:
            lost.append(_line(row, row.reason))
        elif known.gather:
            held = {name: row.fields.get(name) for name in known.holds}
            gathered.setdefault(known.name, []).append(replace(row, fields=held))
        else:
            yield row, known
    for known in formats.FORMATS:
        for row in known.gather(gathered[known.name]) if known.name in gathered else ():
            yield row, known


def _drawn(pairs: Iterator[Pair], n: int, draw: int, lost: list[dict]) -> list[Pair]:
    """The n pairs with the lowest hash of pair and draw, in the order of the input. Never holds more than n pairs."""
    heap: list[tuple[int, int, Pair]] = []
    others: Counter[str] = Counter()  # by file: an input may have millions of rows, and a line for each would fill the memory
    for order, pair in enumerate(pairs):
        entry = (-int(content_id(str(draw), pair.pair_id), 16), order, pair)
        out = heapq.heappushpop(heap, entry) if len(heap) == n else heapq.heappush(heap, entry)
        if out:
            others[out[2].row.file] += 1
    lost += [_line(Row(file, 0, None), "not drawn", rows=count) for file, count in others.items()]
    return [pair for _, _, pair in sorted(heap, key=lambda entry: entry[1])]


def _source(row: Row) -> str:
    said = row.fields.get("source")
    if isinstance(said, str) and not missing(said.strip()):
        return writable(said).strip()
    if row.file.startswith(hub.PREFIX):
        return "/".join(row.file.removeprefix(hub.PREFIX).removeprefix("datasets/").split("/")[:2])
    name = writable(Path(row.file).name)
    return PurePosixPath(name[: len(bare(name))]).stem


def _line(row: Row, reason: str, pair: Pair | None = None, *, part: bool = False, rows: int = 1) -> dict:
    texts = {name: getattr(pair, name) if pair else "" for name in PAIRS}
    return texts | {"reason": writable(reason)[:200], "part": part, "file": writable(row.file), "row": row.number, "rows": rows}


def _nothing(paths: list[str], lost: list[dict]) -> str:
    """The message that says why the whole input holds no pair."""
    place = ", ".join(paths) or "an empty list of paths"
    if not lost:
        return f"there are no rows in {place}: name a file of seed pairs"
    counts = ", ".join(f"{reason} ({count})" for reason, count in Counter(line["reason"] for line in lost).most_common(5))
    first = f"{lost[0]['file']}, row {lost[0]['row']}: {lost[0]['reason']}"
    return (
        f"no seed pair in {place}: {len(lost)} rows left out, {counts}. The first is {first}. Known fields are one of "
        f"{', '.join(formats.INSTRUCTIONS)} with one of {', '.join(formats.OUTPUTS)}, or {', '.join(formats.CONVERSATIONS)}, "
        "and the others that the table in helpers/seed_pairs/formats.py shows."
    )
