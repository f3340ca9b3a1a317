"""How well judges tell good pairs from bad ones, and how far judges and people agree. Imports no torch."""

import math
from itertools import combinations

import numpy as np
import pandas as pd

from helpers.stats.intervals import ends, quantiles


def auc(good: np.ndarray, bad: np.ndarray) -> float:
    """Probability that a good pair is rated above a bad one; a tie counts half. Unrated pairs do not count; NaN without any."""
    good, bad = (scores[~np.isnan(scores)] for scores in (np.asarray(good, float), np.asarray(bad, float)))
    if not len(good) or not len(bad):
        return float("nan")
    ranks = pd.Series(np.concatenate([good, bad])).rank().to_numpy()
    return float((ranks[: len(good)].sum() - len(good) * (len(good) + 1) / 2) / (len(good) * len(bad)))


def auc_within(scores: pd.Series, good: pd.Series, groups: pd.Series) -> float:
    """Mean of the AUCs inside the groups, weighted by bad rows. Groups without good or without bad rows do not count."""
    parts = []
    for _, rows in pd.DataFrame({"score": scores, "good": good, "group": groups}).groupby("group"):
        bad = rows[~rows.good]
        if len(bad) and len(bad) < len(rows):
            parts.append((auc(rows[rows.good].score, bad.score), len(bad)))
    return float(np.average([a for a, _ in parts], weights=[n for _, n in parts])) if parts else float("nan")


def wilson(hits: float, n: int) -> tuple[float, float]:
    """95 % interval of a share ``hits / n`` (Wilson 1927); (0, 1) for n = 0. A tie may count as half a hit."""
    if n == 0:
        return 0.0, 1.0
    z = 1.96
    share, scale = hits / n, 1 + z * z / n
    middle = (share + z * z / (2 * n)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return middle - half if hits > 0 else 0.0, middle + half if hits < n else 1.0  # at the ends without rounding


def uncollapsed(value: float, low: float, high: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share or an AUC. Where the value is 0 or 1 it is that of ``wilson`` for none or all of n.

    All resamples of such a value agree, so their quantiles are the value itself, however few there are.

    Args:
        n: what is counted; for an AUC the groups that have a good and a bad pair, since two of one group are not independent.
    """
    return wilson(n * value, n) if value in (0, 1) else (low, high)


def auc_interval(good: np.ndarray, bad: np.ndarray, *, resamples: int = 500, seed: int = 0) -> tuple[float, float]:
    """95 % interval of ``auc``; the bootstrap resamples pairs. NaN without any."""
    rng = np.random.default_rng(seed)
    good, bad = np.asarray(good, float), np.asarray(bad, float)
    draws = [auc(rng.choice(good, len(good)), rng.choice(bad, len(bad))) for _ in range(resamples)]
    n = min((~np.isnan(good)).sum(), (~np.isnan(bad)).sum())
    return tuple(float(end) for end in uncollapsed(auc(good, bad), *quantiles(draws), n))


def auc_gain(pairs: pd.DataFrame, *, resamples: int = 500, seed: int = 0) -> dict[str, float]:
    """AUC of ``new`` minus AUC of ``old`` on the same pairs, with its 95 % interval; the bootstrap resamples groups.

    The judges of two draws are two different models. Pairs are therefore compared within their draw, and the AUCs of the draws
    are averaged.

    Args:
        pairs: draw, new, old (the ratings; a pair that one judge could not rate does not count), right, and ``group``: the
            family or, for a pair without a family, a group of its own.

    Returns:
        old, new, value (the difference), low, high; NaN if there are no right or no bad pairs. low and high are NaN too where
        fewer than ``stats.FEWEST_UNITS`` groups hold right pairs, or bad ones.
    """
    rated = pairs.dropna(subset=["new", "old"])
    right, group = rated.right.to_numpy(bool), pd.factorize(rated.group)[0]
    if right.all() or not right.any():
        return dict.fromkeys(("old", "new", "value", "low", "high"), float("nan"))
    draws = [(rated.draw == draw).to_numpy() for draw in rated.draw.unique()]
    ranks = [[rated[name][own].rank(method="dense").to_numpy(int) - 1 for own in draws] for name in ("old", "new")]

    def mean(judge: list[np.ndarray], weight: np.ndarray) -> float:
        aucs = [_weighted_auc(rank, right[own], weight[own]) for rank, own in zip(judge, draws, strict=True)]
        return np.nanmean(aucs) if not np.isnan(aucs).all() else np.nan

    old, new = (mean(judge, np.ones(len(right))) for judge in ranks)
    rng, count = np.random.default_rng(seed), group.max() + 1
    gains = []
    for _ in range(resamples):
        weight = np.bincount(rng.integers(count, size=count), minlength=count)[group].astype(float)
        before, after = (mean(judge, weight) for judge in ranks)
        gains.append(after - before)
    low, high = ends(gains, min(len(set(group[right])), len(set(group[~right]))))
    return {"old": old, "new": new, "value": new - old, "low": low, "high": high}


def judge_gains(judged: pd.DataFrame) -> pd.DataFrame:
    """AUC of right pairs against each kind of bad pair, for an old and a new judge, with the difference.

    The interval of the difference resamples families.

    Args:
        judged: one row for each pair and draw: pair_id, draw, old, new (the ratings), right, ``wrong`` (the kind of bad pair)
            and family. A pair without a family (None) is a group of its own. A pair without a rating does not count.

    Returns:
        One row for each kind, and one for ``all`` bad pairs: n bad pairs, old, new, value (new minus old), low, high.
    """
    judged = judged.dropna(subset=["old", "new"])
    judged = judged.assign(group=judged.family.where(judged.family.fillna("") != "", judged.pair_id))
    rows = []
    for kind in (*sorted(set(judged[~judged.right].wrong)), "all"):
        chosen = judged[judged.right | (judged.wrong == kind) | (kind == "all")]
        rows.append({"kind": kind, "n": int((~chosen.right).sum()), **auc_gain(chosen)})
    return pd.DataFrame(rows).round(3)


def _weighted_auc(rank: np.ndarray, right: np.ndarray, weight: np.ndarray) -> float:
    """AUC of rows that each count ``weight`` times. ``rank`` is dense and starts at 0."""
    good, bad = np.bincount(rank, weight * right), np.bincount(rank, weight * ~right)
    below = np.cumsum(bad) - bad / 2
    return float((good * below).sum() / (good.sum() * bad.sum())) if good.sum() and bad.sum() else float("nan")


FEWEST_BAD = 5
"""A kind with fewer bad pairs than this is shown, but does not count in the mean over kinds."""


def auc_by_kind(scored: pd.DataFrame, *, right: str = "right", resamples: int = 400, seed: int = 0) -> pd.DataFrame:
    """AUC of right pairs against each kind of bad pair that was made from them, and the mean of the kinds.

    The bootstrap resamples the right pairs, each with the bad pairs made from it; an AUC of 0 or 1 as in ``uncollapsed``.

    Args:
        scored: kind (that of a good pair is given by ``right``), of (the good pair's id), score (NaN if unrated; such a pair
            does not count).

    Returns:
        One row for each kind, and one for ``mean``: kind, auc, low, high (95 %), n (bad pairs that are rated), and ``counts``:
        whether the kind has ``FEWEST_BAD`` bad pairs, rated or not, and so is in the mean. NaN for a kind that has no rated
        pairs, and for the mean if no kind counts.
    """
    rated = scored.dropna(subset=["score"])
    group, ids = pd.factorize(rated.of)
    good = (rated.kind == right).to_numpy()
    kinds = [kind for kind in dict.fromkeys(scored.kind) if kind != right]
    chosen = {kind: good | (rated.kind == kind).to_numpy() for kind in kinds}
    ranks = {kind: rated.score[chosen[kind]].rank(method="dense").to_numpy(int) - 1 for kind in kinds}
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(ids), np.full(len(ids), 1 / max(len(ids), 1)), size=resamples) if len(ids) else []
    weights = [np.ones(len(ids)), *(weight.astype(float) for weight in drawn)]
    values = [[_weighted_auc(ranks[k], good[chosen[k]], weight[group[chosen[k]]]) for k in kinds] for weight in weights]
    counts = np.array([(scored.kind == kind).sum() >= FEWEST_BAD for kind in kinds], bool)
    means = np.array(values)[:, counts].mean(axis=1) if counts.any() else np.full(len(values), np.nan)
    draws = np.column_stack([*np.array(values).T, means])
    n = np.array([(rated.kind == kind).sum() for kind in kinds], int)
    groups = np.array([min(rated.of[good].nunique(), rated.of[rated.kind == kind].nunique()) for kind in kinds], int)
    each = zip(draws.T, [*groups, groups[counts].min(initial=len(ids))], strict=True)
    low, high = np.array([uncollapsed(column[0], *quantiles(column), own) for column, own in each]).T
    found = {"kind": [*kinds, "mean"], "auc": draws[0], "low": low, "high": high, "n": [*n, n[counts].sum()]}
    return pd.DataFrame(found | {"counts": [*counts, counts.any()]})


def ordered(scored: pd.DataFrame, *, right: str = "right", resamples: int = 400, seed: int = 0) -> dict[str, float]:
    """Share of bad pairs that are rated below the good pair from which they were made. A tie counts half.

    Unrated pairs do not count. The two pairs have the same instruction, so this is the pairwise accuracy of answers to one
    instruction (Self-Rewarding Language Models, 2401.10020).

    Args:
        scored: kind (``right``: a good pair), of (the good pair's id), score.

    Returns:
        value (0 to 1), low, high (95 %, the good pairs resampled), n bad pairs; NaN where there are none. low and high are NaN
        too where the pairs were made from fewer than ``stats.FEWEST_UNITS`` good ones.
    """
    good = scored[scored.kind == right].set_index("of").score
    bad = scored[scored.kind != right].assign(good=lambda rows: rows.of.map(good))
    bad = bad.astype({"score": float, "good": float}).dropna(subset=["score", "good"])
    if bad.empty:
        return dict.fromkeys(("value", "low", "high"), float("nan")) | {"n": 0}
    won = (np.sign(bad.good - bad.score) + 1) / 2
    sums = won.groupby(bad.of).agg(["sum", "size"]).to_numpy(float)
    drawn = np.random.default_rng(seed).multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=resamples)
    totals = drawn @ sums
    low, high = ends(totals[:, 0] / totals[:, 1], len(sums))
    if low == low:
        low, high = uncollapsed(won.mean(), low, high, len(sums))
    return {"value": float(won.mean()), "low": float(low), "high": float(high), "n": len(bad)}


def spearman(first: pd.Series, second: pd.Series) -> float:
    """Correlation of two judges' ranks, -1 to 1. NaN if one gives all pairs the same score, or fewer than two have both."""
    first, second = _both(first, second)
    return _correlation(first.rank().to_numpy(), second.rank().to_numpy())


def kendall(first: pd.Series, second: pd.Series) -> float:
    """Kendall's tau-b, -1 to 1: pairs of rows in the same order minus pairs in opposite order, corrected for ties; or NaN."""
    first, second = _both(first, second)
    signs = [np.sign(np.subtract.outer(each.to_numpy(), each.to_numpy())) for each in (first, second)]
    untied = np.sqrt((signs[0] != 0).sum() * float((signs[1] != 0).sum()))
    return float((signs[0] * signs[1]).sum() / untied) if untied else float("nan")


def pairwise_accuracy(scores: pd.Series, truth: pd.Series) -> float:
    """Of the pairs of rows that differ in truth, the share that the scores put in the same order. A tie counts half.

    NaN if no rows differ. Self-Rewarding Language Models measures judges in this way (2401.10020, table 4).
    """
    scores, truth = _both(scores, truth)
    better = np.subtract.outer(truth.to_numpy(), truth.to_numpy()) > 0
    ordered = np.sign(np.subtract.outer(scores.to_numpy(), scores.to_numpy()))
    return float((ordered[better] + 1).mean() / 2) if better.any() else float("nan")


def between(scores: pd.DataFrame) -> pd.DataFrame:
    """Agreement of every two judges: first, second, n (pairs that both rated), spearman, kendall.

    Args:
        scores: one column for each judge (or for labels, as numbers), one row for each pair.
    """
    rows = []
    for first, second in combinations(scores.columns, 2):
        a, b = scores[first], scores[second]
        rows.append((first, second, len(_both(a, b)[0]), spearman(a, b), kendall(a, b)))
    return pd.DataFrame(rows, columns=["first", "second", "n", "spearman", "kendall"])


def kappa(first: pd.Series, second: pd.Series) -> tuple[int, float, float, float, float]:
    """Agreement of two people on the pairs that both labelled: n, share with the same label, kappa, and its 95 % interval.

    Source: Cohen 1960, with the large-sample interval, or that of ``uncollapsed`` where they agree everywhere or nowhere. NaN
    if n is 0; kappa is NaN if both used the same single label.

    Args:
        first: label by pair_id; a missing one does not count.
    """
    first, second = first.dropna().align(second.dropna(), join="inner")
    n = len(first)
    if n == 0:
        return 0, np.nan, np.nan, np.nan, np.nan
    agree = float((first == second).mean())
    chance = float(sum((first == label).mean() * (second == label).mean() for label in set(first) | set(second)))
    if chance == 1:
        return n, agree, np.nan, np.nan, np.nan
    half = 1.96 * np.sqrt(agree * (1 - agree) / n)
    ends = (agree, *uncollapsed(agree, agree - half, agree + half, n))
    value, low, high = ((end - chance) / (1 - chance) for end in ends)
    return n, agree, value, max(low, -1.0), min(high, 1.0)


def _both(first: pd.Series, second: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The rows that both have, as numbers."""
    both = pd.concat([first, second], axis=1, join="inner").astype(float).dropna()
    return both.iloc[:, 0], both.iloc[:, 1]


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    if len(a) < 2 or a.std() == 0 or b.std() == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])
