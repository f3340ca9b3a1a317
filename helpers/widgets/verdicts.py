"""The reason why each pair is kept or dropped under a decision with a reader's labels: `curation.decide` on arrays.

A panel asks for the reasons after every key, so this must be fast and touches no text and no data frame. A test compares it
with `curation.decide`.
"""

from collections.abc import Iterable, Mapping

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


def overruling(decision: Decision | None, said: Mapping[str, str] | None, row_of: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Rows of the pairs that are ``good`` and ``bad`` by the decision or by the labels, whatever the rule says of them.

    A label replaces what the decision says of its pair, unless the decision names the pair although it knows this label.

    Args:
        decision: vetoes and adds pairs; None for none.
        said: pair_id -> label; None to train without labels, which also forgets those that the decision took over.
        row_of: pair_id -> row. Other pairs are left out.
    """
    named, known = {}, {}
    if decision:
        named = dict.fromkeys(decision.added, "good") | dict.fromkeys(decision.vetoed, "bad")
        known = dict.fromkeys(decision.good, "good") | dict.fromkeys(decision.bad, "bad")
    if said is None:
        calls = {pair: call for pair, call in named.items() if known.get(pair) != call}
    else:
        later = {pair: label for pair, label in said.items() if pair not in named or known.get(pair) != label}
        calls = named | {pair: label for pair, label in later.items() if label in JUDGED}
    rows = {name: [row_of[pair] for pair in calls if calls[pair] == name and pair in row_of] for name in ("good", "bad")}
    return {name: np.array(found, dtype=int) for name, found in rows.items()}


def by_reader(
    decision: Decision, codes: np.ndarray, ids: list[str], *, good: Iterable[int] = (), bad: Iterable[int] = ()
) -> Decision:
    """The decision as one made by the reader, with the pairs on which the rule is overruled, and all that overrule it anywhere.

    Args:
        codes: the reason of each pair.
        good, bad: rows of the pairs that ``overruling`` gives.
    """
    rows = {name: np.flatnonzero(codes == REASONS.index(name)) for name in ("vetoed", "added")} | {"good": good, "bad": bad}
    named = {name: tuple(sorted(ids[row] for row in found)) for name, found in rows.items()}
    return Decision(decision.judge, decision.rule, decision.value, "reader", **named)
