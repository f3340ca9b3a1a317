"""The judges: a judge is a prompt and a reader.

To add a judge, add a record here and, if it needs a new rubric, a file in ``prompts/rubrics``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from helpers import prompts
from helpers.curation import COMBINED
from helpers.prompts.rating import RUBRICS
from helpers.tables import content_id


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


def find(name: str) -> Judge:
    """The judge of a name. The path of a rubric is a judge too, named after its file and read by the expected score.

    Raises:
        ValueError: there is neither such a judge nor such a file, the file has the name of another judge, the rubric cannot be
            read, names a scale that falls, or is one for two answers.
    """
    if name in JUDGES:
        return JUDGES[name]
    if name and ((RUBRICS / f"{name}.md").is_file() or Path(name).expanduser().exists()):
        if (stem := Path(name).stem) in {*JUDGES, *COMBINED}:
            raise ValueError(f"the rubric {name!r} has the name of the kit's judge {stem!r}: rename the file")
        text = prompts.rubric(name)
        prompts.rating.scale(text)
        if "{answer_a}" in text or "{answer_b}" in text:
            raise ValueError(
                f"the rubric {name!r} is for two answers: give one for a pair, with {{instruction}} and {{output}}"
            )
        return Judge(stem, name, "expected", "adapter", f"expected score, the rubric {name}")
    known = ", ".join([*JUDGES, *COMBINED])
    raise ValueError(f"there is no judge {name!r}: give the path of a rubric, or one of {known}")


def about(name: str) -> str:
    """What a judge measures, in words; of a name that is not in the list, which a reader's rubric has, that it is one."""
    if name in COMBINED:
        return f"the ranks of {', '.join(COMBINED[name])}, added"
    return JUDGES[name].about if name in JUDGES else "expected score, a rubric of your own"


def single(names: Iterable[str]) -> list[str]:
    """The judges that have to rate so that ``names`` can be had: combined ones taken apart, each named once."""
    return list(dict.fromkeys(part for name in names for part in COMBINED.get(name, (name,))))


def content_hash(judge: Judge) -> str:
    """The hash of the rubric's text; empty for a likelihood."""
    return content_id(prompts.rubric(judge.prompt)) if judge.has_rubric else ""


def hash_of(names: Iterable[str]) -> dict[str, str]:
    """Rubric to content hash, for the manifest: a changed rubric makes the ratings stale. Likelihoods have none.

    Raises:
        ValueError: as ``find``.
    """
    used = [judge for judge in map(find, single(names)) if judge.has_rubric]
    return {judge.prompt: content_hash(judge) for judge in used}
