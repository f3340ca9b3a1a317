"""The check of judges: each kind of bad twin has the fault that it is named after, and the best judge is named."""

import numpy as np
import pandas as pd
import pytest

from helpers import curation, figures
from helpers.figures.judges import judges as heat_map
from helpers.judging import check, expected, twins

KINDS = ["another", "cut", "menu", "cookies", "copied", "refusal", "mixed", "swapped"]


@pytest.fixture
def seed_pairs() -> pd.DataFrame:
    towns = ["Rome", "Paris", "Oslo", "Lima", "Cairo", "Delhi"]
    rows = [
        (
            f"s{n}",
            f"When was the bridge of {town} built?",
            f"It was built in {1900 + n}. The town of {town} paid {n + 2} million to the firm of Marten. It still stands.",
        )
        for n, town in enumerate(towns)
    ]
    return pd.DataFrame(rows, columns=["pair_id", "instruction", "output"])


def test_every_pair_gets_a_twin_of_every_kind_where_one_can_be_made(seed_pairs):
    made = twins.make(seed_pairs, seed=0)
    assert set(made.kind) == set(twins.KINDS) == set(KINDS)
    assert made.groupby("kind").of.nunique().eq(6).all()
    assert made.pair_id.is_unique
    original = seed_pairs.set_index("pair_id")
    assert (made.instruction == made.of.map(original.instruction)).all()
    assert not (made.output == made.of.map(original.output)).any()


def test_twins_are_bad_in_the_way_they_are_named(seed_pairs):
    made = twins.make(seed_pairs, seed=1).set_index(["of", "kind"]).output
    outputs = seed_pairs.set_index("pair_id").output
    for pair_id, output in outputs.items():
        assert made[pair_id, "another"] in set(outputs) - {output}
        cut = made[pair_id, "cut"]
        assert output.startswith(cut) and 0.4 <= len(cut) / len(output) <= 0.6 and cut[-1].isalnum()
        assert made[pair_id, "copied"] == seed_pairs.set_index("pair_id").instruction[pair_id]
        mixed = made[pair_id, "mixed"]
        assert mixed[:20] == output[:20] and mixed[-20:] in "".join(set(outputs) - {output})
        swapped = made[pair_id, "swapped"]
        assert sorted(swapped.split()) != swapped.split() and len(swapped) == len(output)
        assert set(swapped.replace(".", "").split()) == set(output.replace(".", "").split())
    assert len(set(made.xs("another", level="kind"))) == 6, "each output is borrowed once"


@pytest.mark.parametrize(
    "outputs",
    [
        ("苹果喜欢凉爽的气候。它的根需要排水良好的土壤。", "这座桥建于一九零二年。它至今仍然屹立在河上。"),
        ("りんごは涼しい気候を好む。根には水はけのよい土が要る。", "この橋は百年前に造られた。今も川の上に立っている。"),
        ("แอปเปิลชอบอากาศเย็นและดินที่ระบายน้ำได้ดี", "สะพานนี้สร้างขึ้นเมื่อร้อยปีก่อนและยังคงตั้งอยู่"),
    ],
    ids=["Chinese", "Japanese", "Thai"],
)
def test_answers_in_a_script_without_spaces_are_cut_and_mixed_too(outputs):
    pairs = pd.DataFrame({"pair_id": ["a", "b"], "instruction": ["?", "!"], "output": outputs})
    made = twins.make(pairs, seed=0).set_index(["of", "kind"]).output
    for pair_id, output, other in (("a", *outputs), ("b", *reversed(outputs))):
        cut, mixed = made[pair_id, "cut"], made[pair_id, "mixed"]
        assert output.startswith(cut) and 0.4 <= len(cut) / len(output) <= 0.6 and cut[-1].isalnum()
        assert mixed[:5] == output[:5] and mixed[-5:] == other[-5:] and " " not in mixed
        assert "。" not in output or mixed.count("。") == 2, "each half is a whole sentence"


def test_twins_are_drawn_by_the_seed_alone(seed_pairs):
    pd.testing.assert_frame_equal(twins.make(seed_pairs, seed=3), twins.make(seed_pairs, seed=3))
    assert set(twins.make(seed_pairs, seed=3).output) != set(twins.make(seed_pairs, seed=4).output)


def test_twins_that_cannot_be_made_are_left_out():
    short = pd.DataFrame({"pair_id": ["a", "b"], "instruction": ["Yes?", "No?"], "output": ["Yes.", "Yes."]})
    made = twins.make(short, seed=0)
    assert made.kind.value_counts().to_dict() == {"menu": 2, "cookies": 2, "copied": 2, "refusal": 2}
    assert twins.make(short.iloc[:0], seed=0).empty


def ratings_of(pairs: pd.DataFrame, **judges) -> pd.DataFrame:
    more = {"mass": 0.5, "raw": "", "seconds": np.where(np.arange(len(pairs)) % 2, 0.2, 0.0)}
    return pd.concat([pairs.assign(judge=judge, score=score, **more) for judge, score in judges.items()], ignore_index=True)


@pytest.fixture
def pairs() -> pd.DataFrame:
    """80 seed pairs, each with two twins."""
    of = [f"s{n}" for n in range(80)]
    kinds = {"right": 0, "menu": 1, "cut": 2}
    return pd.DataFrame([{"pair_id": f"{o}{k}", "kind": k, "of": o} for k in kinds for o in of])


def test_the_table_holds_auc_by_kind_and_the_mean_and_the_sentence_names_the_best(pairs):
    rng = np.random.default_rng(0)
    right, noise = (pairs.kind == "right").to_numpy(), rng.normal(size=len(pairs))
    half_blind = 3 * (pairs.kind != "menu") + rng.normal(size=len(pairs))
    rated = ratings_of(
        pairs, sees=2 * right + noise, luck=rng.normal(size=len(pairs)), half=half_blind, inverse=-3 * right + noise
    )
    found = check.table(rated)
    mean = found[found.kind == "mean"].set_index("judge")
    assert list(found[found.judge == "sees"].kind) == ["cut", "menu", "mean"]
    assert mean.auc["sees"] == pytest.approx(found[(found.judge == "sees") & (found.kind != "mean")].auc.mean())
    assert (mean.low <= mean.auc).all() and (mean.auc <= mean.high).all()
    assert mean.n["sees"] == 160 and mean.seconds["sees"] == pytest.approx(100)
    assert np.isnan(check.table(rated.assign(seconds=np.nan)).seconds).all()
    said = check.findings(found)
    assert said.startswith("Take sees: its AUC is 0.9")
    assert "does not see" not in said and "half" not in said
    assert "Bad twins that it does not see: cut." in check.findings(found[found.judge == "half"])
    assert "At chance: luck" in said and "Worse than chance: inverse" in said


def test_where_every_judge_is_at_chance_none_is_recommended(pairs):
    luck = np.random.default_rng(1).normal(size=len(pairs))
    said = check.findings(check.table(ratings_of(pairs, luck=luck, same=np.ones(len(pairs)))))
    assert said.startswith("No judge tells these pairs from their bad twins better than chance")
    assert "luck (0." in said and "same (0.50 [0.50, 0.50])" in said


def test_a_judge_that_hardly_ever_reaches_a_score_is_not_recommended(pairs):
    right = (pairs.kind == "right").to_numpy(float)
    rarely = np.where(np.arange(len(pairs)) % 3 == 0, right, np.nan)
    never = np.full(len(pairs), np.nan)
    found = check.table(ratings_of(pairs, rarely=rarely, often=right + np.random.default_rng(0).normal(size=240), never=never))
    said = check.findings(found)
    assert said.startswith("Take often")
    assert "Over a tenth of the pairs are left unrated by: rarely" in said and "Nothing could be read by: never." in said
    assert found.set_index(["judge", "kind"]).parsed["rarely", "mean"] == pytest.approx(1 / 3)


def test_combined_judges_are_ranked_for_the_table(pairs, monkeypatch):
    monkeypatch.setitem(curation.COMBINED, "both", ("sees", "luck"))
    rng, right = np.random.default_rng(0), (pairs.kind == "right").to_numpy()
    rated = ratings_of(pairs, sees=right + 0.1 * rng.normal(size=len(pairs)), luck=0.1 * rng.normal(size=len(pairs)))
    found = check.table(rated, names=["sees", "luck", "both"]).set_index(["judge", "kind"])
    assert found.auc["luck", "mean"] < found.auc["both", "mean"] < found.auc["sees", "mean"]
    assert found.seconds["both", "mean"] == found.seconds["sees", "mean"], "judges that share a pass share its seconds"


@pytest.mark.parametrize("few", [1, 4])
def test_a_kind_with_fewer_than_five_twins_is_shown_and_does_not_count_in_the_mean(pairs, few):
    pairs = pairs[(pairs.kind != "cut") | (pairs.groupby("kind").cumcount() < few)]
    sees_menu = ratings_of(pairs, judge=(pairs.kind != "menu").to_numpy(float))
    found = check.table(sees_menu).set_index("kind")
    assert found.auc["cut"] == 0.5 and found.n["cut"] == few and not found.counts["cut"]
    assert found.auc["mean"] == found.auc["menu"] == 1 and found.n["mean"] == 80
    said = check.findings(found.reset_index())
    assert "the mean over 1 kinds of bad twins, 80 twins" in said and "does not see" not in said
    figure = heat_map(found.reset_index())
    assert f"cut\nn = {few}\nnot in the mean" in {label.get_text() for label in figure.axes[0].get_xticklabels()}


def test_where_no_kind_has_five_twins_nothing_is_recommended(pairs):
    few = pairs[pairs.groupby("kind").cumcount() < 4]
    found = check.table(ratings_of(few, judge=(few.kind == "right").to_numpy(float)))
    assert found[found.kind == "mean"].auc.isna().all()
    assert check.findings(found, ["Judged by M_0."]) == (
        "No kind of bad twin could be made five times: give more seed pairs, or longer ones.\nJudged by M_0."
    )


def test_unread_ratings_are_counted_by_reason():
    raws = ["I like it.", "0.0001 0.0000", expected.TOO_LONG, expected.TOO_LONG, ""]
    rated = pd.DataFrame({"judge": "j", "score": [None] * 4 + [3.0], "raw": raws})
    counted = check.unread(rated).set_index("reason").n.to_dict()
    assert counted == {"no score in the reply": 1, "hardly any probability on the digits": 1, expected.TOO_LONG: 2}
    assert f"2 of 5 pairs have no score by j: {expected.TOO_LONG}." in check.unread_said(rated)


def test_a_check_runs_every_judge_on_seed_pairs_and_twins(dense, seed_pairs):
    names = ["rating", "dual_likelihood", "margin"]
    pairs = check.pairs_and_twins(seed_pairs, seed=0)
    rated = pd.DataFrame([row for batch in check.rated(dense, pairs, names) for row in batch])
    found = check.table(rated, names=names)
    assert set(rated.judge) == {"rating", "log p(y|x)", "log p(x|y)", "margin"}
    assert list(dict.fromkeys(found.judge)) == names
    assert set(found.kind) == {*KINDS, "mean"}
    assert (found.seconds > 0).all()
    assert (found.n[(found.kind == "menu") & (found.judge != "rating")] == 6).all()
    assert check.findings(found)


def test_instructions_can_be_written_as_those_of_the_candidates_are(seed_pairs):
    asked = []

    def write(texts):
        asked.extend(texts.text)
        return {
            row.segment_id: "Write: this" if len(row.text) < 60 else f"What says {row.text[:30]!r}?"
            for row in texts.itertuples()
        }

    pairs = check.pairs_and_twins(seed_pairs, seed=0, write=write)
    right = pairs[pairs.kind == "right"].set_index("of")
    assert set(right.index) == set(seed_pairs.pair_id) and right.instruction.str.startswith("W").all()
    assert set(right.pair_id).isdisjoint(seed_pairs.pair_id), "another instruction makes another pair"
    another = pairs[pairs.kind == "another"]
    assert len(another) and (another.instruction == another.of.map(right.instruction)).all()
    spoiled = pairs[pairs.kind.isin(["cut", "mixed", "menu"])]
    assert set(spoiled.output) <= set(asked), "M_yx reads the spoiled answer, as it reads a bad page"
    assert "copied" not in set(pairs.kind) and set(pairs.by) == {"M_yx"}


def test_where_no_written_instruction_is_usable_those_of_people_are_taken(seed_pairs):
    pairs = check.pairs_and_twins(seed_pairs, seed=0, write=lambda texts: dict.fromkeys(texts.segment_id, ""))
    pd.testing.assert_frame_equal(pairs, check.pairs_and_twins(seed_pairs, seed=0))
    assert set(pairs.by) == {"people"} and set(pairs.hygiene) == {""}


def test_a_pair_with_a_flag_has_no_twins_and_is_not_rated(dense, seed_pairs):
    first = seed_pairs.pair_id[0]
    pairs = check.pairs_and_twins(
        seed_pairs,
        seed=0,
        write=lambda texts: {each: "" if each == first else f"What is said of {each}?" for each in texts.segment_id},
    )
    assert pairs[pairs.of == first].hygiene.tolist() == ["empty"]
    rated = [row for batch in check.rated(dense, pairs, ["log p(y|x)"]) for row in batch]
    assert {row["pair_id"] for row in rated} == set(pairs[pairs.hygiene == ""].pair_id)


def test_the_heat_map_shows_every_judge_and_kind_with_its_interval(pairs):
    right = (pairs.kind == "right").to_numpy(float)
    found = check.table(ratings_of(pairs, good=right, bad=-right))
    figure = heat_map(found)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["good", "bad"]
    assert [label.get_text().split("\n")[0] for label in axes.get_xticklabels()] == ["cut", "menu", "mean"]
    assert "1.00\n[0.95, 1.00]" in {text.get_text() for text in axes.texts}
    assert figures.STYLE
