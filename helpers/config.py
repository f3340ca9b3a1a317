"""One frozen dataclass a stage; presets by ``replace``. Each field says where its value comes from and where it departs.

Knows nothing of torch. ``PRESETS["paper"]`` documents the paper's settings; what another preset changes is exactly what is
written in it.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

from helpers import paper


@dataclass(frozen=True)
class Base:
    """The base model that all adapters sit on."""

    path: str = "artifacts/mini-base"
    """A folder (relative to the repository) or a name on the Hugging Face hub."""
    four_bit: bool = True
    """NF4 with double quantisation. Departs: the paper fine-tunes all weights of LLaMA in 16 bits."""
    dtype: str = "bf16"
    """Of the computation: ``bf16``, ``fp16`` (cards before Ampere) or ``fp32``."""


@dataclass(frozen=True)
class Training:
    """Fine-tuning of one adapter (section 3.1; v1 Table 18)."""

    steps: int = 500
    """Optimiser steps. Paper: 500 for 3,200 examples; the number for the final models is not published."""
    batch: int = paper.FINE_TUNING.batch
    """Examples a step. Paper: 32, and 8 under 3,000 examples."""
    micro_batch: int = 32
    """Examples held in memory at once; batch / micro_batch steps are accumulated. Does not change the result."""
    learning_rate: float = paper.FINE_TUNING.learning_rate
    final_learning_rate: float = 0.0
    """Where the linear decay ends. Paper: 9e-6. Departs: 0, which adapters with short schedules need."""
    warm_up: float = 0.1
    """Share of the steps. Not published."""
    weight_decay: float = 0.0
    """Paper: .1. Departs: adapters are not decayed."""
    rank: int = 16
    """LoRA rank on all linear layers. Departs: the paper has no adapters."""
    alpha: int = 32
    """LoRA alpha, twice the rank."""
    dropout: float = 0.0
    """Paper: .1."""
    max_tokens: int = 512
    """Longest row, tokens; longer completions are cut. Not published."""
    pack_tokens: int = 256
    """Rows are packed into bins of so many tokens. Does not change the result."""
    precision: str = "bf16"
    """Autocast: ``bf16``, ``fp16`` or ``fp32`` (none). Adapters themselves stay in 32 bits."""
    checkpoint_steps: int = 100


@dataclass(frozen=True)
class Sampling:
    """Generation (section 3.1): nucleus sampling."""

    temperature: float = paper.TEMPERATURE
    top_p: float = paper.TOP_P
    new_tokens: int = 128
    """Longest completion, tokens. Not published."""
    stop: tuple[str, ...] = ()
    """Strings that end a completion."""
    token_budget: int = 8192
    """Tokens a batch may hold, padding included."""
    most_rows: int = 128
    """Rows a batch may hold."""


@dataclass(frozen=True)
class Filters:
    """Thresholds of the filters. None of the paper's, beyond lengths and the four header words, is published."""

    min_chars: int = paper.SEGMENT_CHARACTERS[0]
    """Shortest segment kept, in characters. Paper: 600 (v3 appendix E)."""
    max_chars: int = paper.SEGMENT_CHARACTERS[1]
    """Longest segment kept, in characters; longer trees are cut. Paper: 3,000 (v3 appendix E)."""
    max_header_capitals: float = 0.8
    """Upper-case letters among a header's letters, 0 to 1. Paper: all upper case (v3), "proportion" in v1."""
    max_promotion: int = 1
    """Promotion and boilerplate phrases allowed in a segment. Own rule, after C4's and REInstruct's hand rules."""
    max_bullets: float = 0.9
    """Lines that are list items, 0 to 1, in segments of ten lines or more. Gopher: .9."""
    max_links: float = 0.4
    """Characters inside links, 0 to 1. Own rule, after common boilerplate removers."""
    max_symbols: float = 0.05
    """Characters that are symbols, 0 to 1. After Gopher's .1 symbols a word; code passes."""
    max_numbers: float = 0.5
    """Words that begin with a digit, 0 to 1. After Gopher's .2; departs, because tables of figures are wanted."""
    max_repetition: float = 0.2
    """Sentences that repeat an earlier one, 0 to 1. Paper: n-gram Jaccard of sentence pairs, no number (v3, E)."""
    languages: tuple[str, ...] = ("en",)
    """Languages kept, ISO 639-1; empty keeps all. Paper: the English part of ClueWeb22."""
    min_language: float = 0.001
    """Probability of the kept languages together, 0 to 1, under which a segment is foreign: a table of names is never certainly
    English, a text in another language is certainly not. Own."""
    near_duplicate: float = 0.7
    """Jaccard similarity of word 5-grams that makes two segments duplicates. Own rule; the paper names no method."""
    contamination_words: int = 13
    """Words in a row shared with an evaluation prompt; a shorter prompt counts whole. GPT-3: 13."""
    prompts: tuple[str, ...] = field(default=(), repr=False)
    """Evaluation prompts to decontaminate against; empty skips it."""
    disabled: tuple[str, ...] = ()
    """Names of rules that are switched off."""

    def __post_init__(self) -> None:
        if self.min_chars > self.max_chars:
            raise ValueError(f"min_chars {self.min_chars} is above max_chars {self.max_chars}: no segment can be kept")


@dataclass(frozen=True)
class Corpus:
    """Web pages to segments (section 2.1; v3 appendix E)."""

    paths: tuple[str, ...] = ()
    """Files or folders of WARC, HTML, JSONL, Parquet or text."""
    filters: Filters = Filters()
    text_column: str | None = None
    """Column of JSONL and Parquet that holds the text; None finds the usual names."""
    evaluation_prompts: tuple[str, ...] = ()
    """Prompt files against which segments are decontaminated."""
    most_segments: int | None = None
    """Segments kept, the first ones; None keeps all."""


@dataclass(frozen=True)
class SeedModels:
    """M_yx and M_0 from the seed pairs (sections 2.2 and 2.3)."""

    seed: str = ""
    """Seed pairs: JSONL, JSON or Parquet."""
    backward: Training = Training()
    forward: Training = Training()


@dataclass(frozen=True)
class Curation:
    """Ratings and the default decision (section 2.3)."""

    judge: str = "rating"
    """``rating`` (the paper's 1-5 score) or ``dual_likelihood`` (ranks of log p(y|x) and log p(x|y) added)."""
    rule: str = "at_least"
    """``at_least`` a score, the ``top`` so many pairs, or the top ``quantile``."""
    value: float = paper.A5_THRESHOLD
    rubric: str = ""
    """A text file with the rubric a chat model is shown; empty takes the kit's own."""
    tag: str = "both"
    """Inference mode under which log p(y|x) is read (``prompts.INFERENCE_TAGS``)."""


@dataclass(frozen=True)
class Forward:
    """M_t from seed and curated pairs (section 2.3)."""

    pairs: int | None = None
    """Web pairs an arm trains on; None takes all that the decision keeps."""
    seed_copies: int = 1
    """How often each seed pair stands in the training rows."""
    training: Training = Training(steps=1600)


@dataclass(frozen=True)
class Evaluation:
    """Answers to prompts and their grades."""

    prompts: str = ""
    """JSONL with an ``instruction`` a line."""
    per_family: int | None = None
    """Prompts asked of a family, the first ones; None asks all."""
    tag: str = "both"
    """Inference mode of every comparison. Paper: {S_a, S_w} is best (v1 Table 8, v3 Table 5)."""
    other_tags: tuple[str, ...] = ()
    """Modes under which the arms of ``experiments.UNDER_EVERY_TAG`` answer as well."""
    sampling: Sampling = Sampling()
    arms: tuple[str, ...] = ()
    """Comparison arms trained beside M_1 and M_2 (``experiments.ARMS`` and ``experiments.SECOND``)."""
    truth: str = ""
    """Parquet with the hidden truth of a generated world; empty where there is none, as on the real web."""
    bootstrap: int = 2000
    """Resamples behind each interval."""


@dataclass(frozen=True)
class Preset:
    """All settings of a run."""

    name: str
    base: Base = Base()
    corpus: Corpus = Corpus()
    seed_models: SeedModels = SeedModels()
    augmentation: Sampling = Sampling()
    curation: Curation = Curation()
    forward: Forward = Forward()
    evaluation: Evaluation = Evaluation()


PAPER = Preset(
    name="paper",
    base=Base(path="huggyllama/llama-7b", four_bit=False),
    seed_models=SeedModels(
        backward=Training(final_learning_rate=9e-6, weight_decay=0.1, dropout=0.1),
        forward=Training(final_learning_rate=9e-6, weight_decay=0.1, dropout=0.1),
    ),
    forward=Forward(training=Training(steps=1600, final_learning_rate=9e-6, weight_decay=0.1, dropout=0.1)),
)

_QLORA = Training(learning_rate=2e-4, max_tokens=1024, pack_tokens=2048, micro_batch=4)

SINGLE_GPU = replace(
    PAPER,
    name="single_gpu",
    base=Base(path="Qwen/Qwen3-8B-Base"),
    seed_models=SeedModels(backward=_QLORA, forward=_QLORA),
    forward=Forward(training=replace(_QLORA, steps=1600)),
)

_T4 = replace(_QLORA, precision="fp16", micro_batch=1)

T4 = replace(
    SINGLE_GPU,
    name="t4",
    base=Base(path="Qwen/Qwen3-1.7B-Base", dtype="fp16"),
    seed_models=SeedModels(backward=_T4, forward=_T4),
    forward=Forward(training=replace(_T4, steps=600)),
)

_SHORT = Training(steps=40, learning_rate=3e-4, pack_tokens=160, checkpoint_steps=50)
_MINI_WEB = "artifacts/mini-web/draw-0"

TINY = replace(
    PAPER,
    name="tiny",
    base=Base(),
    corpus=Corpus(
        paths=(f"{_MINI_WEB}/crawl",),
        filters=Filters(min_chars=60, max_chars=600),
        evaluation_prompts=(f"{_MINI_WEB}/eval_dev.jsonl", f"{_MINI_WEB}/eval_test.jsonl"),
        most_segments=2400,
    ),
    seed_models=SeedModels(
        seed=f"{_MINI_WEB}/seed.jsonl",
        backward=replace(_SHORT, learning_rate=1e-4),
        forward=replace(_SHORT, steps=300, learning_rate=2e-3),
    ),
    augmentation=Sampling(new_tokens=40),
    curation=Curation(judge="dual_likelihood", rule="top", value=600),
    forward=Forward(pairs=600, seed_copies=1, training=replace(_SHORT, steps=200, learning_rate=4e-3)),
    evaluation=Evaluation(
        prompts=f"{_MINI_WEB}/eval_test.jsonl",
        sampling=Sampling(temperature=0.0, new_tokens=96),
        arms=("seed_only", "uncurated", "oracle"),
        other_tags=("seed",),
        truth=f"{_MINI_WEB}/truth.parquet",
    ),
)
"""The mini base on the mini web. Of the grid in the model card, M_0 has the point of its own best dev score; all arms have the
one that is best for ``dual_likelihood``, and for oracle among those of at most 200 steps, which is what a run has time for.
With those of M_yx its instructions stay as right as the untuned base's."""

ABLATION = replace(
    TINY,
    name="ablation",
    evaluation=replace(
        TINY.evaluation,
        arms=(
            "seed_only",
            "uncurated",
            "oracle",
            "rated",
            "uncurated_matched",
            "likely_right",
            "likely_wrong",
            "bf16",
            "half",
            "rated_2",
            "half_own",
            "half_other",
        ),  # fmt: skip
        other_tags=("seed", "web", "none"),
    ),
)
"""``tiny`` with all arms, five of them under all inference modes: what ``python -m helpers ablate`` runs on several draws."""

_EIGHT = Training(steps=8, batch=8, learning_rate=1e-3, checkpoint_steps=4)

SMOKE = replace(
    TINY,
    name="smoke",
    corpus=replace(TINY.corpus, most_segments=200),
    seed_models=replace(TINY.seed_models, backward=_EIGHT, forward=_EIGHT),
    curation=replace(TINY.curation, value=50),
    forward=replace(TINY.forward, pairs=50, training=_EIGHT),
    evaluation=replace(TINY.evaluation, per_family=2, arms=("rated", "rated_2"), bootstrap=200),
)
"""``tiny`` cut down until every notebook runs in seconds: it checks that the kit works here, its numbers mean nothing."""

PRESETS = {preset.name: preset for preset in (TINY, SMOKE, ABLATION, T4, SINGLE_GPU, PAPER)}


def preset(name: str, draw: int = 0) -> Preset:
    """The preset of that name; those on the mini web with the pages and seed pairs of a draw.

    Raises:
        ValueError: there is none of that name (the message lists them), or the draw is negative.
    """
    if name not in PRESETS:
        raise ValueError(f"unknown preset {name!r}; there are {', '.join(PRESETS)}")
    if draw < 0:
        raise ValueError(f"the seed is {draw}: a draw is 0 or more")
    chosen = PRESETS[name]
    if not chosen.corpus.paths or not chosen.corpus.paths[0].startswith(_MINI_WEB):
        return chosen
    web = f"artifacts/mini-web/draw-{draw}"
    return replace(
        chosen,
        corpus=replace(
            chosen.corpus, paths=(f"{web}/crawl",), evaluation_prompts=(f"{web}/eval_dev.jsonl", f"{web}/eval_test.jsonl")
        ),
        seed_models=replace(chosen.seed_models, seed=f"{web}/seed.jsonl"),
        evaluation=replace(chosen.evaluation, prompts=f"{web}/eval_test.jsonl", truth=f"{web}/truth.parquet"),
    )


def located(path: str | Path) -> Path:
    """A path of a preset: relative ones start at the repository."""
    return Path(__file__).resolve().parents[1] / Path(path).expanduser()
