"""A score from what the model writes: reasons, then a score line. Several replies are averaged; all are kept as written."""

from collections.abc import Iterator, Sequence, Set

from helpers.config import Sampling
from helpers.generation import Prompt, generate
from helpers.judging.expected import Read
from helpers.judging.parser import parse
from helpers.models import Model

REPLIES = Sampling(new_tokens=256, token_budget=16_384)
"""How replies are drawn: the paper's temperature and nucleus; the length is not published. Batches are larger than usual,
because one long reply keeps its batch going."""

BETWEEN = "\n\n--- next reply ---\n\n"
"""What separates the replies in ``Read.raw``."""


def read(
    model: Model,
    prompts: Sequence[tuple[str, str]],
    scale: tuple[int, int],
    *,
    samples: int = 1,
    sampling: Sampling = REPLIES,
    seed: int = 0,
    done: Set[str] = frozenset(),
) -> Iterator[list[Read]]:
    """Draw replies to each (row_id, prompt) with the adapter that is active, and read the score of each.

    ``score`` is the mean of the replies that have one, None where none has; ``mass`` is the share of replies that have one.
    Random: each reply's noise comes from ``seed`` and its row.

    Args:
        samples: replies a prompt.
        done: ids left out; the replies of a row that is not done are all drawn again.
    """
    asked = [Prompt(f"{row_id}#{n}", text) for row_id, text in prompts for n in range(samples)]
    replies: dict[str, dict[str, str]] = {row_id: {} for row_id, _ in prompts if row_id not in done}
    finished = {f"{row_id}#{n}" for row_id in done for n in range(samples)}
    for batch in generate(model, asked, sampling, seed=seed, done=finished):
        complete = []
        for reply in batch:
            row_id = reply.row_id.rsplit("#", 1)[0]
            replies[row_id][reply.row_id] = reply.text
            if len(replies[row_id]) == samples:
                complete.append(averaged(row_id, [text for _, text in sorted(replies.pop(row_id).items())], scale))
        yield complete


def averaged(row_id: str, replies: Sequence[str], scale: tuple[int, int]) -> Read:
    """The mean of the replies' scores."""
    scores = [score for score in (parse(reply, scale) for reply in replies) if score is not None]
    mean = sum(scores) / len(scores) if scores else None
    return Read(row_id, mean, len(scores) / len(replies), BETWEEN.join(replies))
