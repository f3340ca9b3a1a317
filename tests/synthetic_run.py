"""A SYNTHETIC finished run: every table of a run, with texts and scores drawn at random, measured by nobody."""

from pathlib import Path

import numpy as np
import pandas as pd
import synthetic_results
from texts import sentences

from helpers import runs, tables
from helpers.tables import content_id, write_json, write_table
from helpers.truth import Truth

PRESET = '''"""The default preset, of a world whose truth a test knows."""
from dataclasses import replace
from synthetic_run import Known
from helpers import presets

def preset(draw):
    start = presets.find("{start}", draw)
    evaluation = replace(start.evaluation, prompts={prompts!r})
    seed_models = replace(start.seed_models, seed_pairs={seeds!r}, held_out={held_out}, most_pairs=None)
    truth = Known() if start.truth.known else start.truth
    corpus = replace(start.corpus, prompts=({prompts!r},))
    return replace(start, corpus=corpus, evaluation=evaluation, seed_models=seed_models, truth=truth)
'''

MEANS = {("M_0", "both"): 0.2, ("M_0", "seed"): 0.25, ("M_1", "both"): 0.4, ("M_2", "both"): 0.4, ("M_2", "seed"): 0.3}
PAIRS, KEPT, SEEDS = 120, 40, 30


class Known(Truth):
    """Pairs whose id begins with a digit are right."""

    known = True

    def prepare(self) -> None:
        """There is nothing to build."""

    def reveal(self, pairs: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
        """What each pair is."""
        right = pairs.pair_id.str[0].str.isdigit()
        family = pd.Series(synthetic_results.KINDS * len(pairs))[: len(pairs)].to_numpy()
        return pd.DataFrame({"pair_id": pairs.pair_id, "right": right, "family": family, "kind": "good"})


def make(folder: Path, name: str, *, start: str = "tiny", means: dict | None = None, draw: int = 0) -> Path:
    """A run ``name`` in ``folder``, of a preset file beside it that begins with ``start``; returns its folder."""
    place = folder / name
    prompts, seeds = (folder / f"{what}.jsonl" for what in ("prompts", "seeds"))
    instructions = sentences(PAIRS, 3)
    asked = pd.DataFrame({"instruction": sentences(12 * 8, 4)})
    asked.to_json(prompts, orient="records", lines=True)
    seed = pd.DataFrame({"instruction": sentences(SEEDS, 5), "output": sentences(SEEDS, 6), "source": "seed"})
    seed.to_json(seeds, orient="records", lines=True)
    preset = folder / f"{start}_known.py"
    preset.write_text(PRESET.format(start=start, prompts=str(prompts), seeds=str(seeds), held_out=0 if start == "tiny" else 5))
    write_json(place / "run.json", {"preset": str(preset), "draw": draw, "changes": {}})
    texts = sentences(PAIRS, 7)
    segments = pd.DataFrame({"segment_id": [content_id(text) for text in texts], "text": texts, "url": "", "header_path": ""})
    pairs = segments.assign(instruction=instructions, hygiene="", cut=False)
    pairs = pairs.assign(pair_id=[content_id(x, y) for x, y in zip(pairs.instruction, texts, strict=True)])
    rng, judges = np.random.default_rng(draw), ("rating", "log p(y|x)", "log p(x|y)")
    rate = [pairs[["pair_id"]].assign(judge=judge, score=rng.random(PAIRS)) for judge in judges]
    ratings = pd.concat(rate, ignore_index=True)
    kept = pairs.pair_id.sort_values()[:KEPT]
    rows = pd.concat(
        [
            pd.DataFrame({"pair_id": [content_id("seed", str(n)) for n in range(SEEDS)], "source": "seed"}),
            pd.DataFrame({"pair_id": kept, "source": "web"}),
        ]
    )
    written = {
        "01_corpus": {"segments": segments},
        "02_seed_models": {"seed_pairs": seed.assign(pair_id=rows.pair_id[:SEEDS].to_numpy())},
        "03_self_augmentation": {"candidates": pairs[["pair_id", "segment_id", "instruction", "cut", "hygiene"]]},
        "04_self_curation-1": {"ratings": ratings},
        "05_forward_model-1": {"training_rows": rows},
        "04_self_curation-2": {"ratings": ratings},
        "05_forward_model-2": {"training_rows": rows},
        "06_evaluation": evaluation(means or MEANS, draw=draw),
    }
    for stage, frames in written.items():
        finish(place / stage, frames)
        if stage.startswith("04"):
            decision = {"judge": ["log p(y|x)", "log p(x|y)"], "rule": "top", "value": KEPT, "made_by": "default"}
            write_json(place / stage / "decision.json", decision)
    return place


def base(folder: Path, questions: float) -> Path:
    """A folder with nothing of a mini base but what it was made of."""
    told = {"tokens": 900, "mix": {"questions": questions}}
    write_json(folder / "training.json", {"main": told, "recipe": told | {"tokens": 100, "mix": {"questions": 10 * questions}}})
    return folder


def evaluation(means: dict[tuple[str, str], float], *, draw: int = 0, grader: str = "facts") -> dict[str, pd.DataFrame]:
    """The tables of an evaluation: grades around these means by arm and mode, on families not in the seed and in it."""
    graded = synthetic_results.grades(means, ("arm", "mode"), draws=1, seed=draw).assign(draw=draw, in_seed=False, wording="w")
    seen = graded.assign(in_seed=True, prompt_id="seen " + graded.prompt_id, family="seen " + graded.family)
    both = pd.concat([graded, seen], ignore_index=True).assign(form=True, grader=grader)
    rng = np.random.default_rng(draw)
    judged = pd.DataFrame({"pair_id": [f"p{n}" for n in range(60)], "draw": draw, "old": rng.random(60), "new": rng.random(60)})
    judged = judged.assign(right=[n % 2 == 0 for n in range(60)], family="")
    judged = judged.assign(wrong=judged.right.map({True: "", False: "spam"}))
    return {"grades": both, "judged": judged, "answers": both[["arm", "mode", "draw", "prompt_id"]].assign(text="x")}


def finish(stage: Path, frames: dict[str, pd.DataFrame]) -> None:
    """Write the tables of a stage and a manifest that says it is done."""
    for name, frame in frames.items():
        write_table(stage / f"{name}.parquet", frame)
    record = {"config": {}, "inputs": {}, "outputs": {}, "seconds": 10.0, "device": "cpu", "versions": {"torch": "0"}}
    write_json(stage / "manifest.json", record | {"training": {"precision": "fp32"}})


def finish_fork(run: str, means: dict[tuple[str, str], float], draw: int = 0) -> None:
    """The evaluation of a run whose other stages lie in another."""
    finish(runs.folder(run) / "06_evaluation", evaluation(means, draw=draw))
    assert tables.read_json(runs.folder(run) / "run.json")["fork_of"]
