"""The win rate that two models would have if their answers were equally long. Judges tend to prefer the longer answer.

Source: AlpacaEval 2's length-controlled win rate (Dubois et al., arXiv 2404.04475) in its smallest form. It is a logistic fit
of the preference on tanh of the difference of lengths, without the terms for the difficulty of instructions.
"""

from typing import NamedTuple

import numpy as np

from helpers.stats.intervals import ends

RIDGE = 1e-6
"""Keeps the fit finite where one side wins everything. It is far smaller than the contribution of one prompt."""


class WinRate(NamedTuple):
    """A win rate (0 to 1) with its 95 % interval, NaN for fewer than ``stats.FEWEST_UNITS`` prompts.

    ``per_length`` is the slope of the log odds over tanh(difference of lengths / its standard deviation).
    """

    value: float
    low: float
    high: float
    per_length: float


def length_controlled(won, ours, theirs, *, resamples: int = 1000, seed: int = 0) -> WinRate:
    """The win rate that the fit gives to answers of equal length; the bootstrap resamples prompts.

    If all differences of length are equal, the effect of length cannot be estimated, and the plain win rate is returned.

    Args:
        won: result of each prompt for us: 1 won, 0 lost, .5 for a draw, or a probability.
        ours, theirs: lengths of the two answers, in characters or in tokens.

    Raises:
        ValueError: nothing was judged, shapes differ, or a value of ``won`` is missing or outside 0 to 1.
    """
    won, ours, theirs = (np.asarray(values, float) for values in (won, ours, theirs))
    if not (won.shape == ours.shape == theirs.shape and won.ndim == 1 and won.size):
        raise ValueError(f"{won.shape} results do not fit lengths of shapes {ours.shape} and {theirs.shape}")
    if not ((won >= 0) & (won <= 1)).all():
        raise ValueError("results must lie from 0 to 1: leave out prompts whose judgement failed")
    gap = ours - theirs
    longer = np.tanh(gap / gap.std()) if gap.std() > 0 else np.zeros(len(gap))
    drawn = np.random.default_rng(seed).multinomial(len(won), np.full(len(won), 1 / len(won)), size=resamples)
    fits = _fit(won, longer, np.vstack([np.ones(len(won)), drawn]))
    rates = 1 / (1 + np.exp(-fits[:, 0]))
    return WinRate(float(rates[0]), *ends(rates[1:], len(won)), float(fits[0, 1]))


def _fit(won: np.ndarray, longer: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Intercept and slope of one logistic fit for each row of ``weights``, by Newton's method; shape (fits, 2)."""
    fits = np.zeros((len(weights), 2))
    design = np.stack([np.ones_like(longer), longer], 1)
    products = (design[:, :, None] * design[:, None]).reshape(-1, 4)
    for _ in range(100):
        chance = 1 / (1 + np.exp(-fits @ design.T))  # (fits, prompts)
        slope = (weights * (won - chance)) @ design - RIDGE * fits
        bend = (weights * chance * (1 - chance) @ products).reshape(-1, 2, 2) + RIDGE * np.eye(2)
        step = np.clip(np.linalg.solve(bend, slope[..., None])[..., 0], -1, 1)
        fits += step
        if np.abs(step).max() < 1e-9:
            break
    return fits
