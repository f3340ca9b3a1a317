"""How well a selector picks good pairs: precision and recall with intervals. Paper: v1 Table 7 (v3 Table 9)."""

import numpy as np
import pandas as pd

from helpers.stats.agreement import uncollapsed
from helpers.stats.intervals import ends, quantiles


def precision_recall(pairs: pd.DataFrame, *, resamples: int = 2000, seed: int = 0) -> pd.DataFrame:
    """Precision and recall of each selector, and the difference to the selector before it.

    All selectors chose from the same pairs, so each bootstrap resample is used for all of them. It resamples families if there
    is a column ``family``, else pairs. A share of 0 or 1 has the interval of ``agreement.uncollapsed``. A difference has the
    interval NaN where fewer than ``stats.FEWEST_UNITS`` families (or pairs) hold a pair that one of the two selected or, for
    recall, a good pair.

    Args:
        pairs: one row for each selector and pair: selector, pair_id, selected and good (true or false), family if known.

    Returns:
        One row for each selector and measure (``precision``, ``recall``; 0 to 1, NaN if nothing is selected or good): value,
        low, high, n pairs, good, selected, and ``gain``, ``gain_low``, ``gain_high`` over ``gain_over``, the selector before it
        (None for the first).

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
    holding = (counts > 0).sum(0)  # families that hold a right, a selected, a good pair
    rows = []
    for place, selector in enumerate(order):
        told = {"n": len(good), "good": int(good.sum()), "selected": int(selected[:, place].sum())}
        bases = {"precision": holding[len(order) : -1], "recall": np.full(len(order), holding[-1])}
        for (measure, base), values, draws in zip(bases.items(), value, spread, strict=True):
            low, high = uncollapsed(values[0, place], *quantiles(draws[:, place]), base[place])
            row = {"selector": selector, "measure": measure, "value": values[0, place], "low": low, "high": high} | told
            if place:
                row |= {"gain_over": order[place - 1], "gain": values[0, place] - values[0, place - 1]}
                gains = draws[:, place] - draws[:, place - 1]
                row |= dict(zip(("gain_low", "gain_high"), ends(gains, min(base[place - 1 : place + 1])), strict=True))
            rows.append(row)
    return pd.DataFrame(rows).reindex(columns=[*rows[0], "gain_over", "gain", "gain_low", "gain_high"])


def _measures(counts: np.ndarray, selectors: int) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall, each of shape (resamples, selectors). ``counts``: right and selected by selector, then good."""
    right, selected, good = counts[:, :selectors], counts[:, selectors:-1], counts[:, -1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        return right / selected, right / good
