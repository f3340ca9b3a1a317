"""What a threshold keeps, in numbers and as HTML: everything of the threshold panel but its controls."""

import numpy as np
import pandas as pd

from helpers.widgets import html
from helpers.widgets.columns import flagged, lengths
from helpers.widgets.scores import Key, Ranking, Scores, quality, wilson

SHOWN = 3


class Kept:
    """One ranking of pairs and all that can be said about its best n; no call after the first reads a text twice.

    Args:
        pairs: the pairs frame.
        scores: one per pair, NaN for none.
        by_id: rows in the order of their pair_id, see `Ranking`.
        good: 1, 0 or NaN per pair: what people said; None without labels.
        truth: 1, 0 or NaN per pair: what is right; None where nobody knows.
        reference: name ("seed", "shuffled") -> scores drawn beside the candidates.
    """

    def __init__(
        self,
        pairs: pd.DataFrame,
        scores: np.ndarray,
        *,
        by_id: np.ndarray | None = None,
        good: np.ndarray | None = None,
        truth: np.ndarray | None = None,
        reference: dict[str, np.ndarray] | None = None,
    ):
        out = flagged(pairs)
        self.pairs, self.scores = pairs, np.where(out, np.nan, scores)
        self._unrated, self._flagged = int(np.isnan(scores).sum()), int((out & ~np.isnan(scores)).sum())
        self.ranking = Ranking(self.scores, by_id)
        rows = self.ranking.rows
        self.edges = html.edges(self.ranking.scores)
        self.reference = reference or {}
        drawn = {"candidates": self.scores} | self.reference
        self._series = {name: html.shares(values, self.edges) for name, values in drawn.items()}
        self._good, self._truth = (None if known is None else known[rows] for known in (good, truth))
        self._lengths = None if "output" not in pairs else lengths(pairs["output"])[rows]
        self._family = next((name for name in ("family", "source") if name in pairs), None)
        self._codes = pd.factorize(pairs[self._family])[0][rows] if self._family else None

    def head(self, n: int) -> str:
        """How many pairs are kept, of how many; what is left out and a split tie are told."""
        total = len(self.pairs)
        notes = [f"of {total:,} pairs kept ({n / max(total, 1):.1%})"]
        out = [f"{self._unrated:,} without a score"] if self._unrated else []
        out += [f"{self._flagged:,} with a hygiene flag"] if self._flagged else []
        notes += [f"{' and '.join(out)} left out"] if out else []
        kept, dropped = self.ranking.tied(n)
        notes += [f"the cut splits a tie: {kept:,} kept, {dropped:,} dropped with the same score"] if kept else []
        return f'<div class="kit-head kit-num" role="status">{n:,} <small>{" · ".join(notes)}</small></div>'

    def chart(self, n: int, threshold: float) -> str:
        """Histogram of the scores, what is kept in colour, seed and shuffled pairs as outlines."""
        label = f"Histogram of {len(self.ranking):,} scores; {n:,} at or above the threshold {threshold:.4g}"
        drawing = html.histogram(self.edges, self._series, threshold=threshold, label=label)
        entries = [("kept", f"kept {n:,}"), ("candidates", f"other candidates {len(self.ranking) - n:,}")]
        for name, values in self.reference.items():
            above = float((values >= threshold).mean())
            entries.append((name, f"{name} {len(values):,}, {above:.0%} above the threshold"))
        return drawing + html.legend(entries)

    def numbers(self, n: int) -> str:
        """Length and families of what is kept, with precision and recall where people have labelled."""
        entries = []
        if self._lengths is not None and n:
            words = f"characters, median kept output (all: {_median(self._lengths)})"
            entries.append((_median(self._lengths[:n]), words))
        if self._codes is not None and n:
            counts = np.bincount(self._codes[:n] + 1)[1:]
            word = {"family": "families", "source": "sources"}[self._family]
            entries.append((f"{(counts > 0).sum()} of {self._codes.max() + 1}", f"{word} kept"))
            entries.append((f"{counts.max() / n:.0%}", f"of them in the largest {self._family}"))
        if self._good is not None:
            entries += _quality(self._good, n, "by your labels")
        return html.stats(entries)

    def truth(self, n: int) -> str:
        """Precision and recall by the hidden truth."""
        found = quality(self._truth, n)
        base = (_share(*found["base"]), f"right among all pairs that can be kept, {found['base'][1]:,} known")
        entries = [*_quality(self._truth, n, "by the truth"), base]
        return f'<div class="kit-title">What is really right</div>{html.stats(entries)}'

    def examples(self, n: int) -> str:
        """Pairs just above and just below the cut, the nearest first."""
        if "output" not in self.pairs:
            return ""
        rows = self.ranking.rows
        above, below = rows[max(n - SHOWN, 0) : n][::-1], rows[n : n + SHOWN]
        sides = (("Just above: kept", above), ("Just below: dropped", below))
        shown = [html.cards(title, self.pairs.iloc[side], self.scores[side]) for title, side in sides]
        return f'<div class="kit-pairs">{"".join(shown)}</div>'


def small_multiples(scores: Scores, reference: dict[Key, dict[str, np.ndarray]]) -> str:
    """A small histogram for every judge and iteration, with seed and shuffled pairs as outlines."""
    parts = []
    for key in scores.rows:
        values = scores.of(key)
        bins = html.edges(values)
        series = {"candidates": values} | reference.get(key, {})
        rated = int((~np.isnan(values)).sum())
        title = f"{key[0]}, iteration {key[1]}"
        drawing = html.histogram(
            bins,
            {name: html.shares(drawn, bins) for name, drawn in series.items()},
            label=f"Histogram of {rated:,} scores by {title}",
            width=240,
            height=80,
        )
        parts.append(f'<div><b>{html.text(title, 60)}</b> <span class="kit-soft">n = {rated:,}</span>{drawing}</div>')
    names = dict.fromkeys(name for drawn in reference.values() for name in drawn)
    words = html.legend([("candidates", "candidates"), *((name, name) for name in names)])
    title = '<div class="kit-title">Every judge and iteration</div>'
    return f'{title}<div class="kit-small">{"".join(parts)}</div>{words}'


def _median(values: np.ndarray) -> str:
    return f"{np.median(values):,.0f}"


def _share(hits: int, n: int) -> str:
    return f"{hits / n:.0%}" if n else "–"


def _quality(good: np.ndarray, n: int, by: str) -> list[tuple[str, str]]:
    entries = []
    found = quality(good, n)
    for name in ("precision", "recall"):
        low, high = wilson(*found[name])
        interval = f"{found[name][0]:,} of {found[name][1]:,} (95% interval {low:.0%} to {high:.0%})"
        entries.append((_share(*found[name]), f"{name} {by}, {interval}"))
    return entries
