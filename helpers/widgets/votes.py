"""Votes between two arms' answers to the same prompts: a blind panel, the JSONL file it writes, and the tally."""

from pathlib import Path

import ipywidgets as W
import pandas as pd

from helpers.tables import content_id
from helpers.widgets import html, labels
from helpers.widgets.panel import Panel, button, row
from helpers.widgets.scores import wilson

KEYS = {"l": "left", "t": "tie", "r": "right", "s": "skip", "z": labels.UNDO}
FIELDS = ["prompt_id", "vote", "left", "right", "ballot"]


def sides(prompt_id: str, first: str, second: str, *, seed: int = 0) -> tuple[str, str]:
    """The arm on the left and the arm on the right: a coin that only the seed and the prompt decide."""
    return (first, second) if int(content_id(str(seed), prompt_id), 16) % 2 else (second, first)


def read(path: Path) -> pd.DataFrame:
    """The votes that hold after every undo, in the order in which they were given.

    Args:
        path: JSONL file; a missing one holds no votes, lines that are no votes are left out.

    Returns:
        Frame with prompt_id, vote (name of an arm, "tie" or "skip"), left, right (names of the arms) and ballot (hash of
        prompt, arms and texts: a vote on answers that have changed since does not count for the new ones).
    """
    held: dict[str, dict] = {}
    for cast in labels.rows(Path(path), set(FIELDS)):
        held.pop(cast["ballot"], None)
        if cast["vote"] != labels.UNDO:
            held[cast["ballot"]] = cast
    return pd.DataFrame(list(held.values()), columns=FIELDS, dtype=str)


def tally(votes: pd.DataFrame, *, first: str, second: str) -> dict[str, float]:
    """How often `first` was preferred to `second`.

    Args:
        votes: vote, left and right, as from `read`; votes between other arms and skipped prompts do not count.
        first: the arm whose wins are counted.
        second: the arm it is compared with.

    Returns:
        wins, ties, losses, n (their sum), rate (a tie counts half a win; NaN if n is 0), low and high: the 95 % Wilson
        interval of the rate. It takes prompts as independent, and is a little too wide where there are ties.
    """
    between = votes[votes["left"].isin([first, second]) & votes["right"].isin([first, second])]
    wins, ties, losses = (int((between["vote"] == vote).sum()) for vote in (first, "tie", second))
    n, won = wins + ties + losses, wins + ties / 2
    low, high = wilson(won, n)
    counts = {"wins": wins, "ties": ties, "losses": losses, "n": n}
    return counts | {"rate": won / n if n else float("nan"), "low": low, "high": high}


def ballot(instruction: str, left: str, right: str) -> str:
    """A prompt and two answers to it side by side as HTML, without a word on where they come from."""
    shown = "".join(
        f'<div class="kit-side"><div class="kit-title">{side}</div><div class="kit-text kit-output" dir="auto" tabindex="0" '
        f'role="region" aria-label="{side} answer">{html.text(answer) or "<i>no text</i>"}</div></div>'
        for side, answer in (("left", left), ("right", right))
    )
    same = '<div class="kit-soft">The two answers are the same.</div>' if left == right else ""
    asked = f'<div class="kit-text kit-instruction" dir="auto">{html.text(instruction)}</div>'
    return f'<div class="kit-title">Prompt</div>{asked}<div class="kit-pairs">{shown}</div>{same}'


def revealed(votes: pd.DataFrame, instructions: pd.Series, *, first: str, second: str) -> str:
    """The tally and, by prompt, whose answers stood left and right and what the vote was, the last one first, as HTML.

    Args:
        votes: as from `read`.
        instructions: by prompt_id.
        first: the arm whose wins are counted.
        second: the arm it is compared with.
    """
    found = tally(votes, first=first, second=second)
    rate = f"{found['rate']:.0%}" if found["n"] else "–"
    interval = f"n = {found['n']:,}, 95% Wilson interval {found['low']:.0%} to {found['high']:.0%}"
    words = f"win rate of {html.text(first, 60)} against {html.text(second, 60)}, {interval}"
    numbers = html.stats([(rate, words), *((f"{found[name]:,}", name) for name in ("wins", "ties", "losses"))])
    note = "A tie counts half a win; the interval takes prompts as independent. Names and numbers go with the next vote."
    head = "".join(f"<th>{name}</th>" for name in ("prompt", "left", "right", "your vote"))
    rows = [(instructions[row.prompt_id], row.left, row.right, row.vote) for row in votes[::-1].itertuples()]
    body = "".join(f"<tr>{''.join(f'<td dir=auto>{html.line(value)}</td>' for value in row)}</tr>" for row in rows)
    table = f'<table class="kit-table kit-auto"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    listed = f'<div class="kit-scroll" tabindex="0" role="region" aria-label="names by prompt">{table}</div>'
    return f'<div role="status">{numbers}<div class="kit-soft">{note}</div></div>{listed}'


class VotePanel(Panel):
    """Vote between two arms blind: left, right, tie or skip, by button or by the keys l, r, t, s; z takes the last one back.

    Prompts come in random order, so that votes on some of them are a sample of all; a coin decides for each prompt which
    arm stands left. Every vote is on the disk before the next prompt appears, and opening the panel again on the same
    file goes on where it ended. "reveal" names the arms of the prompts voted on so far and shows the tally, until the
    next vote.

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
        self._texts = _shared(answers, prompts, first, second)
        shuffled = sorted(self._texts.index, key=lambda prompt_id: content_id(str(seed), prompt_id))
        self._ballots = [self._ballot(prompt_id, seed) for prompt_id in shuffled]
        self._build()
        self._draw()

    @property
    def votes(self) -> pd.DataFrame:
        """The votes on these answers as they stand in the file: prompt_id, vote, left, right, ballot."""
        given = read(self.path)
        return given[given["ballot"].isin([row["ballot"] for row in self._ballots])].reset_index(drop=True)

    @property
    def current(self) -> dict[str, str] | None:
        """What to vote on now: prompt_id, left, right, ballot; None when every prompt is voted on."""
        given = set(self.votes["ballot"])
        return next((row for row in self._ballots if row["ballot"] not in given), None)

    def give(self, choice: str) -> None:
        """Vote "left", "right", "tie" or "skip" on the prompt that is shown, on disk before the next one appears."""
        if here := self.current:
            self._write(here | {"vote": here.get(choice, choice)})

    def undo(self) -> None:
        """Take the last vote back; its prompt is asked again, and the file keeps both rows."""
        for last in self.votes[-1:].to_dict("records"):
            self._write(last | {"vote": labels.UNDO})

    def _ballot(self, prompt_id: str, seed: int) -> dict[str, str]:
        left, right = sides(prompt_id, self.first, self.second, seed=seed)
        ballot_id = content_id(prompt_id, *self._texts.columns, *self._texts.loc[prompt_id])
        return {"prompt_id": prompt_id, "left": left, "right": right, "ballot": ballot_id}

    def _write(self, row: dict[str, str]) -> None:
        labels.append(self.path, **row)
        self._draw()

    def _build(self) -> None:
        self._views = self._head, self._names, self._answers = W.HTML(), W.HTML(), W.HTML()
        choices = KEYS.items()
        self.buttons = {choice: button(f"{choice} ({key})", self._press, key, min_width="96px") for key, choice in choices}
        self.buttons["reveal"] = button("reveal", self._on_reveal, margin="2px 2px 2px 24px")
        buttons = row(*self.buttons.values(), margin="8px 0")
        self._assemble(self._head, buttons, self._names, self._answers, label="vote blind", keys=[*KEYS], on_key=self._press)

    def _press(self, key: str) -> None:
        self.undo() if KEYS[key] == labels.UNDO else self.give(KEYS[key])

    def _draw(self) -> None:
        done, total, here = len(self.votes), len(self._ballots), self.current
        told = f'<div class="kit-head kit-num">{done} <small>of {total} prompts voted on</small></div>'
        bar = f'<div class="kit-bar"><i style="width:{done / total:.1%}"></i></div>'
        self._head.value, self._names.value = f'<div role="status">{told}{bar}</div>', ""
        for choice, control in self.buttons.items():
            control.disabled = not done if choice in (labels.UNDO, "reveal") else here is None
        self._answers.value = f"<p>Done: the votes are in <code>{html.text(self.path.name)}</code>.</p>"
        if here:
            self._answers.value = ballot(*self._texts.loc[here["prompt_id"], ["instruction", here["left"], here["right"]]])

    def _on_reveal(self) -> None:
        self._names.value = revealed(self.votes, self._texts["instruction"], first=self.first, second=self.second)


def _shared(answers: pd.DataFrame, prompts: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """By prompt_id: instruction and, under the names of the arms in alphabetical order, what both answered."""
    if missing := {first, second} - set(answers["arm"]):
        raise ValueError(f"no answers of arm {', '.join(sorted(missing))}; there are {', '.join(sorted(set(answers['arm'])))}")
    rows = answers[answers["arm"].isin([first, second])]
    if rows.duplicated(["prompt_id", "arm"]).any():
        raise ValueError("an arm has several answers to one prompt: pass the answers under one tag")
    both = rows.fillna({"text": ""}).pivot(index="prompt_id", columns="arm", values="text").dropna()
    shared = prompts.set_index("prompt_id")[["instruction"]].join(both, how="inner")
    if shared.empty:
        raise ValueError(f"arms {first} and {second} have no prompt in common")
    return shared
