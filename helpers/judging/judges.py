"""Finding judges by their names, and the hashes of the rubrics that they show. The list of them is in ``helpers.judge``."""

import re
from collections.abc import Iterable
from pathlib import Path

from helpers import prompts
from helpers.judge import COMBINED, JUDGES, RUBRICS, Judge, named
from helpers.tables import content_id

PLACES = ("{instruction}", "{output}")
"""Where a rubric has these words, the text of the pair is put."""


def find(name: str) -> Judge:
    """The judge of a name. The path of a rubric is a judge too, named after its file and read by the expected score.

    Raises:
        ValueError: there is neither such a judge nor such a file, the file has the name of another judge, the rubric cannot be
            read, is one for two answers, has places other than ``PLACES``, or a scale that cannot be read from single digits.
    """
    if name in JUDGES:
        return JUDGES[name]
    if name and ((RUBRICS / f"{name}.md").is_file() or Path(name).expanduser().exists()):
        if (stem := named(name)) in {*JUDGES, *COMBINED}:
            raise ValueError(f"the rubric {name!r} has the name of the kit's judge {stem!r}: rename the file")
        text = prompts.rubric(name)
        if "{answer_a}" in text or "{answer_b}" in text:
            raise ValueError(
                f"the rubric {name!r} is for two answers: give one for a pair, with {{instruction}} and {{output}}"
            )
        called = f"the rubric {name!r}"
        if odd := [place for place in re.findall(r"\{\w+\}", text) if place not in PLACES]:
            raise ValueError(f"{called} has the place {odd[0]}: a pair has the places {' and '.join(PLACES)}")
        prompts.rating.digits(prompts.rating.scale(text, of=called), of=called)
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
