"""The controls of the curation table: fields, buttons and keys, and the query that they make."""

from functools import partial
from typing import TYPE_CHECKING

import ipywidgets as W
import numpy as np

from helpers.curation import called
from helpers.widgets import html
from helpers.widgets.labels import KEYS, LABELS
from helpers.widgets.panel import button, choice, row
from helpers.widgets.rows import ANY, UNLABELLED, Query
from helpers.widgets.verdicts import REASONS

if TYPE_CHECKING:
    from helpers.widgets.curate import CurationTable

PAGE = 25
STEPS = {"j": 1, "ArrowDown": 1, "k": -1, "ArrowUp": -1}
FIRST_UP = {"instruction", "source", "arm", "tag", "finish"}
"""Headings whose first click sorts from a to z. Under other headings the largest value comes first."""
HELP = {
    "j k": "next pair, pair before (arrows too)",
    "/": "search; Enter searches, Esc leaves the field",
    "?": "this list",
}
LABELLING = {"g b u s": "good, bad, unsure, skip", "z": "take the last label or note back"}


def build(table: "CurationTable", *, blind: bool) -> None:
    """Make every control of the table, and hand the parts to the panel."""
    table.query = Query()
    table._head, table._list, table._bar, table._pane, table._summary = (W.HTML() for _ in range(5))
    table._views = table._head, table._list, table._pane, table._summary
    fields = _fields(table, blind)
    pages = row(table.back, table.forward, margin="2px 0")
    sides = W.VBox([table._list, pages]).add_class("kit-listed"), W.VBox([table._bar, table._pane]).add_class("kit-read")
    body = W.Box(sides).add_class("kit-body")
    if table._sides:
        body.add_class("kit-sided")
    asked = row(table.search, table.regex, table.case, table.clear, margin="2px 0").add_class("kit-search")
    help_ = W.HTML(html.help_on(HELP | (LABELLING if table.labels else {})))
    more = row(table.blind, table.save, table.reveal, help_, margin="2px 0")
    table._open = W.VBox([asked, fields])
    parts = [table._head, table._open, more, table._result, body, table._summary]
    keys = {key: partial(table.step, steps) for key, steps in STEPS.items()}
    labelling = {key: partial(table.give, label) for key, label in KEYS.items()} | {"z": table.undo} if table.labels else {}
    table._assemble(
        *parts,
        label="curate pairs",
        keys=keys | labelling,
        held=tuple(STEPS),
        bound=tuple(labelling),
        shown=lambda: table.shown,
        on_row=partial(_on_row, table),
        on_sort=partial(_on_sort, table),
        on_note=table.note,
    )
    _blind(table)


def _fields(table: "CurationTable", blind: bool) -> W.Box:
    """Search, filters and buttons."""
    table.search = W.Text(description="Search", continuous_update=False, placeholder="words, then Enter")
    table.search.layout.width, table.search.style.description_width = "420px", "72px"
    table.regex, table.case = (
        W.Checkbox(description=name, indent=False, layout=W.Layout(width="auto", margin="2px 0 2px 12px"))
        for name in ("regular expression", "match case")
    )
    table.clear = button("clear", _clear, table)
    deciding = [table._judge] if table._judge else []
    names = {called(judge): judge for judge in (*deciding, *((name,) for name in table.scores.judges))}
    table._judges = names
    table.judge = choice("Judge", list(names) or ["(none)"]).add_class("kit-double")
    table.low, table.high = (
        W.FloatText(description=name, step=0.05, style={"description_width": "72px"}) for name in ("Score from", "Score to")
    )
    table.fate = choice("Kept", [ANY, "kept", "dropped", *REASONS[1:]])
    table.label = choice("Label", [ANY, UNLABELLED, *LABELS])
    table.flag = choice("Flag", [ANY, "any", "none", *table.table.flags])
    table.columns = {name: choice(name.capitalize(), [ANY, *values]) for name, values in table.table.categories.items()}
    table.blind = W.Checkbox(value=blind, indent=False, layout=W.Layout(width="auto", margin="2px 18px 2px 2px"))
    table.blind.description = f"blind: {len(table._sample)} pairs from all bands of score, nothing said about them"
    table.blind.layout.display = None if table.labels and len(table._sample) else "none"
    table.save = button("export these rows", _export, table)
    table.save.layout.display = None if table.save_rows else "none"
    table.reveal = button("reveal the truth", _reveal, table, display="none")
    table.back, table.forward = button("previous page", _turn, table, -1), button("next page", _turn, table, 1)
    table._result, table._quiet = W.HTML(), False
    _span(table)
    shown = _wanted(table)
    for control in (table.search, table.regex, table.case, table.judge, table.low, table.high, *shown):
        control.observe(partial(_on_filter, table), "value")
    table.blind.observe(lambda _: _blind(table), "value")
    rated = [table.judge, table.low, table.high] if table._judge else []
    return W.Box([*rated, *shown]).add_class("kit-fields")


def _wanted(table: "CurationTable") -> list[W.Dropdown]:
    """The dropdowns that can filter something in this table."""
    asked = {table.fate: table._rule, table.label: table.labels, table.flag: table.table.flags}
    return [control for control, there in asked.items() if there] + list(table.columns.values())


def query(table: "CurationTable") -> Query:
    """The query that the controls and headings ask for."""
    low, high = table._range
    table.query = Query(
        search=html.Search(table.search.value, table.regex.value, table.case.value),
        low=table.low.value if table.low.value > low else None,
        high=table.high.value if table.high.value < high else None,
        kept=table.fate.value,
        label=table.label.value,
        flag=table.flag.value,
        columns={name: control.value for name, control in table.columns.items()},
        sort=table.query.sort if table._judge or table.query.sort != "score" else "",
        down=table.query.down,
    )
    return table.query


def _span(table: "CurationTable") -> None:
    """Set the score range to all scores of this judge."""
    rated = table._score[~np.isnan(table._score)]
    low, high = (rated.min(), rated.max()) if len(rated) else (0, 0)
    table.low.value, table.high.value = np.floor(low * 1e3) / 1e3, np.ceil(high * 1e3) / 1e3
    table._range = table.low.value, table.high.value


def _on_filter(table: "CurationTable", change: dict) -> None:
    if table._quiet:
        return
    if change["owner"] is table.judge:
        table._quiet, table._judge = True, table._judges[table.judge.value]
        deciding = table._judge == table._deciding()
        table._score = table._verdicts.scores if deciding else table.scores.combined(table._judge)
        _span(table)
        table._quiet = False
    table._filter()


def _clear(table: "CurationTable") -> None:
    table._quiet = True
    table.search.value, table.regex.value, table.case.value = "", False, False
    for control in _wanted(table):
        control.value = ANY
    _span(table)
    table._quiet = False
    table._filter()


def _blind(table: "CurationTable") -> None:
    table._open.layout.display = "none" if table.blind.value else None
    table.save.layout.display = None if table.save_rows and not table.blind.value else "none"
    table._filter()


def _export(table: "CurationTable") -> None:
    path = table.export(table.save_rows)
    name = f"<code>{html.text(path)}</code>"
    table._result.value = f'<div role="status">{len(table.rows):,} rows are written to {name}.</div>'


def _reveal(table: "CurationTable") -> None:
    table._shown_truth = True
    table._draw()


def _turn(table: "CurationTable", pages: int) -> None:
    start = table.start + pages * PAGE
    if 0 <= start < len(table.rows):
        table._read(int(table.rows[start]))


def _on_row(table: "CurationTable", number: int) -> None:
    if 0 <= number < len(table.pairs) and (not table.blind.value or number in table._sample):
        table._read(number)


def _on_sort(table: "CurationTable", name: str) -> None:
    known = {"score", "kept", "label", "instruction", "chars", *table.columns}
    if name in known and not table.blind.value:
        down = not table.query.down if table.query.sort == name else name not in FIRST_UP
        table.query = Query(sort=name, down=down)
        table._filter()
