"""Prompts for judges: to score a pair under a rubric, and to choose the better of two answers.

A rubric is a text file that says what the scores mean. The pair replaces ``{instruction}`` and ``{output}`` in it; a rubric
without these is followed by the pair. The scale is read from words such as "from 1 to 5" or "1-5" (``scale``).
"""

import re
from dataclasses import dataclass
from pathlib import Path

from helpers.judge import RUBRICS
from helpers.prompts.chat import rendered

SMALL_VOCABULARY = 8192
"""A model with fewer tokens than this and without a chat template is taken for one that cannot read a rubric. The mini base
is such a model: it has 3,072 tokens and has read reviews that end in a score. Bases that people bring have 30,000 or more."""

REASONED = 'First give your reasons in two or three sentences. Then write the score on the last line: "Score: " and the number.'
"""The order that a judge gets if its score is read from its reply. The words are ours, after the paper's (v1 Table 1)."""

_RANGE = re.compile(
    r"(?<![\w.,-])(from\s+)?(?:between\s+(\d{1,3})\s+and\s+(\d{1,3})|(\d{1,3})\s*(?:to|[-\u2013\u2014])\s*(\d{1,3}))(?![\w-]|[.,]\d)",
    re.IGNORECASE,
)


def rubric(name: str = "") -> str:
    """The text of a rubric.

    Args:
        name: name of a file in ``rubrics/`` without its ending, or the path of a text file; "" takes the kit's five levels.

    Raises:
        ValueError: there is no such rubric, it is a folder, no text in UTF-8, or has no words.
    """
    own = RUBRICS / f"{name or 'five_level'}.md"
    path = own if own.is_file() else Path(name).expanduser()
    if path.is_dir():
        raise ValueError(f"{path} is a folder: give the path of a rubric, which is a text file")
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in RUBRICS.glob("*.md")))
        raise ValueError(f"there is no rubric {name!r}: give the path of a text file, or one of {known}")
    try:
        text = path.read_text("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise ValueError(f"the rubric in {path} is no text in UTF-8: save it as one") from None
    if not re.search(r"\w", text):
        raise ValueError(f"the rubric in {path} is empty: write down what a good answer is, and the scale")
    return text


RUBRIC = rubric()
"""The kit's own rubric: the levels of the paper's five-point scale (v1 Table 1, v3 Table 19) in our words."""


def reads_rubric(tokenizer) -> bool:
    """Whether a model with this tokenizer is shown the rubric. The mini base is not; it gets its own review form instead."""
    return bool(getattr(tokenizer, "chat_template", None)) or len(tokenizer) >= SMALL_VOCABULARY


def scale(text: str, *, of: str = "the rubric") -> tuple[int, int]:
    """The lowest and the highest score that the text of a rubric names: "1 to 5", "1-5" or "between 1 and 5".

    Where a range stands after "from", those without the word do not count. Of several ranges the scale is the one that holds
    all others, so that "2 to 4 paragraphs" may stand beside it: a scale that is too wide has numbers that no judge writes, and
    one that is too narrow lacks some.

    Args:
        of: what the rubric is called in errors.

    Raises:
        ValueError: the text names no scale, a falling one, or ranges of which none holds the others.
    """
    found = [(bool(lead), *map(int, filter(None, ends))) for lead, *ends in _RANGE.findall(text)]
    clear = any(lead for lead, *_ in found)
    ranges = {(low, high) for lead, low, high in found if lead or not clear}
    rising = {(low, high) for low, high in ranges if low < high}
    if not ranges:
        raise ValueError(f'{of} names no scale: write it in digits and in one piece, such as "a number from 1 to 5"')
    if not rising:
        low, high = min(ranges)
        raise ValueError(f"the scale of {of} goes from {low} to {high}: write the lower number first")
    whole = min(low for low, _ in rising), max(high for _, high in rising)
    if whole not in rising:
        told = " and ".join(f"{low} to {high}" for low, high in sorted(rising))
        raise ValueError(f"{of} names {told}, and either may be the scale: write the numbers of all others as words")
    return whole


def digits(scale: tuple[int, int], *, of: str = "the rubric") -> tuple[str, ...]:
    """The scores of a scale as a model writes them.

    Args:
        of: what the rubric is called in errors.

    Raises:
        ValueError: the scale has numbers of two digits.
    """
    low, high = scale
    if high > 9:
        raise ValueError(
            f"the scale of {of} goes to {high}, and {high} is no single digit: use a sampled judge, or a scale that ends at 9 "
            "or below"
        )
    return tuple(str(number) for number in range(low, high + 1))


def filled(text: str, **values: str) -> str:
    """``text`` with each ``{name}`` replaced by its value, in one pass, so that nothing inside a value is replaced."""
    return re.sub(r"\{(" + "|".join(values) + r")\}", lambda found: values[found[1]], text)


def choice_tokens(tokenizer, prefix: str, words: tuple[str, ...], *, of: str = "rating") -> list[int]:
    """For each word, the id of the last token of ``prefix`` followed by the word; a space may be merged into that token.

    Raises:
        ValueError: a word is not a single token there, so its probability cannot be read.
    """
    encoded = [tokenizer(prefix + word, add_special_tokens=False)["input_ids"] for word in words]
    for word, ids in zip(words, encoded, strict=True):
        alone = tokenizer.decode(ids[-1:]).strip() == word
        if not alone or ids[:-1] != encoded[0][:-1]:
            raise ValueError(f"{word!r} is not a single token after the {of} prompt of this tokenizer: use a sampled judge")
    return [ids[-1] for ids in encoded]


@dataclass(frozen=True)
class Rating:
    """The role of a judge that scores a pair (section 2.3).

    ``rubric`` is the text that the model is shown with the pair. A model that cannot read it (``reads_rubric``) is shown the
    pair in the form of the reviews it has read in pre-training, which end in a score from 1 to 5.
    """

    tokenizer: object
    rubric: str = ""

    @property
    def scale(self) -> tuple[int, int]:
        """The lowest and the highest score."""
        return scale(self.rubric) if reads_rubric(self.tokenizer) else (1, 5)

    def prefix(self, instruction: str, output: str) -> str:
        """The text that the model reads before the number. A rubric without places for the pair is at its beginning."""
        if not reads_rubric(self.tokenizer):
            return f"Text:\n{output}\nQuestion:\n{instruction}\nScore:\n"
        asked = self._asked(instruction, output)
        return rendered(self.tokenizer, asked, f"{asked}\n\n") + "Score: "

    def reasoned(self, instruction: str, output: str) -> str:
        """The text that the model reads before it writes its reasons and a line with the score."""
        if not reads_rubric(self.tokenizer):
            return self.prefix(instruction, output)
        asked = f"{self._asked(instruction, output)}\n\n{REASONED}"
        return rendered(self.tokenizer, asked, f"{asked}\n\nReasons: ")

    def digits(self) -> tuple[str, ...]:
        """The scores as the model writes them. Raises as ``digits`` does."""
        return digits(self.scale)

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
    """The role of a judge that chooses the better of two answers, by the logits of "A" and "B" after the prefix."""

    tokenizer: object
    rubric: str

    def prefix(self, instruction: str, answer_a: str, answer_b: str) -> str:
        """The text that the model reads before the letter."""
        asked = filled(self.rubric, instruction=instruction, answer_a=answer_a, answer_b=answer_b)
        return rendered(self.tokenizer, asked, f"{asked}\n\n") + "Better answer: "
