"""Kill a run with SIGKILL at random moments, start it again each time, and compare it with an undisturbed run.

`python tests/bench/bench_kills.py --kills 20` on the sizes of the preset `smoke`; `--preset tiny --against tiny` kills a full
run and compares it with the run `tiny`, which must be there. Every other time kernel and workers are killed with the run;
else they must end by themselves.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys

import pandas as pd
import psutil

from helpers import runs, tables

NEW = "kills"


def command(preset: str, run: str) -> list[str]:
    """Begin or continue a run."""
    return [sys.executable, "-m", "helpers", "run", "--preset", preset, "--run", run]


def hashes(run: str) -> dict[str, str]:
    """A hash of every Parquet file's rows, bit for bit, and of the run's decisions, by path inside the run."""
    folder = runs.folder(run)
    found = {}
    for path in sorted(folder.rglob("*.parquet")):
        rows = pd.read_parquet(path)
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
    rng, killed, wrong = random.Random(args.seed), 0, 0
    while killed < args.kills:
        process = subprocess.Popen(command(args.preset, NEW), **quiet)
        try:
            process.wait(timeout=rng.uniform(*args.seconds))
            wrong += compared(straight)  # a run that got through; the next one takes the kills that are left
            shutil.rmtree(runs.folder(NEW))
        except subprocess.TimeoutExpired:
            kill(process, alone=killed % 2 == 1)
            killed += 1
            state = runs.status(NEW).state
            print(f"kill {killed}: {dict(state[state != 'missing'])}", flush=True)
    subprocess.run(command(args.preset, NEW), check=True, **quiet)
    return bool(wrong + compared(straight))


def compared(straight: str) -> int:
    """How many files of the killed run differ from the straight one's."""
    expected, found = hashes(straight), hashes(NEW)
    wrong = sorted(name for name in expected | found if expected.get(name) != found.get(name))
    print(f"{len(expected)} files of {straight}, {len(wrong)} differ: {', '.join(wrong) or 'none'}", flush=True)
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main())
