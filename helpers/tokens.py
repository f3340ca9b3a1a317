"""From text to token ids. Special tokens that a chat template writes are special; the same spelling in the data is plain text.

A pair may contain "</s>" or "<|im_end|>" as text, which must neither end a turn nor vanish. ``guarded`` therefore puts a guard
character into such a spelling before a template is put around the text, and ``encode`` takes the guard out again.
"""

import re
from collections.abc import Sequence

GUARD = "\ufdd0"
"""The guard. It is put after the first character of a special token's spelling in the data. It is a Unicode noncharacter, so
no text contains it."""


def guarded(tokenizer, text: str) -> str:
    """``text`` as data for a chat template, with ``GUARD`` inside each spelling of a special token."""
    special = _special(tokenizer)
    text = text.replace(GUARD, "")
    return special.sub(lambda found: f"{found[0][0]}{GUARD}{found[0][1:]}", text) if special else text


def encode(tokenizer, texts: Sequence[str], *, start: bool) -> list[list[int]]:
    """Token ids of each text, without the end-of-sequence token.

    Args:
        start: True for prompts. Each begins exactly once with the tokens that the tokenizer puts before a text (the BOS token
            of Llama and Gemma), and the special tokens of a chat template count as special. False for texts that continue
            another text: everything in them is plain.
    """
    if not texts:
        return []
    if not start or not getattr(tokenizer, "chat_template", None):
        rows = _plain(tokenizer, list(texts))
    else:
        rows = tokenizer(list(texts), add_special_tokens=False)["input_ids"]
        rows = [_in_pieces(tokenizer, text) if GUARD in text else ids for text, ids in zip(texts, rows, strict=True)]
    before = starting(tokenizer) if start else []
    return [ids if ids[: len(before)] == before else [*before, *ids] for ids in rows]


def starting(tokenizer) -> list[int]:
    """The ids that the tokenizer puts before every text by itself: usually none, or BOS."""
    whole, plain = (tokenizer("a", add_special_tokens=special)["input_ids"] for special in (True, False))
    return next((whole[:n] for n in range(len(whole)) if whole[n : n + len(plain)] == plain), [])


def _plain(tokenizer, texts: list[str]) -> list[list[int]]:
    return tokenizer(texts, add_special_tokens=False, split_special_tokens=True)["input_ids"]


def _in_pieces(tokenizer, text: str) -> list[int]:
    """The ids of a guarded text: the template's special tokens one by one, and the texts between them as plain text."""
    ids: list[int] = []
    for piece in re.split(f"({_special(tokenizer).pattern})", text):
        if piece in tokenizer.get_vocab() and _special(tokenizer).fullmatch(piece):
            ids.append(tokenizer.convert_tokens_to_ids(piece))
        elif piece:
            ids += _plain(tokenizer, [piece.replace(GUARD, "")])[0]
    return ids


def _special(tokenizer) -> re.Pattern | None:
    """A pattern for the spelling of any special token of two or more characters, longest first; None if there is none."""
    added = getattr(tokenizer, "added_tokens_decoder", {}).values()
    names = {token.content for token in added if token.special} | set(tokenizer.all_special_tokens)
    names = sorted((name for name in names if len(name) > 1), key=lambda name: (-len(name), name))
    return re.compile("|".join(map(re.escape, names))) if names else None
