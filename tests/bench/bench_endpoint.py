"""A real server in place of a local base: `python tests/bench/bench_endpoint.py` starts `transformers serve`.

The mini base answers prompts of the mini web, first on this machine in the kit's batches, then through the endpoint, from a
server that is killed after a third and after two thirds of them and started again. Most likely tokens, 32 bits on both sides.
The note says how many rows were answered, how many more than once, and how many texts are those of the local base.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
from collections import Counter

import peers
from measure import Contestant, table

from helpers import endpoint, models
from helpers.config import Base, Sampling, located
from helpers.generation import Prompt, generate
from helpers.miniweb import world
from helpers.prompts import Forward

BASE = located("artifacts/mini-base")
SERVE = "import sys; sys.path.append(sys.argv.pop(1)); from transformers.cli.transformers import main; main()"


class Served:
    """`transformers serve` with the mini base on a free port."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start it; whoever asks it waits."""
        command = [sys.executable, "-c", SERVE, peers.folder("serving"), "serve", BASE, "--device", "cpu", "--dtype", "float32"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": os.environ | {"HF_HUB_OFFLINE": "1"}}
        self.process = subprocess.Popen([*map(str, command), "--port", str(self.port)], **quiet)

    def kill(self) -> None:
        """Kill it as it stands."""
        self.process.kill()
        self.process.wait()


def local(prompts: list[Prompt], sampling: Sampling, texts: dict[str, str]) -> tuple[float, str]:
    """The kit's own batches; ``texts`` is filled."""
    model = models.load(BASE, four_bit=False, dtype="fp32")
    texts |= {row.row_id: row.text for batch in generate(model, prompts, sampling) for row in batch}
    return len(prompts), f"{len(texts)} answered"


def served(prompts: list[Prompt], sampling: Sampling, texts: dict[str, str]) -> tuple[float, str]:
    """The same from a server that does not live long."""
    server, rows, kills = Served(), [], [len(prompts) // 3, 2 * len(prompts) // 3]
    server.start()
    remote = endpoint.connect(Base(path=str(BASE)), f"http://127.0.0.1:{server.port}/v1")
    remote.concurrency = 4
    try:
        for batch in generate(remote, prompts, sampling):
            rows += batch
            if kills and len(rows) >= kills[0]:
                del kills[0]
                server.kill()
                time.sleep(1)
                server.start()
    finally:
        server.kill()
    times = Counter(row.row_id for row in rows)
    same = sum(row.text == texts[row.row_id] for row in rows)
    more = sum(count > 1 for count in times.values())
    return len(rows), f"{len(times)} answered, {more} more than once, {same} as locally, {2 - len(kills)} kills"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int, default=60, help="the mini web has 2,000 and more")
    count = parser.parse_args().prompts
    missing, sampling, texts = peers.missing("serving"), Sampling(temperature=0.0, new_tokens=24), {}
    role = Forward(models.tokenizer_of(BASE)[0])
    rows = [row for split in ("dev", "test") for row in world.evaluation_prompts(split, count)]
    rows = rows[:: max(1, len(rows) // count)][:count]
    asked = [Prompt(f"r{n}", role.prefix(row["instruction"])) for n, row in enumerate(rows)]
    contestants = [Contestant("this machine", lambda: local(asked, sampling, texts))]
    if not missing:
        contestants.append(Contestant("transformers serve, killed twice", lambda: served(asked, sampling, texts)))
    print(f"{len(asked)} prompts, one turn:\n")
    print(table("prompts", contestants, list(missing.items()), turns=1), flush=True)


if __name__ == "__main__":
    main()
