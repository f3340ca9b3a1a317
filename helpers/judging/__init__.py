"""Pairs to ratings. A judge is a prompt and a reader (``judges``); readers are ``expected``, ``sampled`` and ``likelihood``.

A rating is a fact about one pair: no ranks, no thresholds. What cannot be read is None, with the reason or the reply beside
it. ``check`` says which judge to trust on a model and its pairs before they are rated; ``pairwise`` compares two answers.
"""

from importlib import import_module

from helpers.judging.judges import about as about
from helpers.judging.judges import hash_of as hash_of

_ASKING = {"log_likelihoods": "likelihood", "rate": "rating", "reads_rubric": "rating", "IGNORES_RUBRIC": "rating"}


def __getattr__(name: str):
    """What asks a model is imported when it is first used, and torch with it; the list of judges is read without."""
    if name not in _ASKING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ASKING[name]}"), name)
