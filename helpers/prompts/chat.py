"""Puts a user's message into a model's chat template, or into the kit's plain form."""

import json
import re
from datetime import datetime

from helpers import tokens

TODAY = datetime(2024, 7, 26)
"""The date that every chat template gets when it asks for today's, the one that Llama 3.2's template names without a clock.
With the real date a run that goes on after midnight would have prompts that its models were not trained on."""

_CLOCK = re.compile(r"""strftime_now\(\s*(["'])(.*?)\1\s*\)""")


def rendered(tokenizer, user: str, plain: str) -> str:
    """``user`` in the tokenizer's chat template, ready for the reply; ``plain`` for a tokenizer without one.

    Where ``user`` spells out a special token, it is guarded, so that ``tokens.encode`` reads it as text. A template that
    writes down the date gets ``TODAY``, whatever the day.
    """
    if not getattr(tokenizer, "chat_template", None):
        return plain
    message = [{"role": "user", "content": tokens.guarded(tokenizer, user)}]
    # transformers passes only data to a template, no function, so the calls of its clock are replaced by their result.
    template = _CLOCK.sub(lambda call: json.dumps(TODAY.strftime(call[2])), tokenizer.get_chat_template())
    return tokenizer.apply_chat_template(message, chat_template=template, tokenize=False, add_generation_prompt=True)
