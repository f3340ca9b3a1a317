"""Panels for looking at pairs, choosing a threshold and labelling, in a notebook.

    PairBrowser      search, filter and read pairs; `selection` gives the filtered ones back   pairs.py
    ThresholdPanel   move a threshold, see what it keeps, write the decision                   threshold.py, kept.py
    RecountPanel     move length and header thresholds of the corpus, see what each drops       recount.py
    LabelPanel       label pairs blind, every label on disk at once; `agreement` of two people  labels.py
    VotePanel        vote between two models' answers blind, every vote on disk at once        votes.py

A panel is a thin shell of ipywidgets over pure functions: `html` (frame -> HTML), `columns` (search, lengths, flags),
`scores` (ratings -> numbers), `kept` (a threshold -> what it keeps). `panel` is what all of them share; `events` is the
one piece of JavaScript: keys, clicks on rows, names of sliders. Nothing here imports torch, trains, generates or judges.
"""

from helpers.widgets.labels import LabelPanel, agreement
from helpers.widgets.pairs import PairBrowser
from helpers.widgets.recount import RecountPanel
from helpers.widgets.threshold import ThresholdPanel
from helpers.widgets.votes import VotePanel

__all__ = ["LabelPanel", "PairBrowser", "RecountPanel", "ThresholdPanel", "VotePanel", "agreement"]
