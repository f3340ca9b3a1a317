"""Arms differ only in their rule, no job is done twice, and grades are joined by prompt."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from texts import sentences

from helpers import config, evaluation, machine, method, presets, prompts, runs, stages
from helpers.experiments import arms, defects, jobs, judges, rules
from helpers.experiments.arms import ARMS, Pool
from helpers.experiments.jobs import Job
from helpers.experiments.plan import held_out_pairs, jobs_of, modes_of
from helpers.paper import SEED_TAG, WEB_TAG
from helpers.truth import Truth

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
    return ARMS[arm].pick(ARMS[arm], Pool(pairs, pairs.head(count), count, draw))


PICKED_FIRST = sorted(name for name, arm in ARMS.items() if arm.pick and not arm.rater)


@pytest.mark.parametrize("arm", [name for name in PICKED_FIRST if ARMS[name].pick is not rules.none])
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


def test_an_arm_of_another_size_is_its_name_and_a_number_and_picks_so_many(pairs):
    pool = Pool(pairs, pairs.head(20), 12, 0)
    for name, count in (("uncurated-5", 5), ("kept-7", 7), ("web_kept-20", 20), ("rated-3", 3)):
        arm = arms.named(name)
        found = arms.choose(arm, pool)
        assert (arm.size, len(found), found.pair_id.is_unique) == (count, count, True)
    assert set(arms.choose(arms.named("kept-20"), pool).pair_id) == set(pool.first.pair_id)
    assert arms.choose(arms.named("loose-12"), pool).score.min() >= pairs.score.median()
    with pytest.raises(ValueError, match="'kept-21' has 20 pairs to pick from: choose a smaller size"):
        arms.choose(arms.named("kept-21"), pool)


def test_seed_pairs_are_left_out_or_cut_where_an_arm_says_so(pairs):
    seed = pairs.head(10)
    assert len(arms.seed_of(arms.named("uncurated-5"), seed, 0)) == 10
    assert arms.seed_of(arms.named("web_kept-5"), seed, 0).empty
    cut = arms.seed_of(arms.named("seed_only-4"), seed, 0)
    assert len(cut) == 4 and set(cut.pair_id) <= set(seed.pair_id)
    assert set(cut.pair_id) != set(arms.seed_of(arms.named("seed_only-4"), seed, 1).pair_id), "another draw"
    with pytest.raises(ValueError, match="'seed_only-11' has 10 seed pairs"):
        arms.seed_of(arms.named("seed_only-11"), seed, 0)


@pytest.mark.parametrize("name", ["best-5", "uncurated-0", "uncurated-x", "rated_2-5", "wrong_tags-5", "M_1-5"])
def test_an_arm_that_has_no_such_size_is_refused(name):
    with pytest.raises(ValueError, match="unknown arm|no size to choose"):
        arms.named(name)


def test_tables_show_arms_in_the_order_of_the_list_and_sizes_behind():
    assert arms.in_order(["uncurated-300", "M_1", "uncurated-50", "M_0", "seed_only-50"]) == [
        "M_0", "M_1", "seed_only-50", "uncurated-50", "uncurated-300",
    ]  # fmt: skip
    assert arms.label("kept-1500") == "A_5-like, 1,500 pairs"


@pytest.mark.parametrize("arm", ["uncurated", "oracle", "uncurated_matched"])
def test_another_draw_picks_other_pairs(pairs, arm):
    assert set(picked(arm, pairs, draw=0).pair_id) != set(picked(arm, pairs, draw=1).pair_id)


def test_an_arm_with_too_few_pairs_takes_what_there_is_and_an_unknown_one_is_an_error(pairs):
    assert len(picked("oracle", pairs, 1000)) == pairs.right.sum()
    with pytest.raises(ValueError, match="unknown arm 'best'; there are seed_only"):
        arms.find(["oracle", "best"])
    assert [arm.name for arm in arms.find(["rated", "rated_2"])] == ["rated", "rated_2"]


def test_an_arm_that_cannot_be_made_is_refused_before_anything_is_trained():
    with pytest.raises(ValueError, match="'oracle' reads the hidden truth"):
        arms.find(["oracle"], truth_known=False)
    with pytest.raises(ValueError, match="the arm 'rated_2' needs the arm 'rated': add it"):
        arms.find(["rated_2"])


def test_every_arm_is_held_against_arms_that_there_are():
    assert {other for arm in ARMS.values() for other in arm.against} <= set(ARMS)
    assert len({arm.stream for arm in ARMS.values() if arm.stream}) == sum(bool(arm.stream) for arm in ARMS.values())


@pytest.mark.parametrize("name", presets.KNOWN)
def test_m_0_is_asked_with_the_tag_that_it_knows_under_every_preset(name):
    assert "seed" in modes_of(ARMS["M_0"], presets.find(name).evaluation)


def test_training_rows_carry_the_tags_of_their_source(pairs):
    rows = method.rows(pairs.head(3), pairs.tail(5), seed_copies=2)
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
        rows=method.rows(pairs.head(2), pairs.tail(4)),
        training=settings,
        modes=("both", "none"),
    )


def test_a_job_trains_answers_under_every_tag_and_is_not_done_twice(job, monkeypatch):
    from helpers import models

    frame = jobs.work(job).answers
    assert frame[["arm", "draw"]].drop_duplicates().to_numpy().tolist() == [["uncurated", 0]]
    assert sorted(zip(frame["mode"], frame.prompt_id, strict=True)) == [
        (t, f"q{n}") for t in ("both", "none") for n in range(3)
    ]
    trained_already = replace(job, answers=job.answers.with_name("again.parquet"), rows=None, training=None)
    assert jobs.work(trained_already).answers.equals(frame)
    monkeypatch.delattr(models, "load")
    assert jobs.work(job).answers.equals(frame), "the answers are read"


def test_an_arm_is_not_trained_on_pairs_that_its_judge_could_not_read(pairs):
    read = pairs.assign(score=[1.0, 3.0, 2.0] + [float("nan")] * (len(pairs) - 3))
    assert list(arms.best(read, "score", 5).score) == [3.0, 2.0, 1.0]


def test_the_halves_of_a_pool_share_nothing_and_are_the_whole(pairs):
    own, other = (arms.half(pairs, which, draw=0) for which in ("own", "other"))
    assert len(own) == len(other) == 30
    assert set(own.pair_id) | set(other.pair_id) == set(pairs.pair_id)
    assert set(picked("half", pairs).pair_id) <= set(own.pair_id)
    assert set(own.pair_id) == set(arms.half(pairs.iloc[::-1], "own", draw=0).pair_id), "rows in any order"
    assert set(own.pair_id) != set(arms.half(pairs, "own", draw=1).pair_id)


@pytest.fixture
def second(job, pairs, tmp_path) -> list[Job]:
    """The arm `half` and the two arms that its model picks the pairs of; M_yx lies in `backward`."""
    jobs.work(replace(job, adapter=tmp_path / "backward", answers=tmp_path / "backward.parquet", arm="backward"))
    first = replace(job, arm="half", adapter=tmp_path / "half", answers=tmp_path / "half.parquet", modes=("both",))
    pool = pairs[["pair_id", "instruction", "output"]]
    again = [
        replace(
            first,
            arm=f"half_{which}",
            adapter=tmp_path / f"half_{which}",
            answers=tmp_path / f"half_{which}.parquet",
            rows=method.rows(pairs.head(2), pairs.head(0)),
            rerating=jobs.Rerating(
                tmp_path / "half", tmp_path / "backward", "dual_likelihood", "both", arms.half(pool, which, draw=0), 5
            ),
        )
        for which in ("own", "other")
    ]
    return [*again, first]


def test_an_arm_of_the_second_iteration_waits_for_the_model_that_picks_its_pairs(second, pairs):
    own, other, first = second
    assert not own.ready
    assert first.ready
    done = {job.arm: answered for job, answered in jobs.run(second, workers=1)}
    assert list(done)[0] == "half"
    assert set(done) == {"half", "half_own", "half_other"}
    for job, which in ((own, "own"), (other, "other")):
        kept = pd.read_parquet(job.answers.with_name(f"{job.arm}-pairs.parquet"))
        assert len(kept) == 5
        assert set(kept.pair_id) <= set(arms.half(pairs, which, draw=0).pair_id)
        assert job.adapter != first.adapter
        assert set(job.rerating.pool.columns) == {"pair_id", "instruction", "output"}, "no hidden truth"
        assert set(kept.pair_id) == set(best_by_hand(job, 5))


def best_by_hand(job: Job, count: int) -> list[str]:
    """The pairs of the pool with the largest sum of ranks of both likelihoods, under the rater and M_yx."""
    from helpers import judging, models

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
        list(jobs.run([broken, *others], workers=1))
    assert not (tmp_path / "d.parquet").exists()


def test_an_arm_whose_rater_nobody_trains_is_an_error(second, tmp_path, pairs):
    own, _, first = second
    with pytest.raises(ValueError, match="half_own needs .*half, which no job of these trains"):
        list(jobs.run([own]))


def test_another_draw_draws_other_noise_for_the_answers(job):
    base = replace(job, adapter=None, rows=None, sampling=replace(SAMPLING, temperature=1.0), modes=("none",))
    one, other = (
        jobs.work(replace(base, draw=draw, answers=job.answers.with_name(f"{draw}.parquet"))).answers for draw in (0, 1)
    )
    assert one.text.tolist() != other.text.tolist()


def planned(names: list[str], pairs: pd.DataFrame, tmp_path, draw: int = 0) -> dict[str, Job]:
    preset = replace(presets.find("tiny", draw), forward=presets.find("tiny").forward)
    comparison = arms.find(names)
    asked = pd.DataFrame({"prompt_id": ["q0"], "instruction": ["x"]})
    picks = {arm.name: arms.choose(arm, Pool(pairs, pairs.head(12), 12, draw)) for arm in comparison}
    there = {"M_0": tmp_path / "m0", "backward": tmp_path / "backward"}
    made = jobs_of(preset, asked, comparison, picks, seed_pairs=pairs.head(3), there=there, count=12, folder=tmp_path)
    return {job.arm: job for job in made}


def test_the_jobs_of_an_evaluation_share_everything_but_the_rule(pairs, tmp_path):
    made = planned(["seed_only", "uncurated"], pairs, tmp_path, draw=2)
    assert list(made) == ["seed_only", "uncurated", "M_0"], "those that train come first"
    assert {job.draw for job in made.values()} == {2}
    assert made["seed_only"].training == made["uncurated"].training
    assert [sorted(set(made[arm].rows.source)) for arm in ("seed_only", "uncurated")] == [["seed"], ["seed", "web"]]
    assert made["M_0"].rows is None
    assert made["M_0"].modes == ("both", "seed", "none"), "M_0 answers under its own tag and without a tag too"
    assert made["seed_only"].modes == ("both", "seed")


def test_a_mistake_changes_what_its_record_says_and_nothing_else(pairs, tmp_path):
    names = ["uncurated", "wrong_tags", "seed_wrong_tags", "slow_decay", "untagged", "seed_only-2", "web_kept-5"]
    made, preset = planned(names, pairs, tmp_path), presets.find("tiny")
    tags = {name: dict(made[name].rows.groupby("source").tag.first()) for name in names}
    assert tags["uncurated"] == {"seed": SEED_TAG, "web": WEB_TAG}
    assert tags["wrong_tags"] == dict(zip(("seed", "web"), prompts.WRONG_TAGS, strict=True))
    assert tags["untagged"] == {"seed": "", "web": ""}
    assert made["wrong_tags"].training == made["uncurated"].training
    assert made["seed_wrong_tags"].training == preset.seed_models.forward
    slow = made["slow_decay"].training
    assert slow.final_learning_rate == pytest.approx(0.9 * slow.learning_rate)
    assert replace(slow, final_learning_rate=0.0) == made["uncurated"].training
    assert made["wrong_tags"].modes == ("both", "wrong_tags", "none")
    assert (made["seed_only-2"].modes, made["web_kept-5"].modes) == (("both", "seed"), ("both", "web"))
    assert [sorted(set(made[name].rows.source)) for name in ("seed_only-2", "web_kept-5")] == [["seed"], ["web"]]
    assert (len(made["seed_only-2"].rows), len(made["web_kept-5"].rows)) == (2, 5)


def test_the_mistakes_are_made_of_arms_and_modes_that_are_answered():
    trained = {name: set(arms.named(name).modes) | {"both"} for name in defects.ARMS}
    trained |= {name: {"both", *defects.MODES} for name in ("M_0", "M_1")}
    for defect in defects.DEFECTS:
        assert all(mode in trained[arm] for arm, mode in (defect.m_0, defect.m_1)), defect


def test_each_way_of_asking_reads_as_it_should(tiny_tokenizer):
    asked = {mode: prompts.asking(tiny_tokenizer, mode)("Why?") for mode in ("both", "none", *defects.MODES, "wrong_tags")}
    forward, backward = prompts.Forward(tiny_tokenizer), prompts.Backward(tiny_tokenizer)
    assert asked["both"] == forward.prefix("Why?", prompts.INFERENCE_TAGS["both"])
    assert asked["none"] == forward.prefix("Why?")
    assert asked["backward"] == backward.prefix("Why?")
    assert asked["wrong_tags"] == forward.prefix("Why?", " ".join(prompts.WRONG_TAGS))
    assert len(set(asked.values())) == len(asked) and all("Why?" in text for text in asked.values())


def test_the_arm_without_4_bits_differs_in_the_base_alone(pairs, tmp_path):
    made, preset = planned(["uncurated", "bf16"], pairs, tmp_path), presets.find("tiny")
    assert (made["uncurated"].base, made["uncurated"].base.four_bit) == (preset.base, True)
    assert made["bf16"].base == replace(preset.base, four_bit=False, dtype="bf16")
    assert made["bf16"].training == made["uncurated"].training
    assert picked("bf16", pairs).equals(pairs.head(12)), "M_1's own pairs"


def test_workers_train_side_by_side_on_a_light_base_alone(tmp_path, monkeypatch):
    (tmp_path / "model.safetensors").write_bytes(b"0" * 100)
    base = config.Base(path=str(tmp_path))
    assert jobs._is_light(base)
    monkeypatch.setattr(jobs, "LIGHT", 99)
    assert not jobs._is_light(base)
    assert not jobs._is_light(config.Base(path="somebody/large-model")), "nobody knows what is on the hub"


def test_a_second_iteration_is_put_behind_its_rater_and_sees_no_hidden_truth(pairs, tmp_path):
    made = planned(["rated", "rated_2"], pairs, tmp_path)
    assert list(made) == ["rated", "M_0", "rated_2"]
    assert made["rated_2"].rerating.rater == made["rated"].adapter
    assert list(made["rated_2"].rerating.pool.columns) == ["pair_id", "instruction", "output"]
    assert set(made["rated_2"].rows.source) == {"seed"}


def prompts_of(tmp_path, **changes) -> pd.DataFrame:
    """Six prompts of a file, each with other values of the columns in ``changes``, as an evaluation reads them."""
    path = tmp_path / "prompts.jsonl"
    rows = [{"instruction": f"Explain {n}."} | {name: values[n] for name, values in changes.items()} for n in range(6)]
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return evaluation.prompts(path, config.Evaluation(per_family=2))


def test_whether_the_seed_shows_a_prompt_is_read_as_it_is_meant_or_refused(tmp_path):
    assert prompts_of(tmp_path, in_seed=[True, False, "true", "False", None, ""]).in_seed.tolist() == [
        True, False, True, False, False, False,
    ]  # fmt: skip
    assert prompts_of(tmp_path, in_seed=["false"] * 6).in_seed.dtype == bool
    with pytest.raises(ValueError, match=r"prompts\.jsonl has a prompt whose in_seed is 'no': it must be true or false"):
        prompts_of(tmp_path, in_seed=["no"] * 6)


def test_prompts_without_a_family_are_each_one_and_none_is_left_out_for_it(tmp_path):
    assert len(prompts_of(tmp_path)) == 6
    found = prompts_of(tmp_path, family=["a", "a", "a", "", None, ""])
    assert len(found) == 5 and found.family.nunique() == 4


class Verified(Truth):
    known = True

    def grade(self, prompt: pd.Series, text: str) -> tuple[float | None, bool]:
        assert prompt.prompt_id in ("q0", "q1")
        return (1.0, True) if text == "right" else (None, False)


def test_grades_join_answers_and_prompts_and_keep_what_cannot_be_graded():
    answered = pd.DataFrame({"arm": "M_0", "draw": 1, "prompt_id": ["q1", "q0"], "mode": "both", "text": ["right", "unclear"]})
    asked = pd.DataFrame({"prompt_id": ["q0", "q1"], "family": ["f", "g"], "in_seed": [True, False], "wording": ["w", "v"]})
    preset = replace(presets.find("tiny"), truth=Verified())
    _, graded = evaluation.grade([(answered, pd.DataFrame())], asked, preset)
    graded = graded.set_index("prompt_id")
    assert graded.loc["q1", ["family", "in_seed", "wording", "score", "form", "grader", "draw"]].tolist() == [
        "g", False, "v", 1.0, True, "facts", 1,
    ]  # fmt: skip
    assert pd.isna(graded.score["q0"])
    assert graded.in_seed["q0"]


def test_a_likelihood_that_could_not_be_measured_is_left_out_and_not_counted_as_0():
    measured = pd.DataFrame({"arm": "M_0", "draw": 0, "prompt_id": ["p", "q"], "mode": "both", "score": [-2.0, None]})
    preset = replace(presets.find("tiny"), evaluation=config.Evaluation(graders=("held_out",)))
    answered = pd.DataFrame({"arm": ["M_0"], "draw": 0, "prompt_id": "q0", "mode": "both", "text": "x"})
    _, graded = evaluation.grade([(answered, measured)], pd.DataFrame(), preset)
    assert graded[["prompt_id", "family", "score"]].to_numpy().tolist() == [["p", "p", -2.0]]


def test_without_a_held_out_pair_their_grader_is_refused_with_the_count_and_the_remedy(kit_artifacts):
    pairs = pd.DataFrame({"pair_id": list("abcd"), "instruction": "Ask", "output": "Said"})
    with stages.stage("few", "02_seed_models", inputs=[]) as stage:
        stage.write("seed_pairs", pairs)
        stage.write("held_out", pairs.head(0))
    with pytest.raises(ValueError, match="no pair to measure: 4 seed pairs .* at least 5 .* another grader"):
        held_out_pairs("few")


def leaky(run: str, found: int) -> pd.DataFrame:
    """The six held-out pairs of a new run, in which the answers of the first ones stand in the segments."""
    pairs = pd.DataFrame({"pair_id": list("abcdef"), "instruction": "Ask", "output": sentences(6, 8)})
    with stages.stage(run, "01_corpus", inputs=[]) as stage:
        stage.write(
            "segments", pd.DataFrame({"segment_id": list("uvwxyz"), "text": [*pairs.output[:found], *sentences(6 - found, 9)]})
        )
    with stages.stage(run, "02_seed_models", inputs=[]) as stage:
        stage.write("seed_pairs", pairs.assign(pair_id=pairs.pair_id + "s"))
        stage.write("held_out", pairs)
    return pairs


def test_held_out_pairs_whose_answers_are_segments_are_not_measured_and_the_manifest_says_how_many(kit_artifacts):
    leaky("leaky", 2)
    with pytest.warns(UserWarning, match="2 of 6 held-out seed pairs are left out"):
        kept = held_out_pairs("leaky")
    assert kept.pair_id.tolist() == list("cdef")
    measured = pd.DataFrame({"arm": "M_0", "draw": 0, "prompt_id": kept.pair_id, "mode": "both", "score": -2.0})
    with stages.stage("leaky", "06_evaluation", inputs=[]) as stage:
        evaluation.held_out(pd.DataFrame(), measured, pd.DataFrame(), presets.find("tiny"), stage)
    assert runs.manifest("leaky", "06_evaluation")["held_out_in_segments"] == 2
    pd.testing.assert_frame_equal(leaky("clean", 0), held_out_pairs("clean"))


def test_likelihoods_of_pairs_that_are_no_longer_held_out_are_not_read_from_an_earlier_evaluation(tmp_path):
    held_out = pd.DataFrame({"pair_id": ["a"], "instruction": "Ask", "output": "Said"})
    base = config.Base("nowhere")
    job = Job("M_0", 0, base, None, tmp_path / "M_0.parquet", pd.DataFrame(), ("both",), SAMPLING, held_out=held_out)
    pd.DataFrame({"arm": ["M_0"]}).to_parquet(job.answers)
    pd.DataFrame({"prompt_id": ["a", "b"], "score": [-1.0, -2.0]}).to_parquet(job.likelihoods)
    assert jobs.work(job)[1].prompt_id.tolist() == ["a"]


def test_where_all_held_out_answers_are_segments_the_grader_is_refused_and_the_check_says_so(kit_artifacts):
    leaky("all", 6)
    with (
        pytest.warns(UserWarning, match="6 of 6"),
        pytest.raises(ValueError, match="all 6 held-out pairs stand in the segments"),
    ):
        held_out_pairs("all")
    shown, unseen = judges.sample("all", presets.find("tiny"), most=9)
    assert not unseen and set(shown.pair_id) == {f"{name}s" for name in "abcdef"}


def test_a_local_judge_holds_every_arm_against_m_0_in_both_orders(tiny_base, monkeypatch, tmp_path):
    def compare(model, asked, answers_a, answers_b, done):
        """A judge that prefers answer a with probability .9 if it is shown first, and .6 if it is shown second."""
        for q in asked.prompt_id:
            texts = {"prompt_id": q, "chars_a": len(answers_a[q]), "chars_b": len(answers_b[q])}
            told = {"ab": 0.9, "ba": 0.6}
            rows = [texts | {"order": o, "p_a": p, "verdict": "a", "comparison_id": f"{q}/{o}"} for o, p in told.items()]
            yield [row for row in rows if row["comparison_id"] not in done]

    monkeypatch.setattr("helpers.judging.pairwise.compare", compare)
    asked = pd.DataFrame({"prompt_id": ["q0", "q1"], "instruction": sentences(2, 5), "family": ["q0", "q1"]})
    asked = asked.assign(in_seed=False, wording="")
    rows = [
        {"arm": arm, "draw": 0, "prompt_id": q, "mode": mode, "text": f"{arm} says {q}."}
        for arm in ("M_0", "M_1")
        for q in ("q0", "q1")
        for mode in ("both", "seed")
    ]
    start = presets.find("tiny")
    base = config.Base(path=str(tiny_base), four_bit=False, dtype="fp32")
    preset = replace(start, base=base, evaluation=replace(start.evaluation, graders=("pairwise",)))
    stage = stages.Stage("r", "06_evaluation", tmp_path, done=False)
    answers, graded = evaluation.grade([(pd.DataFrame(rows), pd.DataFrame())], asked, preset, stage)
    assert len(answers) == 8
    assert sorted(graded.arm) == ["M_0", "M_0", "M_1", "M_1"], "one mode is judged"
    assert (graded[graded.arm == "M_0"].score == 0.5).all(), "an answer against itself"
    judged = graded[graded.arm == "M_1"]
    assert judged.score.tolist() == pytest.approx([0.75, 0.75])
    said = evaluation.pairwise_summary(graded)
    assert list(said.columns) == ["M_1"]
    assert stage._of_models()["halved_batches"] == 0, "the judge is one of the stage's models"
    assert said.loc[["n", "wins", "flips", "preference"], "M_1"].tolist() == pytest.approx([2, 1, 0, 0.75])

    monkeypatch.setattr("helpers.models.load", None)  # whoever compares again needs a model
    again = stages.Stage("r", "06_evaluation", tmp_path, done=False)
    _, resumed = evaluation.grade([(pd.DataFrame(rows), pd.DataFrame())], asked, preset, again)
    pd.testing.assert_frame_equal(resumed, graded)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere torch alone knows")
def test_a_machine_without_a_gpu_s_device_is_told_without_torch(monkeypatch):
    monkeypatch.setattr(Path, "glob", lambda self, name: iter(()))
    monkeypatch.setitem(sys.modules, "torch", None)
    assert not machine.has_gpu() and jobs.workers_for(config.Base(path="somebody/large-model")) == 1
