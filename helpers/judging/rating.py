"""Pairs to rows of ``ratings``, judge by judge: which prompt is shown to which model, read by which reader."""

from collections.abc import Iterator, Sequence, Set

import pandas as pd

from helpers import prompts
from helpers.config import Curation
from helpers.judge import Judge
from helpers.judging import expected, judges, likelihood, sampled
from helpers.judging.batches import encode
from helpers.models import Model
from helpers.prompts import Backward, Forward, Rating

IGNORES_RUBRIC = (
    "This model cannot read a rubric. It is shown the pair in the review form that it has learned, so all rubrics rate alike."
)
"""What is said of a model for which ``reads_rubric`` is false."""

RUBRIC_TOO_LONG = "the rubric alone is longer than the context"


def reads_rubric(model: Model) -> bool:
    """Whether the model is shown the rubric: the mini base is not (``prompts.rating.reads_rubric``)."""
    return prompts.rating.reads_rubric(model.tokenizer)


def rate(
    model: Model,
    pairs: pd.DataFrame,
    names: Sequence[str] = Curation.judges,
    *,
    adapter: str | None,
    backward: str | None,
    tag: str,
    seed: int = 0,
    done: Set[str] = frozenset(),
) -> Iterator[list[dict]]:
    """The ratings of each pair by each judge. Yields rows of the ``ratings`` table batch by batch, those of rubrics first that
    alone are longer than the context: they have no score.

    A row: rating_id, pair_id, judge, score (None where it cannot be known), mass (of the digits, or the share of replies that
    had a score; None for likelihoods), raw, adapter, rubric (its content's hash; empty for likelihoods).

    Args:
        pairs: pair_id, instruction, output.
        names: judges, or paths of rubrics; a combined judge stands for its parts.
        adapter: M_t, under which most judges read; None is the base.
        backward: M_yx, under which the instruction's likelihood is read; None is the base.
        tag: what is appended to the instruction when the output's likelihood is read.
        seed: seeds sampled replies.
        done: rating ids left out.

    Raises:
        ValueError: a judge or rubric is unknown or empty, two have the same name, or this tokenizer cannot write a scale.
    """
    chosen = [judges.find(name) for name in judges.single(names)]
    called = [judge.name for judge in chosen]
    if twice := [name for name in called if called.count(name) > 1]:
        raise ValueError(f"two judges are called {twice[0]!r}: rename one of the rubrics' files")
    under = {"adapter": adapter, "backward": backward}
    for judge in sorted((judge for judge in chosen if judge.has_rubric), key=lambda judge: not _too_long(model, judge)):
        rubric = judges.content_hash(judge)
        with model.using(under[judge.under]):
            for batch in _by_rubric(model, pairs, judge, seed, done):
                yield [_row(judge, read.row_id, read.score, under, read.mass, read.raw, rubric) for read in batch]
    measured = [judge for judge in chosen if not judge.has_rubric]
    for prompt, reads_under in dict.fromkeys((judge.prompt, judge.under) for judge in measured):
        together = [judge for judge in measured if (judge.prompt, judge.under) == (prompt, reads_under)]
        with model.using(under[reads_under]):
            for batch in _by_likelihood(model, pairs, prompt, tag, together, done):
                rows = [
                    _row(judge, f"{read.row_id}/{judge.name}", read.measured(judge.reader), under, raw=read.why(judge.reader))
                    for read in batch
                    for judge in together
                ]
                yield [row for row in rows if row["rating_id"] not in done]


def _row(
    judge: Judge, rating_id: str, score: float | None, under: dict, mass: float | None = None, raw: str = "", rubric: str = ""
) -> dict:
    pair_id = rating_id.removesuffix(f"/{judge.name}")
    named = {"rating_id": rating_id, "pair_id": pair_id, "judge": judge.name, "score": score, "mass": mass}
    return named | {"raw": raw, "adapter": under[judge.under] or "", "rubric": rubric}


def _too_long(model: Model, judge: Judge) -> bool:
    """Whether the rubric alone is longer than the context.

    A model that reads none is not shown the kit's rubrics, so their length does not matter to it. A reader's own has to fit
    there too, because it was named to be read.

    Raises:
        ValueError: this tokenizer cannot write the rubric's scale.
    """
    role = Rating(model.tokenizer, prompts.rubric(judge.prompt))
    if judge.reader == "expected":
        role.digit_tokens()
    shown = role.prefix("", "") if judge.reader == "expected" else role.reasoned("", "")
    own = [role.rubric] if judge.name not in judges.JUDGES else []
    return max(map(len, encode(model, [shown, *own]))) > model.context


def _by_rubric(model: Model, pairs: pd.DataFrame, judge: Judge, seed: int, done: Set[str]) -> Iterator[list[expected.Read]]:
    """All pairs read by one judge with a rubric."""
    role = Rating(model.tokenizer, prompts.rubric(judge.prompt))
    render = role.prefix if judge.reader == "expected" else role.reasoned
    ids = [f"{pair_id}/{judge.name}" for pair_id in pairs.pair_id]
    if _too_long(model, judge):
        yield [expected.Read(row_id, None, 0.0, RUBRIC_TOO_LONG) for row_id in ids if row_id not in done]
        return
    asked = [(row_id, render(pair.instruction, pair.output)) for row_id, pair in zip(ids, pairs.itertuples(), strict=True)]
    if judge.reader == "sampled":
        yield from sampled.read(model, asked, role.scale, samples=judge.samples, seed=seed, done=done)
    else:
        yield from expected.read(model, asked, expected.digits(role.digits(), role.digit_tokens()), done=done)


def _by_likelihood(
    model: Model, pairs: pd.DataFrame, prompt: str, tag: str, together: list[Judge], done: Set[str]
) -> Iterator[list[likelihood.Likelihood]]:
    """All pairs read in one direction, once for all judges that need it; row ids are pair ids."""
    forward, back = Forward(model.tokenizer), Backward(model.tokenizer)
    needed = max(likelihood.FOILS_OF.get(judge.reader, 0) for judge in together)
    if prompt == "y|x":
        rows = [(p.pair_id, forward.prefix(p.instruction, tag), p.output) for p in pairs.itertuples()]
        asked = [[prompts.rating.filled(foil, instruction=x) for x in pairs.instruction] for foil in likelihood.FOILS[:needed]]
        foils = [[forward.prefix(x, tag) for x in foil] for foil in asked]
    else:
        rows = [(p.pair_id, back.prefix(p.output), p.instruction) for p in pairs.itertuples()]
        foils = [[back.prefix("")] * len(rows)] * min(needed, 1)
    finished = {row_id for row_id, _, _ in rows if all(f"{row_id}/{judge.name}" in done for judge in together)}
    yield from likelihood.read(model, rows, foils=foils, done=finished)
