"""Searches and measures whole columns of a pairs frame at once, on the Arrow memory that pandas already holds."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from helpers.widgets.html import Search, flags_of

SEARCHED = ("instruction", "output", "other", "header_path", "url")


def matches(pairs: pd.DataFrame, search: Search) -> np.ndarray:
    """Which pairs contain the searched text in instruction, output, the other output, header or address.

    Missing columns are not searched. A literal is searched as an escaped expression: RE2 finds it faster than Arrow's
    search for literals does.

    Raises:
        ValueError: the words are not a regular expression of RE2 (which has no backreferences and no look-around).
    """
    found = np.zeros(len(pairs), dtype=bool)
    for name in SEARCHED:
        if name in pairs:
            texts = pa.array(pairs[name].array, type=pa.large_string())
            try:
                hit = pc.match_substring_regex(texts, search.pattern, ignore_case=not search.case)
            except pa.ArrowInvalid as error:
                raise ValueError(f"not a regular expression: {error}") from error
            found |= pc.fill_null(hit, False).to_numpy(zero_copy_only=False)
    return found


def flag_masks(pairs: pd.DataFrame) -> dict[str, np.ndarray]:
    """For each of the 50 most frequent hygiene flags, which pairs have it."""
    if "hygiene" not in pairs:
        return {}
    column = pairs["hygiene"]
    if column.dtype == object:
        column = column.map(lambda value: tuple(flags_of(value)))
    codes, kinds = pd.factorize(column)
    having: dict[str, list[int]] = {}
    for code, kind in enumerate(kinds):
        for flag in flags_of(kind):
            having.setdefault(flag, []).append(code)
    masks = {flag: np.isin(codes, found) for flag, found in having.items()}
    return dict(sorted(masks.items(), key=lambda item: -item[1].sum())[:50])


def flagged(pairs: pd.DataFrame) -> np.ndarray:
    """Which pairs have a hygiene flag. No decision keeps such a pair."""
    if "hygiene" not in pairs:
        return np.zeros(len(pairs), dtype=bool)
    column = pairs["hygiene"]
    if column.dtype == object:
        return column.map(lambda value: bool(flags_of(value))).to_numpy(dtype=bool)
    return (column.fillna("") != "").to_numpy(dtype=bool)


def lengths(texts: pd.Series) -> np.ndarray:
    """Number of characters of each text, 0 for a missing one. It is measured in one pass, without a copy of the column."""
    return pc.fill_null(pc.utf8_length(pa.array(texts.array, type=pa.large_string())), 0).to_numpy(zero_copy_only=False)
