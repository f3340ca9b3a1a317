"""The whole method in one command: `python tests/bench/bench_end_to_end.py` runs the preset `tiny` from nothing.

All notebooks, from the mini web's pages to the figures, in a folder that is deleted afterwards. One turn.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Contestant, table

RUN = "bench"


def whole(preset: str) -> tuple[float, str]:
    """One run of a preset; the note says what each stage took."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "helpers", "run", "--preset", preset, "--run", RUN]
        there = os.environ | {"KIT_ARTIFACTS": folder}
        subprocess.run(command, env=there, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return 1, f"{len(list(Path(folder).glob(f'{RUN}/*/manifest.json')))} stages done"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="tiny")
    preset = parser.parse_args().preset
    print(table("runs", [Contestant(f"ours, {preset}", lambda: whole(preset))], turns=1), flush=True)


if __name__ == "__main__":
    main()
