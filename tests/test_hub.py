"""Pages and seed pairs are read from a hub on this machine, and every failure is explained in one sentence."""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hub import TOKEN
from huggingface_hub import constants, hf_hub_download

from helpers import corpus, seed_pairs
from helpers.seed_pairs import rows

PAIRS = [{"instruction": f"Name river {n}.", "output": f"River {n} is the Po."} for n in range(40)]


@pytest.fixture
def folder(tmp_path) -> Path:
    """A data set with two splits, a card, and a page."""
    repository = tmp_path / "repository"
    (repository / "data").mkdir(parents=True)
    (repository / "README.md").write_text("# Rivers")
    (repository / "data" / "train.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in PAIRS[:20]))
    pd.DataFrame(PAIRS[20:30]).to_parquet(repository / "data" / "train-2.parquet")
    (repository / "data" / "test.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in PAIRS[30:]))
    paragraph = "The river rises in the hills, and it runs to the sea through the old town. " * 4
    page = f"<html><head><title>Po</title></head><body><h1>Lake Como</h1><p>{paragraph}</p></body></html>"
    (repository / "page.html").write_text(page)
    return repository


def test_of_a_repository_the_training_split_is_read_and_the_other_files_are_counted(hub, folder):
    kept, left_out = seed_pairs.read(hub.add("somebody/rivers", folder))
    assert set(kept.instruction) == {pair["instruction"] for pair in PAIRS[:30]}
    assert set(kept.source) == {"somebody/rivers"}
    assert sorted(zip(left_out.file.str.split("/").str[-1], left_out.reason, strict=True)) == [
        ("README.md", "not a data file"),
        ("page.html", "not a data file"),
        ("test.jsonl", "file of another split"),
    ]


@pytest.mark.parametrize("rest", ["/data/test.jsonl", "@main/data/test.jsonl", "/data/te*.jsonl", "@v1/data/test.jsonl"])
def test_a_file_of_a_repository_is_read_at_a_revision_and_by_pattern(hub, folder, rest):
    kept, left_out = seed_pairs.read(hub.add("somebody/rivers", folder, revisions=("main", "v1")) + rest)
    assert kept.output.tolist() == [pair["output"] for pair in PAIRS[30:]]
    assert left_out.empty


def test_the_hub_is_read_like_the_same_files_on_disk(hub, folder):
    path = hub.add("somebody/rivers", folder)
    there, here = seed_pairs.read(path, n=7, draw=3)[0], seed_pairs.read(folder, n=7, draw=3)[0]
    assert there.pair_id.tolist() == here.pair_id.tolist()


def test_a_long_file_is_fetched_in_ranges(hub, tmp_path):
    pairs = [{"instruction": f"Write {n}.", "output": "word " * 20_000} for n in range(80)]
    (tmp_path / "long.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    kept, _ = seed_pairs.read(hub.add("somebody/long", tmp_path) + "/long.jsonl")
    assert len(kept) == 80
    assert sum("/resolve/" in path for _, path in hub.requests) > 1


@pytest.mark.parametrize("name", ["long.jsonl", "long.jsonl.gz", "long.parquet"])
def test_a_hub_that_refuses_in_the_middle_of_a_file_is_no_damage_of_the_file(hub, tmp_path, name):
    rng = random.Random(0)
    frame = pd.DataFrame([{"instruction": f"Write {n}.", "output": rng.randbytes(40_000).hex()} for n in range(150)])
    if name == "long.parquet":
        frame.to_parquet(tmp_path / name, row_group_size=20)
    else:
        frame.to_json(tmp_path / name, orient="records", lines=True)
    path = hub.add("somebody/long", tmp_path) + f"/{name}"
    found = rows.read(path)
    assert next(found).number == 1
    hub.add("somebody/long", tmp_path, gated=True)
    with pytest.raises(PermissionError, match="is gated"):
        list(found)


@pytest.mark.parametrize(
    ("settings", "rest", "error", "words"),
    [
        ({"private": True}, "", FileNotFoundError, "no such repository .*spelling.*hf auth login.*local file"),
        ({"gated": True}, "/data/train.jsonl", PermissionError, "is gated: accept its terms.*hf auth login.*local file"),
        ({"gated": True}, "", PermissionError, "is gated"),
        ({}, "@v9", FileNotFoundError, "revision that is not there: check the spelling after the @.*local file"),
        ({}, "/data/train.json", FileNotFoundError, "no such file in the repository: check the spelling.*local file"),
        ({}, "/data/*.csv", FileNotFoundError, "no such file in the repository"),
        ({}, "-of-nobody", FileNotFoundError, "no such repository on the hub: check the spelling"),
    ],
)
def test_a_failed_read_is_explained_in_one_sentence_with_the_remedy(hub, folder, settings, rest, error, words):
    path = hub.add("somebody/rivers", folder, **settings) + rest
    with pytest.raises(error, match=words) as raised:
        seed_pairs.read(path)
    assert path.removesuffix("/") in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_path_without_owner_is_refused_with_the_form_of_a_path(hub):
    with pytest.raises(ValueError, match=r"write hf://datasets/OWNER/NAME\[@REVISION\]"):
        seed_pairs.read("hf://datasets/rivers")


def test_who_logs_in_after_a_refusal_is_let_in_without_a_new_start(hub, folder, monkeypatch):
    path = hub.add("somebody/rivers", folder, private=True)
    with pytest.raises(FileNotFoundError):
        seed_pairs.read(path)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert len(seed_pairs.read(path)[0]) == 30


def test_a_gated_repository_opens_to_the_token_that_was_let_in(hub, folder, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    path = hub.add("somebody/rivers", folder, gated=True)
    with pytest.raises(PermissionError, match="gated"):
        seed_pairs.read(path)
    hub.add("somebody/rivers", folder, gated=True, granted=True)
    assert len(seed_pairs.read(path)[0]) == 30


def test_an_unknown_token_is_told_to_log_in_again(hub, folder, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_stranger")
    with pytest.raises(PermissionError, match=r"refuses the token \(401\): log in again"):
        seed_pairs.read(hub.add("somebody/rivers", folder))


def test_offline_mode_and_a_hub_out_of_reach_say_so(hub, folder, monkeypatch):
    path = hub.add("somebody/rivers", folder)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ConnectionError, match="offline mode is on: unset HF_HUB_OFFLINE, or point at a local file"):
        seed_pairs.read(path)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    hub.__exit__()
    with pytest.raises(ConnectionError, match="cannot be reached .*: check the network, or point at a local file"):
        seed_pairs.read(path)


def test_the_environment_alone_leads_another_process_to_the_hub(hub, folder):
    path = hub.add("somebody/rivers", folder)
    code = f"from helpers import seed_pairs; print(len(seed_pairs.read({path!r})[0]))"
    done = subprocess.run([sys.executable, "-c", code], env=os.environ, capture_output=True, text=True)
    assert done.stdout.strip() == "30", done.stderr


def test_pages_are_read_from_the_hub(hub, folder):
    damage = Counter()
    path = hub.add("somebody/rivers", folder) + "/page.html"
    [page] = corpus.read([path], damage=damage)
    assert (page.media, page.file) == ("html", path)
    assert page.body == (folder / "page.html").read_text()
    assert not damage


def test_whole_files_are_downloaded_from_this_hub_too(hub, folder, tmp_path):
    hub.add("somebody/model", folder, kind="models")
    file = hf_hub_download("somebody/model", "README.md", cache_dir=tmp_path / "cache", endpoint=hub.url)
    assert Path(file).read_text() == "# Rivers"


def test_prompts_are_read_from_the_hub(hub, tmp_path):
    from helpers.corpus.prompts import read_prompts

    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "prompts.json").write_text('[{"instruction": "Name a river."}]')
    hub.add("somebody/asked", tmp_path / "data")
    assert read_prompts("hf://datasets/somebody/asked/prompts.json") == ("Name a river.",)
