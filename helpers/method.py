"""The method of the paper as five functions. Notebooks, arms and measurements all call these; there is no second version.

M_yx and M_0 are trained on the seed pairs, in the two directions (``train``). For each segment M_yx writes the instruction
that the segment would answer (``augment``, self-augmentation). M_(t-1) rates these pairs (``rate``), and the best are kept
(``decide``, self-curation). M_t is trained on the kept pairs and the seed pairs (``rows``, ``train``) and answers prompts
(``answer``).
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path

import pandas as pd

from helpers import curation, judging, tokens, training
from helpers.augmentation import candidate
from helpers.config import Curation, Sampling, Training
from helpers.curation import Decision
from helpers.generation import Progress, Prompt, generate
from helpers.judging import pairwise
from helpers.models import Model
from helpers.prompts import INFERENCE_TAGS, Backward, Forward, asking
from helpers.tables import training_rows


def augment(
    model: Model,
    segments: pd.DataFrame,
    sampling: Sampling,
    *,
    adapter: str | None = "backward",
    draw: int = 0,
    done: Set[str] = frozenset(),
    progress: Progress | None = None,
) -> Iterator[list[dict]]:
    """x ~ M_yx(y): the instruction of each segment (section 2.2). Yields rows of ``candidates`` batch by batch.

    A segment longer than the context leaves room for is read up to the end of a sentence, and its row says so (``cut``).

    Args:
        segments: segment_id, text.
        adapter: M_yx; None asks the base itself.
        draw: seeds the sampling noise, together with each segment's id.
        done: ids of the segments to skip.
        progress: called with the tokens done and the tokens to do, also within a batch.

    Raises:
        ValueError: there is no room for a segment; the message names it.
    """
    role = Backward(model.tokenizer)
    text_of = dict(zip(segments.segment_id, segments.text, strict=True))
    room, remedy = model.context - sampling.new_tokens, "lower new_tokens of the sampling"
    read = {segment_id: _fitted(role, segment_id, text, room, remedy) for segment_id, text in text_of.items()}
    asked = [Prompt(segment_id, role.prefix(text)) for segment_id, text in read.items()]
    with model.using(adapter):
        for batch in generate(model, asked, sampling, seed=draw, done=done, progress=progress):
            under = adapter or "base"
            yield [candidate(each, text_of[each.row_id], read[each.row_id], adapter=under) for each in batch]


def _fitted(role: Backward, row_id: str, text: str, room: int, remedy: str) -> str:
    try:
        return role.fitted(text, room)
    except ValueError as error:
        raise ValueError(f"row {row_id!r}: {error}: {remedy}") from None


def rate(
    model: Model,
    pairs: pd.DataFrame,
    judges: Sequence[str] = Curation.judges,
    *,
    adapter: str,
    mode: str = "both",
    draw: int = 0,
    done: Set[str] = frozenset(),
) -> Iterator[list[dict]]:
    """Ratings of pairs by M_(t-1) and M_yx (section 2.3). Yields rows of ``ratings`` batch by batch.

    Args:
        pairs: pair_id, instruction, output.
        judges: names of judges, or paths of rubrics (``judging.judges``).
        adapter: the model that rates; M_yx is the adapter ``backward``.
        mode: inference mode (``prompts.INFERENCE_TAGS``): the tags that the prompt has when log p(y|x) is measured.
        draw: seeds the replies of judges that sample.
        done: ids of the ratings to skip.
    """
    tag = INFERENCE_TAGS[mode]
    with model.decoded():
        yield from judging.rate(model, pairs, judges, adapter=adapter, backward="backward", tag=tag, seed=draw, done=done)


def decide(candidates: pd.DataFrame, ratings: pd.DataFrame, decision: Decision) -> pd.DataFrame:
    """A_k: the candidates that a decision keeps, best first (section 2.3). Warns where it names pairs that are no candidates.

    Raises:
        ValueError: the decision keeps no pair; the message gives the highest score of a pair without a hygiene flag, or the
            flags where no pair is without one.
    """
    decided = curation.decide(candidates, ratings, decision)
    if strangers := sorted({*decision.vetoed, *decision.added} - set(candidates.pair_id)):
        warnings.warn(
            f"{len(strangers)} of the pairs that the decision vetoes or adds are no candidates of this run, so nothing is done "
            f"about them (the first is {strangers[0]!r}): correct decision.json",
            stacklevel=2,
        )
    if not decided.kept.any():
        named = f"{' + '.join(decision.judge)} {decision.rule} {decision.value:g}"
        raise ValueError(f"{named} keeps none of {len(decided):,} pairs{_why_none(decided)}")
    return decided[decided.kept].sort_values("score", ascending=False)


def _why_none(decided: pd.DataFrame) -> str:
    clean = decided[decided.hygiene == ""]
    if not len(clean):
        flags = ", ".join(f"{flag} {count:,}" for flag, count in decided.reason.value_counts().items())
        return f": none is free of hygiene flags ({flags}), so look at the instructions that M_yx wrote (notebook 03)"
    if clean.score.isna().all():
        return ": no pair without a hygiene flag has a score, so look at its ratings, or take another judge (notebook 04)"
    free = clean[clean.reason != "vetoed"]
    if free.score.isna().all():
        return ": all that have a score are vetoed, so take a veto back (notebook 04, or decision.json)"
    best = f"{free.score.max():.2f}"
    return f", whose highest score is {best}: set another value, or keep the top ones (notebook 04)"


rows = training_rows
"""The rows that M_t is trained on (section 2.3). They need no model: whoever plans a training finds them in ``tables``."""


def train(
    model: Model,
    name: str,
    pairs: pd.DataFrame,
    settings: Training,
    *,
    backward: bool = False,
    draw: int = 0,
    folder: Path,
    progress: Progress | None = None,
) -> dict:
    """Train a model of the paper, an adapter, on pairs. Where ``folder`` holds it already, it is loaded instead.

    Args:
        pairs: pair_id, instruction, output, and for the forward direction ``tag``.
        backward: True trains from output to instruction (M_yx, section 2.2), False from instruction and tag to output (M_t,
            section 2.3).
        draw: seeds the adapter's first weights and the order of the rows.
        progress: called with the steps done and the steps to do.

    Returns:
        The report of ``training.train_or_load``, with ``left_out``: the number of pairs whose instruction alone fills a row.
    """
    texts = training_texts(model, pairs, settings.max_tokens, backward=backward)
    report = training.train_or_load(model, name, texts, settings, seed=draw, folder=folder, progress=progress)
    return report | {"left_out": len(pairs) - len(texts)}


def training_texts(model: Model, pairs: pd.DataFrame, max_tokens: int, *, backward: bool = False) -> list[training.Row]:
    """Pairs as rows of prompt and completion, in the direction in which they are learned.

    A row has at most ``max_tokens`` tokens, and no more than the base's context. Where M_yx reads a text so long that its
    instruction would not fit, the text is cut at a sentence's end. For the forward direction see ``forward_texts``. A
    completion that is too long loses its end when it is encoded.

    Raises:
        ValueError: ``max_tokens`` leave no room for a text that M_yx reads; the message names its row.
    """
    max_tokens = min(max_tokens, model.context)
    if not backward:
        return forward_texts(model.tokenizer, pairs, max_tokens)
    role = Backward(model.tokenizer)
    completions = [role.completion(instruction) for instruction in pairs.instruction]
    lengths = map(len, model.encode(completions, start=False))
    rooms = [max_tokens - min(length + 1, max_tokens // 2) for length in lengths]
    remedy = f"raise max_tokens of the training, which is {max_tokens} here and at most the context of {model.context}"
    return [
        training.Row(role.prefix(_fitted(role, pair.pair_id, pair.output, room, remedy)), completion, pair.pair_id)
        for pair, completion, room in zip(pairs.itertuples(), completions, rooms, strict=True)
    ]


def forward_texts(tokenizer, pairs: pd.DataFrame, max_tokens: int) -> list[training.Row]:
    """Pairs with their tags as M_t learns them; one whose instruction alone fills ``max_tokens`` is left out."""
    role = Forward(tokenizer)
    rows = [training.Row(role.prefix(p.instruction, p.tag), role.completion(p.output), p.pair_id) for p in pairs.itertuples()]
    lengths = map(len, tokens.encode(tokenizer, [row.prompt for row in rows], start=True))
    return [row for row, length in zip(rows, lengths, strict=True) if length < max_tokens]


def answer(
    model: Model,
    prompts: pd.DataFrame,
    *,
    adapter: str | None,
    mode: str,
    sampling: Sampling,
    draw: int = 0,
    done: Set[str] = frozenset(),
) -> Iterator[list[dict]]:
    """y ~ M_t(x): answers to prompts. Yields rows batch by batch: prompt_id, mode, text, tokens, finish, cut.

    A prompt that is too long for the context loses its beginning, and its row is marked (``cut``).

    Args:
        prompts: prompt_id, instruction.
        adapter: M_t; None asks the base itself.
        mode: inference mode (v1 Table 8), or a mistaken way of asking (``prompts.asking``).
        done: ids of the prompts to skip.
    """
    read = asking(model.tokenizer, mode)
    asked = [Prompt(p.prompt_id, read(p.instruction)) for p in prompts.itertuples()]
    with model.using(adapter):
        for batch in generate(model, asked, sampling, seed=draw, done=done):
            yield [
                {
                    "prompt_id": row.row_id,
                    "mode": mode,
                    "text": row.text,
                    "tokens": row.tokens,
                    "finish": row.finish,
                    "cut": row.cut,
                }
                for row in batch
            ]


def compare(
    model: Model,
    prompts: pd.DataFrame,
    first: Mapping[str, str],
    second: Mapping[str, str],
    *,
    adapter: str | None = None,
    done: Set[str] = frozenset(),
) -> Iterator[list[dict]]:
    """Ask a model which of two answers to each prompt it prefers, in both orders. Yields the rows of ``pairwise.compare``.

    Args:
        prompts: prompt_id, instruction.
        first, second: answers by prompt_id.
        adapter: the model that judges; None is the base itself.
        done: ids of the comparisons to skip.
    """
    with model.using(adapter), model.decoded():
        yield from pairwise.compare(model, prompts, first, second, done=done)


def likelihood(
    model: Model, pairs: pd.DataFrame, *, adapter: str | None, modes: Sequence[str], done: Set[str] = frozenset()
) -> Iterator[list[dict]]:
    """Mean log-likelihood of each pair's output under M_t, in nats a token: prompt_id (its pair_id), mode, score.

    An output is read as far as the context goes. The score is None where the instruction alone fills it.

    Args:
        pairs: pair_id, instruction, output; pairs that no model was trained on.
        done: ids ``mode/pair_id`` to skip.
    """
    asked = [
        (f"{mode}/{p.pair_id}", asking(model.tokenizer, mode)(p.instruction), p.output)
        for mode in modes
        for p in pairs.itertuples()
    ]
    with model.using(adapter), model.decoded():
        for batch in judging.log_likelihoods(model, asked, done=done):
            places = [(row_id.partition("/"), score) for row_id, score in batch]
            yield [{"prompt_id": pair_id, "mode": mode, "score": score} for (mode, _, pair_id), score in places]
