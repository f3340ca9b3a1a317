"""Labels that people give to pairs. They are kept in a JSONL file that only grows; a later line overrules an earlier one."""

import json
import os
import weakref
from collections import Counter
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.stats.agreement import kappa

KEYS = {"g": "good", "b": "bad", "u": "unsure", "s": "skip"}
UNDO = "undo"
NOTE = "note"
"""The label of a pair that has a note and no judgement yet."""
LABELS = (*KEYS.values(), NOTE)
JUDGED = ("good", "bad", "unsure")
"""The labels that judge a pair."""
READER = "reader"
"""The labeller of a line that names none."""
COLUMNS = ["pair_id", "labeller", "label", "note", "blind"]

_followers: dict[Path, list[weakref.WeakMethod]] = {}


def append(path: Path, **row: object) -> None:
    """Add one row, with the time (UTC), to a JSONL file. When the function returns, the row is on the disk.

    If a crash left a half-written last line, it is ended first, so that only this line is lost. Panels of this kernel that
    follow the file are told.
    """
    path, at = Path(path), datetime.now(UTC).isoformat(timespec="seconds")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
        torn = file.tell() and file.read(1) != b"\n"
        file.write(b"\n" * bool(torn) + json.dumps(row | {"at": at}).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    for follower in _followers.get(path.resolve(), []):
        if call := follower():
            call()


def follow(path: Path, method: Callable[[], None]) -> None:
    """Call a bound method after each `append` to the file in this process, for as long as its object lives.

    Only the two latest objects of each class follow, because a notebook keeps the panels of cells that have been run again,
    and nobody sees these any more.
    """
    known = _followers.setdefault(Path(path).resolve(), [])
    alive = [follower for follower in known if follower()]
    kin = [follower for follower in alive if type(follower().__self__) is type(method.__self__)]
    known[:] = [follower for follower in alive if follower not in kin[:-1]] + [weakref.WeakMethod(method)]


def lines(path: Path) -> list[object]:
    """The JSON values on the lines of a file, None for a line that is torn; blank lines and a missing file give none."""
    return [_parsed(line) for line in path.read_bytes().split(b"\n") if line.strip()] if path.exists() else []


def _parsed(line: bytes) -> object:
    """The JSON value on a line; None for a line that is torn, or that holds half a character and cannot be written again."""
    try:
        value = json.loads(line)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value


class Book:
    """The valid labels of one file, with every undo applied.

    Attributes:
        given: (pair_id, labeller) -> (label, note), in the order in which they were given.
        blind: those of its keys whose pair was drawn blind. A note that repeats the label leaves it so.
        left_out: why -> lines that are no label of one of the pairs.
    """

    def __init__(self, path: Path, known: Collection[str] | None = None):
        self.path, self._known = Path(path), known
        self._read: tuple | None = None
        self.refresh()

    def refresh(self) -> bool:
        """Read the file again if it has changed, and return whether it had."""
        found = self.path.stat() if self.path.exists() else None
        state = (found.st_size, found.st_mtime_ns, found.st_ino) if found else ()
        if state == self._read:
            return False
        self._read, self.left_out = state, Counter()
        self._past: dict[tuple[str, str], list[tuple[str, str, bool]]] = {}
        self._order: list[tuple[str, str]] = []
        for row in lines(self.path):
            if why := _no_label(row, self._known):
                self.left_out[why] += 1
            else:
                self._replay(row)
        last = list(dict.fromkeys(reversed(self._order)))
        self.given = {key: self._past[key][-1][:2] for key in reversed(last)}
        self.blind = {key for key in last if self._past[key][-1][2]}
        return True

    def of(self, labeller: str) -> dict[str, tuple[str, str]]:
        """pair_id -> (label, note) of one person, the latest last."""
        return {pair: said for (pair, who), said in self.given.items() if who == labeller}

    def drawn(self, labeller: str) -> list[str]:
        """The pair_ids of one person's labels whose pairs were drawn blind."""
        return [pair for pair, who in self.blind if who == labeller]

    def last(self, labeller: str, among: Collection[str] | None = None) -> str | None:
        """The pair of this person's last label or note, of all pairs or of some; None if there is nothing to take back."""
        own = (pair for pair, who in reversed(self._order) if who == labeller)
        return next((pair for pair in own if among is None or pair in among), None)

    def _replay(self, row: dict) -> None:
        key = str(row["pair_id"]), row.get("labeller") or READER
        past = self._past.setdefault(key, [])
        if row["label"] != UNDO:
            blind = row.get("blind") is True or (bool(past) and past[-1][2] and past[-1][0] == row["label"])
            past.append((row["label"], row.get("note") or "", blind))
            self._order.append(key)
        elif past:
            past.pop()
            del self._order[len(self._order) - 1 - self._order[::-1].index(key)]


def _no_label(row: object, known: Collection[str] | None) -> str:
    """The reason why a line is not a label of one of the pairs; empty if it is one."""
    if not isinstance(row, dict):
        return "no JSON object"
    pair_id = row.get("pair_id")
    if not isinstance(pair_id, str | int) or isinstance(pair_id, bool) or pair_id == "":
        return "no pair_id"
    if row.get("label") not in (*LABELS, UNDO):
        return "unknown label"
    if not all(isinstance(row.get(name), str | None) for name in ("labeller", "note")):
        return "labeller or note is no text"
    return "unknown pair" if known is not None and str(pair_id) not in known else ""


def sample(good: np.ndarray, blind: np.ndarray) -> tuple[np.ndarray, str]:
    """The labels that precision and recall are counted by, and in words how their pairs were chosen.

    Pairs drawn blind come from all bands of score, so they stand for all pairs. Pairs that a reader picked from a sorted list
    do not: by the 25 best alone, the recall is always 100 %. So once there are blind labels, only they count.

    Args:
        good: for each pair 1 (good), 0 (bad), or NaN without such a label.
        blind: for each pair whether it was drawn blind.
    """
    drawn = blind & ~np.isnan(good)
    if drawn.any():
        return np.where(drawn, good, np.nan), "drawn blind"
    return good, "not drawn blind, so this need not hold for other pairs"


def read(path: Path, known: Collection[str] | None = None) -> pd.DataFrame:
    """The valid labels, with every undo applied, in the order in which they were given.

    Args:
        path: JSONL file, a line a label: pair_id (whole numbers are read as text), label ("good", "bad", "unsure", "skip";
            "note": only a note; "undo": the one before holds again), labeller ("reader" where none is named), note, and blind
            (true where the pair was drawn blind). A missing file holds no labels; of several labels of one person for one
            pair the last holds.
        known: the pair_ids there are; None accepts any.

    Returns:
        Frame with pair_id, labeller, label, note, blind, one row per pair and labeller; `attrs["left_out"]` counts by reason
        the lines that are no label of a known pair.
    """
    book = Book(path, known)
    rows = [(*key, *said, key in book.blind) for key, said in book.given.items()]
    frame = pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(COLUMNS[:-1], str) | {"blind": bool})
    frame.attrs["left_out"] = dict(book.left_out)
    return frame


def agreement(*paths: Path) -> pd.DataFrame:
    """Agreement of people who labelled the same pairs. Skipped pairs and pairs with only a note do not count.

    Args:
        paths: label files; one file may hold several labellers.

    Returns:
        One row for each two labellers: first, second, n (pairs both labelled), agree (share with the same label),
        kappa (Cohen 1960; NaN if n is 0 or both used one and the same label throughout), low, high (95 % interval of
        kappa, large-sample).
    """
    given = {}
    for path in map(Path, paths):
        for labeller, labels in read(path).query("label not in ['skip', 'note']").groupby("labeller"):
            name = labeller if labeller not in given else f"{labeller} ({path.stem})"
            given[name] = labels.set_index("pair_id")["label"]
    found = [(a, b, *kappa(given[a], given[b])) for a, b in combinations(given, 2)]
    return pd.DataFrame(found, columns=["first", "second", "n", "agree", "kappa", "low", "high"])
