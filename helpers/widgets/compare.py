"""Compares two runs: settings, kept pairs, differences with intervals, and answers."""

from collections.abc import Mapping, Sequence
from itertools import islice

import ipywidgets as W
import pandas as pd

from helpers import stats
from helpers.widgets import html
from helpers.widgets.answers import AnswersTable
from helpers.widgets.panel import Panel

SHOWN = 4
"""Number of shown pairs among those that only one of the runs keeps."""


def settings_that_differ(first: Mapping, second: Mapping) -> pd.DataFrame:
    """The settings of two runs that are not the same, nested names joined by dots: setting, first, second."""
    flat = [pd.json_normalize([dict(each)]).to_dict("records")[0] for each in (first, second)]
    names = [name for name in dict.fromkeys([*flat[0], *flat[1]]) if _plain(flat[0], name) != _plain(flat[1], name)]
    rows = [(name, _plain(flat[0], name), _plain(flat[1], name)) for name in names]
    return pd.DataFrame(rows, columns=["setting", "first", "second"], dtype=str)


def _plain(settings: Mapping, name: str) -> str:
    return str(settings[name]) if name in settings else "(none)"


def overlap(first: pd.DataFrame, second: pd.DataFrame) -> dict[str, float]:
    """Overlap of two kept sets: both, only_first, only_second, and share (common pairs of all; NaN for two empty sets)."""
    one, two = _ids(first), _ids(second)
    counts = {"both": len(one & two), "only_first": len(one - two), "only_second": len(two - one)}
    return counts | {"share": len(one & two) / len(one | two) if one | two else float("nan")}


def _ids(kept: pd.DataFrame) -> set[str]:
    return set(kept["pair_id"].to_numpy())  # a loop over Arrow's strings takes ten times as long


def differences(grades: pd.DataFrame, names: tuple[str, str], *, resamples: int = 2_000) -> pd.DataFrame:
    """The score of every common arm in each run, and the second run's minus the first's with its 95 % interval.

    Args:
        grades: the grades of both runs, under one mode and by one grader: run, arm, draw, prompt_id, family, score, and
            in_seed where it is known.
        names: the two runs.
        resamples: of the bootstrap.

    Returns:
        One row an arm and group of families (``stats.groups``): arm, families, first, second, value,
        low, high, n (prompts). All are of the draws and prompts that have a score in both runs. Where there is none, n is
        0 and the others are NaN (``apart``).

    Raises:
        ValueError: an answer has several grades.
    """
    if grades.duplicated(["run", "arm", "draw", "prompt_id"]).any():
        raise ValueError("an answer has several grades: pass those under one mode, by one grader")
    rows = []
    for kind, of_kind in stats.groups(grades).items():
        for arm, graded in of_kind.groupby("arm", sort=False):
            if set(graded.run) >= set(names):
                rows.append({"arm": arm, "families": kind} | _difference(graded.assign(arm=graded.run), names, resamples))
    return pd.DataFrame(rows, columns=["arm", "families", "first", "second", "value", "low", "high", "n"])


def _difference(graded: pd.DataFrame, names: tuple[str, str], resamples: int) -> dict[str, float]:
    """Both scores and their difference, all of the draws and prompts that have a score in both runs; NaN where none has."""
    common = stats.paired(graded, names[1], names[0])
    if common.empty:
        return dict.fromkeys(("first", "second", "value", "low", "high"), float("nan")) | {"n": 0}
    graded = graded.merge(common[["family", "draw", "prompt_id"]])
    first, second = (stats.score(graded, name, resamples=1).value for name in names)
    found = stats.difference(graded, names[1], names[0], resamples=resamples)
    return {"first": first, "second": second, "value": found.value, "low": found.low, "high": found.high, "n": found.prompts}


def apart(grades: pd.DataFrame, names: tuple[str, str]) -> str:
    """Why no score of two runs can be compared, in a sentence; empty where some can. Arguments as for ``differences``."""
    graded = grades.dropna(subset=["score"])
    first, second = (graded[graded.run == name] for name in names)
    for column, thing in (("arm", "graded arm"), ("draw", "draw"), ("prompt_id", "graded prompt")):
        if not set(first[column]) & set(second[column]):
            return f"The runs have no {thing} in common, and scores are compared arm by arm, draw by draw and prompt by prompt."
    return ""


def page(
    names: tuple[str, str],
    kept_a: pd.DataFrame,
    kept_b: pd.DataFrame,
    *,
    iteration: int | None = None,
    settings: tuple[Mapping, Mapping] = ({}, {}),
    grades: pd.DataFrame | None = None,
    note: str = "",
) -> str:
    """A comparison of two runs as HTML: settings, kept sets, differences. See `ComparePanel` for the arguments.

    Raises:
        ValueError: both names are the same.
    """
    if names[0] == names[1]:
        raise ValueError(f"{names[0]!r} cannot be compared with itself: name two runs")
    one, two = (html.text(name, 60) for name in names)
    found = settings_that_differ(*settings)
    rows = [(html.text(name, 80), html.text(a, 120), html.text(b, 120)) for name, a, b in found.itertuples(index=False)]
    told = html.table(("setting", one, two), rows) if rows else "<p>No setting differs.</p>"
    parts = [f'<div class="kit-title">Settings that differ</div>{told}', _kept(names, kept_a, kept_b, iteration)]
    if grades is not None:
        parts.append(_differences(grades, names))
    if note:
        parts.append(f"<p>{html.text(note, 300)}</p>")
    return "".join(parts)


def _kept(names: tuple[str, str], first: pd.DataFrame, second: pd.DataFrame, iteration: int | None) -> str:
    count, (one, two) = overlap(first, second), (html.text(name, 60) for name in names)
    share = "–" if count["share"] != count["share"] else f"{count['share']:.0%}"
    entries = [(share, "of all pairs that either keeps are kept by both"), (f"{count['both']:,}", "kept by both")]
    entries += [(f"{count['only_first']:,}", f"only in {one}"), (f"{count['only_second']:,}", f"only in {two}")]
    when = f" in iteration {iteration}" if iteration else ""
    parts = [f'<div class="kit-title">Pairs kept{when}: {len(first):,} and {len(second):,}</div>{html.stats(entries)}']
    if {"instruction", "output"} <= set(first) & set(second):
        sides = ((names[0], first, second), (names[1], second, first))
        cards = [_only(f"Only in {name}", kept, _ids(other)) for name, kept, other in sides]
        parts.append(f'<div class="kit-pairs">{"".join(cards)}</div>')
    return "".join(parts)


def _only(title: str, pairs: pd.DataFrame, others: set[str]) -> str:
    """The first pairs that are not among the others. Rows are looked at only until there are enough."""
    alone = (row for row, pair_id in enumerate(pairs["pair_id"].to_numpy()) if pair_id not in others)
    shown = pairs.iloc[list(islice(alone, SHOWN))]
    return html.cards(title, shown, shown["score"] if "score" in shown else [None] * len(shown))


def _differences(grades: pd.DataFrame, names: tuple[str, str]) -> str:
    one, two = (html.text(name, 60) for name in names)
    title = f'<div class="kit-title">Scores, and {two} minus {one} (95 % interval, families and prompts resampled)</div>'
    if why := apart(grades, names):
        return f"{title}<p>{why}</p>"
    body = []
    for row in differences(grades, names).itertuples():
        sure = row.low > 0 or row.high < 0
        value = f"{row.value:+.3f} {stats.interval(row.low, row.high)}".replace("-", "−") if row.n else "no prompt in common"
        said = f"<b>{value}</b>" if sure else value
        scores = (f"{score:.3f}" if row.n else "–" for score in (row.first, row.second))
        numbers = (*scores, said, f"{row.n:,}")
        body.append((html.text(row.arm, 60), row.families, *numbers))
    columns = ("arm", "families", one, two, "difference", "prompts")
    note = "Bold where the interval leaves out 0. One draw each, unless the grades hold more."
    return f'{title}{html.table(columns, body, right=4)}<div class="kit-soft">{note}</div>'


class ComparePanel(Panel):
    """A panel that compares two runs: settings that differ, kept sets, differences with intervals, answers to read.

    Args:
        names: of the two runs.
        kept_a: the pairs that the first run keeps: pair_id, and instruction, output, score where they can be shown.
        kept_b: those of the second.
        iteration: in which they are kept, for their title; None names none.
        settings: of both, nested as they may be.
        grades: of both: run, arm, draw, prompt_id, family, score, in_seed; None for runs that are not evaluated.
        note: a sentence below the differences, such as which grades are left out and why; empty says nothing.
        answers: of both, under one tag: run, arm, prompt_id, text; None shows no answers.
        prompts: prompt_id, instruction, family; needed for answers.
        arms: the arms whose answers can be read, the one to begin with first; None for all that both have.
    """

    def __init__(
        self,
        names: tuple[str, str],
        kept_a: pd.DataFrame,
        kept_b: pd.DataFrame,
        *,
        iteration: int | None = None,
        settings: tuple[Mapping, Mapping] = ({}, {}),
        grades: pd.DataFrame | None = None,
        note: str = "",
        answers: pd.DataFrame | None = None,
        prompts: pd.DataFrame | None = None,
        arms: Sequence[str] | None = None,
    ):
        self.names, self.grades, self.answers, self.prompts = names, grades, answers, prompts
        page_ = page(names, kept_a, kept_b, iteration=iteration, settings=settings, grades=grades, note=note)
        self._views = self._page, self._title = W.HTML(page_), W.HTML()
        self._answers = W.VBox()
        shared = [] if answers is None else _shared_arms(answers, names)
        options = [arm for arm in arms if arm in shared] if arms else shared[::-1]
        self.arm = W.Dropdown(description="Arm", options=options, style={"description_width": "40px"})
        self.arm.layout.display = None if options else "none"
        self.arm.observe(lambda _: self._read(), "value")
        self._assemble(self._page, self._title, self.arm, self._answers, label="compare two runs")
        self._read()

    def _read(self) -> None:
        """Show the answers of the chosen arm in both runs side by side."""
        if not self.arm.options:
            return
        of_arm = self.answers[self.answers["arm"] == self.arm.value]
        graded = None if self.grades is None else self.grades[self.grades["arm"] == self.arm.value]
        first, second = self.names
        table = AnswersTable(
            of_arm.assign(arm=of_arm["run"]),
            self.prompts,
            first=first,
            second=second,
            grades=None if graded is None else graded.assign(arm=graded["run"]),
        )
        self._title.value = f'<div class="kit-title">Answers of {html.text(self.arm.value, 60)}</div>'
        self._answers.children = (table.widget,)
        self._views = self._page, self._title, *table._views


def _shared_arms(answers: pd.DataFrame, names: tuple[str, str]) -> list[str]:
    runs = answers.groupby("arm", sort=False)["run"].agg(set)
    return [arm for arm, found in runs.items() if found >= set(names)]
