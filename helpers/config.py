"""One frozen dataclass a stage. Each field says where its value comes from and where it departs from the paper.

A preset (a file in ``presets/``, or a reader's own) fills them in. Fields that name files are marked with ``FILE``: what
they name goes into a stage's manifest by its content, and the path itself does not.
"""

from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

from helpers import paper
from helpers.truth import Truth

FILE = {"file": True}
"""Marks a field that holds the path of an input, or several."""

PLACE = {"place": True}
"""Marks a field that says where the work is done. It is no part of what a stage is: elsewhere it would be the same."""

JUDGES = {"judges": True}
"""Marks a field that holds judges: names, or paths of rubrics, which end in ``.md``."""


@dataclass(frozen=True)
class Base:
    """The base model that all adapters sit on."""

    path: str = field(default="artifacts/mini-base", metadata=FILE)
    """A folder, a ``.gguf`` file, or a name on the Hugging Face hub."""
    four_bit: bool = True
    """NF4 with double quantisation. Departs: the paper fine-tunes all weights of LLaMA in 16 bits."""
    dtype: str = "auto"
    """Of the computation: ``bf16``, ``fp16``, ``fp32``, or ``auto``: the one that is fastest on this machine."""
    endpoint: str = field(default="", metadata=PLACE)
    """Address of an OpenAI-compatible server that has the base and the adapters, up to ``/v1``; empty: this machine
    (``endpoint.open_base``)."""


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
    """Rows are packed into bins of so many tokens, or of the longest row's. Does not change the result."""
    precision: str = "auto"
    """Autocast: ``bf16``, ``fp16`` or ``fp32`` (none); ``auto`` is the base's. Adapters themselves stay in 32 bits."""
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
    """Different promotion and boilerplate phrases allowed in a segment. Own rule, after C4's and REInstruct's hand rules."""
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
    later_pieces: bool = True
    """Whether the second and later pieces of a text cut for its length are kept. They begin in the middle of it. Own rule."""
    near_duplicate: float = 0.7
    """Jaccard similarity of word 5-grams that makes two segments duplicates. Own rule; the paper names no method."""
    contained: float = 0.9
    """Share of a segment's word 5-grams in an earlier one from which it is a copied piece of it, 0 to 1. Own rule."""
    contamination_words: int = 13
    """Words in a row shared with an evaluation prompt; a shorter prompt counts whole. GPT-3: 13."""
    contamination_share: float = 0.8
    """A prompt of six words or more also matches where more than this share of its words, 0 to 1, stands in a segment beside
    the same neighbour; 1 never. Own rule: of prompts in which one word was changed it finds nine in ten."""
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

    pages: tuple[str, ...] = field(default=(), metadata=FILE)
    """Files, folders or ``hf://`` paths of WARC, HTML, JSONL, Parquet or text."""
    filters: Filters = Filters()
    text_column: str | None = None
    """Column of JSONL and Parquet that holds the text; None finds the usual names."""
    prompts: tuple[str, ...] = field(default=(), metadata=FILE)
    """Prompt files against which segments are decontaminated."""
    most_segments: int | None = None
    """Segments kept; None keeps all."""
    first: bool = False
    """Keep the first segments and not a sample over all of them: right where the pages come in random order already."""


@dataclass(frozen=True)
class SeedModels:
    """M_yx and M_0 from the seed pairs (sections 2.2 and 2.3)."""

    seed_pairs: str = field(default="", metadata=FILE)
    """A file of seed pairs in any format of ``seed_pairs.formats``, or an ``hf://`` path."""
    most_pairs: int | None = None
    """Seed pairs used, a sample over all of them; None uses all. Paper: 3,200."""
    held_out: int = 0
    """Seed pairs kept away from all training, at most a fifth of them: for the grader ``held_out`` and the check of judges."""
    backward: Training = Training()
    forward: Training = Training()


@dataclass(frozen=True)
class Curation:
    """Ratings and the default decision (section 2.3)."""

    judges: tuple[str, ...] = field(default=("rating", "log p(y|x)", "log p(x|y)"), metadata=JUDGES)
    """The judges that rate (``judging.judges.JUDGES``); the path of a rubric is a judge as well, named after its file."""
    judge: str = field(default="rating", metadata=JUDGES)
    """The judge that decides: one of ``judges``, or several whose ranks are added, as ``dual_likelihood``."""
    rule: str = "at_least"
    """``at_least`` a score, the ``top`` so many pairs, or the top ``quantile``."""
    value: float = paper.A5_THRESHOLD
    mode: str = "both"
    """Inference mode under which log p(y|x) is read (``prompts.INFERENCE_TAGS``)."""


@dataclass(frozen=True)
class Forward:
    """M_t from seed and curated pairs (section 2.3)."""

    seed_copies: int = 1
    """How often each seed pair stands in the training rows."""
    training: Training = Training(steps=1600)


@dataclass(frozen=True)
class Evaluation:
    """Answers to prompts and their grades."""

    prompts: str = field(default="", metadata=FILE)
    """Prompts to answer; a row needs no more than an ``instruction``."""
    most_prompts: int | None = None
    """Prompts asked, a sample over all of them; None asks all."""
    per_family: int | None = None
    """Prompts asked of a family, the first ones; None asks all."""
    mode: str = "both"
    """Inference mode of every comparison. Paper: {S_a, S_w} is best (v1 Table 8, v3 Table 5)."""
    other_modes: tuple[str, ...] = ()
    """Modes under which some arms answer as well (``experiments.arms``: those with ``every_mode``)."""
    sampling: Sampling = Sampling()
    arms: tuple[str, ...] = ()
    """Comparison arms trained beside M_1 and M_2 (``experiments.arms.ARMS``)."""
    graders: tuple[str, ...] = ("held_out",)
    """How answers are graded (``evaluation.GRADERS``)."""
    bootstrap: int = 2000
    """Resamples behind each interval."""


@dataclass(frozen=True)
class Preset:
    """All settings of a run."""

    name: str
    draw: int = 0
    """Re-draws seed pairs, pages, sampling noise and training order."""
    base: Base = Base()
    corpus: Corpus = Corpus()
    seed_models: SeedModels = SeedModels()
    augmentation: Sampling = Sampling()
    curation: Curation = Curation()
    forward: Forward = Forward()
    evaluation: Evaluation = Evaluation()
    truth: Truth = Truth()
    """What is known about the pages that the method may not read; nothing, on the real web."""
    banner: str = ""
    """A sentence shown at the head of every notebook and of the findings; empty for none."""

    def of(self, stage: str) -> dict[str, Any]:
        """What a stage is opened with (``stages.stage``): its settings, the draw, and the files that its settings name.

        The base belongs to the stage that first trains on it: all later ones depend on its adapters.
        """
        name = stage.partition("-")[0]
        parts = {
            "01_corpus": (self.corpus,),
            "02_seed_models": (self.seed_models, self.base),
            "03_self_augmentation": (self.augmentation,),
            "04_self_curation": (self.curation,),
            "05_forward_model": (self.forward,),
            "06_evaluation": (self.evaluation,),
        }[name]
        config, files = {}, {}
        for part in parts:
            config |= recorded(part)
            files |= {each.name: getattr(part, each.name) for each in fields(part) if each.metadata.get("file")}
        if name == "04_self_curation":  # a moved threshold is the decision's affair, not the ratings'
            config = {"mode": self.curation.mode, "judges": [Path(judge).stem for judge in self.curation.judges]}
            files = {"rubrics": (str(RUBRICS), *(judge for judge in self.curation.judges if judge.endswith(".md")))}
        return {"config": config, "draw": self.draw, "files": {key: value for key, value in files.items() if value}}


RUBRICS = Path(__file__).parent / "prompts" / "rubrics"
"""The kit's rubrics. All of them are an input of the ratings: whoever edits one rates again."""


def recorded(part: Any) -> dict[str, Any]:
    """A dataclass as a dict, without the fields that name files and places."""
    return {
        each.name: recorded(value) if is_dataclass(value := getattr(part, each.name)) else value
        for each in fields(part)
        if not each.metadata.keys() & {*FILE, *PLACE}
    }


def located(path: str | Path) -> Path:
    """A path of the kit's own presets: relative ones start at the repository."""
    return Path(__file__).resolve().parents[1] / Path(path).expanduser()
