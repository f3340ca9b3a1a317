"""A panel that shows a page as the crawler stored it. Its segments are marked as kept, or with the rule that dropped them."""

from collections.abc import Callable
from functools import partial

import ipywidgets as W
import pandas as pd

from helpers.figures import pages
from helpers.widgets import html
from helpers.widgets.panel import Panel, button, choice, row
from helpers.widgets.rows import ANY

STEPS = {"j": 1, "ArrowDown": 1, "k": -1, "ArrowUp": -1}
KEPT = "kept"
HELP = {"j k": "next page, page before (arrows too)", "/": "search; Enter searches, Esc leaves the field", "?": "this list"}


class PagePanel(Panel):
    """A panel to go through the pages of a corpus. Only the page on the screen is read.

    ``segments`` holds the rows of the page on the screen.

    Args:
        segments: all segments, kept and dropped, in the order of the corpus: text, url, file, offset, header_path, and
            ``rule``, the rule that dropped a segment (missing or empty for a kept one).
        source: (file, offset) -> the page's source. An OSError or ValueError is shown in its place.
    """

    def __init__(self, segments: pd.DataFrame, source: Callable[[str, int], str]):
        rule = segments["rule"] if "rule" in segments else pd.Series("", index=segments.index)
        self._all = segments.assign(rule=rule.fillna("")).reset_index(drop=True)
        self._source, self.place = source, 0
        self._all["page"] = self._all.groupby(["file", "offset"], sort=False).ngroup()
        self._found = self._all["page"].unique()
        self._build()
        self._draw()

    @property
    def segments(self) -> pd.DataFrame:
        """The segments of the page on the screen, as they were given; empty where no page fits."""
        here = self._all["page"].isin(self._found[self.place : self.place + 1])
        return self._all[here].drop(columns="page")

    def step(self, steps: int) -> None:
        """Go forward by a number of pages, or back by a negative one."""
        self.place = min(max(self.place + steps, 0), max(len(self._found) - 1, 0))
        self._draw()

    def _build(self) -> None:
        self._views = self._head, self._page = W.HTML(), W.HTML()
        self.search = W.Text(description="Search", continuous_update=False, placeholder="address, header or text, then Enter")
        self.search.layout.width = "420px"
        rules = self._all["rule"][self._all["rule"] != ""].value_counts().index
        self.rule = choice("Segments", [ANY, KEPT, *rules])
        for control in (self.search, self.rule):
            control.observe(self._on_filter, "value")
        asked = row(self.search, self.rule, margin="2px 0").add_class("kit-search")
        self.back, self.forward = button("page before (k)", self.step, -1), button("next page (j)", self.step, 1)
        parts = [self._head, asked, row(self.back, self.forward, margin="2px 0"), self._page, W.HTML(html.help_on(HELP))]
        keys = {key: partial(self.step, steps) for key, steps in STEPS.items()}
        self._assemble(*parts, label="pages and their segments", keys=keys, held=tuple(STEPS))

    def _on_filter(self, _change: dict) -> None:
        fit, words = self._all, self.search.value.strip()
        if self.rule.value != ANY:
            fit = fit[fit["rule"] == ("" if self.rule.value == KEPT else self.rule.value)]
        if words:
            told = (fit[name].str.contains(words, case=False, regex=False) for name in ("url", "header_path", "text"))
            fit = fit[pd.concat(list(told), axis=1).any(axis=1)]
        self._found, self.place = fit["page"].unique(), 0
        self._draw()

    def _draw(self) -> None:
        own, count = self.segments, len(self._found)
        self.back.disabled, self.forward.disabled = self.place == 0, self.place + 1 >= count
        if own.empty:
            self._head.value, self._page.value = html.head("0", ["pages fit: look for less"]), ""
            return
        first = own.iloc[0]
        where = html.link(first["url"]) or html.text(first["file"], 300)
        self._head.value = html.head(f"{self.place + 1:,}", [f"of {count:,} pages", where])
        try:
            shown = pages.page(self._source(first["file"], int(first["offset"])), own)
        except (OSError, ValueError) as error:
            shown = f'<div class="kit-told kit-no" role="status">{html.text(error, 600)}</div>'
        self._page.value = f'<div class="kit-output" tabindex="0" role="region" aria-label="source of the page">{shown}</div>'
