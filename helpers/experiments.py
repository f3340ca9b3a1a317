"""Arms and draws: rules that pick the web pairs, everything else being equal, trained side by side in worker processes.

An *arm* is a rule; base (but for ``bf16``), seed pairs, number of pairs and steps are the same for all. A *draw* re-draws seed
pairs, crawl, sampling noise and training order. A job trains one arm of one draw and answers the prompts; what is done is
not done again.
"""

import ctypes
import gc
import multiprocessing
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import tables
from helpers.config import Base, Preset, Sampling, Training
from helpers.paper import SEED_TAG, WEB_TAG
from helpers.prompts import rubric

ARMS = {
    "seed_only": "the seed pairs alone, as many steps as M_1",
    "uncurated": "pairs at random among the usable ones",
    "oracle": "pairs at random among those known to be right (hidden truth)",
    "rated": "the pairs M_0 rates best from 1 to 5, the paper's judge",
    "uncurated_matched": "pairs at random with M_1's number of pairs of each family (hidden truth)",
    "likely_right": "the most likely among the right pairs (hidden truth)",
    "likely_wrong": "the most likely among the wrong pairs (hidden truth)",
    "bf16": "M_1's pairs, on the base in bfloat16 instead of 4 bits",
    "half": "the dual-likelihood best of one half of the pool",
}
"""Comparison arms of the first iteration and their rule in words."""

SECOND = {
    "rated_2": ("rated", "rating", "the pairs that `rated` rates best: the paper's second iteration"),
    "half_own": ("half", "dual_likelihood", "the best by `half` of the half of the pool that it was trained on"),
    "half_other": ("half", "dual_likelihood", "the best by `half` of the half of the pool that it never saw"),
}
"""Arms of the second iteration: the arm whose model rates, the judge, the rule in words."""


UNDER_EVERY_TAG = ("M_0", "seed_only", "oracle", "M_1", "M_2")
"""Arms that also answer under the evaluation's other inference modes; the others do not, for time."""


@dataclass(frozen=True)
class Rerating:
    """How an arm of the second iteration picks its pairs: the best of ``pool`` by the model of another arm.

    Attributes:
        rater: folder of that arm's adapter; the job waits for it.
        backward: folder of M_yx.
        judge: ``rating`` or ``dual_likelihood``.
        rubric: what a chat model is shown before the pair.
        tag: inference mode under which log p(y|x) is read.
        pool: pairs to choose from (pair_id, instruction, output).
        count: pairs wanted.
    """

    rater: Path
    backward: Path
    judge: str
    rubric: str
    tag: str
    pool: pd.DataFrame
    count: int


@dataclass(frozen=True)
class Job:
    """One arm of one draw.

    Attributes:
        adapter: the folder where the arm's adapter lies, or goes when it has been trained; None answers with the base.
        answers: the Parquet file where the answers are kept; one that is there is read instead.
        rows: what to train on (pair_id, instruction, output, tag); needed where the adapter is not there yet.
        rerating: how to pick the web pairs that are trained on beside ``rows``; None adds none.
        tags: inference modes to answer under.
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
    tags: tuple[str, ...] = ("both",)

    @property
    def ready(self) -> bool:
        """Whether the job can begin: it is done, it needs no other arm's model, or that model is there."""
        return self.rerating is None or self.answers.exists() or (self.rerating.rater / "training.json").exists()


def rules(arms: Sequence[str]) -> pd.Series:
    """The rule of each comparison arm in words.

    Raises:
        ValueError: an arm is unknown; the message lists those there are.
    """
    known = ARMS | {arm: rule for arm, (_, _, rule) in SECOND.items()}
    if unknown := [arm for arm in arms if arm not in known]:
        raise ValueError(f"unknown arm {unknown[0]!r}; there are {', '.join(known)}")
    return pd.Series({arm: known[arm] for arm in arms}, name="rule", dtype=str)


def training_rows(seed_pairs: pd.DataFrame, web_pairs: pd.DataFrame, seed_copies: int = 1) -> pd.DataFrame:
    """Seed pairs with S_a and web pairs with S_w (section 2.3), the seed pairs ``seed_copies`` times."""
    columns = ["pair_id", "instruction", "output", "source", "tag"]
    seed = seed_pairs.assign(source="seed", tag=SEED_TAG)[columns]
    web = web_pairs.assign(source="web", tag=WEB_TAG)[columns]
    return pd.concat([seed] * seed_copies + [web], ignore_index=True)


def pick(arm: str, pairs: pd.DataFrame, count: int, *, draw: int, curated: pd.DataFrame | None = None) -> pd.DataFrame:
    """The web pairs of a comparison arm.

    Args:
        pairs: usable candidates: pair_id, instruction, output; ``score`` (dual likelihood) and ``rating`` where the arm
            ranks by them; ``right`` and ``family`` (hidden truth) where its rule reads them.
        count: pairs wanted; an arm with fewer takes what there is.
        curated: M_1's pairs with their family, for ``uncurated_matched`` and ``bf16``.

    Raises:
        ValueError: the arm is unknown.
    """
    rng = np.random.default_rng([draw, sorted(ARMS).index(arm)]) if arm in ARMS else None
    if arm == "seed_only":
        return pairs.head(0)
    if arm in ("uncurated", "oracle"):
        pool = pairs[pairs.right] if arm == "oracle" else pairs
        return pool.sample(min(count, len(pool)), random_state=rng)
    if arm == "bf16":
        return curated
    if arm == "rated":
        return _top(pairs, "rating", count)
    if arm == "half":
        return _top(half(pairs, "own", draw), "score", count)
    if arm in ("likely_right", "likely_wrong"):
        return _top(pairs[pairs.right == (arm == "likely_right")], "score", count)
    if arm == "uncurated_matched":
        wanted = curated.family.value_counts()
        groups = [g.sample(min(wanted.get(f, 0), len(g)), random_state=rng) for f, g in pairs.groupby("family")]
        return pd.concat(groups)
    raise ValueError(f"unknown arm {arm!r}; there are {', '.join(ARMS)}")


def _top(pairs: pd.DataFrame, column: str, count: int) -> pd.DataFrame:
    return pairs.sort_values([column, "pair_id"], ascending=[False, True]).head(count)


def half(pairs: pd.DataFrame, which: str, draw: int) -> pd.DataFrame:
    """One half of the pool at random: ``own``, that ``half`` is trained on, or ``other``, that is kept away from it."""
    own = pairs.sort_values("pair_id").pair_id.sample(frac=0.5, random_state=np.random.default_rng(draw))
    return pairs[pairs.pair_id.isin(own) == (which == "own")]


def run(jobs: Sequence[Job], *, workers: int = 2) -> Iterator[tuple[Job, pd.DataFrame]]:
    """Train and answer each job in worker processes; yields (job, its answers) as they finish.

    A job that needs another arm's model begins when that is there. One worker on a GPU; on a CPU each of ``workers`` takes
    its share of the cores.

    Raises:
        ValueError: a job needs a model that no job makes.
    """
    import torch

    workers = 1 if torch.cuda.is_available() else max(1, min(workers, len(jobs)))
    threads = max(1, (os.cpu_count() or 1) // workers)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker, initargs=(threads,)) as pool:
        waiting, running = list(jobs), {}
        try:
            while waiting or running:
                ready = [job.ready for job in waiting]
                running |= {pool.submit(_work_and_tidy, job): job for job, now in zip(waiting, ready, strict=True) if now}
                waiting = [job for job, now in zip(waiting, ready, strict=True) if not now]
                if not running:
                    raise ValueError(f"{waiting[0].arm} needs {waiting[0].rerating.rater}, which no job of these trains")
                for finished in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(finished), finished.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # else an error is told when every other arm is trained
            raise


def _start_worker(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
    threading.Thread(target=_end_with_the_run, daemon=True).start()


def _end_with_the_run() -> None:
    """A worker whose run was killed would go on training the folder that the next call continues."""
    multiprocessing.parent_process().join()
    os._exit(1)


def _work_and_tidy(job: Job) -> pd.DataFrame:
    """``work``; then the memory that the job held goes back to the system, which glibc would keep and fragment."""
    answered = work(job)
    gc.collect()
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)
    return answered


def work(job: Job) -> pd.DataFrame:
    """Train a job's adapter where it is not there yet, and answer its prompts: arm, draw, prompt_id, tag, text, finish."""
    from helpers import evaluation, models, prompts, training

    if job.answers.exists():
        return pd.read_parquet(job.answers)
    model = models.load(job.base.path, four_bit=job.base.four_bit, dtype=job.base.dtype)
    name = "arm" if job.adapter else None
    if job.adapter:
        role = prompts.Forward(model.tokenizer)
        rows = [
            training.Row(role.prefix(row.instruction, row.tag), role.completion(row.output), row.pair_id)
            for row in _rows(model, job)
        ]
        training.train_or_load(model, name, rows, job.training, seed=job.draw, folder=job.adapter)
    with model.using(name):
        answered = [
            row | {"arm": job.arm, "draw": job.draw}
            for tag in job.tags
            for batch in evaluation.answers(model, job.prompts, tag=tag, sampling=job.sampling, seed=job.draw)
            for row in batch
        ]
    frame = pd.DataFrame(answered)
    tables.write_table(job.answers, frame)
    return frame


def _rows(model, job: Job) -> list:
    """The rows of a job, with the web pairs of a second iteration rated and picked; none where the adapter is there."""
    if job.rows is None or (job.adapter / "training.json").exists():
        return []
    if job.rerating is None:
        return list(job.rows.itertuples())
    from helpers import curation, judging, prompts

    second = job.rerating
    model.load("rater", second.rater)
    model.load("backward", second.backward)
    tag = prompts.INFERENCE_TAGS[second.tag]
    batches = judging.rate(model, second.pool, adapter="rater", backward="backward", tag=tag, rubric=second.rubric)
    rated = [row for batch in batches for row in batch]
    score = second.pool.pair_id.map(curation.scores(pd.DataFrame(rated), curation.judges(second.judge)))
    web = _top(second.pool.assign(score=score), "score", second.count)
    tables.write_table(job.answers.with_name(f"{job.arm}-pairs.parquet"), web[["pair_id", "score"]])
    return list(pd.concat([job.rows, training_rows(web.head(0), web)]).itertuples())


def jobs(
    trained: dict[str, Path],
    chosen: dict[str, pd.DataFrame],
    seed_pairs: pd.DataFrame,
    prompts: pd.DataFrame,
    preset: Preset,
    *,
    draw: int,
    folder: Path,
) -> list[Job]:
    """The jobs of an evaluation, those that train first: the long ones begin before the short ones.

    Args:
        trained: arm -> folder of an adapter that is there already.
        chosen: arm -> the web pairs it trains on (``pick``).
        folder: where answers and new adapters go.
    """
    forward, evaluation = preset.forward, preset.evaluation
    shared = {"draw": draw, "prompts": prompts, "sampling": evaluation.sampling}

    def tags(arm: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys((evaluation.tag, *(evaluation.other_tags if arm in UNDER_EVERY_TAG else ()))))

    training = [
        Job(
            arm=arm,
            base=replace(preset.base, four_bit=False, dtype="bf16") if arm == "bf16" else preset.base,
            adapter=folder / arm,
            answers=folder / f"{arm}.parquet",
            rows=training_rows(seed_pairs, picked, forward.seed_copies),
            training=forward.training,
            tags=tags(arm),
            **shared,
        )
        for arm, picked in chosen.items()
    ]
    ready = [
        Job(arm=arm, base=preset.base, adapter=adapter, answers=folder / f"{arm}.parquet", tags=tags(arm), **shared)
        for arm, adapter in trained.items()
    ]
    return training + ready


def second_jobs(
    arms: Sequence[str],
    first: Sequence[Job],
    pairs: pd.DataFrame,
    seed_pairs: pd.DataFrame,
    preset: Preset,
    *,
    count: int,
    backward: Path,
) -> list[Job]:
    """The jobs of the second iteration's arms (``SECOND``), in the setting of their raters' jobs.

    Args:
        first: the jobs of the first iteration; each rater is among them.
        pairs: the pool of usable candidates.
        count: web pairs an arm trains on.
        backward: folder of M_yx.

    Raises:
        ValueError: an arm's rater is not among ``first``.
    """
    raters, shown = {job.arm: job for job in first}, rubric(preset.curation.rubric)
    made = []
    for arm in arms:
        rater, judge, _ = SECOND[arm]
        if rater not in raters:
            raise ValueError(f"the arm {arm!r} needs the arm {rater!r}: add it to evaluation.arms")
        job = raters[rater]
        pool = half(pairs, arm.removeprefix("half_"), job.draw) if rater == "half" else pairs
        pool = pool[["pair_id", "instruction", "output"]]  # no worker sees the hidden truth
        made.append(
            replace(
                job,
                arm=arm,
                adapter=job.adapter.with_name(arm),
                answers=job.answers.with_name(f"{arm}.parquet"),
                rows=training_rows(seed_pairs, pairs.head(0), preset.forward.seed_copies),
                rerating=Rerating(job.adapter, backward, judge, shown, preset.curation.tag, pool, count),
            )
        )
    return made
