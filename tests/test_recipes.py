"""The recipes for more than one machine, run on this one."""

import sys
from pathlib import Path

import pytest
from texts import sentences

sys.path.append(str(Path(__file__).parent / "bench"))

import peers

from helpers.corpus import Filters, build

FILTERS = Filters(min_chars=60, max_chars=600)


@pytest.fixture
def many_files():
    """The recipe, with datatrove that pip fetches on first use."""
    try:
        peers.need("datatrove")
    except LookupError as error:
        pytest.skip(str(error))
    sys.path.append(str(Path(__file__).parent / "recipes"))
    import many_files

    return many_files


@pytest.fixture
def pages(tmp_path) -> list[str]:
    """Four files of pages; the last repeats a section of the first, and each repeats one of its own."""
    texts, paths = sentences(24, 14), []
    for number in range(4):
        own = texts[6 * number : 6 * number + 6]
        sections = [*own, own[0]] if number < 3 else [*own, texts[1]]
        body = "".join(f"<h2>Of matter {number} {place}</h2><p>{text}</p>" for place, text in enumerate(sections))
        path = tmp_path / f"page-{number}.html"
        path.write_text(f"<html><body><h1>Page {number}</h1>{body}</body></html>")
        paths.append(str(path))
    return paths


def test_many_files_give_the_segments_that_one_process_gives(many_files, pages, tmp_path):
    kept = many_files.main(str(tmp_path / "out"), pages, FILTERS)
    straight = build(pages, FILTERS).segments
    assert kept.segment_id.tolist() == straight.segment_id.tolist() and len(straight)
    assert len(straight) < len(kept) + 4, "duplicates were there to be found"
    assert kept[straight.columns].equals(straight.astype(kept[straight.columns].dtypes))


def test_a_file_that_is_done_is_not_done_again(many_files, pages, tmp_path, monkeypatch):
    first = many_files.main(str(tmp_path / "out"), pages[:3], FILTERS, workers=1)
    done = []
    write = many_files.write
    monkeypatch.setattr(many_files, "write", lambda paths, *rest: done.append(paths) or write(paths, *rest))
    second = many_files.main(str(tmp_path / "out"), pages, FILTERS, workers=1)
    assert done == [[pages[3]]] and len(second) > len(first)


def test_the_recipe_has_forty_lines_at_most():
    source = (Path(__file__).parent / "recipes" / "many_files.py").read_text("utf-8")
    code = source.split('"""', 2)[2]
    assert len([line for line in code.splitlines() if line.strip()]) <= 40
