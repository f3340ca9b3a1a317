"""Jobs: each trains one arm of one draw, answers the prompts and is resumed where it was interrupted; workers run them.

What is done is not done again: a finished adapter is loaded, and answers are kept in a journal batch by batch.
"""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from helpers import curation, machine, tables
from helpers.config import Base, Sampling, Training, located
from helpers.experiments.arms import best
from helpers.stages import Journal

WORKERS = 2
"""Worker processes on a CPU for a light base, where nothing else is asked for."""

LIGHT = 50_000_000
"""Most bytes in the files of a light base. The matrices of a heavier one keep all cores busy in one process, and every worker
would hold a copy of it."""


class Answered(NamedTuple):
    """What a job leaves: ``answers``, and ``likelihoods`` of held-out pairs (empty where none are measured)."""

    answers: pd.DataFrame
    likelihoods: pd.DataFrame


@dataclass(frozen=True)
class Rerating:
    """How an arm of the second iteration picks its pairs: the best of ``pool`` by the model of another arm.

    Attributes:
        rater: folder of that arm's adapter; the job waits for it.
        backward: folder of M_yx.
        judge: ``rating`` or ``dual_likelihood``.
        mode: inference mode under which log p(y|x) is read.
        pool: pairs to choose from (pair_id, instruction, output).
        count: pairs wanted.
    """

    rater: Path
    backward: Path
    judge: str
    mode: str
    pool: pd.DataFrame
    count: int


@dataclass(frozen=True)
class Job:
    """One arm of one draw.

    Attributes:
        adapter: the folder where the arm's adapter lies, or goes when it has been trained; None answers with the base.
        answers: the Parquet file where the answers are kept; one that is there is read instead.
        rows: what to train on (``method.rows``); needed where the adapter is not there yet.
        rerating: how to pick the web pairs that are trained on beside ``rows``; None adds none.
        modes: inference modes to answer under.
        held_out: pairs whose outputs' likelihood is measured (pair_id, instruction, output); None measures none.
    """

    arm: str
    draw: int
    base: Base
    adapter: Path | None
    answers: Path
    prompts: pd.DataFrame
    sampling: Sampling
    rows: pd.DataFrame | None = None
    training: Training | None = None
    rerating: Rerating | None = None
    modes: tuple[str, ...] = ("both",)
    held_out: pd.DataFrame | None = None

    @property
    def likelihoods(self) -> Path:
        """The file beside the answers with the likelihoods of held-out pairs."""
        return self.answers.with_name(f"{self.answers.stem}-held_out.parquet")

    @property
    def ready(self) -> bool:
        """Whether the job can begin: it is done, it needs no other arm's model, or that model is there."""
        return self.rerating is None or self.answers.exists() or (self.rerating.rater / "training.json").exists()


def run(
    jobs: Sequence[Job], *, workers: int | None = None, progress: Callable[[int, int], None] | None = None
) -> Iterator[tuple[Job, Answered]]:
    """Train and answer each job in worker processes; yields (job, what it leaves) as they finish.

    A job that needs another arm's model begins when that is there. Each worker has its share of the cores.

    Args:
        workers: see ``workers_for``.
        progress: called with the arms done and all arms, at the beginning and whenever one ends.

    Raises:
        ValueError: a job needs a model that no job makes.
    """
    workers = max(1, min([len(jobs), *(workers_for(base, workers) for base in {job.base for job in jobs})]))
    threads = max(1, (os.cpu_count() or 1) // workers)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker, initargs=(threads,)) as pool:
        waiting, running, done = list(jobs), {}, 0
        told = progress or (lambda *_: None)
        told(done, len(jobs))
        try:
            while waiting or running:
                ready = [job.ready for job in waiting]
                running |= {pool.submit(_work_and_tidy, job): job for job, now in zip(waiting, ready, strict=True) if now}
                waiting = [job for job, now in zip(waiting, ready, strict=True) if not now]
                if not running:
                    raise ValueError(f"{waiting[0].arm} needs {waiting[0].rerating.rater}, which no job of these trains")
                for finished in wait(running, return_when=FIRST_COMPLETED).done:
                    told(done := done + 1, len(jobs))
                    yield running.pop(finished), finished.result()
        except BaseException:
            _end(
                pool
            )  # else an error is told when every other arm is trained, or a worker goes on writing what the next run writes
            raise


def workers_for(base: Base, wanted: int | None = None) -> int:
    """Worker processes that train arms on a base side by side.

    Args:
        wanted: processes on a CPU; None takes two for a light base and one for any other. On a GPU there is one.
    """
    if machine.has_gpu():
        return 1
    return wanted or (WORKERS if _is_light(base) else 1)


def _end(pool: ProcessPoolExecutor) -> None:
    """Stop the workers in the middle of what they do, which the next run continues. Python 3.14 has a method for it."""
    for worker in list((pool._processes or {}).values()):
        worker.terminate()
    pool.shutdown(wait=False, cancel_futures=True)


def _is_light(base: Base) -> bool:
    place = located(base.path)
    files = [place] if place.is_file() else list(place.glob("*.safetensors"))
    return bool(files) and sum(file.stat().st_size for file in files) <= LIGHT


def _start_worker(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
    threading.Thread(target=_end_with_the_run, daemon=True).start()


def _end_with_the_run() -> None:
    """A worker whose run was killed would go on training the folder that the next call continues."""
    multiprocessing.parent_process().join()
    os._exit(1)


def _work_and_tidy(job: Job) -> Answered:
    """``work``; then the memory that the job held goes back to the system."""
    answered = work(job)
    machine.give_memory_back()
    return answered


def work(job: Job) -> Answered:
    """Train a job's adapter where it is not there yet, answer its prompts, and measure the held-out pairs."""
    from helpers import method, models

    wanted = [job.answers, *([job.likelihoods] if job.held_out is not None else [])]
    if not all(path.exists() for path in wanted):
        model = models.load(job.base.path, four_bit=job.base.four_bit, dtype=job.base.dtype)
        name = "arm" if job.adapter else None
        if job.adapter and (job.adapter / "training.json").exists():
            model.load(name, job.adapter)
        elif job.adapter:
            method.train(model, name, _rows(model, job), job.training, draw=job.draw, folder=job.adapter)
        for mode in job.modes:
            asked = {"adapter": name, "mode": mode, "sampling": job.sampling, "draw": job.draw}
            _journalled(job, job.answers, mode, lambda done, asked=asked: method.answer(model, job.prompts, done=done, **asked))
        for mode in job.modes if job.held_out is not None else ():
            _journalled(
                job,
                job.likelihoods,
                mode,
                lambda done, mode=mode: method.likelihood(
                    model, job.held_out, adapter=name, modes=[mode], done={f"{mode}/{prompt_id}" for prompt_id in done}
                ),
            )
        for path in wanted:
            _compacted(path)
    found = [pd.read_parquet(path) for path in wanted]
    if job.held_out is None:
        return Answered(found[0], pd.DataFrame())
    # what was measured before may have pairs that are no longer asked
    return Answered(found[0], found[1][found[1].prompt_id.isin(job.held_out.pair_id)])


def _journalled(job: Job, path: Path, mode: str, batches) -> None:
    """Write the batches of one mode to the journal beside ``path``; ``batches`` is told the prompt ids that are there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    journal = Journal(path.with_suffix(".jsonl"), key="row_id")
    done = {row["prompt_id"] for row in journal.rows if row["mode"] == mode}
    for batch in batches(done):
        about = {"arm": job.arm, "draw": job.draw}
        journal.append([row | about | {"row_id": f"{mode}/{row['prompt_id']}"} for row in batch])


def _compacted(path: Path) -> None:
    journal = path.with_suffix(".jsonl")
    if not path.exists():
        tables.write_table(path, Journal(journal, key="row_id").frame().drop(columns="row_id", errors="ignore"))
    journal.unlink(missing_ok=True)


def _rows(model, job: Job) -> pd.DataFrame:
    """The rows of a job, with the web pairs of a second iteration rated and picked."""
    from helpers import method

    if job.rerating is None:
        return job.rows
    second = job.rerating
    model.load("rater", second.rater)
    model.load("backward", second.backward)
    job.answers.parent.mkdir(parents=True, exist_ok=True)
    journal = Journal(job.answers.with_name(f"{job.arm}-ratings.jsonl"), key="rating_id")
    for batch in method.rate(model, second.pool, (second.judge,), adapter="rater", mode=second.mode, done=journal.ids):
        journal.append(batch)
    score = second.pool.pair_id.map(curation.scores(journal.frame(), curation.judges(second.judge)))
    web = best(second.pool.assign(score=score), "score", second.count)
    tables.write_table(job.answers.with_name(f"{job.arm}-pairs.parquet"), web[["pair_id", "score"]])
    return pd.concat([job.rows, method.rows(web.head(0), web)])
