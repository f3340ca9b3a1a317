"""Web pages and texts to self-contained segments.

In reading order:

- `readers`: files, folders and `hf://` paths -> documents (WARC, HTML, text, JSONL, Parquet)
- `encoding`: bytes of a page -> text
- `blocks`: a page -> blocks of text in reading order, without the page's furniture
- `boxes`: what the elements around a header hold, which decides how far it reaches
- `debris`: labels, datelines, credits and notices among the blocks
- `segments`: a document -> segments, the trees under its headers
- `filters`: which segments are fit to be an answer, rule by rule, with every threshold
- `overlap`: duplicates of other segments, evaluation prompts inside segments
- `funnel`: all of it over a corpus, with rows in and out of every rule
- `lookup`: one page again, by the place that its segments name
- `command`: the same on the command line
"""

from helpers.corpus.command import add_arguments, main
from helpers.corpus.filters import Filters
from helpers.corpus.funnel import build, recount, write
from helpers.corpus.lookup import document
from helpers.corpus.readers import Document, read
from helpers.corpus.sampling import sample
from helpers.corpus.segments import Segment, segment

__all__ = [
    "Document",
    "Filters",
    "Segment",
    "add_arguments",
    "build",
    "document",
    "main",
    "read",
    "recount",
    "sample",
    "segment",
    "write",
]
