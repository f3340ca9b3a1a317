"""Blind votes between the answers of two arms to the same prompts: the panel, the JSONL file it writes, and the tally."""

from collections import Counter
from functools import partial
from pathlib import Path

import ipywidgets as W
import pandas as pd

from helpers.stats.agreement import wilson
from helpers.tables import content_id
from helpers.widgets import html, labels
from helpers.widgets.answers import ballots, equal, shared
from helpers.widgets.panel import Panel, button, row

KEYS = {"l": "left", "t": "tie", "r": "right", "s": "skip", "z": labels.UNDO}
FIELDS = ["prompt_id", "vote", "left", "right", "ballot"]


def sides(prompt_id: str, first: str, second: str, *, seed: int = 0) -> tuple[str, str]:
    """The arm on the left and the arm on the right, drawn by a coin that depends only on the seed and the prompt."""
    return (first, second) if int(content_id(str(seed), prompt_id), 16) % 2 else (second, first)


def read(path: Path) -> pd.DataFrame:
    """The valid votes, with every undo applied, in the order in which they were given.

    Args:
        path: JSONL file; a missing one holds no votes.

    Returns:
        Frame with prompt_id, vote (name of an arm, "tie" or "skip"), left, right (names of the arms) and ballot (hash of
        prompt, arms and texts: a vote on answers that have changed since does not count for the new ones).
        `attrs["left_out"]` counts by reason the lines that are no votes.
    """
    held: dict[str, dict] = {}
    left_out: Counter[str] = Counter()
    for cast in labels.lines(Path(path)):
        if why := _no_vote(cast):
            left_out[why] += 1
            continue
        held.pop(cast["ballot"], None)
        if cast["vote"] != labels.UNDO:
            held[cast["ballot"]] = cast
    frame = pd.DataFrame(list(held.values()), columns=FIELDS, dtype=str)
    frame.attrs["left_out"] = dict(left_out)
    return frame


def _no_vote(row: object) -> str:
    """The reason why a line is no vote; empty if it is one."""
    if not isinstance(row, dict):
        return "no JSON object"
    if missing := [name for name in FIELDS if row.get(name) in (None, "")]:
        return f"no {missing[0]}"
    if not isinstance(row["prompt_id"], str | int) or not all(isinstance(row[name], str) for name in FIELDS[1:]):
        return "a field is no text"
    known = (row["left"], row["right"], "tie", "skip", labels.UNDO)
    return "unknown vote" if row["vote"] not in known or row["left"] == row["right"] else ""


def tally(votes: pd.DataFrame, *, first: str, second: str, same: int = 0) -> dict[str, float]:
    """How often `first` was preferred to `second`.

    Args:
        votes: vote, left and right, as from `read`; votes between other arms and skipped prompts do not count.
        first: the arm whose wins are counted.
        second: the arm it is compared with.
        same: number of prompts to which both gave the same answer. They count as ties, and nobody is asked about them.

    Returns:
        wins, ties, losses, n (their sum), rate (a tie counts half a win; NaN if n is 0), low and high: the 95 % Wilson
        interval of the rate. It takes prompts as independent, and is a little too wide where there are ties.
    """
    between = votes[votes["left"].isin([first, second]) & votes["right"].isin([first, second])]
    wins, ties, losses = (int((between["vote"] == vote).sum()) for vote in (first, "tie", second))
    ties += same
    n, won = wins + ties + losses, wins + ties / 2
    low, high = wilson(won, n)
    counts = {"wins": wins, "ties": ties, "losses": losses, "n": n}
    return counts | {"rate": won / n if n else float("nan"), "low": low, "high": high}


def ballot(instruction: str, left: str, right: str) -> str:
    """A prompt and two answers side by side as HTML, without the names of the arms."""
    shown = "".join(
        f'<div class="kit-side">{html.output(f"{side} answer", answer)}</div>'
        for side, answer in (("left", left), ("right", right))
    )
    asked = f'<div class="kit-text kit-instruction" dir="auto">{html.text(instruction)}</div>'
    return f'<div class="kit-title">Prompt</div>{asked}<div class="kit-pairs">{shown}</div>'


def revealed(votes: pd.DataFrame, texts: pd.DataFrame, *, first: str, second: str, same: int = 0) -> str:
    """The tally as HTML and, for each prompt, both answers with their arms and the vote, the last vote first.

    Args:
        votes: as from `read`.
        texts: by prompt_id: instruction and, under the names of the arms, their answers.
        first: the arm whose wins are counted.
        second: the arm it is compared with.
        same: see `tally`.
    """
    found = tally(votes, first=first, second=second, same=same)
    rate = f"{found['rate']:.0%}" if found["n"] else "–"
    interval = f"n = {found['n']:,}, 95% Wilson interval {found['low']:.0%} to {found['high']:.0%}"
    words = f"win rate of {html.text(first, 60)} against {html.text(second, 60)}, {interval}"
    ties = f"ties, {same:,} of them equal answers" if same else "ties"
    counts = [(f"{found[name]:,}", said) for name, said in (("wins", "wins"), ("ties", ties), ("losses", "losses"))]
    note = "A tie counts half a win; the interval takes prompts as independent. Names and numbers go with the next vote."
    rows = []
    for vote in votes[::-1].itertuples():
        asked = texts.loc[vote.prompt_id]
        answers = (f"<b>{html.text(arm, 60)}</b><br>{html.line(asked[arm], 240)}" for arm in (vote.left, vote.right))
        rows.append((html.line(asked["instruction"]), *answers, html.text(vote.vote, 60)))
    table = html.table(("prompt", "left", "right", "your vote"), rows)
    listed = f'<div class="kit-scroll" tabindex="0" role="region" aria-label="names by prompt">{table}</div>'
    told = html.stats([(rate, words), *counts])
    return f'<div role="status">{told}<div class="kit-soft">{note}</div></div>{listed}'


class VotePanel(Panel):
    """Vote between two arms blind: left, right, tie or skip, by button or by the keys l, r, t, s; z takes the last one back.

    Prompts come in random order, so that votes on some of them are a sample of all. A coin decides for each prompt which
    arm stands on the left. Prompts to which both gave the same answer count as ties as soon as their turn has passed, and
    nobody is asked about them. Every vote is on disk before the next prompt appears. A panel that is opened again on the
    same file continues where it ended. "reveal" names the arms of the prompts voted on so far and shows the tally, until
    the next vote.

    Args:
        answers: frame with prompt_id, arm, text; one answer for each prompt and arm.
        prompts: frame with prompt_id, instruction; only these are asked.
        first: the arm whose wins are counted.
        second: the arm it is compared with.
        path: JSONL file to append to; it may hold votes between other arms.
        seed: seed of the order and the sides; two people who should see the same use the same one.

    Raises:
        ValueError: an arm has no answers, or two to one prompt, or the arms have no prompt in common.
    """

    def __init__(self, answers: pd.DataFrame, prompts: pd.DataFrame, *, first: str, second: str, path: Path, seed: int = 0):
        self.first, self.second, self.path = first, second, Path(path)
        self._texts = shared(answers, prompts, first, second)
        shuffled = sorted(self._texts.index, key=lambda prompt_id: content_id(str(seed), prompt_id))
        self._ids = ballots(self._texts)
        self._order = [self._ballot(prompt_id, seed) for prompt_id in shuffled]
        same = equal(self._texts[first], self._texts[second])
        self._same = [bool(same[row["prompt_id"]]) for row in self._order]
        self._ballots = [row for row, same in zip(self._order, self._same, strict=True) if not same]
        self._build()
        self._draw()

    @property
    def votes(self) -> pd.DataFrame:
        """The votes on these answers as they stand in the file: prompt_id, vote, left, right, ballot."""
        given = read(self.path)
        return given[given["ballot"].isin([row["ballot"] for row in self._ballots])].reset_index(drop=True)

    @property
    def current(self) -> dict[str, str] | None:
        """The prompt to vote on now: prompt_id, left, right, ballot; None if all prompts have votes."""
        given = set(self.votes["ballot"])
        return next((row for row in self._ballots if row["ballot"] not in given), None)

    @property
    def passed(self) -> int:
        """Number of prompts with equal answers that come before the first prompt without a vote; at the end, all of them."""
        here = self.current
        until = self._order.index(here) if here else len(self._order)
        return sum(self._same[:until])

    def give(self, choice: str) -> None:
        """Vote "left", "right", "tie" or "skip" on the prompt shown. The vote is on disk before the next prompt appears."""
        if here := self.current:
            self._write(here | {"vote": here.get(choice, choice)})

    def undo(self) -> None:
        """Take the last vote back; its prompt is asked again, and the file keeps both rows."""
        for last in self.votes[-1:].to_dict("records"):
            self._write(last | {"vote": labels.UNDO})

    def _ballot(self, prompt_id: str, seed: int) -> dict[str, str]:
        left, right = sides(prompt_id, self.first, self.second, seed=seed)
        return {"prompt_id": prompt_id, "left": left, "right": right, "ballot": self._ids[prompt_id]}

    def _write(self, row: dict[str, str]) -> None:
        labels.append(self.path, **row)
        self._draw()

    def _build(self) -> None:
        self._views = self._head, self._names, self._answers = W.HTML(), W.HTML(), W.HTML()
        self._bar = W.HTML()
        self.reveal = button("reveal", self._on_reveal)
        parts = [self._head, row(self._bar, self.reveal, margin="6px 0"), self._names, self._answers]
        parts.append(W.HTML(html.help_on({"l t r s": "left, tie, right, skip", "z": "take the last vote back"})))
        keys = {key: partial(self._press, choice) for key, choice in KEYS.items()}
        self._assemble(*parts, label="vote blind", keys=keys, bound=tuple(KEYS), shown=lambda: self.shown)

    @property
    def shown(self) -> str:
        """Ballot of the prompt on the screen; empty when every prompt is voted on."""
        here = self.current
        return here["ballot"] if here else ""

    def _press(self, choice: str) -> None:
        self.undo() if choice == labels.UNDO else self.give(choice)

    def _draw(self) -> None:
        done, total, here = len(self.votes), len(self._ballots), self.current
        ties = f"{sum(self._same):,} more have equal answers and count as ties" if any(self._same) else ""
        bar = f'<div class="kit-bar"><i style="width:{done / max(total, 1):.1%}"></i></div>'
        self._head.value = html.head(f"{done:,}", [f"of {total:,} prompts voted on", ties]) + bar
        self._names.value = ""
        off = [] if done else [labels.UNDO]
        self._bar.value = html.keys(KEYS, off=off if here else [*off, *(c for c in KEYS.values() if c != labels.UNDO)])
        self.reveal.disabled = not done
        self._answers.value = f"<p>Done: the votes are in <code>{html.text(self.path.name)}</code>.</p>"
        if here:
            shown = ballot(*self._texts.loc[here["prompt_id"], ["instruction", here["left"], here["right"]]])
            self._answers.value = f'<div data-pair="{here["ballot"]}">{shown}</div>'

    def _on_reveal(self) -> None:
        names = {"first": self.first, "second": self.second}
        self._names.value = revealed(self.votes, self._texts, **names, same=self.passed)
