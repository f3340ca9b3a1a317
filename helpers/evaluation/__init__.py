"""Prompts, and the grades of answers to them. A preset names its graders; each is a record in ``GRADERS``.

Every grader gives rows of the same table ``grades``, so that one comparison serves them all. Importing this needs no torch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from helpers.config import Base, Evaluation, Preset
from helpers.corpus.prompts import prompt_rows
from helpers.stages import Stage, read

ABOUT = {"family": "", "in_seed": False, "wording": ""}
"""What the mini web's prompts say about themselves, and what is said of a prompt that is an instruction and nothing more."""


@dataclass(frozen=True)
class Grader:
    """How answers or models are graded.

    Attributes:
        score: what the score is, for the axis of a figure.
        unit: what a difference of two scores is measured in.
        does: what a model does on a prompt where it has the higher score, as in "M_2 answers 40 of 60 prompts better".
        grade: (answers, likelihoods of held-out pairs, prompts, preset, stage) -> rows of ``grades``.
    """

    name: str
    score: str
    unit: str
    does: str
    grade: Callable[[pd.DataFrame, pd.DataFrame, pd.DataFrame, Preset, Stage | None], pd.DataFrame]


def prompts(path: str | Path, settings: Evaluation, *, draw: int = 0) -> pd.DataFrame:
    """The prompts of an evaluation: prompt_id, instruction, family, in_seed, wording, and what else their file says of them.

    A prompt that belongs to no family is a family of its own, so that intervals resample prompts.

    Raises:
        ValueError: ``in_seed`` of a prompt is neither true nor false, in JSON or as text, 1 or 0.
    """
    found = prompt_rows(path)
    for name, default in ABOUT.items():
        found[name] = found[name].astype(object).where(found[name].notna(), default) if name in found else default
    found = found.astype({"family": str, "wording": str})
    found = found.assign(in_seed=[_true(value, path) for value in found.in_seed])
    found = found.assign(family=found.family.where(found.family != "", found.prompt_id))
    if settings.most_prompts and settings.most_prompts < len(found):
        found = found.sample(settings.most_prompts, random_state=draw).sort_index()
    if settings.per_family:
        found = found.groupby("family").head(settings.per_family)
    return found.reset_index(drop=True)


def _true(value: object, path: str | Path) -> bool:
    said = str(value).strip().lower()
    if said not in _TRUTH:
        raise ValueError(f"{path} has a prompt whose in_seed is {value!r}: it must be true or false, or be left out")
    return _TRUTH[said]


_TRUTH = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False, "": False}


def grade(
    answered: Sequence[tuple[pd.DataFrame, pd.DataFrame]], asked: pd.DataFrame, preset: Preset, stage: Stage | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables ``answers`` and ``grades`` of a run, by every grader of its preset.

    Args:
        answered: of each arm, its answers and the likelihoods of held-out pairs (``experiments.jobs.Answered``).
        asked: the prompts.
        stage: where a grader that asks a model keeps what it was told, batch by batch; only ``pairwise`` needs one.

    Raises:
        ValueError: a grader is unknown; the message lists those there are.
    """
    if unknown := [name for name in preset.evaluation.graders if name not in GRADERS]:
        raise ValueError(f"unknown grader {unknown[0]!r}; there are {', '.join(GRADERS)}")
    answers = pd.concat([each for each, _ in answered], ignore_index=True)
    answers = answers.sort_values(["arm", "prompt_id", "mode"], ignore_index=True)
    likelihoods = pd.concat([each for _, each in answered], ignore_index=True)
    grades = [GRADERS[name].grade(answers, likelihoods, asked, preset, stage) for name in preset.evaluation.graders]
    return answers, pd.concat(grades, ignore_index=True)


def facts(
    answers: pd.DataFrame, likelihoods: pd.DataFrame, asked: pd.DataFrame, preset: Preset, stage: Stage | None = None
) -> pd.DataFrame:
    """Grades by a world's verifier: one row an answer, with its score (0 to 1) and whether the asked form was kept."""
    known = asked.set_index("prompt_id", drop=False)
    verdicts = [preset.truth.grade(known.loc[row.prompt_id], row.text) for row in answers.itertuples()]
    graded = answers[["arm", "draw", "prompt_id", "mode"]].merge(known[list(ABOUT)], left_on="prompt_id", right_index=True)
    return graded.assign(score=[score for score, _ in verdicts], form=[form for _, form in verdicts], grader="facts")


def held_out(
    answers: pd.DataFrame, likelihoods: pd.DataFrame, asked: pd.DataFrame, preset: Preset, stage: Stage | None = None
) -> pd.DataFrame:
    """Grades from likelihoods of held-out seed pairs (nats a token). A pair is a family of its own.

    A pair whose instruction alone fills the context has no likelihood and is left out. The manifest of the stage says how many
    held-out pairs were not measured because their answers are in the segments, where there are any: ``held_out_in_segments``.
    """
    if stage and (unasked := set(read(stage.run, "02_seed_models/held_out").pair_id) - set(likelihoods.prompt_id)):
        stage.note(held_out_in_segments=len(unasked))
    known = likelihoods.dropna(subset=["score"])
    return known.assign(family=known.prompt_id, in_seed=False, wording="", form=True, grader="held_out")


def pairwise(
    answers: pd.DataFrame, likelihoods: pd.DataFrame, asked: pd.DataFrame, preset: Preset, stage: Stage | None = None
) -> pd.DataFrame:
    """Grades by the base as a judge: is an arm's answer better than M_0's, in both orders?

    The score is the mean over both orders of the probability that the arm's answer is better, 0 to 1; M_0 against itself is
    .5 by definition. Both orders and verdicts are kept: p_ab, p_ba, verdict_ab, verdict_ba; and the lengths of both answers.
    A prompt that the judge could not read has the score None.
    """
    mode, baseline = preset.evaluation.mode, "M_0"
    of_mode = answers[answers["mode"] == mode]
    texts = {arm: dict(zip(rows.prompt_id, rows.text, strict=True)) for arm, rows in of_mode.groupby("arm")}
    rows = _comparisons(texts, baseline, asked, preset.base, stage)
    parts = [_both_orders(rows[rows.arm == arm], of_mode[of_mode.arm == arm]) for arm in texts]
    known = asked.set_index("prompt_id")[list(ABOUT)]
    return pd.concat(parts, ignore_index=True).merge(known, left_on="prompt_id", right_index=True).assign(grader="pairwise")


def _comparisons(
    texts: dict[str, dict[str, str]], baseline: str, asked: pd.DataFrame, base: Base, stage: Stage
) -> pd.DataFrame:
    """Every arm's answers held against the baseline's (``judging.pairwise.compare``), journalled; the base is the judge."""
    from helpers import method, models

    journal, tell = stage.journal("comparisons", key="row_id"), stage.meter("comparisons")
    others, model = [arm for arm in texts if arm != baseline], None
    for arm in others:
        done = {row["comparison_id"] for row in journal.rows if row["arm"] == arm}
        if len(done) == 2 * len(texts[arm]):
            continue
        if model is None:
            model = models.load(base.path, four_bit=base.four_bit, dtype=base.dtype)
            stage.uses(model)
        for batch in method.compare(model, asked, texts[arm], texts[baseline], done=done):
            journal.append([row | {"arm": arm, "row_id": f"{arm}/{row['comparison_id']}"} for row in batch])
            tell(len(journal.rows), 2 * sum(len(texts[each]) for each in others))
    return journal.frame() if journal.rows else pd.DataFrame(columns=["arm"])


def _both_orders(rows: pd.DataFrame, answered: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``pairwise.compare`` as grades, one a prompt; without rows the answers are held against themselves."""
    graded = answered[["arm", "draw", "prompt_id", "mode"]].assign(form=True)
    if rows.empty:
        return graded.assign(score=0.5)
    wide = rows.pivot(index="prompt_id", columns="order", values=["p_a", "verdict"])
    wide.columns = [f"{'p' if name == 'p_a' else name}_{order}" for name, order in wide.columns]
    lengths = rows.drop_duplicates("prompt_id").set_index("prompt_id")[["chars_a", "chars_b"]]
    score = wide[["p_ab", "p_ba"]].astype(float).mean(axis=1, skipna=False).rename("score")
    return graded.merge(wide.join(lengths).join(score), left_on="prompt_id", right_index=True, how="left")


def pairwise_summary(grades: pd.DataFrame) -> pd.DataFrame:
    """What the pairwise judge says of each arm against M_0 (``judging.pairwise.summary``); a column an arm."""
    from helpers.judging.pairwise import ORDERS, summary

    judged = grades[(grades.grader == "pairwise") & (grades.arm != "M_0")]
    said = {}
    for arm, rows in judged.groupby("arm", sort=False):
        one_order = [rows.rename(columns={f"p_{o}": "p_a", f"verdict_{o}": "verdict"}).assign(order=o) for o in ORDERS]
        said[arm] = summary(pd.concat(one_order)[["prompt_id", "order", "p_a", "verdict", "chars_a", "chars_b"]])
    return pd.DataFrame(said).round(3)


PREDICTS = "predicts the human answers to"
"""What ``held_out`` measures: under it a model answers nothing."""

GRADERS = {
    grader.name: grader
    for grader in (
        Grader("facts", "F1 of the facts stated, 0 to 1", "F1", "answers", facts),
        Grader("held_out", "log-likelihood of human answers, nats a token", "nats a token", PREDICTS, held_out),
        Grader("pairwise", "preference over M_0's answer, 0 to 1", "preference", "answers", pairwise),
    )
}
"""Every grader by name."""
