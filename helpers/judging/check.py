"""Which judge to trust on a model, before it rates: AUC of held-out seed pairs against bad twins of them, kind by kind."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from helpers import curation
from helpers.judging import judges
from helpers.judging.expected import NOT_NUMBERS, TOO_LONG
from helpers.judging.likelihood import NO_ROOM
from helpers.judging.rating import RUBRIC_TOO_LONG, rate
from helpers.judging.twins import RIGHT
from helpers.judging.twins import make as twins
from helpers.judging.twins import missing as missing
from helpers.models import Model
from helpers.stats.agreement import auc_by_kind


def rated_pairs(seed_pairs: pd.DataFrame, twins_: pd.DataFrame) -> pd.DataFrame:
    """The seed pairs, kind ``right``, and their twins in one frame: pair_id, instruction, output, kind, of."""
    right = seed_pairs.drop_duplicates("pair_id")[["pair_id", "instruction", "output"]]
    return pd.concat([right.assign(kind=RIGHT, of=right.pair_id), twins_], ignore_index=True)


def run(
    model: Model,
    seed_pairs: pd.DataFrame,
    names: Sequence[str],
    seed: int,
    *,
    adapter: str | None = None,
    backward: str | None = None,
    tag: str = "",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rate seed pairs and their bad twins with each judge: the ``ratings``, and ``table`` of them.

    Args:
        seed_pairs: pair_id, instruction, output; none that an adapter was trained on.
        names: judges, combined ones too.
        seed: draws the twins and sampled replies.
    """
    pairs = rated_pairs(seed_pairs, twins(seed_pairs, seed=seed))
    rows, seconds, last = [], Counter(), time.perf_counter()
    for batch in rate(model, pairs, names, adapter=adapter, backward=backward, tag=tag, seed=seed):
        now = time.perf_counter()
        for judge in {row["judge"] for row in batch}:
            seconds[judge] += now - last
        rows, last = rows + batch, now
    ratings = pd.DataFrame(rows)
    return ratings, table(ratings, pairs, names=names, seconds=seconds)


def table(
    ratings: pd.DataFrame,
    pairs: pd.DataFrame,
    *,
    names: Sequence[str] | None = None,
    seconds: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """One row a judge and kind of twin, and one a judge with kind ``mean``, over all kinds.

    Args:
        ratings: pair_id, judge, score, mass.
        pairs: pair_id, kind (``right`` for the seed pairs), of: ``rated_pairs``.
        names: judges to show, combined ones too; None shows all that rated.
        seconds: by judge, what rating all pairs took. Judges that read the same likelihoods share one pass and its seconds.

    Returns:
        judge, kind, auc (right above twin, ties a half), low, high (95 %, seed pairs resampled), n (twins rated), mass (mean,
        0 to 1), parsed (share of pairs with a score), equal (share of scores that are the commonest one, to 2 decimals),
        seconds (for 1,000 pairs; NaN where not measured).
    """
    found = []
    for name in names if names is not None else dict.fromkeys(ratings.judge):
        parts = judges.COMBINED.get(name, (name,))
        own = ratings[ratings.judge.isin(parts)]
        scored = pairs.assign(score=pairs.pair_id.map(curation.scores(own, tuple(parts))).astype(float))
        took = sum((seconds or {}).get(part, float("nan")) for part in parts)
        values = scored.score.dropna().round(2)
        shared = {
            "mass": own.mass.astype(float).mean(),
            "parsed": scored.score.notna().mean(),
            "equal": values.value_counts(normalize=True).max() if len(values) else float("nan"),
            "seconds": 1000 * took / max(len(pairs), 1),
        }
        found.append(auc_by_kind(scored, right=RIGHT).assign(judge=name, **shared))
    columns = ["judge", "kind", "auc", "low", "high", "n", "mass", "parsed", "equal", "seconds"]
    return pd.concat(found, ignore_index=True)[columns]


AT_CHANCE = 0.5
"""AUC of a judge that knows nothing."""

FEWEST_PARSED = 0.9
"""A judge that leaves more pairs than the rest of this unrated is not recommended, 0 to 1."""


def sentence(table_: pd.DataFrame) -> str:
    """Which judge to take, by the mean over kinds; which are at chance or below it; what the best one does not see."""
    means = table_[table_.kind == "mean"].set_index("judge").sort_values("auc", ascending=False)
    fit = means[(means.parsed >= FEWEST_PARSED) & (means.low > AT_CHANCE)]
    said = []
    if fit.empty:
        said.append("No judge tells these pairs from their bad twins better than chance: rate with none of them on this model")
    else:
        best = fit.iloc[0]
        kinds = table_[(table_.judge == fit.index[0]) & (table_.kind != "mean")]
        blind = kinds[~(kinds.low > AT_CHANCE)].kind
        said.append(
            f"Take {fit.index[0]}: AUC {_auc(best)}, the mean over {len(kinds)} kinds of bad twins, {best.n:,.0f} twins"
        )
        said += [f"it does not see: {', '.join(blind)}"] if len(blind) else []
        level = fit.index[1:][fit.high.iloc[1:] >= best.auc]
        said += [f"not told apart from it on these pairs: {', '.join(level)}"] if len(level) else []
    for names, what in (
        (means.index[(means.low <= AT_CHANCE) & (means.high >= AT_CHANCE)], "at chance"),
        (means.index[means.high < AT_CHANCE], "worse than chance"),
        (means.index[means.auc.isna()], "nothing could be read by"),
        (means.index[means.auc.notna() & (means.parsed < FEWEST_PARSED)], "leaves over a tenth of the pairs unrated"),
    ):
        said += [f"{what}: " + ", ".join(f"{name} ({_auc(means.loc[name])})" for name in names)] if len(names) else []
    return "; ".join(said) + "."


def _auc(row: pd.Series) -> str:
    return f"{row.auc:.2f} [{row.low:.2f}, {row.high:.2f}]"


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
