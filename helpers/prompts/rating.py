"""Prompts of judges: a pair to a score under a rubric, and two answers to the better one.

A rubric is a text file. ``{instruction}`` and ``{output}`` in it stand for the pair; a rubric without them is followed by the
pair. Its scale is what it says first in the words "from 1 to 5"; a rubric that names none is read from 1 to 5.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from helpers.prompts.chat import rendered

RUBRICS = Path(__file__).parent / "rubrics"
"""The kit's own rubrics, one file each, worded by us after the published criteria."""

SMALL_VOCABULARY = 8192
"""A model without a chat template and with fewer tokens than this is taken for one that cannot read a rubric, as the mini
base (3,072 tokens), which has read reviews that end in a score. The bases that people bring have 30,000 tokens or more."""

REASONED = 'First give your reasons in two or three sentences. Then write the score on the last line: "Score: " and the number.'
"""What a judge is asked whose score is read from what it writes; in our words, after the paper's (v1 Table 1)."""


def rubric(name: str = "") -> str:
    """The text of a rubric: a file's name in ``rubrics/`` without its ending, or a path; the five levels where none is given.

    Raises:
        ValueError: there is no such rubric, or it is empty.
    """
    own = RUBRICS / f"{name or 'five_level'}.md"
    path = own if own.is_file() else Path(name).expanduser()
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in RUBRICS.glob("*.md")))
        raise ValueError(f"there is no rubric {name!r}: give the path of a text file, or one of {known}")
    text = path.read_text("utf-8-sig").strip()
    if not text:
        raise ValueError(f"the rubric in {path} is empty: write down what a good answer is, and the scale")
    return text


RUBRIC = rubric()
"""The kit's own rubric: the levels of the paper's five-point scale (v1 Table 1, v3 Table 19) in our words."""


def reads_rubric(tokenizer) -> bool:
    """Whether a model of this tokenizer is shown the rubric; the mini base is not, and has one review form instead."""
    return bool(getattr(tokenizer, "chat_template", None)) or len(tokenizer) >= SMALL_VOCABULARY


def scale(text: str) -> tuple[int, int]:
    """The lowest and the highest score of a rubric's text.

    Raises:
        ValueError: it names a scale that does not rise.
    """
    found = re.search(r"\bfrom\s+(\d+)\s+to\s+(\d+)\b", text)
    low, high = (int(found[1]), int(found[2])) if found else (1, 5)
    if low >= high:
        raise ValueError(f"the rubric's scale goes from {low} to {high}: write the lower number first")
    return low, high


def filled(text: str, **values: str) -> str:
    """``text`` with ``{name}`` replaced by each value, in one pass: what a value holds is never replaced."""
    return re.sub(r"\{(" + "|".join(values) + r")\}", lambda found: values[found[1]], text)


def choice_tokens(tokenizer, prefix: str, words: tuple[str, ...], *, of: str = "rating") -> list[int]:
    """The ids of the tokens with which this tokenizer ends ``prefix`` followed by each word, a space merged into it or not.

    Raises:
        ValueError: a word is not one token there, so its probability cannot be read.
    """
    encoded = [tokenizer(prefix + word, add_special_tokens=False)["input_ids"] for word in words]
    for word, ids in zip(words, encoded, strict=True):
        alone = tokenizer.decode(ids[-1:]).strip() == word
        if not alone or ids[:-1] != encoded[0][:-1]:
            raise ValueError(f"{word!r} is not a single token after the {of} prompt of this tokenizer: use a sampled judge")
    return [ids[-1] for ids in encoded]


@dataclass(frozen=True)
class Rating:
    """A pair to a score (section 2.3).

    ``rubric`` is the text that the model is shown with the pair; a model that cannot read it (``reads_rubric``) has read
    reviews ending in a score from 1 to 5, and is shown the pair in that form.
    """

    tokenizer: object
    rubric: str = ""

    @property
    def scale(self) -> tuple[int, int]:
        """The lowest and the highest score."""
        return scale(self.rubric) if reads_rubric(self.tokenizer) else (1, 5)

    def prefix(self, instruction: str, output: str) -> str:
        """What the model reads before the number; a rubric without places for the pair comes first and is encoded once."""
        if not reads_rubric(self.tokenizer):
            return f"Text:\n{output}\nQuestion:\n{instruction}\nScore:\n"
        asked = self._asked(instruction, output)
        return rendered(self.tokenizer, asked, f"{asked}\n\n") + "Score: "

    def reasoned(self, instruction: str, output: str) -> str:
        """What the model reads before it writes its reasons and a score line."""
        if not reads_rubric(self.tokenizer):
            return self.prefix(instruction, output)
        asked = f"{self._asked(instruction, output)}\n\n{REASONED}"
        return rendered(self.tokenizer, asked, f"{asked}\n\nReasons: ")

    def digits(self) -> tuple[str, ...]:
        """The scores as the model writes them.

        Raises:
            ValueError: the scale has numbers of two digits.
        """
        low, high = self.scale
        if high > 9:
            raise ValueError(f"the rubric's scale goes to {high}, and {high} is no single digit: use a sampled judge")
        return tuple(str(number) for number in range(low, high + 1))

    def digit_tokens(self) -> list[int]:
        """The ids of the tokens of ``digits`` as this tokenizer writes them after the prefix.

        Raises:
            ValueError: a digit is not one token there, so the expected score cannot be read.
        """
        return choice_tokens(self.tokenizer, self.prefix("a", "b"), self.digits())

    def _asked(self, instruction: str, output: str) -> str:
        text = filled(self.rubric, instruction=instruction, output=output)
        pair = f"Instruction:\n{instruction}\n\nAnswer:\n{output}"
        return text if re.search(r"\{(instruction|output)\}", self.rubric) else f"{self.rubric}\n\n{pair}"


@dataclass(frozen=True)
class Pairwise:
    """Two answers to the better one, read from the logits of "A" and "B" after the prefix."""

    tokenizer: object
    rubric: str

    def prefix(self, instruction: str, answer_a: str, answer_b: str) -> str:
        """What the model reads before the letter."""
        asked = filled(self.rubric, instruction=instruction, answer_a=answer_a, answer_b=answer_b)
        return rendered(self.tokenizer, asked, f"{asked}\n\n") + "Better answer: "
