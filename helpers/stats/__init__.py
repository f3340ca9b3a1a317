"""Intervals and differences from the ``grades`` table. Imports no torch, knows no arm's name and no prompt's text.

The unit is the family: the bootstrap resamples families, then prompts within them. Differences are paired by prompt and
averaged over draws first.
"""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval, the prompts and families behind it, and the draws it is averaged over."""

    value: float
    low: float
    high: float
    prompts: int
    families: int
    draws: int

    def __str__(self) -> str:
        return f"{self.value:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


def _bootstrap(values: pd.DataFrame, resamples: int, seed: int) -> tuple[float, float, float]:
    """Mean over families of the mean over prompts, with the 2.5 % and 97.5 % quantiles. Columns: family, value."""
    groups = [group.to_numpy() for _, group in values.groupby("family").value]
    rng = np.random.default_rng(seed)
    means = np.stack([g[rng.integers(len(g), size=(resamples, len(g)))].mean(1) for g in groups], 1)
    if len(groups) > 1:
        # Prompts within a family that is drawn twice are resampled twice: take them from different resamples.
        families = rng.integers(len(groups), size=(resamples, len(groups)))
        rows = rng.integers(resamples, size=families.shape)
        means = means[rows, families]
    low, high = np.quantile(means.mean(1), [0.025, 0.975])
    return float(np.mean([g.mean() for g in groups])), float(low), float(high)


def score(grades: pd.DataFrame, arm: str, *, resamples: int = 2000, seed: int = 0) -> Estimate:
    """Mean score of an arm: over draws, then prompts of a family, then families.

    Args:
        grades: columns arm, draw, prompt_id, family, score (0 to 1; None counts as 0: an answer that cannot be graded).
    """
    rows = grades[grades.arm == arm]
    if rows.empty:
        raise ValueError(f"no grades of arm {arm!r}; there are {', '.join(sorted(set(grades.arm)))}")
    return _estimate(rows.assign(value=rows.score.astype(float).fillna(0.0)), resamples, seed)


def difference(grades: pd.DataFrame, arm: str, baseline: str, *, resamples: int = 2000, seed: int = 0) -> Estimate:
    """Mean score of ``arm`` minus ``baseline``, paired by draw and prompt; families, then prompts are resampled."""
    return _estimate(paired(grades, arm, baseline), resamples, seed)


def paired(grades: pd.DataFrame, arm: str, baseline: str) -> pd.DataFrame:
    """One row a draw and prompt that both arms answered: family, draw, prompt_id and ``value``, the difference."""
    missing = {arm, baseline} - set(grades.arm)
    if missing:
        raise ValueError(f"no grades of arm {', '.join(sorted(missing))}; there are {', '.join(sorted(set(grades.arm)))}")
    scored = grades.assign(value=grades.score.astype(float).fillna(0.0)).set_index(["family", "draw", "prompt_id"])
    both = (scored[scored.arm == name].value for name in (arm, baseline))
    return next(both).sub(next(both)).dropna().reset_index()


def _estimate(rows: pd.DataFrame, resamples: int, seed: int) -> Estimate:
    draws = rows.draw.nunique()
    rows = rows.groupby(["family", "prompt_id"], as_index=False).value.mean()
    value, low, high = _bootstrap(rows, resamples, seed)
    return Estimate(value, low, high, len(rows), rows.family.nunique(), draws)


def auc(good: np.ndarray, bad: np.ndarray) -> float:
    """Probability that a good pair is rated above a bad one, ties a half; unrated pairs left out, NaN where none is left."""
    good, bad = (scores[~np.isnan(scores)] for scores in (np.asarray(good, float), np.asarray(bad, float)))
    if not len(good) or not len(bad):
        return float("nan")
    ranks = pd.Series(np.concatenate([good, bad])).rank().to_numpy()
    return float((ranks[: len(good)].sum() - len(good) * (len(good) + 1) / 2) / (len(good) * len(bad)))


def auc_within(scores: pd.Series, good: pd.Series, groups: pd.Series) -> float:
    """AUC inside each group, averaged by the number of bad rows; groups without both kinds are left out."""
    parts = []
    for _, rows in pd.DataFrame({"score": scores, "good": good, "group": groups}).groupby("group"):
        bad = rows[~rows.good]
        if len(bad) and len(bad) < len(rows):
            parts.append((auc(rows[rows.good].score, bad.score), len(bad)))
    return float(np.average([a for a, _ in parts], weights=[n for _, n in parts])) if parts else float("nan")


def auc_interval(good: np.ndarray, bad: np.ndarray, *, resamples: int = 500, seed: int = 0) -> tuple[float, float]:
    """95 % interval of ``auc``, pairs resampled."""
    rng = np.random.default_rng(seed)
    good, bad = np.asarray(good, float), np.asarray(bad, float)
    draws = [auc(rng.choice(good, len(good)), rng.choice(bad, len(bad))) for _ in range(resamples)]
    return tuple(float(q) for q in np.quantile(draws, [0.025, 0.975]))


def auc_gain(pairs: pd.DataFrame, *, resamples: int = 500, seed: int = 0) -> dict[str, float]:
    """AUC of ``new`` minus that of ``old``, with its 95 % interval: both rate the same pairs, and groups are resampled.

    The judges of two draws are two models: pairs are compared within their draw, and the draws' AUCs are averaged.

    Args:
        pairs: draw, new, old (ratings; a pair that either could not rate is left out), right, and ``group``, the family or,
            for pairs without one, something of their own.

    Returns:
        old, new, value (the difference), low, high; NaN where right or bad pairs are missing.
    """
    rated = pairs.dropna(subset=["new", "old"])
    right, group = rated.right.to_numpy(bool), pd.factorize(rated.group)[0]
    if right.all() or not right.any():
        return dict.fromkeys(("old", "new", "value", "low", "high"), float("nan"))
    draws = [(rated.draw == draw).to_numpy() for draw in rated.draw.unique()]
    ranks = [[rated[name][own].rank(method="dense").to_numpy(int) - 1 for own in draws] for name in ("old", "new")]

    def mean(judge: list[np.ndarray], weight: np.ndarray) -> float:
        return np.nanmean([_weighted_auc(rank, right[own], weight[own]) for rank, own in zip(judge, draws, strict=True)])

    old, new = (mean(judge, np.ones(len(right))) for judge in ranks)
    rng, count = np.random.default_rng(seed), group.max() + 1
    gains = []
    for _ in range(resamples):
        weight = np.bincount(rng.integers(count, size=count), minlength=count)[group].astype(float)
        before, after = (mean(judge, weight) for judge in ranks)
        gains.append(after - before)
    low, high = np.nanquantile(gains, [0.025, 0.975])
    return {"old": old, "new": new, "value": new - old, "low": float(low), "high": float(high)}


def judge_gains(judged: pd.DataFrame) -> pd.DataFrame:
    """AUC of right pairs against each kind of bad pair by an old and a new judge, and the difference; families resampled.

    Args:
        judged: one row a pair and draw: pair_id, draw, old, new (ratings), right, ``wrong`` (the kind of bad pair) and family
            (None where a text has none: such a pair is a group of its own). A pair without a rating is left out.

    Returns:
        One row a kind (``all``: every bad pair): n bad pairs, old, new, value (new minus old), low, high.
    """
    judged = judged.dropna(subset=["old", "new"])
    judged = judged.assign(group=judged.family.where(judged.family.fillna("") != "", judged.pair_id))
    rows = []
    for kind in (*sorted(set(judged[~judged.right].wrong)), "all"):
        chosen = judged[judged.right | (judged.wrong == kind) | (kind == "all")]
        rows.append({"kind": kind, "n": int((~chosen.right).sum()), **auc_gain(chosen)})
    return pd.DataFrame(rows).round(3)


def _weighted_auc(rank: np.ndarray, right: np.ndarray, weight: np.ndarray) -> float:
    """AUC of rows that count ``weight`` times each; ``rank`` is dense, from 0."""
    good, bad = np.bincount(rank, weight * right), np.bincount(rank, weight * ~right)
    below = np.cumsum(bad) - bad / 2
    return float((good * below).sum() / (good.sum() * bad.sum())) if good.sum() and bad.sum() else float("nan")


def as_record(estimate: Estimate) -> dict[str, float]:
    """An estimate as plain numbers."""
    return asdict(estimate)
