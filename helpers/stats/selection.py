"""How well a selector picks good pairs: precision and recall with intervals. Paper: v1 Table 7 (v3 Table 9)."""

import numpy as np
import pandas as pd

from helpers.stats import FEWEST_UNITS
from helpers.stats.agreement import uncollapsed


def precision_recall(pairs: pd.DataFrame, *, resamples: int = 2000, seed: int = 0) -> pd.DataFrame:
    """Precision and recall of each selector, and the difference to the selector before it.

    All selectors chose from the same pairs, so each bootstrap resample is used for all of them. It resamples families if there
    is a column ``family``, else pairs. A share of 0 or 1 has the interval of ``agreement.uncollapsed``. Of fewer than
    ``stats.FEWEST_UNITS`` families or pairs no difference can be told: its interval is NaN.

    Args:
        pairs: one row for each selector and pair: selector, pair_id, selected and good (true or false), family if known.

    Returns:
        One row for each selector and measure (``precision``, ``recall``; 0 to 1, NaN if nothing is selected or good): value,
        low, high, n pairs, good, selected, and ``gain``, ``gain_low``, ``gain_high`` over the selector before it.

    Raises:
        ValueError: the selectors did not judge the same pairs.
    """
    order = list(dict.fromkeys(pairs.selector))
    chosen = pairs.pivot(index="pair_id", columns="selector", values="selected")[order]
    if chosen.isna().any(axis=None):
        raise ValueError(f"{', '.join(order)} did not judge the same pairs: keep the pairs that all of them judged")
    known = pairs.drop_duplicates("pair_id").set_index("pair_id").loc[chosen.index]
    family = pd.factorize(known.family if "family" in known else known.index)[0]
    selected, good = chosen.to_numpy(float), known.good.to_numpy(float)
    counts = np.column_stack([selected * good[:, None], selected, good])  # the counts of each pair: right, selected, good
    counts = pd.DataFrame(counts).groupby(family).sum().to_numpy()
    drawn = np.random.default_rng(seed).multinomial(len(counts), np.full(len(counts), 1 / len(counts)), size=resamples)
    value, spread = _measures(counts.sum(0)[None], len(order)), _measures(drawn @ counts, len(order))
    rows, holding = [], (counts > 0).sum(0)  # families that hold a right, a selected, a good pair
    for place, selector in enumerate(order):
        for at, measure in enumerate(("precision", "recall")):
            own, before = spread[at][:, place], spread[at][:, max(0, place - 1)]
            ends = uncollapsed(value[at][0, place], *_ends(own), holding[len(order) + place if measure == "precision" else -1])
            gain = _ends(own - before) if len(counts) >= FEWEST_UNITS else (np.nan, np.nan)
            rows.append(
                {"selector": selector, "measure": measure, "value": value[at][0, place], "low": ends[0], "high": ends[1]}
                | {"n": len(good), "good": int(good.sum()), "selected": int(selected[:, place].sum())}
                | (
                    {"gain": value[at][0, place] - value[at][0, place - 1], "gain_low": gain[0], "gain_high": gain[1]}
                    if place
                    else {}
                )
            )
    return pd.DataFrame(rows).reindex(columns=[*rows[0], "gain", "gain_low", "gain_high"])


def _measures(counts: np.ndarray, selectors: int) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall, each of shape (resamples, selectors). ``counts``: right and selected by selector, then good."""
    right, selected, good = counts[:, :selectors], counts[:, selectors:-1], counts[:, -1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        return right / selected, right / good


def _ends(values: np.ndarray) -> tuple[float, float]:
    values = values[~np.isnan(values)]
    low, high = np.quantile(values, [0.025, 0.975]) if values.size else (np.nan, np.nan)
    return float(low), float(high)
