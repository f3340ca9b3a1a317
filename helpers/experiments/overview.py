"""All runs in one table, and two runs beside each other."""

import pandas as pd

from helpers import curation, presets, runs, stages, stats, tables
from helpers.experiments import arms, report


def runs_table() -> pd.DataFrame:
    """One row a run: preset, draw, stages done, what is stale, its origin, its forks, megabytes, its first finding."""
    rows = []
    for name in runs.names():
        told = runs.settings(name)
        try:
            state = runs.status(name, presets.of_run(name, told["preset"], told["draw"])).state
        except (ValueError, runs.ArtifactError) as error:  # a reader's preset that has moved
            state = pd.Series([f"stale: {error}"])
        size = sum(path.stat().st_size for path in runs.folder(name).rglob("*") if path.is_file())
        found = tables.read_json(runs.folder(name) / "summary.json").get("findings", [])
        rows.append(
            {
                "run": name,
                "preset": told["preset"].rpartition("/")[2],
                "draw": told["draw"],
                "done": f"{(state == 'done').sum()} of {len(runs.STAGES)}",
                "stale": next((each.removeprefix("stale: ") for each in state if each.startswith("stale")), ""),
                "fork of": told.get("fork_of", ""),
                "forks": ", ".join(runs.forks(name)),
                "MB": round(size / 1e6, 1),
                "headline": found[0] if found else "",
            }
        )
    return pd.DataFrame(rows).set_index("run")


def kept(run: str, iteration: int) -> pd.DataFrame:
    """The web pairs that a run trains its M_t on, best first, with their page, score and reason.

    Raises:
        MissingArtifact: the stage is not done.
    """
    stage = f"04_self_curation-{iteration}"
    pairs = tables.pairs(stages.read(run, "03_self_augmentation/candidates"), stages.read(run, "01_corpus/segments"))
    decision = curation.Decision.of(stages.decision(run, stage))
    decided = curation.decide(pairs, stages.read(run, f"{stage}/ratings"), decision)
    return decided[decided.kept].sort_values("score", ascending=False, ignore_index=True)


def settings_that_differ(first: str, second: str) -> pd.DataFrame:
    """Settings and decisions of two runs where they differ. Index: the setting; one column a run."""
    told = {}
    for name in (first, second):
        parts = {"preset": runs.settings(name)["preset"], "draw": runs.settings(name)["draw"]}
        for stage in runs.STAGES:
            parts[stage] = runs.manifest(name, stage).get("config", {})
            if stage.startswith("04"):
                parts[f"{stage} decision"] = tables.read_json(runs.locate(name, f"{stage}/decision.json"))
        told[name] = parts
    flat = {name: pd.json_normalize([runs.plain(parts)], sep=".").iloc[0] for name, parts in told.items()}
    both = pd.DataFrame(flat)
    return both[both[first].map(str) != both[second].map(str)]  # astype(str) leaves None missing, and that differs from itself


def _short(value: object) -> object:
    """A long list of pairs by its length."""
    return f"{len(value)} pairs" if isinstance(value, list | tuple) and len(value) > 3 else value


def overlap(first: str, second: str) -> pd.DataFrame:
    """How many pairs both runs keep, and each alone. Index: iteration."""
    rows = []
    for t in (1, 2):
        a, b = (set(kept(name, t).pair_id) for name in (first, second))
        rows.append({"iteration": t, "both": len(a & b), f"only {first}": len(a - b), f"only {second}": len(b - a)})
    return pd.DataFrame(rows).set_index("iteration")


def paired_differences(first: str, second: str, *, mode: str = "both") -> pd.DataFrame:
    """Each model's score in the second run minus that in the first, paired by prompt: grader, label, value, low, high, note."""
    rows = []
    both = [stages.read(name, "06_evaluation/grades") for name in (first, second)]
    for grader in set(both[0].grader) & set(both[1].grader):
        shown = [report.headline(report.under_mode(each[each.grader == grader], mode)) for each in both]
        for arm in [name for name in report.present(shown[0]) if name in set(shown[1].arm)]:
            sides = [each[each.arm == arm].assign(arm=name) for each, name in zip(shown, (first, second), strict=True)]
            found = stats.difference(pd.concat(sides), second, first)
            rows.append({"grader": grader, "label": arms.label(arm), **stats.as_record(found), "note": f"n = {found.prompts}"})
    return pd.DataFrame(rows)


def compare(first: str, second: str) -> str:
    """Two runs in words and tables: settings that differ, overlap of the kept pairs, paired differences of the models.

    Raises:
        MissingArtifact: one of them is not there, or not evaluated.
    """
    for name in (first, second):
        if not runs.settings(name):
            raise runs.MissingArtifact(f"there is no run {name!r} in {runs.root()}; there are {', '.join(runs.names())}")
    differences = paired_differences(first, second)
    shown = differences[["grader", "label", "value", "low", "high", "note"]].round(3).to_string(index=False)
    return "\n".join(
        (
            f"Settings that differ\n{settings_that_differ(first, second).map(_short).to_string()}\n",
            f"Pairs kept\n{overlap(first, second).to_string()}\n",
            f"Score under {second} minus under {first}, 95 % intervals, one draw\n{shown}",
        )
    )
