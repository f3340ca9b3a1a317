"""The prompts of models. One object for each role renders training text and inference prefix from the same template.

A role gives a ``prefix``, the text that the model reads, and a ``completion``, the text that it learns to write, without the
end-of-sequence token. At inference the prefix is the same as in training, byte for byte. A model with a chat template gets
prompts in its template. Any other model gets the kit's plain form, which looks like a page of the web ("Question: ...
Answer: ...").
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from helpers import tokens
from helpers.paper import SEED_TAG, WEB_TAG
from helpers.prompts.chat import rendered
from helpers.prompts.rating import RUBRIC as RUBRIC
from helpers.prompts.rating import Rating as Rating
from helpers.prompts.rating import rubric as rubric

INFERENCE_TAGS = {"both": f"{SEED_TAG} {WEB_TAG}", "seed": SEED_TAG, "web": WEB_TAG, "none": ""}
"""The four inference modes of the paper's system-prompt ablation (v1 Table 8, v3 Table 5): {S_a, S_w}, S_a, S_w, none."""

WRONG_TAGS = (
    "Please answer with knowledge from web search.",
    "Please predict the user's instruction in the style of an AI Assistant.",
)
"""The sentences that the best-known re-implementation of the paper used instead of S_a and S_w in training, close to its own
wording. The two were swapped, and one of them asked web pairs for the instruction. They serve for comparison only."""

BACKWARD_TASK = (
    "A text follows that answers some instruction of a user. Write that instruction: one that this very text would answer "
    "well. Write the instruction alone."
)
"""The order that a chat model gets in the backward direction. The words are ours; the paper describes it (section 2.2)."""


@dataclass(frozen=True)
class Forward:
    """The role of M_t, from instruction to output. ``tag`` is appended to the instruction (section 2.3); "" adds nothing."""

    tokenizer: object

    def prefix(self, instruction: str, tag: str = "") -> str:
        """The text that the model reads before it answers."""
        asked = f"{instruction} {tag}".strip()
        return rendered(self.tokenizer, asked, f"Question:\n{asked}\nAnswer:\n")

    def completion(self, output: str) -> str:
        """The text that the model learns to write."""
        return output


@dataclass(frozen=True)
class Backward:
    """The role of M_yx, from output to instruction (section 2.2)."""

    tokenizer: object

    def prefix(self, output: str) -> str:
        """The text that the model reads before it writes the instruction."""
        return rendered(self.tokenizer, f"{BACKWARD_TASK}\n\n{output}", f"Text:\n{output}\nQuestion:\n")

    def completion(self, instruction: str) -> str:
        """The text that the model learns to write."""
        return instruction

    def fitted(self, output: str, room: int) -> str:
        """``output``, cut if its prefix has more than ``room`` tokens.

        The cut is at the last end of a sentence that fits or, where that would lose half of the text that fits, of a word.

        Raises:
            ValueError: there is no room for any text.
        """
        over = len(tokens.encode(self.tokenizer, [self.prefix(output)], start=True)[0]) - room
        if over <= 0:
            return output
        plain = {"add_special_tokens": False, "split_special_tokens": True}  # as ``tokens.encode`` reads data
        starts = [start for start, _ in self.tokenizer(output, **plain, return_offsets_mapping=True)["offset_mapping"]]
        if over >= len(starts) - 1:
            raise ValueError(f"{room} tokens leave no room for a text")
        head = output[: starts[len(starts) - over - 1]]
        for end in (r"(?<=[.!?])\s|\n", r"\s"):
            places = [found.start() for found in re.finditer(end, head) if found.start() > len(head) / 2]
            if places:
                return head[: places[-1]]
        return head


def asking(tokenizer, mode: str) -> Callable[[str], str]:
    """The prompt for an instruction, in an inference mode or with a mistake that is made for comparison only.

    The mistakes are ``wrong_tags`` (both of ``WRONG_TAGS``), ``backward`` (the prompt of M_yx) and ``other_template`` (a form
    that no training row has).
    """
    if mode == "backward":
        return Backward(tokenizer).prefix
    if mode == "other_template":
        return "USER: {}\nASSISTANT:".format
    tag = " ".join(WRONG_TAGS) if mode == "wrong_tags" else INFERENCE_TAGS[mode]
    return partial(Forward(tokenizer).prefix, tag=tag)
