"""Which judge to trust on a model, before it rates: AUC of held-out seed pairs against bad twins of them, kind by kind."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set

import pandas as pd

from helpers import curation
from helpers.augmentation import hygiene
from helpers.curation import AT_CHANCE, FEWEST_PARSED
from helpers.judging.expected import NOT_NUMBERS, TOO_LONG
from helpers.judging.likelihood import NO_ROOM
from helpers.judging.rating import RUBRIC_TOO_LONG, rate
from helpers.judging.twins import KINDS, RIGHT
from helpers.judging.twins import make as twins
from helpers.models import Model
from helpers.stats.agreement import auc_by_kind
from helpers.tables import content_id

Write = Callable[[pd.DataFrame], Mapping[str, str]]
"""Writes an instruction for each text (segment_id, text), as M_yx does for the candidates; by segment_id."""

M_YX, PEOPLE = "M_yx", "people"
"""Who wrote an instruction of the check."""


def pairs_and_twins(seed_pairs: pd.DataFrame, *, seed: int, write: Write | None = None) -> pd.DataFrame:
    """The seed pairs, kind ``right``, and their twins, which ``seed`` draws.

    With ``write`` they are made as the candidates are: an answer by a person, good or spoiled, and an instruction that M_yx
    wrote for it. Judges are then tried on what they will rate. M_yx writes wrong instructions for good answers too, and such a
    pair counts as right: every AUC is too low by that. ``tests/bench/bench_judges.py`` measures on the mini web how good the
    judge is that the check names.

    Args:
        seed_pairs: pair_id, instruction, output.
        write: None leaves every instruction as the person wrote it. So it does where no pair has a usable one by M_yx.

    Returns:
        pair_id, instruction, output, kind, of (the seed pair's id), by (``M_YX`` or ``PEOPLE``), hygiene
        (``augmentation.hygiene`` of an instruction by M_yx: a candidate with such a flag is never kept). A pair with a flag has
        no twins. M_yx's pairs have none of kind ``copied``: hygiene keeps every copy from the judges.
    """
    right = seed_pairs.drop_duplicates("pair_id")[["pair_id", "instruction", "output"]]
    right = right.assign(kind=RIGHT, of=right.pair_id)
    if write is None:
        return pd.concat([right, twins(right, seed=seed)], ignore_index=True).assign(by=PEOPLE, hygiene="")
    right = _instructed(right, write)
    if not (right.hygiene == "").any():
        return pairs_and_twins(seed_pairs, seed=seed)
    made = twins(right[right.hygiene == ""], seed=seed)
    another = made[made.kind == "another"].assign(hygiene="")
    spoiled = _instructed(made[~made.kind.isin(["another", "copied"])], write)
    right = right.assign(pair_id=[content_id(*pair) for pair in zip(right.of, right.instruction, strict=True)])
    return pd.concat([right, another, spoiled], ignore_index=True).assign(by=M_YX)


def _instructed(pairs: pd.DataFrame, write: Write) -> pd.DataFrame:
    """The pairs with an instruction that was written for their output, and its hygiene."""
    written = write(pairs.rename(columns={"pair_id": "segment_id", "output": "text"})[["segment_id", "text"]])
    pairs = pairs.assign(instruction=pairs.pair_id.map(dict(written)))
    flags = [hygiene(*pair) for pair in zip(pairs.instruction, pairs.output, strict=True)]
    return pairs.assign(hygiene=pd.Series(flags, pairs.index, dtype=str))


def rated(
    model: Model,
    pairs: pd.DataFrame,
    names: Sequence[str],
    *,
    adapter: str | None = None,
    backward: str | None = None,
    tag: str = "",
    seed: int = 0,
    done: Set[str] = frozenset(),
) -> Iterator[list[dict]]:
    """Ratings of seed pairs and their twins by each judge, batch by batch.

    A row is one of ``rating.rate``, with ``kind``, ``of`` and ``seconds``: the pair's share of its batch's time. Judges that
    read the same likelihoods share one pass, and the row of each has the seconds of it.

    Args:
        pairs: of ``pairs_and_twins``; those with a hygiene flag are left out.
        names: judges, combined ones too.
        adapter, backward, tag, seed, done: as for ``rating.rate``.
    """
    pairs = pairs[pairs.hygiene == ""]
    of_pair = pairs.set_index("pair_id")[["kind", "of"]].to_dict("index")
    last = time.perf_counter()
    for batch in rate(model, pairs, names, adapter=adapter, backward=backward, tag=tag, seed=seed, done=done):
        now = time.perf_counter()
        each = (now - last) / max(len({row["pair_id"] for row in batch}), 1)
        yield [row | of_pair[row["pair_id"]] | {"seconds": each} for row in batch]
        last = time.perf_counter()


def table(ratings: pd.DataFrame, *, names: Sequence[str] | None = None) -> pd.DataFrame:
    """One row a judge and kind of twin, and one a judge with kind ``mean``, over all kinds.

    Args:
        ratings: of ``rated``: pair_id, judge, score, mass, kind (``right`` for the seed pairs), of, seconds (None: not
            measured).
        names: judges to show, combined ones too; None shows all that rated.

    Returns:
        judge, kind, auc (right above twin, ties a half), low, high (95 %, seed pairs resampled), n (twins rated), counts
        (whether the kind is in the mean: it has five twins or more), mass (mean, 0 to 1), parsed (share of pairs with a
        score), equal (share of scores that are the commonest one, to 2 decimals), seconds (for 1,000 pairs; NaN where not
        measured).
    """
    places = {kind: place for place, kind in enumerate([RIGHT, *KINDS])}
    pairs = ratings.drop_duplicates("pair_id")[["pair_id", "kind", "of"]]
    pairs = pairs.sort_values("kind", key=lambda kinds: kinds.map(places), kind="stable")
    found = []
    for name in names if names is not None else dict.fromkeys(ratings.judge):
        parts = curation.judges(name)
        own = ratings[ratings.judge.isin(parts)]
        scored = pairs.assign(score=pairs.pair_id.map(curation.scores(own, parts)).astype(float))
        values, passes = scored.score.dropna().round(2), own.drop_duplicates(["pair_id", "seconds"])
        shared = {
            "mass": own.mass.astype(float).mean(),
            "parsed": scored.score.notna().mean(),
            "equal": values.value_counts(normalize=True).max() if len(values) else float("nan"),
            "seconds": 1000 * passes.seconds.sum(min_count=1) / len(pairs),
        }
        found.append(auc_by_kind(scored, right=RIGHT).assign(judge=name, **shared))
    columns = ["judge", "kind", "auc", "low", "high", "n", "counts", "mass", "parsed", "equal", "seconds"]
    return pd.concat(found, ignore_index=True)[columns]


def findings(table_: pd.DataFrame, notes: Sequence[str] = ()) -> str:
    """Which judge to take, by the mean over kinds; which are at chance or below it; what the best one does not see.

    Args:
        table_: of ``table``.
        notes: what else has to be said of it, in sentences.

    Returns:
        sentences, one a line.
    """
    means = table_[table_.kind == "mean"].set_index("judge").sort_values("auc", ascending=False, kind="stable")
    if not table_.counts.any():
        return "\n".join(["No kind of bad twin could be made five times: give more seed pairs, or longer ones.", *notes])
    said = _recommended(table_)
    for names, what in (
        (means.index[(means.low <= AT_CHANCE) & (means.high >= AT_CHANCE)], "At chance"),
        (means.index[means.high < AT_CHANCE], "Worse than chance"),
        (means.index[means.parsed == 0], "Nothing could be read by"),
        (means.index[means.auc.isna() & (means.parsed > 0)], "At least one kind could not be read at all by"),
        (means.index[means.auc.notna() & (means.parsed < FEWEST_PARSED)], "Over a tenth of the pairs are left unrated by"),
    ):
        each = (name + (f" ({auc_said(means.loc[name])})" if means.auc.notna()[name] else "") for name in names)
        said += [f"{what}: {', '.join(each)}."] if len(names) else []
    return "\n".join([*said, *notes])


def _recommended(table_: pd.DataFrame) -> list[str]:
    """The best judge, the kinds that it does not see, and the judges that are as good as it is."""
    fit = curation.trusted(table_)
    if fit.empty:
        return ["No judge tells these pairs from their bad twins better than chance: rate with none of them on this model."]
    best = fit.iloc[0]
    kinds = table_[(table_.judge == fit.index[0]) & (table_.kind != "mean") & table_.counts]
    blind = kinds[~(kinds.low > AT_CHANCE)].kind
    level = fit.index[1:][fit.high.iloc[1:] >= best.auc]
    over = f"the mean over {len(kinds)} kinds of bad twins, {best.n:,.0f} twins"
    said = [f"Take {fit.index[0]}: its AUC is {auc_said(best)} ({over})."]
    said += [f"Bad twins that it does not see: {', '.join(blind)}."] if len(blind) else []
    return said + ([f"Not told apart from it on these pairs: {', '.join(level)}."] if len(level) else [])


def auc_said(row: pd.Series) -> str:
    """An AUC with its interval, in words: ``0.91 [0.88, 0.94]``."""
    return f"{row.auc:.2f} [{row.low:.2f}, {row.high:.2f}]"


def unread_said(ratings: pd.DataFrame) -> list[str]:
    """For each judge and reason, how many pairs have no score, in a sentence."""
    asked = ratings.groupby("judge").size()
    return [
        f"{row.n:,} of {asked[row.judge]:,} pairs have no score by {row.judge}: {row.reason}."
        for row in unread(ratings).itertuples()
    ]


def unread(ratings: pd.DataFrame) -> pd.DataFrame:
    """Why ratings have no score: judge, reason, n. A reply that holds none counts as ``no score in the reply``."""
    none = ratings[ratings.score.isna()]
    reasons = {TOO_LONG, NOT_NUMBERS, NO_ROOM, RUBRIC_TOO_LONG}
    little = none.raw.str.fullmatch(r"[\d. ]+") & (none.raw != "")
    reason = none.raw.where(none.raw.isin(reasons), "no score in the reply").mask(
        little, "hardly any probability on the digits"
    )
    counts = none.assign(reason=reason).groupby(["judge", "reason"]).size()
    return counts.rename("n").reset_index()
