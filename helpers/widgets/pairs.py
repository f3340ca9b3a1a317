"""A panel for reading pairs: search, filter, sort, page through, and get the rows back as a data frame."""

from pathlib import Path

import ipywidgets as W
import numpy as np
import pandas as pd
from IPython.display import HTML, display

from helpers.widgets import html, labels
from helpers.widgets.columns import flag_masks, lengths, matches
from helpers.widgets.events import Events
from helpers.widgets.scores import Key, Scores
from helpers.widgets.style import STYLE

PAGE = 25
FILTERED = ("source", "tag", "finish")
SORTS = ["best first", "worst first", "longest first", "shortest first", "as given"]
KEYS = {"j": 1, "ArrowDown": 1, "k": -1, "ArrowUp": -1}


class PairBrowser:
    """Browse pairs: j and k (or the arrows) step through them, g, b, u label the pair being read, z undoes.

    Args:
        pairs: frame with pair_id, instruction, output; header_path, url, tokens, finish, hygiene, source and tag are
            shown and filtered by where they are there.
        ratings: long frame with pair_id, judge, iteration, score, mass, raw; or None.
        neighbours: near duplicates as a frame with pair_id, neighbour_id, similarity (0 to 1); or None.
        threshold: the score near which "random at the threshold" draws; it can be changed in the panel.
        labels_path: JSONL file for labels given while reading (these are not blind); None turns the label keys off.
        labeller: your name in that file.
        seed: seed of the random draws.
    """

    def __init__(
        self,
        pairs: pd.DataFrame,
        ratings: pd.DataFrame | None = None,
        neighbours: pd.DataFrame | None = None,
        *,
        threshold: float | None = None,
        labels_path: Path | None = None,
        labeller: str = "me",
        seed: int = 0,
    ):
        self.pairs, self.scores = pairs, Scores(pairs, ratings)
        self.neighbours, self.labels_path, self.labeller = neighbours, labels_path, labeller
        self._rng = np.random.default_rng(seed)
        self._flags = flag_masks(pairs)
        self._given: dict[str, str] = {}
        if labels_path:
            mine = labels.read(labels_path).query("labeller == @labeller")
            self._given = dict(zip(mine["pair_id"], mine["label"], strict=True))
        self._quiet = True
        self._build()
        self._choose()
        self.threshold.value = (
            float(np.nanmedian(self._score)) if threshold is None and self._rated.any() else threshold or 0
        )
        self._quiet = False
        self._filter()

    @property
    def selection(self) -> pd.DataFrame:
        """The pairs that pass the filters, in the order shown."""
        return self.pairs.iloc[self.rows]

    @property
    def pair(self) -> pd.Series | None:
        """The pair being read; None if no pair passes the filters."""
        return None if self.row < 0 else self.pairs.iloc[self.row]

    def show(self) -> None:
        """Display the panel."""
        display(self.widget)

    _ipython_display_ = show

    def static(self, n: int = 5) -> HTML:
        """The first `n` pairs of the selection and the one being read, without controls."""
        return HTML(f'{STYLE}<div class="kit-static">{self._table(self.rows[:n])}{self._reading.value}</div>')

    # Controls

    def _build(self) -> None:
        self._status, self._page, self._reading = W.HTML(), W.HTML(), W.HTML()
        self._filters()
        self._buttons()
        keys = [*KEYS, *(key for key in (*labels.KEYS, "z") if self.labels_path and key != "s")]
        self.events = Events(label="browse pairs", keys=keys, on_key=self._on_key, on_row=self._on_row)
        wrap = W.Layout(flex_flow="row wrap", margin="2px 0")
        left = W.VBox([self._page, W.HBox([self.back, self.forward], layout=wrap)], layout=W.Layout(flex="1 1 360px"))
        steps = W.HBox([self.previous, self.next, *self.label_buttons.values()], layout=wrap)
        right = W.VBox([steps, self._reading], layout=W.Layout(flex="1.2 1 380px", min_width="0"))
        left.layout.min_width = "0"
        body = W.HBox([left, right], layout=W.Layout(flex_flow="row wrap", grid_gap="24px", align_items="flex-start"))
        rows = [
            W.HTML(STYLE),
            self._status,
            W.HBox([self.search, self.regex, self.case], layout=wrap),
            W.HBox([self.judge, self.iteration, self.low, self.high, self.sort], layout=wrap),
            W.HBox([*self.columns.values(), self.flag, self.threshold, self.random], layout=wrap),
            body,
            self.events,
        ]
        self.widget = W.VBox(rows).add_class("kit-panel")

    def _filters(self) -> None:
        self.search = W.Text(description="Search", continuous_update=False, placeholder="words, then Enter")
        self.search.layout.width = "440px"
        self.regex, self.case = (W.Checkbox(description=d, indent=False) for d in ("regular expression", "match case"))
        self.judge = _dropdown("Judge", self.scores.judges or ["(none)"])
        self.iteration = _dropdown("Iteration", [0], width="140px")
        self.low, self.high = (_number(d) for d in ("Score from", "Score to"))
        self.sort = _dropdown("Sort", SORTS)
        self.columns = {
            name: _dropdown(name.capitalize(), _choices(self.pairs[name])) for name in FILTERED if name in self.pairs
        }
        self.flag = _dropdown("Flag", ["all", "any", "none", *self._flags])
        self.threshold = _number("Threshold")
        for check in (self.regex, self.case):
            check.layout.width = "150px"
        for control in (self.judge, self.iteration):
            control.observe(self._on_judge, "value")
        for control in (
            self.search,
            self.regex,
            self.case,
            self.low,
            self.high,
            self.sort,
            self.flag,
            *self.columns.values(),
        ):
            control.observe(self._on_filter, "value")

    def _buttons(self) -> None:
        names = ("random at the threshold", "previous page", "next page", "previous (k)", "next (j)")
        self.random, self.back, self.forward, self.previous, self.next = (W.Button(description=name) for name in names)
        self.random.layout.width = "190px"
        self.random.on_click(lambda _: self._at_threshold())
        self.back.on_click(lambda _: self._turn(-1))
        self.forward.on_click(lambda _: self._turn(1))
        self.previous.on_click(lambda _: self._step(-1))
        self.next.on_click(lambda _: self._step(1))
        self.label_buttons = {}
        for key, label in labels.KEYS.items() if self.labels_path else ():
            if label != "skip":
                button = W.Button(description=f"{label} ({key})", layout=W.Layout(width="84px"))
                button.on_click(lambda _, label=label: self._label(label))
                self.label_buttons[label] = button

    # What the reader does

    def _on_key(self, key: str) -> None:
        if key in KEYS:
            self._step(KEYS[key])
        else:
            self._label(labels.UNDO if key == "z" else labels.KEYS[key])

    def _on_row(self, row: int) -> None:
        if 0 <= row < len(self.pairs):
            self._read(row)

    def _on_filter(self, _change: dict) -> None:
        if not self._quiet:
            self._filter()

    def _on_judge(self, change: dict) -> None:
        if self._quiet:
            return
        self._quiet = True
        self._choose()
        self._quiet = False
        self._filter()

    def _choose(self) -> None:
        """Take over judge and iteration, and open the score range to all that this judge gave."""
        steps = self.scores.iterations(self.judge.value)
        if steps and list(self.iteration.options) != steps:
            self.iteration.options, self.iteration.value = steps, steps[-1]
        self.key: Key | None = (self.judge.value, self.iteration.value) if steps else None
        self._score = self.scores.of(self.key) if steps else np.full(len(self.pairs), np.nan)
        self._rated = ~np.isnan(self._score)
        rated = self._score[self._rated]
        self._edges = html.edges(rated, bins=48)
        self._shares = html.shares(rated, self._edges)
        low, high = (rated.min(), rated.max()) if len(rated) else (0, 0)
        self.low.value, self.high.value = np.floor(low * 1e3) / 1e3, np.ceil(high * 1e3) / 1e3
        self._range = (self.low.value, self.high.value)

    def _label(self, label: str) -> None:
        if self.row < 0:
            return
        pair_id = self.pair["pair_id"]
        if label == labels.UNDO and pair_id not in self._given:
            return
        labels.append(self.labels_path, pair_id=pair_id, label=label, labeller=self.labeller, at=labels.now())
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
        self._status.value = (
            f'<div class="kit-head kit-num" role="status">{len(self.rows):,} <small>of {len(self.pairs):,} pairs · {span}'
            f"{' · ' + html.text(self._error, 300) if self._error else ''}</small></div>"
        )
        self._reading.value = self._pane() if self.row >= 0 else "<p>No pair passes these filters.</p>"

    def _table(self, rows: np.ndarray) -> str:
        return html.pairs_table(self.pairs.iloc[rows], scores=self._score[rows], rows=rows, current=self.row)

    def _pane(self) -> str:
        row = self.pair.to_dict()
        label = self._given.get(row["pair_id"])
        parts = [f'<div class="kit-soft">your label: <b>{html.text(label)}</b></div>' if label else "", html.pair(row)]
        parts += ['<div class="kit-title">Scores</div>', html.ratings_table(self._said())]
        score = self._score[self.row]
        if not np.isnan(score):
            words = f"{self._rated.sum():,} scores by {self.key[0]}, iteration {self.key[1]}; this pair {score:.3f} and above coloured"
            drawing = html.histogram(
                self._edges, {"candidates": self._shares}, threshold=score, label=words, width=420, height=60
            )
            parts.append(
                f'<div class="kit-title">Among all pairs</div>{drawing}<div class="kit-soft">{html.text(words)}</div>'
            )
        return "".join(parts) + self._near(row["pair_id"])

    def _said(self) -> list[dict]:
        said = []
        for key in self.scores.keys:
            at = self.scores.rating_rows(key)[self.row]
            if at >= 0:
                rating = self.scores.ratings.iloc[at].to_dict()
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
        return f'<div class="kit-title">Near duplicates</div><ul>{"".join(items) or "none"}</ul>'


def _choices(column: pd.Series, most: int = 50) -> list[str]:
    return ["all", *column.value_counts().index[:most].astype(str)]


def _dropdown(name: str, options: list, width: str = "210px") -> W.Dropdown:
    return W.Dropdown(
        description=name, options=options, layout=W.Layout(width=width), style={"description_width": "72px"}
    )


def _number(name: str) -> W.BoundedFloatText:
    field = {"layout": W.Layout(width="176px"), "style": {"description_width": "72px"}}
    return W.BoundedFloatText(description=name, min=-1e12, max=1e12, step=0.05, **field)
