"""A panel that shows the progress of a run: its stages, which are out of date and why, time, memory, and the time left."""

from collections.abc import Callable

import ipywidgets as W
import pandas as pd

from helpers.widgets import html
from helpers.widgets.panel import Panel, button, row

WORKING, RESTING = 2.0, 15.0
"""Seconds between two looks while a browser shows the panel: at a run that is going on, and at any other run."""

MARKS = {
    "done": "✓ done",
    "running": "▶ running",
    "partial": "… begun, not finished",
    "missing": "– not begun",
    "stale": "↻ out of date",
}


class RunPanel(Panel):
    """A panel of the stages of a run. It follows a run that goes on in any process. The key r looks again at once.

    Args:
        name: of the run.
        look: gives one row a stage, in order, or none where there is no such run: stage, state (``done``, ``running``,
            ``partial``, ``missing``, or ``stale: WHY``), rows (text), seconds and memory_mb (NaN where unknown), share (0 to 1
            of the stage at work, else NaN), seconds_left (of it, else NaN), and usual (seconds that the stage took before, in
            any run of the same preset; NaN where it never ran).
        command: what begins or goes on with the run in a terminal.
    """

    def __init__(self, name: str, look: Callable[[], pd.DataFrame], *, command: str = ""):
        self.name, self.look, self.command = name, look, command
        self._views = self._head, self._table = W.HTML(), W.HTML()
        again = row(button("look again (r)", self.refresh), margin="6px 0")
        self._assemble(*self._views, again, label="stages of a run", keys={"r": self.refresh}, on_tick=self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Look at the run and show what is there now."""
        stages = self.look()
        self._head.value, self._table.value = head(self.name, stages, self.command), table(stages)
        working = bool(len(stages)) and stages.state.str.startswith("running").any()
        self.events.tick = WORKING if working else RESTING


def seconds_left(stages: pd.DataFrame) -> float | None:
    """Estimated seconds until every stage is done, from earlier runs; None if a stage has never run and told no estimate.

    Args:
        stages: see `RunPanel`.
    """
    open_ = stages[stages.state != "done"]
    left = open_.seconds_left.where(open_.state.str.startswith("running"), open_.usual)
    return None if left.isna().any() else float(left.sum())


def head(name: str, stages: pd.DataFrame, command: str) -> str:
    """The number of finished stages, the running stage, the time left, and the command to type if no stage is running."""
    if stages.empty:
        return html.head(html.text(name, 60), ["there is no such run yet"]) + _typed(command)
    done, working = (stages.state == "done").sum(), stages[stages.state.str.startswith("running")]
    notes = [f"of {len(stages)} stages of {html.text(name, 60)} are done"]
    notes += [f"{html.text(stage, 60)} is at work" for stage in working.stage]
    left = seconds_left(stages)
    notes += [f"about {_time(left)} left"] if left and len(working) else []
    rests = done < len(stages) and working.empty
    return html.head(f"{done}", notes) + (_typed(command) if rests else "")


def _typed(command: str) -> str:
    return f'<p>In a terminal: <code class="kit-command">{html.text(command, 600)}</code></p>' if command else ""


def table(stages: pd.DataFrame) -> str:
    """One line a stage."""
    rows = [
        (
            html.text(stage.stage, 60),
            _state(stage),
            html.text(stage.rows, 160),
            "" if html.missing(stage.seconds) else f"{stage.seconds:,.{0 if stage.seconds >= 10 else 1}f}",
            "" if html.missing(stage.memory_mb) else f"{stage.memory_mb:,.0f}",
        )
        for stage in stages.itertuples()
    ]
    return html.table(("stage", "state", "rows", "seconds", "memory, MB"), rows, right=2) if rows else ""


def _state(stage) -> str:
    """The state in words, with the reason why a stage is out of date, or with its progress."""
    kind, _, why = stage.state.partition(": ")
    kind = kind.partition(" ")[0]
    words = MARKS.get(kind, kind)
    if kind == "stale":
        return f"{words}: {html.text(why, 200)} has changed"
    if kind != "running" or html.missing(stage.share):
        return words
    left = "" if html.missing(stage.seconds_left) else f", {_time(stage.seconds_left)} left"
    inner = f"display:block;height:6px;background:#0072b2;width:{stage.share:.0%}"
    bar = (
        f'<span style="display:block;height:6px;background:var(--line, #d8dee4);max-width:220px"><i style="{inner}"></i></span>'
    )
    return f"{words}, {stage.share:.0%}{left}{bar}"


def _time(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds < 90 else f"{seconds / 60:,.0f} min" if seconds < 5400 else f"{seconds / 3600:,.1f} h"
