"""What a user's message looks like to a model: its chat template, or the kit's plain shape."""

from helpers import tokens


def rendered(tokenizer, user: str, plain: str) -> str:
    """``user`` in the tokenizer's chat template, ready for the reply; ``plain`` for a tokenizer without one.

    Special tokens spelled out in ``user`` are guarded, so that ``tokens.encode`` reads them as text.
    """
    if not getattr(tokenizer, "chat_template", None):
        return plain
    message = [{"role": "user", "content": tokens.guarded(tokenizer, user)}]
    return tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True)
