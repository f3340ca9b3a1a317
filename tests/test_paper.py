"""The published numbers agree with one another: sums, shares, standard errors, and the scaling fit."""

import math
from statistics import linear_regression

import pytest

from helpers import paper

GROUPS = {name: value for name, value in vars(paper).items() if isinstance(value, paper.Published)}


def row(group, first):
    """The row of `group` whose first field is `first`."""
    return next(row for row in group.rows if row[0] == first)


def alpha(dataset, log=math.log):
    """Slope of the win rate over the logarithm of the training pairs, from the points of v1 Figure 4."""
    points = [point for point in paper.DATA_EFFICIENCY.rows if point.dataset == dataset]
    return linear_regression([log(point.pairs) for point in points], [point.win for point in points]).slope


def test_every_table_and_figure_of_the_results_is_there_once():
    places = [group.v1 for group in GROUPS.values() if group.v1]
    wanted = {f"Table {n}" for n in (*range(2, 11), 18)} | {f"Figure {n}" for n in range(2, 8)}
    assert wanted <= set(places)
    assert len(places) == len(set(places))


def test_figures_are_measured_and_tables_are_printed():
    stated = {"DIVERSITY"}  # numbers that stand in the text beside a figure
    for name, group in GROUPS.items():
        drawn = (group.v1 or "").startswith("Figure") and bool(group.rows) and name not in stated
        assert group.measured == drawn, name


def test_seed_pairs_and_curated_pairs_add_up_to_the_training_pairs():
    assert paper.SEED_PAIRS + paper.A5_PAIRS == paper.TRAINING_PAIRS
    assert max(point.pairs for point in paper.DATA_EFFICIENCY.rows if point.dataset == "Humpback") == 45_021


def test_curation_keeps_8_and_39_per_cent_of_the_segments():
    kept = {name: 100 * pairs / paper.SEGMENTS for name, pairs in (("A_5", paper.A5_PAIRS), ("A_4", paper.A4_PAIRS))}
    assert kept == {"A_5": pytest.approx(8.3, abs=0.05), "A_4": pytest.approx(38.8, abs=0.05)}


def test_curated_segments_lie_within_the_length_filter_on_average():
    low, high = paper.SEGMENT_CHARACTERS
    assert all(low < row.output_mean < high for row in paper.DATA_STATISTICS.rows)


@pytest.mark.parametrize("group", ["SELECTION", "TAGS"])
def test_standard_errors_are_those_of_about_250_prompts(group):
    for run in GROUPS[group].rows:
        p = run.win / 100
        assert 100 * math.sqrt(p * (1 - p) / 250) == pytest.approx(run.standard_error, abs=0.06)


def test_alpaca_eval_rates_follow_from_the_counts():
    for record in paper.ALPACA_EVAL_RECORDS.rows:
        n = record.wins + record.losses + record.draws
        p = (record.wins + record.draws / 2) / n
        assert n == 804
        assert 100 * p == pytest.approx(record.win, abs=0.001)
        assert 100 * math.sqrt(p * (1 - p) / n) == pytest.approx(record.standard_error, abs=0.01)
        assert next(r.win for r in paper.ALPACA_EVAL.rows if r.model == record.model) == round(record.win + 1e-9, 2)


@pytest.mark.parametrize("dataset", ["LIMA", "FLAN v2", "Alpaca-GPT4"])
def test_alpha_is_per_natural_logarithm(dataset):
    printed = row(paper.SCALING, dataset).alpha
    # Two points read to +-0.3 each put +-0.29 on LIMA's slope over ln 8.
    assert alpha(dataset) == pytest.approx(printed, abs=0.3)
    assert abs(alpha(dataset, math.log10) - printed) > 0.25


def test_alpha_of_humpback_does_not_follow_from_its_own_points():
    assert alpha("Humpback") == pytest.approx(5.73, abs=0.02)
    assert row(paper.SCALING, "Humpback").alpha - alpha("Humpback") > 1


def test_curated_bars_are_the_data_efficiency_points_with_the_seed_added():
    line = {point.pairs: point.win for point in paper.DATA_EFFICIENCY.rows if point.dataset == "Humpback"}
    for bar in paper.QUALITY.rows:
        if bar.dataset == "A_5^(2)":
            assert line[bar.pairs + paper.SEED_PAIRS] == pytest.approx(bar.win, abs=2 * paper.QUALITY.error)


def test_batches_follow_the_rule_of_the_fine_tuning_section():
    rule = paper.FINE_TUNING
    for run in paper.SCALING_STEPS.rows:
        assert run.batch == (rule.small_batch if run.pairs < rule.small_below else rule.batch)
        assert 1 <= run.batch * run.steps / run.pairs <= 5, "passes over the data"


def test_improved_prompts_are_16_per_cent_of_251():
    total = sum(row.prompts for row in paper.IMPROVED_PROMPTS.rows)
    assert total == 41
    assert round(100 * total / 251) == 16


def test_bias_averages_are_averages_over_pairs():
    *categories, average = paper.CROWS_PAIRS.rows
    assert sum(row.pairs for row in categories) == average.pairs
    for model in ("humpback", "llama"):
        detected = [row.pairs * getattr(row, model) / 100 for row in categories]
        assert all(abs(count - round(count)) < 0.02 for count in detected), "a rate is a whole number of pairs"
        assert 100 * sum(detected) / average.pairs == pytest.approx(getattr(average, model), abs=0.01)


def test_mmlu_averages_agree_between_the_two_tables():
    by_domain = {row.model: row.average for row in paper.MMLU_DOMAINS.rows if row.shots == 0}
    assert by_domain == {row.model: row.mmlu for row in paper.COMMONSENSE.rows if row.model in by_domain}


def test_human_preferences_are_whole():
    for row in paper.HUMAN_PREFERENCE.rows:
        assert row.win + row.tie + row.lose == pytest.approx(100, abs=0.11)


def test_five_sources_of_the_pool_are_alpaca_eval():
    prompts = [row.prompts for row in paper.EVALUATION_POOL.rows]
    assert sum(prompts[:5]) == 805
    assert sum(prompts) == 1169, "1,130 once duplicates are gone"


def test_best_tags_are_the_ones_never_seen_together_in_training():
    best = max(paper.TAGS.rows, key=lambda run: run.win)
    assert best.inference == "{S_a, S_w}"
    assert paper.SEED_TAG != paper.WEB_TAG
    assert all(tag.startswith("Answer ") and tag.endswith(".") for tag in (paper.SEED_TAG, paper.WEB_TAG))
