"""Labels that people give to pairs: a JSONL file that only grows, a panel that writes it, agreement of two people."""

import json
import os
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import ipywidgets as W
import pandas as pd

from helpers.stats.agreement import kappa
from helpers.widgets import html
from helpers.widgets.panel import Panel, button, row
from helpers.widgets.scores import Scores, strata

KEYS = {"g": "good", "b": "bad", "u": "unsure", "s": "skip"}
UNDO = "undo"


def append(path: Path, **row: object) -> None:
    """Add one row, with the present moment (UTC), to a JSONL file; on return it is on the disk, whatever happens after.

    A last line that a crash left torn is closed first, so that it costs only itself.
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


def read(path: Path) -> pd.DataFrame:
    """The labels that hold after every undo, in the order in which they were given.

    Args:
        path: JSONL file; a missing one holds no labels, lines that are no label are left out.

    Returns:
        Frame with pair_id, labeller, label ("good", "bad", "unsure", "skip"), one row per pair and labeller.
    """
    held: dict[tuple[str, str], str] = {}
    for given in rows(Path(path), {"pair_id", "labeller", "label"}):
        key = (given["pair_id"], given["labeller"])
        held.pop(key, None)
        if given["label"] != UNDO:
            held[key] = given["label"]
    found = [(pair_id, labeller, label) for (pair_id, labeller), label in held.items()]
    return pd.DataFrame(found, columns=["pair_id", "labeller", "label"], dtype=str)


def rows(path: Path, fields: set[str]) -> list[dict]:
    """The rows of a JSONL file that have these fields; torn lines and other rows are left out, a missing file has none."""
    found = []
    for line in path.read_bytes().splitlines() if path.exists() else []:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and fields <= row.keys():
            found.append(row)
    return found


def agreement(*paths: Path) -> pd.DataFrame:
    """How far people agree who labelled the same pairs; skipped pairs do not count.

    Args:
        paths: label files; one file may hold several labellers.

    Returns:
        One row for each two labellers: first, second, n (pairs both labelled), agree (share with the same label),
        kappa (Cohen 1960; NaN if n is 0 or both used one and the same label throughout), low, high (95 % interval of
        kappa, large-sample).
    """
    given = {}
    for path in map(Path, paths):
        for labeller, labels in read(path).query("label != 'skip'").groupby("labeller"):
            name = labeller if labeller not in given else f"{labeller} ({path.stem})"
            given[name] = labels.set_index("pair_id")["label"]
    found = [(a, b, *kappa(given[a], given[b])) for a, b in combinations(given, 2)]
    return pd.DataFrame(found, columns=["first", "second", "n", "agree", "kappa", "low", "high"])


class LabelPanel(Panel):
    """Label pairs blind: good, bad, unsure or skip, by button or by the keys g, b, u, s; z takes the last one back.

    The sample is drawn from five equally large bands of score in random order; scores, judges, flags and sources are
    not shown. Every label is on the disk before the next pair appears, and opening the panel again on the same file
    goes on where it ended.

    Args:
        pairs: frame with pair_id, instruction, output and what `html.pair` can show of the page.
        ratings: long frame with pair_id, judge, iteration, score.
        judge: whose scores (of the latest iteration) the bands are made of.
        path: JSONL file to append to.
        labeller: your name; it tells two people's labels in one file apart.
        n: pairs to label.
        seed: seed of the draw; two people who should label the same pairs use the same one.
    """

    def __init__(
        self,
        pairs: pd.DataFrame,
        ratings: pd.DataFrame,
        *,
        judge: str,
        path: Path,
        labeller: str = "me",
        n: int = 30,
        seed: int = 0,
    ):
        self.pairs, self.path, self.labeller = pairs, Path(path), labeller
        scores = Scores(pairs, ratings)
        self._ids = pairs["pair_id"].tolist()
        self.sample = strata(scores.of((judge, scores.last(judge))), n, seed=seed)
        ids = {self._ids[row] for row, _ in self.sample}
        before = self.labels
        self._given = dict(before.loc[before["pair_id"].isin(ids), ["pair_id", "label"]].itertuples(index=False))
        self._build()
        self._draw()

    @property
    def labels(self) -> pd.DataFrame:
        """Your labels as they stand in the file: pair_id, labeller, label."""
        everyone = read(self.path)
        return everyone[everyone["labeller"] == self.labeller].reset_index(drop=True)

    @property
    def current(self) -> tuple[int, int] | None:
        """Row and band of the pair to label now; None when the sample is done."""
        return next((drawn for drawn in self.sample if self._ids[drawn[0]] not in self._given), None)

    def give(self, label: str) -> None:
        """Label the pair that is shown, on disk before the next one appears."""
        if self.current is None:
            return
        row, band = self.current
        append(self.path, pair_id=self._ids[row], label=label, labeller=self.labeller, band=band)
        self._given[self._ids[row]] = label
        self._draw()

    def undo(self) -> None:
        """Take the last label back; its pair is the next to label, and the file keeps both rows."""
        if not self._given:
            return
        pair_id, _ = self._given.popitem()
        append(self.path, pair_id=pair_id, label=UNDO, labeller=self.labeller)
        self.sample.sort(key=lambda drawn: self._ids[drawn[0]] != pair_id and self._ids[drawn[0]] not in self._given)
        self._draw()

    def _build(self) -> None:
        self._views = self._progress, self._pair = W.HTML(), W.HTML()
        self.buttons = {label: button(f"{label} ({key})", self.give, label, min_width="96px") for key, label in KEYS.items()}
        self.buttons[UNDO] = button("undo (z)", self.undo, margin="2px 2px 2px 24px")
        buttons = row(*self.buttons.values(), margin="8px 0")
        self._assemble(self._progress, buttons, self._pair, label="label pairs", keys=[*KEYS, "z"], on_key=self._press)

    def _press(self, key: str) -> None:
        self.undo() if key == "z" else self.give(KEYS[key])

    def _draw(self) -> None:
        done, total = len(self._given), len(self.sample)
        counts = " · ".join(f"{list(self._given.values()).count(label)} {label}" for label in KEYS.values())
        self._progress.value = (
            f'<div role="status"><div class="kit-head kit-num">{done} '
            f"<small>of {total} labelled · {counts}</small></div>"
            f'<div class="kit-bar"><i style="width:{done / max(total, 1):.1%}"></i></div></div>'
        )
        here = self.current
        for label, control in self.buttons.items():
            control.disabled = not self._given if label == UNDO else here is None
        end = f"<p>Done: every pair of the sample is labelled in <code>{html.text(self.path.name)}</code>.</p>"
        self._pair.value = end if here is None else html.pair(self.pairs.iloc[here[0]].to_dict(), blind=True)
