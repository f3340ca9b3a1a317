"""Ends of 95 % intervals from resamples, and how few units allow none. Imports no torch."""

import numpy as np

FEWEST_UNITS = 6
"""An interval resamples at least this many families or, where there is one family or none, prompts.

If an arm were no better, n units would all lie on one side of 0 by chance with probability 2 * .5**n. That is 6 % for 5 units
and 3 % for 6, so fewer than 6 can never tell a difference at 95 %. A bootstrap of them would: all its resamples agree.
"""


def quantiles(values: np.ndarray) -> tuple[float, float]:
    """The 2.5 % and 97.5 % quantiles of the values that are numbers; NaN if there are none."""
    values = np.asarray(values, float)
    values = values[~np.isnan(values)]
    low, high = np.quantile(values, [0.025, 0.975]) if len(values) else (np.nan, np.nan)
    return float(low), float(high)


def ends(values: np.ndarray, units: int) -> tuple[float, float]:
    """The interval of a number that may be claimed: ``quantiles``, or NaN where fewer than ``FEWEST_UNITS`` were resampled.

    Args:
        values: one for each resample.
        units: what was resampled; where two groups are compared, the smaller count.
    """
    return quantiles(values) if units >= FEWEST_UNITS else (float("nan"), float("nan"))
