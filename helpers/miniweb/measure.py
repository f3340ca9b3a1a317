"""Measures a base on the mini web: does it have the facts, can it answer questions about them, and can it learn to?

`python -m helpers.miniweb measure --base DIR --out DIR` gives the numbers of the model card. Everything is chosen and judged on
dev. Only ``--what test`` (the base itself) and ``--what headline`` (M_0 and oracle) ask about test rows. Segments are taken
directly from the world, without writing and parsing HTML. Results that ``--out`` already holds are not computed again.
"""

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from helpers import curation, evaluation, method, models, presets, stats
from helpers.config import Base, Preset, Sampling
from helpers.experiments import arms, jobs
from helpers.generation import Prompt, generate
from helpers.miniweb import truth, world
from helpers.miniweb.families import all_families
from helpers.miniweb.family import items
from helpers.miniweb.verify import grade
from helpers.models import Model
from helpers.tables import content_id

GRID = (
    (2.5e-4, 40), (5e-4, 40), (1e-3, 40), (1e-3, 100), (2e-3, 100), (4e-3, 100), (2e-3, 200), (4e-3, 200), (1e-3, 300),
    (2e-3, 300), (4e-3, 300),
)  # fmt: skip
"""Points of the grid, learning rate and steps, at which M_0 is judged on dev. ``--points`` names the points of the arms."""

WEB_PAIRS, SEED_COPIES, SEGMENTS = 600, 1, 2400

JUDGED = {"good": 2200} | dict.fromkeys(world.JUNK, 320)
"""Number of texts of each kind on which judges are measured. A sixth of the good ones gets an instruction that does not fit."""

GREEDY = Sampling(temperature=0.0, new_tokens=96)

TINY: Preset = presets.find("tiny")
"""The settings that a measurement shares with a run."""


def prompt_table(split: str, per_family: int) -> pd.DataFrame:
    """Evaluation prompts of a split with their ids."""
    frame = pd.DataFrame(world.evaluation_prompts(split, per_family))
    return frame.assign(prompt_id=[content_id(q) for q in frame.instruction])


def graded(answered: list[jobs.Answered], asked: pd.DataFrame) -> pd.DataFrame:
    """Grades of answers by the mini web's verifier."""
    return evaluation.grade(answered, asked, TINY)[1]


def pick(arm: str, usable: pd.DataFrame, draw: int) -> pd.DataFrame:
    """The web pairs of a comparison arm."""
    return arms.ARMS[arm].pick(arms.ARMS[arm], arms.Pool(usable, usable.head(0), WEB_PAIRS, draw))


def ceiling(model: Model, split: str, per_family: int = 10) -> pd.DataFrame:
    """The page-form ceiling: how well the base continues the title of a page about an item of ``split``.

    The text is greedy. One row for each item: family, in_seed, score.
    """
    asked = []
    for each in all_families().values():
        pages = each.pages_for("pretrain")
        for number, item in enumerate(items(each, split)[:per_family]):
            asked.append((item, item.fill(pages[number % len(pages)].title)))
    rows = [Prompt(str(number), f"{title}\n") for number, (_, title) in enumerate(asked)]
    with model.using(None):
        texts = {done.row_id: done.text for batch in generate(model, rows, replace(GREEDY, stop=("\n\n\n",))) for done in batch}
    graded = [
        {"family": item.family.name, "in_seed": item.family.in_seed, "score": grade(item, texts[str(n)]).score}
        for n, (item, _) in enumerate(asked)
    ]
    return pd.DataFrame(graded)


def segments(count: int, draw: int) -> pd.DataFrame:
    """The segments of a crawl with their truth, taken directly from the world."""
    return _frame(world.crawl(count, draw))


def _frame(texts: list[world.Text]) -> pd.DataFrame:
    frame = pd.DataFrame([{"text": t.text, **t.truth} for t in texts])
    return frame.assign(segment_id=[content_id(text) for text in frame.text]).drop_duplicates("segment_id")


def augment(model: Model, adapter: str | None, frame: pd.DataFrame, draw: int) -> pd.DataFrame:
    """Segments with the instruction that ``adapter`` writes for each, and whether the pair is right (``judge_truth``)."""
    batches = method.augment(model, frame, TINY.augmentation, adapter=adapter, draw=draw)
    written = pd.DataFrame([row for batch in batches for row in batch])
    pairs = frame.assign(output=frame.text).merge(written[["segment_id", "pair_id", "instruction", "hygiene"]], on="segment_id")
    return judge_truth(pairs)


def judge_truth(pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs with ``asks_right`` (the instruction asks about the segment's item) and ``right`` (the segment is good as well)."""
    asks = [truth.is_right(x, key) for x, key in zip(pairs.instruction, pairs["item"], strict=True)]
    pairs = pairs.assign(asks_right=asks)
    return pairs.assign(right=pairs.asks_right & (pairs.kind == "good"))


def rate(model: Model, adapter: str, pairs: pd.DataFrame) -> pd.DataFrame:
    """Ratings of pairs by ``adapter`` and M_yx, with the truth of each pair: judge, score, kind, family, right."""
    rows = [row for batch in method.rate(model, pairs, adapter=adapter) for row in batch]
    ratings = pd.DataFrame(rows).assign(score=lambda r: r.score.astype(float))
    both = curation.scores(ratings, curation.LIKELIHOODS).reset_index().assign(judge="dual_likelihood")
    return pd.concat([ratings, both]).merge(pairs[["pair_id", "kind", "family", "right"]], on="pair_id")


class Measurement:
    """The measurement of one base on one draw: its folder, its pairs and its jobs."""

    def __init__(self, base: Path, out: Path, draw: int) -> None:
        self.base, self.draw = Base(path=str(base)), draw
        self.folder = out / f"draw-{draw}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.prompts = prompt_table("dev", 10)
        seed = pd.DataFrame(world.seed_pairs(200, draw))
        self.seed = seed.assign(pair_id=[content_id(x, y) for x, y in zip(seed.instruction, seed.output, strict=True)])

    def load(self) -> Model:
        """The base with M_yx on it, which is trained if it does not exist yet."""
        model = models.load(self.base.path)
        folder = self.folder / "backward"
        method.train(model, "backward", self.seed, TINY.seed_models.backward, backward=True, draw=self.draw, folder=folder)
        return model

    def pairs(self, model: Model, adapter: str | None = "backward", count: int = SEGMENTS) -> pd.DataFrame:
        """The crawl's first ``count`` segments with the instructions of M_yx (None: of the base, zero-shot)."""
        path = self.folder / f"pairs-{adapter}-{count}.parquet"
        if not path.exists():
            augment(model, adapter, segments(SEGMENTS, self.draw).head(count), self.draw).to_parquet(path)
        return pd.read_parquet(path)

    def judged_pairs(self, model: Model) -> pd.DataFrame:
        """Texts about dev rows, with the instructions of M_yx. The base has read no review about these rows."""
        path = self.folder / "pairs-judged.parquet"
        if not path.exists():
            augment(model, "backward", _frame(world.texts_about("dev", JUDGED, self.draw)), self.draw).to_parquet(path)
        return pd.read_parquet(path)

    def job(
        self, arm: str, rate_: float, steps: int, web: pd.DataFrame | None = None, modes=("both", "seed", "web")
    ) -> jobs.Job:
        """The job that trains an arm at one point of the grid and answers the prompts."""
        nothing = self.seed.head(0)
        return jobs.Job(
            arm=f"{arm} {rate_:g} x {steps}",
            draw=self.draw,
            base=self.base,
            adapter=self.folder / f"{arm}-{rate_:g}-{steps}",
            answers=self.folder / f"{arm}-{rate_:g}-{steps}" / "answers-dev.parquet",
            prompts=self.prompts,
            sampling=GREEDY,
            rows=method.rows(self.seed, nothing if web is None else web, SEED_COPIES),
            training=replace(TINY.forward.training, learning_rate=rate_, steps=steps),
            modes=modes,
        )

    def base_form(self, split: str = "dev") -> jobs.Job:
        """The job in which the base itself answers, in the form of its own question-answer pages."""
        path, asked = self.folder / f"base-{split}.parquet", self.prompts if split == "dev" else prompt_table(split, 16)
        return jobs.Job("base", self.draw, self.base, None, path, asked, GREEDY, modes=("none",))

    def run(self, asked: list[jobs.Job]) -> pd.DataFrame:
        """Grades of all jobs, which must have the same prompts."""
        return graded([done for _, done in jobs.run(asked)], asked[0].prompts)


def summary(grades: pd.DataFrame) -> pd.DataFrame:
    """Mean score over families for each arm and mode.

    ``seen`` and ``unseen``: families in the seed, and the others. ``long`` and ``short``: unseen families by the form of their
    answers. ``form``: share of the answers of unseen families that have the requested form.
    """
    rows = []
    short = {f.name for f in all_families().values() if f.form == "sentence"}
    for (arm, mode), group in grades.groupby(["arm", "mode"]):
        of_family = group.groupby(["family", "in_seed"]).score.mean().reset_index()
        unseen = of_family[~of_family.in_seed]
        rows.append(
            {
                "arm": arm,
                "mode": mode,
                "seen": of_family[of_family.in_seed].score.mean(),
                "unseen": unseen.score.mean(),
                "long": unseen[~unseen.family.isin(short)].score.mean(),
                "short": unseen[unseen.family.isin(short)].score.mean(),
                "form": group[~group.in_seed].form.mean(),
            }
        )
    return pd.DataFrame(rows).round(3)


def _show(title: str, table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False)
    tqdm.write(f"\n{title}\n{table.to_string(index=False)}")


def _backward(at: Measurement, model: Model) -> None:
    """Share of good segments whose instruction is right: M_yx on all, then M_yx and the untuned base on the same segments."""
    trained, zero_shot = (at.pairs(model, name, n).query("kind == 'good'") for name, n in (("backward", SEGMENTS), (None, 800)))
    same = trained[trained.segment_id.isin(zero_shot.segment_id)]
    rows = [
        {"model": name, "in_seed": seen, "n": len(group), "right": group.asks_right.mean()}
        for name, good in (("M_yx", trained), ("M_yx, same segments", same), ("base, zero-shot", zero_shot))
        for seen, group in good.groupby(~good.family.isin(truth.unseen()))
    ]
    _show("Backward model", pd.DataFrame(rows).round(3), at.folder / "backward.csv")


def _base_on_test(at: Measurement, model: Model) -> None:
    """Scores of the untuned base on test rows: when it continues a page title, and in its own question-answer form."""
    table = ceiling(model, "test", 8).groupby("family").score.mean().reset_index()
    title = f"Page-form ceiling on test, mean {table.score.mean():.3f}, lowest {table.score.min():.3f}"
    _show(title, table.sort_values("score").head(5), at.folder / "ceiling-test.csv")
    job = at.base_form("test")
    grades = graded([jobs.work(job)], job.prompts)
    parts = [{"in_seed": seen} | stats.as_record(stats.score(rows, "base")) for seen, rows in grades.groupby("in_seed")]
    _show("The base in its own question-answer form, test", pd.DataFrame(parts).round(3), at.folder / "base-test.csv")


def _headline(at: Measurement, model: Model) -> None:
    """The main result, which another base has to repeat: oracle minus M_0 on test, with the settings of ``tiny``."""
    usable = at.pairs(model).query("hygiene == ''")
    oracle = pick("oracle", usable, at.draw)
    settings, asked = {"m0": TINY.seed_models.forward, "oracle": TINY.forward.training}, prompt_table("test", 16)
    trained = []
    for arm, web in (("m0", None), ("oracle", oracle)):
        job = at.job(arm, settings[arm].learning_rate, settings[arm].steps, web)
        trained.append(replace(job, arm=arm, prompts=asked, answers=job.adapter / "answers-test.parquet"))
    grades = at.run(trained)
    _show("M_0 and oracle on test", summary(grades), at.folder / "headline.csv")
    unseen = grades[~grades.in_seed]
    for mode in ("both", "seed", "web"):
        own = unseen[(unseen.arm == "m0") & (unseen["mode"] == ("both" if mode == "both" else "seed"))]
        rows = pd.concat([own, unseen[(unseen.arm == "oracle") & (unseen["mode"] == mode)]])
        tqdm.write(f"oracle under {mode} - M_0 under {own['mode'].iloc[0]}: {stats.difference(rows, 'oracle', 'm0')}")


def best(table: pd.DataFrame, arm: str, column: str = "unseen", mode: str = "seed") -> str:
    """The label of an arm at its best point of the grid."""
    rows = table[table.arm.str.startswith(f"{arm} ") & (table["mode"] == mode)]
    return rows.sort_values(column).arm.iloc[-1]


def main(args: Namespace) -> None:
    """Make the measurements that ``args.what`` names, on each draw. Tables are printed and kept as CSV."""
    for draw in args.draws:
        at = Measurement(args.base, args.out, draw)
        model = at.load()
        if "ceiling" in args.what and draw == args.draws[0]:
            table = ceiling(model, "dev").groupby(["family", "in_seed"]).score.agg(["mean", "size"]).reset_index()
            _show(f"Page-form ceiling, mean {table['mean'].mean():.3f}", table.sort_values("mean"), at.folder / "ceiling.csv")
        if "backward" in args.what:
            _backward(at, model)
        if "test" in args.what:
            _base_on_test(at, model)
        if "headline" in args.what:
            _headline(at, model)
        if "grid" in args.what:
            grades = at.run([at.base_form(), *(at.job("m0", rate_, steps, modes=("seed", "both")) for rate_, steps in GRID)])
            grades.to_parquet(at.folder / "grid.parquet")
            _show("M_0 by learning rate and steps", summary(grades), at.folder / "grid.csv")
        if "judges" in args.what:
            _load_m0(at, model)
            rate(model, "m0", at.pairs(model)).to_parquet(at.folder / "ratings.parquet")
            table = truth.judge_table(rate(model, "m0", at.judged_pairs(model)))
            _show("Judges under M_0 (AUC of right pairs), texts about dev rows", table, at.folder / "judges.csv")
        if "arms" in args.what:
            _arms(at, args.points)
            _load_m0(at, model)
            _gains(at, model, args.points[-1])


def _load_m0(at: Measurement, model: Model) -> None:
    """Load M_0, trained at the best point of its grid, onto the base."""
    rate_, steps = (float(part) for part in best(pd.read_csv(at.folder / "grid.csv"), "m0").split(" ")[1::2])
    model.load("m0", at.job("m0", rate_, int(steps)).adapter)


def _gains(at: Measurement, model: Model, point: tuple[float, int]) -> None:
    """How much better M_1 rates than M_0, on texts about dev rows. No model's scores have selected these texts."""
    model.load("m1", at.job("dual", *point).adapter)
    pairs, judged = at.judged_pairs(model), {}
    for name in ("m0", "m1"):
        judged[name] = rate(model, name, pairs).query("judge == 'rating'").set_index("pair_id").score
    known = pairs.assign(draw=at.draw, wrong=truth.bad_kind(pairs))
    known = known.assign(old=pairs.pair_id.map(judged["m0"]), new=pairs.pair_id.map(judged["m1"]))
    _show("M_1's rating minus M_0's, texts about dev rows", stats.judge_gains(known), at.folder / "gains.csv")


def _arms(at: Measurement, points: list[tuple[float, int]]) -> None:
    """Train the uncurated, oracle, rated and ``dual_likelihood`` arms at points of the grid, and compare them with M_0."""
    pairs = pd.read_parquet(at.folder / f"pairs-backward-{SEGMENTS}.parquet")
    rated = pd.read_parquet(at.folder / "ratings.parquet")
    of = {judge: rows.set_index("pair_id").score for judge, rows in rated.groupby("judge")}
    scored = pairs.assign(score=pairs.pair_id.map(of["dual_likelihood"]), rating=pairs.pair_id.map(of["rating"]))
    usable = scored[scored.hygiene == ""]
    chosen = {arm: pick(arm, usable, at.draw) for arm in ("uncurated", "oracle", "rated")}
    chosen["dual"] = usable.sort_values(["score", "pair_id"], ascending=[False, True]).head(WEB_PAIRS)
    tqdm.write(str({arm: round(float(picked.right.mean()), 3) for arm, picked in chosen.items()}))
    grades = at.run([at.job(arm, rate_, steps, picked) for rate_, steps in points for arm, picked in chosen.items()])
    grades = pd.concat([pd.read_parquet(at.folder / "grid.parquet"), grades])
    grades.to_parquet(at.folder / "arms.parquet")
    table = summary(grades)
    _show("Arms", table, at.folder / "arms.csv")
    m0 = best(table, "m0")
    unseen = grades[~grades.in_seed]
    reference = unseen[(unseen.arm == m0) & (unseen["mode"] == "seed")]
    for arm in sorted(set(grades.arm) - set(reference.arm)):
        for mode in sorted(set(unseen[unseen.arm == arm]["mode"])):
            both = pd.concat([reference, unseen[(unseen.arm == arm) & (unseen["mode"] == mode)]])
            tqdm.write(f"{arm:28} {mode:5} - {m0} (seed): {stats.difference(both, arm, m0)}")
