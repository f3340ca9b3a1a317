"""One page of a corpus again, by the place that its segments name."""

from dataclasses import replace

from helpers.corpus.files import Source, recognised
from helpers.corpus.readers import Document, read_source


def document(file: str, offset: int, *, text_column: str | None = None) -> Document:
    """The document at a place of a file: in an archive it is read alone, elsewhere all before it are read too.

    Args:
        file: as ``segments`` has it.
        offset: see ``Document``.
        text_column: of JSONL and Parquet; None finds the usual names.

    Raises:
        FileNotFoundError: the file is gone.
        ValueError: there is no document at this place, or the file cannot be read.
    """
    found = recognised(file, text_column=text_column)
    if not isinstance(found, Source):
        raise (FileNotFoundError if "FileNotFound" in found else ValueError)(f"{file} cannot be read: {found}")
    alone = found.kind == "warc" and not found.packed
    read = read_source(replace(found, start=offset) if alone else found, text_column=text_column)
    for page in read:
        if isinstance(page, Document) and page.offset == offset:
            return page
        if alone:
            break
    raise ValueError(f"{file} holds no page at {offset}: has the file changed since the corpus was made?")
