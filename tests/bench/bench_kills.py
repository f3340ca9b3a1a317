"""Whole runs killed with SIGKILL at random moments, each started again, and compared with an undisturbed run.

`python tests/bench/bench_kills.py --kills 50` on the sizes of the preset `smoke`; `--preset tiny --against tiny` kills a full
run and compares it with the run `tiny`, which must be there. Every other time kernel and workers are killed with the run;
else they must end by themselves. A run that gets through is compared, deleted and begun anew, and so is the last one.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter

import pandas as pd
import psutil

from helpers import runs, tables

NEW = "kills"


def command(preset: str, run: str) -> list[str]:
    """Begin or continue a run."""
    return [sys.executable, "-m", "helpers", "run", "--preset", preset, "--run", run]


def hashes(run: str) -> dict[str, str]:
    """A hash of every Parquet file's rows, bit for bit, and of the run's decisions, by path inside the run.

    Columns of ``seconds`` are left out: they say how long something took.
    """
    folder = runs.folder(run)
    found = {}
    for path in sorted(folder.rglob("*.parquet")):
        rows = pd.read_parquet(path).drop(columns="seconds", errors="ignore")
        bits = [row.hex() if isinstance(row, float) else str(row) for column in rows for row in rows[column].tolist()]
        found[str(path.relative_to(folder))] = tables.content_id(*map(str, rows.columns), *bits)
    for path in sorted(folder.rglob("decision.json")):
        found[str(path.relative_to(folder))] = tables.content_id(path.read_text())
    numbers = json.loads((folder / "summary.json").read_text()) | {"run": ""}
    return found | {"summary.json": tables.content_id(json.dumps(numbers, sort_keys=True))}


def kill(process: subprocess.Popen, *, alone: bool) -> None:
    """SIGKILL to the process, its kernel and its workers; or to the process ``alone``, after which the others must end."""
    family = psutil.Process(process.pid).children(recursive=True)
    for pid in [process.pid] if alone else [process.pid, *(child.pid for child in family)]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()
    _, alive = psutil.wait_procs(family, timeout=60)
    if alive:
        raise RuntimeError(f"{len(alive)} processes outlived their run: {alive}")


def main() -> int:
    """Run, kill, continue, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="smoke")
    parser.add_argument("--against", help="a finished run of the preset; made first by default")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seconds", type=float, nargs=2, default=(5, 40), help="shortest and longest time before a kill")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if runs.folder(NEW).exists():
        raise SystemExit(f"there is a run {NEW!r} already: python -m helpers clean --run {NEW}")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    straight = args.against or f"{NEW}-straight"
    if not args.against:
        subprocess.run(command(args.preset, straight), check=True, **quiet)
    rng, killed, differ = random.Random(args.seed), Counter(), []
    while killed.total() < args.kills:
        process = subprocess.Popen(command(args.preset, NEW), **quiet)
        try:
            process.wait(timeout=rng.uniform(*args.seconds))
            differ.append(compared(straight))
            shutil.rmtree(runs.folder(NEW))
        except subprocess.TimeoutExpired:
            kill(process, alone=killed.total() % 2 == 1)
            killed[at_work(NEW)] += 1
            print(f"kill {killed.total()}: {at_work(NEW)}", file=sys.stderr, flush=True)
    subprocess.run(command(args.preset, NEW), check=True, **quiet)
    differ.append(compared(straight))
    files = len(hashes(straight))
    print("| killed | times |\n|---|---|\n" + "\n".join(f"| {where} | {times} |" for where, times in sorted(killed.items())))
    print(f"\n{args.kills} kills; {sum(not each for each in differ)} of {len(differ)} runs identical in all of {files} files.")
    for names in filter(None, differ):
        print(f"\nDifferent: {', '.join(names)}.")
    return bool(sum(map(len, differ)))


def at_work(run: str) -> str:
    """Where a run stands that was killed: the first stage that is not done, and whether it had begun."""
    state = runs.status(run).state
    stage = next((name for name in state.index if state[name] != "done"), None)
    return "after the last stage" if stage is None else f"{'before' if state[stage] == 'missing' else 'in'} {stage}"


def compared(straight: str) -> list[str]:
    """The files of the killed run that differ from the straight one's."""
    expected, found = hashes(straight), hashes(NEW)
    return sorted(name for name in expected | found if expected.get(name) != found.get(name))


if __name__ == "__main__":
    sys.exit(main())
