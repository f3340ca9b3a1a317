"""The content of the threshold panel: numbers and HTML about the pairs that a threshold keeps."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from helpers.stats.agreement import wilson
from helpers.widgets import drawing, html
from helpers.widgets.columns import lengths
from helpers.widgets.reading import verdict
from helpers.widgets.scores import Key, Scores, quality
from helpers.widgets.verdicts import KEPT, REASONS, Verdicts

SHOWN = 3


class Kept:
    """A ranking of pairs, and views of the pairs that are kept of it. Only the first call reads the texts.

    Args:
        pairs: the pairs frame.
        verdicts: its scores and their ranking.
        truth: for each pair 1 (right), 0 (not) or NaN; None if nobody knows.
        reference: name ("seed", "shuffled") -> scores drawn beside the candidates.
    """

    def __init__(
        self,
        pairs: pd.DataFrame,
        verdicts: Verdicts,
        *,
        truth: np.ndarray | None = None,
        reference: Mapping[str, np.ndarray] | None = None,
    ):
        self.pairs, self.verdicts, self.ranking = pairs, verdicts, verdicts.ranking
        self.edges = drawing.edges(self.ranking.scores)
        self.reference = dict(reference or {})
        self._counted = drawing.counts(self.ranking.scores, self.edges)
        drawn = {"candidates": self.ranking.scores} | self.reference
        self._series = {name: drawing.shares(values, self.edges) for name, values in drawn.items()}
        self._truth = truth
        self._lengths = None if "output" not in pairs else lengths(pairs["output"])
        self._family = next((name for name in ("family", "source") if name in pairs), None)
        self._codes = pd.factorize(pairs[self._family])[0] if self._family else None

    def head(self, codes: np.ndarray, n: int, judge: str) -> str:
        """The number of kept pairs, with notes on overruled pairs, on pairs left out, and on a tie that the cut splits.

        Args:
            codes: the reason of each pair.
            n: number of pairs that the rule alone keeps.
            judge: name of the judge whose scores the rule reads.
        """
        count = {name: int((codes == i).sum()) for i, name in enumerate(REASONS)}
        final, total = count["kept"] + count["added"], len(self.pairs)
        notes = [f"of {total:,} pairs kept ({final / max(total, 1):.1%}) by {html.text(judge, 60)}"]
        if count["vetoed"] or count["added"]:
            notes.append(f"{n:,} by the rule, {count['vetoed']:,} vetoed, {count['added']:,} added by you")
        out = [f"{count['unrated']:,} without a score"] if count["unrated"] else []
        out += [f"{count['flagged']:,} with a hygiene flag"] if count["flagged"] else []
        notes += [f"{' and '.join(out)} left out"] if out else []
        kept, dropped = self.ranking.tied(n)
        notes += [f"the cut splits a tie: {kept:,} kept, {dropped:,} dropped with the same score"] if kept else []
        return html.head(f"{final:,}", notes)

    def chart(self, n: int, threshold: float) -> str:
        """Histogram of the scores. Kept pairs have the stronger colour; seed and shuffled pairs are outlines."""
        label = f"Histogram of {len(self.ranking):,} scores; {n:,} at or above the threshold {threshold:.4g}"
        drawn = drawing.histogram(self.edges, self._series, threshold=threshold, label=label, counted=self._counted, drag=True)
        entries = [("kept", f"kept by the rule {n:,}"), ("candidates", f"other candidates {len(self.ranking) - n:,}")]
        for name, values in self.reference.items():
            above = float((values >= threshold).mean()) if len(values) else 0.0
            higher = ", cut off at the top" if name in drawing.cut_off(self._series) else ""
            entries.append((name, f"{name} {len(values):,}, {above:.0%} above the threshold{higher}"))
        return drawn + drawing.legend(entries)

    def numbers(self, codes: np.ndarray, good: np.ndarray | None, how: str = "") -> str:
        """Length and families of the kept pairs, with precision and recall of the rule if people have labelled pairs.

        Args:
            codes: the reason of each pair.
            good: for each pair its label as 1 (good), 0 (bad) or NaN; None without labels.
            how: how the labelled pairs were chosen, in words (``labels.sample``).
        """
        kept, entries = codes < KEPT, []
        if self._lengths is not None:
            shown = f"{np.median(self._lengths[kept]):,.0f}" if kept.any() else "–"
            entries.append((shown, f"characters, median kept output (all: {np.median(self._lengths):,.0f})"))
        if self._codes is not None:
            counts = np.bincount(self._codes[kept] + 1, minlength=2)[1:]
            word = {"family": "families", "source": "sources"}[self._family]
            entries.append((f"{(counts > 0).sum()} of {self._codes.max() + 1}", f"{word} kept"))
            entries.append((f"{counts.max() / max(kept.sum(), 1):.0%}", f"of them in the largest {self._family}"))
        if good is not None:
            by_rule = (codes == REASONS.index("kept")) | (codes == REASONS.index("vetoed"))
            entries += self._quality(good, int(by_rule.sum()), f"of the rule by your labels ({how})")
        return html.stats(entries)

    def truth(self, codes: np.ndarray) -> str:
        """Precision and recall of the kept set by the hidden truth; labels have been applied."""
        known = ~np.isnan(self._truth)
        right, kept = self._truth == 1, codes < KEPT
        can = codes != REASONS.index("flagged")
        entries = [
            _part("precision by the truth", int((right & kept).sum()), int((known & kept).sum())),
            _part("recall by the truth", int((right & kept).sum()), int((right & can).sum())),
            _part("right among all that can be kept", int((right & can).sum()), int((known & can).sum())),
        ]
        return f'<div class="kit-title">What is really right</div>{html.stats(entries)}'

    def examples(self, codes: np.ndarray, n: int) -> str:
        """Pairs just above and just below the cut of the rule, the nearest first, each with its reason.

        Args:
            codes: the reason of each pair.
            n: number of pairs that the rule alone keeps.
        """
        if "output" not in self.pairs or "instruction" not in self.pairs:
            return ""
        rows = self.ranking.rows
        above, below = rows[max(n - SHOWN, 0) : n][::-1], rows[n : n + SHOWN]
        shown = []
        for title, side in (("Just above the cut", above), ("Just below the cut", below)):
            reasons = [f"<br>{verdict(code)}" for code in codes[side]]
            shown.append(html.cards(title, self.pairs.iloc[side], self.verdicts.scores[side], reasons))
        return f'<div class="kit-pairs kit-around">{"".join(shown)}</div>'

    def _quality(self, good: np.ndarray, n: int, by: str) -> list[tuple[str, str]]:
        unrated = good[~self.verdicts.rated & ~self.verdicts.flagged]  # never kept by the rule, so they stand last
        found = quality(np.append(good[self.ranking.rows], unrated), n)
        return [_part(f"{name} {by}", *found[name]) for name in ("precision", "recall")]


def _part(name: str, hits: int, n: int) -> tuple[str, str]:
    if not n:
        return "–", f"{name}: none to count"
    low, high = wilson(hits, n)
    return f"{hits / n:.0%}", f"{name}, {hits:,} of {n:,} (95% interval {low:.0%} to {high:.0%})"


def small_multiples(scores: Scores, reference: Mapping[Key, Mapping[str, np.ndarray]]) -> str:
    """A small histogram for every judge and iteration, with seed and shuffled pairs as outlines."""
    several = len({iteration for _, iteration in scores.rows}) > 1
    parts = []
    for key in scores.rows:
        values = scores.of(key)
        bins = drawing.edges(values)
        series = {"candidates": values} | dict(reference.get(key, {}))
        rated = int((~np.isnan(values)).sum())
        title = f"{key[0]}, iteration {key[1]}" if several else key[0]
        shares = {name: drawing.shares(drawn, bins) for name, drawn in series.items()}
        drawn = drawing.histogram(bins, shares, label=f"Histogram of {rated:,} scores by {title}", height=64, ticks=4)
        parts.append(f'<div><b>{html.text(title, 60)}</b> <span class="kit-soft">n = {rated:,}</span>{drawn}</div>')
    names = dict.fromkeys(name for drawn in reference.values() for name in drawn)
    words = drawing.legend([("candidates", "candidates"), *((name, name) for name in names)])
    return f'<div class="kit-title">Every judge</div><div class="kit-small">{"".join(parts)}</div>{words}'


class Reference:
    """Scores of pairs known to be good (``seed``) and bad (``shuffled``), by judge.

    Args:
        frame: judge, source, score, and iteration (1 where the column is missing); pair_id is needed for added ranks.
    """

    def __init__(self, frame: pd.DataFrame | None):
        self.by_key: dict[Key, dict[str, np.ndarray]] = {}
        self._frame = frame if frame is None or "iteration" in frame else frame.assign(iteration=1)
        if self._frame is None:
            return
        for (judge, iteration, source), rows in self._frame.groupby(["judge", "iteration", "source"]):
            self.by_key.setdefault((judge, int(iteration)), {})[source] = rows["score"].dropna().to_numpy(dtype=float)

    def of(self, judge: tuple[str, ...], iteration: int, scores: Scores) -> dict[str, np.ndarray]:
        """Scores by source. For added ranks they are the ranks that these pairs would have among the candidates."""
        if len(judge) == 1:
            return self.by_key.get((judge[0], iteration), {})
        if self._frame is None or "pair_id" not in self._frame:
            return {}
        rows = self._frame[(self._frame["iteration"] == iteration) & self._frame["judge"].isin(judge)]
        wide = rows.pivot_table(index=["source", "pair_id"], columns="judge", values="score").reindex(columns=list(judge))
        wide = wide.dropna()
        added = sum((_rank(wide[name].to_numpy(), scores.of((name, iteration))) for name in judge), np.zeros(len(wide)))
        sources = wide.index.get_level_values("source")
        return {source: added[sources == source] for source in dict.fromkeys(sources)}


def _rank(values: np.ndarray, among: np.ndarray) -> np.ndarray:
    """The share of scores below each value; an equal score counts half."""
    rated = np.sort(among[~np.isnan(among)])
    below, upto = (np.searchsorted(rated, values, side=side) for side in ("left", "right"))
    return (below + upto) / 2 / max(len(rated), 1)
