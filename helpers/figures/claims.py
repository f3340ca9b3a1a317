"""From grades to what a figure draws and says: estimates, counts, and claims by sign and interval."""

import numpy as np
import pandas as pd

from helpers import paper, stats

FACTS = "score (F1 of facts, 0 to 1)"
"""The unit of a score on the mini web."""

WIN_RATE = "win rate against text-davinci-003, %"
"""The unit of most of the paper's scores."""


def place(group: paper.Published) -> str:
    """Where the paper has a table or figure, in both versions."""
    return f"The paper, v1 {group.v1}" + (f" (v3 {group.v3})" if group.v3 else "")


def single(grades: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The grades, if every model (named by the columns ``by``) has one of each prompt and draw.

    Raises:
        ValueError: a model has two grades of one prompt in one draw.
    """
    if twice := int(grades.duplicated([*by, "draw", "prompt_id"]).sum()):
        named = ", ".join(by)
        raise ValueError(
            f"{twice} grades are second ones of a prompt, draw and {named}: choose one inference mode and one grader"
        )
    return grades


def estimates(grades: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """One row a model (see ``single``): the columns that name it, value, low, high, n prompts."""
    rows = []
    for names, own in single(grades, by).groupby(by, sort=False):
        found = stats.score(own.assign(arm=""), "")
        own_names = dict(zip(by, names, strict=True))
        rows.append(own_names | {"value": found.value, "low": found.low, "high": found.high, "n": found.prompts})
    return pd.DataFrame(rows)


def counted(grades: pd.DataFrame) -> str:
    """What the grades that have a score rest on; families where there are some."""
    grades = grades.dropna(subset=["score"])
    counts = {"prompt": grades.prompt_id.nunique(), "family": grades.family.nunique(), "draw": grades.draw.nunique()}
    if not _of_families(grades):
        del counts["family"]
    plural = {"prompt": "prompts", "family": "families", "draw": "draws"}
    return "This run, n = " + ", ".join(f"{n:,} {name if n == 1 else plural[name]}" for name, n in counts.items())


def bars(grades: pd.DataFrame) -> str:
    """What the intervals of estimates from these grades are."""
    return f"Bars: 95 %, {'families' if _of_families(grades.dropna(subset=['score'])) else 'prompts'} resampled."


def _of_families(grades: pd.DataFrame) -> bool:
    """Whether there are several families, and they are more than single prompts."""
    return 1 < grades.family.nunique() < grades.prompt_id.nunique()


def claim(
    name: str, other: str, found: tuple[float, float, float], *, than=("above", "below"), digits: int = 2, unit: str = ""
) -> str:
    """A difference in words, by its sign and interval.

    Args:
        name, other: what is compared, in words.
        found: the difference, and the low and high end of its interval; NaN ends, of too few to tell, claim nothing.
        than: what to say of a difference above and below 0.
        digits: after the decimal point.
        unit: stands behind the difference; empty for a score.
    """
    value, low, high = found
    if np.isnan(value):
        return f"{name} and {other} have no prompt in common"
    if low > 0 or high < 0:
        said = f"is {than[0] if low > 0 else than[1]}"
        while round(min(abs(low), abs(high)), digits) == 0:  # an end that prints as 0 would belie the claim
            digits += 1
    else:
        said = "cannot be told from"
    value, low, high = (round(number, digits) + 0.0 for number in found)
    estimate = f"{value:+,.{digits}f}{unit and ' ' + unit} {stats.interval(low, high, f'+,.{digits}f')}".replace("-", "−")
    return f"{name} {said} {other} ({estimate})"


def compared(grades: pd.DataFrame, column: str, name: str, other: str) -> str:
    """The claim about two models, named in ``column``, on the prompts that both answered."""
    found = stats.difference(grades.assign(arm=grades[column]), name, other)
    return claim(name, other, (found.value, found.low, found.high))


def at_largest(grades: pd.DataFrame, name: str, other: str) -> tuple[str, str]:
    """The claim about two data sets at the largest size that both have, else at the largest of each; and which that is."""
    sizes = {dataset: set(grades[grades.dataset == dataset].pairs) for dataset in (name, other)}
    common = sizes[name] & sizes[other]
    at = {dataset: max(common or own) for dataset, own in sizes.items()}
    chosen = grades[[at.get(dataset) == pairs for dataset, pairs in zip(grades.dataset, grades.pairs, strict=True)]]
    where = f"{max(common):,} pairs" if common else f"{at[name]:,} against {at[other]:,} pairs"
    return compared(chosen, "dataset", name, other), where


def published_rows(group: paper.Published, label: str, series: str | None, value: str, x: str | None = None) -> pd.DataFrame:
    """Rows of the paper under the names that forms read, with 1.96 printed standard errors where there are any."""
    rows = pd.DataFrame(group.rows)
    error = 1.96 * rows.standard_error.astype(float) if "standard_error" in rows else np.nan
    named = {"label": rows[label], "series": rows[series] if series else "", "value": rows[value].astype(float)}
    return pd.DataFrame(named | ({"x": rows[x]} if x else {})).assign(low=named["value"] - error, high=named["value"] + error)
