"""Prompts: one object per role, each renders the training text and the inference prefix from one template.

A role gives a ``prefix`` (what the model reads) and a ``completion`` (what it learns to write, end-of-sequence token
excluded). The prefix at inference is the prefix of the training text, byte for byte. Models with a chat template get it;
others get the kit's plain shapes, which look like pages of the web ("Question: ... Answer: ...").
"""

import re
from dataclasses import dataclass
from pathlib import Path

from helpers.paper import SEED_TAG, WEB_TAG

INFERENCE_TAGS = {"both": f"{SEED_TAG} {WEB_TAG}", "seed": SEED_TAG, "web": WEB_TAG, "none": ""}
"""The four inference modes of the paper's system-prompt ablation (v1 Table 8, v3 Table 5): {S_a, S_w}, S_a, S_w, none."""

BACKWARD_TASK = (
    "A text follows that answers some instruction of a user. Write that instruction: one that this very text would answer "
    "well. Write the instruction alone."
)
"""What a chat model is asked in the backward direction; in our words, after the paper's description (section 2.2)."""


RUBRIC = """You are shown an instruction and an answer taken from the web. Say how good an example the answer is of what a
helpful assistant should reply, as one number from 1 to 5.

1: not an answer to this instruction: off topic, broken off, vague, or made of advertising, menus or forum talk.
2: related, but the question itself is left open or only some of what was asked is covered.
3: all that was asked is covered, yet it reads as part of a page somebody wrote for another purpose.
4: written to answer this instruction, complete and in order, with small things to improve.
5: could not be answered better: to the point, correct, complete, clear, nothing that does not belong."""
"""The kit's own rubric: the levels of the paper's five-point scale (v1 Table 1, v3 Table 19) in our words."""


def rubric(path: str = "") -> str:
    """The rubric in a text file, or the kit's own where no path is given."""
    return Path(path).expanduser().read_text("utf-8").strip() if path else RUBRIC


def _rendered(tokenizer, user: str, plain: str) -> str:
    """``user`` in the tokenizer's chat template, ready for the reply; ``plain`` for a tokenizer without one."""
    if not getattr(tokenizer, "chat_template", None):
        return plain
    message = [{"role": "user", "content": user}]
    return tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True)


@dataclass(frozen=True)
class Forward:
    """Instruction to output, M_t. ``tag`` is appended to the instruction (section 2.3); an empty tag adds nothing."""

    tokenizer: object

    def prefix(self, instruction: str, tag: str = "") -> str:
        """What the model reads before it answers."""
        asked = f"{instruction} {tag}".strip()
        return _rendered(self.tokenizer, asked, f"Question:\n{asked}\nAnswer:\n")

    def completion(self, output: str) -> str:
        """What the model learns to write."""
        return output


@dataclass(frozen=True)
class Backward:
    """Output to instruction, M_yx (section 2.2)."""

    tokenizer: object

    def prefix(self, output: str) -> str:
        """What the model reads before it writes the instruction."""
        return _rendered(self.tokenizer, f"{BACKWARD_TASK}\n\n{output}", f"Text:\n{output}\nQuestion:\n")

    def completion(self, instruction: str) -> str:
        """What the model learns to write."""
        return instruction

    def fitted(self, output: str, room: int) -> str:
        """``output``, cut if its prefix has over ``room`` tokens: at a sentence's end, or a word's if that took half of it.

        Raises:
            ValueError: there is no room for a text at all.
        """
        over = len(self.tokenizer(self.prefix(output), add_special_tokens=False)["input_ids"]) - room
        if over <= 0:
            return output
        encoded = self.tokenizer(output, add_special_tokens=False, return_offsets_mapping=True)
        starts = [start for start, _ in encoded["offset_mapping"]]
        if over >= len(starts) - 1:
            raise ValueError(f"{room} tokens are no room for a text: lower new_tokens of the sampling")
        head = output[: starts[len(starts) - over - 1]]
        for end in (r"(?<=[.!?])\s|\n", r"\s"):
            places = [found.start() for found in re.finditer(end, head) if found.start() > len(head) / 2]
            if places:
                return head[: places[-1]]
        return head


@dataclass(frozen=True)
class Rating:
    """A pair to a score from 1 to 5 (section 2.3), read from the logits of the five digits after the prefix.

    ``rubric`` is the text a chat model is shown before the pair; a plain model has read reviews ending in a score, so it
    gets no rubric.
    """

    tokenizer: object
    rubric: str = ""

    def prefix(self, instruction: str, output: str) -> str:
        """What the model reads before the digit; the rubric comes first so that it is encoded once."""
        plain = f"Text:\n{output}\nQuestion:\n{instruction}\nScore:\n"
        user = f"{self.rubric}\n\nInstruction:\n{instruction}\n\nAnswer:\n{output}"
        text = _rendered(self.tokenizer, user, plain)
        return text if text == plain else f"{text}Score: "

    def digit_tokens(self) -> list[int]:
        """The ids of the tokens "1" to "5" as this tokenizer writes them after the prefix.

        Raises:
            ValueError: a digit is not one token there, so the expected score cannot be read.
        """
        probe = self.prefix("a", "b")
        ids = self.tokenizer(probe, add_special_tokens=False)["input_ids"]
        found = []
        for digit in "12345":
            longer = self.tokenizer(probe + digit, add_special_tokens=False)["input_ids"]
            if longer[:-1] != ids:
                raise ValueError(f"{digit!r} is not a single token after the rating prompt of this tokenizer")
            found.append(longer[-1])
        return found
