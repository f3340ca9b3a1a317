"""The jobs of one run's evaluation: M_0, M_1 and M_2 answer, the comparison arms are trained and answer."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from helpers import curation, judge, runs, stages, tables
from helpers.config import Curation, Evaluation, Preset, Training
from helpers.corpus.overlap import copied
from helpers.evaluation import GRADERS
from helpers.evaluation import prompts as asked_prompts
from helpers.experiments import arms, defects
from helpers.experiments.jobs import Job, Rerating
from helpers.judging import judges
from helpers.prompts import INFERENCE_TAGS

TRAINED = {
    "M_0": "02_seed_models/m0",
    "M_1": "05_forward_model-1/m1",
    "M_2": "05_forward_model-2/m2",
    "backward": "02_seed_models/backward",
}
"""Where a run keeps the models that it has trained when the evaluation begins."""


@dataclass(frozen=True)
class Plan:
    """What an evaluation is made of.

    Attributes:
        prompts: the prompts that are asked (``evaluation.prompts``).
        chosen: web pairs by arm, for the arms that are trained here.
        jobs: those that train first: the long ones begin before the short ones.
        judged: candidates that M_1 was not trained on, with the ratings of M_0 (old) and of M_1 (new).
    """

    prompts: pd.DataFrame
    chosen: dict[str, pd.DataFrame]
    jobs: list[Job]
    judged: pd.DataFrame


def check(preset: Preset) -> None:
    """Refuse what would end a run after hours of work: before anything is trained, in one sentence.

    Raises:
        ValueError: an unknown arm, grader, judge, mode or rule, one that is named twice or that this preset cannot have, or
            prompts that the segments are not compared with.
        MissingArtifact: a file that the preset names is not there.
    """
    curation_, settings = preset.curation, preset.evaluation
    arms.find(settings.arms, truth_known=preset.truth.known, judges=curation_.judges)
    judges.hash_of(curation_.judges)
    _check_decision(curation_)
    _check_names(preset)
    if unknown := [name for name in settings.graders if name not in GRADERS]:
        raise ValueError(f"unknown grader {unknown[0]!r}; there are {', '.join(GRADERS)}")
    if "facts" in settings.graders and not preset.truth.known:
        raise ValueError("the grader 'facts' needs a world with a verifier: use held_out or pairwise in evaluation.graders")
    if "held_out" in settings.graders and not preset.seed_models.held_out:
        raise ValueError("the grader 'held_out' needs seed pairs kept away from training: set seed_models.held_out")
    if settings.prompts and settings.prompts not in preset.corpus.prompts:
        raise ValueError(
            f"evaluation.prompts is {settings.prompts} and not in corpus.prompts: add it there, so that segments which contain "
            "one of the prompts are rejected"
        )
    if not preset.truth.known:
        for stage in runs.STAGES:
            stages.refuse_missing(preset.of(stage)["files"])


def _check_names(preset: Preset) -> None:
    """Raise ValueError where an inference mode is unknown, or where an arm, a grader or a judge is named twice."""
    settings = preset.evaluation
    others = [mode for mode in settings.other_modes if mode not in defects.MODES]
    modes = {"evaluation.mode": [settings.mode], "evaluation.other_modes": others, "curation.mode": [preset.curation.mode]}
    for where, named in modes.items():
        if unknown := [mode for mode in named if mode not in INFERENCE_TAGS]:
            raise ValueError(f"{where} has the unknown mode {unknown[0]!r}; there are {', '.join(INFERENCE_TAGS)}")
    rating = [judge.named(each) for each in preset.curation.judges]
    once = {"evaluation.arms": settings.arms, "evaluation.graders": settings.graders, "curation.judges": rating}
    for where, named in once.items():
        if twice := [name for name in named if named.count(name) > 1]:
            raise ValueError(f"{where} has {twice[0]!r} twice: name it once")


def _check_decision(settings: Curation) -> None:
    """Raise ValueError where the judge that decides does not rate, or has no name yet and needs a scale."""
    decision = curation.default(settings)
    if settings.judge == curation.BEST:
        if settings.rule == "at_least":
            raise ValueError(
                "curation.judge is 'best', and judges have different scales: use the rule 'top' or 'quantile', or name a judge"
            )
    elif missing := [name for name in decision.judge if name not in [judges.find(each).name for each in settings.judges]]:
        raise ValueError(f"{missing[0]} decides and does not rate: add it to curation.judges")


def plan(run: str, preset: Preset) -> Plan:
    """Read a run's tables and put the jobs of its evaluation together.

    Every comparison arm gets as many web pairs as M_1, and the settings of M_1's training.

    Raises:
        MissingArtifact: a stage is not done.
        ValueError: an arm of the preset is unknown or cannot be made in this run, or its grader has no pair to measure.
    """
    settings, draw = preset.evaluation, preset.draw
    comparison = arms.find(settings.arms, truth_known=preset.truth.known, judges=preset.curation.judges)
    prompts = asked_prompts(settings.prompts, settings, draw=draw)
    segments = stages.read(run, "01_corpus/segments")
    pairs = tables.pairs(stages.read(run, "03_self_augmentation/candidates"), segments)
    pool = _pool(run, pairs, segments, preset)
    picked = {arm.name: arms.choose(arm, pool) for arm in comparison}
    jobs = jobs_of(
        preset,
        prompts,
        comparison,
        picked,
        seed_pairs=stages.read(run, "02_seed_models/seed_pairs"),
        there={name: runs.locate(run, place) for name, place in TRAINED.items()},
        count=len(pool.first),
        folder=runs.folder(run) / "06_evaluation" / "arms",
        held_out=held_out_pairs(run) if "held_out" in settings.graders else None,
    )
    chosen = {arm.name: picked[arm.name] for arm in comparison if not arm.rater}
    return Plan(prompts, chosen, jobs, _judged(run, pairs, pool, preset, segments))


def held_out_pairs(run: str) -> pd.DataFrame:
    """The seed pairs of a run that no model is trained on, neither as seed pairs nor as web pairs (``not_in_segments``).

    Warns of those that are left out for that.

    Raises:
        ValueError: there are none.
    """
    held_out = stages.read(run, "02_seed_models/held_out")
    pairs, said = not_in_segments(run, held_out)
    for sentence in said:
        warnings.warn(sentence, stacklevel=2)
    if pairs.empty and len(held_out):
        raise ValueError(
            f"the grader 'held_out' has no pair to measure: the answers of all {len(held_out)} held-out pairs stand in the "
            "segments, which models are trained on; give seed pairs whose answers are not in the pages in a new run, or name "
            "another grader in evaluation.graders"
        )
    if pairs.empty:
        count = len(stages.read(run, "02_seed_models/seed_pairs"))
        raise ValueError(
            f"the grader 'held_out' has no pair to measure: {count} seed pairs are trained on, and at most a fifth of all is "
            "held out; give at least 5 seed pairs in a new run, or name another grader in evaluation.graders"
        )
    return pairs


def not_in_segments(run: str, pairs: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Held-out seed pairs whose output is in no segment of the run (``corpus.overlap.copied``), and what is said of the others.

    Models are trained on segments as outputs, so a pair whose answer is one of them is not held out. A run that has no
    segments yet leaves none out. The list has one sentence with the number of those left out, or none.
    """
    if pairs.empty or not runs.locate(run, "01_corpus/segments").exists():
        return pairs, []
    found = copied(pairs.output.tolist(), stages.read(run, "01_corpus/segments").text)
    if not found:
        return pairs, []
    kept = pairs[[place not in found for place in range(len(pairs))]]
    said = (
        f"{len(found):,} of {len(pairs):,} held-out seed pairs are left out: their answers stand in the segments, which models "
        "are trained on."
    )
    return kept, [said]


def _pool(run: str, pairs: pd.DataFrame, segments: pd.DataFrame, preset: Preset) -> arms.Pool:
    ratings = stages.read(run, "04_self_curation-1/ratings")
    ratings = ratings[ratings.pair_id.isin(pairs.pair_id)]
    scored = pairs.assign(rating=_scored(pairs, ratings, ("rating",)), score=_scored(pairs, ratings, curation.LIKELIHOODS))
    usable = scored[scored.hygiene == ""]
    if preset.truth.known:
        usable = usable.merge(preset.truth.reveal(pairs, segments), on="pair_id")
    trained_on = stages.read(run, "05_forward_model-1/training_rows")[["pair_id"]].drop_duplicates()
    first = trained_on.merge(usable, on="pair_id")
    return arms.Pool(usable, first, len(first), preset.draw)


def jobs_of(
    preset: Preset,
    prompts: pd.DataFrame,
    comparison: Sequence[arms.Arm],
    picked: dict[str, pd.DataFrame],
    *,
    seed_pairs: pd.DataFrame,
    there: dict[str, Path],
    count: int,
    folder: Path,
    held_out: pd.DataFrame | None = None,
) -> list[Job]:
    """The jobs of an evaluation: arms that train, arms that are there, then second iterations.

    Args:
        picked: web pairs by arm; of a second iteration, the pool that its rater rates.
        there: folders of adapters that are there already, by arm, and that of M_yx as ``backward``.
        count: web pairs that a second iteration picks.
        folder: where answers and new adapters go.
        held_out: seed pairs whose likelihood is measured under every arm; None measures none.
    """
    settings = preset.evaluation
    shared = {"draw": preset.draw, "prompts": prompts, "sampling": settings.sampling, "held_out": held_out}

    def job(arm: arms.Arm, adapter: Path, **more) -> Job:
        modes = modes_of(arm, settings)
        base = replace(preset.base, four_bit=False, dtype="bf16") if arm.dense else preset.base
        return Job(arm.name, base=base, adapter=adapter, answers=folder / f"{arm.name}.parquet", modes=modes, **shared, **more)

    def trained(arm: arms.Arm) -> Job:
        web, seed = picked[arm.name], arms.seed_of(arm, seed_pairs, preset.draw)
        copies = 1 if arm.as_seed_model else preset.forward.seed_copies
        rows = tables.training_rows(seed, web.head(0) if arm.rater else web, copies, tags=arm.tags or tables.TAGS)
        again = _rerating(arm, preset, web, there["backward"], count, folder) if arm.rater else None
        return job(arm, folder / arm.name, rows=rows, training=training_of(arm, preset), rerating=again)

    return [
        *(trained(arm) for arm in comparison if not arm.rater),
        *(job(arms.named(name), adapter) for name, adapter in there.items() if name != "backward"),
        *(trained(arm) for arm in comparison if arm.rater),
    ]


def modes_of(arm: arms.Arm, settings: Evaluation) -> tuple[str, ...]:
    """The modes under which an arm answers: the evaluation's, its other ones for some arms, and the arm's own."""
    return tuple(dict.fromkeys((settings.mode, *(settings.other_modes if arm.every_mode else ()), *arm.modes)))


def training_of(arm: arms.Arm, preset: Preset) -> Training:
    """The settings that an arm is trained with: those of M_1, but for what its record says."""
    settings = preset.seed_models.forward if arm.as_seed_model else preset.forward.training
    if arm.decay_to is None:
        return settings
    return replace(settings, final_learning_rate=arm.decay_to * settings.learning_rate)


def _rerating(arm: arms.Arm, preset: Preset, web: pd.DataFrame, backward: Path, count: int, folder: Path) -> Rerating:
    """How an arm of the second iteration picks its pairs; no worker sees the hidden truth."""
    pool = web[["pair_id", "instruction", "output"]]
    return Rerating(folder / arm.rater, backward, arm.judge, preset.curation.mode, pool, count)


def _scored(pairs: pd.DataFrame, ratings: pd.DataFrame, judges: tuple[str, ...]) -> pd.Series:
    """The score of each pair by these judges; missing where one of them did not rate in this run."""
    if not set(judges) <= set(ratings.judge):
        return pd.Series(float("nan"), index=pairs.index)
    return pairs.pair_id.map(curation.scores(ratings, judges))


def _judged(run: str, pairs: pd.DataFrame, pool: arms.Pool, preset: Preset, segments: pd.DataFrame) -> pd.DataFrame:
    rated = {t: _scored(pairs, stages.read(run, f"04_self_curation-{t}/ratings"), ("rating",)) for t in (1, 2)}
    kept_away = pairs[~pairs.pair_id.isin(pool.first.pair_id) & (pairs.hygiene == "")]
    kept_away = kept_away[["pair_id", "segment_id", "instruction"]].assign(draw=preset.draw, old=rated[1], new=rated[2])
    return preset.truth.judged(kept_away, segments).drop(columns="instruction")
