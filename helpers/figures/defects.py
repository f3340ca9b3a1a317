"""Known mistakes: what each one of the best-known re-implementation does to M_1 minus M_0."""

from typing import NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from helpers import stats
from helpers.figures import beside
from helpers.figures.beside import Panel
from helpers.figures.claims import FACTS, WIN_RATE, bars, claim, counted, single
from helpers.stats import Estimate

REMEDY = "This command makes it, with the name of a finished run: python -m helpers ablate --defects --fork RUN"

REPORTED = (("M_0", 32.30, 1.65), ("M_1", 23.35, 1.49))
"""What its authors report: AlpacaEval win rate (per cent) against text-davinci-003 with ChatGPT as judge, and the standard
error; 805 prompts. Source: the README of github.com/Spico197/Humpback."""


class Gain(NamedTuple):
    """A mistake: the scores of M_0 and M_1 with it, their difference, and how far that is from the difference without it."""

    name: str
    label: str
    what: str
    m_0: Estimate
    m_1: Estimate
    gain: Estimate
    change: Estimate


def gains(ours: pd.DataFrame) -> list[Gain]:
    """Every mistake in the order of its first rows; the first one is the run without mistakes.

    Args:
        ours: grades with defect, label, what and arm (``M_0``, ``M_1``).
    """
    parts = dict(list(single(ours, ["defect", "arm"]).groupby("defect", sort=False)))
    pairs = {name: stats.paired(rows, "M_1", "M_0").rename(columns={"value": "score"}) for name, rows in parts.items()}
    columns = ["family", "draw", "prompt_id", "score"]
    pairs = {name: rows[columns].assign(arm=name) for name, rows in pairs.items()}
    plain = next(iter(pairs.values())).assign(arm="")
    return [
        Gain(
            name,
            rows.label.iloc[0],
            rows.what.iloc[0],
            stats.score(rows, "M_0"),
            stats.score(rows, "M_1"),
            stats.difference(rows, "M_1", "M_0"),
            stats.difference(pd.concat([pairs[name], plain]), name, ""),
        )
        for name, rows in parts.items()
    ]


def defects(ours: pd.DataFrame | None, *, unit: str = FACTS, width: float = 7.2) -> Figure:
    """M_1 minus M_0 under each mistake, beside what the re-implementation reports of its two models.

    Args:
        ours: see ``gains``; None shows what the re-implementation reports alone.
    """
    panel, finding = None, ""
    if ours is not None and len(ours):
        found = gains(ours)
        rows = [
            {"label": f"{each.label}\nM_0 {each.m_0.value:.2f}, M_1 {each.m_1.value:.2f}", "series": "", "n": each.gain.prompts}
            | {"value": each.gain.value, "low": each.gain.low, "high": each.gain.high}
            | {"m_0": each.m_0.value, "m_1": each.m_1.value, "change": each.change.value}
            for each in found
        ]
        axis = f"M_1 minus M_0: {unit.split(',')[0]}"
        panel, finding = Panel(counted(ours), pd.DataFrame(rows), axis, bars(ours)), _finding(found)
    theirs = pd.DataFrame(REPORTED, columns=["label", "value", "error"]).assign(series="")
    theirs = theirs.assign(low=theirs.value - 1.96 * theirs.error, high=theirs.value + 1.96 * theirs.error)
    note = "LLaMA-2 7B, n = 805 prompts, ChatGPT as judge; bars: 1.96 printed standard errors."
    theirs = Panel("The report of the best-known re-implementation", theirs, WIN_RATE, note)
    return beside.beside(beside.dots, panel, theirs, finding=finding, remedy=REMEDY, width=width, height=2.8)


def _finding(found: list[Gain]) -> str:
    """M_1 minus M_0 without a mistake, then the mistakes that move it for certain, the strongest first."""
    parts = [claim("M_1", "M_0", _numbers(found[0].gain))]
    for sign, said in ((-1, "the difference becomes smaller:"), (1, "the difference becomes larger:")):
        moved = [each for each in found[1:] if min(sign * each.change.low, sign * each.change.high) > 0]
        moved = sorted(moved, key=lambda each: -abs(each.change.value))
        told = [f"{each.label} ({each.change.value:+.2f} [{each.change.low:+.2f}, {each.change.high:+.2f}])" for each in moved]
        parts += [f"{said} {', '.join(told)}".replace("-", "−")] if told else []
    return "; ".join(parts if len(parts) > 1 else [*parts, "no mistake moves the difference for certain"])


def _numbers(found: Estimate) -> tuple[float, float, float]:
    return found.value, found.low, found.high
