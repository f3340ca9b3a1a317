"""The measurements' own machinery: a peer that fails is a row, a section that is measured again takes its old self's place."""

import importlib.util
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent / "bench"))

import measure
import peers
from measure import Contestant, table

BENCH = Path(__file__).parent / "bench"


@pytest.fixture(scope="module")
def everything():
    spec = importlib.util.spec_from_file_location("bench_all", BENCH / "all.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def seconds(monkeypatch):
    """A clock that contestants set: what is returned is added to it by whoever works."""
    spent = [0.0]
    monkeypatch.setattr(measure, "cpu_seconds", lambda: spent[0])
    return spent


def working(seconds: list[float], taken: list[float]) -> Contestant:
    turns = iter(taken)

    def run() -> tuple[float, str]:
        seconds[0] += next(turns)
        return 100, "done"

    return Contestant("a peer" if taken[0] > 1 else "ours", run)


def test_the_ratio_is_that_of_the_medians_of_work_in_a_cpu_second(seconds):
    text = table("rows", [working(seconds, [1, 1, 9]), working(seconds, [5, 2, 4])])
    ours, peer = text.splitlines()[2:]
    assert ours.startswith("| ours | 100.0 |") and peer.startswith("| a peer | 25.0 |")
    assert "| 4.00 x |" in peer and " x |" not in ours


def test_another_contestant_of_ours_is_held_against_the_peers_below_the_table(seconds):
    cheaper = Contestant("ours, cheaper", working(seconds, [0.5] * 3).run)
    text = table("rows", [working(seconds, [1] * 3), cheaper, working(seconds, [5] * 3)], also="ours, cheaper")
    assert text.splitlines()[-1] == "Ours, cheaper, is 10.0 x a peer."


def test_a_contestant_that_fails_is_a_row_with_its_reason_and_the_others_go_on(seconds):
    def fails() -> tuple[float, str]:
        raise KeyError("no such model")

    lines = table("rows", [working(seconds, [1] * 3), Contestant("a peer", fails)], [("another", "not to be had")]).splitlines()
    assert lines[2].startswith("| ours | 100.0 |")
    assert lines[3] == "| a peer | not measured: KeyError: 'no such model' | | | | | |"
    assert lines[4] == "| another | not measured: not to be had | | | | | |"


def test_what_a_peer_prints_is_no_part_of_the_table(capsys):
    def prints() -> tuple[float, str]:
        print("a progress bar")
        return 1, ""

    measure.timed(prints)
    assert capsys.readouterr().out == ""


def test_a_peer_that_pip_cannot_install_is_missing_with_pips_reason(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(peers.REQUIREMENTS, "nobody", ["./no-such-folder"])
    (reason,) = peers.missing("nobody").values()
    assert reason.startswith("nobody cannot be installed: ERROR")
    assert not any(str(tmp_path) in place for place in sys.path)


def test_nothing_that_is_installed_brings_another_torch():
    named = [requirement for several in peers.REQUIREMENTS.values() for requirement in several]
    assert named and not any(requirement.startswith(("torch", "transformers")) for requirement in named)


def test_every_section_has_its_file_and_a_description_of_its_own(everything):
    for name in everything.SECTIONS:
        assert (BENCH / f"bench_{name}.py").read_text("utf-8").startswith('"""')


def test_a_section_keeps_its_text_in_the_file(everything):
    text = "# a machine\n\nAbout it.\n\n## Training\n\nA table\n\n## Corpus\n\n| a |\n\nNot measured on this machine: Panels.\n"
    assert everything.sections_of(text) == {"Training": "A table\n", "Corpus": "| a |\n"}


def test_a_machine_is_named_after_its_parts_and_not_after_its_host(everything):
    import socket

    name = everything.machine()
    assert "cores" in name and socket.gethostname().lower() not in name and "/" not in name
