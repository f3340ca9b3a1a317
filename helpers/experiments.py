"""Arms and draws: rules that pick the web pairs, everything else being equal, trained side by side in worker processes.

An *arm* is a rule; base, seed pairs, number of pairs and steps are the same for all. A *draw* re-draws seed pairs, crawl,
sampling noise and training order. A job trains one arm of one draw and answers the prompts; what is done is not done again.
"""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import artifacts
from helpers.config import Base, Preset, Sampling, Training
from helpers.paper import SEED_TAG, WEB_TAG

ARMS = {
    "seed_only": "the seed pairs alone, as many steps as M_1",
    "uncurated": "pairs at random among the usable ones",
    "oracle": "pairs at random among those known to be right (hidden truth)",
    "rated": "the pairs M_0 rates best from 1 to 5, the paper's judge",
    "uncurated_matched": "pairs at random with M_1's number of pairs of each family (hidden truth)",
    "likely_right": "the most likely among the right pairs (hidden truth)",
    "likely_wrong": "the most likely among the wrong pairs (hidden truth)",
}
"""Comparison arms and their rule in words."""


@dataclass(frozen=True)
class Job:
    """One arm of one draw.

    Attributes:
        adapter: the folder where the arm's adapter lies, or goes when it has been trained; None answers with the base.
        answers: the Parquet file where the answers are kept; one that is there is read instead.
        rows: what to train on (pair_id, instruction, output, tag); needed where the adapter is not there yet.
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
    tags: tuple[str, ...] = ("both",)


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
        curated: M_1's pairs with their family, for ``uncurated_matched``.

    Raises:
        ValueError: the arm is unknown.
    """
    rng = np.random.default_rng([draw, sorted(ARMS).index(arm)]) if arm in ARMS else None
    if arm == "seed_only":
        return pairs.head(0)
    if arm in ("uncurated", "oracle"):
        pool = pairs[pairs.right] if arm == "oracle" else pairs
        return pool.sample(min(count, len(pool)), random_state=rng)
    if arm == "rated":
        return pairs.sort_values(["rating", "pair_id"], ascending=[False, True]).head(count)
    if arm in ("likely_right", "likely_wrong"):
        pool = pairs[pairs.right == (arm == "likely_right")]
        return pool.sort_values(["score", "pair_id"], ascending=[False, True]).head(count)
    if arm == "uncurated_matched":
        wanted = curated.family.value_counts()
        groups = [g.sample(min(wanted.get(f, 0), len(g)), random_state=rng) for f, g in pairs.groupby("family")]
        return pd.concat(groups)
    raise ValueError(f"unknown arm {arm!r}; there are {', '.join(ARMS)}")


def run(jobs: Sequence[Job], *, workers: int = 2) -> Iterator[tuple[Job, pd.DataFrame]]:
    """Train and answer each job in worker processes; yields (job, its answers) as they finish.

    One worker on a GPU; on a CPU each of ``workers`` takes its share of the cores.
    """
    import torch

    workers = 1 if torch.cuda.is_available() else max(1, min(workers, len(jobs)))
    threads = max(1, (os.cpu_count() or 1) // workers)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker, initargs=(threads,)) as pool:
        running = {pool.submit(work, job): job for job in jobs}
        for finished in as_completed(running):
            yield running[finished], finished.result()


def _start_worker(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)


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
            for row in (job.rows.itertuples() if job.rows is not None else ())
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
    artifacts.write_table(job.answers, frame)
    return frame


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
    shared = {"draw": draw, "base": preset.base, "prompts": prompts, "sampling": evaluation.sampling}
    training = [
        Job(
            arm=arm,
            adapter=folder / arm,
            answers=folder / f"{arm}.parquet",
            rows=training_rows(seed_pairs, picked, forward.seed_copies),
            training=forward.training,
            tags=(evaluation.tag,),
            **shared,
        )
        for arm, picked in chosen.items()
    ]
    ready = [
        Job(
            arm=arm,
            adapter=adapter,
            answers=folder / f"{arm}.parquet",
            tags=(evaluation.tag, *evaluation.other_tags),
            **shared,
        )
        for arm, adapter in trained.items()
    ]
    return training + ready
