"""A panel that decides which pairs are kept: it moves a threshold, shows what that keeps and writes the decision."""

import json
from collections.abc import Callable
from pathlib import Path

import ipywidgets as W
import numpy as np
import pandas as pd

from helpers.widgets import html
from helpers.widgets.kept import Kept, small_multiples
from helpers.widgets.panel import Panel, button, row
from helpers.widgets.scores import Key, Scores

RULES = [("keep the best n", "top"), ("score at least", "at_least"), ("keep the best share", "quantile")]


class ThresholdPanel(Panel):
    """Move a threshold, see what it keeps, write the decision.

    The slider, the number kept, the score and the share are four handles of one cut; `rule` says which of them is
    written. Nothing is trained: after saving, the panel shows the command that does.

    Args:
        pairs: frame with pair_id; output (its length is measured once), and family or source if there is one.
        ratings: long frame with pair_id, judge, iteration, score; higher is better.
        judge: whose scores decide, or two judges whose ranks are added.
        rule: "top", "at_least" or "quantile", see `scores.Ranking.kept`.
        value: the number kept, a score, or the share kept (0 to 1).
        save: called with the decision {"judge", "rule", "value", "made_by": "reader"}; returns the file it wrote.
        fork_command: shown after saving: how to train with this decision beside the present run.
        sums: judges whose added ranks can be chosen too.
        iteration: whose ratings decide; None for the judge's latest.
        reference: frame with judge, iteration, source ("seed" or "shuffled"), score, drawn beside the candidates.
        labels: frame with pair_id and label ("good", "bad"; others do not count), as from `labels.read`; None or
            without such rows shows no precision.
        truth: Series of bool by pair_id that says what is right; hidden until a decision has been saved.
    """

    def __init__(
        self,
        pairs: pd.DataFrame,
        ratings: pd.DataFrame,
        *,
        judge: str | list[str],
        rule: str = "top",
        value: float,
        save: Callable[[dict], Path],
        fork_command: str = "",
        sums: tuple[tuple[str, ...], ...] = (),
        iteration: int | None = None,
        reference: pd.DataFrame | None = None,
        labels: pd.DataFrame | None = None,
        truth: pd.Series | None = None,
    ):
        self.pairs, self.scores = pairs, Scores(pairs, ratings)
        self.save, self.fork_command, self.iteration = save, fork_command, iteration
        self._judges = {_name(each): each for each in (judge, *map(list, sums), *self.scores.judges)}
        self._reference = _reference(reference)
        good = None if labels is None else labels[labels["label"].isin(["good", "bad"])]
        self._good = None if good is None or good.empty else self._by_pair(good.set_index("pair_id")["label"] == "good")
        self._truth = None if truth is None else self._by_pair(truth)
        self._moving = False
        self._build(rule)
        self._choose()
        self._settle(value)

    @property
    def decision(self) -> dict:
        """What "use this threshold" writes."""
        judge = self._judges[self.judge.value]
        return {"judge": judge, "rule": self.rule.value, "value": self._value, "made_by": "reader"}

    @property
    def kept(self) -> pd.DataFrame:
        """The pairs that the present threshold keeps, best first."""
        return self.pairs.iloc[self.view.ranking.rows[: self.n.value]]

    def _by_pair(self, known: pd.Series) -> np.ndarray:
        return known.groupby(level=0).last().reindex(self.scores.ids).to_numpy(dtype=float, na_value=np.nan)

    def _build(self, rule: str) -> None:
        self._head, self._chart, self._numbers, self._examples, self._result, self._others = (W.HTML() for _ in range(6))
        self._views = self._head, self._chart, self._numbers, self._examples, self._others
        self._controls(rule)
        self._others.value = small_multiples(self.scores, self._reference)
        parts = [self._head, row(self.judge, self.rule, margin="4px 0"), self._chart, self.slider]
        parts += [row(self.n, self.score, self.share, margin="4px 0"), self._numbers, self._examples]
        parts += [row(self.use, self.reveal, margin="4px 0"), self._result, self._others]
        self._assemble(*parts, label="choose a threshold", names={"kit-threshold": "Score threshold"})

    def _controls(self, rule: str) -> None:
        style = {"description_width": "80px"}
        narrow = {"style": style, "layout": {"width": "200px"}}
        self.judge = W.Dropdown(description="Judge", options=list(self._judges), style=style, layout={"width": "370px"})
        self.rule = W.Dropdown(description="Decide by", options=RULES, value=rule, style=style)
        self.slider = W.FloatSlider(readout=False, layout=W.Layout(width="100%", margin="0")).add_class("kit-threshold")
        self.n = W.BoundedIntText(description="Pairs kept", max=len(self.pairs), **narrow)
        self.score = W.BoundedFloatText(description="Score from", min=-1e12, max=1e12, step=0.01, **narrow)
        self.share = W.BoundedFloatText(description="Share kept", max=1, step=0.01, **narrow)
        self.use = button("use this threshold", self._on_use)
        self.use.button_style = "primary"
        self.reveal = button("reveal the truth", self._on_reveal, display="none")
        self.slider.observe(self._on_slider, "value")
        self.score.observe(self._on_score, "value")
        self.n.observe(self._on_n, "value")
        self.share.observe(self._on_share, "value")
        self.rule.observe(self._on_n, "value")
        self.judge.observe(self._on_judge, "value")

    def _choose(self) -> None:
        judge = self._judges[self.judge.value]
        alone = isinstance(judge, str)
        names = [judge] if alone else judge
        iteration = min(map(self.scores.last, names)) if self.iteration is None else self.iteration
        reference = self._reference.get((judge, iteration)) if alone else None
        scores = self.scores.combined(judge, iteration)
        self.view = Kept(self.pairs, scores, by_id=self.scores.by_id, good=self._good, truth=self._truth, reference=reference)
        low, high = float(self.view.edges[0]), float(self.view.edges[-1])
        self._moving = True
        with self.slider.hold_trait_notifications():
            self.slider.min, self.slider.max = low, high
            self.slider.step = self.score.step = html.nice((high - low) / 250)
            self.slider.value = high
        self._moving = False

    def _settle(self, value: float, threshold: float | None = None) -> None:
        """Bring every handle in line with a new value of the rule, and draw what it keeps."""
        ranking, rule = self.view.ranking, self.rule.value
        value = round(float(value), 6)
        n = ranking.kept(rule, value)
        self._value = n if rule == "top" else value
        cut = value if rule == "at_least" else ranking.threshold(n) if threshold is None else threshold
        self._cut, self._moving = cut, True
        self.slider.value = self._snapped(cut)
        self.n.value, self.score.value = n, cut
        self.share.value = value if rule == "quantile" else round(n / max(len(ranking), 1), 6)
        self._moving = False
        self._draw(n, cut)

    def _draw(self, n: int, cut: float) -> None:
        self._head.value = self.view.head(n)
        self._chart.value = self.view.chart(n, cut)
        self._numbers.value = self.view.numbers(n)
        self._examples.value = self.view.examples(n)
        self._result.value = ""
        self.reveal.layout.display = "none"

    def _move(self, n: int, *, score: float | None = None, share: float | None = None) -> None:
        if self._moving:
            return
        cut = self.view.ranking.threshold(n) if score is None else score
        part = n / max(len(self.view.ranking), 1) if share is None else share
        values = {"top": n, "at_least": cut, "quantile": part}
        self._settle(values[self.rule.value], score)

    def _snapped(self, cut: float) -> float:
        """The place of the slider nearest to a threshold; the browser moves it there and would report a change."""
        low, high, step = self.slider.min, self.slider.max, self.slider.step
        return round(min(max(low + round((cut - low) / step) * step, low), high), 10)

    def _on_slider(self, change: dict) -> None:
        if self._moving:
            return
        if abs(change["new"] - self._snapped(self._cut)) > self.slider.step / 2:
            score = round(change["new"], 10)
            self._move(self.view.ranking.count(score), score=score)

    def _on_score(self, change: dict) -> None:
        self._move(self.view.ranking.count(change["new"]), score=change["new"])

    def _on_n(self, _change: dict) -> None:
        self._move(self.n.value)

    def _on_share(self, change: dict) -> None:
        self._move(self.view.ranking.kept("quantile", change["new"]), share=change["new"])

    def _on_judge(self, _change: dict) -> None:
        self._choose()
        self._move(self.n.value)

    def _on_use(self) -> None:
        decision = self.decision
        path, written = html.text(self.save(decision)), html.text(json.dumps(decision))
        self._result.value = f'<div role="status">Saved in <code>{path}</code>: <code>{written}</code></div>'
        if self.fork_command:
            shown = f'<code class="kit-command">{html.text(self.fork_command)}</code>'
            self._result.value += f"<p>To train with it beside the present run:</p>{shown}"
        self.reveal.layout.display = None if self._truth is not None else "none"

    def _on_reveal(self) -> None:
        self._result.value += self.view.truth(self.n.value)
        self.reveal.layout.display = "none"


def _name(judge: str | list[str]) -> str:
    return judge if isinstance(judge, str) else " + ".join(judge) + " (ranks added)"


def _reference(frame: pd.DataFrame | None) -> dict[Key, dict[str, np.ndarray]]:
    found: dict[Key, dict[str, np.ndarray]] = {}
    for (judge, iteration, source), rows in [] if frame is None else frame.groupby(["judge", "iteration", "source"]):
        found.setdefault((judge, int(iteration)), {})[source] = rows["score"].dropna().to_numpy(dtype=float)
    return found
