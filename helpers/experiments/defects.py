"""Why re-implementations fail: mistakes of the best-known one as arms, and what each does to M_1 minus M_0.

It reports M_1 below M_0, the opposite of the paper. Four things in its code depart from the paper: the sentences of both tags,
a learning rate that decays to 0 (the paper's ends at nine tenths of its peak), another template at inference than in training,
and the backward template in the evaluation of M_0. Which of them made the result is not known there; here each is
switched on by itself. To add a mistake is to add a record.
"""

from typing import NamedTuple

import pandas as pd


class Defect(NamedTuple):
    """One mistake: its name in tables, in figures and in a sentence, and whose answers stand for M_0 and M_1 if it is made.

    ``m_0`` and ``m_1`` are each an arm and the mode under which it is asked.
    """

    name: str
    label: str
    what: str
    m_0: tuple[str, str]
    m_1: tuple[str, str]


DEFECTS = (
    Defect("none", "no mistake", "trained and asked as the kit does it", ("M_0", "both"), ("M_1", "both")),
    Defect(
        "wrong_tags",
        "wrong tag sentences",
        "other sentences in the place of S_a and S_w, swapped, in training and when asked",
        ("seed_wrong_tags", "wrong_tags"),
        ("wrong_tags", "wrong_tags"),
    ),
    Defect("no_tags", "asked without tags", "tags in training, none when asked", ("M_0", "none"), ("M_1", "none")),
    Defect(
        "other_template",
        "asked in another template",
        "a template when asked that no training row had",
        ("M_0", "other_template"),
        ("M_1", "other_template"),
    ),
    Defect(
        "backward",
        "backward for M_0",
        "M_0 asked in the backward template, M_1 in the right one",
        ("M_0", "backward"),
        ("M_1", "both"),
    ),
    Defect(
        "all",
        "all that it did",
        "wrong tag sentences in training, no tags when asked, M_0 asked in the backward template, decay to 0",
        ("seed_wrong_tags", "backward"),
        ("wrong_tags", "none"),
    ),
    Defect(
        "paper_decay",
        "the paper's decay",
        "no mistake: the learning rate ends at nine tenths of its peak, as the paper's does, and not at 0 as the kit's",
        ("seed_slow_decay", "both"),
        ("slow_decay", "both"),
    ),
)
"""Every mistake, the run as it is first. The decay to 0 is the kit's own choice, so that the paper's way is the contrast."""

ARMS = ("seed_wrong_tags", "wrong_tags", "seed_slow_decay", "slow_decay", "untagged")
"""The arms that are trained for it; the one without tags completes v1 Table 8."""

MODES = ("none", "other_template", "backward")
"""The modes, or mistaken ways of asking, under which M_0 and M_1 answer beside the paper's."""


def graded(grades: pd.DataFrame) -> pd.DataFrame:
    """The grades that stand for M_0 and M_1 under each mistake: ``defect``, ``label``, ``what`` and arm (``M_0``, ``M_1``).

    Mistakes of which a half is missing are left out.
    """
    parts = []
    for defect in DEFECTS:
        halves = {
            model: grades[(grades.arm == arm) & (grades["mode"] == mode)]
            for model, (arm, mode) in (("M_0", defect.m_0), ("M_1", defect.m_1))
        }
        if all(len(rows) for rows in halves.values()):
            told = {"defect": defect.name, "label": defect.label, "what": defect.what}
            parts += [rows.assign(arm=model, **told) for model, rows in halves.items()]
    return pd.concat(parts, ignore_index=True) if parts else grades.head(0).assign(defect="", label="", what="")
