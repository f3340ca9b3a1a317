"""Pairs to ratings. A judge is a prompt and a reader (``judges``); readers are ``expected``, ``sampled`` and ``likelihood``.

A rating is a fact about one pair: no ranks, no thresholds. What cannot be read is None, with the reason or the reply beside
it. ``check`` says which judge to trust on a model and its pairs before they are rated; ``pairwise`` compares two answers.
"""

from helpers.judging.judges import hash_of as hash_of
from helpers.judging.likelihood import log_likelihoods as log_likelihoods
from helpers.judging.rating import IGNORES_RUBRIC as IGNORES_RUBRIC
from helpers.judging.rating import rate as rate
from helpers.judging.rating import reads_rubric as reads_rubric
