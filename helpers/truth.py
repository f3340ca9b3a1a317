"""What is known about pages and answers and hidden from the method. On the real web nothing is known.

Evaluation and the cells that say what really happened ask a ``Truth``. A generated world has one that has answers
(``helpers.miniweb.truth``). Every other run has the one of this module, whose tables are empty.
"""

from dataclasses import dataclass

import pandas as pd

NOTHING = pd.DataFrame({"note": ["Nobody knows the truth behind these pages: this table exists on the mini web alone."]})


@dataclass(frozen=True)
class Truth:
    """The truth about pages of the real web, which nobody knows."""

    known = False
    """Whether there is anything to reveal."""

    limits = ()
    """Sentences on what results in this world do not show, whatever the numbers are."""

    def prepare(self) -> None:
        """Make the pages of a generated world; here there is nothing to make."""

    def reveal(self, pairs: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
        """What each pair really is: pair_id, kind, family, item, ``asks_right`` and ``right``. Empty where unknown."""
        return pd.DataFrame(columns=["pair_id", "kind", "family", "item", "asks_right", "right"])

    def right(self, pairs: pd.DataFrame, segments: pd.DataFrame) -> pd.Series | None:
        """Whether each pair is right, by pair_id; None where nobody knows."""
        revealed = self.reveal(pairs, segments)
        return revealed.set_index("pair_id").right if len(revealed) else None

    def asked(self, pairs: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
        """How often the instruction asks about the content of its segment."""
        return NOTHING

    def judges(self, ratings: pd.DataFrame, pairs: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
        """How well each judge separates right pairs from each kind of bad pair."""
        return NOTHING

    def kept(self, decided: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
        """Share of right pairs among the kept and among the dropped ones."""
        return NOTHING

    def judged(self, pairs: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
        """Pairs with the ratings of two judges (old, new) and with the truth that tells which of the two rates better."""
        return pairs.head(0)

    def grade(self, prompt: pd.Series, text: str) -> tuple[float | None, bool]:
        """Grade an answer: a score from 0 to 1 (None: cannot be graded), and whether it has the requested form."""
        return None, True
