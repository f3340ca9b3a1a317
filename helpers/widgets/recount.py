"""A panel that moves the length and header thresholds of the corpus and shows what each rule would drop."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import ipywidgets as W
import pandas as pd

from helpers.widgets import html
from helpers.widgets.panel import Panel, button, row

NAMES = {
    "min_chars": "Shortest, characters",
    "max_chars": "Longest, characters",
    "max_header_capitals": "Capitals in a header, at most",
}
"""The thresholds that the panel moves, with their names on the screen."""


class RecountPanel(Panel):
    """A panel that moves thresholds and shows what each rule drops, without reading the pages again.

    Each threshold has a slider and a number field. `filters` and `counts` hold the thresholds and the funnel that they give.
    *Use these thresholds* passes the changed ones to `save`, which makes them settings of the run.

    Args:
        count: thresholds -> funnel with columns rule, rows_in, rows_out, dropped.
        filters: the thresholds in force: a dataclass with min_chars, max_chars (characters) and max_header_capitals
            (0 to 1).
        save: called with the thresholds that have changed, name -> value; writes them where the run reads its settings and
            returns the sentence to show. A ValueError is shown too. None for no button.
    """

    def __init__(
        self, count: Callable[[Any], pd.DataFrame], filters: Any, *, save: Callable[[dict[str, Any]], str] | None = None
    ):
        self.save = save
        self.count, self.filters, self._before = count, filters, filters
        self.counts = self._counts_before = count(filters)
        self._build()
        self._draw()

    def _build(self) -> None:
        self._views = self._head, self._table, self._said = W.HTML(), W.HTML(), W.HTML()
        self.use = button("use these thresholds", self._on_use)
        self.use.button_style = "primary"
        self.use.layout.display = None if self.save else "none"
        self.sliders, self.numbers = {}, {}
        for name, words in NAMES.items():
            now = getattr(self.filters, name)
            slider, number, most, step = (
                (W.IntSlider, W.BoundedIntText, self.filters.max_chars, 10)
                if isinstance(now, int)
                else (W.FloatSlider, W.BoundedFloatText, 1.0, 0.01)
            )
            places = {"min": 0, "max": most, "step": step, "value": now}
            self.sliders[name] = slider(**places, readout=False, layout=W.Layout(flex="1 1 260px")).add_class(f"kit-{name}")
            style = {"description_width": "190px"}
            self.numbers[name] = number(**places, description=words, style=style, layout=W.Layout(width="290px"))
            W.link((self.sliders[name], "value"), (self.numbers[name], "value"))
            self.numbers[name].observe(self._on_change, "value")
        rows = [row(self.numbers[name], self.sliders[name]) for name in NAMES]
        names = {f"kit-{name}": words for name, words in NAMES.items()}
        parts = [self._head, *rows, self._table, row(self.use, margin="6px 0"), self._said]
        self._assemble(*parts, label="try thresholds", names=names)

    def _on_change(self, _change: dict) -> None:
        values = {name: round(number.value, 4) for name, number in self.numbers.items()}
        try:
            tried = replace(self.filters, **values)
        except ValueError as error:
            self._head.value = f'<div class="kit-head" role="status"><small>{html.text(error)}</small></div>'
            return
        self.filters, self.counts = tried, self.count(tried)
        self._draw()

    def _draw(self) -> None:
        left, total = int(self.counts.rows_out.iloc[-1]), int(self.counts.rows_in.iloc[0])
        before = int(self._counts_before.rows_out.iloc[-1])
        words = f"of {total:,} parsed segments pass these rules ({left - before:+,} against the settings)".replace("-", "−")
        self._head.value = f'<div class="kit-head kit-num" role="status">{left:,} <small>{words}</small></div>'
        self._table.value, self._said.value = self._rows(), ""
        self.use.disabled = not self.changes

    @property
    def changes(self) -> dict[str, Any]:
        """The thresholds that differ from those in force, name -> value."""
        return {name: now for name in NAMES if (now := getattr(self.filters, name)) != getattr(self._before, name)}

    def _on_use(self) -> None:
        try:
            said, kind = self.save(self.changes), "kit-told"
        except ValueError as error:
            said, kind = str(error), "kit-told kit-no"
        self._said.value = f'<div class="{kind}" role="status">{html.text(said, 600)}</div>'

    def _rows(self) -> str:
        was = self._counts_before.set_index("rule").dropped
        rows = [
            (html.text(rule.replace("_", " ")), f"{was[rule]:,}", f"{dropped:,}", f"{left:,}")
            for rule, dropped, left in self.counts[["rule", "dropped", "rows_out"]].itertuples(index=False)
        ]
        return html.table(("rule", "dropped with the settings", "dropped here", "left"), rows, right=3)
