"""The paper's figures beside ours: right numbers, honest titles, readable in grey and at column width, and saved whole.

Every "run" here is SYNTHETIC (``synthetic_results``).
"""

import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import synthetic_results
from PIL import Image

from helpers import figures, stats
from helpers import paper as published
from helpers.evaluation import GRADERS
from helpers.figures import claims, icicle, paper
from helpers.figures.verbs import parse, verb_nouns
from helpers.stats.scaling import alpha_fit

INPUTS = synthetic_results.every_input()
SHOWN = {shown.name: shown for shown in paper.SHOWN}
NARROW, WIDE = 3.5, 7.2


@pytest.fixture(scope="module", autouse=True)
def no_side_effects():
    before = dict(plt.rcParams)
    yield
    assert plt.get_fignums() == []
    assert dict(plt.rcParams) == before


@pytest.fixture(scope="module")
def drawn() -> dict[str, plt.Figure]:
    """Every figure on its synthetic run, at the width of a page."""
    return {name: shown.draw(**INPUTS[name]) for name, shown in SHOWN.items()}


def texts(figure) -> list:
    """Every visible text of a figure."""
    figure.draw_without_rendering()
    return [text for text in figure.findobj(plt.Text) if text.get_visible() and text.get_text().strip()]


def words(figure) -> str:
    return " ".join(" ".join(text.get_text() for text in texts(figure)).split())


def ours_of(figure) -> pd.DataFrame:
    return figure.data[figure.data.panel.str.startswith("this run")]


# --- What is shown --------------------------------------------------------------------------------------------------


def test_every_published_result_is_drawn_or_listed_as_not_shown():
    settings = {"SCALING_STEPS", "EVALUATION_POOL", "ALPACA_EVAL_RECORDS"}
    groups = {name: each for name, each in vars(published).items() if isinstance(each, published.Published)}
    shown = [each.published for each in (*paper.SHOWN, *paper.NOT_SHOWN)]
    assert {name for name, each in groups.items() if not any(each is other for other in shown)} == settings
    assert {each.v1 for each in shown[: len(paper.SHOWN)]} == {
        *(f"Table {n}" for n in (2, 3, 7, 8, 9)),
        *(f"Figure {n}" for n in (2, 3, 4, 7)),
    }
    assert all(left.needs and left.command for left in paper.NOT_SHOWN)


@pytest.mark.parametrize("name", SHOWN)
def test_both_panels_say_n_and_where_the_numbers_come_from(drawn, name):
    said = words(drawn[name])
    assert "n = " in said and "This run" in said
    assert SHOWN[name].published.v1 in said or name == "joint"
    assert claims.place(SHOWN[name].published) in said


@pytest.mark.parametrize("name", SHOWN)
def test_a_figure_carries_its_finding_a_description_and_its_numbers(drawn, name):
    figure = drawn[name]
    assert figure.finding and " ".join(figure.finding.split()) in figure.alt and "The paper, v1 " in figure.alt
    assert set(figure.data.panel.str.split(",").str[0]) == {"this run", "the paper"}
    first = ours_of(figure).iloc[0]
    assert f"{first.value:.4g}" in figure.alt


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("ours", [None, pd.DataFrame()], ids=["None", "empty"])
def test_without_ours_the_papers_panel_stands_beside_what_would_make_ours(drawn, name, ours):
    figure = SHOWN[name].draw(ours)
    said = words(figure)
    commands = ("python -m helpers run", "python -m helpers ablate --sizes --fork RUN", "run the mini web")
    assert any(command in said for command in commands)
    assert set(figure.data.panel) == {"the paper"} and figure.finding.startswith("Not measured in this run")
    assert np.allclose(figure.data.value, drawn[name].data.query("panel == 'the paper'").value, equal_nan=True)


# --- The numbers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "group", "column"),
    [
        ("data_statistics", published.DATA_STATISTICS, None),
        ("scaling", published.SCALING, "alpha"),
        ("tags", published.TAGS, "win"),
        ("improved_prompts", published.IMPROVED_PROMPTS, "prompts"),
        ("quality", published.QUALITY, "win"),
        ("efficiency", published.DATA_EFFICIENCY, "win"),
        ("diversity", published.DIVERSITY, "parsed"),
        ("selection", published.SELECTION, None),
    ],
)
def test_the_papers_panel_has_the_published_numbers(drawn, name, group, column):
    values = drawn[name].data.query("panel == 'the paper'").value
    rows = pd.DataFrame(group.rows)
    columns = {"data_statistics": ["instruction_mean", "output_mean"], "selection": ["precision", "recall"]}.get(name, [column])
    assert sorted(values) == sorted(rows[columns].to_numpy(float).ravel())


def test_our_scores_are_the_means_over_families_of_the_grades(drawn):
    grades = INPUTS["quality"]["ours"]
    means = (
        grades.groupby(["dataset", "pairs", "family", "prompt_id"]).score.mean().groupby(["dataset", "pairs", "family"]).mean()
    )
    means = means.groupby(["dataset", "pairs"]).mean()
    for row in ours_of(drawn["quality"]).itertuples():
        assert row.value == pytest.approx(means[row.series, row.x]) and row.low < row.value < row.high and row.n == 96


def test_our_alphas_are_those_of_the_fit(drawn):
    grades = INPUTS["scaling"]["ours"].query("dataset == 'A_5'")
    wide = grades.pivot_table(index="pairs", columns=["family", "prompt_id"], values="score")
    fit = alpha_fit(wide.index, 100 * wide, groups=wide.columns.get_level_values("family"))
    row = ours_of(drawn["scaling"]).set_index("label").loc["A_5"]
    assert tuple(row[["value", "low", "high"]]) == pytest.approx((fit.alpha, fit.low, fit.high))
    assert fit.low < 4.5 < fit.high, "the gain that the synthetic grades were made with, in points"


def test_better_and_worse_prompts_add_up_to_those_that_differ(drawn):
    gains = stats.paired(INPUTS["improved_prompts"]["ours"], "M_2", "M_0").groupby("prompt_id").value.mean()
    counted = ours_of(drawn["improved_prompts"]).groupby("series").value.sum()
    better, worse = re.search(r"2 other kinds: (\d+) better, (\d+) worse", words(drawn["improved_prompts"])).groups()
    assert counted["better"] + int(better) == (gains > 0).sum() and counted["worse"] + int(worse) == (gains < 0).sum()
    assert f"M_2 answers {(gains > 0).sum()} of 96 prompts better than M_0" in drawn["improved_prompts"].finding


def test_better_and_worse_are_shares_of_prompts_though_most_belong_to_one_kind():
    kinds = [(f"kind {n}", 2, 0.6) for n in range(7)] + [("maths", 40, 0.4)]
    rows = [
        {"arm": arm, "draw": 0, "prompt_id": f"{kind} {n}", "family": kind, "score": score}
        for kind, count, own in kinds
        for n in range(count)
        for arm, score in (("M_0", 0.5), ("M_2", own))
    ]
    said = paper.improved_prompts(pd.DataFrame(rows)).finding
    assert said.startswith("M_2 answers 14 of 54 prompts better than M_0 and 40 worse: better cannot be told from worse (−48 %")


def test_prompts_without_a_score_are_not_counted():
    grades = synthetic_results.grades({("M_0",): 0.3, ("M_1",): 0.5}, ("arm",))
    first = sorted(set(grades.family))[0]
    part = grades.assign(score=grades.score.where(grades.family == first).astype(object))
    figure = paper.iterations(part)
    n = grades[grades.family == first].prompt_id.nunique()
    assert set(ours_of(figure).n) == {n} and f"This run, n = {n} prompts" in words(figure)
    assert "Bars: 95 %, prompts resampled" in words(figure)


def test_likelihoods_are_no_answers_and_no_points_of_100(drawn):
    grader = GRADERS["held_out"]
    shown = paper.improved_prompts(**INPUTS["improved_prompts"], does=grader.does)
    assert re.match(r"M_2 predicts the human answers to \d+ of 96 prompts better than M_0 and \d+ worse", shown.finding)
    nats = paper.scaling(**INPUTS["scaling"], unit=grader.score)
    assert nats.finding.startswith("Alpha, log-likelihood of human answers, nats a token for each e-fold of pairs: ")
    assert "points of 100" not in words(nats) and "100 ×" not in words(nats)
    both = [ours_of(figure).set_index("label").value for figure in (drawn["scaling"], nats)]
    assert both[0].tolist() == pytest.approx((100 * both[1]).tolist())


def test_the_icicle_counts_every_instruction_that_parses(drawn):
    for name, rows in INPUTS["diversity"]["ours"].groupby("dataset", sort=False):
        if name != "all augmented":
            blocks = drawn["diversity"].data.query("panel == @panel", local_dict={"panel": f"this run, {name}"})
            assert blocks.value.sum() == len(verb_nouns(rows.instruction))


def test_the_thick_bars_are_the_interval_of_the_mean(drawn):
    chars = INPUTS["data_statistics"]["ours"].query("dataset == 'seed'").output.str.len()
    row = ours_of(drawn["data_statistics"]).query("series == 'outputs'").iloc[0]
    assert row.value == chars.mean() and row.inner == pytest.approx(1.96 * chars.std(ddof=0) / len(chars) ** 0.5)
    assert row.high - row.value == pytest.approx(chars.std(ddof=0))


@pytest.mark.parametrize(
    ("name", "one"),
    [("iterations", "arm == 'M_0'"), ("quality", "dataset == 'A_5'"), ("efficiency", "dataset == 'seed only'")]
    + [("tags", "mode == 'seed'"), ("joint", "dataset == 'joint'"), ("data_statistics", "dataset == 'seed'")],
)
def test_one_result_alone_is_drawn_and_claims_nothing(name, one):
    figure = SHOWN[name].draw(INPUTS[name]["ours"].query(one))
    assert figure.finding == "One result, nothing to compare" and len(ours_of(figure))


@pytest.mark.parametrize("name", ["iterations", "improved_prompts", "quality", "scaling", "tags"])
def test_two_grades_of_one_prompt_are_refused(name):
    grades = pd.concat([INPUTS[name]["ours"]] * 2)
    with pytest.raises(ValueError, match="choose one inference mode and one grader"):
        SHOWN[name].draw(grades)


# --- What the titles claim ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ((0.2, 0.1, 0.3), "A is above B (+0.20 [+0.10, +0.30])"),
        ((-0.2, -0.3, -0.1), "A is below B (−0.20 [−0.30, −0.10])"),
        ((0.1, -0.1, 0.3), "A cannot be told from B (+0.10 [−0.10, +0.30])"),
        ((0.1, 0.0, 0.3), "A cannot be told from B (+0.10 [+0.00, +0.30])"),
        ((0.1, 0.001, 0.2), "A is above B (+0.100 [+0.001, +0.200])"),
        ((-0.001, -0.1, 0.1), "A cannot be told from B (+0.00 [−0.10, +0.10])"),
        ((float("nan"),) * 3, "A and B have no prompt in common"),
        ((0.3, float("nan"), float("nan")), "A cannot be told from B (+0.30 [too few to tell])"),
    ],
)
def test_a_difference_is_claimed_by_sign_and_interval(found, said):
    assert claims.claim("A", "B", found) == said


def test_titles_turn_round_with_the_data():
    means = {("M_0",): 0.3, ("M_1",): 0.2, ("M_2",): 0.2}
    figure = paper.iterations(synthetic_results.grades(means, ("arm",)))
    assert figure.finding.startswith("M_1 is below M_0") and "M_2 cannot be told from M_1" in figure.finding
    better, worse = (
        paper.quality(synthetic_results.by_size({"without curation": (0.2, 0), "A_5": (start, 0)})) for start in (0.3, 0.1)
    )
    assert "At 600 pairs: A_5 is above no curation" in better.finding and "A_5 is below no curation" in worse.finding


def test_the_second_model_is_held_against_the_best_way_of_asking_the_first_and_others_as_they_were_asked():
    means = {("M_0",): 0.2, ("M_0 (S_a)",): 0.3, ("M_0 (no tag)",): 0.5, ("M_1",): 0.4, ("M_1 (no tag)",): 0.6}
    means |= {("M_2",): 0.7, ("M_2 (no tag)",): 0.8}
    said = paper.iterations(synthetic_results.grades(means, ("arm",))).finding
    claimed = [words.partition(" (+")[0].partition(" (−")[0] for words in said.split("; ")]
    assert claimed == [
        "M_1 is above M_0",
        "M_1 is below M_0 (no tag)",
        "M_1 (no tag) is above M_0 (no tag)",
        "M_2 is above M_1",
    ]


def test_one_kept_pair_is_not_told_from_the_pool():
    pool = pd.DataFrame({"instruction": "Write a poem.", "output": ["x" * n for n in range(300, 900)]})
    sets = {"seed": pool.assign(instruction="Who?").head(50), "A^(1)": pool.tail(1), "all augmented": pool}
    texts = pd.concat([rows.assign(dataset=name) for name, rows in sets.items()], ignore_index=True)
    said = paper.data_statistics(texts).finding
    assert said.startswith("Mean length of outputs: A^(1) cannot be told from all augmented (+") and "too few to tell" in said
    texts.loc[0, "instruction"] = "Write a poem."
    said = icicle.diversity(texts).finding
    assert said.startswith("The share of A^(1) that parses cannot be told from that of seed") and "too few to tell" in said


def selections(**chosen: range) -> pd.DataFrame:
    """Thirty pairs, every second one good, and the places of those that each selector chose."""
    pairs = pd.DataFrame({"pair_id": [f"p{n}" for n in range(30)], "good": [n % 2 == 0 for n in range(30)]})
    return pd.concat(
        [pairs.assign(selector=name, selected=pairs.index.isin(places)) for name, places in chosen.items()], ignore_index=True
    )


def test_a_selector_is_held_against_the_one_before_it_even_if_another_chose_nothing_that_is_known():
    said = paper.selection(selections(best=range(0), first=range(0, 20, 2), second=range(1, 20, 2))).finding
    assert said == "Precision: second is below first (−1.00 [−1.00, −1.00])"
    said = paper.selection(selections(first=range(1), second=range(1, 2))).finding
    assert said == "Precision: second cannot be told from first (−1.00 [too few to tell])"
    said = paper.selection(selections(first=range(0), second=range(0))).finding
    assert said == "Precision: nothing to compare, too few of the known pairs are selected"


def test_data_sets_without_a_common_size_say_what_is_compared():
    small = synthetic_results.by_size({"seed only": (0.2, 0.0)}, sizes=(50, 100))
    large = synthetic_results.by_size({"joint": (0.3, 0.0)}, sizes=(400, 800))
    assert "At 800 against 100 pairs: joint is above seed only" in paper.joint(pd.concat([small, large])).finding


# --- How it looks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_titles_and_notes_do_not_overlap_and_can_be_read(name, width):
    figure = SHOWN[name].draw(**INPUTS[name], width=width)
    assert min(text.get_fontsize() for text in texts(figure)) >= 7
    captions = [figure._suptitle, *(text for axes in figure.axes for text in (axes._left_title, axes.title, axes.xaxis.label))]
    boxes = [text.get_window_extent() for text in captions if text.get_text() and text.get_visible()]
    for place, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:place]), captions[place].get_text()
    inches = figure.get_tightbbox().width
    assert inches <= width * 1.15


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_an_estimate_and_its_interval_stay_on_one_line_and_no_title_is_cut_at_column_width(width):
    for name in ("joint", "scaling", "iterations", "data_statistics", "selection"):
        lines = SHOWN[name].draw(**INPUTS[name], width=width)._suptitle.get_text().split("\n")
        assert all(line.count("(") == line.count(")") and line.count("[") == line.count("]") for line in lines), lines
        assert "…" not in lines[-1] or width == WIDE


@pytest.mark.parametrize("name", ["quality", "efficiency", "joint"])
def test_lines_differ_without_colour(drawn, name):
    for axes in drawn[name].axes:
        looks = [(line.get_marker(), line.get_linestyle()) for line in axes.lines if len(line.get_xdata()) > 1]
        assert len(looks) == len(set(looks)) >= 2


def test_a_thing_has_one_colour_in_every_figure():
    assert {figures.colour_of(name) for name in ("A_5", "A_5^(2)", "kept", "Humpback", "M_2")} == {figures.COLOURS["kept"]}
    assert {figures.colour_of(name) for name in ("seed", "seed only", "M_0", "Open Assistant")} == {figures.COLOURS["seed"]}
    assert figures.colour_of("Alpaca-GPT4") != figures.colour_of("Alpaca") and figures.colour_of("mine") is None


def test_one_size_and_strange_names_are_drawn_as_they_are():
    one = synthetic_results.by_size({"without curation": (0.1, 0), "A_5": (0.2, 0)}, sizes=(600,))
    assert "600" in words(paper.quality(one))
    grades = INPUTS["improved_prompts"]["ours"]
    odd = grades.assign(family=grades.family.str.replace("river", "$x_{ & <b> %"))
    assert "$x { & <b> %" in words(paper.improved_prompts(odd))


def test_instructions_of_which_none_parses_have_an_empty_icicle():
    ours = pd.DataFrame({"dataset": ["seed", "kept"], "instruction": ["Who?", "ما هي؟"]})
    figure = icicle.diversity(ours)
    assert "0% of n = 1 parse" in words(figure) and figure.finding == "No instruction parses"


# --- Saving ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tags", "diversity"])
def test_a_figure_is_saved_as_png_svg_and_csv_and_twice_the_same(drawn, tmp_path, name):
    png, svg, csv = paper.save(drawn[name], tmp_path / "a", name)
    again = paper.save(SHOWN[name].draw(**INPUTS[name]), tmp_path / "b", name)
    assert [path.read_bytes() for path in (png, svg, csv)] == [path.read_bytes() for path in again]
    assert Image.open(png).text["Description"] == drawn[name].alt
    assert "<title>" in svg.read_text("utf-8") and "This run" in svg.read_text("utf-8"), "text stays text"
    read = pd.read_csv(csv)
    assert list(read.columns) == list(drawn[name].data.columns)
    assert np.allclose(read.value, drawn[name].data.value, equal_nan=True)


def test_other_data_can_be_saved_beside_a_figure(drawn, tmp_path):
    *_, csv = paper.save(drawn["tags"], tmp_path, "tags", pd.DataFrame({"x": [1]}))
    assert csv.read_text("utf-8") == "x\n1\n"


# --- Verbs and objects ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("instruction", "found"),
    [
        ("Write a short story about a fox.", ("write", "story")),
        ("Can you please give me some tips for growing tomatoes?", ("give", "tip")),
        ("How do I bake sourdough bread?", ("bake", "bread")),
        ("I have an oven. Suggest three easy recipes!", ("suggest", "recipe")),
        ("I would like you to summarise the following article:\nRain fell.", ("summarise", "article")),
        ("GENERATE A LIST OF NAMES", ("generate", "list")),
        ("Describe the history of the city's old bridges", ("describe", "history")),
        ("Explain photosynthesis", ("explain", "photosynthesis")),
        ("Draft a reply to this family", ("draft", "reply")),
        ("Name the boss of the bus company's analysis", ("name", "boss")),
        ("What is the capital of France?", None),
        ("Do you think so?", None),
        ("Explain how it works", None),
        ("Write concisely", None),
        ("Write", None),
        ("", None),
        ("写一个故事", None),
        ("please " * 5_000, None),
    ],
)
def test_verb_and_object_of_a_request_are_found(instruction, found):
    assert parse(instruction) == found


def test_what_does_not_parse_is_left_out_of_the_table():
    table = verb_nouns(["Write a poem.", "Why?", "Write an ode."])
    assert table.to_dict("list") == {"verb": ["write", "write"], "noun": ["poem", "ode"]}
