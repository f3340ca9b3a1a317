"""Finds the rows of a table of pairs that pass its filters, and their order. It works on arrays, without HTML or widgets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from helpers.widgets.columns import flag_masks, lengths, matches
from helpers.widgets.html import Search
from helpers.widgets.verdicts import KEPT, REASONS

CATEGORIES = ("arm", "source", "tag", "finish")
ANY = "all"
UNLABELLED = "none yet"
ALIVE = {"kept": range(KEPT), "dropped": range(KEPT, len(REASONS))}


@dataclass(frozen=True)
class Query:
    """The filters and the order that a reader asks for. A filter that is `ANY` lets everything pass.

    Attributes:
        search: words or a regular expression in the texts.
        low: least score, None for any.
        high: greatest score, None for any. A bound leaves out pairs without a score.
        kept: "kept", "dropped" or one of `verdicts.REASONS`.
        label: one of `labels.LABELS` or `UNLABELLED`.
        flag: "any", "none" or a hygiene flag.
        columns: name of a column -> its value.
        sort: "score", "kept", "label", "instruction", "chars", a column of `CATEGORIES`, or "" for the order as given.
        down: the largest first.
    """

    search: Search = Search()
    low: float | None = None
    high: float | None = None
    kept: str = ANY
    label: str = ANY
    flag: str = ANY
    columns: Mapping[str, object] = field(default_factory=dict)
    sort: str = "score"
    down: bool = True


class Rows:
    """A frame of pairs that can be filtered and sorted. Slow computations are done once, when they are first needed."""

    def __init__(self, pairs: pd.DataFrame):
        self.pairs = pairs
        found = ((name, pairs[name].value_counts()) for name in CATEGORIES if name in pairs)
        self.categories = {name: list(counts.index[:50]) for name, counts in found if len(counts) > 1}
        self.flags = flag_masks(pairs)
        self._sizes: np.ndarray | None = None
        self._order: dict[str, np.ndarray] = {}

    def passing(self, query: Query, *, scores: np.ndarray, codes: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """The rows that pass, in their order.

        Args:
            query: filters and order.
            scores: one per pair, NaN for none.
            codes: reason of each pair, a place in `REASONS`.
            labels: label of each pair, "" for none.

        Raises:
            ValueError: the search is not a regular expression.
        """
        keep = np.ones(len(self.pairs), dtype=bool)
        if query.low is not None:
            keep &= scores >= query.low
        if query.high is not None:
            keep &= scores <= query.high
        if query.kept != ANY:
            keep &= np.isin(codes, list(ALIVE.get(query.kept, ())) or REASONS.index(query.kept))
        if query.label != ANY:
            keep &= labels == ("" if query.label == UNLABELLED else query.label)
        for name, value in query.columns.items():
            if value != ANY:
                keep &= (self.pairs[name] == value).to_numpy(dtype=bool, na_value=False)
        if query.flag != ANY and self.flags:
            some = np.logical_or.reduce(list(self.flags.values()))
            keep &= {"any": some, "none": ~some}.get(query.flag, self.flags.get(query.flag))
        if query.search.words:
            keep &= matches(self.pairs, query.search)
        return self._sorted(np.flatnonzero(keep), query, scores, codes, labels)

    def _sorted(self, rows: np.ndarray, query: Query, scores: np.ndarray, codes: np.ndarray, labels: np.ndarray) -> np.ndarray:
        if not query.sort:
            return rows
        live = {"score": scores, "kept": -codes.astype(float), "label": (labels != "").astype(float)}
        values = live[query.sort] if query.sort in live else self._ranks(query.sort)
        values = values[rows]
        return rows[np.argsort(-values if query.down else values, kind="stable")]  # NaN comes last both ways

    def _ranks(self, name: str) -> np.ndarray:
        if name == "chars":
            return self.sizes.astype(float)
        if name not in self._order:
            texts = pa.array(self.pairs[name].array, type=pa.large_string()).dictionary_encode()
            places = np.empty(len(texts.dictionary))
            places[pc.sort_indices(texts.dictionary).to_numpy()] = np.arange(len(places))
            codes = texts.indices.to_numpy(zero_copy_only=False)
            self._order[name] = np.append(places, np.nan)[np.nan_to_num(codes, nan=len(places)).astype(int)]
        return self._order[name]

    @property
    def sizes(self) -> np.ndarray:
        """Characters of each output."""
        if self._sizes is None:
            self._sizes = lengths(self.pairs["output"])
        return self._sizes
