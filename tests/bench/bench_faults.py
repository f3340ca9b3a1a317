"""What goes wrong on real machines, one after the other, on stage 03 with the mini base: `python tests/bench/bench_faults.py`.

Each fault befalls a stage at work; then the stage is called again with nothing wrong, and its table is compared bit for bit
with that of a run that nobody disturbed. "Kept" are the rows that were on disk after the fault. A limit on the size of files
stands in for a full disk, and refused allocations for full memory. `bench_kills.py` kills whole runs, trainings included.
"""

import argparse
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from helpers import generation, method, models, stages
from helpers.config import Sampling, located
from helpers.miniweb import world
from helpers.tables import content_id, digest

RUN, STAGE, ROWS = "faults", "03_self_augmentation", 48
SAMPLING = Sampling(new_tokens=16, most_rows=6)
AS_A_USER = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")
"""Starts a command for which the permissions of files hold although it is root's."""


# --- In the stage's process -----------------------------------------------------------------------------------------


def work(fault: str) -> None:
    """The stage, with a fault inside its process."""
    INSIDE.get(fault, lambda: None)()
    texts = [pair["output"] for pair in world.seed_pairs(ROWS, 0)][:ROWS]
    segments = pd.DataFrame({"segment_id": [content_id(str(n), text) for n, text in enumerate(texts)], "text": texts})
    with stages.stage(RUN, STAGE, {"rows": ROWS}, inputs=[]) as stage:
        model = models.load(located("artifacts/mini-base"), four_bit=True)
        journal = stage.journal("candidates", key="segment_id")
        for batch in method.augment(model, segments, SAMPLING, adapter=None, done=journal.ids):
            journal.append(batch)


def full_disk() -> None:
    """No file may grow beyond what holds the first half of the rows."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def no_memory() -> None:
    """Batches of more than four rows find no memory."""
    complete = generation._complete

    def refused(model, rows, *rest):
        if len(rows) > 4:
            raise MemoryError
        return complete(model, rows, *rest)

    generation._complete = refused


def jumping_clock() -> None:
    """The clock goes back or forth by up to a day at each look."""
    real, rng = time.time, random.Random(0)
    time.time = lambda: real() + rng.uniform(-86_400, 86_400)


INSIDE = {"full disk": full_disk, "no memory": no_memory, "jumping clock": jumping_clock}


# --- Beside it ------------------------------------------------------------------------------------------------------


def folder(artifacts: Path) -> Path:
    return artifacts / RUN / STAGE


def started(artifacts: Path, fault: str = "none", before: Sequence[str] = ()) -> subprocess.Popen:
    """The stage in a process of its own, which the command ``before`` starts."""
    command = [*before, sys.executable, __file__, "--fault", fault]
    return subprocess.Popen(command, env=os.environ | {"KIT_ARTIFACTS": str(artifacts)}, stderr=subprocess.PIPE, text=True)


def said(process: subprocess.Popen) -> str:
    """How a stage ended: well, or with the last line of its error."""
    folders = re.escape(tempfile.gettempdir()) + r"/\w+"
    errors = re.sub(folders, "artifacts", process.communicate()[1]).strip().splitlines()
    return "ended well" if not process.returncode else f"ended with {process.returncode}: {errors[-1][:200] if errors else ''}"


def kept(artifacts: Path) -> int:
    journal = folder(artifacts) / "candidates.jsonl"
    if (folder(artifacts) / "manifest.json").exists():
        return ROWS
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def inside(fault: str) -> Callable[[Path], str]:
    return lambda artifacts: said(started(artifacts, fault))


def killed(artifacts: Path) -> str:
    """SIGKILL as soon as there are rows."""
    process = started(artifacts)
    while process.poll() is None and not kept(artifacts):
        time.sleep(0.01)
    if process.poll() is not None:
        return said(process)
    process.kill()
    process.communicate()
    return "killed"


def torn(artifacts: Path) -> str:
    """Killed in the middle of a row."""
    seen, journal = killed(artifacts), folder(artifacts) / "candidates.jsonl"
    if not journal.exists():
        return seen
    os.truncate(journal, journal.stat().st_size - 9)
    return f"{seen}, and the last row torn"


def twice(artifacts: Path) -> str:
    """A second process on the same stage."""
    first = started(artifacts)
    while first.poll() is None and not (folder(artifacts) / "settings.json").exists():
        time.sleep(0.01)
    first.send_signal(signal.SIGSTOP)  # it holds the stage until the other has tried
    second = said(started(artifacts))
    first.send_signal(signal.SIGCONT)
    return f"the first {said(first)}, the second {second}"


def read_only(artifacts: Path) -> str:
    """The folder of runs cannot be written, by root neither."""
    artifacts.chmod(0o500)
    try:
        return said(started(artifacts, before=() if os.geteuid() else AS_A_USER))
    finally:
        artifacts.chmod(0o700)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fault", help="be the stage, with this fault inside")
    if fault := parser.parse_args().fault:
        work(fault)
        return
    faults = {"kill -9": killed, "torn file": torn, "two processes": twice}
    faults |= {name: inside(name) for name in INSIDE} | {"read-only folder": read_only}
    print(f"{ROWS} rows:\n\n| fault | what was seen | kept | the table after |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as straight:
        said(started(Path(straight)))
        expected = digest(folder(Path(straight)) / "candidates.parquet")
    for name, befalls in faults.items():
        if name == "read-only folder" and not os.geteuid() and not shutil.which(AS_A_USER[0]):
            print(f"| {name} | not measured: root writes everywhere | | |", flush=True)
            continue
        with tempfile.TemporaryDirectory() as place:
            seen, rows = befalls(Path(place)), kept(Path(place))
            again = said(started(Path(place)))
            same = again == "ended well" and digest(folder(Path(place)) / "candidates.parquet") == expected
            print(f"| {name} | {seen} | {rows} | {'identical' if same else f'NOT identical ({again})'} |", flush=True)


if __name__ == "__main__":
    main()
