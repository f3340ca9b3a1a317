"""Panels for curating pairs, choosing a threshold, voting and comparing, in a notebook.

    CurationTable    search, filter, sort, read and label pairs; labels overrule the rule    curate.py, reading.py
    AnswersTable     the same table for two arms' answers beside each other                  answers.py
    ThresholdPanel   move a threshold, see what it keeps, train it as a run of its own        threshold.py, kept.py
    RecountPanel     move length and header thresholds of the corpus, see what each drops     recount.py
    PagePanel        a stored page with its segments marked as kept, or as dropped by a rule  source.py
    RunPanel         the stages of a run, followed while it goes on                           stages.py
    VotePanel        vote between two models' answers blind, every vote on disk at once       votes.py
    RubricPanel      edit a rubric, try it on a dozen pairs, keep it as a file                rubrics.py
    ComparePanel     two runs: settings, kept sets, differences with intervals, answers       compare.py

A panel is a thin shell of ipywidgets over pure functions: `html` and `drawing` (frame -> HTML), `columns` and `rows` (search,
filters, order), `scores` and `verdicts` (ratings -> numbers, and the reason why each pair is kept or dropped), `labels` (the
file of labels). `panel` holds the code that all panels share. `events` with its `events.js` is the only JavaScript: it handles
keys, clicks on rows, drags and the names of sliders. Nothing here imports torch, trains, generates or judges.
"""

from helpers.widgets.answers import AnswersTable
from helpers.widgets.compare import ComparePanel
from helpers.widgets.curate import CurationTable
from helpers.widgets.labels import agreement
from helpers.widgets.recount import RecountPanel
from helpers.widgets.rubrics import RubricPanel
from helpers.widgets.source import PagePanel
from helpers.widgets.stages import RunPanel
from helpers.widgets.threshold import ThresholdPanel
from helpers.widgets.votes import VotePanel

__all__ = [
    "AnswersTable",
    "ComparePanel",
    "CurationTable",
    "PagePanel",
    "RecountPanel",
    "RubricPanel",
    "RunPanel",
    "ThresholdPanel",
    "VotePanel",
    "agreement",
]
