"""Whether a tokenizer and a network belong together: every token that a row can hold needs an embedding."""

from pathlib import Path

from helpers import tokens


def unembedded(tokenizer, known: int, base: str | Path) -> list[str]:
    """A note on tokens that have no embedding and that no row can hold, as Gemma 3 1B has one for images; no note without any.

    A special token that the data spell out is plain text (``tokens``). So only the tokens that the kit itself uses and those
    that the chat template writes can stand in a row.

    Args:
        known: number of the network's embeddings.
        base: the name that the error gives.

    Raises:
        ValueError: a row can hold a token without an embedding.
    """
    above = {number: token for number, token in tokenizer.added_tokens_decoder.items() if number >= known}
    used = {tokenizer.eos_token_id, tokenizer.pad_token_id, *tokens.starting(tokenizer)}
    template = str(tokenizer.chat_template)
    needed = [each.content for n, each in above.items() if n in used or not each.special or each.content in template]
    if needed or tokenizer.vocab_size > known:
        named = f"; it has no embedding for {', '.join(needed[:3])}" if needed else ""
        raise ValueError(
            f"the tokenizer of {base} has {len(tokenizer)} tokens and the model {known}: they do not belong together{named}"
        )
    names = ", ".join(each.content for each in above.values())
    return [f"the base has no embedding for {names}, which the kit does not use"] if names else []
