"""How long an ablation will take here: as a finished run of the same base has measured it, or by a short probe of the base."""

from dataclasses import dataclass
from pathlib import Path

from helpers import runs, seed_pairs, stages
from helpers.config import Preset
from helpers.experiments.ablation import EVALUATION, Ablation, Work, told, work
from helpers.experiments.jobs import workers_for
from helpers.tables import content_of, read_json

TRAINED = ("02_seed_models/backward", "02_seed_models/m0", "05_forward_model-1/m1", "05_forward_model-2/m2")
"""The adapters that a run trains before its evaluation."""

PROBE_SECONDS = 20


@dataclass(frozen=True)
class Pace:
    """Seconds on this machine: of a step and of an answer in the evaluation, of all stages before it; and who says so."""

    step: float
    answer: float
    before: float
    source: str


def plan(made: Ablation) -> list[str]:
    """The plan of an ablation in sentences, and about how long it will take if nothing of it is done yet."""
    each = work(made)
    pace = measured(made, each) or probed(made.preset(made.draws[0]), each)
    seconds = len(made.draws) * (pace.before + each.steps * pace.step + each.answers * pace.answer)
    said = f"about {seconds / 60:,.0f} minutes, {pace.source}; what is done already is not done again"
    return [*told(made), said]


def measured(made: Ablation, each: Work) -> Pace | None:
    """The pace of a finished run of the same base, the run that lends its stages first; None where there is none."""
    of = made.preset(made.draws[0]).base
    base, workers = content_of(of.path), workers_for(of)
    names = [*made.origins.values(), *sorted(runs.readable(), key=_finished, reverse=True)]
    for name in names:
        records = {stage: runs.manifest(name, stage) for stage in runs.STAGES}
        if not all(records.values()) or records["02_seed_models"]["inputs"].get("path") != base:
            continue
        folder = runs.stage_folder(name, EVALUATION) / "arms"
        arms = [told for path in sorted(folder.glob("*/training.json")) if (told := read_json(path))]
        seconds, steps = (sum(told[key] for told in arms) for key in ("seconds", "steps"))
        left = records[EVALUATION]["seconds"] - seconds / workers
        if not steps or left <= 0:  # a run that was interrupted knows the time of its last part alone
            continue
        before = sum(record["seconds"] for stage, record in records.items() if stage != EVALUATION)
        share = each.steps_before / sum(read_json(runs.locate(name, place) / "training.json")["steps"] for place in TRAINED)
        answers = len(stages.read(name, f"{EVALUATION}/answers"))
        return Pace(seconds / workers / steps, left / answers, share * before, f"as the run {name} measured it")
    return None


def _finished(name: str) -> float:
    """When a run's evaluation ended, seconds since 1970; 0 for one that has not."""
    path: Path = runs.stage_folder(name, EVALUATION) / "manifest.json"
    return path.stat().st_mtime if path.exists() else 0.0


def probed(preset: Preset, each: Work) -> Pace:
    """The pace of a base by a probe of some seconds (``fit.probe``); answers are taken to be as long as they may."""
    from helpers import fit, method, models, training

    pairs, _ = seed_pairs.of(preset)
    model = models.load(preset.base.path, four_bit=preset.base.four_bit, dtype=preset.base.dtype)
    settings, sampling = preset.forward.training, preset.augmentation
    rows = method.training_texts(model, method.rows(pairs, pairs.head(0)), settings.max_tokens)
    rates = fit.probe(model, rows, settings, sampling, seconds=PROBE_SECONDS)
    lengths = [len(row["ids"]) for row in training.encode(rows, model.tokenizer, min(settings.max_tokens, model.context))]
    mean = sum(lengths) / len(lengths)
    step = settings.batch * mean / rates["training"]
    segment = sampling.new_tokens / rates["generation"] + 2 * 3 * mean / rates["reading"]
    before = each.steps_before * step + (preset.corpus.most_segments or 0) * segment * bool(each.before)
    answer = preset.evaluation.sampling.new_tokens / rates["generation"]
    return Pace(step, answer, before, f"by a probe of {PROBE_SECONDS} seconds on seed pairs; longer texts take longer")
