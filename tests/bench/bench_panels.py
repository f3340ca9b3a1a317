"""Opening a table of pairs against itables, ipydatagrid and quak: `python tests/bench/bench_panels.py`.

Generated pairs of the paper's lengths, the same columns for all. A turn makes the panel and everything that it sends to the
browser when it is shown; the note says how many bytes that is. itables keeps 64 KB of a table unless it is told to send all of
it, so it stands here twice. quak sends rows only when the browser asks; its turn ends with the first page of rows that it is
asked for. What the browser does with the bytes is not measured.
"""

import argparse
import gc
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import peers

sys.path.insert(0, str(Path(__file__).parents[1]))

import pandas as pd
from ipywidgets.widgets import widget
from measure import Contestant, table
from widget_pairs import synthetic_pairs, synthetic_ratings

from helpers.curation import LIKELIHOODS, Decision
from helpers.widgets import CurationTable
from helpers.widgets.curate_controls import PAGE

SHOWN = ["pair_id", "instruction", "output", "score"]


def ours(pairs: pd.DataFrame, ratings: pd.DataFrame) -> int:
    """The kit's table: search, sorting, scores and labels; a page of it is sent, and a picture of the page."""
    with tempfile.TemporaryDirectory() as folder:
        panel = CurationTable(pairs, ratings, Decision(LIKELIHOODS, "top", len(pairs) // 10), labels=Path(folder) / "l.jsonl")
        picture = panel._picture()["text/html"]
        return sent() + len(picture.encode())


def itables(pairs: pd.DataFrame, most: int) -> int:
    """itables' HTML; ``most`` bytes of the table, 0 for all."""
    from itables import to_html_datatable

    return len(to_html_datatable(pairs, maxBytes=most, connected=True).encode())


def ipydatagrid(pairs: pd.DataFrame) -> int:
    """ipydatagrid's widget."""
    from ipydatagrid import DataGrid

    grid = DataGrid(pairs)  # held: a widget that nobody holds is closed
    return sent() if grid else 0


def quak(pairs: pd.DataFrame) -> int:
    """quak's widget, and the first rows that its table asks for."""
    import pyarrow as pa
    from quak import Widget

    grid, rows = Widget(pa.table(pairs)), []
    grid.send = lambda content, buffers=(): rows.extend(buffers)
    grid._handle_custom_msg({"type": "arrow", "uuid": "0", "sql": f"{grid.sql} LIMIT {PAGE}"}, [])
    return sent() + sum(map(len, rows))


def sent() -> int:
    """Bytes of the states of all widgets that are open, as they go to the browser."""
    total = 0
    for open_widget in list(widget._instances.values()):
        state, _, buffers = widget._remove_buffers(open_widget.get_state())
        total += len(json.dumps(state, default=str).encode()) + sum(memoryview(buffer).nbytes for buffer in buffers)
    return total


def of(make: Callable[..., int], pairs: pd.DataFrame, *more) -> Callable[[], tuple[float, str]]:
    """A contestant's turn: rows to be browsed, and the bytes sent; nothing is left of the panel before."""

    def run() -> tuple[float, str]:
        widget.Widget.close_all()
        gc.collect()
        return len(pairs), f"{make(pairs, *more) / 1e6:,.2f} MB"

    return run


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=50_000)
    count = parser.parse_args().pairs
    pairs = synthetic_pairs(count)
    ratings = synthetic_ratings(pairs)
    score = pairs.pair_id.map(ratings.drop_duplicates("pair_id").set_index("pair_id").score)
    shown = pairs.assign(score=score)[SHOWN]
    missing = peers.missing("itables", "ipydatagrid", "quak")
    contestants = [Contestant("ours", of(ours, pairs, ratings))]
    if "itables" not in missing:
        contestants += [
            Contestant("itables, as it comes", of(itables, shown, "64KB")),
            Contestant("itables, all rows", of(itables, shown, 0)),
        ]
    if "ipydatagrid" not in missing:
        contestants.append(Contestant("ipydatagrid", of(ipydatagrid, shown)))
    if "quak" not in missing:
        contestants.append(Contestant("quak", of(quak, shown)))
    print(f"{count:,} pairs, {shown.memory_usage(deep=True).sum() / 1e6:,.0f} MB:\n")
    print(table("rows", contestants, list(missing.items())), flush=True)


if __name__ == "__main__":
    main()
