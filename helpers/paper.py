"""What the paper states: tags, settings, sizes, thresholds and every published number, as data.

Paper: Li et al., *Self-Alignment with Instruction Backtranslation*, arXiv 2308.06259. Two versions are in use and
number their tables and figures differently: v1 (11 August 2023) and v3 (12 March 2024, the ICLR 2024 text). Every
group below carries both numbers. Numbers that only v3 has were taken from a third party's notes on v3 and say so.

The iterations are counted in one way everywhere: M_0 -> A^(1) -> M_1 -> A^(2) -> M_2. M_(t-1) chooses the pairs A^(t),
and M_t is trained on them (v1 Figure 1). One sentence of v1 section 2.3 calls the pairs that train M_t A^(t-1); it means
the same sets.

`pandas.DataFrame(paper.SCALING.rows)` turns a group into a frame whose columns are the group's fields. `.note` says what
a reader must know before comparing with it.
"""

from collections import namedtuple
from typing import Any, NamedTuple

SEED_TAG = "Answer in the style of an AI Assistant."
"""S_a, the sentence appended to seed examples (v1 section 2.3). Its separator and exact place are not published."""

WEB_TAG = "Answer with knowledge from web search."
"""S_w, the sentence appended to augmented examples (v1 section 2.3). With both, inference scores highest (v1 Table 8)."""

TEMPERATURE, TOP_P = 0.7, 0.9
"""Settings of nucleus sampling. The paper says nothing else about generation (v1 section 3.1)."""

ITERATIONS = 2
"""Rounds of curation and fine-tuning: M_0 chooses the pairs for M_1, and M_1 chooses them for M_2 (v1 section 2.3)."""

SCORE_RANGE = (1, 5)
"""Lowest and highest rating of a pair (v1 Table 1, v3 Table 19)."""

A4_THRESHOLD, A5_THRESHOLD = 4.0, 4.5
"""Lowest score kept in A_4 and in A_5 (v1 section 3.3). The scaling study says k = 5 for the set that section 3.3 keeps
from 4.5 on. The paper does not explain how a whole-number rating becomes 4.5; it may be the mean of several sampled ratings."""

SEGMENT_CHARACTERS = (600, 3000)
"""Length in characters of the shortest and of the longest web segment (v3 appendix E, from notes on v3)."""

SEED_PAIRS, SEGMENTS, A5_PAIRS, A4_PAIRS = 3_200, 502_133, 41_821, 195_043
"""Seed pairs (English first turns of Open Assistant, human rank 0), web segments of ClueWeb22, and the sets A_5^(2) and
A_4^(2) that M_1's ratings keep (v1 section 3.1 and Table 2). The sizes of A^(1) are not published."""

TRAINING_PAIRS = 45_021
"""Pairs that train the final models: seed pairs and A_5^(2) together (v1 Figure 4; printed as 45k in v3 Table 3)."""


class FineTuning(NamedTuple):
    """Settings of supervised fine-tuning (v1 section 3.1). The loss is on the output tokens only.

    Not published: epochs, sequence length, optimiser, warm-up, packing, clipping, choice of checkpoint, and whether the
    backward model M_yx or the larger models used other settings.
    """

    learning_rate: float = 1e-5
    final_learning_rate: float = 9e-6  # reached by linear decay at the last step
    weight_decay: float = 0.1
    dropout: float = 0.1
    batch: int = 32  # examples
    small_batch: int = 8  # examples, for sets of fewer than `small_below`
    small_below: int = 3_000


FINE_TUNING = FineTuning()
"""The paper's values."""


class Published(NamedTuple):
    """A table or figure as rows, with its source.

    Fields:
        v1, v3: its place in arXiv v1 and in v3; None where that version has none.
        rows: named tuples. A None in a row was not published.
        error: half-width of the reading error of the rates, in points. It is 0.0 where the numbers are printed. Above 0 they
            were measured in pixels from the authors' picture (ParlAI repository, projects/humpback, 13 August 2023).
        note: what the numbers are, with their units, and what to watch for in a comparison.
    """

    v1: str | None
    v3: str | None
    rows: tuple[Any, ...]
    error: float = 0.0
    note: str = ""

    @property
    def measured(self) -> bool:
        """Whether the numbers were read off a picture instead of printed."""
        return self.error > 0


def _rows(fields: str, *values: tuple) -> tuple[Any, ...]:
    return tuple(map(namedtuple("Row", fields)._make, values))


class Elsewhere(NamedTuple):
    """Numbers of another paper on this one's method.

    Fields:
        source: the paper and the table.
        rows: named tuples.
        note: what the numbers are, with their units.
    """

    source: str
    rows: tuple[Any, ...]
    note: str


# fmt: off
DATA_STATISTICS = Published("Table 2", "Table 1", _rows(
    "dataset pairs instruction_mean instruction_sd output_mean output_sd",
    ("seed", SEED_PAIRS, 148, 322, 1072, 818),
    ("A_5^(2)", A5_PAIRS, 115, 175, 1663, 616),
    ("A_4^(2)", A4_PAIRS, 206, 298, 1985, 649),
    ("all augmented", SEGMENTS, 352, 134, 1722, 653),
), note="Characters. The text says curated outputs are shorter than uncurated ones; those of A_4^(2) are longer.")
"""Sizes of the sets, and the mean and standard deviation of the lengths of their texts (characters)."""

DIVERSITY = Published("Figure 2", "Figure 6", _rows(
    "dataset parsed nouns",
    ("seed", 8, ("essay", "script", "code", "story")),
    ("A_5^(2)", 13, ("article", "recipe", "description", "release")),
), note="Per cent of the instructions whose verb and object were found, as stated, and the nouns named as most frequent. "
        "Neither the parser nor the counts of the wedges are published.")
"""Verbs and objects of the instructions. The picture has no numbers; these are the ones that the text states."""

SCALING = Published("Table 3", "Table 2", _rows(
    "dataset source alpha",
    ("Humpback", "Open Assistant, self-augmented and self-curated (k = 5, 2 iterations)", 6.95),
    ("WizardLLM", "distilled: ChatGPT, GPT-4 (June 2023)", 5.69),
    ("Alpaca-GPT4", "distilled: GPT-4 (April 2023)", 5.40),
    ("Vicuna", "distilled: ChatGPT, GPT-4 (June 2023)", 4.53),
    ("Open Assistant", "human", 4.43),
    ("LIMA", "human, community question answering", 2.86),
    ("Alpaca", "distilled: ChatGPT (March 2023)", 1.99),
    ("FLAN v2", "tasks of language research", 0.22),
), note="7B. The base of the logarithm is not stated: the natural one reproduces LIMA and FLAN v2 from the points of "
        "v1 Figure 4. Humpback's 6.95 does not follow from its own five points, which give 5.7.")
"""Alpha of w = alpha ln N + C: w is the win rate against text-davinci-003 in points, N the number of training pairs."""

ALPACA_EVAL = Published("Table 4", "Table 3", _rows(
    "group model labelled total win",
    ("non-distilled 65B", "Humpback 65B", 3_000, 45_000, 83.71),
    ("non-distilled 65B", "Guanaco 65B", 9_000, 9_000, 71.80),
    ("non-distilled 65B", "LIMA 65B", 1_000, 1_000, 62.70),
    ("non-distilled 33B", "Humpback 33B", 3_000, 45_000, 79.84),
    ("non-distilled 33B", "OASST RLHF 33B", 161_000, 161_000, 66.52),
    ("non-distilled 33B", "Guanaco 33B", 9_000, 9_000, 65.96),
    ("non-distilled 33B", "OASST SFT 33B", 161_000, 161_000, 54.97),
    ("non-distilled 70B", "Humpback 70B", 3_000, 45_000, 87.94),
    ("non-distilled 70B", "LLaMA2 Chat 70B", 1_400_000, 5_700_000, 92.66),
    ("distilled", "Vicuna 33B", 140_000, 140_000, 88.99),
    ("distilled", "WizardLLM 13B", 190_000, None, 86.32),
    ("distilled", "airoboros 65B", 17_000, None, 73.91),
    ("distilled", "Falcon Instruct 40B", 100_000, None, 45.71),
    ("proprietary", "GPT-4", None, None, 95.28),
    ("proprietary", "Claude 2", None, None, 91.36),
    ("proprietary", "ChatGPT", None, None, 89.37),
    ("proprietary", "Claude", None, None, 88.39),
), note="Per cent of 805 prompts won against text-davinci-003, GPT-4 as judge; examples rounded as printed (3k). "
        "`total` and the 70B rows are in v3 only (notes on v3; `total` of Guanaco, LIMA and OASST unverified).")
"""AlpacaEval win rates (per cent), with the labelled and the total training examples."""

ALPACA_EVAL_RECORDS = Published(None, None, _rows(
    "model wins losses draws win standard_error mean_length",
    ("Humpback 65B", 672, 130, 2, 83.706, 1.307, 1269),
    ("Humpback 70B", 706, 96, 2, 87.935, 1.155, 1822),
), note="From the leaderboard of the AlpacaEval repository (tatsu-lab/alpaca_eval), version 1; 804 of 805 prompts "
        "judged. Rates and errors in per cent, lengths in characters.")
"""The exact counts behind two rows of `ALPACA_EVAL`."""

COMMONSENSE = Published("Table 5", "Table 4", _rows(
    "model siqa piqa arc_easy arc_challenge openbookqa mmlu",
    ("LLaMA 33B", 50.2, 82.2, 80.0, 54.8, 58.6, 49.5),
    ("Humpback 33B", 53.42, 74.54, 84.44, 68.50, 46.4, 55.4),
    ("LLaMA 65B", 52.3, 82.8, 78.9, 56.0, 60.2, 54.8),
    ("Humpback 65B", 60.44, 78.9, 88.67, 72.96, 64.0, 59.0),
), note="The MMLU column is in v3 only (notes on v3). PIQA falls at both sizes, OpenBookQA at 33B.")
"""Zero-shot accuracy by the likelihood of the right answer, per cent."""

MMLU_DOMAINS = Published("Table 6", "Table 7", _rows(
    "model shots humanities stem social other average",
    ("LLaMA 65B", 5, 61.8, 51.7, 72.9, 67.4, 63.4),
    ("LLaMA 65B", 0, 63.0, 42.5, 62.3, 57.5, 54.8),
    ("Humpback 65B", 0, 65.6, 47.6, 68.1, 60.8, 59.0),
), note="`average` is not the mean of the four domains, which differ in size.")
"""MMLU accuracy by domain, per cent."""

SELECTION = Published("Table 7", "Table 9", _rows(
    "selector precision recall win standard_error",
    ("M_0", 0.44, 0.09, 35.71, 3.02),
    ("M_1", 0.52, 0.44, 37.70, 3.06),
    ("GPT-4", 0.88, 0.92, 41.04, 3.11),
), note="Precision and recall (0 to 1) on 250 pairs labelled by one author, 20 % good. Win rate (per cent, against "
        "text-davinci-003) of a 7B model trained on 100 selected pairs; its standard error fits about 250 prompts.")
"""How well each selector finds the good pairs, and the win rate of a model trained on its selection."""

TAGS = Published("Table 8", "Table 5", _rows(
    "training inference win standard_error",
    ("S_a seed, S_w augmented", "{S_a, S_w}", 66.47, 3.04),
    ("none", "none", 59.96, 3.09),
    ("S_a seed, S_w augmented", "S_a", 62.69, 3.06),
    ("S_a seed, S_w augmented", "none", 62.70, 3.07),
), note="7B; the number of training pairs is not stated; the standard errors fit about 250 prompts.")
"""Tags in training and at inference: win rate against text-davinci-003, per cent."""

IMPROVED_PROMPTS = Published("Table 9", "Table 8", _rows(
    "kind prompts",
    ("reasoning", 3), ("information seeking", 15), ("advice", 15), ("writing", 6), ("recipe", 2),
), note="41 of 251 prompts on which the seed model does not beat the baseline and Humpback does. The changes in the "
        "other direction are not published.")
"""Prompts that only Humpback wins, by kind."""

CROWS_PAIRS = Published("Table 10", "Table 6", _rows(
    "category pairs humpback llama",
    ("race-color", 516, 60.27, 48.64),
    ("socioeconomic", 172, 60.47, 54.65),
    ("gender", 262, 45.42, 50.0),
    ("disability", 60, 80.0, 45.0),
    ("nationality", 159, 66.67, 50.94),
    ("sexual-orientation", 84, 58.33, 52.38),
    ("physical-appearance", 63, 58.73, 44.44),
    ("religion", 105, 73.33, 50.48),
    ("age", 87, 66.67, 51.72),
    ("average", 1508, 60.28, 50.0),
), note="`pairs` is the benchmark's own count (Nangia et al. 2020), not in the paper; with it the printed averages "
        "come out as averages over pairs. Model size and prompt are not stated.")
"""CrowS-Pairs: share of biased statements detected, per cent."""

SCALING_STEPS = Published("Table 18", "Table 18", _rows(
    "pairs batch steps",
    (100, 8, 30), (800, 8, 300), (1600, 8, 600), (3200, 32, 500),
    (6400, 32, 600), (12800, 32, 600), (25600, 32, 1200), (51200, 32, 1600),
), note="7B, the same for every data set of v1 Figure 4. Batch in examples.")
"""Batch and optimiser steps by number of training pairs."""

QUALITY = Published("Figure 3", "Figure 2", _rows(
    "dataset pairs win",
    ("without curation", 3200, 51.6), ("without curation", 6400, 49.2),
    ("without curation", 12800, 51.2), ("without curation", 25600, 51.8),
    ("A_4^(2)", 3200, 55.7), ("A_4^(2)", 6400, 60.2), ("A_4^(2)", 12800, 65.9), ("A_4^(2)", 25600, 67.7),
    ("A_5^(2)", 3200, 61.5), ("A_5^(2)", 6400, 67.2), ("A_5^(2)", 12800, 69.8), ("A_5^(2)", 25600, 71.3),
), error=0.3, note="7B. The bars carry error bars of about 2.95. The values of A_5^(2) are those of Humpback in "
                   "v1 Figure 4 at 3,200 pairs more, so the seed pairs seem to be trained on too: compare with Open "
                   "Assistant at 3,200.")
"""Win rate against text-davinci-003 (per cent) by number of augmented pairs, with and without curation."""

DATA_EFFICIENCY = Published("Figure 4", "Figure 3", _rows(
    "dataset pairs win",
    ("Humpback", 6400, 61.55), ("Humpback", 9600, 67.3), ("Humpback", 16000, 69.9),
    ("Humpback", 28800, 71.35), ("Humpback", TRAINING_PAIRS, 74.1),
    ("Open Assistant", 100, 37.1), ("Open Assistant", 800, 49.45),
    ("Open Assistant", 1600, 45.7), ("Open Assistant", 3200, 53.6),
    ("Vicuna", 100, 38.1), ("Vicuna", 800, 51.8), ("Vicuna", 1600, 53.0),
    ("Vicuna", 12800, 59.3), ("Vicuna", 25600, 58.8), ("Vicuna", 51200, 68.5),
    ("Alpaca-GPT4", 100, 33.0), ("Alpaca-GPT4", 800, 45.3), ("Alpaca-GPT4", 1600, 46.3),
    ("Alpaca-GPT4", 12800, 60.95), ("Alpaca-GPT4", 25600, 66.3), ("Alpaca-GPT4", 51200, 62.7),
    ("WizardLLM", 100, 26.8), ("WizardLLM", 1600, 44.7), ("WizardLLM", 12800, 60.1),
    ("WizardLLM", 25600, 59.2), ("WizardLLM", 51200, 56.2),
    ("Alpaca", 100, 10.7), ("Alpaca", 800, 13.5), ("Alpaca", 1600, 14.5),
    ("Alpaca", 12800, 23.0), ("Alpaca", 25600, 20.3), ("Alpaca", 51200, 23.6),
    ("LIMA", 100, 23.8), ("LIMA", 800, 29.8),
    ("FLAN v2", 100, 3.4), ("FLAN v2", 51200, 4.8),
), error=0.3, note="7B. WizardLLM at 12,800 and 25,600 lies under other markers and is less certain than the rest.")
"""Win rate against text-davinci-003 (per cent) by number of training pairs, eight data sets."""

HUMAN_PREFERENCE = Published("Figure 6", "Figure 4", _rows(
    "against win tie lose",
    ("LIMA 65B", 55.6, 6.7, 37.8),
    ("Claude", 59.4, 7.5, 33.1),
    ("Guanaco 65B", 59.6, 11.0, 29.4),
    ("davinci-003", 66.7, 13.5, 19.8),
    ("Falcon-Instruct 40B", 81.4, 3.8, 14.9),
), error=0.3, note="Notes on v3 give the same numbers. The number of judgements is not published.")
"""Share of human judgements (per cent) in which Humpback 65B wins against, ties with or loses to another model."""

MODEL_SCALING = Published("Figure 5", "Figure 7", (), note=(
    "A picture without numbers. Stated: 7B and 65B both rise with the amount of A_5 and are not saturated at 40,000."
))
"""Scaling of the data and of the model together."""

JOINT_TRAINING = Published("Figure 7", "Figure 5", (), note=(
    "A picture without numbers. Stated: augmented pairs alone do not help uncurated; curated they help more the more "
    "there are, but less than as many seed pairs; both together gain most."
))
"""Models trained on seed pairs only, on augmented pairs only, and on both."""

EVALUATION_POOL = Published("section 3.1", None, _rows(
    "source prompts",
    ("Vicuna", 80), ("Self-Instruct", 252), ("Open Assistant", 188), ("Koala", 156), ("HH_RLHF", 129),
    ("LIMA", 300), ("authors", 64),
), note="1,130 prompts once duplicates are gone. The first five sources are AlpacaEval's 805 prompts; the development "
        "set is 250 others (256 in v3).")
"""Sources of the evaluation prompts."""

RUBRICS_COMPARED = Elsewhere("Self-Rewarding Language Models (Yuan et al. 2024, arXiv 2401.10020), appendix, Table 5", _rows(
    "rubric pairwise five_best exact spearman kendall",
    ("five levels", 26.6, 23.5, 1.1, -0.18, -0.16),
    ("additive", 65.1, 39.6, 10.1, 0.25, 0.23),
), "The same fine-tuned Llama-2 70B under this paper's rubric of five levels and under one that adds points, against the "
   "ranks that people gave to answers of Open Assistant. The first three in per cent; correlations -1 to 1.")
"""What a later paper found about the judge of this one."""

JUDGE_TRAINED = Elsewhere("Self-Rewarding Language Models (Yuan et al. 2024, arXiv 2401.10020), Table 4", _rows(
    "model pairwise five_best exact spearman kendall",
    ("SFT", 65.1, 39.6, 10.1, 0.253, 0.233),
    ("M_1", 78.7, 41.5, 13.1, 0.279, 0.253),
    ("M_2", 80.4, 44.3, 14.3, 0.331, 0.315),
    ("M_3", 81.7, 43.2, 14.3, 0.349, 0.324),
), "The additive rubric under the models of that paper's own iterations, which are not those of this one.")
"""How a judge got better when it was trained to judge."""
# fmt: on
