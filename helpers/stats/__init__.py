"""Mean scores and differences with intervals, from the ``grades`` table.

The unit of the bootstrap is the task family: it resamples families, then prompts within them. Differences are taken for each
prompt and averaged over draws before that. The module imports no torch, and knows no arm's name and no prompt's text.
"""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from helpers.stats.agreement import auc as auc
from helpers.stats.agreement import auc_gain as auc_gain
from helpers.stats.agreement import auc_interval as auc_interval
from helpers.stats.agreement import auc_within as auc_within
from helpers.stats.agreement import judge_gains as judge_gains
from helpers.stats.intervals import FEWEST_UNITS as FEWEST_UNITS
from helpers.stats.intervals import ends


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval, and the numbers of prompts, families and draws from which it was computed.

    ``low`` and ``high`` are NaN where there are fewer than ``FEWEST_UNITS`` families (or prompts of one family): too few to
    tell.
    """

    value: float
    low: float
    high: float
    prompts: int
    families: int
    draws: int

    def __str__(self) -> str:
        return f"{self.value:+.3f} {interval(self.low, self.high)}"


def interval(low: float, high: float, form: str = "+.3f") -> str:
    """The ends of an interval as they are printed; ``[too few to tell]`` where they are NaN."""
    return f"[{low:{form}}, {high:{form}}]" if low == low else "[too few to tell]"


def _bootstrap(values: pd.DataFrame, resamples: int, seed: int, *, over_prompts: bool = False) -> tuple[float, float, float]:
    """The mean over families of each family's mean, with the 2.5 % and 97.5 % quantiles. Columns: family, value.

    With ``over_prompts`` a family counts as often as it has prompts, which gives the mean over prompts. The quantiles are NaN
    where fewer than ``FEWEST_UNITS`` families, or prompts of a single one, would be resampled.
    """
    groups = [group.to_numpy() for _, group in values.groupby("family").value]
    sizes = np.array([len(g) if over_prompts else 1 for g in groups])
    value = float(np.average([g.mean() for g in groups], weights=sizes))
    rng = np.random.default_rng(seed)
    means = np.stack([g[rng.integers(len(g), size=(resamples, len(g)))].mean(1) for g in groups], 1)
    if len(groups) > 1:
        # A family that is drawn twice has its prompts resampled twice, so each time another resample is taken.
        families = rng.integers(len(groups), size=(resamples, len(groups)))
        rows = rng.integers(resamples, size=families.shape)
        means, sizes = means[rows, families], sizes[families]
    return value, *ends((means * sizes).sum(1) / sizes.sum(-1), len(groups) if len(groups) > 1 else len(values))


def score(grades: pd.DataFrame, arm: str, *, over_prompts: bool = False, resamples: int = 2000, seed: int = 0) -> Estimate:
    """Mean score of an arm: over draws, then over the prompts of a family, then over families.

    Args:
        grades: columns arm, draw, prompt_id, family, score. One of None, where the grader could not
            tell, is left out.
        over_prompts: take the mean over all prompts, whatever their families; the interval resamples families all the same.
    """
    rows = grades[grades.arm == arm]
    if rows.empty:
        raise ValueError(f"no grades of arm {arm!r}; there are {', '.join(sorted(set(grades.arm)))}")
    return _estimate(rows.assign(value=rows.score.astype(float)).dropna(subset=["value"]), resamples, seed, over_prompts)


def difference(grades: pd.DataFrame, arm: str, baseline: str, *, resamples: int = 2000, seed: int = 0) -> Estimate:
    """Mean score of ``arm`` minus that of ``baseline``, paired by draw and prompt. Resamples families, then prompts."""
    return _estimate(paired(grades, arm, baseline), resamples, seed)


def paired(grades: pd.DataFrame, arm: str, baseline: str) -> pd.DataFrame:
    """One row a draw and prompt on which both arms have a score: family, draw, prompt_id and ``value``, the difference."""
    missing = {arm, baseline} - set(grades.arm)
    if missing:
        raise ValueError(f"no grades of arm {', '.join(sorted(missing))}; there are {', '.join(sorted(set(grades.arm)))}")
    scores = (grades[grades.arm == name].set_index(["family", "draw", "prompt_id"]).score for name in (arm, baseline))
    first, second = (each.astype(float).rename("value") for each in scores)
    return first.sub(second).dropna().reset_index()


def groups(graded: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Grades of families not in the seed and in it, those of the two that there are.

    All are in one group where no prompt says that a seed pair shows its family.
    """
    if "in_seed" not in graded or not graded.in_seed.any():
        return {"all prompts": graded}
    kinds = {"not in the seed": graded[~graded.in_seed], "in the seed": graded[graded.in_seed]}
    return {name: rows for name, rows in kinds.items() if len(rows)}


def _estimate(rows: pd.DataFrame, resamples: int, seed: int, over_prompts: bool = False) -> Estimate:
    """The estimate from rows with draw, family, prompt_id and value; NaN where there is no row."""
    if rows.empty:
        return Estimate(*[float("nan")] * 3, 0, 0, 0)
    draws = rows.draw.nunique()
    rows = rows.groupby(["family", "prompt_id"], as_index=False).value.mean()
    value, low, high = _bootstrap(rows, resamples, seed, over_prompts=over_prompts)
    return Estimate(value, low, high, len(rows), rows.family.nunique(), draws)


def as_record(estimate: Estimate) -> dict[str, float]:
    """An estimate as plain numbers."""
    return asdict(estimate)
