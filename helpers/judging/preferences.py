"""Sets of two answers with people's preference, and how often a pairwise judge agrees with it (LLMBar, PandaLM)."""

import json
import re
from collections import Counter
from pathlib import Path

import pandas as pd

from helpers.stats.agreement import uncollapsed
from helpers.tables import content_id

ANSWERS = (("output_1", "output_2"), ("response1", "response2"), ("answer_a", "answer_b"))
"""How the files call their two answers."""

FORMS = (
    "name a JSON list or a JSONL file, each of its rows with `instruction` or `input`, two answers "
    f"({', or '.join(' and '.join(pair) for pair in ANSWERS)}) and a `label`"
)
"""What a reader can give, in words."""


def read(path: str | Path) -> tuple[pd.DataFrame, Counter]:
    """The rows of a JSON or JSONL file of preferences, and how many were left out by reason.

    Answers are ``output_1`` and ``output_2`` (LLMBar), ``response1`` and ``response2`` (PandaLM), or ``answer_a`` and
    ``answer_b``. The preference is ``label`` or the majority of ``annotator1`` and so on: 1 or 2, and 0 for a tie. The
    instruction is ``instruction``, followed by ``input`` where there are both.

    Returns:
        prompt_id, instruction, answer_a, answer_b, preferred (``a``, ``b`` or ``tie``); reasons are ``no text`` (an answer or
        instruction that is no string, as a boolean; an instruction of nothing but white space; text that is no Unicode), ``no
        majority`` and ``no label``.

    Raises:
        ValueError: the file cannot be read or is of another form, or no row can be used.
    """
    rows = _rows(Path(path))
    if not any(name in row for row in rows for pair in ANSWERS for name in pair):
        raise ValueError(f"no row of {path} has two answers: {FORMS}")
    found, left_out = [], Counter()
    for number, row in enumerate(rows):
        asked = (row.get("instruction"), row.get("input"))
        instruction = "\n\n".join(part for part in asked if isinstance(part, str) and part.strip())
        a, b = next(((row[one], row[other]) for one, other in ANSWERS if one in row and other in row), (None, None))
        preferred = _preferred(row)
        if not (_is_text(a) and _is_text(b) and _is_text(instruction) and instruction):
            left_out["no text"] += 1
        elif preferred not in ("a", "b", "tie"):
            left_out[preferred] += 1
        else:
            found.append((content_id(str(number), instruction, a, b), instruction, a, b, preferred))
    if not found:
        reasons = ", ".join(f"{count:,} with {reason}" for reason, count in left_out.items())
        raise ValueError(f"no row of {path} can be used ({reasons}): {FORMS}")
    return pd.DataFrame(found, columns=["prompt_id", "instruction", "answer_a", "answer_b", "preferred"]), left_out


def _rows(path: Path) -> list[dict]:
    """The rows of a JSON list or of JSON lines."""
    try:
        text = path.read_text("utf-8-sig")
        whole = text.lstrip().startswith("[")
        # Not splitlines: the text within a line may hold what it takes for line ends.
        rows = json.loads(text) if whole else [json.loads(line) for line in text.split("\n") if line.strip()]
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}; {FORMS}") from None
    except (ValueError, RecursionError):  # also of bytes that are no UTF-8
        raise ValueError(f"{path} is neither JSON nor JSONL: {FORMS}") from None
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{path} holds something else than rows with named fields: {FORMS}")
    return rows


def _is_text(value: object) -> bool:
    """Whether a value is a string that can be written down: JSON can hold halves of a character."""
    return isinstance(value, str) and not re.search("[\ud800-\udfff]", value)


def _preferred(row: dict) -> str:
    """``a``, ``b``, ``tie``, or why there is none."""
    votes = (
        [row["label"]]
        if row.get("label") is not None
        else [value for name, value in row.items() if name.startswith("annotator")]
    )
    counts = Counter(vote for vote in votes if vote in (0, 1, 2) and not isinstance(vote, bool)).most_common()
    if not counts:
        return "no label"
    if len(counts) > 1 and counts[0][1] == counts[1][1]:
        return "no majority"
    return {0: "tie", 1: "a", 2: "b"}[counts[0][0]]


def accuracy(comparisons: pd.DataFrame, preferences: pd.DataFrame) -> dict[str, float | int]:
    """How often the judge prefers the answer that people prefer, ties of people left out.

    Args:
        comparisons: of ``pairwise.compare``: prompt_id, p_a.
        preferences: of ``read``.

    Returns:
        n (prompts judged), accuracy (0 to 1, by the mean of both orders, an even one counts half), low, high (95 %, normal;
        at 0 and 1 that of ``agreement.uncollapsed``).
    """
    p_a = comparisons.dropna(subset=["p_a"]).groupby("prompt_id").p_a.mean()
    known = preferences[preferences.preferred != "tie"].set_index("prompt_id").preferred
    both = pd.concat([p_a, known], axis=1, join="inner")
    right = ((both.p_a > 0.5) == (both.preferred == "a")).astype(float).mask(both.p_a == 0.5, 0.5)
    n, share = len(right), float(right.mean()) if len(right) else float("nan")
    half = 1.96 * (share * (1 - share) / n) ** 0.5 if n else float("nan")
    low, high = uncollapsed(share, max(share - half, 0.0), min(share + half, 1.0), n)
    return {"n": n, "accuracy": share, "low": low, "high": high}
