"""Contestants on the same work in one process: turn by turn, CPU and wall seconds, medians, ratios, as Markdown.

CPU seconds are those of all threads and of children that ended. They are what is compared: another program that takes the
cores in the meantime makes the wall seconds longer and leaves them nearly as they are.
"""

import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from typing import NamedTuple

TURNS = 3


class Contestant(NamedTuple):
    """Who does the work: ``run()`` returns how much was done, in the table's unit, and a note on the result."""

    name: str
    run: Callable[[], tuple[float, str]]


class Turn(NamedTuple):
    """One timed turn; seconds."""

    work: float
    cpu: float
    wall: float
    note: str


def timed(run: Callable[[], tuple[float, str]]) -> Turn:
    """One turn of a contestant."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    with redirect_stdout(sys.stderr):  # peers print; standard output is the table's
        work, note = run()
    return Turn(work, cpu_seconds() - cpu, time.perf_counter() - wall, note)


def cpu_seconds() -> float:
    """CPU seconds of this process so far, with those of its children that ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def table(
    unit: str,
    contestants: Sequence[Contestant],
    missing: Sequence[tuple[str, str]] = (),
    turns: int = TURNS,
    *,
    also: str = "",
) -> str:
    """A Markdown table of all contestants, the first of which is ours; each takes its turn before any takes its next.

    A contestant that fails is a row "not measured" with the reason, and so is each (name, reason) of ``missing``. The last
    column but one says how many times as much of ``unit`` ours does in a CPU second; a line below the table says it of the
    contestant ``also``, which is ours too.
    """
    taken, failed = {each.name: [] for each in contestants}, dict(missing)
    for turn in range(turns):
        for each in contestants:
            if each.name in failed:
                continue
            print(f"turn {turn + 1} of {turns}: {each.name}", file=sys.stderr, flush=True)
            try:
                taken[each.name].append(timed(each.run))
            except Exception as error:  # whatever a peer fails with is its row
                failed[each.name] = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    rates = {name: statistics.median(t.work / t.cpu for t in turns) for name, turns in taken.items() if turns}
    ours = rates.get(contestants[0].name)
    lines = [f"| | {unit} / CPU s | {unit} / s | CPU s | s | ours is | note |", "|---|---|---|---|---|---|---|"]
    for name in [*taken, *(name for name in failed if name not in taken)]:
        if name in failed:
            lines.append(f"| {name} | not measured: {failed[name]} | | | | | |")
            continue
        each = taken[name]
        each_turn = [(t.cpu, t.wall, t.work / t.wall) for t in each]
        cpu, wall, rate = (statistics.median(values) for values in zip(*each_turn, strict=True))
        ratio = f"{ours / rates[name]:.2f} x" if ours and name != contestants[0].name else ""
        lines.append(
            f"| {name} | {_figure(rates[name])} | {_figure(rate)} | {cpu:.2f} | {wall:.2f} | {ratio} | {each[-1].note} |"
        )
    peers = [name for name in rates if also in rates and not name.startswith("ours")]
    lines += [f"\n{also[0].upper()}{also[1:]}, is {rates[also] / rates[peer]:.1f} x {peer}." for peer in peers]
    return "\n".join(lines)


def _figure(value: float) -> str:
    return f"{value:,.1f}" if value >= 10 else f"{value:.2f}"
