"""A panel for reading pairs: search, filter, sort, page through, and get the rows back as a data frame."""

from pathlib import Path

import ipywidgets as W
import numpy as np
import pandas as pd

from helpers.widgets import html, labels
from helpers.widgets.columns import flag_masks, lengths, matches
from helpers.widgets.panel import Panel, button, row
from helpers.widgets.scores import Key, Scores

PAGE = 25
FILTERED = ("source", "tag", "finish")
SORTS = ["best first", "worst first", "longest first", "shortest first", "as given"]
KEYS = {"j": 1, "ArrowDown": 1, "k": -1, "ArrowUp": -1}


class PairBrowser(Panel):
    """Browse pairs: j and k (or the arrows) step through them, g, b, u label the pair being read, z undoes.

    Args:
        pairs: frame with pair_id, instruction, output; header_path, url, tokens, finish, hygiene, source and tag are
            shown and filtered by where they are there.
        ratings: long frame with pair_id, judge, iteration, score, mass, raw; or None.
        neighbours: near duplicates as a frame with pair_id, neighbour_id, similarity (0 to 1); or None.
        labels_path: JSONL file for labels given while reading (these are not blind); None turns the label keys off.
        labeller: your name in that file.
    """

    def __init__(
        self,
        pairs: pd.DataFrame,
        ratings: pd.DataFrame | None = None,
        neighbours: pd.DataFrame | None = None,
        *,
        labels_path: Path | None = None,
        labeller: str = "me",
    ):
        self.pairs, self.scores = pairs, Scores(pairs, ratings)
        self.neighbours, self.labels_path, self.labeller = neighbours, labels_path, labeller
        self._rng = np.random.default_rng(0)
        self._flags = flag_masks(pairs)
        self._given: dict[str, str] = {}
        if labels_path:
            mine = labels.read(labels_path).query("labeller == @labeller")
            self._given = dict(zip(mine["pair_id"], mine["label"], strict=True))
        self._build()
        self._choose()
        self.threshold.value = round(float(np.median(self._score[self._rated])), 2) if self._rated.any() else 0
        self._filter()

    @property
    def selection(self) -> pd.DataFrame:
        """The pairs that pass the filters, in the order shown."""
        return self.pairs.iloc[self.rows]

    @property
    def pair(self) -> pd.Series | None:
        """The pair being read; None if no pair passes the filters."""
        return None if self.row < 0 else self.pairs.iloc[self.row]

    # Controls

    def _build(self) -> None:
        self._views = self._status, self._page, self._reading = W.HTML(), W.HTML(), W.HTML()
        self._filters()
        self._buttons()
        keys = [*KEYS, *(key for key in (*labels.KEYS, "z") if self.labels_path and key != "s")]
        fields = [self.judge, self.iteration, self.low, self.high, self.sort, self.flag, *self.columns.values()]
        pages, steps = row(self.back, self.forward, margin="2px 0"), row(*self._steps, margin="2px 0")
        sides = [[self._page, pages], [steps, self._reading]]
        columns = [W.VBox(side, layout=W.Layout(flex="1 1 330px", min_width="0")) for side in sides]
        body = row(*columns, grid_gap="24px", margin="8px 0 0")
        grid = W.Box([*fields, self.threshold, self.random]).add_class("kit-fields")
        search = row(self.search, self.regex, self.case, margin="2px 0")
        events = {"keys": keys, "on_key": self._on_key, "on_row": self._on_row}
        self._assemble(self._status, search, grid, body, label="browse pairs", **events)

    def _filters(self) -> None:
        self.search = W.Text(description="Search", continuous_update=False, placeholder="words, then Enter")
        self.search.layout.width, self.search.style.description_width = "440px", "72px"
        self.regex, self.case = (
            W.Checkbox(description=name, indent=False, layout=W.Layout(width="auto", margin="2px 0 2px 12px"))
            for name in ("regular expression", "match case")
        )
        self.judge, self.iteration = _choice("Judge", self.scores.judges or ["(none)"]), _choice("Iteration", [0])
        self.low, self.high, self.threshold = (_number(name) for name in ("Score from", "Score to", "Threshold"))
        self.sort, self.flag = _choice("Sort", SORTS), _choice("Flag", ["all", "any", "none", *self._flags])
        counts = {name: self.pairs[name].value_counts() for name in FILTERED if name in self.pairs}
        self.columns = {name: _choice(name.capitalize(), ["all", *found.index[:50]]) for name, found in counts.items()}
        filters = [self.judge, self.iteration, self.search, self.regex, self.case, self.low, self.high, self.sort, self.flag]
        for control in [*filters, *self.columns.values()]:
            control.observe(self._on_filter, "value")

    def _buttons(self) -> None:
        self.random = button("random at the threshold", self._at_threshold)
        self.back, self.forward = button("previous page", self._turn, -1), button("next page", self._turn, 1)
        self._steps = [button("back (k)", self._step, -1), button("next (j)", self._step, 1)]
        for key, label in labels.KEYS.items() if self.labels_path else ():
            if label != "skip":
                self._steps.append(button(f"{label} ({key})", self._label, label))

    # What the reader does

    def _on_key(self, key: str) -> None:
        if key in KEYS:
            self._step(KEYS[key])
        else:
            self._label(labels.UNDO if key == "z" else labels.KEYS[key])

    def _on_row(self, row: int) -> None:
        if 0 <= row < len(self.pairs):
            self._read(row)

    def _on_filter(self, change: dict) -> None:
        if self._quiet:
            return
        if change["owner"] in (self.judge, self.iteration):
            self._choose()
        self._filter()

    def _choose(self) -> None:
        """Take over judge and iteration, and open the score range to all that this judge gave."""
        self._quiet = True
        steps = self.scores.iterations(self.judge.value)
        if steps and [step for _, step in self.iteration.options] != steps:
            self.iteration.options, self.iteration.value = [(str(step), step) for step in steps], steps[-1]
        self.key: Key | None = (self.judge.value, self.iteration.value) if steps else None
        self._score = self.scores.of(self.key) if steps else np.full(len(self.pairs), np.nan)
        self._rated = ~np.isnan(self._score)
        rated = self._score[self._rated]
        self._edges = html.edges(rated, bins=48)
        self._shares = html.shares(rated, self._edges)
        low, high = (rated.min(), rated.max()) if len(rated) else (0, 0)
        self.low.value, self.high.value = np.floor(low * 1e3) / 1e3, np.ceil(high * 1e3) / 1e3
        self._range = (self.low.value, self.high.value)
        self._quiet = False

    def _label(self, label: str) -> None:
        if self.row < 0:
            return
        pair_id = self.pair["pair_id"]
        if label == labels.UNDO and pair_id not in self._given:
            return
        labels.append(self.labels_path, pair_id=pair_id, label=label, labeller=self.labeller)
        if label == labels.UNDO:
            del self._given[pair_id]
        else:
            self._given[pair_id] = label
        self._draw()

    def _at_threshold(self, around: int = 50) -> None:
        rated = self.rows[self._rated[self.rows]]
        if len(rated):
            distance = np.abs(self._score[rated] - self.threshold.value)
            nearest = np.argsort(distance, kind="stable")[:around]
            self._read(int(rated[self._rng.choice(nearest)]))

    def _turn(self, pages: int) -> None:
        start = self.start + pages * PAGE
        if 0 <= start < len(self.rows):
            self._read(int(self.rows[start]))

    def _step(self, steps: int) -> None:
        place = np.flatnonzero(self.rows == self.row)
        to = min(max(int(place[0]) + steps, 0), len(self.rows) - 1) if len(place) else 0
        if len(self.rows):
            self._read(int(self.rows[to]))

    # What is shown

    def _filter(self) -> None:
        keep = np.ones(len(self.pairs), dtype=bool)
        low, high = self.low.value, self.high.value
        if (low, high) != self._range:
            keep &= (self._score >= low) & (self._score <= high)
        for name, control in self.columns.items():
            if control.value != "all":
                keep &= (self.pairs[name] == control.value).to_numpy(dtype=bool, na_value=False)
        if self.flag.value != "all" and self._flags:
            flagged = np.logical_or.reduce(list(self._flags.values()))
            keep &= {"any": flagged, "none": ~flagged}.get(self.flag.value, self._flags.get(self.flag.value))
        self._error = ""
        if self.search.value:
            try:
                keep &= matches(self.pairs, self.search.value, regex=self.regex.value, case=self.case.value)
            except ValueError as error:
                self._error = str(error)
        self.rows = self._sorted(np.flatnonzero(keep))
        self._read(int(self.rows[0]) if len(self.rows) else -1)

    def _sorted(self, rows: np.ndarray) -> np.ndarray:
        if self.sort.value == "as given":
            return rows
        key = self._score if self.sort.value in SORTS[:2] else lengths(self.pairs["output"])
        values = key[rows] if self.sort.value in ("worst first", "shortest first") else -key[rows]
        return rows[np.argsort(values, kind="stable")]

    def _read(self, row: int) -> None:
        self.row = row
        place = np.flatnonzero(self.rows == row)
        self.start = int(place[0]) // PAGE * PAGE if len(place) else 0
        self._draw()

    def _draw(self) -> None:
        shown = self.rows[self.start : self.start + PAGE]
        self._page.value = self._table(shown)
        self.back.disabled, self.forward.disabled = self.start == 0, self.start + PAGE >= len(self.rows)
        span = f"{self.start + 1:,} to {self.start + len(shown):,} shown" if len(shown) else "none shown"
        error = [html.text(self._error, 300)] if self._error else []
        told = " · ".join([f"of {len(self.pairs):,} pairs", span, *error])
        head = f"{len(self.rows):,} <small>{told}</small>"
        self._status.value = f'<div class="kit-head kit-num" role="status">{head}</div>'
        self._reading.value = self._pane() if self.row >= 0 else "<p>No pair passes these filters.</p>"

    def _table(self, rows: np.ndarray) -> str:
        return html.pairs_table(self.pairs.iloc[rows], scores=self._score[rows], rows=rows, current=self.row)

    def _pane(self) -> str:
        pair = self.pair.to_dict()
        label = self._given.get(pair["pair_id"])
        parts = [f'<div class="kit-soft">your label: <b>{html.text(label)}</b></div>' if label else "", html.pair(pair)]
        parts += ['<div class="kit-title">Scores</div>', html.ratings_table(self._said())]
        if self._rated[self.row]:
            parts.append(self._place(self._score[self.row]))
        return "".join(parts) + self._near(pair["pair_id"])

    def _place(self, score: float) -> str:
        judge, iteration = self.key
        words = f"{self._rated.sum():,} scores by {judge}, iteration {iteration}; from {html.score(score)} in colour"
        bars = {"candidates": self._shares}
        drawing = html.histogram(self._edges, bars, threshold=score, label=words, width=400, height=60)
        return f'<div class="kit-title">Among all pairs</div>{drawing}<div class="kit-soft">{html.text(words)}</div>'

    def _said(self) -> list[dict]:
        said = []
        for key, rows in self.scores.rows.items():
            if rows[self.row] >= 0:
                rating = self.scores.ratings.iloc[rows[self.row]].to_dict()
                others = self.scores.of(key)
                better = np.mean(others[~np.isnan(others)] < rating["score"])
                said.append(rating | {"better_than": None if pd.isna(rating["score"]) else better})
        return said

    def _near(self, pair_id: str) -> str:
        if self.neighbours is None:
            return ""
        found = self.neighbours[self.neighbours["pair_id"] == pair_id].nlargest(5, "similarity")
        rows = self.scores.ids.get_indexer(found["neighbour_id"])
        items = [
            f'<li><button class="kit-link" data-row="{row}">{html.line(self.pairs["instruction"].iloc[row])}</button>'
            f' <span class="kit-soft">{similarity:.0%} alike</span></li>'
            for row, similarity in zip(rows, found["similarity"], strict=True)
            if row >= 0
        ]
        return f'<div class="kit-title">Near duplicates</div><ul class="kit-near">{"".join(items) or "none"}</ul>'


def _choice(name: str, options: list) -> W.Dropdown:
    options = [(str(option)[:40], option) for option in options]
    return W.Dropdown(description=name, options=options, style={"description_width": "72px"})


def _number(name: str) -> W.BoundedFloatText:
    return W.BoundedFloatText(description=name, min=-1e12, max=1e12, step=0.05, style={"description_width": "72px"})
