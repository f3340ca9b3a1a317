"""A panel for rubrics: change the words, try them on a dozen pairs, see how the scores change, save them as a file."""

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path

import ipywidgets as W
import pandas as pd

from helpers.tables import content_id
from helpers.widgets import html
from helpers.widgets.panel import Panel, button, choice, row

Rate = Callable[[str, pd.DataFrame], Iterable[list[dict]]]
"""A function (path of a rubric, pairs) -> batches of rows with pair_id, score and raw. It calls ``method.rate`` with that path
as the judge."""


def tried_on(pairs: pd.DataFrame, labels: pd.DataFrame | None, n: int) -> pd.DataFrame:
    """The ``n`` pairs on which rubrics are tried: labelled pairs first, then others in the order of ``pairs``.

    Args:
        pairs: pair_id, instruction, output.
        labels: pair_id and label; a pair that was labelled twice has its last label.

    Returns:
        ``pairs`` with ``label``, empty where there is none.
    """
    label = (
        pd.Series(dtype=str) if labels is None else labels.drop_duplicates("pair_id", keep="last").set_index("pair_id").label
    )
    marked = pairs.assign(label=pairs.pair_id.map(label).astype(object).fillna(""))
    return marked.sort_values("label", key=lambda given: given == "", kind="stable").head(n).reset_index(drop=True)


def comparison(pairs: pd.DataFrame, present: pd.Series, found: Mapping[str, dict]) -> str:
    """A table of the pairs: label, score under the present rubric and the tried one, and the judge's reply.

    Args:
        pairs: from ``tried_on``.
        present: score by pair_id.
        found: row of the trial by pair_id; pairs that are not rated yet have none.
    """
    rows = []
    for pair in pairs.itertuples():
        tried = found.get(pair.pair_id, {})
        scores = (present.get(pair.pair_id), tried.get("score"))
        moved = "" if any(html.missing(score) for score in scores) else f"{scores[1] - scores[0]:+.2f}"
        said = html.line(tried.get("raw", ""))
        texts = (html.line(pair.instruction, 80), html.line(pair.output, 80), said)
        rows.append((*texts, html.line(pair.label, 20), *(html.score(score) for score in scores), moved))
    names = ["instruction", "output", "digits or reply", "label", "present", "tried", "moved"]
    return html.table(names, rows, right=3)


class RubricPanel(Panel):
    """Edit a rubric or choose one, try it on a dozen pairs, and write it to the file that a run then names.

    A trial runs in the background and shows each batch as it comes. ``stop`` takes effect at once: the result of the batch
    that is still being rated is thrown away.

    Args:
        pairs: pair_id, instruction, output.
        present: score by pair_id under the rubric of the run.
        rate: rates pairs under the rubric in a file.
        rubrics: the texts to start from, by name; the first is shown.
        path: the file that ``use this rubric`` writes; trials read a draft beside it, and an earlier text is kept beside it.
        labels: pair_id and label; labelled pairs are tried first.
        n: pairs tried.
    """

    def __init__(
        self,
        pairs: pd.DataFrame,
        present: pd.Series,
        rate: Rate,
        *,
        rubrics: Mapping[str, str],
        path: Path,
        labels: pd.DataFrame | None = None,
        n: int = 12,
    ):
        self.pairs, self.present, self.rate, self.path = tried_on(pairs, labels, n), present, rate, Path(path)
        self.found: dict[str, dict] = {}
        self._attempt, self._lock, self.thread = 0, threading.Lock(), None
        self._model = threading.Lock()  # which adapter is active is a state of the model: one trial at a time asks it
        self._start = choice("start from", list(rubrics))
        self._start.observe(lambda change: setattr(self.text, "value", rubrics[change["new"]]), "value")
        self.text = W.Textarea(next(iter(rubrics.values())), rows=10, layout=W.Layout(width="100%"))
        self.text.add_class("kit-rubric")
        self._views = self._said, self._table = W.HTML(), W.HTML()
        buttons = row(button("try", self.attempt), button("stop", self.stop), button("use this rubric", self.use))
        self._assemble(row(self._start), self.text, buttons, self._said, self._table, label="try a rubric")
        self._draw(f"{len(self.pairs)} pairs; the scores are those of the present rubric.")

    def attempt(self) -> None:
        """Rate the pairs under the present text in the background. A trial that is still running is stopped."""
        self.stop()
        draft = self.path.with_name(f"{self.path.stem}.draft.md")
        draft.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(self.text.value, "utf-8")
        self.found = {}
        self._draw("Rating...")
        self.thread = threading.Thread(target=self._run, args=(self._attempt, str(draft)), daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Stop the trial that is running."""
        with self._lock:
            self._attempt += 1
            self._draw(f"Stopped: {len(self.found)} of {len(self.pairs)} pairs were rated.")

    def use(self) -> None:
        """Write the text to the file and say how a run names it. Another text that was there stays in a file beside it."""
        text = self.text.value.strip() + "\n"
        if not text.strip():
            self._draw("The rubric is empty: nothing was written.")
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        earlier = self.path.read_text("utf-8") if self.path.exists() else text
        aside = self.path.with_name(f"{self.path.stem}.{content_id(earlier)[:8]}.md")
        if earlier != text:
            aside.write_text(earlier, "utf-8")
        self.path.write_text(text, "utf-8")
        kept = "" if earlier == text else f" The earlier text lies in {aside.name}."
        self._draw(f"Written. Name it among the judges of the run: {self.path}.{kept}")

    def _run(self, attempt: int, draft: str) -> None:
        try:
            with self._model, closing(iter(self.rate(draft, self.pairs.drop(columns="label")))) as batches:
                for batch in batches:
                    with self._lock:
                        if attempt != self._attempt:
                            return
                        self.found |= {each["pair_id"]: each for each in batch}
                        self._draw(f"{len(self.found)} of {len(self.pairs)} pairs rated.")
        except Exception as error:  # a thread's error would be lost: the panel is where the reader looks
            with self._lock:
                if attempt == self._attempt:
                    self._draw(f"The trial ended: {error}")

    def _draw(self, said: str) -> None:
        self._said.value = f'<div role="status">{html.text(said)}</div>'
        self._table.value = comparison(self.pairs, self.present, self.found)
