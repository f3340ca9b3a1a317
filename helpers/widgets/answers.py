"""Shows the answers of two arms to the same prompts, side by side in the curation table."""

from pathlib import Path

import pandas as pd

from helpers.tables import content_id
from helpers.widgets.curate import CurationTable


def shared(answers: pd.DataFrame, prompts: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """The prompts that both arms answered, by prompt_id: instruction, and both answers under the arms' names, alphabetically.

    Raises:
        ValueError: an arm has no answers, or two to one prompt, the arms have no prompt in common, or a prompt's id stands
            for two instructions. A prompt that stands twice is read once.
    """
    if missing := {first, second} - set(answers["arm"]):
        raise ValueError(f"no answers of arm {', '.join(sorted(missing))}; there are {', '.join(sorted(set(answers['arm'])))}")
    rows = answers[answers["arm"].isin([first, second])]
    if rows.duplicated(["prompt_id", "arm"]).any():
        raise ValueError("an arm has several answers to one prompt: pass the answers under one mode")
    both = rows.fillna({"text": ""}).pivot(index="prompt_id", columns="arm", values="text").dropna()
    once = prompts.drop_duplicates(["prompt_id", "instruction"])
    if (twice := once["prompt_id"].duplicated()).any():
        name = once["prompt_id"][twice].iloc[0]
        raise ValueError(f"the prompt {name!r} stands for several instructions: give each an id of its own")
    joined = once.set_index("prompt_id")[["instruction"]].join(both, how="inner")
    if joined.empty:
        raise ValueError(f"arms {first} and {second} have no prompt in common")
    return joined


def equal(first: pd.Series, second: pd.Series) -> pd.Series:
    """Which answers are equal, apart from space around them."""
    return first.str.strip() == second.str.strip()


def ballots(both: pd.DataFrame) -> pd.Series:
    """An id for each prompt's two answers, by prompt_id: it hashes the prompt, the arms and both texts.

    So what is said of two answers is not said of others that an arm gives after another training.

    Args:
        both: as ``shared`` gives it.
    """
    ids = [content_id(str(prompt_id), *both.columns, *texts) for prompt_id, *texts in both.itertuples(name=None)]
    return pd.Series(ids, index=both.index, dtype=str)


class AnswersTable(CurationTable):
    """A panel to read the answers of two arms side by side where they differ. Its head counts equal answers as ties.

    Search, filters, order, labels and export are those of `CurationTable`; the scores are the grades of either arm and, to
    begin with, their difference. A label says whether the pair of answers is worth keeping an eye on; it vetoes nothing.
    It belongs to these two texts: its ``pair_id`` is that of ``ballots``. Labels of other answers are counted as unknown.

    Args:
        answers: frame with prompt_id, arm, text; one answer for each prompt and arm.
        prompts: frame with prompt_id, instruction, and family where there is one.
        first: the arm on the left.
        second: the arm on the right.
        grades: frame with prompt_id, arm, score (NaN where an answer cannot be graded), and mode, draw and grader where
            there are several: those of other answers are left out, and each grader is a judge of its own. None for none.
        labels: JSONL file for labels and notes; None turns them off.
        save_rows: where the button writes the rows shown; None for no button.

    Raises:
        ValueError: see `shared`.
    """

    def __init__(
        self,
        answers: pd.DataFrame,
        prompts: pd.DataFrame,
        *,
        first: str,
        second: str,
        grades: pd.DataFrame | None = None,
        labels: Path | None = None,
        save_rows: Path | None = None,
    ):
        both = shared(answers, prompts, first, second)
        same = equal(both[first], both[second])
        both.insert(0, "pair_id", ballots(both))
        different = both[~same].rename(columns={first: "output", second: "other"}).reset_index()
        if "family" in prompts:
            different["header_path"] = different["prompt_id"].map(prompts.set_index("prompt_id")["family"])
        told = [f"{len(different):,} of {len(both):,} answered differently, {int(same.sum()):,} equal answers are ties"]
        ratings = (
            None if grades is None else _ratings(grades, answers, different.set_index("prompt_id")["pair_id"], first, second)
        )
        super().__init__(different, ratings, labels=labels, save_rows=save_rows, sides=(first, second), told=told)


def _ratings(grades: pd.DataFrame, answers: pd.DataFrame, pair_ids: pd.Series, first: str, second: str) -> pd.DataFrame:
    """The grades of both answers, and their difference, as three judges' ratings of a pair of answers.

    A grade belongs to the answer with the same arm and prompt and, if both tables have these columns, the same mode and draw.
    ``pair_ids`` has the id of the pair by prompt_id.
    """
    keys = ["prompt_id", "arm", *(name for name in ("mode", "draw") if name in grades and name in answers)]
    rows = grades.merge(answers[keys], on=keys)
    rows = rows[rows["arm"].isin([first, second]) & rows["prompt_id"].isin(pair_ids.index)]
    rows = rows.assign(
        score=rows["score"].astype(float), grader=rows.get("grader", ""), pair_id=rows["prompt_id"].map(pair_ids)
    )
    found, graders = [], rows.groupby("grader", sort=False)
    for grader, graded in graders:
        wide = graded.pivot_table(index="pair_id", columns="arm", values="score").reindex(columns=[first, second])
        wide.insert(0, f"{first} − {second}", wide[first] - wide[second])
        if len(graders) > 1:
            wide = wide.add_suffix(f", {grader}")
        found.append(wide.rename_axis(columns="judge").unstack().rename("score").reset_index())
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["pair_id", "judge", "score"])
