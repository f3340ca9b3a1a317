"""The part of the threshold panel that trains: a name, a button, and the progress of the run that it started."""

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import ipywidgets as W
import pandas as pd

from helpers import curation
from helpers.curation import Decision
from helpers.widgets import html
from helpers.widgets.columns import flagged
from helpers.widgets.panel import button, row

if TYPE_CHECKING:
    from helpers.widgets.threshold import ThresholdPanel

SECONDS = 2.0
"""Seconds between two looks at a run while a browser shows the panel."""


class Launcher(Protocol):
    """An object that can train a decision under a name. The kit's own is in `helpers.notebooks`."""

    def command(self, name: str) -> str:
        """A shell command, complete as printed, that continues the run of this name."""

    def start(self, name: str, record: dict) -> None:
        """Make the run with this decision, and start it in a process that goes on when the kernel ends.

        Raises:
            ValueError: it cannot be made; the message is a sentence for the reader.
        """

    def state(self, name: str) -> dict | None:
        """running (bool), line (what it does now), log (all of it), code (0: done, 1: not, None: it runs); or None."""

    def stop(self, name: str) -> None:
        """Stop the run of this name. Its files stay."""


class Launch:
    """Controls below a threshold panel: train the decision as a run, stop it, follow its progress, then reveal the truth."""

    def __init__(self, panel: "ThresholdPanel", launcher: Launcher, name: str):
        self.panel, self.launcher = panel, launcher
        self.name = W.Text(value=name, description="as", style={"description_width": "20px"}, layout={"width": "240px"})
        self.train = button("Train this", self._on_train)
        self.train.button_style = "primary"
        self.stop = button("stop", self._on_stop, display="none")
        self.nearest = button("take the nearest that keeps some", self._on_nearest, display="none")
        self.reveal = button("reveal the truth", self._on_reveal, display="none")
        self.state, self.said = W.HTML(), W.HTML()
        controls = row(self.train, self.name, self.stop, self.nearest, self.reveal, margin="8px 0 2px")
        self.widget = W.VBox([controls, self.said, self.state])
        self.name.observe(lambda _: self.look(), "value")

    def moved(self) -> None:
        """Remove messages about the previous decision after it has changed."""
        self.said.value = ""
        self.nearest.layout.display = self.reveal.layout.display = "none"

    def look(self) -> None:
        """Show the progress of the run of this name, and look again as long as it is running."""
        found = self.launcher.state(self.name.value.strip())
        running = bool(found and found["running"])
        self.panel.events.tick = SECONDS if running else 0
        self.stop.layout.display = None if running else "none"
        self.state.value = _state(self.name.value.strip(), found, self._command() if found else "")

    def _command(self) -> str:
        return self.launcher.command(self.name.value.strip())

    def _on_train(self) -> None:
        decision = self.panel.decision
        if self.panel.kept.empty:
            self._refuse(decision)
            return
        try:
            self.launcher.start(self.name.value.strip(), decision.record())
        except ValueError as error:
            self.said.value = _no(str(error))
            return
        count = len(self.panel.kept)
        name = html.text(self.name.value.strip(), 80)
        words = f"<b>{name}</b> trains on {count:,} pairs, in a process of its own: this notebook may be closed."
        self.said.value = f'<div class="kit-told" role="status"><p>{words}</p></div>'
        self.nearest.layout.display = "none"
        self.reveal.layout.display = None if self.panel._truth is not None else "none"
        self.look()

    def _refuse(self, decision: Decision) -> None:
        """Say that the decision keeps nothing, and which nearest threshold keeps a pair.

        A looser threshold meets pairs that are called bad and that this one drops anyway, so all of these count as vetoed.
        """
        decision = replace(decision, vetoed=tuple({*decision.vetoed, *decision.bad} - {*decision.added}))
        self._near = curation.nearest(*self._frames(decision), decision)
        why = "This decision keeps no pair, and a model cannot be trained on none."
        if self._near is None:
            self.said.value = _no(f"{why} No pair can be kept: all are flagged, unrated or vetoed.")
            return
        count = int(curation.decide(*self._frames(decision), self._near).kept.sum())
        value = f"{self._near.value:,.4g}".replace("-", "−")
        rules = {"top": f"the best {value}", "at_least": f"a score of at least {value}", "quantile": f"the best {value} of all"}
        kept = f"it keeps {count:,} pair{'s' if count > 1 else ''}"
        self.said.value = _no(f"{why} The nearest threshold that keeps some is {rules[decision.rule]}: {kept}.")
        self.nearest.layout.display = None

    def _frames(self, decision: Decision) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Candidates and ratings as `curation` wants them: one iteration, flags as text."""
        panel = self.panel
        hygiene = pd.Series(flagged(panel.pairs)).map({True: "flagged", False: ""})
        ratings = panel.scores.ratings
        iteration = min(map(panel.scores.last, decision.judge)) if panel.iteration is None else panel.iteration
        own = ratings[ratings["iteration"] == iteration].drop_duplicates(["pair_id", "judge"], keep="last")
        return pd.DataFrame({"pair_id": panel.scores.ids, "hygiene": hygiene}), own.assign(pair_id=own.pair_id.map(str))

    def _on_nearest(self) -> None:
        self.panel._settle(self._near.value)

    def _on_stop(self) -> None:
        self.launcher.stop(self.name.value.strip())
        self.look()

    def _on_reveal(self) -> None:
        self.said.value += self.panel.view.truth(self.panel._codes)
        self.reveal.layout.display = "none"


def _no(sentence: str) -> str:
    return f'<div class="kit-told kit-no" role="status">{html.text(sentence, 600)}</div>'


def _state(name: str, found: dict | None, command: str) -> str:
    if not found:
        return ""
    shown = html.text(name, 80)
    if found["running"]:
        words = f"<b>{shown}</b> is running: {html.text(found['line'] or 'it begins', 200)}"
    elif found["code"] == 0:
        words = f"<b>{shown}</b> is done."
    else:
        words = f"<b>{shown}</b> has stopped before its end: {html.text(found['line'], 200)}"
    log = html.text(found["log"][-4_000:])
    told = f'<details><summary>its last lines</summary><div class="kit-log">{log}</div></details>' if log else ""
    stopped = not found["running"] and found["code"] != 0
    go_on = f'<p>To go on with it in a terminal: <code class="kit-command">{html.text(command, 2_000)}</code></p>'
    return f'<div class="kit-told" role="status"><p>{words}</p>{told}{go_on if stopped else ""}</div>'
