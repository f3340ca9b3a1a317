"""Compares a judge with labels: precision, recall and F1 at a threshold, and the threshold for a wanted precision."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from helpers.stats.agreement import auc, auc_interval, uncollapsed

GOOD = {"good": True, "bad": False, True: True, False: False}
"""The labels that count, and what they mean (1 and 0 count as True and False). Others (``unsure``, ``skip``) decide nothing."""

MARGIN = 0.05
"""A threshold is given only if the precision on new pairs should lie within this distance of the wanted one, 0 to 1."""


@dataclass(frozen=True)
class Labelled:
    """Scores joined with labels. ``rows`` has one row for each pair with both: pair_id, score, good (bool)."""

    rows: pd.DataFrame
    left_out: dict[str, int]
    """Number of labels that could not be used, by reason: ``unknown`` (no such pair was rated), ``contradictory`` (both good
    and bad), ``undecided`` (neither), ``unrated`` (the judge gave no score)."""

    def __str__(self) -> str:
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.left_out.items() if count) or "none left out"
        return f"{len(self.rows)} labelled pairs, {int(self.rows.good.sum())} good ({reasons})"


def labelled(scores: pd.Series, labels: pd.DataFrame) -> Labelled:
    """Scores joined with labels.

    Args:
        scores: by pair_id; NaN if the judge could not rate the pair.
        labels: pair_id and label, from one person or several. Labels that ``GOOD`` does not hold decide nothing.
    """
    meant = labels.assign(good=labels.label.map(GOOD))
    sides = meant.dropna(subset=["good"]).groupby("pair_id").good.agg(["first", "nunique"])
    undecided = meant.pair_id.nunique() - len(sides)
    known = sides[sides.index.isin(scores.index)]
    clear = known[known["nunique"] == 1]
    rows = pd.DataFrame({"score": scores.reindex(clear.index).astype(float), "good": clear["first"].astype(bool)})
    rated = rows.dropna().rename_axis("pair_id").reset_index()
    left_out = {
        "unknown": len(sides) - len(known),
        "contradictory": len(known) - len(clear),
        "undecided": int(undecided),
        "unrated": len(rows) - len(rated),
    }
    return Labelled(rated, left_out)


def measures(rows: pd.DataFrame, threshold: float, *, resamples: int = 500, seed: int = 0) -> pd.DataFrame:
    """Precision, recall and F1 of keeping all scores from a threshold on, and the AUC, each with its 95 % interval.

    The bootstrap resamples pairs; a value of 0 or 1 has the interval of ``agreement.uncollapsed``.

    Args:
        rows: score, good.

    Returns:
        Index: precision, recall, f1, auc. Columns: value, low, high, n (pairs that were counted). NaN if there are none.
    """
    kept, good = (rows.score >= threshold).to_numpy(), rows.good.to_numpy(bool)
    draws = np.random.default_rng(seed).integers(max(len(rows), 1), size=(resamples, len(rows)))
    values = np.array([_shares(kept, good), *(_shares(kept[draw], good[draw]) for draw in draws)])
    n = [int(kept.sum()), int(good.sum()), len(rows)]
    found = pd.DataFrame({"value": values[0]} | _ends(values, n) | {"n": n}, index=["precision", "recall", "f1"])
    right, wrong = rows.score[rows.good], rows.score[~rows.good]
    interval = auc_interval(right, wrong, resamples=resamples, seed=seed) if len(right) and len(wrong) else (np.nan, np.nan)
    found.loc["auc"] = [auc(right, wrong), *interval, len(rows)]
    return found.astype({"n": int})


def _shares(kept: np.ndarray, good: np.ndarray) -> tuple[float, float, float]:
    both, selected, right = (kept & good).sum(), kept.sum(), good.sum()
    precision = both / selected if selected else np.nan
    recall = both / right if right else np.nan
    return precision, recall, 2 * both / (selected + right) if selected + right else np.nan


def _ends(values: np.ndarray, n: Sequence[int]) -> dict[str, np.ndarray]:
    """low and high of each column: its value in the first row, its resamples in the others; ``n`` is what it counts."""
    ends = [(_quantile(column[1:], 0.025), _quantile(column[1:], 0.975)) for column in values.T]
    ends = [uncollapsed(value, *both, own) for value, both, own in zip(values[0], ends, n, strict=True)]
    return dict(zip(("low", "high"), np.array(ends).T, strict=True))


def _quantile(values: np.ndarray, q: float) -> float:
    values = values[~np.isnan(values)]
    return float(np.quantile(values, q)) if len(values) else float("nan")


def curve(rows: pd.DataFrame, *, points: int = 40, resamples: int = 300, seed: int = 0) -> pd.DataFrame:
    """Precision and recall at a series of thresholds.

    Args:
        rows: score, good.
        points: thresholds, at equal steps of the share of pairs kept.

    Returns:
        One row for each threshold, the strictest first: threshold, share (kept, 0 to 1), kept (pairs), precision and recall,
        these two with _low and _high (95 %, pairs resampled). Empty without rows.
    """
    if rows.empty:
        return pd.DataFrame(columns=["threshold", "share", "kept", "precision", "recall"])
    thresholds = np.unique(rows.score.quantile(np.linspace(0, 1, points)))[::-1]
    kept, good = rows.score.to_numpy()[:, None] >= thresholds, rows.good.to_numpy(bool)
    draws = np.random.default_rng(seed).multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=resamples)
    weights = np.vstack([np.ones(len(rows)), draws])
    with np.errstate(invalid="ignore"):
        right, count = weights @ (kept & good[:, None]), weights @ kept
        precision, recall = right / count, right / (weights @ good)[:, None]
    found = {"threshold": thresholds, "share": kept.mean(axis=0), "kept": kept.sum(axis=0)}
    for name, values, n in (("precision", precision, count[0]), ("recall", recall, [good.sum()] * len(thresholds))):
        found |= {name: values[0]} | {f"{name}_{end}": ends for end, ends in _ends(values, n).items()}
    return pd.DataFrame(found)


@dataclass(frozen=True)
class Threshold:
    """The score from which on the share ``precision`` of the pairs is good. Without such a score it is None, with ``why``."""

    value: float | None
    precision: float
    """Expected share of good pairs among those kept, 0 to 1: at ``value`` or, if that is None, at the nearest score."""
    kept: int
    why: str = field(default="")

    def __str__(self) -> str:
        if self.value is None:
            return f"no threshold: {self.why}"
        return f"keep scores of at least {self.value:.4g}: {self.precision:.0%} of {self.kept} known pairs kept are good"


def threshold_for(rows: pd.DataFrame, precision: float) -> Threshold:
    """The lowest threshold that has the wanted precision on labelled pairs, if there are enough labels to tell.

    The share of good pairs is assumed to rise with the score (isotonic regression). There is no threshold if none comes near
    the wanted precision, or if so few pairs are kept that the precision on new ones would often be more than ``MARGIN`` away.

    Args:
        rows: score, good.
        precision: wanted share of good pairs among those kept, over 0 and under 1.
    """
    if not 0 < precision < 1:
        raise ValueError(f"the wanted precision is {precision}: it must lie between 0 and 1")
    by_score = rows.groupby("score").good.agg(["sum", "count"]).sort_index(ascending=False)
    if by_score.empty:
        return Threshold(None, float("nan"), 0, "no pair that is known to be good or bad has a score")
    kept = by_score["count"].cumsum().to_numpy()
    share = _falling(by_score["sum"] / by_score["count"], by_score["count"])
    above = (share * by_score["count"].to_numpy()).cumsum() / kept
    reached = np.flatnonzero(above >= precision - 1e-9)
    place = reached[-1] if len(reached) else 0
    value, expected, n = float(by_score.index[place]), float(above[place]), int(kept[place])
    if not len(reached):
        return Threshold(
            None, expected, n, f"no threshold reaches a precision above {above.max():.0%}, and {precision:.0%} is wanted"
        )
    needed = int(np.ceil(8 * precision * (1 - precision) / MARGIN**2))  # two samples, each with two standard errors of room
    if n < needed:
        return Threshold(None, expected, n, f"{n} known pairs would be kept, and {needed} are needed to be sure of it")
    if abs(expected - precision) > MARGIN / 2:
        return Threshold(None, expected, n, f"at {value:.4g} it is {expected:.0%}, and no score lies nearer to {precision:.0%}")
    return Threshold(value, expected, n)


def _falling(shares: pd.Series, counts: pd.Series) -> np.ndarray:
    """The shares, changed as little as possible so that they never rise (pool adjacent violators), weighted by ``counts``."""
    blocks: list[list[float]] = []  # sum, count, rows
    for share, count in zip(shares, counts, strict=True):
        blocks.append([share * count, count, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] < blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    return np.concatenate([np.full(int(rows), total / count) for total, count, rows in blocks])


def calibrate(
    rows: pd.DataFrame, precision: float, *, resamples: int = 500, seed: int = 0
) -> tuple[Threshold, pd.DataFrame | None]:
    """The threshold for a wanted precision, found on one half of the labelled pairs, and ``measures`` on the other half.

    The measures are None if there is no threshold. Random: the halves, from ``seed``.
    """
    first = rows.sample(frac=0.5, random_state=seed)
    found = threshold_for(first, precision)
    if found.value is None:
        return found, None
    return found, measures(rows.drop(first.index), found.value, resamples=resamples, seed=seed)
