"""Puts a user's message into a model's chat template, or into the kit's plain form."""

from helpers import tokens


def rendered(tokenizer, user: str, plain: str) -> str:
    """``user`` in the tokenizer's chat template, ready for the reply; ``plain`` for a tokenizer without one.

    Where ``user`` spells out a special token, it is guarded, so that ``tokens.encode`` reads it as text.
    """
    if not getattr(tokenizer, "chat_template", None):
        return plain
    message = [{"role": "user", "content": tokens.guarded(tokenizer, user)}]
    return tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True)
