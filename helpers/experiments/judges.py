"""Checks which judge to trust on a model and its own seed pairs, before the candidates are rated."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from helpers import curation, judging, method, models, presets, runs, seed_pairs, stages, tables
from helpers.config import Curation, Preset
from helpers.experiments.judged import check_ratings
from helpers.experiments.plan import TRAINED, not_in_segments
from helpers.figures.judges import judges as heat_map
from helpers.judge import JUDGES
from helpers.judging import check as checking
from helpers.judging import preferences
from helpers.judging.judges import content_hash, find, single
from helpers.models import Model
from helpers.prompts import INFERENCE_TAGS

FIRST = "04_self_curation-1"
"""The stage of the first ratings."""

QUICK = tuple(name for name, judge in JUDGES.items() if judge.reader != "sampled")
"""Judges that are asked where none are named: all but those that write their reasons, which take a hundred times as long."""

MOST_PAIRS = 60
"""Held-out seed pairs that the command rates with their twins, unless told otherwise."""

MODELS = ("base", "M_0", "M_1", "M_2")
"""The models that can be checked: the untuned base, or those of a run."""

TRAINED_ON = (
    "The pairs are those that {model} was trained on: it knows them by heart, and likelihoods look better than they are."
)
"""What is said where a run holds no seed pairs out and one of its models judges them."""

IN_ITS_PLACE = "The run holds no seed pairs out. {model} was trained on all of them, so the untuned base judged in its place."
"""What is said where that is avoided."""

NONE_LEFT = "{model} was trained on the other seed pairs, so the untuned base judged in its place."
"""What is said where all held-out pairs are left out (``plan.not_in_segments``)."""


@dataclass(frozen=True)
class Checked:
    """What a check found.

    Attributes:
        ratings: of ``judging.check.rated``.
        table: of ``judging.check.table``, with ``model``, the one that judged.
        findings: which judge to take and what else is known of it, a sentence a line.
    """

    ratings: pd.DataFrame
    table: pd.DataFrame
    findings: str


def asked(model: Model, names: Iterable[str]) -> list[str]:
    """The judges that a model is worth asking as, each once.

    Where it cannot read a rubric, one expected score stands for all of the kit's; a reader's own is asked for, so that it is
    said of it.
    """
    names = list(dict.fromkeys(names))
    if judging.reads_rubric(model):
        return names
    alike = [name for name in names if name in JUDGES and JUDGES[name].reader == "expected"]
    return [name for name in names if name not in alike[1:]]


def named(settings: Curation) -> tuple[str, ...]:
    """The judges of the check before the ratings: those of the run, the quick ones, and those that are combined of them."""
    own = (settings.judge,) if settings.judge != curation.BEST else ()
    return tuple(dict.fromkeys((*settings.judges, *own, *QUICK, *curation.COMBINED)))


def sample(run: str, preset: Preset, *, most: int) -> tuple[pd.DataFrame, bool]:
    """Seed pairs of a run to check judges on, and whether no model was trained on them.

    They are held-out ones (``plan.not_in_segments``); where there are none, a sample of those that all models were trained on.

    Raises:
        MissingArtifact: the run has no seed pairs yet.
    """
    return _sampled(run, preset, most)[:2]


def _sampled(run: str, preset: Preset, most: int) -> tuple[pd.DataFrame, bool, list[str]]:
    """What ``sample`` returns, and what is said of the held-out pairs that are left out."""
    held_out, said = not_in_segments(run, stages.read(run, "02_seed_models/held_out"))
    pairs = held_out if len(held_out) else stages.read(run, "02_seed_models/seed_pairs")
    return pairs.sample(min(most, len(pairs)), random_state=preset.draw), bool(len(held_out)), said


def before_rating(stage: stages.Stage, model: Model, preset: Preset, *, rater: str) -> Checked:
    """The check at the head of a stage of ratings, with the model that is about to rate: M_0 in iteration 1.

    A model that was trained on the pairs knows them by heart, and its likelihoods look perfect. So where the run holds none
    out, the untuned base judges in its place. In iteration 2 it would rate the same pairs as in iteration 1, so that check is
    taken over.

    Seed pairs of the run (``sample``) and their bad twins, with instructions by M_yx as the candidates have them, are rated by
    the run's judges and the quick ones. The pairs go to the table ``check_pairs``, their ratings to the journal
    ``check_ratings`` and what they say to ``check``; what is there is not made again. A finished stage without them, which an
    older version of the kit made, is not written to.

    Args:
        rater: the adapter that rates, ``m0`` or ``m1``.
    """
    seed, clean, left_out = _sampled(stage.run, preset, preset.curation.check_pairs)
    adapter, rating = rater if clean else None, rater.replace("m", "M_")
    names = asked(model, named(preset.curation))
    notes = [] if clean else [(NONE_LEFT if left_out else IN_ITS_PLACE).format(model=rating)]
    there = {path.stem for path in stage.folder.glob("check*.parquet")} if stage.done else set()
    if "check_ratings" in there:
        ratings = check_ratings(stage.run, stage.name)
        notes += _words_said(stages.read(stage.run, f"{stage.name}/check_pairs")) if "check_pairs" in there else []
        notes += _edited_since(ratings)
    elif not clean and (made := _made_before(stage, names, seed)):
        pairs, ratings = made
        notes += _words_said(pairs)
        stage.write("check_pairs", pairs)
        stage.write("check_ratings", ratings)
    else:
        pairs = _pairs(stage, model, preset, seed)
        notes += _words_said(pairs)
        ratings = _journalled(stage, model, pairs, names, preset, adapter)
    notes += left_out if set(ratings.of) <= set(seed.pair_id) else []  # a check that is there may be of all held-out pairs
    found = _found(ratings, names, model, rating if clean else "base", notes)
    stage.write("check", found.table)
    return found


def _made_before(stage: stages.Stage, names: Sequence[str], seed: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Pairs and ratings of iteration 1's check, where this check would be the same; None elsewhere, or where it has begun."""
    begun = (stage.folder / "check_ratings.jsonl").exists() or stage.name == FIRST
    if begun or not all(runs.locate(stage.run, f"{FIRST}/{table}").exists() for table in ("check_pairs", "check_ratings")):
        return None
    if runs.manifest(stage.run, FIRST)["config"] != tables.read_json(stage.folder / "settings.json")["config"]:
        return None
    rubrics = {judge.name: content_hash(judge) for judge in map(find, single(names))}
    pairs, ratings = stages.read(stage.run, f"{FIRST}/check_pairs"), check_ratings(stage.run, FIRST)
    ratings = ratings[ratings.judge.isin(rubrics)]
    same = (ratings.adapter == "").all() and (ratings.rubric == ratings.judge.map(rubrics)).all()
    if same and set(ratings.judge) == set(rubrics) and set(pairs.of) == set(seed.pair_id):
        return pairs, ratings
    return None


def _edited_since(ratings: pd.DataFrame) -> list[str]:
    """What is to be said of a check whose rubrics were edited after it."""
    now = {name: content_hash(JUDGES[name]) for name in ratings.judge.unique() if name in JUDGES}
    edited = [name for name, rubric in now.items() if (ratings.rubric[ratings.judge == name] != rubric).any()]
    return [f"The rubric of {name} was edited after this check, which rates by the old words." for name in edited]


def _pairs(stage: stages.Stage, model: Model, preset: Preset, seed: pd.DataFrame) -> pd.DataFrame:
    """The seed pairs and their twins in M_yx's words; what the stage has of them is not written again."""
    path = stage.folder / "check_pairs.parquet"
    if path.exists() and set((there := pd.read_parquet(path)).of) == set(seed.pair_id):
        return there
    made = checking.pairs_and_twins(seed, seed=preset.draw, write=_writer(model, preset))
    stage.write("check_pairs", made)
    return made


def _writer(model: Model, preset: Preset) -> checking.Write:
    """M_yx, as it writes the instructions of the candidates."""

    def write(texts: pd.DataFrame) -> dict[str, str]:
        with model.decoded():
            batches = method.augment(model, texts, preset.augmentation, draw=preset.draw)
            return {row["segment_id"]: row["instruction"] for batch in batches for row in batch}

    return write


def _words_said(pairs: pd.DataFrame) -> list[str]:
    """Who wrote the instructions, and how many pairs were left out for theirs, in sentences."""
    flagged = int((pairs.hygiene != "").sum())
    said = [f"The instructions are by {pairs.by.iloc[0]}."]
    return said + ([f"Hygiene left out {flagged:,} of {len(pairs):,} pairs."] if flagged else [])


def _journalled(
    stage: stages.Stage, model: Model, pairs: pd.DataFrame, names: Sequence[str], preset: Preset, adapter: str | None
) -> pd.DataFrame:
    """The ratings of these pairs, which the stage's journal keeps; those of a finished stage are not kept."""
    if stage.done:
        return pd.DataFrame([row for batch in _rated(model, pairs, names, preset, adapter) for row in batch])
    journal = stage.journal("check_ratings", key="rating_id")
    batches = _rated(model, pairs, names, preset, adapter, done=journal.ids)
    for batch in stage.progress(batches, len(single(names)) * (pairs.hygiene == "").sum(), done=len(journal.ids)):
        journal.append(batch)
    rows = journal.frame()
    return rows[rows.pair_id.isin(pairs.pair_id)]


def _rated(
    model: Model,
    pairs: pd.DataFrame,
    names: Sequence[str],
    preset: Preset,
    adapter: str | None,
    *,
    done: Set[str] = frozenset(),
) -> Iterator[list[dict]]:
    """Ratings as the run would ask for them, batch by batch; without an adapter, both directions are read by the base."""
    tag, backward = INFERENCE_TAGS[preset.curation.mode], "backward" if adapter else None
    with model.decoded():
        yield from checking.rated(model, pairs, names, adapter=adapter, backward=backward, tag=tag, seed=preset.draw, done=done)


def _found(ratings: pd.DataFrame, names: Sequence[str], model: Model, judged_by: str, notes: Sequence[str]) -> Checked:
    single_ = {found.name: found for found in map(find, single(names))}
    called = [name if name in curation.COMBINED else find(name).name for name in names]
    rated = [name for name in called if set(curation.judges(name)) <= set(ratings.judge)]
    table = checking.table(ratings, names=rated).assign(model=judged_by)
    rubrics = [name for name in rated if name in single_ and single_[name].has_rubric]
    ignored = [] if judging.reads_rubric(model) or not rubrics else [judging.IGNORES_RUBRIC]
    unread = checking.unread_said(ratings[ratings.judge.isin(single_)])
    return Checked(ratings, table, checking.findings(table, [f"Judged by {judged_by}.", *notes, *ignored, *unread]))


def settled(run: str, preset: str | Path, draw: int = 0) -> Curation:
    """The settings of a run's curation once its judges are checked: the judge that decides has a name.

    Raises:
        ValueError: the preset leaves it to the check, and the check trusts none of the judges that rate.
    """
    settings = presets.of_run(run, preset, draw).curation
    if settings.judge == curation.BEST:
        raise ValueError(
            f"none of the judges that rate ({', '.join(settings.judges)}) tells good pairs from bad twins better than chance, "
            "so none is chosen: name one in curation.judge to rate all the same, or add one that the check trusts to "
            "curation.judges"
        )
    return settings


def check(
    preset: Preset,
    names: Sequence[str] = (),
    *,
    run: str = "",
    model: str = "base",
    most: int = MOST_PAIRS,
) -> Checked:
    """Rate seed pairs and bad twins of them with each judge, on the untuned base or on a model of a run.

    The pairs are a sample of those in the file of seed pairs that no model of the run is trained on, or, without a run, of
    those that the preset would not train on. Where all are trained on, they are a sample of all.

    Args:
        names: judges; without any, the quick ones and those combined of them.
        run: where M_0, M_1 or M_2 is.
        model: one of ``MODELS``.
        most: seed pairs.

    Raises:
        ValueError: an unknown model, or a tuned one without a run.
        MissingArtifact: the run has not trained it yet.
    """
    own, clean, left_out = _untrained(preset, run, most)
    loaded, adapter = load(preset, run, model)
    names = asked(loaded, names or (*QUICK, *curation.COMBINED))
    pairs = checking.pairs_and_twins(own, seed=preset.draw, write=_writer(loaded, preset) if run else None)
    rows = [row for batch in _rated(loaded, pairs, names, preset, adapter) for row in batch]
    notes = [] if clean or model == "base" else [TRAINED_ON.format(model=model)]
    notes += _words_said(pairs) + left_out
    return _found(pd.DataFrame(rows), names, loaded, model, notes)


def load(preset: Preset, run: str, model: str) -> tuple[Model, str | None]:
    """The base, with a run's M_yx and its model of that name; and that model's adapter, None for the base itself.

    Raises:
        ValueError: an unknown model, or a tuned one without a run.
        MissingArtifact: the run has not trained it yet.
    """
    if model not in MODELS or (model != "base" and not run):
        raise ValueError(f"{model!r} cannot be checked: name a run, and one of {', '.join(MODELS)}")
    places = {"backward": TRAINED["backward"]} if run else {}
    places |= {} if model == "base" else {model.lower().replace("_", ""): TRAINED[model]}
    for name, place in places.items():
        if not runs.locate(run, place).exists():
            missing = model if name != "backward" else "M_yx"
            raise runs.MissingArtifact(f"{missing} of run {run!r} is not trained yet: `python -m helpers run --run {run}`")
    loaded = models.load(preset.base.path, four_bit=preset.base.four_bit, dtype=preset.base.dtype)
    for name, place in places.items():
        loaded.load(name, runs.locate(run, place))
    return loaded, next((name for name in places if name != "backward"), None)


def _untrained(preset: Preset, run: str, most: int) -> tuple[pd.DataFrame, bool, list[str]]:
    """Pairs of the preset's file that nothing is trained on, or else of all; which of the two; and what is said of others."""
    settings = preset.seed_models
    pairs, _ = seed_pairs.read(settings.seed_pairs, draw=preset.draw, languages=preset.corpus.filters.languages)
    if run:
        trained = stages.read(run, "02_seed_models/seed_pairs")
    else:
        used, _ = seed_pairs.of(preset)
        trained, _ = seed_pairs.split(used, settings, draw=preset.draw)
    fresh = pairs[~pairs.pair_id.isin(trained.pair_id)]
    fresh, said = not_in_segments(run, fresh) if run else (fresh, [])
    own = fresh if len(fresh) else pairs
    return own.sample(min(most, len(own)), random_state=preset.draw), bool(len(fresh)), said


def beside(checked: Mapping[str, Checked]) -> pd.DataFrame:
    """The mean over kinds of each judge under each model, with its interval, in words; best under the last model first."""
    tables_ = {model: found.table[found.table.kind == "mean"].set_index("judge") for model, found in checked.items()}
    last = list(tables_.values())[-1].sort_values("auc", ascending=False).index
    return pd.DataFrame(
        {model: {name: checking.auc_said(row) for name, row in of.iterrows()} for model, of in tables_.items()}
    ).loc[last]


def keep(checked: Checked, folder: Path) -> None:
    """Write ``ratings.parquet``, ``judges.csv`` and the heat map ``judges.png`` into a folder."""
    tables.write_table(folder / "ratings.parquet", checked.ratings)
    checked.table.to_csv(folder / "judges.csv", index=False)
    heat_map(checked.table).savefig(folder / "judges.png")


def preferred(found: Mapping[str, object]) -> str:
    """What ``on_preferences`` found, in words."""
    left_out = ", ".join(f"{count:,} with {reason}" for reason, count in found["left_out"].items()) or "none"
    if not found["n"]:
        return (
            f"judged no prompt on which people prefer an answer: {found['unread']:,} could not be judged; "
            f"rows of the file left out: {left_out}"
        )
    return (
        f"prefers what people prefer in {found['accuracy']:.1%} [{found['low']:.1%}, {found['high']:.1%}] of {found['n']:,} "
        f"prompts (ties of people left out; 50 % is chance); {found['consistent']:.1%} have the same verdict in both orders; "
        f"{found['unread']:,} could not be judged; rows of the file left out: {left_out}"
    )


def on_preferences(preset: Preset, path: str | Path, *, run: str = "", model: str = "base", most: int | None = None) -> dict:
    """How often a model, as a pairwise judge, prefers the answer that people prefer.

    Args:
        path: a file of preferences (``judging.preferences.read``).
        most: rows judged, a sample over all that can be; None judges all.

    Returns:
        what ``judging.preferences.accuracy`` says, ``consistent`` (share of prompts with the same verdict in both orders),
        ``unread`` (prompts that the model could not judge) and ``left_out`` (rows of the file by reason).
    """
    asked_, left_out = preferences.read(path)
    shown = asked_.sample(len(asked_) if most is None else min(most, len(asked_)), random_state=preset.draw)
    loaded, adapter = load(preset, run, model)
    sides = (dict(zip(shown.prompt_id, shown[name], strict=True)) for name in ("answer_a", "answer_b"))
    rows = pd.DataFrame([row for batch in method.compare(loaded, shown, *sides, adapter=adapter) for row in batch])
    said = judging.pairwise.summary(rows)
    return preferences.accuracy(rows, shown) | {key: said[key] for key in ("consistent", "unread")} | {"left_out": left_out}
