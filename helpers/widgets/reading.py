"""Writes the content of the curation table as HTML: the list, the pair being read, the head, the summary of labels."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from helpers.stats.agreement import wilson
from helpers.widgets import drawing, html
from helpers.widgets.html import Search
from helpers.widgets.labels import sample
from helpers.widgets.scores import Scores
from helpers.widgets.verdicts import REASONS

MARKS = {"good": "✓ good", "bad": "✗ bad", "unsure": "? unsure", "skip": "skipped", "note": "note"}
HEADINGS = {"score": "46px", "kept": "52px", "label": "64px", "instruction": "auto", "chars": "44px"}


def listing(
    page: pd.DataFrame,
    facts: Mapping[str, Sequence],
    *,
    rows: Sequence[int],
    current: int,
    sort: str = "",
    down: bool = True,
    found: Search | None = None,
) -> str:
    """One page of pairs as a table: rows can be opened (`data-row`), headings sort (`data-sort`).

    Args:
        page: the pairs on the page.
        facts: heading -> a cell for each of them, made safe already; they stand left of the instruction.
        rows: number of each in the whole frame.
        current: the row being read.
        sort: the heading that decides the order; None where the order is fixed and headings do nothing.
        down: the largest is first.
        found: the search whose matches are marked in the instructions.
    """
    sizes = ["" if html.missing(output) else len(str(output)) for output in page["output"]]
    names = [*facts, "instruction", "chars"]
    head = "".join(_heading(name, sort, down) for name in names)
    body = []
    for i, (row, entry, size) in enumerate(zip(rows, page.to_dict("records"), sizes, strict=True)):
        flags = html.flags_of(entry.get("hygiene")) if "score" in facts else []
        flag = f'<span class="kit-bang" title="{html.plain(", ".join(flags))}">⚑ </span>' if flags else ""
        asked = html.line(entry["instruction"], found=found) or "(empty)"
        cells = [*(values[i] for values in facts.values()), f'<button class="kit-open" dir="auto">{flag}{asked}</button>', size]
        here = ' aria-current="true"' if row == current else ""
        inner = "".join(f"<td {html.cell_of(n in NUMBERS)}>{cell}</td>" for n, cell in zip(names, cells, strict=True))
        body.append(f'<tr data-row="{row}"{here}>{inner}</tr>')
    return f'<table class="kit-table"><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'


NUMBERS = {"score", "chars"}


def _heading(name: str, sort: str | None, down: bool) -> str:
    place = html.cell_of(name in NUMBERS)
    width = f'width="{HEADINGS.get(name, "56px")}"'
    shown = html.text(name, 20)
    if sort is None:
        return f"<th {width} {place}>{shown}</th>"
    order = "" if name != sort else f' aria-sort="{"descending" if down else "ascending"}"'
    arrow = "" if name != sort else " ▾" if down else " ▴"
    inner = (
        f'<button class="kit-sort" data-sort="{html.plain(name)}" title="sort by {html.plain(name)}">{shown}{arrow}</button>'
    )
    return f"<th {width} {place}{order}>{inner}</th>"


def verdict(code: int) -> str:
    """A reason of `REASONS` as a cell."""
    name = REASONS[code]
    return f'<span class="kit-why kit-why-{name}">{name}</span>'


def label(said: tuple[str, str] | None) -> str:
    """A label as a cell, with a sign where it has a note."""
    if not said or not said[0]:
        return ""
    note = f' <span title="{html.plain(said[1], 200)}">✎</span>' if said[1] and said[0] != "note" else ""
    return f'<span class="kit-label-{said[0]}">{MARKS[said[0]]}</span>{note}'


def bar(buttons: Mapping[str, str], said: tuple[str, str] | None, *, undo: bool, noted: bool) -> str:
    """Buttons for the pair on the screen, and a field for its note.

    Args:
        buttons: key -> name.
        said: the pair's label and note.
        undo: whether there is something to take back.
        noted: whether the pair can have a note.
    """
    held, note = said or ("", "")
    field = (
        '<input class="kit-note" data-note="1" type="text" maxlength="2000" aria-label="Note" placeholder="note, then Enter"'
    )
    field = f'{field} value="{html.plain(note, 2000)}">' if noted else ""
    return f'<div class="kit-act">{html.keys(buttons, off=() if undo else ("undo",), pressed=held)}{field}</div>'


def ratings(scores: Scores, row: int) -> str:
    """The rating of one pair by every judge, and the share of the other pairs that the judge scored lower."""
    several = len({iteration for _, iteration in scores.rows}) > 1
    body, replies = [], []
    for (judge, iteration), places in scores.rows.items():
        if places[row] < 0:
            continue
        rating = scores.ratings.iloc[places[row]].to_dict()
        others = scores.of((judge, iteration))
        score = float(others[row])
        share = "" if np.isnan(score) else f"{100 * np.count_nonzero(others < score) // np.count_nonzero(~np.isnan(others))}%"
        mass = "" if html.missing(rating.get("mass")) else f"{rating['mass']:.2f}"
        name = html.text(f"{judge}, iteration {iteration}" if several else judge, 80)
        body.append((name, f"<b>{html.score(score)}</b>", share, mass))
        if reply := html.text(rating.get("raw"), 2_000):
            replies.append(f'<div class="kit-soft">{name}</div><div class="kit-text">{reply}</div>')
    if not body:
        return '<div class="kit-soft">No judge has rated this pair.</div>'
    told = f"<details><summary>what they wrote</summary>{''.join(replies)}</details>" if replies else ""
    shown = 4 if any(mass for *_, mass in body) else 3
    return html.table(("judge", "score", "beats", "mass")[:shown], [cells[:shown] for cells in body], right=shown - 1) + told


def place(scores: np.ndarray, row: int, name: str) -> str:
    """The place of a pair among all scores of a judge."""
    bins = drawing.edges(scores, bins=48)
    words = f"{int((~np.isnan(scores)).sum()):,} scores by {name}; from {html.score(scores[row])} in the stronger colour"
    bars = {"candidates": drawing.shares(scores, bins)}
    drawn = drawing.histogram(bins, bars, threshold=float(scores[row]), label=words, height=56)
    return f'<div class="kit-title">Among all pairs</div>{drawn}<div class="kit-soft">{html.text(words)}</div>'


def near(found: pd.DataFrame, rows: Iterable[int], instructions: pd.Series) -> str:
    """Near duplicates of the pair, which can be opened."""
    items = [
        f'<li><button class="kit-link" data-row="{row}">{html.line(instructions.iloc[row])}</button>'
        f' <span class="kit-soft">{similarity:.0%} alike</span></li>'
        for row, similarity in zip(rows, found["similarity"], strict=True)
        if row >= 0
    ]
    return f'<div class="kit-title">Near duplicates</div><ul class="kit-near">{"".join(items) or "none"}</ul>'


def summary(
    judged: Mapping[int, str], codes: np.ndarray, chosen: np.ndarray, blind: np.ndarray, right: np.ndarray | None = None
) -> str:
    """A summary of how well the rule agrees with a reader's labels, once there are enough of them.

    Args:
        judged: row -> "good", "bad" or "unsure".
        codes: reason of each pair with the labels in it.
        chosen: which pairs the rule alone keeps.
        blind: which pairs were drawn blind; the shares are those of ``labels.sample``.
        right: 1, 0 or NaN per pair, once the truth is revealed.
    """
    given = Counter(judged.values())
    entries = [(f"{given['good']}", "good"), (f"{given['bad']}", "bad"), (f"{given['unsure']}", "unsure")]
    good, how = sample(_good(judged, len(chosen)), blind)
    for name, side in (("kept", True), ("leaves out", False)):
        said = good[(chosen == side) & ~np.isnan(good)]
        low, high = wilson(int(said.sum()), len(said))
        share = f"{said.mean():.0%}" if len(said) else "–"
        words = "that the rule keeps" if side else f"that it {name}"
        entries.append((share, f"good of {len(said)} {words} ({how}; 95% interval {low:.0%} to {high:.0%})"))
    if right is not None:
        sure = [(given == "good", right[row]) for row, given in judged.items() if given != "unsure"]
        known = [said == (true == 1) for said, true in sure if not np.isnan(true)]
        entries.append((f"{sum(known)} of {len(known)}", "of your labels agree with the truth"))
    changed = [f"{(codes == REASONS.index(name)).sum():,} {name}" for name in ("vetoed", "added")]
    step = (
        f"Your labels change the kept set: {' and '.join(changed)}. Go on as long as you like; next, move the threshold in its "
        "panel, which follows your labels, and train what it keeps."
    )
    return f'<div class="kit-done"><div class="kit-title">What your labels say</div>{html.stats(entries)}<p>{step}</p></div>'


def _good(judged: Mapping[int, str], pairs: int) -> np.ndarray:
    """For each pair 1 (labelled good), 0 (bad) or NaN."""
    good = np.full(pairs, np.nan)
    for row, given in judged.items():
        good[row] = {"good": 1, "bad": 0}.get(given, np.nan)
    return good


def agreement(table: pd.DataFrame, labeller: str) -> list[str]:
    """Agreement of other people with one labeller, one phrase for each person."""
    told = []
    for pair in table[(table["first"] == labeller) | (table["second"] == labeller)].itertuples():
        other = html.text(pair.second if pair.first == labeller else pair.first, 40)
        kappa = "no kappa yet" if np.isnan(pair.kappa) else f"kappa {pair.kappa:.2f} [{pair.low:.2f}, {pair.high:.2f}]"
        told.append(f"with {other}: {kappa}, n = {pair.n}".replace("-", "−"))
    return told


def left_out(counts: Mapping[str, int], name: str) -> str:
    """A note on lines of a label file that could not be used; empty if there are none."""
    if not counts:
        return ""
    why = ", ".join(f"{n} {reason}" for reason, n in counts.items())
    return f"{sum(counts.values())} lines of {html.text(name, 60)} left out ({why})"


def uncounted(given: Mapping[tuple[str, str], tuple[str, str]], labeller: str) -> str:
    """A note on labels of other people in the same file, and how to count them; empty if there are none.

    Args:
        given: (pair_id, labeller) -> (label, note), as in `labels.Book`.
        labeller: whose labels count.
    """
    others = Counter(who for (_, who), (label, _) in given.items() if who != labeller and label in ("good", "bad"))
    if not others:
        return ""
    by = ", ".join(f"{html.text(who, 40)} ({n:,})" for who, n in others.items())
    name = html.text(repr(next(iter(others))), 60)
    return f"{sum(others.values()):,} labels by others are not counted: {by}; pass labeller={name} to count theirs instead"
