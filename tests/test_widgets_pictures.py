"""Every panel shows a true picture of itself where there is no kernel, and nothing else."""

import html
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from panels import press
from test_widgets_html import Reader
from test_widgets_recount import FILTERS, SEGMENTS
from test_widgets_source import SEGMENTS as PAGES
from test_widgets_source import Pages
from test_widgets_stages import AT_WORK, DONE, MISSING, STALE, Look, stages
from test_widgets_threshold import OWN, PAIRS, RULE_AND_DEFAULT, Launcher
from test_widgets_votes import voting

from helpers import corpus
from helpers.widgets import ComparePanel, CurationTable, PagePanel, RecountPanel, RunPanel, ThresholdPanel
from helpers.widgets.panel import CAPTION, VIEW

FIRST, DEFAULT = RULE_AND_DEFAULT


@pytest.fixture(params=["curation", "threshold", "recount", "votes", "compare", "pages", "stages"])
def panel(request, tmp_path):
    made = {
        "curation": lambda: CurationTable(PAIRS, OWN, FIRST, labels=tmp_path / "l.jsonl"),
        "threshold": lambda: ThresholdPanel(PAIRS, OWN, FIRST, default=DEFAULT, launcher=Launcher()),
        "recount": lambda: RecountPanel(lambda filters: corpus.recount(SEGMENTS, filters), FILTERS),
        "votes": lambda: voting(tmp_path / "v.jsonl"),
        "pages": lambda: PagePanel(PAGES, Pages()),
        "stages": lambda: RunPanel("tiny", Look(stages(DONE, AT_WORK, STALE, MISSING)), command="go on"),
        "compare": lambda: ComparePanel(("a", "b"), PAIRS[:50], PAIRS[20:60]),
    }
    return made[request.param]()


def test_a_bundle_has_the_picture_and_the_widget_and_says_in_plain_text_what_to_do(panel):
    bundle = panel._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain", VIEW}
    assert bundle[VIEW]["model_id"] == panel.widget.model_id
    assert CAPTION in bundle["text/plain"] and "VBox" not in bundle["text/plain"]


def test_the_picture_is_what_the_live_panel_shows_without_its_controls(panel):
    picture = panel.static().data.partition("</style>")[2]
    assert picture in panel._repr_mimebundle_()["text/html"]
    said = ["".join(Reader(view.value).words) for view in panel._views]
    shown = "".join(Reader(picture).words)
    assert [words for words in said if words not in shown] == []
    assert not [part for part in ("<button", "<input", "data-") if part in picture]


def test_the_picture_follows_what_the_reader_did(tmp_path):
    panel = CurationTable(PAIRS, OWN, FIRST, labels=tmp_path / "l.jsonl")
    panel.fate.value = "kept"
    press(panel, "b")
    assert "✗ bad" in panel._repr_mimebundle_()["text/html"]


def test_a_front_end_that_strips_style_and_drawings_shows_no_stray_words(panel):
    picture = panel._repr_mimebundle_()["text/html"]
    stripped = re.sub("<(style|svg).*?</\\1>", "", picture, flags=re.DOTALL)
    words = " ".join(Reader(stripped).words)
    assert "{" not in words and ".kit" not in words
    assert all("".join(Reader(svg).words) == "" for svg in re.findall("<svg.*?</svg>", picture, re.DOTALL))


CELL = """
import sys; sys.path.insert(0, {tests!r})
from test_widgets_source import SEGMENTS as PAGES
from test_widgets_source import Pages
from test_widgets_stages import AT_WORK, DONE, MISSING, STALE, Look, stages
from test_widgets_threshold import OWN, PAIRS, RULE_AND_DEFAULT
from helpers.widgets import CurationTable, ThresholdPanel
#---
CurationTable(PAIRS, OWN, RULE_AND_DEFAULT[0], labels="l.jsonl")
#---
ThresholdPanel(PAIRS, OWN, RULE_AND_DEFAULT[0], default=RULE_AND_DEFAULT[1])
"""


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """A notebook with two panels, executed and stored as `helpers.notebooks` does it."""
    folder = tmp_path_factory.mktemp("executed")
    sources = CELL.format(tests=str(Path(__file__).parent)).split("#---")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source.strip()) for source in sources])
    NotebookClient(book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    return book


def test_an_executed_copy_holds_the_picture_in_an_output_of_its_own(executed):
    for cell in executed.cells[1:]:
        picture, live = cell.outputs
        assert "text/html" in picture.data and VIEW not in picture.data
        assert set(live.data) == {VIEW, "text/plain"} and live.data["text/plain"] == ""


@pytest.mark.parametrize("state", [True, False])
def test_a_page_made_of_an_executed_copy_shows_rows_and_histogram_and_no_widget_text(executed, state):
    book = nbformat.from_dict(executed)
    if not state:
        book.metadata.pop("widgets", None)
    page = HTMLExporter().from_notebook_node(book)[0]
    shown = html.unescape(re.sub("<(script|style).*?</\\1>", "", page, flags=re.DOTALL))
    assert PAIRS.instruction.iloc[OWN[OWN.judge == "rating"].score.argmax()][:12] in shown
    assert shown.count('class="kit-chart"') >= 2 and "<svg" in shown
    assert "VBox(" not in shown and ".kit-panel" not in shown and CAPTION in shown


def test_the_looks_that_matter_are_written_out_for_front_ends_that_strip_the_style_sheet(tmp_path):
    picture = CurationTable(PAIRS, OWN, FIRST).static().data.partition("</style>")[2]
    assert 'class="kit-head kit-num" style="font-size:20px' in picture
    assert picture.count('style="text-align:left" style') == 0
    assert re.search('class="kit-text kit-output" style="[^"]*max-height', picture)


def test_importing_the_panels_does_not_import_torch():
    code = "import sys, helpers.widgets; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_frames_of_a_panel_are_left_as_they_were(tmp_path):
    pairs, ratings = PAIRS.copy(), OWN.copy()
    table = CurationTable(pairs, ratings, FIRST, labels=tmp_path / "l.jsonl")
    press(table, *"gbus")
    assert list(table.selection.columns) != list(pairs.columns)
    pd.testing.assert_frame_equal(pairs, PAIRS)
    pd.testing.assert_frame_equal(ratings, OWN)
