"""The paper's tables and figures beside the same experiments on a run: one function each, rows of a run to a Figure.

Each takes what the run measured, or None, and the unit of its scores. Our panel shows n and 95 % intervals; where the run
has no such result, a sentence says what would make it. The paper's panel has the published numbers with an axis of its
own, because a win rate against a model and an F1 of facts are not one quantity. Titles are computed from our numbers: a
difference is claimed where its interval excludes 0.

``ours`` is most often a table of grades: draw, prompt_id, family, score, and the columns that say which model answered. What
the paper shows and this kit cannot is in ``NOT_SHOWN``.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from helpers import paper, stats
from helpers.figures import beside
from helpers.figures.beside import Panel
from helpers.figures.claims import FACTS, WIN_RATE, bars, claim, compared, counted, estimates, place, published_rows, single
from helpers.figures.icicle import diversity
from helpers.figures.sizes import efficiency, joint, quality, scaling
from helpers.stats.selection import precision_recall

RUN = "This command makes it: python -m helpers run"
GOOD = "Nobody has said which pairs are good: label pairs in notebook 04, or run the mini web, where it is known"
"""What makes the results that the figures draw, in a sentence: a run, or labels."""

save, keep = beside.save, beside.keep
"""Write a figure as PNG, SVG and CSV: see ``beside.save``; ``keep`` shows it in a notebook as well."""


def data_statistics(ours: pd.DataFrame | None, *, width: float = 7.2) -> Figure:
    """v1 Table 2: mean length of instructions and outputs of each set, with the standard deviation between texts.

    Args:
        ours: dataset (its name; the first is the seed, the last the whole pool), instruction, output. Curated sets are held
            against the pool as if they were other texts, which makes the interval a little too wide.
    """
    finding, panel = "", None
    if ours is not None and len(ours):
        rows = [
            (f"{dataset}\nn = {len(texts):,}", f"{column}s", chars.mean(), chars.std(ddof=0), len(texts))
            for dataset, texts in ours.groupby("dataset", sort=False)
            for column, chars in ((column, texts[column].str.len()) for column in _LENGTHS)
        ]
        table = _spread(rows)
        outputs = table[table.series == "outputs"].assign(name=list(dict.fromkeys(ours.dataset))).to_dict("records")
        said = [_longer(kept, outputs[-1]) for kept in outputs[1:-1]]
        finding = f"Mean length of outputs: {'; '.join(said)}" if said else ""
        panel = Panel("This run", table, _CHARACTERS, _BARS)
    rows = [
        (f"{row.dataset}\nn = {row.pairs:,}", f"{column}s", row[f"{column}_mean"], row[f"{column}_sd"], row.pairs)
        for _, row in pd.DataFrame(paper.DATA_STATISTICS.rows).iterrows()
        for column in _LENGTHS
    ]
    theirs = Panel(place(paper.DATA_STATISTICS), _spread(rows), _CHARACTERS, _BARS)
    return beside.beside(beside.dots, panel, theirs, finding=finding, remedy=RUN, width=width, height=3.4)


def _longer(kept: dict, pool: dict) -> str:
    gap, error = kept["value"] - pool["value"], np.hypot(kept["inner"], pool["inner"])
    found = (gap, gap - error, gap + error)
    than = ("longer than", "shorter than")
    return claim(kept["name"], pool["name"], found, than=than, digits=0, unit="characters")


def _spread(rows: list[tuple]) -> pd.DataFrame:
    """Means with their standard deviation as the interval and 1.96 standard errors inside it, NaN for too few texts to tell."""
    table = pd.DataFrame(rows, columns=["label", "series", "value", "sd", "n"])
    table = table.assign(low=table.value - table.sd, high=table.value + table.sd)
    return table.assign(inner=(1.96 * table.sd / table.n**0.5).where(table.n >= stats.FEWEST_UNITS))


_LENGTHS, _CHARACTERS = ("instruction", "output"), "characters"
_BARS = "Thin bars: one standard deviation between texts; thick bars: 95 % interval of the mean."


def selection(ours: pd.DataFrame | None, grades: pd.DataFrame | None = None, *, width: float = 7.2) -> Figure:
    """v1 Table 7: who selects good pairs best, and what a model trained on the selection gains by it.

    Args:
        ours: selector, pair_id, selected, good, and family where known: see ``precision_recall``; known_by, in words, says
            who told which are good, where that is to be shown.
        grades: of models trained on what each selector chose, with a column selector; None leaves them out.
    """
    panel, finding = None, ""
    if ours is not None and len(ours):
        table = precision_recall(ours)
        names = list(dict.fromkeys(table.selector))
        trained = estimates(grades, ["selector"]).set_index("selector") if grades is not None else None
        known = () if trained is None else trained.index
        label = {name: f"{name}\nscore {_printed(trained.loc[name])}" if name in known else name for name in names}
        gains = table[(table.measure == "precision") & table.gain.notna()]
        said = [claim(row.selector, row.gain_over, (row.gain, row.gain_low, row.gain_high)) for row in gains.itertuples()]
        few = "nothing to compare, too few of the known pairs are selected"
        finding = f"Precision: {'; '.join(said) or few}" if len(names) > 1 else ""
        good = f"n = {table.n[0]:,} pairs, {table.good[0] / table.n[0]:.0%} good"
        rows = table.drop(columns="gain_over").assign(label=table.selector.map(label), series=table.measure)
        note = f"Bars: 95 %, {'families' if 'family' in ours else 'pairs'} resampled."
        note += f" Good by {ours.known_by.iloc[0]}." if "known_by" in ours else ""
        panel = Panel(f"This run, {good}", rows, "share", note)
    wide = pd.DataFrame(paper.SELECTION.rows).assign(
        label=lambda rows: [f"{row.selector}\nwin {row.win:.1f} ± {row.standard_error:.1f} %" for row in rows.itertuples()]
    )
    rows = wide.melt("label", ["precision", "recall"], "series", "value")
    note = "n = 250 pairs, 20 % good; no intervals are published. Win rates of 7B models trained on 100 pairs, ± s.e."
    theirs = Panel(place(paper.SELECTION), rows.assign(low=np.nan, high=np.nan), "share", note)
    return beside.beside(beside.dots, panel, theirs, finding=finding, remedy=GOOD, width=width, height=3.0)


def _printed(row: pd.Series) -> str:
    return f"{row.value:.2f} {stats.interval(row.low, row.high, '.2f')}"


MODES = {"both": "{S_a, S_w}", "seed": "S_a", "web": "S_w", "none": "none"}
"""Inference modes as the paper writes them."""


def tags(ours: pd.DataFrame | None, *, unit: str = FACTS, width: float = 7.2) -> Figure:
    """v1 Table 8: tags in training and at inference.

    Args:
        ours: grades of one model under each ``mode`` of inference, and with ``training`` (``tags`` or ``none``) where one was
            trained without tags too.
    """
    rows = published_rows(paper.TAGS, "inference", None, "win")
    training = ["none" if row.training == "none" else "tags" for row in paper.TAGS.rows]
    rows = rows.assign(label=[f"train {t}\ninfer {mode}" for t, mode in zip(training, rows.label, strict=True)])
    note = "7B; bars: 1.96 printed standard errors, n about 250 prompts."
    theirs = Panel(place(paper.TAGS), rows, WIN_RATE, note)
    panel, finding = None, ""
    if ours is not None and len(ours):
        told = ours if "training" in ours else ours.assign(training="tags")
        told = told.assign(mode=told["mode"].map(lambda mode: MODES.get(mode, mode)))
        told = told.assign(label=[f"train {t}\ninfer {mode}" for t, mode in zip(told.training, told["mode"], strict=True)])
        own = estimates(told, ["label"]).assign(series="")
        named = told.assign(model=told["mode"].where(told.training == "tags", "trained without tags"))
        best, there = MODES["both"], set(named.model)
        others = [model for model in (*MODES.values(), "trained without tags") if {model, best} <= there and model != best]
        finding = "; ".join(compared(named, "model", best, model) for model in others)
        finding = f"Tags at inference: {finding}" if finding else ""
        order = {label: at for at, label in enumerate(theirs.rows.label)}
        own = own.sort_values("label", key=lambda labels: labels.map(order).fillna(len(order)), kind="stable")
        panel = Panel(counted(told), own, unit, bars(told))
    return beside.beside(beside.dots, panel, theirs, finding=finding, remedy=RUN, width=width, height=3.2)


KINDS_SHOWN = 10
"""Kinds of prompts that the figure of improved prompts shows, those that changed most; the others are counted below it."""


def improved_prompts(
    ours: pd.DataFrame | None, *, does: str = "answers", arm: str = "M_2", baseline: str = "M_0", width: float = 7.2
) -> Figure:
    """v1 Table 9: prompts on which the last model has a higher score than the seed model, by kind, and a lower one.

    Args:
        ours: grades with arm; ``family`` is the kind of prompt. A prompt counts by the mean difference of its draws.
        does: what a model does where it has the higher score (``evaluation.Grader.does``), for the title.
    """
    panel, finding = None, ""
    if ours is not None and len(ours):
        gains = stats.paired(single(ours, ["arm"]), arm, baseline).groupby(["family", "prompt_id"], as_index=False).value.mean()
        signs = gains.assign(value=np.sign(gains.value), draw=0, arm=arm, score=np.sign(gains.value))
        net = stats.score(signs, arm, over_prompts=True)
        better, worse = int((signs.value > 0).sum()), int((signs.value < 0).sum())
        than, points = ("more common than", "less common than"), (100 * net.value, 100 * net.low, 100 * net.high)
        share = claim("better", "worse", points, than=than, digits=0, unit="% of the prompts")
        finding = f"{arm} {does} {better:,} of {len(signs):,} prompts better than {baseline} and {worse:,} worse: {share}"
        by_kind = signs.assign(better=signs.value > 0, worse=signs.value < 0).groupby("family")[["better", "worse"]].sum()
        by_kind = by_kind.iloc[np.argsort(-by_kind.sum(axis=1).to_numpy(), kind="stable")]
        shown, others = by_kind.head(KINDS_SHOWN), by_kind.iloc[KINDS_SHOWN:]
        shown = shown.sort_values(["better", "worse"], ascending=[False, True]).rename_axis("label").reset_index()
        rows = shown.melt("label", var_name="series", value_name="value")
        rows = rows.assign(label=rows.label.str.replace("_", " "))
        rest = (
            f"{len(others)} other kinds: {others.better.sum():,} better, {others.worse.sum():,} worse. " if len(others) else ""
        )
        panel = Panel(counted(ours[ours.arm == arm]), rows, "prompts", rest + "Ties are not shown.")
    rows = published_rows(paper.IMPROVED_PROMPTS, "kind", None, "prompts").assign(series="better")
    note = "41 of 251 prompts that the seed model does not win and Humpback does. The other direction is not published."
    theirs = Panel(place(paper.IMPROVED_PROMPTS), rows, "prompts", note)
    return beside.beside(beside.diverging, panel, theirs, finding=finding, remedy=RUN, width=width, height=3.6)


def iterations(ours: pd.DataFrame | None, *, unit: str = FACTS, width: float = 7.2) -> Figure:
    """The models of the iterations: M_0, M_1, M_2. The paper publishes no score of M_1.

    Args:
        ours: grades with arm; models are shown in the order of their first rows. A name such as ``M_1 (no tag)`` is the model
            M_1, asked in another way.
    """
    panel, finding = None, ""
    if ours is not None and len(ours):
        rows = estimates(ours, ["arm"]).rename(columns={"arm": "label"}).assign(series="")
        finding = "; ".join(compared(ours, "arm", name, before) for name, before in _steps(rows.set_index("label").value))
        asked = (
            " In brackets: asked in another way than the run asks." if rows.label.str.contains("(", regex=False).any() else ""
        )
        panel = Panel(counted(ours), rows, unit, bars(ours) + asked)
    known = {(row.dataset, row.pairs): row.win for row in paper.DATA_EFFICIENCY.rows}
    values = [known["Open Assistant", paper.SEED_PAIRS], np.nan, known["Humpback", paper.TRAINING_PAIRS]]
    rows = pd.DataFrame({"label": ["M_0", "M_1", "M_2"], "series": "", "value": values, "low": np.nan, "high": np.nan})
    note = "7B, read off the picture to ±0.3: Open Assistant at 3,200 pairs and Humpback at 45,021. M_1 is not published."
    theirs = Panel(place(paper.DATA_EFFICIENCY), rows, WIN_RATE, note)
    return beside.beside(beside.dots, panel, theirs, finding=finding, remedy=RUN, width=width, height=2.6)


def _steps(scores: pd.Series) -> list[tuple[str, str]]:
    """Every model with the one before it, as the run asks both; the second model also as it is asked otherwise.

    The first model, M_0, has learned one tag only, so no way of asking it is the fair one: a gain must exceed the best.

    Args:
        scores: by name, in the order of the models.
    """
    ways: dict[str, dict[str, str]] = {}  # model -> way of asking ("" for the run's) -> name
    for name in scores.index:
        model, _, how = name.partition(" (")
        ways.setdefault(model, {})[how] = name
    steps = []
    for number, (before, model) in enumerate(pairwise(ways)):
        for how, name in ways[model].items():
            if number and how:
                continue  # models after the second are compared as the run asks only
            alike = [ways[before][how]] if how in ways[before] else []
            best = [max(ways[before].values(), key=scores.get)] if number == 0 and not how else []
            steps += [(name, other) for other in dict.fromkeys(alike + best)]
    return steps


class Shown(NamedTuple):
    """A figure of this module: its name, where the paper has it, and what draws it."""

    name: str
    published: paper.Published
    draw: Callable[..., Figure]


SHOWN = (
    Shown("data_statistics", paper.DATA_STATISTICS, data_statistics),
    Shown("diversity", paper.DIVERSITY, diversity),
    Shown("quality", paper.QUALITY, quality),
    Shown("efficiency", paper.DATA_EFFICIENCY, efficiency),
    Shown("scaling", paper.SCALING, scaling),
    Shown("joint", paper.JOINT_TRAINING, joint),
    Shown("selection", paper.SELECTION, selection),
    Shown("tags", paper.TAGS, tags),
    Shown("improved_prompts", paper.IMPROVED_PROMPTS, improved_prompts),
    Shown("iterations", paper.DATA_EFFICIENCY, iterations),
)
"""Every figure, in the order of the paper; to add one is to add a record."""


class NotShown(NamedTuple):
    """A result of the paper that this kit cannot show: where, what it needs, and the command that would make it."""

    published: paper.Published
    needs: str
    command: str


_LM_EVAL = "lm_eval --model hf --model_args pretrained=BASE,peft=ADAPTER --num_fewshot 0 --tasks "

NOT_SHOWN = (
    NotShown(paper.ALPACA_EVAL, "GPT-4 as judge of 805 prompts, over an API", "alpaca_eval --model_outputs model_outputs.json"),
    NotShown(paper.HUMAN_PREFERENCE, "human raters", "jupyter lab notebooks/06_evaluation.ipynb (its panel of votes)"),
    NotShown(
        paper.MODEL_SCALING, "bases of 7B to 65B parameters and the GPUs for them", "python -m helpers run --preset paper"
    ),
    NotShown(
        paper.COMMONSENSE,
        "a base that knows the facts, and benchmarks from the hub",
        _LM_EVAL + "social_iqa,piqa,arc_easy,arc_challenge,openbookqa,mmlu",
    ),
    NotShown(paper.MMLU_DOMAINS, "a base that knows the facts, and benchmarks from the hub", _LM_EVAL + "mmlu"),
    NotShown(paper.CROWS_PAIRS, "a base that read the open web, and benchmarks from the hub", _LM_EVAL + "crows_pairs_english"),
)
"""What the figures leave out, and why."""
