"""A panel that decides which pairs are kept. It moves a threshold, shows what it keeps, and trains it as a run of its own."""

from collections.abc import Sequence
from pathlib import Path

import ipywidgets as W
import numpy as np
import pandas as pd

from helpers.curation import LIKELIHOODS, Decision, called
from helpers.widgets import drawing
from helpers.widgets.kept import Kept, Reference, small_multiples
from helpers.widgets.labels import READER, Book, follow, sample
from helpers.widgets.launch import Launch, Launcher
from helpers.widgets.panel import Panel, button, row
from helpers.widgets.reading import left_out, uncounted
from helpers.widgets.scores import Scores, known
from helpers.widgets.verdicts import KEPT, Verdicts, by_reader, overruling, recorded

PLACES = 250
"""Steps of the slider. It counts places from 0 to 1 between the lowest and the highest score, whatever the judge: a browser
whose slider gets another range sends its old value back, which would move the cut."""

RULES = [("keep the best n", "top"), ("score at least", "at_least"), ("keep the best share", "quantile")]


class ThresholdPanel(Panel):
    """A panel to move a threshold, see what it keeps, and train on the kept pairs.

    The slider, the drawing, the number of kept pairs, the score and the share all move the same cut; `rule` says which of them
    the decision names. The pairs that the decision vetoes and adds overrule the rule, and so do the reader's labels, which
    replace what the decision says of a pair. The panel shows them as soon as they are given.

    Args:
        pairs: frame with pair_id; output (its length is measured once), and family or source if there is one.
        ratings: long frame with pair_id, judge, score, and iteration where there are several; higher is better.
        decision: the decision to begin with, a `curation.Decision` or its record.
        default: the preset's decision, to which a button goes back.
        launcher: starts training with a decision under a name (see `launch.Launcher`); without one there is no button.
        labels: JSONL file of labels; None for none.
        labeller: whose labels count; the head names the others whose labels are in the file.
        truth: Series of bool by pair_id that says what is right; hidden until a decision has been trained.
        reference: frame with pair_id, judge, source ("seed" or "shuffled"), score, drawn beside the candidates.
        sums: judges whose added ranks can be chosen too, where all of them have rated.
        iteration: whose ratings decide; None for the judge's latest.
        name: proposed for the new run.
    """

    def __init__(
        self,
        pairs: pd.DataFrame,
        ratings: pd.DataFrame,
        decision: Decision | dict,
        *,
        default: Decision | dict,
        launcher: Launcher | None = None,
        labels: Path | None = None,
        labeller: str = READER,
        truth: pd.Series | None = None,
        reference: pd.DataFrame | None = None,
        sums: Sequence[tuple[str, ...]] = (LIKELIHOODS,),
        iteration: int | None = None,
        name: str = "mine",
    ):
        first, self.default = (Decision.of(d) if isinstance(d, dict) else d for d in (decision, default))
        self.pairs, self.scores, self.iteration = pairs, Scores(pairs, ratings), iteration
        self._naming = first
        offered = (first.judge, self.default.judge, *map(tuple, sums), *((judge,) for judge in self.scores.judges))
        self._judges = {called(each): each for each in offered if set(each) <= set(self.scores.judges)}
        if missing := set(first.judge) - set(self.scores.judges):
            raise KeyError(f"no ratings by {', '.join(sorted(missing))}: the judges here are {', '.join(self.scores.judges)}")
        self._reference = Reference(reference)
        self._truth = None if truth is None else known(truth, self.scores)
        self.labels, self.labeller = labels and Path(labels), labeller
        self._book = Book(self.labels, self.scores.row_of) if labels else None
        self._moving = False
        self._build(first, launcher, name)
        self._choose()
        self._settle(first.value)
        if self.labels:
            follow(self.labels, self._on_file)

    @property
    def decision(self) -> Decision:
        """The decision that is trained: the present rule, and the pairs on which you overrule it."""
        self._refresh()
        judge = self._judges[self.judge.value]
        rule = Decision(judge, self.rule.value, self._value)
        return by_reader(rule, self._codes, self.scores.ids, said=self._said, named=self._naming)

    @property
    def kept(self) -> pd.DataFrame:
        """The pairs that the decision keeps, best first."""
        self._refresh()
        rows = np.flatnonzero(self._codes < KEPT)
        return self.pairs.iloc[rows[np.argsort(-self.view.verdicts.scores[rows], kind="stable")]]

    # Controls

    def _build(self, first: Decision, launcher: Launcher | None, name: str) -> None:
        self._head, self._chart, self._numbers, self._examples, self._others = (W.HTML() for _ in range(5))
        self._controls(first)
        self._launch = Launch(self, launcher, name) if launcher else None
        launch = [self._launch.widget] if self._launch else []
        self._views = self._head, self._chart, self._numbers, self._examples, self._others
        self._others.value = small_multiples(self.scores, self._reference.by_key)
        choosing = row(self.judge, self.rule, self.back, margin="4px 0")
        handles = row(self.n, self.score, self.share, self.without, margin="4px 0")
        parts = [self._head, choosing, self._chart, self.slider, handles, self._numbers, *launch, self._examples, self._others]
        names = {"kit-threshold": "Score threshold"}
        ticks = {"on_tick": self._launch.look} if self._launch else {}
        self._assemble(*parts, label="choose a threshold", names=names, on_at=self._on_at, **ticks)
        if self._launch:
            self._launch.look()

    def _controls(self, first: Decision) -> None:
        style = {"description_width": "80px"}
        narrow = {"style": style, "layout": {"width": "200px"}}
        self.judge = W.Dropdown(description="Judge", options=list(self._judges), style=style, layout={"width": "370px"})
        self.judge.value = called(first.judge)
        self.rule = W.Dropdown(description="Decide by", options=RULES, value=first.rule, style=style)
        self.back = button("back to the preset's", self._on_back)
        self.slider = W.FloatSlider(max=1, step=1 / PLACES, readout=False, layout=W.Layout(width="100%", margin="0")).add_class(
            "kit-threshold"
        )
        self.n = W.BoundedIntText(description="Pairs kept", max=len(self.pairs), **narrow)
        self.score = W.BoundedFloatText(description="Score from", min=-1e12, max=1e12, step=0.01, **narrow)
        self.share = W.BoundedFloatText(description="Share kept", max=1, step=0.01, **narrow)
        self.without = W.Checkbox(description="train without my labels", indent=False, layout={"width": "auto"})
        self.without.layout.display = None if self.labels else "none"
        self.slider.observe(self._on_slider, "value")
        self.score.observe(self._on_score, "value")
        self.n.observe(self._on_n, "value")
        self.share.observe(self._on_share, "value")
        self.rule.observe(self._on_n, "value")
        self.judge.observe(self._on_judge, "value")
        self.without.observe(lambda _: self._settle(self._value, self._cut), "value")

    def _choose(self) -> None:
        """Take over the judge and the range of its scores."""
        judge = self._judges[self.judge.value]
        iteration = min(map(self.scores.last, judge)) if self.iteration is None else self.iteration
        verdicts = Verdicts(self.pairs, self.scores, judge, iteration)
        reference = self._reference.of(judge, iteration, self.scores)
        self.view = Kept(self.pairs, verdicts, truth=self._truth, reference=reference)
        self._low, self._high = float(self.view.edges[0]), float(self.view.edges[-1])
        self.score.step = drawing.nice((self._high - self._low) / PLACES)

    # One cut, many handles

    def _settle(self, value: float, threshold: float | None = None) -> None:
        """Set every control to a new value of the rule, and draw what it keeps."""
        ranking, rule = self.view.ranking, self.rule.value
        n = ranking.kept(rule, value)
        self._value = n if rule == "top" else value
        cut = value if rule == "at_least" else ranking.threshold(n) if threshold is None else threshold
        self._cut, self._moving = cut, True
        self.slider.value = self._place(cut)
        share = value if rule == "quantile" else round(n / max(len(ranking), 1), 4)
        self.n.value, self.score.value, self.share.value = n, self._short("at_least", cut), self._short("quantile", share)
        self._moving = False
        self._chart.value = self.view.chart(n, cut)
        self._count(n)

    def _short(self, rule: str, value: float) -> float:
        """A value as its control shows it: with six decimals, or with all of them where six would keep other pairs."""
        short = round(value, 6)
        return short if self.view.ranking.kept(rule, short) == self.view.ranking.kept(rule, value) else value

    def _count(self, n: int) -> None:
        """Count the pairs that are kept with the present labels."""
        labels, out = self._labelled()
        given = self._book is not None and self._book.path.exists()
        self._said = {} if self.without.value else labels if given else recorded(self._naming)
        chosen = self.view.verdicts.chosen(self.rule.value, self._value)
        self._codes = self.view.verdicts.reasons(chosen, **overruling(self._naming, self._said, self.scores.row_of))
        by_label, said = overruling(None, labels, self.scores.row_of), np.full(len(self.pairs), np.nan)
        said[by_label["good"]], said[by_label["bad"]] = 1, 0
        said, how = sample(said, self.scores.among(self._book.drawn(self.labeller) if self._book else ()))
        told = f'<div class="kit-soft">{out}</div>' if out else ""
        self._head.value = f'<div class="kit-still">{self.view.head(self._codes, n, self.judge.value)}{told}</div>'
        self._examples.value = self.view.examples(self._codes, n)
        self._numbers.value = self.view.numbers(self._codes, None if np.isnan(said).all() else said, how)
        if self._launch:
            self._launch.moved()

    def _labelled(self) -> tuple[dict[str, str], str]:
        """pair_id -> label, and what the head says of lines and labels that do not count."""
        if not self._book:
            return {}, ""
        self._book.refresh()
        notes = left_out(self._book.left_out, self.labels.name), uncounted(self._book.given, self.labeller)
        return {pair_id: label for pair_id, (label, _) in self._book.of(self.labeller).items()}, ". ".join(filter(None, notes))

    def _move(self, n: int, *, score: float | None = None, share: float | None = None) -> None:
        if self._moving:
            return
        cut = self.view.ranking.threshold(n) if score is None else score
        part = n / max(len(self.view.ranking), 1) if share is None else share
        values = {"top": n, "at_least": cut, "quantile": part}
        self._settle(values[self.rule.value], score)

    def _place(self, cut: float) -> float:
        """The place of the slider that is nearest to a threshold. The browser would move it there and report a change."""
        part = (cut - self._low) / ((self._high - self._low) or 1)
        return round(round(min(max(part, 0), 1) * PLACES) / PLACES, 10)

    def _on_at(self, place: float) -> None:
        step = self.score.step / 10  # finer than a place, so that every step of the slider moves the cut
        score = round(self._low + round(min(max(place, 0), 1) * (self._high - self._low) / step) * step, 10)
        self._move(self.view.ranking.count(score), score=score)

    def _on_slider(self, change: dict) -> None:
        if not self._moving and abs(change["new"] - self._place(self._cut)) > self.slider.step / 2:
            self._on_at(change["new"])

    def _on_score(self, change: dict) -> None:
        self._move(self.view.ranking.count(change["new"]), score=change["new"])

    def _on_n(self, _change: dict) -> None:
        self._move(self.n.value)

    def _on_share(self, change: dict) -> None:
        self._move(self.view.ranking.kept("quantile", change["new"]), share=change["new"])

    def _on_judge(self, _change: dict) -> None:
        if not self._moving:
            self._choose()
            self._move(self.n.value)

    def _on_back(self) -> None:
        self.take(self.default)

    def _on_file(self) -> None:
        self._count(self.n.value)

    def _refresh(self) -> None:
        """Take over labels that another process has given."""
        if self._book and self._book.refresh():
            self._on_file()

    def take(self, decision: Decision) -> None:
        """Set every control to the values of a decision, and overrule the rule on the pairs that it vetoes and adds."""
        self._naming, self._moving = decision, True
        self.judge.value, self.rule.value = called(decision.judge), decision.rule
        self._moving = False
        self._choose()
        self._settle(decision.value)
