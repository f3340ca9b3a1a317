"""Is the gain built in? What curated pairs add, against the share of question-answer pages that the base has read.

Bases of other shares are made by ``python -m helpers.miniweb pretrain --questions SHARE --out BASE``, and each is given the
whole method by ``python -m helpers run --base BASE --run NAME``. ``python -m helpers.miniweb questions --runs NAME ...`` puts
such runs beside each other.
"""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from helpers import figures, runs
from helpers.experiments import results
from helpers.figures import beside
from helpers.stats import as_record, difference, interval, paired
from helpers.tables import read_json, write_table

COMPARED = {
    ("M_1", "M_0 (S_a)"): "M_1 − M_0, each with its tags",
    ("M_1 (no tag)", "M_0 (no tag)"): "M_1 − M_0, both without a tag",
    ("M_1 (no tag)", "uncurated (no tag)"): "M_1 − uncurated, both without a tag",
}
"""The differences that are shown of every base, and what they are called."""


def share(base: Path) -> float:
    """The share of a mini base's tokens, 0 to 1, that came from the question-answer pages' part of the mix.

    Raises:
        ValueError: the folder does not say how the base was made.
    """
    told = read_json(base / "training.json")
    if "main" not in told:
        raise ValueError(f"{base} has no training.json of `python -m helpers.miniweb pretrain`: its share of pages is unknown")
    parts = [(part["tokens"], part["mix"]["questions"]) for part in (told["main"], told["recipe"])]
    return sum(tokens * questions for tokens, questions in parts) / sum(tokens for tokens, _ in parts)


def grades(names: Sequence[str]) -> pd.DataFrame:
    """The grades of the models of ``COMPARED`` in each run, on families not in the seed, with ``run`` and ``share``.

    Raises:
        MissingArtifact: a run is not there, or not evaluated.
        ValueError: two runs stand on one base, or the bases differ in more than the share of these pages.
    """
    wanted = {arm for pair in COMPARED for arm in pair}
    measured_ = {name: results.of(name) for name in names}
    _refuse_other_differences({name: Path(each.preset.base.path) for name, each in measured_.items()})
    parts = []
    for name, measured in measured_.items():
        own = measured.asked[measured.asked.arm.isin(wanted)]
        parts.append(own.assign(run=name, share=share(Path(measured.preset.base.path))))
    return pd.concat(parts, ignore_index=True)


def _refuse_other_differences(bases: Mapping[str, Path]) -> None:
    """Raise ValueError where a difference between runs could come from something else than the share."""
    if len(set(bases.values())) < len(bases):
        raise ValueError(f"the runs {', '.join(bases)} must each stand on a base of its own")
    made = {}
    for name, base in bases.items():
        told = read_json(base / "training.json")
        parts = [told.get(part, {}) for part in ("main", "recipe")]
        made[name] = [part | {"mix": part.get("mix", {}) | {"questions": None}} for part in parts], told.get("seed")
    first, *others = made
    if other := next((name for name in others if made[name] != made[first]), None):
        raise ValueError(f"the bases of {first} and {other} differ in more than their share of question-answer pages")


def gains(graded: pd.DataFrame) -> pd.DataFrame:
    """Each difference of ``COMPARED`` on each base that has both models; within a difference the smallest share first.

    Args:
        graded: of ``grades``.

    Returns:
        run, share, what, label, value, low, high, prompts, families, draws, note.

    Raises:
        ValueError: no run has both models of a difference.
    """
    rows = []
    for (arm, other), what in COMPARED.items():
        for (of_base, name), own in graded.groupby(["share", "run"]):
            if {arm, other} <= set(own.arm):
                found = difference(own, arm, other)
                label = f"{what}: {of_base:.1%} question-answer pages"
                rows.append({"run": name, "share": of_base, "what": what, "label": label, **as_record(found), "note": ""})
    if not rows:
        raise ValueError(f"no run has both models of a difference: {'; '.join(map(' - '.join, COMPARED))}")
    return pd.DataFrame(rows)


def said(table: pd.DataFrame) -> list[str]:
    """For each difference, on how many bases its interval lies above 0, below it, or holds it."""
    found = []
    for what, rows in table.groupby("what", sort=False):
        above, below = int((rows.low > 0).sum()), int((rows.high < 0).sum())
        counts = {"above 0": above, "below 0": below, "not told from 0": len(rows) - above - below}
        found.append(f"{what}: " + ", ".join(f"{how} on {n} of {len(rows)} bases" for how, n in counts.items() if n))
    return found


def changes(graded: pd.DataFrame) -> list[str]:
    """How each difference of ``COMPARED`` changes from the base with the smallest share to that with the largest, in words.

    The prompts are the same on all bases, so the change is paired by prompt. A difference that one of the two bases lacks is
    left out.
    """
    found, (least, most) = [], (graded.share.min(), graded.share.max())
    for (arm, other), what in COMPARED.items():
        of = {base: own for base, own in graded.groupby("share") if base in (least, most) and {arm, other} <= set(own.arm)}
        if len(of) == 2:
            pairs = [
                paired(own, arm, other).assign(arm=f"{base:.1%}").rename(columns={"value": "score"}) for base, own in of.items()
            ]
            change = difference(pd.concat(pairs), f"{most:.1%}", f"{least:.1%}")
            found.append(f"{what}: from {least:.1%} of such pages to {most:.1%} it changes by {change}")
    return found


def figure(table: pd.DataFrame) -> Figure:
    """All differences with intervals; the title counts the bases of the last one."""
    finding = said(table)[-1]
    n = f"n = {table.prompts.max()} prompts of {table.families.max()} families"
    drawn = figures.differences(table, title=finding.replace(": ", ":\n", 1), unit=f"F1 of facts ({n})")
    each = "; ".join(f"{row.label}: {row.value:+.3f} {interval(row.low, row.high)}" for row in table.itertuples())
    drawn.finding, drawn.data = finding, table
    drawn.alt = f"Differences in F1 of facts by the share of question-answer pages that the base has read. {each}."
    return drawn


def page(sentences: Sequence[str], names: Sequence[str], alt: str) -> str:
    """What the runs show, as a page of Markdown around the figure, whose alternative text is ``alt``."""
    return f"""# Is the gain built in?

A base that has read many pages with a question and its answer might owe its answers to them and not to curated pairs. These
bases differ in nothing but the share of their tokens that such pages have. Each went through the whole method.
`python -m helpers.miniweb pretrain --questions SHARE --out BASE` makes a base, `python -m helpers run --base BASE --run NAME`
its run, and `python -m helpers.miniweb questions --runs {" ".join(names)}` this page.

![{alt}](questions.png)

{chr(10).join(f"- {sentence}." for sentence in sentences)}
"""


def main(args: Namespace) -> None:
    """Write the page, ``questions.csv``, ``.png``, ``.svg`` and the grades behind them, and print the table."""
    out = args.out or runs.root() / "questions"
    graded = grades(args.runs)
    table = gains(graded)
    write_table(out / "grades.parquet", graded)
    drawn = figure(table)
    beside.save(drawn, out, "questions")
    sentences = [*said(table), *changes(graded)]
    (out / "README.md").write_text(page(sentences, args.runs, drawn.alt), "utf-8")
    print(table[["label", "value", "low", "high"]].round(3).to_string(index=False), *sentences, sep="\n")
