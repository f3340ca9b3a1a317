"""Nothing that a person made is deleted without a question, and what is committed never."""

import fcntl
import io
import json
import re
from argparse import Namespace
from pathlib import Path

import pytest

from helpers import clean, runs

REPO = Path(__file__).parents[1]


@pytest.fixture
def artifacts(kit_artifacts):
    """Two runs, results of an ablation, the mini web, the two committed folders, and a folder of somebody's."""
    for name in ("a", "b"):
        runs.begin(name, "smoke", 0)
        (kit_artifacts / name / "04_self_curation-1").mkdir()
        (kit_artifacts / name / "04_self_curation-1" / "ratings.jsonl").write_text("{}\n")
        decide(kit_artifacts / name, "default")
    for name, file in (
        ("ablation", "ablation.json"),
        ("thesis", "summary.json"),
        ("mini-web", "x"),
        ("mini-base", "x"),
        ("reference", "run.json"),
        ("mine", "x"),
    ):
        (kit_artifacts / name).mkdir()
        (kit_artifacts / name / file).write_text("{}")
    return kit_artifacts


def decide(run, made_by):
    (run / "04_self_curation-1" / "decision.json").write_text(json.dumps({"made_by": made_by}))


def asked(monkeypatch, answer="", **options):
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    clean.main(Namespace(**{"run": None, "all": False, "yes": False} | options))


def there(folder) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_all_runs_go_after_a_question_and_what_is_no_run_stays(artifacts, monkeypatch):
    (artifacts / "elsewhere").symlink_to(artifacts / "a")
    asked(monkeypatch, "y\n", all=True)
    (artifacts / "elsewhere").unlink()
    assert there(artifacts) == {"mini-base", "reference", "mine", "thesis"}


@pytest.mark.parametrize("made", ["labels.jsonl", "votes.jsonl", "answer_labels.jsonl", "my_rubric.md", "a decision"])
def test_what_was_made_by_hand_is_named_and_asked_for(artifacts, monkeypatch, capsys, made):
    (artifacts / "a" / made).write_text("{}\n") if "." in made else decide(artifacts / "a", "reader")
    before = there(artifacts)
    asked(monkeypatch, "n\n", all=True)
    assert there(artifacts) == before
    assert (made if "." in made else "decision.json") in capsys.readouterr().out
    asked(monkeypatch, "y\n", all=True)
    assert there(artifacts) == {"mini-base", "reference", "mine", "thesis"}


def test_a_decision_edited_by_hand_is_named(artifacts):
    decide(artifacts / "a", "default")
    assert not clean.by_hand(artifacts / "a")
    (artifacts / "a" / "04_self_curation-1" / "default.json").write_text('{"made_by": "default", "value": 3}')
    assert [path.name for path in clean.by_hand(artifacts / "a")] == ["decision.json"]


def test_nobody_there_to_answer_means_no(artifacts, monkeypatch):
    (artifacts / "b" / "labels.jsonl").write_text("{}\n")
    before = there(artifacts)
    asked(monkeypatch, all=True)
    asked(monkeypatch, run="a")
    assert there(artifacts) == before


def test_one_run_goes_after_a_question_and_the_others_stay(artifacts, monkeypatch):
    before = there(artifacts)
    asked(monkeypatch, "y\n", run="a")
    assert there(artifacts) == before - {"a"}


def test_a_run_at_work_keeps_all_from_being_deleted(artifacts, monkeypatch):
    before, lock = there(artifacts), artifacts / "b" / "04_self_curation-1" / ".lock"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(runs.ArtifactError, match="a process is at work"):
            asked(monkeypatch, all=True, yes=True)
    assert there(artifacts) == before


def test_make_clean_asks_the_kit():
    recipe = (REPO / "Makefile").read_text("utf-8").partition("\nclean:")[2]
    assert re.search(r"-m helpers clean --all\b", recipe) and "rm " not in recipe
