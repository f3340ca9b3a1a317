"""What a run measured, in the shapes that the figures of the paper read (``figures.paper``). Reads files, asks no model."""

from dataclasses import dataclass

import pandas as pd

from helpers import curation, presets, runs, stages, tables
from helpers.config import Preset
from helpers.evaluation import GRADERS
from helpers.experiments import arms, defects, judged, report, rules
from helpers.experiments.overview import kept
from helpers.prompts import INFERENCE_TAGS

MODELS = {"M_0": ("seed", "none"), "M_1": ("none",), "M_2": ("none",)}
"""The models of the iterations, and the inference modes that are shown of each beside the run's own."""

ASKED = {"seed": " (S_a)", "none": " (no tag)"}
"""What stands behind the name of a model that was asked under another mode than the run's."""

ALL = "all prompts"
"""The kind of prompt where nobody says of what kinds they are."""

QUALITY = {"without curation": ("uncurated", "uncurated"), "A_4-like": ("loose", "loose"), "A_5-like": ("kept", "M_1")}
EFFICIENCY = {
    "A_5-like and seed": ("kept", "M_1"),
    "seed only": ("seed_only", "seed_only"),
    "uncurated and seed": ("uncurated", "uncurated"),
}
JOINT = {
    "joint": ("kept", "M_1"),
    "seed only": ("seed_only", "seed_only"),
    "augmented, no curation": ("web_uncurated", "web_uncurated"),
    "augmented, curated": ("web_kept", "web_kept"),
}
"""The data sets of the figures over sizes (v1 Figures 3, 4 and 7: ``QUALITY``, ``EFFICIENCY``, ``JOINT``), each with two arms:
the one of a chosen size, and the one with as many pairs as M_1."""

ONE_TAG = {"seed_only": "seed", "web_uncurated": "web", "web_kept": "web"}
"""The arms that learn one tag only, and the inference mode that has this tag alone. They are asked under it."""


@dataclass(frozen=True)
class Measured:
    """The grades of a run or an ablation by one grader, and the run whose tables stand behind them.

    Attributes:
        run: its name; of an ablation, its first draw's.
        preset: the run's settings.
        grades: of prompts of families that no seed pair shows, where there are such, under every inference mode.
        arms: the same with those of the ablations that were made on the run.
    """

    run: str
    preset: Preset
    grades: pd.DataFrame
    arms: pd.DataFrame

    @property
    def unit(self) -> str:
        """What a score is, for the axis of a figure."""
        return GRADERS[self.grades.grader.iloc[0]].score

    @property
    def does(self) -> str:
        """What a model does where it has the higher score, in words."""
        return GRADERS[self.grades.grader.iloc[0]].does

    @property
    def asked(self) -> pd.DataFrame:
        """The grades under the run's own inference mode, with the arms that stand for another arm's answers."""
        return report.under_mode(self.grades, self.preset.evaluation.mode)


def of(name: str) -> Measured:
    """What a run or an ablation measured, by the first of its graders.

    Raises:
        MissingArtifact: there is no such run, or it is not evaluated.
    """
    made_of = tables.read_json(runs.folder(name) / runs.ABLATION).get("runs", [])
    run = made_of[0] if made_of else name
    told = runs.require(run)
    preset = presets.of_run(run, told["preset"], told["draw"])
    grades = _grades(name) if made_of else stages.read(run, "06_evaluation/grades")
    first = next(grader for grader in preset.evaluation.graders if grader in set(grades.grader))
    parts = [report.headline(rows[rows.grader == first]) for rows in (grades, *map(_grades, ablations(name)))]
    every = pd.concat(parts, ignore_index=True).drop_duplicates(["arm", "draw", "prompt_id", "mode"], ignore_index=True)
    return Measured(run, preset, parts[0], every)


def ablations(run: str) -> list[str]:
    """The ablations that this run is a part of, or that train their arms on its pairs."""
    found, there = [], set(runs.readable())
    for path in sorted(runs.root().glob(f"*/{runs.ABLATION}")):
        parts = tables.read_json(path)["runs"]
        if run in parts or run in [runs.settings(part).get("fork_of") for part in parts if part in there]:
            found.append(path.parent.name)
    return found


def _grades(ablation: str) -> pd.DataFrame:
    return pd.read_parquet(runs.folder(ablation) / "grades.parquet")


def texts(run: str) -> pd.DataFrame:
    """The texts of the seed, of both curated sets and of the whole pool: dataset, instruction, output."""
    pool = tables.pairs(stages.read(run, "03_self_augmentation/candidates"), stages.read(run, "01_corpus/segments"))
    sets = {
        "seed": stages.read(run, "02_seed_models/seed_pairs"),
        "A^(2)": kept(run, 2),
        "A^(1)": kept(run, 1),
        "all augmented": pool,
    }
    parts = [rows[["instruction", "output"]].assign(dataset=name) for name, rows in sets.items()]
    return pd.concat(parts, ignore_index=True)


def selections(measured: Measured) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Who selected which pairs, which are good, and the grades of the models trained on each selection (``paper.selection``).

    Good is what is known of a pair (``judged.known``). Both tables are None where nothing is known.
    """
    run = measured.run
    pairs = tables.pairs(stages.read(run, "03_self_augmentation/candidates"), stages.read(run, "01_corpus/segments"))
    known = judged.known(run, measured.preset)
    if known.good.empty:
        return None, None
    good = pd.DataFrame({"pair_id": known.good.index, "good": known.good.to_numpy(), "known_by": known.by})
    if known.source == "the hidden truth":
        good = good.assign(family=good.pair_id.map(known.family))
    chosen = {"M_0's choice": (set(kept(run, 1).pair_id), "M_1"), "M_1's choice": (set(kept(run, 2).pair_id), "M_2")}
    ratings = stages.read(run, "04_self_curation-1/ratings")
    if "rating" in set(ratings.judge):
        count = len(chosen["M_0's choice"][0])
        rated = curation.decide(pairs, ratings, curation.Decision(("rating",), "top", count))
        best = set(rated[rated.kept].pair_id)
        chosen = {"M_0's best rated": (best, "rated")} | chosen if best != chosen["M_0's choice"][0] else chosen
    rows = [good.assign(selector=name, selected=good.pair_id.isin(ids)) for name, (ids, _) in chosen.items()]
    asked = measured.asked
    trained = [asked[asked.arm == arm].assign(selector=name) for name, (_, arm) in chosen.items()]
    return pd.concat(rows, ignore_index=True), pd.concat(trained, ignore_index=True)


def by_mode(measured: Measured) -> pd.DataFrame:
    """Grades of M_2 under each inference mode, and of the arm without tags, with ``mode`` and ``training`` (``paper.tags``)."""
    every = measured.arms
    tagged = every[(every.arm == "M_2") & every["mode"].isin(list(INFERENCE_TAGS))]
    untagged = every[(every.arm == "untagged") & (every["mode"] == "none")]
    return pd.concat([tagged.assign(training="tags"), untagged.assign(training="none")], ignore_index=True)


def models(measured: Measured) -> pd.DataFrame:
    """Grades of M_0, M_1 and M_2 under the run's inference mode, and of those that were asked in another way (``MODELS``)."""
    own, grades = measured.preset.evaluation.mode, measured.grades
    parts = [
        grades[(grades.arm == name) & (grades["mode"] == mode)].assign(arm=name + ("" if mode == own else ASKED[mode]))
        for name, others in MODELS.items()
        for mode in dict.fromkeys((own, *others))
    ]
    return pd.concat(parts, ignore_index=True)


def baseline(measured: Measured) -> str:
    """The name of M_0 under the one tag that it was trained with, where it was asked so; else under the run's mode."""
    return "M_0 (S_a)" if "M_0 (S_a)" in set(measured.asked.arm) else "M_0"


def by_size(measured: Measured, sets: dict[str, tuple[str, str]], *, web_alone: bool = False) -> pd.DataFrame | None:
    """Grades of data sets at several sizes, with ``dataset`` and ``pairs``; None where no data set has two sizes.

    Arms that learned one tag are asked with it (``ONE_TAG``), the others under the run's inference mode.

    Args:
        sets: ``QUALITY``, ``EFFICIENCY`` or ``JOINT``.
        web_alone: count web pairs alone, as v1 Figure 3 does; else all that a model was trained on.
    """
    rows = stages.read(measured.run, "05_forward_model-1/training_rows").drop_duplicates("pair_id")
    web, seed = (int((rows.source == source).sum()) for source in ("web", "seed"))
    parts = []
    for dataset, (sized, whole) in sets.items():
        mode = ONE_TAG.get(sized, measured.preset.evaluation.mode)
        for name, own in measured.arms[measured.arms["mode"] == mode].groupby("arm"):
            arm = arms.named(name)
            if name == whole or (arm.size and name == f"{sized}-{arm.size}"):
                pairs = arm.size or (seed if arm.pick is rules.none else web)
                both = not (web_alone or arm.without_seed or arm.pick is rules.none)
                parts.append(own.assign(dataset=dataset, pairs=pairs + (seed if both else 0)))
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["dataset", "pairs"])
    return found if len(at_several_sizes(found)) else None


def at_several_sizes(grades: pd.DataFrame | None) -> pd.DataFrame | None:
    """Those of the data sets that have two sizes or more, which a line can be fitted to; None where there is nothing."""
    return None if grades is None else grades[grades.groupby("dataset").pairs.transform("nunique") > 1]


def mistakes(measured: Measured) -> pd.DataFrame | None:
    """Grades of M_0 and M_1 under each mistake of a re-implementation (``defects.graded``); None where no arm makes one."""
    found = defects.graded(measured.arms)
    return found if len(set(found.defect)) > 1 else None


def by_kind(measured: Measured) -> pd.DataFrame:
    """``models`` with the kind of prompt as family: the family of tasks, or one kind for all where there are none."""
    rows = models(measured)
    return rows if rows.family.nunique() < rows.prompt_id.nunique() else rows.assign(family=ALL)
