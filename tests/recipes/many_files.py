"""Many files to one table of segments on datatrove's executor: `python tests/recipes/many_files.py OUT FILE...`.

Files become segments in parallel; then one process looks for duplicates over all of them, and for the evaluation prompts of
``filters``. A file that is done is not done again. On a cluster, `SlurmPipelineExecutor` takes the same step. The result is
what `python -m helpers segments` keeps in one process, and can be named as the pages of a preset.
"""

import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep

from helpers.corpus import Filters, funnel, write
from helpers.tables import content_id


class Segments(PipelineStep):
    """One file after the other through all rules that look at one segment alone."""

    name, type = "segments", "backtranslation-kit"

    def __init__(self, files: list[str], out: str, filters: Filters) -> None:
        super().__init__()
        self.todo = [(file, Path(out) / "files" / content_id(file)) for file in files]
        self.filters = replace(filters, disabled=(*filters.disabled, *funnel.COMPARISONS))

    def run(self, data, rank: int = 0, world_size: int = 1):  # noqa: D102
        for file, folder in self.todo[rank::world_size]:
            if not (folder / "funnel.csv").exists():  # it comes last
                write([file], self.filters, folder)
        yield from data or ()


def main(out: str, files: list[str], filters: Filters = Filters(), workers: int = 2) -> pd.DataFrame:  # noqa: B008
    """Segment ``files`` with ``workers`` processes and compare what was kept; the table is written and returned."""
    step = Segments(files, out, filters)
    LocalPipelineExecutor([step], tasks=len(files), workers=workers, logging_dir=f"{out}/logs", skip_completed=False).run()
    found = pd.concat([pd.read_parquet(folder / "segments.parquet") for _, folder in step.todo], ignore_index=True)
    check = funnel._comparisons(filters)
    kept = found[[check(row)[0] is None for row in found.itertuples()]].reset_index(drop=True)
    kept.to_parquet(f"{out}/segments.parquet")
    return kept


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
