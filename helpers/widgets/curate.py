"""The curation table: search, filter, sort, read and label pairs, and see at once how the labels change the kept set."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.curation import Decision, called
from helpers.widgets import curate_controls, html, reading
from helpers.widgets.curate_controls import PAGE
from helpers.widgets.labels import JUDGED, KEYS, NOTE, READER, UNDO, Book, agreement, append, follow
from helpers.widgets.panel import Panel
from helpers.widgets.rows import Query, Rows
from helpers.widgets.scores import Scores, known, strata
from helpers.widgets.verdicts import KEPT, REASONS, Verdicts, by_reader, overruling, recorded

COLUMNS = {"arm", "source"}
"""Categories that the list shows if a column has several values."""


class CurationTable(Panel):
    """A panel to read pairs and to say which are good. Labels overrule the rule of the decision.

    Keys: j and k step; g, b, u and s label and go on to the next pair without a label; z takes the last label back; / goes to
    the search; ? lists the keys. In `decision`, a pair labelled bad leaves the kept set and one labelled good joins it. So do
    the pairs that the decision vetoes and adds, until they get another label. Skipped pairs come back when the others are done.
    Every label is on disk before the next pair appears.

    Args:
        pairs: frame with pair_id, instruction, output; header_path, url, tokens, finish, hygiene, source, arm and tag are
            shown and can be filtered by if they exist.
        ratings: long frame with pair_id, judge, score, and iteration, mass, raw where there are any; or None.
        decision: a `curation.Decision` or its record, which says which pairs are kept; None shows no kept set.
        labels: JSONL file to append to; None turns labels off.
        labeller: your name in that file.
        others: label files of other people, shown beside yours (never in blind mode) with kappa.
        truth: Series of bool by pair_id that says what is right; can be revealed once `goal` pairs are judged.
        save_rows: where the button writes the rows shown; None for no button. The ending says the format, see `export`.
        blind: start with a sample of `goal` pairs from five equally large bands of score, without scores and sources. Pairs
            of it that have been labelled openly are asked again.
        goal: number of labels after which the panel shows what they say about the rule.
        neighbours: near duplicates as a frame with pair_id, neighbour_id, similarity (0 to 1); or None.
        sides: names of two answers, ``output`` and ``other``, shown beside each other; None for one output.
        seed: seed of the blind sample; two people who should label the same pairs use the same one.
        told: phrases for the head.
    """

    def __init__(
        self,
        pairs: pd.DataFrame,
        ratings: pd.DataFrame | None = None,
        decision: Decision | dict | None = None,
        *,
        labels: Path | None = None,
        labeller: str = READER,
        others: Sequence[Path] = (),
        truth: pd.Series | None = None,
        save_rows: Path | None = None,
        blind: bool = False,
        goal: int = 30,
        neighbours: pd.DataFrame | None = None,
        sides: tuple[str, str] | None = None,
        seed: int = 0,
        told: Sequence[str] = (),
    ):
        self.pairs, self.scores, self.table = pairs, Scores(pairs, ratings), Rows(pairs)
        self._rule = Decision.of(decision) if isinstance(decision, dict) else decision
        self._verdicts = Verdicts(pairs, self.scores, self._deciding())
        self._score, self._judge = self._verdicts.scores, self._deciding()
        self._chosen = self._verdicts.chosen(self._rule.rule, self._rule.value) if self._rule else np.zeros(len(pairs), bool)
        self.labels, self.labeller, self.save_rows, self.goal = labels and Path(labels), labeller, save_rows, goal
        self._others = [Book(path, self.scores.row_of) for path in others]
        self._truth = None if truth is None else known(truth, self.scores)
        self._neighbours, self._sides, self._told, self._shown_truth = neighbours, sides, list(told), False
        drawn = strata(self._verdicts.usable, goal, seed=seed)
        self._sample = np.array([row for row, _ in drawn], dtype=int)
        self._book = Book(self.labels, self.scores.row_of) if self.labels else None
        self._writing, self._error, self.row, self.rows, self.start = False, "", -1, np.arange(len(pairs)), 0
        self._look()
        curate_controls.build(self, blind=blind and len(self._sample) > 0)
        if self.labels:
            follow(self.labels, self._on_file)

    def _deciding(self) -> tuple[str, ...] | None:
        return self._rule.judge if self._rule else tuple(self.scores.judges[:1]) or None

    # What it gives back

    @property
    def decision(self) -> Decision | None:
        """The decision after your labels; None if there is no decision."""
        self._refresh()
        if self._rule is None:
            return None
        return by_reader(self._rule, self._codes, self.scores.ids, said=self._said, named=self._rule)

    @property
    def selection(self) -> pd.DataFrame:
        """The pairs that pass the filters, in the order shown, with score, kept, reason, label and note."""
        self._refresh()
        return self._with_facts(self.rows)

    @property
    def kept(self) -> pd.DataFrame:
        """The pairs that are kept by the rule with the labels, best first. Columns as in `selection`."""
        self._refresh()
        rows = np.flatnonzero(self._codes < KEPT) if self._rule else np.arange(0)
        return self._with_facts(rows[np.argsort(-self._verdicts.scores[rows], kind="stable")])

    def export(self, path: Path) -> Path:
        """Write `selection` as .csv, .jsonl or .parquet.

        Raises:
            ValueError: another ending.
        """
        path, chosen = Path(path), self.selection
        writers = {
            ".csv": lambda: chosen.to_csv(path, index=False),
            ".jsonl": lambda: chosen.to_json(path, orient="records", lines=True, force_ascii=False),
            ".parquet": lambda: chosen.to_parquet(path, index=False),
        }
        if path.suffix not in writers:
            raise ValueError(f"cannot write rows as {path.name!r}: use one of the endings {', '.join(writers)}")
        path.parent.mkdir(parents=True, exist_ok=True)
        writers[path.suffix]()
        return path

    def _with_facts(self, rows: np.ndarray) -> pd.DataFrame:
        facts: dict[str, object] = {"score": self._score[rows]} if self._judge else {}
        if self._rule:
            facts |= {"kept": self._codes[rows] < KEPT, "reason": [REASONS[code] for code in self._codes[rows]]}
        if self._book:
            said = [self._mine.get(self.scores.ids[row], ("", "")) for row in rows]
            facts |= {"label": [label for label, _ in said], "note": [note for _, note in said]}
        return self.pairs.iloc[rows].assign(**facts)

    # What the reader does

    @property
    def shown(self) -> str:
        """pair_id of the pair being read; empty if no pair passes the filters."""
        return self.scores.ids[self.row] if self.row >= 0 else ""

    def give(self, label: str) -> None:
        """Label the pair being read "good", "bad", "unsure" or "skip". The label is on disk before the next pair appears."""
        if self.row >= 0 and self._book:
            self._refresh()
            self._write(self.shown, label, self._mine.get(self.shown, ("", ""))[1], blind=self._is_drawn())
            self._read(self._next())

    def note(self, words: str) -> None:
        """Put a note on the pair being read; its label stays. An empty note removes the note."""
        self._refresh()
        said = self._mine.get(self.shown) if self._book else None
        if self.row >= 0 and self._book and words != (said or ("", ""))[1]:
            label = said[0] if said else NOTE  # a label that is repeated stays as it was given, blind or not
            self._write(self.shown, label, words[:2_000], blind=self._is_drawn() and label == NOTE)
            self._read(self.row)

    def undo(self) -> None:
        """Take your last label or note back and show its pair again. This can be repeated back to the first one in the file.

        In blind mode it takes back only what was given blind.
        """
        self._refresh()
        if (last := self._last()) is not None:
            self._write(last, UNDO, "")
            self._read(self.scores.row_of[last])

    def step(self, steps: int) -> None:
        """Go to the next pair (1) or the previous one (-1). At the ends nothing happens."""
        place = np.flatnonzero(self.rows == self.row)
        to = min(max(int(place[0]) + steps, 0), len(self.rows) - 1) if len(place) else 0
        if len(self.rows):
            self._read(int(self.rows[to]))

    def _last(self) -> str | None:
        """The pair whose label or note `undo` takes back."""
        drawn = {self.scores.ids[row] for row in self._sample[self._drawn[self._sample]]} if self.blind.value else None
        return self._book.last(self.labeller, drawn) if self._book else None

    def _is_drawn(self) -> bool:
        """Whether the pair being read is shown blind because it was drawn."""
        return self.blind.value and self.row in self._sample

    def _write(self, pair_id: str, label: str, note: str, *, blind: bool = False) -> None:
        more = {"note": note} if note else {}
        self._writing = True
        try:
            append(self.labels, pair_id=pair_id, label=label, labeller=self.labeller, **more, blind=blind)
        finally:
            self._writing = False
        self._look()

    def _next(self) -> int:
        """The next row without a label, from here on and then from the top; if there is none, a skipped row, or else this row.

        Flagged pairs are passed over if there is a decision, because it drops them whatever their label is.
        """
        place = np.flatnonzero(self.rows == self.row)
        turn = np.roll(self.rows, -int(place[0]) - 1) if len(place) else self.rows
        turn = turn[~self._verdicts.flagged[turn]] if self._rule else turn
        labels = self._given(turn)
        for open_ in (np.isin(labels, ("", NOTE)), labels == "skip"):
            if open_.any():
                return int(turn[np.argmax(open_)])
        return self.row

    def _on_file(self) -> None:
        if not self._writing:
            self._look()
            self._draw()

    def _refresh(self) -> None:
        """Take over labels that another process has given."""
        if self._book and self._book.refresh():
            self._on_file()

    def _look(self) -> None:
        """Read the labels from the files as they are now."""
        self._mine, self._drawn = {}, np.zeros(len(self.pairs), dtype=bool)
        if self._book:
            self._book.refresh()
            self._mine = self._book.of(self.labeller)
            self._drawn = self.scores.among(self._book.drawn(self.labeller))
        for book in self._others:
            book.refresh()
        self._labels = np.full(len(self.pairs), "", dtype=object)
        rows = np.array([self.scores.row_of[pair_id] for pair_id in self._mine], dtype=int)
        said = [label for label, _ in self._mine.values()]
        self._labels[rows] = said
        given = self._book is not None and self._book.path.exists()
        self._said = dict(zip(self._mine, said, strict=True)) if given else recorded(self._rule)
        self._codes = self._verdicts.reasons(self._chosen, **overruling(self._rule, self._said, self.scores.row_of))

    # What is shown

    def _filter(self) -> None:
        """Find the rows again after a filter or the order has changed. A new label does not change the rows."""
        query: Query = curate_controls.query(self)
        facts = {"scores": self._score, "codes": self._codes, "labels": self._labels}
        try:
            self.rows, self._error = self.table.passing(query, **facts), ""
        except ValueError as error:
            self.rows, self._error = self.table.passing(replace(query, search=html.Search()), **facts), str(error)
        if self.blind.value:
            self.rows = self._sample
            self.row = int(self.rows[-1])
        self._read(self._next() if self.blind.value else int(self.rows[0]) if len(self.rows) else -1)

    def _read(self, row: int) -> None:
        self.row = row
        place = np.flatnonzero(self.rows == row)
        self.start = int(place[0]) // PAGE * PAGE if len(place) else min(self.start, len(self.rows))
        self._draw()

    def _draw(self) -> None:
        page, blind = self.rows[self.start : self.start + PAGE], self.blind.value
        self._head.value = self._heading(page)
        found = None if blind else self.query.search
        order = {"sort": None} if blind else {"sort": self.query.sort, "down": self.query.down}
        facts, where = self._facts(page), {"rows": page, "current": self.row}
        self._list.value = reading.listing(self.pairs.iloc[page], facts, **where, **order, found=found)
        self.back.disabled, self.forward.disabled = self.start == 0, self.start + PAGE >= len(self.rows)
        keys = {"k": "back", "j": "next"} | ({**KEYS, "z": UNDO} if self._book else {})
        said = (self._given([self.row])[0], self._mine.get(self.shown, ("", ""))[1]) if self.row >= 0 else None
        self._bar.value = reading.bar(keys, said, undo=self._last() is not None, noted=bool(self._book))
        self._pane.value = self._reading(found) if self.row >= 0 else "<p>No pair passes these filters.</p>"
        self._summary.value = self._told_by_labels()

    def _given(self, rows: Sequence[int]) -> np.ndarray:
        """The labels of these rows. In blind mode, a label that was not given blind does not count and is not shown."""
        return np.where(self._drawn[rows], self._labels[rows], "") if self.blind.value else self._labels[rows]

    def _judged(self) -> dict[int, str]:
        rows = self._sample if self.blind.value else np.flatnonzero(self._labels != "")
        return {int(row): label for row, label in zip(rows, self._given(rows), strict=True) if label in JUDGED}

    def _heading(self, page: np.ndarray) -> str:
        judged = list(self._judged().values())
        counts = ", ".join(f"{judged.count(name)} {name}" for name in JUDGED)
        out = reading.left_out(self._book.left_out, self.labels.name) if self._book else ""
        if self.blind.value:
            total = len(self._sample)
            bar = f'<div class="kit-bar"><i style="width:{len(judged) / max(total, 1):.1%}"></i></div>'
            return html.head(f"{len(judged):,}", [f"of {total:,} drawn blind are judged", counts, out]) + bar
        span = f"{self.start + 1:,} to {self.start + len(page):,} shown" if len(page) else "none shown"
        notes = [f"of {len(self.pairs):,} {'prompts' if self._sides else 'pairs'}", span, *self._told]
        notes += [f"score: {html.text(called(self._judge), 60)}"] if self._judge else []
        if self._rule:
            vetoed, added = (int((self._codes == REASONS.index(name)).sum()) for name in ("vetoed", "added"))
            notes.append(f"{(self._codes < KEPT).sum():,} kept ({vetoed:,} vetoed, {added:,} added by you)")
        notes += [f"{len(judged):,} judged: {counts}"] if self._book else []  # from the start, so that a label moves no line
        if self._others and self._book:
            notes += reading.agreement(agreement(self.labels, *(book.path for book in self._others)), self.labeller)
        return html.head(f"{len(self.rows):,}", [*notes, out, html.text(self._error, 300)])

    def _facts(self, page: np.ndarray) -> dict[str, list[str]]:
        """The columns to the left of the instruction. In blind mode they hold only the labels that you gave blind."""
        facts: dict[str, list[str]] = {}
        if not self.blind.value:
            facts |= {"score": [html.score(value) for value in self._score[page]]} if self._judge else {}
            facts |= {"kept": [reading.verdict(code) for code in self._codes[page]]} if self._rule else {}
            for name in sorted(COLUMNS & self.table.categories.keys()):
                facts[name] = [html.text(value, 40) for value in self.pairs[name].iloc[page]]
            if self._truth is not None and self._shown_truth:
                facts["truth"] = [{1.0: "right", 0.0: "wrong"}.get(value, "") for value in self._truth[page]]
        if self._book:
            notes = [self._mine.get(self.scores.ids[row], ("", ""))[1] for row in page]
            facts["label"] = [reading.label(said) for said in zip(self._given(page), notes, strict=True)]
        for book in self._others if not self.blind.value else ():
            for name in dict.fromkeys(who for _, who in book.given):
                facts[name] = [reading.label(book.given.get((self.scores.ids[row], name))) for row in page]
        return facts

    def _reading(self, found: html.Search | None) -> str:
        entry, blind = self.pairs.iloc[self.row].to_dict(), self.blind.value
        parts = [html.pair(entry, blind=blind, found=found, sides=self._sides)]
        if not blind and self._judge:
            parts += [f'<div class="kit-title">{"Grades" if self._sides else "Scores"}</div>']
            parts += [reading.ratings(self.scores, self.row)]
            if not np.isnan(self._score[self.row]) and not self._sides:
                parts.append(reading.place(self._score, self.row, called(self._judge)))
        if self._neighbours is not None and not blind:
            near = self._neighbours[self._neighbours["pair_id"] == self.shown].nlargest(5, "similarity")
            parts.append(
                reading.near(near, [self.scores.row_of.get(i, -1) for i in near["neighbour_id"]], self.pairs["instruction"])
            )
        return f'<div data-pair="{html.plain(self.shown, 200)}">{"".join(parts)}</div>'

    def _told_by_labels(self) -> str:
        judged = self._judged()
        done = self._book is not None and self._rule is not None and len(judged) >= min(self.goal, len(self.pairs))
        self.reveal.layout.display = None if done and self._truth is not None and not self._shown_truth else "none"
        right = self._truth if self._shown_truth else None
        return reading.summary(judged, self._codes, self._chosen, self._drawn, right) if done else ""
