"""Arms that differ in the rule alone, jobs that are not done twice, and grades that join by prompt."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from texts import sentences

from helpers import config, evaluation, experiments
from helpers.experiments import ARMS, Job
from helpers.paper import SEED_TAG, WEB_TAG

SAMPLING = config.Sampling(temperature=0.7, new_tokens=6)


@pytest.fixture
def pairs() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "pair_id": [f"p{n:02d}" for n in range(60)],
            "instruction": sentences(60, 1),
            "output": sentences(60, 2),
            "rating": rng.integers(1, 6, 60).astype(float),
            "score": rng.random(60),
            "right": rng.random(60) < 0.6,
            "family": rng.choice(list("abc"), 60),
        }
    )


def picked(arm: str, pairs: pd.DataFrame, count: int = 12, draw: int = 0) -> pd.DataFrame:
    return experiments.pick(arm, pairs, count, draw=draw, curated=pairs.head(count))


@pytest.mark.parametrize("arm", sorted(set(ARMS) - {"seed_only"}))
def test_every_arm_picks_the_same_number_of_pairs_and_each_once(pairs, arm):
    found = picked(arm, pairs)
    assert len(found) == 12
    assert found.pair_id.is_unique
    assert found.equals(picked(arm, pairs)), "the same in the same draw"


def test_arms_follow_their_rule(pairs):
    assert picked("seed_only", pairs).empty
    assert picked("oracle", pairs).right.all()
    assert picked("likely_right", pairs).right.all()
    assert not picked("likely_wrong", pairs).right.any()
    left = pairs[pairs.right & ~pairs.pair_id.isin(picked("likely_right", pairs).pair_id)]
    assert picked("likely_right", pairs).score.min() > left.score.max()
    assert picked("rated", pairs).rating.min() >= pairs.rating.sort_values().iloc[-12]
    matched, wanted = picked("uncurated_matched", pairs).family, pairs.head(12).family
    assert matched.value_counts().to_dict() == wanted.value_counts().to_dict()


@pytest.mark.parametrize("arm", ["uncurated", "oracle", "uncurated_matched"])
def test_another_draw_picks_other_pairs(pairs, arm):
    assert set(picked(arm, pairs, draw=0).pair_id) != set(picked(arm, pairs, draw=1).pair_id)


def test_an_arm_with_too_few_pairs_takes_what_there_is_and_an_unknown_one_is_an_error(pairs):
    assert len(picked("oracle", pairs, 1000)) == pairs.right.sum()
    for unknown in (lambda: picked("best", pairs), lambda: experiments.rules(["oracle", "best"])):
        with pytest.raises(ValueError, match="unknown arm 'best'; there are seed_only"):
            unknown()
    assert list(experiments.rules(["rated_2", "oracle"]).index) == ["rated_2", "oracle"]


def test_training_rows_carry_the_tags_of_their_source(pairs):
    rows = experiments.training_rows(pairs.head(3), pairs.tail(5), seed_copies=2)
    assert rows.groupby("source").tag.agg(["size", "first"]).to_numpy().tolist() == [[6, SEED_TAG], [5, WEB_TAG]]


@pytest.fixture
def job(tiny_base, tmp_path, pairs) -> Job:
    asked = pd.DataFrame({"prompt_id": ["q0", "q1", "q2"], "instruction": sentences(3, 9)})
    settings = config.Training(steps=4, batch=4, micro_batch=4, max_tokens=200, rank=4, precision="fp32", learning_rate=1e-2)
    return Job(
        arm="uncurated",
        draw=0,
        base=config.Base(path=str(tiny_base), four_bit=True, dtype="fp32"),
        adapter=tmp_path / "uncurated",
        answers=tmp_path / "uncurated.parquet",
        prompts=asked,
        sampling=SAMPLING,
        rows=experiments.training_rows(pairs.head(2), pairs.tail(4)),
        training=settings,
        tags=("both", "none"),
    )


def test_a_job_trains_answers_under_every_tag_and_is_not_done_twice(job, monkeypatch):
    from helpers import models

    frame = experiments.work(job)
    assert frame[["arm", "draw"]].drop_duplicates().to_numpy().tolist() == [["uncurated", 0]]
    assert sorted(zip(frame.tag, frame.prompt_id, strict=True)) == [(t, f"q{n}") for t in ("both", "none") for n in range(3)]
    trained_already = replace(job, answers=job.answers.with_name("again.parquet"), rows=None, training=None)
    assert experiments.work(trained_already).equals(frame)
    monkeypatch.delattr(models, "load")
    assert experiments.work(job).equals(frame), "the answers are read"


def test_the_halves_of_a_pool_share_nothing_and_are_the_whole(pairs):
    own, other = (experiments.half(pairs, which, draw=0) for which in ("own", "other"))
    assert len(own) == len(other) == 30
    assert set(own.pair_id) | set(other.pair_id) == set(pairs.pair_id)
    assert set(picked("half", pairs).pair_id) <= set(own.pair_id)
    assert set(own.pair_id) == set(experiments.half(pairs.iloc[::-1], "own", draw=0).pair_id), "rows in any order"
    assert set(own.pair_id) != set(experiments.half(pairs, "own", draw=1).pair_id)


@pytest.fixture
def second(job, pairs, tmp_path) -> list[Job]:
    """The arm `half` and the two arms that its model picks the pairs of; M_yx lies in `backward`."""
    experiments.work(replace(job, adapter=tmp_path / "backward", answers=tmp_path / "backward.parquet", arm="backward"))
    first = replace(job, arm="half", adapter=tmp_path / "half", answers=tmp_path / "half.parquet", tags=("both",))
    arms, preset = ["half_own", "half_other"], config.preset("tiny")
    made = experiments.second_jobs(arms, [first], pairs, pairs.head(2), preset, count=5, backward=tmp_path / "backward")
    return [*made, first]


def test_an_arm_of_the_second_iteration_waits_for_the_model_that_picks_its_pairs(second, pairs):
    own, other, first = second
    assert not own.ready
    assert first.ready
    done = {job.arm: answered for job, answered in experiments.run(second, workers=1)}
    assert list(done)[0] == "half"
    assert set(done) == {"half", "half_own", "half_other"}
    for job, which in ((own, "own"), (other, "other")):
        kept = pd.read_parquet(job.answers.with_name(f"{job.arm}-pairs.parquet"))
        assert len(kept) == 5
        assert set(kept.pair_id) <= set(experiments.half(pairs, which, draw=0).pair_id)
        assert job.adapter != first.adapter
        assert set(job.rerating.pool.columns) == {"pair_id", "instruction", "output"}, "no hidden truth"
        assert set(kept.pair_id) == set(best_by_hand(job, 5))


def best_by_hand(job: Job, count: int) -> list[str]:
    """The pairs of the pool with the largest sum of ranks of both likelihoods, under the rater and M_yx."""
    from helpers import judging, models, prompts

    model = models.load(job.base.path, four_bit=job.base.four_bit, dtype=job.base.dtype)
    model.load("judge", job.rerating.rater)
    model.load("back", job.rerating.backward)
    tag = prompts.INFERENCE_TAGS["both"]
    batches = judging.rate(model, job.rerating.pool, adapter="judge", backward="back", tag=tag)
    wide = pd.DataFrame([row for batch in batches for row in batch]).pivot(index="pair_id", columns="judge", values="score")
    return list(wide[["log p(y|x)", "log p(x|y)"]].rank().sum(axis=1).nlargest(count).index)


def test_an_error_in_one_arm_is_told_before_the_others_are_trained(job, tmp_path):
    broken = replace(job, adapter=tmp_path / "none", rows=job.rows.head(0), answers=tmp_path / "none.parquet")
    others = [replace(job, adapter=tmp_path / name, answers=tmp_path / f"{name}.parquet") for name in "abcd"]
    with pytest.raises(ValueError, match="no rows to train"):
        list(experiments.run([broken, *others], workers=1))
    assert not (tmp_path / "d.parquet").exists()


def test_an_arm_whose_rater_nobody_trains_is_an_error(second, tmp_path, pairs):
    own, _, first = second
    with pytest.raises(ValueError, match="half_own needs .*half, which no job of these trains"):
        list(experiments.run([own]))
    with pytest.raises(ValueError, match="the arm 'rated_2' needs the arm 'rated': add it"):
        experiments.second_jobs(["rated_2"], [first], pairs, pairs, config.preset("tiny"), count=5, backward=tmp_path)


def test_another_draw_draws_other_noise_for_the_answers(job):
    base = replace(job, adapter=None, rows=None, sampling=replace(SAMPLING, temperature=1.0), tags=("none",))
    one, other = (
        experiments.work(replace(base, draw=draw, answers=job.answers.with_name(f"{draw}.parquet"))) for draw in (0, 1)
    )
    assert one.text.tolist() != other.text.tolist()


def test_the_jobs_of_an_evaluation_share_everything_but_the_rule(pairs, tmp_path):
    chosen = {arm: picked(arm, pairs) for arm in ("seed_only", "uncurated")}
    made = experiments.jobs(
        {"M_0": tmp_path / "m0"}, chosen, pairs.head(3), pairs, config.preset("tiny"), draw=2, folder=tmp_path
    )
    assert [job.arm for job in made] == ["seed_only", "uncurated", "M_0"], "those that train come first"
    assert {job.draw for job in made} == {2}
    trains = made[:2]
    assert trains[0].training == trains[1].training
    assert [sorted(set(job.rows.source)) for job in trains] == [["seed"], ["seed", "web"]]
    assert made[2].rows is None
    assert made[2].tags == ("both", "seed"), "M_0 answers under its own tag too"
    assert made[1].tags == ("both",)


def test_the_arm_without_4_bits_differs_in_the_base_alone(pairs, tmp_path):
    chosen = {arm: picked(arm, pairs) for arm in ("uncurated", "bf16")}
    preset = config.preset("tiny")
    plain, dense = experiments.jobs({}, chosen, pairs.head(3), pairs, preset, draw=0, folder=tmp_path)
    assert (plain.base, plain.base.four_bit) == (preset.base, True)
    assert dense.base == replace(preset.base, four_bit=False, dtype="bf16")
    assert dense.training == plain.training
    assert chosen["bf16"].equals(pairs.head(12)), "M_1's own pairs"


def test_grades_join_answers_and_prompts_and_keep_what_cannot_be_graded():
    answered = pd.DataFrame({"arm": "M_0", "draw": 1, "prompt_id": ["q1", "q0"], "tag": "both", "text": ["right", "unclear"]})
    asked = pd.DataFrame({"prompt_id": ["q0", "q1"], "family": ["f", "g"], "in_seed": [True, False], "wording": ["w", "v"]})

    def verifier(prompt: pd.Series, text: str) -> tuple[float | None, bool]:
        assert prompt.prompt_id in ("q0", "q1")
        return (1.0, True) if text == "right" else (None, False)

    graded = evaluation.grade(answered, asked, verifier, grader="toy").set_index("prompt_id")
    assert graded.loc["q1", ["family", "in_seed", "wording", "score", "form", "grader", "draw"]].tolist() == [
        "g", False, "v", 1.0, True, "toy", 1,
    ]  # fmt: skip
    assert pd.isna(graded.score["q0"])
    assert graded.in_seed["q0"]
