"""A run's curated pairs and models, handed to ``export`` with what their cards should say."""

from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from helpers import curation, export, runs, stages, tables
from helpers.config import Preset
from helpers.experiments import judged
from helpers.experiments.overview import kept


def dataset(run: str, iteration: int, form: str, out: Path) -> Path:
    """The pairs that M_t was trained on, as a folder that ``datasets`` reads, with a card; returns the folder.

    The card names the pages that the run's corpus was made of.

    Args:
        form: one of ``export.FORMS``; ``parquet`` holds the whole way from page to decision.
    """
    pairs = kept(run, iteration)
    if form == "parquet":
        pairs = export.provenance(pairs, stages.read(run, f"04_self_curation-{iteration}/ratings"))
    counts = {"segments": len(stages.read(run, "01_corpus/segments")), "kept pairs": len(pairs)}
    decision = stages.decision(run, f"04_self_curation-{iteration}")
    sources = runs.manifest(run, "01_corpus")["files"]["pages"]  # the preset may name other pages since
    facts = {"decision": decision, "judged": _judged(run, iteration, decision), "counts": counts, "sources": sources}
    return export.dataset(pairs, out, form, title=f"{run}, A^({iteration})", **facts)


def training_rows(run: str, preset: Preset, iteration: int, out: Path) -> Path:
    """The rows that M_t is trained on, seed pairs and tags included, as text for a trainer elsewhere; returns the file.

    Columns: pair_id, prompt and completion, as notebook 05 renders them for the base. The end token is left to the trainer,
    and so is the end of a completion that is too long. Copies of the seed and the room are those that M_t was trained with;
    the preset's where it is not trained yet.
    """
    from helpers import method, models  # the other exports need no torch

    told = runs.manifest(run, f"05_forward_model-{iteration}").get("config") or asdict(preset.forward)
    seed = stages.read(run, "02_seed_models/seed_pairs")
    rows = tables.training_rows(seed, kept(run, iteration), told["seed_copies"])
    tokenizer, config = models.tokenizer_of(base_of(run).path)
    room = min(told["training"]["max_tokens"], models.context_of(config, tokenizer))
    texts = method.forward_texts(tokenizer, rows, room)
    written = [{"pair_id": text.row_id, "prompt": text.prompt, "completion": text.completion} for text in texts]
    return export.lines(pd.DataFrame(written), out / "train.jsonl")


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
    """M_t as an adapter that plain peft loads, with a model card; returns the folder.

    The base is that of the run (``base_of``). The card holds the results of the evaluation while it is done: the grades of
    an earlier M_t are not those of this one. It shows the prompt under which the evaluation asks M_t.

    Raises:
        ArtifactError: the base has changed since the adapter was trained on it.
    """
    from helpers import models, prompts

    stage, base = f"05_forward_model-{iteration}", base_of(run)
    rows = stages.read(run, f"{stage}/training_rows").drop_duplicates(["pair_id", "source"])
    told = [f"{count:,} {source} pairs" for source, count in rows.source.value_counts().items()]
    folder = runs.locate(run, f"{stage}/m{iteration}")
    _refuse_other_base(base, folder)
    is_graded = runs.status(run).state["06_evaluation"] == "done"  # a preset edited since changes nothing of what was graded
    found = tables.read_json(runs.folder(run) / "summary.json").get("findings", []) if is_graded else []
    facts = {"trained_on": told, "results": [preset.banner, *found] if preset.banner and found else found}
    facts["template"] = prompts.asking(models.tokenizer_of(base.path)[0], preset.evaluation.mode)("{instruction}")
    return export.adapter(folder, out, title=f"{run}, M_{iteration}", base=base.loaded, **facts)


@dataclass(frozen=True)
class TrainedOn:
    """The base that a run's adapters were trained on.

    Attributes:
        path: as the preset named it: a folder, a GGUF file, or a name on the hub.
        loaded: what transformers and peft load for it: a folder, or a name on the hub.
        four_bit: whether its weights were kept in 4 bits.
    """

    path: str
    loaded: str
    four_bit: bool


def base_of(run: str) -> TrainedOn:
    """The base that a run's adapters were trained on; the preset may name another one since.

    A base that is gone from where it lay is the one that the run names now, if its content is the same.

    Raises:
        MissingArtifact: the seed models are not trained.
        FileNotFoundError: the base is not there any more.
    """
    from helpers import models

    record = runs.manifest(run, "02_seed_models")
    if not record:
        raise runs.MissingArtifact(f"the seed models of run {run!r} are not trained: `python -m helpers run --run {run}`")
    path = record["files"]["path"]
    now = runs.settings(run).get("changes", {}).get("base.path")
    if now and tables.gone(path) and tables.content_of(now) == record["inputs"]["path"]:
        path = now
    return TrainedOn(path, str(models.source_of(path)[0]), record["config"]["four_bit"])


def _refuse_other_base(base: TrainedOn, folder: Path) -> None:
    """Raise ArtifactError where the files of a base on this machine are not those that an adapter was trained on."""
    from helpers import models

    local, trained_on = models.source_of(base.path)[1], tables.read_json(folder / "base.json").get("base_hash")
    if local and trained_on and trained_on != (now := models.base_hash(local)):
        raise runs.ArtifactError(
            f"the adapter in {folder} was trained on base {trained_on}, and {local} is {now} now: put that base back, or "
            "train the adapter again"
        )


def answers(run: str, arm: str, mode: str, out: Path) -> Path:
    """One arm's answers as AlpacaEval's ``model_outputs.json``; returns the path."""
    given = stages.read(run, "06_evaluation/answers")
    given = given[(given.arm == arm) & (given["mode"] == mode)]
    prompts = pd.DataFrame({"prompt_id": given.prompt_id}).merge(stages.read(run, "06_evaluation/prompts"), on="prompt_id")
    return export.alpaca_eval(given, prompts, out / "model_outputs.json", f"{run} {arm}")
