"""What a run left about its judges, for the notebook that compares them: nothing here asks a model."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from helpers import curation, runs, stages
from helpers.config import Preset
from helpers.figures.claims import claim
from helpers.judging.twins import RIGHT
from helpers.stats import calibration
from helpers.stats.agreement import auc_gain, between, kappa, ordered, pairwise_accuracy
from helpers.widgets import labels

ITERATIONS = (1, 2)
RATERS = {1: "M_0", 2: "M_1"}
"""The model that rates in each iteration."""


@dataclass(frozen=True)
class Known:
    """Which candidates are good, and who says so.

    Attributes:
        good: true or false by pair_id, of the pairs on which something is known.
        family: by pair_id; a pair without one has itself.
        source: ``the hidden truth``, ``your labels``, or ``nobody``.
        chosen: how labelled pairs were chosen, in words (``labels.sample``); empty where not labels tell.
        left_out: labels that decide nothing, by reason.
    """

    good: pd.Series
    family: pd.Series
    source: str
    chosen: str = ""
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def by(self) -> str:
        """The source and, of labels, how their pairs were chosen."""
        return f"{self.source}, {self.chosen}" if self.chosen else self.source

    def said(self, candidates: int) -> str:
        """How many of so many candidates are known, and which labels were left out, in words."""
        share = f", {self.good.mean():.0%} of them good" if len(self.good) else ""
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in self.left_out.items() if count)
        of = f" ({self.chosen})" if self.chosen else ""
        return f"{self.source}{of} can tell {len(self.good):,} of {candidates:,} candidates{share}" + (
            f"; labels left out: {reasons}" if reasons else ""
        )


def known(run: str, preset: Preset) -> Known:
    """What is known about the candidates of a run: the hidden truth of a world that has one, else the reader's labels.

    Once there are labels of pairs that were drawn blind, only they tell (``labels.sample``).
    """
    candidates, segments = (stages.read(run, name) for name in ("03_self_augmentation/candidates", "01_corpus/segments"))
    revealed = preset.truth.reveal(candidates, segments).set_index("pair_id")
    if len(revealed):
        family = revealed.family.where(revealed.family.fillna("") != "", revealed.index.to_series())
        return Known(revealed.right.astype(bool), family, "the hidden truth")
    given = labels.read(runs.labels(run), set(candidates.pair_id))
    one = pd.Series(1.0, index=pd.Index(candidates.pair_id.unique()))
    found = calibration.labelled(one, given)
    good = found.rows.set_index("pair_id").good.astype(bool)
    if good.empty:
        return Known(good, good.index.to_series(), "nobody", left_out=given.attrs["left_out"] | found.left_out)
    counted, chosen = labels.sample(good.to_numpy(float), good.index.isin(given.pair_id[given.blind]))
    sampled = good[~np.isnan(counted)]
    left_out = given.attrs["left_out"] | found.left_out | {"not drawn blind": len(good) - len(sampled)}
    return Known(sampled, sampled.index.to_series(), "your labels", chosen, left_out)


def checks(run: str) -> dict[int, tuple[pd.DataFrame, pd.DataFrame, str]]:
    """By iteration, the check before its ratings: table, ratings and findings; only those that the run has."""
    found = {}
    for iteration in ITERATIONS:
        stage = f"04_self_curation-{iteration}"
        if runs.locate(run, f"{stage}/check").exists():
            said = runs.manifest(run, stage).get("check", "")
            found[iteration] = stages.read(run, f"{stage}/check"), check_ratings(run, stage), said
    return found


def repeated(checked: dict[int, tuple[pd.DataFrame, pd.DataFrame, str]]) -> bool:
    """Whether iteration 2 has the check of iteration 1 again, seconds aside, as it has where the untuned base judged it."""
    if set(checked) != set(ITERATIONS):
        return False
    first, second = (checked[iteration][0].drop(columns="seconds") for iteration in ITERATIONS)
    return first.equals(second)


def check_ratings(run: str, stage: str) -> pd.DataFrame:
    """The ratings of a stage's check; without those of other pairs, which an older version of the kit may have begun with."""
    ratings = stages.read(run, f"{stage}/check_ratings")
    if not runs.locate(run, f"{stage}/check_pairs").exists():
        return ratings
    return ratings[ratings.pair_id.isin(stages.read(run, f"{stage}/check_pairs").pair_id)]


def pairwise(table: pd.DataFrame, ratings: pd.DataFrame) -> pd.DataFrame:
    """How often each judge of a check rates a seed pair above its own bad twin: judge, value, low, high, n."""
    pairs = ratings.drop_duplicates("pair_id")[["pair_id", "kind", "of"]]
    rows = []
    for judge in dict.fromkeys(table.judge):
        score = pairs.pair_id.map(curation.scores(ratings, curation.judges(judge)))
        rows.append({"judge": judge} | ordered(pairs.assign(score=score), right=RIGHT))
    return pd.DataFrame(rows)


def scores(run: str, iteration: int) -> pd.DataFrame:
    """The candidates' scores in an iteration: one row a pair, one column a judge; combined judges where their parts rated."""
    candidates = stages.read(run, "03_self_augmentation/candidates")
    ratings = stages.read(run, f"04_self_curation-{iteration}/ratings")
    own = ratings[ratings.pair_id.isin(candidates.pair_id)]
    there = set(own.judge)
    names = [*dict.fromkeys(own.judge), *(name for name in curation.COMBINED if set(curation.judges(name)) <= there)]
    return pd.DataFrame({name: curation.scores(own, curation.judges(name)) for name in names})


def decided(run: str, iteration: int) -> pd.DataFrame:
    """The candidates with ``kept``, as the run decided in an iteration."""
    stage = f"04_self_curation-{iteration}"
    decision = curation.Decision.of(stages.decision(run, stage))
    return curation.decide(stages.read(run, "03_self_augmentation/candidates"), stages.read(run, f"{stage}/ratings"), decision)


def selected(run: str, known_: Known) -> pd.DataFrame | None:
    """What each model selected of the pairs that are known: selector, pair_id, selected, good, family, known_by.

    None if none is known.
    """
    if known_.good.empty:
        return None
    chosen = pd.concat([decided(run, iteration).assign(selector=RATERS[iteration]) for iteration in ITERATIONS])
    own = chosen[chosen.pair_id.isin(known_.good.index)]
    told = {"good": own.pair_id.map(known_.good).astype(bool), "family": own.pair_id.map(known_.family), "known_by": known_.by}
    return own.rename(columns={"kept": "selected"})[["selector", "pair_id", "selected"]].assign(**told)


def gains(run: str, known_: Known, checked: dict) -> tuple[pd.DataFrame, str]:
    """AUC of each judge in iteration 1 (old) and 2 (new), and by what good and bad pairs are told apart.

    By what is known about the candidates that M_1 was not trained on; where nothing is, by the seed pairs and bad twins of the
    check, unless the untuned base judged them both times.

    Returns:
        judge, n, old, new, value (new minus old), low, high; empty where the run has neither.
    """
    if len(known_.good):
        trained = stages.read(run, "05_forward_model-1/training_rows").pair_id
        old, new = (scores(run, iteration) for iteration in ITERATIONS)
        pairs = pd.DataFrame({"right": known_.good, "group": known_.family}).drop(index=trained, errors="ignore")
        source = known_.source
    elif len(checked) == len(ITERATIONS) and not _by_base(checked):
        old, new = (_wide(*checked[iteration][:2]) for iteration in ITERATIONS)
        pairs = checked[1][1].drop_duplicates("pair_id").set_index("pair_id")
        pairs, source = pd.DataFrame({"right": pairs.kind == RIGHT, "group": pairs.of}), "the bad twins of seed pairs"
    else:
        return pd.DataFrame(columns=["judge", "n", "old", "new", "value", "low", "high"]), "nothing"
    rows = []
    for judge in (name for name in old if name in new):
        both = pairs.assign(draw=0, old=old[judge].reindex(pairs.index), new=new[judge].reindex(pairs.index))
        rows.append({"judge": judge, "n": len(both.dropna())} | auc_gain(both))
    return pd.DataFrame(rows), source


def _by_base(checked: dict) -> bool:
    """Whether the untuned base judged in every check."""
    return {model for table, *_ in checked.values() for model in table.get("model", ["unknown"])} == {"base"}


def _wide(table: pd.DataFrame, ratings: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: curation.scores(ratings, curation.judges(name)) for name in dict.fromkeys(table.judge)})


MOST_COMPARED = 2000
"""Pairs on which the agreement of judges is measured: their orders are compared two by two."""


def agreement(scored: pd.DataFrame, known_: Known, *, draw: int = 0) -> pd.DataFrame:
    """How far judges agree with one another and with what is known: first, second, n, spearman, kendall.

    Args:
        scored: of ``scores``.
        draw: of the sample, where there are more than ``MOST_COMPARED`` pairs.
    """
    columns = scored.assign(**{known_.source: known_.good.astype(float).reindex(scored.index)}) if len(known_.good) else scored
    return between(columns.sample(min(MOST_COMPARED, len(columns)), random_state=draw))


def against_known(scored: pd.DataFrame, known_: Known, *, draw: int = 0) -> pd.DataFrame:
    """How far each judge agrees with what is known: judge, n, pairwise (accuracy, 0 to 1), kappa, low, high (95 %).

    For kappa a judge calls as many pairs good as are good, its best rated ones.
    """
    good, rows = _compared(scored, known_, draw), []
    for judge in scored:
        score = scored[judge].reindex(good.index).dropna()
        truth = good[score.index]
        called = score.rank(method="first", ascending=False) <= truth.sum()
        n, _, value, low, high = kappa(called, truth)
        accuracy = pairwise_accuracy(score, truth.astype(float))
        rows.append({"judge": judge, "n": n, "pairwise": accuracy, "kappa": value, "low": low, "high": high})
    return pd.DataFrame(rows)


def _compared(scored: pd.DataFrame, known_: Known, draw: int) -> pd.Series:
    """Of the pairs that have scores and are known, those that are compared: good or not, by pair_id."""
    good = known_.good.reindex(scored.index).dropna().astype(bool)
    return good.sample(min(MOST_COMPARED, len(good)), random_state=draw)


def verdict(
    checked: dict[int, tuple[pd.DataFrame, pd.DataFrame, str]], scored: pd.DataFrame, known_: Known, *, draw: int = 0
) -> str:
    """Whether the check has named the judge that agrees best with what is known, in sentences; empty where one is unknown.

    Judges are compared by pairwise accuracy. The check misleads if the best judge's minus the named one's is above 0 with its
    interval, which resamples families.

    Args:
        checked: of ``checks``.
        scored, draw: as for ``against_known``.
    """
    accuracy = against_known(scored, known_, draw=draw).set_index("judge").pairwise.dropna()
    if 1 not in checked or accuracy.empty:
        return ""
    means = checked[1][0].query("kind == 'mean'").set_index("judge").auc.dropna()
    means = means[means.index.isin(accuracy.index)]
    if means.empty:
        return ""
    named, best = means.idxmax(), accuracy.idxmax()
    if accuracy[named] == accuracy[best]:
        return f"The check puts {named} first among these judges, and so does what is known (pairwise {accuracy[best]:.2f})."
    pairs = pd.DataFrame({"right": _compared(scored, known_, draw)}).assign(draw=0, old=scored[named], new=scored[best])
    gain = auc_gain(pairs.assign(group=known_.family))  # the AUC of good against bad pairs is the pairwise accuracy
    apart = claim(best, named, (gain["value"], gain["low"], gain["high"]))
    return (
        f"The check puts {named} first among these judges (pairwise {accuracy[named]:.2f}); by what is known {best} is "
        f"highest ({accuracy[best]:.2f}). {apart}." + (" The check misleads here." if gain["low"] > 0 else "")
    )


def threshold(scored: pd.Series, known_: Known, precision: float, *, draw: int = 0) -> tuple[pd.DataFrame, str]:
    """A judge's scores beside what is known (score, good), and the threshold for a wished precision, in words.

    The threshold is chosen on one random half and checked on the other, or it is said why there is none.
    """
    rows = pd.DataFrame({"score": scored, "good": known_.good.reindex(scored.index)}).dropna()
    rows = rows.astype({"score": float, "good": bool}).rename_axis("pair_id").reset_index()
    found, checked = calibration.calibrate(rows, precision, seed=draw)
    if checked is None:
        return rows, str(found)
    other = checked.loc["precision"]
    return rows, f"{found}; on the other half {other.value:.0%} [{other.low:.0%}, {other.high:.0%}] of {other.n:.0f}"


def above_cut(rows: pd.DataFrame, decided_: pd.DataFrame) -> float:
    """The share of known pairs, 0 to 1, that score at least as much as the lowest pair that the run's rule chose.

    Vetoed pairs are among those that the rule chose; added ones are not. The share is 0 where the rule chose none, and NaN
    where no pair is known.

    Args:
        rows: of ``threshold``.
        decided_: of ``decided``.
    """
    return float((rows.score >= decided_.score[decided_.reason.isin(["kept", "vetoed"])].min()).mean())
