"""What is said of the grades of arms: scores, differences and sentences, each with n and a 95 % interval."""

import pandas as pd

from helpers.experiments import arms
from helpers.stats import as_record, difference, interval, paired, score
from helpers.stats import groups as groups

CONTRAST = ["arm", "baseline", "label", "value", "low", "high", "prompts", "families", "draws", "note"]


def under_mode(grades: pd.DataFrame, mode: str) -> pd.DataFrame:
    """Grades of every arm under one inference mode; arms that stand for another arm's answers (``asked_as``) are added."""
    parts = [grades[grades["mode"] == mode]]
    for arm in arms.ARMS.values():
        if arm.asked_as:
            parts.append(grades[(grades.arm == arm.asked_as[0]) & (grades["mode"] == arm.asked_as[1])].assign(arm=arm.name))
    return pd.concat(parts, ignore_index=True)


def present(graded: pd.DataFrame) -> list[str]:
    """The arms that have grades, in the order of tables (``arms.in_order``)."""
    return arms.in_order(graded.arm)


def scores(graded: pd.DataFrame) -> pd.DataFrame:
    """Each arm's mean score with its interval, on prompts of families in the seed and not. Index: arm."""
    shown = {}
    for name, rows in groups(graded).items():
        shown[name] = {arms.label(arm): str(score(rows, arm)).replace("+", "") for arm in present(rows)}
    return pd.DataFrame(shown)


def headline(graded: pd.DataFrame) -> pd.DataFrame:
    """The grades that the run is judged by, the first of ``groups``: families not in the seed, where there are such."""
    return next(iter(groups(graded).values()))


def contrasts(graded: pd.DataFrame, *, resamples: int = 2000) -> pd.DataFrame:
    """The differences that ``arms`` names, where both arms are there and have scores on common prompts.

    One row each: arm, baseline, label, value, low, high, prompts, families, draws, note. No row where no two arms can be
    compared.
    """
    rows = []
    for arm, baseline in arms.contrasts(present(graded)):
        found = difference(graded, arm, baseline, resamples=resamples)
        if not found.prompts:
            continue
        name = " - ".join(arms.label(each) for each in (arm, baseline))
        rows.append({"arm": arm, "baseline": baseline, "label": name, **as_record(found), "note": f"n = {found.prompts}"})
    return pd.DataFrame(rows, columns=CONTRAST)


def findings(rows: pd.DataFrame) -> list[str]:
    """One sentence a contrast, that claims a difference only where there is an interval and it excludes 0."""
    sentences = []
    for row in rows.itertuples():
        said = "better than" if row.low > 0 else "worse than" if row.high < 0 else "not distinguishable from"
        families = f"{row.families} families, " if row.families < row.prompts else ""
        sentences.append(
            f"{arms.label(row.arm)} is {said} {arms.label(row.baseline)}: {row.value:+.3f} {interval(row.low, row.high)}, "
            f"{row.prompts} prompts, {families}{row.draws} draw{'s' if row.draws > 1 else ''}"
        )
    return sentences


def summary(grades: pd.DataFrame, *, mode: str, resamples: int = 2000) -> dict:
    """What a run says: by grader, the arms' scores and the contrasts; ``findings`` are those of the first grader.

    Args:
        grades: of one run, all graders.
        mode: the inference mode that is compared.
    """
    said: dict = {"graders": {}, "findings": []}
    for grader, graded in grades.groupby("grader", sort=False):
        shown = headline(under_mode(graded, mode))
        compared = contrasts(shown, resamples=resamples)
        said["graders"][grader] = {
            "arms": {arm: as_record(score(shown, arm)) for arm in present(shown)},
            "contrasts": compared.to_dict("records"),
        }
        said["findings"] += [f"{grader}: {sentence}" for sentence in findings(compared)]
    return said


def ablation(grades: pd.DataFrame, *, mode: str) -> tuple[dict, pd.DataFrame]:
    """Everything an ablation says, and its contrasts on families that are not in the seed (``headline``).

    The first holds, for each of the ``groups`` (``not_in_seed`` and ``in_seed``, or ``all_prompts``): each arm's score, each
    contrast and each arm minus each of ``arms.BASELINES`` with n, draws and interval, and mean scores by family, by wording
    and by inference mode. For those of ``headline``: each arm under each inference mode minus M_0 under S_a, and the share of
    oracle minus M_0 that five families carry.
    """
    graded = under_mode(grades, mode)
    said: dict = {"draws": sorted(int(draw) for draw in set(grades.draw)), "mode": mode}
    for name, rows in groups(graded).items():
        if len(rows):
            said[name.replace(" the ", " ").replace(" ", "_")] = _group(rows, sorted(set(graded.arm)))
    shown, unseen, own_name = headline(graded), headline(grades), "M_0 (S_a)"
    said["by_mode"] = {
        arm: {each: as_record(score(rows, arm)) for each, rows in answered.groupby("mode")}
        for arm, answered in unseen.groupby("arm")
    }
    own = shown[shown.arm == own_name]
    said["by_mode_minus_own"] = {
        arm: {each: as_record(difference(pd.concat([rows, own]), arm, own_name)) for each, rows in answered.groupby("mode")}
        for arm, answered in unseen.groupby("arm")
        if len(own)
    }
    if {"oracle", "M_0"} <= set(graded.arm):
        gains = paired(shown, "oracle", "M_0").groupby(["family", "prompt_id"]).value.mean()
        gains = gains.groupby("family").mean()
        said["five_families_carry"] = float(gains.nlargest(5).sum() / gains.sum())
    return said, contrasts(shown)


def _group(rows: pd.DataFrame, names: list[str]) -> dict:
    """Scores, contrasts, differences to the baselines, and means by family and by wording of one group of families."""
    return {
        "arms": {arm: as_record(score(rows, arm)) for arm in names},
        "contrasts": contrasts(rows).to_dict("records"),
        "minus": {
            baseline: {arm: as_record(difference(rows, arm, baseline)) for arm in names if arm != baseline}
            for baseline in arms.BASELINES
            if baseline in names
        },
        "by_family": rows.pivot_table(index="family", columns="arm", values="score").round(3).to_dict("index"),
        "by_wording": rows.pivot_table(index="wording", columns="arm", values="score").round(3).to_dict("index"),
    }
