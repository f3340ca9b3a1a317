"""What cannot be done is refused in one line, before any work, with the value and the remedy."""

import pytest

from helpers import __main__ as command
from helpers import presets, tables


@pytest.fixture
def said(kit_artifacts, monkeypatch, capsys):
    """Runs a command line in this process; returns its exit status and what it said on stderr."""

    def run(*arguments) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["helpers", *map(str, arguments)])
        monkeypatch.setattr("signal.signal", lambda *_: None)
        try:
            code = command.main()
        except SystemExit as error:  # argparse's own
            code = error.code
        return code, capsys.readouterr().err

    return run


def one_line(told: tuple[int, str], *words: str) -> bool:
    """Whether a command failed with one line of error that holds these words."""
    code, text = told
    errors = [line for line in text.splitlines() if "error: " in line]
    return (
        code in (1, 2) and len(errors) == 1 and text.splitlines()[-1] == errors[0] and all(word in errors[0] for word in words)
    )


# --- Files that are not what their names say ------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe", b"[1]", b"null"])
def test_a_json_file_of_something_else_is_named_with_the_remedy(tmp_path, content):
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"run\.json .*: delete it or restore it"):
        tables.read_json(path)


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "import sys\nsys.exit()", "def preset(draw): raise SystemExit"])
def test_a_preset_that_ends_the_process_is_an_error_that_names_its_file(tmp_path, code):
    path = tmp_path / "mine.py"
    path.write_text(code)
    with pytest.raises(ValueError, match=r"mine\.py cannot be used: SystemExit"):
        presets.find(path)
