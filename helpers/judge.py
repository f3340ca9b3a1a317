"""The judges: a judge is a prompt and a reader.

To add a judge, add a record here and, if it needs a new rubric, a file in ``prompts/rubrics``.
"""

import re
from dataclasses import dataclass
from pathlib import Path

RUBRICS = Path(__file__).parent / "prompts" / "rubrics"
"""Folder of the kit's own rubrics, one file each. The words are ours, after the published criteria."""


@dataclass(frozen=True)
class Judge:
    """A measure of a pair.

    ``prompt``: what is read. For the readers ``expected`` and ``sampled`` it is a rubric: a file in ``prompts/rubrics`` without
    its ending, or a path. For likelihoods it is ``y|x`` (the output after the instruction) or ``x|y`` (the
    instruction after the output).

    ``reader``: ``expected`` (the digits' logits), ``sampled`` (reasons, then a score line), or a measure of
    ``likelihood.MEASURES``: ``mean``, ``end``, ``worst``, ``gain``, ``saved``, ``margin``, ``token margin``.

    ``under``: the model that judges, ``adapter`` (M_t) or ``backward`` (M_yx).

    ``samples``: replies averaged by ``sampled``.
    """

    name: str
    prompt: str
    reader: str
    under: str
    about: str
    samples: int = 1

    @property
    def has_rubric(self) -> bool:
        """Whether it shows the model a rubric."""
        return self.reader in ("expected", "sampled")


_LIST = (
    Judge("rating", "five_level", "expected", "adapter", "expected score, the paper's five levels"),
    Judge("additive", "additive", "expected", "adapter", "expected score, points added from 0 to 5 (Self-Rewarding)"),
    Judge("accuracy", "accuracy", "expected", "adapter", "expected score, correctness alone (AlpaGasus)"),
    Judge("instruction", "instruction_only", "expected", "adapter", "expected score of the instruction alone (Kun)"),
    Judge("short", "short", "expected", "adapter", "expected score, one question after the pair, for small models"),
    Judge("rating sampled", "five_level", "sampled", "adapter", "reasons and a score line, the paper's five levels"),
    Judge("additive sampled", "additive", "sampled", "adapter", "three replies averaged, points from 0 to 5", samples=3),
    Judge("log p(y|x)", "y|x", "mean", "adapter", "how likely the output is after the instruction"),
    Judge("log p(x|y)", "x|y", "mean", "backward", "how likely the instruction is after the output"),
    Judge("PMI", "y|x", "gain", "adapter", "what the instruction adds to the output's likelihood, nats a token"),
    Judge("1 - IFD", "y|x", "saved", "adapter", "the share of the output's nats that the instruction saves (Cherry LLM)"),
    Judge("log p(end)", "y|x", "end", "adapter", "how likely the output ends where it ends"),
    Judge("worst tokens", "y|x", "worst", "adapter", "how likely the least likely tenth of the output's tokens are"),
    Judge(
        "margin", "y|x", "margin", "adapter", "how much likelier the output is after its instruction than after the best foil"
    ),
    Judge("token margin", "y|x", "token margin", "adapter", "the same, each token against its own best foil"),
)

JUDGES = {judge.name: judge for judge in _LIST}
"""Every judge by its name."""


COMBINED = {"dual_likelihood": ("log p(y|x)", "log p(x|y)"), "worst_and_margins": ("worst tokens", "margin", "token margin")}
"""Combined judges: the ranks that a pair has among the candidates under several judges are added up."""

BEST = "best"
"""Stands in ``Curation.judge`` for the judge that the check finds best. The check is made before the judges rate."""


def is_path(name: str) -> bool:
    """Whether a judge is named by the path of a reader's rubric: the name is none of the kit's."""
    return name not in {*JUDGES, *COMBINED, BEST} and not (RUBRICS / f"{name}.md").is_file()


def named(name: str) -> str:
    """The name under which a judge rates: that of a rubric is its file's, without ``.md``, ``.markdown`` or ``.txt``."""
    return name if name in {*JUDGES, *COMBINED} else re.sub(r"\.(?:md|markdown|txt)$", "", Path(name).name)


def rubric_of(name: str) -> str:
    """The path of the rubric that a judge shows; empty for one that shows none, such as a likelihood.

    The pairs that a judge has rated are rated again after an edit of this file.
    """
    own = RUBRICS / f"{JUDGES[name].prompt if name in JUDGES else name}.md"
    if own.is_file():
        return str(own)
    return name if is_path(name) else ""
