"""Which of the kept segments the following stages work on."""

import pandas as pd

from helpers.config import Corpus


def sample(segments: pd.DataFrame, settings: Corpus, *, draw: int) -> pd.DataFrame:
    """At most ``settings.most_segments`` segments: a sample over all of them by draw, in their order, or the first ones.

    Raises:
        ValueError: there are none; the funnel says which rule rejected them.
    """
    if segments.empty:
        raise ValueError("no segment is kept: the funnel above says which rule dropped them; loosen it in the preset's filters")
    if settings.most_segments is None or settings.most_segments >= len(segments):
        return segments
    if settings.first:
        return segments.head(settings.most_segments)
    return segments.sample(settings.most_segments, random_state=draw).sort_index().reset_index(drop=True)
