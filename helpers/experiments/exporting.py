"""A run's curated pairs and models, handed to ``export`` with what their cards should say."""

from pathlib import Path

import pandas as pd

from helpers import curation, export, runs, stages, tables
from helpers.config import Preset
from helpers.experiments import judged
from helpers.experiments.overview import kept


def dataset(run: str, preset: Preset, iteration: int, form: str, out: Path) -> Path:
    """The pairs that M_t was trained on, as a folder that ``datasets`` reads, with a card; returns the folder.

    Args:
        form: one of ``export.FORMS``; ``parquet`` holds the whole way from page to decision.
    """
    pairs = kept(run, iteration)
    if form == "parquet":
        pairs = export.provenance(pairs, stages.read(run, f"04_self_curation-{iteration}/ratings"))
    counts = {"segments": len(stages.read(run, "01_corpus/segments")), "kept pairs": len(pairs)}
    decision = stages.decision(run, f"04_self_curation-{iteration}")
    sources = [str(path) for path in preset.corpus.pages]
    facts = {"decision": decision, "judged": _judged(run, iteration, decision), "counts": counts, "sources": sources}
    return export.dataset(pairs, out, form, title=f"{run}, A^({iteration})", **facts)


def training_rows(run: str, preset: Preset, iteration: int, out: Path) -> Path:
    """The rows that M_t is trained on, seed pairs and tags included, as text for a trainer elsewhere; returns the file.

    Columns: pair_id, prompt and completion, as notebook 05 renders them for the base. The end token is left to the trainer,
    and so is the end of a completion that is too long.
    """
    from helpers import method, models  # the other exports need no torch

    seed = stages.read(run, "02_seed_models/seed_pairs")
    rows = tables.training_rows(seed, kept(run, iteration), preset.forward.seed_copies)
    tokenizer, config = models.tokenizer_of(preset.base.path)
    room = min(preset.forward.training.max_tokens, models.context_of(config, tokenizer))
    texts = method.forward_texts(tokenizer, rows, room)
    told = [{"pair_id": text.row_id, "prompt": text.prompt, "completion": text.completion} for text in texts]
    return export.lines(pd.DataFrame(told), out / "train.jsonl")


def _judged(run: str, iteration: int, decision: dict) -> dict | None:
    """How well the judge that decided told seed pairs from bad twins before it rated; None where it was not checked."""
    checked = judged.checks(run).get(iteration)
    if checked is None:
        return None
    means = checked[0][checked[0].kind == "mean"].dropna(subset=["auc"]).set_index("judge")
    named = [name for name in means.index if set(curation.judges(name)) == set(decision["judge"])]
    if not named:
        return None
    of = means.loc[named[0]]
    return {"auc": of.auc, "low": of.low, "high": of.high, "n": int(of.n), "against": "bad twins of seed pairs"}


def adapter(run: str, preset: Preset, iteration: int, out: Path) -> Path:
    """M_t as an adapter that plain peft loads, with a model card; returns the folder."""
    rows = stages.read(run, f"05_forward_model-{iteration}/training_rows")
    counts = rows.source.value_counts()
    told = [f"{count:,} {source} pairs" for source, count in counts.items()]
    found = tables.read_json(runs.folder(run) / "summary.json").get("findings", [])
    folder = runs.locate(run, f"05_forward_model-{iteration}/m{iteration}")
    return export.adapter(folder, out, title=f"{run}, M_{iteration}", base=preset.base.path, trained_on=told, results=found)


def answers(run: str, arm: str, mode: str, out: Path) -> Path:
    """One arm's answers as AlpacaEval's ``model_outputs.json``; returns the path."""
    given = stages.read(run, "06_evaluation/answers")
    given = given[(given.arm == arm) & (given["mode"] == mode)]
    prompts = pd.DataFrame({"prompt_id": given.prompt_id}).merge(stages.read(run, "06_evaluation/prompts"), on="prompt_id")
    return export.alpaca_eval(given, prompts, out / "model_outputs.json", f"{run} {arm}")
