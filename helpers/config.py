"""The settings of each stage, as one frozen dataclass. Each field says what its value follows and where it departs.

A preset (a file in ``presets/``, or a file of the reader's) gives the fields their values. A field that names files is
marked with ``FILE``: a stage's manifest records the content of these files and not their path. "Departs" marks a
departure from the paper. "Not published" means that the paper gives no value. "Own rule" means that the rule is the kit's.
"""

from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

from helpers import paper
from helpers.fields import FILE, JUDGES, MEMORY, PLACE, Listed, refuse_impossible
from helpers.judge import named, rubric_of
from helpers.truth import Truth


@dataclass(frozen=True)
class Base:
    """The base model that all adapters sit on."""

    path: str = field(default="artifacts/mini-base", metadata=FILE)
    """A folder, a ``.gguf`` file, or a name on the Hugging Face hub."""
    four_bit: bool = True
    """Whether the weights are kept in NF4 with double quantisation. Departs: the paper fine-tunes all weights in 16 bits."""
    dtype: str = "auto"
    """Number format of the computation: ``bf16``, ``fp16`` or ``fp32``; ``auto`` takes the fastest one on this machine."""
    endpoint: str = field(default="", metadata=PLACE)
    """Address, up to ``/v1``, of an OpenAI-compatible server on which M_yx writes the instructions (notebook 03). If it is
    empty, M_yx runs on this machine. All other stages need the base here, because they train or read logits."""

    def __post_init__(self) -> None:
        refuse_impossible(self)


@dataclass(frozen=True)
class Training:
    """Fine-tuning of one adapter (section 3.1; v1 Table 18)."""

    steps: int = 500
    """Optimiser steps. Paper: 500 for 3,200 examples; the number for the final models is not published."""
    batch: int = paper.FINE_TUNING.batch
    """Examples in one optimiser step. Paper: 32, and 8 for fewer than 3,000 examples."""
    micro_batch: int = field(default=32, metadata=MEMORY)
    """Examples held in memory at once. The gradients of batch / micro_batch of them are added up before each step."""
    learning_rate: float = paper.FINE_TUNING.learning_rate
    """The highest learning rate, reached at the end of the warm-up. Paper: 1e-5."""
    final_learning_rate: float = 0.0
    """Learning rate at the end of the linear decay. Paper: 9e-6. Departs: adapters with short schedules need 0."""
    warm_up: float = 0.1
    """Share of the steps, 0 to 1, in which the learning rate rises. Not published."""
    weight_decay: float = 0.0
    """Paper: .1. Departs: the weights of adapters are not decayed."""
    rank: int = 16
    """Rank of the LoRA adapters, which sit on all linear layers. Departs: the paper has no adapters."""
    alpha: int = 32
    """LoRA alpha, twice the rank."""
    dropout: float = 0.0
    """LoRA dropout, 0 to 1. Paper: .1. Departs: none."""
    max_tokens: int = 512
    """Tokens of the longest row; the completion of a longer row is cut at its end. Not published."""
    pack_tokens: int = field(default=256, metadata=MEMORY)
    """Several short rows share a bin of this many tokens, or of the longest row's length where that is more."""
    precision: str = "auto"
    """Number format of torch's autocast: ``bf16`` or ``fp16``; ``fp32`` turns autocast off; ``auto`` takes the format of
    the base. The adapter's own weights stay in 32 bits."""
    checkpoint_steps: int = field(default=100, metadata=MEMORY)
    """Optimiser steps between two checkpoints."""

    def __post_init__(self) -> None:
        refuse_impossible(self)


@dataclass(frozen=True)
class Sampling(Listed):
    """Text generation by nucleus sampling (section 3.1)."""

    temperature: float = paper.TEMPERATURE
    top_p: float = paper.TOP_P
    new_tokens: int = 128
    """Tokens of the longest completion. Not published."""
    stop: tuple[str, ...] = ()
    """A completion ends where one of these strings appears in it."""
    token_budget: int = field(default=8192, metadata=MEMORY)
    """Most tokens in one batch, padding included."""
    most_rows: int = field(default=128, metadata=MEMORY)
    """Most rows in one batch."""

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_impossible(self)
        if self.temperature < 0 or not 0 < self.top_p <= 1:
            raise ValueError(
                f"temperature {self.temperature} and top_p {self.top_p} cannot be sampled with: give a temperature of 0 (the "
                "likeliest token) or more, and a top_p above 0 and up to 1"
            )


@dataclass(frozen=True)
class Filters(Listed):
    """Thresholds of the filters. Of its own filters the paper publishes only the lengths and four words of headers."""

    min_chars: int = paper.SEGMENT_CHARACTERS[0]
    """Shortest segment kept, in characters. Paper: 600 (v3 appendix E)."""
    max_chars: int = paper.SEGMENT_CHARACTERS[1]
    """Longest segment kept, in characters; a longer text is cut into pieces. Paper: 3,000 (v3 appendix E)."""
    max_header_capitals: float = 0.8
    """Largest share of capitals, 0 to 1, among a header's letters. Paper: all upper case (v3), "proportion" in v1."""
    max_promotion: int = 1
    """Number of different promotion and boilerplate phrases that a segment may hold. Own rule, after the hand-written
    rules of C4 and REInstruct."""
    max_bullets: float = 0.9
    """Largest share of lines, 0 to 1, that are list items, in a segment of ten lines or more. Gopher: .9."""
    max_links: float = 0.4
    """Largest share of characters, 0 to 1, that stand inside links. Own rule, after common boilerplate removers."""
    max_symbols: float = 0.05
    """Largest share of characters, 0 to 1, that are symbols. Own rule, after Gopher's .1 symbols a word; program code
    passes it."""
    max_numbers: float = 0.5
    """Largest share of words, 0 to 1, that begin with a digit. Gopher: .2. The kit allows more, because it wants tables
    of figures."""
    max_repetition: float = 0.2
    """Largest share of sentences, 0 to 1, that repeat an earlier one. The paper compares the n-grams of sentence pairs by
    their Jaccard similarity and gives no number (v3, appendix E)."""
    languages: tuple[str, ...] = ("en",)
    """Languages kept, as ISO 639-1 codes; an empty tuple keeps all. Seed pairs that name another language are left out as
    well. Paper: the English part of ClueWeb22."""
    min_language: float = 0.001
    """A segment counts as foreign where the probabilities of the kept languages add up to less than this, 0 to 1. The
    value is low because a detector is unsure of English in a table of names and sure of a text in another language. Own
    rule."""
    later_pieces: bool = True
    """A text that is too long is cut into pieces, and all but the first begin in its middle. This says whether the second
    and later pieces are kept. Own rule."""
    near_duplicate: float = 0.7
    """Two segments are duplicates from this Jaccard similarity of their word 5-grams on. Own rule; the paper names no
    method."""
    contained: float = 0.9
    """A segment is a copied piece of an earlier one where that one holds this share of its word 5-grams, 0 to 1. Own rule."""
    contamination_words: int = 13
    """A segment is contaminated where it shares this many words in a row with an evaluation prompt, or the whole of a
    shorter prompt. GPT-3: 13."""
    contamination_share: float = 0.8
    """A segment is contaminated as well where more than this share of the words of a prompt, 0 to 1, stands in it beside
    the same neighbour. The rule looks at prompts of six words or more; 1 turns it off. Own rule: where one word of a prompt
    was changed, it finds nine prompts in ten."""
    prompts: tuple[str, ...] = field(default=(), repr=False)
    """Evaluation prompts that segments are compared with; an empty tuple skips the comparison."""
    disabled: tuple[str, ...] = ()
    """Names of the rules that are switched off."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_chars > self.max_chars:
            raise ValueError(f"min_chars {self.min_chars} is above max_chars {self.max_chars}: no segment can be kept")


@dataclass(frozen=True)
class Corpus(Listed):
    """How web pages become segments (section 2.1; v3 appendix E)."""

    pages: tuple[str, ...] = field(default=(), metadata=FILE)
    """Files, folders or ``hf://`` paths of WARC, HTML, JSONL, Parquet or text."""
    filters: Filters = Filters()
    text_column: str | None = None
    """Column of JSONL and Parquet that holds the text; None looks for the usual names."""
    prompts: tuple[str, ...] = field(default=(), metadata=FILE)
    """Files of evaluation prompts. A segment that contains one of the prompts is rejected (decontamination)."""
    most_segments: int | None = None
    """Most segments that the run works on; None keeps all."""
    first: bool = False
    """Whether the first segments are kept instead of a sample over all; then reading ends when there are ``most_segments``. Set
    it where the pages are in random order already."""


@dataclass(frozen=True)
class SeedModels:
    """How M_yx and M_0 are trained on the seed pairs (sections 2.2 and 2.3)."""

    seed_pairs: str = field(default="", metadata=FILE)
    """A file of seed pairs in any format of ``seed_pairs.formats``, or an ``hf://`` path."""
    most_pairs: int | None = None
    """Most seed pairs that are used, a sample over all of them; None uses all. Paper: 3,200."""
    held_out: int = 0
    """Seed pairs that no model is trained on, at most a fifth of all. The grader ``held_out`` and the check of the judges
    use them, but for those whose answers stand in the segments."""
    backward: Training = Training()
    """Training of M_yx, from output to instruction."""
    forward: Training = Training()
    """Training of M_0, from instruction to output."""


@dataclass(frozen=True)
class Curation(Listed):
    """Which judges rate the candidate pairs, and which pairs are kept unless the reader decides otherwise (section 2.3)."""

    judges: tuple[str, ...] = field(default=("rating", "log p(y|x)", "log p(x|y)"), metadata=JUDGES)
    """The judges that rate (``judge.JUDGES``). The path of a rubric is a judge as well, named after its file."""
    judge: str = field(default="rating", metadata=JUDGES)
    """The judge that decides: one of ``judges``, or a name such as ``dual_likelihood`` that adds the ranks of several. ``best``
    leaves the choice to the check of the judges before the first iteration's ratings (``curation.settled``)."""
    rule: str = "at_least"
    """``at_least`` keeps the pairs from a score on, ``top`` a number of best pairs, ``quantile`` a share of best pairs."""
    value: float = paper.A5_THRESHOLD
    """The score, the number of pairs or the share (0 to 1) that the rule needs."""
    mode: str = "both"
    """Inference mode (``prompts.INFERENCE_TAGS``): the tags that the prompt has when log p(y|x) is measured."""
    check_pairs: int = 24
    """Number of seed pairs on which the judges are checked before they rate. Bad twins are made from each of them."""


@dataclass(frozen=True)
class Forward:
    """How M_t is trained on seed pairs and curated pairs (section 2.3)."""

    seed_copies: int = 1
    """Number of times that each seed pair stands in the training rows."""
    training: Training = Training(steps=1600)


@dataclass(frozen=True)
class Evaluation(Listed):
    """How models answer prompts, and how the answers are graded."""

    prompts: str = field(default="", metadata=FILE)
    """File of the prompts to answer; a row needs only an ``instruction``."""
    most_prompts: int | None = None
    """Most prompts that are asked, a sample over all of them; None asks all."""
    per_family: int | None = None
    """Most prompts of one task family that are asked, the first ones; None asks all."""
    mode: str = "both"
    """Inference mode of every comparison. Paper: {S_a, S_w} is best (v1 Table 8, v3 Table 5)."""
    other_modes: tuple[str, ...] = ()
    """Further inference modes, in which only the arms marked ``every_mode`` in ``experiments.arms`` answer."""
    sampling: Sampling = Sampling()
    arms: tuple[str, ...] = ()
    """Arms that are trained beside M_1 and M_2 for comparison (``experiments.arms.ARMS``)."""
    graders: tuple[str, ...] = ("held_out",)
    """Names of the graders that score the answers (``evaluation.GRADERS``)."""
    bootstrap: int = 2000
    """Number of bootstrap resamples from which each interval is computed."""


@dataclass(frozen=True)
class Preset:
    """All settings of a run."""

    name: str
    draw: int = 0
    """Integer that draws everything random anew: seed pairs, pages, sampling noise and the order of training rows."""
    base: Base = Base()
    corpus: Corpus = Corpus()
    seed_models: SeedModels = SeedModels()
    augmentation: Sampling = Sampling()
    curation: Curation = Curation()
    forward: Forward = Forward()
    evaluation: Evaluation = Evaluation()
    truth: Truth = Truth()
    """What is known about the pages and hidden from the method; on the real web nothing is known."""
    banner: str = ""
    """A sentence shown at the head of every notebook and of the findings; empty for none."""

    def of(self, stage: str, used: Any = None) -> dict[str, Any]:
        """The arguments with which a stage is opened (``stages.stage``): its settings, the draw, and the files they name.

        The base belongs to the stage that first trains on it. All later stages depend on it through that stage's adapters.

        Args:
            used: the settings that a notebook's cells work with; None does not compare them. What a manifest records has to
                be what the work was done with.

        Raises:
            ValueError: ``used`` differs from this preset; the message says how to give the run other settings.
        """
        name = stage.partition("-")[0]
        own = PARTS[name]
        if used is not None and (differing := _differing(getattr(self, own), used, own)):
            path, old, new = differing[0]
            raise ValueError(
                f"the cells use {path} {new!r}, and the run has {old!r}: to work with yours, call "
                f"presets.change(RUN, {{{path!r}: {new!r}}}) and follow what it says, or change the preset"
            )
        config, files = {}, {}
        for part in (getattr(self, own), *([self.base] if name == "02_seed_models" else [])):
            config |= recorded(part)
            files |= {each.name: getattr(part, each.name) for each in fields(part) if each.metadata.get("file")}
        if name == "02_seed_models" and self.corpus.filters.languages != Filters().languages:
            config["languages"] = self.corpus.filters.languages  # a run without this record took the default
        if name == "04_self_curation":  # moving a threshold does not change the ratings
            config = {"mode": self.curation.mode, "judges": [named(judge) for judge in self.curation.judges]}
            files = {"rubrics": tuple(dict.fromkeys(filter(None, map(rubric_of, self.curation.judges))))}
        return {"config": config, "draw": self.draw, "files": {key: value for key, value in files.items() if value}}


FREE = frozenset(each.name for part in (Training, Sampling) for each in fields(part) if each.metadata.get("memory"))
"""Names of the settings that are marked with ``MEMORY``."""

PARTS = {
    "01_corpus": "corpus",
    "02_seed_models": "seed_models",
    "03_self_augmentation": "augmentation",
    "04_self_curation": "curation",
    "05_forward_model": "forward",
    "06_evaluation": "evaluation",
}
"""The part of a preset that each notebook's stage works with."""


def _differing(old: Any, new: Any, path: str) -> list[tuple[str, Any, Any]]:
    """Path, old value and new value of each setting that differs."""
    if not is_dataclass(old):
        return [(path, old, new)] if old != new else []
    names = [each.name for each in fields(old)]
    return [found for name in names for found in _differing(getattr(old, name), getattr(new, name), f"{path}.{name}")]


def recorded(part: Any) -> dict[str, Any]:
    """A dataclass as a dict, without the fields that name files and places."""
    return {
        each.name: recorded(value) if is_dataclass(value := getattr(part, each.name)) else value
        for each in fields(part)
        if not each.metadata.keys() & {*FILE, *PLACE}
    }


def located(path: str | Path) -> Path:
    """The absolute path of a file that a preset of the kit names; a relative path starts at the repository."""
    return Path(__file__).resolve().parents[1] / Path(path).expanduser()
