"""From text to token ids. Special tokens that a chat template writes are special; the same spelling in the data is plain text.

A pair may contain "</s>" or "<|im_end|>" as text, which must neither end a turn nor vanish. ``guarded`` therefore puts a guard
character into such a spelling before a template is put around the text, and ``encode`` takes the guard out again.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

GUARD = "\ufdd0"
"""The guard. It is put after the first character of a special token's spelling in the data. It is a Unicode noncharacter, so
no text contains it."""


def guarded(tokenizer, text: str) -> str:
    """``text`` as data for a chat template, with ``GUARD`` inside each spelling of a special token."""
    special = _table(tokenizer, len(tokenizer)).pattern
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
    known = _table(tokenizer, len(tokenizer))
    ids: list[int] = []
    for piece in known.pattern.split(text):
        if piece in known.ids:
            ids.append(known.ids[piece])
        elif piece:
            ids += _plain(tokenizer, [piece.replace(GUARD, "")])[0]
    return ids


class _Special(NamedTuple):
    """The special tokens of two or more characters.

    ``pattern``: a group that matches each of their spellings; None where there are no such tokens. ``ids``: by spelling.
    """

    pattern: re.Pattern | None
    ids: dict[str, int]


@lru_cache(maxsize=4)
def _table(tokenizer, size: int) -> _Special:
    """The special tokens of a tokenizer. It is kept until the number of its tokens differs, because it takes milliseconds."""
    added = getattr(tokenizer, "added_tokens_decoder", {})
    special = {token.content for token in added.values() if token.special} | set(tokenizer.all_special_tokens)
    names = {name for name in special if len(name) > 1}
    longest_first = "|".join(map(re.escape, sorted(names, key=lambda name: (-len(name), name))))
    ids = {token.content: number for number, token in added.items() if token.content in names}
    return _Special(re.compile(f"({longest_first})") if names else None, ids)
