"""How a score grows with the number of training pairs N: alpha of w = alpha ln N + C.

Paper: section 3.3 and v1 Table 3 (v3 Table 2). The paper does not state the base of the logarithm; the natural logarithm
reproduces most rows of the table.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.stats import _bootstrap

FEWEST_POINTS = 4
"""An interval that resamples sizes needs this many sizes. With fewer, most resamples are lines through the same points."""


class Fit(NamedTuple):
    """The line w = ``alpha`` ln N + ``constant``, with the 95 % interval of alpha; low and high are NaN without an interval:
    with fewer than ``FEWEST_POINTS`` sizes or ``stats.FEWEST_UNITS`` families or prompts.

    ``alpha`` is in the unit of w for each e-fold of N.
    """

    alpha: float
    constant: float
    low: float
    high: float


def alpha_fit(n, w, *, groups=None, resamples: int = 2000, seed: int = 0) -> Fit:
    """Least-squares fit of w = alpha ln N + C with a bootstrap interval of alpha.

    If ``w`` holds a score for each prompt, a slope is fitted for each prompt, and alpha is their mean; this is the same as the
    slope of the mean, because the slope is linear in w. The interval then resamples families, and prompts within them. If
    ``w`` holds one score for each size, the interval resamples sizes.

    Args:
        n: numbers of training pairs, shape (sizes,).
        w: scores, shape (sizes,) or (sizes, prompts); the same prompts in the same order at every size.
        groups: the family of each prompt, shape (prompts,); None takes the prompts as one family.

    Raises:
        ValueError: a size below 1, fewer than two different sizes, shapes that do not fit, or a score that is missing.
    """
    n, w = np.asarray(n, float), np.asarray(w, float)
    if n.ndim != 1 or w.shape[:1] != n.shape or w.ndim > 2 or not w.size:
        raise ValueError(f"{n.shape} sizes do not fit scores of shape {w.shape}: give one row of scores for each size")
    if len(set(n)) < 2 or not (n >= 1).all():
        raise ValueError(f"the sizes {n.tolist()} allow no line: give at least two different ones, each 1 or more")
    if np.isnan(w).any():
        raise ValueError(f"{int(np.isnan(w).sum())} scores are missing: give every prompt a score at every size")
    if w.ndim == 2:
        families = np.zeros(w.shape[1]) if groups is None else np.asarray(groups)
        slopes = pd.DataFrame({"family": families, "value": _slope(n, w)})
        alpha, low, high = _bootstrap(slopes, resamples, seed)
        w = pd.DataFrame(w.T).groupby(families).mean().mean().to_numpy()
    else:
        alpha, (low, high) = float(_slope(n, w)), _over_sizes(n, w, resamples, seed)
    return Fit(alpha, float(w.mean() - alpha * np.log(n).mean()), low, high)


def _slope(n: np.ndarray, w: np.ndarray) -> np.ndarray:
    x = np.log(n) - np.log(n).mean()
    return x @ w / (x @ x)


def _over_sizes(n: np.ndarray, w: np.ndarray, resamples: int, seed: int) -> tuple[float, float]:
    """Interval of the slope by resampling sizes. Resamples that hold one size only allow no line and do not count."""
    if len(set(n)) < FEWEST_POINTS:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(len(n), size=(resamples, len(n)))
    slopes = [_slope(n[rows], w[rows]) for rows in drawn if len(set(n[rows])) > 1]
    low, high = np.quantile(slopes, [0.025, 0.975])
    return float(low), float(high)
