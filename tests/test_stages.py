"""Runs and stages: a kill loses no finished row, and stale, missing and locked stages are reported."""

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from helpers import config, curation, presets, runs, stages, tables
from helpers.runs import ArtifactError, MissingArtifact

ROWS = 200
WORKER = """
import sys, time
from helpers import runs, stages, tables

def row(number):
    return {"row_id": f"{number:03d}", "text": f"caf\\u00e9\\u2028{number}", "score": number / 7 if number % 5 else None}

with stages.stage(sys.argv[1], "03_self_augmentation", {"batch": 4}, inputs=[]) as stage:
    journal = stage.journal("candidates", key="row_id")
    redone = 0
    for start in range(0, 200, 4):
        batch = [row(number) for number in range(start, start + 4)]
        if all(r["row_id"] in journal.ids for r in batch):
            continue
        print(start, flush=True)
        time.sleep(float(sys.argv[2]))
        journal.append([r for r in batch if r["row_id"] not in journal.ids])
"""


def worker(run: str, pause: float) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", WORKER, run, str(pause)], stdout=subprocess.PIPE, text=True)


def make(run: str, stage: str, table: str = "rows", inputs: tuple[str, ...] = (), config=None, count: int = 3, **more) -> None:
    with stages.stage(run, stage, config, inputs=list(inputs), **more) as opened:
        opened.journal(table, key="row_id").append([{"row_id": f"r{n}", "n": n} for n in range(count)])


def test_a_stage_becomes_tables_and_a_manifest_with_hashes_counts_and_circumstances(kit_artifacts):
    make("a", "01_corpus", config={"most": 3})
    folder = kit_artifacts / "a" / "01_corpus"
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "manifest.json", "rows.parquet", "settings.json"]
    record = runs.manifest("a", "01_corpus")
    assert record["config"] == {"most": 3, "draw": 0}
    assert record["outputs"]["rows"]["rows"] == 3
    assert len(record["outputs"]["rows"]["sha256"]) == 64
    assert {"seconds", "peak_memory_mb", "device", "versions"} <= record.keys()
    assert stages.read("a", "01_corpus/rows").n.tolist() == [0, 1, 2]


def test_the_manifest_holds_what_the_models_of_a_stage_say_of_themselves(kit_artifacts):
    model, server = SimpleNamespace(halvings=0, notes=["dense"]), SimpleNamespace(halvings=0, notes=["dense"])
    with stages.stage("a", "01_corpus", inputs=[]) as opened:
        opened.uses(model)
        opened.uses(server)
        model.halvings += 3
        server.notes.append("takes texts only")
    record = runs.manifest("a", "01_corpus")
    assert record["halved_batches"] == 3
    assert record["notes"] == ["dense", "takes texts only"]
    make("b", "01_corpus")
    assert "halved_batches" not in runs.manifest("b", "01_corpus"), "a stage without a model"


@pytest.mark.parametrize(("system", "unit"), [("darwin", 2**20), ("linux", 2**10)])
def test_the_peak_of_memory_is_read_in_the_unit_of_the_system(monkeypatch, system, unit):
    monkeypatch.setattr(stages.sys, "platform", system)
    monkeypatch.setattr(stages.resource, "getrusage", lambda who: SimpleNamespace(ru_maxrss=300 * unit))
    assert stages._circumstances(1.0)["peak_memory_mb"] == 300


def test_a_stage_on_a_mac_names_its_gpu(monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert stages._circumstances(1.0)["device"] == "mps"


def test_the_manifest_is_written_last_and_atomically(kit_artifacts, monkeypatch):
    written = []
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda part, path: (written.append(Path(path).name), replace(part, path)))
    make("a", "01_corpus")
    assert written == ["settings.json", "rows.parquet", "manifest.json"]


@pytest.mark.parametrize("place", ["rows.parquet", "manifest.json"])
def test_a_kill_while_a_stage_closes_loses_no_row(kit_artifacts, monkeypatch, place):
    replace = os.replace

    def killed(part, path):
        if Path(path).name == place:
            raise KeyboardInterrupt
        replace(part, path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            make("a", "01_corpus")
    assert runs.status("a").state["01_corpus"] == "partial"
    with stages.stage("a", "01_corpus") as stage:
        assert stage.journal("rows", key="row_id").ids == {"r0", "r1", "r2"}
    assert runs.status("a").state["01_corpus"] == "done"


def test_an_error_in_the_block_leaves_the_stage_undone_and_its_rows_safe(kit_artifacts):
    with pytest.raises(ZeroDivisionError), stages.stage("a", "01_corpus") as stage:
        stage.journal("rows", key="row_id").append([{"row_id": "x"}])
        1 / 0  # noqa: B018
    assert not runs.manifest("a", "01_corpus")
    assert runs.status("a").loc["01_corpus", ["state", "rows"]].tolist() == ["partial", "rows 1"]
    with pytest.raises(MissingArtifact):
        stages.read("a", "01_corpus/rows")


def test_kill_9_at_random_moments_ends_with_the_rows_of_an_uninterrupted_run(kit_artifacts):
    assert worker("straight", 0).wait() == 0
    rng, begun, kills = random.Random(0), [], 0
    while kills < 20:
        process = worker("killed", 0.006)
        begun.append(int(process.stdout.readline() or -1))
        if begun[-1] >= 0:
            time.sleep(rng.uniform(0, 0.012))
        finished = process.poll() is not None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert not finished, "the worker is slower than its twenty kills"
        kills += 1
    assert begun == sorted(begun), "it goes on where it was killed"
    assert worker("killed", 0).wait() == 0
    straight, killed = (runs.manifest(run, "03_self_augmentation") for run in ("straight", "killed"))
    assert killed["outputs"] == straight["outputs"], "the same bytes"
    assert straight["outputs"]["candidates"]["rows"] == ROWS


def test_a_torn_last_line_is_dropped_with_a_warning_and_nothing_else(kit_artifacts):
    with pytest.raises(KeyboardInterrupt), stages.stage("a", "01_corpus") as stage:
        stage.journal("rows", key="row_id").append([{"row_id": "x"}, {"row_id": "y"}])
        raise KeyboardInterrupt
    path = kit_artifacts / "a" / "01_corpus" / "rows.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"row_id": "z", "te')
    with stages.stage("a", "01_corpus") as stage:
        with pytest.warns(UserWarning, match="half-written last row"):
            journal = stage.journal("rows", key="row_id")
        assert journal.ids == {"x", "y"}
        assert path.read_bytes() == whole
        journal.append([{"row_id": "z"}])
    assert stages.read("a", "01_corpus/rows").row_id.tolist() == ["x", "y", "z"]


def test_a_full_disk_is_reported_and_no_row_is_lost_or_torn(kit_artifacts, monkeypatch):
    fsync = os.fsync

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ArtifactError, match="the disk is full"), stages.stage("a", "01_corpus") as stage:
        journal = stage.journal("rows", key="row_id")
        journal.append([{"row_id": "x"}])
        monkeypatch.setattr(os, "fsync", full)
        journal.append([{"row_id": "y"}])
    assert (kit_artifacts / "a" / "01_corpus" / "rows.jsonl").read_text() == '{"row_id": "x"}\n'
    monkeypatch.setattr(os, "fsync", fsync)
    with stages.stage("a", "01_corpus") as stage:
        journal = stage.journal("rows", key="row_id")
        assert journal.ids == {"x"}
        journal.append([{"row_id": "y"}])
    assert stages.read("a", "01_corpus/rows").row_id.tolist() == ["x", "y"]


def test_a_full_disk_at_the_end_of_a_stage_keeps_its_journal(kit_artifacts, monkeypatch):
    def full(path, frame):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(stages, "write_table", full)
    with pytest.raises(ArtifactError, match="the disk is full"):
        make("a", "01_corpus")
    assert len((kit_artifacts / "a" / "01_corpus" / "rows.jsonl").read_text().splitlines()) == 3


def test_a_second_process_is_told_and_the_lock_dies_with_its_process(kit_artifacts):
    process = worker("a", 5)
    process.stdout.readline()
    with pytest.raises(ArtifactError, match="03_self_augmentation of run 'a' is being written by another process"):
        make("a", "03_self_augmentation", config={"batch": 4})
    process.send_signal(signal.SIGKILL)
    process.communicate()
    make("a", "03_self_augmentation", config={"batch": 4})


@dataclass(frozen=True)
class Inner:
    steps: int = 40


@dataclass(frozen=True)
class Outer:
    name: str = "x"
    training: Inner = field(default_factory=Inner)


def test_a_changed_config_names_the_field_and_prints_the_fork_command(kit_artifacts):
    make("tiny", "02_seed_models", config=Outer())
    with pytest.raises(ArtifactError) as error:
        make("tiny", "02_seed_models", config=Outer(training=Inner(60)))
    assert "training.steps was 40 and is now 60" in str(error.value)
    assert "python -m helpers run --run tiny-2 --fork tiny --from 02_seed_models" in str(error.value)
    assert len(stages.read("tiny", "02_seed_models/rows")) == 3, "and nothing was touched"


def test_a_stage_goes_on_with_other_settings_of_memory_and_a_finished_one_stays_done(kit_artifacts):
    tiny, name = presets.find("tiny"), "03_self_augmentation"
    small = presets.changed(tiny, {"augmentation.token_budget": 512, "augmentation.most_rows": 4})
    one = presets.changed(tiny, {"forward.training.micro_batch": 1, "forward.training.checkpoint_steps": 7})
    with pytest.raises(KeyboardInterrupt), stages.stage("a", name, inputs=[], **tiny.of(name)) as stage:
        stage.journal("candidates", key="row_id").append([{"row_id": "r0"}])
        raise KeyboardInterrupt
    with stages.stage("a", name, inputs=[], **small.of(name)) as stage:
        assert stage.journal("candidates", key="row_id").ids == {"r0"}
    assert runs.manifest("a", name)["config"]["token_budget"] == 512, "what it ended with"
    with stages.stage("a", name, inputs=[], **tiny.of(name)) as stage:
        assert stage.done
    with stages.stage("a", "05_forward_model-1", inputs=[], **tiny.of("05_forward_model-1")):
        pass
    with stages.stage("a", "05_forward_model-1", inputs=[], **one.of("05_forward_model-1")) as stage:
        assert stage.done
    hot = presets.changed(tiny, {"augmentation.temperature": 0.5})
    with (
        pytest.raises(ArtifactError, match="temperature was 0.7 and is now 0.5"),
        stages.stage("a", name, inputs=[], **hot.of(name)),
    ):
        pass


def test_a_stage_that_wrote_nothing_may_be_begun_with_another_config(kit_artifacts):
    with pytest.raises(FileNotFoundError), stages.stage("a", "01_corpus", {"path": "mistyped"}):
        raise FileNotFoundError("mistyped")
    make("a", "01_corpus", config={"path": "right"})
    assert runs.manifest("a", "01_corpus")["config"] == {"path": "right", "draw": 0}


def test_a_finished_stage_does_nothing_again(kit_artifacts):
    make("a", "01_corpus")
    before = (kit_artifacts / "a" / "01_corpus" / "manifest.json").read_bytes()
    with stages.stage("a", "01_corpus") as stage:
        assert stage.done
        assert stage.journal("rows", key="row_id").ids == {"r0", "r1", "r2"}
        stage.write("rows", pd.DataFrame({"other": [1]}))
    assert (kit_artifacts / "a" / "01_corpus" / "manifest.json").read_bytes() == before
    assert len(stages.read("a", "01_corpus/rows")) == 3


@pytest.mark.parametrize("name", ["01_corpus/rows", "01_corpus/nothing.json", "01_corpus/folder"])
def test_a_missing_input_names_the_notebook_and_the_command(kit_artifacts, name):
    for use in (lambda: stages.read("a", name), lambda: make("a", "03_self_augmentation", inputs=(name,))):
        with pytest.raises(MissingArtifact) as error:
            use()
        assert "notebooks/01_corpus.ipynb" in str(error.value)
        assert "python -m helpers run --run a --only 01_corpus" in str(error.value)
    assert not (kit_artifacts / "a").exists()


def test_an_input_of_an_unfinished_stage_is_missing(kit_artifacts):
    with pytest.raises(KeyboardInterrupt), stages.stage("a", "02_seed_models") as stage:
        stage.write("seed_pairs", pd.DataFrame({"x": [1]}))
        raise KeyboardInterrupt
    with pytest.raises(MissingArtifact, match="not finished"):
        make("a", "03_self_augmentation", inputs=("02_seed_models/seed_pairs",))


def test_a_changed_input_makes_a_stage_stale_and_it_starts_from_nothing(kit_artifacts):
    make("a", "01_corpus")
    make("a", "03_self_augmentation", inputs=("01_corpus/rows",))
    tables.write_json(kit_artifacts / "a" / "03_self_augmentation" / "decision.json", {"kept": True})
    assert runs.status("a").state["03_self_augmentation"] == "done"
    tables.write_table(kit_artifacts / "a" / "01_corpus" / "rows.parquet", pd.DataFrame({"n": [9]}))
    assert runs.status("a").state["03_self_augmentation"] == "stale: 01_corpus/rows"
    begun = pytest.warns(UserWarning, match="03_self_augmentation of run 'a' begins anew: 01_corpus/rows changed since")
    with begun, stages.stage("a", "03_self_augmentation", inputs=["01_corpus/rows"]) as stage:
        assert not stage.done
        assert stage.journal("rows", key="row_id").ids == set()
    assert runs.status("a").state["03_self_augmentation"] == "done"
    assert (kit_artifacts / "a" / "03_self_augmentation" / "decision.json").exists(), "the reader's decision stays"


def test_status_tells_done_partial_and_missing(kit_artifacts):
    make("a", "01_corpus")
    with pytest.raises(KeyboardInterrupt), stages.stage("a", "02_seed_models"):
        raise KeyboardInterrupt
    states = runs.status("a").state
    assert states[:3].tolist() == ["done", "partial", "missing"]
    assert runs.status("a").rows["01_corpus"] == "rows 3"


def test_a_fork_reads_the_stages_before_its_start_in_place_and_writes_its_own(kit_artifacts):
    runs.begin("tiny", "tiny", 0)
    make("tiny", "01_corpus")
    make("tiny", "03_self_augmentation", inputs=("01_corpus/rows",), count=4)
    runs.fork("strict", "tiny", "03_self_augmentation")
    make("strict", "03_self_augmentation", inputs=("01_corpus/rows",), config={"changed": 1}, count=2)
    assert [len(stages.read(run, "03_self_augmentation/rows")) for run in ("tiny", "strict")] == [4, 2]
    assert not (kit_artifacts / "strict" / "01_corpus").exists()
    assert runs.status("strict").run[["01_corpus", "03_self_augmentation"]].tolist() == ["tiny", "strict"]
    runs.fork("strict", "tiny", "03_self_augmentation")
    with pytest.raises(ArtifactError, match="exists and is not this fork"):
        runs.fork("strict", "tiny", "01_corpus")
    with pytest.raises(MissingArtifact, match="no run 'other'"):
        runs.fork("x", "other", "01_corpus")
    with pytest.raises(ArtifactError, match="no stage '9'"):
        runs.fork("x", "tiny", "9")
    with pytest.raises(ArtifactError, match="a fork needs a name of its own"):
        runs.fork("tiny", "tiny", "01_corpus")
    assert runs.forks("tiny") == ["strict"]


def test_a_reader_s_preset_may_move_and_no_other_takes_its_place(kit_artifacts, tmp_path):
    gone, moved = str(tmp_path / "mine.py"), str(tmp_path / "elsewhere" / "mine.py")
    runs.begin("mine", gone, 0)
    for preset, draw in (("tiny", 0), (moved, 1)):
        with pytest.raises(runs.ArtifactError, match="run 'mine' was begun with"):
            runs.begin("mine", preset, draw)
        assert runs.settings("mine")["preset"] == gone, "nothing is written"
    assert runs.begin("mine", moved, 0)["preset"] == runs.settings("mine")["preset"] == moved


def test_an_input_that_is_gone_may_be_named_anew_and_no_other_change_is_taken(kit_artifacts, tmp_path):
    gone, there, now = (str(tmp_path / name) for name in ("gone", "there.jsonl", "now"))
    Path(there).touch()
    begun = {"base.path": gone, "corpus.pages": [there], "corpus.filters.min_chars": 90}
    runs.begin("mine", "tiny", 0, begun)
    for other in ({"corpus.pages": [now]}, {"corpus.filters.min_chars": 80}, {"base.path": now, "corpus.pages": [now]}):
        with pytest.raises(runs.ArtifactError, match="run 'mine' was begun with changes"):
            runs.begin("mine", "tiny", 0, other)
    with pytest.raises(runs.ArtifactError, match="run 'mine' was begun with draw"):
        runs.begin("mine", "tiny", 1, {"base.path": now})
    assert runs.settings("mine")["changes"] == begun, "nothing is written"
    assert runs.begin("mine", "tiny", 0, {"base.path": now})["changes"] == begun | {"base.path": now}
    assert runs.settings("mine")["changes"] == begun | {"base.path": now}


def test_a_stage_whose_base_has_been_renamed_is_done_once_it_is_named_anew(kit_artifacts, tmp_path):
    old, new = tmp_path / "b1", tmp_path / "b2"
    old.mkdir()
    (old / "config.json").write_text("{}")
    runs.begin("mine", "tiny", 0, {"base.path": str(old)})
    with stages.stage("mine", "02_seed_models", files={"path": str(old)}):
        pass
    old.rename(new)
    with (
        pytest.raises(MissingArtifact, match="b1 is not there.*`python -m helpers run --run mine --base PATH`"),
        stages.stage("mine", "02_seed_models", files={"path": str(old)}),
    ):
        pass
    told = runs.begin("mine", "tiny", 0, {"base.path": str(new)})
    with stages.stage("mine", "02_seed_models", files={"path": told["changes"]["base.path"]}) as stage:
        assert stage.done


def test_a_fork_never_writes_in_the_run_it_came_from(kit_artifacts):
    runs.begin("tiny", "tiny", 0)
    make("tiny", "01_corpus", config={"most": 1})
    runs.fork("strict", "tiny", "05_forward_model-1")
    with stages.stage("strict", "01_corpus", {"most": 1}) as stage:
        assert stage.done
    with pytest.raises(ArtifactError, match="most was 1 and is now 2"):
        make("strict", "01_corpus", config={"most": 2})
    with pytest.raises(ArtifactError, match="where it is not done"):
        make("strict", "02_seed_models")
    assert not (kit_artifacts / "tiny" / "02_seed_models").exists()


def test_a_fork_whose_origin_is_stale_by_its_files_is_refused_with_both_remedies(kit_artifacts, tmp_path):
    runs.begin("tiny", "tiny", 0)
    seeds = tmp_path / "seeds.jsonl"
    seeds.write_text("1")
    make("tiny", "02_seed_models", files={"seed_pairs": seeds})
    runs.fork("strict", "tiny", "05_forward_model-1")
    seeds.write_text("1 and 2")
    with pytest.raises(ArtifactError, match="reads 02_seed_models in run 'tiny', where it is stale: seed_pairs") as error:
        make("strict", "02_seed_models", files={"seed_pairs": seeds})
    for remedy in ("run --run tiny`", "run --run strict-2 --fork strict --from 02_seed_models`"):
        assert remedy in str(error.value)
    assert len(stages.read("tiny", "02_seed_models/rows")) == 3, "and nothing was touched"


def test_a_fork_may_have_a_decision_of_its_own(kit_artifacts):
    runs.begin("tiny", "tiny", 0)
    make("tiny", "04_self_curation-1", "ratings")
    decision = "04_self_curation-1/decision.json"
    tables.write_json(kit_artifacts / "tiny" / decision, {"value": 1})
    runs.fork("strict", "tiny", "05_forward_model-1")
    assert json.loads(runs.locate("strict", decision).read_text()) == {"value": 1}
    tables.write_json(kit_artifacts / "strict" / decision, {"value": 2})
    assert json.loads(runs.locate("strict", decision).read_text()) == {"value": 2}
    assert json.loads(runs.locate("tiny", decision).read_text()) == {"value": 1}
    make("strict", "05_forward_model-1", inputs=("04_self_curation-1/ratings", decision))
    tables.write_json(kit_artifacts / "strict" / decision, {"value": 3})
    assert runs.status("strict").state["05_forward_model-1"] == f"stale: {decision}"


def test_decisions_stand_side_by_side_in_forks_and_the_origin_keeps_its_own(kit_artifacts):
    runs.begin("tiny", "tiny", 0)
    stage, own = "04_self_curation-1", {"judge": ["rating"], "rule": "top", "value": 50, "made_by": "default"}
    make("tiny", stage, "ratings")
    assert stages.decision("tiny", stage, own) == own
    for name, value in (("strict", 10), ("loose", 90)):
        runs.fork(name, "tiny", "05_forward_model-1", decision=own | {"value": value, "made_by": "reader"})
    assert [stages.decision(name, stage)["value"] for name in ("tiny", "strict", "loose")] == [50, 10, 90]
    assert stages.decision("strict", stage, own)["value"] == 10, "a default does not replace a reader's decision"
    with pytest.raises(ArtifactError, match="exists with another decision"):
        runs.fork("strict", "tiny", "05_forward_model-1", decision=own | {"value": 11})
    with pytest.raises(MissingArtifact, match="no decision in"):
        stages.decision("tiny", "04_self_curation-2")


def test_a_fork_of_a_fork_has_its_decision_and_a_default_never_reaches_the_origin(kit_artifacts):
    runs.begin("a", "tiny", 0)
    first, second = "04_self_curation-1", "04_self_curation-2"
    own = {"judge": ["rating"], "rule": "top", "value": 50, "made_by": "default"}
    for stage in (first, second):
        make("a", stage, "ratings")
        stages.decision("a", stage, own)
    runs.fork("b", "a", "05_forward_model-1", decision=own | {"value": 10, "made_by": "reader"})
    make("b", second, "ratings")
    runs.fork("c", "b", "05_forward_model-2", decision=own | {"value": 20, "made_by": "reader"})
    assert [stages.decision("c", stage)["value"] for stage in (first, second)] == [10, 20]
    other = own | {"value": 99}
    runs.fork("d", "a", "05_forward_model-1")
    assert stages.decision("d", first, other) == other, "the fork's preset decides for the fork"
    assert stages.decision("a", first)["value"] == 50
    runs.fork("e", "a", "05_forward_model-2")
    assert stages.decision("e", first, other)["value"] == 50, "its M_1 is the origin's"


def test_a_veto_or_an_addition_made_by_hand_wins_over_a_label_in_both_iterations(kit_artifacts):
    runs.begin("a", "tiny", 0)
    first, second = "04_self_curation-1", "04_self_curation-2"
    own = {"judge": ["rating"], "rule": "top", "value": 5}
    named = {"vetoed": ["p"], "added": ["s"], "good": ["p", "q"], "bad": ["r", "s"]}
    runs.fork("mine", "a", "05_forward_model-1", decision=own | {"made_by": "reader"} | named)
    assert stages.decision("mine", first, own)["vetoed"] == ["p"]
    make("mine", second, "ratings")
    found = curation.Decision.of(stages.decision("mine", second, own))
    assert (found.vetoed, found.added) == (("p", "r"), ("q", "s"))


def test_a_preset_that_decides_otherwise_makes_the_forward_model_stale_and_not_the_ratings(kit_artifacts):
    preset = presets.find("tiny")
    stage, decided = "04_self_curation-1", curation.default(preset.curation).record()
    make("a", stage, "ratings")
    stages.decision("a", stage, decided)
    before = runs.expected("a", "05_forward_model-1", preset)
    strict = replace(preset, curation=replace(preset.curation, value=10))
    assert runs.expected("a", "05_forward_model-1", strict) != before
    assert runs.expected("a", stage, strict) == runs.expected("a", stage, preset)
    stages.decision("a", stage, curation.default(strict.curation).record())
    assert runs.expected("a", "05_forward_model-1", strict) != before
    assert stages.decision("a", stage)["value"] == 10


def test_a_decision_edited_by_hand_is_the_readers(kit_artifacts):
    preset = presets.find("tiny")
    stage, default = "04_self_curation-1", curation.default(preset.curation).record()
    make("a", stage, "ratings")
    stages.decision("a", stage, default)
    path = kit_artifacts / "a" / stage / "decision.json"
    tables.write_json(path, default | {"value": 7})
    edited = default | {"value": 7, "made_by": "reader"}
    assert stages.decision("a", stage) == edited
    assert json.loads(path.read_text())["made_by"] == "default", "who only reads writes nothing"
    assert runs.expected("a", "05_forward_model-1", preset)["inputs"][f"{stage}/decision.json"] == tables.digest(path)
    assert stages.decision("a", stage, default) == edited == json.loads(path.read_text())
    assert stages.decision("a", stage, default | {"value": 8}) == edited, "another default does not replace it"
    path.unlink()
    assert stages.decision("a", stage, default | {"value": 8})["value"] == 8


def test_a_decision_on_the_first_iteration_holds_in_the_second_until_the_reader_decides_there_too(kit_artifacts):
    preset = presets.find("tiny")
    first, second = "04_self_curation-1", "04_self_curation-2"
    default = curation.default(preset.curation).record()
    make("a", first, "ratings")
    stages.decision("a", first, default)
    assert stages.decision("a", second, default) == default
    labels = {"bad": ["bad", "low"], "good": ["good", "high"]}
    own = default | {"value": 7, "vetoed": ["bad"], "added": ["good"], "made_by": "reader"} | labels
    tables.write_json(kit_artifacts / "a" / first / "decision.json", own)
    path = kit_artifacts / "a" / second / "decision.json"
    hashed = runs.expected("a", "05_forward_model-2", preset)["inputs"][f"{second}/decision.json"]
    assert hashed != tables.digest(path), "M_2 was trained on pairs that were vetoed since"
    carried = own | {"vetoed": ["bad", "low"], "added": ["good", "high"], "made_by": curation.FIRST}
    assert stages.decision("a", second, default) == carried == json.loads(path.read_text())
    hashed = runs.expected("a", "05_forward_model-2", preset)["inputs"][f"{second}/decision.json"]
    assert hashed == tables.digest(path)
    tables.write_json(path, own | {"value": 9})
    assert stages.decision("a", second, default)["value"] == 9


def test_a_run_is_not_begun_twice_with_other_settings(kit_artifacts):
    runs.begin("a", "smoke", 0)
    assert runs.begin("a", "smoke", 0)["preset"] == "smoke"
    with pytest.raises(ArtifactError, match="begun with preset 'smoke' and is now asked for 'tiny'"):
        runs.begin("a", "tiny", 0)
    with pytest.raises(ArtifactError, match="begun with draw 0 and is now asked for 1"):
        runs.begin("a", "smoke", 1)


def test_a_changed_file_makes_the_stage_that_reads_it_stale_and_all_after_it(kit_artifacts, tmp_path):
    pages = tmp_path / "pages.txt"
    pages.write_text("one")
    with stages.stage("a", "01_corpus", files={"pages": str(pages)}) as stage:
        stage.write("segments", pd.DataFrame({"x": [1]}))
    make("a", "03_self_augmentation", inputs=("01_corpus/segments",))
    preset = replace(presets.find("tiny"), corpus=config.Corpus(pages=(str(pages),)), augmentation=config.Sampling())
    manifest = kit_artifacts / "a" / "01_corpus" / "manifest.json"
    config_ = preset.of("01_corpus")["config"] | {"draw": 0}
    tables.write_json(manifest, runs.manifest("a", "01_corpus") | {"config": config_})
    assert runs.status("a", preset).state["01_corpus"] == "done"
    pages.write_text("two")
    assert runs.status("a", preset).state["01_corpus"] == "stale: pages"
    assert runs.status("a", preset).state["03_self_augmentation"].startswith("stale")


def test_hidden_files_in_a_folder_do_not_count(tmp_path):
    folder = tmp_path / ".mine" / "pairs"
    folder.mkdir(parents=True)
    (folder / "pairs.jsonl").write_text("{}")
    before = tables.digest(folder)
    (folder / ".DS_Store").write_text("x")
    (folder / ".cache").mkdir()
    (folder / ".cache" / "pairs.jsonl").write_text("x")
    assert tables.digest(folder) == before != tables.digest(tmp_path / "empty")
    (folder / "more.jsonl").write_text("{}")
    assert tables.digest(folder) != before


def test_a_folder_that_a_link_leads_to_counts_as_it_is_read(tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "disk").mkdir()
    (tmp_path / "pages" / "crawl").symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "loop").symlink_to(tmp_path / "pages")
    before = tables.digest(tmp_path / "pages")
    (tmp_path / "disk" / "page.html").write_text("<p>one")
    added = tables.digest(tmp_path / "pages")
    (tmp_path / "disk" / "page.html").write_text("<p>two, longer")
    assert len({before, added, tables.digest(tmp_path / "pages")}) == 3


def test_a_file_that_may_not_be_read_counts_by_its_name(tmp_path, monkeypatch):
    (tmp_path / "secret.html").write_text("<p>one")
    readable, opened = tables.digest(tmp_path), Path.open

    def refused(path, *args):
        if path.name.startswith("secret"):
            raise PermissionError(path)
        return opened(path, *args)

    monkeypatch.setattr(Path, "open", refused)
    tables._of_file.cache_clear()
    unreadable = tables.digest(tmp_path)
    (tmp_path / "secret.html").rename(tmp_path / "secret2.html")
    assert len({readable, unreadable, tables.digest(tmp_path)}) == 3
    os.mkfifo(tmp_path / "pipe")
    assert tables.digest(tmp_path / "pipe") == tables.digest(tmp_path / "pipe"), "a pipe is never opened"


def test_a_file_that_is_not_there_is_told_with_its_role(kit_artifacts):
    with pytest.raises(MissingArtifact, match="pages: /no/where is not there") as error:
        make("a", "02_seed_models", files={"pages": "/no/where"})
    assert "if the command did, name it anew: `python -m helpers run --run a --pages PATH`" in str(error.value)


def test_a_running_stage_says_so(kit_artifacts):
    process = worker("a", 5)
    process.stdout.readline()
    assert runs.status("a").state["03_self_augmentation"] == "running"
    process.kill()
    process.communicate()
    assert runs.status("a").state["03_self_augmentation"] == "partial"


@pytest.mark.parametrize("name", ["../x", "a b", "", ".hidden", "a/b", "x" * 65, "a\n"])
def test_a_name_that_leaves_the_folder_or_needs_quoting_is_no_run(kit_artifacts, name):
    with pytest.raises(ArtifactError, match="is not a run name"):
        runs.folder(name)


def test_row_ids_are_hashes_of_content_and_keep_fields_apart():
    assert tables.content_id("a", "b") == tables.content_id("a", "b")
    assert len({tables.content_id("a", "b"), tables.content_id("ab"), tables.content_id("b", "a")}) == 3
    assert len(tables.content_id("\ud800")) == 16
