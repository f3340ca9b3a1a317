"""Lines up ratings with pairs, and computes what a threshold keeps. It works on numbers, without texts, HTML or widgets."""

import math
from collections.abc import Iterable
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Key = tuple[str, int]


def as_text(ids: pd.Series) -> pd.Series:
    """Ids as text. A column that is text already is not copied."""
    return ids if isinstance(ids.dtype, pd.StringDtype) else ids.map(str).astype("str")


class Scores:
    """The scores of every judge and iteration, as one array each in the row order of `pairs`.

    Args:
        pairs: frame with a unique `pair_id`; whole numbers are read as text.
        ratings: long frame with pair_id, judge, score (higher is better, NaN where the reply could not be read) and
            iteration (1 where the column is missing); or None. Ratings of pairs that are not in `pairs` are left out; of
            several ratings of one pair by one judge in one iteration the last counts.

    Raises:
        ValueError: `pair_id` repeats, or no rating belongs to any of the pairs.
    """

    def __init__(self, pairs: pd.DataFrame, ratings: pd.DataFrame | None = None):
        texts = pa.array(as_text(pairs["pair_id"]).array, type=pa.large_string())
        self.ids = ids = texts.to_pylist()
        self.row_of = dict(zip(ids, range(len(ids)), strict=True))
        if len(self.row_of) < len(ids):
            twice = next(pair_id for row, pair_id in enumerate(ids) if self.row_of[pair_id] != row)
            raise ValueError(f"pair_id {twice!r} occurs more than once: drop the duplicates before opening a panel")
        self._texts = texts
        none = pd.DataFrame(columns=["pair_id", "judge", "iteration", "score"])
        self.ratings = none if ratings is None else ratings if "iteration" in ratings else ratings.assign(iteration=1)
        self._pair = self.places(self.ratings["pair_id"])
        if len(self.ratings) and not (self._pair >= 0).any():
            raise ValueError(
                f"none of {len(self.ratings):,} ratings belongs to one of {len(ids):,} pairs: read both from the same run"
            )
        self._values = np.append(self.ratings["score"].to_numpy(dtype=float, na_value=np.nan), np.nan)

    def places(self, wanted: pd.Series) -> np.ndarray:
        """The row of each wanted pair_id, -1 if there is none. Arrow finds them several times faster than a pandas index."""
        texts = pa.array(as_text(wanted).array, type=pa.large_string())
        return pc.fill_null(pc.index_in(texts, value_set=self._texts), -1).to_numpy(zero_copy_only=False)

    def among(self, ids: Iterable[str]) -> np.ndarray:
        """For each pair whether it is one of ``ids``, which must all be known."""
        found = np.zeros(len(self.ids), dtype=bool)
        found[[self.row_of[pair_id] for pair_id in ids]] = True
        return found

    @cached_property
    def rows(self) -> dict[Key, np.ndarray]:
        """For every judge and iteration, in the order of the ratings: the row of each pair's rating, -1 for none."""
        judged = self.ratings.reset_index(drop=True).groupby(["judge", "iteration"], sort=False)
        found = {}
        for (judge, iteration), rated in judged.indices.items():
            known = rated[self._pair[rated] >= 0]
            found[str(judge), int(iteration)] = rows = np.full(len(self.ids), -1, dtype=np.int32)
            rows[self._pair[known]] = known
        return found

    @property
    def judges(self) -> list[str]:
        """Names of the judges, in the order of the ratings."""
        return list(dict.fromkeys(judge for judge, _ in self.rows))

    def iterations(self, judge: str) -> list[int]:
        """Iterations in which `judge` rated, ascending."""
        return sorted(iteration for name, iteration in self.rows if name == judge)

    def last(self, judge: str) -> int:
        """The latest iteration of `judge`.

        Raises:
            KeyError: this judge rated nothing.
        """
        if judge not in self.judges:
            raise KeyError(f"no ratings by {judge!r}: the judges here are {', '.join(self.judges) or '(none)'}")
        return self.iterations(judge)[-1]

    def of(self, key: Key) -> np.ndarray:
        """Scores by this judge in the row order of `pairs`; NaN where there is none."""
        return self._values[self.rows[key]]

    @cached_property
    def by_id(self) -> np.ndarray:
        """Rows in the order of their pair_id."""
        return pc.sort_indices(self._texts).to_numpy()

    def combined(self, judge: tuple[str, ...], iteration: int | None = None) -> np.ndarray:
        """Scores of one judge, or the added ranks (0 to 1 each) of several. NaN if one of them gave no score.

        Args:
            judge: names, as in a `curation.Decision`.
            iteration: whose ratings; None for the latest in which all of them rated.
        """
        iteration = min(map(self.last, judge)) if iteration is None else iteration
        if len(judge) == 1:
            return self.of((judge[0], iteration))
        return sum(pd.Series(self.of((name, iteration))).rank(pct=True).to_numpy() for name in judge)


def known(facts: pd.Series, scores: Scores) -> np.ndarray:
    """A Series of bool by pair_id in the row order of the pairs: 1, 0 or NaN (missing). The last of repeated values counts."""
    found = np.full(len(scores.ids), np.nan)
    rows = scores.places(facts.index.to_series())
    found[rows[rows >= 0]] = facts.to_numpy(dtype=float, na_value=np.nan)[rows >= 0]
    return found


class Ranking:
    """Rated rows from best to worst, as `curation.decide` ranks them; pairs without a score are left out.

    Args:
        scores: one per pair, NaN for none.
        by_id: rows in the order of their pair_id, which decides among equal scores; None for the order of the rows.
    """

    def __init__(self, scores: np.ndarray, by_id: np.ndarray | None = None):
        rated = np.flatnonzero(~np.isnan(scores)) if by_id is None else by_id[~np.isnan(scores[by_id])]
        order = np.argsort(-scores[rated], kind="stable")
        self.rows = rated[order]
        self.scores = scores[self.rows]
        self._ascending = self.scores[::-1]

    def __len__(self) -> int:
        return len(self.rows)

    def count(self, threshold: float) -> int:
        """Pairs scored at least `threshold`."""
        return len(self) - int(np.searchsorted(self._ascending, threshold, side="left"))

    def kept(self, rule: str, value: float) -> int:
        """Pairs that a decision keeps: the first `kept` of `rows`.

        Args:
            rule: "top" (value is the number kept), "at_least" (value is a score) or "quantile" (value is the share
                kept: .1 keeps the best tenth).
            value: see `rule`.
        """
        if rule == "top":
            return min(max(int(value), 0), len(self))
        if rule == "at_least":
            return self.count(value)
        if rule == "quantile":
            return round(min(max(value, 0), 1) * len(self))
        raise ValueError(f"unknown rule {rule!r}: use 'top', 'at_least' or 'quantile'")

    def threshold(self, kept: int) -> float:
        """A score that the best `kept` pairs reach; for 0 it is above all scores.

        It is rounded down to four decimals, but not where more pairs would reach it then.
        """
        if not len(self):
            return 0.0
        if kept <= 0:
            return math.floor(float(self.scores[0]) * 1e4 + 1) / 1e4
        score = float(self.scores[min(kept, len(self)) - 1])
        short = math.floor(score * 1e4) / 1e4
        return short if self.count(short) == self.count(score) else score

    def tied(self, kept: int) -> tuple[int, int]:
        """Numbers of kept and of dropped pairs that share the score at the cut; (0, 0) unless the cut splits a tie."""
        if not 0 < kept < len(self) or self.scores[kept - 1] != self.scores[kept]:
            return 0, 0
        score = self.scores[kept - 1]
        above = len(self) - int(np.searchsorted(self._ascending, score, side="right"))
        return kept - above, self.count(score) - kept


def quality(good: np.ndarray, kept: int) -> dict[str, tuple[int, int]]:
    """Precision and recall of the first `kept` of a ranking, each as (hits, out of).

    Args:
        good: in rank order, 1 for a good pair, 0 for a bad one, NaN for a pair without a label.
        kept: number of kept pairs.
    """
    right, known = good == 1, ~np.isnan(good)
    hits = int(right[:kept].sum())
    return {
        "precision": (hits, int(known[:kept].sum())),
        "recall": (hits, int(right.sum())),
        "base": (int(right.sum()), int(known.sum())),
    }


def strata(scores: np.ndarray, n: int, *, seed: int, bands: int = 5) -> list[tuple[int, int]]:
    """A sample with equally many pairs from each band of scores, so that it can be read without weights.

    Args:
        scores: one per pair, NaN for none (those are not drawn).
        n: pairs wanted; fewer are drawn when fewer are rated.
        seed: seed of the draw.
        bands: equally large bands of score.

    Returns:
        (row, band), band 0 the lowest scores. Bands alternate in random order, so that a sample labelled only in part
        is balanced as well.
    """
    rng = np.random.default_rng(seed)
    groups = np.array_split(Ranking(scores).rows[::-1], bands)
    deep = n // bands + 1
    columns = [[(int(row), band) for row in rng.permutation(rows)[:deep]] for band, rows in enumerate(groups)]
    drawn = []
    for depth in range(max(map(len, columns))):
        layer = [column[depth] for column in columns if depth < len(column)]
        drawn += [layer[i] for i in rng.permutation(len(layer))]
    return drawn[:n]
