"""The reason why each pair is kept or dropped under a decision with a reader's labels: `curation.decide` on arrays.

A panel asks for the reasons after every key, so this must be fast and touches no text and no data frame. A test compares it
with `curation.decide`.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from helpers.curation import Decision
from helpers.widgets.columns import flagged
from helpers.widgets.labels import JUDGED
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
            good: rows of pairs that are kept unless they are flagged (``overruling``).
            bad: rows of pairs that are dropped.
        """
        codes = np.where(self.rated, REASONS.index("below"), REASONS.index("unrated")).astype(np.int8)
        codes[self.flagged] = REASONS.index("flagged")
        codes[chosen] = REASONS.index("kept")
        joins, leaves = good[~chosen[good] & ~self.flagged[good]], bad[chosen[bad]]
        codes[joins], codes[leaves] = REASONS.index("added"), REASONS.index("vetoed")
        return codes


def recorded(decision: Decision | None) -> dict[str, str]:
    """pair_id -> ``good`` or ``bad``, for the labels that a decision took over. A panel without labels of its own has these."""
    return dict.fromkeys(decision.good, "good") | dict.fromkeys(decision.bad, "bad") if decision else {}


def by_hand(decision: Decision | None, said: Mapping[str, str]) -> dict[str, str]:
    """pair_id -> ``good`` or ``bad``, for the pairs that a decision adds and vetoes without a label that says the same.

    A label that the decision has not recorded is a later one and replaces what it says of the pair.
    """
    named = dict.fromkeys(decision.added, "good") | dict.fromkeys(decision.vetoed, "bad") if decision else {}
    known = recorded(decision)
    later = {pair for pair, label in said.items() if label in JUDGED and label != known.get(pair)}
    return {pair: call for pair, call in named.items() if call != known.get(pair) and pair not in later}


def overruling(decision: Decision | None, said: Mapping[str, str], row_of: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Rows of the pairs that are ``good`` and ``bad`` by the labels or by hand (``by_hand``), whatever the rule says of them.

    Args:
        said: pair_id -> label.
        row_of: pair_id -> row. Other pairs are left out.
    """
    calls = dict(said) | by_hand(decision, said)
    rows = {name: [row_of[pair] for pair in calls if calls[pair] == name and pair in row_of] for name in ("good", "bad")}
    return {name: np.array(found, dtype=int) for name, found in rows.items()}


def by_reader(
    rule: Decision, codes: np.ndarray, ids: list[str], *, said: Mapping[str, str], named: Decision | None = None
) -> Decision:
    """The decision as one made by the reader: the rule, the pairs that overrule it, those named by hand, and all labels.

    Args:
        codes: the reason of each pair.
        said: pair_id -> label.
        named: the decision whose vetoes and additions by hand stay.
    """
    hand, own = by_hand(named, said), set(ids)
    both = {}
    for name, label in (("vetoed", "bad"), ("added", "good")):
        overruled = {ids[row] for row in np.flatnonzero(codes == REASONS.index(name))}
        both[name] = tuple(sorted(overruled | {pair for pair in own if hand.get(pair) == label}))
        both[label] = tuple(sorted(pair for pair in own if said.get(pair) == label))
    return Decision(rule.judge, rule.rule, rule.value, "reader", **both)
