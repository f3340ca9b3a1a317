"""The reason why each pair is kept or dropped under a decision with a reader's labels: `curation.decide` on arrays.

A panel asks for the reasons after every key, so this must be fast and touches no text and no data frame. A test compares it
with `curation.decide`.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from helpers.curation import Decision
from helpers.widgets.columns import flagged
from helpers.widgets.scores import Ranking, Scores

REASONS = ("kept", "added", "vetoed", "below", "unrated", "flagged")
KEPT = 2
"""The reasons. The first two are those of kept pairs."""


class Verdicts:
    """Scores, ranking and the reason of every pair under one judge.

    Args:
        pairs: the pairs frame.
        scores: its scores.
        judge: one judge, or several whose ranks are added; None without any.
        iteration: whose ratings; None for the latest.
    """

    def __init__(self, pairs: pd.DataFrame, scores: Scores, judge: tuple[str, ...] | None, iteration: int | None = None):
        self.flagged = flagged(pairs)
        self.scores = scores.combined(judge, iteration) if judge else np.full(len(pairs), np.nan)
        self.rated = ~np.isnan(self.scores)
        self.usable = np.where(self.flagged, np.nan, self.scores)
        self.ranking = Ranking(self.usable, scores.by_id if judge else None)

    def chosen(self, rule: str, value: float) -> np.ndarray:
        """Which pairs the rule alone keeps."""
        found = np.zeros(len(self.scores), dtype=bool)
        found[self.ranking.rows[: self.ranking.kept(rule, value)]] = True
        return found

    def reasons(self, chosen: np.ndarray, *, good: np.ndarray, bad: np.ndarray) -> np.ndarray:
        """The place in `REASONS` of each pair's reason.

        Args:
            chosen: which pairs the rule keeps.
            good: rows of pairs labelled good, which are kept unless they are flagged.
            bad: rows of pairs labelled bad, which are dropped.
        """
        codes = np.where(self.rated, REASONS.index("below"), REASONS.index("unrated")).astype(np.int8)
        codes[self.flagged] = REASONS.index("flagged")
        codes[chosen] = REASONS.index("kept")
        joins, leaves = good[~chosen[good] & ~self.flagged[good]], bad[chosen[bad]]
        codes[joins], codes[leaves] = REASONS.index("added"), REASONS.index("vetoed")
        return codes


def by_reader(
    decision: Decision, codes: np.ndarray, ids: list[str], *, good: Iterable[int] = (), bad: Iterable[int] = ()
) -> Decision:
    """The decision as one made by the reader, with the pairs on which the labels overrule the rule, and all labelled ones.

    Args:
        codes: the reason of each pair.
        good, bad: rows of the pairs labelled good and bad.
    """
    rows = {name: np.flatnonzero(codes == REASONS.index(name)) for name in ("vetoed", "added")} | {"good": good, "bad": bad}
    named = {name: tuple(sorted(ids[row] for row in found)) for name, found in rows.items()}
    return Decision(decision.judge, decision.rule, decision.value, "reader", **named)
