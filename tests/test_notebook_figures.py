"""Notebook 07: every figure is saved, and every number of ours in its CSV is that of the run's Parquet files.

The runs are SYNTHETIC (``synthetic_run``); the numbers are computed again here with pandas alone.
"""

import nbformat
import numpy as np
import pandas as pd
import pytest
import synthetic_run
from PIL import Image
from synthetic_run import KEPT, PAIRS

from helpers import notebooks
from helpers.figures import paper
from helpers.figures.verbs import verb_nouns

NAMES = [*(shown.name for shown in paper.SHOWN), "defects"]


def executed(folder, name: str, monkeypatch):
    """The folder of the figures and the executed copy of the notebook."""
    monkeypatch.setenv("KIT_ARTIFACTS", str(folder))
    monkeypatch.setenv("PYTHONPATH", f"{notebooks.FOLDER.parent}:{notebooks.FOLDER.parent / 'tests'}")
    values = notebooks.parameters(name, "tiny", 0, "07_figures")
    notebooks.execute(name, "07_figures", values, lambda *told: None)
    return folder / name / "07_figures", nbformat.read(folder / name / "notebooks" / "07_figures.ipynb", as_version=4)


def ours(folder, name: str) -> pd.DataFrame:
    """The numbers of our panel."""
    read = pd.read_csv(folder / f"{name}.csv")
    return read[read.panel.str.startswith("this run")]


def mean(grades: pd.DataFrame) -> float:
    """Over prompts of a family, then over families."""
    return grades.groupby(["family", "prompt_id"]).score.mean().groupby("family").mean().mean()


@pytest.mark.slow
def test_the_numbers_of_a_run_with_known_truth_are_those_of_its_tables(tmp_path, monkeypatch):
    run = synthetic_run.make(tmp_path, "start")
    folder, copy = executed(tmp_path, "start", monkeypatch)
    assert all((folder / f"{name}.{ending}").stat().st_size for name in NAMES for ending in ("png", "svg", "csv"))
    assert all(Image.open(folder / f"{name}.png").text["Description"] for name in NAMES)
    unseen = pd.read_parquet(run / "06_evaluation" / "grades.parquet").query("not in_seed")

    scores = ours(folder, "iterations").set_index("label").value
    for label, arm, mode in (
        ("M_0", "M_0", "both"),
        ("M_0 (S_a)", "M_0", "seed"),
        ("M_1", "M_1", "both"),
        ("M_2", "M_2", "both"),
    ):
        assert scores[label] == pytest.approx(mean(unseen[(unseen.arm == arm) & (unseen["mode"] == mode)]))
    tags = ours(folder, "tags").set_index("label").value
    assert tags["train tags\ninfer S_a"] == pytest.approx(mean(unseen[(unseen.arm == "M_2") & (unseen["mode"] == "seed")]))

    wide = unseen[unseen["mode"] == "both"].pivot(index=["family", "prompt_id"], columns="arm", values="score")
    own = unseen[(unseen.arm == "M_0") & (unseen["mode"] == "seed")].set_index(["family", "prompt_id"]).score
    better = ((wide.M_2 - own) > 0).groupby("family").sum()
    counted = ours(folder, "improved_prompts").query("series == 'better'").set_index("label").value
    assert counted.to_dict() == {name: better[name.replace(" ", "_")] for name in counted.index}

    seeds = pd.read_parquet(run / "02_seed_models" / "seed_pairs.parquet")
    lengths = ours(folder, "data_statistics").query("series == 'outputs'").set_index("label")
    assert lengths.value[f"seed\nn = {len(seeds)}"] == pytest.approx(seeds.output.str.len().mean())
    assert [label.split("n = ")[1] for label in lengths.index[1:]] == [str(KEPT), str(KEPT), str(PAIRS)]
    blocks = ours(folder, "diversity")
    assert blocks[blocks.panel == "this run, seed"].value.sum() == len(verb_nouns(seeds.instruction))

    ratings = pd.read_parquet(run / "04_self_curation-1" / "ratings.parquet").pivot(
        index="pair_id", columns="judge", values="score"
    )
    ranks = ratings[["log p(y|x)", "log p(x|y)"]].rank(pct=True).sum(axis=1)
    kept, right = ranks.nlargest(KEPT).index, ranks.index.str[0].str.isdigit()
    found = ours(folder, "selection")
    decided = found[found.label.str.startswith("M_0's choice")].set_index("series").value
    hits = right[ranks.index.isin(kept)].sum()
    assert decided["precision"] == pytest.approx(hits / KEPT) and decided["recall"] == pytest.approx(hits / right.sum())

    said = " ".join(
        output.get("text", "") or str(output.get("data", "")) for cell in copy.cells for output in cell.get("outputs", [])
    )
    assert "Not measured in this run" in said and "iterations" in said
    assert ours(folder, "quality").empty, "no sizes were trained"


@pytest.mark.slow
def test_a_run_on_real_pages_has_the_same_figures_and_its_labels_in_the_place_of_the_truth(tmp_path, monkeypatch):
    run = synthetic_run.make(tmp_path, "real", start="smol")
    graded = synthetic_run.evaluation(synthetic_run.MEANS, grader="held_out")["grades"].query("not in_seed")
    graded = graded.assign(family=graded.prompt_id)
    synthetic_run.finish(run / "06_evaluation", {"grades": graded})
    pairs = pd.read_parquet(run / "03_self_augmentation" / "candidates.parquet").pair_id.sort_values()
    lines = pd.DataFrame({"pair_id": pairs[:30], "label": np.where(np.arange(30) % 3 == 0, "good", "bad")})
    lines.to_json(run / "labels.jsonl", orient="records", lines=True)
    folder, _ = executed(tmp_path, "real", monkeypatch)
    assert all((folder / f"{name}.svg").exists() for name in NAMES)
    scores = ours(folder, "iterations").set_index("label")
    one = graded[(graded.arm == "M_1") & (graded["mode"] == "both")]
    assert scores.value["M_1"] == pytest.approx(one.score.mean()) and scores.n["M_1"] == len(one)
    assert set(ours(folder, "improved_prompts").label) == {"all prompts"}
    assert set(ours(folder, "selection").n) == {30}, "the labelled pairs"
